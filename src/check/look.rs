//! What one document says, and what all of them say together.
//!
//! [`Look`] is made on any thread, from the document alone; [`Tally`] takes looks in input order, so that the number of threads
//! changes nothing. Neither holds a text: where something stands is a number and a span, and the snippet is read back when all
//! is known.

use super::lengths::Lengths;
use super::marks::{Marks, controls, mojibake, replacements};
use crate::config::{CheckConfig, Gate, PerGate};
use crate::document::{Document, LabelledBlock, Shape, Span};
use crate::segment::Ending;

/// What a document says.
#[derive(Debug, Clone)]
pub struct Look {
    bytes: u64,
    characters: u64,
    words: u32,
    has_id: bool,
    replacements: Marks,
    mojibake: Marks,
    controls: Marks,
    lines: u32,
    open: Marks,
}

impl Look {
    /// Looks at a document of so many words.
    #[must_use]
    pub fn at(document: &Document, blocks: &[LabelledBlock], has_id: bool, words: u32) -> Self {
        let text = &document.text;
        let (mut lines, mut open) = (0, Marks::default());
        for block in blocks.iter().filter(|block| block.block.shape == Shape::Text) {
            lines += 1;
            if matches!(Ending::of(block.block.span.of(text)), Ending::Open | Ending::Comma) {
                open.add(block.block.span);
            }
        }
        // Bytes that do not continue a character.
        let characters = text.bytes().fold(0, |count, byte| count + u64::from(byte & 0xc0 != 0x80));
        Self {
            bytes: text.len() as u64,
            characters,
            words,
            has_id,
            replacements: replacements(text),
            mojibake: mojibake(text),
            controls: controls(text),
            lines,
            open,
        }
    }
}

/// Something to show: where, and how bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// The worse, the larger.
    pub score: u64,
    /// The document, by its number in input order.
    pub document: u32,
    /// The place in it; nothing where all of it is meant.
    pub span: Option<Span>,
}

/// The worst few, the worst first; of equally bad ones the first.
#[derive(Debug, Clone, Default)]
pub struct Worst(pub Vec<Shown>);

impl Worst {
    /// Adds one if it is among the worst `most`. Those of lower numbers must have been added before.
    pub fn add(&mut self, most: usize, shown: Shown) {
        let at = self.0.partition_point(|other| other.score >= shown.score);
        if at < most {
            self.0.insert(at, shown);
            self.0.truncate(most);
        }
    }
}

/// How many of how many, and the worst of them.
#[derive(Debug, Clone, Default)]
pub struct Count {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub of: u64,
    /// The worst.
    pub worst: Worst,
}

/// What all documents say.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Documents.
    pub documents: u64,
    /// Bytes of their texts.
    pub bytes: u64,
    /// Their lengths.
    pub lengths: Lengths,
    /// What gates ask for.
    pub counts: PerGate<Count>,
}

impl Tally {
    /// Adds the next document in input order.
    pub fn add(&mut self, document: u32, look: &Look, config: &CheckConfig) {
        self.documents += 1;
        self.bytes += look.bytes;
        self.lengths.add(look.characters);
        let most = config.examples as usize;
        let mut note = |gate: Gate, score: u64, span: Option<Span>, holds: bool| {
            let count = &mut self.counts[gate];
            count.of += 1;
            if holds {
                count.count += 1;
                count.worst.add(most, Shown { score, document, span });
            }
        };
        let words = look.words;
        note(Gate::EmptyDocuments, 0, None, words == 0);
        let is_short = words > 0 && words < config.min_words;
        note(Gate::ShortDocuments, u64::from(u32::MAX - words), None, is_short);
        note(Gate::LongDocuments, u64::from(words), None, words > config.max_words);
        note(Gate::MissingIds, 0, None, !look.has_id);
        for (gate, marks) in [
            (Gate::ReplacementCharacters, look.replacements),
            (Gate::Mojibake, look.mojibake),
            (Gate::ControlCharacters, look.controls),
        ] {
            note(gate, u64::from(marks.count), marks.first, marks.count > 0);
        }
        let open = &mut self.counts[Gate::OpenLines];
        open.count += u64::from(look.open.count);
        open.of += u64::from(look.lines);
        if look.open.count > 0 {
            let score = u64::from(look.open.count);
            open.worst.add(most, Shown { score, document, span: look.open.first });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::label_clean;
    use crate::segment::segment;
    use crate::write::sample;

    fn tally(texts: &[&str]) -> Tally {
        let config = CheckConfig::default();
        let mut tally = Tally::default();
        for (number, text) in (0_u32..).zip(texts) {
            let document = sample::document(text);
            let blocks = segment(text);
            let labelled = label_clean(&blocks, &vec![Default::default(); blocks.len()]);
            let words = text.split_whitespace().count() as u32;
            tally.add(number, &Look::at(&document, &labelled.blocks, number != 1, words), &config);
        }
        tally
    }

    #[test]
    fn each_document_counts_where_it_should() {
        let long = "word ".repeat(30) + "end.";
        let tally =
            tally(&[&long, "Too short", "Bad\u{fffd}\u{fffd} \u{1} cafÃ©.\n\n# Heading\n\nAn open line"]);
        let count = |gate: Gate| (tally.counts[gate].count, tally.counts[gate].of);
        assert_eq!((tally.documents, tally.lengths.distribution().shortest), (3, 9));
        assert_eq!(count(Gate::ShortDocuments), (2, 3));
        assert_eq!(count(Gate::MissingIds), (1, 3));
        assert_eq!(count(Gate::ReplacementCharacters), (1, 3));
        assert_eq!(count(Gate::ControlCharacters), (1, 3));
        assert_eq!(count(Gate::Mojibake), (1, 3));
        assert_eq!(count(Gate::OpenLines), (2, 4));
        let shortest = tally.counts[Gate::ShortDocuments].worst.0[0];
        assert_eq!(shortest.document, 1);
    }

    #[test]
    fn the_worst_stay_and_of_equals_the_first() {
        let mut worst = Worst::default();
        for (document, score) in [(0, 1), (1, 5), (2, 5), (3, 9), (4, 1), (5, 5)] {
            worst.add(3, Shown { score, document, span: None });
        }
        let documents: Vec<u32> = worst.0.iter().map(|shown| shown.document).collect();
        assert_eq!(documents, [3, 1, 2]);
        worst.add(0, Shown { score: 99, document: 9, span: None });
        assert_eq!(worst.0.len(), 3);
    }
}

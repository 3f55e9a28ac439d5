//! A main text as a row of words, and where it may be cut.

use std::collections::HashMap;
use std::ops::Range;

use crate::dedup::is_content;
use crate::document::{Block, Label, Shape, Side, Span};
use crate::fingerprint::{for_each_word, normalise_into, word_spans};
use crate::segment::{Ending, for_each_sentence_start};

/// A block of a main text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its number among all blocks of the document.
    pub block: usize,
    /// Its bytes in the source text.
    pub span: Span,
    /// Its words, by their numbers in the main text.
    pub words: Range<u32>,
    shape: Shape,
    /// Whether it is more than a line of a structure or a heading: it closes as sentences do, is long, or is an item.
    is_prose: bool,
    /// See [`Border`].
    lead: u32,
    tail: u32,
}

impl Part {
    /// Whether it is something a document is read for; see [`is_content`](crate::dedup::is_content()).
    #[must_use]
    pub fn is_content(&self, text: &str, min_words: usize) -> bool {
        is_content(self.span.of(text), self.shape, self.words.len(), min_words)
    }
}

/// The words of a main text in their normal form, block after block.
#[derive(Debug, Clone, Default)]
pub struct SpanText {
    /// Its blocks.
    pub parts: Vec<Part>,
    normal: String,
    /// Where each word stands in `normal`.
    words: Vec<(u32, u32)>,
}

/// Where the words of a text stand in its source, found block by block when they are first asked for.
#[derive(Debug, Default)]
pub struct WordPlaces(HashMap<usize, Vec<Span>>);

/// A place between two words where a run may begin or end without cutting a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Border {
    /// The number of the word behind it.
    pub word: u32,
    /// The byte behind what stands before it.
    pub end: usize,
    /// The first byte behind it.
    pub start: usize,
    /// Whether what is removed may end here.
    pub may_end: bool,
    /// Whether what is removed may start here.
    pub may_start: bool,
    /// Bytes of what belongs to the word behind it, such as a quotation mark, in the normal form.
    pub lead: u32,
    /// Bytes of what belongs to the word before it, such as a full stop, in the normal form.
    pub tail: u32,
}

impl SpanText {
    /// The main text among the blocks of a source text, which are given with their labels.
    #[must_use]
    pub fn of<'b>(text: &str, blocks: impl Iterator<Item = (&'b Block, Label)>) -> Self {
        let (mut made, mut normal) = (Self::default(), String::new());
        for (number, (block, label)) in
            blocks.enumerate().filter(|(_, (_, label))| label.side() == Side::Main)
        {
            normalise_into(block.span.of(text), &mut normal);
            if !made.normal.is_empty() && !normal.is_empty() {
                made.normal.push(' ');
            }
            let first = made.words.len() as u32;
            let base = made.normal.len();
            for_each_word(&normal, |word| {
                let start = (base + word.as_ptr() as usize - normal.as_ptr() as usize) as u32;
                made.words.push((start, start + word.len() as u32));
            });
            made.normal.push_str(&normal);
            let words = first..made.words.len() as u32;
            let (mut lead, mut tail) = (0, 0);
            if let [(start, _), .., (_, end)] | [(start, end)] = made.words[first as usize..] {
                (lead, tail) = (start - base as u32, made.normal.len() as u32 - end);
            }
            let is_heading = label == Label::Heading || block.shape == Shape::Heading;
            let is_prose = !is_heading && is_prose(block.span.of(text), block.shape, words.len());
            let (shape, span) = (block.shape, block.span);
            made.parts.push(Part { block: number, span, words, shape, is_prose, lead, tail });
        }
        made
    }

    /// How many words there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.words.len() as u32
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Bytes that it takes in memory, about.
    #[must_use]
    pub fn size(&self) -> usize {
        self.normal.len() + size_of::<(u32, u32)>() * self.words.len() + size_of::<Part>() * self.parts.len()
    }

    /// A word in its normal form.
    #[must_use]
    pub fn word(&self, number: u32) -> &str {
        let (start, end) = self.words[number as usize];
        &self.normal[start as usize..end as usize]
    }

    /// What stands between a word and the one before it, in the normal form. The number may be one past the last word's.
    #[must_use]
    pub fn gap(&self, number: u32) -> &str {
        let before = number.checked_sub(1).map_or(0, |before| self.words[before as usize].1);
        let after = self.words.get(number as usize).map_or(self.normal.len(), |word| word.0 as usize);
        &self.normal[before as usize..after]
    }

    /// The block that holds a word.
    fn part_of(&self, word: u32) -> usize {
        self.parts.partition_point(|part| part.words.end <= word)
    }

    /// The bytes of words in the source text, from the first one's first to the last one's last.
    #[must_use]
    pub fn bytes(&self, text: &str, words: Range<u32>, places: &mut WordPlaces) -> Span {
        let mut place = |word: u32| {
            let number = self.part_of(word);
            let part = &self.parts[number];
            let places = places.0.entry(number).or_insert_with(|| {
                let mut places = Vec::new();
                word_spans(part.span.of(text), &mut places);
                places
            });
            let place = places[(word - part.words.start) as usize];
            Span::new(part.span.start + place.start, part.span.start + place.end)
        };
        Span::new(place(words.start).start, place(words.end - 1).end)
    }

    /// The bytes of `words` in the source text with all that stands between them and around them up to the next borders, of
    /// which `borders` are those near them; with the number of words of each. What follows in the source without a block of
    /// another kind between is one span. Where `words` does not end at a border, the span ends before the next word.
    #[must_use]
    pub fn spans(
        &self,
        text: &str,
        words: Range<u32>,
        borders: &[Border],
        places: &mut WordPlaces,
    ) -> Vec<(Span, Range<u32>)> {
        let at = |word| borders.binary_search_by_key(&word, |border| border.word).ok().map(|at| &borders[at]);
        let mut begin = |word: u32| self.bytes(text, word..word + 1, places).start;
        let mut spans: Vec<(Span, Range<u32>)> = Vec::new();
        let mut last_block = None;
        for part in &self.parts[self.part_of(words.start)..] {
            if part.words.start >= words.end {
                break;
            }
            let own = part.words.start.max(words.start)..part.words.end.min(words.end);
            let from = match at(own.start) {
                _ if own.start == part.words.start => part.span.start,
                Some(border) => border.start,
                None => begin(own.start),
            };
            let to = match at(own.end) {
                _ if own.end == part.words.end => part.span.end,
                Some(border) => border.end,
                None => text[..begin(own.end)].trim_end().len(),
            };
            match spans.last_mut() {
                Some((span, words)) if last_block == part.block.checked_sub(1) => {
                    (span.end, words.end) = (to, own.end);
                }
                _ if part.words.is_empty() => continue,
                _ => spans.push((Span::new(from, to), own)),
            }
            last_block = Some(part.block);
        }
        spans
    }

    /// Where a run inside `words` may begin or end, in order.
    ///
    /// Between two blocks it may begin and end, unless the sentence goes on, both are items of one list, rows of one table or
    /// lines of one piece of code, or both are short lines that nothing closes, as in a signature that is set in lines. Behind
    /// a short open line, which may be a heading, and behind a colon it may not end: what is announced would stay without it.
    /// Nor may it begin behind a colon.
    #[must_use]
    pub fn borders(&self, text: &str, words: Range<u32>) -> Vec<Border> {
        let mut borders = Vec::new();
        let first = self.part_of(words.start);
        let mut previous = self.parts[..first].iter().rfind(|part| !part.words.is_empty());
        for part in self.parts[first..].iter().filter(|part| !part.words.is_empty()) {
            borders.push(between(text, previous, Some(part)));
            previous = Some(part);
            if part.words.start >= words.end {
                return borders;
            }
            sentences(text, part, &mut borders);
        }
        borders.push(between(text, previous, None));
        borders
    }
}

/// The border between two neighbouring blocks that have words, or between one and an end of the text.
fn between(text: &str, before: Option<&Part>, after: Option<&Part>) -> Border {
    let ends = before.map_or((0, 0, 0), |part| (part.words.end, part.span.end, part.tail));
    let begins = after.map_or((ends.0, ends.1, 0), |part| (part.words.start, part.span.start, part.lead));
    let (may_end, may_start) = match (before, after) {
        (Some(before), Some(after)) => cuts_between(text, before, after),
        (before, after) => (before.is_some(), after.is_some()),
    };
    let (_, end, tail) = ends;
    let (word, start, lead) = begins;
    Border { word, end, start, may_end, may_start, lead, tail }
}

/// Whether what is removed may end, and whether it may start, between two blocks.
fn cuts_between(text: &str, before: &Part, after: &Part) -> (bool, bool) {
    let (ended, begun) = (before.span.of(text), after.span.of(text));
    let ending = Ending::of(ended);
    let closes = matches!(ending, Ending::Sentence | Ending::Ellipsis);
    let goes_on = !closes && begun.starts_with(char::is_lowercase);
    let in_one = before.shape == after.shape && is_item(after.shape);
    let is_border = !goes_on && !in_one && ending != Ending::Colon;
    (is_border && before.is_prose, is_border && (before.is_prose || after.is_prose))
}

/// Whether blocks of this shape come in rows that belong together.
fn is_item(shape: Shape) -> bool {
    matches!(shape, Shape::ListItem | Shape::TableRow | Shape::Code | Shape::Quote)
}

/// See [`Part`].
fn is_prose(text: &str, shape: Shape, words: usize) -> bool {
    /// Words of a line that is a paragraph even where no mark ends it.
    const PARAGRAPH: usize = 20;
    /// Words of a line that is one where a mark does; a question mark may also end a name in a program.
    const SENTENCE: usize = 5;
    let closes = matches!(Ending::of(text), Ending::Sentence | Ending::Ellipsis);
    words >= PARAGRAPH || is_item(shape) || closes && words >= SENTENCE
}

/// Adds the borders inside a block.
fn sentences(text: &str, part: &Part, borders: &mut Vec<Border>) {
    if matches!(part.shape, Shape::TableRow | Shape::Code | Shape::Heading) {
        return;
    }
    let own = part.span.of(text);
    let mut starts = Vec::new();
    for_each_sentence_start(own, |start| starts.push(start));
    if starts.is_empty() {
        return;
    }
    let (mut places, mut normal) = (Vec::new(), String::new());
    word_spans(own, &mut places);
    for start in starts {
        let before = places.partition_point(|place| place.start < start);
        let word = part.words.start + before as u32;
        let is_cut = places[..before].last().is_some_and(|last| last.end > start);
        let is_new = borders.last().is_none_or(|last| last.word < word) && word < part.words.end;
        if is_new && !is_cut {
            let end = own[..start].trim_end().len();
            let mut length = |from: usize, to: usize| {
                normalise_into(own.get(from..to).unwrap_or_default(), &mut normal);
                normal.len() as u32
            };
            let tail = places[..before].last().map_or(0, |last| length(last.end, end));
            let lead = length(start, places[before].start);
            let (end, start) = (part.span.start + end, part.span.start + start);
            borders.push(Border { word, end, start, may_end: true, may_start: true, lead, tail });
        }
    }
}

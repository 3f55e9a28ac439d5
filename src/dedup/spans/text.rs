//! A main text as a row of words, and where it may be cut.

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
    is_heading: bool,
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
            let first = made.words.len() as u32;
            let base = made.normal.len();
            for_each_word(&normal, |word| {
                let start = (base + word.as_ptr() as usize - normal.as_ptr() as usize) as u32;
                made.words.push((start, start + word.len() as u32));
            });
            made.normal.push_str(&normal);
            let words = first..made.words.len() as u32;
            let is_heading = label == Label::Heading || block.shape == Shape::Heading;
            made.parts.push(Part { block: number, span: block.span, words, shape: block.shape, is_heading });
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

    /// The block that holds a word.
    fn part_of(&self, word: u32) -> usize {
        self.parts.partition_point(|part| part.words.end <= word)
    }

    /// The bytes of words in the source text, from the first one's first to the last one's last.
    #[must_use]
    pub fn bytes(&self, text: &str, words: Range<u32>) -> Span {
        let place = |word: u32| {
            let part = &self.parts[self.part_of(word)];
            let mut places = Vec::new();
            word_spans(part.span.of(text), &mut places);
            let place = places[(word - part.words.start) as usize];
            Span::new(part.span.start + place.start, part.span.start + place.end)
        };
        Span::new(place(words.start).start, place(words.end - 1).end)
    }

    /// The bytes of `words` in the source text with all that stands between them and around them up to the next borders, of
    /// which `borders` are those near them; with the number of words of each. What follows in the source without a block of
    /// another kind between is one span. Where `words` does not end at a border, the span ends before the next word.
    #[must_use]
    pub fn spans(&self, text: &str, words: Range<u32>, borders: &[Border]) -> Vec<(Span, Range<u32>)> {
        let at = |word| borders.binary_search_by_key(&word, |border| border.word).ok().map(|at| &borders[at]);
        let start =
            |word| at(word).map_or_else(|| self.bytes(text, word..word + 1).start, |border| border.start);
        let end = |word| {
            at(word).map_or_else(
                || text[..self.bytes(text, word..word + 1).start].trim_end().len(),
                |border| border.end,
            )
        };
        let mut spans: Vec<(Span, Range<u32>)> = Vec::new();
        let mut last_block = None;
        for part in &self.parts[self.part_of(words.start)..] {
            if part.words.start >= words.end {
                break;
            }
            let own = part.words.start.max(words.start)..part.words.end.min(words.end);
            let from = if own.start == part.words.start { part.span.start } else { start(own.start) };
            let to = if own.end == part.words.end { part.span.end } else { end(own.end) };
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
    /// Between two blocks it may begin and end, unless the sentence goes on, or both are items of one list, rows of one table,
    /// lines of one piece of code. Behind what announces something, a heading or a colon, it may not end: what is announced
    /// would stay without it. Nor may it begin behind a colon.
    #[must_use]
    pub fn borders(&self, text: &str, words: Range<u32>) -> Vec<Border> {
        let mut borders = Vec::new();
        let first = self.part_of(words.start);
        let mut previous = self.parts[..first].iter().rfind(|part| !part.words.is_empty());
        for part in self.parts[first..].iter().filter(|part| !part.words.is_empty()) {
            borders.push(match previous {
                None => {
                    let start = part.span.start;
                    Border { word: part.words.start, end: start, start, may_end: false, may_start: true }
                }
                Some(before) => between(text, before, part),
            });
            previous = Some(part);
            if part.words.start >= words.end {
                return borders;
            }
            sentences(text, part, &mut borders);
        }
        borders.extend(previous.map(|last| Border {
            word: last.words.end,
            end: last.span.end,
            start: last.span.end,
            may_end: true,
            may_start: false,
        }));
        borders
    }
}

/// The border between two neighbouring blocks that have words.
fn between(text: &str, before: &Part, after: &Part) -> Border {
    let (ended, begun) = (before.span.of(text), after.span.of(text));
    let ending = Ending::of(ended);
    let closes = matches!(ending, Ending::Sentence | Ending::Ellipsis);
    let goes_on = !closes && begun.starts_with(char::is_lowercase);
    let in_one = before.shape == after.shape
        && matches!(after.shape, Shape::ListItem | Shape::TableRow | Shape::Code | Shape::Quote);
    let is_whole = match before.shape {
        Shape::ListItem | Shape::TableRow | Shape::Code | Shape::Quote => true,
        // A long line without a mark at its end is a paragraph; a short one may be a heading.
        _ => closes || !before.is_heading && before.words.len() >= PARAGRAPH,
    };
    let is_border = !goes_on && !in_one && ending != Ending::Colon;
    Border {
        word: after.words.start,
        end: before.span.end,
        start: after.span.start,
        may_end: is_border && is_whole,
        may_start: is_border,
    }
}

/// Words of a line that is a paragraph even where no mark ends it.
const PARAGRAPH: usize = 20;

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
    let mut places = Vec::new();
    word_spans(own, &mut places);
    for start in starts {
        let before = places.partition_point(|place| place.start < start);
        let word = part.words.start + before as u32;
        let is_cut = places[..before].last().is_some_and(|last| last.end > start);
        let is_new = borders.last().is_none_or(|last| last.word < word) && word < part.words.end;
        if is_new && !is_cut {
            let end = part.span.start + own[..start].trim_end().len();
            let start = part.span.start + start;
            borders.push(Border { word, end, start, may_end: true, may_start: true });
        }
    }
}

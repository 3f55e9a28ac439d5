//! Repeated runs of words: whole sentences of a main text that a better-ranked main text has word for word, wherever
//! paragraphs begin and end.
//!
//! Of each main text a sample of its runs is taken ([`winnow`](crate::fingerprint::winnow())) such that two texts with
//! enough words in common have one in common. Equal ones become [`Link`]s from the worse-ranked text to the better one
//! ([`Links`]); a link is where the words themselves are compared, to the left and to the right ([`Matcher`]). In rank order
//! each document then settles what goes ([`settle()`]): a run goes only for words that stay, so where the other copy has
//! itself lost a part, the run is a copy of what that part was a copy of.
//!
//! The words are those of the whole main text. A paragraph that goes as a duplicate belongs to the run that it stands in,
//! so the heading between two such paragraphs goes with them; only the rest of the run is recorded.
//!
//! When it is wrong: of a sample that more than [`OWNERS`] texts share, the others are compared with the best-ranked of
//! them only; and a text that repeats itself without end is not compared beyond [`EFFORT`]. Both are counted.

mod runs;
mod settle;
mod text;

pub use runs::{EFFORT, Fingerprint, Link, Links, Matcher, OWNERS, SharedRun};
pub use settle::{Piece, Removal, settle};
pub use text::{Border, Part, SpanText, WordPlaces};

/// Words of a run that is sampled when runs of `min_words` are looked for, and how many neighbouring ones one is taken of:
/// half of the words each, so that a sampled run is long enough to be rare; of 50 words about one in thirteen begins one.
#[must_use]
pub fn sampling(min_words: usize) -> (usize, usize) {
    let run = min_words / 2;
    (run, min_words - run + 1)
}

/// Words that a run of `min_words` has at least on one side of a sampled run in it.
#[must_use]
pub fn side(min_words: usize) -> usize {
    (min_words - sampling(min_words).0).div_ceil(2)
}

/// A run that stands elsewhere too, ready for the decisions. The derived order is that of the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RepeatedSpan {
    /// The document, by its number in input order.
    pub document: u32,
    /// Its bytes in that document's source text.
    pub bytes: (u32, u32),
    /// How many words.
    pub words: u32,
    /// Whether it goes; otherwise it is only named.
    pub is_dropped: bool,
    /// The document that keeps these words, by its number in input order, and the bytes there.
    pub owner: (u32, u32, u32),
}

#[cfg(test)]
mod tests;

//! The words of a text in one string, a space between each two, so that consecutive ones are a slice of it.

use xxhash_rust::xxh3::xxh3_128;

use crate::document::Span;
use crate::fingerprint::{for_each_located_word, word_hashes};

/// Words of a normal form, their hashes, and their places in the source.
#[derive(Debug, Default)]
pub struct Words {
    joined: String,
    /// Behind each word.
    ends: Vec<usize>,
    hashes: Vec<u64>,
    places: Vec<Span>,
    normal: String,
}

/// What a worker keeps from one document to the next, to save allocations.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) normal: String,
    pub(super) hashes: Vec<u64>,
    pub(super) shingles: Vec<u64>,
}

impl Words {
    /// Forgets all words.
    pub fn clear(&mut self) {
        self.joined.clear();
        self.ends.clear();
        self.hashes.clear();
        self.places.clear();
    }

    /// Adds the words of a part of `text`.
    ///
    /// # Panics
    /// When the span does not lie in `text` on character boundaries.
    pub fn add(&mut self, text: &str, span: Span) {
        let Self { joined, ends, hashes, places, normal } = self;
        for_each_located_word(span.of(text), normal, |word, place| {
            if !joined.is_empty() {
                joined.push(' ');
            }
            joined.push_str(word);
            ends.push(joined.len());
            places.push(Span::new(span.start + place.start, span.start + place.end));
            word_hashes(word, hashes);
        });
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A 64-bit hash of each.
    pub(super) fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    /// What stands for `length` words from word `at` on. Different words that share 128 bits do not occur.
    pub(super) fn key(&self, at: usize, length: usize) -> u128 {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before] + 1);
        xxh3_128(&self.joined.as_bytes()[start..self.ends[at + length - 1]])
    }

    /// From the first byte of word `at` to the last of the `length` words, in the source.
    pub(super) fn span(&self, at: usize, length: usize) -> Span {
        Span::new(self.places[at].start, self.places[at + length - 1].end)
    }
}

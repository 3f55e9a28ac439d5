//! The words of a text in one string, a space between each two, so that consecutive ones are a slice of it.

use xxhash_rust::xxh3::xxh3_128;

use crate::document::Span;
use crate::fingerprint::{for_each_located_word, for_each_word, normalise_into, word_hashes};

/// Words of a normal form, with their hashes.
#[derive(Debug, Default)]
pub struct Words {
    joined: String,
    /// Behind each word.
    ends: Vec<usize>,
    hashes: Vec<u64>,
    normal: String,
}

impl Words {
    /// Forgets all words.
    pub fn clear(&mut self) {
        self.joined.clear();
        self.ends.clear();
        self.hashes.clear();
    }

    /// Adds the words of a text.
    pub fn add(&mut self, text: &str) {
        let Self { joined, ends, hashes, normal } = self;
        normalise_into(text, normal);
        word_hashes(normal, hashes);
        for_each_word(normal, |word| {
            if !joined.is_empty() {
                joined.push(' ');
            }
            joined.push_str(word);
            ends.push(joined.len());
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
}

/// Where the words of a text stand in it.
#[derive(Debug)]
pub struct Places(Vec<Span>);

impl Places {
    /// The places of the words in these parts of `text`, in order.
    ///
    /// # Panics
    /// When a part does not lie in `text` on character boundaries.
    #[must_use]
    pub fn of(text: &str, parts: impl Iterator<Item = Span>) -> Self {
        let (mut places, mut normal) = (Vec::new(), String::new());
        for part in parts {
            for_each_located_word(part.of(text), &mut normal, |_, place| {
                places.push(Span::new(part.start + place.start, part.start + place.end));
            });
        }
        Self(places)
    }

    /// From the first byte of word `at` to the last of `length` words.
    ///
    /// # Panics
    /// When there are no such words.
    #[must_use]
    pub fn span(&self, at: u32, length: u32) -> Span {
        let last = at + length - 1;
        Span::new(self.0[at as usize].start, self.0[last as usize].end)
    }
}

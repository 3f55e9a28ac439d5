//! The items of a reference and their n-grams, sorted to be found.
//!
//! All of it is in memory: it is asked at every word of the corpus, and benchmarks are small. [`Builder::bytes`] says how much
//! it is, so that the caller can stop in time.

use super::words::Words;
use crate::config::AgainstConfig;
use crate::document::Place;
use crate::fingerprint::shingle_hashes;

/// Bytes of an n-gram while the index is made: gathered, sorted and split, with what growing vectors leave unused.
const NGRAM_BYTES: usize = 112;

/// Bytes of an item besides its id.
const ITEM_BYTES: usize = 128;

/// A text of the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The id of its record.
    pub id: String,
    /// Where the record stands.
    pub place: Place,
    /// The record's field, by its number in `against.text_fields`; nothing for a text file.
    pub field: Option<usize>,
    /// Its words.
    pub words: u32,
    /// Its n-grams; 0 where it is too short to tell whether a document holds it.
    pub ngrams: u32,
}

/// An n-gram at its place in an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Occurrence {
    pub item: u32,
    /// The number of its first word.
    pub at: u32,
}

/// Gathers the items.
#[derive(Debug)]
pub struct Builder {
    n: usize,
    min_words: usize,
    items: Vec<Item>,
    ngrams: Vec<(u128, Occurrence)>,
    openings: Vec<u64>,
    /// Bytes of the items.
    held: usize,
    words: Words,
    shingles: Vec<u64>,
}

/// The items of a reference, and where each of their n-grams occurs. N-grams are numbered.
#[derive(Debug)]
pub struct Reference {
    /// The items, in the order of the reference.
    pub items: Vec<Item>,
    pub(super) n: usize,
    /// Every n-gram has at least so many words; it is first known by the hash of these, its opening.
    pub(super) opening_words: usize,
    /// How many words n-grams have, in ascending order.
    pub(super) lengths: Vec<usize>,
    pub(super) openings: Openings,
    /// Of each n-gram, sorted: its place is its number.
    keys: Vec<u128>,
    /// Where the occurrences of each n-gram begin; and at last where they end.
    starts: Vec<u32>,
    occurrences: Vec<Occurrence>,
}

impl Builder {
    /// A reference without items.
    #[must_use]
    pub fn new(config: &AgainstConfig) -> Self {
        Self {
            n: config.n,
            min_words: config.min_words,
            items: Vec::new(),
            ngrams: Vec::new(),
            openings: Vec::new(),
            held: 0,
            words: Words::default(),
            shingles: Vec::new(),
        }
    }

    /// Adds the next item.
    pub fn add(&mut self, id: String, place: Place, field: Option<usize>, text: &str) {
        self.words.clear();
        self.words.add(text);
        let words = self.words.len();
        let length = words.min(self.n);
        let ngrams = if words < self.min_words { 0 } else { words + 1 - length };
        let item = self.items.len() as u32;
        if ngrams > 0 {
            shingle_hashes(self.words.hashes(), self.opening_words(), &mut self.shingles);
            self.openings.extend(&self.shingles[..ngrams]);
            let ngram = |at| (self.words.key(at, length), Occurrence { item, at: at as u32 });
            self.ngrams.extend((0..ngrams).map(ngram));
        }
        self.held += ITEM_BYTES + id.len();
        self.items.push(Item { id, place, field, words: words as u32, ngrams: ngrams as u32 });
    }

    /// About how many bytes the items and n-grams added so far take while the index is made.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.held + self.ngrams.len() * NGRAM_BYTES
    }

    /// Items added so far.
    #[must_use]
    pub fn items(&self) -> usize {
        self.items.len()
    }

    fn opening_words(&self) -> usize {
        self.n.min(self.min_words)
    }

    /// Sorts what was added.
    #[must_use]
    pub fn finish(self) -> Reference {
        let opening_words = self.opening_words();
        let Self { n, items, mut ngrams, openings, .. } = self;
        let found = items.iter().filter(|item| item.ngrams > 0).map(|item| n.min(item.words as usize));
        let mut lengths: Vec<usize> = found.collect();
        lengths.sort_unstable();
        lengths.dedup();
        ngrams.sort_unstable();
        let (mut keys, mut starts, mut occurrences) = (Vec::new(), Vec::new(), Vec::new());
        for (key, occurrence) in ngrams {
            if keys.last() != Some(&key) {
                keys.push(key);
                starts.push(occurrences.len() as u32);
            }
            occurrences.push(occurrence);
        }
        starts.push(occurrences.len() as u32);
        let openings = Openings::of(openings);
        Reference { items, n, opening_words, lengths, openings, keys, starts, occurrences }
    }
}

impl Reference {
    /// How many different n-grams there are.
    #[must_use]
    pub fn ngrams(&self) -> usize {
        self.keys.len()
    }

    /// The number of an n-gram.
    pub(super) fn number(&self, key: u128) -> Option<u32> {
        self.keys.binary_search(&key).ok().map(|number| number as u32)
    }

    /// Where an n-gram occurs, in the order of the items.
    pub(super) fn occurrences(&self, ngram: u32) -> &[Occurrence] {
        let [start, end] = [0, 1].map(|next| self.starts[ngram as usize + next] as usize);
        &self.occurrences[start..end]
    }

    /// How many n-grams of each item are among those that `is_one` names, for the items that have any.
    pub fn counted(&self, is_one: impl Fn(u32) -> bool) -> Vec<(u32, u32)> {
        let ngrams = (0..self.keys.len() as u32).filter(|ngram| is_one(*ngram));
        let occurrences = ngrams.flat_map(|ngram| self.occurrences(ngram));
        let mut items: Vec<u32> = occurrences.map(|occurrence| occurrence.item).collect();
        items.sort_unstable();
        items.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect()
    }

    /// Whether a document that holds so many words of an item holds at least this share of it.
    #[must_use]
    pub fn is_enough(&self, item: u32, words: u32, share: f64) -> bool {
        self.share(item, words) >= share
    }

    /// So many words of an item as a share of all of its words.
    #[must_use]
    pub fn share(&self, item: u32, words: u32) -> f64 {
        f64::from(words) / f64::from(self.items[item as usize].words.max(1))
    }
}

/// A set of hashes that is mostly asked for what it does not hold. Two bits of a word in a table that stays in the processor's
/// cache say no to ninety-nine in a hundred; the sorted hashes answer for the others.
#[derive(Debug)]
pub(super) struct Openings {
    filter: Vec<u64>,
    sorted: Vec<u64>,
}

impl Openings {
    fn of(mut hashes: Vec<u64>) -> Self {
        /// Hashes a word of the filter: from sixteen to thirty-two bits each.
        const PER_WORD: usize = 4;
        hashes.sort_unstable();
        hashes.dedup();
        let mut filter = vec![0; (hashes.len() / PER_WORD).next_power_of_two()];
        for hash in &hashes {
            let (word, bits) = Self::place(&filter, *hash);
            filter[word] |= bits;
        }
        Self { filter, sorted: hashes }
    }

    #[inline]
    fn place(filter: &[u64], hash: u64) -> (usize, u64) {
        let word = (hash >> 12) as usize & (filter.len() - 1);
        (word, (1 << (hash % 64)) | (1 << ((hash >> 6) % 64)))
    }

    #[inline]
    pub fn contain(&self, hash: u64) -> bool {
        let (word, bits) = Self::place(&self.filter, hash);
        self.filter[word] & bits == bits && self.sorted.binary_search(&hash).is_ok()
    }
}

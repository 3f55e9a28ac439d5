//! Shingle sets on demand: they are too large to keep, and too dear to make twice in a row.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Similarity;
use crate::error::Result;
use crate::fingerprint::{containment_at_least, jaccard_at_least};

/// The shingle sets of a main text, each sorted.
///
/// In a script without spaces every character is a word, so five words are hardly a phrase, and a page with a line in ten
/// exchanged would pass as the same. There, what is alike in its words must be so in its phrases as well: runs of
/// characters between spaces and punctuation, taken for words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shingles {
    /// Of words.
    pub words: Vec<u64>,
    /// Of phrases; empty where they are the words.
    pub phrases: Vec<u64>,
}

impl Shingles {
    /// How similar the text is to `other`: in words or in phrases, whichever is less. `None` where that is not at least
    /// `least`.
    #[must_use]
    pub fn similarity(&self, other: &Self, kind: Similarity, least: f64) -> Option<f64> {
        let similarity = match kind {
            Similarity::Jaccard => jaccard_at_least,
            Similarity::Containment => containment_at_least,
        };
        let in_words = similarity(&self.words, &other.words, least)?;
        if self.phrases.is_empty() && other.phrases.is_empty() {
            return Some(in_words);
        }
        let in_phrases = similarity(self.phrases_or_words(), other.phrases_or_words(), least)?;
        Some(in_words.min(in_phrases))
    }

    fn phrases_or_words(&self) -> &[u64] {
        if self.phrases.is_empty() { &self.words } else { &self.phrases }
    }
}

/// Main texts, wherever they are.
pub trait MainText: Sync {
    /// Replaces `out` with the shingle sets of a document's main text. Documents are numbered in input order.
    ///
    /// # Errors
    /// Whatever keeps the document from being read again; it ends the run.
    fn shingles(&self, document: u32, out: &mut Shingles) -> Result<()>;
}

/// The sets asked for last. What it forgets costs time and never changes a result.
pub(super) struct Sets<'a, T> {
    source: &'a T,
    /// Bytes of sets that are remembered.
    budget: usize,
    remembered: Mutex<Generations>,
}

pub(super) type Set = Arc<Shingles>;

/// Sets go into `young`; when half the budget is used, `old` is forgotten and `young` becomes `old`. So at least
/// what the last half of the budget held is remembered, without bookkeeping a set.
#[derive(Default)]
struct Generations {
    young: HashMap<u32, Set>,
    old: HashMap<u32, Set>,
    young_bytes: usize,
}

impl Generations {
    fn insert(&mut self, document: u32, set: &Set, budget: usize) {
        self.young_bytes += (set.words.len() + set.phrases.len()) * size_of::<u64>() + OVERHEAD;
        self.young.insert(document, Arc::clone(set));
        if self.young_bytes > budget / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }

    fn get(&mut self, document: u32, budget: usize) -> Option<Set> {
        if let Some(set) = self.young.get(&document) {
            return Some(Arc::clone(set));
        }
        let set = self.old.remove(&document)?;
        self.insert(document, &set, budget);
        Some(set)
    }
}

/// Bytes a set costs besides its shingles: its place in the map and what the allocator adds.
const OVERHEAD: usize = 128;

impl<'a, T: MainText> Sets<'a, T> {
    pub fn new(source: &'a T, budget: usize) -> Self {
        Self { source, budget, remembered: Mutex::default() }
    }

    /// The shingle set of a document.
    pub fn get(&self, document: u32) -> Result<Set> {
        // A panic in another thread cannot leave the maps half changed in a way that matters here.
        let remembered = || self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = remembered().get(document, self.budget) {
            return Ok(set);
        }
        let mut shingles = Shingles::default();
        self.source.shingles(document, &mut shingles)?;
        let set = Set::new(shingles);
        remembered().insert(document, &set, self.budget);
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    struct Counted(AtomicUsize);

    impl MainText for Counted {
        fn shingles(&self, document: u32, out: &mut Shingles) -> Result<()> {
            self.0.fetch_add(1, Ordering::Relaxed);
            out.words = vec![u64::from(document); 1 << 14];
            Ok(())
        }
    }

    #[test]
    fn remembers_what_is_used_within_the_budget() {
        let source = Counted(AtomicUsize::new(0));
        let budget = 1 << 20;
        let sets = Sets::new(&source, budget);
        for document in 1..100 {
            assert_eq!(sets.get(0).unwrap().words[0], 0);
            assert_eq!(sets.get(document).unwrap().words[0], u64::from(document));
        }
        assert_eq!(source.0.load(Ordering::Relaxed), 100);
        let held = sets.remembered.lock().unwrap();
        assert!((held.young.len() + held.old.len()) << 17 <= budget + (1 << 18));
    }
}

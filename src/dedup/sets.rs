//! Shingle sets on demand: they are too large to keep, and too dear to make twice in a row.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Result;

/// Bytes of shingle sets that are remembered. Copies stand near each other in rank, so a few thousand sets go far.
const CACHE_BYTES: usize = 64 << 20;

/// Main texts, wherever they are.
pub trait MainText: Sync {
    /// Replaces `out` with the sorted shingle set of a document's main text. Documents are numbered in input order.
    ///
    /// # Errors
    /// Whatever keeps the document from being read again; it ends the run.
    fn shingles(&self, document: u32, out: &mut Vec<u64>) -> Result<()>;
}

/// The sets asked for last. What it forgets costs time and never changes a result.
pub(super) struct Sets<'a, T> {
    source: &'a T,
    remembered: Mutex<Generations>,
}

type Set = Arc<[u64]>;

/// Sets go into `young`; when half the budget is used, `old` is forgotten and `young` becomes `old`. So at least
/// what the last half of the budget held is remembered, without bookkeeping a set.
#[derive(Default)]
struct Generations {
    young: HashMap<u32, Set>,
    old: HashMap<u32, Set>,
    young_bytes: usize,
}

impl Generations {
    fn insert(&mut self, document: u32, set: &Set) {
        self.young_bytes += size_of_val::<[u64]>(set);
        self.young.insert(document, Arc::clone(set));
        if self.young_bytes > CACHE_BYTES / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }

    fn get(&mut self, document: u32) -> Option<Set> {
        if let Some(set) = self.young.get(&document) {
            return Some(Arc::clone(set));
        }
        let set = self.old.remove(&document)?;
        self.insert(document, &set);
        Some(set)
    }
}

impl<'a, T: MainText> Sets<'a, T> {
    pub fn new(source: &'a T) -> Self {
        Self { source, remembered: Mutex::default() }
    }

    /// The shingle set of a document.
    pub fn get(&self, document: u32) -> Result<Set> {
        // A panic in another thread cannot leave the maps half changed in a way that matters here.
        let remembered = || self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = remembered().get(document) {
            return Ok(set);
        }
        let mut shingles = Vec::new();
        self.source.shingles(document, &mut shingles)?;
        let set = Set::from(shingles);
        remembered().insert(document, &set);
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    struct Counted(AtomicUsize);

    impl MainText for Counted {
        fn shingles(&self, document: u32, out: &mut Vec<u64>) -> Result<()> {
            self.0.fetch_add(1, Ordering::Relaxed);
            *out = vec![u64::from(document); 1 << 20];
            Ok(())
        }
    }

    #[test]
    fn remembers_what_is_used_within_the_budget() {
        let source = Counted(AtomicUsize::new(0));
        let sets = Sets::new(&source);
        for document in 1..100 {
            assert_eq!(sets.get(0).unwrap()[0], 0);
            assert_eq!(sets.get(document).unwrap()[0], u64::from(document));
        }
        assert_eq!(source.0.load(Ordering::Relaxed), 100);
        let held = sets.remembered.lock().unwrap();
        assert!((held.young.len() + held.old.len()) << 23 <= CACHE_BYTES + (1 << 24));
    }
}

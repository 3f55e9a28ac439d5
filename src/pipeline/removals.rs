//! What documents have lost of their words, written in rank order and looked up while later ones are decided.
//!
//! The last ones are held in memory; what exceeds the budget goes to tables on disk, each sorted and looked up by halving.

use std::ops::Range;

use super::Job;
use super::table::{Table, TableWriter};
use crate::dedup::spans::Removal;
use crate::error::Result;

/// The removals so far.
pub(super) struct Removals<'j> {
    job: &'j Job<'j>,
    /// How many are held in memory.
    most: usize,
    recent: Vec<Removal>,
    /// The earlier ones, each table with the place of its first and of its last.
    tables: Vec<(Range<u32>, Table<Removal>)>,
}

impl<'j> Removals<'j> {
    /// None so far; `memory` is a number of bytes.
    pub fn new(job: &'j Job<'j>, memory: usize) -> Self {
        let most = (memory / size_of::<Removal>()).max(1);
        Self { job, most, recent: Vec::new(), tables: Vec::new() }
    }

    /// Adds one that comes behind all others.
    pub fn push(&mut self, removal: Removal) -> Result<()> {
        debug_assert!(
            self.recent.last().is_none_or(|last| (last.place, last.end) <= (removal.place, removal.start))
        );
        if self.recent.len() == self.most {
            let file = self.job.work.file(&format!("removed-{}", self.tables.len()));
            let mut table = TableWriter::open(&file, 0)?;
            self.recent.iter().try_for_each(|removal| table.push(removal))?;
            let places = self.recent[0].place..self.recent[self.most - 1].place;
            self.tables.push((places, table.finish()?));
            self.recent.clear();
        }
        self.recent.push(removal);
        Ok(())
    }

    /// What the text at `place` has lost of `words`, in order.
    pub fn within(&self, place: u32, words: Range<u32>) -> Result<Vec<Removal>> {
        let mut found = Vec::new();
        let is_before = |removal: &Removal| (removal.place, removal.end) <= (place, words.start);
        let is_within = |removal: &Removal| removal.place == place && removal.start < words.end;
        for (places, table) in &self.tables {
            if places.start > place || places.end < place {
                continue;
            }
            let (mut low, mut high) = (0, table.len());
            while low < high {
                let middle = low + (high - low) / 2;
                if is_before(&table.get(middle)?) { low = middle + 1 } else { high = middle }
            }
            for number in low..table.len() {
                match table.get(number)? {
                    removal if is_within(&removal) => found.push(removal),
                    _ => break,
                }
            }
        }
        let first = self.recent.partition_point(is_before);
        found.extend(self.recent[first..].iter().copied().take_while(is_within));
        Ok(found)
    }
}

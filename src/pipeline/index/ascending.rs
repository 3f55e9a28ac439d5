//! A sorted table asked for one key after the other, in ascending order.
//!
//! Who asks for every key reads the file from front to back; who asks for few of them leaps: from where it is, in steps
//! that double, and then by halves (exponential search, Bentley and Yao 1976). So a small instalment does not read the
//! whole index, and a large one reads it once.

use crate::error::Result;
use crate::pipeline::sort::Record;
use crate::pipeline::table::Table;

/// Records read at a time: some kilobytes, which cost about as much as one.
const BLOCK: usize = 512;

/// A place in a sorted table that only moves forward.
pub(super) struct Ascending<'t, T> {
    table: &'t Table<T>,
    block: Vec<T>,
    /// The number of the first record of `block`.
    start: u64,
    /// The next record, in `block`.
    at: usize,
}

impl<'t, T: Record> Ascending<'t, T> {
    /// Before the first record.
    pub fn new(table: &'t Table<T>) -> Self {
        Self { table, block: Vec::new(), start: 0, at: 0 }
    }

    /// Moves to the first record that is not before what is looked for. `is_before` must hold for the records up to some
    /// place and for none behind it.
    pub fn seek(&mut self, is_before: impl Fn(&T) -> bool) -> Result<()> {
        if self.skip_in_block(&is_before) {
            return Ok(());
        }
        // Mostly it is near.
        self.load(self.start + self.block.len() as u64)?;
        if self.block.is_empty() || self.skip_in_block(&is_before) {
            return Ok(());
        }
        let records = self.table.len();
        let (mut low, mut step) = (self.start + self.block.len() as u64, BLOCK as u64);
        // All records below `low` are before it.
        let mut high = records;
        while low < records {
            let probe = low.saturating_add(step).min(records) - 1;
            if !is_before(&self.table.get(probe)?) {
                high = probe;
                break;
            }
            low = probe + 1;
            step *= 2;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if is_before(&self.table.get(middle)?) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.load(low)
    }

    /// Takes the next record if `wanted` holds for it.
    pub fn next_if(&mut self, wanted: impl Fn(&T) -> bool) -> Result<Option<T>> {
        if self.at == self.block.len() {
            self.load(self.start + self.block.len() as u64)?;
        }
        let next = self.block.get(self.at).copied().filter(wanted);
        self.at += usize::from(next.is_some());
        Ok(next)
    }

    /// Whether the place was found in the block that is at hand.
    fn skip_in_block(&mut self, is_before: impl Fn(&T) -> bool) -> bool {
        self.at += self.block[self.at..].partition_point(is_before);
        self.at < self.block.len()
    }

    fn load(&mut self, start: u64) -> Result<()> {
        (self.start, self.at) = (start, 0);
        if start >= self.table.len() {
            self.block.clear();
            return Ok(());
        }
        self.table.read(start, BLOCK, &mut self.block)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pipeline::table::TableWriter;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn finds_what_a_search_from_the_front_finds(
            mut numbers in prop::collection::vec(0_u32..9000, 0..4000),
            mut asked in prop::collection::btree_set(0_u32..9100, 0..60),
        ) {
            numbers.sort_unstable();
            let folder = tempfile::tempdir().unwrap();
            let mut table = TableWriter::open(&folder.path().join("numbers"), 0).unwrap();
            numbers.iter().for_each(|number| table.push(number).unwrap());
            let table = table.finish().unwrap();
            let mut ascending = Ascending::new(&table);
            asked.insert(9100);
            for key in asked {
                ascending.seek(|number| *number < key).unwrap();
                let mut found = 0;
                while let Some(number) = ascending.next_if(|number| *number == key).unwrap() {
                    prop_assert_eq!(number, key);
                    found += 1;
                }
                prop_assert_eq!(found, numbers.iter().filter(|number| **number == key).count());
            }
        }
    }
}

//! Sorting more records than memory holds: sorted runs on disk, merged when they are read.
//!
//! Records are gathered up to a budget, sorted, and written as a run; reading merges the runs. What fits in the budget
//! never touches the disk. Where there are more runs than can be merged at once, some are merged into longer ones
//! first, never more of them than needed.
//!
//! A sorter can be put down and taken up again by another process: [`Sorter::checkpoint`] brings all it holds to disk
//! and says which runs there are, [`Sorter::resume`] goes on from that.
//!
//! Sorting uses the rayon pool it is called in; merging is the caller's thread alone.
//!
//! When it is wrong: the budget counts the records and the read buffers, not the allocator. An allocator that copies
//! to grow a large allocation holds half as much again for a moment.

mod merge;
mod record;
mod run;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use merge::Merge;
use run::{READ_BUFFER, Run, RunWriter};

pub use record::Record;

/// The most runs merged at once, however large the budget: each is an open file, and some systems allow a process
/// only 256.
const MAX_FAN_IN: usize = 64;

/// Records merged before any is handed out: enough that the calls around a block cost nothing, and the block stays
/// in a core's own cache.
const BLOCK: usize = 4096;

/// The runs of a sorter on disk, as a checkpoint names them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runs {
    name: String,
    /// How many runs were ever begun.
    begun: usize,
    /// The number of each run and how many records it has.
    runs: Vec<(usize, u64)>,
}

impl Runs {
    /// The names of the files.
    pub fn files(&self) -> impl Iterator<Item = String> {
        self.runs.iter().map(|(number, _)| file_name(&self.name, *number))
    }
}

fn file_name(sorter: &str, number: usize) -> String {
    format!("{sorter}-{number}.run")
}

/// Gathers records to be read back in order.
#[derive(Debug)]
pub struct Sorter<T> {
    folder: PathBuf,
    name: String,
    /// Bytes.
    budget: usize,
    records: Vec<T>,
    runs: VecDeque<Run>,
    /// How many runs were ever begun: the number of the next one.
    begun: usize,
}

impl<T: Record> Sorter<T> {
    /// A sorter that holds about `budget` bytes of records in memory and keeps the others in files `NAME-NUMBER.run`
    /// of `folder`. Nothing is written before the budget is used up.
    #[must_use]
    pub fn new(folder: &Path, name: &str, budget: usize) -> Self {
        let (folder, name) = (folder.to_owned(), name.to_owned());
        Self { folder, name, budget, records: Vec::new(), runs: VecDeque::new(), begun: 0 }
    }

    /// The sorter that [`Sorter::checkpoint`] put down in `folder`; with another budget if need be.
    #[must_use]
    pub fn resume(folder: &Path, runs: &Runs, budget: usize) -> Self {
        let kept = |(number, records): &(usize, u64)| {
            Run::kept(folder.join(file_name(&runs.name, *number)), *number, *records)
        };
        let begun = runs.begun;
        let (name, runs) = (runs.name.clone(), runs.runs.iter().map(kept).collect());
        Self { folder: folder.to_owned(), name, budget, records: Vec::new(), runs, begun }
    }

    /// Brings every record to disk. The runs stay there, whatever becomes of this value.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) with the path of the run that could not be written.
    pub fn checkpoint(&mut self) -> Result<Runs> {
        if !self.records.is_empty() {
            self.spill()?;
        }
        self.runs.iter_mut().try_for_each(Run::keep)?;
        let runs = self.runs.iter().map(|run| (run.number(), run.records())).collect();
        Ok(Runs { name: self.name.clone(), begun: self.begun, runs })
    }

    /// Adds a record.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) with the path of the run that could not be written.
    #[inline]
    pub fn push(&mut self, record: T) -> Result<()> {
        if self.records.len() == self.records.capacity() {
            self.make_room()?;
        }
        self.records.push(record);
        Ok(())
    }

    /// Adds many records.
    ///
    /// # Errors
    /// See [`Sorter::push`].
    pub fn extend(&mut self, records: impl IntoIterator<Item = T>) -> Result<()> {
        records.into_iter().try_for_each(|record| self.push(record))
    }

    /// Every record in order.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) with the path of the run that could not be written or read.
    pub fn finish(mut self) -> Result<Sorted<T>> {
        if self.runs.is_empty() {
            self.sort_records();
            return Ok(Sorted { block: self.records, at: 0, rest: None });
        }
        if !self.records.is_empty() {
            self.spill()?;
        }
        self.records = Vec::new(); // From here on the read buffers have the budget.
        let fan_in = (self.budget / READ_BUFFER).clamp(2, MAX_FAN_IN);
        while self.runs.len() > fan_in {
            let surplus = self.runs.len() - fan_in;
            self.merge_oldest(fan_in.min(surplus + 1))?;
        }
        let rest = Merge::open(self.runs)?;
        Ok(Sorted { block: Vec::with_capacity(BLOCK), at: 0, rest: Some(rest) })
    }

    #[cold]
    fn make_room(&mut self) -> Result<()> {
        let (held, limit) = (self.records.len(), (self.budget / size_of::<T>()).max(1));
        if held >= limit {
            return self.spill();
        }
        self.records.reserve_exact(held.max(BLOCK).min(limit - held));
        Ok(())
    }

    fn sort_records(&mut self) {
        self.records.par_sort_unstable_by(|a, b| a.leading().cmp(&b.leading()).then_with(|| a.cmp(b)));
        debug_assert!(self.records.is_sorted(), "Record::leading agrees with Ord");
    }

    fn spill(&mut self) -> Result<()> {
        self.sort_records();
        let mut run = self.begin_run(self.records.len() as u64)?;
        for block in self.records.chunks(BLOCK) {
            run.write(block)?;
        }
        self.runs.push_back(run.finish());
        self.records.clear();
        Ok(())
    }

    /// Merges the `count` oldest runs into one. They are the shortest: merged ones go to the end of the queue.
    fn merge_oldest(&mut self, count: usize) -> Result<()> {
        let oldest: Vec<Run> = self.runs.drain(..count).collect();
        let mut run = self.begin_run(oldest.iter().map(Run::records).sum())?;
        let mut merge = Merge::open(oldest)?;
        let mut block = Vec::with_capacity(BLOCK);
        while merge.fill(&mut block, BLOCK)? {
            run.write(&block)?;
            block.clear();
        }
        self.runs.push_back(run.finish());
        Ok(())
    }

    fn begin_run(&mut self, records: u64) -> Result<RunWriter<T>> {
        let number = self.begun;
        self.begun += 1;
        RunWriter::create(&self.folder.join(file_name(&self.name, number)), number, records)
    }
}

/// Records in order: as an iterator, or group by group. It ends after its first error.
#[derive(Debug)]
pub struct Sorted<T> {
    /// All records when they fit in memory, else those merged so far and not yet handed out.
    block: Vec<T>,
    /// The first record of `block` that was not handed out.
    at: usize,
    rest: Option<Merge<T>>,
}

impl<T: Record> Sorted<T> {
    /// The next record and all that follow it for as long as `same(first, other)` holds; `None` at the end. A group
    /// is held in memory whole: where one may be larger than that, iterate.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) with the path of the run that could not be read.
    pub fn next_group(&mut self, same: impl Fn(&T, &T) -> bool) -> Result<Option<&[T]>> {
        let mut length = 0;
        loop {
            let ahead = &self.block[self.at..];
            length += ahead[length..].iter().take_while(|other| same(&ahead[0], other)).count();
            if length < ahead.len() || !self.merge_more()? {
                break;
            }
        }
        let group = &self.block[self.at..self.at + length];
        self.at += length;
        Ok((!group.is_empty()).then_some(group))
    }

    /// Adds a block behind the records not yet handed out; says whether there was any record left to add.
    fn merge_more(&mut self) -> Result<bool> {
        let Some(merge) = &mut self.rest else { return Ok(false) };
        self.block.drain(..self.at);
        self.at = 0;
        let more = merge.fill(&mut self.block, BLOCK);
        if more.is_err() {
            self.block.clear();
        }
        if !matches!(more, Ok(true)) {
            self.rest = None;
        }
        more
    }
}

impl<T: Record> Iterator for Sorted<T> {
    type Item = Result<T>;

    #[inline]
    fn next(&mut self) -> Option<Result<T>> {
        if self.at == self.block.len() {
            match self.merge_more() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
        let record = self.block[self.at];
        self.at += 1;
        Some(Ok(record))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;
    use crate::error::Error;

    type Pair = (u8, u128, u32);

    /// A budget of `budget` records; with so few, only two runs are merged at once.
    fn sorter_of(records: &[Pair], budget: usize) -> (TempDir, Sorter<Pair>) {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(folder.path(), "pairs", budget * size_of::<Pair>());
        sorter.extend(records.iter().copied()).unwrap();
        (folder, sorter)
    }

    fn files(folder: &TempDir) -> usize {
        fs::read_dir(folder.path()).unwrap().count()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_budget_sorts_as_memory_does(
            records in prop::collection::vec((0u8..20, any::<u128>(), any::<u32>()), 0..200),
            budget in 0usize..120,
        ) {
            let (folder, sorter) = sorter_of(&records, budget);
            let mut expected = records;
            expected.sort();
            let sorted: Result<Vec<Pair>> = sorter.finish().unwrap().collect();
            prop_assert_eq!(&sorted.unwrap(), &expected);
            prop_assert_eq!(files(&folder), 0);

            let (_folder, sorter) = sorter_of(&expected, budget);
            let mut sorted = sorter.finish().unwrap();
            for group in expected.chunk_by(|a, b| a.0 == b.0) {
                prop_assert_eq!(sorted.next_group(|a, b| a.0 == b.0).unwrap(), Some(group));
            }
            prop_assert_eq!(sorted.next_group(|a, b| a.0 == b.0).unwrap(), None);
        }
    }

    #[test]
    fn groups_larger_than_a_block_stay_whole() {
        let records: Vec<Pair> = (0..5 * BLOCK as u32).map(|n| ((n / 9000) as u8, 7, n)).collect();
        let (_folder, sorter) = sorter_of(&records, 8000);
        let mut sorted = sorter.finish().unwrap();
        for group in records.chunk_by(|a, b| a.0 == b.0) {
            assert_eq!(sorted.next_group(|a, b| a.0 == b.0).unwrap(), Some(group));
        }
        assert_eq!(sorted.next_group(|a, b| a.0 == b.0).unwrap(), None);
    }

    #[test]
    fn what_fits_stays_off_the_disk_and_runs_go_with_their_owner() {
        let records: Vec<Pair> = (0..50).map(|n| (n, 0, 0)).collect();
        let (folder, sorter) = sorter_of(&records, 50);
        assert_eq!((files(&folder), sorter.finish().unwrap().count()), (0, 50));

        let (folder, sorter) = sorter_of(&records, 10);
        assert_eq!(files(&folder), 4);
        drop(sorter);
        assert_eq!(files(&folder), 0);

        let (folder, sorter) = sorter_of(&records, 10);
        let mut sorted = sorter.finish().unwrap();
        sorted.next().unwrap().unwrap();
        drop(sorted);
        assert_eq!(files(&folder), 0);
    }

    #[test]
    fn a_sorter_put_down_goes_on_elsewhere() {
        let records: Vec<Pair> = (0..90u8).map(|n| (n.wrapping_mul(77), 0, 0)).collect();
        let (folder, mut sorter) = sorter_of(&records[..40], 15);
        let runs = sorter.checkpoint().unwrap();
        // What comes after the checkpoint is lost with the process.
        sorter.extend(records[..30].iter().copied()).unwrap();
        drop(sorter);
        assert_eq!(files(&folder), runs.files().count());
        for _ in 0..2 {
            let mut sorter = Sorter::resume(folder.path(), &runs, 7 * size_of::<Pair>());
            sorter.extend(records[40..].iter().copied()).unwrap();
            let sorted: Vec<Pair> = sorter.finish().unwrap().map(Result::unwrap).collect();
            let mut expected = records.clone();
            expected.sort();
            assert_eq!(sorted, expected);
            assert_eq!(files(&folder), runs.files().count(), "reading takes nothing away");
        }
    }

    #[test]
    fn a_damaged_run_is_named_and_ends_the_records() {
        // Longer than a read buffer, so that a missing end shows only on the way.
        let records: Vec<Pair> = (0..30_000).map(|n| (0, 0, n)).collect();
        let damages: [fn(&mut Vec<u8>); 4] = [
            |file| file.truncate(file.len() - 1),
            |file| file.truncate(3),
            |file| file[0] ^= 1,
            |file| file[8] ^= 1,
        ];
        for damage in damages {
            let (folder, sorter) = sorter_of(&records, 25_000);
            let path = folder.path().join("pairs-0.run");
            let mut file = fs::read(&path).unwrap();
            damage(&mut file);
            fs::write(&path, file).unwrap();
            let error = match sorter.finish() {
                Err(error) => error,
                Ok(mut sorted) => {
                    let error = sorted.find_map(Result::err).unwrap();
                    assert!(sorted.next().is_none() && sorted.next_group(|_, _| true).unwrap().is_none());
                    error
                }
            };
            assert!(matches!(&error, Error::Io { path: named, .. } if *named == path), "{error}");
        }
    }

    #[test]
    fn a_missing_folder_is_named() {
        let mut sorter = Sorter::new(Path::new("no/such/folder"), "pairs", 0);
        sorter.push(1u32).unwrap();
        let error = sorter.push(2).unwrap_err();
        assert!(
            error.to_string().starts_with("no/such/folder/pairs-0.run: cannot create the file"),
            "{error}"
        );
    }
}

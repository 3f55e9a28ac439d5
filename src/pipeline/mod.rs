//! The sweeps over the corpus: the only place that knows all the stages.
//!
//! The input is read twice. The first sweep (`survey`) counts how often blocks occur; the second (`drafts`)
//! labels every document and puts it, labels and all, into a spool in the work folder. Then duplicates are decided
//! ([`decide`], `verdicts`) by sorting, with shingle sets made anew from the spool, and a last pass over the spool
//! ([`emit`]) writes what was decided. With labels off there is nothing to count, and the input is read once.
//!
//! Records travel in numbered batches and come out in input order ([`ordered`]), so the bytes written do not depend
//! on the number of threads. Whatever grows with the corpus goes through files ([`sort`], [`table`], [`spool`]); of each
//! document at most twelve bytes are held in memory at any time, and sixteen of some nearly equal paragraphs where these are
//! looked for (`paragraphs`). Where a sweep is can be put down (`checkpoint`) and taken up again by another process.
//! What a finished run has labelled can be kept, and decided on again with other settings ([`redecide`]).

mod best;
mod bits;
mod check;
mod checkpoint;
mod contamination;
mod decide;
mod draft;
mod drafts;
mod emit;
pub(crate) mod gather;
mod gauge;
mod guard;
mod ids;
pub mod index;
mod kept;
mod meter;
pub mod ordered;
mod paragraphs;
mod records;
mod rejected;
mod removals;
pub mod sort;
mod spans;
pub mod spool;
mod state;
mod store;
mod subset;
mod survey;
pub mod table;
mod verdicts;
pub mod work;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use check::check;
pub use decide::{Decided, Outcome, Waiting, decide, redecide};
pub use draft::Draft;
pub use emit::{Outputs, emit};
pub(crate) use gather::COMPARED_BYTES;
pub(crate) use guard::source as site;
pub use kept::Kept;
pub use store::Store;
pub use subset::{Searched, search_among};
pub use verdicts::SHARED_BYTES;

use crate::config::{Config, Size};
use crate::error::{Error, Result};
use crate::read::{Batch, Batches, Input, Position};
use gauge::Gauge;
use sort::{Record, Runs, Sorter};
use work::WorkFolder;

/// Bytes on disk that a document takes for each bucket it stands in.
pub const BUCKET_BYTES: usize = <verdicts::InBucket as Record>::SIZE;

/// What is used where the configuration does not say how much memory.
const DEFAULT_MEMORY: Size = Size::mebibytes(1024);

/// Told what the run is doing.
pub trait Progress: Sync {
    /// A stage begins that will go over so many bytes; 0 where that is not known.
    fn stage(&self, name: &'static str, bytes: u64);
    /// `bytes` of the stage's bytes are done by now, and `documents` more documents.
    fn advance(&self, bytes: u64, documents: u64);
    /// The run goes on from where an interrupted one was: in this stage, after so many records.
    fn resumed(&self, _stage: &'static str, _records: u64) {}
}

/// Nobody is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn stage(&self, _: &'static str, _: u64) {}
    fn advance(&self, _: u64, _: u64) {}
}

/// What a run needs to know. Sorting and the search for duplicates run in the current rayon pool; whoever wants them on
/// as many threads as the rest installs a pool of that size around the call.
pub struct Job<'a> {
    /// What to read, in order. Standard input is spooled to a file before.
    pub inputs: Arc<[Input]>,
    /// The reference: files whose contents go from the inputs, as `[against]` says. They are only read.
    pub against: Arc<[Input]>,
    /// A configuration that [`Config::validate`] has accepted.
    pub config: &'a Config,
    /// The scratch folder.
    pub work: &'a WorkFolder,
    /// Who is told how far the run is.
    pub progress: &'a dyn Progress,
    /// Set by whoever wants the run to end.
    pub stop: &'a AtomicBool,
    /// What outranks the documents of the run: what earlier runs have kept, or a reference.
    pub known: Option<Arc<index::Known>>,
    /// Whether the documents are a reference: then their ids need not be unique.
    pub is_reference: bool,
    /// Who is shown every document as it is read, and told of repeated ids, which are then no rejects.
    gauge: Option<&'a Gauge>,
}

impl<'a> Job<'a> {
    /// A job that is not held against anything.
    pub fn new(
        inputs: Arc<[Input]>,
        config: &'a Config,
        work: &'a WorkFolder,
        progress: &'a dyn Progress,
        stop: &'a AtomicBool,
    ) -> Self {
        let against = Arc::new([]);
        Self { inputs, against, config, work, progress, stop, known: None, is_reference: false, gauge: None }
    }
}

impl Job<'_> {
    fn threads(&self) -> usize {
        match self.config.run.threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            n => n,
        }
    }

    /// Bytes that may be held of all that grows with the corpus.
    fn memory(&self) -> usize {
        let memory = self.config.run.memory;
        let memory = if memory.get() == 0 { DEFAULT_MEMORY } else { memory };
        usize::try_from(memory.get()).unwrap_or(usize::MAX)
    }

    /// A sorter in the work folder, from where it was put down if it was.
    fn sorter<T: Record>(&self, name: &str, budget: usize, runs: Option<&Runs>) -> Sorter<T> {
        match runs {
            Some(runs) => Sorter::resume(self.work.path(), runs, budget),
            None => Sorter::new(self.work.path(), name, budget),
        }
    }

    fn input_bytes(&self) -> u64 {
        self.inputs.iter().map(|i| i.bytes).sum()
    }

    fn check_stop(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// Streams every batch from `position` on through `prepare` in order, `work` on all threads and `sink` in order.
    fn stream<I: Described + Send, R: Send>(
        &self,
        position: Position,
        mut prepare: impl FnMut(Batch) -> Result<I> + Send,
        work: impl Fn(I) -> R + Sync,
        sink: impl FnMut(R) -> Result<()> + Send,
    ) -> Result<()> {
        let batches = Batches::starting_at(position, Arc::clone(&self.inputs), &self.config.input);
        let source = batches.map(|batch| {
            if batch.first + batch.records.len() as u64 > u64::from(u32::MAX) {
                return Err(Error::Config(
                    "a run reads at most 4294967295 records; split the input".to_owned(),
                ));
            }
            prepare(batch)
        });
        let describe = |item: &I| {
            item.batch().records.first().map_or_else(String::new, |record| {
                format!("{} record {}", self.inputs[record.input].path, record.record)
            })
        };
        ordered::ordered(source, self.threads(), self.stop, describe, work, sink)
    }
}

/// An item that knows its batch, to name its place when a stage panics.
trait Described {
    fn batch(&self) -> &Batch;
}

impl Described for Batch {
    fn batch(&self) -> &Batch {
        self
    }
}

/// Blocks from which on a document is worked on while no other such one is: labelling takes some 700 bytes a block.
const HUGE: usize = 50_000;

/// Lets one huge document be worked on at a time, so that the threads do not each hold one.
#[derive(Default)]
struct Turn(Mutex<()>);

impl Turn {
    /// Waits for the turn of a document of so many blocks, if it is huge. The turn ends with what is returned.
    fn of(&self, blocks: usize) -> Option<MutexGuard<'_, ()>> {
        (blocks >= HUGE).then(|| self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The records of a batch with their numbers in the run.
fn numbered(batch: &Batch) -> impl Iterator<Item = (usize, u32)> + use<> {
    let first = batch.first as u32;
    (0..batch.records.len()).map(move |i| (i, first + i as u32))
}

//! The sweeps over the corpus: the only place that knows all the stages.
//!
//! The input is read twice. The first sweep (`survey`) counts how often blocks occur; the second (`drafts`)
//! labels every document and puts it, labels and all, into a spool in the work folder. Then duplicates are decided
//! ([`decide`]) on sketches in memory and shingle sets made anew from the spool, and a last pass over the spool
//! ([`emit`]) writes what was decided. With labels off there is nothing to count, and the input is read once.
//!
//! Records travel in numbered batches and come out in input order ([`ordered`]), so the bytes written do not depend
//! on the number of threads. What is kept of a document between the sweeps is less than 1 KB, whatever its length:
//! a sketch of 512 bytes, an exact key, an offset into the spool and a few counts.

mod decide;
mod drafts;
mod emit;
mod ids;
pub mod ordered;
mod records;
pub mod sort;
pub mod spool;
mod survey;
pub mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use decide::{Decided, decide};
pub use drafts::Draft;
pub use emit::{Outputs, emit};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::read::{Batch, Batches, Input};
use work::WorkFolder;

/// Told what the run is doing.
pub trait Progress: Sync {
    /// A stage begins that will go over so many bytes; 0 where that is not known.
    fn stage(&self, name: &'static str, bytes: u64);
    /// `bytes` of the stage's bytes are done by now, and `documents` more documents.
    fn advance(&self, bytes: u64, documents: u64);
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
    /// A configuration that [`Config::validate`] has accepted.
    pub config: &'a Config,
    /// The scratch folder.
    pub work: &'a WorkFolder,
    /// Who is told how far the run is.
    pub progress: &'a dyn Progress,
    /// Set by whoever wants the run to end.
    pub stop: &'a AtomicBool,
}

impl Job<'_> {
    fn threads(&self) -> usize {
        match self.config.run.threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            n => n,
        }
    }

    fn input_bytes(&self) -> u64 {
        self.inputs.iter().map(|i| i.bytes).sum()
    }

    fn check_stop(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// Streams every batch through `prepare` on the reading thread, `work` on all threads and `sink` in order.
    fn stream<I: Described + Send, R: Send>(
        &self,
        mut prepare: impl FnMut(Batch) -> Result<I> + Send,
        work: impl Fn(I) -> R + Sync,
        sink: impl FnMut(R) -> Result<()>,
    ) -> Result<()> {
        let batches = Batches::new(Arc::clone(&self.inputs), &self.config.input);
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

/// The records of a batch with their numbers in the run.
fn numbered(batch: &Batch) -> impl Iterator<Item = (usize, u32)> + use<> {
    let first = batch.first as u32;
    (0..batch.records.len()).map(move |i| (i, first + i as u32))
}

//! Which documents stay, and which of their paragraphs a better-ranked document has already.

use std::cell::RefCell;

use super::Job;
use super::drafts::{Draft, Drafts, Scratch, drafts};
use super::sort::{Record, Sorted, Sorter};
use super::spool::Spool;
use crate::config::BlockPolicy;
use crate::dedup::{self, BlockKey, MainText};
use crate::document::Verdict;
use crate::error::Result;
use crate::read::Reject;

/// A run decided and ready to be written.
pub struct Decided {
    pub(super) spool: Spool<Draft>,
    /// Where each document is in the spool, by its number.
    pub(super) offsets: Vec<u64>,
    /// The verdict on each document, by its number; meaningless for rejects.
    pub(super) verdicts: Vec<Verdict>,
    /// The duplicate paragraphs, in the order of the documents.
    pub(super) duplicates: Sorted<Duplicate>,
    /// Work that a bound left out, by name.
    pub skipped: Vec<(&'static str, u64)>,
}

impl Decided {
    /// The document with number `number`.
    ///
    /// # Errors
    /// When it cannot be read back from the work folder.
    pub fn draft(&self, number: u32) -> Result<Draft> {
        self.spool.read(self.offsets[number as usize])
    }

    /// The verdict on document `number`.
    #[must_use]
    pub fn verdict(&self, number: u32) -> Verdict {
        self.verdicts[number as usize]
    }

    /// Every document, in input order.
    pub fn drafts(&self) -> impl Iterator<Item = Result<Draft>> {
        self.spool.iter()
    }
}

/// A paragraph that another document has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Duplicate {
    pub document: u32,
    pub block: u32,
    /// The document and the block that keep it.
    pub owner: (u32, u32),
}

impl Record for Duplicate {
    const SIZE: usize = <(u32, u32, (u32, u32))>::SIZE;

    fn write(&self, out: &mut [u8]) {
        (self.document, self.block, self.owner).write(out);
    }

    fn read(bytes: &[u8]) -> Self {
        let (document, block, owner) = Record::read(bytes);
        Self { document, block, owner }
    }
}

/// Main texts made anew from the spool.
struct Respooled<'a> {
    spool: &'a Spool<Draft>,
    offsets: &'a [u64],
    shingle_words: usize,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl MainText for Respooled<'_> {
    fn shingles(&self, document: u32, out: &mut Vec<u64>) -> Result<()> {
        let draft = self.spool.read(self.offsets[document as usize])?;
        SCRATCH.with_borrow_mut(|scratch| scratch.shingles(&draft, self.shingle_words, out));
        Ok(())
    }
}

/// Reads and labels everything, and decides what stays. Each rejected record is handed to `reject`, in input order.
///
/// # Errors
/// Whatever ends a run; a bad record does not.
pub fn decide(job: &Job<'_>, reject: impl FnMut(&Reject) -> Result<()>) -> Result<Decided> {
    let Drafts { spool, offsets, entries, mut paragraphs, skipped_near_pairs } = drafts(job, reject)?;
    let config = &job.config.dedup;

    job.progress.stage("dedup", 0);
    let text = Respooled { spool: &spool, offsets: &offsets, shingle_words: config.shingle_words };
    let outcome = dedup::decide(&entries, config, &text)?;
    job.check_stop()?;

    let mut duplicates = Sorter::new(job.work.path(), "duplicates", job.config.run.memory.get() as usize / 4);
    if config.enabled && config.blocks.policy != BlockPolicy::Off {
        let kept: Vec<bool> = outcome.verdicts.iter().map(|v| matches!(v, Verdict::Keep { .. })).collect();
        let rank = dedup::rank(&entries);
        while let Some(group) = paragraphs.next_group(|a: &BlockKey, b| a.key == b.key)? {
            job.check_stop()?;
            for (document, block, owner) in dedup::duplicates(group, &rank, &kept) {
                duplicates.push(Duplicate { document, block, owner })?;
            }
        }
    }
    let skipped = vec![("near_line_pairs", skipped_near_pairs)];
    Ok(Decided { spool, offsets, verdicts: outcome.verdicts, duplicates: duplicates.finish()?, skipped })
}

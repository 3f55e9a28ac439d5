//! Which documents stay, and which of their paragraphs a better-ranked document has already.

use std::cell::RefCell;
use std::iter::Peekable;

use super::Job;
use super::drafts::{Draft, Drafts, drafts};
use super::sort::{Sorted, Sorter};
use super::spool::Spool;
use crate::config::{BlockDedupConfig, BlockPolicy};
use crate::dedup::{
    self, BlockKey, DuplicateBlock, MainText, MainTextDigest, is_content, may_drop_duplicates,
};
use crate::document::Verdict;
use crate::error::Result;
use crate::fingerprint::{count_words, normalise_into};
use crate::read::Reject;
use crate::write::{BlockAction, BlockCopy, BlockDecision};

/// A run decided and ready to be written.
pub struct Decided {
    pub(super) spool: Spool<Draft>,
    /// Where each document is in the spool, by its number.
    pub(super) offsets: Vec<u64>,
    /// The verdict on each document, by its number; meaningless for rejects.
    pub(super) verdicts: Vec<Verdict>,
    /// The duplicate paragraphs, in the order of the documents.
    pub(super) duplicates: Peekable<Sorted<DuplicateBlock>>,
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

    /// What becomes of a document's blocks. Documents can only be asked for in input order.
    ///
    /// # Errors
    /// When something cannot be read back from the work folder.
    pub fn blocks(&mut self, draft: &Draft, config: &BlockDedupConfig) -> Result<Vec<BlockDecision>> {
        let mut own = Vec::new();
        while let Some(duplicate) =
            self.duplicates.next_if(|d| !matches!(d, Ok(d) if d.document > draft.number)).transpose()?
        {
            if duplicate.document == draft.number {
                own.push(duplicate);
            }
        }
        decide_blocks(draft, &own, config, |number| Ok(self.draft(number)?.document.id))
    }

    /// Every document, in input order.
    pub fn drafts(&self) -> impl Iterator<Item = Result<Draft>> {
        self.spool.iter()
    }
}

/// Main texts made anew from the spool.
struct Respooled<'a> {
    spool: &'a Spool<Draft>,
    offsets: &'a [u64],
    shingle_words: usize,
}

thread_local! {
    static DIGEST: RefCell<MainTextDigest> = RefCell::default();
}

impl MainText for Respooled<'_> {
    fn shingles(&self, document: u32, out: &mut Vec<u64>) -> Result<()> {
        let draft = self.spool.read(self.offsets[document as usize])?;
        DIGEST.with_borrow_mut(|digest| {
            digest.clear();
            draft.main_blocks().for_each(|(_, block)| {
                digest.push(block);
            });
            out.clear();
            out.extend_from_slice(digest.shingles(self.shingle_words));
        });
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
    let mut told = 0;
    let mut progress = |decided: usize| {
        job.progress.advance(0, (decided - told) as u64);
        told = decided;
        job.check_stop()
    };
    let text = Respooled { spool: &spool, offsets: &offsets, shingle_words: config.shingle_words };
    let outcome = dedup::decide(&entries, config, &text, &mut progress)?;

    let mut duplicates = Sorter::new(job.work.path(), "duplicates", job.config.run.memory.get() as usize / 4);
    if config.enabled && config.blocks.policy != BlockPolicy::Off {
        let kept: Vec<bool> = outcome.verdicts.iter().map(|v| matches!(v, Verdict::Keep { .. })).collect();
        while let Some(group) = paragraphs.next_group(|a: &BlockKey, b| a.key == b.key)? {
            job.check_stop()?;
            duplicates.extend(dedup::duplicates(group, &outcome.ranks, &kept))?;
        }
    }
    let skipped = vec![
        ("near_line_pairs", skipped_near_pairs),
        ("dedup_candidates", outcome.statistics.over_limit),
        ("dedup_full_buckets", outcome.statistics.full_buckets),
    ];
    Ok(Decided {
        spool,
        offsets,
        verdicts: outcome.verdicts,
        duplicates: duplicates.finish()?.peekable(),
        skipped,
    })
}

/// What becomes of a document's blocks, given its duplicate paragraphs and a way to name the documents that keep them.
pub(super) fn decide_blocks(
    draft: &Draft,
    duplicates: &[DuplicateBlock],
    config: &BlockDedupConfig,
    mut id: impl FnMut(u32) -> Result<String>,
) -> Result<Vec<BlockDecision>> {
    let mut blocks: Vec<BlockDecision> = (draft.labelled.blocks.iter())
        .map(|block| BlockDecision {
            labelled: *block,
            action: BlockAction::of(block.label.side()),
            duplicate_of: None,
        })
        .collect();
    if duplicates.is_empty() {
        return Ok(blocks);
    }
    for duplicate in duplicates {
        let (owner, block) = duplicate.owner;
        blocks[duplicate.block as usize].duplicate_of = Some(BlockCopy { id: id(owner)?, block });
    }
    let mut normalised = String::new();
    let kept = draft.main_blocks().map(|(i, text)| {
        normalise_into(text, &mut normalised);
        let shape = blocks[i].labelled.block.shape;
        let is_content = is_content(text, shape, count_words(&normalised), config.min_words);
        (is_content, blocks[i].duplicate_of.is_some())
    });
    // A text that was cleaned before never changes again: its paragraphs are named, not dropped.
    let may_change = config.policy == BlockPolicy::Drop && draft.document.cleaned.is_none();
    if may_change && may_drop_duplicates(kept) {
        let copies = blocks.iter_mut().filter(|b| b.duplicate_of.is_some());
        copies.for_each(|b| b.action = BlockAction::DropDuplicate);
    }
    Ok(blocks)
}

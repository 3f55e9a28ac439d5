//! Which paragraphs a better-ranked document has already, brought through sorted files.
//!
//! The sweep gives each paragraph a key ([`ParagraphKeys`]). Paragraphs of one key are the same, and all but the
//! best-ranked are duplicates; with nothing else asked for, that is all.
//!
//! With a `similarity` below 1, halves of short paragraphs are sorted too. Equal and nearly equal paragraphs become links,
//! sorted by the place of their documents in rank order and gone through once ([`Survivors`]). Texts are read back from the
//! spool, a bucket's few at a time, on one thread.
//!
//! In memory is what fits in the sorters' budgets, one group of equal keys, and the sixteen bytes of [`Survivors`] for each
//! nearly equal paragraph that went and that others could have gone for.

use serde::{Deserialize, Serialize};

use super::Job;
use super::draft::Draft;
use super::index::Known;
use super::sort::{Runs, Sorter};
use super::verdicts::Ranks;
use crate::config::{BlockDedupConfig, BlockPolicy, BlockScope, DedupConfig};
use crate::dedup::{
    BlockHalf, BlockKey, DuplicateBlock, Link, LinkKind, NearBlocks, Survivors, duplicates, is_content,
    may_drop_duplicates,
};
use crate::document::{Document, Elsewhere, Side};
use crate::error::Result;
use crate::fingerprint::{count_words, exact_key, half_keys, mask_digits_into, normalise_into};
use crate::repetition::host;
use crate::write::{BlockAction, BlockCopy, BlockDecision};

/// What the paragraphs of a document are found by.
pub(super) struct ParagraphKeys {
    document: u32,
    /// Mixed into every key, so that paragraphs of two sites never meet; 0 where they may.
    site: u128,
    /// What is asked for; nothing where no duplicates are.
    config: Option<BlockDedupConfig>,
    masked: String,
    equal: Vec<BlockKey>,
    halves: Vec<BlockHalf>,
}

impl ParagraphKeys {
    /// For the paragraphs of a document, which are to be added.
    pub fn of(draft: &Draft, config: &DedupConfig) -> Self {
        let is_wanted = config.enabled && config.blocks.policy != BlockPolicy::Off;
        let site = match config.blocks.scope {
            BlockScope::Corpus => None,
            BlockScope::Site => draft.document.url.as_deref().and_then(host),
        };
        Self {
            document: draft.number,
            site: site.map_or(0, |site| exact_key(&site)),
            config: is_wanted.then(|| config.blocks.clone()),
            masked: String::new(),
            equal: Vec::new(),
            halves: Vec::new(),
        }
    }

    /// How many paragraphs there are.
    pub fn len(&self) -> usize {
        self.equal.len()
    }

    /// The keys of paragraphs that equal others.
    pub fn into_equal(self) -> Vec<BlockKey> {
        self.equal
    }

    /// Adds block number `block` of the main text, by its normal form and the number of its words.
    pub fn add(&mut self, block: usize, normalised: &str, words: usize) {
        let (document, block) = (self.document, block as u32);
        let Some(config) = self.config.as_ref().filter(|config| words >= config.min_words) else { return };
        let text = compared(config, normalised, &mut self.masked);
        let key = exact_key(text) ^ self.site;
        self.equal.push(BlockKey { key, document, block });
        if config.similarity < 1.0 {
            let half = |half| BlockHalf { key: half ^ self.site as u64, whole: key as u64, document, block };
            self.halves.extend(half_keys(text).into_iter().flatten().map(half));
        }
    }
}

/// What is compared of a paragraph in its normal form.
fn compared<'t>(config: &BlockDedupConfig, normalised: &'t str, masked: &'t mut String) -> &'t str {
    if config.mask_digits && mask_digits_into(normalised, masked) { masked } else { normalised }
}

/// The paragraphs of all documents, by what they are found by.
pub(super) struct Paragraphs {
    equal: Sorter<BlockKey>,
    halves: Sorter<BlockHalf>,
}

/// The same, put down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    equal: Runs,
    halves: Runs,
}

impl State {
    pub fn runs(&self) -> impl Iterator<Item = &Runs> {
        [&self.equal, &self.halves].into_iter()
    }
}

impl Paragraphs {
    pub fn open(job: &Job<'_>, state: Option<&State>) -> Self {
        let memory = job.memory();
        Self {
            equal: job.sorter("paragraphs", memory / 8, state.map(|state| &state.equal)),
            halves: job.sorter("paragraph-halves", memory / 16, state.map(|state| &state.halves)),
        }
    }

    pub fn checkpoint(&mut self) -> Result<State> {
        Ok(State { equal: self.equal.checkpoint()?, halves: self.halves.checkpoint()? })
    }

    pub fn add(&mut self, keys: ParagraphKeys) -> Result<()> {
        self.equal.extend(keys.equal)?;
        self.halves.extend(keys.halves)
    }

    /// Finds those of kept documents that go for another, and how many pairs a cap left uncompared. `text` reads a block
    /// of a document back.
    ///
    /// # Errors
    /// Whatever ends a run.
    pub fn duplicates(
        self,
        job: &Job<'_>,
        ranks: &Ranks,
        text: impl Fn(u32, u32) -> Result<String>,
    ) -> Result<(Sorter<DuplicateBlock>, u64)> {
        let mut found = job.sorter("duplicates", job.memory() / 8, None);
        if job.config.dedup.blocks.similarity == 1.0 {
            let mut known = job.known.as_deref().map(Known::paragraphs);
            let mut equal = self.equal.finish()?;
            while let Some(group) = equal.next_group(|a, b| a.key == b.key)? {
                job.check_stop()?;
                let owner = known.as_mut().map_or(Ok(None), |known| known(group[0].key))?;
                let owner = owner.map(|(place, block)| (ranks.document(place), block));
                found.extend(duplicates(group, owner, |document| ranks.place_if_kept(document)))?;
            }
            return Ok((found, 0));
        }
        let (links, skipped) = self.links(job, ranks, text)?;
        let mut links = links.finish()?;
        let mut survivors = Survivors::default();
        while let Some(own) = links.next_group(|a, b| a.block == b.block)? {
            job.check_stop()?;
            if let Some(owner) = survivors.owner(own) {
                let [(document, block), owner] =
                    [own[0].block, owner].map(|(place, block)| (ranks.document(place), block));
                found.push(DuplicateBlock { document, block, owner })?;
            }
        }
        Ok((found, skipped))
    }

    /// Who equals and who nearly equals whom, and how many pairs a cap left uncompared.
    fn links(
        self,
        job: &Job<'_>,
        ranks: &Ranks,
        text: impl Fn(u32, u32) -> Result<String>,
    ) -> Result<(Sorter<Link>, u64)> {
        let config = &job.config.dedup.blocks;
        let place = |document| ranks.place_if_kept(document);
        let ranked = |document, block| place(document).map(|place| (place, block));
        let mut links = job.sorter("paragraph-links", job.memory() / 8, None);

        let mut equal = self.equal.finish()?;
        while let Some(group) = equal.next_group(|a, b| a.key == b.key)? {
            job.check_stop()?;
            let mut named = None;
            for DuplicateBlock { document, block, owner } in duplicates(group, None, place) {
                let (block, owner) = (ranked(document, block), ranked(owner.0, owner.1));
                let (block, owner) = block.zip(owner).expect("duplicates are of kept documents");
                links.push(Link { block, kind: LinkKind::Equal, owner })?;
                named = Some(owner);
            }
            links.extend(named.map(Link::named))?;
        }
        drop(equal);

        let (mut normalised, mut masked) = (String::new(), String::new());
        let mut text = |document, block| -> Result<String> {
            normalise_into(&text(document, block)?, &mut normalised);
            Ok(compared(config, &normalised, &mut masked).to_owned())
        };
        let mut near = NearBlocks::new(config.similarity);
        let mut halves = self.halves.finish()?;
        while let Some(group) = halves.next_group(|a, b| a.key == b.key)? {
            job.check_stop()?;
            near.link(group, place, &mut text, |link| links.push(link))?;
        }
        Ok((links, near.skipped))
    }
}

/// Decides on those of a document's blocks that are duplicate paragraphs, given a way to name the documents that keep them.
pub(super) fn decide_blocks(
    document: &Document,
    blocks: &mut [BlockDecision],
    duplicates: &[DuplicateBlock],
    config: &BlockDedupConfig,
    mut name: impl FnMut(u32) -> Result<(String, Option<Elsewhere>)>,
) -> Result<()> {
    for duplicate in duplicates {
        let (owner, block) = duplicate.owner;
        let (id, elsewhere) = name(owner)?;
        blocks[duplicate.block as usize].duplicate_of = Some(Box::new(BlockCopy { id, block, elsewhere }));
    }
    // A text that was cleaned before never changes again: its paragraphs are named, not dropped.
    if duplicates.is_empty() || config.policy != BlockPolicy::Drop || document.cleaned.is_some() {
        return Ok(());
    }
    let mut normalised = String::new();
    let kept = blocks.iter().filter(|block| block.labelled.label.side() == Side::Main).map(|block| {
        let source = block.labelled.block;
        let text = source.span.of(&document.text);
        normalise_into(text, &mut normalised);
        let is_content = is_content(text, source.shape, count_words(&normalised), config.min_words);
        (is_content, block.duplicate_of.is_some())
    });
    if may_drop_duplicates(kept) {
        let copies = blocks.iter_mut().filter(|b| b.duplicate_of.is_some());
        copies.for_each(|b| b.action = BlockAction::DropDuplicate);
    }
    Ok(())
}

#[cfg(test)]
mod tests;

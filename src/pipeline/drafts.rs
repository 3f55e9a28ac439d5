//! The second sweep: every document labelled, and put aside until the duplicates are known.

use std::iter::Peekable;

use serde::{Deserialize, Serialize};

use super::ids::Ids;
use super::sort::{Sorted, Sorter};
use super::spool::{Encoded, Spool, SpoolWriter};
use super::survey::{Survey, survey};
use super::{Described, Job, numbered};
use crate::config::Config;
use crate::dedup::{BlockKey, Entry, MainTextDigest};
use crate::document::{Document, Side};
use crate::error::{Error, Result};
use crate::fingerprint::exact_key;
use crate::label::{Labelled, label, label_clean};
use crate::read::{Batch, Cause, Reject, parse};
use crate::repetition::{Found, join};
use crate::segment::segment;

/// A labelled document, waiting for its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Its number in the run; rejected records have numbers too.
    pub number: u32,
    /// The document.
    pub document: Document,
    /// Its blocks with their labels, and what was lifted.
    pub labelled: Labelled,
}

impl Draft {
    /// The blocks of the main text, with their numbers.
    pub fn main_blocks(&self) -> impl Iterator<Item = (usize, &str)> {
        let blocks = self.labelled.blocks.iter().enumerate();
        blocks
            .filter(|(_, block)| block.label.side() == Side::Main)
            .map(|(i, block)| (i, block.block.span.of(&self.document.text)))
    }
}

/// What the second sweep leaves behind.
pub(super) struct Drafts {
    pub spool: Spool<Draft>,
    /// Where each document is in the spool, by its number; meaningless for rejects.
    pub offsets: Vec<u64>,
    /// What deduplication knows of each, by its number; `None` for rejects and for documents without main text.
    pub entries: Vec<Option<Entry>>,
    /// The paragraphs that may be duplicates, by key.
    pub paragraphs: Sorted<BlockKey>,
    /// Pairs of short lines that a cap left uncompared.
    pub skipped_near_pairs: u64,
}

/// A batch with what the first sweep found about its blocks.
struct Surveyed {
    batch: Batch,
    found: Vec<Found>,
    /// The texts' hashes in the first sweep; empty where there was none.
    texts: Vec<u64>,
}

impl Described for Surveyed {
    fn batch(&self) -> &Batch {
        &self.batch
    }
}

/// What a worker makes of a record.
struct Made {
    id: u128,
    draft: Encoded<Draft>,
    entry: Option<Entry>,
    paragraphs: Vec<BlockKey>,
}

/// Reads every input, a second time if labels are on, and hands each reject to `reject`, in order.
pub(super) fn drafts(job: &Job<'_>, mut reject: impl FnMut(&Reject) -> Result<()>) -> Result<Drafts> {
    let (mut survey, skipped_near_pairs) = if job.config.label.enabled {
        let Survey { found, texts, skipped_near_pairs } = survey(job)?;
        (Some((FoundStream(found.peekable()), texts)), skipped_near_pairs)
    } else {
        (None, 0)
    };
    let prepare = move |batch: Batch| {
        let end = batch.first + batch.records.len() as u64;
        let (found, texts) = match &mut survey {
            None => (Vec::new(), Vec::new()),
            Some((found, texts)) => {
                let known =
                    texts.get(batch.first as usize..end as usize).ok_or_else(|| changed(&batch, job))?;
                (found.below(end as u32)?, known.to_vec())
            }
        };
        Ok(Surveyed { batch, found, texts })
    };

    job.progress.stage("label", job.input_bytes());
    let mut spool = SpoolWriter::create(&job.work.file("drafts"))?;
    let mut paragraphs = Sorter::new(job.work.path(), "paragraphs", job.config.run.memory.get() as usize / 4);
    let mut offsets = Vec::new();
    let mut entries = Vec::new();
    let mut ids = Ids::default();
    job.stream(
        prepare,
        |surveyed| (make(&surveyed, job), surveyed),
        |(made, surveyed)| {
            let Surveyed { batch, .. } = surveyed;
            job.progress.advance(batch.consumed, made.len() as u64);
            for (i, made) in made.into_iter().enumerate() {
                let made = match made {
                    Ok(made) if ids.is_new(made.id) => made,
                    Ok(_) => {
                        let message =
                            "an earlier record has the same id; ids must be unique in a run".to_owned();
                        reject(&batch.reject(i, &job.inputs, Cause::DuplicateId, message))?;
                        offsets.push(u64::MAX);
                        entries.push(None);
                        continue;
                    }
                    Err(Failure::Rejected(rejected)) => {
                        reject(&rejected)?;
                        offsets.push(u64::MAX);
                        entries.push(None);
                        continue;
                    }
                    Err(Failure::Changed) => return Err(changed(&batch, job)),
                };
                offsets.push(spool.append_encoded(&made.draft)?);
                entries.push(made.entry);
                paragraphs.extend(made.paragraphs)?;
            }
            Ok(())
        },
    )?;
    Ok(Drafts {
        spool: spool.finish()?,
        offsets,
        entries,
        paragraphs: paragraphs.finish()?,
        skipped_near_pairs,
    })
}

fn changed(batch: &Batch, job: &Job<'_>) -> Error {
    let input = batch.records.first().map_or(0, |r| r.input);
    Error::Changed { path: job.inputs[input].path.to_string() }
}

/// What was found, in the order of the documents, handed out batch by batch.
struct FoundStream(Peekable<Sorted<Found>>);

impl FoundStream {
    /// What was found about documents before `end` and not yet handed out.
    fn below(&mut self, end: u32) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        while let Some(next) = self.0.next_if(|f| !matches!(f, Ok(f) if f.document >= end)) {
            found.push(next?);
        }
        Ok(found)
    }
}

enum Failure {
    Rejected(Reject),
    Changed,
}

fn make(surveyed: &Surveyed, job: &Job<'_>) -> Vec<Result<Made, Failure>> {
    let Surveyed { batch, found, texts } = surveyed;
    let mut digest = MainTextDigest::default();
    numbered(batch)
        .map(|(i, number)| {
            let document = parse(batch, i, &job.inputs, &job.config.input).map_err(Failure::Rejected)?;
            // A record that was rejected for its id in the first sweep has no hash, and is rejected again.
            if texts.get(i).is_some_and(|known| *known != 0 && *known != document.source_hash as u64) {
                return Err(Failure::Changed);
            }
            let blocks = segment(&document.text);
            let start = found.partition_point(|f| f.document < number);
            let length = found[start..].partition_point(|f| f.document == number);
            let mut repetition = join(blocks.len(), &found[start..start + length]);
            let clean = !job.config.label.enabled || document.cleaned.is_some();
            if !job.config.label.enabled {
                repetition.iter_mut().for_each(|r| r.documents = 0);
            }
            let labelled = if clean {
                label_clean(&document, &blocks, &repetition)
            } else {
                label(&document, &blocks, &repetition)
            };
            let draft = Draft { number, document, labelled };
            let (entry, paragraphs) = fingerprint(&draft, job.config, &mut digest);
            Ok(Made { id: Ids::hash(&draft.document.id), draft: Encoded::new(&draft), entry, paragraphs })
        })
        .collect()
}

/// What deduplication wants to know of a document: of its main text, and of the paragraphs in it.
fn fingerprint(
    draft: &Draft,
    config: &Config,
    digest: &mut MainTextDigest,
) -> (Option<Entry>, Vec<BlockKey>) {
    let mut paragraphs = Vec::new();
    digest.clear();
    for (i, block) in draft.main_blocks() {
        let (normalised, words) = digest.push(block);
        if words >= config.dedup.blocks.min_words {
            paragraphs.push(BlockKey { key: exact_key(normalised), document: draft.number, block: i as u32 });
        }
    }
    (digest.entry(config.dedup.shingle_words), paragraphs)
}

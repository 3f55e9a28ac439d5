//! The second sweep: every document labelled, and put aside until the duplicates are known.

use std::iter::Peekable;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::ids::Ids;
use super::sort::{Sorted, Sorter};
use super::spool::{Encoded, Spool, SpoolWriter};
use super::survey::{Survey, survey};
use super::{Described, Job, numbered};
use crate::config::Config;
use crate::dedup::{BlockKey, Entry};
use crate::document::{Document, Side};
use crate::error::{Error, Result};
use crate::fingerprint::{Sketch, exact_key, normalise_into, shingle_hashes, word_hashes};
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
                let known = texts.get(batch.first as usize..end as usize).ok_or_else(|| changed(&batch, job))?;
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
                        let message = "an earlier record has the same id; ids must be unique in a run".to_owned();
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
    Ok(Drafts { spool: spool.finish()?, offsets, entries, paragraphs: paragraphs.finish()?, skipped_near_pairs })
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
    let mut scratch = Scratch::default();
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
            let (entry, paragraphs) = scratch.fingerprint(&draft, job.config);
            Ok(Made { id: Ids::hash(&draft.document.id), draft: Encoded::new(&draft), entry, paragraphs })
        })
        .collect()
}

/// Buffers that a worker uses again for every document.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    normalised: String,
    words: Vec<u64>,
    shingles: Vec<u64>,
}

impl Scratch {
    /// What deduplication wants to know of a document: of its main text, and of the paragraphs in it.
    fn fingerprint(&mut self, draft: &Draft, config: &Config) -> (Option<Entry>, Vec<BlockKey>) {
        let mut paragraphs = Vec::new();
        let mut exact = Xxh3::new();
        let mut has_main = false;
        self.words.clear();
        for (i, block) in draft.labelled.blocks.iter().enumerate() {
            if block.label.side() != Side::Main {
                continue;
            }
            normalise_into(block.block.span.of(&draft.document.text), &mut self.normalised);
            exact.update(if has_main { b" " } else { b"" });
            exact.update(self.normalised.as_bytes());
            has_main = true;
            let before = self.words.len();
            word_hashes(&self.normalised, &mut self.words);
            if self.words.len() - before >= config.dedup.blocks.min_words {
                let key = exact_key(&self.normalised);
                paragraphs.push(BlockKey { key, document: draft.number, block: i as u32 });
            }
        }
        if !has_main {
            return (None, paragraphs);
        }
        shingle_hashes(&self.words, config.dedup.shingle_words, &mut self.shingles);
        let entry = Entry {
            exact: exact.digest128(),
            words: self.words.len() as u32,
            shingles: self.shingles.len() as u32,
            sketch: Sketch::of(&self.shingles),
        };
        (Some(entry), paragraphs)
    }

    /// The shingle set of a document's main text.
    pub(super) fn shingles(&mut self, draft: &Draft, n: usize, out: &mut Vec<u64>) {
        self.words.clear();
        for block in draft.labelled.blocks.iter().filter(|b| b.label.side() == Side::Main) {
            normalise_into(block.block.span.of(&draft.document.text), &mut self.normalised);
            word_hashes(&self.normalised, &mut self.words);
        }
        shingle_hashes(&self.words, n, out);
    }
}

//! The second sweep: every document labelled, and put aside until the duplicates are known.

use std::iter::Peekable;

use serde::{Deserialize, Serialize};

use super::ids::Ids;
use super::sort::{Sorted, Sorter};
use super::spool::{Encoded, Spool, SpoolWriter};
use super::survey::{Known, Survey, survey};
use super::{Described, Job, numbered};
use crate::config::Config;
use crate::dedup::{BlockKey, Entry, MainTextDigest, claim};
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
    /// What the records were in the first sweep, if there was one.
    known: Option<Vec<Known>>,
}

impl Described for Surveyed {
    fn batch(&self) -> &Batch {
        &self.batch
    }
}

/// What a worker makes of a record.
struct Made {
    id: u128,
    /// See [`Known::text`].
    text: u64,
    draft: Encoded<Draft>,
    entry: Option<Entry>,
    paragraphs: Vec<BlockKey>,
}

/// Reads every input, a second time if labels are on, and hands each reject to `reject`, in order.
pub(super) fn drafts(job: &Job<'_>, mut reject: impl FnMut(&Reject) -> Result<()>) -> Result<Drafts> {
    let (mut found, known, skipped_near_pairs) = if job.config.label.enabled {
        let Survey { found, records, skipped_near_pairs } = survey(job)?;
        (Some(FoundStream(found.peekable())), Some(records), skipped_near_pairs)
    } else {
        (None, None, 0)
    };
    let prepare = |batch: Batch| {
        let records = batch.first as usize..batch.first as usize + batch.records.len();
        let found = found.as_mut().map_or_else(|| Ok(Vec::new()), |found| found.below(records.end as u32))?;
        // Where there are more records than in the first sweep, the last ones have nothing to be compared with.
        let known =
            known.as_ref().map(|all| all.iter().copied().skip(records.start).take(records.len()).collect());
        Ok(Surveyed { batch, found, known })
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
            let Surveyed { batch, known, .. } = surveyed;
            job.progress.advance(batch.consumed, made.len() as u64);
            for (i, made) in made.into_iter().enumerate() {
                let input = batch.records[i].input as u32;
                let now = Known { input, text: made.as_ref().map_or(0, |made| made.text) };
                match known.as_ref().map(|known| known.get(i)) {
                    // Where a record is missing, those of later inputs have moved up to its place.
                    Some(Some(known)) if *known != now => return Err(changed(job, known.input.min(input))),
                    Some(None) => return Err(changed(job, input)),
                    _ => {}
                }
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
                    Err(rejected) => {
                        reject(&rejected)?;
                        offsets.push(u64::MAX);
                        entries.push(None);
                        continue;
                    }
                };
                offsets.push(spool.append_encoded(&made.draft)?);
                entries.push(made.entry);
                paragraphs.extend(made.paragraphs)?;
            }
            Ok(())
        },
    )?;
    if let Some(missing) = known.as_ref().and_then(|known| known.get(offsets.len())) {
        return Err(changed(job, missing.input));
    }
    Ok(Drafts {
        spool: spool.finish()?,
        offsets,
        entries,
        paragraphs: paragraphs.finish()?,
        skipped_near_pairs,
    })
}

fn changed(job: &Job<'_>, input: u32) -> Error {
    Error::Changed { path: job.inputs[input as usize].path.to_string() }
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

fn make(surveyed: &Surveyed, job: &Job<'_>) -> Vec<Result<Made, Reject>> {
    let Surveyed { batch, found, .. } = surveyed;
    let mut digest = MainTextDigest::default();
    numbered(batch)
        .map(|(i, number)| {
            let document = parse(batch, i, &job.inputs, &job.config.input)?;
            let text = Known::new(batch.records[i].input, Some(&document)).text;
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
                label(&document, &blocks, &repetition, &job.config.label)
            };
            let draft = Draft { number, document, labelled };
            let (entry, paragraphs) = fingerprint(&draft, job.config, &mut digest);
            Ok(Made {
                text,
                id: Ids::hash(&draft.document.id),
                draft: Encoded::new(&draft),
                entry,
                paragraphs,
            })
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
    let mut entry = digest.entry(config.dedup.shingle_words);
    if let Some(entry) = &mut entry {
        let date = draft.labelled.date.as_deref();
        entry.claim = claim(&config.dedup.keep, entry.words, &draft.document, date);
    }
    (entry, paragraphs)
}

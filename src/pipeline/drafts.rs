//! The second sweep: every document labelled, and put aside until the duplicates are known.
//!
//! With labels off it is the only one, since nothing needs counting.

use std::iter::Peekable;

use serde::{Deserialize, Serialize};

use super::bits::Bits;
use super::checkpoint::{Moment, Stage};
use super::draft::{BlockRuns, Draft};
use super::gauge::Seen;
use super::ids::{self, Id};
use super::paragraphs::{self, ParagraphKeys, Paragraphs};
use super::rejected;
use super::sort::{Runs, Sorted, Sorter};
use super::spool::{Extent, Spool, SpoolWriter};
use super::survey::{Known, Survey, Surveyed, survey};
use super::table::{Table, TableWriter};
use super::verdicts::InBucket;
use super::{Described, Job, Turn, numbered};
use crate::config::Config;
use crate::contamination::Reference;
use crate::dedup::{Bucket, Entry, Lsh, MainTextDigest, claim};
use crate::document::{Repetition, Side};
use crate::error::{Error, Result};
use crate::label::{label, label_clean};
use crate::read::{Batch, Position, Reject, parse};
use crate::repetition::{Found, join};
use crate::segment::segment;

/// How far the sweep is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    position: Position,
    /// What the first sweep left, if there was one.
    surveyed: Option<Surveyed>,
    spool: Extent,
    rejects: Extent,
    ids: Runs,
    buckets: Runs,
    paragraphs: paragraphs::State,
}

impl State {
    /// How many records the sweep has read.
    pub fn records(&self) -> u64 {
        self.position.records()
    }

    pub fn runs(&self) -> impl Iterator<Item = &Runs> {
        let own = [&self.ids, &self.buckets].into_iter().chain(self.paragraphs.runs());
        own.chain(self.surveyed.iter().map(|surveyed| &surveyed.found))
    }
}

/// What is remembered of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    /// Where its draft is in the spool; nothing for a reject.
    pub draft: Option<u64>,
    /// What deduplication knows of it; nothing for a document without main text.
    pub entry: Option<Entry>,
    /// Whether it may hold something of the reference.
    pub touched: bool,
}

/// What the second sweep leaves behind.
pub(super) struct Drafts {
    pub spool: Spool,
    pub rejects: Spool,
    /// One for each record.
    pub rows: Table<Row>,
    /// The records whose id an earlier one has.
    pub repeated: Bits,
    /// Who stands in which bucket.
    pub buckets: Sorter<InBucket>,
    /// The paragraphs that may be duplicates.
    pub paragraphs: Paragraphs,
    /// Pairs of short lines that a cap left uncompared.
    pub skipped_near_pairs: u64,
}

/// A batch with what the first sweep found about its blocks.
struct Item {
    batch: Batch,
    found: Vec<Found>,
    /// What the records were in the first sweep, if there was one.
    known: Option<Vec<Known>>,
}

impl Described for Item {
    fn batch(&self) -> &Batch {
        &self.batch
    }
}

/// What a worker makes of a record.
struct Made {
    id: u128,
    /// See [`Known::text`].
    text: u64,
    draft: Vec<u8>,
    entry: Option<Entry>,
    touched: bool,
    buckets: Vec<Bucket>,
    paragraphs: ParagraphKeys,
    seen: Option<Seen>,
}

pub(super) const SPOOL: &str = "drafts";
pub(super) const REJECTS: &str = "rejects";
pub(super) const ROWS: &str = "rows";

/// Reads every input, a second time if labels are on, from where an interrupted run was.
pub(super) fn drafts(job: &Job<'_>, stage: Option<Stage>, reference: Option<&Reference>) -> Result<Drafts> {
    let (surveying, state) = match stage {
        Some(Stage::Survey(state)) => (Some(state), None),
        Some(Stage::Drafts(state)) => (None, Some(state)),
        _ => (None, None),
    };
    let counted = match &state {
        Some(state) => {
            let surveyed = state.surveyed.clone();
            surveyed.map(|surveyed| Ok((Survey::resume(job, &surveyed)?, Some(surveyed)))).transpose()?
        }
        None if job.config.label.enabled => Some(counted(job, surveying)?),
        None => None,
    };
    Sweep::open(job, state.as_ref())?.run(job, state.map(|state| state.position), counted, reference)
}

/// Makes the first sweep, and puts down what it found where that is worth it.
fn counted(job: &Job<'_>, state: Option<super::survey::State>) -> Result<(Survey, Option<Surveyed>)> {
    let mut survey = survey(job, state)?;
    // Where an earlier checkpoint was worth its cost, this one is: without it the next sweep could make none.
    if !job.work.has_checkpoint() && !job.is_checkpoint_due(Moment::End) {
        return Ok((survey, None));
    }
    let surveyed = survey.checkpoint(job)?;
    let mut nothing = Sweep::open(job, None)?;
    job.save(Stage::Drafts(nothing.checkpoint(Position::default(), Some(&surveyed))?))?;
    // What only counting needed.
    job.work.forget(super::survey::SKETCHES)?;
    job.work.forget(super::survey::SHORT_TEXTS)?;
    Ok((survey, Some(surveyed)))
}

/// What the sweep writes.
struct Sweep {
    spool: SpoolWriter,
    rejects: SpoolWriter,
    rows: TableWriter<Row>,
    ids: Sorter<Id>,
    buckets: Sorter<InBucket>,
    paragraphs: Paragraphs,
}

impl Sweep {
    fn open(job: &Job<'_>, state: Option<&State>) -> Result<Self> {
        let memory = job.memory();
        let (file, records) = (|name| job.work.file(name), state.map_or(0, |state| state.position.records()));
        Ok(Self {
            spool: SpoolWriter::open(&file(SPOOL), state.map(|state| state.spool).unwrap_or_default())?,
            rejects: SpoolWriter::open(&file(REJECTS), state.map(|state| state.rejects).unwrap_or_default())?,
            rows: TableWriter::open(&file(ROWS), records)?,
            ids: job.sorter("record-ids", memory / 16, state.map(|state| &state.ids)),
            buckets: job.sorter("buckets", memory / 4, state.map(|state| &state.buckets)),
            paragraphs: Paragraphs::open(job, state.map(|state| &state.paragraphs)),
        })
    }

    fn checkpoint(&mut self, position: Position, surveyed: Option<&Surveyed>) -> Result<State> {
        self.rows.checkpoint()?;
        Ok(State {
            position,
            surveyed: surveyed.cloned(),
            spool: self.spool.checkpoint()?,
            rejects: self.rejects.checkpoint()?,
            ids: self.ids.checkpoint()?,
            buckets: self.buckets.checkpoint()?,
            paragraphs: self.paragraphs.checkpoint()?,
        })
    }

    fn run(
        mut self,
        job: &Job<'_>,
        position: Option<Position>,
        counted: Option<(Survey, Option<Surveyed>)>,
        reference: Option<&Reference>,
    ) -> Result<Drafts> {
        let position = position.unwrap_or_default();
        let has_survey = counted.is_some();
        let (survey, surveyed) = counted.map_or((None, None), |(survey, surveyed)| (Some(survey), surveyed));
        let skipped_near_pairs = survey.as_ref().map_or(0, |survey| survey.skipped_near_pairs);
        let (found, known, repeated) = match survey {
            Some(Survey { found, known, repeated, .. }) => (Some(found), Some(known), Some(repeated)),
            None => (None, None, None),
        };
        let mut found = found.map(Sorter::finish).transpose()?.map(|found| FoundStream(found.peekable()));
        let mut known_stream = known.as_ref().map(|known| known.iter_from(position.records()));
        let prepare = |batch: Batch| {
            let end = batch.end.records();
            let found = found.as_mut().map_or_else(|| Ok(Vec::new()), |found| found.of(batch.first, end))?;
            // Where there are more records than in the first sweep, the last ones have nothing to be compared with.
            let known =
                known_stream.as_mut().map(|known| known.take(batch.records.len()).collect::<Result<_>>());
            Ok(Item { batch, found, known: known.transpose()? })
        };
        // Without what the first sweep found there is nothing to go on with.
        let can_save = !has_survey || surveyed.is_some();

        job.progress.stage("label", job.input_bytes());
        let lsh = Lsh::new(&job.config.dedup);
        let mut end = position;
        let turn = Turn::default();
        let work = |surveyed: Item| (make(&surveyed, job, &lsh, reference, &turn), surveyed);
        job.stream(position, prepare, work, |(made, item)| {
            let Item { batch, known, .. } = item;
            job.progress.advance(batch.consumed, made.len() as u64);
            for (i, made) in made.into_iter().enumerate() {
                let input = batch.records[i].input;
                let text = made.as_ref().map_or(0, |made| made.text);
                match known.as_ref().map(|known| known.get(i)) {
                    // Where a record is missing, those of later inputs have moved up to its place.
                    Some(Some(known)) if !known.is(input, text) => {
                        return Err(changed(job, input.min(known.input as usize)));
                    }
                    Some(None) => return Err(changed(job, input)),
                    _ => {}
                }
                if let (Some(gauge), Ok(Made { seen: Some(seen), .. })) = (job.gauge, &made) {
                    gauge.add(self.rows.len() as u32, seen)?;
                }
                self.add(made, has_survey)?;
            }
            end = batch.end;
            if can_save && job.is_checkpoint_due(Moment::Within) {
                job.save(Stage::Drafts(self.checkpoint(end, surveyed.as_ref())?))?;
            }
            Ok(())
        })?;
        if let Some(missing) = known.as_ref().filter(|known| known.len() > end.records()) {
            return Err(changed(job, missing.get(end.records())?.input as usize));
        }
        if can_save && job.is_checkpoint_due(Moment::End) {
            job.save(Stage::Drafts(self.checkpoint(end, surveyed.as_ref())?))?;
        }
        let records = end.records() as usize;
        let mut repeated = repeated.map_or_else(|| ids::repeated(job, self.ids, records), Ok)?;
        if let Some(gauge) = job.gauge {
            gauge.note_repeated(&std::mem::replace(&mut repeated, Bits::new(records)));
        }
        Ok(Drafts {
            spool: self.spool.finish()?,
            rejects: self.rejects.finish()?,
            repeated,
            rows: self.rows.finish()?,
            buckets: self.buckets,
            paragraphs: self.paragraphs,
            skipped_near_pairs,
        })
    }

    /// Adds what was made of the next record. The first sweep, if there was one, has seen its id.
    fn add(&mut self, made: Result<Made, Reject>, has_survey: bool) -> Result<()> {
        let number = self.rows.len() as u32;
        match made {
            Ok(made) => {
                let draft = self.spool.append(&made.draft)?;
                self.rows.push(&Row { draft: Some(draft), entry: made.entry, touched: made.touched })?;
                if !has_survey {
                    self.ids.push((made.id, number))?;
                }
                let in_bucket = |bucket| InBucket { bucket, document: number };
                self.buckets.extend(made.buckets.into_iter().map(in_bucket))?;
                self.paragraphs.add(made.paragraphs)
            }
            Err(rejected) => {
                self.rejects.append(&rejected::encode(number, &rejected))?;
                self.rows.push(&Row { draft: None, entry: None, touched: false })
            }
        }
    }
}

fn changed(job: &Job<'_>, input: usize) -> Error {
    Error::Changed { path: job.inputs[input].path.to_string() }
}

/// What was found, in the order of the documents, handed out batch by batch.
struct FoundStream(Peekable<Sorted<Found>>);

impl FoundStream {
    /// What was found about the documents from `first` to before `end`. Those before were asked for earlier, if not by
    /// this process.
    fn of(&mut self, first: u64, end: u64) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        while let Some(next) = self.0.next_if(|f| !matches!(f, Ok(f) if u64::from(f.document) >= end)) {
            let next = next?;
            if u64::from(next.document) >= first {
                found.push(next);
            }
        }
        Ok(found)
    }
}

fn make(
    surveyed: &Item,
    job: &Job<'_>,
    lsh: &Lsh,
    reference: Option<&Reference>,
    turn: &Turn,
) -> Vec<Result<Made, Reject>> {
    let Item { batch, found, .. } = surveyed;
    let (mut digest, mut scratch) = (MainTextDigest::default(), Vec::new());
    numbered(batch)
        .map(|(i, number)| {
            let document = parse(batch, i, &job.inputs, &job.config.input)?;
            let text = Known::text(Some(&document));
            let blocks = segment(&document.text);
            let _turn = turn.of(blocks.len());
            let labelled = if job.config.label.enabled {
                let start = found.partition_point(|f| f.document < number);
                let length = found[start..].partition_point(|f| f.document == number);
                let repetition = join(blocks.len(), &found[start..start + length]);
                match document.cleaned {
                    Some(_) => label_clean(&blocks, &repetition),
                    None => label(&document, &blocks, &repetition, &job.config.label),
                }
            } else {
                label_clean(&blocks, &vec![Repetition::default(); blocks.len()])
            };
            let draft = Draft { number, document, labelled };
            let mut buckets = Vec::new();
            let (entry, paragraphs) = fingerprint(&draft, job.config, lsh, &mut digest, &mut buckets);
            let touched =
                reference.is_some_and(|reference| reference.may_be_in(digest.words(), &mut scratch));
            let input = batch.records[i].input;
            let words = entry.map_or(0, |entry| entry.words);
            let seen = job.gauge.map(|_| Seen::of(&draft, &job.inputs[input], words, paragraphs.len()));
            let draft_bytes = draft.encode(input);
            Ok(Made {
                text,
                id: ids::hash(&draft.document.id),
                draft: draft_bytes,
                entry,
                touched,
                buckets,
                paragraphs,
                seen,
            })
        })
        .collect()
}

/// What deduplication wants to know of a document: of its main text, and of the paragraphs in it.
pub(super) fn fingerprint(
    draft: &Draft,
    config: &Config,
    lsh: &Lsh,
    digest: &mut MainTextDigest,
    buckets: &mut Vec<Bucket>,
) -> (Option<Entry>, ParagraphKeys) {
    let text = &draft.document.text;
    let mut paragraphs = ParagraphKeys::of(draft, &config.dedup);
    let mut short = BlockRuns::default();
    digest.clear();
    for (i, block) in draft.labelled.blocks.iter().enumerate() {
        let (span, is_main) = (block.block.span, block.label.side() == Side::Main);
        // So many words of ASCII have spaces between them. A character of another script can have a normal form of several.
        let is_short = span.len() + 1 < 2 * config.dedup.blocks.min_words && span.of(text).is_ascii();
        if is_main && is_short {
            short.add(span, true);
            continue;
        }
        if let Some(run) = short.close() {
            digest.push(run.of(text));
        }
        if is_main {
            let (normalised, words) = digest.push(span.of(text));
            paragraphs.add(i, normalised, words);
        }
    }
    if let Some(run) = short.close() {
        digest.push(run.of(text));
    }
    let mut entry = digest.entry(config.dedup.shingle_words, lsh, buckets);
    if let Some(entry) = &mut entry {
        let date = draft.labelled.date.as_deref();
        entry.claim = claim(&config.dedup.keep, entry.words, &draft.document, date);
    }
    (entry, paragraphs)
}

//! Which documents stay, and which of their paragraphs a better-ranked document has already.

use std::iter::Peekable;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Job;
use super::checkpoint::{Moment, Stage};
use super::contamination::{self, Contamination};
use super::draft::Draft;
use super::drafts::{Drafts, drafts};
use super::ids;
use super::kept::{Keeper, Kept};
use super::paragraphs::decide_blocks;
use super::rejected;
use super::sort::{Runs, Sorted, Sorter};
use super::spans::{Spans, repeated_spans};
use super::spool::{Extent, Spool, SpoolWriter};
use super::store::{Respooled, Store};
use super::table::TableWriter;
use super::verdicts::{Judged, Verdicts, verdicts};
use crate::config::{AgainstAction, BlockDedupConfig};
use crate::contamination::Reference;
use crate::dedup::spans::RepeatedSpan;
use crate::dedup::{DuplicateBlock, Statistics};
use crate::document::{Span, Verdict};
use crate::error::Result;
use crate::read::Reject;
use crate::write::{BlockDecision, SpanDecision};

/// Pairs of short lines left uncompared, among what is skipped: the only number there that labelling found.
pub(super) const NEAR_LINE_PAIRS: &str = "near_line_pairs";

/// A run decided and ready to be written.
pub struct Decided {
    /// Every document, decided or not.
    pub store: Store,
    /// What was decided.
    pub outcome: Outcome,
}

/// What was decided about each document and its paragraphs, in the order of the documents.
pub struct Outcome {
    pub(super) judged: Peekable<Sorted<Judged>>,
    pub(super) duplicates: Peekable<Sorted<DuplicateBlock>>,
    spans: Peekable<Sorted<RepeatedSpan>>,
    /// Work that a bound left out, by name.
    pub skipped: Vec<(String, u64)>,
    /// What documents hold of a reference, if there is one.
    pub(super) contamination: Option<Contamination>,
    /// What the search for duplicate documents did.
    pub search: Statistics,
}

impl Outcome {
    /// Takes out the reference that documents were compared with, whose items verdicts name by their numbers.
    pub fn take_reference(&mut self) -> Option<Reference> {
        self.contamination.take().map(|contamination| contamination.reference)
    }

    /// Every document with what was decided about it, in input order.
    pub fn over<'s>(mut self, store: &'s Store) -> impl Iterator<Item = Result<Waiting>> + Send + use<'s> {
        let mut entries = store.spool.entries();
        let mut rows = (0_u32..).zip(store.rows.iter());
        std::iter::from_fn(move || {
            let (number, entry, bytes) = loop {
                let (number, row) = rows.next()?;
                match row.map(|row| (row.draft.is_some(), row.entry)) {
                    Ok((true, entry)) => match entries.next().unwrap_or_else(|| Err(store.damaged())) {
                        Ok(_) if store.repeated.contains(number) => {}
                        Ok(bytes) => break (number, entry, bytes),
                        Err(error) => return Some(Err(error)),
                    },
                    Ok((false, _)) => {}
                    Err(error) => return Some(Err(error)),
                }
            };
            let judged = match entry {
                None => Ok((Verdict::Empty, None)),
                Some(_) => take_verdict(&mut self.judged, number),
            };
            let duplicates = take(&mut self.duplicates, number, |d| d.document);
            let spans = take(&mut self.spans, number, |span| span.document);
            let exact = entry.map(|entry| entry.exact);
            Some(judged.and_then(|(verdict, first_copy)| {
                Ok(Waiting {
                    number,
                    bytes,
                    exact,
                    verdict,
                    first_copy,
                    duplicates: duplicates?,
                    spans: spans?,
                })
            }))
        })
    }
}

/// Takes what was judged of document `number` from a stream in which it comes next, if there is anything; with its first
/// copy. A million copies of one document are a million records, so they are counted as they come.
pub(super) fn take_verdict(
    judged: &mut Peekable<Sorted<Judged>>,
    number: u32,
) -> Result<(Verdict, Option<u32>)> {
    let (mut verdict, mut first_copy) = (Verdict::Keep { copies: 0 }, None);
    while let Some(next) = judged.next_if(|r| !matches!(r, Ok(r) if r.document > number)) {
        let next = next?;
        verdict = next.after(verdict);
        first_copy = first_copy.or(next.copy());
    }
    Ok((verdict, first_copy))
}

/// Takes the records of document `number` from a stream in which nothing stands before it.
fn take<T: super::sort::Record>(
    records: &mut Peekable<Sorted<T>>,
    number: u32,
    document: impl Fn(&T) -> u32,
) -> Result<Vec<T>> {
    let mut own = Vec::new();
    while let Some(record) = records.next_if(|r| !matches!(r, Ok(r) if document(r) > number)) {
        own.push(record?);
    }
    own.retain(|record| document(record) == number);
    Ok(own)
}

/// A document that is decided and waits to be written.
pub struct Waiting {
    /// Its number in the run.
    pub number: u32,
    bytes: Vec<u8>,
    /// The exact key of its main text, if it has any.
    pub(super) exact: Option<u128>,
    /// Whether it stays.
    pub verdict: Verdict,
    /// The first document that was dropped by comparison with it, if any was.
    pub(super) first_copy: Option<u32>,
    duplicates: Vec<DuplicateBlock>,
    spans: Vec<RepeatedSpan>,
}

impl Waiting {
    /// Its size in bytes, as it waits.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The document.
    ///
    /// # Errors
    /// When the work folder was damaged.
    pub fn draft(&self, store: &Store) -> Result<Draft> {
        store.decode(&self.bytes)
    }

    /// The document without its blocks, and what becomes of each of them. `id` names other documents by their numbers.
    ///
    /// # Errors
    /// Those of `id`, and when the work folder was damaged.
    pub fn decide(
        &self,
        store: &Store,
        config: &BlockDedupConfig,
        mut id: impl FnMut(u32) -> Result<String>,
    ) -> Result<(Draft, Vec<BlockDecision>)> {
        let decoded = Draft::decode_blocks(&self.bytes, &store.inputs, BlockDecision::by_label);
        let (draft, mut blocks) = decoded.ok_or_else(|| store.damaged())?;
        decide_blocks(&draft.document, &mut blocks, &self.duplicates, config, |number| {
            Ok((id(number)?, store.elsewhere(number)))
        })?;
        Ok((draft, blocks))
    }

    /// The runs of its words that stand elsewhere, in order. `id` names other documents by their numbers.
    ///
    /// # Errors
    /// Those of `id`.
    pub fn spans(&self, mut id: impl FnMut(u32) -> Result<String>) -> Result<Vec<SpanDecision>> {
        let span = |start: u32, end: u32| Span::new(start as usize, end as usize);
        let named = self.spans.iter().map(|found| {
            let (owner, start, end) = found.owner;
            Ok(SpanDecision {
                span: span(found.bytes.0, found.bytes.1),
                words: found.words,
                is_dropped: found.is_dropped,
                id: id(owner)?,
                there: span(start, end),
            })
        });
        named.collect()
    }
}

/// Where a decided run is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    pub records: u64,
    spool: Extent,
    rejects: Extent,
    /// How many records are repeated.
    repeated: u64,
    judged: Runs,
    duplicates: Runs,
    spans: Runs,
    skipped: Vec<(String, u64)>,
    contamination: Option<contamination::State>,
    search: Statistics,
}

impl State {
    pub fn runs(&self) -> impl Iterator<Item = &Runs> {
        let held = self.contamination.iter().map(|contamination| &contamination.held);
        [&self.judged, &self.duplicates, &self.spans].into_iter().chain(held)
    }
}

/// Reads and labels everything, and decides what stays, from where an interrupted run was. Each rejected record is handed
/// to `reject`, in input order.
///
/// # Errors
/// Whatever ends a run; a bad record does not.
pub fn decide(job: &Job<'_>, mut reject: impl FnMut(&Reject) -> Result<()>) -> Result<Decided> {
    let reference = contamination::read(job, &mut reject)?;
    let parts = match job.resumed()? {
        Some(Stage::Decided(state)) => {
            let (store, rejects) = reopened(job, &state)?;
            let (folder, quarter) = (job.work.path(), job.memory() / 4);
            Parts {
                store,
                rejects,
                judged: Sorter::resume(folder, &state.judged, quarter),
                duplicates: Sorter::resume(folder, &state.duplicates, quarter),
                spans: Sorter::resume(folder, &state.spans, job.memory() / 8),
                skipped: state.skipped,
                contamination: (reference.zip(state.contamination))
                    .map(|(reference, found)| Contamination::resume(job, reference, &found)),
                search: state.search,
            }
        }
        stage => newly_decided(job, stage, reference)?,
    };
    let mut kept = job.work.is_kept().then(|| Keeper::open(job)).transpose()?;
    rejected::hand_out(job, &parts.rejects, &parts.store.repeated, |number, rejected| {
        kept.as_mut().map_or(Ok(()), |kept| kept.reject(number, rejected))?;
        reject(rejected)
    })?;
    kept.map_or(Ok(()), |kept| kept.put_down(job, &parts.store, &parts.skipped))?;
    parts.decided()
}

/// What deciding leaves.
struct Parts {
    store: Store,
    rejects: Spool,
    judged: Sorter<Judged>,
    duplicates: Sorter<DuplicateBlock>,
    spans: Sorter<RepeatedSpan>,
    skipped: Vec<(String, u64)>,
    contamination: Option<Contamination>,
    search: Statistics,
}

impl Parts {
    fn decided(self) -> Result<Decided> {
        let Self { store, judged, duplicates, spans, skipped, contamination, search, .. } = self;
        let (judged, duplicates) = (judged.finish()?.peekable(), duplicates.finish()?.peekable());
        let spans = spans.finish()?.peekable();
        Ok(Decided { store, outcome: Outcome { judged, duplicates, spans, skipped, contamination, search } })
    }
}

fn reopened(job: &Job<'_>, state: &State) -> Result<(Store, Spool)> {
    let repeated = ids::take_up(job, state.repeated, state.records)?;
    let spool = SpoolWriter::open(&job.work.file(super::drafts::SPOOL), state.spool)?.finish()?;
    let rejects = SpoolWriter::open(&job.work.file(super::drafts::REJECTS), state.rejects)?.finish()?;
    let rows = TableWriter::open(&job.work.file(super::drafts::ROWS), state.records)?.finish()?;
    let (inputs, known) = (Arc::clone(&job.inputs), job.known.clone());
    Ok((Store { inputs, known, spool, rows, repeated }, rejects))
}

/// Decides anew on what a finished run has labelled, with other settings. Each rejected record of that run is handed to
/// `reject`, in input order. `job` reads no inputs: it has [`Kept::inputs`], and a work folder of its own.
///
/// # Errors
/// Whatever ends a run, and [`Error::Work`](crate::Error::Work) where the kept folder is damaged.
pub fn redecide(job: &Job<'_>, kept: &Kept, reject: impl FnMut(&Reject) -> Result<()>) -> Result<Decided> {
    let drafts = kept.drafts(job, reject)?;
    judged(job, drafts, None)?.decided()
}

fn newly_decided(job: &Job<'_>, stage: Option<Stage>, reference: Option<Reference>) -> Result<Parts> {
    let drafts = drafts(job, stage, reference.as_ref())?;
    judged(job, drafts, reference)
}

/// Decides on what was labelled.
fn judged(job: &Job<'_>, drafts: Drafts, reference: Option<Reference>) -> Result<Parts> {
    let Drafts { spool, rejects, rows, repeated, buckets, paragraphs, skipped_near_pairs } = drafts;
    let (inputs, known) = (Arc::clone(&job.inputs), job.known.clone());
    let before = known.as_ref().map_or(0, |known| known.documents().max(known.ranked()));
    if rows.len() + u64::from(before) >= u64::from(u32::MAX) {
        let message = "a run and all that went into its index before have at most 4294967294 documents; split the corpus";
        return Err(crate::Error::Config(message.to_owned()));
    }
    let store = Store { inputs, known, spool, rows, repeated };
    let mut contaminated = job.sorter("contaminated", job.memory() / 16, None);
    let mut out = store.repeated.clone();
    let drops = job.config.against.action == AgainstAction::Drop;
    let found = reference.map(|reference| {
        Contamination::find(job, reference, &store, |found| {
            if !drops {
                return Ok(());
            }
            out.insert(found.document);
            contaminated.push(Judged::contaminated(found.document, found.item, found.share))
        })
    });
    let mut contamination = found.transpose()?;
    job.progress.stage("dedup", 0);
    let text = Respooled { store: &store, shingle_words: job.config.dedup.shingle_words };
    let Verdicts { mut judged, ranks, statistics: search } =
        verdicts(job, &store.rows, &out, buckets, &text)?;
    let (mut duplicates, skipped_block_pairs) =
        paragraphs.duplicates(job, &ranks, |document, block| store.block(document, block))?;
    let Spans { mut spans, skipped: skipped_spans } = if job.config.dedup.enabled
        && job.config.dedup.spans.is_on()
    {
        // What is decided so far is read here and once more when it is written, so it must be on disk.
        let (judged, duplicates) = (judged.checkpoint()?, duplicates.checkpoint()?);
        let (folder, memory) = (job.work.path(), job.memory() / 16);
        let judged = Sorter::resume(folder, &judged, memory).finish()?.peekable();
        let duplicates = Sorter::resume(folder, &duplicates, memory).finish()?.peekable();
        let spans = job.sorter("no-spans", 0, None).finish()?.peekable();
        let outcome = Outcome { judged, duplicates, spans, skipped: Vec::new(), contamination: None, search };
        repeated_spans(job, &store, &ranks, outcome)?
    } else {
        Spans::none(job)
    };
    drop(ranks);
    contaminated.finish()?.try_for_each(|found| judged.push(found?))?;
    let mut skipped = vec![
        (NEAR_LINE_PAIRS.to_owned(), skipped_near_pairs),
        ("near_block_pairs".to_owned(), skipped_block_pairs),
        ("dedup_candidates".to_owned(), search.over_limit),
        ("dedup_full_buckets".to_owned(), search.full_buckets),
    ];
    skipped.extend(skipped_spans);
    if job.is_checkpoint_due(Moment::End) {
        let state = State {
            records: store.rows.checkpoint()?,
            spool: store.spool.checkpoint()?,
            rejects: rejects.checkpoint()?,
            repeated: ids::put_down(job, &store.repeated)?,
            judged: judged.checkpoint()?,
            duplicates: duplicates.checkpoint()?,
            spans: spans.checkpoint()?,
            skipped: skipped.clone(),
            contamination: contamination.as_mut().map(Contamination::checkpoint).transpose()?,
            search,
        };
        job.save(Stage::Decided(state))?;
    }
    Ok(Parts { store, rejects, judged, duplicates, spans, skipped, contamination, search })
}

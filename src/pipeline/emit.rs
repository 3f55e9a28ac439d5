//! The last pass: from what was decided to the corpus, the decisions and the summary.

use std::collections::BTreeMap;

use super::Job;
use super::decide::{Decided, Store, Waiting};
use super::guard::{Guards, Tally};
use super::ordered::ordered;
use crate::document::Verdict;
use crate::error::Result;
use crate::report::Summary;
use crate::write::{
    BlockDecision, CorpusRecord, Decision, Gaps, Output, main_text, write_corpus, write_decision,
};

/// Documents that a worker writes at a time, unless fewer have so many bytes: long ones must not pile up.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 512 << 10;

/// Where a run goes. What is `None` is not written.
#[derive(Default)]
pub struct Outputs {
    /// One line a kept document.
    pub corpus: Option<Output>,
    /// One line a document.
    pub decisions: Option<Output>,
}

/// What a worker made of a portion.
#[derive(Default)]
struct Written {
    corpus: Vec<u8>,
    decisions: Vec<u8>,
    summary: Summary,
    tally: Tally,
    bytes: u64,
    documents: u64,
}

/// Writes what was decided, without giving the outputs their names yet. The summary says which limits of `[guard]` are
/// passed; what to do about it is for the caller to decide.
///
/// # Errors
/// Whatever ends a run.
pub fn emit(job: &Job<'_>, decided: Decided, outputs: &mut Outputs) -> Result<Summary> {
    let Decided { store, outcome } = decided;
    job.progress.stage("write", 0);
    let mut summary = Summary::default();
    for (name, count) in &outcome.skipped {
        summary.add_skipped(name, *count);
    }
    summary.set_search(outcome.search);
    let mut guards = Guards::new(job);
    let view = View {
        job,
        store: &store,
        wants_decisions: outputs.decisions.is_some(),
        is_guarded: guards.is_some(),
    };
    let source = portions(outcome.over(&store));
    let mut bytes = 0;
    ordered(
        source,
        job.threads(),
        job.stop,
        |portion: &Vec<Waiting>| {
            portion.first().map_or_else(String::new, |first| format!("document {}", first.number))
        },
        |portion| view.write(&portion),
        |written| {
            let written = written?;
            match outputs.corpus.as_mut().map_or(Ok(()), |corpus| corpus.write(&written.corpus)) {
                // Whoever reads the corpus has read enough; the other outputs are still wanted whole.
                Err(error) if error.is_closed_pipe() => outputs.corpus = None,
                result => result?,
            }
            if let Some(decisions) = &mut outputs.decisions {
                decisions.write(&written.decisions)?;
            }
            summary.merge(&written.summary);
            guards.as_mut().map_or(Ok(()), |guards| guards.add(written.tally))?;
            bytes += written.bytes;
            job.progress.advance(bytes, written.documents);
            Ok(())
        },
    )?;
    if let Some(guards) = guards {
        let breaches = guards.judge(&store, &summary)?;
        summary.set_breaches(breaches);
    }
    Ok(summary)
}

/// A few documents at a time.
fn portions(
    mut documents: impl Iterator<Item = Result<Waiting>> + Send,
) -> impl Iterator<Item = Result<Vec<Waiting>>> + Send {
    std::iter::from_fn(move || {
        let mut portion = Vec::with_capacity(BATCH);
        let mut bytes = 0;
        while portion.len() < BATCH && bytes < BATCH_BYTES {
            match documents.next() {
                Some(Ok(document)) => {
                    bytes += document.size();
                    portion.push(document);
                }
                Some(Err(error)) => return Some(Err(error)),
                None => break,
            }
        }
        (!portion.is_empty()).then_some(Ok(portion))
    })
}

struct View<'a> {
    job: &'a Job<'a>,
    store: &'a Store,
    /// Whether the decisions are written at all; they are longer than the corpus.
    wants_decisions: bool,
    /// Whether a guard asks what is lost.
    is_guarded: bool,
}

impl View<'_> {
    fn write(&self, portion: &[Waiting]) -> Result<Written> {
        let mut written = Written::default();
        written.corpus.reserve(portion.iter().map(Waiting::size).sum());
        let mut text = String::new();
        let mut ids = BTreeMap::new();
        for waiting in portion {
            let config = &self.job.config.dedup.blocks;
            let (draft, blocks) = waiting.decide(self.store, config, |number| self.id(number, &mut ids))?;
            let verdict = waiting.verdict;
            let canonical_id = match verdict {
                Verdict::Duplicate { canonical, .. } => Some(self.id(canonical, &mut ids)?),
                _ => None,
            };
            let document = &draft.document;
            let decision =
                Decision { document, blocks: &blocks, verdict, canonical_id: canonical_id.as_deref() };
            if matches!(verdict, Verdict::Keep { .. }) {
                let gaps = if self.job.config.label.enabled { Gaps::of(document) } else { Gaps::Verbatim };
                main_text(&mut text, &document.text, BlockDecision::kept(&blocks), gaps);
                let record = CorpusRecord {
                    document,
                    text: &text,
                    title: draft.labelled.title.as_deref(),
                    date: draft.labelled.date.as_deref(),
                    language: draft.labelled.language.as_deref(),
                };
                write_corpus(&mut written.corpus, &record);
            }
            if self.wants_decisions {
                write_decision(&mut written.decisions, &decision);
            }
            written.summary.add(&decision);
            if self.is_guarded {
                written.tally.add(waiting, &decision, &self.job.config.guard);
            }
            written.bytes += document.text.len() as u64;
            written.documents += 1;
        }
        Ok(written)
    }

    /// The id of document `number`, read back once a portion.
    fn id(&self, number: u32, ids: &mut BTreeMap<u32, String>) -> Result<String> {
        if let Some(id) = ids.get(&number) {
            return Ok(id.clone());
        }
        let id = self.store.id(number)?;
        ids.insert(number, id.clone());
        Ok(id)
    }
}

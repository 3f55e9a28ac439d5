//! The last pass: from what was decided to the corpus, the decisions and the summary.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use xxhash_rust::xxh3::xxh3_64;

use super::Job;
use super::decide::{Decided, Waiting};
use super::gather::{Gatherer, Lookup, Portion, Seen};
use super::guard::{self, Guards, Tally};
use super::index::{Addition, LayerBuilder, Recipe};
use super::meter::Meter;
use super::ordered::ordered;
use super::store::Store;
use crate::config::Config;
use crate::contamination::Reference;
use crate::document::Verdict;
use crate::error::Result;
use crate::report::{Origin, Summary};
use crate::write::{
    BlockDecision, CorpusRecord, Decision, Gaps, Output, SpanDecision, main_text, without_spans,
    write_corpus, write_decision,
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
    /// What the next instalments will ask for.
    pub layer: Option<LayerBuilder>,
    /// One line an item of the reference.
    pub contamination: Option<Output>,
    /// Whether the summary has what a report shows beyond counts.
    pub has_details: bool,
}

/// What a worker made of a portion.
#[derive(Default)]
struct Written {
    corpus: Vec<u8>,
    decisions: Vec<u8>,
    summary: Summary,
    tally: Tally,
    gathered: Portion,
    additions: Vec<Addition>,
    verdicts: Vec<(u32, Verdict)>,
    bytes: u64,
    documents: u64,
}

/// Writes what was decided, without giving the outputs their names yet. The summary says which limits of `[guard]` are
/// passed; what to do about it is for the caller to decide.
///
/// # Errors
/// Whatever ends a run.
pub fn emit(job: &Job<'_>, decided: Decided, outputs: &mut Outputs) -> Result<Summary> {
    let Decided { store, mut outcome } = decided;
    let contamination = outcome.contamination.take();
    job.progress.stage("write", 0);
    let mut summary = Summary::default();
    for (name, count) in &outcome.skipped {
        summary.add_skipped(name, *count);
    }
    summary.set_search(outcome.search);
    let mut guards = Guards::new(job);
    let mut meter = Meter::new(job, store.rows().len());
    let mut gatherer = outputs.has_details.then(|| Gatherer::new(job.work.path(), job.memory() / 16));
    let floor = AtomicU32::new(0);
    let view = View {
        job,
        reference: contamination.as_ref().map(|contamination| &contamination.reference),
        store: &store,
        wants_corpus: outputs.corpus.is_some(),
        wants_decisions: outputs.decisions.is_some(),
        is_guarded: guards.is_some(),
        recipe: outputs.layer.as_ref().map(LayerBuilder::recipe),
        is_metered: meter.is_some(),
        floor: outputs.has_details.then_some(&floor),
    };
    let source = portions(outcome.over(&store), Waiting::size);
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
            if let Some(layer) = &mut outputs.layer {
                written.additions.into_iter().try_for_each(|addition| layer.add(addition))?;
            }
            guards.as_mut().map_or(Ok(()), |guards| guards.add(written.tally))?;
            if let Some(gatherer) = &mut gatherer {
                gatherer.add(written.gathered)?;
                floor.store(gatherer.floor(), Ordering::Relaxed);
            }
            if let Some(meter) = &mut meter {
                written.verdicts.iter().for_each(|(number, verdict)| meter.add(*number, *verdict));
            }
            bytes += written.bytes;
            job.progress.advance(bytes, written.documents);
            Ok(())
        },
    )?;
    if let Some(contamination) = contamination {
        summary.set_contamination(contamination.counts.clone());
        if let Some(output) = &mut outputs.contamination {
            contamination.write(job, &store, output)?;
        }
    }
    if let Some(guards) = guards {
        let breaches = guards.judge(&store, &summary)?;
        summary.set_breaches(breaches);
    }
    if let Some(gatherer) = gatherer {
        let configuration = Some(configuration(job.config));
        summary.set_details(gatherer.finish()?.describe(Origin::Run, configuration, &store)?);
    }
    if let Some(meter) = meter {
        let text = store.main_texts(job.config.dedup.shingle_words);
        summary.set_quality(meter.measure(store.rows(), &text, |number| store.id(number))?);
    }
    Ok(summary)
}

/// What differs from the defaults among what makes a difference to the decisions.
fn configuration(config: &Config) -> BTreeMap<String, String> {
    let is_told = |key: &str| !key.starts_with("run.") && !key.starts_with("meter.");
    let told = config.differences(&Config::default()).filter(|(key, ..)| is_told(key));
    told.map(|(key, value, _)| (key, value)).collect()
}

impl Lookup for Store {
    fn id(&self, number: u32) -> Result<String> {
        Self::id(self, number)
    }

    fn site(&self, number: u32) -> Result<String> {
        Ok(guard::source(&self.draft(number)?.document))
    }

    fn text(&self, number: u32) -> Result<Option<String>> {
        Self::text(self, number).map(Some)
    }

    fn block(&self, number: u32, block: u32) -> Result<Option<String>> {
        Self::block(self, number, block).map(Some)
    }
}

/// A few documents at a time, each of so many bytes.
pub(super) fn portions<T: Send>(
    mut documents: impl Iterator<Item = Result<T>> + Send,
    size: impl Fn(&T) -> usize + Send,
) -> impl Iterator<Item = Result<Vec<T>>> + Send {
    std::iter::from_fn(move || {
        let mut portion = Vec::with_capacity(BATCH);
        let mut bytes = 0;
        while portion.len() < BATCH && bytes < BATCH_BYTES {
            match documents.next() {
                Some(Ok(document)) => {
                    bytes += size(&document);
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
    /// What documents were compared with, if with anything.
    reference: Option<&'a Reference>,
    store: &'a Store,
    /// Whether the corpus is written at all.
    wants_corpus: bool,
    /// Whether the decisions are written at all; they are longer than the corpus.
    wants_decisions: bool,
    /// Whether a guard asks what is lost.
    is_guarded: bool,
    /// How what is kept becomes known to later runs, if it does.
    recipe: Option<Recipe>,
    /// Whether the meter asks who stays.
    is_metered: bool,
    /// Where a report is gathered: how many documents must hold a block for it to be named.
    floor: Option<&'a AtomicU32>,
}

impl View<'_> {
    fn write(&self, portion: &[Waiting]) -> Result<Written> {
        let mut written = Written::default();
        if let Some(floor) = self.floor {
            written.gathered = Portion::above(floor.load(Ordering::Relaxed));
        }
        written.corpus.reserve(portion.iter().map(Waiting::size).sum());
        let mut text = String::new();
        let mut ids = BTreeMap::new();
        for waiting in portion {
            let config = &self.job.config.dedup.blocks;
            let (mut draft, blocks) =
                waiting.decide(self.store, config, |number| self.id(number, &mut ids))?;
            let verdict = waiting.verdict;
            let canonical_id = match verdict {
                Verdict::Duplicate { canonical, .. } => Some(self.id(canonical, &mut ids)?),
                Verdict::Contaminated { item, .. } => self
                    .reference
                    .and_then(|reference| reference.items.get(item as usize))
                    .map(|item| item.id.clone()),
                _ => None,
            };
            if let Some(recipe) = &self.recipe {
                draft.labelled.blocks = blocks.iter().map(|block| block.labelled).collect();
                written.additions.push(recipe.addition(&draft, &blocks, verdict, waiting.exact));
            }
            let document = &draft.document;
            let elsewhere = match verdict {
                Verdict::Duplicate { canonical, .. } => self.store.elsewhere(canonical),
                _ => None,
            };
            let spans = &self.job.config.dedup.spans;
            let spans =
                if spans.is_on() { Some(waiting.spans(|number| self.id(number, &mut ids))?) } else { None };
            let (spans, canonical_id) = (spans.as_deref(), canonical_id.as_deref());
            let decision = Decision { document, blocks: &blocks, verdict, spans, canonical_id, elsewhere };
            if self.wants_corpus && matches!(verdict, Verdict::Keep { .. }) {
                let gaps = if self.job.config.label.enabled { Gaps::of(document) } else { Gaps::Verbatim };
                let dropped = spans.map(SpanDecision::dropped).unwrap_or_default();
                if dropped.is_empty() {
                    main_text(&mut text, &document.text, BlockDecision::kept(&blocks), gaps);
                } else {
                    let left = without_spans(&document.text, BlockDecision::kept(&blocks), &dropped);
                    main_text(&mut text, &document.text, left.into_iter(), gaps);
                }
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
            if self.floor.is_some() {
                written.gathered.add(&decision, &seen(waiting, &decision));
            }
            if self.is_metered {
                written.verdicts.push((waiting.number, verdict));
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

/// What a report is told of a document.
fn seen<'d>(waiting: &Waiting, decision: &Decision<'d>) -> Seen<'d> {
    let document = decision.document;
    let cluster = match decision.verdict {
        Verdict::Keep { copies } if copies > 0 => Some(waiting.number),
        Verdict::Duplicate { canonical, .. } if decision.elsewhere.is_none() => Some(canonical),
        _ => None,
    };
    Seen {
        number: waiting.number,
        site: xxh3_64(guard::source(document).as_bytes()),
        bytes: document.text.len() as u64,
        text: Some(&document.text),
        cluster: cluster.map(u64::from),
    }
}

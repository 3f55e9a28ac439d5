//! A report made later, from the decisions of a run, with its sources beside them or without.
//!
//! The decisions are read twice: once to count and to find what is worth naming, and once to get hold of the ids and texts
//! of the few documents that are named. What is counted is what the run itself counts, by the same code, so with the
//! sources the details of both reports are the same. Without them texts and addresses are unknown: examples are named by
//! their place, sites by their file, a text ends where its last block does, and blocks of one length that equally many
//! documents hold pass for one.
//!
//! When it is wrong: without the sources the decisions are believed. Whether runs of words were looked for shows only where
//! some were found.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64;

use super::{Decisions, Walk};
use crate::config::InputConfig;
use crate::document::{
    Block, Document, DropReason, LabelledBlock, Metadata, Place, Repetition, Shape, Span, Verdict,
};
use crate::error::{Error, Result};
use crate::pipeline::gather::{Gatherer, Lookup, Portion, Seen};
use crate::pipeline::{COMPARED_BYTES, site, work::WorkFolder};
use crate::read::{Cause, Input};
use crate::report::{Origin, Summary, beginning};
use crate::verify::{Action, Lines, ParsedDecision};
use crate::write::{BlockCopy, BlockDecision, Decision, SpanDecision};

/// Bytes of memory for sorting; the rest goes through the work folder.
const SORT_MEMORY: usize = 64 << 20;
/// Documents that are counted before they are added to the others.
const PORTION: u32 = 1024;

/// The inputs of a run, and how they are read.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The inputs, in order. Standard input must have been [spooled](crate::read::spool()).
    pub inputs: &'a Arc<[Input]>,
    /// The input settings of the run.
    pub config: &'a InputConfig,
}

/// The report of a run. `decisions` opens its decisions file; it is called twice.
///
/// # Errors
/// [`Error::Input`] where a line is no sound decision or does not go with the sources, [`Error::Io`] from the work folder, and
/// [`Error::Interrupted`] when the flag is set.
pub fn report<'r>(
    mut decisions: impl FnMut() -> Result<Lines<'r>>,
    sources: Option<Sources<'r>>,
    work: &WorkFolder,
    stop: &'r AtomicBool,
) -> Result<Summary> {
    let mut summary = Summary::of_decisions();
    let mut gatherer = Gatherer::new(work.path(), SORT_MEMORY);
    let mut portion = Portion::above(0);
    let mut number = 0_u32;
    let lines = decisions()?;
    let path = Arc::clone(&lines.path);
    for_each(
        lines,
        sources,
        stop,
        |_| true,
        |document, parsed, has_text| {
            let wrong = |what: &str| Error::Input {
                path: path.to_string(),
                message: format!("{}: {what}; give the whole file that `clean` wrote", parsed.id),
            };
            let decided = Decided::of(&parsed).ok_or_else(|| wrong("is no sound decision"))?;
            let decision = decided.decision(&document, &parsed);
            let end = parsed.blocks.last().map_or(0, |block| block.end as u64);
            let bytes = if has_text { document.text.len() as u64 } else { end };
            summary.add_sized(&decision, bytes);
            let seen = Seen {
                number,
                site: xxh3_64(site(&document).as_bytes()),
                bytes,
                text: has_text.then_some(&document.text),
                cluster: cluster(&parsed).map(|id| xxh3_64(id.as_bytes())),
            };
            portion.add(&decision, &seen);
            number = number.checked_add(1).ok_or_else(|| wrong("comes after 4294967295 others"))?;
            if number.is_multiple_of(PORTION) {
                let next = Portion::above(gatherer.floor());
                gatherer.add(std::mem::replace(&mut portion, next))?;
            }
            Ok(())
        },
    )?;
    gatherer.add(portion)?;
    let findings = gatherer.finish()?;

    let (documents, texts, blocks) = (findings.documents(), findings.texts(), findings.blocks());
    let (mut named, mut numbers) = (Named(BTreeMap::new(), path), 0_u32..);
    let asked = Cell::new(0);
    let is_asked = |_: &ParsedDecision| {
        asked.set(numbers.next().unwrap_or(u32::MAX));
        documents.contains(&asked.get())
    };
    for_each(decisions()?, sources, stop, is_asked, |document, parsed, has_text| {
        let number = asked.get();
        let own = blocks.range((number, 0)..=(number, u32::MAX)).filter(|_| has_text);
        let blocks = own.filter_map(|&(_, block)| {
            let span = parsed.blocks.get(block as usize)?.span();
            Some((block, span.of(&document.text).to_owned()))
        });
        let (blocks, site) = (blocks.collect(), site(&document));
        let text = (has_text && texts.contains(&number)).then(|| main_text(&document, &parsed));
        named.0.insert(number, NamedDocument { id: document.id, site, text, blocks });
        Ok(())
    })?;
    let origin = if sources.is_some() { Origin::DecisionsAndSources } else { Origin::Decisions };
    summary.set_details(findings.describe(origin, None, &named)?);
    Ok(summary)
}

/// Hands every decision that `is_asked` asks for to `each`, with its document and whether that has its text.
fn for_each<'r>(
    decisions: Lines<'r>,
    sources: Option<Sources<'r>>,
    stop: &'r AtomicBool,
    mut is_asked: impl FnMut(&ParsedDecision) -> bool,
    mut each: impl FnMut(Document, ParsedDecision, bool) -> Result<()>,
) -> Result<()> {
    match sources {
        Some(Sources { inputs, config }) => Walk::new(inputs, config, decisions, stop, is_asked)
            .try_for_each(|pair| {
                let (document, decision) = pair?;
                each(document, decision, true)
            }),
        None => Decisions::new(decisions, stop).try_for_each(|decision| {
            let decision = decision?;
            if is_asked(&decision) { each(without_text(&decision), decision, false) } else { Ok(()) }
        }),
    }
}

/// All that a decision says of its document.
fn without_text(decision: &ParsedDecision) -> Document {
    Document {
        id: decision.id.clone(),
        text: String::new(),
        url: None,
        metadata: Metadata::default(),
        place: Place { path: decision.path.as_str().into(), record: decision.record },
        source_hash: 0,
        cleaned: None,
    }
}

/// The main text as the run compared it, or the beginning of it that a report compares.
fn main_text(document: &Document, decision: &ParsedDecision) -> String {
    let blocks: Vec<&str> = decision.main().map(|(_, span)| span.of(&document.text)).collect();
    beginning(&blocks.join("\n\n"), COMPARED_BYTES).to_owned()
}

/// The id of the canonical of its cluster, where that is in the run.
fn cluster(decision: &ParsedDecision) -> Option<&str> {
    match decision.reason {
        None => decision.cluster.as_deref(),
        Some(DropReason::ExactDuplicate | DropReason::NearDuplicate) => {
            decision.duplicate_of.as_deref().filter(|_| decision.duplicate_in.is_none())
        }
        Some(DropReason::Empty | DropReason::Contaminated) => None,
    }
}

/// A decision that was read back, as the run had it, except for the numbers of other documents.
struct Decided {
    blocks: Vec<BlockDecision>,
    spans: Option<Vec<SpanDecision>>,
    verdict: Verdict,
}

impl Decided {
    /// Nothing where blocks or runs overlap or are none, where a number is none that a run writes, and where an action has
    /// another's reason.
    fn of(parsed: &ParsedDecision) -> Option<Self> {
        /// More than a text has.
        const BYTES: usize = 1 << 40;
        let are_apart = |mut spans: Vec<Span>| {
            spans.sort_unstable_by_key(|span| span.start);
            spans.iter().all(|span| span.start < span.end && span.end < BYTES)
                && spans.windows(2).all(|pair| pair[0].end <= pair[1].start)
        };
        let spans = |parsed: &ParsedDecision| {
            parsed.spans.iter().map(|span| Span { start: span.start, end: span.end }).collect()
        };
        let is_in_order = parsed.blocks.is_sorted_by_key(|block| block.start);
        let blocks = parsed.blocks.iter().map(|block| Span { start: block.start, end: block.end }).collect();
        if !is_in_order || !are_apart(blocks) || !are_apart(spans(parsed)) {
            return None;
        }
        let blocks = parsed.blocks.iter().map(|block| {
            let copy = block.duplicate_of.as_ref().map(|copy| {
                Box::new(BlockCopy { id: copy.id.clone(), block: copy.block, elsewhere: copy.elsewhere })
            });
            let repetition =
                Repetition { documents: block.documents.unwrap_or_default(), ..Repetition::default() };
            Some(BlockDecision {
                labelled: LabelledBlock {
                    block: Block { span: block.span(), shape: Shape::Text, after_blank: false },
                    label: block.label,
                    confidence: block.confidence as f32,
                    repetition,
                },
                action: block.action()?,
                duplicate_of: copy,
            })
        });
        let spans = parsed.spans.iter().map(|span| SpanDecision {
            span: Span { start: span.start, end: span.end },
            words: span.words,
            is_dropped: span.action == Action::Drop,
            id: span.duplicate_of.id.clone(),
            there: Span { start: span.duplicate_of.start, end: span.duplicate_of.end },
        });
        let similarity = parsed.similarity.unwrap_or(1.0);
        let verdict = match parsed.reason {
            None => Verdict::Keep { copies: u32::from(parsed.cluster.is_some()) },
            Some(DropReason::Empty) => Verdict::Empty,
            Some(DropReason::Contaminated) => Verdict::Contaminated { item: 0, share: similarity },
            Some(DropReason::ExactDuplicate) => Verdict::Duplicate { canonical: 0, similarity, exact: true },
            Some(DropReason::NearDuplicate) => Verdict::Duplicate { canonical: 0, similarity, exact: false },
        };
        Some(Self {
            blocks: blocks.collect::<Option<Vec<_>>>()?,
            spans: (!parsed.spans.is_empty()).then(|| spans.collect()),
            verdict,
        })
    }

    fn decision<'d>(&'d self, document: &'d Document, parsed: &'d ParsedDecision) -> Decision<'d> {
        Decision {
            document,
            blocks: &self.blocks,
            verdict: self.verdict,
            spans: self.spans.as_deref(),
            canonical_id: parsed.duplicate_of.as_deref(),
            elsewhere: parsed.duplicate_in,
        }
    }
}

/// A document that the report names.
struct NamedDocument {
    id: String,
    site: String,
    text: Option<String>,
    blocks: BTreeMap<u32, String>,
}

/// Those that it names, by their number, and where their decisions are.
struct Named(BTreeMap<u32, NamedDocument>, Arc<str>);

impl Named {
    /// They were all there a moment ago; a file that has changed since has none.
    fn get(&self, number: u32) -> Result<&NamedDocument> {
        self.0.get(&number).ok_or_else(|| Error::Changed { path: self.1.to_string() })
    }
}

impl Lookup for Named {
    fn id(&self, number: u32) -> Result<String> {
        Ok(self.get(number)?.id.clone())
    }

    fn site(&self, number: u32) -> Result<String> {
        Ok(self.get(number)?.site.clone())
    }

    fn text(&self, number: u32) -> Result<Option<String>> {
        Ok(self.get(number)?.text.clone())
    }

    fn block(&self, number: u32, block: u32) -> Result<Option<String>> {
        Ok(self.get(number)?.blocks.get(&block).cloned())
    }
}

/// Counts the rejects that a run wrote, by their causes.
///
/// # Errors
/// [`Error::Input`] with the line that is no reject, [`Error::Io`] where the file cannot be read.
pub fn count_rejects(rejects: Lines<'_>, summary: &mut Summary) -> Result<()> {
    #[derive(Deserialize)]
    struct Rejected {
        cause: String,
    }
    let Lines { path, mut reader } = rejects;
    let (mut line, mut number) = (Vec::new(), 0_u64);
    summary.know_rejects();
    while reader.read_until(b'\n', &mut line).map_err(Error::io("read", Path::new(&*path)))? > 0 {
        number += 1;
        let parsed: Option<Rejected> = serde_json::from_slice(&line).ok();
        let cause = parsed.and_then(|parsed| Cause::ALL.iter().find(|cause| cause.name() == parsed.cause));
        let Some(cause) = cause else {
            let message = format!("line {number} is no reject; give the rejects file that `clean` wrote");
            return Err(Error::Input { path: path.to_string(), message });
        };
        summary.add_reject(cause.name());
        line.clear();
    }
    Ok(())
}

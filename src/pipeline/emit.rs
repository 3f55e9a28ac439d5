//! The last pass: from what was decided to the corpus, the decisions and the summary.

use std::collections::BTreeMap;
use std::iter::Peekable;

use super::decide::{Decided, decide_blocks};
use super::drafts::Draft;
use super::ordered::ordered;
use super::spool::{Encoded, Spool};
use super::{Job, sort::Sorted};
use crate::dedup::DuplicateBlock;
use crate::document::Verdict;
use crate::error::Result;
use crate::report::Summary;
use crate::write::{
    BlockDecision, CorpusRecord, Decision, Gaps, Output, main_text, write_corpus, write_decision,
};

/// Documents that a worker writes at a time, unless fewer have so many bytes: long ones must not pile up.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 1 << 20;

/// Where a run goes. What is `None` is not written.
#[derive(Default)]
pub struct Outputs {
    /// One line a kept document.
    pub corpus: Option<Output>,
    /// One line a document.
    pub decisions: Option<Output>,
}

/// A few documents, encoded, with their duplicate paragraphs.
struct Portion {
    first: u32,
    documents: Vec<(u32, Encoded<Draft>)>,
    duplicates: Vec<DuplicateBlock>,
}

/// What a worker made of a portion.
#[derive(Default)]
struct Written {
    corpus: Vec<u8>,
    decisions: Vec<u8>,
    summary: Summary,
    bytes: u64,
    documents: u64,
}

/// Writes what was decided, without giving the outputs their names yet.
///
/// # Errors
/// Whatever ends a run.
pub fn emit(job: &Job<'_>, decided: Decided, outputs: &mut Outputs) -> Result<Summary> {
    let Decided { spool, offsets, verdicts, duplicates, skipped } = decided;
    job.progress.stage("write", 0);
    let wants_decisions = outputs.decisions.is_some();
    let view = View { job, spool: &spool, offsets: &offsets, verdicts: &verdicts, wants_decisions };
    let numbers = (0..offsets.len() as u32).filter(|&n| offsets[n as usize] != u64::MAX);
    let source = portions(numbers.zip(spool.entries()), duplicates);
    let mut summary = Summary::default();
    for (name, count) in skipped {
        summary.add_skipped(name, count);
    }
    ordered(
        source,
        job.threads(),
        job.stop,
        |portion| format!("document {}", portion.first),
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
            job.progress.advance(written.bytes, written.documents);
            Ok(())
        },
    )?;
    Ok(summary)
}

fn portions<'a>(
    mut documents: impl Iterator<Item = (u32, Result<Encoded<Draft>>)> + Send + 'a,
    mut duplicates: Peekable<Sorted<DuplicateBlock>>,
) -> impl Iterator<Item = Result<Portion>> + Send + 'a {
    std::iter::from_fn(move || {
        let mut portion = Portion { first: 0, documents: Vec::with_capacity(BATCH), duplicates: Vec::new() };
        let mut bytes = 0;
        while portion.documents.len() < BATCH && bytes < BATCH_BYTES {
            match documents.next() {
                Some((number, Ok(entry))) => {
                    bytes += entry.size();
                    portion.documents.push((number, entry));
                }
                Some((_, Err(error))) => return Some(Err(error)),
                None => break,
            }
        }
        portion.first = portion.documents.first()?.0;
        let last = portion.documents.last()?.0;
        while let Some(next) = duplicates.next_if(|d| !matches!(d, Ok(d) if d.document > last)) {
            match next {
                Ok(duplicate) => portion.duplicates.push(duplicate),
                Err(error) => return Some(Err(error)),
            }
        }
        Some(Ok(portion))
    })
}

struct View<'a> {
    job: &'a Job<'a>,
    spool: &'a Spool<Draft>,
    offsets: &'a [u64],
    verdicts: &'a [Verdict],
    /// Whether the decisions are written at all; they are longer than the corpus.
    wants_decisions: bool,
}

impl View<'_> {
    fn write(&self, portion: &Portion) -> Result<Written> {
        let mut written = Written::default();
        let mut text = String::new();
        let mut ids = BTreeMap::new();
        for (number, entry) in &portion.documents {
            let draft = self.spool.decode(entry)?;
            let own = portion.duplicates.partition_point(|d| d.document < *number);
            let count = portion.duplicates[own..].partition_point(|d| d.document == *number);
            let duplicates = &portion.duplicates[own..own + count];
            let config = &self.job.config.dedup.blocks;
            let blocks = decide_blocks(&draft, duplicates, config, |number| self.id(number, &mut ids))?;
            let verdict = self.verdicts[*number as usize];
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
        let id = self.spool.read(self.offsets[number as usize])?.document.id;
        ids.insert(number, id.clone());
        Ok(id)
    }
}

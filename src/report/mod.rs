//! What a run did, in numbers, built up from its decisions and rejects alone.
//!
//! Each worker counts into a [`Summary`] of its own and these are merged; every count is a sum, so the order does
//! not matter. Bytes are those of the source text in UTF-8. `to_json` is the report that programs read, `table` is
//! what a person sees at the end of a run.
//!
//! When it is wrong: bytes kept are the bytes of kept blocks, without the line ends put between them, so that kept
//! and removed bytes add up; the corpus file is larger than that.

pub(crate) mod details;
mod foreign;
mod guard;
pub mod html;
mod interval;
mod quality;
pub(crate) mod table;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

pub use details::{
    Cluster, Clusters, ConfidenceBin, Copy, Details, Excerpt, Funnel, LEAST_DOCUMENTS, LengthBin,
    NAMED_BLOCKS, NAMED_CLUSTERS, NAMED_COPIES, NAMED_NEAREST, NAMED_SITES, NearCopy, Origin, Piece,
    RepeatedBlock, Site, Sites, Whose, WordDiff,
};
pub(crate) use details::{Counts, Gathered, Place, Repeated, beginning};
pub use foreign::steers;
pub use guard::{Breach, Case, Guard, NAMED_CASES};
pub use interval::{CONFIDENCE, Interval};
pub use quality::{Fate, Missed, NAMED_MISSED, Quality, Stratum};

use crate::config::AgainstAction;
use crate::dedup::Statistics;
use crate::document::{DropReason, Label, LabelledBlock, Span};
use crate::write::{BlockAction, BlockDecision, Decision, SpanDecision, bytes_within};

/// Version of the report format. It grows when a key changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// Counts over a run, or over a part of one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    version: u32,
    documents: Documents,
    bytes: Bytes,
    #[serde(serialize_with = "by_label")]
    labels: [Blocks; Label::ALL.len()],
    duplicate_blocks: DuplicateBlocks,
    /// Nothing where runs of words were not looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_spans: Option<DuplicateSpans>,
    /// Nothing where the rejects were not at hand. So are the next ones where only the run could know.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejects: Option<Causes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    search: Option<Search>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<BTreeMap<String, u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contamination: Option<Contamination>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guards: Option<Vec<Breach>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<Quality>,
    /// Nothing where no report was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Box<Details>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
struct Documents {
    read: u64,
    kept: u64,
    dropped: Dropped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
struct Dropped {
    empty: u64,
    exact_duplicate: u64,
    near_duplicate: u64,
    /// Only written where there are some: without a reference there cannot be.
    #[serde(skip_serializing_if = "is_zero")]
    contaminated: u64,
}

/// How much of a reference's items a corpus holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contamination {
    /// What became of the documents that hold enough of an item.
    pub action: AgainstAction,
    /// Items of the reference.
    pub items: u64,
    /// Items that are too short to tell.
    pub too_short: u64,
    /// Items of which a document holds enough.
    pub items_found: u64,
    /// Items of which documents hold something, and none enough.
    pub items_in_part: u64,
    /// N-grams that count for nothing, since very many documents hold them.
    pub commonplace_ngrams: u64,
    /// Documents that hold enough of an item.
    pub documents: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
struct Bytes {
    /// Of every text read.
    source: u64,
    /// Of the blocks that stay, in documents that stay.
    kept: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
struct Blocks {
    blocks: u64,
    bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
struct DuplicateBlocks {
    /// Removed from documents that stay.
    dropped: Blocks,
    /// Named as duplicates and left in documents that stay.
    marked: Blocks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
struct Spans {
    spans: u64,
    words: u64,
    bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
struct DuplicateSpans {
    /// Removed from documents that stay.
    dropped: Spans,
    /// Named as duplicates and left in documents that stay.
    marked: Spans,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
struct Causes {
    total: u64,
    causes: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
struct Search {
    /// Pairs of documents that met in a bucket.
    candidates: u64,
    /// Of those, pairs compared by their shingle sets.
    verified: u64,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            version: VERSION,
            documents: Documents::default(),
            bytes: Bytes::default(),
            labels: [Blocks::default(); Label::ALL.len()],
            duplicate_blocks: DuplicateBlocks::default(),
            duplicate_spans: None,
            rejects: Some(Causes::default()),
            search: Some(Search::default()),
            skipped: Some(BTreeMap::new()),
            contamination: None,
            guards: Some(Vec::new()),
            quality: None,
            details: None,
        }
    }
}

impl Summary {
    /// Counts of decisions that were read back. Of what only the run could know, they say nothing.
    #[must_use]
    pub fn of_decisions() -> Self {
        Self { rejects: None, search: None, skipped: None, guards: None, ..Self::default() }
    }

    /// Counts a document.
    pub fn add(&mut self, decision: &Decision<'_>) {
        self.add_sized(decision, decision.document.text.len() as u64);
    }

    /// Counts a document whose text has so many bytes, whether or not it is at hand.
    pub(crate) fn add_sized(&mut self, decision: &Decision<'_>, bytes: u64) {
        self.documents.read += 1;
        self.bytes.source += bytes;
        let dropped = &mut self.documents.dropped;
        let reason = decision.drop_reason();
        *match reason {
            None => &mut self.documents.kept,
            Some(DropReason::Empty) => &mut dropped.empty,
            Some(DropReason::ExactDuplicate) => &mut dropped.exact_duplicate,
            Some(DropReason::NearDuplicate) => &mut dropped.near_duplicate,
            Some(DropReason::Contaminated) => &mut dropped.contaminated,
        } += 1;
        for block in decision.blocks {
            let LabelledBlock { block: source, label, .. } = &block.labelled;
            let one = Blocks { blocks: 1, bytes: source.span.len() as u64 };
            self.labels[*label as usize].add(one);
            if reason.is_some() {
                continue;
            }
            match block.action {
                BlockAction::Keep => {
                    self.bytes.kept += one.bytes;
                    if block.duplicate_of.is_some() {
                        self.duplicate_blocks.marked.add(one);
                    }
                }
                BlockAction::DropDuplicate => self.duplicate_blocks.dropped.add(one),
                BlockAction::Lift | BlockAction::DropBoilerplate => {}
            }
        }
        self.add_spans(decision);
    }

    /// Counts the runs of words of a document, once its blocks are.
    fn add_spans(&mut self, decision: &Decision<'_>) {
        let Some(spans) = decision.spans else { return };
        let counts = self.duplicate_spans.get_or_insert_default();
        if decision.drop_reason().is_some() {
            return;
        }
        let within = |spans: &[Span]| {
            bytes_within(BlockDecision::kept(decision.blocks).map(|block| block.span), spans)
        };
        for span in spans {
            let one = Spans { spans: 1, words: u64::from(span.words), bytes: within(&[span.span]) };
            if span.is_dropped { counts.dropped.add(one) } else { counts.marked.add(one) }
        }
        self.bytes.kept -= within(&SpanDecision::dropped(spans));
    }

    /// Notes that the rejects are at hand, though there may be none.
    pub(crate) fn know_rejects(&mut self) {
        self.rejects.get_or_insert_default();
    }

    /// Counts a rejected record under the stable name of its cause.
    pub fn add_reject(&mut self, cause: &str) {
        let rejects = self.rejects.get_or_insert_default();
        rejects.total += 1;
        add_to(&mut rejects.causes, cause, 1);
    }

    /// Counts work that was left out, such as comparisons beyond a cap, under a stable `snake_case` name.
    pub fn add_skipped(&mut self, what: &str, count: u64) {
        if count > 0 {
            add_to(self.skipped.get_or_insert_default(), what, count);
        }
    }

    /// Adds the counts of another part of the run. Limits are passed by the whole of it only, and not added; nor are quality and details.
    pub fn merge(&mut self, other: &Self) {
        let (mine, theirs) = (&mut self.documents, &other.documents);
        mine.read += theirs.read;
        mine.kept += theirs.kept;
        mine.dropped.empty += theirs.dropped.empty;
        mine.dropped.exact_duplicate += theirs.dropped.exact_duplicate;
        mine.dropped.near_duplicate += theirs.dropped.near_duplicate;
        mine.dropped.contaminated += theirs.dropped.contaminated;
        self.bytes.source += other.bytes.source;
        self.bytes.kept += other.bytes.kept;
        for (mine, theirs) in self.labels.iter_mut().zip(other.labels) {
            mine.add(theirs);
        }
        self.duplicate_blocks.dropped.add(other.duplicate_blocks.dropped);
        self.duplicate_blocks.marked.add(other.duplicate_blocks.marked);
        if let Some(theirs) = other.duplicate_spans {
            let mine = self.duplicate_spans.get_or_insert_default();
            mine.dropped.add(theirs.dropped);
            mine.marked.add(theirs.marked);
        }
        if let Some(theirs) = &other.rejects {
            let mine = self.rejects.get_or_insert_default();
            mine.total += theirs.total;
            for (cause, count) in &theirs.causes {
                add_to(&mut mine.causes, cause, *count);
            }
        }
        if let Some(theirs) = other.search {
            let mine = self.search.get_or_insert_default();
            mine.candidates += theirs.candidates;
            mine.verified += theirs.verified;
        }
        for (what, count) in other.skipped.iter().flatten() {
            self.add_skipped(what, *count);
        }
    }

    /// Notes what the whole run holds of a reference.
    pub fn set_contamination(&mut self, contamination: Contamination) {
        self.contamination = Some(contamination);
    }

    /// Notes what the search for duplicate documents did.
    pub fn set_search(&mut self, Statistics { candidates, verified, .. }: Statistics) {
        self.search = Some(Search { candidates, verified });
    }

    /// Notes which limits of `[guard]` the whole run passes.
    pub fn set_breaches(&mut self, breaches: Vec<Breach>) {
        self.guards = Some(breaches);
    }

    /// The limits of `[guard]` that the run passes.
    #[must_use]
    pub fn breaches(&self) -> &[Breach] {
        self.guards.as_deref().unwrap_or_default()
    }

    /// Notes what the meter found.
    pub fn set_quality(&mut self, quality: Quality) {
        self.quality = Some(quality);
    }

    /// What the meter found, if it was asked for.
    #[must_use]
    pub fn quality(&self) -> Option<&Quality> {
        self.quality.as_ref()
    }

    /// Notes what a report shows beyond counts.
    pub fn set_details(&mut self, details: Details) {
        self.details = Some(Box::new(details));
    }

    /// What a report shows beyond counts, if one was asked for.
    #[must_use]
    pub fn details(&self) -> Option<&Details> {
        self.details.as_deref()
    }

    /// Documents read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.documents.read
    }

    /// Bytes of every text read.
    #[must_use]
    pub fn source_bytes(&self) -> u64 {
        self.bytes.source
    }

    /// Blocks of all documents read.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.labels.iter().map(|label| label.blocks).sum()
    }

    /// Bytes of all blocks with this label.
    #[must_use]
    pub fn label_bytes(&self, label: Label) -> u64 {
        self.labels[label as usize].bytes
    }

    /// Documents that stay.
    #[must_use]
    pub fn kept(&self) -> u64 {
        self.documents.kept
    }

    /// Records that could not be used.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.rejects.as_ref().map_or(0, |rejects| rejects.total)
    }

    /// The report: a JSON object with a `version`, keys in a fixed order, indented, with a line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a summary holds only names and counts");
        json.push('\n');
        json
    }

    /// The summary for people: aligned plain text, at most 80 columns wide, each line with its end.
    #[must_use]
    pub fn table(&self) -> String {
        table::of(self)
    }
}

impl Blocks {
    fn add(&mut self, other: Self) {
        self.blocks += other.blocks;
        self.bytes += other.bytes;
    }
}

impl Spans {
    fn add(&mut self, other: Self) {
        self.spans += other.spans;
        self.words += other.words;
        self.bytes += other.bytes;
    }
}

fn add_to(counts: &mut BTreeMap<String, u64>, name: &str, count: u64) {
    match counts.get_mut(name) {
        Some(sum) => *sum += count,
        None => {
            counts.insert(name.to_owned(), count);
        }
    }
}

fn by_label<S: Serializer>(labels: &[Blocks], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(Label::ALL.iter().map(|label| label.name()).zip(labels))
}

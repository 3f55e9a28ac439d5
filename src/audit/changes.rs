//! What a change of version or configuration does: two decisions files of the same inputs, and where they differ.
//!
//! Documents are matched by id. Which ids both files have is found by sorting 25 bytes a document; then both are read in
//! step. A document that only one of them has is counted and passed over, so files in the same order, as two runs over the
//! same inputs write them, are compared with one document of each in memory.
//!
//! What is compared is what was decided. A confidence, a similarity or a count that differs is no change by itself.
//!
//! When it is wrong: in files of different order a document waits in memory for its partner, and if the order is reversed
//! that is half of a file. A block counts as the same where its bytes are, so after a change of the segmentation both sides
//! of a cut count as blocks of one file only.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::AtomicBool;

use serde::Serialize;
use xxhash_rust::xxh3::xxh3_128;

use super::Decisions;
use crate::document::{DropReason, Span};
use crate::error::Result;
use crate::pipeline::sort::{Sorted, Sorter};
use crate::pipeline::work::WorkFolder;
use crate::verify::{Action, Lines, ParsedDecision};
use crate::write::BlockAction;
use crate::write::bytes_within;

/// Version of the JSON form.
const VERSION: u32 = 1;

/// Bytes of memory for sorting ids; the rest goes through the work folder.
const SORT_MEMORY: usize = 64 << 20;

/// What two decisions files have in common and where they differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Of this form, as JSON.
    version: u32,
    /// What the files keep, the first one and the second.
    pub kept: [Kept; 2],
    /// Documents in one file only, in neither's count of changes.
    pub only_in: [Tally; 2],
    /// Documents whose source text is another one; no more is compared of them.
    pub source: Tally,
    /// Documents with another verdict, by `BEFORE -> AFTER`: `keep` or the reason to drop it. Bytes are of the text that
    /// the document has when it is kept.
    pub documents: BTreeMap<String, Tally>,
    /// Documents dropped in both files for different documents.
    pub canonical: Tally,
    /// Blocks with another fate in documents that both keep, by `BEFORE -> AFTER`: `keep` or the block's reason.
    pub blocks: BTreeMap<String, Tally>,
    /// Blocks with another label, in all documents, by `BEFORE -> AFTER`.
    pub labels: BTreeMap<String, Tally>,
    /// Runs of words that only one file removes from documents that both keep.
    pub spans_only_in: [Tally; 2],
    /// Blocks that only one file has.
    pub blocks_only_in: [Tally; 2],
}

/// What a file keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Kept {
    /// Documents it speaks of.
    pub read: u64,
    /// Documents that stay.
    pub documents: u64,
    /// Bytes of the blocks that stay in them.
    pub bytes: u64,
}

/// How often something is so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// How many documents or blocks.
    pub count: u64,
    /// Bytes of their text.
    pub bytes: u64,
    /// The ids of the first documents that it was met in.
    pub examples: Vec<String>,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            version: VERSION,
            kept: Default::default(),
            only_in: Default::default(),
            source: Tally::default(),
            documents: BTreeMap::new(),
            canonical: Tally::default(),
            blocks: BTreeMap::new(),
            labels: BTreeMap::new(),
            spans_only_in: Default::default(),
            blocks_only_in: Default::default(),
        }
    }
}

impl Changes {
    /// Whether both files say the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let both = self.only_in.iter().chain(&self.blocks_only_in).chain(&self.spans_only_in);
        let single = both.chain([&self.source, &self.canonical]);
        single.into_iter().all(|tally| tally.count == 0)
            && [&self.documents, &self.blocks, &self.labels].iter().all(|map| map.is_empty())
    }

    /// Compares two files, each of which `open` opens afresh, by its number, 0 or 1. Of each change the first `examples`
    /// documents are named.
    ///
    /// # Errors
    /// [`Error::Input`](crate::Error::Input) for a line that is no decision, [`Error::Io`](crate::Error::Io) for a file that
    /// cannot be read, [`Error::Interrupted`](crate::Error::Interrupted) when `stop` is set.
    pub fn between(
        open: impl Fn(usize) -> Result<Lines<'static>>,
        work: &WorkFolder,
        examples: usize,
        stop: &AtomicBool,
    ) -> Result<Self> {
        let matched = match_ids(&open, work, stop)?;
        let mut sides = Vec::with_capacity(2);
        for (number, matched) in matched.into_iter().enumerate() {
            sides.push(Side { decisions: Decisions::new(open(number)?, stop).zip(0..), matched, next: None });
        }
        let mut found = Comparison { changes: Self::default(), examples: Examples(examples) };
        let mut waiting: [HashMap<String, ParsedDecision>; 2] = Default::default();
        loop {
            let mut any = false;
            for this in 0..2 {
                let Some(decision) = sides[this].next_matched(this, &mut found)? else { continue };
                any = true;
                match waiting[1 - this].remove(&decision.id) {
                    Some(other) if this == 0 => found.compare(&decision, &other),
                    Some(other) => found.compare(&other, &decision),
                    None => drop(waiting[this].insert(decision.id.clone(), decision)),
                }
            }
            if !any {
                return Ok(found.changes);
            }
        }
    }
}

/// The numbers of the decisions of each file that the other one has as well.
fn match_ids(
    open: &impl Fn(usize) -> Result<Lines<'static>>,
    work: &WorkFolder,
    stop: &AtomicBool,
) -> Result<[Sorted<u64>; 2]> {
    let mut ids: Sorter<(u128, u8, u64)> = Sorter::new(work.path(), "ids", SORT_MEMORY);
    for side in 0..2 {
        for (number, decision) in (0..).zip(Decisions::new(open(side)?, stop)) {
            ids.push((xxh3_128(decision?.id.as_bytes()), side as u8, number))?;
        }
    }
    let mut ids = ids.finish()?;
    let mut matched = ["first", "second"].map(|name| Sorter::<u64>::new(work.path(), name, SORT_MEMORY / 4));
    while let Some(group) = ids.next_group(|a, b| a.0 == b.0)? {
        // An id that a file has twice, which `clean` never writes, counts once.
        if let (Some(first), Some(second)) =
            (group.iter().find(|record| record.1 == 0), group.iter().find(|record| record.1 == 1))
        {
            matched[0].push(first.2)?;
            matched[1].push(second.2)?;
        }
    }
    let [first, second] = matched;
    Ok([first.finish()?, second.finish()?])
}

/// A file that is gone through.
struct Side<'a> {
    decisions: std::iter::Zip<Decisions<'a>, std::ops::RangeFrom<u64>>,
    matched: Sorted<u64>,
    /// The next decision that the other file has as well.
    next: Option<u64>,
}

impl Side<'_> {
    /// The next decision that has a partner; counts all that is passed over.
    fn next_matched(&mut self, this: usize, found: &mut Comparison) -> Result<Option<ParsedDecision>> {
        for (decision, number) in self.decisions.by_ref() {
            let decision = decision?;
            found.count_kept(this, &decision);
            if self.next.is_none() {
                self.next = self.matched.next().transpose()?;
            }
            if self.next == Some(number) {
                self.next = None;
                return Ok(Some(decision));
            }
            let bytes = text_bytes(&decision);
            found.examples.add(&mut found.changes.only_in[this], &decision.id, bytes);
        }
        Ok(None)
    }
}

/// How many examples a tally has at most.
#[derive(Clone, Copy)]
struct Examples(usize);

impl Examples {
    fn add(self, tally: &mut Tally, id: &str, bytes: u64) {
        tally.count += 1;
        tally.bytes = tally.bytes.saturating_add(bytes);
        if tally.examples.len() < self.0 && tally.examples.last().is_none_or(|last| last != id) {
            tally.examples.push(id.to_owned());
        }
    }
}

struct Comparison {
    changes: Changes,
    examples: Examples,
}

impl Comparison {
    fn count_kept(&mut self, this: usize, decision: &ParsedDecision) {
        let kept = &mut self.changes.kept[this];
        kept.read += 1;
        if decision.action == Action::Keep {
            kept.documents += 1;
            kept.bytes = kept.bytes.saturating_add(text_bytes(decision));
        }
    }

    fn compare(&mut self, before: &ParsedDecision, after: &ParsedDecision) {
        let (changes, examples, id) = (&mut self.changes, self.examples, &after.id);
        if before.source_hash != after.source_hash {
            return examples.add(&mut changes.source, id, text_bytes(after));
        }
        let kept_by = if after.action == Action::Keep { after } else { before };
        if before.reason != after.reason {
            let name = |reason: Option<DropReason>| reason.map_or("keep", DropReason::name);
            let what = format!("{} -> {}", name(before.reason), name(after.reason));
            examples.add(changes.documents.entry(what).or_default(), id, text_bytes(kept_by));
        } else if before.duplicate_of != after.duplicate_of {
            examples.add(&mut changes.canonical, id, text_bytes(kept_by));
        }
        let both_keep = before.action == Action::Keep && after.action == Action::Keep;
        if both_keep {
            let spans = [before, after].map(|decision| decision.dropped_spans().into_iter().collect());
            let [old, new]: [HashSet<Span>; 2] = spans;
            for (side, spans, others) in [(0, &old, &new), (1, &new, &old)] {
                for span in spans.difference(others) {
                    examples.add(&mut changes.spans_only_in[side], id, length(*span));
                }
            }
        }
        let (mut old, mut new) = (before.blocks.iter().peekable(), after.blocks.iter().peekable());
        loop {
            let order = match (old.peek(), new.peek()) {
                (Some(a), Some(b)) => (a.start, a.end).cmp(&(b.start, b.end)),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (None, None) => break,
            };
            let a = if order.is_le() { old.next() } else { None };
            let b = if order.is_ge() { new.next() } else { None };
            let bytes = a.or(b).map_or(0, |block| length(block.span()));
            let (Some(a), Some(b)) = (a, b) else {
                examples.add(&mut changes.blocks_only_in[usize::from(a.is_none())], id, bytes);
                continue;
            };
            if a.label != b.label {
                let what = format!("{} -> {}", a.label, b.label);
                examples.add(changes.labels.entry(what).or_default(), id, bytes);
            }
            if both_keep && a.action() != b.action() {
                let name =
                    |action: Option<BlockAction>| action.and_then(BlockAction::reason).unwrap_or("keep");
                let what = format!("{} -> {}", name(a.action()), name(b.action()));
                examples.add(changes.blocks.entry(what).or_default(), id, bytes);
            }
        }
    }
}

/// Bytes of the blocks that stay, or would if the document stayed, without the runs that go from inside them.
fn text_bytes(decision: &ParsedDecision) -> u64 {
    let kept = decision.kept().fold(0_u64, |sum, block| sum.saturating_add(length(block.span)));
    kept.saturating_sub(bytes_within(decision.kept().map(|block| block.span), &decision.dropped_spans()))
}

/// Nobody has seen the text, so a span may say anything.
fn length(span: Span) -> u64 {
    span.end.saturating_sub(span.start) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of decisions on a document of one block.
    fn line(id: &str, reason: Option<&str>, canonical: Option<&str>) -> String {
        let quoted = |text: Option<&str>| text.map_or("null".to_owned(), |text| format!("\"{text}\""));
        let action = if reason.is_some() { "drop" } else { "keep" };
        format!(
            concat!(
                r#"{{"id":"{}","path":"p","record":0,"source_hash":"0","action":"{}","reason":{},"duplicate_of":{},"#,
                r#""similarity":null,"cluster":null,"blocks":[{{"start":0,"end":9,"label":"body","confidence":1.0,"#,
                r#""action":"keep","reason":null,"duplicate_of":null,"documents":null}}]}}"#,
                "\n"
            ),
            id,
            action,
            quoted(reason),
            quoted(canonical)
        )
    }

    fn between(files: &[Vec<String>; 2]) -> Changes {
        let folder = tempfile::tempdir().unwrap();
        let work = WorkFolder::create(Some(folder.path()), "diff".as_ref()).unwrap();
        let open = |side: usize| {
            let reader = Box::new(std::io::Cursor::new(files[side].concat()));
            Ok(Lines { path: "d".into(), reader })
        };
        Changes::between(open, &work, 2, &AtomicBool::new(false)).unwrap()
    }

    #[test]
    fn every_order_gives_the_same_counts() {
        let ids: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        let kept = |id: &String| line(id, None, None);
        let first: Vec<String> = ids[..30].iter().map(kept).collect();
        let mut second: Vec<String> =
            ids[10..].iter().map(|id| line(id, Some("near_duplicate"), Some("9"))).collect();
        let counts = |changes: &Changes| {
            let dropped = &changes.documents["keep -> near_duplicate"];
            (dropped.count, dropped.bytes, changes.only_in.each_ref().map(|tally| tally.count))
        };
        for _ in 0..2 {
            let changes = between(&[first.clone(), second.clone()]);
            assert_eq!(counts(&changes), (20, 180, [10, 10]));
            assert_eq!(changes.documents.len(), 1);
            second.reverse();
        }
        assert!(between(&[second.clone(), first]).documents.contains_key("near_duplicate -> keep"));
        second.reverse();
        assert!(between(&[second.clone(), second]).is_empty());
    }

    #[test]
    fn another_canonical_is_a_change_and_an_id_that_comes_twice_counts_once() {
        let copy = |of| line("a", Some("exact_duplicate"), Some(of));
        let changes = between(&[vec![copy("b")], vec![copy("c"), copy("b")]]);
        assert_eq!((changes.canonical.count, changes.only_in[1].count), (1, 1));
        assert_eq!(changes.canonical.examples, ["a"]);
    }
}

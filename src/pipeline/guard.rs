//! Counts what every source, canonical and label takes out of a corpus, and holds it against `[guard]`.
//!
//! A source is a site, or, for a record without an address, its input file. There may be more sources than memory has room
//! for, so what a portion of documents lost is folded by source and goes through a sorter. Copies and labels need no more
//! than the worst cases. All that is counted is a sum, a least or a greatest, so neither threads nor portions show.
//!
//! When it is wrong: sources are told apart by 64 bits of a hash, so two of a billion may be counted as one.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_64;

use super::Job;
use super::decide::Waiting;
use super::sort::Sorter;
use super::store::Store;
use crate::config::{GuardAction, GuardConfig};
use crate::document::{Document, Label, Side, Verdict};
use crate::error::Result;
use crate::repetition::host;
use crate::report::{Breach, Case, Guard, NAMED_CASES, Summary};
use crate::write::{BlockAction, BlockDecision, Decision, SpanDecision, bytes_within};

/// The part of a document in a loss. The larger is the worse, and of equal ones the earlier.
type Part = (u64, Reverse<u32>);

/// What a source loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Loss {
    pub source: u64,
    pub documents: u32,
    /// Documents that go whole.
    pub gone: u32,
    pub bytes: u64,
    pub gone_bytes: u64,
    /// The first document that goes whole; `u32::MAX` for none.
    pub first_gone: u32,
    /// The document that loses the most bytes.
    pub worst: Part,
}

impl Loss {
    fn of(number: u32, decision: &Decision<'_>) -> Self {
        let is_gone = decision.drop_reason().is_some();
        let (mut bytes, mut gone_bytes) = (0, 0);
        for block in decision.blocks {
            let length = block.labelled.block.span.len() as u64;
            bytes += length;
            if is_gone || !matches!(block.action, BlockAction::Keep | BlockAction::Lift) {
                gone_bytes += length;
            }
        }
        if !is_gone {
            let spans = SpanDecision::dropped(decision.spans.unwrap_or_default());
            gone_bytes += bytes_within(BlockDecision::kept(decision.blocks).map(|block| block.span), &spans);
        }
        Self {
            source: xxh3_64(source(decision.document).as_bytes()),
            documents: 1,
            gone: u32::from(is_gone),
            bytes,
            gone_bytes,
            first_gone: if is_gone { number } else { u32::MAX },
            worst: (gone_bytes, Reverse(number)),
        }
    }

    fn add(&mut self, other: &Self) {
        self.documents += other.documents;
        self.gone += other.gone;
        self.bytes += other.bytes;
        self.gone_bytes += other.gone_bytes;
        self.first_gone = self.first_gone.min(other.first_gone);
        self.worst = self.worst.max(other.worst);
    }
}

/// A document's site, or else its file.
pub(crate) fn source(document: &Document) -> String {
    document.url.as_deref().and_then(host).unwrap_or_else(|| document.place.path.to_string())
}

/// A case that passed a limit: so many, of so many (of one, where only the number counts).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    count: u64,
    of: u64,
    /// The document to look at.
    example: u32,
    /// The document that gives the case its name.
    namesake: u32,
}

impl Found {
    fn is_above(&self, limit: f64) -> bool {
        self.count as f64 > limit * self.of as f64
    }

    /// The worse one comes first.
    fn order(&self, other: &Self) -> Ordering {
        let parts = |a: &Self, b: &Self| u128::from(a.count) * u128::from(b.of);
        let by_share = parts(other, self).cmp(&parts(self, other));
        by_share.then(self.namesake.cmp(&other.namesake))
    }
}

/// The cases that passed a limit: how many, and the worst of them.
#[derive(Debug, Default)]
struct Worst {
    cases: u64,
    worst: Vec<Found>,
}

impl Worst {
    fn add(&mut self, found: Found) {
        self.cases += 1;
        self.keep(found);
    }

    fn merge(&mut self, other: Self) {
        self.cases += other.cases;
        other.worst.into_iter().for_each(|found| self.keep(found));
    }

    fn keep(&mut self, found: Found) {
        let at = self.worst.partition_point(|worse| worse.order(&found) == Ordering::Less);
        self.worst.insert(at, found);
        self.worst.truncate(NAMED_CASES);
    }

    /// Nothing where the limit was never passed.
    fn breach(
        self,
        guard: Guard,
        limit: f64,
        case: impl FnMut(Found) -> Result<Case>,
    ) -> Result<Option<Breach>> {
        let Self { cases, worst } = self;
        let worst = worst.into_iter().map(case).collect::<Result<Vec<_>>>()?;
        Ok((cases > 0).then_some(Breach { guard, limit, cases, worst }))
    }
}

/// What a portion of documents takes out.
#[derive(Debug)]
pub(super) struct Tally {
    losses: BTreeMap<u64, Loss>,
    copies: Worst,
    /// Documents that go for one that is none of the run: that one, and the document.
    for_known: Vec<(u32, u32)>,
    /// Of each label, the document that holds the most bytes of it.
    labels: [Part; Label::ALL.len()],
}

impl Default for Tally {
    fn default() -> Self {
        let (losses, copies, for_known) = (BTreeMap::new(), Worst::default(), Vec::new());
        Self { losses, copies, for_known, labels: [(0, Reverse(u32::MAX)); Label::ALL.len()] }
    }
}

impl Tally {
    /// Counts a document.
    pub fn add(&mut self, waiting: &Waiting, decision: &Decision<'_>, config: &GuardConfig) {
        if let (Verdict::Duplicate { canonical, .. }, Some(_)) = (waiting.verdict, decision.elsewhere) {
            self.for_known.push((canonical, waiting.number));
        }
        let loss = Loss::of(waiting.number, decision);
        self.losses.entry(loss.source).and_modify(|sum| sum.add(&loss)).or_insert(loss);
        if let (Verdict::Keep { copies }, Some(copy)) = (waiting.verdict, waiting.first_copy)
            && config.copies > 0
            && copies > config.copies
        {
            let (count, namesake) = (u64::from(copies), waiting.number);
            self.copies.add(Found { count, of: 1, example: copy, namesake });
        }
        let mut bytes = [0; Label::ALL.len()];
        for block in decision.blocks {
            bytes[block.labelled.label as usize] += block.labelled.block.span.len() as u64;
        }
        self.merge_labels(bytes.map(|bytes| (bytes, Reverse(waiting.number))));
    }

    fn merge_labels(&mut self, labels: [Part; Label::ALL.len()]) {
        for (most, part) in self.labels.iter_mut().zip(labels) {
            *most = part.max(*most);
        }
    }
}

/// Watches over a run.
pub(super) struct Guards<'a> {
    config: &'a GuardConfig,
    losses: Sorter<Loss>,
    for_known: Sorter<(u32, u32)>,
    /// All the rest.
    tally: Tally,
}

impl<'a> Guards<'a> {
    /// Nothing where nobody wants to look.
    pub fn new(job: &Job<'a>) -> Option<Self> {
        let config = &job.config.guard;
        let losses = job.sorter("losses", job.memory() / 8, None);
        let for_known = job.sorter("for-known", job.memory() / 32, None);
        (config.action != GuardAction::Off).then(|| Self {
            config,
            losses,
            for_known,
            tally: Tally::default(),
        })
    }

    /// Counts a portion of documents.
    pub fn add(&mut self, portion: Tally) -> Result<()> {
        let Tally { losses, copies, for_known, labels } = portion;
        self.tally.copies.merge(copies);
        self.tally.merge_labels(labels);
        self.for_known.extend(for_known)?;
        self.losses.extend(losses.into_values())
    }

    /// The limits that the whole of it passes. `summary` is that of all documents counted.
    pub fn judge(self, store: &Store, summary: &Summary) -> Result<Vec<Breach>> {
        let Self { config, losses, for_known, mut tally } = self;
        let (mut documents, mut bytes) = (Worst::default(), Worst::default());
        let mut judge = |loss: &Loss| {
            if u64::from(loss.documents) < config.min_documents {
                return;
            }
            let example = loss.first_gone;
            let found =
                Found { count: loss.gone.into(), of: loss.documents.into(), example, namesake: example };
            if found.is_above(config.source_documents) {
                documents.add(found);
            }
            let Reverse(example) = loss.worst.1;
            let found = Found { count: loss.gone_bytes, of: loss.bytes, example, namesake: example };
            if found.is_above(config.source_bytes) {
                bytes.add(found);
            }
        };
        let mut sum: Option<Loss> = None;
        for loss in losses.finish()? {
            let loss = loss?;
            match &mut sum {
                Some(sum) if sum.source == loss.source => sum.add(&loss),
                sum => sum.replace(loss).iter().for_each(&mut judge),
            }
        }
        sum.iter().for_each(&mut judge);
        if config.copies > 0 {
            counted(for_known.finish()?, |found| {
                if found.is_above(config.copies.into()) {
                    tally.copies.add(found);
                }
            })?;
        }

        let of_source = |found: Found| {
            let name = source(&store.draft(found.namesake)?.document);
            Ok(Case { name, count: found.count, of: Some(found.of), example: store.id(found.example)? })
        };
        let of_canonical = |found: Found| {
            let [name, example] = [found.namesake, found.example].map(|number| store.id(number));
            Ok(Case { name: name?, count: found.count, of: None, example: example? })
        };
        let breaches = [
            documents.breach(Guard::SourceDocuments, config.source_documents, of_source)?,
            bytes.breach(Guard::SourceBytes, config.source_bytes, of_source)?,
            labels(config, &tally.labels, summary).breach(
                Guard::LabelBytes,
                config.label_bytes,
                |found| {
                    let name = Label::ALL[found.namesake as usize].name().to_owned();
                    Ok(Case {
                        name,
                        count: found.count,
                        of: Some(found.of),
                        example: store.id(found.example)?,
                    })
                },
            )?,
            tally.copies.breach(Guard::Copies, config.copies.into(), of_canonical)?,
        ];
        Ok(breaches.into_iter().flatten().collect())
    }
}

/// How many copies each canonical takes, of sorted pairs of it and a copy.
fn counted(copies: impl Iterator<Item = Result<(u32, u32)>>, mut found: impl FnMut(Found)) -> Result<()> {
    let mut open: Option<Found> = None;
    for copy in copies {
        let (namesake, example) = copy?;
        match &mut open {
            Some(open) if open.namesake == namesake => open.count += 1,
            _ => open.replace(Found { count: 1, of: 1, example, namesake }).into_iter().for_each(&mut found),
        }
    }
    open.into_iter().for_each(found);
    Ok(())
}

/// The labels of boilerplate that take too much, each with its place among the labels for a namesake.
fn labels(config: &GuardConfig, parts: &[Part], summary: &Summary) -> Worst {
    let mut worst = Worst::default();
    if summary.read() < config.min_documents {
        return worst;
    }
    let of = Label::ALL.iter().map(|label| summary.label_bytes(*label)).sum();
    for ((namesake, label), (_, Reverse(example))) in (0..).zip(Label::ALL).zip(parts) {
        let found = Found { count: summary.label_bytes(*label), of, example: *example, namesake };
        if label.side() == Side::Boilerplate && found.is_above(config.label_bytes) {
            worst.add(found);
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::sort::Record;

    fn found(count: u64, of: u64, namesake: u32) -> Found {
        Found { count, of, example: namesake + 100, namesake }
    }

    #[test]
    fn the_worst_are_those_with_the_greatest_shares_in_whatever_order_they_come() {
        let all =
            [found(9, 10, 4), found(90, 100, 2), found(99, 100, 7), found(8, 10, 0), found(900, 1000, 9)];
        let (mut forward, mut backward, mut rest) = (Worst::default(), Worst::default(), Worst::default());
        all.iter().for_each(|&found| forward.add(found));
        all[..2].iter().for_each(|&found| rest.add(found));
        all[2..].iter().rev().for_each(|&found| backward.add(found));
        backward.merge(rest);
        let named = |worst: &Worst| worst.worst.iter().map(|found| found.namesake).collect::<Vec<_>>();
        assert_eq!(named(&forward), [7, 2, 4]);
        assert_eq!((named(&backward), backward.cases), (named(&forward), 5));
    }

    #[test]
    fn a_limit_is_passed_above_it_only_and_nothing_passes_one() {
        assert!(!found(75, 100, 0).is_above(0.75));
        assert!(found(76, 100, 0).is_above(0.75));
        assert!(!found(100, 100, 0).is_above(1.0));
        assert!(!found(0, 0, 0).is_above(0.0));
        assert!(found(129, 1, 0).is_above(128.0));
    }

    #[test]
    fn losses_add_up_in_either_order_and_survive_the_disk() {
        let one = Loss {
            source: 7,
            documents: 2,
            gone: 0,
            bytes: 50,
            gone_bytes: 20,
            first_gone: u32::MAX,
            worst: (20, Reverse(8)),
        };
        let other = Loss { documents: 1, gone: 1, bytes: 20, first_gone: 3, worst: (20, Reverse(3)), ..one };
        let (mut both, mut swapped) = (one, other);
        both.add(&other);
        swapped.add(&one);
        assert_eq!(both, swapped);
        let expected = Loss { documents: 3, gone: 1, bytes: 70, gone_bytes: 40, ..other };
        assert_eq!(both, expected, "of equally bad documents the first is named");
        let mut bytes = vec![0; Loss::SIZE];
        both.write(&mut bytes);
        assert_eq!(Loss::read(&bytes), both);
        assert_eq!(Loss::SIZE, 48);
    }
}

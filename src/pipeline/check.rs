//! A corpus measured: what `dehusk check` judges.
//!
//! The texts are taken as they are, with labels off, and go through the same search for duplicates as in a cleaning; everything
//! else is counted while they are read ([`Gauge`]). Nothing is decided from it and nothing written, so the last pass is left
//! out. Then a few documents, or all of a small corpus, are labelled by a run of their own (`labels`). They lose what they carry
//! along on the way: what dehusk has cleaned before is labelled like any other page.
//!
//! In memory are, besides what a run has, the numbers of the labelled documents.

use std::collections::BTreeMap;

use super::decide::{Outcome, take_verdict};
use super::gauge::{Gauge, State};
use super::store::Store;
use super::{Decided, Job, decide};
use crate::check::{About, Count, Example, Figure, Measured, Part, Shown};
use crate::config::{AgainstConfig, BlockPolicy, Config, Gate, GuardAction, SpanDedupConfig};
use crate::document::{Span, Verdict};
use crate::error::{Error, Result};
use crate::read::{Cause, Kind, Reject};
use crate::repetition::host;

mod labels;

/// Sites that are named.
const SITES: usize = 5;

/// Measures the inputs of a job, whose configuration says what is a duplicate and how large a sample is labelled.
///
/// # Errors
/// Whatever ends a run; a bad record does not. [`Error::Input`] where there is no record at all.
pub fn check(job: &Job<'_>) -> Result<Measured> {
    let config = as_they_are(job.config);
    let own = || Job::new(job.inputs.clone(), &config, job.work, job.progress, job.stop);
    let gauge = Gauge::new(&own());
    let reading = Job { gauge: Some(&gauge), ..own() };
    let mut rejects = Rejects::default();
    let Decided { store, outcome } = decide(&reading, |reject| {
        rejects.add(&reading, reject);
        Ok(())
    })?;
    if store.records() == 0 {
        let path = job.inputs.first().map_or_else(String::new, |input| input.path.to_string());
        let message = "there is no record to check; name a corpus with at least one document".to_owned();
        return Err(Error::Input { path, message });
    }
    let state = gauge.finish();
    Corpus { job: &own(), store: &store, figures: Vec::new() }.measured(state, outcome, rejects)
}

/// A configuration under which texts are taken as they are and duplicates found, but not removed.
fn as_they_are(config: &Config) -> Config {
    let mut config = Config { against: AgainstConfig::default(), ..config.clone() };
    config.label.enabled = false;
    config.dedup.enabled = true;
    config.dedup.blocks.policy = BlockPolicy::Mark;
    config.dedup.spans = SpanDedupConfig::default();
    config.guard.action = GuardAction::Off;
    config.meter.sample = 0;
    config
}

/// Records that could not be read.
#[derive(Default)]
struct Rejects {
    causes: BTreeMap<Cause, u64>,
    unreadable: Vec<Example>,
    empty: Vec<Example>,
}

impl Rejects {
    fn add(&mut self, job: &Job<'_>, reject: &Reject) {
        *self.causes.entry(reject.cause).or_default() += 1;
        let examples = if reject.cause == Cause::EmptyText { &mut self.empty } else { &mut self.unreadable };
        if examples.len() < job.config.check.examples as usize {
            examples.push(Example::of_reject(reject, kind_of(job, &reject.path)));
        }
    }

    fn of(&self, is_wanted: impl Fn(Cause) -> bool) -> Vec<Part> {
        let wanted = self.causes.iter().filter(|(cause, _)| is_wanted(**cause));
        most_first(wanted.map(|(cause, count)| (cause.name().to_owned(), *count)))
    }
}

/// What the records of a file are.
fn kind_of(job: &Job<'_>, path: &str) -> Kind {
    job.inputs.iter().find(|input| &*input.path == path).map_or(Kind::Text, |input| input.kind)
}

/// Parts that are not nothing, the most first.
fn most_first(parts: impl Iterator<Item = (String, u64)>) -> Vec<Part> {
    let named = parts.filter(|(_, count)| *count > 0).map(|(name, count)| Part { name, count });
    let mut parts: Vec<Part> = named.collect();
    parts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    parts
}

/// Two documents, and how much there is to say of them. The most comes first, and of equals the one that was added first.
struct Pairs {
    most: usize,
    pairs: Vec<(u64, u32, u32)>,
}

impl Pairs {
    fn new(most: u32) -> Self {
        Self { most: most as usize, pairs: Vec::new() }
    }

    fn is_wanted(&self, score: u64) -> bool {
        self.pairs.partition_point(|other| other.0 >= score) < self.most
    }

    fn add(&mut self, score: u64, document: u32, other: u32) {
        let at = self.pairs.partition_point(|other| other.0 >= score);
        if at < self.most {
            self.pairs.insert(at, (score, document, other));
            self.pairs.truncate(self.most);
        }
    }
}

/// A corpus that was read, and what is known of it so far.
struct Corpus<'a> {
    job: &'a Job<'a>,
    store: &'a Store,
    figures: Vec<Figure>,
}

impl Corpus<'_> {
    fn measured(mut self, mut state: State, outcome: Outcome, rejects: Rejects) -> Result<Measured> {
        let documents = state.tally.documents;
        let drawn = state.drawn(self.job.config.check.sample);
        let State { mut tally, sites, repeated, .. } = state;
        let mut about = About {
            records: u64::from(self.store.records()),
            documents,
            text_bytes: tally.bytes,
            characters: tally.lengths.distribution(),
            ..About::default()
        };
        self.rejected(&mut tally.counts[Gate::EmptyDocuments], rejects, &about)?;
        for gate in [
            Gate::ShortDocuments,
            Gate::LongDocuments,
            Gate::MissingIds,
            Gate::ReplacementCharacters,
            Gate::Mojibake,
            Gate::ControlCharacters,
            Gate::OpenLines,
        ] {
            let count = std::mem::take(&mut tally.counts[gate]);
            self.counted(gate, &count)?;
        }
        let (count, first) = repeated;
        let mut figure = Figure::counted(Gate::DuplicateIds, count, documents);
        for number in first {
            figure.examples.push(self.example(number, None, "")?);
        }
        self.figures.push(figure);
        let Outcome { judged, duplicates, .. } = outcome;
        self.duplicates(judged, documents)?;
        self.paragraphs(duplicates, tally.paragraphs)?;
        self.sites(sites, &mut about)?;
        self.labelled(drawn, &mut about)?;
        self.figures.sort_by_key(|figure| figure.gate);
        Ok(Measured { about, figures: self.figures })
    }

    /// A place to show.
    fn example(&self, number: u32, span: Option<Span>, note: &str) -> Result<Example> {
        let document = self.store.draft(number)?.document;
        Ok(Example::of(&document, kind_of(self.job, &document.place.path), span, note))
    }

    fn rejected(&mut self, empty: &mut Count, rejects: Rejects, about: &About) -> Result<()> {
        let parts = rejects.of(|cause| cause != Cause::EmptyText);
        let unreadable = parts.iter().map(|part| part.count).sum();
        let figure = Figure::counted(Gate::UnreadableRecords, unreadable, about.records);
        self.figures.push(Figure { parts, examples: rejects.unreadable, ..figure });
        let without_text = rejects.causes.get(&Cause::EmptyText).copied().unwrap_or(0);
        empty.count += without_text;
        empty.of = about.records;
        self.counted(Gate::EmptyDocuments, empty)?;
        let figure = self.figures.last_mut().expect("it was just added");
        figure.examples.extend(rejects.empty);
        figure.examples.truncate(self.job.config.check.examples as usize);
        Ok(())
    }

    /// A figure that was counted while the documents were read.
    fn counted(&mut self, gate: Gate, found: &Count) -> Result<()> {
        let mut figure = Figure::counted(gate, found.count, found.of);
        for Shown { score, document, span } in found.worst.0.iter().copied() {
            let note = match gate {
                Gate::ShortDocuments => format!("words: {}", u64::from(u32::MAX) - score),
                Gate::LongDocuments => format!("words: {score}"),
                Gate::OpenLines => format!("open lines: {score}"),
                _ if span.is_some() && score > 1 => format!("{score} times"),
                _ => String::new(),
            };
            figure.examples.push(self.example(document, span, &note)?);
        }
        self.figures.push(figure);
        Ok(())
    }

    /// Documents that are copies, the largest families and the most similar ones first.
    fn duplicates(&mut self, mut judged: Judged, documents: u64) -> Result<()> {
        /// Similarities are compared as whole numbers.
        const PARTS: f64 = 1e9;
        let most = self.job.config.check.examples;
        let (mut exact, mut near) = ((0, Pairs::new(most)), (0, Pairs::new(most)));
        while let Some(next) = judged.peek() {
            let Ok(number) = next.as_ref().map(|judged| judged.document) else {
                return judged.next().map_or(Ok(()), |error| error.map(drop));
            };
            match take_verdict(&mut judged, number)? {
                (Verdict::Duplicate { exact: true, .. }, _) => exact.0 += 1,
                (Verdict::Duplicate { canonical, similarity, .. }, _) => {
                    near.0 += 1;
                    near.1.add((similarity * PARTS) as u64, number, canonical);
                }
                (Verdict::Keep { copies }, Some(copy))
                    if exact.1.is_wanted(u64::from(copies))
                        && self.store.exact_key(number)? == self.store.exact_key(copy)? =>
                {
                    exact.1.add(u64::from(copies), copy, number);
                }
                _ => {}
            }
        }
        let mut figure = Figure::counted(Gate::ExactDuplicates, exact.0, documents);
        for (copies, copy, original) in exact.1.pairs {
            let note = match copies {
                1 => format!("the text of {}", self.store.id(original)?),
                _ => format!("the text of {}, which has {copies} copies", self.store.id(original)?),
            };
            figure.examples.push(self.example(copy, None, &note)?);
        }
        self.figures.push(figure);
        let mut figure = Figure::counted(Gate::NearDuplicates, near.0, documents);
        for (similarity, copy, original) in near.1.pairs {
            let similarity = similarity as f64 / PARTS;
            let note = format!("similarity {similarity:.3} with {}", self.store.id(original)?);
            figure.examples.push(self.example(copy, None, &note)?);
        }
        self.figures.push(figure);
        Ok(())
    }

    /// Paragraphs that stand elsewhere too, those with the most places first.
    fn paragraphs(&mut self, duplicates: Paragraphs, paragraphs: u64) -> Result<()> {
        let mut by_owner = self.job.sorter("by-owner", self.job.memory() / 8, None);
        for duplicate in duplicates {
            let duplicate = duplicate?;
            by_owner.push((duplicate.owner, (duplicate.document, duplicate.block)))?;
        }
        let mut by_owner = by_owner.finish()?;
        let mut found = 0;
        let mut worst = Pairs::new(self.job.config.check.examples);
        let mut places: Vec<Place> = Vec::new();
        while let Some(group) = by_owner.next_group(|a, b| a.0 == b.0)? {
            let places_here = group.len() as u64;
            found += places_here;
            if worst.is_wanted(places_here) {
                worst.add(places_here, places.len() as u32, 0);
                places.push(group[0]);
            }
        }
        let mut figure = Figure::counted(Gate::RepeatedBlocks, found, paragraphs);
        for (count, place, _) in worst.pairs {
            let ((owner, _), (document, block)) = places[place as usize];
            let draft = self.store.draft(document)?;
            let span = draft.labelled.blocks.get(block as usize).map(|block| block.block.span);
            let others = if count == 1 { String::new() } else { format!(", and {} more places", count - 1) };
            let note = format!("also in {}{others}", self.store.id(owner)?);
            figure.examples.push(self.example(document, span, &note)?);
        }
        self.figures.push(figure);
        Ok(())
    }

    /// The sites with the most documents.
    fn sites(&mut self, sites: super::sort::Sorter<(u64, u32)>, about: &mut About) -> Result<()> {
        let mut sites = sites.finish()?;
        let mut largest = Pairs::new(SITES as u32);
        while let Some(group) = sites.next_group(|a, b| a.0 == b.0)? {
            about.addressed += group.len() as u64;
            largest.add(group.len() as u64, group[0].1, 0);
        }
        for (count, document, _) in &largest.pairs {
            let url = self.store.draft(*document)?.document.url;
            let name = url.as_deref().and_then(host).unwrap_or_default();
            about.sites.push(Part { name, count: *count });
        }
        let most = about.sites.first().map_or(0, |site| site.count);
        let mut figure = Figure::counted(Gate::SiteShare, most, about.addressed);
        figure.parts.clone_from(&about.sites);
        if let Some((_, document, _)) = largest.pairs.first() {
            figure.examples.push(self.example(*document, None, &about.sites[0].name)?);
        }
        self.figures.push(figure);
        Ok(())
    }
}

type Judged = std::iter::Peekable<super::sort::Sorted<super::verdicts::Judged>>;
type Paragraphs = std::iter::Peekable<super::sort::Sorted<crate::dedup::DuplicateBlock>>;
type Place = ((u32, u32), (u32, u32));

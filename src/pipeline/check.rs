//! A corpus measured: what `dehusk check` judges.
//!
//! The texts are taken as they are, with labels off, and go through the same search for duplicates as in a cleaning; everything
//! else is counted while they are read ([`Gauge`]). Nothing is decided from it and nothing written, so the last pass is left
//! out. Then a few documents, or all of a small corpus, are labelled by a run of their own (`labels`). They lose what they carry
//! along on the way: what dehusk has cleaned before is labelled like any other page.
//!
//! In memory are, besides what a run has, the numbers of the labelled documents.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::best::Best;
use super::decide::{Outcome, take_verdict};
use super::gauge::{Gauge, State};
use super::sort::{Record, Sorter};
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

/// Goes through groups of records with the same key, however large: hands out the first of each, and how many they are.
fn groups<T: Record + Copy, K: PartialEq>(
    sorted: impl Iterator<Item = Result<T>>,
    key: impl Fn(&T) -> K,
    mut found: impl FnMut(T, u64),
) -> Result<()> {
    let mut open: Option<(T, u64)> = None;
    for record in sorted {
        let record = record?;
        match &mut open {
            Some((first, count)) if key(first) == key(&record) => *count += 1,
            open => {
                if let Some((first, count)) = open.replace((record, 1)) {
                    found(first, count);
                }
            }
        }
    }
    if let Some((first, count)) = open {
        found(first, count);
    }
    Ok(())
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
        let State { mut tally, sites, paragraphs, repeated, .. } = state;
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
        let compared = self.duplicates(judged, paragraphs, documents)?;
        self.paragraphs(duplicates, compared)?;
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

    /// How many examples a gate has.
    fn most(&self) -> usize {
        self.job.config.check.examples as usize
    }

    /// Documents that are copies, the largest families and the most similar ones first. Says how many paragraphs the others have.
    fn duplicates(&mut self, mut judged: Judged, paragraphs: PerDocument, documents: u64) -> Result<u64> {
        /// Similarities are compared as whole numbers.
        const PARTS: f64 = 1e9;
        let mut by_original = self.job.sorter("by-original", self.job.memory() / 8, None);
        let (mut exact, mut near, mut compared) = (0, 0, 0);
        let mut nearest = Best::new(self.most());
        let mut paragraphs = paragraphs.finish()?.peekable();
        while let Some(next) = judged.peek() {
            let Ok(number) = next.as_ref().map(|judged| judged.document) else {
                return judged.next().map_or(Ok(0), |error| error.map(|_| 0));
            };
            while let Some(kept) = paragraphs.next_if(|row| !matches!(row, Ok(row) if row.0 >= number)) {
                compared += u64::from(kept?.1);
            }
            match take_verdict(&mut judged, number)? {
                (Verdict::Duplicate { exact: true, canonical, .. }, _) => {
                    exact += 1;
                    by_original.push((canonical, number))?;
                }
                (Verdict::Duplicate { canonical, similarity, .. }, _) => {
                    near += 1;
                    nearest
                        .add((Reverse((similarity * PARTS) as u64), number), (number, canonical, similarity));
                }
                _ => continue,
            }
            paragraphs.next_if(|row| matches!(row, Ok(row) if row.0 == number)).transpose()?;
        }
        for kept in paragraphs {
            compared += u64::from(kept?.1);
        }
        let mut largest = Best::new(self.most());
        groups(
            by_original.finish()?,
            |(original, _)| *original,
            |(original, copy), copies| {
                largest.add((Reverse(copies), original), (original, copy, copies));
            },
        )?;
        let mut figure = Figure::counted(Gate::ExactDuplicates, exact, documents);
        for (original, copy, copies) in largest.into_values() {
            let note = match copies {
                1 => format!("the text of {}", self.store.id(original)?),
                _ => format!("the text of {}, which has {copies} copies", self.store.id(original)?),
            };
            figure.examples.push(self.example(copy, None, &note)?);
        }
        self.figures.push(figure);
        let mut figure = Figure::counted(Gate::NearDuplicates, near, documents);
        for (copy, original, similarity) in nearest.into_values() {
            let note = format!("similarity {similarity:.3} with {}", self.store.id(original)?);
            figure.examples.push(self.example(copy, None, &note)?);
        }
        self.figures.push(figure);
        Ok(compared)
    }

    /// Paragraphs that stand elsewhere too, those with the most places first, among all `compared`: those of documents that are
    /// no copies themselves.
    fn paragraphs(&mut self, duplicates: Paragraphs, compared: u64) -> Result<()> {
        let mut by_owner = self.job.sorter("by-owner", self.job.memory() / 8, None);
        for duplicate in duplicates {
            let duplicate = duplicate?;
            by_owner.push((duplicate.owner, (duplicate.document, duplicate.block)))?;
        }
        let mut found = 0;
        let mut worst = Best::new(self.most());
        groups(
            by_owner.finish()?,
            |(owner, _)| *owner,
            |(owner, place), places| {
                found += places;
                worst.add((Reverse(places), owner), (owner, place, places));
            },
        )?;
        let mut figure = Figure::counted(Gate::RepeatedBlocks, found, compared);
        for ((owner, _), (document, block), places) in worst.into_values() {
            let draft = self.store.draft(document)?;
            let span = draft.labelled.blocks.get(block as usize).map(|block| block.block.span);
            let others =
                if places == 1 { String::new() } else { format!(", and {} more places", places - 1) };
            let note = format!("also in {}{others}", self.store.id(owner)?);
            figure.examples.push(self.example(document, span, &note)?);
        }
        self.figures.push(figure);
        Ok(())
    }

    /// The sites with the most documents.
    fn sites(&mut self, sites: Sorter<(u64, u32)>, about: &mut About) -> Result<()> {
        let mut largest = Best::new(SITES);
        groups(
            sites.finish()?,
            |(site, _)| *site,
            |(_, first), documents| {
                about.addressed += documents;
                largest.add((Reverse(documents), first), (first, documents));
            },
        )?;
        let largest = largest.into_values();
        for (first, documents) in &largest {
            let url = self.store.draft(*first)?.document.url;
            let name = url.as_deref().and_then(host).unwrap_or_default();
            about.sites.push(Part { name, count: *documents });
        }
        let most = about.sites.first().map_or(0, |site| site.count);
        let mut figure = Figure::counted(Gate::SiteShare, most, about.addressed);
        figure.parts.clone_from(&about.sites);
        if let (Some((first, _)), 1..) = (largest.first(), self.most()) {
            figure.examples.push(self.example(*first, None, &about.sites[0].name)?);
        }
        self.figures.push(figure);
        Ok(())
    }
}

type Judged = std::iter::Peekable<super::sort::Sorted<super::verdicts::Judged>>;
type Paragraphs = std::iter::Peekable<super::sort::Sorted<crate::dedup::DuplicateBlock>>;
type PerDocument = Sorter<(u32, u32)>;

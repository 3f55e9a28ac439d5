//! Repeated runs of words, brought through sorted files; what they are is said in [`dedup::spans`](crate::dedup::spans).
//!
//! 1. Over the documents that stay, in input order: a sample of each main text's runs, and which of its words go anyway with
//!    duplicate paragraphs.
//! 2. The samples are sorted; equal ones become links, which are sorted by the worse-ranked document.
//! 3. In rank order, on all threads: each document that has links is compared with those it is linked to, word by word. On one
//!    thread, in the same order: what goes is settled, since that depends on what better-ranked documents have lost.
//! 4. What goes is sorted by who keeps it, and each such text is read once to say where in it the words stand.
//!
//! In memory are, besides the sorters and the removals that fit in the budget, the texts that a worker compares: of a
//! handful of documents, and of those they are linked to up to [`OWNER_BYTES`].

use std::collections::HashMap;
use std::iter::Peekable;
use std::ops::Range;
use std::rc::Rc;

use super::Job;
use super::bits::Bits;
use super::decide::{Outcome, Waiting};
use super::emit::portions;
use super::ordered::ordered;
use super::removals::Removals;
use super::sort::{Sorted, Sorter};
use super::store::Store;
use super::verdicts::Ranks;
use crate::config::BlockPolicy;
use crate::dedup::spans::{
    Border, Fingerprint, Link, Links, Matcher, Piece, Removal, RepeatedSpan, SharedRun, SpanText, WordPlaces,
    settle,
};
use crate::document::Verdict;
use crate::error::Result;
use crate::fingerprint::{normalise_into, word_hashes};
use crate::write::{BlockAction, BlockDecision};

/// Documents that a worker compares at a time, unless fewer have so many words.
const PORTION: usize = 32;
const PORTION_WORDS: usize = 64 << 10;

/// Records between two looks at whether the run should end.
const LOOK: u64 = 1 << 12;

/// Bytes of other documents' words that a worker holds for the next document.
const OWNER_BYTES: usize = 16 << 20;

/// What was found.
pub(super) struct Spans {
    /// Sorted by document.
    pub spans: Sorter<RepeatedSpan>,
    /// Work that a bound left out, by name.
    pub skipped: Vec<(String, u64)>,
}

impl Spans {
    /// None were looked for.
    pub fn none(job: &Job<'_>) -> Self {
        Self { spans: job.sorter("spans", 0, None), skipped: Vec::new() }
    }
}

/// A run that goes or is named, before it is known where its owner has it. The order is that of the owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// By its place in rank order.
    pub owner: u32,
    pub owner_start: u32,
    pub words: u32,
    pub document: u32,
    pub bytes: (u32, u32),
    pub is_dropped: bool,
}

/// Finds the repeated runs in the documents of `outcome`, all that is decided so far.
///
/// # Errors
/// Whatever ends a run.
pub(super) fn repeated_spans(job: &Job<'_>, store: &Store, ranks: &Ranks, outcome: Outcome) -> Result<Spans> {
    job.progress.stage("spans", 0);
    let (samples, gone) = samples(job, store, ranks, outcome)?;
    let (links, owners, skipped_pairs) = links(job, ranks, samples)?;
    let mut run = Run {
        job,
        ranks,
        gone: gone.finish()?.peekable(),
        owners,
        removals: Removals::new(job, job.memory() / 16),
        found: job.sorter("spans-found", job.memory() / 8, None),
        skipped_links: 0,
    };
    let source = by_document(links.finish()?, store, ranks);
    let compare = |portion: Vec<Vec<Link>>| compare(job, store, ranks, &portion);
    let describe = |portion: &Vec<Vec<Link>>| {
        portion
            .first()
            .map_or_else(String::new, |links| format!("document {}", ranks.document(links[0].place)))
    };
    ordered(source, job.threads(), job.stop, describe, compare, |compared| {
        for compared in compared? {
            run.settle(&compared)?;
        }
        Ok(())
    })?;
    let skipped =
        vec![("span_pairs".to_owned(), skipped_pairs), ("span_links".to_owned(), run.skipped_links)];
    let spans = placed(job, store, ranks, run.found)?;
    Ok(Spans { spans, skipped })
}

/// A sample of the runs of every main text that stays, and the words that go with duplicate paragraphs.
fn samples(
    job: &Job<'_>,
    store: &Store,
    ranks: &Ranks,
    outcome: Outcome,
) -> Result<(Sorter<Fingerprint>, Sorter<Removal>)> {
    let mut samples = job.sorter("span-samples", job.memory() / 4, None);
    let mut gone = job.sorter("span-paragraphs", job.memory() / 16, None);
    let describe = |portion: &Vec<Waiting>| {
        portion.first().map_or_else(String::new, |first| format!("document {}", first.number))
    };
    let work = |portion: Vec<Waiting>| -> Result<Vec<Sample>> {
        let staying = portion.iter().filter(|waiting| matches!(waiting.verdict, Verdict::Keep { .. }));
        staying.map(|waiting| sample(job, store, ranks, waiting)).collect()
    };
    ordered(portions(outcome.over(store), Waiting::size), job.threads(), job.stop, describe, work, |made| {
        let made = made?;
        job.progress.advance(0, made.len() as u64);
        for sample in made {
            samples.extend(sample.fingerprints)?;
            gone.extend(sample.gone)?;
        }
        Ok(())
    })?;
    Ok((samples, gone))
}

#[derive(Default)]
struct Sample {
    fingerprints: Vec<Fingerprint>,
    gone: Vec<Removal>,
}

fn sample(job: &Job<'_>, store: &Store, ranks: &Ranks, waiting: &Waiting) -> Result<Sample> {
    let mut made = Sample::default();
    let Some(place) = ranks.place_if_kept(waiting.number) else { return Ok(made) };
    let (draft, blocks) = waiting.decide(store, &job.config.dedup.blocks, |_| Ok(String::new()))?;
    let (mut words, mut normal) = (Vec::new(), String::new());
    for BlockDecision { labelled, action, .. } in &blocks {
        if !matches!(action, BlockAction::Keep | BlockAction::DropDuplicate) {
            continue;
        }
        let start = words.len() as u32;
        normalise_into(labelled.block.span.of(&draft.document.text), &mut normal);
        word_hashes(&normal, &mut words);
        let end = words.len() as u32;
        if *action == BlockAction::DropDuplicate && start < end {
            made.gone.push(Removal { place, start, end, owner: Removal::NOWHERE });
        }
    }
    made.fingerprints = Fingerprint::of(&words, place, job.config.dedup.spans.min_words);
    Ok(made)
}

/// Who may have a run in common with whom, which documents are the better ones of such pairs, and how many pairs were left
/// out.
fn links(job: &Job<'_>, ranks: &Ranks, samples: Sorter<Fingerprint>) -> Result<(Sorter<Link>, Bits, u64)> {
    let mut sorter = job.sorter("span-links", job.memory() / 4, None);
    let mut owners = Bits::new(ranks.len());
    let mut links = Links::default();
    for (number, sample) in (0_u64..).zip(samples.finish()?) {
        if number % LOOK == 0 {
            job.check_stop()?;
        }
        for link in links.of(sample?) {
            owners.insert(link.owner);
            sorter.push(link)?;
        }
    }
    Ok((sorter, owners, links.skipped))
}

/// The links of a few documents at a time.
fn by_document(
    links: Sorted<Link>,
    store: &Store,
    ranks: &Ranks,
) -> impl Iterator<Item = Result<Vec<Vec<Link>>>> + Send {
    let mut links = links.peekable();
    let mut one = move || -> Result<Option<Vec<Link>>> {
        let Some(first) = links.next().transpose()? else { return Ok(None) };
        let mut own = vec![first];
        while let Some(next) = links.next_if(|next| !matches!(next, Ok(next) if next.place != first.place)) {
            own.push(next?);
        }
        Ok(Some(own))
    };
    std::iter::from_fn(move || {
        let (mut portion, mut words) = (Vec::with_capacity(PORTION), 0);
        while portion.len() < PORTION && words < PORTION_WORDS {
            match one() {
                Ok(Some(links)) => {
                    match store.words(ranks.document(links[0].place)) {
                        Ok(own) => words += own,
                        Err(error) => return Some(Err(error)),
                    }
                    portion.push(links);
                }
                Ok(None) => break,
                Err(error) => return Some(Err(error)),
            }
        }
        (!portion.is_empty()).then_some(Ok(portion))
    })
}

/// A document with what it has in common with better-ranked ones.
struct Compared {
    place: u32,
    source: String,
    text: SpanText,
    /// Whether a run of dehusk has cleaned it before.
    is_cleaned: bool,
    runs: Vec<SharedRun>,
    borders: Vec<Border>,
    skipped: u64,
}

fn compare(job: &Job<'_>, store: &Store, ranks: &Ranks, portion: &[Vec<Link>]) -> Result<Vec<Compared>> {
    let min_words = job.config.dedup.spans.min_words;
    let mut others: HashMap<u32, Rc<SpanText>> = HashMap::new();
    let mut held = 0;
    let mut compared = Vec::with_capacity(portion.len());
    for links in portion {
        let place = links[0].place;
        let draft = store.draft(ranks.document(place))?;
        let (source, is_cleaned) = (draft.document.text, draft.document.cleaned.is_some());
        let text = SpanText::of(&source, draft.labelled.blocks.iter().map(|b| (&b.block, b.label)));
        let mut matcher = Matcher::new(&text, min_words);
        for of_owner in links.chunk_by(|a, b| a.owner == b.owner) {
            job.check_stop()?;
            let owner = of_owner[0].owner;
            if owner == place {
                matcher.compare(of_owner, None);
                continue;
            }
            let other = match others.get(&owner) {
                Some(other) => Rc::clone(other),
                None => {
                    let other = store.with_text(ranks.document(owner), |_, text| text)?;
                    held += other.size();
                    if held > OWNER_BYTES {
                        held = other.size();
                        others.clear();
                    }
                    let other = Rc::new(other);
                    others.insert(owner, Rc::clone(&other));
                    other
                }
            };
            matcher.compare(of_owner, Some(&other));
        }
        let Matcher { runs, skipped, .. } = matcher;
        let hull = |hull: Option<Range<u32>>, run: &SharedRun| {
            let hull = hull.unwrap_or(run.start..run.end);
            Some(hull.start.min(run.start)..hull.end.max(run.end))
        };
        let borders =
            runs.iter().fold(None, hull).map(|words| text.borders(&source, words)).unwrap_or_default();
        compared.push(Compared { place, source, text, is_cleaned, runs, borders, skipped });
    }
    Ok(compared)
}

/// The source and the words of the document at a place in rank order.
fn text_at(store: &Store, ranks: &Ranks, place: u32) -> Result<(String, SpanText)> {
    store.with_text(ranks.document(place), |source, text| (source.to_owned(), text))
}

/// The walk in rank order.
struct Run<'a> {
    job: &'a Job<'a>,
    ranks: &'a Ranks,
    gone: Peekable<Sorted<Removal>>,
    /// Documents that others are linked to: what others have lost nobody asks.
    owners: Bits,
    removals: Removals<'a>,
    found: Sorter<Found>,
    skipped_links: u64,
}

impl Run<'_> {
    /// Settles what goes of the next document.
    fn settle(&mut self, compared: &Compared) -> Result<()> {
        self.job.check_stop()?;
        let Compared { place, source, text, is_cleaned, runs, borders, skipped } = compared;
        let place = *place;
        self.skipped_links += skipped;
        let gone = self.gone_of(place)?;
        let config = &self.job.config.dedup;
        let pieces = settle(place, runs.clone(), &gone, borders, config.spans.min_words, |place, words| {
            self.removals.within(place, words)
        })?;
        let mut taken: Vec<_> =
            gone.iter().cloned().chain(pieces.iter().map(|piece| piece.start..piece.end)).collect();
        taken.sort_unstable_by_key(|words| words.start);
        let goes = |words: &Range<u32>| {
            let first = taken.partition_point(|taken| taken.end <= words.start);
            let inside = taken[first..].iter().take_while(|taken| taken.start < words.end);
            inside.map(|taken| taken.end.min(words.end) - taken.start.max(words.start)).sum::<u32>()
                == words.len() as u32
        };
        let min_words = config.blocks.min_words;
        // A text that was cleaned before never changes again, and none loses all that it is read for.
        let is_dropped = config.spans.policy == BlockPolicy::Drop
            && !is_cleaned
            && text.parts.iter().any(|part| part.is_content(source, min_words) && !goes(&part.words));
        let mut places = WordPlaces::default();
        for piece in &pieces {
            for (span, words) in text.spans(source, piece.start..piece.end, borders, &mut places) {
                self.found.push(Found {
                    owner: piece.owner.0,
                    owner_start: piece.owner.1 + (words.start - piece.start),
                    words: words.len() as u32,
                    document: self.ranks.document(place),
                    bytes: (span.start as u32, span.end as u32),
                    is_dropped,
                })?;
            }
        }
        let lost = |words: Range<u32>, owner| Removal { place, start: words.start, end: words.end, owner };
        let mut removed: Vec<Removal> = gone.into_iter().map(|words| lost(words, Removal::NOWHERE)).collect();
        if is_dropped {
            removed.extend(pieces.iter().map(|&Piece { start, end, owner }| lost(start..end, owner)));
        }
        removed.sort_unstable();
        removed.into_iter().try_for_each(|removal| self.note(removal))
    }

    /// The words of a document that go with duplicate paragraphs; notes those of the documents before it.
    fn gone_of(&mut self, place: u32) -> Result<Vec<Range<u32>>> {
        let mut own = Vec::new();
        while let Some(gone) = self.gone.next_if(|gone| !matches!(gone, Ok(gone) if gone.place > place)) {
            let gone = gone?;
            if gone.place == place {
                own.push(gone.start..gone.end);
            } else {
                self.note(gone)?;
            }
        }
        Ok(own)
    }

    fn note(&mut self, removal: Removal) -> Result<()> {
        if self.owners.contains(removal.place) { self.removals.push(removal) } else { Ok(()) }
    }
}

/// Says where the owners have the words.
fn placed(job: &Job<'_>, store: &Store, ranks: &Ranks, found: Sorter<Found>) -> Result<Sorter<RepeatedSpan>> {
    let mut spans = job.sorter("spans", job.memory() / 8, None);
    let mut held: Option<(u32, String, SpanText, WordPlaces)> = None;
    for (number, found) in (0_u64..).zip(found.finish()?) {
        if number % LOOK == 0 {
            job.check_stop()?;
        }
        let Found { owner, owner_start, words, document, bytes, is_dropped } = found?;
        let (_, source, text, places) = match held.take() {
            Some(same) if same.0 == owner => held.insert(same),
            _ => {
                let (source, text) = text_at(store, ranks, owner)?;
                held.insert((owner, source, text, WordPlaces::default()))
            }
        };
        let there = text.bytes(source, owner_start..owner_start + words, places);
        let owner = (ranks.document(owner), there.start as u32, there.end as u32);
        spans.push(RepeatedSpan { document, bytes, words, is_dropped, owner })?;
    }
    Ok(spans)
}

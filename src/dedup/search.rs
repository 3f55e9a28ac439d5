//! The search for near-duplicates, in rank order.
//!
//! The order is walked in chunks. With documents kept before the chunk, its documents are compared in parallel; those
//! that are still open, one after the other among themselves, with shingle sets that are by then at hand. Where a chunk
//! ends depends on the ranks alone, and neither on the threads nor on how much fits in a stretch, so no verdict does. A
//! document is compared only with kept ones, so a template with a hundred thousand edited copies costs one comparison a
//! copy.
//!
//! Wrong where more kept documents resemble each other than [`BUCKET_LIMIT`] and [`VERIFY_LIMIT`] allow for: a copy may
//! then stay. [`Statistics`] counts what was not looked at.

use std::ops::{AddAssign, Range};

use rayon::prelude::*;

use super::MainText;
use super::lsh::Lsh;
use super::sets::{Set, Sets, Shingles};
use super::stretch::Stretch;
use crate::config::DedupConfig;
use crate::error::Result;

/// Ranks in a chunk: enough to keep many threads busy, and few enough that looking at every pair in it, which a family of
/// copies that starts in it causes, costs little. A stretch ends where a chunk does.
pub const CHUNK: u32 = 128;

/// Kept documents looked at in one bucket, the last kept (and so the nearest in length) first. Kept documents stay below
/// the threshold with each other, so a bucket fills only when all its values come from what a large family of pages
/// shares. A copy of one of them meets it in other buckets too. Without a limit such a family would cost time in the
/// square of its size.
pub const BUCKET_LIMIT: usize = 16;

/// Documents kept before the chunk, and again documents kept in it, whose sets a document is compared with, the most
/// similar by estimate first.
const VERIFY_LIMIT: usize = 16;

/// How many of those may be such that the estimate is below what a pair at the threshold has on average. A copy that is
/// underestimated so much still comes before nearly all pages that are no copies.
const UNLIKELY_LIMIT: usize = 6;

/// Counts of what the search did, and of what it left out. A pair is a document and a better-ranked one that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Statistics {
    /// Pairs that meet in a bucket.
    pub candidates: u64,
    /// Of those, pairs whose estimate is too low to expect the threshold.
    pub estimate_apart: u64,
    /// Pairs compared by their sets.
    pub verified: u64,
    /// Pairs not compared because the document had too many more similar candidates.
    pub over_limit: u64,
    /// How often a bucket held more kept documents than were looked at.
    pub full_buckets: u64,
}

impl AddAssign for Statistics {
    fn add_assign(&mut self, other: Self) {
        self.candidates += other.candidates;
        self.estimate_apart += other.estimate_apart;
        self.verified += other.verified;
        self.over_limit += other.over_limit;
        self.full_buckets += other.full_buckets;
    }
}

/// The most similar kept document, by its place in the stretch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Its place.
    pub place: usize,
    /// How similar it is, from 0 to 1.
    pub similarity: f64,
}

/// Decides the undecided documents of a stretch, in order: each is a copy of the most similar kept document that reaches
/// the threshold, or is kept. `memory` bounds the shingle sets that are remembered, in bytes. `progress` hears from time
/// to time how many are decided, and can end the run by an error.
///
/// Runs in the current rayon thread pool; the result is the same in any.
///
/// # Errors
/// What `text` or `progress` returns.
pub fn search(
    stretch: Stretch,
    config: &DedupConfig,
    text: &impl MainText,
    memory: usize,
    progress: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<(Vec<Option<Match>>, Statistics)> {
    let places = stretch.undecided();
    let mut search = Search {
        first: places.start,
        matches: Vec::with_capacity(places.len()),
        stretch,
        config,
        lsh: Lsh::new(config),
        sets: Sets::new(text, memory / 2),
        held_at_once: memory / 2,
        statistics: Statistics::default(),
    };
    let mut start = places.start;
    while start < places.end {
        let end = search.stretch.end_of_chunk(start, CHUNK);
        search.decide_chunk(start..end)?;
        progress(search.matches.len())?;
        start = end;
    }
    Ok((search.matches, search.statistics))
}

/// A better-ranked document that may be similar.
struct Candidate {
    place: usize,
    estimate: f64,
}

/// Better-ranked documents that a document meets.
#[derive(Default)]
struct Nearby {
    /// Those that may reach the threshold, the most similar by estimate first.
    promising: Vec<Candidate>,
    /// The places of the others.
    apart: Vec<usize>,
}

struct Search<'a, T> {
    stretch: Stretch,
    /// The first place to be decided.
    first: usize,
    config: &'a DedupConfig,
    lsh: Lsh,
    sets: Sets<'a, T>,
    /// Bytes of shingle sets that a chunk may have at hand besides those remembered.
    held_at_once: usize,
    /// What each document decided so far is a copy of.
    matches: Vec<Option<Match>>,
    statistics: Statistics,
}

impl<T: MainText> Search<'_, T> {
    fn decide_chunk(&mut self, chunk: Range<usize>) -> Result<()> {
        let start = chunk.start;
        let compared: Result<Vec<_>> =
            chunk.clone().into_par_iter().map(|place| self.compare_with_kept(place)).collect();
        let (found, counted): (Vec<_>, Vec<_>) = compared?.into_iter().unzip();
        counted.into_iter().for_each(|counted| self.statistics += counted);
        // Who has a match by now is nobody's canonical.
        let is_open = |place: usize| found[place - start].is_none();
        let nearby: Vec<Nearby> =
            chunk.clone().into_par_iter().map(|place| self.find_nearby(place, is_open)).collect();
        let sets = self.sets_compared(start, &nearby)?;
        for ((place, found), nearby) in chunk.zip(&found).zip(&nearby) {
            let found = self.compare_with_nearby(place, start, *found, nearby, &sets)?;
            self.stretch.decide(place, found.is_none());
            self.matches.push(found);
        }
        Ok(())
    }

    /// The best match of a document among those kept before the chunk.
    fn compare_with_kept(&self, place: usize) -> Result<(Option<Match>, Statistics)> {
        let mut statistics = Statistics::default();
        if self.stretch.member(place).is_known {
            return Ok((None, statistics));
        }
        let mut met = Vec::new();
        let full = self.stretch.kept_beside(place, BUCKET_LIMIT, &mut met);
        statistics.full_buckets = full as u64;
        let Nearby { promising: mut candidates, apart } = self.look_at(place, &met);
        let worth =
            (0..).zip(&candidates).take_while(|(before, candidate)| self.is_worth(candidate, *before));
        let verified = worth.count();
        statistics.over_limit = (candidates.len() - verified) as u64;
        statistics.verified = verified as u64;
        candidates.truncate(verified);
        let mut found = None;
        statistics.candidates = (candidates.len() + apart.len()) as u64 + statistics.over_limit;
        statistics.estimate_apart = apart.len() as u64;
        if !candidates.is_empty() {
            let set = self.set(place)?;
            for candidate in candidates {
                let other = self.set(candidate.place)?;
                found = self.better(found, candidate.place, &set, &other);
            }
        }
        Ok((found, statistics))
    }

    /// Earlier documents of the chunk that may turn out kept.
    fn find_nearby(&self, place: usize, is_open: impl Fn(usize) -> bool) -> Nearby {
        if self.stretch.member(place).is_known {
            return Nearby::default();
        }
        let mut met = Vec::new();
        self.stretch.undecided_before(place, is_open, &mut met);
        self.look_at(place, &met)
    }

    /// The sets of those documents of the chunk that begins at `start` that may be compared within it, as far as there is
    /// room for them; the others are made when their turn comes.
    fn sets_compared(&self, start: usize, nearby: &[Nearby]) -> Result<Vec<Option<Set>>> {
        let mut is_compared = vec![false; nearby.len()];
        for (i, Nearby { promising: nearby, .. }) in nearby.iter().enumerate() {
            is_compared[i] |= !nearby.is_empty();
            nearby.iter().for_each(|candidate| is_compared[candidate.place - start] = true);
        }
        let mut bytes = 0;
        for (i, is_compared) in is_compared.iter_mut().enumerate().filter(|(_, is_compared)| **is_compared) {
            bytes += self.stretch.member(start + i).words as usize * size_of::<u64>();
            *is_compared = bytes <= self.held_at_once;
        }
        let set = |(i, is_held): (usize, bool)| is_held.then(|| self.set(start + i)).transpose();
        is_compared.into_par_iter().enumerate().map(set).collect()
    }

    /// The best match of a document, those of the chunk that begins at `start` included that were kept by now. `found` is
    /// the best one kept before.
    fn compare_with_nearby(
        &mut self,
        place: usize,
        start: usize,
        found: Option<Match>,
        Nearby { promising: nearby, apart }: &Nearby,
        sets: &[Option<Set>],
    ) -> Result<Option<Match>> {
        let set_of = |place: usize| sets[place - start].clone().map_or_else(|| self.set(place), Ok);
        let own = if nearby.is_empty() { None } else { Some(set_of(place)?) };
        let (mut found, mut verified, mut over_limit) = (found, 0, 0);
        let is_kept = |place: usize| self.matches[place - self.first].is_none();
        let apart = apart.iter().filter(|place| is_kept(**place)).count() as u64;
        for candidate in nearby.iter().filter(|candidate| is_kept(candidate.place)) {
            if !self.is_worth(candidate, verified) {
                over_limit += 1;
            } else if let Some(own) = &own {
                verified += 1;
                found = self.better(found, candidate.place, own, &*set_of(candidate.place)?);
            }
        }
        self.statistics.candidates += apart + verified as u64 + over_limit;
        self.statistics.estimate_apart += apart;
        self.statistics.verified += verified as u64;
        self.statistics.over_limit += over_limit;
        Ok(found)
    }

    /// Those of `met`, in order and as often as they are met, that may reach the threshold with the document at `place`,
    /// and those that may not.
    fn look_at(&self, place: usize, met: &[u32]) -> Nearby {
        let own = &self.stretch.member(place).signature;
        let asked = self.stretch.asked(place);
        let (mut promising, mut apart) = (Vec::new(), Vec::new());
        for equal in met.chunk_by(|a, b| a == b) {
            let place = equal[0] as usize;
            let other = &self.stretch.member(place).signature;
            match self.lsh.estimate(own, other, equal.len(), asked) {
                Some(estimate) => promising.push(Candidate { place, estimate }),
                None => apart.push(place),
            }
        }
        promising.sort_unstable_by(|a, b| b.estimate.total_cmp(&a.estimate).then(a.place.cmp(&b.place)));
        Nearby { promising, apart }
    }

    /// Whether a candidate is compared when so many likelier ones have been.
    fn is_worth(&self, candidate: &Candidate, verified: usize) -> bool {
        verified < VERIFY_LIMIT && (verified < UNLIKELY_LIMIT || self.lsh.is_likely(candidate.estimate))
    }

    fn set(&self, place: usize) -> Result<Set> {
        self.sets.get(self.stretch.member(place).document)
    }

    /// `found`, or the document at `place`, whose set is `other`, if that reaches the threshold and is more similar, or
    /// equally similar and better ranked.
    fn better(&self, found: Option<Match>, place: usize, own: &Shingles, other: &Shingles) -> Option<Match> {
        let least = found.map_or(self.config.threshold, |found| found.similarity.max(self.config.threshold));
        let Some(similarity) = own.similarity(other, self.config.similarity, least) else { return found };
        let is_worse = found.is_some_and(|found| (found.similarity, place) >= (similarity, found.place));
        if is_worse { found } else { Some(Match { place, similarity }) }
    }
}

//! The search for near-duplicates, in rank order.
//!
//! The order is walked in chunks. With documents kept before the chunk, its documents are compared in parallel; those
//! that are still open, one after the other among themselves, with shingle sets that are by then at hand. A chunk's
//! extent depends on the entries alone, so no verdict depends on the threads. A document is compared only with kept
//! ones, so a template with a hundred thousand edited copies costs one comparison a copy.
//!
//! Wrong where more kept documents resemble each other than [`BUCKET_LIMIT`] and [`VERIFY_LIMIT`] allow for: a copy may
//! then stay. [`Statistics`] counts what was not looked at.

use std::ops::{AddAssign, Range};
use std::sync::Arc;

use rayon::prelude::*;

use super::lsh::{Banding, Index, lowest_estimate};
use super::sets::Sets;
use super::{Entry, MainText};
use crate::config::DedupConfig;
use crate::error::Result;
use crate::fingerprint::{Sketch, jaccard};

/// Documents in a chunk: enough to keep many threads busy, and few enough that looking at every pair in it, which a
/// family of copies that starts in it causes, stays near 100 µs a document.
const CHUNK_DOCUMENTS: usize = 512;

/// Bytes of the shingle sets of a chunk, which may all be held at once; a larger document is a chunk by itself.
const CHUNK_BYTES: usize = 64 << 20;

/// Kept documents looked at in one bucket of one band, the last kept (and so the nearest in length) first. Kept documents
/// stay below the threshold with each other, so a bucket fills only when all its values come from what a large family of
/// pages shares. A copy of one of them agrees with it in other bands too. Without a limit such a family would cost
/// time in the square of its size.
const BUCKET_LIMIT: usize = 256;

/// Documents kept before the chunk, and again documents kept in it, whose sets a document is compared with, the most
/// similar by estimate first.
const VERIFY_LIMIT: usize = 64;

/// Counts of what the search did, and of what it left out. A pair is a document and a better-ranked one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Pairs that agree in a band of their sketches.
    pub candidates: u64,
    /// Of those, pairs too different in size to reach the threshold.
    pub size_apart: u64,
    /// Of those, pairs whose sketches are too different to expect it.
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
        self.size_apart += other.size_apart;
        self.estimate_apart += other.estimate_apart;
        self.verified += other.verified;
        self.over_limit += other.over_limit;
        self.full_buckets += other.full_buckets;
    }
}

/// A document that goes, and the kept one it goes for.
pub(super) struct NearDuplicate {
    pub document: u32,
    pub canonical: u32,
    pub similarity: f64,
}

/// The near-duplicates among `originals`, documents in rank order of which no two have one exact key. A document without
/// words resembles none. `progress` hears how many are decided.
pub(super) fn near_duplicates(
    entries: &[Option<Entry>],
    originals: &[u32],
    config: &DedupConfig,
    text: &impl MainText,
    progress: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<(Vec<NearDuplicate>, Statistics)> {
    let ranked: Vec<Ranked> = originals
        .iter()
        .filter_map(|&document| entries[document as usize].as_ref().map(|entry| Ranked { document, entry }))
        .filter(|ranked| ranked.entry.shingles > 0)
        .collect();
    let banding = Banding::for_threshold(config.threshold);
    let mut search = Search {
        ranked: &ranked,
        threshold: config.threshold,
        lowest_estimate: lowest_estimate(config.threshold),
        sets: Sets::new(text),
        kept: Index::new(banding, ranked.len()),
        in_chunk: Index::new(banding, CHUNK_DOCUMENTS.min(ranked.len())),
        matches: Vec::with_capacity(ranked.len()),
        statistics: Statistics::default(),
    };
    while search.matches.len() < ranked.len() {
        search.decide_chunk()?;
        progress(search.matches.len())?;
    }
    let near = ranked.iter().zip(search.matches).filter_map(|(copy, found)| {
        let Match { place, similarity } = found?;
        Some(NearDuplicate { document: copy.document, canonical: ranked[place].document, similarity })
    });
    Ok((near.collect(), search.statistics))
}

/// A document at its place in rank order.
struct Ranked<'a> {
    document: u32,
    entry: &'a Entry,
}

/// A better-ranked document, by its place, that may be similar.
struct Candidate {
    place: usize,
    estimate: f64,
}

/// The most similar kept document so far, by its place.
#[derive(Clone, Copy)]
struct Match {
    place: usize,
    similarity: f64,
}

/// A document of the chunk before its turn.
#[derive(Default)]
struct Prepared {
    /// Its shingle set, if it is to be compared with any other.
    set: Option<Arc<[u64]>>,
    /// The best match kept before the chunk.
    found: Option<Match>,
    /// Earlier documents of the chunk that may turn out kept, the most similar by estimate first.
    nearby: Vec<Candidate>,
}

struct Search<'a, T> {
    ranked: &'a [Ranked<'a>],
    threshold: f64,
    lowest_estimate: f64,
    sets: Sets<'a, T>,
    /// The kept documents, by place.
    kept: Index,
    /// The documents of the chunk that may turn out kept, by place.
    in_chunk: Index,
    /// What each document decided so far is a copy of.
    matches: Vec<Option<Match>>,
    statistics: Statistics,
}

impl<T: MainText> Search<'_, T> {
    /// Decides the next documents: as many as a chunk may hold, and at least one.
    fn decide_chunk(&mut self) -> Result<()> {
        let start = self.matches.len();
        let chunk = start..start + self.chunk_length(start);
        let mut prepared = self.compare_with_kept(chunk.clone())?;
        self.find_nearby(start, &mut prepared)?;
        for (place, document) in chunk.zip(&prepared) {
            let found = self.compare_with_nearby(start, document, &prepared);
            if found.is_none() {
                self.kept.insert(place as u32, &self.ranked[place].entry.sketch);
            }
            self.matches.push(found);
        }
        Ok(())
    }

    /// How many documents from `start` on one chunk holds.
    fn chunk_length(&self, start: usize) -> usize {
        let mut bytes = 0;
        let fitting = self.ranked[start..].iter().take(CHUNK_DOCUMENTS).take_while(|next| {
            bytes += next.entry.shingles as usize * size_of::<u64>();
            bytes <= CHUNK_BYTES
        });
        fitting.count().max(1)
    }

    /// Compares the documents of `chunk` with those kept before it.
    fn compare_with_kept(&mut self, chunk: Range<usize>) -> Result<Vec<Prepared>> {
        let compare = |place: usize| -> Result<(Prepared, Statistics)> {
            let mut statistics = Statistics::default();
            let mut places = Vec::new();
            let full = self.kept.find(
                self.sketch(place),
                |place| self.sketch(place as usize),
                BUCKET_LIMIT,
                &mut places,
            );
            statistics.full_buckets = full as u64;
            let mut candidates = self.promising(place, &places, &mut statistics);
            statistics.over_limit = candidates.len().saturating_sub(VERIFY_LIMIT) as u64;
            candidates.truncate(VERIFY_LIMIT);
            statistics.verified = candidates.len() as u64;
            let mut prepared = Prepared::default();
            if !candidates.is_empty() {
                let set = self.sets.get(self.ranked[place].document)?;
                for candidate in candidates {
                    let other = self.sets.get(self.ranked[candidate.place].document)?;
                    prepared.found = self.better(prepared.found, candidate.place, jaccard(&set, &other));
                }
                prepared.set = Some(set);
            }
            Ok((prepared, statistics))
        };
        let (prepared, counted): (Vec<_>, Vec<_>) =
            chunk.into_par_iter().map(compare).collect::<Result<Vec<_>>>()?.into_iter().unzip();
        counted.into_iter().for_each(|counted| self.statistics += counted);
        Ok(prepared)
    }

    /// Fills in the candidates within the chunk that begins at `start`, and the sets needed to compare them. Only a
    /// document without a match so far can be anyone's canonical.
    fn find_nearby(&mut self, start: usize, prepared: &mut [Prepared]) -> Result<()> {
        self.in_chunk.clear();
        let mut pairs = Vec::with_capacity(prepared.len());
        for (place, document) in (start..).zip(prepared.iter()) {
            let mut earlier = Vec::new();
            let sketch_of = |place: u32| self.sketch(place as usize);
            self.in_chunk.find(self.sketch(place), sketch_of, CHUNK_DOCUMENTS, &mut earlier);
            if document.found.is_none() {
                self.in_chunk.insert(place as u32, &self.ranked[place].entry.sketch);
            }
            pairs.push(earlier);
        }
        let select = |(i, earlier): (usize, Vec<u32>)| {
            let mut statistics = Statistics::default();
            (self.promising(start + i, &earlier, &mut statistics), statistics)
        };
        let selected: Vec<_> = pairs.into_par_iter().enumerate().map(select).collect();
        let mut is_compared = vec![false; prepared.len()];
        for (i, (nearby, counted)) in selected.into_iter().enumerate() {
            is_compared[i] |= !nearby.is_empty();
            nearby.iter().for_each(|candidate| is_compared[candidate.place - start] = true);
            prepared[i].nearby = nearby;
            self.statistics += counted;
        }
        prepared.par_iter_mut().zip(is_compared).enumerate().try_for_each(|(i, (document, is_compared))| {
            if is_compared && document.set.is_none() {
                document.set = Some(self.sets.get(self.ranked[start + i].document)?);
            }
            Ok(())
        })
    }

    /// The best match of `document`, those among `chunk` included that were kept by now.
    fn compare_with_nearby(
        &mut self,
        start: usize,
        document: &Prepared,
        chunk: &[Prepared],
    ) -> Option<Match> {
        let mut found = document.found;
        let kept = document.nearby.iter().filter(|candidate| self.matches[candidate.place].is_none());
        let (mut verified, mut over_limit) = (0, 0);
        for candidate in kept {
            if verified == VERIFY_LIMIT as u64 {
                over_limit += 1;
            } else if let (Some(set), Some(other)) = (&document.set, &chunk[candidate.place - start].set) {
                verified += 1;
                found = self.better(found, candidate.place, jaccard(set, other));
            }
        }
        self.statistics.verified += verified;
        self.statistics.over_limit += over_limit;
        found
    }

    /// Those of `places` that size and sketch do not rule out for the document at `place`, the most similar by estimate
    /// first.
    fn promising(&self, place: usize, places: &[u32], statistics: &mut Statistics) -> Vec<Candidate> {
        statistics.candidates += places.len() as u64;
        let entry = self.ranked[place].entry;
        let mut promising = Vec::new();
        for &place in places {
            let place = place as usize;
            let other = self.ranked[place].entry;
            let [less, more] = [entry.shingles.min(other.shingles), entry.shingles.max(other.shingles)];
            let estimate = entry.sketch.estimate(&other.sketch);
            if f64::from(less) / f64::from(more) < self.threshold {
                statistics.size_apart += 1;
            } else if estimate < self.lowest_estimate {
                statistics.estimate_apart += 1;
            } else {
                promising.push(Candidate { place, estimate });
            }
        }
        promising.sort_unstable_by(|a, b| b.estimate.total_cmp(&a.estimate).then(a.place.cmp(&b.place)));
        promising
    }

    fn sketch(&self, place: usize) -> &Sketch {
        &self.ranked[place].entry.sketch
    }

    /// `found`, or the document at `place` if that reaches the threshold and is more similar, or equally similar and
    /// better ranked.
    fn better(&self, found: Option<Match>, place: usize, similarity: f64) -> Option<Match> {
        let is_worse = found.is_some_and(|found| (found.similarity, place) >= (similarity, found.place));
        if similarity < self.threshold || is_worse { found } else { Some(Match { place, similarity }) }
    }
}

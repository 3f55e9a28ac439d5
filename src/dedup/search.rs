//! The search for near-duplicates, in rank order.
//!
//! The order is walked in chunks. Against documents kept before the chunk, its documents are compared in parallel;
//! among themselves one after the other, with shingle sets that are then at hand. A chunk's extent depends on the
//! entries alone, so no verdict depends on the threads. A document is compared only with kept ones, so a template with a
//! hundred thousand edited copies costs one comparison a copy.
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
use crate::fingerprint::jaccard;

/// Documents in a chunk: enough to keep many threads busy, and few enough that estimating every pair in it (about 20 ns
/// each) stays near 10 µs a document.
const CHUNK_DOCUMENTS: usize = 1024;

/// Bytes of the shingle sets of a chunk, which may all be held at once; a larger document is a chunk by itself.
const CHUNK_BYTES: usize = 64 << 20;

/// Kept documents looked at in one bucket of one band, the last kept (and so the nearest in length) first. Kept documents
/// stay below the threshold with each other, so only a large family of half-alike pages fills a bucket; without a
/// limit it would cost time in the square of its size.
const BUCKET_LIMIT: usize = 1024;

/// Documents kept before the chunk, and documents kept in it, whose sets a document is compared with, the most similar
/// by estimate first.
const VERIFY_LIMIT: usize = 128;

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

/// The candidates of a document, the most similar by estimate first.
struct Candidates {
    /// Kept before the chunk.
    kept: Vec<Candidate>,
    /// Earlier in the chunk; they may turn out kept.
    nearby: Vec<Candidate>,
}

/// The most similar kept document so far, by its place.
#[derive(Clone, Copy)]
struct Match {
    place: usize,
    similarity: f64,
}

/// A document of the chunk before its turn.
struct Prepared {
    /// Its shingle set, if it is to be compared with any other.
    set: Option<Arc<[u64]>>,
    /// The best match kept before the chunk.
    found: Option<Match>,
}

struct Search<'a, T> {
    ranked: &'a [Ranked<'a>],
    threshold: f64,
    lowest_estimate: f64,
    sets: Sets<'a, T>,
    /// The kept documents, by place.
    kept: Index,
    /// All documents of the chunk, by place.
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
        let nearby = self.pairs_within(chunk.clone());
        let (candidates, counted): (Vec<_>, Vec<_>) = chunk
            .clone()
            .into_par_iter()
            .zip(nearby)
            .map(|(place, nearby)| self.promising(place, nearby))
            .unzip();
        counted.into_iter().for_each(|counted| self.statistics += counted);

        let mut is_compared = vec![false; chunk.len()];
        for (i, candidates) in candidates.iter().enumerate() {
            is_compared[i] |= !(candidates.kept.is_empty() && candidates.nearby.is_empty());
            candidates.nearby.iter().for_each(|candidate| is_compared[candidate.place - start] = true);
        }
        let prepared = (chunk.clone(), &candidates, is_compared)
            .into_par_iter()
            .map(|(place, candidates, is_compared)| self.prepare(place, &candidates.kept, is_compared))
            .collect::<Result<Vec<_>>>()?;

        for (place, candidates) in chunk.zip(candidates) {
            let Prepared { set, found } = &prepared[place - start];
            let mut found = *found;
            let kept = candidates.nearby.iter().filter(|candidate| self.matches[candidate.place].is_none());
            let kept: Vec<_> = kept.collect();
            self.statistics.over_limit += kept.len().saturating_sub(VERIFY_LIMIT) as u64;
            for candidate in kept.into_iter().take(VERIFY_LIMIT) {
                if let (Some(set), Some(other)) = (set, &prepared[candidate.place - start].set) {
                    self.statistics.verified += 1;
                    found = self.better(found, candidate.place, jaccard(set, other));
                }
            }
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

    /// For each document of `chunk`, the places of the earlier ones in it that agree with it in a band.
    fn pairs_within(&mut self, chunk: Range<usize>) -> Vec<Vec<u32>> {
        self.in_chunk.clear();
        let sketch_of = |place: u32| &self.ranked[place as usize].entry.sketch;
        let mut pairs = Vec::with_capacity(chunk.len());
        for place in chunk {
            let sketch = &self.ranked[place].entry.sketch;
            let mut earlier = Vec::new();
            self.in_chunk.find(sketch, sketch_of, CHUNK_DOCUMENTS, &mut earlier);
            self.in_chunk.insert(place as u32, sketch);
            pairs.push(earlier);
        }
        pairs
    }

    /// The candidates of the document at `place` that size and sketch do not rule out.
    fn promising(&self, place: usize, nearby: Vec<u32>) -> (Candidates, Statistics) {
        let mut statistics = Statistics::default();
        let entry = self.ranked[place].entry;
        let mut kept = Vec::new();
        let sketch_of = |place: u32| &self.ranked[place as usize].entry.sketch;
        statistics.full_buckets = self.kept.find(&entry.sketch, sketch_of, BUCKET_LIMIT, &mut kept) as u64;
        let mut select = |places: Vec<u32>| {
            statistics.candidates += places.len() as u64;
            let mut selected = Vec::new();
            for place in places {
                let place = place as usize;
                let other = self.ranked[place].entry;
                let [less, more] = [entry.shingles.min(other.shingles), entry.shingles.max(other.shingles)];
                if f64::from(less) / f64::from(more) < self.threshold {
                    statistics.size_apart += 1;
                    continue;
                }
                let estimate = entry.sketch.estimate(&other.sketch);
                if estimate < self.lowest_estimate {
                    statistics.estimate_apart += 1;
                    continue;
                }
                selected.push(Candidate { place, estimate });
            }
            selected.sort_unstable_by(|a, b| b.estimate.total_cmp(&a.estimate).then(a.place.cmp(&b.place)));
            selected
        };
        let (mut kept, nearby) = (select(kept), select(nearby));
        statistics.over_limit = kept.len().saturating_sub(VERIFY_LIMIT) as u64;
        kept.truncate(VERIFY_LIMIT);
        statistics.verified = kept.len() as u64;
        (Candidates { kept, nearby }, statistics)
    }

    /// Compares the document at `place` with those kept before its chunk.
    fn prepare(&self, place: usize, kept: &[Candidate], is_compared: bool) -> Result<Prepared> {
        let mut found = None;
        if !is_compared {
            return Ok(Prepared { set: None, found });
        }
        let set = self.sets.get(self.ranked[place].document)?;
        for candidate in kept {
            let other = self.sets.get(self.ranked[candidate.place].document)?;
            found = self.better(found, candidate.place, jaccard(&set, &other));
        }
        Ok(Prepared { set: Some(set), found })
    }

    /// `found`, or the document at `place` if that reaches the threshold and is more similar, or equally similar and
    /// better ranked.
    fn better(&self, found: Option<Match>, place: usize, similarity: f64) -> Option<Match> {
        let is_worse = found.is_some_and(|found| (found.similarity, place) >= (similarity, found.place));
        if similarity < self.threshold || is_worse { found } else { Some(Match { place, similarity }) }
    }
}

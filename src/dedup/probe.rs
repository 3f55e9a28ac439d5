//! A few documents compared with every other, exactly: which of them a text resembles at the threshold.
//!
//! The few, *probes*, are held in memory; the others come by once, in any order. Most have nothing to do with each other,
//! and that is told without a comparison: a text that reaches the threshold holds so many shingles of a probe that it
//! cannot avoid all of a part of them that is just large enough (prefix filtering: Chaudhuri, Ganti and Kaushik 2006;
//! Bayardo, Ma and Srikant 2007). So only that part stands in an index, the rarest of a probe's shingles, and how many of them are met
//! bounds from above how many there can be in all. Nothing is estimated: what is left is compared by its sets.
//!
//! Unlike the [search](super::search()), it knows no sketches, no buckets and no limits, so it can tell what the search
//! misses. Its time grows with the number of probes times that of texts that share their rarest shingles.

use std::cmp::Ordering;

use super::sets::Shingles;
use crate::config::{DedupConfig, Similarity};

/// A place in rank order: less is better. Ranks themselves are known only while duplicates are decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// See [`claim`](super::claim()).
    pub claim: u128,
    /// The document, by its number in input order.
    pub document: u32,
}

impl Ord for Standing {
    fn cmp(&self, other: &Self) -> Ordering {
        other.claim.cmp(&self.claim).then(self.document.cmp(&other.document))
    }
}

impl PartialOrd for Standing {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

struct Probe {
    standing: Standing,
    set: Shingles,
    /// How many of its shingles stand in the index.
    indexed: usize,
}

/// Documents that others are held against.
pub struct Probes {
    similarity: Similarity,
    threshold: f64,
    probes: Vec<Probe>,
    /// Shingles with the probe they are of, in the order of the shingles.
    index: Vec<(u64, u32)>,
    /// Where those begin in the index whose first `bits` bits are a number; and at last where the index ends.
    starts: Vec<u32>,
    bits: u32,
}

/// What comparing needs room for; it can be used again with the same probes.
#[derive(Default)]
pub struct Scratch {
    /// Of each probe, how many shingles of the index are met.
    met: Vec<u32>,
    touched: Vec<u32>,
}

/// Bits of a shingle by which the rarity of it is guessed.
const RARITY_BITS: u32 = 20;

impl Probes {
    /// Bytes that a probe takes at most, with its share of the index.
    #[must_use]
    pub fn bytes(set: &Shingles) -> usize {
        size_of::<Probe>() + (set.words.len() + set.phrases.len()) * size_of::<u64>() + set.words.len() * 24
    }

    /// Makes an index of these documents for a similarity and its threshold.
    #[must_use]
    pub fn new(documents: Vec<(Standing, Shingles)>, config: &DedupConfig) -> Self {
        // Rarer shingles are met by fewer texts. What is frequent among the probes is so elsewhere; a guess, which costs or
        // saves time and nothing else.
        let slot = |shingle: u64| (shingle >> (u64::BITS - RARITY_BITS)) as usize;
        let mut frequency = vec![0_u32; 1 << RARITY_BITS];
        documents.iter().flat_map(|(_, set)| &set.words).for_each(|shingle| frequency[slot(*shingle)] += 1);
        let mut index = Vec::new();
        let mut rarest = Vec::new();
        let probe = |(number, (standing, set)): (u32, (Standing, Shingles))| {
            let length = set.words.len();
            // So many of its shingles, whichever they are, are not all missing from a text that reaches the threshold.
            let indexed = (length + 1 - least_common(length, config.threshold)).min(length);
            rarest.clear();
            rarest.extend(set.words.iter().map(|&shingle| (frequency[slot(shingle)], shingle)));
            if indexed < length {
                rarest.select_nth_unstable(indexed);
            }
            index.extend(rarest[..indexed].iter().map(|(_, shingle)| (*shingle, number)));
            Probe { standing, set, indexed }
        };
        let probes = (0..).zip(documents).map(probe).collect();
        index.sort_unstable();
        let bits = (index.len() as u64 | 1).ilog2().max(1);
        let mut starts = vec![0; (1 << bits) + 1];
        for (shingle, _) in &index {
            starts[(shingle >> (u64::BITS - bits)) as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        Self { similarity: config.similarity, threshold: config.threshold, probes, index, starts, bits }
    }

    /// The probes that are not as well ranked as a document and reach the threshold with it, by their numbers, in ascending
    /// order; each with its similarity.
    pub fn resembling(&self, document: Standing, set: &Shingles, scratch: &mut Scratch) -> Vec<(u32, f64)> {
        let Scratch { met, touched } = scratch;
        met.resize(self.probes.len(), 0);
        for &shingle in &set.words {
            let slot = (shingle >> (u64::BITS - self.bits)) as usize;
            let equal = &self.index[self.starts[slot] as usize..self.starts[slot + 1] as usize];
            for &(_, probe) in equal.iter().filter(|(indexed, _)| *indexed == shingle) {
                let met = &mut met[probe as usize];
                if *met == 0 {
                    touched.push(probe);
                }
                *met += 1;
            }
        }
        touched.sort_unstable();
        let mut found = Vec::new();
        for number in touched.drain(..) {
            let met = std::mem::take(&mut met[number as usize]) as usize;
            let probe = &self.probes[number as usize];
            let most = met + probe.set.words.len() - probe.indexed;
            if probe.standing > document
                && most >= self.needed(probe.set.words.len(), set.words.len())
                && let Some(similarity) = probe.set.similarity(set, self.similarity, self.threshold)
            {
                found.push((number, similarity));
            }
        }
        found
    }

    /// No more than so many common shingles are needed at least, for sets of these sizes.
    fn needed(&self, own: usize, other: usize) -> usize {
        let needed = match self.similarity {
            Similarity::Jaccard => self.threshold / (1.0 + self.threshold) * (own + other) as f64,
            Similarity::Containment => self.threshold * own as f64,
        };
        needed as usize
    }
}

/// How many shingles of a set of this size another one has at least that reaches the threshold: by either measure all that
/// are common, as a share of at least the size.
fn least_common(length: usize, threshold: f64) -> usize {
    let reaches = |common: usize| common as f64 / length as f64 >= threshold;
    let mut least = (threshold * length as f64) as usize;
    while least < length && !reaches(least) {
        least += 1;
    }
    while least > 0 && reaches(least - 1) {
        least -= 1;
    }
    least
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fingerprint::{containment, jaccard};

    /// A set of shingles spread as hashes are; and of phrases, where there are any.
    fn set() -> impl Strategy<Value = Shingles> {
        let spread = |n: &u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let part = prop::collection::btree_set(0_u64..60, 0..50).prop_map(move |set| {
            let mut set: Vec<u64> = set.iter().map(spread).collect();
            set.sort_unstable();
            set
        });
        let phrases = prop_oneof![3 => Just(Vec::new()), 1 => part.clone()];
        (part, phrases).prop_map(|(words, phrases)| Shingles { words, phrases })
    }

    proptest! {
        #[test]
        fn finds_what_all_comparisons_find(
            sets in prop::collection::vec((set(), 0_u128..4), 1..30),
            threshold in prop_oneof![Just(0.5), Just(0.8), 0.05_f64..=1.0],
            is_jaccard in any::<bool>(),
            probes in 1_usize..30,
        ) {
            let similarity = if is_jaccard { Similarity::Jaccard } else { Similarity::Containment };
            let config = DedupConfig { similarity, threshold, ..DedupConfig::default() };
            let documents: Vec<(Standing, Shingles)> = (0..)
                .zip(&sets)
                .map(|(document, (set, claim))| (Standing { claim: *claim, document }, set.clone()))
                .collect();
            let probed = &documents[..probes.min(documents.len())];
            let index = Probes::new(probed.to_vec(), &config);
            let measure = |a: &Shingles, b: &Shingles| {
                let measure = if is_jaccard { jaccard } else { containment };
                let of = |set: &Shingles| if set.phrases.is_empty() { set.words.clone() } else { set.phrases.clone() };
                measure(&a.words, &b.words).min(measure(&of(a), &of(b)))
            };
            let mut scratch = Scratch::default();
            for (standing, set) in &documents {
                let expected: Vec<(u32, f64)> = (0..)
                    .zip(probed)
                    .filter(|(_, (other, _))| standing < other)
                    .map(|(number, (_, other))| (number, measure(other, set)))
                    .filter(|(_, similarity)| *similarity >= threshold)
                    .collect();
                prop_assert_eq!(index.resembling(*standing, set, &mut scratch), expected);
            }
        }
    }

    #[test]
    fn the_rarest_shingles_stand_in_the_index() {
        // Pages with 85 shingles of a menu and 15 of their own: 21 are indexed, and all of its own are among them.
        let page = |n: u64| {
            let own = (0..15).map(move |i| 1_000_000 + n * 100 + i);
            let mut words: Vec<u64> =
                (0..85).chain(own).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
            words.sort_unstable();
            Shingles { words, phrases: Vec::new() }
        };
        let standing = |n: u64| Standing { claim: 1, document: n as u32 };
        let probes = (0..200).map(|n| (standing(n), page(n))).collect();
        let probes = Probes::new(probes, &DedupConfig::default());
        assert_eq!(probes.index.len(), 200 * 21);
        let different = probes.index.chunk_by(|a, b| a.0 == b.0).count();
        assert!((200 * 15..200 * 15 + 85).contains(&different), "{different}");
        let mut scratch = Scratch::default();
        assert_eq!(probes.resembling(Standing { claim: 2, document: 900 }, &page(900), &mut scratch), []);
        assert!(scratch.touched.is_empty() && scratch.met.iter().all(|met| *met == 0));
    }
}

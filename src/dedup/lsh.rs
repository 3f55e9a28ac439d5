//! Which sketches are worth a comparison: locality-sensitive hashing in bands (Leskovec, Rajaraman and Ullman, *Mining of
//! Massive Datasets*, chapter 3).
//!
//! A sketch is cut into bands of a few values each; documents that agree in a whole band become candidates. Candidates
//! are cheap to reject and expensive to miss, so the bands are chosen for recall. Wrong, by design, once in a
//! thousand pairs that stand exactly at the threshold, and far less often above it.

use crate::fingerprint::{BINS, Sketch};

/// The least probability that two documents at the threshold become candidates.
const RECALL: f64 = 0.999;

/// The probability that an estimate is so low that a pair at the threshold is given up unseen.
const RISK: f64 = 1e-6;

/// Independent bins that would estimate as badly as ours at worst: sets smaller than a sketch borrow values, which was
/// measured to raise the standard deviation up to 1.25-fold (128 / 1.25² = 82).
const WORST_BINS: usize = 80;

/// Ends a chain of members.
const NONE: u32 = u32::MAX;

/// How a sketch is cut: `bands` × `rows` of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Banding {
    /// Number of bands.
    pub bands: usize,
    /// Values in a band.
    pub rows: usize,
}

impl Banding {
    /// The banding with the most rows, and so the fewest false candidates, that still finds a pair at `threshold` with
    /// probability 0.999. Below a threshold of about 0.053 none does; one row a band comes nearest.
    #[must_use]
    pub fn for_threshold(threshold: f64) -> Self {
        (1..=BINS)
            .rev()
            .map(|rows| Self { bands: BINS / rows, rows })
            .find(|banding| banding.probability(threshold) >= RECALL)
            .unwrap_or(Self { bands: BINS, rows: 1 })
    }

    /// The probability 1 − (1 − sʳ)ᵇ that two sets of the given similarity agree in at least one band.
    #[must_use]
    pub fn probability(&self, similarity: f64) -> f64 {
        let [bands, rows] = [self.bands, self.rows].map(|n| n as i32);
        1.0 - (1.0 - similarity.powi(rows)).powi(bands)
    }

    fn band<'s>(&self, sketch: &'s Sketch, band: usize) -> &'s [u32] {
        &sketch.0[band * self.rows..][..self.rows]
    }
}

/// The estimate below which a pair cannot reach `threshold`, save with probability [`RISK`]: a quantile of the binomial
/// distribution, since a multiple of the standard deviation would be too strict near 1.
pub(super) fn lowest_estimate(threshold: f64) -> f64 {
    if threshold >= 1.0 {
        return 1.0;
    }
    let bins = WORST_BINS as f64;
    let mut share = (1.0 - threshold).powi(WORST_BINS as i32);
    let mut below = 0.0;
    for equal in 0..WORST_BINS {
        below += share;
        if below > RISK {
            return equal as f64 / bins;
        }
        let equal = equal as f64;
        share *= (bins - equal) / (equal + 1.0) * threshold / (1.0 - threshold);
    }
    1.0
}

/// The members of an index by band. Members are numbers of the caller's choosing; their sketches stay with the caller.
///
/// A hash map with a list a bucket would take several times the memory of the sketches. Here each band has a table of
/// chain heads, and each member one link a band; the values of a band are compared in the sketches, so no key is stored.
pub(super) struct Index {
    banding: Banding,
    /// Heads in a band.
    slots: usize,
    /// The newest member of each chain, band after band.
    heads: Vec<u32>,
    /// For each member and band, the next older member of the chain.
    links: Vec<u32>,
    members: Vec<u32>,
}

impl Index {
    /// An empty index that is fast up to about `capacity` members.
    pub fn new(banding: Banding, capacity: usize) -> Self {
        let slots = capacity.max(1);
        Self {
            banding,
            slots,
            heads: vec![NONE; slots * banding.bands],
            links: Vec::new(),
            members: Vec::new(),
        }
    }

    /// Forgets all members.
    pub fn clear(&mut self) {
        self.heads.fill(NONE);
        self.links.clear();
        self.members.clear();
    }

    /// Adds a member.
    pub fn insert(&mut self, member: u32, sketch: &Sketch) {
        let newest = self.members.len() as u32;
        for band in 0..self.banding.bands {
            let head = self.head(band, sketch);
            self.links.push(self.heads[head]);
            self.heads[head] = newest;
        }
        self.members.push(member);
    }

    /// Replaces `found` with the members that agree with `sketch` in at least one band, in ascending order. In each band
    /// it looks at the newest `limit` that agree; the result says in how many bands there were more.
    pub fn find<'s>(
        &self,
        sketch: &Sketch,
        sketch_of: impl Fn(u32) -> &'s Sketch,
        limit: usize,
        found: &mut Vec<u32>,
    ) -> usize {
        found.clear();
        let mut cut_off = 0;
        for band in 0..self.banding.bands {
            let wanted = self.banding.band(sketch, band);
            let mut left = limit;
            let mut next = self.heads[self.head(band, sketch)];
            while next != NONE {
                let member = self.members[next as usize];
                if self.banding.band(sketch_of(member), band) == wanted {
                    if left == 0 {
                        cut_off += 1;
                        break;
                    }
                    left -= 1;
                    found.push(member);
                }
                next = self.links[next as usize * self.banding.bands + band];
            }
        }
        found.sort_unstable();
        found.dedup();
        cut_off
    }

    /// Where the chain of a band starts in `heads`.
    fn head(&self, band: usize, sketch: &Sketch) -> usize {
        /// Odd; a product's high half depends on every bit below.
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let values = self.banding.band(sketch, band);
        let hash = values.iter().fold(0, |hash: u64, &value| {
            let product = u128::from(hash ^ u64::from(value) ^ SPREAD) * u128::from(SPREAD);
            product as u64 ^ (product >> 64) as u64
        });
        let slot = (u128::from(hash) * self.slots as u128) >> 64;
        band * self.slots + slot as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_follow_from_the_threshold() {
        for (threshold, bands, rows) in [
            (1.0, 1, 128),
            (0.9, 16, 8),
            (0.8, 25, 5),
            (0.7, 32, 4),
            (0.5, 64, 2),
            (0.1, 128, 1),
            (0.01, 128, 1),
        ] {
            let banding = Banding::for_threshold(threshold);
            assert_eq!(banding, Banding { bands, rows }, "{threshold}");
            assert!(banding.probability(threshold) >= RECALL || threshold < 0.053);
        }
    }

    #[test]
    fn the_lowest_estimate_leaves_room_for_chance() {
        for (threshold, expected) in [(0.5, 0.2375), (0.8, 0.5625), (0.95, 0.8), (0.99, 0.9)] {
            assert_eq!(lowest_estimate(threshold), expected);
            let deviation = f64::sqrt(threshold * (1.0 - threshold) / BINS as f64);
            assert!(expected < threshold - 5.0 * deviation);
        }
        assert_eq!(lowest_estimate(1.0), 1.0);
        assert_eq!(lowest_estimate(0.01), 0.0);
    }

    #[test]
    fn an_index_finds_who_agrees_in_a_band() {
        let sketches: Vec<Sketch> = (0..200_u32)
            .map(|i| Sketch(std::array::from_fn(|bin| (i * 7 + bin as u32 * i % 11) % 3)))
            .collect();
        let banding = Banding { bands: 25, rows: 5 };
        let mut index = Index::new(banding, 10);
        (0_u32..).zip(&sketches).for_each(|(i, sketch)| index.insert(i, sketch));
        let mut found = Vec::new();
        for sketch in &sketches {
            assert_eq!(index.find(sketch, |i| &sketches[i as usize], usize::MAX, &mut found), 0);
            let agrees = |other: &Sketch| (0..25).any(|b| banding.band(sketch, b) == banding.band(other, b));
            let expected: Vec<u32> = (0..200).filter(|&i| agrees(&sketches[i as usize])).collect();
            assert_eq!(found, expected);
        }
        assert!(index.find(&sketches[0], |i| &sketches[i as usize], 1, &mut found) > 0);
    }
}

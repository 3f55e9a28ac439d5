//! MinHash sketches: 512 bytes from which the Jaccard similarity of two shingle sets can be estimated.
//!
//! One permutation, 128 bins (Li, Owen and Zhang 2012): a shingle's hash names a bin and a value, and each bin keeps its
//! smallest value, so a shingle costs one step instead of 128. A bin left empty borrows from the first filled bin in
//! a probe order of its own (optimal densification, Shrivastava 2017), which keeps the estimate unbiased. Wrong by a
//! standard deviation of at most 0.044, and by more for sets with fewer shingles than bins: a sketch proposes, and
//! only the sets decide.

use super::{PROBE_SEED, mix};

/// Values in a sketch.
pub const BINS: usize = 128;

/// Marks a bin without a value; a value that happens to equal it is stored as one less.
const EMPTY: u32 = u32::MAX;

/// A sketch of a set of shingles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sketch(pub [u32; BINS]);

impl Sketch {
    /// The sketch of a set of hashes that are spread evenly over 64 bits, in any order. The sketch of an empty set
    /// equals only that of another.
    #[must_use]
    pub fn of(shingles: &[u64]) -> Self {
        let mut bins = [EMPTY; BINS];
        for shingle in shingles {
            let bin = &mut bins[(shingle >> (u64::BITS - BINS.ilog2())) as usize];
            *bin = (*bin).min((*shingle as u32).min(EMPTY - 1));
        }
        if shingles.is_empty() { Self(bins) } else { Self(densified(&bins)) }
    }

    /// An unbiased estimate of the Jaccard similarity of the two sets, from 0 to 1.
    #[must_use]
    pub fn estimate(&self, other: &Self) -> f64 {
        let equal: u32 = self.0.iter().zip(&other.0).map(|(a, b)| u32::from(a == b)).sum();
        f64::from(equal) / BINS as f64
    }
}

/// Fills the empty bins; at least one must be filled.
fn densified(sparse: &[u32; BINS]) -> [u32; BINS] {
    let mut bins = *sparse;
    for (i, bin) in bins.iter_mut().enumerate().filter(|(_, bin)| **bin == EMPTY) {
        *bin = probes(i).map(|probe| sparse[probe]).find(|&value| value != EMPTY).unwrap_or(EMPTY);
    }
    bins
}

/// An endless sequence of bins, the same for every set, that reaches each of them.
fn probes(bin: usize) -> impl Iterator<Item = usize> {
    (0_u64..).map(move |attempt| mix(PROBE_SEED ^ (bin as u64) << 32 ^ attempt) as usize % BINS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(range: std::ops::Range<u64>) -> Vec<u64> {
        range.map(|x| mix(x.wrapping_add(12_345))).collect()
    }

    #[test]
    fn estimates_are_unbiased_for_large_and_small_sets() {
        for size in [10_u64, 50, 200, 5_000] {
            let rounds = 400;
            let sum: f64 = (0..rounds)
                .map(|round| {
                    let start = round * 100_000;
                    let a = Sketch::of(&set(start..start + size));
                    a.estimate(&Sketch::of(&set(start + size / 10..start + size + size / 10)))
                })
                .sum();
            let expected = 0.9 / 1.1;
            let mean = sum / rounds as f64;
            assert!((mean - expected).abs() < 0.02, "{size} shingles: {mean}, not {expected}");
        }
    }

    #[test]
    fn small_and_empty_sets_have_sketches_too() {
        let one = Sketch::of(&[7]);
        assert_eq!(one.estimate(&one), 1.0);
        assert_eq!(one.estimate(&Sketch::of(&[8])), 0.0);
        assert_eq!(Sketch::of(&[u64::MAX]).estimate(&Sketch::of(&[])), 0.0);
        assert_eq!(Sketch::of(&set(0..100)), Sketch::of(&set(0..100).into_iter().rev().collect::<Vec<_>>()));
    }
}

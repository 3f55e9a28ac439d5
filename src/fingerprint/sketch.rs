//! MinHash sketches: 128 values from which the Jaccard similarity of two shingle sets can be estimated, and 32 bytes that
//! are enough to estimate it roughly.
//!
//! One permutation, 128 bins (Li, Owen and Zhang 2012): a shingle's hash names a bin and a value, and each bin keeps its
//! smallest value, so a shingle costs one step instead of 128. A bin left empty borrows from the first filled bin in
//! a probe order of its own (optimal densification, Shrivastava 2017), which keeps the estimate unbiased. A signature
//! keeps two bits of each value (b-bit minwise hashing, Li and König 2010). Both are wrong by chance, a sketch by a
//! standard deviation of at most 0.044, and by more for sets with fewer shingles than bins: they propose, and only the
//! sets decide.

use super::{PROBE_SEED, mix};

/// Values in a sketch.
pub const BINS: usize = 128;

/// Marks a bin without a value; a value that happens to equal it is stored as one less.
const EMPTY: u32 = u32::MAX;

/// A sketch of a set of shingles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sketch(pub [u32; BINS]);

impl Sketch {
    /// The sketch of a set of hashes that are spread evenly over 64 bits, in any order; one that comes twice counts once.
    /// The sketch of an empty set equals only that of another.
    #[must_use]
    pub fn of(shingles: &[u64]) -> Self {
        let mut bins = [EMPTY; BINS];
        for shingle in shingles {
            let bin = &mut bins[(shingle >> (u64::BITS - BINS.ilog2())) as usize];
            *bin = (*bin).min((*shingle as u32).min(EMPTY - 1));
        }
        if shingles.is_empty() { Self(bins) } else { Self(densified(&bins)) }
    }

    /// Two bits of each value.
    #[must_use]
    pub fn signature(&self) -> Signature {
        let mut words = [0; WORDS];
        for (word, values) in words.iter_mut().zip(self.0.chunks_exact(PER_WORD)) {
            *word = values.iter().fold(0, |word, value| word << 2 | u64::from(value & 3));
        }
        Signature(words)
    }
}

/// Values whose bits share a word of a signature.
const PER_WORD: usize = u64::BITS as usize / 2;
const WORDS: usize = BINS / PER_WORD;

/// Two bits of each value of a sketch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Signature(pub [u64; WORDS]);

impl Signature {
    /// How many of the values agree in their two bits, as a share. Of two sets of similarity s that is
    /// [`Signature::agreement`] of s on average.
    #[must_use]
    pub fn agreeing(&self, other: &Self) -> f64 {
        const LOW: u64 = u64::MAX / 3;
        let differing = |(a, b): (&u64, &u64)| {
            let bits = a ^ b;
            ((bits | bits >> 1) & LOW).count_ones()
        };
        let differing: u32 = self.0.iter().zip(&other.0).map(differing).sum();
        1.0 - f64::from(differing) / BINS as f64
    }

    /// The two bits of a value, from 0 to 3.
    #[must_use]
    pub fn value(&self, value: usize) -> u8 {
        let shift = 2 * (PER_WORD - 1 - value % PER_WORD);
        (self.0[value / PER_WORD] >> shift & 3) as u8
    }

    /// The share of values that are expected to agree at a similarity: values that differ agree in two bits by chance one
    /// time in four.
    #[must_use]
    pub fn agreement(similarity: f64) -> f64 {
        similarity + (1.0 - similarity) / 4.0
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

    /// The share of equal values.
    fn equal(a: &Sketch, b: &Sketch) -> f64 {
        a.0.iter().zip(&b.0).filter(|(a, b)| a == b).count() as f64 / BINS as f64
    }

    #[test]
    fn estimates_are_unbiased_for_large_and_small_sets() {
        for size in [10_u64, 50, 200, 5_000] {
            let rounds = 400;
            let (mut sketches, mut signatures) = (0.0, 0.0);
            for round in 0..rounds {
                let start = round * 100_000;
                let a = Sketch::of(&set(start..start + size));
                let b = Sketch::of(&set(start + size / 10..start + size + size / 10));
                sketches += equal(&a, &b);
                signatures += a.signature().agreeing(&b.signature());
            }
            let similarity = 0.9 / 1.1;
            for (sum, expected) in [(sketches, similarity), (signatures, Signature::agreement(similarity))] {
                let mean = sum / f64::from(rounds as u32);
                assert!((mean - expected).abs() < 0.02, "{size} shingles: {mean}, not {expected}");
            }
        }
    }

    #[test]
    fn a_signature_keeps_two_bits_of_each_value() {
        let sketch = Sketch::of(&set(0..1000));
        let signature = sketch.signature();
        (0..BINS).for_each(|bin| assert_eq!(u32::from(signature.value(bin)), sketch.0[bin] & 3));
    }

    #[test]
    fn small_and_empty_sets_have_sketches_too() {
        let one = Sketch::of(&[7]);
        assert_eq!(equal(&one, &one), 1.0);
        assert_eq!(one.signature().agreeing(&one.signature()), 1.0);
        assert_eq!(equal(&one, &Sketch::of(&[8])), 0.0);
        assert_eq!(equal(&Sketch::of(&[u64::MAX]), &Sketch::of(&[])), 0.0);
        assert_eq!(Sketch::of(&[5, 5, 9]), Sketch::of(&[9, 5]));
        assert_eq!(Sketch::of(&set(0..100)), Sketch::of(&set(0..100).into_iter().rev().collect::<Vec<_>>()));
    }
}

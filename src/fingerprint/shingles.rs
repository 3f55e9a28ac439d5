//! Shingles: hashes of n consecutive words, as a set. Their Jaccard similarity is what "near-duplicate" means.

use super::mix;

/// Base of the polynomial over word hashes: odd, so that no word's bits are lost.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Replaces `out` with the set of hashes of every `n` consecutive words, sorted. Fewer words than `n` are one shingle;
/// no words are none. The hashes are spread evenly over 64 bits.
///
/// `words` are the word hashes of the whole text, block after block: shingles run across the borders of blocks.
/// A shingle is a polynomial in its words, rolled from one to the next in two multiplications whatever `n` is.
pub fn shingle_hashes(words: &[u64], n: usize, out: &mut Vec<u64>) {
    debug_assert!(n > 0);
    out.clear();
    if words.is_empty() {
        return;
    }
    let (first, following) = words.split_at(n.min(words.len()));
    let mut rolling = first.iter().fold(0_u64, |sum, &word| sum.wrapping_mul(BASE).wrapping_add(word));
    let leaving_weight = (0..n).fold(1_u64, |weight, _| weight.wrapping_mul(BASE));
    out.reserve(following.len() + 1);
    out.push(mix(rolling));
    for (&entering, &leaving) in following.iter().zip(words) {
        rolling = rolling
            .wrapping_mul(BASE)
            .wrapping_add(entering)
            .wrapping_sub(leaving.wrapping_mul(leaving_weight));
        out.push(mix(rolling));
    }
}

/// Replaces `out` with the set of shingles, sorted.
pub fn shingle_set(words: &[u64], n: usize, out: &mut Vec<u64>) {
    shingle_hashes(words, n, out);
    out.sort_unstable();
    out.dedup();
}

/// PLACEHOLDER
pub fn jaccard_at_least(a: &[u64], b: &[u64], t: f64) -> Option<f64> {
    Some(jaccard(a, b)).filter(|s| *s >= t)
}

/// PLACEHOLDER
pub fn containment_at_least(a: &[u64], b: &[u64], t: f64) -> Option<f64> {
    let common = a.iter().filter(|x| b.binary_search(x).is_ok()).count();
    Some(common as f64 / a.len() as f64).filter(|s| *s >= t)
}

/// Jaccard similarity of two sorted sets, from 0 to 1. Empty sets resemble nothing.
#[must_use]
pub fn jaccard(a: &[u64], b: &[u64]) -> f64 {
    let (mut i, mut j, mut common) = (0, 0, 0_usize);
    while i < a.len() && j < b.len() {
        let (x, y) = (a[i], b[j]);
        common += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    let union = a.len() + b.len() - common;
    if union == 0 { 0.0 } else { common as f64 / union as f64 }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn shingles(words: &[u64], n: usize) -> Vec<u64> {
        let mut out = vec![7];
        shingle_hashes(words, n, &mut out);
        out
    }

    #[test]
    fn short_texts_are_one_shingle_and_order_counts() {
        assert!(shingles(&[], 5).is_empty());
        assert_eq!(shingles(&[1, 2], 5).len(), 1);
        assert_ne!(shingles(&[1, 2], 5), shingles(&[2, 1], 5));
        assert_eq!(shingles(&[1, 2, 3, 4, 5, 6], 5).len(), 2);
        assert_eq!(shingles(&[1; 50], 5).len(), 1);
        assert_eq!(jaccard(&[], &[]), 0.0);
    }

    proptest! {
        #[test]
        fn similarity_is_that_of_sets_of_windows(
            a in prop::collection::vec(0_u64..3, 1..40), b in prop::collection::vec(0_u64..3, 1..40), n in 1_usize..7
        ) {
            let windows = |words: &[u64]| -> BTreeSet<Vec<u64>> { words.windows(n.min(words.len())).map(<[_]>::to_vec).collect() };
            let hashes = |words: &[u64]| -> Vec<u64> { words.iter().map(|&word| mix(word + 1)).collect() };
            let (x, y) = (windows(&a), windows(&b));
            let expected = x.intersection(&y).count() as f64 / x.union(&y).count() as f64;
            prop_assert_eq!(jaccard(&shingles(&hashes(&a), n), &shingles(&hashes(&b), n)), expected);
        }
    }
}

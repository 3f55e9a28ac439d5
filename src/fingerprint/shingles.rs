//! Shingles: hashes of n consecutive words. The Jaccard similarity of their sets is what "near-duplicate" means.
//!
//! Who only wants to see them all, as a sketch does, takes them as they come; only comparing needs them sorted. Wrong
//! where order is meaningless: a list that was sorted anew resembles its former self in few shingles.

use super::mix;

/// Base of the polynomial over word hashes: odd, so that no word's bits are lost.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Replaces `out` with the hash of every `n` consecutive words, in their order and as often as they occur. Fewer words
/// than `n` are one shingle; no words are none. The hashes are spread evenly over 64 bits.
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
    out.push(mix(rolling));
    out.extend(following.iter().zip(words).map(|(&entering, &leaving)| {
        // Each shingle waits for the one before it, so all that does not need it is added up first.
        let change = entering.wrapping_sub(leaving.wrapping_mul(leaving_weight));
        rolling = rolling.wrapping_mul(BASE).wrapping_add(change);
        mix(rolling)
    }));
}

/// Replaces `out` with the set of [`shingle_hashes`], sorted.
pub fn shingle_set(words: &[u64], n: usize, out: &mut Vec<u64>) {
    shingle_hashes(words, n, out);
    out.sort_unstable();
    out.dedup();
}

/// Jaccard similarity of two sorted sets, from 0 to 1. Empty sets resemble nothing.
#[must_use]
pub fn jaccard(a: &[u64], b: &[u64]) -> f64 {
    common_at_least(a, b, 0).map_or(0.0, |common| similarity(a, b, common))
}

/// [`jaccard`] where it reaches `threshold`, in much less time where it is far from that.
#[must_use]
pub fn jaccard_at_least(a: &[u64], b: &[u64], threshold: f64) -> Option<f64> {
    let guess = threshold * (a.len() + b.len()) as f64 / (1.0 + threshold);
    measure_at_least(a, b, threshold, guess, similarity)
}

/// The share of `a` that is in `b`, both sorted sets, from 0 to 1. Nothing of an empty set is in any other.
#[must_use]
pub fn containment(a: &[u64], b: &[u64]) -> f64 {
    common_at_least(a, b, 0).map_or(0.0, |common| share(a, b, common))
}

/// [`containment`] where it reaches `threshold`, in much less time where it is far from that.
#[must_use]
pub fn containment_at_least(a: &[u64], b: &[u64], threshold: f64) -> Option<f64> {
    measure_at_least(a, b, threshold, threshold * a.len() as f64, share)
}

/// Jaccard similarity of sets with so many common elements.
fn similarity(a: &[u64], b: &[u64], common: usize) -> f64 {
    ratio(common, a.len() + b.len() - common)
}

/// The share of `a` that so many common elements are.
fn share(a: &[u64], _: &[u64], common: usize) -> f64 {
    ratio(common, a.len())
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A measure that rises with the number of common elements, where it reaches `threshold`. `guess` is about how many are
/// needed for that; the measure itself is asked whether it is right, so that rounding divides no two answers.
fn measure_at_least(
    a: &[u64],
    b: &[u64],
    threshold: f64,
    guess: f64,
    measure: fn(&[u64], &[u64], usize) -> f64,
) -> Option<f64> {
    let most = a.len().min(b.len());
    let reaches = |common: usize| measure(a, b, common) >= threshold;
    if !reaches(most) {
        return None;
    }
    let mut needed = (guess as usize).min(most);
    while !reaches(needed) {
        needed += 1;
    }
    while needed > 0 && reaches(needed - 1) {
        needed -= 1;
    }
    common_at_least(a, b, needed).map(|common| measure(a, b, common))
}

/// How many times as large the other set must be for a search in it to be cheaper than a merge.
const SEARCH_FROM: usize = 16;

/// The number of common elements of two sorted sets, unless it is less than `needed`.
fn common_at_least(a: &[u64], b: &[u64], needed: usize) -> Option<usize> {
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if few.len() < many.len() / SEARCH_FROM { searched(few, many, needed) } else { merged(few, many, needed) }
}

/// Steps of a merge between two looks at whether it is still worth while.
const STEPS: usize = 16;

fn merged(a: &[u64], b: &[u64], needed: usize) -> Option<usize> {
    // Each step of a merge waits for the one before it. The lower and the upper half of all hashes do not wait for each
    // other, so both are merged at once.
    let middle = |set: &[u64]| set.partition_point(|hash| *hash < 1 << 63);
    let ((a_low, a_high), (b_low, b_high)) = (a.split_at(middle(a)), b.split_at(middle(b)));
    let (mut low, mut high) = (Merge::new(a_low, b_low), Merge::new(a_high, b_high));
    let mut common = 0;
    loop {
        let most_left = low.most_left() + high.most_left();
        if common + most_left < needed {
            return None;
        }
        if most_left == 0 {
            return Some(common);
        }
        for _ in 0..STEPS {
            common += low.step() + high.step();
        }
    }
}

/// Two sorted sets that are merged, and how far that has come in each.
struct Merge<'a> {
    a: &'a [u64],
    b: &'a [u64],
    i: usize,
    j: usize,
}

impl<'a> Merge<'a> {
    fn new(a: &'a [u64], b: &'a [u64]) -> Self {
        Self { a, b, i: 0, j: 0 }
    }

    /// No more common elements can follow.
    fn most_left(&self) -> usize {
        (self.a.len() - self.i).min(self.b.len() - self.j)
    }

    /// Passes over the least element; 1 if both sets have it.
    #[inline]
    fn step(&mut self) -> usize {
        let (Some(&x), Some(&y)) = (self.a.get(self.i), self.b.get(self.j)) else { return 0 };
        // Which of the two is less cannot be predicted, so nothing branches on it.
        self.i += usize::from(x <= y);
        self.j += usize::from(y <= x);
        usize::from(x == y)
    }
}

/// Looks for each of `few` in what is left of `many`, in strides that double until they are too long.
fn searched(few: &[u64], mut many: &[u64], needed: usize) -> Option<usize> {
    let mut common = 0;
    for (i, hash) in few.iter().enumerate() {
        if common + few.len() - i < needed {
            return None;
        }
        let mut stride = 1;
        while many.get(stride).is_some_and(|other| other < hash) {
            stride *= 2;
        }
        let within = &many[..many.len().min(stride + 1)];
        many = &many[within.partition_point(|other| other < hash)..];
        common += usize::from(many.first() == Some(hash));
    }
    (common >= needed).then_some(common)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn shingles(words: &[u64], n: usize) -> Vec<u64> {
        let mut out = vec![7];
        shingle_set(words, n, &mut out);
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
        assert_eq!(containment(&[], &[1]), 0.0);
    }

    #[test]
    fn a_threshold_is_reached_when_it_is_met_exactly() {
        // 40 common elements of 50.
        let (a, b): (Vec<u64>, Vec<u64>) = ((0..45).collect(), (5..50).collect());
        assert_eq!(jaccard_at_least(&a, &b, 0.8), Some(0.8));
        assert_eq!(jaccard_at_least(&a, &b, 0.8_f64.next_up()), None);
        assert_eq!(containment_at_least(&a, &b, 40.0 / 45.0), Some(40.0 / 45.0));
        assert_eq!(containment_at_least(&a, &b, (40.0_f64 / 45.0).next_up()), None);
        assert_eq!(jaccard_at_least(&[], &[], 0.0), Some(0.0));
        assert_eq!(jaccard_at_least(&a, &b, f64::NAN), None);
    }

    /// A sorted set of some of `bound` numbers that are spread over all there are.
    fn set(bound: u64) -> impl Strategy<Value = Vec<u64>> {
        prop::collection::btree_set(0..bound, 0..120)
            .prop_map(move |set| set.into_iter().map(|n| n * (u64::MAX / bound)).collect())
    }

    proptest! {
        #[test]
        fn hashes_in_their_order_are_those_of_the_windows(words in prop::collection::vec(0_u64..4, 1..40), n in 1_usize..7) {
            let mut out = vec![7];
            shingle_hashes(&words, n, &mut out);
            let alone = |window: &[u64]| shingles(window, n)[0];
            prop_assert_eq!(out, words.windows(n.min(words.len())).map(alone).collect::<Vec<_>>());
        }

        #[test]
        fn similarity_is_that_of_sets_of_windows(
            a in prop::collection::vec(0_u64..3, 1..40), b in prop::collection::vec(0_u64..3, 1..40), n in 1_usize..7
        ) {
            let windows = |words: &[u64]| -> BTreeSet<Vec<u64>> { words.windows(n.min(words.len())).map(<[_]>::to_vec).collect() };
            let hashes = |words: &[u64]| -> Vec<u64> { words.iter().map(|&word| mix(word + 1)).collect() };
            let (x, y) = (windows(&a), windows(&b));
            let common = x.intersection(&y).count() as f64;
            let (a, b) = (shingles(&hashes(&a), n), shingles(&hashes(&b), n));
            prop_assert_eq!(jaccard(&a, &b), common / x.union(&y).count() as f64);
            prop_assert_eq!(containment(&a, &b), common / x.len() as f64);
        }

        #[test]
        fn searching_and_merging_count_what_is_common(few in set(150), many in set(150), needed in 0_usize..30) {
            let sets = [&few, &many].map(|set| set.iter().collect::<BTreeSet<_>>());
            let common = Some(sets[0].intersection(&sets[1]).count()).filter(|common| *common >= needed);
            prop_assert_eq!(merged(&few, &many, needed), common);
            prop_assert_eq!(searched(&few, &many, needed), common);
        }

        #[test]
        fn at_least_is_the_measure_compared(a in set(150), b in set(150), part in 0_u32..=60, whole in 1_u32..=60) {
            for (measure, at_least) in [
                (jaccard as fn(&[u64], &[u64]) -> f64, jaccard_at_least as fn(&[u64], &[u64], f64) -> Option<f64>),
                (containment, containment_at_least),
            ] {
                let exact = measure(&a, &b);
                for threshold in [f64::from(part) / f64::from(whole), exact, exact.next_up(), exact.next_down()] {
                    prop_assert_eq!(at_least(&a, &b, threshold), Some(exact).filter(|&exact| exact >= threshold));
                }
            }
        }
    }
}

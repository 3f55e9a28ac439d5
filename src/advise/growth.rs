//! From what a sample holds to what the whole holds, for counts that are not in proportion to it.
//!
//! In a sample of which every document is with probability p, a pair is with probability p². So if all copies came in
//! pairs, a count a document would grow in proportion to p. If they all came from a few templates, each document of the
//! sample would have met its template already, and the count a document would not grow at all. A corpus holds both and
//! all between. How steeply the count grows is read from the sample itself: the same search in halves of it.
//!
//! Families of s copies, of which all but one go, give N (p − (1 − (1 − p)ˢ) / s) in a sample of N p documents. The one s
//! that explains how much more the sample holds than its halves is taken for all of them, and says how much more the whole
//! holds. That is right where all families are of one size. Of families of many sizes it is a mean that leans towards the
//! large ones, so the bounds are what pairs and what templates would have given on the way from here.
//!
//! Wrong where families are as large as the sample can hardly show: of a family of 30 a hundredth sample holds mostly
//! one.

use serde::Serialize;

/// An estimate with its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The likely value.
    pub likely: f64,
    /// It is hardly less.
    pub low: f64,
    /// It is hardly more.
    pub high: f64,
}

impl Estimate {
    /// Of what was counted.
    #[must_use]
    pub fn exact(value: f64) -> Self {
        Self { likely: value, low: value, high: value }
    }

    /// Of what is known to a share of itself.
    #[must_use]
    pub fn within(likely: f64, share: f64) -> Self {
        Self { likely, low: likely / (1.0 + share), high: likely * (1.0 + share) }
    }

    /// The same for so many times as much.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self { likely: self.likely * factor, low: self.low * factor, high: self.high * factor }
    }

    /// The same and so many more that were counted.
    #[must_use]
    pub fn plus(self, more: f64) -> Self {
        Self { likely: self.likely + more, low: self.low + more, high: self.high + more }
    }

    /// The same, where it cannot be more than `most`.
    #[must_use]
    pub fn at_most(self, most: f64) -> Self {
        let Self { likely, low, high } = self;
        Self { likely: likely.min(most), low: low.min(most), high: high.min(most) }
    }

    /// Whether the bounds are so far apart that the likely value may be wrong by more than half.
    #[must_use]
    pub fn is_shaky(self) -> bool {
        self.high > TRUSTED * self.likely || self.likely > TRUSTED * self.low
    }
}

/// How far an estimate may be from its bounds to be trusted.
const TRUSTED: f64 = 1.5;

/// Of fewer things seen, chance decides too much: twice the deviation of this count is a half of it.
const FEW: f64 = 16.0;

/// So many more, in the halves together, are taken to have been seen and to be of pairs: a few things seen must not pass
/// for a template because chance put them together.
const PRIOR: f64 = 4.0;

/// A count in a sample, and in its halves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// The share of the documents that the sample holds, above 0 and at most 1.
    pub share: f64,
    /// The count in the sample.
    pub whole: f64,
    /// The sum of the counts in the two halves of the sample.
    pub halves: f64,
}

impl Growth {
    /// The count in all, which has `scale` times as many documents as the sample.
    #[must_use]
    pub fn in_all(self, scale: f64) -> Estimate {
        let Self { share, whole, halves } = self;
        if share >= 1.0 {
            return Estimate::exact(whole);
        }
        if whole == 0.0 {
            // With nothing seen, three may have been missed by chance (with probability 0.05), and each stands for 1/p².
            return Estimate { likely: 0.0, low: 0.0, high: 3.0 * scale / share };
        }
        // What the halves together hold beyond the whole comes once in any search, however large, and is not multiplied.
        let once = (halves - whole).clamp(0.0, whole);
        let (whole, halves) = (whole - once, halves - 2.0 * once);
        let ratio = ((whole + 2.0 * PRIOR) / (halves + PRIOR)).clamp(1.0, 2.0);
        // One curve goes on as steeply as it came, one levels off as p / (p + k).
        let power = share.powf(-ratio.log2());
        let levelling = if ratio > 2.0 - 1e-9 {
            share.recip()
        } else {
            let k = share * (ratio - 1.0) / (2.0 - ratio);
            (share + k) / (share * (1.0 + k))
        };
        let likely = more_in_all(share, ratio) * share;
        let chance = 1.0 + 2.0 / whole.max(1.0).sqrt();
        let count = whole * scale;
        Estimate {
            likely: count * likely,
            low: count * levelling.min(likely) / chance,
            high: count * power.max(likely) * if whole < FEW { chance * chance } else { chance },
        }
        .plus(once)
    }
}

/// What families of `size` hold beyond their first copies in a sample of share `p`, a document of the whole.
fn beyond_the_first(size: f64, p: f64) -> f64 {
    p + ((size * (-p).ln_1p()).exp_m1()) / size
}

/// How many times as much the whole holds as a sample of share `p`, if that holds `ratio` times as much as its halves: by
/// the size of families that explains it.
fn more_in_all(p: f64, ratio: f64) -> f64 {
    let grown = |size: f64| beyond_the_first(size, p) / (2.0 * beyond_the_first(size, p / 2.0));
    // The larger families are, the less the sample holds beyond its halves; larger ones than this are templates.
    let (mut low, mut high) = (2.0_f64, 1e12_f64);
    for _ in 0..100 {
        let middle = (low * high).sqrt();
        if grown(middle) > ratio { low = middle } else { high = middle }
    }
    (1.0 - 1.0 / low) / beyond_the_first(low, p)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a sample of a tenth and its halves hold, on average, of families of `size` with so many documents in all,
    /// where each document but the first of its family makes one pair.
    fn family(documents: f64, size: i32, share: f64) -> Growth {
        // Members in the sample less the families that have any.
        let pairs = |p: f64| documents * p - documents / f64::from(size) * (1.0 - (1.0 - p).powi(size));
        Growth { share, whole: pairs(share), halves: 2.0 * pairs(share / 2.0) }
    }

    #[test]
    fn families_of_one_size_come_out_exactly() {
        for size in [2, 3, 5, 30, 1000] {
            let documents = 1e6;
            let truth = documents - documents / f64::from(size);
            let found = family(documents, size, 0.1).in_all(10.0);
            let ratio = found.likely / truth;
            assert!((0.98..1.02).contains(&ratio), "families of {size}: {ratio}");
            assert!(found.low <= found.likely && found.likely <= found.high);
        }
    }

    #[test]
    fn what_comes_once_in_any_search_is_not_multiplied() {
        let found = Growth { share: 0.1, whole: 2000.0 + 300.0, halves: 2.0 * 2000.0 + 300.0 };
        assert!((found.in_all(10.0).likely - 5000.0).abs() < 100.0, "{found:?}");
    }

    #[test]
    fn the_whole_needs_no_estimate_and_nothing_seen_says_little() {
        let all = Growth { share: 1.0, whole: 7.0, halves: 3.0 }.in_all(1.0);
        assert_eq!((all, all.is_shaky()), (Estimate::exact(7.0), false));
        let none = Growth { share: 0.1, whole: 0.0, halves: 0.0 }.in_all(10.0);
        assert_eq!((none.likely, none.high), (0.0, 300.0));
        assert!(none.is_shaky());
    }

    proptest! {
        #[test]
        fn the_bounds_hold_the_estimate(share in 1e-6..1.0f64, whole in 0.0..1e9f64, part in 0.0..3.0f64) {
            let found = Growth { share, whole, halves: whole * part }.in_all(1.0 / share);
            prop_assert!(found.low.is_finite() && found.high.is_finite() && found.low >= 0.0);
            prop_assert!(found.low <= found.likely * (1.0 + 1e-9) && found.likely <= found.high * (1.0 + 1e-9));
        }
    }
}

//! From what a sample holds to what the whole holds, for counts that are not in proportion to it.
//!
//! In a sample of which every document is with probability p, a pair is with probability p². So if all copies came in
//! pairs, a count a document would grow in proportion to p. If they all came from a few templates, each document of the
//! sample would have met its template already, and the count a document would not grow at all. A corpus holds both and
//! all between. How steeply the count grows is read from the sample itself: the same search in halves of it.
//!
//! Two curves are laid through what the sample and its halves gave. One goes on as steeply as it came (a power of p), the
//! other levels off as the search meets all there is to meet (p / (p + k)). They agree where all are pairs and where all
//! are templates. Between, corpora have done what lies between them, so they are bounds, and the likely value is a
//! geometric mean, in which one weighs more than the other ([`Course`]).
//!
//! Wrong where families are as large as the sample can hardly show: of a family of 30 a hundredth sample holds mostly
//! one. Then both curves may be too high or too low. Where all families are of one size, such as 30, copies are estimated
//! up to twice too high.

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

/// Which of the two curves a count keeps nearer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// The one that goes on. Copies come in families of every size, and a larger sample shows smaller ones.
    Steep,
    /// The one that levels off. Candidates come mostly of what large families of pages have in common, a menu for example,
    /// and of those in a bucket only the last few are looked at.
    Level,
}

impl Course {
    /// The weight of the steep curve.
    fn steepness(self) -> f64 {
        match self {
            Self::Steep => 0.75,
            Self::Level => 0.25,
        }
    }
}

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
    pub fn in_all(self, scale: f64, course: Course) -> Estimate {
        let Self { share, whole, halves } = self;
        if share >= 1.0 {
            return Estimate::exact(whole);
        }
        if whole == 0.0 {
            // With nothing seen, three may have been missed by chance (with probability 0.05), and each stands for 1/p².
            return Estimate { likely: 0.0, low: 0.0, high: 3.0 * scale / share };
        }
        let ratio = ((whole + 2.0 * PRIOR) / (halves + PRIOR)).min(2.0);
        if ratio < 1.0 {
            // More in the halves than in the whole: some of it comes once in any search, whatever its size, such as the
            // pairs that the search looks at while a template is still new to it.
            let once = (halves - whole).clamp(0.0, whole);
            return Estimate::within(once + (whole - once) * scale, 2.0 / whole.sqrt());
        }
        let power = share.powf(-ratio.log2());
        // k from p/(p+k) at p and p/2. At a ratio of 2 it has no end, and the curve is a straight line.
        let levelling = if ratio > 2.0 - 1e-9 {
            share.recip()
        } else {
            let k = share * (ratio - 1.0) / (2.0 - ratio);
            (share + k) / (share * (1.0 + k))
        };
        let chance = 1.0 + 2.0 / whole.sqrt();
        let count = whole * scale;
        Estimate {
            likely: count * power.powf(course.steepness()) * levelling.powf(1.0 - course.steepness()),
            low: count * levelling / chance,
            high: count * power * if whole < FEW { chance * chance } else { chance },
        }
    }
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
    fn pairs_and_templates_come_out_exactly_and_what_is_between_within_a_factor() {
        for (size, least, most) in [(2, 0.95, 1.05), (5, 0.67, 1.75), (30, 0.67, 2.0), (1000, 0.9, 1.1)] {
            let documents = 1e6;
            let truth = documents - documents / f64::from(size);
            let found = family(documents, size, 0.1).in_all(10.0, Course::Steep);
            let ratio = found.likely / truth;
            assert!((least..most).contains(&ratio), "families of {size}: {ratio}");
            assert!(found.low <= found.likely && found.likely <= found.high);
        }
    }

    #[test]
    fn what_comes_once_in_any_search_is_not_multiplied() {
        let found = Growth { share: 0.1, whole: 2000.0 + 300.0, halves: 2.0 * 2000.0 + 300.0 };
        assert_eq!(found.in_all(10.0, Course::Level).likely, 5000.0);
    }

    #[test]
    fn the_whole_needs_no_estimate_and_nothing_seen_says_little() {
        let all = Growth { share: 1.0, whole: 7.0, halves: 3.0 }.in_all(1.0, Course::Level);
        assert_eq!((all, all.is_shaky()), (Estimate::exact(7.0), false));
        let none = Growth { share: 0.1, whole: 0.0, halves: 0.0 }.in_all(10.0, Course::Level);
        assert_eq!((none.likely, none.high), (0.0, 300.0));
        assert!(none.is_shaky());
    }

    proptest! {
        #[test]
        fn the_bounds_hold_the_estimate(share in 1e-6..1.0f64, whole in 0.0..1e9f64, part in 0.0..3.0f64) {
            let found = Growth { share, whole, halves: whole * part }.in_all(1.0 / share, Course::Steep);
            prop_assert!(found.low.is_finite() && found.high.is_finite() && found.low >= 0.0);
            prop_assert!(found.low <= found.likely * (1.0 + 1e-9) && found.likely <= found.high * (1.0 + 1e-9));
        }
    }
}

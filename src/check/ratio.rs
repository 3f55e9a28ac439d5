//! The share of text that is of some kind, from documents drawn by chance.
//!
//! The share is one of bytes, and documents are what is drawn: so it is a ratio of two sums, and its error is that of the ratio
//! estimator, linearised (Cochran, *Sampling Techniques*, 1977, chapter 6), with two standard errors to each side and the
//! correction for what is drawn without replacement. Of few finds that is too narrow above; there the limit is that of the
//! share of documents with any, times how much of their text it is.
//!
//! When it is wrong: with few documents, or where one holds most of the text, the limits are too narrow.

use crate::report::Interval;

/// Standard errors to each side that hold 95 %, where they are estimated from `n` documents: Student's quantile by its expansion
/// about the normal one (Abramowitz and Stegun, 26.7.5), which is small for less than four.
fn errors(n: f64) -> f64 {
    const Z: f64 = 1.96;
    let freedom = n - 1.0;
    Z + (Z.powi(3) + Z) / (4.0 * freedom)
        + (5.0 * Z.powi(5) + 16.0 * Z.powi(3) + 3.0 * Z) / (96.0 * freedom * freedom)
}

/// Sums over the documents that were looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ratio {
    documents: u64,
    found: u64,
    part: u64,
    whole: u64,
    /// Bytes of the documents that have any of the kind.
    affected: u64,
    squares: (f64, f64, f64),
}

impl Ratio {
    /// Adds a document of `whole` bytes, of which `part` are of the kind.
    pub fn add(&mut self, part: u64, whole: u64) {
        self.documents += 1;
        self.found += u64::from(part > 0);
        self.part += part;
        self.whole += whole;
        self.affected += if part > 0 { whole } else { 0 };
        let (y, x) = (part as f64, whole as f64);
        self.squares.0 += y * y;
        self.squares.1 += x * y;
        self.squares.2 += x * x;
    }

    /// Bytes of the kind, and all.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        (self.part, self.whole)
    }

    /// The share in all of `documents`.
    #[must_use]
    pub fn share(&self, documents: u64) -> Interval {
        if self.whole == 0 {
            let high = if self.documents < documents { 1.0 } else { 0.0 };
            return Interval { estimate: 0.0, low: 0.0, high };
        }
        let estimate = self.part as f64 / self.whole as f64;
        if self.documents >= documents {
            return Interval { estimate, low: estimate, high: estimate };
        }
        if self.documents < 2 {
            // How documents differ is not known from one.
            return Interval { estimate, low: 0.0, high: 1.0 };
        }
        let n = self.documents as f64;
        let (yy, xy, xx) = self.squares;
        // The sum of the squared distances of each part from its share of the whole.
        let squares = (yy - 2.0 * estimate * xy + estimate * estimate * xx).max(0.0);
        let drawn = n / documents as f64;
        let mean = self.whole as f64 / n;
        let error = ((1.0 - drawn) * squares / (n * (n - 1.0))).sqrt() / mean;
        // A few finds say little of how their sizes scatter. How many documents have any is known better, and so is what
        // would not have been found at all.
        let documents_at_most =
            |found| Interval::of(documents, self.documents, found).high / documents as f64;
        let of_affected = self.part as f64 / self.affected.max(1) as f64;
        let rare = documents_at_most(0).max(documents_at_most(self.found) * of_affected);
        Interval {
            estimate,
            low: (estimate - errors(n) * error).max(0.0),
            high: (estimate + errors(n) * error).max(rare).min(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold_the_truth_as_often_as_they_promise() {
        // A fixed stream of numbers that look like chance.
        let mut state = 7_u64;
        let mut below = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        for (one_in, least) in [(3, 372), (100, 360), (500, 360)] {
            let corpus: Vec<(u64, u64)> = (0..5000)
                .map(|_| {
                    let whole = 200 + below(4000);
                    (if below(one_in) == 0 { below(whole) } else { 0 }, whole)
                })
                .collect();
            let sum = |of: fn(&(u64, u64)) -> u64| corpus.iter().map(of).sum::<u64>() as f64;
            let truth = sum(|d| d.0) / sum(|d| d.1);
            let held = (0..400).filter(|_| {
                let mut ratio = Ratio::default();
                let mut left = corpus.clone();
                for _ in 0..300 {
                    let (part, whole) = left.swap_remove(below(left.len() as u64) as usize);
                    ratio.add(part, whole);
                }
                let share = ratio.share(5000);
                (share.low..=share.high).contains(&truth)
            });
            let held = held.count();
            assert!(held >= least, "one in {one_in}: {held} of 400");
        }
    }

    #[test]
    fn what_was_looked_at_whole_is_known_and_nothing_says_nothing() {
        let mut ratio = Ratio::default();
        assert_eq!(ratio.share(10), Interval { estimate: 0.0, low: 0.0, high: 1.0 });
        ratio.add(0, 50);
        let some = ratio.share(10);
        assert!(some.estimate == 0.0 && some.high > 0.5, "{some:?}");
        assert!((errors(10.0) - 2.262).abs() < 0.01 && (errors(5.0) - 2.776).abs() < 0.05);
        ratio.add(25, 50);
        assert_eq!(ratio.share(2), Interval { estimate: 0.25, low: 0.25, high: 0.25 });
    }
}

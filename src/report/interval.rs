//! What a sample says of all, with limits that are right also where the sample found nothing.
//!
//! In one stratum, of a known number of documents, some are drawn without replacement and checked. The limits of how many of
//! all have what was looked for are exact: the least and the greatest number under which so few or so many finds have a
//! probability above 2.5 % each by the hypergeometric distribution (Wright, *Exact Confidence Bounds when Sampling from
//! Small Finite Universes*, 1991). A stratum that was checked whole leaves nothing open. Strata are added up by the distances
//! of their limits from their estimates, squared (MOVER: Zou and Donner 2008, *Statistics in Medicine* 27): exact for one
//! stratum, and a little too wide for several.
//!
//! When it is wrong: it promises 95 % over the draws and not for the one that was made.

use std::ops::Add;

/// The probability of limits that do not hold the truth, on each side.
const RISK: f64 = 0.025;

/// The probability that both limits together promise.
pub const CONFIDENCE: f64 = 1.0 - 2.0 * RISK;

/// A number with the limits that hold it.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct Interval {
    /// The likeliest value.
    pub estimate: f64,
    /// It is at least so much.
    pub low: f64,
    /// And at most so much.
    pub high: f64,
}

impl Interval {
    /// How many of `all` there are, when `found` of the `checked` are. Nothing is known of `all` where nothing was checked.
    #[must_use]
    pub fn of(all: u64, checked: u64, found: u64) -> Self {
        if checked == 0 {
            return Self { estimate: 0.0, low: 0.0, high: all as f64 };
        }
        let estimate = all as f64 * found as f64 / checked as f64;
        // As many of all as were found in the sample at least, and all but the others in it at most.
        let (least, most) = (found, all - (checked - found));
        let enough = |marked: u64| at_least(all, marked, checked, found) > RISK;
        let few = |marked: u64| at_least(all, all - marked, checked, checked - found) > RISK;
        let low = first(least, most, enough);
        let high = most - first(0, most - least, |less| few(most - less));
        Self { estimate, low: low as f64, high: high as f64 }
    }
}

impl Add for Interval {
    type Output = Self;

    /// The sum of two numbers that are estimated by themselves.
    fn add(self, other: Self) -> Self {
        let estimate = self.estimate + other.estimate;
        let low = f64::hypot(self.estimate - self.low, other.estimate - other.low);
        let high = f64::hypot(self.high - self.estimate, other.high - other.estimate);
        // Less than the least and more than the most of both it cannot be.
        Self {
            estimate,
            low: (estimate - low).max(self.low + other.low),
            high: (estimate + high).min(self.high + other.high),
        }
    }
}

/// The first of the numbers from `start` to `end` that holds, if from there on all do; `end` where none does.
fn first(start: u64, end: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (start, end);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// The probability that of `checked`, drawn from `all` of which `marked` are marked, `found` or more are marked.
fn at_least(all: u64, marked: u64, checked: u64, found: u64) -> f64 {
    /// Terms so much smaller than the largest one add nothing.
    const NOTHING: f64 = 1e-18;
    let (least, most) = (checked.saturating_sub(all - marked), checked.min(marked));
    let likeliest = (u128::from(checked + 1) * u128::from(marked + 1) / u128::from(all + 2)) as u64;
    let likeliest = likeliest.clamp(least, most);
    // The probability of one more, as a multiple.
    let rise = |n: u64| {
        (marked - n) as f64 * (checked - n) as f64
            / ((n + 1) as f64 * (all + n + 1 - marked - checked) as f64)
    };
    let (mut sum, mut above) = (0.0, 0.0);
    let mut add = |n: u64, weight: f64| {
        sum += weight;
        above += if n >= found { weight } else { 0.0 };
    };
    // Relative to the likeliest number, so that no factorial is needed.
    add(likeliest, 1.0);
    let (mut n, mut weight) = (likeliest, 1.0);
    while n < most && weight > NOTHING {
        weight *= rise(n);
        n += 1;
        add(n, weight);
    }
    (n, weight) = (likeliest, 1.0);
    while n > least && weight > NOTHING {
        n -= 1;
        weight /= rise(n);
        add(n, weight);
    }
    above / sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_those_of_counting() {
        // Of ten, four marked, three drawn: 36 of 120 ways have two marked, 4 have three.
        assert!((at_least(10, 4, 3, 2) - 40.0 / 120.0).abs() < 1e-12);
        assert!((at_least(10, 4, 3, 0) - 1.0).abs() < 1e-12);
        assert_eq!(at_least(10, 4, 3, 4), 0.0);
        assert_eq!(at_least(10, 10, 3, 3), 1.0);
        assert_eq!(at_least(10, 0, 3, 1), 0.0);
    }

    #[test]
    fn a_sample_without_finds_bounds_what_there_may_be() {
        // The rule of three, for two sides: 1 - 0.025^(1/n) of a very large number, 3.69 / n.
        let none = Interval::of(1_000_000_000, 1000, 0);
        assert_eq!((none.estimate, none.low), (0.0, 0.0));
        assert!((none.high / 1e9 - 0.003_682).abs() < 1e-5, "{none:?}");
        let all = Interval::of(1_000_000_000, 1000, 1000);
        assert_eq!((all.estimate, all.high), (1e9, 1e9));
        assert!((all.low + none.high - 1e9).abs() < 2.0, "{all:?}");
        // Of ten in a hundred: Clopper and Pearson say 0.0490 to 0.1762.
        let some = Interval::of(1_000_000_000, 100, 10);
        assert!(
            (some.low / 1e9 - 0.0490).abs() < 1e-4 && (some.high / 1e9 - 0.1762).abs() < 1e-4,
            "{some:?}"
        );
    }

    #[test]
    fn what_was_checked_whole_is_known_and_what_was_not_is_open() {
        assert_eq!(Interval::of(40, 40, 3), Interval { estimate: 3.0, low: 3.0, high: 3.0 });
        assert_eq!(Interval::of(40, 0, 0), Interval { estimate: 0.0, low: 0.0, high: 40.0 });
        assert_eq!(Interval::of(0, 0, 0), Interval::default());
        let known = Interval::of(40, 40, 3);
        let open = Interval::of(5000, 100, 2);
        let both = known + open;
        assert_eq!((both.estimate, both.low), (open.estimate + 3.0, open.low + 3.0));
        assert_eq!(both.high, open.high + 3.0);
    }

    /// Pseudo-random numbers below a bound.
    struct Random(u64);

    impl Random {
        fn below(&mut self, bound: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % bound
        }

        /// How many marked ones a draw without replacement holds.
        fn draw(&mut self, all: u64, marked: u64, checked: u64) -> u64 {
            (0..checked).fold(0, |found, drawn| found + u64::from(self.below(all - drawn) < marked - found))
        }
    }

    #[test]
    fn intervals_over_strata_hold_the_truth_as_often_as_they_promise() {
        // Documents, marked and checked ones, a stratum each.
        let worlds: [&[(u64, u64, u64)]; 6] = [
            &[(400, 300, 60), (900, 90, 60), (5000, 5, 100), (40_000, 8, 400)],
            &[(400, 4, 60), (900, 0, 60), (5000, 0, 100), (40_000, 100, 400)],
            &[(50, 10, 50), (300, 3, 100), (2000, 20, 300)],
            &[(1000, 999, 200), (1000, 1, 200)],
            &[(20_000, 70, 1000), (20_000, 70, 1000), (20_000, 70, 1000)],
            &[(3000, 0, 100), (3000, 1500, 100)],
        ];
        let mut random = Random(7);
        for world in worlds {
            let truth: u64 = world.iter().map(|(_, marked, _)| marked).sum();
            let rounds = 1000;
            let held = (0..rounds)
                .filter(|_| {
                    let found = world.iter().map(|&(all, marked, checked)| {
                        Interval::of(all, checked, random.draw(all, marked, checked))
                    });
                    let sum = found.reduce(Interval::add).unwrap();
                    (sum.low..=sum.high).contains(&(truth as f64))
                })
                .count();
            assert!(held >= 945, "{world:?}: {held} of {rounds}");
        }
    }
}

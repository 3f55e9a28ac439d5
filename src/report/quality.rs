//! How many near-duplicates were found, and how many of those were any: estimated from a sample that was checked exactly.
//!
//! *Recall*: of the documents that a kept, better-ranked document resembles at the threshold or above it, the share that was
//! dropped as near-duplicates. *Precision*: of the documents dropped as near-duplicates, the share whose named document is
//! kept and reaches the threshold. Both on shingle sets made anew from the texts. Documents dropped for an equal main text
//! count in neither.
//!
//! When it is wrong: limits promise 95 % over the draws, so one run in twenty may lie outside of them.

use serde::{Serialize, Serializer};

use super::interval::{CONFIDENCE, Interval};

/// Version of the `quality` object. It grows when a key changes its meaning or goes away.
const VERSION: u32 = 1;

/// Missed documents that are named; the others are counted.
pub const NAMED_MISSED: usize = 3;

/// From which documents a stratum is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Dropped as near-duplicates.
    Dropped,
    /// Kept.
    Kept,
}

/// Documents of which some were checked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stratum {
    /// What became of them.
    pub fate: Fate,
    /// The estimated Jaccard similarity of the most similar better-ranked kept document that a look at the sketches has
    /// shown, from so much; 0 where it has shown none. Nothing for dropped ones.
    pub from: Option<f64>,
    /// And up to less than so much; 1 is included.
    pub to: Option<f64>,
    /// How many there are.
    pub documents: u64,
    /// How many were compared with every kept document.
    pub checked: u64,
    /// How many of those a kept, better-ranked document resembles.
    pub resembling: u64,
    /// Of how many that is so of the document that they were dropped for. Nothing for kept ones.
    pub confirmed: Option<u64>,
}

/// A document that should have gone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missed {
    /// Its id.
    pub id: String,
    /// The id of the kept document that it resembles the most.
    pub resembles: String,
    /// How similar they are, from 0 to 1.
    pub similarity: f64,
}

/// What the meter found.
#[derive(Debug, Clone, PartialEq)]
pub struct Quality {
    /// How many documents were to be checked.
    pub sample: u32,
    /// The dropped ones first, then kept ones from the most similar on.
    pub strata: Vec<Stratum>,
    /// Missed documents of the sample, [`NAMED_MISSED`] at most, the most similar first.
    pub examples: Vec<Missed>,
}

impl Quality {
    /// Of how many documents some kept document reaches the threshold, dropped and kept ones.
    fn resembling(&self, fate: Fate) -> Interval {
        let strata = self.strata.iter().filter(|stratum| stratum.fate == fate);
        let found =
            strata.map(|stratum| Interval::of(stratum.documents, stratum.checked, stratum.resembling));
        found.reduce(|sum, next| sum + next).unwrap_or_default()
    }

    /// Whether of each stratum that has documents some were checked. Where none were, nothing is known.
    fn has_looked(&self, fate: Fate) -> bool {
        let mut strata = self.strata.iter().filter(|stratum| stratum.fate == fate);
        strata.all(|stratum| stratum.checked > 0 || stratum.documents == 0)
    }

    /// How many documents were kept that should have gone.
    #[must_use]
    pub fn missed(&self) -> Interval {
        self.resembling(Fate::Kept)
    }

    /// See the module. Nothing where, by the estimate, there was nothing to find, or no dropped document was checked.
    #[must_use]
    pub fn recall(&self) -> Option<Interval> {
        let (dropped, missed) = (self.resembling(Fate::Dropped), self.missed());
        let share = |part: f64, rest: f64| if part > 0.0 { part / (part + rest) } else { 0.0 };
        (self.has_looked(Fate::Dropped) && dropped.estimate + missed.estimate > 0.0).then(|| Interval {
            estimate: share(dropped.estimate, missed.estimate),
            low: share(dropped.low, missed.high),
            high: share(dropped.high, missed.low),
        })
    }

    /// See the module. Nothing where no near-duplicate was dropped, or none of them checked.
    #[must_use]
    pub fn precision(&self) -> Option<Interval> {
        let dropped =
            self.strata.iter().find(|stratum| stratum.fate == Fate::Dropped && stratum.checked > 0)?;
        let right = Interval::of(dropped.documents, dropped.checked, dropped.confirmed?);
        let share = |count: f64| count / dropped.documents as f64;
        Some(Interval { estimate: share(right.estimate), low: share(right.low), high: share(right.high) })
    }
}

impl Serialize for Quality {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'a> {
            version: u32,
            sample: u32,
            confidence: f64,
            recall: Option<Interval>,
            precision: Option<Interval>,
            missed: Interval,
            strata: &'a [Stratum],
            examples: &'a [Missed],
        }
        Written {
            version: VERSION,
            sample: self.sample,
            confidence: CONFIDENCE,
            recall: self.recall(),
            precision: self.precision(),
            missed: self.missed(),
            strata: &self.strata,
            examples: &self.examples,
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A quarter of the dropped ones checked, one of them not what it was dropped for; kept ones at the threshold checked
    /// whole, with one miss.
    pub(crate) fn quality() -> Quality {
        let kept = |from, to, documents, checked, resembling| Stratum {
            fate: Fate::Kept,
            from: Some(from),
            to: Some(to),
            documents,
            checked,
            resembling,
            confirmed: None,
        };
        let dropped = Stratum {
            fate: Fate::Dropped,
            from: None,
            to: None,
            documents: 800,
            checked: 200,
            resembling: 200,
            confirmed: Some(199),
        };
        Quality {
            sample: 1000,
            strata: vec![dropped, kept(0.8, 1.0, 50, 50, 1), kept(0.0, 0.8, 9000, 750, 0)],
            examples: vec![Missed { id: "d7".to_owned(), resembles: "d2".to_owned(), similarity: 0.8125 }],
        }
    }

    #[test]
    fn recall_and_precision_come_with_what_is_not_known() {
        let quality = quality();
        let (recall, precision, missed) =
            (quality.recall().unwrap(), quality.precision().unwrap(), quality.missed());
        assert_eq!((missed.estimate, missed.low), (1.0, 1.0));
        // Nothing in 750 of 9,000.
        assert!((40.0..46.0).contains(&missed.high), "{missed:?}");
        assert_eq!((recall.estimate, recall.high), (800.0 / 801.0, 800.0 / 801.0));
        assert!((0.93..0.95).contains(&recall.low), "{recall:?}");
        assert_eq!(precision.estimate, 199.0 / 200.0);
        // One is known to be wrong, and more than one in forty are not likely.
        assert!(precision.high == 799.0 / 800.0 && (0.974..0.98).contains(&precision.low), "{precision:?}");
    }

    #[test]
    fn where_nothing_was_to_be_found_there_is_no_share() {
        let mut none = quality();
        none.strata[0] =
            Stratum { documents: 0, checked: 0, resembling: 0, confirmed: Some(0), ..none.strata[0] };
        assert_eq!(none.precision(), None);
        assert_eq!(none.recall().unwrap(), Interval { estimate: 0.0, low: 0.0, high: 0.0 });
        none.strata[1].resembling = 0;
        assert_eq!(none.recall(), None);
        assert_eq!((none.missed().estimate, none.missed().low), (0.0, 0.0));
    }
}

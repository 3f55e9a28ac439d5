//! How long documents are: exact ends, and between them shares that are right to two digits.
//!
//! A length counts under its first two digits, so that a corpus of any size needs some hundreds of numbers.

use std::collections::BTreeMap;

use serde::Serialize;

/// Lengths, in characters.
#[derive(Debug, Clone, Default)]
pub struct Lengths {
    counts: BTreeMap<u64, u64>,
    documents: u64,
    sum: u64,
    shortest: Option<u64>,
    longest: u64,
}

/// What there is to say of them, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Distribution {
    /// The shortest.
    pub shortest: u64,
    /// A tenth is shorter than about this.
    pub p10: u64,
    /// Half is.
    pub median: u64,
    /// Nine tenths are.
    pub p90: u64,
    /// All but a hundredth are.
    pub p99: u64,
    /// The longest.
    pub longest: u64,
    /// The sum by the number.
    pub mean: u64,
}

impl Lengths {
    /// Adds a document.
    pub fn add(&mut self, characters: u64) {
        let mut scale = 1;
        while characters / scale >= 100 {
            scale *= 10;
        }
        *self.counts.entry(characters / scale * scale).or_default() += 1;
        self.documents += 1;
        self.sum += characters;
        self.shortest = Some(self.shortest.map_or(characters, |shortest| shortest.min(characters)));
        self.longest = self.longest.max(characters);
    }

    /// What there is to say.
    #[must_use]
    pub fn distribution(&self) -> Distribution {
        let at = |share: u64| {
            // The first length that this share of the documents does not exceed.
            let wanted = (self.documents * share).div_ceil(100).max(1);
            let mut before = 0;
            let found = self.counts.iter().find(|(_, count)| {
                before += **count;
                before >= wanted
            });
            found.map_or(0, |(length, _)| (*length).max(self.shortest.unwrap_or(0)))
        };
        Distribution {
            shortest: self.shortest.unwrap_or(0),
            p10: at(10),
            median: at(50),
            p90: at(90),
            p99: at(99),
            longest: self.longest,
            mean: self.sum / self.documents.max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_right_to_two_digits() {
        let mut lengths = Lengths::default();
        assert_eq!(lengths.distribution(), Distribution::default());
        (1..=1000).for_each(|length| lengths.add(length));
        let found = lengths.distribution();
        let expected =
            Distribution { shortest: 1, p10: 100, median: 500, p90: 900, p99: 990, longest: 1000, mean: 500 };
        assert_eq!(found, expected);
        lengths.add(u64::MAX >> 20);
        assert_eq!(lengths.distribution().longest, u64::MAX >> 20);
    }
}

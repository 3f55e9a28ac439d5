//! A bit a document: the only thing besides two numbers that is held in memory of every one.

/// A set of numbers below a bound that is known beforehand.
#[derive(Debug, Clone, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// The empty set of numbers below `bound`.
    pub fn new(bound: usize) -> Self {
        Self { words: vec![0; bound.div_ceil(64)] }
    }

    /// Adds a number.
    pub fn insert(&mut self, number: u32) {
        self.words[number as usize / 64] |= 1 << (number % 64);
    }

    /// Whether a number is in the set.
    pub fn contains(&self, number: u32) -> bool {
        self.words[number as usize / 64] >> (number % 64) & 1 == 1
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// The numbers in the set, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.words.iter().enumerate().flat_map(|(i, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(i as u32 * 64 + bit)
            })
        })
    }

    /// For each word, how many numbers of the set come before it: what [`Bits::position`] needs.
    pub fn counts_before(&self) -> Vec<u32> {
        let mut sum = 0;
        let count = |word: &u64| {
            let before = sum;
            sum += word.count_ones();
            before
        };
        self.words.iter().map(count).collect()
    }

    /// How many numbers of the set are smaller than `number`.
    pub fn position(&self, number: u32, counts_before: &[u32]) -> u32 {
        let below = self.words[number as usize / 64] & ((1 << (number % 64)) - 1);
        counts_before[number as usize / 64] + below.count_ones()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_a_set(numbers in prop::collection::btree_set(0_u32..500, 0..80)) {
            let mut bits = Bits::new(500);
            numbers.iter().for_each(|&n| bits.insert(n));
            prop_assert_eq!(bits.iter().collect::<BTreeSet<_>>(), numbers.clone());
            prop_assert_eq!(bits.is_empty(), numbers.is_empty());
            let counts = bits.counts_before();
            for n in 0..500 {
                prop_assert_eq!(bits.contains(n), numbers.contains(&n));
                prop_assert_eq!(bits.position(n, &counts) as usize, numbers.range(..n).count());
            }
        }
    }
}

//! Who is drawn: of each stratum the documents with the lowest hashes of their numbers, so that all are equally likely and
//! the same ones are drawn every time.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Seed of the draw.
const SEED: u64 = 0x6465_6875_736b_0010;

/// A document that may be drawn. The derived order is the one in which they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    hash: u64,
    /// Its number.
    pub document: u32,
    /// The document it was dropped for, if it was.
    pub canonical: Option<u32>,
}

impl Candidate {
    pub fn new(document: u32, canonical: Option<u32>) -> Self {
        Self { hash: xxh3_64_with_seed(&document.to_le_bytes(), SEED), document, canonical }
    }
}

/// The first of any number of candidates, in their order, and how many there were.
#[derive(Debug)]
pub(super) struct Lowest {
    most: usize,
    lowest: Vec<Candidate>,
    seen: u64,
}

impl Lowest {
    /// Of which so many are remembered at most.
    pub fn new(most: usize) -> Self {
        Self { most, lowest: Vec::new(), seen: 0 }
    }

    pub fn add(&mut self, candidate: Candidate) {
        self.seen += 1;
        self.lowest.push(candidate);
        if self.lowest.len() >= 2 * self.most {
            self.lowest.select_nth_unstable(self.most);
            self.lowest.truncate(self.most);
        }
    }

    /// How many there were.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The first `count` of them, which are no more than are remembered.
    pub fn first(&self, count: usize) -> Vec<Candidate> {
        let mut all = self.lowest.clone();
        all.sort_unstable();
        all.truncate(count);
        all
    }
}

/// How many of each stratum are drawn, of the dropped ones first and then of the kept ones, from the most similar on.
///
/// A quarter is for the dropped ones, an eighth for each stratum of kept ones that look similar, since misses are likeliest
/// there and the strata small, and the rest for those that do not, since they are the most and leave the most open. What a
/// stratum does not need goes to the others, from the last one on.
pub(super) fn share_out(sample: usize, documents: &[u64]) -> Vec<usize> {
    let last = documents.len() - 1;
    let most = |stratum: usize| usize::try_from(documents[stratum]).unwrap_or(usize::MAX);
    let mut left = sample;
    let mut counts: Vec<usize> = (0..last)
        .map(|stratum| most(stratum).min(sample / if stratum == 0 { 4 } else { 8 }))
        .inspect(|count| left -= count)
        .collect();
    counts.push(0);
    for stratum in (0..=last).rev() {
        let more = left.min(most(stratum) - counts[stratum]);
        counts[stratum] += more;
        left -= more;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_drawn_equally_often() {
        let mut counts = [0_u32; 10];
        for first in (0..200_000).step_by(100) {
            let mut lowest = Lowest::new(7);
            (first..first + 100).for_each(|document| lowest.add(Candidate::new(document, None)));
            assert_eq!((lowest.seen(), lowest.first(7).len()), (100, 7));
            assert_eq!(lowest.first(3), lowest.first(7)[..3]);
            for drawn in lowest.first(7) {
                counts[(drawn.document - first) as usize / 10] += 1;
            }
        }
        // 1,400 on average, with a standard deviation of 35.
        assert!(counts.iter().all(|count| (1260..1540).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_sample_is_shared_out_and_nothing_of_it_is_lost() {
        assert_eq!(share_out(800, &[9000, 9000, 9000, 9000, 9000]), [200, 100, 100, 100, 300]);
        assert_eq!(share_out(800, &[9000, 10, 0, 20, 9000]), [200, 10, 0, 20, 570]);
        assert_eq!(share_out(800, &[9000, 10, 500, 20, 70]), [200, 10, 500, 20, 70]);
        assert_eq!(share_out(800, &[5, 1, 2, 3, 4]), [5, 1, 2, 3, 4]);
        assert_eq!(share_out(1, &[5, 1, 2, 3, 4]), [0, 0, 0, 0, 1]);
    }
}

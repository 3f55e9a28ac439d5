//! Which documents are worth a comparison: those that share a bucket.
//!
//! For the Jaccard similarity that is locality-sensitive hashing in bands (Leskovec, Rajaraman and Ullman, *Mining of
//! Massive Datasets*, chapter 3): a sketch is cut into bands of a few values each, and documents that agree in a whole
//! band meet in its bucket. Candidates are cheap to reject and expensive to miss, so the bands are chosen for recall.
//!
//! A document inside a longer one has a sketch of its own, so for containment every shingle is a bucket. All documents
//! stand in the buckets of all of their shingles, but each looks for others only in those of its [`QUESTIONS`] least
//! ones, a fair sample of it: the share of them that another document has estimates how much of it the other contains.
//!
//! Wrong, by design: in bands once in five hundred pairs that stand exactly at the threshold, and far less often above
//! it; in containment as often as all questions miss, which at a threshold of one half is once in 65,536.

use crate::config::{DedupConfig, Similarity};
use crate::fingerprint::{BINS, Signature, Sketch};

/// The least probability that two documents at the threshold become candidates. With 0.999 two more bands would be wanted
/// at the default threshold, and an eighth more disk, for one more pair in a thousand of those at the threshold.
const RECALL: f64 = 0.998;

/// Bands that a document's share of the work folder has room for: with the signature they take 192 bytes.
const BANDS: usize = 16;

/// Rows below which bands bring together what is not alike.
const ROWS: usize = 4;

/// The probability that an estimate is so low that a pair at the threshold is given up unseen: far below the risk that it
/// is not met at all.
const RISK: f64 = 1e-4;

/// Independent bins that would estimate as badly as ours at worst: sets smaller than a sketch borrow values, which was
/// measured to raise the standard deviation up to 1.25-fold (128 / 1.25² = 82).
const WORST_BINS: usize = 80;

/// Shingles by which a document looks for others that contain it.
pub const QUESTIONS: usize = 16;

/// Bits of a bucket's number, so that it takes six bytes on disk. A billion documents have some 16 billion buckets; one
/// in twenty thousand then meets a stranger there, who costs a look at two signatures.
const BUCKET_BITS: u32 = 47;

/// How a sketch is cut: `bands` × `rows` of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Banding {
    /// Number of bands.
    pub bands: usize,
    /// Values in a band.
    pub rows: usize,
}

impl Banding {
    /// The banding with the most rows, and so the fewest false candidates, that still finds a pair at `threshold` with
    /// probability 0.998: of 16 bands at most if that leaves four rows, else of as many as it takes. Below a threshold
    /// of about 0.05 none does; one row a band comes nearest.
    #[must_use]
    pub fn for_threshold(threshold: f64) -> Self {
        let finds = |banding: &Self| banding.probability(threshold) >= RECALL;
        let with_most_rows = |most: usize| {
            let with = |rows| (1..=most.min(BINS / rows)).map(|bands| Self { bands, rows }).find(finds);
            (1..=BINS).rev().find_map(with)
        };
        with_most_rows(BANDS)
            .filter(|banding| banding.rows >= ROWS)
            .or_else(|| with_most_rows(BINS))
            .unwrap_or(Self { bands: BINS, rows: 1 })
    }

    /// The probability 1 − (1 − sʳ)ᵇ that two sets of the given similarity agree in at least one band.
    #[must_use]
    pub fn probability(&self, similarity: f64) -> f64 {
        let [bands, rows] = [self.bands, self.rows].map(|n| n as i32);
        1.0 - (1.0 - similarity.powi(rows)).powi(bands)
    }
}

/// A bucket that a document stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket(u64);

impl Bucket {
    fn new(hash: u64, asks: bool) -> Self {
        Self(hash >> (u64::BITS - BUCKET_BITS) << 1 | u64::from(!asks))
    }

    /// The number that [`Bucket::number`] returned.
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// A number of 48 bits that stands for it. Equal buckets are neighbours in the order of the numbers, and who asks
    /// comes before who does not.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }

    /// Whether it is the same bucket, whoever asks.
    #[must_use]
    pub fn is_same(self, other: Self) -> bool {
        self.0 >> 1 == other.0 >> 1
    }

    /// Whether the document looks for others in it, and does not only stand there.
    #[must_use]
    pub fn asks(self) -> bool {
        self.0 & 1 == 0
    }
}

/// How candidates are found under a configuration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lsh {
    similarity: Similarity,
    banding: Banding,
    /// An estimate below it is a pair below the threshold.
    lowest: f64,
    /// An estimate from here on is likely of a pair at the threshold or above it.
    likely: f64,
}

impl Lsh {
    /// For a similarity and its threshold.
    #[must_use]
    pub fn new(config: &DedupConfig) -> Self {
        let (lowest, likely) = match config.similarity {
            Similarity::Jaccard => {
                let expected = Signature::agreement(config.threshold);
                (lowest_share(expected, WORST_BINS), expected)
            }
            // So few questions tell nobody apart who is worth a comparison.
            Similarity::Containment => {
                let lowest = lowest_share(config.threshold, QUESTIONS);
                (lowest, lowest)
            }
        };
        let banding = Banding::for_threshold(config.threshold);
        Self { similarity: config.similarity, banding, lowest, likely }
    }

    /// How the sketch is cut; nothing where buckets are not made of bands.
    #[must_use]
    pub fn banding(&self) -> Option<Banding> {
        (self.similarity == Similarity::Jaccard).then_some(self.banding)
    }

    /// The probability that a pair of the given similarity becomes candidates.
    #[must_use]
    pub fn probability(&self, similarity: f64) -> f64 {
        match self.similarity {
            Similarity::Jaccard => self.banding.probability(similarity),
            Similarity::Containment => 1.0 - (1.0 - similarity).powi(QUESTIONS as i32),
        }
    }

    /// Whether an estimate is no lower than that of a pair at the threshold is on average.
    pub(super) fn is_likely(&self, estimate: f64) -> bool {
        estimate >= self.likely
    }

    /// Replaces `out` with the buckets of a document, each once. `shingles` may be reordered.
    pub fn buckets(&self, shingles: &mut [u64], sketch: &Sketch, out: &mut Vec<Bucket>) {
        out.clear();
        if shingles.is_empty() {
            return;
        }
        match self.similarity {
            Similarity::Jaccard => {
                let bands = sketch.0.chunks_exact(self.banding.rows).take(self.banding.bands);
                out.extend((0..).zip(bands).map(|(band, values)| Bucket::new(hash(band, values), true)));
            }
            Similarity::Containment => {
                shingles.sort_unstable();
                let different = shingles.chunk_by(|a, b| a == b).map(|equal| equal[0]);
                out.extend(different.enumerate().map(|(i, shingle)| Bucket::new(shingle, i < QUESTIONS)));
            }
        }
    }

    /// How likely a document is to reach the threshold with another that stands in `shared` of the `asked` buckets it asks:
    /// the more the likelier. Nothing where it is not worth a comparison.
    pub(super) fn estimate(
        &self,
        own: &Signature,
        other: &Signature,
        shared: usize,
        asked: usize,
    ) -> Option<f64> {
        let estimate = match self.similarity {
            Similarity::Jaccard => own.agreeing(other),
            Similarity::Containment => {
                // With so few questions that one more or less decides nothing, whoever answers any is compared.
                let share = shared as f64 / asked as f64;
                if asked < QUESTIONS { share.max(self.lowest) } else { share }
            }
        };
        (estimate >= self.lowest).then_some(estimate)
    }
}

fn hash(band: u64, values: &[u32]) -> u64 {
    /// Odd; a product's high half depends on every bit below.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    values.iter().fold(band + 1, |hash, &value| {
        let product = u128::from(hash ^ u64::from(value) ^ SPREAD) * u128::from(SPREAD);
        product as u64 ^ (product >> 64) as u64
    })
}

/// The share of `trials` below which fewer succeed only with probability [`RISK`], where each succeeds with `chance`: a
/// quantile of the binomial distribution, since a multiple of the standard deviation would be too strict near 1.
fn lowest_share(chance: f64, trials: usize) -> f64 {
    if chance >= 1.0 {
        return 1.0;
    }
    let mut probability = (1.0 - chance).powi(trials as i32);
    let mut below = 0.0;
    for successes in 0..trials {
        below += probability;
        if below > RISK {
            return successes as f64 / trials as f64;
        }
        let successes = successes as f64;
        probability *= (trials as f64 - successes) / (successes + 1.0) * chance / (1.0 - chance);
    }
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_follow_from_the_threshold() {
        for (threshold, bands, rows) in [
            (1.0, 1, 128),
            (0.9, 13, 9),
            (0.8, 16, 5),
            (0.7, 23, 4),
            (0.5, 22, 2),
            (0.1, 59, 1),
            (0.01, 128, 1),
        ] {
            let banding = Banding::for_threshold(threshold);
            assert_eq!(banding, Banding { bands, rows }, "{threshold}");
            assert!(banding.probability(threshold) >= RECALL || threshold < 0.05);
        }
    }

    #[test]
    fn the_lowest_share_leaves_room_for_chance() {
        for (chance, trials, expected) in
            [(0.5, 80, 0.3), (0.8, 80, 0.625), (0.85, 80, 0.6875), (0.8, 16, 0.375)]
        {
            assert_eq!(lowest_share(chance, trials), expected);
            let deviation = f64::sqrt(chance * (1.0 - chance) / trials as f64);
            assert!(expected < chance - 3.5 * deviation);
        }
        assert_eq!(lowest_share(1.0, 80), 1.0);
        assert_eq!(lowest_share(0.01, 80), 0.0);
    }

    #[test]
    fn a_bucket_keeps_who_asks_apart_from_what_it_is() {
        let (asked, stood) = (Bucket::new(u64::MAX, true), Bucket::new(u64::MAX, false));
        assert!(asked.is_same(stood) && asked.asks() && !stood.asks());
        assert!(asked.number() < 1 << 48);
        assert_eq!(Bucket::from_number(asked.number()), asked);
        assert!(!asked.is_same(Bucket::new(0, true)));
    }
}

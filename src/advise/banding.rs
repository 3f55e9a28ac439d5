//! How candidates are found at a threshold, and what other thresholds would take.

use serde::Serialize;

use crate::config::{DedupConfig, Similarity};
use crate::dedup::Lsh;
use crate::pipeline::BUCKET_BYTES;

/// A way to find candidates, and what it does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The measure of similarity.
    pub similarity: Similarity,
    /// The similarity of a near-duplicate.
    pub threshold: f64,
    /// Bands of a sketch; null for containment, where each shingle is a bucket.
    pub bands: Option<usize>,
    /// Values in a band; null for containment.
    pub rows: Option<usize>,
    /// Bytes on disk that a document's buckets take; null where that depends on its length.
    pub bucket_bytes: Option<usize>,
    /// How probably a pair becomes candidates, by its similarity.
    pub curve: Vec<Point>,
}

/// A point of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// The similarity of a pair.
    pub similarity: f64,
    /// The probability that the pair becomes candidates.
    pub candidate: f64,
}

/// Points of the curve besides the threshold.
const STEPS: u32 = 10;

impl Finding {
    /// What is done under a configuration.
    #[must_use]
    pub fn of(config: &DedupConfig) -> Self {
        let lsh = Lsh::new(config);
        let banding = lsh.banding();
        let mut similarities: Vec<f64> = (1..=STEPS).map(|i| f64::from(i) / f64::from(STEPS)).collect();
        similarities.retain(|similarity| *similarity != config.threshold);
        similarities.push(config.threshold);
        similarities.sort_by(f64::total_cmp);
        let point = |similarity| Point { similarity, candidate: lsh.probability(similarity) };
        Self {
            similarity: config.similarity,
            threshold: config.threshold,
            bands: banding.map(|banding| banding.bands),
            rows: banding.map(|banding| banding.rows),
            bucket_bytes: banding.map(|banding| banding.bands * BUCKET_BYTES),
            curve: similarities.into_iter().map(point).collect(),
        }
    }

    /// The same for other thresholds: those that people ask for, without the one in use.
    #[must_use]
    pub fn alternatives(config: &DedupConfig) -> Vec<Self> {
        if config.similarity == Similarity::Containment {
            return Vec::new();
        }
        let others = [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95].into_iter();
        let others = others.filter(|threshold| *threshold != config.threshold);
        others.map(|threshold| Self::of(&DedupConfig { threshold, ..config.clone() })).collect()
    }

    /// How probably a pair of this similarity becomes candidates, if the curve has it.
    #[must_use]
    pub fn candidate(&self, similarity: f64) -> Option<f64> {
        self.curve.iter().find(|point| point.similarity == similarity).map(|point| point.candidate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_rises_to_the_threshold_and_holds_it_once() {
        for threshold in [0.05, 0.5, 0.73, 0.8, 1.0] {
            let found = Finding::of(&DedupConfig { threshold, ..DedupConfig::default() });
            assert!(
                found.curve.is_sorted_by(|a, b| a.similarity < b.similarity && a.candidate <= b.candidate)
            );
            assert!(found.candidate(threshold).unwrap() > 0.99, "{threshold}");
        }
        let found = Finding::of(&DedupConfig::default());
        assert_eq!((found.bands, found.rows, found.bucket_bytes), (Some(16), Some(5), Some(160)));
        let alternatives = Finding::alternatives(&DedupConfig::default());
        assert!(alternatives.iter().all(|other| other.threshold != 0.8) && alternatives.len() == 6);
    }

    #[test]
    fn containment_has_no_bands() {
        let config =
            DedupConfig { similarity: Similarity::Containment, threshold: 0.5, ..DedupConfig::default() };
        let found = Finding::of(&config);
        assert_eq!((found.bands, found.bucket_bytes), (None, None));
        assert!((found.candidate(0.5).unwrap() - (1.0 - 0.5_f64.powi(16))).abs() < 1e-12);
        assert!(Finding::alternatives(&config).is_empty());
    }
}

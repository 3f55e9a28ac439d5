//! Gradient-boosted oblivious trees (Friedman 2001; the symmetric trees of CatBoost, Prokhorenkova et al. 2018).
//!
//! Every node of a level asks the same question, so a tree is a few questions and a table of leaves: quick to read at
//! run time, and hard to over-fit.

use dehusk::label::reader::{Forest, Tree};
use rayon::prelude::*;

use crate::random::Random;

/// Values a signal is sorted into.
const BINS: usize = 64;
/// Rows are sampled in stretches: whole pages mostly, and quick to read.
const STRETCHES: usize = 96;

/// How to fit.
#[derive(Debug, Clone)]
pub struct Settings {
    pub trees: usize,
    pub depth: usize,
    pub rate: f32,
    /// Of a hundred rows and of a hundred signals, those that a tree sees.
    pub rows: usize,
    pub signals: usize,
    /// Pulls leaves towards zero: the weight of that many undecided rows.
    pub shrink: f32,
    pub seed: u64,
}

/// Rows sorted into bins, signal by signal.
pub struct Binned {
    bounds: Vec<Vec<f32>>,
    columns: Vec<Vec<u8>>,
    /// The median of each signal.
    ordinary: Vec<f32>,
    rows: usize,
}

impl Binned {
    /// Bins a table by quantiles of a sample. `asked` says which of a row's signals trees may ask about.
    pub fn of(values: &[f32], asked: &[bool]) -> Self {
        let width = asked.len();
        let rows = values.len() / width;
        let step = (rows / 50_000).max(1);
        let made: Vec<(Vec<f32>, Vec<u8>, f32)> = (0..width)
            .into_par_iter()
            .map(|s| {
                let mut sample: Vec<f32> = (0..rows).step_by(step).map(|r| values[r * width + s]).collect();
                sample.sort_unstable_by(f32::total_cmp);
                let mut bounds: Vec<f32> = Vec::new();
                let distinct: Vec<f32> = {
                    let mut d = sample.clone();
                    d.dedup();
                    d
                };
                if !asked[s] {
                    // Without a bound there is nothing to ask.
                } else if distinct.len() <= BINS {
                    bounds.extend(distinct.windows(2).map(|w| 0.5 * (w[0] + w[1])));
                } else {
                    for b in 1..BINS {
                        let at = b * sample.len() / BINS;
                        let bound = if at > 0 { 0.5 * (sample[at - 1] + sample[at]) } else { sample[at] };
                        if bounds.last().is_none_or(|&last| bound > last) && bound < sample[sample.len() - 1]
                        {
                            bounds.push(bound);
                        }
                    }
                }
                let column = (0..rows)
                    .map(|r| {
                        let v = values[r * width + s];
                        bounds.partition_point(|b| v > *b) as u8
                    })
                    .collect();
                (bounds, column, sample[sample.len() / 2])
            })
            .collect();
        let mut binned = Self { bounds: vec![], columns: vec![], ordinary: vec![], rows };
        for (bounds, column, ordinary) in made {
            binned.bounds.push(bounds);
            binned.columns.push(column);
            binned.ordinary.push(ordinary);
        }
        binned
    }

    /// Fits a forest to targets from 0 to 1, and returns it with its scores of all rows, in nats. `chosen` are the rows
    /// to learn from, as stretches.
    pub fn fit(
        &self,
        targets: &[f32],
        weights: &[f32],
        chosen: &[std::ops::Range<usize>],
        settings: &Settings,
    ) -> (Forest, Vec<f32>) {
        let mut random = Random::new(settings.seed, 0);
        let (sum, all) = chosen.iter().flat_map(Clone::clone).fold((0.0f64, 0.0f64), |(s, a), r| {
            (s + f64::from(targets[r] * weights[r]), a + f64::from(weights[r]))
        });
        let mean = (sum / all).clamp(1e-4, 1.0 - 1e-4);
        let base = (mean / (1.0 - mean)).ln() as f32;
        let mut forest = Forest { base, trees: Vec::new(), ordinary: self.ordinary.clone() };
        let mut scores = vec![forest.base; self.rows];
        let width = self.columns.len();
        let pieces = pieces(chosen);
        let mut gradients = vec![(0.0f32, 0.0f32); self.rows];
        for _ in 0..settings.trees {
            let mut sample: Vec<std::ops::Range<usize>> =
                pieces.iter().filter(|_| random.chance(settings.rows)).cloned().collect();
            if sample.is_empty() {
                sample = pieces.clone();
            }
            let mut asked: Vec<usize> = (0..width).filter(|_| random.chance(settings.signals)).collect();
            if asked.is_empty() {
                asked = (0..width).collect();
            }
            for r in sample.iter().flat_map(Clone::clone) {
                let p = 1.0 / (1.0 + (-scores[r]).exp());
                gradients[r] = (weights[r] * (targets[r] - p), weights[r] * (p * (1.0 - p)).max(1e-3));
            }
            let tree = self.grow(&gradients, &sample, &asked, settings);
            let Some(tree) = tree else { continue };
            let bins: Vec<(usize, u8)> = tree.1;
            let leaves = &tree.0.leaves;
            scores.par_chunks_mut(1 << 14).enumerate().for_each(|(c, chunk)| {
                let from = c << 14;
                for (k, score) in chunk.iter_mut().enumerate() {
                    let leaf = bins.iter().enumerate().fold(0, |leaf, (d, (s, bin))| {
                        leaf | usize::from(self.columns[*s][from + k] > *bin) << d
                    });
                    *score += leaves[leaf];
                }
            });
            forest.trees.push(tree.0);
        }
        (forest, scores)
    }

    fn grow(
        &self,
        gradients: &[(f32, f32)],
        sample: &[std::ops::Range<usize>],
        asked: &[usize],
        settings: &Settings,
    ) -> Option<(Tree, Vec<(usize, u8)>)> {
        let count: usize = sample.iter().map(ExactSizeIterator::len).sum();
        let mut nodes = vec![0u8; count];
        let mut splits: Vec<(usize, u8)> = Vec::new();
        let packed: Vec<(f32, f32)> =
            sample.iter().flat_map(|r| gradients[r.clone()].iter().copied()).collect();
        for depth in 0..settings.depth {
            let leaves = 1 << depth;
            let best = asked
                .par_iter()
                .filter_map(|&s| {
                    let column = &self.columns[s];
                    let bins = self.bounds[s].len() + 1;
                    if bins < 2 {
                        return None;
                    }
                    let mut histogram = vec![(0.0f32, 0.0f32); leaves * BINS];
                    let mut k = 0;
                    for range in sample {
                        for &bin in &column[range.clone()] {
                            let slot = &mut histogram[usize::from(nodes[k]) * BINS + usize::from(bin)];
                            slot.0 += packed[k].0;
                            slot.1 += packed[k].1;
                            k += 1;
                        }
                    }
                    let mut gains = [0.0f64; BINS];
                    for leaf in histogram.chunks_exact(BINS) {
                        let total = leaf
                            .iter()
                            .fold((0.0f64, 0.0f64), |t, h| (t.0 + f64::from(h.0), t.1 + f64::from(h.1)));
                        let worth = |g: f64, h: f64| {
                            if h > 1e-6 { g * g / (h + f64::from(settings.shrink)) } else { 0.0 }
                        };
                        let mut left = (0.0f64, 0.0f64);
                        for (bin, h) in leaf[..bins - 1].iter().enumerate() {
                            left = (left.0 + f64::from(h.0), left.1 + f64::from(h.1));
                            gains[bin] += worth(left.0, left.1) + worth(total.0 - left.0, total.1 - left.1)
                                - worth(total.0, total.1);
                        }
                    }
                    let (bin, gain) =
                        gains[..bins - 1].iter().enumerate().fold((0, f64::NEG_INFINITY), |best, (b, g)| {
                            if *g > best.1 { (b, *g) } else { best }
                        });
                    Some((gain, s, bin as u8))
                })
                .reduce_with(|a, b| if b.0 > a.0 || (b.0 == a.0 && b.1 < a.1) { b } else { a })?;
            if best.0 <= 1e-9 {
                break;
            }
            splits.push((best.1, best.2));
            let column = &self.columns[best.1];
            let mut k = 0;
            for range in sample {
                for &bin in &column[range.clone()] {
                    nodes[k] |= u8::from(bin > best.2) << depth;
                    k += 1;
                }
            }
        }
        if splits.is_empty() {
            return None;
        }
        let mut sums = vec![(0.0f64, 0.0f64); 1 << splits.len()];
        for (k, node) in nodes.iter().enumerate() {
            let slot = &mut sums[usize::from(*node)];
            slot.0 += f64::from(packed[k].0);
            slot.1 += f64::from(packed[k].1);
        }
        let leaves = sums
            .iter()
            .map(|(g, h)| (f64::from(settings.rate) * g / (h + f64::from(settings.shrink))) as f32)
            .collect();
        let named = splits.iter().map(|&(s, bin)| (s as u16, self.bounds[s][usize::from(bin)])).collect();
        Some((Tree { splits: named, leaves }, splits))
    }
}

fn pieces(chosen: &[std::ops::Range<usize>]) -> Vec<std::ops::Range<usize>> {
    let rows: usize = chosen.iter().map(ExactSizeIterator::len).sum();
    let size = (rows / STRETCHES).max(1);
    chosen
        .iter()
        .flat_map(|range| range.clone().step_by(size).map(move |from| from..(from + size).min(range.end)))
        .collect()
}

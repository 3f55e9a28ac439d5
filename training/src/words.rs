//! What words tell: a logistic regression over hashed words and pairs of words.

use dehusk::label::reader::words::{SLOTS, UNIT, slots};

use crate::corpus::Example;
use crate::random::Random;

const EPOCHS: usize = 3;
const RATE: f32 = 0.25;
const DECAY: f32 = 2e-6;

/// A weight for each slot, in nats.
pub struct Words(pub Vec<f32>);

impl Words {
    /// The score of a block: the sum of its weights over the root of their number, in nats.
    fn score(&self, slots: &[usize]) -> f32 {
        let sum: f32 = slots.iter().map(|&s| self.0[s]).sum();
        sum / (slots.len() as f32).sqrt().max(1.0)
    }

    /// The weights as they ship.
    pub fn rounded(&self) -> Vec<i8> {
        self.0.iter().map(|w| (w / UNIT).round().clamp(-127.0, 127.0) as i8).collect()
    }

    /// Fits the weights (AdaGrad, Duchi et al. 2011).
    pub fn fit(examples: &[&Example], seed: u64) -> Self {
        let mut weights = Self(vec![0.0; SLOTS]);
        let mut squares = vec![1e-3f32; SLOTS];
        let mut order: Vec<(u32, u32)> = examples
            .iter()
            .enumerate()
            .flat_map(|(e, x)| (0..x.blocks.len() as u32).map(move |b| (e as u32, b)))
            .collect();
        let mut random = Random::new(seed, 0);
        let mut bag = Vec::new();
        for _ in 0..EPOCHS {
            random.shuffle(&mut order);
            for &(e, b) in &order {
                let example = examples[e as usize];
                bag.clear();
                slots(example.observed.tokens.words(b as usize), |slot| bag.push(slot));
                if bag.is_empty() || example.weights[b as usize] == 0.0 {
                    continue;
                }
                let p = 1.0 / (1.0 + (-weights.score(&bag)).exp());
                let gradient = (p - example.targets[b as usize]) / (bag.len() as f32).sqrt();
                for &s in &bag {
                    let g = gradient + DECAY * weights.0[s];
                    squares[s] += g * g;
                    weights.0[s] -= RATE * g / squares[s].sqrt();
                }
            }
        }
        weights
    }
}

//! What the words of a block say: a logistic regression over hashed words and pairs of words.
//!
//! It tells "Subscribe to our" from "The minister said" in the languages of the training pages and is silent in
//! others. Hashing into a fixed table (Weinberger et al. 2009) bounds its size and knows no list of words.

/// Slots of the table.
pub const SLOTS: usize = 1 << 17;
/// Words of a block that count: furniture is told by its first ones, prose by any.
const READ: usize = 24;
/// A weight is kept as a multiple of this, from −127 to 127.
pub const UNIT: f32 = 1.0 / 24.0;

/// The slots of a block, by the hashes of its words: its first word, its words, and pairs of neighbours.
pub fn slots(words: &[u32], mut f: impl FnMut(usize)) {
    let words = &words[..words.len().min(READ)];
    let slot = |hash: u32| (hash.wrapping_mul(0x9e37_79b1) >> 15) as usize & (SLOTS - 1);
    if let Some(&first) = words.first() {
        f(slot(first ^ 0x5bd1_e995));
    }
    for (i, &word) in words.iter().enumerate() {
        f(slot(word));
        if let Some(&next) = words.get(i + 1) {
            f(slot(word.rotate_left(9) ^ next.wrapping_mul(0x85eb_ca6b)));
        }
    }
}

/// What the words say, in nats: their sum over the root of their number, 0 for a block without words.
#[must_use]
pub fn score(weights: &[i8], words: &[u32]) -> f32 {
    let (mut sum, mut count) = (0i32, 0u32);
    slots(words, |slot| {
        sum += i32::from(weights[slot]);
        count += 1;
    });
    sum as f32 * UNIT / (count as f32).sqrt().max(1.0)
}

//! What a block shares with a stretch of its page (lexical cohesion, Hearst 1997).

use std::ops::Range;

use super::tokens::Tokens;
use crate::label::key_map::KeyMap;

/// How often each stem occurs inside and outside the stretch.
pub(super) struct Cohesion {
    stems: KeyMap<(u16, u16)>,
    stretch: Range<usize>,
}

impl Cohesion {
    pub fn of(tokens: &Tokens, stretch: Range<usize>) -> Self {
        let mut stems: KeyMap<(u16, u16)> = KeyMap::default();
        for i in 0..tokens.blocks() {
            for &stem in tokens.stems(i) {
                let count = stems.entry(key(stem)).or_default();
                let side = if stretch.contains(&i) { &mut count.0 } else { &mut count.1 };
                *side = side.saturating_add(1);
            }
        }
        Self { stems, stretch }
    }

    /// The shares of a block's stems that other blocks hold: inside the stretch, and outside; −1 for a block without
    /// stems.
    pub fn shares(&self, tokens: &Tokens, i: usize) -> (f32, f32) {
        let stems = tokens.stems(i);
        if stems.is_empty() {
            return (-1.0, -1.0);
        }
        let own = u16::from(self.stretch.contains(&i));
        let (mut inside, mut outside) = (0u32, 0u32);
        for &stem in stems {
            let count = self.stems.get(&key(stem)).copied().unwrap_or_default();
            inside += u32::from(count.0 > own);
            outside += u32::from(count.1 > 1 - own);
        }
        let all = stems.len() as f32;
        (inside as f32 / all, outside as f32 / all)
    }
}

/// Spreads a hash of 32 bits over the 64 that a map looks at.
pub(super) fn key(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

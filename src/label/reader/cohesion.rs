//! What a block shares with a stretch of its page (lexical cohesion, Hearst 1997).

use std::ops::Range;

use crate::label::tokens::Tokens;

/// How often each stem occurs inside and outside the stretch.
pub(super) struct Cohesion {
    stems: Vec<(u32, u32)>,
    stretch: Range<usize>,
}

impl Cohesion {
    pub fn of(tokens: &Tokens, stretch: Range<usize>) -> Self {
        let mut stems = vec![(0, 0); tokens.kinds()];
        for i in 0..tokens.blocks() {
            let is_inside = stretch.contains(&i);
            for stem in tokens.stems(i) {
                *if is_inside { &mut stems[stem].0 } else { &mut stems[stem].1 } += 1;
            }
        }
        Self { stems, stretch }
    }

    /// The shares of a block's stems that other blocks hold: inside the stretch, and outside; −1 for a block without
    /// stems.
    pub fn shares(&self, tokens: &Tokens, i: usize) -> (f32, f32) {
        let own = u32::from(self.stretch.contains(&i));
        let (mut inside, mut outside) = (0u32, 0u32);
        for stem in tokens.stems(i) {
            let count = self.stems[stem];
            inside += u32::from(count.0 > own);
            outside += u32::from(count.1 > 1 - own);
        }
        match tokens.stems(i).len() {
            0 => (-1.0, -1.0),
            all => (inside as f32 / all as f32, outside as f32 / all as f32),
        }
    }
}

//! The second table: the first opinions around a block, and the stretch of the page that they favour.
//!
//! Opinions of opinions make neighbours agree and find the one main region that most pages have (stacked sequential
//! learning, Cohen and Carvalho 2005).

use std::ops::Range;

use super::cohesion::Cohesion;
use super::logistic;
use super::table::{Group, Table, Totals, WINDOWS, Windows, flag, log, signed};
use super::view::{View, ending};

/// Opinions next to a block that are read one by one.
const NEAR: isize = 6;
/// An opinion past either end of the page.
const OUTSIDE: f32 = -9.0;
/// Extent above which a block weighs no more in the choice of the favoured stretch.
const MOST_EXTENT: usize = 1000;

/// What the rows need to know of the whole page.
pub(super) struct Second<'a> {
    view: &'a View<'a>,
    words: &'a [f32],
    /// The first opinions, in nats.
    logits: &'a [f32],
    opinions: Totals,
    masses: Totals,
    extents: Totals,
    kept: Totals,
    /// The stretch that the opinions favour, the next one apart from it, and what they weigh.
    favoured: (Range<usize>, f32),
    rival: (Range<usize>, f32),
    cohesion: Cohesion,
}

impl<'a> Second<'a> {
    /// `words` is what the words of each block say, `logits` are the first opinions, both in nats.
    pub fn of(view: &'a View<'a>, words: &'a [f32], logits: &'a [f32]) -> Self {
        let measures = view.measures;
        let opinions: Vec<f32> = logits.iter().map(|l| logistic(*l)).collect();
        let votes: Vec<f32> = (opinions.iter().zip(measures))
            .map(|(p, m)| (p - 0.5) * (1.0 + m.extent.min(MOST_EXTENT) as f32).sqrt())
            .collect();
        let favoured = best_stretch(&votes, &(0..0));
        let rival = best_stretch(&votes, &favoured.0);
        Self {
            view,
            words,
            logits,
            masses: Totals::of(opinions.iter().zip(measures).map(|(p, m)| p * m.extent as f32)),
            extents: Totals::of(measures.iter().map(|m| m.extent as f32)),
            kept: Totals::of(opinions.iter().map(|p| flag(*p > 0.5))),
            cohesion: Cohesion::of(view.tokens, favoured.0.clone()),
            opinions: Totals::of(opinions.into_iter()),
            favoured,
            rival,
        }
    }

    /// Puts the rows of some blocks.
    pub fn rows(&self, blocks: Range<usize>, table: &mut Table) {
        table.fill(blocks, |i, table| {
            self.view.own(i, self.words[i], table);
            self.around(i, table);
            self.page(i, table);
            let (inside, outside) = self.cohesion.shares(self.view.tokens, i);
            table.group(Group::Subject);
            table.put(inside);
            table.put(outside);
        });
    }

    fn around(&self, i: usize, table: &mut Table) {
        table.group(Group::Neighbours);
        for offset in [-2isize, -1, 1, 2] {
            let m = self.view.measures.get(i.wrapping_add_signed(offset));
            table.put(m.map_or(-1.0, |m| log(m.extent)));
            table.put(m.map_or(-1.0, ending));
        }
        table.group(Group::Opinions);
        for offset in -NEAR..=NEAR {
            let logit = self.logits.get(i.wrapping_add_signed(offset));
            table.put(logit.map_or(OUTSIDE, |l| l.clamp(-7.0, 7.0)));
        }
        self.opinions.around(&Windows::of(i, self.logits.len()), table);
        for w in WINDOWS {
            for range in [i.saturating_sub(w)..i, i + 1..i + 1 + w] {
                let extent = self.extents.sum(&range);
                table.put(if extent > 0.0 { self.masses.sum(&range) / extent } else { -1.0 });
            }
        }
    }

    fn page(&self, i: usize, table: &mut Table) {
        let n = self.view.measures.len();
        let all = self.masses.sum(&(0..n));
        let (favoured, rival) = (&self.favoured.0, &self.rival.0);
        table.group(Group::Page);
        table.put(log(n));
        table.put(self.opinions.mean(&(0..n)));
        table.put(all.ln_1p());
        table.put(all / self.extents.sum(&(0..n)).max(1.0));
        table.put(self.favoured.1.ln_1p());
        table.put(self.rival.1 / self.favoured.1.max(0.1));
        table.put(signed(rival.start, favoured.start));
        table.put(self.masses.sum(favoured) / all.max(1.0));
        table.group(Group::Place);
        table.put(i as f32 / n as f32);
        table.put(self.masses.sum(&(0..i)) / all.max(1.0));
        table.put(self.kept.sum(&(0..i)).ln_1p());
        table.put(self.kept.sum(&(i + 1..n)).ln_1p());
        table.put(signed(i, favoured.start));
        table.put(signed(i, favoured.end));
        table.put(flag(favoured.contains(&i)));
        table.put(flag(rival.contains(&i)));
        table.put(signed(i, self.view.context.head_title.unwrap_or(0)));
    }
}

/// The contiguous blocks with the highest sum of votes that share none with `without`, and the sum.
fn best_stretch(votes: &[f32], without: &Range<usize>) -> (Range<usize>, f32) {
    let (mut best, mut best_sum) = (0..0, 0.0);
    let (mut start, mut sum) = (0, 0.0);
    for (i, vote) in votes.iter().enumerate() {
        if without.contains(&i) {
            (start, sum) = (i + 1, 0.0);
            continue;
        }
        if sum <= 0.0 {
            (start, sum) = (i, 0.0);
        }
        sum += vote;
        if sum > best_sum {
            (best, best_sum) = (start..i + 1, sum);
        }
    }
    (best, best_sum)
}

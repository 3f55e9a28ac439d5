//! The second table: the first opinions around a block, and the stretch of the page that they favour.
//!
//! Opinions of opinions make neighbours agree and find the one main region that most pages have (stacked sequential
//! learning, Cohen and Carvalho 2005).

use std::ops::Range;

use super::cohesion::Cohesion;
use super::logistic;
use super::table::{Group, Padded, Table, Totals, WINDOWS, Window, flag, log, signed};
use super::view::{View, ending};

/// Opinions next to a block that are read one by one.
const NEAR: isize = 6;
/// An opinion next to a block is at most so strong, in nats.
const MOST_NATS: f32 = 7.0;
/// An opinion past either end of the page, and what a line there tells of itself.
const OUTSIDE: f32 = -9.0;
const NO_LINE: f32 = -1.0;
/// Extent above which a block weighs no more in the choice of the favoured stretch.
const MOST_EXTENT: usize = 1000;

/// What the rows need to know of the whole page.
pub(super) struct Second<'a> {
    view: &'a View<'a>,
    words: &'a [f32],
    /// What each block tells its neighbours of itself, and the first opinion on it, in nats.
    lines: [Padded; 2],
    near: Padded,
    windows: [[Window; WINDOWS.len()]; 2],
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
    pub fn of(view: &'a View<'a>, words: &'a [f32], logits: &[f32]) -> Self {
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
            lines: [
                Padded::of(measures.iter().map(|m| log(m.extent)), NO_LINE),
                Padded::of(measures.iter().map(ending), NO_LINE),
            ],
            near: Padded::of(logits.iter().map(|l| l.clamp(-MOST_NATS, MOST_NATS)), OUTSIDE),
            windows: Window::above_and_below(measures.len()),
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
        let shares: Vec<_> = blocks.clone().map(|i| self.cohesion.shares(self.view.tokens, i)).collect();
        let first = blocks.start;
        table.start(blocks);
        self.view.own(self.words, table);
        self.around(table);
        self.page(table);
        table.group(Group::Subject);
        table.put(|i| shares[i - first].0);
        table.put(|i| shares[i - first].1);
    }

    fn around(&self, table: &mut Table) {
        table.group(Group::Neighbours);
        for offset in [-2, -1, 1, 2] {
            self.lines.iter().for_each(|line| line.put(offset, table));
        }
        table.group(Group::Opinions);
        for offset in -NEAR..=NEAR {
            self.near.put(offset, table);
        }
        self.windows.iter().flatten().for_each(|window| self.opinions.put_mean(window, table));
        let [above, below] = &self.windows;
        for window in above.iter().zip(below).flat_map(|(above, below)| [above, below]) {
            table.put_column(|column, blocks| {
                let sums = self.masses.sums(window, &blocks).zip(self.extents.sums(window, &blocks));
                for (to, (mass, extent)) in column.iter_mut().zip(sums) {
                    *to = if extent > 0.0 { mass / extent } else { -1.0 };
                }
            });
        }
    }

    fn page(&self, table: &mut Table) {
        let n = self.view.measures.len();
        let all = self.masses.all();
        let (favoured, rival) = (&self.favoured.0, &self.rival.0);
        table.group(Group::Page);
        table.put_all(log(n));
        table.put_all(self.opinions.mean());
        table.put_all(all.ln_1p());
        table.put_all(all / self.extents.all().max(1.0));
        table.put_all(self.favoured.1.ln_1p());
        table.put_all(self.rival.1 / self.favoured.1.max(0.1));
        table.put_all(signed(rival.start, favoured.start));
        table.put_all(self.masses.sum(favoured) / all.max(1.0));
        table.group(Group::Place);
        table.put(|i| i as f32 / n as f32);
        table.put(|i| self.masses.sum(&(0..i)) / all.max(1.0));
        table.put_logs(|i| self.kept.sum(&(0..i)));
        table.put_logs(|i| self.kept.sum(&(i + 1..n)));
        table.put(|i| signed(i, favoured.start));
        table.put(|i| signed(i, favoured.end));
        table.put(|i| flag(favoured.contains(&i)));
        table.put(|i| flag(rival.contains(&i)));
        let title = self.view.context.head_title.unwrap_or(0);
        table.put(|i| signed(i, title));
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

//! The reader: an opinion on each block, whether it is main text, from the whole page.
//!
//! Three models, each a step further from the letters: what the words say (`words`), trees over what stands in and
//! around a block (`first`), trees over those trees' opinions of the whole page (`second`). They are fitted by the
//! program in `training/` to pages whose main text people had marked, and stand in `reader.bin`. What the zone model
//! makes of the page by its features is a signal among the others; what follows from the opinions it has to agree with.
//!
//! It is wrong where the marked pages are silent: languages they do not hold are read by their look alone, and a page
//! that is all list, a calendar or a table of results, looks like a menu.

mod cohesion;
mod file;
mod first;
mod forest;
mod second;
mod table;
mod view;
pub mod words;

use std::cell::RefCell;
use std::ops::Range;
use std::sync::LazyLock;

pub use forest::{DEPTH, Forest, Tree};
pub use table::Group;

use first::First;
use forest::Ready;
use second::Second;
use table::{ROWS, Table};
pub(super) use view::View;

/// The weights of all three models.
#[derive(Debug, Clone, PartialEq)]
pub struct Reader {
    /// See [`words::score`].
    pub words: Vec<i8>,
    /// The trees over the first table.
    pub first: Forest,
    /// The trees over the second.
    pub second: Forest,
    /// Probabilities as the second opinion states them, each with the share of main text that was measured among blocks
    /// of that opinion, on sites that the trees had not seen. Both rise.
    pub calibration: Vec<(f32, f32)>,
}

/// What the reader thinks of a page, block by block, in nats: above 0 it is for main text.
#[derive(Debug, Default)]
pub(super) struct Opinions {
    pub words: Vec<f32>,
    pub first: Vec<f32>,
    pub second: Vec<f32>,
}

thread_local! {
    // A table takes longer to allocate than a short page takes to read.
    static TABLES: RefCell<[Table; 2]> =
        RefCell::new([&READY.0, &READY.1].map(|forest| Table::of_wanted(forest.wanted())));
}

static BUILT_IN: LazyLock<Reader> = LazyLock::new(|| {
    Reader::from_bytes(include_bytes!("../reader.bin"))
        .unwrap_or_else(|e| panic!("the built-in weights of the reader are broken: {e}"))
});

/// The trees of both tables of the built-in reader.
static READY: LazyLock<(Ready, Ready)> =
    LazyLock::new(|| (Ready::of(&BUILT_IN.first), Ready::of(&BUILT_IN.second)));

/// Reads a page, by the weights that ship with the program.
pub(super) fn read(view: &View<'_>) -> Opinions {
    let n = view.measures.len();
    let words: Vec<f32> = (0..n).map(|i| words::score(&BUILT_IN.words, view.tokens.words(i))).collect();
    let (mut first, mut second) = (Vec::with_capacity(n), Vec::with_capacity(n));
    TABLES.with_borrow_mut(|[first_table, second_table]| {
        let rows = First::of(view, &words);
        for blocks in slices(n) {
            rows.rows(blocks, first_table);
            READY.0.scores(first_table, &mut first);
        }
        let rows = Second::of(view, &words, &first);
        for blocks in slices(n) {
            rows.rows(blocks, second_table);
            READY.1.scores(second_table, &mut second);
        }
    });
    Opinions { words, first, second }
}

impl Reader {
    /// The weights that ship with the program.
    #[must_use]
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// The probability that a block is main text, from its second opinion in nats: the measured share, between two
    /// measured points in proportion.
    #[must_use]
    pub fn probability(&self, opinion: f32) -> f32 {
        let stated = logistic(opinion);
        let above = self.calibration.partition_point(|(p, _)| *p <= stated);
        match (above.checked_sub(1).map(|i| self.calibration[i]), self.calibration.get(above)) {
            (Some((p, share)), Some((q, next))) => share + (next - share) * (stated - p) / (q - p),
            (Some((_, share)), None) => share,
            (None, Some((_, share))) => *share,
            (None, None) => stated,
        }
    }

    /// What each group of signals adds to each block's opinion over ordinary ones, in nats, in both tables together.
    pub(super) fn reasons(&self, view: &View<'_>, opinions: &Opinions) -> Vec<Vec<(Group, f32)>> {
        let Opinions { words, first, .. } = opinions;
        let (first, second) = (First::of(view, words), Second::of(view, words, first));
        let (mut table, mut stacked) = (Table::default(), Table::default());
        (0..view.measures.len())
            .map(|i| {
                let mut sums = vec![0.0f32; Group::ALL.len()];
                first.rows(i..i + 1, &mut table);
                self.first.add_reasons(&table, &mut sums);
                second.rows(i..i + 1, &mut stacked);
                self.second.add_reasons(&stacked, &mut sums);
                Group::ALL.iter().copied().zip(sums).collect()
            })
            .collect()
    }
}

impl Forest {
    fn add_reasons(&self, table: &Table, sums: &mut [f32]) {
        let row: Vec<f32> = table.row(0).collect();
        let score = self.score(&row);
        for (group, sum) in Group::ALL.iter().zip(sums) {
            let without: Vec<f32> = (row.iter().zip(&self.ordinary).zip(table.groups()))
                .map(|((value, ordinary), of)| if of == group { *ordinary } else { *value })
                .collect();
            *sum += score - self.score(&without);
        }
    }
}

/// The probability that log-odds state.
fn logistic(nats: f32) -> f32 {
    1.0 / (1.0 + (-nats).exp())
}

/// A page in pieces that fit a table.
fn slices(blocks: usize) -> impl Iterator<Item = Range<usize>> {
    (0..blocks).step_by(ROWS).map(move |from| from..(from + ROWS).min(blocks))
}

/// All rows of a page's table, one after the other, for the programs that fit the trees. `first` are the first
/// opinions, in nats, for the second table; without them it is the first.
pub(super) fn all_rows(view: &View<'_>, words: &[f32], first: Option<&[f32]>) -> (Vec<Group>, Vec<f32>) {
    match first {
        None => {
            let rows = First::of(view, words);
            collect(view, |blocks, table| rows.rows(blocks, table))
        }
        Some(first) => {
            let rows = Second::of(view, words, first);
            collect(view, |blocks, table| rows.rows(blocks, table))
        }
    }
}

fn collect(view: &View<'_>, fill: impl Fn(Range<usize>, &mut Table)) -> (Vec<Group>, Vec<f32>) {
    let mut table = Table::default();
    let mut values = Vec::new();
    for blocks in slices(view.measures.len()) {
        fill(blocks, &mut table);
        (0..table.rows()).for_each(|row| values.extend(table.row(row)));
    }
    (table.groups().to_vec(), values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::{Model, Observed};
    use crate::segment::segment;

    #[test]
    fn the_weights_are_those_of_today_s_signals() {
        let text = "A title\n\nA paragraph that says something. And then something else.";
        let blocks = segment(text);
        let repetition = vec![crate::document::Repetition::default(); blocks.len()];
        let mut observed = Observed::of(text, &blocks, &repetition);
        observed.survey(Model::built_in());
        let (words, reader) = (vec![0.0; blocks.len()], Reader::built_in());
        assert_eq!(observed.table(&words, None).0.len(), reader.first.ordinary.len());
        assert_eq!(observed.table(&words, Some(&words)).0.len(), reader.second.ordinary.len());
    }

    #[test]
    fn probabilities_rise_with_the_opinion() {
        let reader = Reader::built_in();
        let all: Vec<f32> = (-80..=80).map(|o| reader.probability(o as f32 / 10.0)).collect();
        assert!(all.is_sorted() && all[0] < 0.05 && all[160] > 0.95, "{all:?}");
    }
}

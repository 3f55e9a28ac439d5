//! Boosted oblivious trees at run time.
//!
//! All nodes of a level ask the same question (CatBoost, Prokhorenkova et al. 2018), so a tree is up to six questions
//! and a table of leaves, and a block's answers are the bits of its leaf's number. Asked of several blocks at once,
//! column by column, that is a handful of instructions a tree without a branch.

use std::collections::BTreeMap;

use super::table::{ROWS, Table};

/// Questions of a tree, at most.
pub const DEPTH: usize = 6;
/// Different bounds of one signal in a forest, at most: their number is compared as a signed byte.
pub(super) const MOST_BOUNDS: usize = i8::MAX as usize;
/// Values compared at once.
const LANES: usize = 16;

/// One tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// Signal and bound: is the signal above it? The answer to question `d` is bit `d` of the leaf's number.
    pub splits: Vec<(u16, f32)>,
    /// What each leaf adds, in nats.
    pub leaves: Vec<f32>,
}

/// Trees whose leaves are summed up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Forest {
    /// What every block starts with, in nats.
    pub base: f32,
    /// The trees.
    pub trees: Vec<Tree>,
    /// An ordinary value of each signal: what `explain` puts in the place of those it asks about.
    pub ordinary: Vec<f32>,
}

impl Forest {
    /// The score of one block, the log-odds that it is main text; its signals one after the other.
    pub(super) fn score(&self, row: &[f32]) -> f32 {
        let leaf = |tree: &Tree| {
            let answers = tree.splits.iter().enumerate();
            answers.fold(0, |leaf, (d, (s, bound))| leaf | usize::from(row[usize::from(*s)] > *bound) << d)
        };
        self.base + self.trees.iter().map(|tree| tree.leaves[leaf(tree)]).sum::<f32>()
    }

    /// The signals that trees ask about, each with the bounds that they ask for, in order.
    pub(super) fn bounds(&self) -> BTreeMap<u16, Vec<f32>> {
        let mut signals: BTreeMap<u16, Vec<f32>> = BTreeMap::new();
        for (signal, bound) in self.trees.iter().flat_map(|tree| &tree.splits) {
            signals.entry(*signal).or_default().push(*bound);
        }
        for bounds in signals.values_mut() {
            bounds.sort_unstable_by(f32::total_cmp);
            bounds.dedup();
        }
        signals
    }
}

/// A forest made ready to be asked about many blocks at once.
///
/// Many trees ask about the same signals. So of each signal it is found out once how many of its bounds the value is
/// above; then a question compares two small numbers, sixteen at a time.
#[derive(Debug)]
pub(super) struct Ready {
    base: f32,
    signals: Vec<(u16, Vec<f32>)>,
    /// How many signals a row has, with those that no tree asks about.
    width: usize,
    trees: Vec<ReadyTree>,
}

#[derive(Debug)]
struct ReadyTree {
    /// Place among the signals, and how many bounds the value must at least be above, less one.
    questions: [(u16, i8); DEPTH],
    leaves: [f32; 1 << DEPTH],
}

/// A question that nothing is above enough for, and what a forest that asks nothing else is answered.
const NEVER: (u16, i8) = (0, i8::MAX);
const NO_RANKS: &[i8; ROWS] = &[0; ROWS];

impl Ready {
    /// Makes a forest ready. No signal may have more than [`MOST_BOUNDS`].
    pub fn of(forest: &Forest) -> Self {
        let signals: Vec<(u16, Vec<f32>)> = forest.bounds().into_iter().collect();
        let question = |(signal, bound): &(u16, f32)| {
            let place = signals.partition_point(|(s, _)| s < signal);
            let below = signals[place].1.partition_point(|b| b < bound);
            (place as u16, i8::try_from(below).expect("no signal has more bounds"))
        };
        let ready = |tree: &Tree| {
            let (mut questions, mut leaves) = ([NEVER; DEPTH], [0.0; 1 << DEPTH]);
            questions.iter_mut().zip(&tree.splits).for_each(|(to, split)| *to = question(split));
            leaves[..tree.leaves.len()].copy_from_slice(&tree.leaves);
            ReadyTree { questions, leaves }
        };
        let trees = forest.trees.iter().map(ready).collect();
        Self { base: forest.base, signals, width: forest.ordinary.len(), trees }
    }

    /// Which signals the trees ask about.
    pub fn wanted(&self) -> Vec<bool> {
        let mut wanted = vec![false; self.width];
        self.signals.iter().for_each(|(signal, _)| wanted[usize::from(*signal)] = true);
        wanted
    }

    /// Adds each block's score, the log-odds that it is main text, to `out`.
    pub fn scores(&self, table: &Table, out: &mut Vec<f32>) {
        let ranks: Vec<[i8; ROWS]> = (self.signals.iter())
            .map(|(signal, bounds)| ranks(table, usize::from(*signal), bounds))
            .collect();
        let (mut sums, mut leaves) = ([self.base; ROWS], [0; ROWS]);
        // Only whole lanes are fast, so what lies past the last block is asked as well.
        let lanes = table.rows().div_ceil(LANES);
        for tree in &self.trees {
            tree.put_leaves(&ranks, &mut leaves[..lanes * LANES]);
            tree.add(&leaves, &mut sums, lanes);
        }
        out.extend_from_slice(&sums[..table.rows()]);
    }
}

// Functions of their own, over arrays of a known length: so the compiler sees that one register holds the answers of
// sixteen blocks, and needs no test of the bounds.
impl ReadyTree {
    /// The number of each block's leaf.
    #[inline(never)]
    fn put_leaves(&self, ranks: &[[i8; ROWS]], leaves: &mut [u8]) {
        let columns = self.questions.map(|(signal, _)| ranks.get(usize::from(signal)).unwrap_or(NO_RANKS));
        let bounds = self.questions.map(|(_, bound)| bound);
        for (i, leaf) in leaves.iter_mut().enumerate().take(ROWS) {
            *leaf = (0..DEPTH).fold(0, |leaf, d| leaf | u8::from(columns[d][i] > bounds[d]) << d);
        }
    }

    /// Adds what the leaves say.
    #[inline(never)]
    fn add(&self, leaves: &[u8; ROWS], sums: &mut [f32; ROWS], lanes: usize) {
        let (leaves, sums) = (leaves.as_chunks::<LANES>().0, sums.as_chunks_mut::<LANES>().0);
        for (leaves, sums) in leaves.iter().zip(sums).take(lanes) {
            for (leaf, sum) in leaves.iter().zip(sums) {
                *sum += self.leaves[usize::from(*leaf) % (1 << DEPTH)];
            }
        }
    }
}

/// How many bounds each value of a signal is above. Past the last block they mean nothing.
fn ranks(table: &Table, signal: usize, bounds: &[f32]) -> [i8; ROWS] {
    let values = table.column(signal);
    // What is said of a page as a whole has the most bounds.
    if table.is_uniform(signal) {
        return [bounds.iter().filter(|bound| values[0] > **bound).count() as i8; ROWS];
    }
    let mut ranks = [0; ROWS];
    let lanes = values.as_chunks::<LANES>().0.iter().zip(ranks.as_chunks_mut::<LANES>().0);
    for (values, ranks) in lanes.take(table.rows().div_ceil(LANES)) {
        for bound in bounds {
            *ranks = std::array::from_fn(|i| ranks[i] + i8::from(values[i] > *bound));
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::label::reader::table::Group;

    proptest! {
        #[test]
        fn many_blocks_at_once_score_as_one_by_one(
            trees in prop::collection::vec((prop::collection::vec((0u16..3, 0i8..20), 0..=DEPTH), 0u32..99), 0..9),
            rows in prop::collection::vec([0i8..20, 0..20, 0..20], 1..40),
        ) {
            let trees = trees.into_iter().map(|(splits, seed)| Tree {
                // Whole numbers, so that the order in which they are added does not matter.
                leaves: (0..1 << splits.len()).map(|leaf| (seed * leaf % 7) as f32).collect(),
                splits: splits.into_iter().map(|(signal, bound)| (signal, f32::from(bound))).collect(),
            });
            let forest = Forest { base: 1.0, trees: trees.collect(), ordinary: vec![0.0; 3] };
            let ready = Ready::of(&forest);
            let mut table = Table::of_wanted(ready.wanted());
            table.start(0..rows.len());
            table.group(Group::Look);
            (0..3).for_each(|signal| table.put(|i| f32::from(rows[i][signal])));
            let mut scores = Vec::new();
            ready.scores(&table, &mut scores);
            for (row, score) in rows.iter().zip(scores) {
                prop_assert_eq!(forest.score(&row.map(f32::from)), score);
            }
        }
    }
}

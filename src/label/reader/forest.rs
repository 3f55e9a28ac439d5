//! Boosted oblivious trees at run time.
//!
//! All nodes of a level ask the same question (CatBoost, Prokhorenkova et al. 2018), so a tree is up to six questions
//! and a table of leaves, and a block's answers are the bits of its leaf's number. Asked of several blocks at once,
//! column by column, that is a handful of instructions a tree without a branch.

use super::table::{ROWS, Table};

/// Questions of a tree, at most.
pub const DEPTH: usize = 6;
/// Blocks asked at once.
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
    /// Adds each block's score, the log-odds that it is main text, to `out`.
    pub(super) fn scores(&self, table: &Table, out: &mut Vec<f32>) {
        let mut sums = [self.base; ROWS];
        for tree in &self.trees {
            let mut columns: [&[f32]; DEPTH] = [&[]; DEPTH];
            for (column, (signal, _)) in columns.iter_mut().zip(&tree.splits) {
                *column = table.column(usize::from(*signal));
            }
            let columns = &columns[..tree.splits.len()];
            for from in (0..table.rows()).step_by(LANES) {
                let mut leaf = [0u32; LANES];
                for (d, (column, (_, bound))) in columns.iter().zip(&tree.splits).enumerate() {
                    let values = &column[from..from + LANES];
                    for (leaf, value) in leaf.iter_mut().zip(values) {
                        *leaf |= u32::from(value > bound) << d;
                    }
                }
                for (sum, leaf) in sums[from..from + LANES].iter_mut().zip(leaf) {
                    *sum += tree.leaves[leaf as usize];
                }
            }
        }
        out.extend_from_slice(&sums[..table.rows()]);
    }

    /// The score of one block, its signals one after the other.
    pub(super) fn score(&self, row: &[f32]) -> f32 {
        let leaf = |tree: &Tree| {
            let answers = tree.splits.iter().enumerate();
            answers.fold(0, |leaf, (d, (s, bound))| leaf | usize::from(row[usize::from(*s)] > *bound) << d)
        };
        self.base + self.trees.iter().map(|tree| tree.leaves[leaf(tree)]).sum::<f32>()
    }
}

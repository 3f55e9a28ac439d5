//! Merging sorted runs with a tree of losers.
//!
//! The heads of the runs are the leaves of a tournament. Each inner node remembers who lost there, so after the
//! overall winner is handed out, only the matches on its path are played again: log₂ of the number of runs
//! comparisons a record (Knuth, The Art of Computer Programming 3, 5.4.1), where a binary heap needs up to twice that.

use std::mem;

use super::Record;
use super::run::{Run, RunReader};
use crate::error::Result;

/// Several runs on their way to becoming one.
#[derive(Debug)]
pub(super) struct Merge<T> {
    runs: Vec<RunReader<T>>,
    /// The next record of each run.
    heads: Vec<T>,
    /// Runs by number: at 0 the winner, at every other node of the tree the loser of the match played there. The
    /// children of node n are 2n and 2n + 1; of k runs, run r enters as the leaf k + r.
    tree: Vec<usize>,
}

impl<T: Record> Merge<T> {
    /// Opens all `runs`.
    pub(super) fn open(runs: impl IntoIterator<Item = Run>) -> Result<Self> {
        let mut merge = Self { runs: Vec::new(), heads: Vec::new(), tree: Vec::new() };
        for run in runs {
            let mut run = RunReader::open(run)?;
            if let Some(head) = run.next()? {
                merge.runs.push(run);
                merge.heads.push(head);
            }
        }
        merge.play_all();
        Ok(merge)
    }

    /// Appends up to `count` records to `out`; says whether there was any.
    pub(super) fn fill(&mut self, out: &mut Vec<T>, count: usize) -> Result<bool> {
        let before = out.len();
        while out.len() < before + count {
            let Some(&winner) = self.tree.first() else { break };
            out.push(self.heads[winner]);
            if let Some(head) = self.runs[winner].next()? {
                self.heads[winner] = head;
                self.replay(winner);
            } else {
                self.runs.swap_remove(winner);
                self.heads.swap_remove(winner);
                self.play_all();
            }
        }
        Ok(out.len() > before)
    }

    /// Plays the matches between the leaf of `run`, whose head is new, and the root.
    #[inline]
    fn replay(&mut self, run: usize) {
        let mut winner = run;
        let mut node = (self.heads.len() + run) / 2;
        while node > 0 {
            if self.heads[self.tree[node]] < self.heads[winner] {
                mem::swap(&mut self.tree[node], &mut winner);
            }
            node /= 2;
        }
        self.tree[0] = winner;
    }

    /// Plays every match.
    fn play_all(&mut self) {
        let runs = self.heads.len();
        self.tree.clear();
        self.tree.resize(runs, 0);
        let mut winners = vec![0; runs];
        winners.extend(0..runs);
        for node in (1..runs).rev() {
            let (left, right) = (winners[2 * node], winners[2 * node + 1]);
            let right_wins = self.heads[right] < self.heads[left];
            (winners[node], self.tree[node]) = if right_wins { (right, left) } else { (left, right) };
        }
        if let [root, ..] = &mut self.tree[..] {
            *root = winners[1];
        }
    }
}

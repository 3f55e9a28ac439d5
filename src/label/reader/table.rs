//! Tables of signals: numbers about blocks, a column a signal, so that a signal is worked out for many blocks at once,
//! and a tree asked about them.

use std::ops::Range;
use std::sync::LazyLock;

/// Blocks in a table. A page is read a table at a time, so that the longest page needs no more room than this.
pub(super) const ROWS: usize = 256;
/// Values from one column to the next: a power of two would put all signals of a block into the same few sets of the
/// processor's cache.
const STRIDE: usize = ROWS + 16;

macro_rules! groups {
    ($($variant:ident $phrase:literal,)*) => {
        /// Signals of one kind, for `explain`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Group { $(#[doc = $phrase] $variant,)* }

        impl Group {
            /// Every group.
            pub const ALL: &[Group] = &[$(Group::$variant,)*];

            /// The group in words.
            #[must_use]
            pub fn phrase(self) -> &'static str {
                match self { $(Group::$variant => $phrase,)* }
            }
        }
    };
}

groups! {
    Look "its length, ending and letters",
    Cues "the set phrases and dates in it",
    Words "its words",
    Zones "the part of the page it seems to be in",
    Repetition "what other pages say of it",
    Neighbours "the lines next to it",
    Around "what stands around it",
    Page "the page as a whole",
    Place "where it stands on the page",
    Subject "what it shares with the rest of the page",
    Opinions "the first reading of it and of the lines around it",
}

/// The signals of some consecutive blocks.
#[derive(Debug, Default)]
pub struct Table {
    values: Vec<f32>,
    /// The group of each signal; also says how many there are.
    groups: Vec<Group>,
    /// Which signals are the same for all blocks.
    uniform: Vec<bool>,
    /// Which signals are wanted; where it is empty, all are.
    wanted: Vec<bool>,
    blocks: Range<usize>,
    /// The next signal.
    signal: usize,
    group: Option<Group>,
}

impl Table {
    /// A table that leaves out the signals that nobody asks about: they cost as much as the others.
    pub(super) fn of_wanted(wanted: Vec<bool>) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// Begins again, with other blocks. The same signals have to follow, in the same order.
    pub(super) fn start(&mut self, blocks: Range<usize>) {
        debug_assert!(blocks.len() <= ROWS);
        debug_assert_eq!(self.signal, self.groups.len(), "every block has the same signals");
        (self.blocks, self.signal) = (blocks, 0);
    }

    /// What follows belongs to this group.
    pub(super) fn group(&mut self, group: Group) {
        self.group = Some(group);
    }

    /// The next signal, of each block.
    pub(super) fn put(&mut self, value: impl Fn(usize) -> f32) {
        self.put_column(|column, blocks| {
            for (to, block) in column.iter_mut().zip(blocks) {
                *to = value(block);
            }
        });
    }

    /// The next signal, which is the same for all blocks.
    pub(super) fn put_all(&mut self, value: f32) {
        self.put_column(|column, _| column.fill(value));
        self.uniform[self.signal - 1] = true;
    }

    /// The next signal: the logarithm of one more than a value that stays the same over stretches of the page, so that
    /// it mostly need not be worked out.
    pub(super) fn put_logs(&mut self, value: impl Fn(usize) -> f32) {
        self.put_column(|column, blocks| {
            let mut last = (0.0f32, 0.0f32.ln_1p());
            for (to, block) in column.iter_mut().zip(blocks) {
                let value = value(block);
                if value.to_bits() != last.0.to_bits() {
                    last = (value, value.ln_1p());
                }
                *to = last.1;
            }
        });
    }

    /// The next signal, by what puts it into the column of the blocks.
    pub(super) fn put_column(&mut self, fill: impl FnOnce(&mut [f32], Range<usize>)) {
        let signal = self.signal;
        if signal == self.groups.len() {
            self.groups.push(self.group.unwrap_or(Group::Look));
            self.uniform.push(false);
            self.values.resize(self.values.len() + STRIDE, 0.0);
        }
        if self.wanted.get(signal).copied().unwrap_or(true) {
            fill(&mut self.values[signal * STRIDE..][..self.blocks.len()], self.blocks.clone());
        }
        self.signal += 1;
    }

    /// One signal of all blocks. Values past [`Table::rows`] mean nothing.
    pub(super) fn column(&self, signal: usize) -> &[f32; ROWS] {
        self.values[signal * STRIDE..].first_chunk().expect("a column has room for all rows")
    }

    /// Whether a signal is the same for all blocks.
    pub(super) fn is_uniform(&self, signal: usize) -> bool {
        self.uniform[signal]
    }

    /// The group of each signal.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Blocks in the table.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.blocks.len()
    }

    /// The signals of one block.
    pub fn row(&self, row: usize) -> impl Iterator<Item = f32> {
        (0..self.groups.len()).map(move |signal| self.values[signal * STRIDE + row])
    }
}

/// Blocks summed up on either side of a block.
pub(super) const WINDOWS: [usize; 4] = [2, 6, 16, 48];
/// Blocks of the widest window on one side.
const WIDEST: usize = WINDOWS[WINDOWS.len() - 1];

/// The mean over no block.
const NO_MEAN: f32 = -1.0;

/// Running totals of a quantity over the blocks of a page, so that any window costs the same.
///
/// Before the first total and after the last one stand copies of them, so that a window past an end of the page needs
/// no other treatment.
pub(super) struct Totals(Vec<f64>);

impl Totals {
    pub fn of(values: impl Iterator<Item = f32>) -> Self {
        let mut totals = Vec::with_capacity(2 * WIDEST + 1 + values.size_hint().0);
        totals.resize(WIDEST + 1, 0.0);
        let mut sum = 0.0f64;
        totals.extend(values.map(|value| {
            sum += f64::from(value);
            sum
        }));
        totals.resize(totals.len() + WIDEST, sum);
        Self(totals)
    }

    /// The sum over a range of blocks of the page.
    pub fn sum(&self, range: &Range<usize>) -> f32 {
        (self.0[WIDEST + range.end] - self.0[WIDEST + range.start]) as f32
    }

    /// The sum over all blocks of the page.
    pub fn all(&self) -> f32 {
        self.0.last().copied().unwrap_or(0.0) as f32
    }

    /// The mean over all blocks of the page; [`NO_MEAN`] without blocks.
    pub fn mean(&self) -> f32 {
        let blocks = self.0.len() - 2 * WIDEST - 1;
        if blocks == 0 { NO_MEAN } else { self.all() / blocks as f32 }
    }

    /// The sums over a window at each of some blocks.
    pub fn sums(&self, window: &Window, blocks: &Range<usize>) -> impl Iterator<Item = f32> {
        let from = |offset: isize| {
            let start = (WIDEST + blocks.start).strict_add_signed(offset);
            &self.0[start..start + blocks.len()]
        };
        from(window.start).iter().zip(from(window.end)).map(|(start, end)| (end - start) as f32)
    }

    /// Puts the mean over a window at each block.
    pub fn put_mean(&self, window: &Window, table: &mut Table) {
        table.put_column(|column, blocks| {
            let sums = self.sums(window, &blocks).zip(&window.counts[blocks.clone()]);
            for (to, (sum, count)) in column.iter_mut().zip(sums) {
                *to = if *count == 0.0 { NO_MEAN } else { sum / count };
            }
        });
    }
}

/// Some blocks around each block.
pub(super) struct Window {
    /// The first one and the one after the last, counted from the block.
    start: isize,
    end: isize,
    /// How many of them the page has, at each of its blocks.
    counts: Vec<f32>,
}

impl Window {
    /// A window on a page of `n` blocks.
    pub fn of(offsets: Range<isize>, n: usize) -> Self {
        debug_assert!(offsets.start.unsigned_abs() <= WIDEST && offsets.end.unsigned_abs() <= WIDEST + 1);
        let at = |i: usize, offset: isize| i.saturating_add_signed(offset).min(n);
        let counts = (0..n).map(|i| (at(i, offsets.end) - at(i, offsets.start)) as f32).collect();
        Self { start: offsets.start, end: offsets.end, counts }
    }

    /// The windows of each size: those above a block, and those below it.
    pub fn above_and_below(n: usize) -> [[Self; WINDOWS.len()]; 2] {
        [WINDOWS.map(|w| Self::of(-(w as isize)..0, n)), WINDOWS.map(|w| Self::of(1..1 + w as isize, n))]
    }
}

/// A quantity of the blocks of a page, with a value past either end.
pub(super) struct Padded(Vec<f32>);

impl Padded {
    /// How far past an end of the page a block looks.
    const REACH: usize = 6;

    pub fn of(values: impl Iterator<Item = f32>, outside: f32) -> Self {
        let outside = std::iter::repeat_n(outside, Self::REACH);
        Self(outside.clone().chain(values).chain(outside).collect())
    }

    /// Puts the value of the block at an offset from each block.
    pub fn put(&self, offset: isize, table: &mut Table) {
        table.put_column(|column, blocks| {
            let start = (Self::REACH + blocks.start).strict_add_signed(offset);
            column.copy_from_slice(&self.0[start..start + blocks.len()]);
        });
    }
}

pub(super) fn flag(value: bool) -> f32 {
    f32::from(u8::from(value))
}

/// A count on a logarithmic scale: ten more blocks matter at five, not at five hundred.
pub(super) fn log(value: usize) -> f32 {
    const KNOWN: usize = 1024;
    static LOGS: LazyLock<[f32; KNOWN]> = LazyLock::new(|| std::array::from_fn(|n| (n as f32).ln_1p()));
    LOGS.get(value).copied().unwrap_or_else(|| (value as f32).ln_1p())
}

/// The distance from one block to another, below zero when it lies below, on a logarithmic scale.
pub(super) fn signed(from: usize, to: usize) -> f32 {
    if from >= to { log(from - to) } else { -log(to - from) }
}

//! Tables of signals: numbers about blocks, a column a signal, so that a tree is asked about many blocks at once.

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
    rows: usize,
    /// Where the next value goes.
    column: usize,
    row: usize,
    group: Option<Group>,
}

impl Table {
    /// Fills the table with the rows of some blocks; `put_row` puts the signals of one.
    pub(super) fn fill(&mut self, blocks: Range<usize>, put_row: impl Fn(usize, &mut Self)) {
        debug_assert!(blocks.len() <= ROWS);
        self.rows = blocks.len();
        for (row, block) in blocks.enumerate() {
            (self.row, self.column) = (row, 0);
            put_row(block, self);
            debug_assert_eq!(self.column, self.groups.len(), "every block has the same signals");
        }
    }

    /// What follows belongs to this group.
    pub(super) fn group(&mut self, group: Group) {
        self.group = Some(group);
    }

    /// The next signal of the current block.
    pub(super) fn put(&mut self, value: f32) {
        if self.column == self.groups.len() {
            debug_assert_eq!(self.row, 0, "every block has the same signals");
            self.groups.push(self.group.unwrap_or(Group::Look));
            self.values.resize(self.values.len() + STRIDE, 0.0);
        }
        self.values[self.column * STRIDE + self.row] = value;
        self.column += 1;
    }

    /// One signal of all blocks. Values past [`Table::rows`] mean nothing.
    pub(super) fn column(&self, signal: usize) -> &[f32] {
        &self.values[signal * STRIDE..][..ROWS]
    }

    /// The group of each signal.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Blocks in the table.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The signals of one block.
    pub fn row(&self, row: usize) -> impl Iterator<Item = f32> {
        (0..self.groups.len()).map(move |signal| self.values[signal * STRIDE + row])
    }
}

/// Blocks summed up on either side of a block.
pub(super) const WINDOWS: [usize; 4] = [2, 6, 16, 48];

/// The mean over no block.
const NO_MEAN: f32 = -1.0;

/// Running totals of a quantity over the blocks of a page, so that any window costs the same.
pub(super) struct Totals(Vec<f64>);

impl Totals {
    pub fn of(values: impl Iterator<Item = f32>) -> Self {
        let mut totals = vec![0.0];
        let mut sum = 0.0f64;
        totals.extend(values.map(|value| {
            sum += f64::from(value);
            sum
        }));
        Self(totals)
    }

    fn clamp(&self, range: &Range<usize>) -> Range<usize> {
        let n = self.0.len() - 1;
        range.start.min(n)..range.end.min(n)
    }

    pub fn sum(&self, range: &Range<usize>) -> f32 {
        let range = self.clamp(range);
        (self.0[range.end] - self.0[range.start]) as f32
    }

    /// The mean over a range; [`NO_MEAN`] where it is empty.
    pub fn mean(&self, range: &Range<usize>) -> f32 {
        let count = self.clamp(range).len();
        if count == 0 { NO_MEAN } else { self.sum(range) / count as f32 }
    }

    /// Puts the means over the windows around a block.
    pub fn around(&self, windows: &Windows, table: &mut Table) {
        for &(start, end, count) in &windows.0 {
            table.put(if count == 0.0 { NO_MEAN } else { (self.0[end] - self.0[start]) as f32 / count });
        }
    }
}

/// The windows around a block: those above, then those below. Worked out once for all quantities.
pub(super) struct Windows([(usize, usize, f32); 2 * WINDOWS.len()]);

impl Windows {
    /// The windows around block `i` of `n`.
    pub fn of(i: usize, n: usize) -> Self {
        let window = |start: usize, end: usize| (start, end, (end - start) as f32);
        Self(std::array::from_fn(|k| match WINDOWS.get(k) {
            Some(w) => window(i.saturating_sub(*w), i),
            None => window(i + 1, (i + 1 + WINDOWS[k - WINDOWS.len()]).min(n)),
        }))
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

//! Which pages are copies of one page.
//!
//! An article crawled twice is a duplicate, not a template: without this step an updated article would delete itself
//! as repetition. Two pages are copies when their first, second or third long blocks are equal, and at
//! least half of all their long blocks, estimated from bottom-k sketches of the block keys (Broder 1997). The first
//! condition keeps apart an article and the page that shows it whole as a related item, even where each shows the
//! other.
//!
//! It is wrong about pages of one or two long blocks that all share one of them, a shop's standing text for instance;
//! these count once, so that text is not seen as repeated.

use crate::error::Result;

/// Long blocks kept in a sketch: enough for a share of one half to be told from one fifth.
const SKETCH: usize = 16;
/// Blocks that count as the top of a page.
const LEADS: usize = 3;
/// Share of the long blocks that copies have in common.
const SHARED: f64 = 0.5;
/// Pages of one lead block that a page is compared with, the nearest ones by sketch: a cookie notice leads on every
/// page of a site.
const MAX_COMPARED: usize = 64;

/// The smallest keys of a page's long blocks, zeros behind them where there are fewer than 16, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageSketch {
    keys: [u64; SKETCH],
    length: u8,
}

impl PageSketch {
    /// The sketch of the given keys.
    #[must_use]
    pub fn new(mut keys: Vec<u64>) -> Self {
        keys.sort_unstable();
        keys.dedup();
        keys.truncate(SKETCH);
        let mut sketch = Self { keys: [0; SKETCH], length: keys.len() as u8 };
        sketch.keys[..keys.len()].copy_from_slice(&keys);
        sketch
    }

    /// The most keys of a sketch.
    pub const MOST: usize = SKETCH;

    /// Its keys, in order.
    #[must_use]
    pub fn keys(&self) -> &[u64] {
        &self.keys[..usize::from(self.length)]
    }

    /// Estimated Jaccard similarity of the two sets of long blocks; exact while they have few.
    #[must_use]
    pub fn similarity(&self, other: &Self) -> f64 {
        let (mut a, mut b) = (self.keys().iter().peekable(), other.keys().iter().peekable());
        let (mut union, mut common) = (0, 0);
        // Past the last key of a full sketch nothing is known of the other set's keys.
        while union < SKETCH {
            let step = match (a.peek(), b.peek()) {
                (Some(x), Some(y)) => x.cmp(y),
                (Some(_), None) if usize::from(other.length) < SKETCH => std::cmp::Ordering::Less,
                (None, Some(_)) if usize::from(self.length) < SKETCH => std::cmp::Ordering::Greater,
                _ => break,
            };
            union += 1;
            common += usize::from(step.is_eq());
            if step.is_le() {
                a.next();
            }
            if step.is_ge() {
                b.next();
            }
        }
        if union == 0 { 0.0 } else { common as f64 / union as f64 }
    }
}

/// A long block at the top of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lead {
    /// The block's exact key, or the whole text's where a page has no long block, mixed with its rank on the page.
    pub key: u128,
    /// The page.
    pub document: u32,
}

impl Lead {
    /// How many long blocks of a page are leads.
    pub const PER_PAGE: usize = LEADS;

    /// The `rank`th long block of a page, from 0. Only leads of equal rank meet: where an article and the page that
    /// shows it as an item share a block, it stands further down on the one than on the other.
    pub(super) fn new(key: u128, rank: usize, document: u32) -> Self {
        Self { key: key.wrapping_add(rank as u128), document }
    }
}

/// Finds the copies, one group of equal leads after the other.
#[derive(Debug)]
pub struct CopyFinder {
    copy_of: Vec<u32>,
}

impl CopyFinder {
    /// Starts with every one of `pages` pages on its own.
    #[must_use]
    pub fn new(pages: usize) -> Self {
        Self { copy_of: (0..pages as u32).collect() }
    }

    /// Takes the pages with a lead of one key, in any order, and a way to their sketches. Which pages of a large group
    /// are compared follows from what they hold and not from where they stand in the input.
    ///
    /// # Errors
    /// When a sketch cannot be had.
    pub fn group(&mut self, pages: Vec<u32>, sketch: impl Fn(u32) -> Result<PageSketch>) -> Result<()> {
        if pages.len() < 2 {
            return Ok(());
        }
        let sketched = pages.into_iter().map(|page| Ok((sketch(page)?, page)));
        let mut pages = sketched.collect::<Result<Vec<(PageSketch, u32)>>>()?;
        pages.sort_unstable_by_key(|(sketch, page)| (sketch.keys, *page));
        for (i, (sketch, page)) in pages.iter().enumerate() {
            for (other_sketch, other) in pages[..i].iter().rev().take(MAX_COMPARED) {
                let both_empty = sketch.length == 0 && other_sketch.length == 0;
                if both_empty || sketch.similarity(other_sketch) >= SHARED {
                    self.unite(*other, *page);
                }
            }
        }
        Ok(())
    }

    /// The first page that each page is a copy of, itself where it is none.
    #[must_use]
    pub fn finish(mut self) -> Vec<u32> {
        for document in 0..self.copy_of.len() as u32 {
            self.copy_of[document as usize] = self.first(document);
        }
        self.copy_of
    }

    fn first(&mut self, document: u32) -> u32 {
        let mut at = document;
        while self.copy_of[at as usize] != at {
            let next = self.copy_of[at as usize];
            self.copy_of[at as usize] = self.copy_of[next as usize];
            at = next;
        }
        at
    }

    fn unite(&mut self, a: u32, b: u32) {
        let (a, b) = (self.first(a), self.first(b));
        self.copy_of[a.max(b) as usize] = a.min(b);
    }
}

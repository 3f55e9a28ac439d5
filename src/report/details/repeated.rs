//! The blocks that the most documents hold, in bounded memory.
//!
//! How many documents hold a block was counted before labelling and stands beside every occurrence of it. So the greatest
//! counts can be kept as they come: a block that fell out of the list fell to better ones and never comes back, and what
//! is in the list at the end was in it from its first occurrence on. Its own numbers are therefore exact. This holds
//! while parts are merged in the order of the input.
//!
//! When it is wrong: with labels off nothing was counted, and the list is empty.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_128;

use super::NAMED_BLOCKS;
use crate::document::{Label, LabelledBlock};
use crate::fingerprint::{exact_key, normalise_into};
use crate::write::{BlockAction, BlockDecision, Decision};

/// Blocks held before the list is cut down to those that can still be named.
const SLACK: usize = 256;

/// A block held by so many documents: the same one where both are equal.
type Key = (Reverse<u32>, u128);

/// Where a block stands first, and how it fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its document's number and its own.
    pub at: (u32, u32),
    pub start: u64,
    pub end: u64,
    pub label: Label,
    pub occurrences: u64,
    pub removed: u64,
}

/// The most repeated blocks of a part of the input.
#[derive(Debug, Default)]
pub(crate) struct Repeated {
    blocks: BTreeMap<Key, Place>,
    /// Blocks that fewer documents hold cannot be named any more.
    floor: u32,
    /// At how many blocks those of a part are looked through next.
    full: usize,
    scratch: String,
}

impl Repeated {
    /// An empty part of an input whose earlier parts name no block that fewer documents hold.
    pub fn above(floor: u32) -> Self {
        Self { floor, ..Self::default() }
    }

    /// How many documents must hold a block for it to be named.
    pub fn floor(&self) -> u32 {
        self.floor
    }

    /// Looks at a document's blocks. Without its text, blocks of one length that equally many documents hold pass for one.
    pub fn add(&mut self, number: u32, decision: &Decision<'_>, text: Option<&str>) {
        let is_gone = decision.drop_reason().is_some();
        for (index, BlockDecision { labelled, action, .. }) in (0..).zip(decision.blocks) {
            let LabelledBlock { block, label, repetition, .. } = labelled;
            if repetition.documents < self.floor.max(2) {
                continue;
            }
            let key = match text {
                Some(text) => {
                    self.scratch.clear();
                    normalise_into(block.span.of(text), &mut self.scratch);
                    exact_key(&self.scratch)
                }
                None => xxh3_128(&block.span.len().to_le_bytes()),
            };
            let stays = !is_gone && matches!(action, BlockAction::Keep | BlockAction::Lift);
            let place = Place {
                at: (number, index),
                start: block.span.start as u64,
                end: block.span.end as u64,
                label: *label,
                occurrences: 1,
                removed: u64::from(!stays),
            };
            self.put((Reverse(repetition.documents), key), place);
            if self.blocks.len() > self.full.max(NAMED_BLOCKS + SLACK) {
                self.thin();
            }
        }
    }

    fn put(&mut self, key: Key, place: Place) {
        let known = self.blocks.entry(key).and_modify(|known| {
            known.occurrences += place.occurrences;
            known.removed += place.removed;
        });
        known.or_insert(place);
    }

    /// Takes out blocks of a part that cannot be named whatever the other parts hold. Of equally repeated ones nobody knows
    /// yet which stands first in the whole, so all of these stay.
    fn thin(&mut self) {
        if let Some((Reverse(floor), _)) = self.blocks.keys().nth(NAMED_BLOCKS - 1).copied() {
            self.blocks.retain(|(Reverse(documents), _), _| *documents >= floor);
            self.floor = floor;
        }
        self.full = 2 * self.blocks.len();
    }

    /// Adds the part of the input that follows.
    pub fn merge(&mut self, next: Self) {
        next.blocks.into_iter().for_each(|(key, place)| self.put(key, place));
        self.cut();
    }

    /// Leaves those that can still be named: held by the most documents, of equal ones the first.
    fn cut(&mut self) {
        if self.blocks.len() <= NAMED_BLOCKS {
            return;
        }
        let mut order: Vec<_> = self.blocks.iter().map(|(key, place)| (key.0, place.at)).collect();
        let (_, last, _) = order.select_nth_unstable(NAMED_BLOCKS - 1);
        let last = *last;
        self.blocks.retain(|key, place| (key.0, place.at) <= last);
        self.floor = last.0.0;
    }

    /// The blocks, the most repeated first, each with how many documents hold it.
    pub fn into_named(self) -> Vec<(u32, Place)> {
        let mut named: Vec<_> =
            self.blocks.into_iter().map(|((documents, _), place)| (documents, place)).collect();
        named.sort_by_key(|(documents, place)| (*documents, place.at));
        named.truncate(NAMED_BLOCKS);
        named.into_iter().map(|(Reverse(documents), place)| (documents, place)).collect()
    }
}

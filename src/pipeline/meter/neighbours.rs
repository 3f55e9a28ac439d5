//! How similar the most similar better-ranked kept document looks, for every kept document: a guess by signatures alone.
//!
//! Signatures that agree in a few of their values meet, as sketches do in the buckets of the search, but in other groups of
//! values and wherever a pair at the threshold is not sure to meet either. So those whom the search has missed meet here most
//! of the time, and those whom it has compared and found too different as well.
//!
//! When it is wrong: a guess is missing for a similar pair that meets in no group (one in ten at a similarity of 0.8), or
//! where more documents meet than are looked at. It decides only which documents are looked at more closely.

use std::collections::VecDeque;

use super::super::Job;
use super::super::bits::Bits;
use super::super::drafts::Row;
use super::super::sort::Sorter;
use super::super::table::Table;
use crate::error::Result;
use crate::fingerprint::{BINS, Signature};

/// Groups of values; each is a sort of all kept documents.
const GROUPS: u64 = 16;

/// Values in a group. They have 24 bits together, so that among ten million documents one meets a stranger.
const VALUES: usize = 12;

/// Better-ranked documents that are looked at where many meet, the next ones.
const LOOKED_AT: usize = 16;

/// Seed of the choice of values.
const SEED: u64 = 0x6465_6875_736b_0011;

/// Of every document, how many values of its signature agree with the most similar better-ranked one that it meets.
pub(super) struct Likeness(Vec<u8>);

impl Likeness {
    /// The Jaccard similarity that it speaks for, from 0 to 1.
    pub fn of(&self, document: u32) -> f64 {
        let by_chance = Signature::agreement(0.0);
        let agreeing = f64::from(self.0[document as usize]) / BINS as f64;
        ((agreeing - by_chance) / (1.0 - by_chance)).max(0.0)
    }
}

/// A group's values, the document's rank (a better one is less) and number, and its signature.
type Member = (u32, u128, u32, (u64, u64), (u64, u64));

/// Looks at all documents of `kept`.
pub(super) fn likeness(job: &Job<'_>, rows: &Table<Row>, kept: &Bits) -> Result<Likeness> {
    let mut most = vec![0_u8; rows.len() as usize];
    for group in 0..GROUPS {
        job.check_stop()?;
        let values = values(group);
        let mut members: Sorter<Member> = job.sorter("signatures", job.memory() / 4, None);
        for (document, row) in (0_u32..).zip(rows.iter()) {
            // A text without words resembles nothing.
            if let Some(entry) = row?.entry.filter(|entry| kept.contains(document) && entry.words > 0) {
                let key =
                    values.iter().fold(0, |key, &value| key << 2 | u32::from(entry.signature.value(value)));
                let [a, b, c, d] = entry.signature.0;
                members.push((key, !entry.claim, document, (a, b), (c, d)))?;
            }
        }
        let mut last = None;
        let mut before: VecDeque<Signature> = VecDeque::with_capacity(LOOKED_AT);
        for member in members.finish()? {
            let (key, _, document, (a, b), (c, d)) = member?;
            let signature = Signature([a, b, c, d]);
            if last != Some(key) {
                before.clear();
                last = Some(key);
            }
            let agreeing = before.iter().map(|other| (signature.agreeing(other) * BINS as f64) as u8).max();
            let most = &mut most[document as usize];
            *most = agreeing.unwrap_or(0).max(*most);
            if before.len() == LOOKED_AT {
                before.pop_front();
            }
            before.push_back(signature);
        }
    }
    Ok(Likeness(most))
}

/// The values of a signature that are a group's.
fn values(group: u64) -> [usize; VALUES] {
    let mut all: Vec<usize> = (0..BINS).collect();
    let order = |value: &usize| {
        let mut bytes = group.to_le_bytes();
        bytes[7] = *value as u8;
        xxhash_rust::xxh3::xxh3_64_with_seed(&bytes, SEED)
    };
    all.sort_by_key(order);
    std::array::from_fn(|i| all[i])
}

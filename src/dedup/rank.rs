//! The order in which documents claim to stay: the longest main text first, then input order.
//!
//! The longest, because a copy that lost its end or its middle is the worse one to keep. Input order makes the order
//! total, so it depends on nothing but the input.

use std::cmp::Reverse;

use super::Entry;

/// The documents that have an entry, by number, best claim first.
pub(super) fn order(entries: &[Option<Entry>]) -> Vec<u32> {
    let mut claims: Vec<(Reverse<u32>, u32)> = (0_u32..)
        .zip(entries)
        .filter_map(|(document, entry)| Some((Reverse(entry.as_ref()?.words), document)))
        .collect();
    claims.sort_unstable();
    claims.into_iter().map(|(_, document)| document).collect()
}

/// The place of every document in `order`; `u32::MAX` for one that is not in it.
pub(super) fn places(order: &[u32], documents: usize) -> Vec<u32> {
    let mut places = vec![u32::MAX; documents];
    for (place, &document) in (0..).zip(order) {
        places[document as usize] = place;
    }
    places
}

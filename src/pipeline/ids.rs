//! Ids are unique in a run: the first record with an id keeps it, a later one is rejected.
//!
//! The memory is a hash of each id. Two ids that share a 128-bit hash do not occur.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_128;

/// The ids seen so far.
#[derive(Debug, Default)]
pub(super) struct Ids(HashSet<u128>);

impl Ids {
    /// What stands for an id.
    pub fn hash(id: &str) -> u128 {
        xxh3_128(id.as_bytes())
    }

    /// Whether this is the first time the id is seen.
    pub fn is_new(&mut self, hash: u128) -> bool {
        self.0.insert(hash)
    }
}

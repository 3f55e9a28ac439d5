//! A map whose keys are 64-bit hashes already, so that looking up does not hash them again.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by `xxh3_64`. Two of ten thousand words share a key with odds of one in 10^11, and the tests would show it.
pub(super) type KeyMap<V> = HashMap<u64, V, BuildHasherDefault<KeyIsHash>>;

#[derive(Default)]
pub(super) struct KeyIsHash(u64);

impl Hasher for KeyIsHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("the keys are u64");
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

//! A map whose keys are 64-bit hashes already, so that looking up does not hash them again; and such keys of words.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use xxhash_rust::xxh3::xxh3_64;

/// A map by a hash that spreads over all 64 bits, such as `xxh3_64`.
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

/// The key of a hash of 32 bits: it spreads over all 64.
pub(super) fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Longest word in bytes that has a key; "опубликовано" has 24.
const MAX_WORD: usize = 48;

/// The key of a word: lower-cased, without combining accents, ς as σ, ı as i. Nothing for a word too long to be known.
pub(super) fn word_key(word: &str) -> Option<u64> {
    let mut buffer = [0; MAX_WORD];
    if word.is_ascii() {
        let lower = buffer.get_mut(..word.len())?;
        lower.copy_from_slice(word.as_bytes());
        lower.make_ascii_lowercase();
        return Some(xxh3_64(lower));
    }
    let mut len = 0;
    for c in word.chars().flat_map(char::to_lowercase).filter(|&c| !is_accent(c)) {
        let c = match c {
            'ς' => 'σ',
            'ı' => 'i',
            '’' => '\'',
            other => other,
        };
        let room = buffer.get_mut(len..len + c.len_utf8())?;
        c.encode_utf8(room);
        len += c.len_utf8();
    }
    Some(xxh3_64(&buffer[..len]))
}

/// Whether it is an accent that stands for itself, behind its letter.
pub(super) fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}')
}

//! What is remembered of a document's main text between the sweeps: half a kilobyte, whatever its length.

use xxhash_rust::xxh3::Xxh3;

use crate::fingerprint::{Sketch, normalise_into, shingle_set, word_hashes};

/// What duplicate removal knows of a document without its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// `xxh3_128` of the normalised blocks of the main text, a space behind each.
    pub exact: u128,
    /// Words in it.
    pub words: u32,
    /// How good its claim to stay is; see [`claim`](super::claim). By its length unless somebody says otherwise.
    pub claim: u128,
    /// Different shingles in it; 0 only where it has no words.
    pub shingles: u32,
    /// Sketch of the shingles.
    pub sketch: Sketch,
}

/// Takes in a main text block by block and says what to remember of it. One digest serves any number of documents; its
/// buffers are kept.
#[derive(Default)]
pub struct MainTextDigest {
    block: String,
    exact: Xxh3,
    blocks: usize,
    words: Vec<u64>,
    shingles: Vec<u64>,
}

impl MainTextDigest {
    /// Starts a new main text.
    pub fn clear(&mut self) {
        self.exact.reset();
        self.blocks = 0;
        self.words.clear();
    }

    /// Adds the next block, as it stands in the source. Returns its normal form and the number of its words.
    pub fn push(&mut self, block: &str) -> (&str, usize) {
        normalise_into(block, &mut self.block);
        if !self.block.is_empty() {
            self.exact.update(self.block.as_bytes());
            self.exact.update(b" ");
        }
        self.blocks += 1;
        let before = self.words.len();
        word_hashes(&self.block, &mut self.words);
        (&self.block, self.words.len() - before)
    }

    /// The set of shingles of `shingle_words` words of the blocks so far, sorted.
    pub fn shingles(&mut self, shingle_words: usize) -> &[u64] {
        shingle_set(&self.words, shingle_words, &mut self.shingles);
        &self.shingles
    }

    /// What to remember of the blocks so far; nothing if there were none.
    pub fn entry(&mut self, shingle_words: usize) -> Option<Entry> {
        if self.blocks == 0 {
            return None;
        }
        let sketch = Sketch::of(self.shingles(shingle_words));
        let count = |hashes: &[u64]| u32::try_from(hashes.len()).unwrap_or(u32::MAX);
        let words = count(&self.words);
        Some(Entry {
            exact: self.exact.digest128(),
            words,
            claim: u128::from(words),
            shingles: count(&self.shingles),
            sketch,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_of_blocks_do_not_count() {
        let mut digest = MainTextDigest::default();
        let mut entry = |blocks: &[&str]| {
            digest.clear();
            blocks.iter().for_each(|block| {
                digest.push(block);
            });
            digest.entry(5)
        };
        let whole = entry(&["One two three FOUR five six."]);
        assert_eq!(whole, entry(&["One  two three", " ", "four", "five six."]));
        assert_eq!(whole.unwrap().shingles, 2);
        assert_eq!(entry(&[]), None);
        assert_eq!(entry(&["\u{200B}"]).unwrap().words, 0);
        assert_eq!(entry(&["***"]).unwrap().shingles, 0);
        assert_eq!(entry(&["two words"]).unwrap().shingles, 1);
    }
}

//! What is remembered of a document's main text between the sweeps: some eighty bytes, whatever its length, and the
//! buckets in which it meets others.

use xxhash_rust::xxh3::Xxh3;

use super::lsh::{Bucket, Lsh};
use super::sets::Shingles;
use crate::fingerprint::{
    Signature, Sketch, has_phrases, normalise_into, phrase_hashes, shingle_hashes, shingle_set, word_hashes,
};

/// What duplicate removal knows of a document without its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// `xxh3_128` of the normalised blocks of the main text, a space behind each.
    pub exact: u128,
    /// Words in it.
    pub words: u32,
    /// How good its claim to stay is; see [`claim`](super::claim). By its length unless somebody says otherwise.
    pub claim: u128,
    /// Two bits of each value of the sketch of its shingles.
    pub signature: Signature,
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

    /// A hash of each word so far.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Replaces `out` with the sets of shingles of `shingle_words` words of `blocks`, which are all of a main text.
    pub fn shingles<'b>(
        &mut self,
        blocks: impl Iterator<Item = &'b str> + Clone,
        shingle_words: usize,
        out: &mut Shingles,
    ) {
        self.clear();
        let mut differ = false;
        for block in blocks.clone() {
            normalise_into(block, &mut self.block);
            word_hashes(&self.block, &mut self.words);
            differ |= has_phrases(&self.block);
        }
        shingle_set(&self.words, shingle_words, &mut out.words);
        out.phrases.clear();
        if differ {
            self.words.clear();
            for block in blocks {
                normalise_into(block, &mut self.block);
                phrase_hashes(&self.block, &mut self.words);
            }
            shingle_set(&self.words, shingle_words, &mut out.phrases);
        }
    }

    /// What to remember of the blocks so far, and in `buckets` where they meet others; nothing if there were no blocks. A
    /// text without words meets nobody.
    pub fn entry(&mut self, shingle_words: usize, lsh: &Lsh, buckets: &mut Vec<Bucket>) -> Option<Entry> {
        buckets.clear();
        if self.blocks == 0 {
            return None;
        }
        shingle_hashes(&self.words, shingle_words, &mut self.shingles);
        let sketch = Sketch::of(&self.shingles);
        lsh.buckets(&mut self.shingles, &sketch, buckets);
        let words = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        Some(Entry {
            exact: self.exact.digest128(),
            words,
            claim: u128::from(words),
            signature: sketch.signature(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DedupConfig;

    #[test]
    fn borders_of_blocks_do_not_count() {
        let mut digest = MainTextDigest::default();
        let lsh = Lsh::new(&DedupConfig::default());
        let mut entry = |blocks: &[&str]| {
            digest.clear();
            blocks.iter().for_each(|block| {
                digest.push(block);
            });
            let mut buckets = Vec::new();
            digest.entry(5, &lsh, &mut buckets).map(|entry| (entry, buckets))
        };
        let whole = entry(&["One two three FOUR five six."]);
        assert_eq!(whole, entry(&["One  two three", " ", "four", "five six."]));
        assert_eq!(whole.unwrap().1.len(), 16);
        assert_eq!(entry(&[]), None);
        for (text, words, buckets) in [("\u{200B}", 0, 0), ("***", 0, 0), ("two words", 2, 16)] {
            let (entry, met) = entry(&[text]).unwrap();
            assert_eq!((entry.words, met.len()), (words, buckets), "{text:?}");
        }
    }
}

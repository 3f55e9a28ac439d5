//! What a text is recognised by: its normal form, exact keys, words, shingles and sketch.
//!
//! Every stage that compares texts compares these, so that two stages never disagree about what "the same" means.
//! All of it is pure and depends on nothing but the text and the constants below.
//!
//! The order is always the same: [`normalise_into`] first, everything else on its result. Words, shingles and keys of
//! a text that was not normalised are well defined but not comparable.

mod characters;
mod keys;
mod located;
mod near;
mod normalise;
mod phrases;
mod pieces;
mod shingles;
mod sketch;
mod winnow;
mod words;

pub use keys::{Keys, exact_key, keys};
pub use located::{for_each_located_word, word_spans};
pub use near::{ShortText, half_keys};
pub use normalise::{mask_digits_into, normalise_into};
pub use phrases::{has_phrases, phrase_hashes};
pub use shingles::{
    containment, containment_at_least, jaccard, jaccard_at_least, shingle_hashes, shingle_set,
};
pub use sketch::{BINS, Signature, Sketch};
pub use winnow::winnow;
pub use words::{count_words, for_each_word, word_hashes};

/// Seed of the exact and masked keys. It keeps them apart from a document's `source_hash`, which is unseeded.
const KEY_SEED: u64 = 0x6465_6875_736b_0001;

/// Seed of a word's hash: random bits, since it is multiplied by short words.
const WORD_SEED: u64 = 0x9fb2_1c65_1e98_df25;

/// Seed of the probe order by which a sketch fills its empty bins.
const PROBE_SEED: u64 = 0x6465_6875_736b_0003;

/// Spreads every bit of `x` over all bits of the result; a bijection (the finaliser of SplitMix64, Steele 2014).
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change here changes which near pairs are found, and with it the output.
    #[test]
    fn hashes_stay_what_they_are() {
        let (mut text, mut words, mut shingles) = (String::new(), Vec::new(), Vec::new());
        normalise_into("The Kernel, “not the husk”: 12 pages of Ähren", &mut text);
        word_hashes(&text, &mut words);
        shingle_set(&words, 5, &mut shingles);
        let Keys { exact, masked } = keys(&text, &mut String::new());
        let sketch = Sketch::of(&shingles).0.iter().fold(0, |sum, &value| mix(sum ^ u64::from(value)));
        assert_eq!(exact, 0x0828e9a50cb67549648330138fd50cc0);
        assert_eq!(masked, 0xdeff9c10ed785042255c0aecade5231f);
        assert_eq!((shingles.len(), shingles[0], sketch), (5, 0x388bb1416f70240e, 0xb19bde8152109582));
    }
}

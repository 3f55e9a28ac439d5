//! The words of a page as numbers: what the models read instead of letters.
//!
//! A word is hashed without its case, digits as one kind of digit; its stem, the first letters, folds most inflected
//! forms together. In scripts without spaces each character is a word and each pair of them a stem, so that nothing
//! depends on a list of words or a language.
//!
//! A word's hash means the same on every page, since weights are known by it. Stems are only compared within a page, so
//! they are numbered there, and whatever counts them is an array.

use unicode_normalization::char::is_combining_mark;

use crate::document::Block;
use crate::label::key_map::{KeyMap, spread};

/// Words of a block that are read: the opening tells what a block is, and a paragraph's subject.
const READ: usize = 64;
/// Letters of a word that make its stem, and fewer that make none: function words are short in most languages. Numbers
/// have no stem.
const STEM: usize = 5;
const MIN_STEM: usize = 4;

/// The words of every block of a page, one after the other.
#[derive(Debug, Default)]
pub struct Tokens {
    words: Vec<u32>,
    stems: Vec<u32>,
    /// Different stems of the page.
    kinds: usize,
    ends: Vec<(u32, u32)>,
}

impl Tokens {
    pub(super) fn of(text: &str, blocks: &[Block]) -> Self {
        let mut tokens = Self::default();
        for block in blocks {
            tokens.read(block.span.of(text));
            tokens.ends.push((tokens.words.len() as u32, tokens.stems.len() as u32));
        }
        let mut numbers: KeyMap<u32> = KeyMap::default();
        numbers.reserve(tokens.stems.len() / 2);
        for stem in &mut tokens.stems {
            let next = numbers.len() as u32;
            *stem = *numbers.entry(spread(*stem)).or_insert(next);
        }
        tokens.kinds = numbers.len();
        tokens
    }

    /// Blocks of the page.
    pub(super) fn blocks(&self) -> usize {
        self.ends.len()
    }

    /// Hashes of the block's words, in order.
    #[must_use]
    pub fn words(&self, block: usize) -> &[u32] {
        let start = block.checked_sub(1).map_or(0, |b| self.ends[b].0);
        &self.words[start as usize..self.ends[block].0 as usize]
    }

    /// Numbers of the block's stems, in order; equal stems of a page have equal numbers, from 0 to [`Tokens::kinds`].
    pub(super) fn stems(&self, block: usize) -> impl ExactSizeIterator<Item = usize> + '_ {
        let start = block.checked_sub(1).map_or(0, |b| self.ends[b].1);
        self.stems[start as usize..self.ends[block].1 as usize].iter().map(|stem| *stem as usize)
    }

    /// How many different stems the page has.
    pub(super) fn kinds(&self) -> usize {
        self.kinds
    }

    fn read(&mut self, text: &str) {
        let limit = self.words.len() + READ;
        let mut word = Word::default();
        let mut ideograph = None;
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() && self.words.len() < limit {
            let byte = bytes[at];
            let c = if byte < 0x80 {
                at += 1;
                char::from(byte)
            } else {
                let c = text[at..].chars().next().expect("there is a character at a boundary");
                at += c.len_utf8();
                c
            };
            let code = if c.is_ascii_alphabetic() {
                u32::from(byte | 0x20)
            } else if c.is_ascii_digit() {
                word.has_digit = true;
                u32::from(b'0')
            } else if c.is_ascii() || !(c.is_alphanumeric() || is_combining_mark(c)) {
                self.close(&mut word);
                ideograph = None;
                continue;
            } else if is_unspaced(c) {
                self.close(&mut word);
                let code = mix(SEED, c as u32);
                self.words.push(finish(code));
                if let Some(previous) = ideograph {
                    self.stems.push(finish(mix(previous, c as u32)));
                }
                ideograph = Some(code);
                continue;
            } else if c.is_numeric() {
                word.has_digit = true;
                u32::from(b'0')
            } else {
                c.to_lowercase().next().unwrap_or(c) as u32
            };
            ideograph = None;
            word.hash = mix(word.hash, code);
            word.letters += 1;
            if word.letters <= STEM {
                word.stem = word.hash;
            }
        }
        self.close(&mut word);
    }

    fn close(&mut self, word: &mut Word) {
        if word.letters > 0 {
            self.words.push(finish(word.hash));
            if word.letters >= MIN_STEM && !word.has_digit {
                self.stems.push(finish(word.stem));
            }
        }
        *word = Word::default();
    }
}

/// A word as far as it has been read.
struct Word {
    hash: u64,
    stem: u64,
    letters: usize,
    has_digit: bool,
}

impl Default for Word {
    fn default() -> Self {
        Self { hash: SEED, stem: SEED, letters: 0, has_digit: false }
    }
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(hash: u64, code: u32) -> u64 {
    (hash ^ u64::from(code)).wrapping_mul(0x2545_f491_4f6c_dd1d).rotate_left(29)
}

fn finish(hash: u64) -> u32 {
    (hash.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 32) as u32
}

/// Scripts that put no spaces between words.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::segment;

    fn stems(text: &str) -> Vec<Vec<usize>> {
        let tokens = Tokens::of(text, &segment(text));
        (0..tokens.blocks()).map(|block| tokens.stems(block).collect()).collect()
    }

    #[test]
    fn inflected_forms_share_a_stem_and_numbers_have_none() {
        let stems = stems("Министерство обороны 2016\n\nминистерства\n\n12345 ١٢٣٤٥");
        assert_eq!(stems, [vec![0, 1], vec![0], vec![]]);
    }

    #[test]
    fn ideographs_are_words_and_their_pairs_stems() {
        let text = "国际消费电子展\n\n消费电子";
        let stems = stems(text);
        assert_eq!((stems[0].len(), stems[1].len()), (6, 3));
        assert!(stems[1].iter().all(|stem| stems[0].contains(stem)));
        assert_eq!(Tokens::of(text, &segment(text)).words(1).len(), 4);
    }

    #[test]
    fn an_accent_of_its_own_ends_no_word() {
        let words = |text: &str| Tokens::of(text, &segment(text)).words(0).len();
        assert_eq!(words("cafe\u{301} noir"), 2);
        assert_eq!(words("हिन्दी भाषा"), 2);
    }
}

//! The words of a page as numbers: what the models read instead of letters.
//!
//! A word is hashed without its case, digits as one kind of digit; its stem, the first letters, folds most inflected
//! forms together. In scripts without spaces each character is a word and each pair of them a stem, so that nothing
//! depends on a list of words or a language.

use crate::document::Block;

/// Words of a block that are read: the opening tells what a block is, and a paragraph's subject.
const READ: usize = 64;
/// Letters of a word that make its stem, and fewer that make none: function words are short in most languages.
const STEM: usize = 5;
const MIN_STEM: usize = 4;

/// The words of every block of a page, one after the other.
#[derive(Debug, Default)]
pub struct Tokens {
    words: Vec<u32>,
    stems: Vec<u32>,
    ends: Vec<(u32, u32)>,
}

impl Tokens {
    pub(in crate::label) fn of(text: &str, blocks: &[Block]) -> Self {
        let mut tokens = Self::default();
        for block in blocks {
            tokens.read(block.span.of(text));
            tokens.ends.push((tokens.words.len() as u32, tokens.stems.len() as u32));
        }
        tokens
    }

    /// Blocks of the page.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.ends.len()
    }

    /// Hashes of the block's words, in order.
    #[must_use]
    pub fn words(&self, block: usize) -> &[u32] {
        let start = block.checked_sub(1).map_or(0, |b| self.ends[b].0);
        &self.words[start as usize..self.ends[block].0 as usize]
    }

    /// Hashes of the block's stems, in order.
    #[must_use]
    pub fn stems(&self, block: usize) -> &[u32] {
        let start = block.checked_sub(1).map_or(0, |b| self.ends[b].1);
        &self.stems[start as usize..self.ends[block].1 as usize]
    }

    fn read(&mut self, text: &str) {
        let limit = self.words.len() + READ;
        let (mut word, mut stem, mut letters) = (SEED, SEED, 0usize);
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
                u32::from(b'0')
            } else if c.is_ascii() || !c.is_alphanumeric() {
                self.close(&mut word, &mut stem, &mut letters);
                ideograph = None;
                continue;
            } else if is_unspaced(c) {
                self.close(&mut word, &mut stem, &mut letters);
                let code = mix(SEED, c as u32);
                self.words.push(finish(code));
                if let Some(previous) = ideograph {
                    self.stems.push(finish(mix(previous, c as u32)));
                }
                ideograph = Some(code);
                continue;
            } else {
                c.to_lowercase().next().unwrap_or(c) as u32
            };
            ideograph = None;
            word = mix(word, code);
            letters += 1;
            if letters <= STEM {
                stem = word;
            }
        }
        self.close(&mut word, &mut stem, &mut letters);
    }

    fn close(&mut self, word: &mut u64, stem: &mut u64, letters: &mut usize) {
        if *letters > 0 {
            self.words.push(finish(*word));
            if *letters >= MIN_STEM {
                self.stems.push(finish(*stem));
            }
        }
        (*word, *stem, *letters) = (SEED, SEED, 0);
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

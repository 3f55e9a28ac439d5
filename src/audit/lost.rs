//! What is lost when text is removed: the words of it that stand nowhere in the kept corpus.
//!
//! A word is still there if some run of [`RUN_WORDS`] words around it is found in the main text of a kept document, after
//! normalisation, wherever that document stands. So of two texts that differ in one word that word is lost, and not the
//! sentence around it; and a paragraph that was dropped here and kept there is not lost. Only the runs of the text at stake
//! are held; the corpus goes by once.
//!
//! When it is wrong: what only case, quotes, dashes or white space tell apart counts as there. Set phrases of five words
//! are found in texts that have nothing else in common, so a lost sentence may show with holes.

use std::collections::HashSet;

use crate::document::Span;
use crate::fingerprint::{for_each_located_word, normalise_into, shingle_hashes, word_hashes};

/// Words that must stand in the corpus in a row: five, as in the shingles that documents are compared by. A text of fewer
/// words is looked for whole.
pub const RUN_WORDS: usize = 5;

/// Text that is about to go, or is gone, and how much of it was found elsewhere.
pub struct Stake {
    words: Vec<Word>,
    /// The hash of each run of words, by the word it begins with.
    runs: Vec<u64>,
    /// Words in a run.
    length: usize,
    /// The runs that were not found yet.
    missing: HashSet<u64>,
    normal: String,
    hashes: Vec<u64>,
    shingles: Vec<u64>,
}

/// Where a word stands.
struct Word {
    block: usize,
    span: Span,
}

/// Neighbouring words of one block that stand nowhere in the corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The number of the block.
    pub block: usize,
    /// From the first byte of its first word to the last byte of its last one, in the source text.
    pub span: Span,
    /// How many words.
    pub words: usize,
}

impl Stake {
    /// Puts the given blocks of `text` at stake. They follow each other as the blocks of a main text do.
    ///
    /// # Panics
    /// When a span does not lie in `text` on character boundaries.
    #[must_use]
    pub fn new(text: &str, blocks: impl Iterator<Item = (usize, Span)>) -> Self {
        let (mut words, mut hashes, mut normal) = (Vec::new(), Vec::new(), String::new());
        for (block, span) in blocks {
            add_words(text, block, span, &mut words, &mut hashes, &mut normal);
        }
        let length = hashes.len().clamp(1, RUN_WORDS);
        let mut runs = Vec::new();
        shingle_hashes(&hashes, length, &mut runs);
        let missing = runs.iter().copied().collect();
        Self { words, runs, length, missing, normal, hashes, shingles: Vec::new() }
    }

    /// Words at stake.
    #[must_use]
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// Whether every run was found, so that no more need be looked at.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.missing.is_empty()
    }

    /// Takes note of the blocks that a kept document has in its text.
    pub fn find_in<'t>(&mut self, kept: impl Iterator<Item = &'t str>) {
        self.hashes.clear();
        for block in kept {
            normalise_into(block, &mut self.normal);
            word_hashes(&self.normal, &mut self.hashes);
        }
        shingle_hashes(&self.hashes, self.length, &mut self.shingles);
        for shingle in &self.shingles {
            self.missing.remove(shingle);
        }
    }

    /// The words that were not found, in order.
    #[must_use]
    pub fn lost(&self) -> Vec<Run> {
        let mut lost: Vec<Run> = Vec::new();
        let mut found_until = 0; // behind the last word of a run that was found
        let mut previous = None;
        for (at, word) in self.words.iter().enumerate() {
            if self.runs.get(at).is_some_and(|run| !self.missing.contains(run)) {
                found_until = at + self.length;
            }
            if at < found_until {
                continue;
            }
            match lost.last_mut() {
                Some(run) if previous == at.checked_sub(1) && run.block == word.block => {
                    run.span.end = word.span.end;
                    run.words += 1;
                }
                _ => lost.push(Run { block: word.block, span: word.span, words: 1 }),
            }
            previous = Some(at);
        }
        lost
    }
}

/// Adds the words of a block, each with its place in the source.
fn add_words(
    text: &str,
    block: usize,
    span: Span,
    words: &mut Vec<Word>,
    hashes: &mut Vec<u64>,
    normal: &mut String,
) {
    for_each_located_word(span.of(text), normal, |word, place| {
        let span = Span::new(span.start + place.start, span.start + place.end);
        words.push(Word { block, span });
        word_hashes(word, hashes);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What of a text, a block a line, is lost when others are kept; words of a block are given as they stand.
    fn lost<'t>(text: &'t str, kept: &[&str]) -> Vec<&'t str> {
        let mut at = 0;
        let blocks: Vec<Span> = text
            .split('\n')
            .map(|line| {
                let span = Span::new(at, at + line.len());
                at += line.len() + 1;
                span
            })
            .collect();
        let mut stake = Stake::new(text, blocks.into_iter().enumerate());
        for document in kept {
            stake.find_in(document.split('\n'));
        }
        let lost = stake.lost();
        assert!(lost.is_empty() || !stake.is_safe());
        lost.iter().map(|run| run.span.of(text)).collect()
    }

    const TEXT: &str =
        "The crane was lifted this morning and put on a barge.\nIt goes to the museum in autumn.";

    #[test]
    fn only_what_stands_nowhere_is_lost() {
        let all = ["The crane was lifted this morning and put on a barge", "It goes to the museum in autumn"];
        assert_eq!(lost(TEXT, &[]), all);
        assert_eq!(lost(TEXT, &[TEXT]), Vec::<&str>::new());
        // Case and dress do not matter, and the borders of blocks are no borders of runs.
        assert_eq!(lost(TEXT, &[&TEXT.to_uppercase().replace('\n', "  ")]), Vec::<&str>::new());
        // One word exchanged.
        assert_eq!(lost(TEXT, &[&TEXT.replace("barge", "lorry")]), ["barge"]);
        // A part here and a part there.
        let (first, second) = TEXT.split_once('\n').unwrap();
        assert_eq!(lost(TEXT, &[second]), all[..1]);
        assert_eq!(lost(TEXT, &[second, "x", first]), Vec::<&str>::new());
        // Four words in a row are found by chance.
        assert_eq!(lost(second, &["it goes to the"]), all[1..]);
    }

    #[test]
    fn short_texts_are_looked_for_whole_and_none_is_never_lost() {
        assert_eq!(lost("Not today", &["The ferry leaves, but not today."]), Vec::<&str>::new());
        assert_eq!(lost("Not today", &["The ferry leaves today, but not late."]), ["Not today"]);
        assert_eq!(lost("* * *", &[]), Vec::<&str>::new());
    }

    #[test]
    fn places_are_those_of_the_source() {
        // A soft hyphen goes, a ligature becomes two letters, each Han character is a word.
        assert_eq!(lost("A co\u{ad}operative oﬃce, x²", &[]), ["A co\u{ad}operative oﬃce, x²"]);
        assert_eq!(lost("a b c d co\u{ad}op e f g h i", &["a b c d", "e f g h i"]), ["a b c d co\u{ad}op"]);
        assert_eq!(lost("今天渡船不开", &["明天渡船不开了", "今天渡船没有"]), ["今"]);
    }
}

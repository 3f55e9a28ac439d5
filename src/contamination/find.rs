//! Looking through a document for the n-grams of a reference.

use super::reference::Reference;
use super::words::Words;
use crate::fingerprint::shingle_hashes;

/// What a document holds of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// The item's number in the reference.
    pub item: u32,
    /// Words of the item that lie in n-grams which the document holds.
    pub words: u32,
    /// The first word of the longest stretch of the item in the document, the first of equal ones. Of an n-gram that the
    /// document has several times, only the first is looked at.
    pub at: u32,
    /// The words of that stretch.
    pub length: u32,
}

/// An n-gram of an item and where the document has it first, both as numbers of their first words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Match {
    item: u32,
    at: u32,
    in_document: u32,
}

impl Reference {
    /// Whether a text with these words, given by their [hashes](crate::fingerprint::word_hashes), may hold any n-gram: it has
    /// words in a row with which one opens, by their 64-bit hash. A text for which this says no holds none. `scratch` is
    /// overwritten.
    #[must_use]
    pub fn may_be_in(&self, words: &[u64], scratch: &mut Vec<u64>) -> bool {
        if words.len() < self.opening_words {
            return false;
        }
        shingle_hashes(words, self.opening_words, scratch);
        scratch.iter().any(|opening| self.openings.contain(*opening))
    }

    /// Replaces `out` with the n-grams that a text holds, sorted by their numbers, each with the number of the word at which
    /// the text has it first. `scratch` is overwritten.
    pub fn ngrams_in(&self, words: &Words, scratch: &mut Vec<u64>, out: &mut Vec<(u32, u32)>) {
        out.clear();
        if words.len() < self.opening_words {
            return;
        }
        shingle_hashes(words.hashes(), self.opening_words, scratch);
        for (at, opening) in scratch.iter().enumerate() {
            if self.openings.contain(*opening) {
                let lengths = self.lengths.iter().filter(|length| at + **length <= words.len());
                let found = lengths.filter_map(|length| self.number(words.key(at, *length)));
                out.extend(found.map(|ngram| (ngram, at as u32)));
            }
        }
        out.sort_unstable();
        out.dedup_by_key(|(ngram, _)| *ngram);
    }

    /// What the text holds of each item, in the order of the items, given its n-grams. Those that `is_commonplace` names
    /// count for none.
    pub fn overlaps(&self, ngrams: &[(u32, u32)], is_commonplace: impl Fn(u32) -> bool) -> Vec<Overlap> {
        let mut matches: Vec<Match> = Vec::new();
        for (ngram, in_document) in ngrams.iter().filter(|(ngram, _)| !is_commonplace(*ngram)) {
            let of = self.occurrences(*ngram).iter();
            matches.extend(of.map(|o| Match { item: o.item, at: o.at, in_document: *in_document }));
        }
        matches.sort_unstable();
        let by_item = matches.chunk_by_mut(|a, b| a.item == b.item);
        by_item.map(|matches| self.overlap(matches)).collect()
    }

    /// `matches` are those of one item, sorted.
    fn overlap(&self, matches: &mut [Match]) -> Overlap {
        let item = matches[0].item;
        let length = self.items[item as usize].words.min(self.n as u32);
        let (mut covered, mut until) = (0, 0);
        for found in &*matches {
            let end = found.at + length;
            covered += end - found.at.max(until);
            until = end;
        }
        // N-grams of one stretch are equally far behind their places in the item.
        let distance = |found: &Match| i64::from(found.in_document) - i64::from(found.at);
        matches.sort_unstable_by_key(|found| (distance(found), found.at));
        let mut longest = (0, 0);
        let mut stretch: Option<(Match, u32)> = None;
        for found in &*matches {
            let open = stretch.filter(|(first, end)| distance(first) == distance(found) && found.at <= *end);
            let (first, end) = (open.map_or(*found, |(first, _)| first), found.at + length);
            stretch = Some((first, end));
            let (at, words) = (first.in_document, end - first.at);
            if words > longest.1 || words == longest.1 && at < longest.0 {
                longest = (at, words);
            }
        }
        Overlap { item, words: covered, at: longest.0, length: longest.1 }
    }
}

#[cfg(test)]
mod tests;

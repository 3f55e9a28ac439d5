//! From samples that are equal to runs of words that are.

use super::text::SpanText;
use super::{sampling, side};
use crate::fingerprint::{shingle_hashes, winnow};

/// Texts that a sampled run is looked up in: the best-ranked that have it. More are of use only where the first ones have
/// the sampled run and hardly a word more.
pub const OWNERS: usize = 8;

/// Words that a text is compared with at most, for each of its own; beyond that its other links are passed over. It can be
/// needed only by a text that repeats itself, or of which every line stands in many others.
pub const EFFORT: u64 = 64;

/// A sampled run of words. The derived order brings equal ones together, the best-ranked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint {
    /// Of the words.
    pub hash: u64,
    /// The document, by its place in rank order.
    pub place: u32,
    /// The number of the run's first word.
    pub word: u32,
    /// A hash of the [`side`](super::side) words before the run, and one of those behind it; 0 where there are not so many.
    pub sides: (u32, u32),
}

impl Fingerprint {
    /// The fingerprints of a text, of which the words' hashes are given, for runs of `min_words`.
    #[must_use]
    pub fn of(words: &[u64], place: u32, min_words: usize) -> Vec<Self> {
        let ((run, window), side) = (sampling(min_words), side(min_words));
        let (mut hashes, mut taken) = (Vec::new(), Vec::new());
        winnow(words, run, window, &mut hashes, |word, hash| taken.push((word, hash)));
        shingle_hashes(words, side, &mut hashes);
        let hash_at = |at: Option<usize>| at.and_then(|at| hashes.get(at)).map_or(0, |hash| *hash as u32);
        let made = taken.into_iter().map(|(word, hash)| {
            let at = word as usize;
            Self { hash, place, word, sides: (hash_at(at.checked_sub(side)), hash_at(Some(at + run))) }
        });
        made.collect()
    }
}

/// A place where a text may equal a better-ranked one, or itself further to the front. The derived order is that of the
/// texts, and brings together what would be one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// The text, by its place in rank order.
    pub place: u32,
    /// The better one.
    pub owner: u32,
    /// How much larger the number of a word is here than there, wrapped around.
    pub shift: u32,
    /// The number of a word.
    pub word: u32,
}

/// Makes links of fingerprints that come in order.
#[derive(Debug, Default)]
pub struct Links {
    hash: u64,
    /// The best-ranked that have this hash.
    owners: Vec<Fingerprint>,
    /// How many more fingerprints have it.
    more: u64,
    /// Pairs that were not linked.
    pub skipped: u64,
}

impl Links {
    /// The links of the next fingerprint: to those before it where the words on one side are equal as well. Where on both sides
    /// they are not, the run is too short.
    pub fn of(&mut self, next: Fingerprint) -> impl Iterator<Item = Link> + use<'_> {
        let Fingerprint { hash, place, word, sides } = next;
        if self.owners.is_empty() || self.hash != hash {
            (self.hash, self.more) = (hash, 0);
            self.owners.clear();
        }
        let linked = self.owners.len();
        self.skipped += self.more;
        if linked < OWNERS {
            self.owners.push(next);
        } else {
            self.more += 1;
        }
        let same = |a: u32, b: u32| a == b && a != 0;
        let goes_on =
            move |owner: &&Fingerprint| same(owner.sides.0, sides.0) || same(owner.sides.1, sides.1);
        self.owners[..linked].iter().filter(goes_on).map(move |owner| Link {
            place,
            owner: owner.place,
            shift: word.wrapping_sub(owner.word),
            word,
        })
    }
}

/// Words of a text that a better-ranked one has, or itself further to the front, with all that stands between them in the
/// normal form: a full stop is no comma, and `<=` is not `>=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedRun {
    /// The number of the first word.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// The other text, by its place in rank order.
    pub owner: u32,
    /// The first word there.
    pub owner_start: u32,
    /// Bytes before the first word that are equal too, in the normal form, up to the word before.
    pub lead: u32,
    /// Bytes behind the last word that are, up to the next word.
    pub tail: u32,
}

/// Compares a text with others at its links.
#[derive(Debug)]
pub struct Matcher<'t> {
    text: &'t SpanText,
    min_words: u32,
    left: u64,
    /// What was found, owner by owner.
    pub runs: Vec<SharedRun>,
    /// Links that were passed over.
    pub skipped: u64,
}

impl<'t> Matcher<'t> {
    /// For the links of this text. Shorter runs than `min_words` are not wanted.
    #[must_use]
    pub fn new(text: &'t SpanText, min_words: usize) -> Self {
        let left = EFFORT * u64::from(text.len());
        Self { text, min_words: min_words as u32, left, runs: Vec::new(), skipped: 0 }
    }

    /// Finds the runs at links to one owner, which come in order; `other` is the owner's text, `None` where the text is its
    /// own. There a copy may not reach into what it copies.
    pub fn compare(&mut self, links: &[Link], other: Option<&SpanText>) {
        let (own, other, is_self) = (self.text, other.unwrap_or(self.text), other.is_none());
        for of_shift in links.chunk_by(|a, b| a.shift == b.shift) {
            let mut searched = 0; // up to here, exclusive, this shift was searched
            for &Link { owner, shift, word, .. } in of_shift {
                if word < searched {
                    continue;
                }
                if self.left == 0 {
                    self.skipped += 1;
                    continue;
                }
                let there = |word: u32| word.wrapping_sub(shift);
                let is_in = |word: u32| word < own.len() && there(word) < other.len();
                let equal = |word: u32| is_in(word) && own.word(word) == other.word(there(word));
                let same_gap = |word: u32| own.gap(word) == other.gap(there(word));
                let mut start = word;
                while start > searched && there(start) > 0 && same_gap(start) && equal(start - 1) {
                    start -= 1;
                }
                let most = if is_self { start.saturating_add(shift) } else { u32::MAX };
                let mut end = word;
                while end < most && equal(end) && (end == word || same_gap(end)) {
                    end += 1;
                }
                self.left = self.left.saturating_sub(u64::from(end - start) + 1);
                searched = end.max(word + 1);
                if end - start >= self.min_words {
                    let before = own.gap(start).bytes().rev().zip(other.gap(there(start)).bytes().rev());
                    let behind = own.gap(end).bytes().zip(other.gap(there(end)).bytes());
                    self.runs.push(SharedRun {
                        start,
                        end,
                        owner,
                        owner_start: there(start),
                        lead: before.take_while(|(a, b)| a == b).count() as u32,
                        tail: behind.take_while(|(a, b)| a == b).count() as u32,
                    });
                }
            }
        }
    }
}

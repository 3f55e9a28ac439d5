//! Short furniture that is nearly the same from page to page: another name in a greeting, another word in a notice.
//!
//! Exact and digit-masked keys miss it. Two texts of which one word differs still share their first or their second
//! half, so the halves are the keys that bring candidates together. A candidate pair is confirmed by edit distance
//! (strsim), after two bounds that cost next to nothing: the lengths, and the letters each holds. The distance is taken
//! of what stands between the common beginning and the common end, which changes nothing but the time. The work in a
//! bucket is capped; what the cap left out is counted.
//!
//! It is wrong about texts that differ in both halves, which it never compares.

use super::{Documents, Found, FoundKind};
use crate::Result;

/// Texts outside these lengths in bytes are not compared: shorter ones are alike by chance, longer ones are text, and
/// an edit distance takes time that grows with the square.
pub(super) const LENGTH: std::ops::RangeInclusive<usize> = 12..=256;
/// Fewer words make a half too common.
pub(super) const MIN_WORDS: usize = 4;
/// Normalised Levenshtein similarity at which two texts are nearly the same: one of four words may differ.
const SIMILAR: f64 = 0.75;
/// Different texts compared in a bucket; the comparisons grow with its square.
const MAX_TEXTS: usize = 16;

/// A short block under the key of one of its halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Half {
    /// Hash of the half and its side.
    pub key: u64,
    /// Hash of the whole, to tell equal texts from different ones.
    pub whole: u32,
    /// The document's number.
    pub document: u32,
    /// The block's number in it.
    pub block: u32,
    /// Where the normalised text is kept.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u16,
}

/// Where the short texts are kept between the sweeps.
pub trait ShortTexts {
    /// Reads `length` bytes at `offset` into `out`, replacing what it holds.
    ///
    /// # Errors
    /// When they cannot be read back.
    fn read(&self, offset: u64, length: u16, out: &mut String) -> Result<()>;
}

/// The two halves of a normalised text, split at the space nearest to the middle word; at the middle character in a
/// script without spaces. `None` where the text is too short or too long to be compared.
pub(super) fn halves(text: &str) -> Option<(&str, &str)> {
    if !LENGTH.contains(&text.len()) {
        return None;
    }
    let spaces = memchr::memchr_iter(b' ', text.as_bytes()).count();
    let middle = if spaces + 1 >= MIN_WORDS {
        memchr::memchr_iter(b' ', text.as_bytes()).nth(spaces / 2)?
    } else if spaces == 0 && text.chars().count() >= 2 * MIN_WORDS && !text.is_ascii() {
        text.char_indices().nth(text.chars().count() / 2)?.0
    } else {
        return None;
    };
    Some(text.split_at(middle))
}

/// Confirms candidates group by group.
#[derive(Debug, Default)]
pub struct NearCounter {
    texts: Vec<Text>,
    /// Pairs that the cap on a bucket left uncompared.
    pub skipped: u64,
}

#[derive(Debug)]
struct Text {
    text: String,
    letters: [u8; 32],
    chars: usize,
    /// Members of the group with this text.
    members: std::ops::Range<usize>,
    near: Vec<usize>,
}

impl NearCounter {
    /// Takes the halves of one key, in order, and reports each block that other pages hold nearly.
    ///
    /// # Errors
    /// When a text cannot be read back.
    pub fn group(
        &mut self,
        group: &[Half],
        documents: &Documents,
        kept: &impl ShortTexts,
        mut report: impl FnMut(Found),
    ) -> Result<()> {
        if group.len() < 2 || group.iter().all(|h| h.whole == group[0].whole) {
            return Ok(());
        }
        self.texts.clear();
        let mut start = 0;
        for same in group.chunk_by(|a, b| a.whole == b.whole) {
            if self.texts.len() == MAX_TEXTS {
                let rest = (group.len() - start) as u64;
                self.skipped += rest * (rest - 1) / 2 + rest * MAX_TEXTS as u64;
                break;
            }
            let mut text = String::new();
            kept.read(same[0].offset, same[0].length, &mut text)?;
            let (letters, chars) = bag(&text);
            self.texts.push(Text {
                text,
                letters,
                chars,
                members: start..start + same.len(),
                near: Vec::new(),
            });
            start += same.len();
        }
        for i in 0..self.texts.len() {
            for j in 0..i {
                let (a, b) = (&self.texts[i], &self.texts[j]);
                let longest = a.chars.max(b.chars);
                let allowed = ((1.0 - SIMILAR) * longest as f64) as usize; // edits
                if a.chars.abs_diff(b.chars) > allowed || bag_distance(&a.letters, &b.letters) > allowed {
                    continue;
                }
                let (a, b) = without_common_ends(&a.text, &b.text);
                if strsim::levenshtein(a, b) <= allowed {
                    self.texts[i].near.push(j);
                    self.texts[j].near.push(i);
                }
            }
        }
        let page = |h: &Half| documents.copy_of[h.document as usize];
        for text in self.texts.iter().filter(|t| !t.near.is_empty()) {
            let mut pages: Vec<u32> = text
                .near
                .iter()
                .flat_map(|&n| group[self.texts[n].members.clone()].iter().map(page))
                .collect();
            pages.sort_unstable();
            pages.dedup();
            for half in &group[text.members.clone()] {
                let others = pages.len() - usize::from(pages.binary_search(&page(half)).is_ok());
                if others > 0 {
                    report(Found {
                        document: half.document,
                        block: half.block,
                        kind: FoundKind::Near,
                        documents: others as u32,
                        site_documents: 0,
                        position: 0,
                        example: (0, 0),
                        example_position: 0,
                        title_elsewhere: false,
                    });
                }
            }
        }
        Ok(())
    }
}

/// How often each of 32 classes of characters occurs, and the number of characters.
fn bag(text: &str) -> ([u8; 32], usize) {
    let mut letters = [0u8; 32];
    let mut chars = 0;
    for c in text.chars() {
        let class = &mut letters[c as usize % 32];
        *class = class.saturating_add(1);
        chars += 1;
    }
    (letters, chars)
}

/// Two texts without the beginning and without the end that they share.
fn without_common_ends<'t>(a: &'t str, b: &'t str) -> (&'t str, &'t str) {
    let common = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        pairs.take_while(|(x, y)| x == y).map(|(c, _)| c.len_utf8()).sum()
    };
    let beginning = common(&mut a.chars().zip(b.chars()));
    let (a, b) = (&a[beginning..], &b[beginning..]);
    let end = common(&mut a.chars().rev().zip(b.chars().rev()));
    (&a[..a.len() - end], &b[..b.len() - end])
}

/// A lower bound of the edit distance: an edit adds a letter, takes one away, or does both.
fn bag_distance(a: &[u8; 32], b: &[u8; 32]) -> usize {
    let (mut more, mut fewer) = (0usize, 0usize);
    for (x, y) in a.iter().zip(b) {
        more += usize::from(x.saturating_sub(*y));
        fewer += usize::from(y.saturating_sub(*x));
    }
    more.max(fewer)
}

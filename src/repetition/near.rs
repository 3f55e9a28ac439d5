//! Short furniture that is nearly the same from page to page: another name in a greeting, another word in a notice.
//!
//! Exact and digit-masked keys miss it. Candidates meet through an equal half and are confirmed by edit distance
//! ([`ShortText`]). The work in a bucket is capped; what the cap left out is counted.
//!
//! It is wrong about texts that differ in both halves, which it never compares.

use super::{Documents, Found, FoundKind};
use crate::Result;
use crate::fingerprint::ShortText;

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

/// Confirms candidates group by group.
#[derive(Debug, Default)]
pub struct NearCounter {
    texts: Vec<Text>,
    /// Pairs that the cap on a bucket left uncompared.
    pub skipped: u64,
}

#[derive(Debug)]
struct Text {
    text: ShortText,
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
            let (text, members) = (ShortText::new(text), start..start + same.len());
            self.texts.push(Text { text, members, near: Vec::new() });
            start += same.len();
        }
        for i in 0..self.texts.len() {
            for j in 0..i {
                if self.texts[i].text.is_near(&self.texts[j].text, SIMILAR) {
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

//! The files a run leaves behind: the corpus, the decisions and the rejects.
//!
//! A record is serialised by hand into a byte buffer that its caller keeps, so that a batch of documents is turned
//! into bytes by any worker and only the finished bytes go through the one writer. Strings are escaped by
//! `serde_json`. No function here decides anything: what is kept stands in the verdict and in each block's action.

mod atomic;
mod corpus;
mod decisions;
mod rejects;

pub use atomic::{Existing, JSON, JSON_LINES, Output, commit_all};
pub use corpus::{CorpusRecord, Gaps, KeptBlock, main_text, write_corpus};
pub use decisions::{BlockAction, BlockCopy, BlockDecision, Decision, write_decision};
pub use rejects::write_reject;

/// Appends a value as JSON.
fn put<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(out, value).expect("a vector takes every string and number");
}

/// Appends `,"key":`.
fn key(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Appends a 128-bit hash as a string of 32 hex digits.
fn put_hash(out: &mut Vec<u8>, hash: u128) {
    out.push(b'"');
    let nibble = |shift: u32| b"0123456789abcdef"[(hash >> shift) as usize & 0xf];
    out.extend((0..32).rev().map(|digit| nibble(4 * digit)));
    out.push(b'"');
}

/// Small documents for the tests of this module and of those that read what it writes.
#[cfg(test)]
pub(crate) mod sample {
    use std::sync::Arc;

    use super::{BlockAction, BlockDecision};
    use crate::document::{Block, Document, Label, LabelledBlock, Metadata, Place, Repetition, Shape, Span};

    /// Document `d1` at record 7 of `pages.jsonl`, with 42 for a hash.
    pub fn document(text: &str) -> Document {
        Document {
            id: "d1".to_owned(),
            text: text.to_owned(),
            url: None,
            metadata: Metadata::default(),
            place: Place { path: Arc::from("pages.jsonl"), record: 7 },
            source_hash: 42,
            cleaned: None,
        }
    }

    /// One block a line of the text that is not blank, with the labels given in turn.
    pub fn blocks(text: &str, labels: &[Label]) -> Vec<BlockDecision> {
        let lines = text.split('\n').map(str::trim).filter(|line| !line.is_empty());
        let blocks: Vec<_> = lines
            .zip(labels)
            .map(|(line, &label)| {
                let start = line.as_ptr() as usize - text.as_ptr() as usize;
                let span = Span::new(start, start + line.len());
                BlockDecision {
                    labelled: LabelledBlock {
                        block: Block { span, shape: Shape::Text, after_blank: start == 0 },
                        label,
                        confidence: 0.9876,
                        repetition: Repetition::default(),
                    },
                    action: BlockAction::of(label.side()),
                    duplicate_of: None,
                }
            })
            .collect();
        assert_eq!(blocks.len(), labels.len());
        blocks
    }
}

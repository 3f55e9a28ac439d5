//! The files a run leaves behind: the corpus, the decisions and the rejects.
//!
//! A record is serialised by hand into a byte buffer that its caller keeps, so that a batch of documents is turned
//! into bytes by any worker and only the finished bytes go through the one writer. Texts are escaped here too, since they
//! are nearly all of what is written and `serde_json` looks at their bytes one by one; a test holds both to the same
//! bytes. No function here decides anything: what is kept stands in the verdict and in each block's action.

mod atomic;
mod behind;
mod contamination;
mod corpus;
mod decisions;
mod encoder;
mod rejects;
mod shards;
mod spans;
#[cfg(feature = "parquet")]
mod table;

pub(crate) use atomic::folder_of;
pub use atomic::{Existing, JSON, JSON_LINES, Note, Output, REPORT, ROWS, Rows, Target, commit_all};
pub(crate) use behind::WriteBehind;
pub use contamination::{Holder, ItemFindings, write_item};
pub use corpus::{CorpusRecord, Gaps, KeptBlock, main_text, write_corpus};
pub use decisions::{BlockAction, BlockCopy, BlockDecision, Decision, write_decision};
pub use rejects::write_reject;
pub use shards::{Manifest, Shard, is_in_shards, manifest_path};
pub use spans::{SpanDecision, bytes_within, without_spans};

use crate::json;

/// Appends a number, a truth or nothing as JSON.
fn put<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(out, value).expect("a vector takes every number");
}

/// Appends a string as JSON, or `null`.
fn put_text<'t>(out: &mut Vec<u8>, text: impl Into<Option<&'t str>>) {
    let Some(text) = text.into() else { return out.extend_from_slice(b"null") };
    json::put_string(out, text.as_bytes());
}

/// Appends one of our own names, which has nothing to escape, or `null`.
fn put_name<'t>(out: &mut Vec<u8>, name: impl Into<Option<&'t str>>) {
    let Some(name) = name.into() else { return out.extend_from_slice(b"null") };
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.push(b'"');
}

/// Appends `,"key":`.
macro_rules! key {
    ($out:expr, $name:literal) => {
        $out.extend_from_slice(concat!(",\"", $name, "\":").as_bytes())
    };
}
use key;

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

//! Reading: any input becomes a stream of numbered records, in order, and each record a document or a reject.
//!
//! Two halves, because they run in different places. [`Batches`] runs on one thread: it opens, decompresses and cuts
//! into records, and never looks inside one. [`parse()`] is pure and runs on all workers. A bad record, a broken archive
//! or an unreadable file becomes a [`Reject`] with its place and never ends the run; only an INPUT that makes no sense
//! at all does, before anything was touched ([`discover()`]).

mod csv;
mod cut;
mod discover;
mod json;
mod lines;
mod open;
mod parse;
mod reject;
mod split;
mod spool;
#[cfg(feature = "parquet")]
mod table;
#[cfg(test)]
mod tests;
mod warc;

use std::path::PathBuf;
use std::sync::Arc;

pub use discover::discover;
pub use parse::{FieldTexts, parse, parse_texts};
pub use reject::{Cause, RAW_LIMIT, Reject};
pub use split::{Batch, Batches, Content, Position, RawRecord};
pub use spool::spool;
#[cfg(feature = "parquet")]
pub use table::{is_guarded, table_lines};

/// The INPUT that means standard input.
pub const STANDARD_INPUT: &str = "-";

/// Some editors put it at the start of a file; it is not part of the text.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// What JSON takes for white space.
pub(crate) const JSON_SPACE: [u8; 4] = [b' ', b'\t', b'\r', b'\n'];

/// One file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// As the user named it, or as it was found below a folder that the user named, with `/`. Shown, never opened.
    pub path: Arc<str>,
    /// The file to open. Empty for standard input until [`spool()`] has written it to one.
    pub file: PathBuf,
    /// Unique in a run: the path below the INPUT it was found under, or the name of a file that is an INPUT itself.
    pub id: String,
    /// What its records are.
    pub kind: Kind,
    /// How it is packed.
    pub compression: Compression,
    /// Size in bytes, as it lies on disk.
    pub bytes: u64,
}

impl Input {
    /// Whether this stands for standard input that nobody has read yet: its place is taken by what [`spool()`] returns.
    #[must_use]
    pub fn awaits_spool(&self) -> bool {
        self.file.as_os_str().is_empty()
    }
}

/// What the records of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The whole file is one document.
    Text,
    /// A JSON object a line.
    Jsonl,
    /// A row of comma-separated values, below a header.
    Csv,
    /// A row of tab-separated values, below a header.
    Tsv,
    /// A record of a web archive (WARC, WET).
    Warc,
    /// A row of a Parquet file.
    Parquet,
}

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// RFC 1952, any number of members.
    Gzip,
    /// RFC 8878, any number of frames.
    Zstd,
}

/// The bytes without a UTF-8 byte order mark before them.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes)
}

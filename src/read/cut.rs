//! What every kind of file has in common: it is cut into records, one after the other, on one thread.
//!
//! Text and JSON lines are cut as they stand. Rows of tables and records of archives become JSON lines here, with the names of
//! their columns and headers for keys, so that whatever follows knows one kind of record.

use serde::{Deserialize, Serialize};

use super::reject::Flaw;
use crate::json::put_string;

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Within {
    /// The next record.
    pub record: u64,
    /// Bytes before it, after unpacking.
    pub offset: u64,
    /// Whether it is inside a line that was too long.
    pub inside_line: bool,
}

/// A record whose bytes were appended to a buffer.
pub(super) struct Cut {
    /// Its number in the file.
    pub record: u64,
    /// Where it begins in the unpacked file.
    pub offset: u64,
    /// What is wrong with it; then the bytes are as many of it as could be had.
    pub flaw: Option<Flaw>,
    /// Whether there are no more.
    pub is_last: bool,
}

/// Cuts an open file into records.
pub(super) trait Cutter: Send {
    /// Appends the next record to `buffer`, no more than a little beyond `max` bytes of it; nothing behind the last one.
    fn next(&mut self, max: usize, buffer: &mut Vec<u8>) -> Option<Cut>;

    /// Where it stands, for a cutter that goes on from here.
    fn within(&self) -> Within;
}

/// Appends `"key":` of a JSON object that is being written, with what must stand before it.
pub(super) fn put_key(out: &mut Vec<u8>, is_first: bool, name: &[u8]) {
    out.push(if is_first { b'{' } else { b',' });
    put_string(out, name);
    out.push(b':');
}

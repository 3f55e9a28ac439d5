//! Records that need no understanding to be cut: the lines of a JSONL file, and a text file as a whole.
//!
//! Bounded: the rest of a line that is too long is skipped piece by piece.

use std::io::{self, BufRead, Read};

use super::cut::{Cut, Cutter, Within};
use super::reject::{Cause, Flaw};
use super::{Compression, JSON_SPACE, open, without_mark};
use crate::config::Size;

/// Bytes of a line that is too long, skipped at a time.
const PIECE: usize = 512 << 10;

/// Cuts at line ends, or not at all.
pub(super) struct Lines {
    reader: Box<dyn BufRead + Send>,
    compression: Compression,
    /// Whether the whole file is one record.
    is_whole: bool,
    at: Within,
}

impl Lines {
    pub fn new(
        reader: Box<dyn BufRead + Send>,
        compression: Compression,
        is_whole: bool,
        begin: Option<Within>,
    ) -> Self {
        Self { reader, compression, is_whole, at: begin.unwrap_or_default() }
    }

    /// Appends up to `limit` bytes: of a text file the rest, of a JSONL file the rest of the line with its line feed.
    /// After an error, what came before it has been appended.
    fn append(&mut self, limit: usize, buffer: &mut Vec<u8>) -> io::Result<()> {
        let before = buffer.len();
        let mut limited = (&mut self.reader).take(limit as u64);
        let outcome =
            if self.is_whole { limited.read_to_end(buffer) } else { limited.read_until(b'\n', buffer) };
        self.at.offset += (buffer.len() - before) as u64;
        outcome.map(drop)
    }

    /// Skips what is left of a line that was too long, in pieces that pass through the end of `buffer`.
    fn skip_line(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        let start = buffer.len();
        while self.at.inside_line {
            let outcome = self.append(PIECE, buffer);
            self.at.inside_line = buffer.len() > start && !buffer.ends_with(b"\n");
            buffer.truncate(start);
            outcome?;
        }
        Ok(())
    }
}

impl Cutter for Lines {
    fn next(&mut self, max: usize, buffer: &mut Vec<u8>) -> Option<Cut> {
        let start = buffer.len();
        loop {
            let skipped = self.skip_line(buffer);
            let (record, offset) = (self.at.record, self.at.offset);
            self.at.record += 1;
            let outcome = skipped.and_then(|()| self.append(max.saturating_add(1), buffer));
            let nothing = buffer.len() == start;
            let is_last = outcome.is_err() || nothing || self.is_whole;
            let whole_line = !self.is_whole && buffer[start..].ends_with(b"\n");
            if whole_line {
                buffer.pop();
            }
            let flaw = match outcome {
                Err(e) => Some(open::flaw(&e, self.compression)),
                Ok(()) if buffer.len() - start > max => {
                    self.at.inside_line = !whole_line;
                    Some(too_large(max))
                }
                Ok(()) if !self.is_whole && is_blank(&buffer[start..], offset) => {
                    if is_last {
                        return None;
                    }
                    buffer.truncate(start);
                    continue;
                }
                Ok(()) => None,
            };
            return Some(Cut { record, offset, flaw, is_last });
        }
    }

    fn within(&self) -> Within {
        self.at
    }
}

/// What is wrong with a record of more than `max` bytes.
pub(super) fn too_large(max: usize) -> Flaw {
    let max = Size::bytes(max as u64);
    Flaw(Cause::RecordTooLarge, format!("the record is longer than input.max_record = {max}"))
}

/// Whether a line holds nothing, not counting a byte order mark at the start of the file.
fn is_blank(line: &[u8], offset: u64) -> bool {
    let line = if offset == 0 { without_mark(line) } else { line };
    line.iter().all(|byte| JSON_SPACE.contains(byte))
}

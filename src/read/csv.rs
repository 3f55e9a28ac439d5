//! Rows of a CSV or TSV file with a header, as JSON lines of strings.
//!
//! Quotes are those of RFC 4180, in both kinds: a field in quotes may hold separators and line ends, and a quote twice. A row
//! with more or fewer fields than the header is rejected, since nobody knows which of them is missing.
//!
//! Bounded: a row is parsed piece by piece, and of one that is longer than allowed the rest is passed over. When it is wrong:
//! a quote that is never closed makes one row of the rest of the file; it is rejected, and what it swallowed with it.

use std::collections::HashSet;
use std::io::{self, BufRead};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::cut::{Cut, Cutter, Within, put_key};
use super::lines::too_large;
use super::reject::{Cause, Flaw};
use super::{Compression, open, without_mark};
use crate::config::{InputConfig, Size};
use crate::json::put_string;

/// Bytes and fields of a row that are parsed at a time.
const PIECE: usize = 64 << 10;
const FIELDS: usize = 256;

/// Fields of a row at the most, and bytes of the header, which stands in every row that is made: more is no table of pages.
const MOST_FIELDS: usize = 10_000;
const MOST_HEADER: usize = 256 << 10;

pub(super) struct Rows {
    reader: Box<dyn BufRead + Send>,
    compression: Compression,
    csv: Reader,
    /// The names of the columns; nothing before the header was read.
    header: Option<Vec<Vec<u8>>>,
    at: Within,
    row: Row,
}

/// The fields of a row, one behind the other. The vectors are as long as they ever had to be.
#[derive(Default)]
struct Row {
    bytes: Vec<u8>,
    length: usize,
    ends: Vec<usize>,
    count: usize,
}

impl Row {
    fn clear(&mut self) {
        (self.length, self.count) = (0, 0);
    }

    /// Room for the next piece.
    fn room(&mut self) -> (&mut [u8], &mut [usize]) {
        if self.bytes.len() < self.length + PIECE {
            self.bytes.resize(self.length + PIECE, 0);
        }
        if self.ends.len() < self.count + FIELDS {
            self.ends.resize(self.count + FIELDS, 0);
        }
        (&mut self.bytes[self.length..], &mut self.ends[self.count..])
    }

    fn fields(&self) -> impl Iterator<Item = &[u8]> {
        let ends = &self.ends[..self.count];
        let starts = std::iter::once(0).chain(ends.iter().copied());
        starts.zip(ends).map(|(start, end)| &self.bytes[start..*end])
    }
}

/// How reading a row ended.
enum Outcome {
    Whole,
    /// The file ends in quotes.
    Unclosed,
    /// It is read to its end, and not kept.
    TooLarge(Flaw),
    End,
    Failed(io::Error),
}

impl Rows {
    pub fn new(
        reader: Box<dyn BufRead + Send>,
        compression: Compression,
        separator: u8,
        begin: Option<Within>,
        cfg: &InputConfig,
    ) -> Self {
        let csv = ReaderBuilder::new().delimiter(separator).build();
        let mut rows =
            Self { reader, compression, csv, header: None, at: Within::default(), row: Row::default() };
        if let Some(begin) = begin {
            rows.skip_to(begin.record, cfg.max_record());
        }
        rows
    }

    /// Goes to a row by reading those before it: only so it is known what stands in quotes.
    fn skip_to(&mut self, record: u64, max: usize) {
        let mut passed = Vec::new();
        while self.at.record < record && self.next(max, &mut passed).is_some_and(|cut| !cut.is_last) {
            passed.clear();
        }
    }

    /// Reads the next row that is not an empty line.
    fn read(&mut self, max: usize) -> Outcome {
        self.row.clear();
        let (mut has_begun, mut is_open, mut flaw) = (false, false, None);
        loop {
            let (bytes, ends) = self.row.room();
            let input = match self.reader.fill_buf() {
                Ok(input) => input,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Outcome::Failed(e),
            };
            let is_end = input.is_empty();
            // The last row may lack its line end. One that does not end with it ends in quotes.
            let input = if is_end && has_begun && !is_open { &b"\n"[..] } else { input };
            let (result, read, written, ended) = self.csv.read_record(input, bytes, ends);
            has_begun |= input[..read].iter().any(|byte| !matches!(byte, b'\r' | b'\n'));
            is_open |= is_end && read > 0 && !matches!(result, ReadRecordResult::Record);
            if !is_end {
                self.reader.consume(read);
                self.at.offset += read as u64;
            }
            self.row.length += written;
            self.row.count += ended;
            if self.row.length > max {
                flaw.get_or_insert_with(|| too_large(max));
            } else if self.row.count > MOST_FIELDS {
                let message = format!("the row has more than {MOST_FIELDS} fields");
                flaw.get_or_insert(Flaw(Cause::RaggedRow, message));
            }
            if flaw.is_some() {
                // The rest is parsed over what is there.
                self.row.clear();
            }
            match result {
                ReadRecordResult::Record => {
                    return match flaw {
                        Some(flaw) => Outcome::TooLarge(flaw),
                        None if is_open => Outcome::Unclosed,
                        None => Outcome::Whole,
                    };
                }
                ReadRecordResult::End if is_end => return flaw.map_or(Outcome::End, Outcome::TooLarge),
                // A mark of the byte order may be all that there is yet.
                ReadRecordResult::End
                | ReadRecordResult::InputEmpty
                | ReadRecordResult::OutputFull
                | ReadRecordResult::OutputEndsFull => {}
            }
        }
    }

    /// Reads the header, if there is one.
    fn read_header(&mut self, max: usize) -> Result<bool, Flaw> {
        let bad = |message: String| Err(Flaw(Cause::BadHeader, message));
        match self.read(max.min(MOST_HEADER)) {
            Outcome::End => return Ok(false),
            Outcome::Failed(e) => return Err(open::flaw(&e, self.compression)),
            Outcome::TooLarge(_) => {
                let most = Size::bytes(MOST_HEADER as u64);
                return bad(format!("the header has more than {MOST_FIELDS} fields, or more than {most}"));
            }
            Outcome::Unclosed => return bad("the file ends in a quote that the header opens".to_owned()),
            Outcome::Whole => {}
        }
        let mut names: Vec<Vec<u8>> = self.row.fields().map(<[u8]>::to_vec).collect();
        if let Some(first) = names.first_mut() {
            *first = without_mark(first).to_vec();
        }
        let mut known = HashSet::new();
        for (number, name) in names.iter().enumerate() {
            let shown = String::from_utf8_lossy(name);
            if std::str::from_utf8(name).is_err() {
                return bad(format!("the name of column {} is not UTF-8: {shown:?}", number + 1));
            }
            if !known.insert(name) {
                return bad(format!("two columns are called {shown:?}"));
            }
        }
        self.header = Some(names);
        Ok(true)
    }

    /// Appends the row as a JSON line.
    fn put(&self, header: &[Vec<u8>], buffer: &mut Vec<u8>) -> Option<Flaw> {
        let columns = self.row.count;
        let invalid = self.row.fields().position(|field| std::str::from_utf8(field).is_err());
        let pairs =
            header.iter().map(Vec::as_slice).chain(std::iter::repeat(&b""[..])).zip(self.row.fields());
        for (number, (name, field)) in pairs.enumerate() {
            put_key(buffer, number == 0, name);
            put_string(buffer, field);
        }
        buffer.push(b'}');
        if columns != header.len() {
            let s = if columns == 1 { "" } else { "s" };
            let message = format!("the row has {columns} field{s}, and the header {}", header.len());
            return Some(Flaw(Cause::RaggedRow, message));
        }
        invalid.map(|column| {
            let message = format!("field {:?} is not UTF-8", String::from_utf8_lossy(&header[column]));
            Flaw(Cause::InvalidUtf8, message)
        })
    }
}

impl Cutter for Rows {
    fn next(&mut self, max: usize, buffer: &mut Vec<u8>) -> Option<Cut> {
        if self.header.is_none() {
            match self.read_header(max) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(flaw) => return Some(Cut { record: 0, offset: 0, flaw: Some(flaw), is_last: true }),
            }
        }
        let Within { record, offset, .. } = self.at;
        let outcome = self.read(max);
        let header = self.header.as_deref().unwrap_or_default();
        let (flaw, is_last) = match outcome {
            Outcome::End => return None,
            Outcome::Failed(e) => (Some(open::flaw(&e, self.compression)), true),
            Outcome::TooLarge(flaw) => (Some(flaw), false),
            Outcome::Unclosed => {
                self.put(header, buffer);
                let message = "the file ends in a quote that this row opens, and all behind it is in there";
                (Some(Flaw(Cause::RaggedRow, message.to_owned())), true)
            }
            Outcome::Whole => (self.put(header, buffer), false),
        };
        self.at.record += 1;
        Some(Cut { record, offset, flaw, is_last })
    }

    fn within(&self) -> Within {
        self.at
    }
}

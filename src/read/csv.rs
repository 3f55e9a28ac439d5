//! Rows of a CSV or TSV file with a header, as JSON lines of strings.
//!
//! Quotes are those of RFC 4180, in both kinds: a field in quotes may hold separators and line ends, and a quote twice. A row
//! with more or fewer fields than the header is rejected, since nobody knows which of them is missing.
//!
//! Bounded: a row is parsed piece by piece, and of one that is longer than allowed the rest is passed over. When it is wrong:
//! a quote that is never closed makes one row of the rest of the file; it is rejected, and what it swallowed with it.

use std::io::{self, BufRead};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::cut::{Cut, Cutter, Within, put_key, put_string};
use super::lines::too_large;
use super::reject::{Cause, Flaw};
use super::{Compression, open, without_mark};
use crate::config::InputConfig;

/// Bytes and fields of a row that are parsed at a time.
const PIECE: usize = 64 << 10;
const FIELDS: usize = 256;

/// Fields of a row at the most: more is no table of pages.
const MOST_FIELDS: usize = 10_000;

pub(super) struct Rows {
    reader: Box<dyn BufRead + Send>,
    compression: Compression,
    csv: Reader,
    /// The names of the columns; nothing before the header was read.
    header: Option<Vec<Vec<u8>>>,
    at: Within,
    row: Row,
}

/// The fields of a row, one behind the other.
#[derive(Default)]
struct Row {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Row {
    fn fields(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }
}

/// How reading a row ended.
enum Outcome {
    Whole,
    /// The file ends in quotes.
    Unclosed,
    TooLarge,
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
        let Row { bytes, ends } = &mut self.row;
        let (mut length, mut count, mut quotes, mut is_too_large) = (0, 0, 0, false);
        loop {
            bytes.resize(length + PIECE, 0);
            ends.resize(count + FIELDS, 0);
            let input = match self.reader.fill_buf() {
                Ok(input) => input,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Outcome::Failed(e),
            };
            let (result, read, written, ended) =
                self.csv.read_record(input, &mut bytes[length..], &mut ends[count..]);
            quotes += memchr::memchr_iter(b'"', &input[..read]).count();
            let is_end = input.is_empty();
            self.reader.consume(read);
            self.at.offset += read as u64;
            (length, count) = (length + written, count + ended);
            if length > max || count > MOST_FIELDS {
                // The rest is parsed over what is there.
                (length, count, is_too_large) = (0, 0, true);
            }
            match result {
                ReadRecordResult::Record => {
                    bytes.truncate(length);
                    ends.truncate(count);
                    return match () {
                        () if is_too_large => Outcome::TooLarge,
                        () if is_end && quotes % 2 == 1 => Outcome::Unclosed,
                        () => Outcome::Whole,
                    };
                }
                ReadRecordResult::End => return if is_too_large { Outcome::TooLarge } else { Outcome::End },
                ReadRecordResult::InputEmpty
                | ReadRecordResult::OutputFull
                | ReadRecordResult::OutputEndsFull => {}
            }
        }
    }

    /// Reads the header, if there is one.
    fn read_header(&mut self, max: usize) -> Result<bool, Flaw> {
        let bad = |message: String| Err(Flaw(Cause::BadHeader, message));
        match self.read(max) {
            Outcome::End => return Ok(false),
            Outcome::Failed(e) => return Err(open::flaw(&e, self.compression)),
            Outcome::TooLarge => return bad("the header is too long".to_owned()),
            Outcome::Unclosed => return bad("the file ends in a quote that the header opens".to_owned()),
            Outcome::Whole => {}
        }
        let mut names: Vec<Vec<u8>> = self.row.fields().map(<[u8]>::to_vec).collect();
        if let Some(first) = names.first_mut() {
            *first = without_mark(first).to_vec();
        }
        for (number, name) in names.iter().enumerate() {
            let shown = String::from_utf8_lossy(name);
            if std::str::from_utf8(name).is_err() {
                return bad(format!("the name of column {} is not UTF-8: {shown:?}", number + 1));
            }
            if names[..number].contains(name) {
                return bad(format!("two columns are called {shown:?}"));
            }
        }
        self.header = Some(names);
        Ok(true)
    }

    /// Appends the row as a JSON line.
    fn put(&self, header: &[Vec<u8>], buffer: &mut Vec<u8>) -> Option<Flaw> {
        let columns = self.row.ends.len();
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
            Outcome::TooLarge => (Some(too_large(max)), false),
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

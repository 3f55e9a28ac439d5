//! Rows of a Parquet file, as JSON lines: each column a key, whatever it holds.
//!
//! Row groups are read page by page, a few rows at a time, so memory is that of some pages. The column with the text must be there and
//! hold strings; of a file where it does not, no row can be used, and the file is rejected once. A file that would unpack to
//! far more than it is, by what its footer says or by what comes out of it, is refused as a compressed one is. Where damage
//! is met, rows are decoded one by one up to it, and reading goes on with the next group.
//!
//! When it is wrong: the decoder says what it cannot decode, not where it begins. So of a group everything behind damage is
//! lost, also in the columns that are whole. A value that is not UTF-8 costs its row alone, and the time to
//! go to the next one; but where it stands in a dictionary, no row of the group can be decoded.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Type;
use parquet::column::page::PageReader;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;

use super::Input;
use super::cut::{Cut, Cutter, Within};
use super::lines::too_large;
use super::open::Bounds;
use super::reject::{Cause, Flaw};
use crate::config::InputConfig;

mod encode;
mod guard;

pub use guard::is_guarded;

/// Rows decoded at a time at the most, and bytes that they may take by what the footer says.
const ROWS: u64 = 64;
const BYTES: u64 = 4 << 20;

/// Bytes that rows decoded together may take where each is the longest entry of a dictionary.
const DICTIONARY_BYTES: u64 = 128 << 20;

/// An open file.
struct Table {
    file: File,
    metadata: ArrowReaderMetadata,
    /// The number of the row behind each group.
    ends: Vec<u64>,
}

impl Table {
    fn open(file: File) -> Result<Self, Flaw> {
        let load = || ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|e| corrupt(&e));
        let metadata = guard::guarded(load)?;
        let ends = metadata.metadata().row_groups().iter().scan(0, |end: &mut u64, group| {
            *end = end.saturating_add(group.num_rows().max(0) as u64);
            Some(*end)
        });
        Ok(Self { ends: ends.collect(), file, metadata })
    }

    /// The group with a row.
    fn group(&self, row: u64) -> Option<usize> {
        let group = self.ends.partition_point(|end| *end <= row);
        (group < self.ends.len()).then_some(group)
    }

    /// Bytes of all groups, unpacked and packed.
    fn sizes(&self) -> (u64, u64) {
        let groups = self.metadata.metadata().row_groups();
        let sum = |of: fn(&RowGroupMetaData) -> i64| {
            groups.iter().map(|group| of(group).max(0) as u64).fold(0, u64::saturating_add)
        };
        (sum(RowGroupMetaData::total_byte_size), sum(RowGroupMetaData::compressed_size))
    }

    /// How many rows of a group may be decoded at once.
    fn together(&self, group: usize) -> usize {
        let group = self.metadata.metadata().row_group(group);
        let each = group.total_byte_size().max(0) as u64 / (group.num_rows().max(1) as u64);
        let has_dictionary = |column: &&ColumnChunkMetaData| {
            column.dictionary_page_offset().is_some() && column.column_type() == Type::BYTE_ARRAY
        };
        let dictionaries = group.columns().iter().filter(has_dictionary).map(|c| self.dictionary(c));
        let longest = dictionaries.max().unwrap_or(0);
        (BYTES / each.max(1)).min(DICTIONARY_BYTES / longest.max(1)).clamp(1, ROWS) as usize
    }

    /// Bytes of a column's dictionary, and so of its longest entry, at the most.
    fn dictionary(&self, column: &ColumnChunkMetaData) -> u64 {
        let whole = column.uncompressed_size().max(0) as u64;
        if whole <= DICTIONARY_BYTES / ROWS {
            return whole;
        }
        let first_page = || {
            let file = Arc::new(self.file.try_clone().map_err(|e| corrupt(&e))?);
            let pages = SerializedPageReader::new(file, column, 0, None);
            pages.and_then(|mut pages| pages.get_next_page()).map_err(|e| corrupt(&e))
        };
        match guard::guarded(first_page) {
            Ok(Some(page)) => page.buffer().len() as u64,
            _ => whole,
        }
    }

    /// Bytes of a line that are names of columns, or say that there is nothing.
    fn frame(&self) -> usize {
        const AROUND: usize = r#""":null,"#.len();
        self.metadata.schema().fields().iter().map(|field| field.name().len() + AROUND).sum()
    }

    /// A reader of the rest of a row's group.
    fn rows(&self, row: u64, group: usize, together: usize) -> Result<ParquetRecordBatchReader, Flaw> {
        let first = group.checked_sub(1).map_or(0, |before| self.ends[before]);
        let skipped = usize::try_from(row - first).unwrap_or(usize::MAX);
        let file = self.file.try_clone().map_err(|e| corrupt(&e))?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let reader = builder.with_row_groups(vec![group]).with_batch_size(together).with_offset(skipped);
        guard::guarded(|| reader.build().map_err(|e| corrupt(&e)))
    }
}

pub(super) struct Rows {
    table: Option<Table>,
    /// What is wrong with the whole file.
    flaw: Option<Flaw>,
    /// The rest of a group.
    reader: Option<ParquetRecordBatchReader>,
    /// How many rows it decodes at a time.
    together: usize,
    /// Whether rows are decoded one by one because the decoder met something.
    one_by_one: bool,
    /// The next row to be decoded.
    row: u64,
    /// Rows that were decoded and not handed out, as lines from `next` on.
    lines: Vec<u8>,
    next: usize,
    /// Its offset counts the bytes of values in the lines.
    at: Within,
    bounds: Option<Bound>,
}

/// How much may come out of a file.
struct Bound {
    bounds: Bounds,
    /// Bytes of the file's columns.
    packed: u64,
    /// Bytes of a line that are no values.
    frame: usize,
}

impl Rows {
    /// Opens a file. What is wrong with it comes out as its first record.
    pub fn open(
        input: &Input,
        cfg: &InputConfig,
        begin: Option<Within>,
        consumed: &Arc<AtomicU64>,
    ) -> io::Result<Self> {
        let file = File::open(&input.file)?;
        consumed.fetch_add(input.bytes, Ordering::Relaxed);
        let opened = Table::open(file).and_then(|table| checked(table, cfg));
        let (table, flaw) = match opened {
            Ok(table) => (Some(table), None),
            Err(flaw) => (None, Some(flaw)),
        };
        let bounds = table.as_ref().map(|table| Bound {
            bounds: Bounds::of(cfg),
            packed: table.sizes().1,
            frame: table.frame(),
        });
        Ok(Self { flaw, bounds, ..Self::of(table, begin.unwrap_or_default()) })
    }

    fn of(table: Option<Table>, at: Within) -> Self {
        Self {
            table,
            flaw: None,
            reader: None,
            together: 1,
            one_by_one: false,
            row: at.record,
            lines: Vec::new(),
            next: 0,
            at,
            bounds: None,
        }
    }

    /// Decodes the next rows; false where there are none. After a flaw it goes on with the next row that may be whole.
    fn decode(&mut self) -> Result<bool, Flaw> {
        self.next = 0;
        self.lines.clear();
        while let Some((table, group)) =
            self.table.as_ref().and_then(|table| Some((table, table.group(self.row)?)))
        {
            if self.reader.is_none() {
                self.together = if self.one_by_one { 1 } else { table.together(group) };
            }
            let (end, together) = (table.ends[group], self.together);
            let (next, result) = match self.batch(group) {
                Ok(rows) => {
                    let lines = &mut self.lines;
                    let written =
                        guard::guarded(|| encode::write_lines(&rows, lines).map_err(|e| corrupt(&e)));
                    (self.row + rows.num_rows() as u64, written)
                }
                Err(flaw) => {
                    self.reader = None;
                    let costs_one = together == 1 && flaw.0 == Cause::InvalidUtf8 && self.goes_on(end);
                    (if costs_one { self.row + 1 } else { end }, Err(flaw))
                }
            };
            if result.is_err() && together > 1 {
                self.one_by_one = true;
                self.reader = None;
                self.lines.clear();
                continue;
            }
            let count = next - self.row;
            self.row = next;
            if next >= end {
                self.one_by_one = false;
                self.reader = None;
            }
            return result.map(|()| true).map_err(|flaw| told(flaw, count));
        }
        Ok(false)
    }

    /// Whether a row behind the next one, and before `end`, can be decoded: then only a value is wrong, and its page is whole.
    fn goes_on(&self, end: u64) -> bool {
        let Some((table, group)) =
            self.table.as_ref().and_then(|table| Some((table, table.group(self.row)?)))
        else {
            return false;
        };
        let distances = std::iter::successors(Some(1), |distance| Some(distance * 2));
        distances
            .map_while(|distance| Some(self.row + distance).filter(|row| *row < end))
            .any(|row| table.rows(row, group, 1).and_then(|mut reader| next(&mut reader)).is_ok())
    }

    /// The next rows of a group.
    fn batch(&mut self, group: usize) -> Result<RecordBatch, Flaw> {
        let reader = match (&mut self.reader, &self.table) {
            (Some(reader), _) => reader,
            (none, Some(table)) => none.insert(table.rows(self.row, group, self.together)?),
            (None, None) => return Err(corrupt(&Odd("it is not open"))),
        };
        next(reader)
    }
}

fn next(reader: &mut ParquetRecordBatchReader) -> Result<RecordBatch, Flaw> {
    let rows = guard::guarded(|| reader.next().transpose().map_err(|e| corrupt(&e)))?;
    rows.ok_or_else(|| corrupt(&Odd("it has fewer rows than its footer says")))
}

/// A flaw that costs so many rows.
fn told(Flaw(cause, message): Flaw, rows: u64) -> Flaw {
    if rows == 1 {
        Flaw(cause, message)
    } else {
        Flaw(cause, format!("{message}; {rows} rows from here on are lost"))
    }
}

impl Cutter for Rows {
    fn next(&mut self, max: usize, buffer: &mut Vec<u8>) -> Option<Cut> {
        let record = self.at.record;
        let fault = |flaw, is_last| Some(Cut { record, offset: 0, flaw: Some(flaw), is_last });
        if let Some(flaw) = self.flaw.take() {
            return fault(flaw, true);
        }
        if self.next == self.lines.len() {
            match self.decode() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(flaw) => {
                    self.lines.clear();
                    self.at.record = self.row;
                    let is_last = self.table.as_ref().is_none_or(|table| table.group(self.row).is_none());
                    return fault(flaw, is_last);
                }
            }
        }
        let rest = &self.lines[self.next..];
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.next += (length + 1).min(rest.len());
        self.at.record += 1;
        if let Some(Bound { bounds, packed, frame }) = &self.bounds {
            self.at.offset += length.saturating_sub(*frame) as u64;
            if bounds.are_passed(self.at.offset, *packed) {
                self.table = None;
                return fault(bounds.flaw(), true);
            }
        }
        let flaw = (length > max).then(|| too_large(max));
        buffer.extend_from_slice(&rest[..length.min(max)]);
        Some(Cut { record, offset: 0, flaw, is_last: false })
    }

    fn within(&self) -> Within {
        self.at
    }
}

/// Opens a table that dehusk wrote, to be read as the lines that it was made of.
///
/// # Errors
/// Those of opening it, and that it is no Parquet file.
pub fn table_lines(path: &Path) -> io::Result<impl Read + Send + use<>> {
    let table = Table::open(File::open(path)?).map_err(as_error)?;
    Ok(TableLines(Rows::of(Some(table), Within::default())))
}

struct TableLines(Rows);

impl Read for TableLines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rows = &mut self.0;
        if rows.next == rows.lines.len() && !rows.decode().map_err(as_error)? {
            return Ok(0);
        }
        let count = (&rows.lines[rows.next..]).read(buffer)?;
        rows.next += count;
        Ok(count)
    }
}

fn as_error(Flaw(_, message): Flaw) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// A table that can be read as pages under a configuration.
fn checked(table: Table, cfg: &InputConfig) -> Result<Table, Flaw> {
    let name = &cfg.text_field;
    let schema = table.metadata.schema();
    let columns = || {
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        if names.is_empty() { "none at all".to_owned() } else { names.join(", ") }
    };
    match schema.field_with_name(name).map(Field::data_type) {
        Ok(DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => {}
        Ok(DataType::Dictionary(_, values)) if matches!(**values, DataType::Utf8 | DataType::LargeUtf8) => {}
        Ok(other) => {
            let message =
                format!("column {name:?} holds {other} and no strings; the columns are {}", columns());
            return Err(Flaw(Cause::TextNotAString, message));
        }
        Err(_) => {
            let message = format!("there is no column {name:?}; the columns are {}", columns());
            return Err(Flaw(Cause::MissingText, message));
        }
    }
    let (unpacked, packed) = table.sizes();
    let bounds = Bounds::of(cfg);
    if bounds.are_passed(unpacked, packed) { Err(bounds.flaw()) } else { Ok(table) }
}

fn corrupt(error: &(impl std::error::Error + 'static)) -> Flaw {
    let message = error.to_string();
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = source {
        if cause.downcast_ref::<io::Error>().is_some_and(|e| e.raw_os_error().is_some()) {
            return Flaw(Cause::ReadError, format!("the file could be read only up to here: {message}"));
        }
        source = cause.source();
    }
    // The decoder has no other name for it.
    if message.contains("non UTF-8 data") {
        return Flaw(Cause::InvalidUtf8, format!("a value of the row is not UTF-8: {message}"));
    }
    Flaw(Cause::CorruptArchive, format!("the Parquet file cannot be read here: {message}"))
}

/// What the decoder does not complain of itself.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Odd(&'static str);

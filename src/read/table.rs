//! Rows of a Parquet file, as JSON lines: each column a key, whatever it holds.
//!
//! Row groups are read page by page, a few rows at a time, so memory is that of some pages. The column with the text must be there and
//! hold strings; of a file where it does not, no row can be used, and the file is rejected once. A file that would unpack to
//! far more than it is, by what its footer says, is refused as a compressed one is. The decoder checks no bounds that a
//! damaged file could not break: where it panics, the rest of the file is rejected as damaged.

use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::RecordBatch;
use arrow_json::writer::{LineDelimited, WriterBuilder};
use arrow_schema::{DataType, Field};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::RowGroupMetaData;

use super::Input;
use super::cut::{Cut, Cutter, Within};
use super::lines::too_large;
use super::open::Bounds;
use super::reject::{Cause, Flaw};
use crate::config::InputConfig;

/// Rows decoded at a time at the most, and bytes that they may take by what the footer says.
const ROWS: usize = 64;
const BYTES: u64 = 4 << 20;

pub(super) struct Rows {
    rows: Option<ParquetRecordBatchReader>,
    /// What is wrong with the file.
    flaw: Option<Flaw>,
    /// Rows that were decoded and not handed out, as lines from `next` on.
    lines: Vec<u8>,
    next: usize,
    at: Within,
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
        let at = begin.unwrap_or_default();
        let opened = guarded(|| reader(file, cfg, at.record));
        consumed.fetch_add(input.bytes, Ordering::Relaxed);
        let (rows, flaw, skipped) = match opened {
            Ok((rows, skipped)) => (Some(rows), None, skipped),
            Err(flaw) => (None, Some(flaw), 0),
        };
        let mut opened = Self { rows, flaw, lines: Vec::new(), next: 0, at };
        opened.skip(skipped);
        Ok(opened)
    }

    /// Passes over rows that are decoded with the first one that is wanted.
    fn skip(&mut self, rows: usize) {
        if rows == 0 {
            return;
        }
        match self.decode() {
            Ok(_) => {
                let mut ends = memchr::memchr_iter(b'\n', &self.lines);
                self.next = ends.nth(rows - 1).map_or(self.lines.len(), |end| end + 1);
            }
            Err(flaw) => {
                self.rows = None;
                self.flaw = Some(flaw);
            }
        }
    }

    /// Decodes the next rows; false where there are none.
    fn decode(&mut self) -> Result<bool, Flaw> {
        let Some(rows) = &mut self.rows else { return Ok(false) };
        let Some(batch) = guarded(|| rows.next().transpose().map_err(|e| corrupt(&e)))? else {
            return Ok(false);
        };
        self.lines.clear();
        self.next = 0;
        let lines = &mut self.lines;
        guarded(|| write_lines(&batch, lines))?;
        Ok(true)
    }
}

impl Cutter for Rows {
    fn next(&mut self, max: usize, buffer: &mut Vec<u8>) -> Option<Cut> {
        let record = self.at.record;
        let fault = |flaw| Some(Cut { record, offset: 0, flaw: Some(flaw), is_last: true });
        if let Some(flaw) = self.flaw.take() {
            return fault(flaw);
        }
        while self.next == self.lines.len() {
            match self.decode() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(flaw) => {
                    self.rows = None;
                    return fault(flaw);
                }
            }
        }
        let rest = &self.lines[self.next..];
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.next += (length + 1).min(rest.len());
        self.at.record += 1;
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
    let file = File::open(path)?;
    let open = || ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| corrupt(&e));
    let rows =
        guarded(|| open()?.with_batch_size(ROWS).build().map_err(|e| corrupt(&e))).map_err(as_error)?;
    let at = Within::default();
    Ok(TableLines(Rows { rows: Some(rows), flaw: None, lines: Vec::new(), next: 0, at }))
}

struct TableLines(Rows);

impl Read for TableLines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rows = &mut self.0;
        while rows.next == rows.lines.len() {
            if !rows.decode().map_err(as_error)? {
                return Ok(0);
            }
        }
        let count = (&rows.lines[rows.next..]).read(buffer)?;
        rows.next += count;
        Ok(count)
    }
}

fn as_error(Flaw(_, message): Flaw) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// A reader of the rows from `first` on, and how many it reads before that one: where rows are decoded together is the same
/// wherever the reading begins, so that damage is met at the same row.
fn reader(file: File, cfg: &InputConfig, first: u64) -> Result<(ParquetRecordBatchReader, usize), Flaw> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| corrupt(&e))?;
    let name = &cfg.text_field;
    let schema = builder.schema();
    let columns = || schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(", ");
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
    let groups = builder.metadata().row_groups();
    let sum = |of: fn(&RowGroupMetaData) -> i64| {
        groups.iter().map(|group| of(group).max(0) as u64).fold(0, u64::saturating_add)
    };
    let (unpacked, packed) = (sum(RowGroupMetaData::total_byte_size), sum(RowGroupMetaData::compressed_size));
    if Bounds::of(cfg).are_passed(unpacked, packed) {
        return Err(super::open::inflates(cfg));
    }
    let rows = groups.iter().map(|group| group.num_rows().max(0) as u64).fold(0, u64::saturating_add);
    let each = unpacked / rows.max(1);
    let together = usize::try_from(BYTES / each.max(1)).unwrap_or(ROWS).clamp(1, ROWS);
    let first = usize::try_from(first).unwrap_or(usize::MAX);
    let skipped = first % together;
    let reader = builder.with_batch_size(together).with_offset(first - skipped).build();
    Ok((reader.map_err(|e| corrupt(&e))?, skipped))
}

/// Writes rows as JSON lines, empty fields as null.
fn write_lines(batch: &RecordBatch, lines: &mut Vec<u8>) -> Result<(), Flaw> {
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(lines);
    writer.write(batch).and_then(|()| writer.finish()).map_err(|e| corrupt(&e))
}

fn corrupt(error: &dyn std::fmt::Display) -> Flaw {
    Flaw(Cause::CorruptArchive, format!("the Parquet file cannot be read on: {error}"))
}

/// Runs what decodes foreign bytes.
fn guarded<T>(decode: impl FnOnce() -> Result<T, Flaw>) -> Result<T, Flaw> {
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(corrupt(&"its bytes make no sense to the decoder")))
}

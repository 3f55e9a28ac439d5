//! JSON lines as a Parquet file: the corpus and the decisions as tables whose columns are the lines' keys.
//!
//! Lines are collected until they are worth a batch, decoded by the table's schema, and written with zstd; a row group is
//! closed when it takes [`GROUP_BYTES`], so memory is bounded by that. `metadata` is of another shape in every corpus and a column
//! has one, so there it is the text of the object. Nothing but the lines and the version goes into the file: the same lines
//! give the same bytes.

use std::io::Write;
use std::sync::Arc;

use arrow_json::ReaderBuilder;
use arrow_json::reader::Decoder;
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Rows;

/// Bytes of lines that are decoded at a time.
const BATCH_BYTES: usize = 4 << 20;

/// Encoded bytes of a row group, in memory until it is closed.
const GROUP_BYTES: usize = 64 << 20;

/// As in the zstd files that are written.
const LEVEL: i32 = 3;

pub(super) struct Table<W: Write + Send> {
    rows: Rows,
    decoder: Decoder,
    writer: ArrowWriter<W>,
    lines: Vec<u8>,
}

impl<W: Write + Send> Table<W> {
    pub fn new(sink: W, rows: Rows) -> std::io::Result<Self> {
        let schema = Arc::new(schema(rows));
        let level = ZstdLevel::try_new(LEVEL).map_err(from_parquet)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_created_by(concat!("dehusk ", env!("CARGO_PKG_VERSION")).to_owned())
            // Least and largest of texts and hashes help nobody.
            .set_statistics_enabled(EnabledStatistics::None)
            .build();
        let writer =
            ArrowWriter::try_new(sink, Arc::clone(&schema), Some(properties)).map_err(from_parquet)?;
        let decoder = ReaderBuilder::new(schema).build_decoder().map_err(from_arrow)?;
        Ok(Self { rows, decoder, writer, lines: Vec::new() })
    }

    /// Adds whole lines.
    pub fn write_all(&mut self, lines: &[u8]) -> std::io::Result<()> {
        match self.rows {
            Rows::Corpus => with_metadata_as_text(lines, &mut self.lines)?,
            Rows::Decisions => self.lines.extend_from_slice(lines),
        }
        if self.lines.len() >= BATCH_BYTES { self.encode() } else { Ok(()) }
    }

    /// Bytes that were taken in and not yet given out, as far as can be told before they are compressed.
    pub fn pending(&self) -> usize {
        self.lines.len() + self.writer.in_progress_size()
    }

    fn encode(&mut self) -> std::io::Result<()> {
        let mut rest = &self.lines[..];
        loop {
            let read = self.decoder.decode(rest).map_err(from_arrow)?;
            rest = &rest[read..];
            let Some(batch) = self.decoder.flush().map_err(from_arrow)? else { break };
            self.writer.write(&batch).map_err(from_parquet)?;
            if self.writer.in_progress_size() >= GROUP_BYTES {
                self.writer.flush().map_err(from_parquet)?;
            }
        }
        self.lines.clear();
        Ok(())
    }

    /// Writes what is left and the footer.
    pub fn finish(mut self) -> std::io::Result<W> {
        self.encode()?;
        self.writer.into_inner().map_err(from_parquet)
    }
}

/// An error of the file system is told as such.
fn from_parquet(error: ParquetError) -> std::io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(io) => *io,
            Err(inner) => std::io::Error::other(inner),
        },
        error => std::io::Error::other(error),
    }
}

fn from_arrow(error: ArrowError) -> std::io::Error {
    std::io::Error::other(error)
}

/// Appends lines of a corpus with the object in `metadata` as a string.
fn with_metadata_as_text(lines: &[u8], out: &mut Vec<u8>) -> std::io::Result<()> {
    #[derive(Deserialize)]
    struct Line<'l> {
        #[serde(borrow)]
        metadata: &'l RawValue,
    }
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        let Line { metadata } = serde_json::from_slice(line)?;
        let start = metadata.get().as_ptr().addr() - line.as_ptr().addr();
        out.extend_from_slice(&line[..start]);
        super::put_text(out, metadata.get());
        out.extend_from_slice(&line[start + metadata.get().len()..]);
    }
    Ok(())
}

fn schema(rows: Rows) -> Schema {
    let field = |name: &str, kind: DataType| Field::new(name, kind, false);
    let open = |name: &str, kind: DataType| Field::new(name, kind, true);
    let object = |fields: Vec<Field>| DataType::Struct(Fields::from(fields));
    let list = |fields: Vec<Field>| DataType::List(Arc::new(Field::new("element", object(fields), false)));
    let (text, number) = (|| DataType::Utf8, || DataType::UInt64);
    Schema::new(match rows {
        Rows::Corpus => vec![
            field("id", text()),
            field("text", text()),
            open("title", text()),
            open("date", text()),
            open("url", text()),
            open("language", text()),
            field("metadata", text()),
            field(
                "provenance",
                object(vec![field("path", text()), field("record", number()), field("source_hash", text())]),
            ),
        ],
        Rows::Decisions => vec![
            field("id", text()),
            field("path", text()),
            field("record", number()),
            field("source_hash", text()),
            field("action", text()),
            open("reason", text()),
            open("duplicate_of", text()),
            open("duplicate_in", text()),
            open("similarity", DataType::Float64),
            open("cluster", text()),
            field(
                "blocks",
                list(vec![
                    field("start", number()),
                    field("end", number()),
                    field("label", text()),
                    field("confidence", DataType::Float64),
                    field("action", text()),
                    open("reason", text()),
                    open(
                        "duplicate_of",
                        object(vec![field("id", text()), field("block", number()), open("in", text())]),
                    ),
                    open("documents", number()),
                ]),
            ),
            open(
                "spans",
                list(vec![
                    field("start", number()),
                    field("end", number()),
                    field("words", number()),
                    field("action", text()),
                    field(
                        "duplicate_of",
                        object(vec![field("id", text()), field("start", number()), field("end", number())]),
                    ),
                ]),
            ),
        ],
    })
}

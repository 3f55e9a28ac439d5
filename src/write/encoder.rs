//! How the bytes of an output are packed on their way, and what is counted of them.

use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::Compression;
use flate2::write::GzEncoder;
use xxhash_rust::xxh3::Xxh3;

use super::WriteBehind;
#[cfg(feature = "parquet")]
use super::atomic::PARQUET;
use super::atomic::Rows;
#[cfg(feature = "parquet")]
use super::table::Table;

/// Bytes collected before the operating system is asked to write: some dozens of records at a time.
pub(super) const BUFFER: usize = 256 << 10;

/// The level at which zlib's and zstd's own tools stand: more saves little of text and costs several times the time.
const GZIP_LEVEL: u32 = 6;
const ZSTD_LEVEL: i32 = 3;

/// What has gone into the file of a shard.
#[derive(Default)]
pub(super) struct Written {
    pub bytes: u64,
    pub hash: Xxh3,
}

/// Where packed bytes go.
pub(super) enum Sink {
    File(WriteBehind),
    Shard(WriteBehind, Arc<Mutex<Written>>),
    Stream(Box<dyn Write + Send>),
}

/// What packs them.
pub(super) enum Encoder {
    Plain(BufWriter<Sink>),
    #[cfg(feature = "parquet")]
    Parquet(Box<Table<BufWriter<Sink>>>),
    Gzip(GzEncoder<BufWriter<Sink>>),
    Zstd(zstd::Encoder<'static, BufWriter<Sink>>),
}

impl Encoder {
    /// For a target with this extension; `rows` where it may be a table.
    pub fn new(sink: Sink, extension: Option<&str>, rows: Option<Rows>) -> io::Result<Self> {
        let buffered = BufWriter::with_capacity(BUFFER, sink);
        Ok(match (extension, rows) {
            #[cfg(feature = "parquet")]
            (Some(PARQUET), Some(rows)) => Self::Parquet(Box::new(Table::new(buffered, rows)?)),
            (Some("gz"), _) => Self::Gzip(GzEncoder::new(buffered, Compression::new(GZIP_LEVEL))),
            (Some("zst"), _) => {
                let mut encoder = zstd::Encoder::new(buffered, ZSTD_LEVEL)?;
                encoder.include_checksum(true)?;
                Self::Zstd(encoder)
            }
            _ => Self::Plain(buffered),
        })
    }

    /// Nothing packs them.
    pub fn plain(sink: Sink) -> Self {
        Self::Plain(BufWriter::with_capacity(BUFFER, sink))
    }

    /// Takes bytes in: of a table, whole lines.
    pub fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(w) => w.write_all(bytes),
            #[cfg(feature = "parquet")]
            Self::Parquet(w) => w.write_all(bytes),
            Self::Gzip(w) => w.write_all(bytes),
            Self::Zstd(w) => w.write_all(bytes),
        }
    }

    /// Bytes that were taken in and not yet given out.
    pub fn pending(&self) -> usize {
        match self {
            Self::Plain(w) => w.buffer().len(),
            #[cfg(feature = "parquet")]
            Self::Parquet(table) => table.pending(),
            Self::Gzip(w) => w.get_ref().buffer().len(),
            Self::Zstd(w) => w.get_ref().buffer().len(),
        }
    }

    pub fn finish(self) -> io::Result<Sink> {
        let buffered = match self {
            Self::Plain(w) => w,
            #[cfg(feature = "parquet")]
            Self::Parquet(table) => table.finish()?,
            Self::Gzip(w) => w.finish()?,
            Self::Zstd(w) => w.finish()?,
        };
        let mut sink = buffered.into_inner().map_err(io::IntoInnerError::into_error)?;
        sink.flush()?;
        Ok(sink)
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Shard(file, written) => {
                let count = file.write(bytes)?;
                let mut written = written.lock().unwrap_or_else(PoisonError::into_inner);
                written.bytes += count as u64;
                written.hash.update(&bytes[..count]);
                Ok(count)
            }
            Self::Stream(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) | Self::Shard(file, _) => file.flush(),
            Self::Stream(stream) => stream.flush(),
        }
    }
}

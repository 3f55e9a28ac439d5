//! Opening a file and unpacking it as it is read.
//!
//! All members of a gzip file and all frames of a zstd file are read, as their own tools do. A zstd window above
//! 128 MiB (`--long=28` and more) is refused by the decoder: it would have to be held in memory.
//!
//! When it is wrong: a decoder that meets damage keeps back what it unpacked in the same call, so up to
//! [`UNPACKED_BUFFER`] good bytes before the damage are missing too. The reject's offset says where they begin.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::reject::{Cause, Flaw};
use super::{Compression, Input};
use crate::config::{InputConfig, Size};

/// Bytes asked of the system at once: so many that the call itself costs nothing beside the copy.
const FILE_BUFFER: usize = 128 << 10;

/// Bytes unpacked at once: so few that they are still in the first-level cache when they are cut into lines.
const UNPACKED_BUFFER: usize = 16 << 10;

/// Opens a file for reading what is packed in it, from its byte `offset` on (after unpacking), and adds to `consumed` the
/// bytes that are read from disk.
pub(super) fn open(
    input: &Input,
    offset: u64,
    cfg: &InputConfig,
    consumed: &Arc<AtomicU64>,
) -> io::Result<Box<dyn BufRead + Send>> {
    check(input)?;
    let mut file = File::open(&input.file)?;
    let is_packed = input.compression != Compression::None;
    if !is_packed && offset > 0 {
        consumed.fetch_add(file.seek(SeekFrom::Start(offset))?, Ordering::Relaxed);
    }
    let own = Arc::new(AtomicU64::new(0));
    let counted = Counted { file, consumed: Arc::clone(consumed), own: Arc::clone(&own) };
    let packed = BufReader::with_capacity(FILE_BUFFER, counted);
    let decoder: Box<dyn Read + Send> = match input.compression {
        Compression::None => return Ok(Box::new(packed)),
        Compression::Gzip => Box::new(MultiGzDecoder::new(packed)),
        Compression::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(packed)?),
    };
    let bounded = Bounded { decoder, bounds: Bounds::of(cfg), packed: own, unpacked: 0 };
    let mut unpacked = BufReader::with_capacity(UNPACKED_BUFFER, bounded);
    io::copy(&mut (&mut unpacked).take(offset), &mut io::sink())?;
    Ok(Box::new(unpacked))
}

/// Refuses what was a file when it was found and may be a pipe by now: to open one waits for whoever writes into it.
pub(super) fn check(input: &Input) -> io::Result<()> {
    let found = input.file.metadata()?.file_type();
    if found.is_file() || found.is_dir() {
        return Ok(());
    }
    Err(io::Error::other("it is no regular file any more"))
}

/// How far a file may be unpacked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// So many times its size; 0 is no limit.
    ratio: u64,
    /// And so many bytes whatever the ratio.
    free: u64,
}

impl Bounds {
    pub fn of(cfg: &InputConfig) -> Self {
        Self { ratio: cfg.max_ratio, free: cfg.unpack_freely.get() }
    }

    /// Whether so many bytes are too many to come from so few.
    pub fn are_passed(self, unpacked: u64, packed: u64) -> bool {
        self.ratio > 0 && unpacked > self.free && unpacked / self.ratio > packed
    }

    /// What is wrong with a file that passes them.
    pub fn flaw(self) -> Flaw {
        let message = format!(
            "the file holds more than input.max_ratio = {} times as much as it has bytes, and more than input.unpack_freely \
             = {}; if that is right, raise them",
            self.ratio,
            Size::bytes(self.free)
        );
        Flaw(Cause::InflatesTooFar, message)
    }
}

/// A decoder that is stopped when it makes too much of too little.
struct Bounded {
    decoder: Box<dyn Read + Send>,
    bounds: Bounds,
    packed: Arc<AtomicU64>,
    unpacked: u64,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.bounds.are_passed(self.unpacked, self.packed.load(Ordering::Relaxed)) {
            return Err(io::Error::other(Inflates(self.bounds)));
        }
        let count = self.decoder.read(buffer)?;
        self.unpacked += count as u64;
        Ok(count)
    }
}

/// The error of a file that passes its bounds.
#[derive(Debug, thiserror::Error)]
#[error("it inflates too far")]
struct Inflates(Bounds);

/// What an error while reading an opened file means. Only the system's own errors carry a number; the others come from
/// the decoders.
pub(super) fn flaw(error: &io::Error, compression: Compression) -> Flaw {
    if let Some(Inflates(bounds)) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return bounds.flaw();
    }
    let system = error.raw_os_error().is_some() || compression == Compression::None;
    if system {
        Flaw(Cause::ReadError, format!("the file could be read only up to here: {error}"))
    } else if error.kind() == io::ErrorKind::UnexpectedEof {
        Flaw(Cause::TruncatedArchive, format!("the compressed file ends too early: {error}"))
    } else {
        Flaw(Cause::CorruptArchive, format!("the compressed file is damaged: {error}"))
    }
}

struct Counted {
    file: File,
    /// Bytes read over all files.
    consumed: Arc<AtomicU64>,
    /// Bytes read of this one.
    own: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.consumed.fetch_add(count as u64, Ordering::Relaxed);
        self.own.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

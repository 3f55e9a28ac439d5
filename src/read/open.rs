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

/// Bytes asked of the system at once: so many that the call itself costs nothing beside the copy.
const FILE_BUFFER: usize = 128 << 10;

/// Bytes unpacked at once: so few that they are still in the first-level cache when they are cut into lines.
const UNPACKED_BUFFER: usize = 16 << 10;

/// Opens a file for reading what is packed in it, from its byte `offset` on (after unpacking), and adds to `consumed` the
/// bytes that are read from disk.
pub(super) fn open(
    input: &Input,
    offset: u64,
    consumed: &Arc<AtomicU64>,
) -> io::Result<Box<dyn BufRead + Send>> {
    // What was a file when it was found may be a pipe by now, and to open one waits for whoever writes into it.
    let found = input.file.metadata()?.file_type();
    if !found.is_file() && !found.is_dir() {
        return Err(io::Error::other("it is no regular file any more"));
    }
    let mut file = File::open(&input.file)?;
    let is_packed = input.compression != Compression::None;
    if !is_packed && offset > 0 {
        consumed.fetch_add(file.seek(SeekFrom::Start(offset))?, Ordering::Relaxed);
    }
    let packed = BufReader::with_capacity(FILE_BUFFER, Counted { file, consumed: Arc::clone(consumed) });
    let mut unpacked = unpacked(packed, input.compression)?;
    if is_packed {
        io::copy(&mut (&mut unpacked).take(offset), &mut io::sink())?;
    }
    Ok(unpacked)
}

fn unpacked(packed: BufReader<Counted>, compression: Compression) -> io::Result<Box<dyn BufRead + Send>> {
    Ok(match compression {
        Compression::None => Box::new(packed),
        Compression::Gzip => Box::new(BufReader::with_capacity(UNPACKED_BUFFER, MultiGzDecoder::new(packed))),
        Compression::Zstd => {
            let decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
            Box::new(BufReader::with_capacity(UNPACKED_BUFFER, decoder))
        }
    })
}

/// What an error while reading an opened file means. Only the system's own errors carry a number; the others come from
/// the decoders.
pub(super) fn flaw(error: &io::Error, compression: Compression) -> Flaw {
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
    consumed: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.consumed.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

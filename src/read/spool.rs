//! Standard input is written to a file first, because the input is swept twice.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use super::discover::{forced_kind, standard_input_unread};
use super::{Compression, Input, JSON_SPACE, Kind, STANDARD_INPUT, open, without_mark};
use crate::config::InputConfig;
use crate::error::{Error, Result};

/// The file in the work folder.
const SPOOL_NAME: &str = "stdin";

/// Bytes copied at once; as much as a pipe holds on Linux.
const COPY_BUFFER: usize = 64 << 10;

/// So many unpacked bytes, at most, are looked at to see what standard input holds.
const HEAD: u64 = 64 << 10;

/// Writes standard input to a file in `dir`, as it comes, and finds out what it is: compressed or not by its first
/// bytes, and, unless `input.format` says so, a Parquet file or a web archive by how these begin, JSON lines where the first
/// byte that is not blank is `{`, else text.
///
/// # Errors
/// [`Error::Io`] when standard input cannot be read or the file cannot be written.
pub fn spool(stdin: &mut dyn Read, dir: &Path, cfg: &InputConfig) -> Result<Input> {
    let file = dir.join(SPOOL_NAME);
    let mut copy = File::create(&file).map_err(Error::io("create the file", &file))?;
    let mut buffer = vec![0; COPY_BUFFER];
    let mut start = Vec::new();
    let mut bytes = 0;
    loop {
        let count = match stdin.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(Error::io("read standard input", STANDARD_INPUT)(e)),
        };
        if start.len() < MAGIC_BYTES {
            start.extend_from_slice(&buffer[..count.min(MAGIC_BYTES)]);
        }
        copy.write_all(&buffer[..count]).map_err(Error::io("write", &file))?;
        bytes += count as u64;
    }
    let mut input = Input { file, compression: by_magic(&start), bytes, ..standard_input_unread() };
    input.kind = match forced_kind(cfg.format) {
        Some(kind) => kind,
        None => by_first_bytes(&input, cfg)?,
    };
    Ok(input)
}

/// The longest of the marks that [`by_magic`] knows, in bytes.
const MAGIC_BYTES: usize = 4;

/// RFC 1952 (2.3.1) and RFC 8878 (3.1.1) fix how a gzip member and a zstd frame begin.
fn by_magic(start: &[u8]) -> Compression {
    if start.starts_with(&[0x1f, 0x8b]) {
        Compression::Gzip
    } else if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Compression::Zstd
    } else {
        Compression::None
    }
}

fn by_first_bytes(input: &Input, cfg: &InputConfig) -> Result<Kind> {
    let unpacked = open::open(input, 0, cfg, &Arc::default()).map_err(Error::io("read", &input.file))?;
    let mut head = Vec::new();
    // A fault in the archive leaves what comes before it in `head`; it is reported when the records are read.
    let _ = unpacked.take(HEAD).read_to_end(&mut head);
    let first = without_mark(&head).iter().find(|byte| !JSON_SPACE.contains(byte));
    Ok(match first {
        Some(b'{') => Kind::Jsonl,
        _ if head.starts_with(b"WARC/1.") => Kind::Warc,
        _ if head.starts_with(b"PAR1") && input.compression == Compression::None => Kind::Parquet,
        _ => Kind::Text,
    })
}

//! An append-only file of byte strings that can be read back in order, or one by one by offset.
//!
//! Each entry is its length (4 bytes, little-endian) and its bytes. What they mean is for others to say: encoding and
//! decoding are the costly part, so they are done by the workers, and the thread that owns the writer only appends. A
//! [`Spool`] is read through `&self` at explicit offsets.
//!
//! The file is believed only as far as its length goes: a length no entry was written with is an error and never a
//! giant allocation. The format is that of [`WORK_FORMAT`](super::work::WORK_FORMAT).
//!
//! When it is wrong: there is no checksum, so a flipped bit inside an entry is for its decoder to notice.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::write::WriteBehind;

/// Bytes gathered before a write, and read ahead by [`Spool::entries`]: large enough that system calls cost nothing.
const BUFFER: usize = 256 << 10;

/// Bytes of an entry's length.
const PREFIX: usize = size_of::<u32>();

/// How far a spool is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Extent {
    /// Bytes in the file.
    pub length: u64,
    /// Bytes of its longest entry.
    pub longest: u32,
}

/// Writes a spool.
#[derive(Debug)]
pub struct SpoolWriter {
    file: BufWriter<WriteBehind>,
    path: PathBuf,
    extent: Extent,
}

impl SpoolWriter {
    /// Opens the file, or makes it, and cuts it off behind `extent`.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn open(path: &Path, extent: Extent) -> Result<Self> {
        let file = WriteBehind::new(open_at(path, extent.length)?);
        let file = BufWriter::with_capacity(BUFFER, file);
        Ok(Self { file, path: path.to_owned(), extent })
    }

    /// Appends an entry and returns its offset in the file.
    ///
    /// # Errors
    /// [`Error::Io`] with the path; also for an entry of 4 GiB and more.
    pub fn append(&mut self, entry: &[u8]) -> Result<u64> {
        let offset = self.extent.length;
        u32::try_from(entry.len())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "an entry of more than 4 GiB"))
            .and_then(|length| {
                self.file.write_all(&length.to_le_bytes())?;
                self.file.write_all(entry)?;
                self.extent.longest = self.extent.longest.max(length);
                Ok(())
            })
            .map_err(Error::io("write the file", &self.path))?;
        self.extent.length += (PREFIX + entry.len()) as u64;
        Ok(offset)
    }

    /// Brings everything to disk; returns how far that is.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn checkpoint(&mut self) -> Result<Extent> {
        let synced = self.file.flush().and_then(|()| self.file.get_mut().sync());
        synced.map_err(Error::io("bring the file to disk", &self.path))?;
        Ok(self.extent)
    }

    /// Writes what is still buffered and opens the spool for reading.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn finish(self) -> Result<Spool> {
        let Self { file, path, extent } = self;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error).and_then(WriteBehind::into_file);
        Ok(Spool { file: file.map_err(Error::io("write the file", &path))?, path, extent })
    }
}

/// A finished spool. The file stays when the value is dropped: it goes with its work folder.
#[derive(Debug)]
pub struct Spool {
    file: File,
    path: PathBuf,
    extent: Extent,
}

impl Spool {
    /// Opens a spool that nobody writes any more.
    ///
    /// # Errors
    /// [`Error::Io`] with the path; of the kind `InvalidData` where the file has another length.
    pub fn open(path: &Path, extent: Extent) -> Result<Self> {
        Ok(Self { file: open_whole(path, extent.length)?, path: path.to_owned(), extent })
    }

    /// How far it is written.
    #[must_use]
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// Replaces `out` with the entry at `offset`, as [`SpoolWriter::append`] returned it. Any number of threads may read
    /// at once.
    ///
    /// # Errors
    /// [`Error::Io`] with the path; of the kind `InvalidData` or `UnexpectedEof` where there is no such entry.
    pub fn read(&self, offset: u64, out: &mut Vec<u8>) -> Result<()> {
        let read = read_entry(&mut At { file: &self.file, offset }, self.extent.longest, out);
        read.map_err(Error::io("read the file", &self.path))
    }

    /// Replaces `out` with the first `most` bytes of the entry at `offset`, or all of it if it has fewer.
    ///
    /// # Errors
    /// See [`Spool::read`].
    pub fn read_head(&self, offset: u64, most: usize, out: &mut Vec<u8>) -> Result<()> {
        let head = |out: &mut Vec<u8>| {
            out.clear();
            At { file: &self.file, offset }.take((PREFIX + most) as u64).read_to_end(out)?;
            let (prefix, _) = out.split_first_chunk().ok_or(io::ErrorKind::UnexpectedEof)?;
            let length = u32::from_le_bytes(*prefix) as usize;
            out.drain(..PREFIX);
            out.truncate(length);
            Ok(())
        };
        head(out).map_err(Error::io("read the file", &self.path))
    }

    /// Every entry in the order of writing. Ends at the first error.
    pub fn entries(&self) -> impl Iterator<Item = Result<Vec<u8>>> + Send + use<'_> {
        self.placed_entries().map(|entry| entry.map(|(_, bytes)| bytes))
    }

    /// Every entry with its offset, in the order of writing. Ends at the first error.
    pub fn placed_entries(&self) -> impl Iterator<Item = Result<(u64, Vec<u8>)>> + Send + use<'_> {
        let mut bytes = BufReader::with_capacity(BUFFER, At { file: &self.file, offset: 0 });
        let mut offset = 0;
        std::iter::from_fn(move || {
            (offset < self.extent.length).then(|| {
                let (mut entry, at) = (Vec::new(), offset);
                let read = read_entry(&mut bytes, self.extent.longest, &mut entry);
                let end = |()| offset.saturating_add((PREFIX + entry.len()) as u64);
                offset = read.as_ref().copied().map_or(self.extent.length, end);
                read.map(|()| (at, entry)).map_err(Error::io("read the file", &self.path))
            })
        })
    }

    /// Brings everything to disk; returns how far that is.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn checkpoint(&self) -> Result<Extent> {
        self.file.sync_data().map_err(Error::io("bring the file to disk", &self.path))?;
        Ok(self.extent)
    }

    /// The error for an entry that is not what it should be.
    #[must_use]
    pub fn damaged(&self, message: &str) -> Error {
        Error::io("read the file", &self.path)(invalid(message))
    }
}

/// Replaces `out` with the bytes behind a length.
fn read_entry(from: &mut impl Read, longest: u32, out: &mut Vec<u8>) -> io::Result<()> {
    let mut prefix = [0; PREFIX];
    from.read_exact(&mut prefix)?;
    let length = u32::from_le_bytes(prefix);
    if length > longest {
        return Err(invalid(&format!("an entry claims {length} bytes; the longest has {longest}")));
    }
    out.resize(length as usize, 0);
    from.read_exact(out)
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// Opens a file of a work folder for appending behind its first `length` bytes; what follows them is cut off. A length of 0
/// makes the file.
pub(super) fn open_at(path: &Path, length: u64) -> Result<File> {
    let mut file = File::options();
    let file = file.read(true).write(true).create(length == 0).truncate(length == 0).open(path);
    let mut file = file.map_err(Error::io("open the file", path))?;
    let placed = file.metadata().and_then(|found| {
        if found.len() < length {
            return Err(invalid("it is shorter than the checkpoint says"));
        }
        file.set_len(length)?;
        io::Seek::seek(&mut file, io::SeekFrom::Start(length))
    });
    placed.map_err(Error::io("go on with the file", path))?;
    Ok(file)
}

/// Opens a file for reading that has `length` bytes, no more and no less.
pub(super) fn open_whole(path: &Path, length: u64) -> Result<File> {
    let file = File::open(path).map_err(Error::io("open the file", path))?;
    let found = file.metadata().map_err(Error::io("read the file", path))?.len();
    if found != length {
        return Err(Error::io("read the file", path)(invalid(&format!(
            "it has {found} bytes and should have {length}"
        ))));
    }
    Ok(file)
}

/// A reader with a position of its own, so that many can share one file.
pub(super) struct At<'f> {
    pub file: &'f File,
    pub offset: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(self.file, buffer, self.offset)?;
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(self.file, buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn value(n: u64) -> Vec<u8> {
        vec![n as u8; n as usize * 13 % 501]
    }

    fn spool_of(count: u64) -> (TempDir, Spool, Vec<u64>) {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = SpoolWriter::open(&folder.path().join("some.spool"), Extent::default()).unwrap();
        let offsets = (0..count).map(|n| writer.append(&value(n)).unwrap()).collect();
        (folder, writer.finish().unwrap(), offsets)
    }

    fn read(spool: &Spool, offset: u64) -> Result<Vec<u8>> {
        let mut out = vec![1];
        spool.read(offset, &mut out).map(|()| out)
    }

    fn is_invalid<T>(result: Result<T>) -> bool {
        use io::ErrorKind::{InvalidData, UnexpectedEof};
        matches!(result, Err(Error::Io { path, source, .. })
            if path.ends_with("some.spool") && matches!(source.kind(), InvalidData | UnexpectedEof))
    }

    #[test]
    fn entries_come_back_in_order_and_by_offset_from_many_threads() {
        let (_folder, spool, offsets) = spool_of(1000);
        assert!(spool.entries().map(Result::unwrap).eq((0..1000).map(value)));
        let placed = spool.placed_entries().map(Result::unwrap);
        assert!(placed.eq(offsets.iter().copied().zip((0..1000).map(value))));
        std::thread::scope(|scope| {
            for step in [1, 7, 11, 999] {
                let (spool, offsets) = (&spool, &offsets);
                scope.spawn(move || {
                    for i in (0..offsets.len()).map(|i| i * step % offsets.len()) {
                        assert_eq!(read(spool, offsets[i]).unwrap(), value(i as u64));
                    }
                });
            }
        });
        assert_eq!(spool_of(0).1.entries().count(), 0);
        let mut head = Vec::new();
        for (n, offset) in (0..).zip(&offsets) {
            spool.read_head(*offset, 100, &mut head).unwrap();
            assert_eq!(head, value(n)[..value(n).len().min(100)]);
        }
    }

    #[test]
    fn a_spool_put_down_goes_on_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.spool");
        let mut writer = SpoolWriter::open(&path, Extent::default()).unwrap();
        for n in 0..5 {
            writer.append(&value(n)).unwrap();
        }
        let extent = writer.checkpoint().unwrap();
        writer.append(&value(38)).unwrap();
        drop(writer);
        let mut writer = SpoolWriter::open(&path, extent).unwrap();
        for n in 5..9 {
            writer.append(&value(n)).unwrap();
        }
        assert!(writer.finish().unwrap().entries().map(Result::unwrap).eq((0..9).map(value)));
    }

    #[test]
    fn a_spool_is_opened_for_reading_up_to_its_extent() {
        let (folder, spool, _offsets) = spool_of(100);
        let (path, extent) = (folder.path().join("some.spool"), spool.extent());
        let again = Spool::open(&path, extent).unwrap();
        assert!(again.entries().map(Result::unwrap).eq((0..100).map(value)));
        assert!(is_invalid(Spool::open(&path, Extent { length: extent.length + 1, ..extent })));
        assert!(Spool::open(&folder.path().join("other.spool"), extent).is_err());
    }

    #[test]
    fn a_truncated_file_yields_what_it_has_and_then_an_error() {
        let (folder, spool, offsets) = spool_of(100);
        let path = folder.path().join("some.spool");
        File::options().write(true).open(path).unwrap().set_len(offsets[60] + 5).unwrap();
        assert_eq!(read(&spool, offsets[59]).unwrap(), value(59));
        assert!(is_invalid(read(&spool, offsets[60])));
        assert!(is_invalid(read(&spool, offsets[99])));
        let all: Vec<_> = spool.entries().collect();
        assert_eq!(all.len(), 61);
        assert!(all[..60].iter().all(Result::is_ok) && is_invalid(all.into_iter().next_back().unwrap()));
    }

    #[test]
    fn a_wrong_length_is_an_error() {
        let (folder, spool, offsets) = spool_of(6);
        let path = folder.path().join("some.spool");
        let mut damaged = fs::read(&path).unwrap();
        damaged[offsets[3] as usize..][..PREFIX].fill(0xFF);
        fs::write(&path, damaged).unwrap();
        assert!(is_invalid(read(&spool, offsets[3])));
        assert!(is_invalid(read(&spool, offsets[3] + 1)));
        assert!(read(&spool, u64::MAX).is_err());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_named() {
        let full = File::options().read(true).write(true).open("/dev/full").unwrap();
        let (file, path) = (BufWriter::new(WriteBehind::new(full)), PathBuf::from("/dev/full"));
        let mut writer = SpoolWriter { file, path, extent: Extent::default() };
        writer.append(&value(1)).unwrap();
        let error = writer.finish().unwrap_err();
        assert!(error.to_string().starts_with("/dev/full: cannot write the file: No space left"), "{error}");
    }
}

//! An append-only file of values that can be read back in order, or one by one by offset.
//!
//! Each entry is its length (4 bytes, little-endian) and the value in postcard's encoding. Encoding and decoding are
//! the costly part, so both can be done by other threads: the thread that owns the writer only appends
//! [`Encoded`] values, and a [`Spool`] is read through `&self` at explicit offsets.
//!
//! The file is believed only as far as its length goes: a length no entry was written with, or bytes that decode to
//! no value, are an error and never a panic or a giant allocation. The format is that of
//! [`WORK_FORMAT`](super::work::WORK_FORMAT).
//!
//! When it is wrong: there is no checksum, so a flipped bit inside a string goes unseen.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// Bytes gathered before a write, and read ahead by [`Spool::entries`]: large enough that system calls cost nothing.
const BUFFER: usize = 1 << 20;

/// Bytes of an entry's length.
const PREFIX: usize = size_of::<u32>();

/// A `T` as the spool holds it, without its length.
#[derive(Debug, Clone)]
pub struct Encoded<T> {
    bytes: Vec<u8>,
    value: PhantomData<fn() -> T>,
}

impl<T: Serialize> Encoded<T> {
    /// Encodes `value`.
    ///
    /// # Panics
    /// When `T` has a sequence whose length serde does not know in advance, or a `Serialize` that refuses a value.
    /// No type derived from plain data does.
    #[must_use]
    pub fn new(value: &T) -> Self {
        let bytes = postcard::to_stdvec(value).expect("plain data always encodes");
        Self { bytes, value: PhantomData }
    }

    /// Its length in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }
}

/// Writes a spool.
#[derive(Debug)]
pub struct SpoolWriter<T> {
    file: BufWriter<File>,
    path: PathBuf,
    length: u64,
    longest: u32,
    value: PhantomData<fn(T)>,
}

impl<T: Serialize> SpoolWriter<T> {
    /// Creates the file, which must not exist.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::options().read(true).write(true).create_new(true).open(path);
        let file = BufWriter::with_capacity(BUFFER, file.map_err(Error::io("create the file", path))?);
        Ok(Self { file, path: path.to_owned(), length: 0, longest: 0, value: PhantomData })
    }

    /// Appends a value and returns its offset in the file.
    ///
    /// # Errors
    /// See [`SpoolWriter::append_encoded`].
    pub fn append(&mut self, value: &T) -> Result<u64> {
        self.append_encoded(&Encoded::new(value))
    }

    /// Appends a value that is already encoded and returns its offset in the file.
    ///
    /// # Errors
    /// [`Error::Io`] with the path; also for an entry of 4 GiB and more.
    pub fn append_encoded(&mut self, Encoded { bytes, .. }: &Encoded<T>) -> Result<u64> {
        let offset = self.length;
        u32::try_from(bytes.len())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "an entry of more than 4 GiB"))
            .and_then(|length| {
                self.file.write_all(&length.to_le_bytes())?;
                self.file.write_all(bytes)?;
                self.longest = self.longest.max(length);
                Ok(())
            })
            .map_err(Error::io("write the file", &self.path))?;
        self.length += (PREFIX + bytes.len()) as u64;
        Ok(offset)
    }

    /// Writes what is still buffered and opens the spool for reading.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn finish(self) -> Result<Spool<T>> {
        let Self { file, path, length, longest, .. } = self;
        let file = file.into_inner().map_err(|e| Error::io("write the file", &path)(e.into_error()))?;
        Ok(Spool { file, path, length, longest, value: PhantomData })
    }
}

/// A finished spool. The file stays when the value is dropped: it goes with its work folder.
#[derive(Debug)]
pub struct Spool<T> {
    file: File,
    path: PathBuf,
    length: u64,
    longest: u32,
    value: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Spool<T> {
    /// The value at `offset`, as [`SpoolWriter::append`] returned it. Any number of threads may read at once.
    ///
    /// # Errors
    /// [`Error::Io`] with the path; of the kind `InvalidData` or `UnexpectedEof` where there is no such value.
    pub fn read(&self, offset: u64) -> Result<T> {
        let entry = read_entry(&mut At { file: &self.file, offset }, self.longest);
        self.decode(&entry.map_err(Error::io("read the file", &self.path))?)
    }

    /// Every entry in the order of writing, still encoded, so that other threads can [`decode`](Spool::decode) them.
    /// Ends at the first error.
    pub fn entries(&self) -> impl Iterator<Item = Result<Encoded<T>>> + Send + use<'_, T> {
        let mut bytes = BufReader::with_capacity(BUFFER, At { file: &self.file, offset: 0 });
        let mut left = self.length;
        std::iter::from_fn(move || {
            (left > 0).then(|| {
                let entry = read_entry(&mut bytes, self.longest);
                left = entry.as_ref().map_or(0, |e| left.saturating_sub((PREFIX + e.bytes.len()) as u64));
                entry.map_err(Error::io("read the file", &self.path))
            })
        })
    }

    /// Every value in the order of writing. Ends at the first error of the file.
    pub fn iter(&self) -> impl Iterator<Item = Result<T>> + Send + use<'_, T> {
        self.entries().map(|entry| self.decode(&entry?))
    }

    /// The value of an entry of this spool.
    ///
    /// # Errors
    /// [`Error::Io`] with the path, of the kind `InvalidData`, when the bytes are not those of a `T`.
    pub fn decode(&self, entry: &Encoded<T>) -> Result<T> {
        match postcard::take_from_bytes(&entry.bytes) {
            Ok((value, [])) => Ok(value),
            Ok(_) => Err(invalid("an entry is longer than its value")),
            Err(e) => Err(invalid(&format!("an entry does not decode: {e}"))),
        }
        .map_err(Error::io("read the file", &self.path))
    }
}

/// Reads a length and that many bytes.
fn read_entry<T>(from: &mut impl Read, longest: u32) -> io::Result<Encoded<T>> {
    let mut prefix = [0; PREFIX];
    from.read_exact(&mut prefix)?;
    let length = u32::from_le_bytes(prefix);
    if length > longest {
        return Err(invalid(&format!("an entry claims {length} bytes; the longest has {longest}")));
    }
    let mut bytes = vec![0; length as usize];
    from.read_exact(&mut bytes)?;
    Ok(Encoded { bytes, value: PhantomData })
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
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

    fn value(n: u64) -> (u64, String, Option<Vec<u8>>) {
        (n, "word ".repeat(n as usize % 50), n.is_multiple_of(3).then(|| vec![n as u8; 7]))
    }

    type Value = (u64, String, Option<Vec<u8>>);

    fn spool_of(count: u64) -> (TempDir, Spool<Value>, Vec<u64>) {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = SpoolWriter::create(&folder.path().join("some.spool")).unwrap();
        let offsets = (0..count)
            .map(|n| match n % 2 {
                0 => writer.append(&value(n)).unwrap(),
                _ => writer.append_encoded(&Encoded::new(&value(n))).unwrap(),
            })
            .collect();
        (folder, writer.finish().unwrap(), offsets)
    }

    fn is_invalid<T>(result: Result<T>) -> bool {
        use io::ErrorKind::{InvalidData, UnexpectedEof};
        matches!(result, Err(Error::Io { path, source, .. })
            if path.ends_with("some.spool") && matches!(source.kind(), InvalidData | UnexpectedEof))
    }

    #[test]
    fn values_come_back_in_order_and_by_offset_from_many_threads() {
        let (_folder, spool, offsets) = spool_of(1000);
        assert!(spool.iter().map(Result::unwrap).eq((0..1000).map(value)));
        std::thread::scope(|scope| {
            for step in [1, 7, 11, 999] {
                let (spool, offsets) = (&spool, &offsets);
                scope.spawn(move || {
                    for i in (0..offsets.len()).map(|i| i * step % offsets.len()) {
                        assert_eq!(spool.read(offsets[i]).unwrap(), value(i as u64));
                    }
                });
            }
        });
        assert_eq!(spool_of(0).1.iter().count(), 0);
    }

    #[test]
    fn a_truncated_file_yields_what_it_has_and_then_an_error() {
        let (folder, spool, offsets) = spool_of(100);
        let path = folder.path().join("some.spool");
        File::options().write(true).open(path).unwrap().set_len(offsets[60] + 5).unwrap();
        assert_eq!(spool.read(offsets[59]).unwrap(), value(59));
        assert!(is_invalid(spool.read(offsets[60])));
        assert!(is_invalid(spool.read(offsets[99])));
        let all: Vec<_> = spool.iter().collect();
        assert_eq!(all.len(), 61);
        assert!(all[..60].iter().all(Result::is_ok) && is_invalid(all.into_iter().next_back().unwrap()));
    }

    #[test]
    fn damage_never_panics_and_a_wrong_length_is_an_error() {
        let (folder, spool, offsets) = spool_of(6);
        let path = folder.path().join("some.spool");
        let sound = fs::read(&path).unwrap();
        for at in 0..sound.len() {
            let mut damaged = sound.clone();
            damaged[at] = 0xFF;
            fs::write(&path, damaged).unwrap();
            let _ = spool.iter().count();
        }
        let mut damaged = sound;
        damaged[offsets[3] as usize..][..PREFIX].fill(0xFF);
        fs::write(&path, damaged).unwrap();
        assert!(is_invalid(spool.read(offsets[3])));
        assert!(is_invalid(spool.read(offsets[3] + 1)));
        assert!(spool.read(u64::MAX).is_err());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_named() {
        let full = File::options().read(true).write(true).open("/dev/full").unwrap();
        let (file, path) = (BufWriter::new(full), PathBuf::from("/dev/full"));
        let mut writer = SpoolWriter { file, path, length: 0, longest: 0, value: PhantomData };
        writer.append(&value(1)).unwrap();
        let error = writer.finish().unwrap_err();
        assert!(error.to_string().starts_with("/dev/full: cannot write the file: No space left"), "{error}");
    }
}

//! One sorted run as a file: a header and then the records, each of a fixed size.
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | `dehuskrn` |
//! | 4 | format version, little-endian like everything here |
//! | 4 | bytes of a record |
//! | 8 | how many records follow |
//!
//! The file is open only while it is written and while it is merged, and removed when its value is dropped, unless a
//! checkpoint names it: then it stays, and goes with its work folder or when a later checkpoint does without it. Where
//! a struct has the open file too, that field stands first and so is dropped first: Windows removes no open file.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use super::Record;
use crate::error::{Error, Result};

/// Bytes read from a run at once: large enough that reading many runs in turn stays sequential on a spinning disk,
/// and small enough that the smallest budget has room for 64 runs.
pub(super) const READ_BUFFER: usize = 256 << 10;

const MAGIC: u64 = u64::from_le_bytes(*b"dehuskrn");
const VERSION: u32 = 1;

/// The header: magic, version, record size, number of records.
type Header = (u64, u32, u32, u64);

/// A finished run.
#[derive(Debug)]
pub(super) struct Run {
    path: PathBuf,
    /// Its number among the runs of its sorter.
    number: usize,
    records: u64,
    /// Whether a checkpoint names it.
    is_kept: bool,
}

impl Run {
    /// The run number `number`, of `records` records, that a checkpoint names.
    pub(super) fn kept(path: PathBuf, number: usize, records: u64) -> Self {
        Self { path, number, records, is_kept: true }
    }

    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// How many records it has.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Brings it to disk and lets it stay there.
    pub(super) fn keep(&mut self) -> Result<()> {
        if !self.is_kept {
            // Some systems sync only what may be written.
            let synced = File::options().write(true).open(&self.path).and_then(|file| file.sync_all());
            synced.map_err(Error::io("bring the file to disk", &self.path))?;
            self.is_kept = true;
        }
        Ok(())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if !self.is_kept {
            // What cannot be removed now goes with the work folder.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Writes a run.
#[derive(Debug)]
pub(super) struct RunWriter<T> {
    file: File,
    run: Run,
    bytes: Vec<u8>,
    record: PhantomData<fn(T)>,
}

impl<T: Record> RunWriter<T> {
    /// Begins a run of `records` records. The file must not exist: two sorters of one name would mix their runs.
    pub(super) fn create(path: &Path, number: usize, records: u64) -> Result<Self> {
        let file = File::create_new(path).map_err(Error::io("create the file", path))?;
        let run = Run { path: path.to_owned(), number, records, is_kept: false };
        let mut writer = Self { file, run, bytes: Vec::new(), record: PhantomData };
        let header: Header = (MAGIC, VERSION, T::SIZE as u32, records);
        writer.bytes.resize(Header::SIZE, 0);
        header.write(&mut writer.bytes);
        writer.write_bytes()?;
        Ok(writer)
    }

    /// Appends a block of records; large ones cost less.
    pub(super) fn write(&mut self, block: &[T]) -> Result<()> {
        self.bytes.resize(block.len() * T::SIZE, 0);
        for (record, bytes) in block.iter().zip(self.bytes.chunks_exact_mut(T::SIZE)) {
            record.write(bytes);
        }
        self.write_bytes()
    }

    fn write_bytes(&mut self) -> Result<()> {
        self.file.write_all(&self.bytes).map_err(Error::io("write the file", &self.run.path))
    }

    /// The run. Nothing is buffered.
    pub(super) fn finish(self) -> Run {
        self.run
    }
}

/// Reads a run, and removes it when dropped.
#[derive(Debug)]
pub(super) struct RunReader<T> {
    file: File,
    run: Run,
    /// Whole records.
    bytes: Vec<u8>,
    /// Where in `bytes` the next record starts.
    at: usize,
    /// Records that are still in the file.
    left: u64,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> RunReader<T> {
    pub(super) fn open(run: Run) -> Result<Self> {
        let failed = |e| Error::io("read the file", &run.path)(e);
        let mut file = File::open(&run.path).map_err(failed)?;
        let mut header = [0; Header::SIZE];
        file.read_exact(&mut header).map_err(failed)?;
        if Header::read(&header) != (MAGIC, VERSION, T::SIZE as u32, run.records) {
            return Err(failed(io::Error::new(ErrorKind::InvalidData, "not a sorted run of this program")));
        }
        let left = run.records;
        Ok(Self { file, run, bytes: Vec::new(), at: 0, left, record: PhantomData })
    }

    /// The next record.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<T>> {
        if self.at == self.bytes.len() && !self.refill()? {
            return Ok(None);
        }
        let record = T::read(&self.bytes[self.at..][..T::SIZE]);
        self.at += T::SIZE;
        Ok(Some(record))
    }

    #[cold]
    fn refill(&mut self) -> Result<bool> {
        let records = self.left.min((READ_BUFFER / T::SIZE).max(1) as u64);
        self.bytes.resize(records as usize * T::SIZE, 0);
        self.file.read_exact(&mut self.bytes).map_err(Error::io("read the file", &self.run.path))?;
        self.at = 0;
        self.left -= records;
        Ok(records > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = RunWriter::create(&folder.path().join("full.run"), 0, 1).unwrap();
        writer.file = File::options().write(true).open("/dev/full").unwrap();
        let error = writer.write(&[1u64]).unwrap_err().to_string();
        assert!(error.contains("full.run: cannot write the file: No space left"), "{error}");
    }
}

//! A file of records of a fixed size, numbered from 0: appended in order, read in order or one by one.
//!
//! What is remembered of every document between the sweeps stands in tables and not in memory. The records are those of
//! [`sort`](super::sort), and so is their encoding. The file is believed as far as its length goes; the format is that
//! of [`WORK_FORMAT`](super::work::WORK_FORMAT).
//!
//! When it is wrong: there is no checksum, so a flipped bit in a record goes unseen.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use super::sort::Record;
use super::spool::{At, open_at, open_whole};
use crate::error::{Error, Result};

/// Bytes gathered before a write, and read ahead.
const BUFFER: usize = 256 << 10;

/// Appends records.
#[derive(Debug)]
pub struct TableWriter<T> {
    file: BufWriter<File>,
    path: PathBuf,
    records: u64,
    bytes: Vec<u8>,
    record: PhantomData<fn(T)>,
}

impl<T: Record> TableWriter<T> {
    /// Opens the file, or makes it, and cuts it off behind its first `records` records.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn open(path: &Path, records: u64) -> Result<Self> {
        let file = open_at(path, records * T::SIZE as u64)?;
        let file = BufWriter::with_capacity(BUFFER, file);
        Ok(Self { file, path: path.to_owned(), records, bytes: vec![0; T::SIZE], record: PhantomData })
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.records
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Appends a record.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn push(&mut self, record: &T) -> Result<()> {
        record.write(&mut self.bytes);
        self.file.write_all(&self.bytes).map_err(Error::io("write the file", &self.path))?;
        self.records += 1;
        Ok(())
    }

    /// Brings everything to disk; returns how many records there are.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn checkpoint(&mut self) -> Result<u64> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_data());
        synced.map_err(Error::io("bring the file to disk", &self.path))?;
        Ok(self.records)
    }

    /// Opens the table for reading.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn finish(self) -> Result<Table<T>> {
        let Self { file, path, records, .. } = self;
        let file = file.into_inner().map_err(|e| Error::io("write the file", &path)(e.into_error()))?;
        Ok(Table { file, path, records, record: PhantomData })
    }
}

/// A finished table.
#[derive(Debug)]
pub struct Table<T> {
    file: File,
    path: PathBuf,
    records: u64,
    record: PhantomData<fn() -> T>,
}

impl<T: Record> Table<T> {
    /// Opens a table of `records` records that nobody writes any more.
    ///
    /// # Errors
    /// [`Error::Io`] with the path; of the kind `InvalidData` where the file has another length.
    pub fn open(path: &Path, records: u64) -> Result<Self> {
        let file = open_whole(path, records * T::SIZE as u64)?;
        Ok(Self { file, path: path.to_owned(), records, record: PhantomData })
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.records
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Brings everything to disk; returns how many records there are.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn checkpoint(&self) -> Result<u64> {
        self.file.sync_data().map_err(Error::io("bring the file to disk", &self.path))?;
        Ok(self.records)
    }

    /// Record number `number`. Any number of threads may read at once.
    ///
    /// # Errors
    /// [`Error::Io`] with the path; also where there is no such record.
    pub fn get(&self, number: u64) -> Result<T> {
        let mut bytes = vec![0; T::SIZE];
        let read = At { file: &self.file, offset: number * T::SIZE as u64 }.read_exact(&mut bytes);
        read.map_err(Error::io("read the file", &self.path))?;
        Ok(T::read(&bytes))
    }

    /// Replaces `out` with up to `most` records from number `from` on.
    ///
    /// # Errors
    /// [`Error::Io`] with the path.
    pub fn read(&self, from: u64, most: usize, out: &mut Vec<T>) -> Result<()> {
        let count = usize::try_from(self.records.saturating_sub(from)).map_or(most, |left| left.min(most));
        let mut bytes = vec![0; count * T::SIZE];
        let read = At { file: &self.file, offset: from * T::SIZE as u64 }.read_exact(&mut bytes);
        read.map_err(Error::io("read the file", &self.path))?;
        out.clear();
        out.extend(bytes.chunks_exact(T::SIZE).map(T::read));
        Ok(())
    }

    /// The records from number `from` on, in order. Ends after the first error.
    pub fn iter_from(&self, from: u64) -> impl Iterator<Item = Result<T>> + Send + use<'_, T> {
        let at = At { file: &self.file, offset: from * T::SIZE as u64 };
        let mut reader = BufReader::with_capacity(BUFFER, at);
        let mut bytes = vec![0; T::SIZE];
        let mut left = self.records.saturating_sub(from);
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let read = reader.read_exact(&mut bytes).map_err(Error::io("read the file", &self.path));
            if read.is_err() {
                left = 0;
            }
            Some(read.map(|()| T::read(&bytes)))
        })
    }

    /// Every record in order. Ends after the first error.
    pub fn iter(&self) -> impl Iterator<Item = Result<T>> + Send + use<'_, T> {
        self.iter_from(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pair = (u32, u64);

    fn pair(n: u64) -> Pair {
        (n as u32 * 7, n << 40)
    }

    #[test]
    fn records_come_back_in_order_and_by_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pairs");
        let mut table: TableWriter<Pair> = TableWriter::open(&path, 0).unwrap();
        (0..50_000).for_each(|n| table.push(&pair(n)).unwrap());
        let table = table.finish().unwrap();
        assert_eq!(table.len(), 50_000);
        assert!(table.iter().map(Result::unwrap).eq((0..50_000).map(pair)));
        assert!(table.iter_from(49_990).map(Result::unwrap).eq((49_990..50_000).map(pair)));
        assert_eq!(table.get(31_415).unwrap(), pair(31_415));
        assert!(table.get(50_000).is_err());
    }

    #[test]
    fn a_table_put_down_goes_on_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pairs");
        let mut table: TableWriter<Pair> = TableWriter::open(&path, 0).unwrap();
        (0..10).for_each(|n| table.push(&pair(n)).unwrap());
        assert_eq!(table.checkpoint().unwrap(), 10);
        (90..99).for_each(|n| table.push(&pair(n)).unwrap());
        drop(table);
        let mut table: TableWriter<Pair> = TableWriter::open(&path, 10).unwrap();
        (10..20).for_each(|n| table.push(&pair(n)).unwrap());
        assert!(table.finish().unwrap().iter().map(Result::unwrap).eq((0..20).map(pair)));
    }

    #[test]
    fn a_table_shorter_than_its_checkpoint_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pairs");
        std::fs::write(&path, [0; 30]).unwrap();
        let error = TableWriter::<Pair>::open(&path, 3).unwrap_err().to_string();
        assert!(error.contains("pairs: cannot go on with the file: it is shorter than"), "{error}");
    }
}

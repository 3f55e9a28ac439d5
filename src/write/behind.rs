//! A file whose bytes are brought to disk while more are written.
//!
//! The system keeps written bytes in memory, gigabytes of them, until somebody asks for them to be on disk; whoever asks at
//! the end then waits for all of them. So a thread of its own asks from time to time. It computes nothing and mostly
//! waits. Small files never start it.
//!
//! When it is wrong: bytes that would have been deleted soon are written to disk all the same.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// Bytes written between two requests: some tenths of a second of work for a disk.
const STEP: u64 = 64 << 20;

/// A file that is written behind.
#[derive(Debug)]
pub(crate) struct WriteBehind {
    file: File,
    /// Bytes since the last request.
    since: u64,
    syncing: Option<Syncing>,
}

#[derive(Debug)]
struct Syncing {
    request: SyncSender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl WriteBehind {
    pub(crate) fn new(file: File) -> Self {
        Self { file, since: 0, syncing: None }
    }

    /// Brings everything to disk.
    ///
    /// # Errors
    /// What the system reports, now or at an earlier request: it reports a failure once.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.settle()?;
        self.file.sync_data()
    }

    /// The file, all of whose bytes the system has. Not all need be on disk.
    ///
    /// # Errors
    /// What the system reported at an earlier request.
    pub(crate) fn into_file(mut self) -> io::Result<File> {
        self.settle()?;
        Ok(self.file)
    }

    /// Ends the thread, if there is one.
    fn settle(&mut self) -> io::Result<()> {
        let Some(Syncing { request, thread }) = self.syncing.take() else { return Ok(()) };
        drop(request);
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the thread that brings bytes to disk panicked")))
    }

    fn request(&mut self) -> io::Result<()> {
        self.since = 0;
        if self.syncing.is_none() {
            let file = self.file.try_clone()?;
            let (request, requests) = sync_channel(1);
            let sync = move || requests.iter().try_for_each(|()| file.sync_data());
            let thread = thread::Builder::new().name("sync".to_owned()).spawn(sync)?;
            self.syncing = Some(Syncing { request, thread });
        }
        if let Some(syncing) = &self.syncing {
            // A request that still waits stands for this one too; where the thread has failed, `sync` says so.
            let _ = syncing.request.try_send(());
        }
        Ok(())
    }
}

impl Write for WriteBehind {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.since += written as u64;
        if self.since >= STEP {
            self.request()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for WriteBehind {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_behind_is_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        let mut file = WriteBehind::new(File::create(&path).unwrap());
        let piece = vec![7; 1 << 20];
        for _ in 0..150 {
            file.write_all(&piece).unwrap();
        }
        assert!(file.syncing.is_some());
        file.sync().unwrap();
        file.write_all(b"end").unwrap();
        drop(file.into_file().unwrap());
        let written = std::fs::read(path).unwrap();
        assert_eq!(written.len(), 150 * piece.len() + 3);
        assert!(written.ends_with(b"\x07end"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_reported() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        assert!(WriteBehind::new(full).write_all(b"x").is_err());
    }
}

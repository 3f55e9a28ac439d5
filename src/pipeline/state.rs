//! What a folder on disk says of itself: a small file that is whole or not there at all, and the lock of whoever uses the folder.
//!
//! A state is JSON behind a line with its checksum. It is on disk before it takes its name, so that a process killed at any
//! moment leaves the one before or the one after.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::xxh3_128;

use crate::error::{Error, Result};
use crate::write::folder_of;

/// The lock of a folder.
pub(super) const LOCK: &str = "lock";

/// Writes a state and brings it to disk.
pub(super) fn write_state(path: &Path, state: &impl Serialize) -> Result<()> {
    let json = serde_json::to_string(state).expect("a state holds names and numbers");
    // What has this name was left by a killed process, or is a link that somebody else has put there.
    let _ = fs::remove_file(path);
    let written = File::create_new(path).and_then(|mut file| {
        writeln!(file, "{}", checksum(json.as_bytes()))?;
        file.write_all(json.as_bytes())?;
        file.sync_all()
    });
    written.map_err(Error::io("write the file", path))
}

/// Gives a file that is on disk its name, in the place of what has it.
pub(super) fn rename_state(fresh: &Path, path: &Path) -> Result<()> {
    fs::rename(fresh, path).map_err(Error::io("write the file", path))?;
    // Some systems refuse to sync a folder; then a power failure in the next seconds may bring the last one back.
    let _ = File::open(folder_of(path)).and_then(|folder| folder.sync_all());
    Ok(())
}

/// The JSON of a state; nothing where it is not whole.
pub(super) fn read_json(path: &Path) -> Result<Option<String>> {
    let bytes = fs::read(path).map_err(Error::io("read the file", path))?;
    let text = std::str::from_utf8(&bytes).ok().and_then(|text| text.split_once('\n'));
    Ok(text.filter(|(sum, json)| *sum == checksum(json.as_bytes())).map(|(_, json)| json.to_owned()))
}

/// Reads a state; nothing where it is not whole.
pub(super) fn read_state<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    Ok(read_json(path)?.and_then(|json| serde_json::from_str(&json).ok()))
}

/// `xxh3_128` in hex.
pub(super) fn checksum(bytes: &[u8]) -> String {
    format!("{:032x}", xxh3_128(bytes))
}

/// Opens the lock of `folder`, and makes it where there is none; nothing where the folder is gone.
pub(super) fn open_lock(folder: &Path) -> Result<Option<File>> {
    let path = folder.join(LOCK);
    match File::options().write(true).create(true).truncate(false).open(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        // Where nothing can be written there is nothing to guard against but other readers.
        Err(e) if matches!(e.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied) => {
            Ok(Some(File::open(&path).map_err(Error::io("open the file", &path))?))
        }
        file => Ok(Some(file.map_err(Error::io("create the file", &path))?)),
    }
}

/// Takes the lock of `folder`, which is held as long as the file is open. `in_use` is the error where another process has it.
pub(super) fn hold(lock: &File, folder: &Path, in_use: impl FnOnce() -> Error) -> Result<()> {
    match lock.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(in_use()),
        Err(TryLockError::Error(e)) => Err(Error::io("lock the file", folder.join(LOCK))(e)),
    }
}

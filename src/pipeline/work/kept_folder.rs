//! A work folder that stays when its run is finished, so that other settings can be answered from it.
//!
//! `kept.json` makes the folder a finished one. It takes its name by renaming, after the outputs have theirs, and what it does
//! not speak of is removed only then: a run killed before can be resumed, and one killed after has left all that counts.
//! Whoever reads the folder holds its lock, and writes nothing into it.

use std::fs::{self, File};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{
    BARE, CHECKPOINT, COMMITTING, Kind, Leftover, VERSION, WORK_FOLDER, WorkFolder, check_version, folder_of,
    hold, holds_only, refused, remove,
};
use crate::error::{Error, Result};
use crate::pipeline::kept;
use crate::pipeline::state::{LOCK, read_state, rename_state, write_state};
use crate::write::Existing;

/// What a finished run says of the folder.
pub(super) const KEPT: &str = "kept.json";
/// The same before it is finished.
const PREPARED: &str = "kept.new";

impl WorkFolder {
    /// Takes `folder` itself, or makes it, for a run after which it is to stay.
    ///
    /// # Errors
    /// [`Error::Output`] when it is no work folder, and when it holds a finished run that `existing` does not give away.
    /// Those of [`WorkFolder::claim`].
    pub fn keep(folder: &Path, leftover: Leftover, existing: Existing) -> Result<Self> {
        let refuse =
            |message: &str| Err(Error::Output { path: folder.to_owned(), message: message.to_owned() });
        if folder.exists() && !is_ours(folder) {
            return refuse("is there already and is no work folder; name another one");
        }
        if !folder_of(folder).is_dir() {
            return refuse("the folder it would stand in does not exist; create it first");
        }
        if existing == Existing::Refuse && is_finished(folder) {
            return refuse("holds a finished run; replace it with --overwrite, or name another folder");
        }
        Self::take(folder.to_owned(), |_lock| Kind::Kept { _lock }, leftover)
    }

    /// Whether the last run that was to keep this folder was killed while its outputs were given their names.
    #[must_use]
    pub fn is_kept_half_committed(folder: &Path) -> bool {
        folder.join(COMMITTING).is_file() && !is_finished(folder)
    }

    /// Whether the folder stays when its run is finished.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        matches!(self.kind, Kind::Kept { .. })
    }

    /// Puts down what is to be said of a kept folder once its run is finished. Everything that it speaks of must be on disk.
    pub(in crate::pipeline) fn prepare_to_stay<T: Serialize>(&self, state: &T) -> Result<()> {
        write_state(&self.file(PREPARED), state)
    }

    /// Ends the run: the folder is a finished one from here on.
    pub(super) fn stay(&self) -> Result<()> {
        rename_state(&self.file(PREPARED), &self.file(KEPT))?;
        remove(&self.file(CHECKPOINT))?;
        self.remove_all_but(&[&[LOCK, VERSION, KEPT], &kept::FILES[..]].concat())
    }
}

/// Whether a run that was to keep this folder is finished.
pub(super) fn is_finished(folder: &Path) -> bool {
    folder.join(KEPT).is_file()
}

/// What a finished run has left in `folder`, for one process at a time: its state, and the lock that must be held while the
/// folder is read. Nothing in the folder is written.
pub(in crate::pipeline) fn open_kept<T: DeserializeOwned>(folder: &Path) -> Result<(T, File)> {
    if !folder.is_dir() || !is_ours(folder) {
        let message = if folder.exists() { "is no work folder" } else { "there is no such folder" };
        let message = format!("{message}; give one that clean --keep-work has made");
        return Err(Error::Input { path: folder.display().to_string(), message });
    }
    check_version(folder)?;
    let path = folder.join(LOCK);
    let lock = File::open(&path);
    lock.as_ref().map_or(Ok(()), |lock| hold(lock, folder))?;
    if !is_finished(folder) {
        let message =
            "its run is not finished, or was not to keep it; end it with clean --keep-work --resume";
        return Err(refused(folder, message));
    }
    let lock = lock.map_err(Error::io("open the file", &path))?;
    match read_state(&folder.join(KEPT))? {
        Some(state) => Ok((state, lock)),
        None => Err(kept::damaged(&folder.join(KEPT))),
    }
}

/// Whether a folder is a work folder of some version, or nothing yet.
fn is_ours(folder: &Path) -> bool {
    let is_work = |found: String| found.starts_with(WORK_FOLDER);
    fs::read_to_string(folder.join(VERSION)).is_ok_and(is_work) || holds_only(folder, &BARE)
}

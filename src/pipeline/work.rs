//! The scratch folder of a run, and how a run is taken up again from it.
//!
//! It stands beside the output by default, because that file system is the one the user chose for large files. There
//! are three kinds. A *throwaway* folder has a name of its own and is removed when its value is dropped. A *resumable* one
//! has the same name for the same output, is held by one process at a time (a lock on the file `lock`), and holds the
//! last checkpoint of the run: a JSON file that says how far every other file is written. A checkpoint takes its name
//! by renaming, after all that it speaks of is on disk, so a run killed at any moment leaves one that is true. What
//! came after it is cut off or removed when the run goes on.
//!
//! A *kept* folder is a resumable one that the user has named. When its run is finished it stays, with what `kept` needs to
//! answer from it again and nothing else.
//!
//! A resumable folder that holds a checkpoint stays when the run fails; any other is removed. When it is wrong: a run
//! killed before its first checkpoint leaves its folder behind; the next run with that output removes it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use xxhash_rust::xxh3::xxh3_64;

use super::state::{self, LOCK, read_state, rename_state, write_state};
use crate::error::{Error, Result};
use crate::write::folder_of;
use kept_folder::{KEPT, is_finished};

/// The version of everything a run keeps in its work folder. It changes when a format in there does.
pub const WORK_FORMAT: u32 = 4;

pub(super) use kept_folder::open_kept;

const VERSION: &str = "version";
/// What stands in it before the number.
const WORK_FOLDER: &str = "dehusk work folder";
const CHECKPOINT: &str = "checkpoint.json";
/// Is there while the outputs are given their names.
const COMMITTING: &str = "committing";
/// Names the temporary files of outputs, a line each: a killed run cannot remove them.
const TEMPORARIES: &str = "temporaries";

/// Extension of the files of sorted runs; the others have fixed names.
const RUN: &str = "run";

/// What to do with what an interrupted run left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftover {
    /// Go on from it, if there is any.
    Resume,
    /// Remove it and start over.
    Remove,
}

/// A folder of one run.
#[derive(Debug)]
pub struct WorkFolder {
    path: PathBuf,
    kind: Kind,
    /// When the last checkpoint was made, or the folder was opened.
    saved: Mutex<Instant>,
    /// Whether a checkpoint stood in the folder and was removed.
    has_started_over: bool,
    /// Whether somebody else has made the folder, and only lent it.
    is_lent: bool,
    /// What the inputs were before the first of them was read.
    inputs: OnceLock<String>,
}

#[derive(Debug)]
enum Kind {
    Throwaway { _folder: TempDir },
    Resumable { _lock: File },
    Kept { _lock: File },
}

impl WorkFolder {
    /// Makes a fresh folder named after `output`, in `parent` or else beside `output`, that goes with the value.
    ///
    /// # Errors
    /// [`Error::Io`] with the path of the folder or file that could not be written.
    pub fn create(parent: Option<&Path>, output: &Path) -> Result<Self> {
        let (parent, name) = place(parent, output);
        let folder = tempfile::Builder::new()
            .prefix(&format!(".{name}.work-"))
            .tempdir_in(&parent)
            .map_err(Error::io("create a work folder there", &parent))?;
        let path = folder.path().to_owned();
        write_version(&path)?;
        Ok(Self {
            path,
            kind: Kind::Throwaway { _folder: folder },
            saved: Mutex::new(Instant::now()),
            has_started_over: false,
            is_lent: false,
            inputs: OnceLock::new(),
        })
    }

    /// Takes the folder of `output`, in `parent` or else beside `output`: `.NAME.work-HASH`, where the hash is that of the
    /// output's whole path, so that outputs of one name in different folders have different work folders.
    ///
    /// # Errors
    /// [`Error::Work`] when another run holds the folder, when another version of the program has left it, or when it is
    /// not a work folder at all. [`Error::Io`] with the path of what could not be written.
    pub fn claim(parent: Option<&Path>, output: &Path, leftover: Leftover) -> Result<Self> {
        let (parent, name) = place(parent, output);
        Self::take(resumable(&parent, &name, output), |_lock| Kind::Resumable { _lock }, leftover)
    }

    fn take(path: PathBuf, kind: fn(File) -> Kind, leftover: Leftover) -> Result<Self> {
        let mut is_lent = false;
        let lock = loop {
            match fs::create_dir(&path) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                    check_version(&path)?;
                    is_lent = holds_only(&path, &[]);
                }
                made => made.map_err(Error::io("create a work folder there", folder_of(&path)))?,
            }
            // A run that ends takes its lock away with its folder, perhaps between our opening and our locking it.
            if let Some(lock) = locked(&path)? {
                break lock;
            }
        };
        let mut work = Self {
            path,
            kind: kind(lock),
            saved: Mutex::new(Instant::now()),
            has_started_over: false,
            is_lent,
            inputs: OnceLock::new(),
        };
        if leftover == Leftover::Remove || !work.has_checkpoint() || is_finished(&work.path) {
            work.has_started_over = work.has_checkpoint();
            work.clear()?;
        }
        if leftover == Leftover::Remove {
            remove(&work.file(COMMITTING))?;
        }
        if !work.file(VERSION).is_file() {
            write_version(&work.path)?;
        }
        work.remove_temporaries();
        Ok(work)
    }

    /// Makes a fresh folder inside this one, for something that goes with its value.
    ///
    /// # Errors
    /// [`Error::Io`] with the path of the folder or file that could not be written.
    pub(super) fn nested(&self, name: &str) -> Result<Self> {
        Self::create(Some(&self.path), Path::new(name))
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of the file `name` in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// What the inputs were when this was first asked.
    pub(super) fn inputs(&self, identify: impl FnOnce() -> String) -> String {
        self.inputs.get_or_init(identify).clone()
    }

    /// Says that the outputs are about to be given their names. Whoever resumes from here may replace those that have them.
    ///
    /// # Errors
    /// [`Error::Io`] with the path of the file that could not be written.
    pub fn begin_commit(&self) -> Result<()> {
        let path = self.file(COMMITTING);
        fs::write(&path, "").map_err(Error::io("write the file", path))
    }

    /// Whether the last run with that output was killed while its outputs were given their names, or after that and before
    /// its folder was gone.
    #[must_use]
    pub fn is_half_committed(parent: Option<&Path>, output: &Path) -> bool {
        let (parent, name) = place(parent, output);
        resumable(&parent, &name, output).join(COMMITTING).is_file()
    }

    /// Whether checkpoints are of any use here.
    #[must_use]
    pub fn is_resumable(&self) -> bool {
        matches!(self.kind, Kind::Resumable { .. } | Kind::Kept { .. })
    }

    /// Whether what an interrupted run could have gone on from was removed when the folder was taken.
    #[must_use]
    pub fn has_started_over(&self) -> bool {
        self.has_started_over
    }

    /// Whether an interrupted run can go on from here.
    #[must_use]
    pub fn has_checkpoint(&self) -> bool {
        self.file(CHECKPOINT).is_file()
    }

    /// Puts down where the run is. Everything that `state` speaks of must be on disk. Runs of sorters that are not among
    /// `runs` are removed.
    pub(super) fn save<T: Serialize>(&self, state: &T, runs: impl Iterator<Item = String>) -> Result<()> {
        let (path, fresh) = (self.file(CHECKPOINT), self.file("checkpoint.new"));
        write_state(&fresh, state)?;
        rename_state(&fresh, &path)?;
        *self.saved.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.remove_runs_but(&runs.collect())
    }

    /// Time since the last checkpoint, or since the folder was opened.
    pub(super) fn since_checkpoint(&self) -> Duration {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Where an interrupted run was, if there is one to go on with.
    pub(super) fn load<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        if !self.has_checkpoint() {
            return Ok(None);
        }
        match read_state(&self.file(CHECKPOINT))? {
            Some(state) => Ok(Some(state)),
            None => Err(self.damaged(CHECKPOINT)),
        }
    }

    /// What is wrong when the file `name` does not hold what the checkpoint says.
    pub(super) fn damaged(&self, name: &str) -> Error {
        refused(&self.file(name), "is damaged; run without --resume to start over")
    }

    /// Whether an error is that a file in here is not what it was written as. Going on from it would fail again.
    #[must_use]
    pub fn is_damage(&self, error: &Error) -> bool {
        is_damage(&self.path, error)
    }

    /// Removes the runs of sorters that are not among `runs`: they came after the checkpoint, or before it.
    pub(super) fn remove_runs_but(&self, runs: &BTreeSet<String>) -> Result<()> {
        for path in self.files()? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.extension().is_some_and(|extension| extension == RUN) && !runs.contains(name) {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// Remembers the temporary file of an output, so that whoever takes the folder over can remove it.
    ///
    /// # Errors
    /// [`Error::Io`] with the path of the file that could not be written.
    pub fn remember_temporary(&self) -> impl FnMut(&Path) -> Result<()> + use<> {
        let path = self.file(TEMPORARIES);
        move |temporary| Self::remember_at(&path, temporary)
    }

    fn remember_at(path: &Path, temporary: &Path) -> Result<()> {
        let temporary = std::path::absolute(temporary).unwrap_or_else(|_| temporary.to_owned());
        let mut line = temporary.into_os_string().into_encoded_bytes();
        line.push(b'\n');
        let file = File::options().append(true).create(true).open(path);
        file.and_then(|mut file| file.write_all(&line)).map_err(Error::io("write the file", path))
    }

    /// Removes what outputs of a killed run were written to.
    fn remove_temporaries(&self) {
        let path = self.file(TEMPORARIES);
        for line in fs::read(&path).unwrap_or_default().split(|byte| *byte == b'\n') {
            // Nobody but us writes that file, but what is removed should still look like ours: a hidden file.
            let temporary = PathBuf::from(String::from_utf8_lossy(line).into_owned());
            if temporary.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
                let _ = fs::remove_file(temporary);
            }
        }
        let _ = fs::remove_file(path);
    }

    /// Removes everything but what says whose folder it is, and whose its outputs are.
    fn clear(&self) -> Result<()> {
        self.remove_temporaries();
        // What speaks of the others first: without it nothing else counts.
        [KEPT, CHECKPOINT].iter().try_for_each(|name| remove(&self.file(name)))?;
        self.remove_all_but(&[LOCK, VERSION, COMMITTING])
    }

    fn remove_all_but(&self, names: &[&str]) -> Result<()> {
        let goes = |path: &&PathBuf| names.iter().all(|name| !path.ends_with(name));
        self.files()?.iter().filter(goes).try_for_each(|path| remove(path))
    }

    fn files(&self) -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(&self.path)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>());
        entries.map_err(Error::io("list the folder", &self.path))
    }

    /// Removes a file that no checkpoint speaks of any more.
    pub(super) fn forget(&self, name: &str) -> Result<()> {
        remove(&self.file(name))
    }

    /// Ends the run: nothing is left to go on from, and the folder goes, or stays with what is wanted of it again.
    ///
    /// # Errors
    /// [`Error::Io`] with the path of what could not be removed.
    pub fn finish(self) -> Result<()> {
        if self.is_kept() { self.stay() } else { remove(&self.file(CHECKPOINT)) }
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        if self.is_resumable() && !self.has_checkpoint() && !is_finished(&self.path) {
            // What says whose folder it is goes last: a run killed in between leaves a folder that the next one knows. What
            // cannot be removed now, that one removes.
            let _ = self.clear();
            let _ = remove(&self.file(COMMITTING));
            let _ = remove(&self.file(VERSION));
            let _ = remove(&self.file(LOCK));
            if !self.is_lent {
                let _ = fs::remove_dir(&self.path);
            }
        }
    }
}

/// The folder for work folders, and the name of the output they are for.
fn place(parent: Option<&Path>, output: &Path) -> (PathBuf, String) {
    let name = output.file_name().map_or_else(OsString::new, OsString::from);
    (parent.unwrap_or(folder_of(output)).to_owned(), name.to_string_lossy().into_owned())
}

/// The resumable folder of an output.
fn resumable(parent: &Path, name: &str, output: &Path) -> PathBuf {
    let beside = fs::canonicalize(folder_of(output)).unwrap_or_else(|_| folder_of(output).to_owned());
    let hash = xxh3_64(beside.join(name).as_os_str().as_encoded_bytes());
    parent.join(format!(".{name}.work-{hash:016x}"))
}

/// The lock of a work folder; nothing where the folder went while it was taken.
fn locked(folder: &Path) -> Result<Option<File>> {
    let Some(file) = state::open_lock(folder)? else { return Ok(None) };
    hold(&file, folder)?;
    Ok(is_at(&file, &folder.join(LOCK)).then_some(file))
}

fn hold(lock: &File, folder: &Path) -> Result<()> {
    state::hold(lock, folder, || refused(folder, "is in use by another run; wait for it, or name another"))
}

/// Whether an open file still has this name.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |found: fs::Metadata| (found.dev(), found.ino());
    matches!((file.metadata().map(id), fs::metadata(path).map(id)), (Ok(a), Ok(b)) if a == b)
}

/// Whether an open file still has this name: elsewhere an open file cannot be removed.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

/// Whether an error is that a file of a folder is not what it was written as.
pub(super) fn is_damage(folder: &Path, error: &Error) -> bool {
    use io::ErrorKind::{InvalidData, NotFound, UnexpectedEof};
    matches!(error, Error::Io { path, source, .. }
        if path.starts_with(folder) && matches!(source.kind(), InvalidData | NotFound | UnexpectedEof))
}

fn write_version(folder: &Path) -> Result<()> {
    let (version, fresh) = (folder.join(VERSION), folder.join("version.new"));
    let written = fs::write(&fresh, version_line()).and_then(|()| fs::rename(&fresh, &version));
    written.map_err(Error::io("write the file", version))
}

fn version_line() -> String {
    format!("{WORK_FOLDER}, format {WORK_FORMAT}\n")
}

/// A run killed at its very beginning, or at its very end, leaves no more than these.
const BARE: [&str; 2] = [LOCK, "version.new"];

fn check_version(folder: &Path) -> Result<()> {
    match fs::read_to_string(folder.join(VERSION)) {
        Ok(found) if found == version_line() => Ok(()),
        Ok(found) if found.starts_with(WORK_FOLDER) => {
            let message = format!(
                "was left by another version of the program (\"{}\", this is format {WORK_FORMAT}); \
                 finish with that version, or remove the folder",
                found.trim_end()
            );
            Err(refused(folder, &message))
        }
        _ if holds_only(folder, &BARE) => Ok(()),
        _ => Err(refused(folder, "stands where the work folder should, and is none; remove it")),
    }
}

fn holds_only(folder: &Path, names: &[&str]) -> bool {
    let is_one = |entry: fs::DirEntry| names.iter().any(|name| entry.file_name() == *name);
    fs::read_dir(folder).is_ok_and(|mut files| files.all(|file| file.is_ok_and(is_one)))
}

fn refused(path: &Path, message: &str) -> Error {
    Error::Work { path: path.to_owned(), message: message.to_owned() }
}

fn remove(path: &Path) -> Result<()> {
    // What a killed run had nested in its folder is a folder too.
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::io("remove the file", path)(e)),
        _ => Ok(()),
    }
}

mod kept_folder;
#[cfg(test)]
mod tests;

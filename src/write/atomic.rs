//! Output files that are whole or not there at all.
//!
//! An [`Output`] is written under a hidden temporary name in the target's own folder (a rename works only within one
//! file system) and takes its name when it is finished: flushed, synced to disk, renamed. Dropped before that, it
//! removes its temporary file, and whatever stood under the target's name is untouched. [`commit_all`] finishes
//! several outputs before it renames the first, so that a full disk replaces none of them.
//!
//! When it is wrong: a process killed without warning leaves its hidden temporary file; one killed between two renames of
//! [`commit_all`], or a power failure there, leaves some outputs new and some old; pipes and devices cannot be renamed over, so what
//! was written to them stays written.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tempfile::TempPath;

use super::WriteBehind;
use super::encoder::{Encoder, Sink, Written};
use super::shards::{self, Manifest, Shard};
use crate::error::{Error, Result};

/// Extensions of a file of JSON lines.
pub const JSON_LINES: &[&str] = &["jsonl", "ndjson"];

/// Extensions of a file of rows that can be lines or a table.
pub const ROWS: &[&str] =
    if cfg!(feature = "parquet") { &["jsonl", "ndjson", "parquet"] } else { JSON_LINES };

/// Extension of a file that holds one JSON value.
pub const JSON: &[&str] = &["json"];

/// Extensions of a report.
pub const REPORT: &[&str] = &["json", "html"];

/// Extensions that stand after one of the above and ask for compression.
const COMPRESSED: &[&str] = &["gz", "zst"];

/// Extension of a table.
pub(super) const PARQUET: &str = "parquet";

/// What to do with a file that already stands under the target's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Leave it, and refuse to write.
    Refuse,
    /// Put the new file in its place when it is finished.
    Replace,
}

/// Which lines a file holds, where it may be a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Those of the corpus.
    Corpus,
    /// Those of the decisions.
    Decisions,
}

/// Is told the name of a temporary file before it is there, so that a process that is killed leaves none that nobody knows.
pub type Note = Box<dyn FnMut(&Path) -> Result<()> + Send>;

/// A file that appears under its name when it is finished, or several of them.
pub struct Output {
    file: OpenFile,
    sharding: Option<Sharding>,
}

/// A file that is being written.
struct OpenFile {
    /// As the user named it, for messages.
    path: PathBuf,
    encoder: Encoder,
    place: Place,
}

/// What is needed to go on with another file.
struct Sharding {
    /// As the user named the whole.
    path: PathBuf,
    /// Bytes after which a shard is full.
    size: u64,
    rows: Rows,
    existing: Existing,
    note: Note,
    written: Arc<Mutex<Written>>,
    /// Records of the open shard.
    records: u64,
    done: Vec<(Finished, Shard)>,
}

/// How the written bytes become the target.
enum Place {
    /// They are in a temporary file that is renamed.
    Renamed { temporary: TempPath, target: PathBuf, existing: Existing },
    /// They are there already: a stream, a pipe, a device.
    Direct,
}

impl Output {
    /// Refuses, before any work is done, a target that could not be written in the end. `extensions` are those that
    /// the caller can write ([`JSON_LINES`], [`JSON`]); each may be followed by `.gz` or `.zst`. `-` and special
    /// files (`/dev/null`, a named pipe) pass whatever they are called.
    ///
    /// # Errors
    /// [`Error::Output`] says what is wrong with the path and what to do.
    pub fn check(path: &Path, extensions: &[&str], existing: Existing) -> Result<()> {
        let refuse = |message: String| Err(Error::Output { path: path.to_owned(), message });
        if path == Path::new("-") || Self::check_place(path, existing)? == Target::Special {
            return Ok(());
        }
        let last = extension(path);
        let is_packed = last.as_ref().is_some_and(|last| COMPRESSED.contains(&last.as_str()));
        match if is_packed { extension(&path.with_extension("")) } else { last } {
            Some(kind) if is_packed && kind == PARQUET => {
                refuse("a Parquet file is compressed inside; leave out what stands after .parquet".to_owned())
            }
            Some(kind) if extensions.contains(&kind.as_str()) => Ok(()),
            _ => refuse(format!(
                "its extension names no format that can be written; use {}",
                listed(extensions)
            )),
        }
    }

    /// Checks that a file can stand at a path, whatever its extension says.
    ///
    /// # Errors
    /// [`Error::Output`] says what is wrong with the path and what to do.
    pub fn check_place(path: &Path, existing: Existing) -> Result<Target> {
        let refuse = |message: String| Err(Error::Output { path: path.to_owned(), message });
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => return refuse("is a folder; name a file in it".to_owned()),
            Ok(found) if found.is_file() && existing == Existing::Refuse => {
                return refuse("exists already; replace it with --overwrite".to_owned());
            }
            Ok(found) if !found.is_file() => return Ok(Target::Special),
            Err(_) if fs::symlink_metadata(path).is_ok() => {
                return refuse("is a symbolic link to nothing that can be opened; remove it".to_owned());
            }
            _ => {}
        }
        let folder = folder_of(path);
        if !folder.is_dir() {
            return refuse(format!("the folder {} does not exist; create it first", folder.display()));
        }
        Ok(Target::File)
    }

    /// The same for a corpus in one file.
    ///
    /// # Errors
    /// As [`Output::check`]; and where shards of that name stand.
    pub fn check_corpus(path: &Path, existing: Existing) -> Result<()> {
        Self::check(path, ROWS, existing)?;
        shards::refuse_other_form(path, false)
    }

    /// The same for a corpus in shards.
    ///
    /// # Errors
    /// As [`Output::check`]; and where a file of that name stands.
    pub fn check_shards(path: &Path, existing: Existing) -> Result<()> {
        if path == Path::new("-") || fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
        {
            let message = "shards are files; name one, or leave out --shard-size".to_owned();
            return Err(Error::Output { path: path.to_owned(), message });
        }
        Self::check(path, ROWS, Existing::Replace)?;
        shards::refuse_other_form(path, true)?;
        if existing == Existing::Refuse { shards::refuse_existing(path) } else { Ok(()) }
    }

    /// Starts an output; nothing stands under its name yet. A symbolic link is followed: the file it points to is
    /// replaced, not the link. A special file is opened and written directly. For `-` there is [`Output::stream`].
    ///
    /// # Errors
    /// [`Error::Io`] when the folder or the special file does not let itself be written.
    pub fn create(path: &Path, existing: Existing) -> Result<Self> {
        Self::create_noted(path, existing, None, Box::new(|_| Ok(())))
    }

    /// The same for lines that may be wanted as a table, with a note of the temporary file.
    ///
    /// # Errors
    /// Those of [`Output::create`] and of `note`.
    pub fn create_noted(path: &Path, existing: Existing, rows: Option<Rows>, mut note: Note) -> Result<Self> {
        let file = OpenFile::create(path, path, existing, rows, &mut note, None)?;
        Ok(Self { file, sharding: None })
    }

    /// The same as files of about `size` bytes and a manifest; see [`Manifest`].
    ///
    /// # Errors
    /// Those of [`Output::create`] and of `note`.
    pub fn create_shards(
        path: &Path,
        existing: Existing,
        size: u64,
        rows: Rows,
        mut note: Note,
    ) -> Result<Self> {
        let written = Arc::default();
        let shard = shards::shard_path(path, 0);
        let file = OpenFile::create(&shard, path, existing, Some(rows), &mut note, Some(&written))?;
        let (path, records, done) = (path.to_owned(), 0, Vec::new());
        Ok(Self {
            file,
            sharding: Some(Sharding { path, size, rows, existing, note, written, records, done }),
        })
    }

    /// An output that goes to a stream as it is written, uncompressed. `name` stands for it in messages.
    #[must_use]
    pub fn stream(name: &str, stream: Box<dyn Write + Send>) -> Self {
        let encoder = Encoder::plain(Sink::Stream(stream));
        let file = OpenFile { path: PathBuf::from(name), encoder, place: Place::Direct };
        Self { file, sharding: None }
    }

    /// Appends bytes: where rows may be a table or in shards, whole lines.
    ///
    /// # Errors
    /// [`Error::Io`] names the target, for example when the disk is full; see also [`Error::is_closed_pipe`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some(sharding) = &mut self.sharding
            && sharding.is_full(&self.file.encoder)
        {
            sharding.turn(&mut self.file)?;
        }
        if let Some(sharding) = &mut self.sharding {
            sharding.records += memchr::memchr_iter(b'\n', bytes).count() as u64;
        }
        self.file.write(bytes)
    }

    /// Finishes the output and gives it its name.
    ///
    /// # Errors
    /// As [`commit_all`].
    pub fn commit(self) -> Result<()> {
        commit_all(vec![self])
    }

    /// Brings every byte to its destination, on disk where there is one; what is left is the names.
    fn finish(self) -> Result<Vec<Finished>> {
        match self.sharding {
            None => Ok(vec![self.file.finish()?]),
            Some(sharding) => sharding.finish(self.file),
        }
    }
}

impl OpenFile {
    /// Begins a file; `whole` is what it is a part of, whose extension says how it is written.
    fn create(
        path: &Path,
        whole: &Path,
        existing: Existing,
        rows: Option<Rows>,
        note: &mut Note,
        written: Option<&Arc<Mutex<Written>>>,
    ) -> Result<Self> {
        let special = fs::metadata(path).is_ok_and(|found| !found.is_file());
        let (sink, place) = if special {
            let file =
                File::options().write(true).open(path).map_err(Error::io("open it for writing", path))?;
            (Sink::Stream(Box::new(file)), Place::Direct)
        } else {
            let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            let (file, temporary) = temporary_for(&target, note)?
                .map_err(Error::io("create a temporary file beside it", path))?;
            let file = WriteBehind::new(file);
            let sink = match written {
                Some(written) => Sink::Shard(file, Arc::clone(written)),
                None => Sink::File(file),
            };
            (sink, Place::Renamed { temporary, target, existing })
        };
        let encoder = Encoder::new(sink, extension(whole).as_deref(), rows)
            .map_err(Error::io("start compression", path))?;
        Ok(Self { path: path.to_owned(), encoder, place })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.encoder.write_all(bytes);
        written.map_err(Error::io("write", &self.path))
    }

    fn finish(self) -> Result<Finished> {
        let Self { path, encoder, place } = self;
        let sink = encoder.finish().map_err(Error::io("write", &path))?;
        if let Sink::File(mut file) | Sink::Shard(mut file, _) = sink {
            file.sync().map_err(Error::io("bring it to disk", &path))?;
        }
        Ok(Finished { path, place, replaced: Vec::new() })
    }
}

impl Sharding {
    /// Whether what was written, or is on its way, is enough.
    fn is_full(&self, encoder: &Encoder) -> bool {
        self.written().bytes + encoder.pending() as u64 >= self.size
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finishes the open shard and begins the next one in its place.
    fn turn(&mut self, open: &mut OpenFile) -> Result<()> {
        let written = Arc::default();
        let path = shards::shard_path(&self.path, self.done.len() + 1);
        let next = OpenFile::create(
            &path,
            &self.path,
            self.existing,
            Some(self.rows),
            &mut self.note,
            Some(&written),
        )?;
        self.close(std::mem::replace(open, next))?;
        self.written = written;
        Ok(())
    }

    fn close(&mut self, shard: OpenFile) -> Result<()> {
        let name = shard.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let finished = shard.finish()?;
        let Written { bytes, hash } = std::mem::take(&mut *self.written());
        let records = std::mem::take(&mut self.records);
        let xxh3_128 = shards::checksum(&hash);
        self.done.push((finished, Shard { name, records, bytes, xxh3_128 }));
        Ok(())
    }

    /// Finishes the last shard and writes the manifest.
    fn finish(mut self, last: OpenFile) -> Result<Vec<Finished>> {
        self.close(last)?;
        let (mut finished, shards): (Vec<_>, Vec<_>) = self.done.into_iter().unzip();
        let (path, manifest) = (shards::manifest_path(&self.path), Manifest::of(shards));
        let mut file = OpenFile::create(&path, &path, self.existing, None, &mut self.note, None)?;
        let mut json = serde_json::to_vec_pretty(&manifest).expect("names and numbers");
        json.push(b'\n');
        file.write(&json)?;
        let before = Manifest::read(&path).ok().filter(|_| self.existing == Existing::Replace);
        let replaced = before.map_or_else(Vec::new, |before| before.without(&manifest, &self.path));
        finished.push(Finished { replaced, ..file.finish()? });
        Ok(finished)
    }
}

/// What stands, or will stand, at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A file.
    File,
    /// A device or a pipe, which is written into.
    Special,
}

/// An output that lacks only its name.
struct Finished {
    path: PathBuf,
    place: Place,
    /// Files of an earlier run that go before it gets its name. What names them goes with it, so they are found again by a run
    /// that goes on behind a kill.
    replaced: Vec<PathBuf>,
}

/// Finishes all outputs, and only then gives each its name, in the order given. A caller puts last the one whose
/// presence says that the others are there too.
///
/// # Errors
/// [`Error::Io`] with the target and the operation. Unless that operation is a rename over an existing file, or the removal of
/// shards that an earlier run had more of, nothing was replaced, and nothing new stays.
pub fn commit_all(outputs: Vec<Output>) -> Result<()> {
    let finished = outputs.into_iter().map(Output::finish).collect::<Result<Vec<_>>>()?.into_iter().flatten();
    let mut folders = BTreeSet::new();
    let mut named: Vec<PathBuf> = Vec::new();
    for Finished { path, place, replaced } in finished {
        for path in replaced {
            fs::remove_file(&path)
                .or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) })
                .map_err(Error::io("remove what an earlier run wrote", &path))?;
        }
        let Place::Renamed { temporary, target, existing } = place else { continue };
        let renamed = match existing {
            // Some file systems cannot rename without replacing; there a look beforehand has to do.
            Existing::Refuse => temporary
                .persist_noclobber(&target)
                .or_else(|e| if target.exists() { Err(e) } else { e.path.persist(&target) }),
            Existing::Replace => temporary.persist(&target),
        };
        if let Err(e) = renamed {
            // Another run was faster. What this one has named by now was not there before, and must not stay alone.
            for target in named {
                let _ = fs::remove_file(target);
            }
            return Err(Error::io("rename the finished file to it", path)(e.error));
        }
        if existing == Existing::Refuse {
            named.push(target.clone());
        }
        folders.insert(folder_of(&target).to_owned());
    }
    for folder in folders {
        // The contents are on disk and the names are right; some file systems and systems refuse to sync a folder,
        // and then a power failure in the next seconds may bring the old name back, with its old contents.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

/// A temporary file `.NAME.….tmp` beside the target, with the permissions a new file has (a plain temporary file
/// would be closed to everyone else).
fn temporary_for(target: &Path, note: &mut Note) -> Result<io::Result<(File, TempPath)>> {
    let mut prefix = OsString::from(".");
    prefix.push(target.file_name().unwrap_or_default());
    prefix.push(".");
    let mut noted = Ok(());
    let made = tempfile::Builder::new().prefix(&prefix).suffix(".tmp").make_in(folder_of(target), |path| {
        noted = note(path);
        if noted.is_err() {
            return Err(io::ErrorKind::Other.into());
        }
        File::create_new(path)
    });
    noted?;
    Ok(made.map(tempfile::NamedTempFile::into_parts))
}

/// The folder that a file stands in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn extension(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

/// `.jsonl, .ndjson, each also with .gz or .zst`
fn listed(extensions: &[&str]) -> String {
    let packable = extensions.iter().filter(|name| **name != PARQUET);
    let names: Vec<String> = packable.map(|name| format!(".{name}")).collect();
    let table = if extensions.contains(&PARQUET) { ", or .parquet" } else { "" };
    format!("{} (also with .gz or .zst after it){table}", names.join(" or "))
}

#[cfg(test)]
mod tests;

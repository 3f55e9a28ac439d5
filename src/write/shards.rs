//! A corpus in several files of about one size, and the manifest that names them.
//!
//! `corpus.jsonl.zst` becomes `corpus-00000.jsonl.zst`, `corpus-00001.jsonl.zst` and so on, and `corpus.manifest.json`. A shard
//! is full when so many bytes of it are on their way to disk, which is looked at between two portions of documents: so shards
//! are a little larger than was asked for, the last one is smaller, and where they are cut depends on the documents alone. Of
//! a table the rows count that wait to be packed, so its shards are smaller.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::atomic::folder_of;
use crate::error::{Error, Result};

/// The version of the manifest's format.
const VERSION: u32 = 1;

/// What is read of a manifest at the most: one of a million shards is smaller.
const MOST_BYTES: u64 = 256 << 20;

/// The shards of a corpus, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this format.
    pub version: u32,
    /// Records of all shards.
    pub records: u64,
    /// Bytes of all shards.
    pub bytes: u64,
    /// The shards, in the order of their records.
    pub shards: Vec<Shard>,
}

/// A shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Its file, beside the manifest.
    pub name: String,
    /// Records in it.
    pub records: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// `xxh3_128` of the file, in hex.
    pub xxh3_128: String,
}

impl Manifest {
    /// Of these shards.
    pub(super) fn of(shards: Vec<Shard>) -> Self {
        let sum = |of: fn(&Shard) -> u64| shards.iter().map(of).sum();
        Self {
            version: VERSION,
            records: sum(|shard| shard.records),
            bytes: sum(|shard| shard.bytes),
            shards,
        }
    }

    /// Whether its shards are those of `path`.
    #[must_use]
    pub fn is_of(&self, path: &Path) -> bool {
        self.shards.iter().all(|shard| is_shard_name(path, &shard.name))
    }

    /// The shards of `path` that another manifest does not have. What else it may name is somebody's file.
    pub(super) fn without(&self, other: &Self, path: &Path) -> Vec<PathBuf> {
        let is_stale = |shard: &&Shard| {
            !other.shards.iter().any(|kept| kept.name == shard.name) && is_shard_name(path, &shard.name)
        };
        self.shards.iter().filter(is_stale).map(|shard| path.with_file_name(&shard.name)).collect()
    }

    /// Reads the manifest of a corpus that was written in shards.
    ///
    /// # Errors
    /// [`Error::Input`] where it cannot be read, is none, or names what is no file beside it.
    pub fn read(path: &Path) -> Result<Self> {
        let wrong = |message: String| Error::Input { path: path.display().to_string(), message };
        let file = File::open(path).map_err(|e| wrong(format!("cannot be opened: {e}")))?;
        let read: Self = serde_json::from_reader(BufReader::new(file.take(MOST_BYTES)))
            .map_err(|e| wrong(format!("is no manifest of shards: {e}")))?;
        if read.version != VERSION {
            return Err(wrong(format!("has version {}; this program reads version {VERSION}", read.version)));
        }
        let Self { records, bytes, .. } = Self::of(read.shards.clone());
        if (records, bytes) != (read.records, read.bytes) {
            return Err(wrong("has totals that are not those of its shards".to_owned()));
        }
        let is_foreign = |shard: &&Shard| Path::new(&shard.name).file_name() != Some(shard.name.as_ref());
        match read.shards.iter().find(is_foreign) {
            Some(shard) => Err(wrong(format!("names {:?}, which is no file beside it", shard.name))),
            None => Ok(read),
        }
    }
}

impl Shard {
    /// What of a shard's file is not as the manifest says, if anything.
    ///
    /// # Errors
    /// [`Error::Io`] where it can be opened and not read.
    pub fn difference(&self, file: &Path) -> Result<Option<String>> {
        let Ok(mut open) = File::open(file) else { return Ok(Some("it is not there".to_owned())) };
        let (mut hash, mut bytes, mut buffer) = (Xxh3::new(), 0, vec![0; 1 << 20]);
        loop {
            match open.read(&mut buffer).map_err(Error::io("read the file", file))? {
                0 => break,
                count => {
                    hash.update(&buffer[..count]);
                    bytes += count as u64;
                }
            }
        }
        Ok(if bytes != self.bytes {
            Some(format!("it has {bytes} bytes, and the manifest says {}", self.bytes))
        } else if checksum(&hash) != self.xxh3_128 {
            Some("its checksum is not the one in the manifest".to_owned())
        } else {
            None
        })
    }
}

/// As manifests have it.
pub(super) fn checksum(hash: &Xxh3) -> String {
    format!("{:032x}", hash.digest128())
}

/// Whether a file is a shard of `path` by its name, or the manifest.
#[must_use]
pub fn is_in_shards(path: &Path, file: &Path) -> bool {
    let folder =
        |path: &Path| fs::canonicalize(folder_of(path)).unwrap_or_else(|_| folder_of(path).to_owned());
    let name = file.file_name().unwrap_or_default();
    let is_named =
        Some(name) == manifest_path(path).file_name() || is_shard_name(path, &name.to_string_lossy());
    is_named && folder(path) == folder(file)
}

fn is_shard_name(path: &Path, name: &str) -> bool {
    let (stem, extensions) = parts(path);
    let number = name.strip_prefix(&stem).and_then(|rest| rest.strip_suffix(&extensions));
    let number = number.and_then(|number| number.strip_prefix('-'));
    number.is_some_and(|number| number.len() >= 5 && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The name of a shard of `path`.
pub(super) fn shard_path(path: &Path, number: usize) -> PathBuf {
    let (stem, extensions) = parts(path);
    path.with_file_name(joined(&[&stem, &format!("-{number:05}"), &extensions]))
}

/// The name of the manifest of `path`.
#[must_use]
pub fn manifest_path(path: &Path) -> PathBuf {
    path.with_file_name(joined(&[&parts(path).0, ".manifest.json"]))
}

fn joined(parts: &[&str]) -> OsString {
    parts.concat().into()
}

/// A file name before and from its first dot that begins an extension.
fn parts(path: &Path) -> (String, String) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let lower = name.to_ascii_lowercase();
    let packed = [".gz", ".zst"].into_iter().find(|end| name.len() > end.len() && lower.ends_with(end));
    let rest = &name[..name.len() - packed.map_or(0, str::len)];
    let at = rest.rfind('.').filter(|at| *at > 0).unwrap_or(rest.len());
    (name[..at].to_owned(), name[at..].to_owned())
}

/// Refuses to write a corpus where it stands already in the other form, as one file or in shards: nobody could tell any more
/// which of them holds.
///
/// # Errors
/// [`Error::Output`] with the file.
pub(super) fn refuse_other_form(path: &Path, in_shards: bool) -> Result<()> {
    let refuse = |path: PathBuf, message: &str| Err(Error::Output { path, message: message.to_owned() });
    let manifest = manifest_path(path);
    let names_own = Manifest::read(&manifest).ok().map(|read| read.is_of(path));
    match names_own {
        _ if in_shards && path.exists() => refuse(
            path.to_owned(),
            "is an earlier corpus in one file; remove it, or name another, before it is written in shards",
        ),
        Some(true) if !in_shards => refuse(
            manifest,
            "says that an earlier corpus stands in shards; remove them and it, or name another, before it is written as one file",
        ),
        Some(false) if in_shards => refuse(
            manifest,
            "names the shards of another corpus; name this one otherwise than by its extension",
        ),
        _ => Ok(()),
    }
}

/// Refuses to write shards where some stand already.
///
/// # Errors
/// [`Error::Output`] with the first of them.
pub(super) fn refuse_existing(path: &Path) -> Result<()> {
    let refuse = |path: PathBuf| {
        Err(Error::Output { path, message: "exists already; replace it with --overwrite".to_owned() })
    };
    let manifest = manifest_path(path);
    if manifest.exists() {
        return refuse(manifest);
    }
    let folder = folder_of(path);
    let entries = fs::read_dir(folder).map_err(Error::io("list the folder", folder))?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
    names.sort_unstable();
    names.iter().find(|name| is_shard_name(path, name)).map_or(Ok(()), |name| refuse(folder.join(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_extensions() {
        for (path, shard, manifest) in [
            ("a/corpus.jsonl.zst", "a/corpus-00007.jsonl.zst", "a/corpus.manifest.json"),
            ("corpus.parquet", "corpus-00007.parquet", "corpus.manifest.json"),
            ("my.corpus.jsonl", "my.corpus-00007.jsonl", "my.corpus.manifest.json"),
            ("C.JSONL.GZ", "C-00007.JSONL.GZ", "C.manifest.json"),
        ] {
            assert_eq!(shard_path(path.as_ref(), 7), Path::new(shard));
            assert_eq!(manifest_path(path.as_ref()), Path::new(manifest));
        }
    }

    #[test]
    fn only_shards_are_taken_away() {
        let shard =
            |name: &str| Shard { name: name.to_owned(), records: 0, bytes: 0, xxh3_128: String::new() };
        let names = [
            "c-00000.jsonl",
            "c-00001.jsonl",
            "precious.txt",
            "c.manifest.json",
            "..",
            "",
            "c-x.jsonl",
            "a/c-00002.jsonl",
        ];
        let before = Manifest::of(names.map(shard).into());
        let now = Manifest::of(vec![shard("c-00000.jsonl")]);
        assert_eq!(before.without(&now, Path::new("o/c.jsonl")), [PathBuf::from("o/c-00001.jsonl")]);
        for (file, is_own) in [
            ("./c-00007.jsonl", true),
            ("c.manifest.json", true),
            ("c.jsonl", false),
            ("src/c-00007.jsonl", false),
        ] {
            assert_eq!(is_in_shards(Path::new("c.jsonl"), Path::new(file)), is_own, "{file}");
        }
    }

    #[test]
    fn a_manifest_names_files_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.manifest.json");
        assert!(Manifest::read(&path).unwrap_err().to_string().contains("cannot be opened"));
        for (name, is_read) in
            [("c-00000.jsonl", true), ("../c-00000.jsonl", false), ("..", false), ("", false)]
        {
            let shard = Shard { name: name.to_owned(), records: 1, bytes: 2, xxh3_128: String::new() };
            let manifest = Manifest::of(vec![shard]);
            assert!(!manifest.is_of(Path::new("c.parquet")));
            fs::write(&path, serde_json::to_vec(&manifest).unwrap()).unwrap();
            assert_eq!(Manifest::read(&path).is_ok(), is_read, "{name:?}");
        }
        let wrong = Manifest { records: 1, ..Manifest::of(Vec::new()) };
        fs::write(&path, serde_json::to_vec(&wrong).unwrap()).unwrap();
        assert!(Manifest::read(&path).unwrap_err().to_string().contains("totals"));
    }

    #[test]
    fn a_shard_that_is_not_as_the_manifest_says_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("c-00000.jsonl");
        let xxh3_128 = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(b"{}\n"));
        let shard = Shard { name: "c-00000.jsonl".to_owned(), records: 1, bytes: 3, xxh3_128 };
        let said = |content: Option<&str>| {
            if let Some(content) = content {
                fs::write(&file, content).unwrap();
            }
            shard.difference(&file).unwrap()
        };
        assert_eq!(said(None).unwrap(), "it is not there");
        assert_eq!(said(Some("{}\n")), None);
        assert_eq!(said(Some("[]\n")).unwrap(), "its checksum is not the one in the manifest");
        assert_eq!(said(Some("{}")).unwrap(), "it has 2 bytes, and the manifest says 3");
    }
}

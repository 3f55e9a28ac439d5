//! From INPUT arguments to the list of files to read.
//!
//! The list is a function of the arguments and of what lies on disk, never of the order in which a file system names
//! its entries: what a folder or a pattern stands for is sorted by path bytes. Everything that can be said about a bad
//! INPUT is said here, before any work starts; whether a listed file can be opened is only known when it is read, and
//! then it is a reject.
//!
//! When it is wrong: a file that is reached under two names by a hard link is listed twice.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use glob::MatchOptions;
use walkdir::{DirEntry, WalkDir};

use super::{Compression, Input, Kind, STANDARD_INPUT};
use crate::config::{InputConfig, InputFormat};
use crate::error::{Error, Result};

/// An INPUT that names nothing and holds one of these is a pattern.
const PATTERN_CHARACTERS: [char; 3] = ['*', '?', '['];

/// Patterns mean what they mean in a shell, so that quoting one changes nothing.
const LIKE_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// Lists the files that the INPUT arguments stand for: files, folders with all below them, patterns, and `-`.
///
/// Standard input is listed with nothing to open: put what [`spool`](super::spool()) returns in its place.
///
/// # Errors
/// [`Error::Input`] for an INPUT that does not exist, holds nothing to read, or does not say what it holds.
pub fn discover(args: &[String], cfg: &InputConfig) -> Result<Vec<Input>> {
    let mut listing = Listing {
        format: cfg.format,
        inputs: Vec::new(),
        seen: HashSet::new(),
        ids: HashSet::from([STANDARD_INPUT.to_owned()]),
    };
    let mut standard_input = false;
    for arg in args {
        if arg == STANDARD_INPUT {
            if std::mem::replace(&mut standard_input, true) {
                return Err(wrong(arg, "standard input can be read only once; give one -"));
            }
            listing.inputs.push(standard_input_unread());
            continue;
        }
        for path in expand(arg)? {
            listing.add(&path)?;
        }
    }
    Ok(listing.inputs)
}

/// Standard input's place in the list.
pub(super) fn standard_input_unread() -> Input {
    Input {
        path: STANDARD_INPUT.into(),
        file: PathBuf::new(),
        id: STANDARD_INPUT.to_owned(),
        kind: Kind::Text,
        compression: Compression::None,
        bytes: 0,
    }
}

/// What the user asks for all files, if anything.
pub(super) fn forced_kind(format: InputFormat) -> Option<Kind> {
    match format {
        InputFormat::Auto => None,
        InputFormat::Text => Some(Kind::Text),
        InputFormat::Jsonl => Some(Kind::Jsonl),
        InputFormat::Csv => Some(Kind::Csv),
        InputFormat::Tsv => Some(Kind::Tsv),
        InputFormat::Warc => Some(Kind::Warc),
        InputFormat::Parquet => Some(Kind::Parquet),
    }
}

struct Listing {
    format: InputFormat,
    inputs: Vec<Input>,
    /// Canonical paths of the files listed.
    seen: HashSet<PathBuf>,
    ids: HashSet<String>,
}

impl Listing {
    /// Adds a file, or all that a folder holds.
    fn add(&mut self, path: &Path) -> Result<()> {
        let shown = shown(path);
        let metadata = fs::metadata(path).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => wrong(&shown, "there is no such file or folder"),
            _ => wrong(&shown, &format!("cannot be looked at: {e}")),
        })?;
        if metadata.is_dir() {
            return self.add_folder(path);
        }
        if !metadata.is_file() {
            return Err(wrong(
                &shown,
                "is not a regular file, and the input is read twice; give it on standard input, with - as INPUT",
            ));
        }
        let name = path.file_name().unwrap_or_default();
        let (kind, compression) = by_name(name);
        let Some(kind) = forced_kind(self.format).or(kind) else {
            return Err(wrong(
                &shown,
                "its extension does not say what it holds; say it with --input-format text, jsonl, csv, tsv, warc or parquet",
            ));
        };
        if kind == Kind::Parquet && compression != Compression::None {
            return Err(wrong(
                &shown,
                "a Parquet file is compressed inside; unpack it, since it cannot be read in order",
            ));
        }
        self.push(path, name.to_string_lossy().into_owned(), kind, compression);
        Ok(())
    }

    fn add_folder(&mut self, folder: &Path) -> Result<()> {
        let mut files = Vec::new();
        // What is hidden is some program's own, a work folder of ours for example.
        let is_hidden = |entry: &DirEntry| entry.file_name().as_encoded_bytes().starts_with(b".");
        let walk = WalkDir::new(folder).follow_links(true).into_iter();
        for entry in walk.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry)) {
            match entry {
                Ok(entry) if entry.file_type().is_file() => files.push(entry.into_path()),
                Ok(_) => {}
                Err(e) if e.loop_ancestor().is_some() => {}
                Err(e) => {
                    let path = e.path().unwrap_or(folder);
                    if !path.is_symlink() {
                        return Err(wrong(&shown(path), &format!("cannot be looked at: {e}")));
                    }
                    // It leads nowhere. As a file with a known name it is listed all the same, and rejected when read.
                    files.push(path.to_owned());
                }
            }
        }
        files.retain(|file| match by_name(file.file_name().unwrap_or_default()) {
            // What a run could not use is no page.
            _ if is_rejects(file) => false,
            (Some(kind), compression) => kind != Kind::Parquet || compression == Compression::None,
            (None, _) => false,
        });
        if files.is_empty() {
            return Err(wrong(
                &shown(folder),
                "the folder holds no .txt, .md, .jsonl, .ndjson, .csv, .tsv, .warc, .wet or .parquet file, also .gz or \
                 .zst; files with other names can be given one by one, with --input-format",
            ));
        }
        sort(&mut files);
        for file in files {
            let (kind, compression) = by_name(file.file_name().unwrap_or_default());
            let Some(kind) = forced_kind(self.format).or(kind) else { continue };
            let below = shown(file.strip_prefix(folder).unwrap_or(&file));
            self.push(&file, below, kind, compression);
        }
        Ok(())
    }

    fn push(&mut self, path: &Path, id: String, kind: Kind, compression: Compression) {
        if !self.seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())) {
            return;
        }
        let whole = shown(path);
        let id = [id, whole.clone()]
            .into_iter()
            .chain((2..).map(|n: u64| format!("{whole}#{n}")))
            .find(|id| !self.ids.contains(id))
            .expect("there are more numbers than inputs");
        self.ids.insert(id.clone());
        let bytes = fs::metadata(path).map_or(0, |m| m.len());
        self.inputs.push(Input { path: whole.into(), file: path.to_owned(), id, kind, compression, bytes });
    }
}

/// The paths that an argument names: itself, or the matches of a pattern.
fn expand(arg: &str) -> Result<Vec<PathBuf>> {
    let path = PathBuf::from(arg);
    if path.symlink_metadata().is_ok() || !arg.contains(PATTERN_CHARACTERS) {
        return Ok(vec![path]);
    }
    let matches = glob::glob_with(arg, LIKE_A_SHELL)
        .map_err(|e| wrong(arg, &format!("there is no such file, and as a pattern it is wrong: {e}")))?;
    let mut paths = matches
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|e| wrong(&shown(e.path()), &format!("cannot be looked at: {}", e.error())))?;
    if paths.is_empty() {
        return Err(wrong(arg, "the pattern matches no file"));
    }
    sort(&mut paths);
    Ok(paths)
}

/// Whether a file has the name that rejects have when none is asked for.
fn is_rejects(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().contains(".rejects.jsonl"))
}

/// Sorts by bytes; the order of `Path` goes by components and is another one.
fn sort(paths: &mut [PathBuf]) {
    paths.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
}

/// What a file name says about the records in the file, if anything, and about how they are packed.
fn by_name(name: &OsStr) -> (Option<Kind>, Compression) {
    let name = name.to_string_lossy().to_ascii_lowercase();
    let (name, compression) = match name.rsplit_once('.') {
        Some((rest, "gz")) => (rest, Compression::Gzip),
        Some((rest, "zst")) => (rest, Compression::Zstd),
        _ => (name.as_str(), Compression::None),
    };
    let kind = match name.rsplit_once('.') {
        Some((_, "txt" | "md")) => Some(Kind::Text),
        Some((_, "jsonl" | "ndjson")) => Some(Kind::Jsonl),
        Some((_, "csv")) => Some(Kind::Csv),
        Some((_, "tsv")) => Some(Kind::Tsv),
        Some((_, "warc" | "wet")) => Some(Kind::Warc),
        Some((_, "parquet")) => Some(Kind::Parquet),
        _ => None,
    };
    (kind, compression)
}

/// A path as people and later runs see it: the same on every system, and with or without `./` before it.
fn shown(path: &Path) -> String {
    let bare = path.strip_prefix(".").ok().filter(|bare| !bare.as_os_str().is_empty());
    let path = bare.unwrap_or(path).to_string_lossy();
    if MAIN_SEPARATOR == '/' { path.into_owned() } else { path.replace(MAIN_SEPARATOR, "/") }
}

fn wrong(path: &str, message: &str) -> Error {
    Error::Input { path: path.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_as_it_is_without_a_dot_before_it() {
        for (path, as_shown) in
            [("./a/b", "a/b"), ("a/./b", "a/./b"), (".", "."), ("../a", "../a"), (".a", ".a")]
        {
            assert_eq!(shown(Path::new(path)), as_shown);
        }
    }

    /// A folder with empty files of these names.
    fn folder(names: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            let file = dir.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        dir
    }

    /// `discover` on arguments below the folder (`-` stays as it is).
    fn list(dir: &tempfile::TempDir, args: &[&str], cfg: &InputConfig) -> Result<Vec<Input>> {
        let root = shown(dir.path());
        let below = |arg: &&str| if *arg == "-" { (*arg).to_owned() } else { format!("{root}/{arg}") };
        discover(&args.iter().map(below).collect::<Vec<_>>(), cfg)
    }

    fn ids(dir: &tempfile::TempDir, args: &[&str]) -> Vec<String> {
        let root = format!("{}/", shown(dir.path()));
        let inputs = list(dir, args, &InputConfig::default()).unwrap();
        inputs.into_iter().map(|input| input.id.replace(&root, "ROOT/")).collect()
    }

    fn message(dir: &tempfile::TempDir, args: &[&str]) -> String {
        list(dir, args, &InputConfig::default()).unwrap_err().to_string()
    }

    #[test]
    fn a_folder_is_walked_in_the_order_of_path_bytes() {
        let dir = folder(&["d/a/x.txt", "d/a.txt", "d/b.jsonl.gz", "d/B.MD.zst", "d/c.pdf", "d/README"]);
        assert_eq!(ids(&dir, &["d"]), ["B.MD.zst", "a.txt", "a/x.txt", "b.jsonl.gz"]);
        let inputs = list(&dir, &["d"], &InputConfig::default()).unwrap();
        assert_eq!((inputs[0].kind, inputs[0].compression), (Kind::Text, Compression::Zstd));
        assert_eq!((inputs[3].kind, inputs[3].compression), (Kind::Jsonl, Compression::Gzip));
        assert!(inputs[2].path.ends_with("/d/a/x.txt"));
    }

    #[test]
    fn a_file_reached_twice_is_listed_at_its_first_place() {
        let dir = folder(&["d/a.txt", "d/b.txt"]);
        assert_eq!(ids(&dir, &["d/b.txt", "d", "d/../d/a.txt"]), ["b.txt", "a.txt"]);
    }

    #[test]
    fn equal_ids_fall_back_to_the_whole_path() {
        let dir = folder(&["a/x.txt", "b/x.txt", "-"]);
        assert_eq!(ids(&dir, &["a", "b"]), ["x.txt", "ROOT/b/x.txt"]);
        let text = InputConfig { format: InputFormat::Text, ..InputConfig::default() };
        let inputs = list(&dir, &["-", "./-"], &text).unwrap();
        assert!(inputs[0].awaits_spool() && inputs[0].id == "-");
        assert!(inputs[1].id.ends_with("/-"));
    }

    #[test]
    fn a_pattern_stands_for_its_sorted_matches() {
        let dir = folder(&["b.txt", "a.txt", "d/c.txt", ".hidden.txt", "w[1].txt"]);
        assert_eq!(ids(&dir, &["*.txt"]), ["a.txt", "b.txt", "w[1].txt"]);
        assert_eq!(ids(&dir, &["**/c*"]), ["c.txt"]);
        assert_eq!(ids(&dir, &["w[1].txt"]), ["w[1].txt"], "a file of that very name comes first");
        assert!(message(&dir, &["*.jsonl"]).ends_with("the pattern matches no file"));
        assert!(message(&dir, &["[.txt"]).contains("as a pattern it is wrong"));
    }

    #[test]
    fn what_makes_no_sense_is_an_error_that_says_what_to_do() {
        let dir = folder(&["d/c.pdf", "x.txt"]);
        assert!(message(&dir, &["nowhere.txt"]).ends_with("there is no such file or folder"));
        assert!(message(&dir, &["d"]).contains("holds no .txt"));
        assert!(message(&dir, &["d/c.pdf"]).contains("--input-format"));
        assert!(message(&dir, &["-", "-"]).contains("only once"));
        let forced = InputConfig { format: InputFormat::Jsonl, ..InputConfig::default() };
        let inputs = list(&dir, &["d/c.pdf", "x.txt"], &forced).unwrap();
        assert!(inputs.iter().all(|input| input.kind == Kind::Jsonl));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_but_not_in_circles_and_a_dead_one_is_left_to_the_reader() {
        use std::os::unix::fs::symlink;
        let dir = folder(&["d/a.txt", "elsewhere/b.txt"]);
        symlink(".", dir.path().join("d/loop")).unwrap();
        symlink("nowhere", dir.path().join("d/dead.txt")).unwrap();
        symlink("nowhere", dir.path().join("d/dead")).unwrap();
        symlink("../elsewhere", dir.path().join("d/link")).unwrap();
        assert_eq!(ids(&dir, &["d"]), ["a.txt", "dead.txt", "link/b.txt"]);
    }
}

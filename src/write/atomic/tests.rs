//! Outputs that are whole or not there, and what is refused beforehand.

use std::io::Read;

use super::super::encoder::BUFFER;
use super::*;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_target_is_untouched_until_the_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.jsonl");
    fs::write(&path, "old").unwrap();
    let mut output = Output::create(&path, Existing::Replace).unwrap();
    output.write(&vec![b'x'; BUFFER * 2]).unwrap();
    assert_eq!(names(folder.path()).len(), 2);
    assert!(names(folder.path())[0].starts_with(".c.jsonl."));
    assert_eq!(fs::read(&path).unwrap(), b"old");
    drop(output);
    assert_eq!(names(folder.path()), ["c.jsonl"]);
    assert_eq!(fs::read(&path).unwrap(), b"old");

    let mut output = Output::create(&path, Existing::Replace).unwrap();
    output.write(b"new").unwrap();
    output.commit().unwrap();
    assert_eq!(names(folder.path()), ["c.jsonl"]);
    assert_eq!(fs::read(&path).unwrap(), b"new");

    let plain = folder.path().join("plain");
    fs::write(&plain, "").unwrap();
    let permissions = |path: &Path| fs::metadata(path).unwrap().permissions();
    assert_eq!(permissions(&path), permissions(&plain));
}

#[test]
fn a_file_that_appears_meanwhile_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.jsonl");
    let output = Output::create(&path, Existing::Refuse).unwrap();
    fs::write(&path, "someone else's").unwrap();
    let error = output.commit().unwrap_err();
    assert!(matches!(error, Error::Io { path: named, .. } if named == path));
    assert_eq!(fs::read(&path).unwrap(), b"someone else's");
    assert_eq!(names(folder.path()), ["c.jsonl"]);
}

/// A stream that takes so many bytes and then is full.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_failure_while_finishing_replaces_no_output() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.jsonl");
    let mut first = Output::create(&path, Existing::Replace).unwrap();
    first.write(b"{}\n").unwrap();
    let mut second = Output::stream("standard output", Box::new(Full(10)));
    second.write(b"more than ten bytes").unwrap();
    let error = commit_all(vec![first, second]).unwrap_err();
    assert!(error.to_string().starts_with("standard output: cannot write: "), "{error}");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn compression_follows_the_extension_and_gives_the_same_bytes_twice() {
    let folder = tempfile::tempdir().unwrap();
    let text = "one line\n".repeat(10_000);
    let written = |name: &str| {
        let path = folder.path().join(name);
        let mut output = Output::create(&path, Existing::Replace).unwrap();
        text.as_bytes().chunks(1000).for_each(|chunk| output.write(chunk).unwrap());
        output.commit().unwrap();
        fs::read(path).unwrap()
    };
    let gz = written("a.jsonl.gz");
    assert_eq!(gz, written("b.jsonl.GZ"));
    let mut back = String::new();
    flate2::read::GzDecoder::new(gz.as_slice()).read_to_string(&mut back).unwrap();
    assert_eq!(back, text);
    let zst = written("a.jsonl.zst");
    assert_eq!(zst, written("b.jsonl.zst"));
    assert_eq!(zstd::decode_all(zst.as_slice()).unwrap(), text.as_bytes());
    assert_eq!(written("a.jsonl"), text.as_bytes());
}

#[test]
fn a_target_that_cannot_be_written_is_refused_beforehand() {
    let folder = tempfile::tempdir().unwrap();
    let existing = folder.path().join("there.jsonl");
    fs::write(&existing, "").unwrap();
    let refused = |path: &Path| {
        let error = Output::check(path, JSON_LINES, Existing::Refuse).unwrap_err();
        assert!(matches!(&error, Error::Output { path: named, .. } if named == path));
        error.to_string()
    };
    assert!(refused(&existing).ends_with("exists already; replace it with --overwrite"));
    assert!(refused(folder.path()).contains("is a folder"));
    assert!(refused(&folder.path().join("no/c.jsonl")).contains("does not exist"));
    assert!(refused(&folder.path().join("c.parquet.zst")).contains("is compressed inside"));
    for name in ["c", "c.txt", "c.gz", "c.parquet", "c.jsonl.xz", "c.json", "jsonl"] {
        assert!(refused(&folder.path().join(name)).contains("use .jsonl or .ndjson"), "{name}");
    }
    Output::check(&existing, JSON_LINES, Existing::Replace).unwrap();
    for name in ["-", "c.jsonl", "c.NDJSON", "c.jsonl.gz", "c.v2.jsonl.zst"] {
        let path = if name == "-" { PathBuf::from(name) } else { folder.path().join(name) };
        Output::check(&path, JSON_LINES, Existing::Refuse).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn devices_are_written_and_links_are_followed() {
    let device = Path::new("/dev/null");
    Output::check(device, JSON_LINES, Existing::Refuse).unwrap();
    let mut output = Output::create(device, Existing::Refuse).unwrap();
    output.write(b"gone").unwrap();
    output.commit().unwrap();
    assert!(!fs::metadata(device).unwrap().is_file());

    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real.jsonl"), folder.path().join("link.jsonl"));
    fs::write(&real, "old").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let mut output = Output::create(&link, Existing::Replace).unwrap();
    output.write(b"new").unwrap();
    output.commit().unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&real).unwrap(), b"new");

    fs::remove_file(&real).unwrap();
    let error = Output::check(&link, JSON_LINES, Existing::Replace).unwrap_err();
    assert!(error.to_string().contains("a symbolic link to nothing"), "{error}");
}

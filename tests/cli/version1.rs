//! Files that the first version wrote are read for good: as they stand in `tests/v1`, by every command that reads any.

use serde_json::{Value, json};

use crate::program::{Folder, Run, package};

/// A copy of the files.
fn written() -> Folder {
    let folder = Folder::new();
    let source = package().join("tests/v1");
    for entry in walk(&source) {
        let name = entry.strip_prefix(&source).expect("it is inside").to_str().expect("it is UTF-8");
        folder.write(name, std::fs::read(&entry).expect("it can be read"));
    }
    folder
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries =
        std::fs::read_dir(folder).expect("it can be listed").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

fn done(run: &Run) {
    assert_eq!(run.code(), Some(0), "{}", run.stderr());
}

#[test]
fn decisions_rejects_and_corpora_are_read() {
    let folder = written();
    for corpus in ["corpus.jsonl", "corpus.jsonl.zst", "shards.jsonl", "shards.manifest.json"] {
        for decisions in ["decisions.jsonl", "decisions.parquet"] {
            done(&folder.run(["verify", "pages.jsonl", "--decisions", decisions, "--corpus", corpus]));
        }
    }
    let explained = folder.run(["explain", "pages.jsonl", "--decisions", "decisions.jsonl", "--id", "near"]);
    done(&explained);
    assert!(explained.stdout().contains("page-2"), "{}", explained.stdout());
    let restore = ["restore", "pages.jsonl", "--decisions", "decisions.jsonl", "-o", "back.jsonl"];
    done(&folder.run(restore.into_iter().chain([
        "--reason",
        "near_duplicate",
        "--reason",
        "exact_duplicate",
    ])));
    let back: Vec<Value> = folder.lines("back.jsonl").iter().map(|line| line["id"].clone()).collect();
    assert_eq!(back, ["copy", "near"]);
    done(&folder.run(["diff", "decisions.jsonl", "decisions.jsonl"]));
    let report = ["report", "decisions.jsonl", "--rejects", "rejects.jsonl", "-o", "later.json"];
    done(&folder.run(report));
    let later: Value = serde_json::from_slice(&folder.read("later.json")).expect("it is JSON");
    let first: Value = serde_json::from_slice(&folder.read("report.json")).expect("it is JSON");
    for key in ["version", "documents", "labels", "rejects"] {
        assert_eq!(later[key], first[key], "{key}");
    }
}

#[test]
fn a_cleaned_corpus_stays_what_it_is() {
    let folder = written();
    done(&folder.run(["clean", "corpus.jsonl", "-o", "again.jsonl", "-q"]));
    assert!(folder.read("again.jsonl") == folder.read("corpus.jsonl"));
}

#[test]
fn a_baseline_still_holds() {
    let folder = written();
    let check = |more: &[&str]| folder.run([&["check", "pages.jsonl"][..], more].concat());
    assert_eq!(check(&[]).code(), Some(1), "it fails without");
    done(&check(&["--baseline", "baseline.json"]));
    let mut lines = folder.read("pages.jsonl");
    lines.extend_from_within(..);
    folder.write("pages.jsonl", lines);
    let worse = check(&["--baseline", "baseline.json"]);
    assert!(
        worse.code() == Some(1) && worse.stdout().contains("FAIL exact_duplicates"),
        "{}",
        worse.stdout()
    );
}

#[test]
fn an_index_is_used_and_grows() {
    let folder = written();
    done(&folder.run(["index", "verify", "index"]));
    let page = "A page that nobody has seen before says something of its own in a sentence of some words.";
    let pages = String::from_utf8(folder.read("pages.jsonl")).expect("it is UTF-8");
    let seen: Value = serde_json::from_str(pages.lines().next().expect("a line")).expect("it is JSON");
    let seen = &seen["text"];
    folder.write(
        "more.jsonl",
        format!("{}\n{}\n", json!({"id": "new", "text": page}), json!({"id": "seen", "text": seen})),
    );
    done(&folder.run(["clean", "more.jsonl", "-o", "more.out.jsonl", "--index", "index", "-q"]));
    let kept: Vec<Value> = folder.lines("more.out.jsonl").iter().map(|line| line["id"].clone()).collect();
    assert_eq!(kept, ["new"]);
    done(&folder.run(["index", "verify", "index"]));
}

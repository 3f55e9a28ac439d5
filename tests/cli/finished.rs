//! What answers for a finished run (`explain --decisions`, `diff`, `restore`) agrees with what a run does.

use std::collections::HashSet;

use serde_json::Value;

use crate::program::{Folder, package};
use crate::words::corpus;

/// Made-up pages of three sites, with labels on, cleaned once with and once without removing duplicates.
fn cleaned() -> Folder {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(120, 11));
    folder.succeed(["clean", "pages.jsonl", "-o", "corpus.jsonl", "--decisions", "decisions.jsonl", "-q"]);
    let all =
        ["clean", "pages.jsonl", "-o", "all.jsonl", "--decisions", "all.decisions.jsonl", "--dedup", "off"];
    folder.succeed(all.into_iter().chain(["-q"]));
    folder
}

#[test]
fn dropped_documents_come_back_as_they_would_have_been_kept() {
    let folder = cleaned();
    let reasons = ["--reason", "near_duplicate", "--reason", "exact_duplicate", "--blocks", "duplicates"];
    let restore = ["restore", "pages.jsonl", "--decisions", "decisions.jsonl", "-o", "back.jsonl"];
    folder.succeed(restore.into_iter().chain(reasons));
    let kept: HashSet<String> =
        folder.lines("corpus.jsonl").iter().map(|line| line["id"].to_string()).collect();
    let expected: Vec<Value> = folder
        .lines("all.jsonl")
        .into_iter()
        .filter(|line| !kept.contains(&line["id"].to_string()))
        .collect();
    assert!(expected.len() > 10, "{} documents were dropped", expected.len());
    assert!(expected.iter().any(|line| line["title"].is_string() && line["date"].is_string()));
    assert_eq!(folder.lines("back.jsonl"), expected);
}

#[test]
fn the_seeds_come_back_byte_for_byte_and_whole() {
    let folder = Folder::new();
    let seeds = package().join("seeds");
    let seeds = seeds.to_str().expect("the package's path is UTF-8");
    folder.succeed(["clean", seeds, "-o", "corpus.jsonl", "--decisions", "decisions.jsonl", "-q"]);
    let ids: String = folder
        .lines("corpus.jsonl")
        .iter()
        .map(|l| format!("{}\n", l["id"].as_str().expect("an id")))
        .collect();
    folder.write("ids", ids);
    for (blocks, output) in [("duplicates", "back.jsonl"), ("all", "whole.jsonl")] {
        let files = ["restore", seeds, "--decisions", "decisions.jsonl", "--ids", "ids"];
        folder.succeed(files.into_iter().chain(["--blocks", blocks, "-o", output]));
    }
    assert_eq!(folder.read("back.jsonl"), folder.read("corpus.jsonl"));
    for line in folder.lines("whole.jsonl") {
        let path = line["provenance"]["path"].as_str().expect("a path");
        let source = std::fs::read_to_string(path).expect("the seed can be read");
        assert_eq!(line["text"], source.trim());
    }
}

#[test]
fn what_two_runs_decide_otherwise_is_all_counted() {
    let folder = cleaned();
    let run = folder.run(["diff", "decisions.jsonl", "all.decisions.jsonl", "--json"]);
    assert_eq!(run.code(), Some(1), "{}", run.stderr());
    let changes: Value = serde_json::from_slice(&run.0.stdout).expect("it is JSON");
    let dropped = folder.lines("decisions.jsonl").iter().filter(|d| d["action"] == "drop").count();
    let counted: u64 = changes["documents"]
        .as_object()
        .expect("an object")
        .iter()
        .map(|(change, tally)| {
            assert!(change.ends_with(" -> keep"), "{change}");
            tally["count"].as_u64().expect("a count")
        })
        .sum();
    assert_eq!(counted, dropped as u64);
    assert_eq!(changes["labels"], serde_json::json!({}), "duplicates change no label");
    let dropped_blocks =
        folder.lines("decisions.jsonl").iter().filter(|d| d["action"] == "keep").fold(0, |n, d| {
            let blocks = d["blocks"].as_array().expect("blocks");
            n + blocks.iter().filter(|b| b["reason"] == "duplicate_block").count()
        });
    assert_eq!(changes["blocks"]["duplicate_block -> keep"]["count"], dropped_blocks);
}

#[test]
fn tampered_decisions_are_refused_in_words() {
    let folder = cleaned();
    let decisions = String::from_utf8(folder.read("decisions.jsonl")).expect("decisions are UTF-8");
    let huge = "\"end\":18446744073709551615";
    let changes: [(&str, String); 4] = [
        ("ends early", decisions[..decisions.len() - 40].to_owned()),
        ("spans anywhere", decisions.replace("\"end\":6", huge)),
        ("no such action", decisions.replace("\"reason\":\"boilerplate\"", "\"reason\":\"whim\"")),
        ("empty", String::new()),
    ];
    let id = "118"; // the last document that is a copy
    for (what, changed) in changes {
        folder.write("changed.jsonl", changed);
        for args in [
            &["explain", "pages.jsonl", "--id", id, "--decisions", "changed.jsonl"][..],
            &[
                "restore",
                "pages.jsonl",
                "--id",
                id,
                "--decisions",
                "changed.jsonl",
                "--blocks",
                "all",
                "-o",
                "-",
            ],
        ] {
            let run = folder.run(args);
            assert_eq!(run.code(), Some(2), "{what}, {args:?}: {}", run.stderr());
            assert!(run.stderr().contains("changed.jsonl: "), "{what}: {}", run.stderr());
        }
        // Without a source there is little to refuse, but nothing to panic at.
        let run = folder.run(["diff", "decisions.jsonl", "changed.jsonl"]);
        assert!(matches!(run.code(), Some(1 | 2)), "{what}: {}", run.stderr());
    }
    assert!(!folder.names().iter().any(|name| name.contains(".work-")), "{:?}", folder.names());
}

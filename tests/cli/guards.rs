//! Guards: a run that would lose too much says so or stops, and one that was stopped goes on with another limit.

use std::fmt::Write;

use crate::program::{Folder, Run};
use crate::words::corpus;

/// A corpus of three sites; the first hundred pages again under the address of a mirror; and one page that a shop sends for
/// 130 addresses.
fn write_pages(folder: &Folder) {
    let own = corpus(600, 5);
    let mut all = own.clone();
    for (n, line) in own.lines().take(100).enumerate() {
        let mut page: serde_json::Value = serde_json::from_str(line).expect("a page is JSON");
        page["id"] = format!("mirror {n}").into();
        page["url"] = format!("https://mirror.example/{n}").into();
        writeln!(all, "{page}").expect("a string takes everything");
    }
    for n in 0..130 {
        let page = serde_json::json!({
            "id": format!("shop{n}"),
            "url": format!("https://www.Shop.example/cart?n={n}"),
            "text": "Your session has expired. Please go back to the first page and sign in again.",
        });
        writeln!(all, "{page}").expect("a string takes everything");
    }
    folder.write("pages.jsonl", all);
}

fn clean(folder: &Folder, flags: &[&str]) -> Run {
    let args = ["clean", "pages.jsonl", "-o", "corpus.jsonl", "--label", "off", "-q", "--overwrite"];
    folder.run(args.iter().chain(flags))
}

#[test]
fn a_run_that_loses_a_source_names_it_with_an_example_that_explain_shows() {
    let folder = Folder::new();
    write_pages(&folder);
    let run = clean(&folder, &["--report", "report.json"]);
    assert_eq!(run.code(), Some(0), "a warning is no failure: {}", run.stderr());
    let said = run.stderr();
    for line in [
        "guard.source_documents: 2 sources lose more than 75 % of their documents:",
        "  mirror.example: 100 of 100 documents go (100.0 %), such as mirror 0",
        "    dehusk explain pages.jsonl --label off --id 'mirror 0'",
        "  shop.example: 129 of 130 documents go (99.2 %), such as shop1",
        "guard.source_bytes: 2 sources lose more than 90 % of their text:",
    ] {
        assert!(said.lines().any(|said| said.ends_with(line)), "no {line:?} in\n{said}");
    }
    assert!(!said.contains("harbour.example"), "an ordinary source is not named:\n{said}");
    let explained = folder.succeed(["explain", "pages.jsonl", "--label", "off", "--id", "shop1"]);
    assert!(String::from_utf8_lossy(&explained.0.stdout).contains("the same main text as shop0"));

    let report: serde_json::Value = serde_json::from_slice(&folder.read("report.json")).expect("JSON");
    let guards = report["guards"].as_array().expect("a list");
    assert_eq!(guards[0]["guard"], "source_documents");
    let shop = serde_json::json!({"name": "shop.example", "count": 129, "of": 130, "example": "shop1"});
    assert_eq!(guards[0]["worst"][1], shop);
}

#[test]
fn a_stop_leaves_earlier_outputs_alone() {
    let folder = Folder::new();
    write_pages(&folder);
    for name in ["corpus.jsonl", "decisions.jsonl", "report.json"] {
        folder.write(name, "earlier\n");
    }
    let outputs = ["--decisions", "decisions.jsonl", "--report", "report.json", "--set", "guard.action=stop"];
    let run = clean(&folder, &outputs);
    assert_eq!(run.code(), Some(4), "{}", run.stderr());
    assert!(
        run.stderr().contains("stopped by 2 limits of [guard]; no output was replaced"),
        "{}",
        run.stderr()
    );
    for name in ["corpus.jsonl", "decisions.jsonl", "report.json"] {
        assert_eq!(folder.read(name), b"earlier\n", "{name}");
    }
    assert_eq!(folder.names().len(), 4, "nothing else is left: {:?}", folder.names());

    let run =
        folder.run(["clean", "pages.jsonl", "--dry-run", "--label", "off", "--set", "guard.action=stop"]);
    assert_eq!(run.code(), Some(4), "a dry run tells what the real one would do: {}", run.stderr());
}

#[test]
fn a_stopped_run_goes_on_with_writing_when_a_limit_is_raised() {
    let folder = Folder::new();
    write_pages(&folder);
    assert_eq!(clean(&folder, &["--set", "guard.action=off"]).code(), Some(0));
    let expected = folder.read("corpus.jsonl");
    let often = ["--set", "run.checkpoint_seconds=0", "--set"];
    let stopped = clean(&folder, &[&often[..], &["guard.action=stop"]].concat());
    assert_eq!(stopped.code(), Some(4), "{}", stopped.stderr());
    assert!(stopped.stderr().contains("with --resume, also with other limits"), "{}", stopped.stderr());
    // Another threshold would be another run; another limit is not.
    let other = clean(&folder, &["--resume", "--set", "dedup.threshold=0.7"]);
    assert!(other.stderr().contains("another configuration"), "{}", other.stderr());

    let flags =
        ["--label", "off", "--overwrite", "--resume", "--set", "guard.action=warn", "--progress", "plain"];
    let resumed = folder.succeed(["clean", "pages.jsonl", "-o", "corpus.jsonl"].iter().chain(&flags));
    assert!(resumed.stderr().contains("interrupted run: write, after"), "{}", resumed.stderr());
    assert!(folder.read("corpus.jsonl") == expected);
    assert_eq!(folder.names(), ["corpus.jsonl", "pages.jsonl"]);
}

#[test]
fn each_limit_can_be_set_and_taken_away() {
    let folder = Folder::new();
    write_pages(&folder);
    let passed = |settings: &[&str]| {
        let flags: Vec<&str> = settings.iter().flat_map(|set| ["--set", set]).collect();
        let run = clean(&folder, &flags);
        assert_eq!(run.code(), Some(0), "{}", run.stderr());
        run.stderr()
    };
    let no_limit = ["guard.source_documents=1", "guard.source_bytes=1"];
    assert_eq!(passed(&no_limit), "");
    assert_eq!(passed(&["guard.action=off", "guard.copies=1"]), "");
    assert_eq!(passed(&["guard.min_documents=131"]), "", "no source has so many that loses so much");
    let copies = |most: &str| passed(&[&no_limit[..], &[most]].concat());
    assert_eq!(copies("guard.copies=129"), "");
    assert!(copies("guard.copies=128").contains("shop0: 129 copies go, such as shop1"));

    // What one label takes: with labels on a share of any corpus is furniture.
    let args = ["clean", "pages.jsonl", "-o", "-", "-q", "--set", "guard.action=warn"];
    let labels = [
        "--set",
        "guard.label_bytes=0",
        "--set",
        "guard.source_documents=1",
        "--set",
        "guard.source_bytes=1",
    ];
    let run = folder.succeed(args.iter().chain(&labels));
    assert!(run.stderr().contains("take more than 0 % of all text; the worst:"), "{}", run.stderr());
    assert_eq!(run.stderr().matches("dehusk explain").count(), 3, "{}", run.stderr());
    assert!(!run.stderr().contains("  body:"), "main text is what is wanted: {}", run.stderr());
}

#[test]
fn neither_threads_nor_memory_change_what_is_found() {
    let folder = Folder::new();
    write_pages(&folder);
    let tight =
        ["--set", "guard.source_documents=0.01", "--set", "guard.copies=1", "--report", "report.json"];
    let mut reports = Vec::new();
    for run in [["--threads", "1", "--memory", "16MiB"], ["--threads", "4", "--memory", "1GiB"]] {
        assert_eq!(clean(&folder, &[&tight[..], &run].concat()).code(), Some(0));
        reports.push(folder.read("report.json"));
    }
    assert!(String::from_utf8_lossy(&reports[0]).contains("\"copies\""));
    assert!(reports[0] == reports[1]);
}

#[test]
fn an_ordinary_corpus_passes_no_limit() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(900, 6));
    for label in ["on", "off"] {
        let run = folder.succeed(["clean", "pages.jsonl", "-o", "-", "-q", "--label", label]);
        assert_eq!(run.stderr(), "");
    }
}

//! Advice: what it foretells of a made-up corpus comes true in the run, whatever the input lies in; and nothing is left
//! behind. Times and memory depend on the machine, so of them only the form is tested here; benches/advise.py measures.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use serde_json::Value;

use crate::program::{Folder, Run};
use crate::words::{Random, corpus};

/// Pages of the corpora; the sample that is taken of so many unasked is about a third.
const PAGES: usize = 4000;

fn json(run: &Run) -> Value {
    let advice: Value = serde_json::from_slice(&run.0.stdout).expect("advice is JSON");
    let schema = serde_json::from_str(dehusk::schema::text(dehusk::schema::Kind::Advice)).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    if let Err(error) = validator.validate(&advice) {
        panic!("{error} at {}", error.instance_path());
    }
    advice
}

fn advise(folder: &Folder, args: &[&str]) -> Value {
    json(&folder.succeed(["advise", "--json", "--threads", "2"].iter().chain(args)))
}

fn likely(advice: &Value, what: &str) -> f64 {
    advice["run"]["forecast"][what]["likely"].as_f64().unwrap_or_else(|| panic!("no {what}"))
}

/// What was foretold, against what a real run counts.
fn assert_comes_true(folder: &Folder, advice: &Value, input: &str, label: &str) {
    folder.succeed([
        "clean",
        input,
        "-o",
        "corpus.jsonl",
        "--decisions",
        "decisions.jsonl",
        "--report",
        "report.json",
        "--label",
        label,
        "--overwrite",
        "-q",
    ]);
    let report: Value = serde_json::from_slice(&folder.read("report.json")).expect("JSON");
    let dropped = &report["documents"]["dropped"];
    let number = |value: &Value| value.as_f64().expect("a number");
    let duplicates = number(&dropped["exact_duplicate"]) + number(&dropped["near_duplicate"]);
    for (what, truth) in [
        ("documents", number(&report["documents"]["read"])),
        ("text_bytes", number(&report["bytes"]["source"])),
        ("candidates", number(&report["search"]["candidates"])),
        ("verified", number(&report["search"]["verified"])),
        ("duplicates", duplicates),
        ("corpus_bytes", folder.read("corpus.jsonl").len() as f64),
        ("decisions_bytes", folder.read("decisions.jsonl").len() as f64),
    ] {
        if truth == 0.0 {
            assert_eq!(likely(advice, what), 0.0, "{input}: {what}");
            continue;
        }
        let ratio = likely(advice, what) / truth;
        assert!((1.0 / 1.5..1.5).contains(&ratio), "{input}: {what}: {ratio} times the truth, {truth}");
    }
}

/// Made-up pages in no order, so that copies stand anywhere.
fn write_pages(folder: &Folder, seed: u64) -> String {
    let pages = corpus(PAGES, seed);
    let mut lines: Vec<&str> = pages.lines().collect();
    let mut random = Random(seed);
    for i in (1..lines.len()).rev() {
        lines.swap(i, random.below(i + 1));
    }
    let pages: String = lines.iter().flat_map(|line| [*line, "\n"]).collect();
    folder.write("pages.jsonl", &pages);
    pages
}

#[test]
fn what_is_foretold_comes_true() {
    for seed in 1..=2 {
        let folder = Folder::new();
        write_pages(&folder, seed);
        let advice = advise(&folder, &["pages.jsonl", "--label", "off"]);
        let share = advice["run"]["sample"]["share"].as_f64().expect("a share");
        assert!(share < 0.5, "{share}");
        assert_comes_true(&folder, &advice, "pages.jsonl", "off");
        for what in ["cpu_seconds", "wall_seconds", "disk_bytes", "memory_bytes"] {
            assert!(likely(&advice, what) > 0.0, "{what}");
        }
        // The text lies in the work folder once, and beside it some hundreds of bytes a page.
        let (disk, text) = (likely(&advice, "disk_bytes"), likely(&advice, "text_bytes"));
        let beside = (disk - text) / PAGES as f64;
        assert!((100.0..1000.0).contains(&beside), "{disk} bytes, {beside} a page beside the text of {text}");
    }
}

#[test]
fn labelled_packed_and_piped_input_is_foretold_too() {
    let folder = Folder::new();
    let pages = write_pages(&folder, 3);
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(pages.as_bytes()).expect("a vector takes everything");
    folder.write("pages.jsonl.gz", packed.finish().expect("as above"));
    let labelled = advise(&folder, &["pages.jsonl.gz", "--sample", "30%"]);
    assert_eq!(labelled["run"]["sample"]["all_records"], PAGES as f64);
    assert_comes_true(&folder, &labelled, "pages.jsonl.gz", "on");
    let piped = folder
        .dehusk(["advise", "-", "--json", "--threads", "2", "--sample", "30%"])
        .stdin(std::fs::File::open(folder.join("pages.jsonl.gz")).expect("it was written"))
        .output()
        .expect("the program starts");
    let piped = json(&Run(piped));
    assert_eq!(piped["run"]["forecast"]["documents"], labelled["run"]["forecast"]["documents"]);
    assert_eq!(piped["run"]["forecast"]["candidates"], labelled["run"]["forecast"]["candidates"]);
}

#[test]
fn a_sample_of_all_is_no_estimate() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(300, 4) + "not JSON\n");
    folder.write("page.txt", "The ferry leaves at nine.\n");
    let advice = advise(&folder, &["pages.jsonl", "page.txt", "--label", "off"]);
    let forecast = &advice["run"]["forecast"];
    folder.succeed([
        "clean",
        "pages.jsonl",
        "page.txt",
        "-o",
        "corpus.jsonl",
        "--label",
        "off",
        "-q",
        "--max-rejects",
        "1",
        "--report",
        "report.json",
    ]);
    let report: Value = serde_json::from_slice(&folder.read("report.json")).expect("JSON");
    let exactly = |value: &Value| {
        let value = value.as_f64();
        serde_json::json!({ "likely": value, "low": value, "high": value })
    };
    assert_eq!(forecast["documents"], exactly(&report["documents"]["read"]));
    assert_eq!(forecast["rejected"], exactly(&report["rejects"]["total"]));
    assert_eq!(forecast["candidates"], exactly(&report["search"]["candidates"]));
    assert_eq!(forecast["verified"], exactly(&report["search"]["verified"]));
    assert_eq!(likely(&advice, "corpus_bytes"), folder.read("corpus.jsonl").len() as f64);
}

#[test]
fn one_family_of_copies_does_not_grow_with_the_square() {
    let folder = Folder::new();
    let mut random = Random(9);
    let template = random.sentence(300);
    let pages: String = (0..PAGES)
        .map(|n| {
            let text =
                if n % 2 == 0 { format!("{template} {}", random.sentence(4)) } else { random.sentence(300) };
            format!("{}\n", serde_json::json!({ "id": n.to_string(), "text": text }))
        })
        .collect();
    folder.write("pages.jsonl", pages);
    let advice = advise(&folder, &["pages.jsonl", "--label", "off", "--sample", "10%"]);
    assert_comes_true(&folder, &advice, "pages.jsonl", "off");
}

#[test]
fn nothing_is_left_behind_and_what_makes_no_sense_is_refused() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(200, 5));
    let table = folder.succeed(["advise", "pages.jsonl", "--label", "off", "--sample", "20%"]);
    let table = String::from_utf8(table.0.stdout).expect("text");
    assert!(table.contains("the sample holds only"), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert_eq!(folder.names(), ["pages.jsonl"]);
    for args in [
        &["advise", "--sample", "5%"][..],
        &["advise", "pages.jsonl", "--sample", "0"],
        &["advise", "pages.jsonl", "--threshold", "0"],
        &["advise", "none.jsonl"],
    ] {
        assert_eq!(folder.run(args).code(), Some(2), "{args:?}");
    }
}

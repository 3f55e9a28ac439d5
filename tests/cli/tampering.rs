//! `verify` passes on what `clean` wrote, and on nothing else.

use std::ops::Range;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use crate::program::{Folder, jsonl, package};

/// The seeds as one JSONL file, and the decisions on them.
fn cleaned() -> Folder {
    let folder = Folder::new();
    let seeds = crate::program::files("seeds", "txt");
    folder.write("pages.jsonl", jsonl(seeds.iter().map(|(id, text)| (id.as_str(), text.as_str()))));
    folder.succeed(["clean", "pages.jsonl", "-o", "corpus.jsonl", "--decisions", "decisions.jsonl", "-q"]);
    folder
}

/// A fixed seed: the same positions on every run and every machine.
fn runner() -> TestRunner {
    TestRunner::new(ProptestConfig {
        cases: 48,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    })
}

/// `verify` must end with 1 and name the document of the line that was changed.
fn refuses(folder: &Folder, line: &str) {
    let run = folder.run(["verify", "pages.jsonl", "--decisions", "decisions.jsonl"]);
    assert_eq!(run.code(), Some(1), "{}", run.stderr());
    let id = line.split('"').nth(3).expect("a line begins with its id");
    assert!(run.stderr().contains(id), "{} does not name {id}", run.stderr());
}

/// The line around a byte.
fn line_of(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    text[start..].lines().next().unwrap_or_default()
}

/// The digits of every offset in the decisions.
fn offsets(decisions: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for key in ["\"start\":", "\"end\":"] {
        for (at, _) in decisions.match_indices(key) {
            let start = at + key.len();
            let length = decisions[start..].bytes().take_while(u8::is_ascii_digit).count();
            found.push(start..start + length);
        }
    }
    found
}

#[test]
fn any_changed_digit_of_an_offset_is_found() {
    let folder = cleaned();
    let decisions = String::from_utf8(folder.read("decisions.jsonl")).expect("decisions are UTF-8");
    let digits: Vec<usize> = offsets(&decisions).into_iter().flatten().collect();
    assert!(digits.len() > 400);
    let change = (prop::sample::select(digits), 1..10u8);
    let property = |(at, by): (usize, u8)| {
        let mut changed = decisions.clone().into_bytes();
        changed[at] = b'0' + (changed[at] - b'0' + by) % 10;
        folder.write("decisions.jsonl", &changed);
        refuses(&folder, line_of(&decisions, at));
        Ok(())
    };
    runner().run(&change, property).expect("every change is found");
}

#[test]
fn any_changed_letter_of_a_source_is_found() {
    let folder = cleaned();
    let pages = String::from_utf8(folder.read("pages.jsonl")).expect("the pages are UTF-8");
    // Inside the texts, away from keys, ids and escapes.
    let letters: Vec<usize> = pages
        .char_indices()
        .filter(|&(at, c)| c.is_ascii_lowercase() && pages[..at].ends_with(|c: char| c.is_ascii_lowercase()))
        .map(|(at, _)| at)
        .filter(|&at| line_of(&pages, at).len() > 100 && !pages[..at].ends_with("\\n"))
        .filter(|&at| pages[..at].rfind("\"text\":\"") > pages[..at].rfind('\n').or(Some(0)))
        .collect();
    let property = |at: usize| {
        let mut changed = pages.clone().into_bytes();
        changed[at] = if changed[at] == b'q' { b'x' } else { b'q' };
        folder.write("pages.jsonl", &changed);
        refuses(&folder, line_of(&pages, at));
        Ok(())
    };
    runner().run(&prop::sample::select(letters), property).expect("every change is found");
}

#[test]
fn lines_lost_doubled_or_swapped_are_found() {
    let folder = cleaned();
    let decisions = String::from_utf8(folder.read("decisions.jsonl")).expect("decisions are UTF-8");
    let lines: Vec<&str> = decisions.lines().collect();
    let others = [
        [&lines[..2], &lines[3..]].concat(),
        [&lines[..3], &lines[2..]].concat(),
        [&[lines[1], lines[0]], &lines[2..]].concat(),
        Vec::new(),
    ];
    for other in others {
        folder.write("decisions.jsonl", other.join("\n"));
        let run = folder.run(["verify", "pages.jsonl", "--decisions", "decisions.jsonl"]);
        assert_eq!(run.code(), Some(1), "{}", run.stderr());
    }
}

#[test]
fn compressed_outputs_are_read_as_well() {
    let folder = Folder::new();
    let seeds = package().join("seeds");
    let seeds = seeds.to_str().expect("the package's path is UTF-8");
    folder.succeed(["clean", seeds, "-o", "corpus.jsonl.zst", "--decisions", "decisions.jsonl.gz", "-q"]);
    let files = ["verify", seeds, "--decisions", "decisions.jsonl.gz", "--corpus", "corpus.jsonl.zst"];
    folder.succeed(files);
}

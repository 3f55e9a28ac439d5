//! The pages of `fixtures/pages`, all of them one corpus, against the labels they should get.
//!
//! `NAME.expected` holds a line for each block of `NAME.txt`: its label, a tab, and its first words. Where two labels
//! are both right, they are written `one|other`, the better first. A line `= KEY VALUE` at the top says what a field
//! of the corpus line holds; lines that start with `#` are remarks.
//!
//! What the labels get wrong today stands in `wrong-today.list`, so that the expectations can stay true: a new mistake
//! fails the test, and so does one that is mended and still listed.

use serde_json::Value;

use crate::program::{Folder, files, package};

#[test]
fn every_block_has_its_label() {
    let folder = Folder::new();
    let input = package().join("fixtures/pages");
    let input = input.to_str().expect("the package's path is UTF-8");
    folder.succeed(["clean", input, "-o", "corpus.jsonl", "--decisions", "decisions.jsonl"]);
    folder.succeed(["verify", input, "--decisions", "decisions.jsonl", "--corpus", "corpus.jsonl"]);
    let (decisions, corpus) = (folder.lines("decisions.jsonl"), folder.lines("corpus.jsonl"));

    let pages = files("fixtures/pages", "txt");
    let expectations = files("fixtures/pages", "expected");
    assert_eq!(pages.len(), decisions.len());
    assert_eq!(pages.len(), expectations.len());
    let mut wrong = Vec::new();
    for (((name, text), (_, expected)), decision) in pages.iter().zip(&expectations).zip(&decisions) {
        let id = format!("{name}.txt");
        assert_eq!(decision["id"], *id);
        let record = corpus.iter().find(|record| record["id"] == *id);
        let mut report = |what: String| wrong.push(format!("{name}: {what}"));
        check_fields(expected, record, &mut report);
        check_blocks(text, expected, decision, &mut report);
    }
    let known = std::fs::read_to_string(package().join("fixtures/pages/wrong-today.list"))
        .expect("the list is there");
    let known: Vec<&str> = known.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(
        wrong == known,
        "wrong are now\n{}\nand fixtures/pages/wrong-today.list says otherwise",
        wrong.join("\n")
    );
}

fn check_fields(expected: &str, record: Option<&Value>, wrong: &mut impl FnMut(String)) {
    let Some(record) = record else { return wrong("is not in the corpus".to_owned()) };
    for field in expected.lines().filter_map(|line| line.strip_prefix("= ")) {
        let (key, value) = field.split_once(' ').expect("a key and a value");
        let found = record[key].as_str().unwrap_or("null");
        if found != value {
            wrong(format!("{key} is {found}, not {value}"));
        }
    }
}

fn check_blocks(text: &str, expected: &str, decision: &Value, wrong: &mut impl FnMut(String)) {
    let expected: Vec<(&str, &str)> = expected.lines().filter_map(|line| line.split_once('\t')).collect();
    let blocks = decision["blocks"].as_array().expect("blocks");
    let found: Vec<(&str, &str)> = blocks
        .iter()
        .map(|block| {
            let at = |key: &str| block[key].as_u64().expect("an offset") as usize;
            (block["label"].as_str().expect("a label"), &text[at("start")..at("end")])
        })
        .collect();
    for (n, (labels, start)) in expected.iter().enumerate() {
        match found.get(n) {
            Some((_, text)) if !text.starts_with(start) => {
                return wrong(format!("block {n} begins with {:?}, not {start:?}", shorten(text)));
            }
            Some((label, _)) if !labels.split('|').any(|l| l == *label) => {
                wrong(format!("block {n} is {label}, not {labels}: {start}"));
            }
            Some(_) => {}
            None => return wrong(format!("has no block {n}: {start}")),
        }
    }
    for (label, text) in found.iter().skip(expected.len()) {
        wrong(format!("has one block more, {label}: {}", shorten(text)));
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}

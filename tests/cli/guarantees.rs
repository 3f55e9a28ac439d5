//! What a run promises whatever it is given: the same bytes on any machine, the same decisions in any order, and
//! nothing left to clean in what was cleaned.

use std::collections::BTreeMap;

use dehusk::repetition::Occurrence;
use serde_json::Value;

use crate::program::{Folder, jsonl, package};
use crate::words::{Random, corpus};

/// All three outputs of a run, one after the other. The report is among them: it counts the same things.
fn outputs(folder: &Folder, inputs: &[&str], flags: &[&str]) -> [Vec<u8>; 3] {
    const OUTPUTS: [&str; 3] = ["corpus.jsonl", "decisions.jsonl", "report.json"];
    let named = ["-o", OUTPUTS[0], "--decisions", OUTPUTS[1], "--report", OUTPUTS[2], "--overwrite", "-q"];
    folder.succeed(["clean"].iter().chain(inputs).chain(&named).chain(flags));
    OUTPUTS.map(|name| folder.read(name))
}

#[test]
fn the_same_bytes_with_any_number_of_threads() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(3000, 1));
    let one = outputs(&folder, &["pages.jsonl"], &["--threads", "1"]);
    for threads in ["2", "4"] {
        let other = outputs(&folder, &["pages.jsonl"], &["--threads", threads]);
        assert!(one == other, "--threads {threads} gives other bytes than --threads 1");
    }
}

#[test]
fn the_same_bytes_with_little_memory() {
    // Documents of many short paragraphs, so that there is more to sort than the smallest budget holds.
    const DOCUMENTS: usize = 2000;
    const PARAGRAPHS: usize = 200;
    const SMALLEST: usize = 16 << 20; // bytes; `Config::validate` allows no less
    assert!(DOCUMENTS * PARAGRAPHS * size_of::<Occurrence>() > SMALLEST / 2, "nothing would spill");
    let mut random = Random(2);
    let texts: Vec<(String, String)> = (0..DOCUMENTS)
        .map(|n| {
            let paragraphs: Vec<String> = (0..PARAGRAPHS).map(|_| random.sentence(5)).collect();
            (n.to_string(), paragraphs.join("\n\n"))
        })
        .collect();
    let folder = Folder::new();
    folder.write("pages.jsonl", jsonl(texts.iter().map(|(id, text)| (id.as_str(), text.as_str()))));
    let much = outputs(&folder, &["pages.jsonl"], &["--memory", "1GiB"]);
    let little = outputs(&folder, &["pages.jsonl"], &["--memory", "16MiB"]);
    assert!(much == little, "--memory 16MiB gives other bytes than --memory 1GiB");
}

/// Each document's decision without its verdicts: of equals the first one stays, so these go by the order.
fn by_id(folder: &Folder) -> BTreeMap<String, Value> {
    let without_verdict = |value: &mut Value| {
        let fields = value.as_object_mut().expect("an object");
        let verdict = ["action", "reason", "duplicate_of", "similarity", "cluster"];
        verdict.iter().for_each(|field| drop(fields.remove(*field)));
    };
    let decisions = folder.lines("decisions.jsonl");
    decisions
        .into_iter()
        .map(|mut decision| {
            without_verdict(&mut decision);
            decision["blocks"].as_array_mut().expect("blocks").iter_mut().for_each(without_verdict);
            (decision["id"].to_string(), decision)
        })
        .collect()
}

#[test]
fn the_same_labels_in_any_order_of_the_files() {
    let folder = Folder::new();
    let names: Vec<String> = (0..8).map(|n| format!("{n}.jsonl")).collect();
    let lines = corpus(800, 3);
    let lines: Vec<&str> = lines.lines().collect();
    for (name, part) in names.iter().zip(lines.chunks(100)) {
        folder.write(name, part.join("\n"));
    }
    let seeds = package().join("seeds");
    let mut inputs: Vec<&str> = names.iter().map(String::as_str).collect();
    inputs.push(seeds.to_str().expect("the package's path is UTF-8"));
    outputs(&folder, &inputs, &[]);
    let forwards = by_id(&folder);
    assert_eq!(forwards.len(), 805);
    for order in 0..2 {
        if order == 0 {
            inputs.reverse();
        } else {
            inputs.rotate_left(5);
        }
        outputs(&folder, &inputs, &[]);
        let other = by_id(&folder);
        let differing: Vec<_> =
            forwards.iter().filter(|(id, decision)| other.get(*id) != Some(decision)).collect();
        assert!(differing.is_empty(), "{} decisions differ: {:?}", differing.len(), differing[0]);
    }
}

#[test]
fn a_cleaned_corpus_stays_as_it_is() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(500, 4));
    let package = package().display();
    let inputs = ["pages.jsonl", &format!("{package}/seeds"), &format!("{package}/fixtures/pages")];
    let [once, ..] = outputs(&folder, &inputs, &[]);
    folder.write("once.jsonl", &once);
    let [twice, ..] = outputs(&folder, &["once.jsonl"], &[]);
    assert!(once == twice, "cleaning a cleaned corpus changes it");
}

/// What a dropped paragraph leaves of one document can be near another, which shows only the second time: the document
/// then goes whole, for a reason on record, but no text of those that stay changes.
#[test]
fn a_document_that_lost_a_paragraph_may_go_the_second_time_but_no_text_changes() {
    let mut random = Random(5);
    let shared: Vec<String> = (0..3).map(|_| random.sentence(40)).collect();
    let (rest, more) = (random.sentence(40), random.sentence(40));
    let long = format!("{}\n\n{more}", shared.join("\n\n"));
    let shorter = format!("{}\n\n{rest}", shared[..2].join("\n\n"));
    let alone = format!("{rest} And so on.");
    let folder = Folder::new();
    folder.write("pages.jsonl", jsonl([("long", &*long), ("shorter", &*shorter), ("alone", &*alone)]));
    let [once, ..] = outputs(&folder, &["pages.jsonl"], &["--label", "off"]);
    folder.write("once.jsonl", &once);
    let [twice, decisions, ..] = outputs(&folder, &["once.jsonl"], &[]);
    let (once, twice) = (String::from_utf8(once).unwrap(), String::from_utf8(twice).unwrap());
    let dropped: Vec<&str> = once.lines().filter(|line| !twice.contains(line)).collect();
    assert!(dropped.len() == 1 && dropped[0].starts_with("{\"id\":\"shorter\""), "{dropped:?}");
    assert_eq!(twice.lines().count(), 2);
    assert!(
        String::from_utf8(decisions)
            .unwrap()
            .contains("\"reason\":\"near_duplicate\",\"duplicate_of\":\"alone\"")
    );
}

//! Runs of words that several documents have: what the corpus loses by them, and that nobody else does.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::program::{Folder, jsonl};
use crate::words::Random;

const ON: [&str; 4] = ["--set", "dedup.spans.policy=drop", "--set", "dedup.spans.min_words=20"];

/// Pages made of a few sentences in several scripts, so that runs of them repeat inside and across paragraphs.
fn pages(count: usize, seed: u64) -> Vec<(String, String)> {
    let mut random = Random(seed);
    let mut sentences: Vec<String> = (0..40).map(|n| random.sentence(4 + n % 9)).collect();
    sentences.extend(
        [
            "各位乘客请注意，渡船今天不开，明天早上再开。",
            "渡船今天不开！",
            "The crane 🏗️ was lifted (from its rails) and put on a barge.",
            "Le pe\u{301}niche est partie de l'e\u{301}cluse a\u{300} midi.",
            "เรือข้ามฟากจะไม่ออกวันนี้ พรุ่งนี้จะออกตอนเช้า",
            "“Nobody knows who pays for the journey of the crane!” Nobody has asked.",
            "Prices",
            "You need to bring these things along:",
        ]
        .map(str::to_owned),
    );
    let page = |n: usize, random: &mut Random| {
        let mut text = String::new();
        for _ in 0..4 + random.below(20) {
            // Neighbours often follow each other, or nothing would be long enough.
            let first = random.below(sentences.len());
            for sentence in sentences.iter().skip(first).take(1 + random.below(6)) {
                text += sentence;
                text += [" ", " ", " ", "\n\n", "\n"][random.below(5)];
            }
        }
        (n.to_string(), text.trim_end().to_owned())
    };
    (0..count).map(|n| page(n, &mut random)).collect()
}

fn clean(folder: &Folder, pages: &str, flags: &[&str]) -> [Vec<u8>; 3] {
    const OUTPUTS: [&str; 3] = ["corpus.jsonl", "decisions.jsonl", "report.json"];
    let named = ["-o", OUTPUTS[0], "--decisions", OUTPUTS[1], "--report", OUTPUTS[2], "--overwrite", "-q"];
    folder.succeed(["clean", pages, "--label", "off"].iter().chain(&named).chain(&ON).chain(flags));
    OUTPUTS.map(|name| folder.read(name))
}

/// The words of a text as a reader sees them: what stands between white space.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn what_stays_and_what_goes_are_the_source_and_every_copy_stays() {
    let folder = Folder::new();
    let pages = pages(150, 1);
    folder.write("pages.jsonl", jsonl(pages.iter().map(|(id, text)| (id.as_str(), text.as_str()))));
    clean(&folder, "pages.jsonl", &["--set", "dedup.blocks.policy=off"]);
    let verified = ["verify", "pages.jsonl", "--decisions", "decisions.jsonl", "--corpus", "corpus.jsonl"];
    assert!(folder.succeed(verified).stderr().contains("150 documents, every byte accounted for"));

    let sources: BTreeMap<&str, &str> = pages.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    let decisions = folder.lines("decisions.jsonl");
    let corpus: BTreeMap<String, String> = folder
        .lines("corpus.jsonl")
        .iter()
        .map(|line| (line["id"].as_str().unwrap().to_owned(), line["text"].as_str().unwrap().to_owned()))
        .collect();
    let number = |value: &Value| value.as_u64().unwrap() as usize;
    let place = |value: &Value| number(&value["start"])..number(&value["end"]);
    let dropped = |decision: &Value| -> Vec<Value> {
        let spans = decision["spans"].as_array().expect("the key is there when runs are looked for").iter();
        spans.filter(|span| span["action"] == "drop").cloned().collect()
    };
    let by_id: BTreeMap<&str, &Value> = decisions.iter().map(|d| (d["id"].as_str().unwrap(), d)).collect();
    let mut count = 0;
    for (id, text) in &corpus {
        let source = sources[id.as_str()];
        let spans = dropped(by_id[id.as_str()]);
        let mut at = 0;
        let mut kept = Vec::new();
        for span in &spans {
            count += 1;
            let own = place(span);
            kept.extend(words(&source[at..own.start]));
            at = own.end;
            // The copy is equal but for white space and case, and none of it goes.
            let (other, there) = (span["duplicate_of"]["id"].as_str().unwrap(), place(&span["duplicate_of"]));
            let mark = |c: char| !c.is_alphanumeric();
            let plain = |text: &str| words(text).join(" ").trim_matches(mark).to_owned();
            assert_eq!(plain(&source[own.clone()]), plain(&sources[other][there.clone()]));
            for gone in dropped(by_id[other]) {
                let gone = place(&gone);
                assert!(gone.end <= there.start || there.end <= gone.start, "{other} has lost {there:?}");
            }
        }
        kept.extend(words(&source[at..]));
        assert_eq!(words(text), kept, "{id}");
        assert!(!spans.is_empty() || text == source, "{id}");
    }
    assert!(count > 50, "{count}");
}

#[test]
fn the_same_bytes_whatever_the_threads_and_the_memory_and_nothing_left_to_clean() {
    let folder = Folder::new();
    let pages = pages(400, 2);
    folder.write("pages.jsonl", jsonl(pages.iter().map(|(id, text)| (id.as_str(), text.as_str()))));
    let one = clean(&folder, "pages.jsonl", &["--threads", "1"]);
    for flags in [["--threads", "4"], ["--memory", "16MiB"]] {
        assert!(clean(&folder, "pages.jsonl", &flags) == one, "{flags:?}");
    }
    let report: Value = serde_json::from_slice(&one[2]).unwrap();
    assert!(report["duplicate_spans"]["dropped"]["spans"].as_u64() > Some(50), "{report}");

    folder.write("once.jsonl", &one[0]);
    let [twice, ..] = clean(&folder, "once.jsonl", &[]);
    let texts = |corpus: &[u8]| -> BTreeMap<String, String> {
        let lines =
            str::from_utf8(corpus).unwrap().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.map(|line| (line["id"].to_string(), line["text"].to_string())).collect()
    };
    let once = texts(&one[0]);
    // A document that became another's copy when it lost a run may go whole; none changes.
    assert!(texts(&twice).iter().all(|(id, text)| once[id] == *text));
}

#[test]
fn a_span_that_was_tampered_with_is_found() {
    let folder = Folder::new();
    let run = "The old harbour crane was lifted from its rails this morning and put on a barge. It will take the crane \
               to the museum across the bay before the winter.";
    let long =
        format!("The ferry has not left the pier since Monday. {run} Nobody knows who pays for all of it.");
    let short = format!("This is the news from the harbour. {run} The summer fair opens on Sunday.");
    folder.write("pages.jsonl", jsonl([("long", &*long), ("short", &*short)]));
    clean(&folder, "pages.jsonl", &[]);
    let decisions = String::from_utf8(folder.read("decisions.jsonl")).unwrap();
    let verify = ["verify", "pages.jsonl", "--decisions", "decisions.jsonl"];
    folder.succeed(verify);
    let span = decisions.split_once("\"spans\":[{").expect("a run goes").1.split_once("]}").unwrap().0;
    for (from, to, fault) in [
        ("\"start\":35", "\"start\":36", "cuts a word"),
        ("\"start\":35", "\"start\":34", "white space"),
        ("\"words\":30", "\"words\":29", "number of words"),
        ("\"end\":186", "\"end\":999", "character boundaries"),
        ("\"end\":186", "\"end\":35", "no byte"),
    ] {
        assert!(span.contains(from), "{span}");
        let start = decisions.rfind("\"spans\":[{").unwrap();
        let (before, spans) = decisions.split_at(start);
        folder.write("decisions.jsonl", before.to_owned() + &spans.replacen(from, to, 1));
        let run = folder.run(verify);
        assert_eq!(run.code(), Some(1), "{to}");
        assert!(run.stderr().contains(fault), "{to}: {}", run.stderr());
    }
}

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

#[test]
fn a_mark_that_differs_ends_one_run_and_hides_no_other() {
    let folder = Folder::new();
    let mut random = Random(21);
    let (mut pages, mut expected) = (Vec::new(), Vec::new());
    for pair in 0..60 {
        let shared: Vec<String> = (0..30).map(|_| random.sentence(12)).collect();
        let mut other = shared.clone();
        // One copy has a comma more, near the front.
        let words: Vec<&str> = shared[2].split(' ').collect();
        other[2] = format!("{}, {}", words[..6].join(" "), words[6..].join(" "));
        for (name, sentences) in [("a", &shared), ("b", &other)] {
            let own: Vec<String> = (0..3).map(|_| random.sentence(14)).collect();
            pages.push((format!("{name}{pair}"), format!("{} {}", own.join(" "), sentences.join(" "))));
        }
        expected.push(shared[3..].join(" "));
    }
    folder.write("pages.jsonl", jsonl(pages.iter().map(|(id, text)| (id.as_str(), text.as_str()))));
    let [_, decisions, _] =
        clean(&folder, "pages.jsonl", &["--set", "dedup.blocks.policy=off", "--set", "dedup.threshold=1"]);
    let decisions: Vec<Value> = decisions
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).expect("JSON"))
        .collect();
    for (decision, expected) in decisions.chunks(2).zip(expected) {
        let went: Vec<&str> = decision
            .iter()
            .flat_map(|decision| {
                let page = pages.iter().find(|(id, _)| decision["id"] == id.as_str()).expect("its page");
                let spans = decision["spans"].as_array().expect("spans").iter();
                spans.map(move |span| {
                    let at = |key: &str| span[key].as_u64().expect("a place") as usize;
                    &page.1[at("start")..at("end")]
                })
            })
            .collect();
        // A sentence whose last word is short ends nowhere for sure, so the run may begin and end one later.
        let longest = went.iter().filter(|went| expected.contains(**went)).map(|went| went.len()).max();
        assert!(longest.unwrap_or_default() > expected.len() * 2 / 3, "{went:?}");
    }
}

#[test]
fn many_quotes_of_one_long_paragraph_take_no_longer_than_their_text() {
    let folder = Folder::new();
    let mut random = Random(22);
    let sentences: Vec<String> = (0..8000).map(|_| random.sentence(12)).collect();
    let long = sentences.join(" ");
    let quotes: Vec<String> = (0..1500)
        .map(|n| {
            format!("{} {} {}", random.sentence(9), sentences[5 * n..5 * n + 5].join(" "), random.sentence(9))
        })
        .collect();
    let pages =
        std::iter::once(("long".to_owned(), long)).chain((0..).map(|n: usize| n.to_string()).zip(quotes));
    let pages: Vec<(String, String)> = pages.collect();
    folder.write("pages.jsonl", jsonl(pages.iter().map(|(id, text)| (id.as_str(), text.as_str()))));
    let begun = std::time::Instant::now();
    let [_, decisions, _] = clean(&folder, "pages.jsonl", &["--set", "dedup.blocks.policy=off"]);
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    let quotes = decisions.windows(17).filter(|bytes| bytes == b"\"spans\":[{\"start\"").count();
    assert!(quotes > 1200, "{quotes}");
}

//! Decontamination on real runs: what labels remove is not looked at, what goes takes no part, and nothing but the words
//! decides.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::program::{Folder, Run, jsonl};
use crate::words::{Random, corpus};

const QUESTION: &str =
    "Who painted the old harbour crane red on the third of May and had to pay two crowns for it?";
const ARTICLE: &str = "The old harbour crane was lifted from its rails this morning and put on a barge that will take \
    it to the museum across the bay before the winter comes and the ice closes the harbour for a while.";

fn clean(folder: &Folder, flags: &[&str]) -> Run {
    let args = ["clean", "pages.jsonl", "-o", "corpus.jsonl", "--decisions", "decisions.jsonl"];
    let more = ["--contamination", "items.jsonl", "--against", "benchmark.jsonl", "--mode", "ngram"];
    let quiet = ["--overwrite", "-q"];
    folder.run(args.iter().chain(&more).chain(&quiet).chain(flags))
}

fn reason(decision: &Value) -> (&str, Option<&str>) {
    (decision["id"].as_str().expect("an id"), decision["reason"].as_str())
}

/// The items of a benchmark, searched for in the given pages with labels off.
fn items(pages: &[(&str, &str)], benchmark: &[(&str, &str)], flags: &[&str]) -> Vec<Value> {
    let folder = Folder::new();
    folder.write("pages.jsonl", jsonl(pages.iter().copied()));
    folder.write("benchmark.jsonl", jsonl(benchmark.iter().copied()));
    let before = folder.read("benchmark.jsonl");
    let run = clean(&folder, &[&["--label", "off"], flags].concat());
    assert_eq!(run.code(), Some(0), "{}", run.stderr());
    assert_eq!(folder.read("benchmark.jsonl"), before, "a reference is never written to");
    folder.lines("items.jsonl")
}

#[test]
fn what_labels_remove_is_not_looked_at() {
    let folder = Folder::new();
    let page = "Harbour news\n\nThe ferry did not run this week because of the storm, and the islands had no mail.\n\n\
        People hope that it will run again from Monday on, when the wind is expected to turn south.\n\n";
    let teaser = format!("Similar articles\n\n{QUESTION}\nMay 3, 2016");
    let pages = [("teaser", format!("{page}{teaser}\n")), ("text", format!("{page}{QUESTION}\n"))];
    folder.write("pages.jsonl", jsonl(pages.iter().map(|(id, text)| (*id, text.as_str()))));
    folder.write("benchmark.jsonl", jsonl([("q", QUESTION)]));
    assert_eq!(clean(&folder, &["--set", "dedup.enabled=false"]).code(), Some(0));
    let decisions = folder.lines("decisions.jsonl");
    let block = &decisions[0]["blocks"][4];
    assert_eq!(block["action"], "drop", "the test needs an item that labels remove: {block}");
    let reasons: Vec<_> = decisions.iter().map(reason).collect();
    assert_eq!(reasons, [("teaser", None), ("text", Some("contaminated"))]);
    assert_eq!(folder.lines("items.jsonl")[0]["total"], 1);
}

#[test]
fn what_goes_takes_no_part_in_the_search_for_duplicates() {
    let folder = Folder::new();
    let leaked = format!("{ARTICLE}\n\n{QUESTION} The museum would like to know, and so would the town.");
    folder.write("pages.jsonl", jsonl([("leaked", leaked.as_str()), ("again", &leaked), ("own", ARTICLE)]));
    folder.write("benchmark.jsonl", jsonl([("q", QUESTION)]));
    // Without a reference the first one owns the paragraph and is the canonical of its copy.
    folder.succeed([
        "clean",
        "pages.jsonl",
        "-o",
        "plain.jsonl",
        "--decisions",
        "plain.decisions.jsonl",
        "--label",
        "off",
    ]);
    assert_eq!(clean(&folder, &["--label", "off"]).code(), Some(0));
    let decisions = folder.lines("decisions.jsonl");
    let reasons: Vec<_> = decisions.iter().map(reason).collect();
    assert_eq!(reasons, [("leaked", Some("contaminated")), ("again", Some("contaminated")), ("own", None)]);
    assert_eq!(decisions[2]["blocks"][0]["duplicate_of"], Value::Null);
    assert_eq!(decisions[0]["cluster"], Value::Null);
    assert_eq!(folder.lines("corpus.jsonl").len(), 1);
    folder.succeed(["verify", "pages.jsonl", "--decisions", "decisions.jsonl", "--corpus", "corpus.jsonl"]);
    assert_eq!(
        folder.lines("plain.decisions.jsonl").iter().map(reason).nth(1),
        Some(("again", Some("exact_duplicate")))
    );
}

#[test]
fn an_item_in_two_documents_is_told_of_both() {
    let item = format!("{QUESTION} {ARTICLE}");
    let pages =
        [("head", QUESTION), ("tail", ARTICLE), ("none", "The ferry leaves at nine and comes back at noon.")];
    let found = &items(&pages, &[("q", &item)], &[])[0];
    let documents: Vec<Value> = found["documents"]
        .as_array()
        .expect("documents")
        .iter()
        .map(|d| json!([d["id"], d["words"], d["start"], d["end"], d["action"]]))
        .collect();
    let expected = [
        json!(["tail", 39, 0, ARTICLE.len() - 1, "drop"]),
        json!(["head", 20, 0, QUESTION.len() - 1, "keep"]),
    ];
    assert_eq!(documents, expected);
    assert_eq!((&found["total"], &found["contaminated"]), (&json!(2), &json!(1)));
}

#[test]
fn scripts_of_all_kinds_are_found_whatever_their_case_and_punctuation() {
    for (item, page) in [
        (
            "Кто третьего мая тысяча девятьсот двадцать первого года покрасил старый кран в красный цвет?",
            "КТО — третьего мая тысяча девятьсот «двадцать первого» года — покрасил старый кран в красный цвет…",
        ),
        (
            "誰が五月三日に古い港のクレーンを赤く塗ったのでしょうか。",
            "「誰が五月三日に、古い港のクレーンを赤く塗ったのでしょうか」",
        ),
        (
            "من الذي طلى رافعة الميناء القديمة باللون الأحمر في الثالث من مايو عام ألف وتسعمائة",
            "سؤال: من الذي طلى رافعة الميناء القديمة باللون الأحمر، في الثالث من مايو، عام ألف وتسعمائة؟",
        ),
    ] {
        let found = &items(&[("page", page)], &[("q", item)], &[])[0];
        assert_eq!(found["documents"][0]["share"], 1.0, "{found}");
    }
}

#[test]
fn a_shorter_ngram_finds_more() {
    let page =
        "They say that the old harbour crane red on the third of May looked better than it does today.";
    let found = |n| items(&[("page", page)], &[("q", QUESTION)], &["--n", n])[0]["documents"].clone();
    assert_eq!(found("8")[0]["words"], 10);
    assert_eq!(found("8")[0]["action"], "drop");
    assert_eq!(found("13"), json!([]));
}

#[test]
fn an_ngram_that_many_documents_hold_condemns_none_and_copies_count_once() {
    let license =
        "Click here to read the full text of the license under which this page is published online.";
    let item = format!("{license} {QUESTION}");
    let pages: Vec<(String, String)> = (0..12)
        .map(|n| (format!("p{n}"), format!("Page number {n} is about the islands. {license}")))
        .collect();
    let mut pages: Vec<(&str, &str)> = pages.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    // Twenty copies of one page are one page.
    let ids: Vec<String> = (0..20).map(|n| format!("c{n}")).collect();
    pages.extend(ids.iter().map(|id| (id.as_str(), QUESTION)));
    let flags = ["--set", "against.share=0.4", "--set"];
    let found = |most: &str| {
        items(&pages, &[("q", &item)], &[&flags[..], &[&format!("against.max_documents={most}")]].concat())
    };
    let capped = &found("10")[0];
    assert_eq!(
        (&capped["commonplace"], &capped["total"], &capped["contaminated"]),
        (&json!(5), &json!(20), &json!(20))
    );
    let free = &found("0")[0];
    assert_eq!(
        (&free["commonplace"], &free["total"], &free["contaminated"]),
        (&json!(0), &json!(32), &json!(32))
    );
    assert_eq!(free["documents"][0]["id"], "c0");
}

/// A corpus in which some pages hold sentences of the benchmark, and the benchmark.
fn write_run(folder: &Folder) {
    let mut random = Random(3);
    let items: Vec<String> = (0..40).map(|n| random.sentence(6 + n)).collect();
    let mut pages = corpus(400, 9);
    for n in 0..60 {
        let text = format!("{} {} {}", random.sentence(30), items[n % 40], random.sentence(20));
        writeln!(pages, "{}", json!({"id": format!("leak{n}"), "text": text}))
            .expect("a string takes everything");
    }
    folder.write("pages.jsonl", pages);
    let ids: Vec<String> = (0..40).map(|n| format!("q{n}")).collect();
    folder.write(
        "benchmark.jsonl",
        jsonl(ids.iter().map(String::as_str).zip(items.iter().map(String::as_str))),
    );
}

const OUTPUTS: [&str; 3] = ["corpus.jsonl", "decisions.jsonl", "items.jsonl"];

fn outputs(folder: &Folder) -> Vec<Vec<u8>> {
    OUTPUTS.iter().map(|name| folder.read(name)).collect()
}

#[test]
fn the_bytes_are_the_same_at_any_thread_count_and_memory_and_each_line_is_valid() {
    let folder = Folder::new();
    write_run(&folder);
    assert_eq!(clean(&folder, &["--threads", "1"]).code(), Some(0));
    let expected = outputs(&folder);
    for flags in [["--threads", "5", "--memory", "16MiB"], ["--threads", "2", "--memory", "1GiB"]] {
        assert_eq!(clean(&folder, &flags).code(), Some(0));
        assert!(outputs(&folder) == expected, "{flags:?}");
    }
    for (kind, name) in [
        (dehusk::schema::Kind::Contamination, "items.jsonl"),
        (dehusk::schema::Kind::Decisions, "decisions.jsonl"),
    ] {
        let schema = serde_json::from_str(dehusk::schema::text(kind)).expect("a schema is JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        folder.lines(name).iter().for_each(|line| assert!(validator.is_valid(line), "{line}"));
    }
    let statuses: Vec<Value> =
        folder.lines("items.jsonl").iter().map(|item| item["status"].clone()).collect();
    let count = |status: &str| statuses.iter().filter(|found| *found == status).count();
    assert_eq!((count("too_short"), count("contaminated")), (2, 38));
    folder.succeed(["verify", "pages.jsonl", "--decisions", "decisions.jsonl", "--corpus", "corpus.jsonl"]);
}

#[test]
fn a_resumed_run_ends_in_the_same_bytes_and_another_reference_is_another_run() {
    let folder = Folder::new();
    write_run(&folder);
    assert_eq!(clean(&folder, &[]).code(), Some(0));
    let expected = outputs(&folder);
    let at_once = ["--resume", "--set", "run.checkpoint_seconds=0"];
    let stop = [
        "--set",
        "guard.action=stop",
        "--set",
        "guard.source_documents=0.01",
        "--set",
        "guard.min_documents=1",
    ];
    assert_eq!(clean(&folder, &[&at_once[..], &stop].concat()).code(), Some(4));
    for other in [["--n", "8"], ["--set", "against.share=0.9"], ["--set", "against.action=mark"]] {
        let refused = clean(&folder, &[&at_once[..], &other].concat());
        assert_eq!(refused.code(), Some(4));
        assert!(refused.stderr().contains("another configuration"), "{}", refused.stderr());
    }
    let benchmark = folder.read("benchmark.jsonl");
    folder.write("benchmark.jsonl", [benchmark.as_slice(), b"{\"text\":\"one more\"}\n"].concat());
    let refused = clean(&folder, &at_once);
    assert!(
        refused.code() == Some(4) && refused.stderr().contains("another index or reference"),
        "{}",
        refused.stderr()
    );
    folder.write("benchmark.jsonl", &benchmark);
    // Written anew, it has another time, which is what tells files apart: the run starts over.
    assert_eq!(clean(&folder, &stop).code(), Some(4));
    assert_eq!(clean(&folder, &[&["--set", "run.checkpoint_seconds=0"], &stop[..]].concat()).code(), Some(4));
    let resumed = clean(&folder, &at_once);
    assert_eq!(resumed.code(), Some(0), "{}", resumed.stderr());
    assert!(outputs(&folder) == expected);
}

#[test]
fn a_reference_larger_than_memory_is_refused_with_what_to_do() {
    let folder = Folder::new();
    folder.write("pages.jsonl", jsonl([("a", ARTICLE)]));
    let mut random = Random(7);
    let item = (0..2000).map(|_| random.sentence(30)).collect::<Vec<_>>().join(" ");
    folder.write("benchmark.jsonl", jsonl([("q", item.as_str()), ("r", "one")]));
    let run = clean(&folder, &["--label", "off", "--memory", "16MiB"]);
    assert_eq!(run.code(), Some(2));
    assert!(
        run.stderr().contains("take a quarter of run.memory = 16MiB; give more with --memory"),
        "{}",
        run.stderr()
    );
    assert!(!folder.names().contains(&"corpus.jsonl".to_owned()));
    assert_eq!(clean(&folder, &["--label", "off", "--memory", "64MiB"]).code(), Some(0));
}

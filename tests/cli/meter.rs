//! The meter: it looks at what a run found and changes nothing of it.

use serde_json::Value;

use crate::program::Folder;
use crate::words::corpus;

const OUTPUTS: [&str; 3] = ["corpus.jsonl", "decisions.jsonl", "report.json"];

/// Pages that share their paragraphs have titles and teasers of their own, and a similarity of 0.5 to 0.6.
const SETTING: [&str; 4] = ["--label", "off", "--set", "dedup.threshold=0.5"];

/// The outputs of a run over `pages.jsonl`.
fn clean(folder: &Folder, flags: &[&str]) -> [Vec<u8>; 3] {
    let named = ["-o", OUTPUTS[0], "--decisions", OUTPUTS[1], "--report", OUTPUTS[2], "--overwrite", "-q"];
    folder.succeed(["clean", "pages.jsonl"].iter().chain(&SETTING).chain(&named).chain(flags));
    OUTPUTS.map(|name| folder.read(name))
}

fn report(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("a report is JSON")
}

#[test]
fn only_the_report_says_that_it_was_asked_for() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(2000, 11));
    let without = clean(&folder, &[]);
    let with = clean(&folder, &["--meter=500"]);
    assert!(without[..2] == with[..2], "the corpus and the decisions are the same bytes");
    let (mut told, silent) = (report(&with[2]), report(&without[2]));
    let quality = told.as_object_mut().expect("an object").remove("quality").expect("the meter's finding");
    assert_eq!(told, silent);

    assert_eq!(quality["sample"], 500);
    let strata = quality["strata"].as_array().expect("a list");
    let sum = |key: &str| strata.iter().map(|stratum| stratum[key].as_u64().expect("a count")).sum::<u64>();
    assert_eq!(sum("checked"), 500);
    let (kept, near) = (&told["documents"]["kept"], &told["documents"]["dropped"]["near_duplicate"]);
    assert_eq!(strata[0]["documents"], *near);
    assert_eq!(sum("documents"), kept.as_u64().expect("a count") + near.as_u64().expect("a count"));
    assert!(near.as_u64() > Some(20), "{near} near-duplicates say something");
    assert_eq!(quality["precision"]["estimate"], 1.0);
    assert!(quality["recall"]["low"].as_f64() > Some(0.5), "{quality}");

    let all = &report(&clean(&folder, &["--meter"])[2])["quality"];
    assert_eq!(all["sample"], 4000, "so many are the default");
    assert_eq!(all["missed"]["low"], all["missed"]["high"], "who was compared with all leaves nothing open");
}

#[test]
fn neither_threads_nor_memory_change_what_it_says() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(2000, 12));
    let one = clean(&folder, &["--meter=300", "--threads", "1", "--memory", "1GiB"]);
    for flags in [["--threads", "3", "--memory", "16MiB"], ["--threads", "2", "--memory", "1GiB"]] {
        assert!(one == clean(&folder, &[&["--set", "meter.sample=300"], &flags[..]].concat()), "{flags:?}");
    }
}

#[test]
fn a_run_that_was_stopped_goes_on_with_a_meter() {
    let folder = Folder::new();
    let pages = corpus(600, 13);
    let copies = pages.lines().take(200).map(|line| line.replacen("\"id\":\"", "\"id\":\"copy ", 1) + "\n");
    folder.write("pages.jsonl", pages.clone() + &copies.collect::<String>());
    let expected = clean(&folder, &["--meter=100"]);
    let stop = [
        "--set",
        "run.checkpoint_seconds=0",
        "--set",
        "guard.action=stop",
        "--set",
        "guard.source_documents=0.01",
    ];
    let args = ["clean", "pages.jsonl", "-o", "corpus.jsonl", "--overwrite", "-q"];
    assert_eq!(folder.run(args.iter().chain(&SETTING).chain(&stop)).code(), Some(4), "a guard stops it");
    assert!(expected == clean(&folder, &["--resume", "--meter=100"]));
}

#[test]
fn where_nothing_is_looked_for_there_is_nothing_to_say() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(50, 14));
    let said = clean(&folder, &["--meter", "--dedup", "off"]);
    assert_eq!(report(&said[2])["quality"], Value::Null);
}

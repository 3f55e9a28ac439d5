//! The folder of an index: what is in it, what is not its own, and by what an instalment is known.

use std::fs;

use super::stats;
use crate::program::{Folder, Run, jsonl};
use crate::words::{Random, corpus};

/// `clean` of a file with this index, its outputs named after it.
fn clean_into(folder: &Folder, input: &str, flags: &[&str]) -> Run {
    let out = format!("{input}.out");
    let (corpus, decisions) = (format!("{out}.jsonl"), format!("{out}.decisions.jsonl"));
    let own = ["clean", input, "-o", &corpus, "--decisions", &decisions, "--index", "seen", "--overwrite"];
    folder.run(own.iter().chain(&["--label", "off", "--set", "guard.action=off"]).chain(flags))
}

/// Thirty pages with ids of their own.
fn of_part(part: u64) -> String {
    corpus(30, 1 + part).replace("{\"id\":\"", &format!("{{\"id\":\"{part}-"))
}

#[test]
fn nothing_that_is_not_its_own_is_touched() {
    let folder = Folder::new();
    folder.write("a.jsonl", corpus(20, 1));
    for strange in ["seen/layer-0/weights.bin", "seen/index.html", "seen/layer-x/rows", "seen/notes/lock"] {
        folder.write(strange, "mine");
        let run = clean_into(&folder, "a.jsonl", &[]);
        assert_eq!(run.code(), Some(2), "{}", run.stderr());
        assert!(run.stderr().contains("which is nothing of an index"), "{}", run.stderr());
        assert_eq!(folder.read(strange), b"mine");
        fs::remove_dir_all(folder.join("seen")).expect("it was made");
    }
    assert_eq!(clean_into(&folder, "a.jsonl", &[]).code(), Some(0));
    folder.write("seen/layer-77/weights.bin", "mine");
    folder.write("b.jsonl", corpus(20, 2));
    let run = clean_into(&folder, "b.jsonl", &[]);
    assert_eq!(run.code(), Some(2), "{}", run.stderr());
    assert_eq!(folder.read("seen/layer-77/weights.bin"), b"mine");
    fs::remove_dir_all(folder.join("seen/layer-77")).expect("it was made");
    // What is read or written in there would be in the way.
    fs::copy(folder.join("b.jsonl"), folder.join("seen/b.jsonl")).expect("a file");
    for args in [["seen/b.jsonl", "x.jsonl"], ["b.jsonl", "seen/x.jsonl"]] {
        let run = folder.run(["clean", args[0], "-o", args[1], "--index", "seen", "--label", "off"]);
        assert_eq!(run.code(), Some(2), "{}", run.stderr());
        assert!(run.stderr().contains("stands in the folder of the index"), "{}", run.stderr());
    }
}

#[test]
fn an_index_without_its_manifest_is_left_as_it_is() {
    let folder = Folder::new();
    for part in 0..2 {
        folder.write(&format!("{part}.jsonl"), of_part(part));
        assert_eq!(clean_into(&folder, &format!("{part}.jsonl"), &[]).code(), Some(0));
    }
    let manifest = folder.read("seen/index");
    fs::remove_file(folder.join("seen/index")).expect("it is there");
    folder.write("2.jsonl", of_part(2));
    let run = clean_into(&folder, "2.jsonl", &[]);
    assert_eq!(run.code(), Some(2), "{}", run.stderr());
    assert!(run.stderr().contains("has lost its file index"), "{}", run.stderr());
    folder.write("seen/index", manifest);
    folder.succeed(["index", "verify", "seen"]);
}

#[test]
fn the_last_instalment_is_known_by_what_it_holds() {
    let folder = Folder::new();
    for part in 0..3 {
        folder.write(&format!("{part}.jsonl"), of_part(part));
    }
    for part in ["0.jsonl", "1.jsonl", "2.jsonl"] {
        assert_eq!(clean_into(&folder, part, &[]).code(), Some(0));
    }
    let (expected, before) = (folder.read("2.jsonl.out.jsonl"), stats(&folder));
    // Another time, another spelling, another name.
    folder.write("2.jsonl", of_part(2));
    for again in ["2.jsonl", "./2.jsonl"] {
        let run = clean_into(&folder, again, &[]);
        assert!(run.code() == Some(0) && run.stderr().contains("made again"), "{}", run.stderr());
        assert_eq!(stats(&folder), before);
        assert_eq!(folder.lines(&format!("{again}.out.jsonl")).len(), 30);
    }
    assert!(folder.read("2.jsonl.out.jsonl") == expected, "./ is no other path");
    fs::copy(folder.join("0.jsonl"), folder.join("copy.jsonl")).expect("a file");
    let run = clean_into(&folder, "copy.jsonl", &[]);
    assert!(run.stderr().contains("has these inputs as instalment 1 of 3 already"), "{}", run.stderr());
    // An instalment with nothing in it leaves the last one to be taken back.
    folder.write("empty.jsonl", "");
    assert_eq!(clean_into(&folder, "empty.jsonl", &[]).code(), Some(0));
    assert_eq!(stats(&folder), before);
    folder.succeed(["index", "undo", "seen"]);
    let layers = fs::read_dir(folder.join("seen")).expect("it is there").count() - 2;
    assert_eq!(stats(&folder)["layers"], layers, "what was taken back is gone");
}

#[test]
fn what_a_run_lost_to_a_reference_is_news_to_the_next_one() {
    let folder = Folder::new();
    let mut random = Random(13);
    let shared = random.sentence(40);
    let page = |random: &mut Random| format!("{}\n\n{shared}", random.sentence(60));
    for (file, id) in [("d.jsonl", "d"), ("e.jsonl", "e"), ("r.jsonl", "r")] {
        folder.write(file, jsonl([(id, page(&mut random).as_str())]));
    }
    assert_eq!(clean_into(&folder, "d.jsonl", &["--against", "r.jsonl"]).code(), Some(0));
    assert_eq!(folder.lines("d.jsonl.out.decisions.jsonl")[0]["blocks"][1]["duplicate_of"]["id"], "r");
    assert_eq!(clean_into(&folder, "e.jsonl", &[]).code(), Some(0));
    // The reference has the paragraph, and no corpus does: it stays.
    assert_eq!(folder.lines("e.jsonl.out.decisions.jsonl")[0]["blocks"][1]["action"], "keep");
}

#[test]
fn an_index_that_is_refused_costs_an_interrupted_run_nothing() {
    let folder = Folder::new();
    folder.write("a.jsonl", corpus(200, 1));
    let at_once = ["--set", "run.checkpoint_seconds=0"];
    let stop =
        ["--set", "guard.action=stop", "--set", "guard.min_documents=1", "--set", "guard.source_documents=0"];
    folder.write("b.jsonl", corpus(200, 1).replace("{\"id\":\"", "{\"id\":\"b-"));
    assert_eq!(clean_into(&folder, "a.jsonl", &[]).code(), Some(0));
    let run = clean_into(&folder, "b.jsonl", &[&at_once[..], &stop].concat());
    assert_eq!(run.code(), Some(4), "{}", run.stderr());
    let refused = clean_into(&folder, "b.jsonl", &["--set", "dedup.threshold=0.7"]);
    assert_eq!(refused.code(), Some(2));
    assert!(!refused.stderr().contains("starting over"), "{}", refused.stderr());
    let run = clean_into(&folder, "b.jsonl", &[&at_once[..], &["--resume"]].concat());
    assert!(run.code() == Some(0) && run.stderr().contains("going on"), "{}", run.stderr());
}

#[test]
fn explain_and_guards_know_the_index() {
    let folder = Folder::new();
    folder.write("a.jsonl", corpus(1, 1));
    let text = folder.lines("a.jsonl")[0]["text"].as_str().expect("a text").to_owned();
    folder.write("b.jsonl", jsonl((0..5).map(|n| (["p", "q", "r", "s", "t"][n], text.as_str()))));
    assert_eq!(clean_into(&folder, "a.jsonl", &[]).code(), Some(0));
    let run = clean_into(&folder, "b.jsonl", &["--set", "guard.action=warn", "--set", "guard.copies=4"]);
    let id = folder.lines("a.jsonl")[0]["id"].as_str().expect("an id").to_owned();
    assert!(run.stderr().contains(&format!("{id}: 5 ")), "{}", run.stderr());
    let command = "dehusk explain b.jsonl";
    let shown = run.stderr();
    let shown = shown.lines().find(|line| line.trim().starts_with(command)).expect("a command").trim();
    let explained = folder.succeed(shown.split(' ').skip(1));
    assert!(explained.stdout().contains(&format!("the same main text as {id}")), "{}", explained.stdout());
}

//! `clean --index`: a corpus that comes in instalments is decided as one that came at once, whatever happens on the way.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Instant;

use serde_json::Value;

use crate::program::{Folder, jsonl};
use crate::words::{Random, corpus};

mod folder;

const PARTS: usize = 10;

/// Pages of all kinds: families of copies with more and less in common, texts that come again word for word, paragraphs and
/// ids that do. In input order, cut into ten files of different lengths.
fn write_parts(folder: &Folder, pages: usize, seed: u64) {
    let mut random = Random(seed);
    let mut texts: Vec<Vec<String>> = Vec::new();
    let mut lines: Vec<String> = corpus(pages, seed).lines().map(str::to_owned).collect();
    for n in 0..pages {
        let mut sentences: Vec<String> = match random.below(4) {
            0 if n > 0 => texts[random.below(n)].clone(),
            1 if n > 9 => texts[random.below(9)].clone(),
            _ => (0..12 + random.below(9)).map(|_| random.sentence(11)).collect(),
        };
        for _ in 0..random.below(4) {
            let at = random.below(sentences.len());
            sentences[at] = random.sentence(11);
        }
        let text: Vec<String> = sentences.chunks(4).map(|paragraph| paragraph.join(" ")).collect();
        // One id in fifty comes again.
        let id = if n % 50 == 49 { n - 30 } else { n };
        let line = jsonl([(format!("family-{id}").as_str(), text.join("\n\n").as_str())]);
        let at = random.below(lines.len() + 1);
        lines.insert(at, line.trim_end().to_owned());
        texts.push(sentences);
    }
    let mut start = 0;
    for part in 0..PARTS {
        let end = if part + 1 == PARTS { lines.len() } else { start + random.below(2 * lines.len() / PARTS) };
        let end = end.min(lines.len());
        folder.write(&name(part), lines[start..end].join("\n"));
        start = end;
    }
}

fn name(part: usize) -> String {
    format!("part-{part}.jsonl")
}

fn part_args(part: usize, flags: &[&str]) -> Vec<String> {
    let (input, out, decisions) =
        (name(part), format!("out-{part}.jsonl"), format!("decisions-{part}.jsonl"));
    let own = ["clean", &input, "-o", &out, "--decisions", &decisions, "--index", "seen"];
    let common = ["--max-rejects", "999", "--overwrite", "--set", "guard.action=off"];
    own.iter().chain(&common).chain(flags).map(|arg| (*arg).to_owned()).collect()
}

/// Cleans the parts one after the other; what they keep.
fn in_instalments(folder: &Folder, flags: &[&str]) -> Vec<u8> {
    for part in 0..PARTS {
        folder.succeed(part_args(part, flags));
    }
    kept(folder)
}

fn kept(folder: &Folder) -> Vec<u8> {
    (0..PARTS).flat_map(|part| folder.read(&format!("out-{part}.jsonl"))).collect()
}

fn at_once(folder: &Folder, flags: &[&str]) -> Vec<u8> {
    let mut args: Vec<String> = vec!["clean".to_owned()];
    args.extend((0..PARTS).map(name));
    let common =
        ["-o", "whole.jsonl", "--decisions", "whole-decisions.jsonl", "--overwrite", "--max-rejects", "999"];
    let rank = ["--set", r#"dedup.keep=["first"]"#, "--set", "guard.action=off"];
    args.extend(common.iter().chain(&rank).chain(flags).map(|arg| (*arg).to_owned()));
    folder.succeed(args);
    folder.read("whole.jsonl")
}

/// The decisions without what a later instalment has no way to change: that a kept document has copies; and without where
/// the other document was.
fn comparable(decisions: Vec<Value>) -> Vec<Value> {
    let without = |mut decision: Value| {
        let object = decision.as_object_mut().expect("a decision is an object");
        object.remove("cluster");
        object.remove("duplicate_in");
        for block in object["blocks"].as_array_mut().expect("blocks") {
            if let Some(copy) = block["duplicate_of"].as_object_mut() {
                copy.remove("in");
            }
        }
        decision
    };
    decisions.into_iter().map(without).collect()
}

#[test]
fn ten_instalments_keep_what_one_run_keeps() {
    let settings: [&[&str]; 4] = [
        &[],
        &["--threads", "3", "--memory", "16MiB", "--set", "dedup.threshold=0.6"],
        &["--set", "dedup.threshold=0.85", "--set", "dedup.blocks.policy=\"mark\""],
        &[
            "--set",
            "dedup.blocks.scope=\"site\"",
            "--set",
            "dedup.blocks.min_words=8",
            "--set",
            "dedup.blocks.mask_digits=true",
        ],
    ];
    for (seed, flags) in (1..).zip(settings) {
        let folder = Folder::new();
        write_parts(&folder, 400, seed);
        let flags: Vec<&str> = flags.iter().chain(&["--label", "off"]).copied().collect();
        let whole = at_once(&folder, &flags);
        assert!(in_instalments(&folder, &flags) == whole, "{flags:?}");
        let parts = (0..PARTS).flat_map(|part| folder.lines(&format!("decisions-{part}.jsonl"))).collect();
        let whole = comparable(folder.lines("whole-decisions.jsonl"));
        assert!(comparable(parts) == whole, "{flags:?}");
        let reasons: Vec<&str> = whole.iter().filter_map(|d| d["reason"].as_str()).collect();
        assert!(reasons.contains(&"near_duplicate") && reasons.contains(&"exact_duplicate"), "{flags:?}");
        folder.succeed(["index", "verify", "seen"]);
        // Only as many layers as digits.
        let stats = stats(&folder);
        assert!(stats["layers"].as_u64().expect("a number") <= 8, "{stats}");
        assert_eq!(stats["documents"], folder.lines("whole.jsonl").len());
    }
}

fn stats(folder: &Folder) -> Value {
    let run = folder.succeed(["index", "stats", "seen", "--json"]);
    serde_json::from_slice(&run.0.stdout).expect("stats are JSON")
}

#[test]
fn what_is_dropped_for_an_earlier_instalment_says_so() {
    let folder = Folder::new();
    let page = |n: u64| {
        let mut random = Random(n);
        (0..25).map(|_| random.sentence(12)).collect::<Vec<_>>()
    };
    let shared = Random(77).sentence(30);
    folder.write(
        "part-0.jsonl",
        jsonl([("a", page(1).join(" ").as_str()), ("b", &(page(2).join(" ") + "\n\n" + &shared))]),
    );
    let mut near = page(1);
    near[4] = "Nothing of the sort.".to_owned();
    let other = page(3).join(" ") + "\n\n" + &shared;
    folder.write(
        "part-1.jsonl",
        jsonl([
            ("c", near.join(" ").as_str()),
            ("d", &page(1).join("  ")),
            ("e", &other),
            ("a", "An id again."),
        ]),
    );
    for part in 0..2 {
        folder.succeed(part_args(part, &["--label", "off"]));
    }
    let decisions = folder.lines("decisions-1.jsonl");
    let at =
        |n: usize| (&decisions[n]["reason"], &decisions[n]["duplicate_of"], &decisions[n]["duplicate_in"]);
    assert_eq!(at(0), (&"near_duplicate".into(), &"a".into(), &"index".into()));
    assert_eq!(at(1), (&"exact_duplicate".into(), &"a".into(), &"index".into()));
    assert_eq!(
        decisions[2]["blocks"][1]["duplicate_of"],
        serde_json::json!({ "id": "b", "block": 1, "in": "index" })
    );
    assert_eq!(decisions.len(), 3);
    let rejected = folder.lines("out-1.jsonl.rejects.jsonl");
    assert_eq!((rejected.len(), &rejected[0]["cause"]), (1, &"duplicate_id".into()));
    let told = folder.succeed(["explain", "part-1.jsonl", "--id", "c", "--decisions", "decisions-1.jsonl"]);
    let told = String::from_utf8_lossy(&told.0.stdout).into_owned();
    assert!(told.contains("an earlier run") && told.contains('a'), "{told}");
}

#[test]
fn with_labels_what_repeats_is_learnt_from_instalment_to_instalment() {
    // A line that stands on each page of a site, and once an instalment.
    let page = |n: u64| {
        let mut random = Random(n);
        let body: Vec<String> = (0..4).map(|_| (0..3).map(|_| random.sentence(13) + " ").collect()).collect();
        let text = format!("Harbour ferries timetable office\n\n{}", body.join("\n\n"));
        let line = serde_json::json!({ "id": n.to_string(), "text": text, "url": format!("https://site.example/{n}") });
        line.to_string()
    };
    let folder = Folder::new();
    for part in 0..6 {
        folder.write(&name(part), page(part as u64));
        folder.succeed(part_args(part, &[]));
        let decisions = folder.lines(&format!("decisions-{part}.jsonl"));
        assert_eq!(decisions[0]["blocks"][0]["documents"], part + 1);
        assert_eq!(decisions[0]["blocks"][1]["documents"], 1);
    }
    folder.succeed(["index", "verify", "seen"]);
    // A copy of an earlier page teaches nothing.
    folder.write(&name(6), page(5).replace("\"5\"", "\"again\""));
    folder.succeed(part_args(6, &[]));
    folder.write(&name(7), page(7));
    folder.succeed(part_args(7, &[]));
    assert_eq!(folder.lines("decisions-7.jsonl")[0]["blocks"][0]["documents"], 7);
}

#[test]
fn runs_killed_twenty_times_end_in_the_same_bytes() {
    let folder = Folder::new();
    write_parts(&folder, 1500, 5);
    let flags = ["--label", "off", "--set", "run.checkpoint_seconds=0"];
    let begun = Instant::now();
    let expected = in_instalments(&folder, &flags);
    let each = begun.elapsed() / PARTS as u32;
    assert!(at_once(&folder, &["--label", "off"]) == expected);
    let whole = stats(&folder);
    fs::remove_dir_all(folder.join("seen")).expect("it was made");
    let mut random = Random(6);
    let mut killed = 0;
    while killed < 20 {
        for part in 0..PARTS {
            // With and without --resume; sometimes after the last moment, when all is done but nobody has said so.
            for kill in 0..2 {
                let resume: &[&str] = if kill == 0 { &[] } else { &["--resume"] };
                let mut program = folder
                    .dehusk(part_args(part, &flags))
                    .args(resume)
                    .stderr(Stdio::null())
                    .spawn()
                    .expect("the program starts");
                thread::sleep(each.mul_f64(random.below(130) as f64 / 100.0));
                program.kill().expect("it can be killed, also at its end");
                killed += usize::from(!program.wait().expect("it ends").success());
            }
            let resume: &[&str] = if random.below(2) == 0 { &[] } else { &["--resume"] };
            folder.succeed(part_args(part, &[&flags[..], resume].concat()));
        }
        assert!(kept(&folder) == expected);
        folder.succeed(["index", "verify", "seen"]);
        let again = stats(&folder);
        for key in ["documents", "instalments", "parameters"] {
            assert_eq!(again[key], whole[key]);
        }
        let layers = fs::read_dir(folder.join("seen")).expect("it is there").count();
        assert_eq!(
            layers,
            2 + again["layers"].as_u64().expect("a number") as usize,
            "nothing of killed runs is left"
        );
        fs::remove_dir_all(folder.join("seen")).expect("it was made");
    }
}

#[test]
fn an_index_of_other_parameters_or_no_index_is_refused() {
    let folder = Folder::new();
    write_parts(&folder, 30, 7);
    folder.succeed(part_args(0, &["--label", "off"]));
    let files = |folder: &Folder| {
        let mut found = Vec::new();
        collect(&folder.join("seen"), &mut found);
        found
    };
    let before = files(&folder);
    let refused = |flags: &[&str], says: &[&str]| {
        let run = folder.run(part_args(1, flags));
        assert_eq!(run.code(), Some(2), "{flags:?}: {}", run.stderr());
        for says in says {
            assert!(run.stderr().contains(says), "{flags:?}: {}", run.stderr());
        }
        assert!(files(&folder) == before, "{flags:?}");
        assert!(!folder.join("out-1.jsonl").exists(), "{flags:?}");
    };
    refused(&[], &["label.enabled is true here and false in the index"]);
    refused(
        &["--label", "off", "--set", "dedup.threshold=0.7"],
        &["seen: was made with other parameters: dedup.threshold is 0.7 here and 0.8 in the index"],
    );
    refused(&["--label", "off", "--set", "dedup.shingle_words=4"], &["dedup.shingle_words is 4 here and 5"]);
    refused(
        &["--label", "off", "--set", "dedup.blocks.min_words=9"],
        &["dedup.blocks.min_words is 9 here and 20"],
    );
    refused(&["--label", "off", "--set", "dedup.similarity=\"containment\""], &["containment"]);
    refused(&["--label", "off", "--set", "dedup.keep=[\"newest\"]"], &["dedup.keep"]);
    refused(&["--label", "off", "--dedup", "off"], &["--dedup off"]);
    refused(&["--label", "off", "--set", "dedup.blocks.similarity=0.9"], &["dedup.blocks.similarity"]);

    folder.write("other/notes.txt", "mine");
    let run = folder.run(["clean", "part-1.jsonl", "-o", "x.jsonl", "--label", "off", "--index", "other"]);
    assert_eq!(run.code(), Some(2));
    assert!(
        run.stderr().contains("other: holds notes.txt, which is nothing of an index"),
        "{}",
        run.stderr()
    );
    for action in ["stats", "verify", "undo"] {
        assert_eq!(folder.run(["index", action, "other"]).code(), Some(2));
        assert_eq!(folder.run(["index", action, "nowhere"]).code(), Some(2));
    }
}

fn collect(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.push((path.display().to_string(), fs::read(&path).expect("a file")));
        }
    }
}

#[test]
fn a_damaged_index_is_found_out() {
    let folder = Folder::new();
    write_parts(&folder, 60, 8);
    for part in 0..3 {
        folder.succeed(part_args(part, &["--label", "off"]));
    }
    let mut whole = Vec::new();
    collect(&folder.join("seen"), &mut whole);
    for (path, bytes) in whole.iter().filter(|(path, bytes)| !path.ends_with("lock") && !bytes.is_empty()) {
        let mut damaged = bytes.clone();
        let at = damaged.len() / 2;
        damaged[at] ^= 1;
        fs::write(path, &damaged).expect("it can be written");
        let run = folder.run(["index", "verify", "seen"]);
        assert!(matches!(run.code(), Some(1 | 2)), "{path}: {}", run.stderr());
        let file = path.rsplit("seen/").next().expect("a path");
        assert!(run.stderr().contains(file), "{path}: {}", run.stderr());
        // A file that was cut is noticed by whoever opens it.
        fs::write(path, &bytes[..at]).expect("it can be written");
        let run = folder.run(part_args(3, &["--label", "off"]));
        assert!(matches!(run.code(), Some(2 | 4)), "{path}: {}", run.stderr());
        assert!(run.stderr().contains(file), "{path}: {}", run.stderr());
        fs::write(path, bytes).expect("it can be written");
    }
    folder.succeed(["index", "verify", "seen"]);
    let later = r#"{"format":9}"#;
    folder.write("seen/index", format!("{:032x}\n{later}", xxhash_rust::xxh3::xxh3_128(later.as_bytes())));
    let run = folder.run(part_args(3, &["--label", "off"]));
    assert_eq!(run.code(), Some(2));
    assert!(run.stderr().contains("is of format 9"), "{}", run.stderr());
}

#[test]
fn one_run_at_a_time_and_each_instalment_once() {
    let folder = Folder::new();
    write_parts(&folder, 60, 9);
    for part in 0..3 {
        folder.succeed(part_args(part, &["--label", "off"]));
    }
    // The last one again is made again, with the same result.
    let (expected, before) = (folder.read("out-2.jsonl"), stats(&folder));
    let again = folder.succeed(part_args(2, &["--label", "off"]));
    assert!(again.stderr().contains("made again"), "{}", again.stderr());
    assert!(folder.read("out-2.jsonl") == expected);
    assert_eq!(stats(&folder), before);
    // An earlier one is not.
    let run = folder.run(part_args(1, &["--label", "off"]));
    assert_eq!(run.code(), Some(2));
    assert!(run.stderr().contains("has these inputs as instalment 2 of 3 already"), "{}", run.stderr());
    // Taken back, it is as if it had never been.
    folder.succeed(["index", "undo", "seen"]);
    assert_eq!(folder.run(["index", "undo", "seen"]).code(), Some(2));
    folder.succeed(["index", "verify", "seen"]);
    folder.succeed(part_args(2, &["--label", "off"]));
    assert!(folder.read("out-2.jsonl") == expected);
    // While a run has it, nobody else does.
    crate::faults::named_pipe(&folder, "pipe");
    let mut waits = folder
        .dehusk([
            "clean",
            "part-4.jsonl",
            "-o",
            "x.jsonl",
            "--decisions",
            "pipe",
            "--index",
            "seen",
            "--label",
            "off",
        ])
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let pipe = fs::File::open(folder.join("pipe")).expect("the program opens its end");
    let run = folder.run(part_args(3, &["--label", "off"]));
    assert_eq!(run.code(), Some(2), "{}", run.stderr());
    assert!(run.stderr().contains("seen: is in use by another run"), "{}", run.stderr());
    waits.kill().expect("it still runs");
    waits.wait().expect("it ends");
    drop(pipe);
    folder.succeed(part_args(3, &["--label", "off"]));
}

#[test]
fn a_run_that_fails_or_is_stopped_adds_nothing() {
    let folder = Folder::new();
    write_parts(&folder, 60, 10);
    folder.succeed(part_args(0, &["--label", "off"]));
    let before = stats(&folder);
    // Everything is a copy of the first instalment: a guard stops the run.
    let copies = String::from_utf8(folder.read("part-0.jsonl"))
        .expect("UTF-8")
        .replace("{\"id\":\"", "{\"id\":\"again-");
    folder.write("copies.jsonl", copies);
    let stop = ["--set", "guard.action=\"stop\"", "--set", "guard.min_documents=1"];
    let args = ["clean", "copies.jsonl", "-o", "x.jsonl", "--index", "seen", "--label", "off"];
    let run = folder.run(args.iter().chain(&stop));
    assert_eq!(run.code(), Some(4), "{}", run.stderr());
    assert_eq!(stats(&folder), before);
    folder.succeed(["index", "verify", "seen"]);
}

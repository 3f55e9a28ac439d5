//! `clean --against`: what a reference holds goes, and the reference is left alone.

use crate::program::{Folder, jsonl};
use crate::words::{Random, corpus};

/// Two corpora with copies of each other and of themselves, under the same ids.
fn write_both(folder: &Folder) {
    let mut random = Random(11);
    let texts: Vec<Vec<String>> = (0..120).map(|_| (0..14).map(|_| random.sentence(12)).collect()).collect();
    for (file, shift) in [("a.jsonl", 0), ("b.jsonl", 40)] {
        let mut lines = String::new();
        for n in 0..80 {
            let mut text = texts[n + shift].clone();
            for _ in 0..random.below(2) {
                let at = random.below(text.len());
                text[at] = random.sentence(12);
            }
            lines += &jsonl([(format!("page-{n}").as_str(), text.join(" ").as_str())]);
            if n % 9 == 0 {
                lines += &jsonl([(format!("copy-{n}").as_str(), text.join(" ").as_str())]);
            }
        }
        folder.write(file, lines);
    }
}

#[test]
fn what_the_reference_holds_goes_both_ways() {
    let folder = Folder::new();
    write_both(&folder);
    for (own, other) in [("a.jsonl", "b.jsonl"), ("b.jsonl", "a.jsonl")] {
        let reference = folder.read(other);
        let common = [
            "--label",
            "off",
            "--overwrite",
            "--set",
            "guard.action=off",
            "--set",
            "dedup.blocks.policy=\"off\"",
        ];
        let out = ["-o", "out.jsonl", "--decisions", "decisions.jsonl", "--against", other];
        folder.succeed(["clean", own].iter().chain(&out).chain(&common));
        folder.succeed(["verify", own, "--decisions", "decisions.jsonl", "--corpus", "out.jsonl"]);
        assert!(folder.read(other) == reference);
        let kept = folder.lines("out.jsonl");
        assert!(kept.iter().all(|line| line["provenance"]["path"] == own));

        // The same as one run over both in which the reference comes first and is all different. That one is made by
        // removing from it what resembles anything else of it.
        let found = folder.lines("decisions.jsonl");
        let gone = |name: &str| found.iter().filter(|d| d["duplicate_in"] == name).count();
        assert!(gone("reference") > 15, "{}", gone("reference"));
        assert_eq!(gone("index"), 0);
        let renamed = String::from_utf8(reference).expect("UTF-8").replace("{\"id\":\"", "{\"id\":\"ref-");
        folder.write("0-reference.jsonl", renamed);
        let first =
            ["--set", "dedup.keep=[\"first\"]", "-o", "both.jsonl", "--decisions", "both-decisions.jsonl"];
        folder.succeed(["clean", "0-reference.jsonl", own].iter().chain(&first).chain(&common));
        let both = folder.lines("both-decisions.jsonl");
        let both: Vec<_> = both.iter().filter(|decision| decision["path"] == own).collect();
        let out_of_both =
            both.iter().filter(|d| d["duplicate_of"].as_str().is_some_and(|id| id.starts_with("ref-")));
        assert_eq!(gone("reference"), out_of_both.count());
        let both = String::from_utf8(folder.read("both.jsonl")).expect("UTF-8");
        let place = format!("\"provenance\":{{\"path\":\"{own}\"");
        let own_lines: String = both.split_inclusive('\n').filter(|line| line.contains(&place)).collect();
        assert!(own_lines.as_bytes() == folder.read("out.jsonl"));
    }
}

#[test]
fn everything_goes_against_itself_and_nothing_against_a_stranger() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(60, 3));
    folder.write("strangers.jsonl", corpus(60, 4).replace("{\"id\":\"", "{\"id\":\"s-"));
    let common =
        ["--overwrite", "--set", "guard.action=off", "-o", "out.jsonl", "--decisions", "decisions.jsonl"];
    let run = |flags: &[&str]| {
        folder.succeed(["clean", "pages.jsonl"].iter().chain(&common).chain(flags));
        folder.read("out.jsonl")
    };
    for label in ["on", "off"] {
        let alone = run(&["--label", label]);
        assert!(run(&["--label", label, "--against", "strangers.jsonl"]) == alone, "--label {label}");
        let decisions = folder.read("decisions.jsonl");
        for threads in ["1", "4"] {
            assert!(
                run(&[
                    "--label",
                    label,
                    "--against",
                    "strangers.jsonl",
                    "--threads",
                    threads,
                    "--memory",
                    "16MiB"
                ]) == alone
            );
            assert!(folder.read("decisions.jsonl") == decisions);
        }
        assert_eq!(run(&["--label", label, "--against", "pages.jsonl"]), b"");
    }
}

#[test]
fn a_reference_that_cannot_be_used_is_named() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(6, 3));
    for (flags, says) in [
        (&["--against", "nowhere.jsonl"][..], "nowhere.jsonl"),
        (&["--against", "-"], "a reference cannot come from standard input"),
        (&["--against", "pages.jsonl", "--dedup", "off"], "--dedup off"),
        (
            &["--against", "pages.jsonl", "--against-field", "text", "--against-field", "title"],
            "against.text_fields names \"title\" too",
        ),
    ] {
        let run = folder.run(["clean", "pages.jsonl", "-o", "out.jsonl"].iter().chain(flags));
        assert_eq!(run.code(), Some(2), "{flags:?}: {}", run.stderr());
        assert!(run.stderr().contains(says), "{flags:?}: {}", run.stderr());
        assert!(!folder.join("out.jsonl").exists());
    }
    let run =
        folder.run(["clean", "pages.jsonl", "-o", "pages.jsonl", "--against", "pages.jsonl", "--overwrite"]);
    assert_eq!(run.code(), Some(2), "{}", run.stderr());
    // Ids of a reference may come again: both texts count.
    let two = [("x", "Nothing that matters here."), ("x", "And another thing that does not.")];
    folder.write("same-ids.jsonl", jsonl(two));
    folder.write("pages.jsonl", jsonl(two.map(|(_, text)| (&text[..3], text))));
    let run = folder.succeed([
        "clean",
        "pages.jsonl",
        "-o",
        "out.jsonl",
        "--label",
        "off",
        "--against",
        "same-ids.jsonl",
    ]);
    assert!(!run.stderr().contains("rejected") && folder.read("out.jsonl").is_empty(), "{}", run.stderr());
    folder.write("broken.jsonl", "not JSON\n{\"id\": \"x\", \"text\": \"Nothing that matters here.\"}\n");
    let run = folder.succeed([
        "clean",
        "pages.jsonl",
        "-o",
        "out.jsonl",
        "--overwrite",
        "--against",
        "broken.jsonl",
    ]);
    assert!(run.stderr().contains("1 record of the reference cannot be used"), "{}", run.stderr());
}

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
    folder.write("same.jsonl", corpus(60, 3));
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
        assert_eq!(run(&["--label", label, "--against", "same.jsonl"]), b"");
    }
}

#[test]
fn a_reference_that_cannot_be_used_is_named() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(6, 3));
    folder.write("other.jsonl", corpus(6, 4));
    folder.write("nothing.jsonl", "{\"id\": \"x\"}\n");
    for (flags, says) in [
        (&["--against", "nowhere.jsonl"][..], "nowhere.jsonl"),
        (&["--against", "-"], "a reference cannot come from standard input"),
        (&["--against", "pages.jsonl"], "pages.jsonl: is both INPUT and --against"),
        (&["--against", "nothing.jsonl"], "nothing.jsonl: the reference holds no document"),
        (&["--against", "other.jsonl", "--dedup", "off"], "--dedup off"),
        (&["--against", "other.jsonl", "--contamination", "c.jsonl"], "give --mode ngram"),
        (&["--against", "other.jsonl", "--n", "8"], "against.n = 8 is for items"),
        (&["--against", "other.jsonl", "--set", "against.action=mark"], "against.action"),
        (
            &["--against", "other.jsonl", "--set", "dedup.blocks.similarity=0.9"],
            "dedup.blocks.similarity = 0.9",
        ),
        (&["--against", "other.jsonl", "--meter=10"], "leave out --meter"),
        (
            &["--against", "other.jsonl", "--against-field", "text", "--against-field", "title"],
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
    let run =
        folder.run(["clean", "pages.jsonl", "-o", "out.jsonl", "--overwrite", "--against", "broken.jsonl"]);
    assert_eq!(run.code(), Some(3), "{}", run.stderr());
    assert_eq!(folder.lines("out.jsonl.rejects.jsonl")[0]["path"], "broken.jsonl");
}

#[test]
fn another_reference_is_another_run() {
    let folder = Folder::new();
    write_both(&folder);
    folder.write("c.jsonl", corpus(80, 5));
    let args = ["clean", "a.jsonl", "-o", "out.jsonl", "--decisions", "decisions.jsonl", "--label", "off"];
    let clean = |flags: &[&str]| folder.run(args.iter().chain(&["--overwrite"]).chain(flags));
    let whole = ["--against", "b.jsonl", "--set", "guard.action=off"];
    assert_eq!(clean(&whole).code(), Some(0));
    let expected = [folder.read("out.jsonl"), folder.read("decisions.jsonl")];
    let stop = [
        "--set",
        "guard.action=stop",
        "--set",
        "guard.source_documents=0.01",
        "--set",
        "guard.min_documents=1",
    ];
    let at_once = ["--set", "run.checkpoint_seconds=0"];
    assert_eq!(clean(&[&whole[..2], &stop, &at_once].concat()).code(), Some(4));
    for other in [&["--against", "c.jsonl"][..], &[]] {
        let run = clean(&[other, &at_once, &["--resume"]].concat());
        assert_eq!(run.code(), Some(4), "{}", run.stderr());
        assert!(run.stderr().contains("with another index or reference"), "{}", run.stderr());
    }
    let run = clean(&[&whole[..], &at_once, &["--resume"]].concat());
    assert_eq!(run.code(), Some(0), "{}", run.stderr());
    assert!(run.stderr().contains("going on"), "{}", run.stderr());
    assert!([folder.read("out.jsonl"), folder.read("decisions.jsonl")] == expected);
}

#[test]
fn what_goes_for_a_reference_is_explained_from_its_text() {
    let folder = Folder::new();
    let mut random = Random(12);
    let shared: Vec<String> = (0..8).map(|_| random.sentence(12)).collect();
    let paragraph = shared[..3].join(" ");
    let page = |end: &str| format!("{} {end}", shared.join(" "));
    let quotes = format!("{}\n\n{paragraph}", random.sentence(30));
    folder.write("pages.jsonl", jsonl([("near", page("Here it ends.").as_str()), ("quotes", &quotes)]));
    // Under other names than those of the pages.
    let own = [page("There it does."), format!("{}\n\n{paragraph}", random.sentence(40))];
    let own = jsonl([("ref-page", own[0].as_str()), ("ref-quotes", own[1].as_str())]);
    folder.write("reference.jsonl", own.replace("\"text\":", "\"content\":").replace("\"id\":", "\"key\":"));
    let flags = ["--label", "off", "--against", "reference.jsonl", "--against-field", "content", "--set"];
    let flags: Vec<&str> = flags.into_iter().chain(["against.id_field=key"]).collect();
    let explain = |id: &str| {
        let run = folder.succeed(["explain", "pages.jsonl", "--id", id].iter().chain(&flags));
        run.stdout()
    };
    let near = explain("near");
    assert!(near.contains("nearly the main text of ref-page"), "{near}");
    assert!(near.contains("[-There-]"), "{near}");
    assert!(explain("quotes").contains("ref-quotes block 1 has this paragraph"), "{}", explain("quotes"));
}

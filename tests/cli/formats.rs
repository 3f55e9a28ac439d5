//! What goes in and out besides JSON lines: tables, archives, shards. Whether other programs read them is looked at by
//! `tests/readers/readers.py`.

use std::fs;

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_128;

use crate::program::{Folder, jsonl};
use crate::words::corpus;

fn clean(folder: &Folder, input: &str, out: &str, flags: &[&str]) {
    let decisions = format!("{out}.decisions.jsonl");
    let args = ["clean", input, "-o", out, "--decisions", &decisions, "--overwrite", "-q"];
    folder.succeed(args.iter().chain(flags));
}

#[test]
fn a_table_goes_round_and_is_whole_for_every_command() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(300, 1));
    for label in ["on", "off"] {
        let flags = ["--label", label];
        clean(&folder, "pages.jsonl", "corpus.jsonl", &flags);
        let args = [
            "clean",
            "pages.jsonl",
            "-o",
            "corpus.parquet",
            "--decisions",
            "decisions.parquet",
            "--overwrite",
        ];
        folder.succeed(args.iter().chain(&flags));
        let whole = folder.read("corpus.parquet");
        folder.succeed(args.iter().chain(&flags).chain(&["--threads", "5", "--memory", "16MiB"]));
        assert!(folder.read("corpus.parquet") == whole, "the same bytes at any number of threads");
        // Read back, it is the corpus that the lines are.
        clean(&folder, "corpus.parquet", "again.jsonl", &flags);
        assert!(folder.read("again.jsonl") == folder.read("corpus.jsonl"));
        clean(&folder, "corpus.parquet", "again.parquet", &flags);
        assert!(folder.read("again.parquet") == whole);
        folder.succeed([
            "verify",
            "pages.jsonl",
            "--decisions",
            "decisions.parquet",
            "--corpus",
            "corpus.parquet",
        ]);
        let id = folder.lines("corpus.jsonl")[7]["id"].as_str().expect("an id").to_owned();
        let explain = |decisions: &str| {
            folder.succeed(["explain", "pages.jsonl", "--decisions", decisions, "--id", &id]).stdout()
        };
        assert_eq!(explain("decisions.parquet"), explain("corpus.jsonl.decisions.jsonl"));
        let same = folder.succeed(["diff", "decisions.parquet", "corpus.jsonl.decisions.jsonl"]);
        assert!(same.stdout().contains("no change"), "{}", same.stdout());
    }
    let run = folder.run(["clean", "pages.jsonl", "-o", "corpus.parquet.gz"]);
    assert!(run.code() == Some(2) && run.stderr().contains("is compressed inside"), "{}", run.stderr());
}

#[test]
fn metadata_of_any_shape_comes_back_from_a_table_as_it_was() {
    let folder = Folder::new();
    let line = r#"{"id":"a","text":"A page of some words that stays.","big":123456789012345678901,"x":{"y":[1,null,"\u00e9"]}}"#;
    folder.write("pages.jsonl", format!("{line}\n"));
    clean(&folder, "pages.jsonl", "corpus.parquet", &["--label", "off"]);
    clean(&folder, "corpus.parquet", "corpus.jsonl", &["--label", "off"]);
    let text = String::from_utf8(folder.read("corpus.jsonl")).expect("UTF-8");
    assert!(
        text.contains(r#""metadata":{"big":123456789012345678901,"x":{"y":[1,null,"\u00e9"]}}"#),
        "{text}"
    );
}

/// The shards that the manifest names, one behind the other, and how many there are.
fn shards(folder: &Folder, manifest: &str) -> (Vec<u8>, usize) {
    let manifest: Value = serde_json::from_slice(&folder.read(manifest)).expect("JSON");
    let shards = manifest["shards"].as_array().expect("shards");
    let mut whole = Vec::new();
    let mut records = 0;
    for shard in shards {
        let bytes = folder.read(shard["name"].as_str().expect("a name"));
        assert_eq!(shard["bytes"], bytes.len());
        assert_eq!(shard["xxh3_128"], format!("{:032x}", xxh3_128(&bytes)));
        records += shard["records"].as_u64().expect("a number");
        whole.extend(bytes);
    }
    assert_eq!(manifest["records"], records);
    assert_eq!(manifest["bytes"], whole.len());
    (whole, shards.len())
}

#[test]
fn shards_are_the_corpus_in_pieces_and_the_manifest_names_them() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(1500, 2));
    clean(&folder, "pages.jsonl", "whole.jsonl", &[]);
    let expected = folder.read("whole.jsonl");
    clean(&folder, "pages.jsonl", "corpus.jsonl", &["--shard-size", "100kB"]);
    let (pieces, many) = shards(&folder, "corpus.manifest.json");
    assert!(pieces == expected && many > 5, "{many}");
    assert!(!folder.join("corpus.jsonl").exists());
    let first = folder.read("corpus-00000.jsonl");
    assert!(first.len() >= 100_000 && first.len() < 100_000 + (1 << 20) && first.ends_with(b"\n"));
    // As a folder they are read in their order, and with other threads they are the same.
    let manifest = folder.read("corpus.manifest.json");
    clean(&folder, "pages.jsonl", "corpus.jsonl", &["--shard-size", "100kB", "--threads", "5"]);
    assert!(folder.read("corpus.manifest.json") == manifest);
    // Fewer shards leave none of the old ones behind.
    clean(&folder, "pages.jsonl", "corpus.jsonl", &["--shard-size", "400kB"]);
    let (pieces, few) = shards(&folder, "corpus.manifest.json");
    assert!(pieces == expected && few < many);
    let names = folder.names();
    assert_eq!(names.iter().filter(|name| name.starts_with("corpus-")).count(), few, "{names:?}");
    for (out, size) in
        [("packed.jsonl.zst", "64KiB"), ("table.parquet", "64KiB"), ("packed.jsonl.gz", "64KiB")]
    {
        clean(&folder, "pages.jsonl", out, &["--shard-size", size]);
        let stem = out.split('.').next().expect("a name");
        assert!(shards(&folder, &format!("{stem}.manifest.json")).1 > 1, "{out}");
        folder.succeed(["clean", &format!("{stem}-*"), "-o", "back.jsonl", "--overwrite", "-q"]);
        assert_eq!(folder.lines("back.jsonl").len(), folder.lines("whole.jsonl").len(), "{out}");
        folder.names().iter().filter(|name| name.starts_with(stem)).for_each(|name| {
            fs::remove_file(folder.join(name)).expect("a file");
        });
    }
}

#[test]
fn shards_are_verified_as_the_corpus_they_are() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(1500, 2));
    let sharded = ["-o", "corpus.jsonl.zst", "--shard-size", "100kB", "--decisions", "decisions.jsonl", "-q"];
    folder.succeed(["clean", "pages.jsonl"].into_iter().chain(sharded));
    let verify = |corpus: &str| {
        folder.run(["verify", "pages.jsonl", "--decisions", "decisions.jsonl", "--corpus", corpus])
    };
    for name in ["corpus.jsonl.zst", "corpus.manifest.json"] {
        let run = verify(name);
        assert_eq!(run.code(), Some(0), "{}", run.stderr());
    }
    let second = folder.read("corpus-00001.jsonl.zst");
    folder.write("corpus-00001.jsonl.zst", folder.read("corpus-00000.jsonl.zst"));
    let run = verify("corpus.jsonl.zst");
    assert!(run.code() == Some(1) && run.stderr().contains("corpus-00001.jsonl.zst: it"), "{}", run.stderr());
    folder.write("corpus-00001.jsonl.zst", &second[..second.len() / 2]);
    let run = verify("corpus.jsonl.zst");
    assert!(run.code() == Some(1) && run.stderr().contains("corpus-00001.jsonl.zst: it"), "{}", run.stderr());
    fs::remove_file(folder.join("corpus-00001.jsonl.zst")).expect("a file");
    let run = verify("corpus.manifest.json");
    assert!(run.code() == Some(1) && run.stderr().contains("it is not there"), "{}", run.stderr());
    folder.write("corpus-00001.jsonl.zst", second);
    assert_eq!(verify("corpus.jsonl.zst").code(), Some(0));
    folder.write("corpus.manifest.json", "{}");
    let run = verify("corpus.jsonl.zst");
    assert!(run.code() == Some(2) && run.stderr().contains("is no manifest"), "{}", run.stderr());
}

#[test]
fn shards_replace_nothing_unasked_and_are_no_stream() {
    let folder = Folder::new();
    folder.write("pages.jsonl", jsonl([("a", "A page of some words that stays.")]));
    let run = |args: &[&str]| folder.run(["clean", "pages.jsonl", "--label", "off", "-q"].iter().chain(args));
    folder.write("corpus-00003.jsonl", "mine");
    let refused = run(&["-o", "corpus.jsonl", "--shard-size", "1MB"]);
    assert!(
        refused.code() == Some(2) && refused.stderr().contains("corpus-00003.jsonl"),
        "{}",
        refused.stderr()
    );
    assert_eq!(folder.read("corpus-00003.jsonl"), b"mine");
    for (args, says) in [
        (["-o", "-", "--shard-size", "1MB"], "shards are files"),
        (["-o", "other.jsonl", "--shard-size", "1kB"], "must be at least 64KiB"),
    ] {
        let refused = run(&args);
        assert!(refused.code() == Some(2) && refused.stderr().contains(says), "{}", refused.stderr());
    }
    assert_eq!(run(&["-o", "other.jsonl", "--shard-size", "1MB"]).code(), Some(0));
    assert_eq!(run(&["-o", "other.jsonl", "--shard-size", "1MB"]).code(), Some(2));
    assert_eq!(shards(&folder, "other.manifest.json").1, 1);
    // One corpus does not stand there twice.
    let refused = run(&["-o", "other.jsonl", "--overwrite"]);
    assert!(
        refused.code() == Some(2) && refused.stderr().contains("stands in shards"),
        "{}",
        refused.stderr()
    );
    folder.write("one.jsonl", "");
    let refused = run(&["-o", "one.jsonl", "--shard-size", "1MB", "--overwrite"]);
    assert!(refused.code() == Some(2) && refused.stderr().contains("in one file"), "{}", refused.stderr());
}

#[test]
fn foreign_tables_that_cannot_be_used_are_named_and_cost_nobody_else() {
    let folder = Folder::new();
    folder.write("in/a.jsonl", jsonl([("a", "A page of some words that stays.")]));
    folder.write("in/b.parquet", "PAR1 and nothing that follows");
    folder.write("in/c.csv", "id,content\nc,Some words.\n");
    folder.write("in/d.warc", "WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 2\r\n\r\nhi\r\n\r\n");
    folder.write("in/e.tsv", "id\ttext\ne\tAnother page of some words.\n");
    let run = folder.run(["clean", "in", "-o", "out.jsonl", "--label", "off", "-q"]);
    assert_eq!(run.code(), Some(3), "{}", run.stderr());
    let ids: Vec<Value> = folder.lines("out.jsonl").iter().map(|line| line["id"].clone()).collect();
    assert_eq!(ids, ["a", "e"]);
    let rejects = folder.lines("out.jsonl.rejects.jsonl");
    let causes: Vec<&str> = rejects.iter().map(|reject| reject["cause"].as_str().expect("a cause")).collect();
    assert_eq!(causes, ["corrupt_archive", "missing_text", "html_not_read"]);
    assert!(!run.stderr().contains("panicked"), "{}", run.stderr());
}

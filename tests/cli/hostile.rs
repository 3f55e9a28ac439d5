//! Input that means harm, or nothing at all: no byte of it may be lost, and none may bring the program down.

use std::fs::File;
use std::io::Write;
use std::process::Stdio;

use dehusk::segment::segment;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use crate::program::{Folder, jsonl};

fn runner(cases: u32) -> TestRunner {
    let config = ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(11),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new(config)
}

/// Texts made of what pages are made of, in any order: markers, line ends, furniture, scripts, marks, control characters.
fn any_text() -> impl Strategy<Value = String> {
    let pieces: &[&str] = &[
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\u{85}",
        "\u{2028}",
        "\u{a0}",
        "\t",
        "    ",
        "\u{200b}",
        "\u{feff}",
        "\u{7}",
        "\u{1b}[31m",
        "- ",
        "1. ",
        "> ",
        "# ",
        "```",
        "| a | b |",
        "a\tb\tc",
        "====",
        "---",
        "* * *",
        "for (;;) {",
        "Similar articles",
        "April 22, 2016 19:38",
        "Category status:",
        "Photo: A. Nowak",
        "Read more",
        "© 2016",
        "Zobacz także",
        "相关文章",
        "Похожие статьи",
        "اقرأ أيضا",
        "e\u{301}\u{301}\u{301}",
        "👩‍👩‍👧",
        "ﬁ",
        "Ⅳ",
        "ß",
        "İ",
        "ǅ",
        "\u{10ffff}",
        "中文没有空格。",
        "ไทย",
        "A sentence that goes on for a while and then ends.",
        "word",
        ".",
        "…",
        "“",
        "http://a.example/b?c=d",
        "99999999999999999999",
    ];
    let piece = prop_oneof![
        6 => prop::sample::select(pieces.to_vec()).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "[a-z ]{0,90}",
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

#[test]
fn every_byte_of_a_text_is_in_one_block_or_is_white_space() {
    let property = |text: String| {
        let mut at = 0;
        for block in segment(&text) {
            let gap = text.get(at..block.span.start);
            prop_assert!(gap.is_some_and(|gap| gap.chars().all(char::is_whitespace)), "{at} {block:?}");
            let inside = text.get(block.span.start..block.span.end);
            prop_assert!(
                inside.is_some_and(|inside| !inside.is_empty() && inside.trim() == inside),
                "{block:?}"
            );
            at = block.span.end;
        }
        prop_assert!(text[at..].chars().all(char::is_whitespace));
        Ok(())
    };
    runner(400).run(&any_text(), property).expect("the property holds");
}

#[test]
fn whole_runs_lose_nothing_and_change_nothing_the_second_time() {
    let property = |texts: Vec<String>| {
        let folder = Folder::new();
        let ids: Vec<String> = (0..texts.len()).map(|n| n.to_string()).collect();
        folder.write(
            "pages.jsonl",
            jsonl(ids.iter().zip(&texts).map(|(id, text)| (id.as_str(), text.as_str()))),
        );
        let clean = ["clean", "pages.jsonl", "-o", "once.jsonl", "--decisions", "decisions.jsonl", "-q"];
        let code = folder.run(clean).code();
        prop_assert!(matches!(code, Some(0 | 3)), "clean: {code:?}");
        let verify =
            folder.run(["verify", "pages.jsonl", "--decisions", "decisions.jsonl", "--corpus", "once.jsonl"]);
        prop_assert_eq!(verify.code(), Some(0), "{}", verify.stderr());
        let again = folder.run(["clean", "once.jsonl", "-o", "twice.jsonl", "-q"]);
        prop_assert_eq!(again.code(), Some(0), "{}", again.stderr());
        prop_assert!(
            folder.read("once.jsonl") == folder.read("twice.jsonl"),
            "a second cleaning changes the corpus"
        );
        Ok(())
    };
    runner(24).run(&prop::collection::vec(any_text(), 1..24), property).expect("the property holds");
}

/// Bytes, and lines that begin like a record.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..200);
    let record = (any_text(), bytes()).prop_map(|(text, mut bytes)| {
        let mut line = serde_json::json!({ "id": 1, "text": text, "x": [{}] }).to_string().into_bytes();
        let at = bytes.len() * 7 % line.len();
        bytes.truncate(3);
        line.splice(at..at, bytes);
        line.push(b'\n');
        line
    });
    prop_oneof![bytes(), prop::collection::vec(record, 1..6).prop_map(|lines| lines.concat())]
}

#[test]
fn no_bytes_bring_the_program_down() {
    let property = |(bytes, cut): (Vec<u8>, usize)| {
        let folder = Folder::new();
        let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
        gz.write_all(&bytes).expect("a vector takes every byte");
        let gz = gz.finish().expect("as above");
        let zst = zstd::encode_all(&*bytes, 1).expect("as above");
        for (name, bytes) in [("plain", &bytes), ("gz", &gz), ("zst", &zst)] {
            let packed = if name == "plain" { String::new() } else { format!(".{name}") };
            folder.write(&format!("in/{name}.jsonl{packed}"), bytes);
            folder.write(&format!("in/{name}.txt{packed}"), bytes);
            folder.write(&format!("in/{name}-cut.jsonl{packed}"), &bytes[..cut % (bytes.len() + 1)]);
        }
        folder.write("in/liar.jsonl.gz", &bytes);
        folder.write("in/liar.txt.zst", &bytes);
        let clean = ["clean", "in", "-o", "corpus.jsonl", "--decisions", "decisions.jsonl", "-q"];
        let run = folder.run(clean);
        prop_assert!(matches!(run.code(), Some(0 | 3)), "{:?} {}", run.0.status, run.stderr());
        let verify =
            folder.run(["verify", "in", "--decisions", "decisions.jsonl", "--corpus", "corpus.jsonl"]);
        prop_assert_eq!(verify.code(), Some(0), "{}", verify.stderr());
        Ok(())
    };
    runner(24).run(&(any_bytes(), any::<usize>()), property).expect("the property holds");
}

#[test]
fn a_line_of_200_megabytes_is_one_reject() {
    let folder = Folder::new();
    let mut program = folder
        .dehusk(["clean", "-", "-o", "corpus.jsonl", "--label", "off", "-q"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut input = program.stdin.take().expect("it is a pipe");
    let megabyte = vec![b'x'; 1 << 20];
    input
        .write_all(b"{\"id\":\"before\",\"text\":\"One.\"}\n{\"id\":\"long\",\"text\":\"")
        .expect("it reads");
    (0..200).for_each(|_| input.write_all(&megabyte).expect("it reads"));
    input.write_all(b"\"}\n{\"id\":\"after\",\"text\":\"Two.\"}\n").expect("it reads");
    drop(input);
    assert_eq!(program.wait().expect("it ends").code(), Some(3));
    let ids: Vec<_> = folder.lines("corpus.jsonl").iter().map(|record| record["id"].clone()).collect();
    assert_eq!(ids, ["before", "after"]);
    let rejects = folder.lines("corpus.jsonl.rejects.jsonl");
    assert_eq!(rejects.len(), 1);
    assert_eq!((&rejects[0]["cause"], &rejects[0]["record"]), (&"record_too_large".into(), &1.into()));
    assert_eq!(rejects[0]["raw"].as_str().map(str::len), Some(64 << 10));
}

#[test]
fn nesting_without_end_is_no_matter() {
    let folder = Folder::new();
    let deep = "[".repeat(200_000);
    let line = format!("{{\"id\":\"deep\",\"text\":\"One.\",\"x\":{deep}{}}}\n", "]".repeat(200_000));
    folder.write(
        "pages.jsonl",
        format!("{line}{{\"text\":{deep}\n{deep}\n{{\"id\":\"after\",\"text\":\"Two.\"}}\n"),
    );
    let run = folder.run(["clean", "pages.jsonl", "-o", "corpus.jsonl", "--label", "off", "-q"]);
    assert_eq!(run.code(), Some(3), "{}", run.stderr());
    let corpus = String::from_utf8(folder.read("corpus.jsonl")).expect("the corpus is UTF-8");
    assert!(corpus.lines().any(|line| line.starts_with("{\"id\":\"deep\"") && line.contains(&deep)));
    assert!(File::open(folder.join("corpus.jsonl.rejects.jsonl")).is_ok());
}

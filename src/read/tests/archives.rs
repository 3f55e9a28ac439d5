//! CSV, TSV and web archives; and files that inflate too far.

use proptest::prelude::*;

use super::*;

fn rows(name: &str, content: &str) -> Vec<Outcome> {
    outcomes(name, content.as_bytes(), &InputConfig::default())
}

#[test]
fn rows_are_their_fields_under_the_names_of_the_header() {
    let read = rows(
        "x.csv",
        "\u{feff}url,text,note\r\nhttp://a.example/,\"One, \"\"two\"\"\nthree\",n1\r\n\r\n,Four,\n",
    );
    let [first, second] = &read[..] else { panic!("{read:?}") };
    let first = first.as_ref().unwrap();
    assert_eq!((first.text.as_str(), first.id.as_str()), ("One, \"two\"\nthree", "x.csv#0"));
    assert_eq!(first.url.as_deref(), Some("http://a.example/"));
    assert_eq!(first.metadata.0, r#"{"note":"n1"}"#);
    assert_eq!(second.as_ref().unwrap().place.record, 1);
    let read = rows("x.tsv", "id\ttext\na\tOne, two\n");
    assert_eq!(read[0].as_ref().unwrap().text, "One, two");
    let named = InputConfig { text_field: "body".to_owned(), ..InputConfig::default() };
    let read = outcomes("x.csv", b"body,text\nOne,Two\n", &named);
    assert_eq!(read[0].as_ref().unwrap().metadata.0, r#"{"text":"Two"}"#);
}

#[test]
fn a_bad_row_leaves_its_neighbours_alone() {
    let read = rows("x.csv", "id,text\na,One\nb\nc,Two,3\nd,\"Three\ne,Four\n");
    assert_eq!(read[0].as_ref().unwrap().text, "One");
    assert_eq!(read[1..3].iter().map(cause).collect::<Vec<_>>(), ["ragged_row"; 2]);
    assert!(message(&read[2]).contains("the row has 3 fields, and the header 2"));
    // A quote that nothing closes takes the rest, which is told.
    assert_eq!((read.len(), cause(&read[3])), (4, "ragged_row"));
    assert!(message(&read[3]).contains("the file ends in a quote"));
    let read = outcomes("x.csv", b"id,text\na,\xff\nb,Two\n", &InputConfig::default());
    assert_eq!(cause(&read[0]), "invalid_utf8");
    assert!(read[1].is_ok());
    let small = InputConfig { max_record: Size::bytes(20), ..InputConfig::default() };
    let long = format!("id,text\na,{}\nb,Two\n", "x".repeat(1 << 20));
    let read = outcomes("x.csv", long.as_bytes(), &small);
    assert_eq!(cause(&read[0]), "record_too_large");
    assert_eq!(read[1].as_ref().unwrap().text, "Two");
    // A quote inside a field that has none around it is a quote.
    let read = rows("x.csv", "id,text\na,5\" nail");
    assert_eq!((read.len(), read[0].as_ref().unwrap().text.as_str()), (1, "5\" nail"));
    let read = rows("x.csv", "id,text\n5\" nail,\"never closed\nb,Two\n");
    assert_eq!((read.len(), cause(&read[0])), (1, "ragged_row"));
    let read = rows("x.csv", "id,text\r\na,One\r\n\r\n\r\n");
    assert_eq!((read.len(), read[0].as_ref().unwrap().text.as_str()), (1, "One"));
    assert_eq!(cause(&rows("x.csv", "id,text\n\"")[0]), "ragged_row");
    let marked = [gzip(b"\xef\xbb\xbf"), gzip(b"id,text\na,One\n")].concat();
    let read = outcomes("x.csv.gz", &marked, &InputConfig::default());
    assert_eq!((read.len(), read[0].as_ref().unwrap().text.as_str()), (1, "One"));
    let names = format!("id,text,{}\n", "n".repeat(300_000));
    assert!(message(&rows("x.csv", &names)[0]).contains("or more than 256KiB"));
    let wide = format!("id,text\n{}\nb,Two\n", ",".repeat(20_000));
    let read = outcomes("x.csv", wide.as_bytes(), &InputConfig::default());
    assert_eq!(cause(&read[0]), "ragged_row");
    assert!(message(&read[0]).contains("more than 10000 fields"));
    assert_eq!(read[1].as_ref().unwrap().text, "Two");
    for (header, says) in [
        ("text,id,text\n", "two columns are called \"text\""),
        ("id,name\na,b\n", "there is no field \"text\""),
    ] {
        assert!(message(&rows("x.csv", header)[0]).contains(says));
    }
    assert!(rows("x.csv", "").is_empty() && rows("x.csv", "id,text\n").is_empty());
}

/// A record of a web archive.
fn record(kind: &str, headers: &str, content: &str, length: usize) -> String {
    format!("WARC/1.0\r\nWARC-Type: {kind}\r\n{headers}Content-Length: {length}\r\n\r\n{content}\r\n\r\n")
}

fn conversion(id: &str, content: &str) -> String {
    record("conversion", &format!("WARC-Record-ID: <urn:{id}>\r\n"), content, content.len())
}

#[test]
fn converted_pages_are_read_and_the_rest_is_told_of_or_passed_over() {
    let page = concat!(
        "WARC-Target-URI: http://a.example/\r\nWARC-Date: 2024-05-01T10:00:00Z\r\n",
        "WARC-Record-ID: <urn:uuid:1>\r\nWARC-Identified-Content-Language: eng,fra\r\n",
    );
    let archive = [
        record("warcinfo", "", "software: x", 11),
        record("conversion", page, "A page.\nIts end.", 16),
        record("response", "WARC-Target-URI: http://b.example/\r\n", "HTTP/1.1 200 OK", 15),
    ]
    .concat();
    for (name, content) in [
        ("x.wet", archive.clone().into_bytes()),
        (
            "x.warc.gz",
            [
                gzip(&archive.as_bytes()[..archive.len() - 40]),
                gzip(&archive.as_bytes()[archive.len() - 40..]),
            ]
            .concat(),
        ),
    ] {
        let read = outcomes(name, &content, &InputConfig::default());
        let page = read[0].as_ref().unwrap();
        assert_eq!((page.id.as_str(), page.text.as_str()), ("urn:uuid:1", "A page.\nIts end."));
        assert_eq!((page.url.as_deref(), page.place.record), (Some("http://a.example/"), 1));
        assert_eq!(page.metadata.0, r#"{"date":"2024-05-01T10:00:00Z","language":"eng,fra"}"#);
        assert_eq!(cause(&read[1]), "html_not_read");
        assert!(message(&read[1]).ends_with("http://b.example/"));
        assert_eq!(read.len(), 2);
    }
}

#[test]
fn a_wrong_length_costs_one_record_also_where_it_is_more_than_a_record_may_have() {
    let small = InputConfig { max_record: Size::bytes(2000), ..InputConfig::default() };
    let long = "A line of a page.\n".repeat(500);
    for (length, content) in [(9_999_999, "A page."), (12_000, "A page."), (9_999_999, long.as_str())] {
        let archive = [
            conversion("1", "The first page."),
            record("conversion", "WARC-Record-ID: <urn:2>\r\n", content, length),
            conversion("3", "The third page."),
            record("conversion", "", &long, long.len()),
            conversion("5", "The last page."),
        ]
        .concat();
        let read = outcomes("x.wet", archive.as_bytes(), &small);
        let seen: Vec<&str> = read.iter().map(|read| read.as_ref().map_or_else(|_| "-", |d| &d.id)).collect();
        assert_eq!(seen, ["urn:1", "-", "urn:3", "-", "urn:5"], "{length}");
        assert_eq!((cause(&read[1]), cause(&read[3])), ("malformed_warc", "record_too_large"));
    }
}

/// Lengths that are wrong by a little, as of who counts characters for bytes.
#[test]
fn a_length_that_is_nearly_right_costs_one_record() {
    let small = InputConfig { max_record: Size::bytes(60), ..InputConfig::default() };
    for end in ["", "\n", "\n\n", "\r\n\r\n"] {
        for (characters, cfg) in [(40, &InputConfig::default()), (58, &small), (61, &small), (90, &small)] {
            let content = "é".repeat(characters / 2) + end;
            for wrong in (-22..=22_isize).filter(|wrong| ![-4, -2, 0].contains(wrong)) {
                let length = content.len().saturating_add_signed(wrong);
                let archive = [
                    conversion("1", "First."),
                    record("conversion", "WARC-Record-ID: <urn:2>\r\n", &content, length),
                    conversion("3", "Third."),
                    conversion("4", "Fourth."),
                ]
                .concat();
                let read = outcomes("x.wet", archive.as_bytes(), cfg);
                let kept: Vec<&str> = read.iter().flatten().map(|page| page.id.as_str()).collect();
                let others: Vec<&&str> = kept.iter().filter(|id| **id != "urn:2").collect();
                assert_eq!(others, [&"urn:1", &"urn:3", &"urn:4"], "{characters} {end:?} {wrong}: {read:?}");
            }
        }
    }
}

#[test]
fn a_header_may_go_on_in_the_next_line() {
    let folded =
        "WARC-Target-URI:\r\n http://a.example/\r\nX-Note: a\r\n\tb: c\r\nWARC-Record-ID: <urn:1>\r\n";
    let read = rows("x.wet", &record("conversion", folded, "A page.", 7));
    let page = read[0].as_ref().unwrap();
    assert_eq!((page.id.as_str(), page.url.as_deref()), ("urn:1", Some("http://a.example/")));
}

#[test]
fn a_wrong_length_costs_one_record() {
    let wrong = |length: usize| record("conversion", "WARC-Record-ID: <urn:b>\r\n", "Five!", length);
    for (name, length) in [("short", 3), ("long", 9), ("into the next", 13), ("much longer", 140)] {
        let archive =
            [conversion("a", "One."), wrong(length), conversion("c", "Two."), conversion("d", "Three.")];
        let read = rows("x.warc", &archive.concat());
        let shown = brief(&read);
        assert_eq!(read.iter().filter(|outcome| outcome.is_err()).count(), 1, "{name}: {shown:?}");
        assert_eq!(cause(&read[1]), "malformed_warc", "{name}: {shown:?}");
        assert_eq!(read[2].as_ref().unwrap().id, "urn:c", "{name}: {shown:?}");
        assert_eq!(read.len(), 4, "{name}: {shown:?}");
    }
    // Also one that is passed over, and one behind which the file breaks off.
    let info = record("warcinfo", "", "software: x", 9_999_999);
    let read = rows("x.warc", &[info, conversion("a", "One."), conversion("b", "Two.")].concat());
    assert_eq!((read.len(), cause(&read[0])), (3, "malformed_warc"), "{read:?}");
    let lines =
        conversion("a", "One.").replace("\r\n", "\n") + &conversion("b", "Two.").replace("\r\n", "\n");
    assert!(rows("x.wet", &lines).iter().all(Result::is_ok), "line ends are line ends");
    let none = conversion("a", "One.").replace("WARC-Type: conversion\r\n", "");
    assert!(message(&rows("x.wet", &none)[0]).contains("no WARC-Type"));
    let broken = gzip(format!("{}junk\r\n{}", conversion("a", "One."), "x".repeat(100_000)).as_bytes());
    let read = outcomes("x.wet.gz", &broken[..broken.len() - 20], &InputConfig::default());
    assert_eq!(read[1..].iter().map(cause).collect::<Vec<_>>(), ["malformed_warc", "truncated_archive"]);
    let many: String = (0..3000).map(|n| record("conversion", "", &format!("{n}"), 1 << 30)).collect();
    let begun = std::time::Instant::now();
    assert_eq!(rows("x.wet", &many).len(), 3000);
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    let read = rows("x.warc", &[conversion("a", "One."), wrong(1 << 40)].concat());
    assert!(message(&read[1]).contains("bytes before the record does"), "{read:?}");
    let read = rows("x.warc", &format!("No archive.\n{}", conversion("a", "One.")));
    assert!(message(&read[0]).contains("no record begins here") && read[1].is_ok(), "{read:?}");
    let archive = conversion("a", "One.") + &conversion("b", "Two.");
    let packed = gzip(archive.as_bytes());
    let read = outcomes("x.wet.gz", &packed[..packed.len() - 12], &InputConfig::default());
    assert_eq!(cause(read.last().unwrap()), "truncated_archive");
    let small = InputConfig { max_record: Size::bytes(10), ..InputConfig::default() };
    let long = [conversion("a", &"x".repeat(1 << 20)), conversion("b", "Two.")].concat();
    let read = outcomes("x.wet", long.as_bytes(), &small);
    assert_eq!(cause(&read[0]), "record_too_large");
    assert_eq!(read[1].as_ref().unwrap().id, "urn:b");
}

#[test]
fn a_file_that_inflates_too_far_is_refused_and_what_came_before_is_read() {
    let bound = InputConfig { unpack_freely: Size::bytes(100_000), max_ratio: 50, ..InputConfig::default() };
    let bomb = format!("{{\"text\":\"One.\"}}\n{}", "\n".repeat(8 << 20));
    for (name, packed) in [("x.jsonl.gz", gzip(bomb.as_bytes())), ("x.jsonl.zst", zstd(bomb.as_bytes()))] {
        let read = outcomes(name, &packed, &bound);
        assert_eq!(read[0].as_ref().unwrap().text, "One.");
        assert_eq!(cause(&read[1]), "inflates_too_far", "{}", message(&read[1]));
        assert!(message(&read[1]).contains("input.max_ratio = 50"), "{}", message(&read[1]));
        assert_eq!(read.len(), 2);
        let free = InputConfig { max_ratio: 0, ..bound.clone() };
        assert_eq!(outcomes(name, &packed, &free).len(), 1);
        assert_eq!(outcomes(name, &packed, &InputConfig::default()).len(), 1, "it is small");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_an_archive_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0..200_usize) {
        let archive = [conversion("a", "One."), conversion("b", "Two.")].concat().into_bytes();
        let cut = cut.min(archive.len());
        for content in [bytes.clone(), [&archive[..cut], &bytes, &archive[cut..]].concat()] {
            for name in ["x.warc", "x.csv", "x.tsv"] {
                let _ = outcomes(name, &content, &InputConfig::default());
            }
        }
    }

    /// What is quoted as RFC 4180 says comes back.
    #[test]
    fn what_is_quoted_is_read(fields in prop::collection::vec("[a-c\",\n\r ]{0,6}", 1..20)) {
        let quoted = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
        let lines: String = fields.iter().map(|field| format!("x{},{}\n", field.len(), quoted(&format!("t{field}")))).collect();
        let read = rows("x.csv", &format!("note,text\n{lines}"));
        let texts: Vec<_> = read.into_iter().map(|outcome| outcome.unwrap().text).collect();
        prop_assert_eq!(texts, fields.iter().map(|field| format!("t{field}")).collect::<Vec<_>>());
    }
}

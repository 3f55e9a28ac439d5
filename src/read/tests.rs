//! The whole way from a file to its documents and rejects, as a run goes it.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::write::GzEncoder;

use super::*;
use crate::config::{InputConfig, InputFormat, Size};
use crate::document::Document;

mod archives;
mod properties;
#[cfg(feature = "parquet")]
mod tables;

type Outcome = Result<Document, Reject>;

/// Reads files through `discover`, `Batches` and `parse`; checks the numbering on the way.
fn read(paths: &[&Path], cfg: &InputConfig) -> Vec<Outcome> {
    let args: Vec<String> = paths.iter().map(|path| path.to_str().unwrap().to_owned()).collect();
    read_inputs(discover(&args, cfg).unwrap(), cfg)
}

fn read_inputs(inputs: Vec<Input>, cfg: &InputConfig) -> Vec<Outcome> {
    let inputs: Arc<[Input]> = inputs.into();
    let mut outcomes = Vec::new();
    for (number, batch) in Batches::new(Arc::clone(&inputs), cfg).enumerate() {
        assert_eq!((batch.number, batch.first), (number as u64, outcomes.len() as u64));
        outcomes.extend((0..batch.records.len()).map(|i| parse(&batch, i, &inputs, cfg)));
    }
    outcomes
}

/// The outcomes of one file of this name and content.
fn outcomes(name: &str, content: &[u8], cfg: &InputConfig) -> Vec<Outcome> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(name);
    fs::write(&file, content).unwrap();
    read(&[&file], cfg)
}

fn lines(content: &[u8]) -> Vec<Outcome> {
    outcomes("x.jsonl", content, &InputConfig::default())
}

/// The only outcome of a line.
fn line(content: &[u8]) -> Outcome {
    let mut outcomes = lines(content);
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

fn text_file(content: &[u8]) -> Outcome {
    outcomes("x.txt", content, &InputConfig::default()).remove(0)
}

fn cause(outcome: &Outcome) -> &'static str {
    outcome.as_ref().unwrap_err().cause.name()
}

fn message(outcome: &Outcome) -> &str {
    &outcome.as_ref().unwrap_err().message
}

/// `RECORD TEXT` of a document, `RECORD@OFFSET CAUSE` of a reject.
fn brief(outcomes: &[Outcome]) -> Vec<String> {
    let one = |outcome: &Outcome| match outcome {
        Ok(d) => format!("{} {}", d.place.record, d.text),
        Err(r) => format!("{}@{} {}", r.record, r.offset, r.cause),
    };
    outcomes.iter().map(one).collect()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 3).unwrap()
}

#[test]
fn lines_are_counted_as_they_stand_in_the_file() {
    let content = b"\xef\xbb\xbf \r\n{\"text\":\"a\"}\r\n\n\t \nbroken\n{\"text\":\"b\",\"id\":7}";
    let outcomes = lines(content);
    assert_eq!(brief(&outcomes), ["1 a", "4@24 malformed_json", "5 b"]);
    assert_eq!(outcomes[0].as_ref().unwrap().id, "x.jsonl#1");
    assert_eq!(outcomes[1].as_ref().unwrap_err().raw, b"broken");
    assert_eq!(brief(&lines(b"\xef\xbb\xbf{\"text\":\"a\"}\n")), ["0 a"]);
    assert!(lines(b"\n\n").is_empty());
}

#[test]
fn a_limit_counts_rejects_too() {
    let cfg = InputConfig { limit: 2, ..InputConfig::default() };
    let outcomes = outcomes("x.jsonl", b"x\n{\"text\":\"a\"}\n{\"text\":\"b\"}\n", &cfg);
    assert_eq!(brief(&outcomes), ["0@0 malformed_json", "1 a"]);
}

#[test]
fn many_records_make_many_batches() {
    let content: String = (0..3000).map(|i| format!("{{\"text\":\"{i}\"}}\n")).collect();
    let outcomes = lines(content.as_bytes());
    let numbers: Vec<_> = outcomes.iter().map(|d| d.as_ref().unwrap().text.clone()).collect();
    assert_eq!(numbers, (0..3000).map(|i| i.to_string()).collect::<Vec<_>>());
}

#[test]
fn a_record_that_is_too_long_is_rejected_and_the_next_one_is_read() {
    let cfg = InputConfig { max_record: Size::bytes(100_000), ..InputConfig::default() };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.jsonl");
    let mut writer = fs::File::create(&file).unwrap();
    writer.write_all(b"{\"text\":\"a\"}\n").unwrap();
    for _ in 0..70 {
        writer.write_all(&[b'x'; 1 << 20]).unwrap();
    }
    writer.write_all(b"\n{\"text\":\"b\"}\n").unwrap();
    let outcomes = read(&[&file], &cfg);
    assert_eq!(brief(&outcomes), ["0 a", "1@13 record_too_large", "2 b"]);
    assert_eq!(outcomes[1].as_ref().unwrap_err().raw.len(), 64 << 10);
    let cfg = InputConfig { format: InputFormat::Text, ..cfg };
    assert_eq!(brief(&read(&[&file], &cfg)), ["0@0 record_too_large"]);
}

#[test]
fn the_longest_record_is_as_long_as_allowed() {
    let cfg = InputConfig { max_record: Size::bytes(1024), ..InputConfig::default() };
    let of_length = |n: usize| format!("{{\"text\":\"{}\"}}", "x".repeat(n - 11));
    for end in ["", "\n"] {
        let fits = outcomes("x.jsonl", (of_length(1024) + end).as_bytes(), &cfg);
        assert!(fits.len() == 1 && fits[0].is_ok());
        let too_long = outcomes("x.jsonl", (of_length(1025) + end).as_bytes(), &cfg);
        assert_eq!(brief(&too_long), ["0@0 record_too_large"]);
    }
    assert!(outcomes("x.txt", &[b'x'; 1024], &cfg)[0].is_ok());
}

#[test]
fn all_members_and_frames_are_read() {
    let (a, b) = (b"{\"text\":\"a\"}\n{\"te".as_slice(), b"xt\":\"b\"}\n".as_slice());
    let cfg = InputConfig::default();
    assert_eq!(brief(&outcomes("x.jsonl.gz", &[gzip(a), gzip(b)].concat(), &cfg)), ["0 a", "1 b"]);
    assert_eq!(brief(&outcomes("x.jsonl.zst", &[zstd(a), zstd(b)].concat(), &cfg)), ["0 a", "1 b"]);
}

/// Lines that do not compress to nothing, and the length of one.
fn noise() -> (String, u64) {
    let line = |i: u32| format!("{{\"text\":\"{:032x}\"}}\n", xxhash_rust::xxh3::xxh3_128(&i.to_le_bytes()));
    ((0..20_000).map(line).collect(), line(0).len() as u64)
}

#[test]
fn of_a_truncated_archive_the_whole_lines_are_read() {
    let (content, length) = noise();
    for (name, packed) in
        [("x.jsonl.gz", gzip(content.as_bytes())), ("x.jsonl.zst", zstd(content.as_bytes()))]
    {
        let dir = tempfile::tempdir().unwrap();
        let (file, next) = (dir.path().join(name), dir.path().join("y.jsonl"));
        fs::write(&file, &packed[..packed.len() / 2]).unwrap();
        fs::write(&next, "{\"text\":\"next\"}").unwrap();
        let outcomes = read(&[&file, &next], &InputConfig::default());
        let whole = outcomes.len() - 2;
        assert!(whole > 5_000, "{name}: {whole}");
        assert!(outcomes[..whole].iter().all(Result::is_ok));
        let reject = outcomes[whole].as_ref().unwrap_err();
        assert_eq!((reject.cause, reject.record), (Cause::TruncatedArchive, whole as u64));
        assert_eq!(reject.offset, whole as u64 * length);
        assert!(content.as_bytes()[reject.offset as usize..].starts_with(&reject.raw));
        assert_eq!(outcomes[whole + 1].as_ref().unwrap().text, "next");
    }
}

#[test]
fn a_damaged_archive_is_told_from_a_truncated_one() {
    let (content, _) = noise();
    let mut packed = gzip(content.as_bytes());
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    let read_back = outcomes("x.jsonl.gz", &packed, &InputConfig::default());
    assert_eq!(read_back.len(), 20_001);
    assert_eq!(cause(&read_back[20_000]), "corrupt_archive");

    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(content.as_bytes()).unwrap();
    let mut packed = encoder.finish().unwrap();
    let middle = packed.len() / 2;
    packed[middle] ^= 1;
    let read_back = outcomes("x.jsonl.zst", &packed, &InputConfig::default());
    assert!(read_back.len() > 1000);
    assert_eq!(cause(read_back.last().unwrap()), "corrupt_archive");

    for name in ["x.txt.gz", "x.txt.zst"] {
        let cause = cause(&outcomes(name, b"not packed at all", &InputConfig::default())[0]);
        assert_eq!(cause, "corrupt_archive", "{name}");
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_a_reject() {
    let dir = tempfile::tempdir().unwrap();
    let (gone, here) = (dir.path().join("a.jsonl"), dir.path().join("b.txt"));
    fs::write(&gone, "").unwrap();
    fs::write(&here, "text").unwrap();
    let cfg = InputConfig::default();
    let inputs = discover(&[dir.path().to_str().unwrap().to_owned()], &cfg).unwrap();
    fs::remove_file(gone).unwrap();
    assert_eq!(brief(&read_inputs(inputs, &cfg)), ["0@0 unreadable", "0 text"]);
}

/// A folder can be opened like a file on Linux, but not read.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_read_on_is_a_reject() {
    let dir = tempfile::tempdir().unwrap();
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let (path, id) = ("p".into(), "p".to_owned());
        let file = dir.path().to_owned();
        let input = Input { path, file, id, kind: Kind::Jsonl, compression, bytes: 0 };
        assert_eq!(brief(&read_inputs(vec![input], &InputConfig::default())), ["0@0 read_error"]);
    }
}

#[test]
fn standard_input_is_spooled_and_recognised() {
    let dir = tempfile::tempdir().unwrap();
    let jsonl = b"\xef\xbb\xbf \n{\"text\":\"a\"}\n".as_slice();
    for content in [jsonl.to_vec(), gzip(jsonl), zstd(jsonl)] {
        let input = spool(&mut content.as_slice(), dir.path(), &InputConfig::default()).unwrap();
        assert_eq!((&*input.path, &*input.id, input.bytes), ("-", "-", content.len() as u64));
        assert!(!input.awaits_spool());
        let outcomes = read_inputs(vec![input], &InputConfig::default());
        assert_eq!(outcomes[0].as_ref().unwrap().id, "-#1");
    }
    let text = spool(&mut "a {".as_bytes(), dir.path(), &InputConfig::default()).unwrap();
    assert_eq!(text.kind, Kind::Text);
    let forced = InputConfig { format: InputFormat::Text, ..InputConfig::default() };
    assert_eq!(spool(&mut jsonl.to_vec().as_slice(), dir.path(), &forced).unwrap().kind, Kind::Text);
}

#[test]
fn a_text_file_is_one_document_with_its_line_ends_as_they_are() {
    let text = "a\r\nb\rc\u{85}d\u{2028}e\n";
    let marked = [UTF8_MARK, text.as_bytes()].concat();
    let utf16 = |mark: u16, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(mark).chain("naïve 🥜".encode_utf16()).flat_map(bytes).collect()
    };
    for content in [text.as_bytes(), &marked] {
        let document = text_file(content).unwrap();
        assert_eq!((&*document.id, &*document.text), ("x.txt", text));
        assert_eq!(document.source_hash, xxhash_rust::xxh3::xxh3_128(text.as_bytes()));
    }
    assert_eq!(text_file(&utf16(0xfeff, u16::to_le_bytes)).unwrap().text, "naïve 🥜");
    assert_eq!(text_file(&utf16(0xfeff, u16::to_be_bytes)).unwrap().text, "naïve 🥜");
    assert_eq!(cause(&text_file(b"\xff\xfea")), "invalid_utf16");
    assert_eq!(cause(&text_file(b"\xff\xfe\x00\xd8")), "invalid_utf16");
    assert_eq!(message(&text_file(b"\xef\xbb\xbfab\xff")), "not UTF-8 at byte 6");
    assert_eq!(cause(&text_file(b"a\0b")), "nul_byte");
    assert_eq!(cause(&text_file(b"")), "empty_text");
    assert_eq!(cause(&text_file("\u{3000}\u{2028}\n".as_bytes())), "empty_text");
}

#[test]
fn each_bad_line_has_its_cause_and_column() {
    for (content, expected, words) in [
        (r#"{"text":"a""#, "malformed_json", "EOF while parsing an object at column 11"),
        (r#"{"text":"a"} x"#, "malformed_json", "trailing characters at column 14"),
        (r#"[1,"#, "malformed_json", "EOF while parsing a value at column 3"),
        (r#"{"text":"\ud800"}"#, "malformed_json", "unexpected end of hex escape at column 16"),
        (r#" ["text"]"#, "not_an_object", "the line is an array, not an object"),
        ("null", "not_an_object", "the line is null, not an object"),
        (
            r#"{"text":"a","t\u0065xt":"b"}"#,
            "duplicate_field",
            "field \"text\" occurs twice, again at column 13",
        ),
        (r#"{"id":1,"text":"a","id":1}"#, "duplicate_field", "field \"id\" occurs twice, again at column 20"),
        (r#"{"id":"a"}"#, "missing_text", "there is no field \"text\"; it has \"id\""),
        (r#"{}"#, "missing_text", "there is no field \"text\""),
        (r#"{"text":null}"#, "missing_text", "field \"text\" is null at column 9"),
        (r#"{"text": 1e999}"#, "text_not_a_string", "field \"text\" is a number, not a string, at column 10"),
        (r#"{"text":""}"#, "empty_text", "the text is empty"),
        (r#"{"text":" \n\u00a0"}"#, "empty_text", "the text is only white space"),
        (r#"{"text":"ab\u0000"}"#, "nul_byte", "the text holds U+0000, first at its byte 3"),
        (
            r#"{"text":"a","id":[1]}"#,
            "bad_id",
            "field \"id\" is an array, neither a string nor a number, at column 18",
        ),
    ] {
        let outcome = line(content.as_bytes());
        assert_eq!((cause(&outcome), message(&outcome)), (expected, words), "{content}");
        assert_eq!(outcome.unwrap_err().raw, content.as_bytes());
    }
    assert_eq!(message(&line(b"{\"text\":\"\xe9\"}")), "not UTF-8 at column 10");
    assert_eq!(cause(&line(b"{\"text\":\"a\0\"}")), "malformed_json");
}

#[test]
fn ids_are_taken_as_they_are_written() {
    for (id, expected) in [
        (r#""a\u00e9/ ""#, "aé/ "),
        ("18446744073709551617000", "18446744073709551617000"),
        ("-1.50e3", "-1.50e3"),
        ("null", "x.jsonl#0"),
        (r#""""#, "x.jsonl#0"),
    ] {
        let content = format!("{{\"text\":\"a\",\"id\": {id} }}");
        assert_eq!(line(content.as_bytes()).unwrap().id, expected);
    }
}

#[test]
fn other_fields_are_kept_byte_for_byte() {
    let content = r#" { "n" : 1.10e+0400 , "big":123456789012345678901234567890,"text":"a", "n":[1,  {"a" : "\u00E9\/"}],
        "k\u00e9y":"\ud800", "id":"i" ,"url":"http://x/\u002f"} "#
        .replace('\n', "");
    let document = line(content.as_bytes()).unwrap();
    assert_eq!(document.url.as_deref(), Some("http://x//"));
    assert_eq!(
        document.metadata.0,
        r#"{"n":1.10e+0400,"big":123456789012345678901234567890,"n":[1,  {"a" : "\u00E9\/"}],"k\u00e9y":"\ud800"}"#
    );
    let odd_url = line(br#"{"url":["u"],"text":"a","title":"t"}"#).unwrap();
    assert_eq!((odd_url.url, odd_url.metadata.0.as_str()), (None, r#"{"url":["u"],"title":"t"}"#));
    assert_eq!(line(br#"{"url":null,"text":"a"}"#).unwrap().metadata.0, "{}");
}

#[test]
fn fields_have_the_names_that_the_user_gave() {
    let cfg = InputConfig {
        text_field: "body \"x\"".to_owned(),
        id_field: "key".to_owned(),
        url_field: "link".to_owned(),
        ..InputConfig::default()
    };
    let content = br#"{"body \"x\"":"a","key":"k","link":"l","text":"t","id":3}"#;
    let document = outcomes("x.jsonl", content, &cfg).remove(0).unwrap();
    assert_eq!((&*document.text, &*document.id, document.url.as_deref()), ("a", "k", Some("l")));
    assert_eq!(document.metadata.0, r#"{"text":"t","id":3}"#);
}

#[test]
fn deep_nesting_is_no_danger() {
    let deep = |open: &str, close: &str| open.repeat(200_000) + "1" + &close.repeat(200_000);
    let nested = [deep("[", "]"), deep("{\"a\":", "}")];
    for nested in &nested {
        assert!(line(format!("{{\"text\":\"a\",\"x\":{nested}}}").as_bytes()).is_ok());
        assert_eq!(cause(&line(format!("{{\"text\":{nested}}}").as_bytes())), "text_not_a_string");
    }
    assert_eq!(cause(&line(nested[0].as_bytes())), "not_an_object");
    assert_eq!(cause(&line("[".repeat(200_000).as_bytes())), "malformed_json");
}

#[test]
fn a_line_of_our_own_corpus_is_recognised() {
    let own = r#"{"id":"i","text":"a","title":"T\u00e9","date":null,"url":null,"language":"en","metadata":{"n": 1},"provenance":{"path":"p", "record":3,"source_hash":"00"}}"#;
    let document = line(own.as_bytes()).unwrap();
    let cleaned = document.cleaned.unwrap();
    assert_eq!((cleaned.title.as_deref(), cleaned.date), (Some("Té"), None));
    assert_eq!(cleaned.language.as_deref(), Some("en"));
    assert_eq!(cleaned.provenance, r#"{"path":"p", "record":3,"source_hash":"00"}"#);
    assert_eq!(document.metadata.0, r#"{"n": 1}"#);

    let other = [
        own.replace("\"date\":null", "\"date\":1"),
        own.replace("\"metadata\":{\"n\": 1}", "\"metadata\":[]"),
        own.replace("\"record\":3", "\"record\":\"3\""),
        own.replace("\"title\"", "\"t\\u0069tle\""),
        own.replace("{\"id\":\"i\",", "{"),
        own.replacen('{', "{\"more\":1,", 1),
    ];
    for variant in other {
        let document = line(variant.as_bytes()).unwrap();
        assert_eq!(document.cleaned, None, "{variant}");
        assert!(document.metadata.0.contains("provenance"));
    }
    let cfg = InputConfig { url_field: "link".to_owned(), ..InputConfig::default() };
    assert_eq!(outcomes("x.jsonl", own.as_bytes(), &cfg).remove(0).unwrap().cleaned, None);
}

#[test]
fn the_texts_of_a_record_are_its_fields_and_a_list_is_its_strings() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("b.jsonl");
    let content = concat!(
        r#"{"answer":{"text":["b","c"],"start":[1]},"id":7,"question":"a"}"#,
        "\n",
        r#"{"question":null,"answer":["",["x",2,true]]}"#,
        "\n",
        r#"{"question":null,"id":"q"}"#,
        "\n",
        r#"{"question":7}"#,
        "\n",
        r#"{"question":"a","question":"b"}"#,
        "\n[]\n",
    );
    fs::write(&path, content).unwrap();
    let cfg = InputConfig::default();
    let inputs: Arc<[Input]> = discover(&[path.display().to_string()], &cfg).unwrap().into();
    let batch = Batches::new(Arc::clone(&inputs), &cfg).next().unwrap();
    let fields = ["question", "answer"].map(str::to_owned);
    let mut all = (0..batch.records.len()).map(|i| parse_texts(&batch, i, &inputs, &fields, "id"));
    let (id, place, texts) = all.next().unwrap().unwrap();
    assert_eq!((id.as_str(), place.record), ("7", 0));
    assert_eq!(texts, [(Some(0), "a".to_owned()), (Some(1), "b\nc".to_owned())]);
    let (id, _, texts) = all.next().unwrap().unwrap();
    assert_eq!((id.as_str(), texts), ("b.jsonl#1", vec![(Some(1), "\nx".to_owned())]));
    let causes: Vec<&str> = all.map(|rest| rest.unwrap_err().cause.name()).collect();
    assert_eq!(causes, ["missing_text", "text_not_a_string", "duplicate_field", "not_an_object"]);
}

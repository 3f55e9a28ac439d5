//! Records of any bytes, against slow obvious ways to read them.

use proptest::prelude::*;

use super::*;

/// One record of these bytes, as if it had been cut from a file.
fn parse_bytes(kind: Kind, bytes: &[u8]) -> Outcome {
    let input = Input {
        path: "p".into(),
        file: "p".into(),
        id: "i".to_owned(),
        kind,
        compression: Compression::None,
        bytes: bytes.len() as u64,
    };
    let content = Content::Bytes(0..bytes.len());
    let batch = Batch {
        number: 0,
        first: 0,
        buffer: bytes.to_vec(),
        records: vec![RawRecord { input: 0, record: 0, offset: 0, content }],
        consumed: 0,
        end: Position::default(),
    };
    parse(&batch, 0, &[input], &InputConfig::default())
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_bytes(Kind::Text, &bytes);
        let _ = parse_bytes(Kind::Jsonl, &bytes);
    }

    #[test]
    fn no_near_json_makes_it_panic(pieces in prop::collection::vec(
        prop::sample::select(vec!["{", "}", "\"text\"", "\"id\"", "\"url\"", ":", ",", "[", "]", "\"a\"", "1", "-", "null",
            " ", "\\", "\"\\ud83e\"", "\"t\\u0065xt\"", "\u{feff}", "é", "\""]), 0..20)) {
        let _ = parse_bytes(Kind::Jsonl, pieces.concat().as_bytes());
    }

    /// Whatever the fields are, what serde_json writes comes back, and the metadata with the text field is the whole.
    #[test]
    fn what_is_written_is_read(text in "[a\"\\\\\n🥜é][^\0]{0,20}", fields in prop::collection::vec((".{1,5}", ".{0,5}"), 0..5)) {
        let quoted = |s: &str| serde_json::to_string(s).unwrap();
        let fields: Vec<_> = fields.iter().filter(|(k, _)| !["text", "id", "url"].contains(&k.as_str()))
            .map(|(k, v)| format!("{}:{}", quoted(k), quoted(v))).collect();
        let mut members = fields.clone();
        members.insert(fields.len() / 2, format!("\"text\":{}", quoted(&text)));
        let document = parse_bytes(Kind::Jsonl, format!("{{{}}}", members.join(" , ")).as_bytes());
        prop_assume!(!text.trim().is_empty());
        let document = document.unwrap();
        prop_assert_eq!(document.text, text);
        prop_assert_eq!(document.metadata.0, format!("{{{}}}", fields.join(",")));
    }

    /// The one pass over a line against looking for each field by itself.
    #[test]
    fn fields_are_found_in_any_order(members in prop::collection::vec((
        prop::sample::select(vec!["\"text\"", "\"t\\u0065xt\"", "\"id\"", "\"url\"", "\"x\"", "\"\\ud800\""]),
        prop::sample::select(vec![":", " : ", "\t:"]),
        prop::sample::select(vec!["\"a\\n\\\"é\"", "\"b\"", "\"\"", "7", "null", "[1, \"b\"]", "{\"text\":\"c\"}"]),
    ), 0..5)) {
        let string = |raw: &str| serde_json::from_str::<String>(raw).ok();
        let line: Vec<_> = members.iter().map(|(key, colon, value)| [*key, colon, value].concat()).collect();
        let outcome = parse_bytes(Kind::Jsonl, format!("{{{}}}", line.join(" ,")).as_bytes());
        let [text, id, url] = ["text", "id", "url"].map(|name| -> Vec<&str> {
            let named = members.iter().filter(|(key, ..)| string(key).is_some_and(|key| key == name));
            named.map(|(.., value)| *value).collect()
        });
        let first = |values: &[&str]| values.first().and_then(|value| string(value));
        let expected = if [&text, &id, &url].iter().any(|values| values.len() > 1) {
            Err("duplicate_field")
        } else if matches!(text[..], [] | ["null"]) {
            Err("missing_text")
        } else if first(&text).is_none() {
            Err("text_not_a_string")
        } else if id.iter().any(|id| id.starts_with(['[', '{'])) {
            Err("bad_id")
        } else if text == ["\"\""] {
            Err("empty_text")
        } else {
            let others = members.iter().filter(|(key, _, value)| match string(key).as_deref() {
                Some("url") => string(value).is_none() && *value != "null",
                other => !matches!(other, Some("text" | "id")),
            });
            let others: Vec<_> = others.map(|(key, _, value)| format!("{key}:{value}")).collect();
            let id = if id == ["7"] { Some("7".to_owned()) } else { first(&id).filter(|id| !id.is_empty()) };
            let id = id.unwrap_or_else(|| "i#0".to_owned());
            Ok((first(&text).unwrap(), id, first(&url).filter(|url| !url.is_empty()), format!("{{{}}}", others.join(","))))
        };
        let got = outcome.map(|d| (d.text, d.id, d.url, d.metadata.0)).map_err(|reject| reject.cause.name());
        prop_assert_eq!(got, expected);
    }

    /// The splitter against the obvious way to do it.
    #[test]
    fn lines_are_cut_as_split_does(lines_ in prop::collection::vec("[ a-c]{0,4}\r?", 0..40)) {
        let content = lines_.join("\n");
        let expected: Vec<_> = content.split('\n').enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(i, line)| (i as u64, line.as_bytes().to_vec())).collect();
        let got: Vec<_> = lines(content.as_bytes()).into_iter().map(|o| o.unwrap_err())
            .map(|r| (r.record, r.raw)).collect();
        prop_assert_eq!(got, expected);
    }
}

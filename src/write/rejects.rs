//! The rejects: one line a record that could not be used, with its cause and its bytes.
//!
//! When it is wrong: of a record longer than [`RAW_LIMIT`] only the beginning is there; its place says where to find
//! the rest.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{key, put, put_name, put_text};
use crate::read::{RAW_LIMIT, Reject};

/// Appends a rejected record's line, with its line end.
pub fn write_reject(out: &mut Vec<u8>, reject: &Reject) {
    out.extend_from_slice(b"{\"path\":");
    put_text(out, &*reject.path);
    key!(out, "record");
    put(out, &reject.record);
    key!(out, "offset");
    put(out, &reject.offset);
    key!(out, "cause");
    put_name(out, reject.cause.name());
    key!(out, "message");
    put_text(out, reject.message.as_str());
    key!(out, "raw");
    let encoding = match text_of(&reject.raw) {
        Some(text) => {
            put_text(out, text);
            "utf8"
        }
        None => {
            put_name(out, STANDARD.encode(&reject.raw[..reject.raw.len().min(RAW_LIMIT)]).as_str());
            "base64"
        }
    };
    key!(out, "raw_encoding");
    put_name(out, encoding);
    out.extend_from_slice(b"}\n");
}

/// The bytes as text, cut to [`RAW_LIMIT`] at a character boundary, unless they are not UTF-8.
fn text_of(raw: &[u8]) -> Option<&str> {
    let Some((head, _)) = raw.split_at_checked(RAW_LIMIT) else { return str::from_utf8(raw).ok() };
    match str::from_utf8(head) {
        Ok(text) => Some(text),
        Err(e) if e.error_len().is_none() => str::from_utf8(&head[..e.valid_up_to()]).ok(),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::Cause;

    fn line(raw: &[u8]) -> String {
        let mut out = Vec::new();
        let (path, message) = ("a\"b.jsonl", "expected `,` at column 9");
        let (message, raw) = (message.to_owned(), raw.to_vec());
        let cause = Cause::MalformedJson;
        let reject = Reject { path: path.into(), record: 3, offset: 120, cause, message, raw };
        write_reject(&mut out, &reject);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_is_text_and_the_rest_is_base64() {
        let head = concat!(
            r#"{"path":"a\"b.jsonl","record":3,"offset":120,"cause":"malformed_json","#,
            r#""message":"expected `,` at column 9","raw":"#
        );
        assert_eq!(line(b"{\"a\" 1}"), format!("{head}{}\n", r#""{\"a\" 1}","raw_encoding":"utf8"}"#));
        assert_eq!(line(b"a\xffb"), format!("{head}{}\n", r#""Yf9i","raw_encoding":"base64"}"#));
        // A character cut off by the end of the input, not by us, is no UTF-8.
        assert!(line("é".as_bytes()[..1].as_ref()).contains("base64"));
    }

    #[test]
    fn a_long_record_is_cut_between_characters() {
        let raw = "x".repeat(RAW_LIMIT - 1) + "é and more";
        assert_eq!(text_of(raw.as_bytes()).unwrap(), "x".repeat(RAW_LIMIT - 1));
        assert_eq!(text_of("y".repeat(RAW_LIMIT * 2).as_bytes()).unwrap().len(), RAW_LIMIT);
        let mut broken = vec![b'x'; RAW_LIMIT * 2];
        broken[9] = 0xff;
        let value: serde_json::Value = serde_json::from_str(&line(&broken)).unwrap();
        let decoded = STANDARD.decode(value["raw"].as_str().unwrap()).unwrap();
        assert_eq!(decoded, broken[..RAW_LIMIT]);
    }
}

//! One line of a JSONL file.
//!
//! The members of the object are found in one pass as pairs of raw slices, key and value, with the quotes and escapes
//! they came with; only the three configured fields are decoded. So the other fields reach the metadata byte for byte
//! (large numbers, duplicate keys and their order included), however deep they are nested: serde_json skips over a raw
//! value without recursion. White space between members is not kept.
//!
//! When it is wrong: half a surrogate pair (`\ud800`) in a field that is not decoded is carried along, as JSON's grammar
//! allows it there; a reader of the corpus that decodes that field may refuse it.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::JSON_SPACE;
use super::parse::Page;
use super::reject::{Cause, Flaw};
use crate::config::InputConfig;
use crate::document::{Cleaned, Metadata};

/// The keys of a line of dehusk's own corpus, as they are written.
const CORPUS_KEYS: [&str; 8] = [
    "\"id\"",
    "\"text\"",
    "\"title\"",
    "\"date\"",
    "\"url\"",
    "\"language\"",
    "\"metadata\"",
    "\"provenance\"",
];

/// What a line says. `number` makes the id of a record that has none.
pub(super) fn page(line: &str, cfg: &InputConfig, number: impl FnOnce() -> String) -> Result<Page, Flaw> {
    let members = members(line)?;
    let text = field(line, &members, &cfg.text_field)?;
    let id = field(line, &members, &cfg.id_field)?;
    let url = field(line, &members, &cfg.url_field)?.filter(|url| kind(url) == JsonKind::String);
    let (metadata, cleaned) = match own_fields(&members, cfg) {
        Some((metadata, cleaned)) => (metadata, Some(cleaned)),
        None => (other_fields(&members, cfg), None),
    };
    Ok(Page {
        text: decode_text(line, text, cfg)?,
        id: decode_id(line, id, cfg)?.unwrap_or_else(number),
        url: url.map(|url| decode(line, url)).transpose()?,
        metadata: Metadata(metadata),
        cleaned,
    })
}

/// The raw value of a configured field.
fn field<'l>(line: &str, members: &[Member<'l>], name: &str) -> Result<Option<&'l str>, Flaw> {
    let mut values = members.iter().filter(|(key, _)| is_key(key, name));
    let first = values.next().map(|(_, value)| *value);
    match values.next() {
        None => Ok(first),
        Some((key, _)) => {
            let message = format!("field {name:?} occurs twice, again at column {}", column(line, key));
            Err(Flaw(Cause::DuplicateField, message))
        }
    }
}

/// All fields that are not configured ones, and a url that is no address but something else, as one object.
fn other_fields(members: &[Member], cfg: &InputConfig) -> String {
    let mut object = String::from("{");
    for (key, value) in members {
        let taken = is_key(key, &cfg.text_field)
            || is_key(key, &cfg.id_field)
            || is_key(key, &cfg.url_field) && matches!(kind(value), JsonKind::String | JsonKind::Null);
        if !taken {
            let comma = if object.len() > 1 { "," } else { "" };
            object.extend([comma, key, ":", value]);
        }
    }
    object.push('}');
    object
}

fn decode_text(line: &str, text: Option<&str>, cfg: &InputConfig) -> Result<String, Flaw> {
    let name = &cfg.text_field;
    let Some(text) = text else {
        return Err(Flaw(Cause::MissingText, format!("there is no field {name:?}")));
    };
    match kind(text) {
        JsonKind::String => decode(line, text),
        JsonKind::Null => {
            let message = format!("field {name:?} is null at column {}", column(line, text));
            Err(Flaw(Cause::MissingText, message))
        }
        other => {
            let at = column(line, text);
            let message = format!("field {name:?} is {other}, not a string, at column {at}");
            Err(Flaw(Cause::TextNotAString, message))
        }
    }
}

/// A number is taken by its digits as they stand, so that no large one is rounded.
fn decode_id(line: &str, id: Option<&str>, cfg: &InputConfig) -> Result<Option<String>, Flaw> {
    let Some(id) = id else { return Ok(None) };
    match kind(id) {
        JsonKind::String => decode(line, id).map(|id| Some(id).filter(|id| !id.is_empty())),
        JsonKind::Number => Ok(Some(id.to_owned())),
        JsonKind::Null => Ok(None),
        other => {
            let (name, at) = (&cfg.id_field, column(line, id));
            let message = format!("field {name:?} is {other}, neither a string nor a number, at column {at}");
            Err(Flaw(Cause::BadId, message))
        }
    }
}

/// The metadata and the lifted fields of a line that dehusk wrote itself: exactly its keys in its order, each with a value
/// of its kind. Any other line, however similar, is a page like all others.
fn own_fields(members: &[Member], cfg: &InputConfig) -> Option<(String, Cleaned)> {
    let default_names = {
        let default = InputConfig::default();
        cfg.text_field == default.text_field
            && cfg.id_field == default.id_field
            && cfg.url_field == default.url_field
    };
    if !default_names || !members.iter().map(|(key, _)| *key).eq(CORPUS_KEYS) {
        return None;
    }
    let [id, text, title, date, url, language, metadata, provenance] = std::array::from_fn(|i| members[i].1);
    let right = kind(id) == JsonKind::String
        && kind(text) == JsonKind::String
        && matches!(kind(url), JsonKind::String | JsonKind::Null)
        && kind(metadata) == JsonKind::Object
        && is_provenance(provenance);
    if !right {
        return None;
    }
    let nullable = |value| serde_json::from_str::<Option<String>>(value).ok();
    let cleaned = Cleaned {
        title: nullable(title)?,
        date: nullable(date)?,
        language: nullable(language)?,
        provenance: provenance.to_owned(),
    };
    Some((metadata.to_owned(), cleaned))
}

fn is_provenance(value: &str) -> bool {
    let Ok(Members(members)) = serde_json::from_str(value) else { return false };
    let has = |key: &str, wanted: JsonKind| members.iter().any(|(k, v)| *k == key && kind(v) == wanted);
    has("\"path\"", JsonKind::String)
        && has("\"record\"", JsonKind::Number)
        && has("\"source_hash\"", JsonKind::String)
}

/// A key and a value as raw JSON text.
type Member<'a> = (&'a str, &'a str);

/// An object's members, in order.
struct Members<'a>(Vec<Member<'a>>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    members.push((key.get(), value.get()));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

fn members(line: &str) -> Result<Vec<Member<'_>>, Flaw> {
    let line_kind = kind(line.trim_start_matches(JSON_SPACE.map(char::from)));
    if line_kind == JsonKind::Object {
        return serde_json::from_str::<Members>(line).map(|m| m.0).map_err(|e| malformed(&e, 0));
    }
    serde_json::from_str::<IgnoredAny>(line).map_err(|e| malformed(&e, 0))?;
    Err(Flaw(Cause::NotAnObject, format!("the line is {line_kind}, not an object")))
}

/// The string that a raw JSON string stands for.
fn decode(line: &str, raw: &str) -> Result<String, Flaw> {
    serde_json::from_str(raw).map_err(|e| malformed(&e, column(line, raw) - 1))
}

/// `before` is the number of bytes of the line before what was parsed.
fn malformed(error: &serde_json::Error, before: usize) -> Flaw {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = message.strip_suffix(&place).unwrap_or(&message);
    Flaw(Cause::MalformedJson, format!("{what} at column {}", before + error.column()))
}

/// Whether a raw key stands for a name.
fn is_key(raw: &str, name: &str) -> bool {
    let inner = &raw[1..raw.len() - 1];
    if inner.contains('\\') {
        serde_json::from_str::<String>(raw).is_ok_and(|key| key == name)
    } else {
        inner == name
    }
}

/// The column, counted in bytes from 1, of a slice of the line.
fn column(line: &str, part: &str) -> usize {
    part.as_ptr().addr() - line.as_ptr().addr() + 1
}

/// What a JSON value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum JsonKind {
    String,
    Number,
    Object,
    Array,
    Boolean,
    Null,
}

impl fmt::Display for JsonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Object => "an object",
            Self::Array => "an array",
            Self::Boolean => "a boolean",
            Self::Null => "null",
        })
    }
}

/// The kind of a valid JSON value: its first byte tells.
fn kind(value: &str) -> JsonKind {
    match value.bytes().next() {
        Some(b'"') => JsonKind::String,
        Some(b'{') => JsonKind::Object,
        Some(b'[') => JsonKind::Array,
        Some(b't' | b'f') => JsonKind::Boolean,
        Some(b'n') => JsonKind::Null,
        _ => JsonKind::Number,
    }
}

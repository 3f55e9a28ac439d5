//! One line of a JSONL file.
//!
//! The members of the object are gone through once. The strings of the three configured fields are decoded as they are
//! met; keys and all other values are slices of the line, with the quotes and escapes they came with. So the other fields
//! reach the metadata byte for byte (large numbers, duplicate keys and their order included), however deep they are nested:
//! serde_json skips over a raw value without recursion. White space between members is not kept.
//!
//! When it is wrong: half a surrogate pair (`\ud800`) in a field that is not decoded is carried along, as JSON's grammar
//! allows it there; a reader of the corpus that decodes that field may refuse it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
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

/// The configured fields, by their places in an array.
const TEXT: usize = 0;
const ID: usize = 1;
const URL: usize = 2;

/// What a line says. `number` makes the id of a record that has none.
pub(super) fn page(line: &str, cfg: &InputConfig, number: impl FnOnce() -> String) -> Result<Page, Flaw> {
    let names = [&*cfg.text_field, &cfg.id_field, &cfg.url_field];
    let mut members = members(line, &names)?;
    let (metadata, cleaned) = match own_fields(&members, cfg) {
        Some((metadata, cleaned)) => (metadata, Some(cleaned)),
        None => (other_fields(&members), None),
    };
    let mut take = |field| take_field(line, &mut members, field, names[field]);
    let (text, id, url) = (take(TEXT)?, take(ID)?, take(URL)?);
    Ok(Page {
        text: the_text(line, text, cfg)?,
        id: the_id(line, id, &cfg.id_field)?.unwrap_or_else(number),
        url: match url {
            // In a table nothing is an empty field.
            Some(Value::Decoded(url)) => Some(url).filter(|url| !url.is_empty()),
            _ => None,
        },
        metadata: Metadata(metadata),
        cleaned,
    })
}

/// The id of a line that is no page, and the texts of those of `fields` that it has, each with its number among them. A
/// list or an object stands for its strings, in their order, a line each.
pub(super) fn texts(
    line: &str,
    fields: &[String],
    id_field: &str,
    number: impl FnOnce() -> String,
) -> Result<(String, Vec<(usize, String)>), Flaw> {
    let names: Vec<&str> = fields.iter().map(String::as_str).chain([id_field]).collect();
    let mut members = members(line, &names)?;
    let mut texts = Vec::new();
    for (field, name) in fields.iter().enumerate() {
        let raw = match take_field(line, &mut members, field, name)? {
            None => continue,
            Some(Value::Decoded(text)) => {
                texts.push((field, text));
                continue;
            }
            Some(Value::Raw(raw)) => raw,
        };
        match kind(raw) {
            JsonKind::Null => {}
            JsonKind::Array | JsonKind::Object => {
                let value = serde_json::from_str(raw).map_err(|e| malformed(&e))?;
                let mut strings = Vec::new();
                collect_strings(&value, &mut strings);
                texts.push((field, strings.join("\n")));
            }
            other => {
                let at = column(line, raw);
                let message =
                    format!("field {name:?} is {other}, not a string or a list of strings, at column {at}");
                return Err(Flaw(Cause::TextNotAString, message));
            }
        }
    }
    if texts.is_empty() {
        let message = format!("there is a text in no field of {fields:?}");
        return Err(Flaw(Cause::MissingText, message));
    }
    let id = take_field(line, &mut members, fields.len(), id_field)?;
    Ok((the_id(line, id, id_field)?.unwrap_or_else(number), texts))
}

fn collect_strings<'v>(value: &'v serde_json::Value, out: &mut Vec<&'v str>) {
    match value {
        serde_json::Value::String(text) => out.push(text),
        serde_json::Value::Array(values) => values.iter().for_each(|value| collect_strings(value, out)),
        serde_json::Value::Object(values) => values.values().for_each(|value| collect_strings(value, out)),
        _ => {}
    }
}

/// The value of a configured field; null stays in its place.
fn take_field<'l>(
    line: &str,
    members: &mut [Member<'l>],
    field: usize,
    name: &str,
) -> Result<Option<Value<'l>>, Flaw> {
    let mut found = members.iter_mut().filter(|member| member.field == Some(field));
    let first = found.next().map(|member| std::mem::replace(&mut member.value, Value::Raw("null")));
    match found.next() {
        None => Ok(first),
        Some(again) => {
            let at = column(line, again.key);
            let message = format!("field {name:?} occurs twice, again at column {at}");
            Err(Flaw(Cause::DuplicateField, message))
        }
    }
}

/// All fields that are not configured ones, and a url that is no address but something else, as one object.
fn other_fields(members: &[Member]) -> String {
    let mut object = String::from("{");
    for Member { key, value, field } in members {
        let taken = match field {
            None => false,
            Some(URL) => matches!(value.kind(), JsonKind::String | JsonKind::Null),
            Some(_) => true,
        };
        if let Value::Raw(value) = value
            && !taken
        {
            let comma = if object.len() > 1 { "," } else { "" };
            object.extend([comma, key, ":", value]);
        }
    }
    object.push('}');
    object
}

/// `; it has "a", "b"`: the fields of a record, the first few of them.
fn others(line: &str) -> String {
    const SHOWN: usize = 8;
    let Ok(fields) = serde_json::from_str::<BTreeMap<String, IgnoredAny>>(line) else {
        return String::new();
    };
    let names: Vec<String> = fields.keys().take(SHOWN).map(|name| format!("{:?}", shortened(name))).collect();
    let more = if fields.len() > SHOWN { ", …" } else { "" };
    if names.is_empty() { String::new() } else { format!("; it has {}{more}", names.join(", ")) }
}

fn shortened(name: &str) -> &str {
    &name[..name.floor_char_boundary(40)]
}

fn the_text(line: &str, text: Option<Value>, cfg: &InputConfig) -> Result<String, Flaw> {
    let name = &cfg.text_field;
    let raw = match text {
        Some(Value::Decoded(text)) => return Ok(text),
        Some(Value::Raw(raw)) => raw,
        None => return Err(Flaw(Cause::MissingText, format!("there is no field {name:?}{}", others(line)))),
    };
    let at = column(line, raw);
    Err(match kind(raw) {
        JsonKind::Null => Flaw(Cause::MissingText, format!("field {name:?} is null at column {at}")),
        other => {
            let message = format!("field {name:?} is {other}, not a string, at column {at}");
            Flaw(Cause::TextNotAString, message)
        }
    })
}

/// A number is taken by its digits as they stand, so that no large one is rounded.
fn the_id(line: &str, id: Option<Value>, name: &str) -> Result<Option<String>, Flaw> {
    let raw = match id {
        None => return Ok(None),
        Some(Value::Decoded(id)) => return Ok(Some(id).filter(|id| !id.is_empty())),
        Some(Value::Raw(raw)) => raw,
    };
    match kind(raw) {
        JsonKind::Number => Ok(Some(raw.to_owned())),
        JsonKind::Null => Ok(None),
        other => {
            let at = column(line, raw);
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
    if !default_names || !members.iter().map(|member| member.key).eq(CORPUS_KEYS) {
        return None;
    }
    let [id, text, title, date, url, language, metadata, provenance] =
        std::array::from_fn(|i| &members[i].value);
    // A column of Parquet has one type, so there the object is the text of a string.
    let metadata = match metadata.kind() {
        JsonKind::String => serde_json::from_str(metadata.raw()?).ok()?,
        _ => metadata.raw()?.to_owned(),
    };
    let right = id.kind() == JsonKind::String
        && text.kind() == JsonKind::String
        && matches!(url.kind(), JsonKind::String | JsonKind::Null)
        && is_provenance(provenance.raw()?);
    if !right || self::members(&metadata, &[]).is_err() {
        return None;
    }
    let nullable = |value: &Value| serde_json::from_str::<Option<String>>(value.raw()?).ok();
    let cleaned = Cleaned {
        title: nullable(title)?,
        date: nullable(date)?,
        language: nullable(language)?,
        provenance: provenance.raw()?.to_owned(),
    };
    Some((metadata, cleaned))
}

fn is_provenance(value: &str) -> bool {
    let Ok(members) = members(value, &[]) else { return false };
    let has = |key: &str, wanted: JsonKind| members.iter().any(|m| m.key == key && m.value.kind() == wanted);
    has("\"path\"", JsonKind::String)
        && has("\"record\"", JsonKind::Number)
        && has("\"source_hash\"", JsonKind::String)
}

/// A member of an object.
struct Member<'l> {
    /// As raw JSON text.
    key: &'l str,
    value: Value<'l>,
    /// Which configured field it is.
    field: Option<usize>,
}

enum Value<'l> {
    /// Raw JSON text.
    Raw(&'l str),
    /// What the string of a configured field stands for.
    Decoded(String),
}

impl<'l> Value<'l> {
    fn kind(&self) -> JsonKind {
        self.raw().map_or(JsonKind::String, kind)
    }

    fn raw(&self) -> Option<&'l str> {
        match self {
            Self::Raw(raw) => Some(raw),
            Self::Decoded(_) => None,
        }
    }
}

/// Takes an object apart into its members, in order.
struct Members<'n, 'l> {
    line: &'l str,
    /// The configured fields.
    names: &'n [&'n str],
}

impl<'l> Visitor<'l> for Members<'_, 'l> {
    type Value = Vec<Member<'l>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'l>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key::<&RawValue>()? {
            let key = key.get();
            let field = self.names.iter().position(|name| is_key(key, name));
            let value = if field.is_some() && self.has_string(key) {
                Value::Decoded(map.next_value()?)
            } else {
                Value::Raw(map.next_value::<&RawValue>()?.get())
            };
            members.push(Member { key, value, field });
        }
        Ok(members)
    }
}

impl Members<'_, '_> {
    /// Whether the value of `key`, which nobody has looked at yet, is a string.
    fn has_string(&self, key: &str) -> bool {
        let space = JSON_SPACE.map(char::from);
        let following = &self.line[column(self.line, key) - 1 + key.len()..];
        let value = following.trim_start_matches(space).strip_prefix(':');
        value.is_some_and(|value| value.trim_start_matches(space).starts_with('"'))
    }
}

/// The members of an object, and which of the fields named each one is.
fn members<'l>(line: &'l str, names: &[&str]) -> Result<Vec<Member<'l>>, Flaw> {
    let line_kind = kind(line.trim_start_matches(JSON_SPACE.map(char::from)));
    if line_kind == JsonKind::Object {
        let mut json = serde_json::Deserializer::from_str(line);
        let members = json.deserialize_map(Members { line, names });
        return members.and_then(|members| json.end().map(|()| members)).map_err(|e| malformed(&e));
    }
    serde_json::from_str::<IgnoredAny>(line).map_err(|e| malformed(&e))?;
    Err(Flaw(Cause::NotAnObject, format!("the line is {line_kind}, not an object")))
}

fn malformed(error: &serde_json::Error) -> Flaw {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = message.strip_suffix(&place).unwrap_or(&message);
    Flaw(Cause::MalformedJson, format!("{what} at column {}", error.column()))
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

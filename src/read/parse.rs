//! From a record's bytes to a document. Pure: the same bytes give the same document or the same reject, anywhere.
//!
//! Nothing is repaired. A text that is not what it claims to be is rejected with its cause, because a guess would put
//! words into the corpus that no page ever held. Line ends of every kind stay in the text as they are.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_128;

use super::reject::{Cause, Flaw, Reject};
use super::{Batch, Content, Input, Kind, json};
use crate::config::InputConfig;
use crate::document::{Document, Metadata, Place};

/// The document in record `index` of a batch.
///
/// # Errors
/// The reject that stands in the record's place.
///
/// # Panics
/// When the batch has no such record or was not made from `inputs`.
pub fn parse(batch: &Batch, index: usize, inputs: &[Input], cfg: &InputConfig) -> Result<Document, Reject> {
    let record = &batch.records[index];
    let input = &inputs[record.input];
    let bytes = match &record.content {
        Content::Rejected(reject) => return Err(reject.clone()),
        Content::Bytes(range) => &batch.buffer[range.clone()],
    };
    let page = match input.kind {
        Kind::Text => text_file(bytes, input),
        _ => utf8(bytes, "column").and_then(|line| {
            let line = if record.offset == 0 { without_mark(line) } else { line };
            json::page(line, cfg, || format!("{}#{}", input.id, record.record))
        }),
    };
    let document = page.and_then(|page| {
        check(&page.text)?;
        let place = Place { path: Arc::clone(&input.path), record: record.record };
        Ok(page.into_document(place))
    });
    document.map_err(|flaw| Reject::new(input, record.record, record.offset, flaw, bytes))
}

/// Texts of a record, each with the number of its field; a text file has no fields.
pub type FieldTexts = Vec<(Option<usize>, String)>;

/// The id, the place and the texts of record `index` of a batch that is no page: of a JSON line those of `fields` that it has, each with
/// its number among them; of a text file all of it, without a number. A list stands for its strings, a line each; a text
/// may be empty.
///
/// # Errors
/// The reject that stands in the record's place.
///
/// # Panics
/// When the batch has no such record or was not made from `inputs`.
pub fn parse_texts(
    batch: &Batch,
    index: usize,
    inputs: &[Input],
    fields: &[String],
    id_field: &str,
) -> Result<(String, Place, FieldTexts), Reject> {
    let record = &batch.records[index];
    let input = &inputs[record.input];
    let bytes = match &record.content {
        Content::Rejected(reject) => return Err(reject.clone()),
        Content::Bytes(range) => &batch.buffer[range.clone()],
    };
    let texts = match input.kind {
        Kind::Text => text_file(bytes, input).map(|page| (page.id, vec![(None, page.text)])),
        _ => utf8(bytes, "column").and_then(|line| {
            let line = if record.offset == 0 { without_mark(line) } else { line };
            let number = || format!("{}#{}", input.id, record.record);
            let (id, texts) = json::texts(line, fields, id_field, number)?;
            Ok((id, texts.into_iter().map(|(field, text)| (Some(field), text)).collect()))
        }),
    };
    let place = Place { path: Arc::clone(&input.path), record: record.record };
    match texts {
        Ok((id, texts)) => Ok((id, place, texts)),
        Err(flaw) => Err(Reject::new(input, record.record, record.offset, flaw, bytes)),
    }
}

/// A document that does not know yet where it stands.
pub(super) struct Page {
    pub id: String,
    pub text: String,
    pub url: Option<String>,
    pub metadata: Metadata,
    pub cleaned: Option<crate::document::Cleaned>,
}

impl Page {
    fn into_document(self, place: Place) -> Document {
        let Self { id, text, url, metadata, cleaned } = self;
        let source_hash = xxh3_128(text.as_bytes());
        Document { id, text, url, metadata, place, source_hash, cleaned }
    }
}

fn text_file(bytes: &[u8], input: &Input) -> Result<Page, Flaw> {
    let text = match bytes {
        [0xff, 0xfe, units @ ..] => utf16(units, u16::from_le_bytes)?,
        [0xfe, 0xff, units @ ..] => utf16(units, u16::from_be_bytes)?,
        _ => without_mark(utf8(bytes, "byte")?).to_owned(),
    };
    Ok(Page { id: input.id.clone(), text, url: None, metadata: Metadata::default(), cleaned: None })
}

/// `unit` is what a position is called in the message; both count bytes from 1.
fn utf8<'b>(bytes: &'b [u8], unit: &str) -> Result<&'b str, Flaw> {
    std::str::from_utf8(bytes).map_err(|e| {
        let message = format!("not UTF-8 at {unit} {}", e.valid_up_to() + 1);
        Flaw(Cause::InvalidUtf8, message)
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Flaw> {
    let flaw = |message: &str| Flaw(Cause::InvalidUtf16, message.to_owned());
    let (units, []) = bytes.as_chunks::<2>() else {
        return Err(flaw("UTF-16, as its first two bytes say, but with an odd number of bytes"));
    };
    char::decode_utf16(units.iter().map(|&pair| unit(pair)))
        .collect::<Result<String, _>>()
        .map_err(|_| flaw("UTF-16, as its first two bytes say, but with half a surrogate pair"))
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// What no text may be, wherever it came from.
fn check(text: &str) -> Result<(), Flaw> {
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        return Err(Flaw(Cause::NulByte, format!("the text holds U+0000, first at its byte {}", at + 1)));
    }
    if text.chars().all(char::is_whitespace) {
        let what = if text.is_empty() { "is empty" } else { "is only white space" };
        return Err(Flaw(Cause::EmptyText, format!("the text {what}")));
    }
    // Only so long a text can have so many lines, and counting them costs a pass over it. Blank ones become no block,
    // and cleaning puts them in.
    let lines = || text.split(LINE_ENDS).filter(|line| !line.trim().is_empty());
    if text.len() > MAX_LINES && lines().count() > MAX_LINES {
        return Err(Flaw(Cause::TooManyLines, format!("the text has more than {MAX_LINES} lines; split it")));
    }
    Ok(())
}

/// Lines of a text. Each becomes a block of some hundred bytes while its page is labelled, whatever it holds.
const MAX_LINES: usize = 1_000_000;

/// Every character that ends a line.
const LINE_ENDS: [char; 7] = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

//! Examples: where something stands, and a few of its words.

use serde::Serialize;

use crate::document::{Document, Span};
use crate::read::{Kind, Reject};

/// Bytes of a snippet at the most, besides the dots for what was left out.
pub const SNIPPET: usize = 160;

/// Bytes of a note at the most.
const NOTE: usize = 300;

/// Bytes before a place that a snippet begins with, where the place is short.
const BEFORE: usize = 40;

/// Something that a figure counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The file, as it was named.
    pub path: String,
    /// The record in it, from 0.
    pub record: u64,
    /// The line of the file, from 1.
    pub line: u64,
    /// The document's id; null for a record that could not be read.
    pub id: Option<String>,
    /// The first byte of the place in the document's text; null where all of the document is meant.
    pub start: Option<usize>,
    /// One past the last byte.
    pub end: Option<usize>,
    /// What stands there, shortened, in one line.
    pub snippet: String,
    /// What is to be said of it; may be empty.
    pub note: String,
}

impl Example {
    /// A place in a document, or all of it.
    #[must_use]
    pub fn of(document: &Document, kind: Kind, span: Option<Span>, note: &str) -> Self {
        let place = &document.place;
        Self {
            path: place.path.to_string(),
            record: place.record,
            line: line_of(kind, place.record, &document.text, span),
            id: Some(clipped(&document.id, NOTE)),
            start: span.map(|span| span.start),
            end: span.map(|span| span.end),
            snippet: snippet(&document.text, span),
            note: clipped(note, NOTE),
        }
    }

    /// A record that could not be read.
    #[must_use]
    pub fn of_reject(reject: &Reject, kind: Kind) -> Self {
        let raw = String::from_utf8_lossy(&reject.raw[..reject.raw.len().min(SNIPPET)]);
        Self {
            path: reject.path.to_string(),
            record: reject.record,
            line: if kind == Kind::Jsonl { reject.record + 1 } else { 1 },
            id: None,
            start: None,
            end: None,
            snippet: snippet(&raw, None),
            note: clipped(&format!("{}: {}", reject.cause, reject.message), NOTE),
        }
    }
}

/// The line of a file in which a place stands: a record's own, or of a text file the one that the span begins in. In tables and
/// archives lines mean nothing, so it is the first.
#[must_use]
pub fn line_of(kind: Kind, record: u64, text: &str, span: Option<Span>) -> u64 {
    match (kind, span) {
        (Kind::Jsonl, _) => record + 1,
        (Kind::Text, Some(span)) => {
            1 + text.as_bytes()[..span.start].iter().filter(|byte| **byte == b'\n').count() as u64
        }
        _ => 1,
    }
}

/// What stands at a place, or the beginning of a text, in one line: white space is folded, and dots stand for what was left
/// out. A short place is shown with a few words before and behind it.
#[must_use]
pub fn snippet(text: &str, span: Option<Span>) -> String {
    let span = span.unwrap_or(Span::new(0, text.len()));
    let is_short = span.len() < BEFORE;
    let start =
        if is_short { text.ceil_char_boundary(span.start.saturating_sub(BEFORE)) } else { span.start };
    let wanted = if is_short { (span.end + BEFORE).min(text.len()) } else { span.end };
    let end = text.floor_char_boundary(wanted.min(start + SNIPPET)).max(start);
    let mut out = String::from(if start > 0 && is_short { "…" } else { "" });
    for word in text[start..end].split_whitespace() {
        if !out.is_empty() && out != "…" {
            out.push(' ');
        }
        out += word;
    }
    if end < wanted || (is_short && end < text.trim_end().len()) {
        out.push('…');
    }
    out
}

/// A text that is no longer than `most` bytes, and dots.
fn clipped(text: &str, most: usize) -> String {
    match text.len() {
        length if length <= most => text.to_owned(),
        _ => format!("{}…", &text[..text.floor_char_boundary(most)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snippets_are_short_and_of_one_line() {
        let text = "The ferry\n\n leaves\tat nine from the northern pier, and the way to the isle takes forty minutes.";
        assert_eq!(snippet(text, None), text.split_whitespace().collect::<Vec<_>>().join(" "));
        let at = text.find("northern").unwrap();
        let place = Span::new(at, at + 8);
        assert_eq!(
            snippet(text, Some(place)),
            "The ferry leaves at nine from the northern pier, and the way to the isle takes for…"
        );
        let long = "語".repeat(1000);
        let cut = snippet(&long, None);
        assert!(cut.len() <= SNIPPET + 3 && cut.ends_with("語…"), "{cut}");
        assert!(snippet(&long, Some(Span::new(1500, 1503))).starts_with("…語"));
        assert_eq!(snippet("", None), "");
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let text = "One\ntwo\r\nthree";
        let span = Some(Span::new(9, 14));
        assert_eq!(line_of(Kind::Text, 0, text, span), 3);
        assert_eq!(line_of(Kind::Jsonl, 41, text, span), 42);
    }
}

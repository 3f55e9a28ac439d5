//! Runs of words that go from inside a main text, or are named there: what the decisions say of them, and what is left of
//! the blocks they stand in.

use super::corpus::KeptBlock;
use super::{key, put, put_name, put_text};
use crate::document::Span;

/// A run of words of a document's main text that a kept document has too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanDecision {
    /// Its bytes in the source text. It lies in blocks of main text that stay, and may reach over several.
    pub span: Span,
    /// How many words.
    pub words: u32,
    /// Whether it goes; otherwise it is only named.
    pub is_dropped: bool,
    /// The id of the document that keeps these words. It may be the same one.
    pub id: String,
    /// Their bytes in that document's source text.
    pub there: Span,
}

impl SpanDecision {
    /// The bytes that go, in order.
    #[must_use]
    pub fn dropped(spans: &[Self]) -> Vec<Span> {
        spans.iter().filter(|span| span.is_dropped).map(|span| span.span).collect()
    }
}

/// What is left of kept blocks when the spans, in order, are taken out: of each block all, parts of it, or nothing. White
/// space around a cut goes. A span that does not lie in the text on character boundaries takes its block out.
pub fn without_spans(text: &str, kept: impl Iterator<Item = KeptBlock>, dropped: &[Span]) -> Vec<KeptBlock> {
    let mut left = Vec::new();
    for block in kept {
        let mut add = |start: usize, end: usize| {
            let part = text.get(start..end).unwrap_or_default();
            let start = start + (part.len() - part.trim_start().len());
            if !part.trim().is_empty() {
                left.push(KeptBlock { span: Span { start, end: start + part.trim().len() }, ..block });
            }
        };
        let mut at = block.span.start;
        let first = dropped.partition_point(|span| span.end <= block.span.start);
        for span in dropped[first..].iter().take_while(|span| span.start < block.span.end) {
            add(at, span.start);
            at = span.end;
        }
        add(at, block.span.end);
    }
    left
}

/// Appends the spans of a document as a JSON array.
pub(super) fn put_spans(out: &mut Vec<u8>, spans: &[SpanDecision]) {
    out.push(b'[');
    for (number, span) in spans.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"start\":");
        put(out, &span.span.start);
        key!(out, "end");
        put(out, &span.span.end);
        key!(out, "words");
        put(out, &span.words);
        key!(out, "action");
        put_name(out, if span.is_dropped { "drop" } else { "keep" });
        key!(out, "duplicate_of");
        out.extend_from_slice(b"{\"id\":");
        put_text(out, span.id.as_str());
        key!(out, "start");
        put(out, &span.there.start);
        key!(out, "end");
        put(out, &span.there.end);
        out.extend_from_slice(b"}}");
    }
    out.push(b']');
}

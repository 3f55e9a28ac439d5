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

/// How many bytes of blocks lie in spans, which come in order and do not overlap. Spans may reach over the white space between
/// blocks, which is part of no block.
#[must_use]
pub fn bytes_within(blocks: impl Iterator<Item = Span>, spans: &[Span]) -> u64 {
    let within = |block: Span| {
        let first = spans.partition_point(|span| span.end <= block.start);
        let touching = spans[first..].iter().take_while(move |span| span.start < block.end);
        touching
            .map(move |span| span.end.min(block.end).saturating_sub(span.start.max(block.start)) as u64)
            .fold(0, u64::saturating_add)
    };
    blocks.map(within).fold(0, u64::saturating_add)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Label;
    use crate::write::{Gaps, main_text};

    /// What is left of `text`, a block a paragraph, without what stands in `gone`.
    fn left(text: &str, gone: &[&str]) -> String {
        let span = |part: &str| {
            let start = text.find(part).expect("it stands there");
            Span::new(start, start + part.len())
        };
        let spans: Vec<Span> = gone.iter().map(|part| span(part)).collect();
        let blocks = text.split("\n\n").enumerate();
        let blocks = blocks.map(|(index, part)| KeptBlock { index, span: span(part), label: Label::Body });
        let mut out = String::new();
        main_text(&mut out, text, without_spans(text, blocks, &spans).into_iter(), Gaps::Verbatim);
        out
    }

    #[test]
    fn what_is_left_reads_on() {
        let text = "One. Two. Three.\n\nFour.\n\nFive. Six.";
        assert_eq!(left(text, &[]), text);
        assert_eq!(left(text, &["Two."]), "One. Three.\n\nFour.\n\nFive. Six.");
        assert_eq!(left(text, &["Three.\n\nFour.\n\nFive."]), "One. Two.\n\nSix.");
        assert_eq!(left(text, &["Three.", "Five."]), "One. Two.\n\nFour.\n\nSix.");
        assert_eq!(left(text, &["One. Two. Three."]), "Four.\n\nFive. Six.");
        assert_eq!(left(text, &["Two.", "Four.\n\nFive. Six."]), "One. Three.");
        // Neighbours of which one has lost its end have text between them.
        assert_eq!(left("One. Two.\n\nThree.", &["Two."]), "One.\n\nThree.");
        assert_eq!(left("One.\nTwo.\nThree.", &["Two."]), "One.\nThree.");
        assert_eq!(left("开了。没开。开了吗？", &["没开。"]), "开了。开了吗？");
        assert_eq!(left(text, &[text]), "");
    }

    #[test]
    fn bytes_are_those_of_blocks() {
        let span = Span::new;
        let blocks = || [span(0, 10), span(12, 20), span(22, 30)].into_iter();
        assert_eq!(bytes_within(blocks(), &[]), 0);
        assert_eq!(bytes_within(blocks(), &[span(5, 25)]), 5 + 8 + 3);
        assert_eq!(bytes_within(blocks(), &[span(1, 3), span(9, 12), span(20, 22), span(29, 30)]), 2 + 1 + 1);
    }

    #[test]
    fn spans_that_lie_nowhere_do_no_harm() {
        let block = |start, end| KeptBlock { index: 0, span: Span { start, end }, label: Label::Body };
        for (start, end) in [(1, 2), (0, 99), (7, 9), (usize::MAX - 1, usize::MAX)] {
            let _ = without_spans("ééé.", [block(0, 7)].into_iter(), &[Span { start, end }]);
            let _ = without_spans("ééé.", [block(start, end)].into_iter(), &[Span { start: 3, end: 5 }]);
        }
    }
}

//! The corpus: one line a kept document, and the text in it.
//!
//! The text is the kept blocks, each byte for byte, and what stands between two of them follows from the source and
//! the labels alone, so that `verify` can make it again from a decision. A document that an earlier run has cleaned
//! keeps its own gaps and its own title, date, language and provenance: cleaning it again gives the same line.

use super::{key, put, put_hash, put_text};
use crate::document::{Document, Label, Span};
use crate::segment::has_blank_line;

/// What stands between two kept blocks that are neighbours in the source. Where a block between them was removed, a
/// blank line stands, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gaps {
    /// A blank line; one line end between items of a list or rows of a table that have no blank line between them.
    Normalised,
    /// What stands between them in the source.
    Verbatim,
}

impl Gaps {
    /// A page has its gaps normalised; in a corpus line of an earlier run they are so already.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        if document.cleaned.is_some() { Self::Verbatim } else { Self::Normalised }
    }
}

/// A block that stays in the text, or what stays of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptBlock {
    /// Its number among all blocks of the source.
    pub index: usize,
    /// Its bytes in the source text.
    pub span: Span,
    /// What it is.
    pub label: Label,
}

/// Puts the kept blocks, given in the order of the source, into `out`, which is emptied first.
///
/// # Panics
/// When a span does not lie in `text` on character boundaries.
pub fn main_text(out: &mut String, text: &str, kept: impl Iterator<Item = KeptBlock>, gaps: Gaps) {
    out.clear();
    let mut previous: Option<KeptBlock> = None;
    for block in kept {
        if let Some(previous) = previous {
            out.push_str(separator(text, &previous, &block, gaps));
        }
        out.push_str(block.span.of(text));
        previous = Some(block);
    }
}

fn separator<'t>(text: &'t str, previous: &KeptBlock, block: &KeptBlock, gaps: Gaps) -> &'t str {
    let gap = || Span::new(previous.span.end, block.span.start).of(text);
    if previous.index == block.index {
        return within(gap());
    }
    // Where a part of one of them was taken out, text stands between them.
    let neighbours = previous.index + 1 == block.index && gap().trim().is_empty();
    let in_one_list =
        previous.label == block.label && matches!(block.label, Label::ListItem | Label::TableRow);
    match gaps {
        Gaps::Verbatim if neighbours => gap(),
        Gaps::Normalised if neighbours && in_one_list && !has_blank_line(gap()) => "\n",
        _ => "\n\n",
    }
}

/// What stands where something was taken out of a block: a space, or a line end where lines are wrapped there; nothing in a
/// script that puts none between sentences.
fn within(gap: &str) -> &'static str {
    let before = &gap[..gap.len() - gap.trim_start().len()];
    let after = &gap[gap.trim_end().len().max(before.len())..];
    match (before.is_empty() && after.is_empty(), before.contains('\n')) {
        (true, _) => "",
        (_, true) => "\n",
        _ => " ",
    }
}

/// What a corpus line is made from.
#[derive(Debug, Clone, Copy)]
pub struct CorpusRecord<'a> {
    /// The source document.
    pub document: &'a Document,
    /// Its main text, from [`main_text`].
    pub text: &'a str,
    /// The lifted title. This and the next two are those of the earlier run where the document is `cleaned`.
    pub title: Option<&'a str>,
    /// The lifted date, ISO 8601.
    pub date: Option<&'a str>,
    /// ISO 639-1 code.
    pub language: Option<&'a str>,
}

/// Appends a document's corpus line, with its line end.
pub fn write_corpus(out: &mut Vec<u8>, record: &CorpusRecord<'_>) {
    let document = record.document;
    let (title, date, language) = match &document.cleaned {
        Some(earlier) => (earlier.title.as_deref(), earlier.date.as_deref(), earlier.language.as_deref()),
        None => (record.title, record.date, record.language),
    };
    out.extend_from_slice(b"{\"id\":");
    put_text(out, document.id.as_str());
    key!(out, "text");
    put_text(out, record.text);
    key!(out, "title");
    put_text(out, title);
    key!(out, "date");
    put_text(out, date);
    key!(out, "url");
    put_text(out, document.url.as_deref());
    key!(out, "language");
    put_text(out, language);
    key!(out, "metadata");
    out.extend_from_slice(document.metadata.0.as_bytes());
    key!(out, "provenance");
    match &document.cleaned {
        Some(earlier) => out.extend_from_slice(earlier.provenance.as_bytes()),
        None => {
            out.extend_from_slice(b"{\"path\":");
            put_text(out, &*document.place.path);
            key!(out, "record");
            put(out, &document.place.record);
            key!(out, "source_hash");
            put_hash(out, document.source_hash);
            out.push(b'}');
        }
    }
    out.extend_from_slice(b"}\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Cleaned, Metadata};
    use crate::write::sample;

    fn line(document: &Document, text: &str) -> String {
        let mut out = Vec::new();
        let record = CorpusRecord {
            document,
            text,
            title: Some("A \"title\""),
            date: Some("2016-04-22"),
            language: None,
        };
        write_corpus(&mut out, &record);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_has_its_keys_in_order_and_carries_metadata_byte_for_byte() {
        let mut document = sample::document("a\u{0}b");
        document.metadata = Metadata(r#"{"b":12345678901234567890123, "a":1,"a":2.50}"#.to_owned());
        assert_eq!(
            line(&document, "a\n\u{0}\u{2028}\\"),
            concat!(
                r#"{"id":"d1","text":"a\n\u0000"#,
                "\u{2028}",
                r#"\\","title":"A \"title\"","date":"2016-04-22","url":null,"language":null,"#,
                r#""metadata":{"b":12345678901234567890123, "a":1,"a":2.50},"#,
                r#""provenance":{"path":"pages.jsonl","record":7,"#,
                r#""source_hash":"0000000000000000000000000000002a"}}"#,
                "\n"
            )
        );
    }

    #[test]
    fn a_cleaned_document_keeps_what_the_earlier_run_lifted() {
        let mut document = sample::document("text");
        document.cleaned = Some(Cleaned {
            title: Some("Earlier".to_owned()),
            date: None,
            language: Some("pl".to_owned()),
            provenance: r#"{"path":"old","record":0,"source_hash":"ff"}"#.to_owned(),
        });
        let line = line(&document, "text");
        assert!(line.contains(r#""title":"Earlier","date":null,"url":null,"language":"pl""#), "{line}");
        assert!(line.ends_with("\"provenance\":{\"path\":\"old\",\"record\":0,\"source_hash\":\"ff\"}}\n"));
    }

    /// Joins all blocks of a text, given as (block, label) with `|` where one is removed after it.
    fn joined(source: &str, blocks: &[(&str, Label, bool)], gaps: Gaps) -> String {
        let mut at = 0;
        let kept: Vec<KeptBlock> = blocks
            .iter()
            .enumerate()
            .filter_map(|(index, &(block, label, keep))| {
                let start = at + source[at..].find(block).unwrap();
                at = start + block.len();
                keep.then_some(KeptBlock { index, span: Span::new(start, at), label })
            })
            .collect();
        let mut out = "left from before".to_owned();
        main_text(&mut out, source, kept.into_iter(), gaps);
        out
    }

    #[test]
    fn blocks_are_joined_by_blank_lines_and_lists_as_they_stood() {
        use Label::{Body, ListItem, TableRow};
        let blocks =
            [("a", Body, true), ("- b", ListItem, true), ("- c", ListItem, true), ("- d", ListItem, true)];
        assert_eq!(joined("a\n- b\r\n- c\n \n- d", &blocks, Gaps::Normalised), "a\n\n- b\n- c\n\n- d");
        assert_eq!(joined("a\n- b\r\n- c\n \n- d", &blocks, Gaps::Verbatim), "a\n- b\r\n- c\n \n- d");
        let removed = [("- b", ListItem, true), ("ad", Body, false), ("- c", ListItem, true)];
        assert_eq!(joined("- b\nad\n- c", &removed, Gaps::Normalised), "- b\n\n- c");
        assert_eq!(joined("- b\nad\n- c", &removed, Gaps::Verbatim), "- b\n\n- c");
        let mixed = [("a|b", TableRow, true), ("c|d", TableRow, true), ("- e", ListItem, true)];
        assert_eq!(joined("a|b\nc|d\n- e", &mixed, Gaps::Normalised), "a|b\nc|d\n\n- e");
        assert_eq!(joined("", &[], Gaps::Normalised), "");
    }
}

//! Source text to lines.
//!
//! A line ends at LF, CR, CRLF, VT, FF, NEL (U+0085), U+2028 or U+2029: all of them occur in text that once was HTML,
//! e-mail or a page-broken RFC. The offsets stay those of the source; nothing is rewritten.

use crate::document::Span;

/// A line that is not blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    /// Its bytes without the white space around them.
    pub span: Span,
    /// Columns of white space before it; a tab goes to the next multiple of four.
    pub indent: usize,
    /// Whether a blank line, or the start of the text, stands before it.
    pub after_blank: bool,
}

/// The lines of `text` that hold something.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let bytes = text.as_bytes();
    let mut lines = Vec::with_capacity(bytes.len() / 32);
    let mut start = 0;
    let mut after_blank = true;
    while start < bytes.len() {
        let (end, next) = line_end(bytes, start);
        let raw = &text[start..end];
        let content = raw.trim();
        if content.is_empty() {
            after_blank = true;
        } else {
            let lead = raw.len() - raw.trim_start().len();
            let begin = start + lead;
            lines.push(Line {
                span: Span::new(begin, begin + content.len()),
                indent: columns(&raw[..lead]),
                after_blank,
            });
            after_blank = false;
        }
        start = next;
    }
    lines
}

/// Whether two line ends have only white space between them.
#[must_use]
pub fn has_blank_line(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut start, mut ends) = (0, 0);
    while start < bytes.len() {
        let (end, next) = line_end(bytes, start);
        if !text[start..end].trim().is_empty() {
            ends = 0;
        }
        ends += usize::from(next > end);
        if ends == 2 {
            return true;
        }
        start = next;
    }
    false
}

/// The end of the line that starts at `start`, and the start of the next one.
fn line_end(bytes: &[u8], start: usize) -> (usize, usize) {
    let mut at = start;
    loop {
        at = find_candidate(bytes, at);
        let length = match &bytes[at..] {
            [] => return (at, at),
            [b'\r', b'\n', ..] => 2,
            [b'\n' | b'\r' | 0x0b | 0x0c, ..] => 1,
            [0xc2, 0x85, ..] => 2,
            [0xe2, 0x80, 0xa8 | 0xa9, ..] => 3,
            _ => 0,
        };
        if length > 0 {
            return (at, at + length);
        }
        at += 1;
    }
}

/// The first byte at or after `from` that a line end may start with, or the end: a control character or one of two
/// lead bytes. Most stretches hold none, and for all bytes of one to be asked at once it has a fixed length.
fn find_candidate(bytes: &[u8], from: usize) -> usize {
    const STRETCH: usize = 16;
    let may_end = |byte: &u8| (*byte <= 0x0d) | (*byte == 0xc2) | (*byte == 0xe2);
    let mut at = from;
    while let Some(stretch) = bytes[at..].first_chunk::<STRETCH>()
        && !stretch.iter().fold(false, |any, byte| any | may_end(byte))
    {
        at += STRETCH;
    }
    bytes[at..].iter().position(may_end).map_or(bytes.len(), |found| at + found)
}

fn columns(white: &str) -> usize {
    white.chars().fold(0, |column, c| if c == '\t' { (column / 4 + 1) * 4 } else { column + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_is_understood() {
        let text = "a\nb\r\nc\rd\u{85}e\u{2028}f\u{2029}g\u{c}h\u{b}i";
        let found: Vec<_> = lines(text).iter().map(|l| l.span.of(text)).collect();
        assert_eq!(found, ["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
        assert!(lines(text)[1..].iter().all(|l| !l.after_blank), "CRLF is one line end");
    }

    #[test]
    fn blank_lines_and_indents_are_seen() {
        let text = "  a b \n\u{3000}\n\tc\n";
        let found = lines(text);
        assert_eq!(
            found.iter().map(|l| (l.span.of(text), l.indent, l.after_blank)).collect::<Vec<_>>(),
            [("a b", 2, true), ("c", 4, true)]
        );
        assert!(lines(" \n\t\n").is_empty());
    }

    #[test]
    fn blank_lines_are_known_by_every_line_end() {
        for text in ["\n\n", "\r\r", "\r\n\r\n", "\n \t\n", "\u{85}\u{2028}", "a\n\u{a0}\r\nb", "\n\r"] {
            assert!(has_blank_line(text), "{text:?}");
        }
        for text in ["", "\n", "\r\n", "a\r\nb\n", " \n ", "\na\n", "\u{2028}"] {
            assert!(!has_blank_line(text), "{text:?}");
        }
    }
}

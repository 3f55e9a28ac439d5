//! Characters that no page was meant to have: how many there are in a text, and where the first one stands.
//!
//! One pass over the bytes for each kind, by searches that the processor does many bytes at a time.
//!
//! When it is wrong: an article about character sets may show U+FFFD on purpose.

use memchr::{memchr_iter, memmem};

use crate::document::Span;

/// Places of one kind in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// How many there are.
    pub count: u32,
    /// The first one.
    pub first: Option<Span>,
}

impl Marks {
    /// Adds the next place.
    pub fn add(&mut self, span: Span) {
        self.count = self.count.saturating_add(1);
        self.first.get_or_insert(span);
    }
}

/// What stands for a byte that nobody could decode.
const REPLACEMENT: &str = "\u{fffd}";

/// The places of U+FFFD.
#[must_use]
pub fn replacements(text: &str) -> Marks {
    let mut marks = Marks::default();
    for at in memmem::find_iter(text.as_bytes(), REPLACEMENT) {
        marks.add(Span::new(at, at + REPLACEMENT.len()));
    }
    marks
}

/// The places of control characters: C0, C1 and delete, but for tabs, line ends and the form feeds between printed pages.
#[must_use]
pub fn controls(text: &str) -> Marks {
    let bytes = text.as_bytes();
    let is_control =
        |byte: u8| (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c)) || byte == 0x7f;
    let mut marks = Marks::default();
    // Without branches, so that it is done many bytes at a time. Texts that have any are few.
    if bytes.iter().fold(false, |any, byte| any | is_control(*byte)) {
        for at in (0..bytes.len()).filter(|at| is_control(bytes[*at])) {
            marks.add(Span::new(at, at + 1));
        }
    }
    for at in memchr_iter(0xc2, bytes) {
        // U+0085 is a line end.
        if matches!(bytes[at + 1], 0x80..=0x9f) && bytes[at + 1] != 0x85 {
            marks.add(Span::new(at, at + 2));
            if marks.first.is_some_and(|first| first.start > at) {
                marks.first = Some(Span::new(at, at + 2));
            }
        }
    }
    marks
}

/// The places of text that was encoded twice.
#[must_use]
pub fn mojibake(text: &str) -> Marks {
    let mut marks = Marks::default();
    super::mojibake::find(text, |span| marks.add(span));
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_should_not_be_there_is_found_and_what_may_be_is_not() {
        let text = "A\u{fffd}b\tc\r\n\u{c}é\u{85}x\u{7}\u{9b}\u{fffd}\u{0}";
        let replaced = replacements(text);
        assert_eq!((replaced.count, replaced.first), (2, Some(Span::new(1, 4))));
        let controls = controls(text);
        assert_eq!(controls.count, 3);
        assert_eq!(controls.first.map(|span| span.of(text)), Some("\u{7}"));
        assert_eq!(super::controls("Zoë\u{91}s \u{1}").first, Some(Span::new(4, 6)));
        assert_eq!(super::controls("Ordinary text, à la carte.\n"), Marks::default());
    }
}

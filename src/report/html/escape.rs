//! Text from outside, as HTML that does nothing but show it.
//!
//! Ids, sites and pages may hold anything. Markup is escaped, and what would steer the reading instead of being read
//! (control characters, direction marks, invisible separators) is shown by its number. Each piece stands in a `bdi`, so that
//! a right-to-left one does not turn its surroundings.

use std::fmt::Write;

use crate::report::details::beginning;
use crate::report::steers;

/// Bytes of an id, a host or a path that are shown.
const NAME: usize = 200;

/// What is inside an element. Attributes hold nothing from outside.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if steers(c) => {
                let _ = write!(out, "<span class=\"ctl\">U+{:04X}</span>", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// A text from outside, for itself.
pub(super) fn foreign(text: &str) -> String {
    format!("<bdi>{}</bdi>", escaped(text))
}

/// An id, a host or a path; of a very long one its beginning.
pub(super) fn name(text: &str) -> String {
    let shown = beginning(text, NAME);
    let more = if shown.len() < text.len() { "…" } else { "" };
    format!("<bdi class=\"id\">{}{more}</bdi>", escaped(&shown.replace(['\n', '\t'], " ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_markup_or_steers() {
        assert_eq!(escaped("<script>'\"&"), "&lt;script&gt;&#39;&quot;&amp;");
        assert_eq!(escaped("a\u{202e}b"), "a<span class=\"ctl\">U+202E</span>b");
        assert_eq!(
            escaped("\0\u{1b}[2J"),
            "<span class=\"ctl\">U+0000</span><span class=\"ctl\">U+001B</span>[2J"
        );
        assert_eq!(foreign("a\nb"), "<bdi>a\nb</bdi>");
        assert_eq!(name("a\nb"), "<bdi class=\"id\">a b</bdi>");
        assert!(name(&"é".repeat(500)).ends_with("é…</bdi>"));
    }
}

//! Characters of foreign text that must not reach a reader as they are.

/// Whether a character acts on what surrounds it, or on a terminal, instead of being seen: control characters, line and paragraph
/// separators, marks of direction, tags, and signs without a width. What joins letters and emoji is left alone.
#[must_use]
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

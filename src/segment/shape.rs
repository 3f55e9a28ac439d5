//! What a single line looks like: a list item, a heading, a table row, code.
//!
//! Only the characters count, never the words, so that it works in any language. It is wrong where prose borrows a
//! marker: a dialogue that opens each line with a dash reads as a list, which costs nothing, since both are kept.

use crate::document::Shape;

/// Characters that open a list item when white space follows.
const BULLETS: &str = "-*+•‣◦–·●○■□▪▫►▸➢➤✓✔❖・∙";

/// Of a line without white space, at least this share must be symbols of programs to be code.
const CODE_SYMBOLS: f64 = 0.12;

/// The shape of a line by itself.
pub(super) fn of_line(line: &str) -> Shape {
    let bytes = line.as_bytes();
    match bytes[0] {
        b'>' => {
            return if line.trim_start_matches(['>', ' ']).is_empty() { Shape::Rule } else { Shape::Quote };
        }
        b'#' if is_marked_heading(line) => return Shape::Heading,
        b'|' if bytes.len() > 2 && bytes[bytes.len() - 1] == b'|' => return Shape::TableRow,
        _ => {}
    }
    if marker_length(line).is_some() {
        Shape::ListItem
    } else if !bytes[0].is_ascii_alphanumeric() && !line.chars().any(char::is_alphanumeric) {
        Shape::Rule
    } else {
        Shape::Text
    }
}

fn is_marked_heading(line: &str) -> bool {
    let level = line.bytes().take_while(|b| *b == b'#').count();
    level <= 6 && line[level..].starts_with(' ') && line[level..].chars().any(char::is_alphanumeric)
}

/// The bytes of a list marker and the white space behind it, when the line opens with one and something follows.
pub(super) fn marker_length(line: &str) -> Option<usize> {
    let first = line.chars().next()?;
    // RFCs and plain-text memos use an `o` between wide spaces for a bullet.
    let marker = if line.starts_with("o  ") {
        1
    } else if first.is_ascii_digit() || first == '(' || first.is_ascii_alphabetic() {
        number_length(line)?
    } else if BULLETS.contains(first) {
        first.len_utf8()
    } else {
        return None;
    };
    let rest = &line[marker..];
    let text = rest.trim_start();
    // A number before a Chinese enumeration comma needs no space behind it; every other marker does.
    let tight = line[..marker].ends_with(['、', '．']);
    let spaced = text.len() < rest.len();
    ((spaced || tight) && text.chars().any(char::is_alphanumeric)).then(|| line.len() - text.len())
}

/// The bytes of `12.`, `3)`, `(4)`, `b)` or `5、` at the start of a line.
fn number_length(line: &str) -> Option<usize> {
    let open = usize::from(line.starts_with('('));
    let inner = &line[open..];
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    let letters = usize::from(digits == 0 && inner.as_bytes().first().is_some_and(u8::is_ascii_lowercase));
    let body = digits + letters;
    if body == 0 || digits > 3 {
        return None;
    }
    let close = inner[body..].chars().next()?;
    let closes = match close {
        ')' => true,
        '.' | '、' | '．' => open == 0 && digits > 0,
        _ => false,
    };
    closes.then(|| open + body + close.len_utf8())
}

/// Whether the line underlines the one above it: `=====` or `-----`.
pub(super) fn is_underline(line: &str) -> bool {
    line.len() >= 3 && (line.bytes().all(|b| b == b'=') || line.bytes().all(|b| b == b'-'))
}

/// Whether the line opens or closes fenced code.
pub(super) fn is_fence(line: &str) -> bool {
    line.starts_with("```") || line.starts_with("~~~")
}

/// Cells of a line between bars or tabs; 1 where there is neither.
pub(super) fn cells(line: &str) -> usize {
    if memchr::memchr2(b'|', b'\t', line.as_bytes()).is_none() {
        return 1;
    }
    let bars = memchr::memchr_iter(b'|', line.as_bytes()).count();
    let tabs = memchr::memchr_iter(b'\t', line.as_bytes()).count();
    1 + bars.max(tabs)
}

/// Bytes past which a line is no line of a program, whatever it ends with.
const MAX_CODE: usize = 240;

/// Whether a line of program text: it ends like a statement, or is dense with the symbols of one.
pub(super) fn is_code_like(line: &str) -> bool {
    if line.len() > MAX_CODE || !line.is_ascii() {
        return false;
    }
    let Some(&last) = line.as_bytes().last() else { return false };
    let count = |holds: fn(u8) -> bool| line.bytes().filter(|&b| holds(b)).count();
    let symbols = count(|b| CODE[usize::from(b)]);
    let solid = line.len() - count(|b| b == b' ');
    let share = symbols as f64 / solid as f64;
    let statement = matches!(last, b';' | b'{' | b'}') && share >= CODE_SYMBOLS / 2.0;
    statement || (share >= CODE_SYMBOLS && symbols >= 3 && !matches!(last, b'.' | b'?' | b'!'))
}

/// The bytes that programs are dense with.
const CODE: [bool; 256] = {
    let mut table = [false; 256];
    let symbols = b"{}()[]<>=;_$\\&*+#";
    let mut i = 0;
    while i < symbols.len() {
        table[symbols[i] as usize] = true;
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers() {
        for line in ["- a", "• b", "o  item", "12. c", "3) d", "(4) e", "b) f", "1、第一", "– g", "* h"]
        {
            assert_eq!(of_line(line), Shape::ListItem, "{line}");
        }
        for line in
            ["-a", "2016 was", "1.5 m", "3.Then", "A. Smith", "-", "(see 4) e", "I) x", "1234. y", "a b", "é"]
        {
            assert_ne!(of_line(line), Shape::ListItem, "{line}");
        }
    }

    #[test]
    fn other_shapes() {
        assert_eq!(of_line("## Title"), Shape::Heading);
        assert_eq!(of_line("#hashtag"), Shape::Text);
        assert_eq!(of_line("> said"), Shape::Quote);
        assert_eq!(of_line("| a | b |"), Shape::TableRow);
        assert_eq!(of_line("* * *"), Shape::Rule);
        assert_eq!(of_line("»"), Shape::Rule);
        assert_eq!(of_line("---"), Shape::Rule);
        assert!(is_code_like("let x = f(a[1]);") && is_code_like("if (a == b) {"));
        assert!(!is_code_like("He said (on Monday) that it works."));
    }
}

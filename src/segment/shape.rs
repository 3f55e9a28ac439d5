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

/// Bytes past which a line is no line of a program, whatever it ends with. Counts of bytes in shorter lines fit in a byte.
const MAX_CODE: usize = 240;

/// How many bytes of some kinds a line has; all of them counted in one pass, a byte of this number each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counts(u64);

const SYMBOL: u64 = 1;
const SPACE: u64 = 1 << 8;
const BAR: u64 = 1 << 16;
const TAB: u64 = 1 << 24;
const OTHER_SCRIPT: u64 = 1 << 32;

impl Counts {
    /// Counts the bytes of a line; nothing for one that is too long to be a program's.
    pub(super) fn of(line: &str) -> Option<Self> {
        (line.len() <= MAX_CODE).then(|| Self(line.bytes().map(|byte| KINDS[usize::from(byte)]).sum()))
    }

    fn get(self, kind: u64) -> usize {
        usize::from((self.0 / kind) as u8)
    }
}

/// Cells of a line between bars or tabs; 1 where there is neither.
pub(super) fn cells(line: &str, counts: Option<Counts>) -> usize {
    let count = |byte| memchr::memchr_iter(byte, line.as_bytes()).count();
    let (bars, tabs) = match counts {
        Some(counts) => (counts.get(BAR), counts.get(TAB)),
        None => (count(b'|'), count(b'\t')),
    };
    1 + bars.max(tabs)
}

/// Whether a line of program text: it ends like a statement, or is dense with the symbols of one.
pub(super) fn is_code_like(line: &str, counts: Option<Counts>) -> bool {
    let (Some(counts), Some(&last)) = (counts, line.as_bytes().last()) else { return false };
    let symbols = counts.get(SYMBOL);
    if symbols == 0 || counts.get(OTHER_SCRIPT) > 0 {
        return false;
    }
    let solid = line.len() - counts.get(SPACE);
    let share = symbols as f64 / solid as f64;
    let statement = matches!(last, b';' | b'{' | b'}') && share >= CODE_SYMBOLS / 2.0;
    statement || (share >= CODE_SYMBOLS && symbols >= 3 && !matches!(last, b'.' | b'?' | b'!'))
}

/// What each byte adds to [`Counts`]; symbols are what programs are dense with.
const KINDS: [u64; 256] = {
    let mut table = [0; 256];
    let symbols = b"{}()[]<>=;_$\\&*+#";
    let mut i = 0;
    while i < symbols.len() {
        table[symbols[i] as usize] = SYMBOL;
        i += 1;
    }
    table[b' ' as usize] = SPACE;
    table[b'|' as usize] = BAR;
    table[b'\t' as usize] = TAB;
    let mut byte = 0x80;
    while byte < 256 {
        table[byte] = OTHER_SCRIPT;
        byte += 1;
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
        let code = |line| is_code_like(line, Counts::of(line));
        assert!(code("let x = f(a[1]);") && code("if (a == b) {") && !code("wenn (ä == b) {"));
        assert!(!code("He said (on Monday) that it works."));
        for line in ["a | b\t|", &"a\t| ".repeat(80)] {
            assert_eq!(cells(line, Counts::of(line)), cells(line, None));
        }
    }
}

//! Text of pages inside other formats. Ids and snippets come from outside, and nothing in them may be taken for syntax.

use crate::report::steers;

/// On one line, without what would steer it.
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if steers(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Inside XML, as text or as a value in double quotes. What XML 1.0 cannot hold is shown by its number.
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' => out.push_str("&#10;"),
            c if steers(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// In the running text of GitHub's Markdown: as code, in which nothing is markup, a mention or a link. Escapes would not do:
/// mentions are looked for after they are resolved.
pub fn code(text: &str) -> String {
    let text = line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}

/// The message of a workflow command of GitHub Actions.
pub fn command(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
pub fn property(text: &str) -> String {
    command(text).replace(':', "%3A").replace(',', "%2C")
}

/// A path as a relative or `file` URI reference.
pub fn uri(path: &str) -> String {
    let mut out = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte as char);
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_for_syntax() {
        assert_eq!(line("a\nb\u{1b}[31m\u{202e}"), "a b\\u{1b}[31m\\u{202e}");
        assert_eq!(
            xml("<a href=\"x\">]]>&'\u{0}\n"),
            "&lt;a href=&quot;x&quot;&gt;]]&gt;&amp;&apos;\\u{0}&#10;"
        );
        assert_eq!(code("a|b @team\n# d"), "` a|b @team # d `");
        assert_eq!(code("`` ` ```"), "```` `` ` ``` ````");
        assert_eq!(command("100 %\n::error::x"), "100 %25%0A::error::x");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
        assert_eq!(uri("a b/é%.jsonl"), "a%20b/%C3%A9%25.jsonl");
        assert_eq!(uri("/x:y"), "file:///x%3Ay");
    }
}

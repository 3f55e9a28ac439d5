//! A word diff of two texts for the terminal: changed words in place, long equal stretches cut.

use std::io::{Result, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};

const GONE: Style = AnsiColor::Red.on_default();
/// Words that only one side has.
pub const INSERTED: Style = AnsiColor::Green.on_default();

/// After so long the rest is shown as replaced: exact differences of long texts take time that grows with the square.
const PATIENCE: Duration = Duration::from_secs(5);

/// Characters of equal text shown on each side of a change.
const AROUND: usize = 60;

/// Writes how `new` differs from `old`: `[-gone-]`, `{+new+}`.
pub fn write_word_diff(out: &mut Vec<u8>, old: &str, new: &str) -> Result<()> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_words(old, new);
    let mut equal = String::new();
    let mut begins = true;
    for change in diff.iter_all_changes() {
        let value = change.value();
        match change.tag() {
            ChangeTag::Equal => {
                equal.push_str(value);
                continue;
            }
            ChangeTag::Delete => {
                write_equal(out, &equal, begins, false)?;
                write!(out, "{GONE}[-{value}-]{GONE:#}")?;
            }
            ChangeTag::Insert => {
                write_equal(out, &equal, begins, false)?;
                write!(out, "{INSERTED}{{+{value}+}}{INSERTED:#}")?;
            }
        }
        equal.clear();
        begins = false;
    }
    write_equal(out, &equal, begins, true)?;
    writeln!(out)
}

/// Equal text between two changes, shortened in the middle.
fn write_equal(out: &mut Vec<u8>, text: &str, begins: bool, ends: bool) -> Result<()> {
    let chars: Vec<char> = text.chars().collect();
    let head = if begins { 0 } else { AROUND };
    let tail = if ends { 0 } else { AROUND };
    if chars.len() <= head + tail + AROUND {
        return write!(out, "{text}");
    }
    let first: String = chars[..head].iter().collect();
    let last: String = chars[chars.len() - tail..].iter().collect();
    write!(out, "{first} … {last}")
}

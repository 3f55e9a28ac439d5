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

/// Writes how `new` differs from `old`: `[-gone-]`, `{+new+}`. After `most` places it says how many more there are.
pub fn write_word_diff(out: &mut Vec<u8>, old: &str, new: &str, most: usize) -> Result<()> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_words(old, new);
    let (mut equal, mut gone, mut inserted) = (String::new(), String::new(), String::new());
    let mut places = 0;
    for change in diff.iter_all_changes() {
        match change.tag() {
            ChangeTag::Delete => gone.push_str(change.value()),
            ChangeTag::Insert => inserted.push_str(change.value()),
            ChangeTag::Equal => {
                if gone.len() + inserted.len() > 0 {
                    places += 1;
                    if places <= most {
                        write_place(out, &equal, places == 1, &gone, &inserted)?;
                    }
                    [&mut equal, &mut gone, &mut inserted].into_iter().for_each(String::clear);
                }
                equal.push_str(change.value());
            }
        }
    }
    if gone.len() + inserted.len() > 0 {
        places += 1;
        if places <= most {
            write_place(out, &equal, places == 1, &gone, &inserted)?;
        }
        equal.clear();
    }
    if places > most {
        return writeln!(out, "\n… and {} more places; --full shows all", places - most);
    }
    write_equal(out, &equal, places == 0, true)?;
    writeln!(out)
}

/// What changed at one place, behind what did not.
fn write_place(out: &mut Vec<u8>, equal: &str, begins: bool, gone: &str, inserted: &str) -> Result<()> {
    write_equal(out, equal, begins, false)?;
    if !gone.is_empty() {
        write!(out, "{GONE}[-{gone}-]{GONE:#}")?;
    }
    if !inserted.is_empty() {
        write!(out, "{INSERTED}{{+{inserted}+}}{INSERTED:#}")?;
    }
    Ok(())
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

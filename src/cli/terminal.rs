//! Words for people, on standard error. A closed or full standard error is nobody's failure, so nothing here fails.

use std::io::Write;

use anstyle::{AnsiColor, Style};

const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

/// A line of information.
pub fn say(message: impl std::fmt::Display) {
    let _ = writeln!(anstream::stderr(), "{}", harmless(message));
}

/// Something that the user should look at.
pub fn warn(message: impl std::fmt::Display) {
    let _ = writeln!(anstream::stderr(), "{YELLOW}warning{YELLOW:#}: {}", harmless(message));
}

/// Why the run ended early.
pub fn error(error: &anyhow::Error) {
    let _ = writeln!(anstream::stderr(), "{RED}error{RED:#}: {}", harmless(error));
}

/// Paths and ids come from outside: what would steer the terminal is shown instead.
pub fn harmless(message: impl std::fmt::Display) -> String {
    let message = message.to_string();
    let steers = |c: char| c != '\n' && dehusk::report::steers(c);
    if !message.contains(steers) {
        return message;
    }
    let shown = |c: char| {
        if steers(c) { c.escape_default().to_string() } else { c.to_string() }
    };
    message.chars().map(shown).collect()
}

/// `1 record`, `2 records`.
pub fn count(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

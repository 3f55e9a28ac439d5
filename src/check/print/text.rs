//! For people: what the corpus is, each gate on a line, and the examples of those that fail or warn.

use std::fmt::Write;

use super::{Report, message, parts, record};
use crate::check::docs::percent;
use crate::check::escape::line;
use crate::check::{Example, Finding, Part, Status};
use crate::report::table::{grouped, size};

pub fn print(report: &Report) -> String {
    let mut out = String::new();
    about(report, &mut out).and_then(|()| gates(report, &mut out)).expect("a string takes everything");
    out
}

fn about(report: &Report, out: &mut String) -> std::fmt::Result {
    let about = &report.corpus;
    writeln!(out, "{:>15} documents in {} records", grouped(about.documents), grouped(about.records))?;
    writeln!(out, "{:>15} of text", size(about.text_bytes))?;
    let lengths = about.characters;
    writeln!(
        out,
        "{:>15} characters in the median document, {} to {} in four of five",
        grouped(lengths.median),
        grouped(lengths.p10),
        grouped(lengths.p90)
    )?;
    let named = |parts: &[Part], most: usize| -> String {
        let shown = parts.iter().take(most).map(|p| format!("{} {}", line(&p.name), grouped(p.count)));
        shown.collect::<Vec<_>>().join(", ")
    };
    if about.labelled > 0 {
        write!(out, "{:>15} documents labelled", grouped(about.labelled))?;
        if !about.languages.is_empty() {
            write!(out, ": {}", named(&about.languages, 6))?;
        }
        writeln!(out)?;
    }
    if about.addressed > 0 {
        writeln!(out, "{:>15} with an address: {}", grouped(about.addressed), named(&about.sites, 3))?;
    }
    writeln!(out)
}

fn gates(report: &Report, out: &mut String) -> std::fmt::Result {
    let between =
        if report.gates.iter().any(|finding| finding.is_sampled) { "  sample: 95 % between" } else { "" };
    writeln!(out, "{:<8}{:<24}{:>12}{:>12}{between}", "", "gate", "share", "limit")?;
    for finding in &report.gates {
        let Finding { gate, share, limit, .. } = finding;
        let (shown, limit) = match finding.status {
            Status::Off => ("-".to_owned(), "off".to_owned()),
            Status::Nothing => ("-".to_owned(), percent(*limit)),
            _ => (percent(*share), percent(*limit)),
        };
        let status = match finding.status {
            Status::Pass if finding.is_spared() => "before",
            Status::Pass => "",
            Status::Warn => "warn",
            Status::Fail => "FAIL",
            Status::Nothing => "none",
            Status::Off => "off",
        };
        let mut between = String::new();
        if finding.is_sampled {
            between = format!("  {} and {}", percent(finding.low), percent(finding.high));
            if finding.is_close() {
                between += ", the limit between";
            }
        }
        if let Some(before) = finding.baseline {
            write!(between, "  before: {}", percent(before))?;
            if finding.is_better() {
                between += " (better now)";
            }
        }
        writeln!(out, "{}", format!("{status:<8}{gate:<24}{shown:>12}{limit:>12}{between}").trim_end())?;
    }
    for finding in report.gates.iter().filter(|finding| finding.is_bad()) {
        writeln!(out, "\n{} {}: {}", finding.status.name().to_uppercase(), finding.gate, message(finding))?;
        if finding.parts.len() > 1 || finding.gate == "unreadable_records" {
            writeln!(out, "  {}", parts(finding))?;
        }
        if finding.is_close() {
            writeln!(out, "  Another sample may say otherwise; a larger --sample says more.")?;
        }
        for example in &finding.examples {
            print_example(example, out)?;
        }
    }
    writeln!(out, "\n{}", report.verdict())
}

fn print_example(example: &Example, out: &mut String) -> std::fmt::Result {
    let Example { path, line: number, id, start, end, snippet, note, .. } = example;
    match record(example) {
        Some(record) => write!(out, "  {} {record}", line(path))?,
        None => write!(out, "  {}:{number}", line(path))?,
    }
    if let Some(id) = id.as_ref().filter(|id| *id != path) {
        write!(out, " {}", line(id))?;
    }
    if let (Some(start), Some(end)) = (start, end) {
        write!(out, " bytes {start}..{end}")?;
    }
    if !note.is_empty() {
        write!(out, " ({})", line(note))?;
    }
    writeln!(out)?;
    if !snippet.is_empty() {
        writeln!(out, "    {}", line(snippet))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::report::tests::hostile;
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        let text = print(&hostile());
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
        assert!(
            text.contains(
                "FAIL unreadable_records: 2 of 10 records (20 %), above 0 %: records that cannot be read"
            ),
            "{text}"
        );
        assert!(text.ends_with("\n1 gate failed, 2 warned, 13 passed\n"));
    }
}

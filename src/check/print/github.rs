//! For GitHub Actions: a workflow command for each gate that fails or warns, with an annotation at each of its examples.
//!
//! A step shows ten annotations of a kind, so the gates come first and the examples after them, in the order of the gates.

use std::fmt::Write;

use super::{Report, message, record};
use crate::check::escape::{command, line, property};
use crate::check::{Example, Finding, Status};

pub fn print(report: &Report) -> String {
    let mut out = String::new();
    let bad = || report.gates.iter().filter(|finding| finding.is_bad());
    for finding in bad() {
        writeln!(out, "::{} title={}::{}", level(finding), title(finding), command(&message(finding)))
            .expect("a string takes everything");
    }
    for finding in bad() {
        for example in &finding.examples {
            let Example { path, line: number, id, snippet, note, .. } = example;
            let record = record(example).unwrap_or_default();
            let said = [&*record, note.as_str(), id.as_deref().unwrap_or(""), snippet];
            let said: Vec<String> =
                said.iter().filter(|text| !text.is_empty()).map(|text| line(text)).collect();
            writeln!(
                out,
                "::{} file={},line={number},title={}::{}",
                level(finding),
                property(&line(path)),
                title(finding),
                command(&said.join(" | "))
            )
            .expect("a string takes everything");
        }
    }
    writeln!(out, "dehusk check: {}", report.verdict()).expect("a string takes everything");
    out
}

fn title(finding: &Finding) -> String {
    property(&format!("dehusk: {}", finding.gate))
}

fn level(finding: &Finding) -> &'static str {
    if finding.status == Status::Fail { "error" } else { "warning" }
}

#[cfg(test)]
mod tests {
    use super::super::super::report::tests::hostile;
    use super::*;

    #[test]
    fn a_page_cannot_write_commands() {
        let text = print(&hostile());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3 + 3 + 1, "{text}");
        let is_ours = |line: &&&str| line.starts_with("::error ") || line.starts_with("::warning ");
        assert_eq!(lines.iter().filter(is_ours).count(), 6, "{text}");
        assert!(
            lines[3].starts_with(
                "::error file=odd%2C dir%3A1/a b%25.jsonl,line=5,title=dehusk%3A unreadable_records::a|b"
            ),
            "{text}"
        );
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    }
}

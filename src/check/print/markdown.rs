//! GitHub's Markdown: a table of the gates, and below it the examples of those that fail or warn.

use std::fmt::Write;

use super::{Report, message, parts, place};
use crate::check::docs::percent;
use crate::check::escape::code;
use crate::check::{Example, Finding, Status};
use crate::report::table::{grouped, size};

pub fn print(report: &Report) -> String {
    let mut out = String::new();
    whole(report, &mut out).expect("a string takes everything");
    out
}

fn whole(report: &Report, out: &mut String) -> std::fmt::Result {
    let about = &report.corpus;
    let verdict = if report.passed { "passed" } else { "failed" };
    writeln!(out, "## dehusk check {verdict}\n")?;
    writeln!(
        out,
        "{}. {} documents in {} records, {} of text.\n",
        report.verdict(),
        grouped(about.documents),
        grouped(about.records),
        size(about.text_bytes)
    )?;
    writeln!(out, "| gate | status | share | limit |\n| --- | --- | ---: | ---: |")?;
    for finding in &report.gates {
        let Finding { gate, status, share, low, high, limit, is_sampled, .. } = finding;
        let status = match status {
            Status::Fail => "**fail**",
            status => status.name(),
        };
        let shown = match finding.status {
            Status::Off | Status::Nothing => "–".to_owned(),
            _ if *is_sampled => {
                let open = if finding.is_close() { ", the limit between" } else { "" };
                format!("{} ({} to {}{open})", percent(*share), percent(*low), percent(*high))
            }
            _ => percent(*share),
        };
        writeln!(out, "| `{gate}` | {status} | {shown} | {} |", percent(*limit))?;
    }
    for finding in report.gates.iter().filter(|finding| finding.is_bad()) {
        writeln!(out, "\n### `{}`\n\n{}.\n", finding.gate, message(finding))?;
        if finding.parts.len() > 1 {
            writeln!(out, "Of these: {}.\n", code(&parts(finding)))?;
        }
        for example in &finding.examples {
            let Example { path, id, note, snippet, .. } = example;
            let mut said = vec![format!("{}, {}", code(path), place(example))];
            for text in [id.as_deref().unwrap_or(""), note, snippet] {
                if !text.is_empty() && text != path {
                    said.push(code(text));
                }
            }
            writeln!(out, "- {}", said.join(" — "))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::report::tests::hostile;
    use super::*;

    #[test]
    fn a_page_writes_no_markup() {
        let text = print(&hostile());
        assert!(text.starts_with("## dehusk check failed\n"));
        assert_eq!(text.lines().filter(|line| line.starts_with("| `")).count(), 18);
        assert_eq!(text.lines().filter(|line| line.starts_with("- ")).count(), 3, "{text}");
        for foreign in text.split('\n').filter(|line| line.contains("@team")) {
            // Outside code there is nothing that came from a page.
            let outside: String = foreign.split("``").step_by(2).collect();
            assert!(!outside.contains("@team") && !outside.contains("<c>"), "{foreign}");
        }
        assert_eq!(text.lines().filter(|line| line.starts_with('#')).count(), 1 + 3, "{text}");
    }
}

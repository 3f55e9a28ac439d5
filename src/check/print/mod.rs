//! A report in the forms in which it is read: by people, by programs, and by what runs in a pipeline.
//!
//! Each form is a pure function from the [`Report`] to text, the same for the same report.

mod github;
mod junit;
mod markdown;
mod sarif;
mod text;

use super::{Example, Finding, Report};
use crate::check::docs::percent;
use crate::check::escape::line;
use crate::report::steers;
use crate::report::table::grouped;

/// The forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table for people.
    Text,
    /// One JSON object, with a schema.
    Json,
    /// JUnit's XML, a test case a gate.
    Junit,
    /// SARIF 2.1.0, a result an example.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
    /// A table and lists in GitHub's Markdown.
    Markdown,
}

/// The report in a form, with a line end.
#[must_use]
pub fn print(report: &Report, format: Format) -> String {
    match format {
        Format::Text => text::print(report),
        Format::Json => json(report),
        Format::Junit => junit::print(report),
        Format::Sarif => sarif::print(report),
        Format::Github => github::print(report),
        Format::Markdown => markdown::print(report),
    }
}

/// `record 6` of a file whose lines say nothing of its records.
fn record(example: &Example) -> Option<String> {
    (example.line == 1 && example.record > 0).then(|| format!("record {}", example.record))
}

/// That, or `line 7`.
fn place(example: &Example) -> String {
    record(example).unwrap_or_else(|| format!("line {}", example.line))
}

/// As JSON, indented, with a line end. Whoever looks at it in a terminal is not steered by what pages say.
fn json(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string_pretty(value).expect("names, numbers and texts") + "\n";
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && steers(c) {
            // Only texts hold such characters, and in them each may stand as its number.
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

/// `3 of 200 documents (1.5 %), above 1 %: documents that resemble another`, in one line.
fn message(finding: &Finding) -> String {
    let before =
        finding.baseline.map_or_else(String::new, |before| format!(" and {} before", percent(before)));
    format!("{}, above {}{before}: {}", measured(finding), percent(finding.limit), summary(finding))
}

/// What a gate is about.
fn summary(finding: &Finding) -> &'static str {
    let gate = crate::config::Gate::named(finding.gate).expect("findings are of gates");
    crate::check::docs::of(gate).summary
}

/// `3 of 200 documents (1.5 %)`, with the limits of what a sample says.
fn measured(finding: &Finding) -> String {
    let Finding { count, of, unit, share, low, high, .. } = finding;
    let shown = format!("{} of {} {unit} ({}", grouped(*count), grouped(*of), percent(*share));
    if finding.is_sampled {
        format!("{shown}, in all {} to {})", percent(*low), percent(*high))
    } else {
        shown + ")"
    }
}

/// `body 3, heading 2`.
fn parts(finding: &Finding) -> String {
    let shown = finding.parts.iter().map(|part| format!("{} {}", line(&part.name), grouped(part.count)));
    shown.collect::<Vec<_>>().join(", ")
}

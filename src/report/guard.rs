//! What passed a limit of `[guard]`, for programs and for people.
//!
//! A guard judges nothing right or wrong: it names the worst cases and a document of each, so that someone can look.

use std::fmt::Write;

use serde::Serialize;

use super::table::{grouped, share, size};

/// Cases of a breach that are named; the others are counted.
pub const NAMED_CASES: usize = 3;

/// What a limit is set on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// The documents of a source.
    SourceDocuments,
    /// The text of a source.
    SourceBytes,
    /// The text of one label.
    LabelBytes,
    /// The copies of one document.
    Copies,
}

/// A limit that was passed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Breach {
    /// What the limit is set on.
    pub guard: Guard,
    /// The limit: a share, or for copies a number of documents.
    pub limit: f64,
    /// How often it was passed.
    pub cases: u64,
    /// The worst cases, [`NAMED_CASES`] at most, the worst first.
    pub worst: Vec<Case>,
}

/// One source, label or document that passed a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The source's host or file, the label, or the id of the document that stays.
    pub name: String,
    /// Documents, bytes or copies that go.
    pub count: u64,
    /// Of so many documents or bytes; nothing for copies.
    pub of: Option<u64>,
    /// The id of a document to look at: one that goes whole, or else the one that loses the most.
    pub example: String,
}

impl Breach {
    /// What happened, for people: a line that says which limit was passed, and for each of the worst cases a line, and one
    /// with the command that shows its example. `command` makes that of an id.
    #[must_use]
    pub fn describe(&self, command: impl Fn(&str) -> String) -> String {
        let (one, many) = (self.cases == 1, grouped(self.cases));
        let percent = format!("{} %", (self.limit * 1000.0).round() / 10.0);
        let mut out = match self.guard {
            Guard::SourceDocuments if one => {
                format!("guard.source_documents: one source loses more than {percent} of its documents")
            }
            Guard::SourceDocuments => {
                format!("guard.source_documents: {many} sources lose more than {percent} of their documents")
            }
            Guard::SourceBytes if one => {
                format!("guard.source_bytes: one source loses more than {percent} of its text")
            }
            Guard::SourceBytes => {
                format!("guard.source_bytes: {many} sources lose more than {percent} of their text")
            }
            Guard::LabelBytes if one => {
                format!("guard.label_bytes: one label takes more than {percent} of all text")
            }
            Guard::LabelBytes => {
                format!("guard.label_bytes: {many} labels take more than {percent} of all text")
            }
            Guard::Copies => {
                let who =
                    if one { "one document stands".to_owned() } else { format!("{many} documents stand") };
                format!("guard.copies: {who} for more than {} others", grouped(self.limit as u64))
            }
        };
        if self.cases > self.worst.len() as u64 {
            out.push_str("; the worst:");
        } else {
            out.push(':');
        }
        for case in &self.worst {
            let Case { name, count, of, example } = case;
            let of = of.unwrap_or_default();
            let (name, example) = (one_line(name), one_line(example));
            let what = match self.guard {
                Guard::SourceDocuments => {
                    let part = share(*count, of);
                    format!("{} of {} documents go ({part}), such as {example}", grouped(*count), grouped(of))
                }
                Guard::SourceBytes => {
                    let part = share(*count, of);
                    format!("{} of {} go ({part}), the most of them in {example}", size(*count), size(of))
                }
                Guard::LabelBytes => {
                    let part = share(*count, of);
                    format!("{} of {} ({part}), the most of them in {example}", size(*count), size(of))
                }
                Guard::Copies => format!("{} copies go, such as {example}", grouped(*count)),
            };
            let command = one_line(&command(&case.example));
            write!(out, "\n  {name}: {what}\n    {command}").expect("a string takes everything");
        }
        out
    }
}

/// Names and ids come from outside, and may hold line ends.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breach(guard: Guard, limit: f64, cases: u64, of: Option<u64>) -> Breach {
        let case = Case { name: "example.org".to_owned(), count: 1800, of, example: "d\n7".to_owned() };
        Breach { guard, limit, cases, worst: vec![case] }
    }

    #[test]
    fn a_breach_names_its_limit_its_worst_case_and_what_to_do() {
        let said = |breach: Breach| breach.describe(|id| format!("explain {id}"));
        assert_eq!(
            said(breach(Guard::SourceDocuments, 0.75, 1, Some(2000))),
            "guard.source_documents: one source loses more than 75 % of its documents:\n  \
             example.org: 1,800 of 2,000 documents go (90.0 %), such as d\u{fffd}7\n    explain d\u{fffd}7"
        );
        assert_eq!(
            said(breach(Guard::Copies, 1000.0, 12, None)),
            "guard.copies: 12 documents stand for more than 1,000 others; the worst:\n  \
             example.org: 1,800 copies go, such as d\u{fffd}7\n    explain d\u{fffd}7"
        );
        assert!(said(breach(Guard::LabelBytes, 0.125, 1, Some(2000))).contains("12.5 % of all text:"));
        assert!(
            said(breach(Guard::SourceBytes, 0.9, 2, Some(1900))).contains("1.8 kB of 1.9 kB go (94.7 %)")
        );
    }
}

//! The corpus against the decisions: the kept documents in order, each with the text that its kept blocks give.

use serde::Deserialize;

use super::decision::{Action, ParsedDecision};
use super::window::{Line, Lines, Window};
use super::{Fault, Verification};
use crate::document::Document;
use crate::error::Result;
use crate::write::{Gaps, main_text};

/// What is verified of a corpus line; its other keys may be any.
#[derive(Deserialize)]
struct Record {
    id: String,
    text: String,
}

pub(super) struct Corpus<'r> {
    records: Window<'r, Record>,
    /// A document's text, made again.
    text: String,
}

impl<'r> Corpus<'r> {
    pub(super) fn new(lines: Lines<'r>) -> Self {
        let parse = |line: &[u8]| serde_json::from_slice(line).map_err(|e| e.to_string());
        Self { records: Window::new(lines, parse), text: String::new() }
    }

    /// Verifies a document's record, given its decision if that is a sound one.
    pub(super) fn check(
        &mut self,
        document: &Document,
        decision: Option<&ParsedDecision>,
        found: &mut Verification,
    ) -> Result<()> {
        let of_document = |record: &Record| record.id == document.id;
        let Some(decision) = decision else {
            // Whether it should be here is not known.
            self.records.next_if(|parsed| parsed.as_ref().is_ok_and(of_document))?;
            return Ok(());
        };
        if decision.action == Action::Drop {
            // A record of it is passed over, and reported, when the next kept document is looked for.
            return Ok(());
        }
        let checked = match self.records.seek(of_document)? {
            Some(line) => {
                for line in line.passed {
                    self.extra(line, found);
                }
                // A run without labels keeps the gaps of every document, and the decisions do not say which it was.
                let mut differs = |gaps| {
                    let kept = decision.kept_of(&document.text).into_iter();
                    main_text(&mut self.text, &document.text, kept, gaps);
                    first_difference(line.value.text.as_bytes(), self.text.as_bytes())
                };
                match differs(Gaps::of(document)).and_then(|at| differs(Gaps::Verbatim).map(|_| at)) {
                    Some(at) => Err(Fault::CorpusText { line: line.number, at }),
                    None => Ok(()),
                }
            }
            None => Err(match self.records.next_if(Result::is_err)? {
                Some(Line { number, parsed: Err(message) }) => {
                    Fault::Malformed { file: "the corpus", line: number, message }
                }
                _ => Fault::NotInCorpus,
            }),
        };
        if let Err(fault) = checked {
            found.add(Some(&document.id), document.place.clone(), fault);
        }
        Ok(())
    }

    /// Reports what is left after the last document.
    pub(super) fn check_rest(&mut self, found: &mut Verification) -> Result<()> {
        while let Some(line) = self.records.next_if(|_| true)? {
            self.extra(line, found);
        }
        Ok(())
    }

    fn extra(&self, Line { number, parsed }: Line<Record>, found: &mut Verification) {
        let place = self.records.place(number);
        match parsed {
            Ok(record) => found.add(Some(&record.id), place, Fault::NotKept { line: number }),
            Err(message) => {
                found.add(None, place, Fault::Malformed { file: "the corpus", line: number, message });
            }
        }
    }
}

fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    (a != b).then(|| a.iter().zip(b).take_while(|(a, b)| a == b).count())
}

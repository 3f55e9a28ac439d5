//! Proves that kept + removed = source: every source document has one decision, in the same order, that accounts for
//! each of its bytes; and, where the corpus is at hand, that the corpus holds what the decisions say and no more.
//!
//! All files are walked in step, once, so that memory does not grow with them. A mismatch does not end the walk.
//! Trust nothing that the decisions say: offsets may lie anywhere, lines may be missing, doubled or cut.
//!
//! When it is wrong: it does not compute a label, a similarity or a lifted field again, and it does not look whether
//! the document that a duplicate names is there and is similar.

mod check;
mod corpus;
mod decision;
mod spans;
mod window;

use std::fmt;

pub use check::{Fault, check_document};
pub use decision::{Action, ParsedBlock, ParsedCopy, ParsedDecision, ParsedPlace, ParsedSpan};
pub use window::Lines;

use corpus::Corpus;
use window::{Line, Window};

use crate::document::{Document, Place};
use crate::error::Result;

/// Mismatches that are kept to be shown; the rest are counted. A person reads the first ones.
pub const MAX_LISTED: usize = 100;

/// Something that does not agree, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The document, unless a line that names none is the matter.
    pub id: Option<String>,
    /// The record of the source; or the line, from 0, of a file that says what no source says.
    pub place: Place,
    /// What does not agree.
    pub fault: Fault,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(f, "{id} ({}): {}", self.place, self.fault),
            None => write!(f, "{}: {}", self.place, self.fault),
        }
    }
}

/// What a walk over the source and its decisions found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verification {
    /// Source documents seen.
    pub documents: u64,
    /// The first [`MAX_LISTED`] mismatches.
    pub listed: Vec<Mismatch>,
    /// All mismatches.
    pub mismatches: u64,
}

impl Verification {
    fn add(&mut self, id: Option<&str>, place: Place, fault: Fault) {
        self.mismatches += 1;
        if self.listed.len() < MAX_LISTED {
            self.listed.push(Mismatch { id: id.map(str::to_owned), place, fault });
        }
    }
}

/// Walks the source documents (without the rejected records, which have no decision) and the decisions in step, and
/// the corpus too where it is given.
///
/// # Errors
/// Only when a file cannot be read. What does not agree stands in the [`Verification`].
pub fn verify(
    documents: impl Iterator<Item = Result<Document>>,
    decisions: Lines<'_>,
    corpus: Option<Lines<'_>>,
) -> Result<Verification> {
    let mut found = Verification::default();
    let mut decisions = Window::new(decisions, ParsedDecision::parse);
    let mut corpus = corpus.map(Corpus::new);
    for document in documents {
        let document = document?;
        found.documents += 1;
        let decision = sound_decision(&mut decisions, &document, &mut found)?;
        if let Some(corpus) = &mut corpus {
            corpus.check(&document, decision.as_ref(), &mut found)?;
        }
    }
    while let Some(line) = decisions.next_if(|_| true)? {
        extra_decision(&decisions, line, &mut found);
    }
    if let Some(corpus) = &mut corpus {
        corpus.check_rest(&mut found)?;
    }
    Ok(found)
}

/// The decision that belongs to a document, if it is there and nothing is wrong with it. Lines passed over on the
/// way belong to no document.
fn sound_decision(
    decisions: &mut Window<'_, ParsedDecision>,
    document: &Document,
    found: &mut Verification,
) -> Result<Option<ParsedDecision>> {
    let Place { path, record } = &document.place;
    let same = |d: &ParsedDecision| d.id == document.id || (d.path == **path && d.record == *record);
    let checked = match decisions.seek(same)? {
        Some(line) => {
            for line in line.passed {
                extra_decision(decisions, line, found);
            }
            check_named(document, &line.value)
                .and_then(|()| check_document(&document.text, &hash_of(&document.text), &line.value))
                .map(|()| line.value)
        }
        None => Err(match decisions.next_if(Result::is_err)? {
            Some(Line { number, parsed: Err(message) }) => {
                Fault::Malformed { file: "the decisions", line: number, message }
            }
            _ => Fault::NoDecision,
        }),
    };
    Ok(checked.map_err(|fault| found.add(Some(&document.id), document.place.clone(), fault)).ok())
}

/// Proves that the decision names the document as the source does.
///
/// # Errors
/// The first name that does not agree.
pub fn check_named(document: &Document, decision: &ParsedDecision) -> Result<(), Fault> {
    let differs = |key, found: String, decided: String| Err(Fault::Named { key, found, decided });
    let Place { path, record } = &document.place;
    if decision.id != document.id {
        return differs("id", document.id.clone(), decision.id.clone());
    }
    if decision.path != **path {
        return differs("path", path.to_string(), decision.path.clone());
    }
    if decision.record != *record {
        return differs("record", record.to_string(), decision.record.to_string());
    }
    Ok(())
}

fn extra_decision(
    decisions: &Window<'_, ParsedDecision>,
    Line { number, parsed }: Line<ParsedDecision>,
    found: &mut Verification,
) {
    match parsed {
        Ok(decision) => {
            let place = Place { path: decision.path.into(), record: decision.record };
            found.add(Some(&decision.id), place, Fault::NoSource { line: number });
        }
        Err(message) => {
            let fault = Fault::Malformed { file: "the decisions", line: number, message };
            found.add(None, decisions.place(number), fault);
        }
    }
}

/// The hash of a source text as the decisions write it.
fn hash_of(text: &str) -> String {
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Label, Verdict};
    use crate::write::{
        BlockDecision, CorpusRecord, Decision, Gaps, main_text, sample, write_corpus, write_decision,
    };

    /// Documents `d0`, `d1`, … of two paragraphs and a teaser; the third is dropped as a copy of the first.
    fn run(count: u64) -> (Vec<Document>, Vec<String>, Vec<String>) {
        let (mut documents, mut decisions, mut corpus) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..count {
            let mut document = sample::document(&format!("One {number}\nTwo\n\nRead more"));
            document.id = format!("d{number}");
            document.place.record = number;
            document.source_hash = xxhash_rust::xxh3::xxh3_128(document.text.as_bytes());
            let labels = [Label::ListItem, Label::ListItem, Label::RelatedHeading];
            let blocks = &*sample::blocks(&document.text, &labels);
            let (verdict, canonical_id) = match number {
                2 => (Verdict::Duplicate { canonical: 0, similarity: 0.9, exact: false }, Some("d0")),
                _ => (Verdict::Keep { copies: u32::from(number == 0) }, None),
            };
            let mut line = Vec::new();
            let decision =
                Decision { document: &document, blocks, verdict, spans: None, canonical_id, elsewhere: None };
            write_decision(&mut line, &decision);
            decisions.push(String::from_utf8(line).unwrap());
            if canonical_id.is_none() {
                let (mut text, mut line) = (String::new(), Vec::new());
                main_text(&mut text, &document.text, BlockDecision::kept(blocks), Gaps::of(&document));
                let (document, text) = (&document, text.as_str());
                let record = CorpusRecord { document, text, title: None, date: None, language: None };
                write_corpus(&mut line, &record);
                corpus.push(String::from_utf8(line).unwrap());
            }
            documents.push(document);
        }
        (documents, decisions, corpus)
    }

    fn verified(documents: &[Document], decisions: &[String], corpus: Option<&[String]>) -> Vec<String> {
        let (decisions, corpus) = (decisions.concat(), corpus.map(<[String]>::concat));
        let lines = |path: &str, text: &'_ str| Lines {
            path: path.into(),
            reader: Box::new(std::io::Cursor::new(text.to_owned())),
        };
        let found = verify(
            documents.iter().cloned().map(Ok),
            lines("decisions.jsonl", &decisions),
            corpus.as_deref().map(|text| lines("corpus.jsonl", text)),
        )
        .unwrap();
        assert_eq!(found.documents, documents.len() as u64);
        assert_eq!(found.mismatches, found.listed.len() as u64);
        found.listed.iter().map(Mismatch::to_string).collect()
    }

    #[test]
    fn what_was_written_is_verified() {
        let (documents, decisions, corpus) = run(4);
        assert!(verified(&documents, &decisions, None).is_empty());
        assert!(verified(&documents, &decisions, Some(&corpus)).is_empty());
        assert!(verified(&[], &[], Some(&[])).is_empty());
    }

    #[test]
    fn a_line_missing_extra_moved_or_broken_is_named_and_the_rest_is_still_verified() {
        let (documents, good, _) = run(5);
        let after = |change: &dyn Fn(&mut Vec<String>)| {
            let mut decisions = good.clone();
            change(&mut decisions);
            verified(&documents, &decisions, None)
        };
        let no_decision = |n: u64| format!("d{n} (pages.jsonl record {n}): has no decision at its place");
        let no_source = |n: u64, line: u64| {
            format!(
                "d{n} (pages.jsonl record {n}): line {line} of the decisions has no source document at its place"
            )
        };
        for n in 0..5 {
            assert_eq!(after(&|d| drop(d.remove(n as usize))), [no_decision(n)]);
            assert_eq!(after(&|d| d.insert(n as usize, d[n as usize].clone())), [no_source(n, n + 2)]);
        }
        assert_eq!(after(&|d| d.swap(1, 2)), [no_source(2, 2), no_decision(2)]);
        assert_eq!(after(&Vec::clear), (0..5).map(no_decision).collect::<Vec<_>>());
        assert_eq!(
            after(&|d| d[3] = "{\"id\":\n".to_owned()),
            [
                "d3 (pages.jsonl record 3): line 4 of the decisions is malformed: EOF while parsing a value at line 2 column 0"
            ]
        );
        assert_eq!(after(&|d| d.push("[]\n".to_owned())).len(), 1,);
        assert_eq!(
            after(&|d| d[1] = d[1].replace("\"record\":1", "\"record\":9")),
            ["d1 (pages.jsonl record 1): the decision's record is 9, the source's is 1"]
        );
        assert_eq!(
            after(&|d| d[1] = d[1].replace("\"id\":\"d1\"", "\"id\":\"dx\"")),
            ["d1 (pages.jsonl record 1): the decision's id is dx, the source's is d1"]
        );
    }

    #[test]
    fn the_corpus_is_what_the_decisions_say() {
        let (documents, decisions, good) = run(5);
        let after = |change: &dyn Fn(&mut Vec<String>)| {
            let mut corpus = good.clone();
            change(&mut corpus);
            verified(&documents, &decisions, Some(&corpus))
        };
        assert_eq!(
            after(&|c| drop(c.remove(1))),
            ["d1 (pages.jsonl record 1): is kept, but is not in the corpus at its place"]
        );
        assert_eq!(
            after(&|c| c[1] = c[1].replace("One 1", "One !")),
            [
                "d1 (pages.jsonl record 1): its text on line 2 of the corpus is not what its kept blocks give, from byte 4 on"
            ]
        );
        let dropped = good[0].replace("d0", "d2");
        let extra = |line: u64| {
            format!(
                "d2 (corpus.jsonl record {}): line {line} of the corpus is no kept document at its place",
                line - 1
            )
        };
        assert_eq!(after(&|c| c.insert(2, dropped.clone())), [extra(3)]);
        assert_eq!(after(&|c| c.push(dropped.clone())), [extra(5)]);
        assert_eq!(after(&|c| c[0] = "x\n".to_owned()).len(), 1);

        // Nothing is known of a document whose decision is missing, so its corpus line is not extra.
        let mut decisions = decisions.clone();
        decisions.remove(1);
        assert_eq!(verified(&documents, &decisions, Some(&good)).len(), 1);
    }

    #[test]
    fn mismatches_beyond_the_listed_ones_are_counted() {
        let (documents, ..) = run(MAX_LISTED as u64 + 5);
        let nothing = Lines { path: "d".into(), reader: Box::new(std::io::empty()) };
        let found = verify(documents.into_iter().map(Ok), nothing, None).unwrap();
        assert_eq!(found.listed.len(), MAX_LISTED);
        assert_eq!(found.mismatches, MAX_LISTED as u64 + 5);
    }
}

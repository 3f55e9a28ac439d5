//! One document against its decision: the blocks and the white space around them are the whole source, and what is
//! said of each block and of the document goes together.
//!
//! Why a changed offset is always found: every block starts and ends with a character that is not white space, and
//! between blocks there is nothing but white space. A span that shrinks leaves such a character outside, one that
//! grows ends in white space, in the next block, or outside the text.

use super::decision::{Action, ParsedBlock, ParsedDecision};
use super::spans::check_spans;
use crate::document::{DropReason, Side};
use crate::segment::has_blank_line;
use crate::write::BlockAction;

/// What does not agree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The text differs from the one that was decided on.
    #[error("the source text has changed: its hash is {found}, the decision's is {decided}")]
    SourceHash {
        /// Of the text.
        found: String,
        /// In the decision.
        decided: String,
    },
    /// A block's bytes or what is said of them.
    #[error("block {number} ({start}..{end}) {problem}")]
    Block {
        /// From 0.
        number: usize,
        /// As the decision has it.
        start: usize,
        /// As the decision has it.
        end: usize,
        /// A verb phrase.
        problem: &'static str,
    },
    /// A run of words or what is said of it.
    #[error("span {number} ({start}..{end}) {problem}")]
    Span {
        /// From 0.
        number: usize,
        /// As the decision has it.
        start: usize,
        /// As the decision has it.
        end: usize,
        /// A verb phrase.
        problem: &'static str,
    },
    /// Text that no block holds.
    #[error("bytes {start}..{end} of the source are in no block and are not all white space")]
    Unaccounted {
        /// First byte between two blocks.
        start: usize,
        /// One past the last.
        end: usize,
    },
    /// What is said of the whole document contradicts itself or its blocks.
    #[error("the decision {0}")]
    Contradiction(&'static str),
    /// The decision belongs to this document, but names it otherwise.
    #[error("the decision's {key} is {decided}, the source's is {found}")]
    Named {
        /// `id`, `path` or `record`.
        key: &'static str,
        /// In the source.
        found: String,
        /// In the decision.
        decided: String,
    },
    /// A line that cannot be read.
    #[error("line {line} of {file} is malformed: {message}")]
    Malformed {
        /// `the decisions` or `the corpus`.
        file: &'static str,
        /// From 1.
        line: u64,
        /// What the parser says.
        message: String,
    },
    /// A source document without a decision.
    #[error("has no decision at its place")]
    NoDecision,
    /// A decision without a source document.
    #[error("line {line} of the decisions has no source document at its place")]
    NoSource {
        /// From 1.
        line: u64,
    },
    /// A kept document that the corpus lacks.
    #[error("is kept, but is not in the corpus at its place")]
    NotInCorpus,
    /// A corpus record that nothing accounts for.
    #[error("line {line} of the corpus is no kept document at its place")]
    NotKept {
        /// From 1.
        line: u64,
    },
    /// The corpus holds another text than the kept blocks give.
    #[error("its text on line {line} of the corpus is not what its kept blocks give, from byte {at} on")]
    CorpusText {
        /// From 1.
        line: u64,
        /// First byte of the corpus text that differs.
        at: usize,
    },
}

/// Proves that the decision accounts for every byte of `text`, whose `xxh3_128` in hex is `source_hash`.
///
/// # Errors
/// The first thing that does not agree.
pub fn check_document(text: &str, source_hash: &str, decision: &ParsedDecision) -> Result<(), Fault> {
    if decision.source_hash != source_hash {
        return Err(Fault::SourceHash {
            found: source_hash.to_owned(),
            decided: decision.source_hash.clone(),
        });
    }
    let mut at = 0;
    for (number, block) in decision.blocks.iter().enumerate() {
        let ParsedBlock { start, end, .. } = *block;
        let problem = |problem| Fault::Block { number, start, end, problem };
        check_span(text, at, start, end).map_err(problem)?;
        check_gap(text, at, start)?;
        check_block(block).map_err(problem)?;
        at = end;
    }
    check_gap(text, at, text.len())?;
    check_spans(text, decision)?;
    check_outcome(decision).map_err(Fault::Contradiction)
}

/// A span is good by itself and comes after byte `at`.
fn check_span(text: &str, at: usize, start: usize, end: usize) -> Result<(), &'static str> {
    if end <= start {
        return Err("holds no byte");
    }
    if start < at {
        return Err("overlaps the block before it");
    }
    let Some(inside) = text.get(start..end) else {
        return Err("does not lie in the text on character boundaries");
    };
    if inside.starts_with(char::is_whitespace) || inside.ends_with(char::is_whitespace) {
        return Err("starts or ends with white space");
    }
    if has_blank_line(inside) {
        return Err("holds a blank line");
    }
    Ok(())
}

fn check_gap(text: &str, start: usize, end: usize) -> Result<(), Fault> {
    let blank = text.get(start..end).is_some_and(|gap| gap.chars().all(char::is_whitespace));
    if blank { Ok(()) } else { Err(Fault::Unaccounted { start, end }) }
}

/// What becomes of a block follows from the side of its label, but for main text that another document has.
fn check_block(block: &ParsedBlock) -> Result<(), &'static str> {
    if !(0.0..=1.0).contains(&block.confidence) {
        return Err("has a confidence that is not from 0 to 1");
    }
    if block.documents == Some(0) {
        return Err("is said to be in no document");
    }
    let Some(action) = block.action() else {
        return Err("has an action and a reason that do not go together");
    };
    let side = block.label.side();
    match action {
        BlockAction::DropDuplicate if side != Side::Main => {
            Err("is dropped as a duplicate but is no main text")
        }
        BlockAction::DropDuplicate if block.duplicate_of.is_none() => {
            Err("is dropped as a duplicate of no other block")
        }
        BlockAction::DropDuplicate => Ok(()),
        action if action != BlockAction::of(side) => Err("has an action that its label does not have"),
        _ if side != Side::Main && block.duplicate_of.is_some() => {
            Err("is called a duplicate but is no main text")
        }
        _ => Ok(()),
    }
}

fn check_outcome(decision: &ParsedDecision) -> Result<(), &'static str> {
    let ParsedDecision { id, duplicate_of, duplicate_in, cluster, similarity, .. } = decision;
    let (canonical, cluster) = (duplicate_of.as_deref(), cluster.as_deref());
    let has_text = decision.blocks.iter().any(|block| block.action() == Some(BlockAction::Keep));
    match (decision.action, decision.reason) {
        (Action::Keep, Some(_)) => return Err("keeps the document with a reason to drop it"),
        (Action::Drop, None) => return Err("drops the document without a reason"),
        (Action::Keep, None) | (Action::Drop, Some(DropReason::Empty)) => {
            if canonical.is_some() || similarity.is_some() || duplicate_in.is_some() {
                return Err("names a duplicate that is not its reason");
            }
            let own = decision.action == Action::Keep && cluster == Some(id);
            if cluster.is_some() && !own {
                return Err("puts the document in a cluster that it does not belong to");
            }
        }
        (Action::Drop, Some(DropReason::Contaminated)) => {
            // An item of the reference may have the id of a document.
            if canonical.is_none() || cluster.is_some() {
                return Err("does not name the one item of the reference that the document holds");
            }
            if !similarity.is_some_and(|share| share > 0.0 && share <= 1.0) {
                return Err("has a similarity that its reason does not have");
            }
        }
        (Action::Drop, Some(reason)) => {
            let is_itself = canonical == Some(id) && duplicate_in.is_none();
            if canonical.is_none() || is_itself || canonical != cluster {
                return Err("does not name the one other document that this one repeats");
            }
            let exact = reason == DropReason::ExactDuplicate;
            if !similarity.is_some_and(|s| if exact { s == 1.0 } else { (0.0..=1.0).contains(&s) }) {
                return Err("has a similarity that its reason does not have");
            }
        }
    }
    match (has_text, decision.reason) {
        (true, Some(DropReason::Empty)) => Err("drops the document as empty, but blocks are kept"),
        (false, reason) if reason != Some(DropReason::Empty) => {
            Err("keeps no block, but does not drop the document as empty")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Label, Verdict};
    use crate::verify::hash_of;
    use crate::write::{BlockCopy, Decision, sample, write_decision};

    const TEXT: &str = " Tytuł\u{2028}pierwszy akapit\r\ntrwa\n\n\u{a0}drugi\n\n\nWięcej\t";

    /// The line of decisions on [`TEXT`], without its end.
    fn line() -> String {
        let mut document = sample::document(TEXT);
        document.source_hash = xxhash_rust::xxh3::xxh3_128(TEXT.as_bytes());
        let labels = [Label::Body, Label::Body, Label::Body, Label::RelatedHeading];
        let mut blocks = sample::blocks(TEXT, &labels);
        // The title and the first line share a line of the sample; the first paragraph has two.
        let (first, end) = (TEXT.find("pierwszy").unwrap(), TEXT.find("\n\n").unwrap());
        blocks[0].labelled.block.span.end = TEXT.find('\u{2028}').unwrap();
        blocks[1].labelled.block.span = crate::document::Span::new(first, end);
        blocks[2].duplicate_of = Some(Box::new(BlockCopy { id: "d0".to_owned(), block: 1, elsewhere: None }));
        blocks[2].action = BlockAction::DropDuplicate;
        let verdict = Verdict::Keep { copies: 2 };
        let mut out = Vec::new();
        write_decision(
            &mut out,
            &Decision {
                document: &document,
                blocks: &blocks,
                verdict,
                spans: None,
                canonical_id: None,
                elsewhere: None,
            },
        );
        out.pop();
        String::from_utf8(out).unwrap()
    }

    fn check(text: &str, line: &str) -> Result<(), String> {
        let decision = ParsedDecision::parse(line.as_bytes())?;
        check_document(text, &hash_of(text), &decision).map_err(|fault| fault.to_string())
    }

    #[test]
    fn every_changed_digit_of_every_offset_is_found() {
        let line = line();
        check(TEXT, &line).unwrap();
        let mut changed = 0;
        for key in ["\"start\":", "\"end\":"] {
            for (found, _) in line.match_indices(key) {
                let digits = found + key.len();
                let length = line[digits..].find(',').unwrap();
                for (at, digit) in
                    (digits..digits + length).flat_map(|at| (b'0'..=b'9').map(move |d| (at, d)))
                {
                    let mut bytes = line.clone().into_bytes();
                    if bytes[at] != digit {
                        bytes[at] = digit;
                        let other = String::from_utf8(bytes).unwrap();
                        assert!(check(TEXT, &other).is_err(), "{other}");
                        changed += 1;
                    }
                }
            }
        }
        assert_eq!(changed, 9 * (4 * 4 - 2));
    }

    #[test]
    fn every_changed_byte_of_the_source_is_found() {
        for at in 0..TEXT.len() {
            let mut bytes = TEXT.as_bytes().to_vec();
            bytes[at] ^= 1;
            if let Ok(text) = str::from_utf8(&bytes) {
                assert!(check(text, &line()).unwrap_err().starts_with("the source text has changed"));
            }
        }
    }

    #[test]
    fn what_contradicts_itself_or_cannot_be_read_is_found() {
        let line = line();
        for (from, to, fault) in [
            ("\"label\":\"body\"", "\"label\":\"legal\"", "block 0 (1..7) has an action that its label"),
            ("\"label\":\"body\"", "\"label\":\"bodi\"", "unknown variant `bodi`"),
            ("0.988", "1.988", "confidence"),
            ("\"boilerplate\"", "\"lifted\"", "do not go together"),
            ("\"boilerplate\"", "null", "do not go together"),
            ("{\"id\":\"d0\",\"block\":1}", "null", "duplicate of no other block"),
            ("\"documents\":null}]", "\"documents\":0}]", "in no document"),
            ("\"record\":7", "\"record\":-7", "invalid value: integer `-7`"),
            ("\"record\":7", "\"record\":70000000000000000000000", "invalid type"),
            ("\"record\":7", "\"record\":7,\"record\":7", "duplicate field `record`"),
            ("\"record\":7", "\"record\":7,\"records\":7", "unknown field `records`"),
            ("\"cluster\":\"d1\",", "", "missing field `cluster`"),
            ("\"cluster\":\"d1\"", "\"cluster\":\"d2\"", "does not belong"),
            (
                "\"action\":\"keep\",\"reason\":null",
                "\"action\":\"drop\",\"reason\":null",
                "without a reason",
            ),
            ("\"action\":\"keep\",\"reason\":null", "\"action\":\"keep\",\"reason\":\"empty\"", "to drop it"),
            (
                "\"action\":\"keep\",\"reason\":null",
                "\"action\":\"drop\",\"reason\":\"near_duplicate\"",
                "the one",
            ),
            ("\"similarity\":null", "\"similarity\":1e999", "number out of range"),
            ("\"similarity\":null", "\"similarity\":0.9", "not its reason"),
            ("\"start\":1,", "\"start\":1e0,", "invalid type: floating point"),
            ("\"blocks\":[{", "\"blocks\":[[{", "invalid"),
        ] {
            assert!(line.contains(from), "{from}");
            let error = check(TEXT, &line.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(fault), "{to}: {error}");
        }
    }

    #[test]
    fn spans_that_fail_each_in_its_way() {
        let spans = |text: &str, spans: &[(usize, usize)]| {
            let blocks: Vec<String> = spans
                .iter()
                .map(|(start, end)| {
                    format!(
                        r#"{{"start":{start},"end":{end},"label":"body","confidence":1,"action":"keep","reason":null,"duplicate_of":null,"documents":null}}"#
                    )
                })
                .collect();
            let line = format!(
                r#"{{"id":"a","path":"p","record":0,"source_hash":"{}","action":"keep","reason":null,"duplicate_of":null,"similarity":null,"cluster":null,"blocks":[{}]}}"#,
                hash_of(text),
                blocks.join(",")
            );
            check(text, &line)
        };
        spans("ab cd", &[(0, 2), (3, 5)]).unwrap();
        spans("ab", &[(0, 1), (1, 2)]).unwrap();
        for (text, bad, fault) in [
            ("ab cd", &[(0, 2), (2, 5)][..], "white space"),
            ("ab cd", &[(0, 2), (3, 6)], "character boundaries"),
            ("ab cé", &[(0, 2), (3, 5)], "character boundaries"),
            ("ab cd", &[(0, 2)], "bytes 2..5"),
            ("ab cd", &[(3, 5)], "bytes 0..3"),
            ("ab cd", &[(3, 5), (0, 2)], "bytes 0..3"),
            ("ab cd", &[(0, 2), (1, 5)], "overlaps"),
            ("ab cd", &[(0, 0), (0, 2), (3, 5)], "no byte"),
            ("ab cd", &[(2, 1)], "no byte"),
            ("ab\n\ncd", &[(0, 6)], "blank line"),
            ("ab cd", &[(0, usize::MAX)], "character boundaries"),
            ("", &[], "keeps no block"),
        ] {
            let error = spans(text, bad).unwrap_err();
            assert!(error.contains(fault), "{text:?} {bad:?}: {error}");
        }
    }
}

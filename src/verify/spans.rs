//! The runs of words in a decision against its blocks and its text: they lie in main text that stays, one behind the other,
//! and cut no word. What is left of the blocks and the runs that go are then all of the blocks but for white space, since the
//! one is what the other does not take.

use super::Fault;
use super::decision::{Action, ParsedBlock, ParsedDecision, ParsedSpan};
use crate::fingerprint::{count_words, normalise_into};
use crate::write::BlockAction;

/// Proves that the runs are sound. The blocks must be so already.
///
/// # Errors
/// The first thing that does not agree.
pub(super) fn check_spans(text: &str, decision: &ParsedDecision) -> Result<(), Fault> {
    let mut at = 0;
    for (number, span) in decision.spans.iter().enumerate() {
        let problem = |problem| Fault::Span { number, start: span.start, end: span.end, problem };
        check_span(text, at, span, &decision.blocks).map_err(problem)?;
        at = span.end;
    }
    let goes = decision.spans.iter().any(|span| span.action == Action::Drop);
    if goes && decision.action == Action::Keep && decision.kept_of(text).is_empty() {
        return Err(Fault::Contradiction("leaves no text, but does not drop the document as empty"));
    }
    Ok(())
}

fn check_span(text: &str, at: usize, span: &ParsedSpan, blocks: &[ParsedBlock]) -> Result<(), &'static str> {
    let ParsedSpan { start, end, words, duplicate_of, .. } = span;
    let (start, end) = (*start, *end);
    if end <= start || duplicate_of.end <= duplicate_of.start {
        return Err("holds no byte, here or in the document that it names");
    }
    if start < at {
        return Err("overlaps the span before it");
    }
    let Some(inside) = text.get(start..end) else {
        return Err("does not lie in the text on character boundaries");
    };
    if inside.starts_with(char::is_whitespace) || inside.ends_with(char::is_whitespace) {
        return Err("starts or ends with white space");
    }
    let first = blocks.partition_point(|block| block.end <= start);
    let own = &blocks[first..blocks.partition_point(|block| block.start < end)];
    let lies_in = own.first().is_some_and(|block| block.start <= start)
        && own.last().is_some_and(|block| end <= block.end);
    if !lies_in || own.iter().any(|block| block.action() != Some(BlockAction::Keep)) {
        return Err("lies not only in main text that stays");
    }
    let mut normal = String::new();
    let mut count = |part: &str| {
        normalise_into(part, &mut normal);
        count_words(&normal)
    };
    // A cut inside a word would leave a word on both sides of it.
    let inside: usize =
        own.iter().map(|block| count(&text[block.start.max(start)..block.end.min(end)])).sum();
    let outside =
        count(&text[own[0].start.min(start)..start]) + count(&text[end..own[own.len() - 1].end.max(end)]);
    let all: usize = own.iter().map(|block| count(&text[block.start..block.end])).sum();
    if inside + outside != all {
        return Err("cuts a word");
    }
    if inside != *words as usize {
        return Err("has another number of words");
    }
    Ok(())
}

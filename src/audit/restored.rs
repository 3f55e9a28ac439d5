//! Brings a document back from its decision and its source: as the corpus line that `clean` would have written had the
//! document stayed, with its dropped blocks put back where that is asked for.
//!
//! No text is made: every block is the bytes of the source that the decision names, and what stands between two blocks
//! follows from labels and source, by the code that wrote the corpus. Title, date and language are not in the decisions; they
//! are lifted again, from the blocks with those labels.
//!
//! When it is wrong: whether a run had labels off shows only by its uncounted blocks. Another version of dehusk may lift
//! another date from the same line.

use crate::document::{Block, Document, LabelledBlock, Repetition, Shape};
use crate::label::{Lifted, lift};
use crate::segment::segment;
use crate::verify::ParsedDecision;
use crate::write::{BlockAction, CorpusRecord, Gaps, KeptBlock, main_text, without_spans, write_corpus};

/// Which blocks of a document come back with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    /// Those that would be in the corpus had the document stayed.
    Kept,
    /// Also the paragraphs and the runs of words that were dropped as duplicates: the whole main text.
    Main,
    /// Every block, boilerplate and lifted ones too, with what stands between them: the source text without the white
    /// space around it.
    All,
}

/// Appends the document's corpus line to `out`, unless its text would be empty; says whether it did.
///
/// The decision must be a sound one on this document, as [`Walk`](super::Walk) gives them.
pub fn restore(out: &mut Vec<u8>, document: &Document, decision: &ParsedDecision, what: Restored) -> bool {
    // In a run with labels off nothing is counted, nothing is lifted, and gaps stay as they are.
    let is_labelled = decision.blocks.iter().any(|block| block.documents.is_some());
    let gaps = if is_labelled && what != Restored::All { Gaps::of(document) } else { Gaps::Verbatim };
    let wanted = |action: Option<BlockAction>| match what {
        Restored::Kept => action == Some(BlockAction::Keep),
        Restored::Main => matches!(action, Some(BlockAction::Keep | BlockAction::DropDuplicate)),
        Restored::All => true,
    };
    let blocks = decision.blocks.iter().enumerate().filter(|(_, block)| wanted(block.action()));
    let mut text = String::new();
    let kept = blocks.map(|(index, block)| KeptBlock { index, span: block.span(), label: block.label });
    let gone = if what == Restored::Kept { decision.dropped_spans() } else { Vec::new() };
    main_text(&mut text, &document.text, without_spans(&document.text, kept, &gone).into_iter(), gaps);
    if text.is_empty() {
        return false;
    }
    let Lifted { title, date, language } =
        if is_labelled { lift(&document.text, &labelled(document, decision)) } else { Lifted::default() };
    let record = CorpusRecord {
        document,
        text: &text,
        title: title.as_deref(),
        date: date.as_deref(),
        language: language.as_deref(),
    };
    write_corpus(out, &record);
    true
}

/// The blocks as they were labelled. Their shapes are found again.
fn labelled(document: &Document, decision: &ParsedDecision) -> Vec<LabelledBlock> {
    let mut segments = segment(&document.text).into_iter().peekable();
    let blocks = decision.blocks.iter().map(|block| {
        let span = block.span();
        while segments.next_if(|segment| segment.span.start < span.start).is_some() {}
        let same = segments.next_if(|segment| segment.span == span);
        LabelledBlock {
            block: same.unwrap_or(Block { span, shape: Shape::Text, after_blank: false }),
            label: block.label,
            confidence: block.confidence as f32,
            repetition: Repetition::default(),
        }
    });
    blocks.collect()
}

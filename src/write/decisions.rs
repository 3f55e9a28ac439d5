//! The decisions: one line a source document, dropped ones too, with what became of each block and why.
//!
//! In a dropped document the blocks carry the actions they would have had if it had stayed; that the whole document
//! is gone stands in its own `action` and `reason`. So the labels of a dropped page can be judged like any other, and
//! a document brought back later has its text at hand.

use super::corpus::KeptBlock;
use super::spans::{SpanDecision, put_spans};
use super::{key, put, put_hash, put_name, put_text};
use crate::document::{Document, DropReason, Elsewhere, LabelledBlock, Side, Verdict};

/// What becomes of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockAction {
    /// It stays in the text.
    Keep,
    /// It leaves the text for a field of its own.
    Lift,
    /// It goes, as boilerplate.
    DropBoilerplate,
    /// It goes, as a paragraph that another kept document has.
    DropDuplicate,
}

impl BlockAction {
    /// Every action.
    pub const ALL: [Self; 4] = [Self::Keep, Self::Lift, Self::DropBoilerplate, Self::DropDuplicate];

    /// What becomes of a block that is no duplicate.
    #[must_use]
    pub fn of(side: Side) -> Self {
        match side {
            Side::Main => Self::Keep,
            Side::Lifted => Self::Lift,
            Side::Boilerplate => Self::DropBoilerplate,
        }
    }

    /// `keep` or `drop`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Keep | Self::Lift => "keep",
            Self::DropBoilerplate | Self::DropDuplicate => "drop",
        }
    }

    /// Why, where there is something to say.
    #[must_use]
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Keep => None,
            Self::Lift => Some("lifted"),
            Self::DropBoilerplate => Some("boilerplate"),
            Self::DropDuplicate => Some("duplicate_block"),
        }
    }
}

/// The block of another document that a duplicate block repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockCopy {
    /// The kept document's id.
    pub id: String,
    /// The block's number there.
    pub block: u32,
    /// Where that document is, if it is none of the run.
    pub elsewhere: Option<Elsewhere>,
}

/// A block and what becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockDecision {
    /// The block, its label and its counts.
    pub labelled: LabelledBlock,
    /// What becomes of it.
    pub action: BlockAction,
    /// The paragraph it repeats. One that is marked but not dropped has the action [`BlockAction::Keep`].
    pub duplicate_of: Option<Box<BlockCopy>>,
}

impl BlockDecision {
    /// What becomes of a block that is no duplicate.
    #[must_use]
    pub fn by_label(labelled: LabelledBlock) -> Self {
        Self { labelled, action: BlockAction::of(labelled.label.side()), duplicate_of: None }
    }

    /// The blocks of a document that stay in its text.
    pub fn kept(blocks: &[Self]) -> impl Iterator<Item = KeptBlock> {
        blocks.iter().enumerate().filter(|(_, block)| block.action == BlockAction::Keep).map(
            |(index, block)| KeptBlock {
                index,
                span: block.labelled.block.span,
                label: block.labelled.label,
            },
        )
    }
}

/// All that was decided about a document.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// The document.
    pub document: &'a Document,
    /// Its blocks, all of them, in order.
    pub blocks: &'a [BlockDecision],
    /// Whether it stays.
    pub verdict: Verdict,
    /// The runs of words in them that stand elsewhere, in order; nothing where these were not looked for.
    pub spans: Option<&'a [SpanDecision]>,
    /// The id of the verdict's canonical, where the verdict is [`Verdict::Duplicate`]; of its item, where it is
    /// [`Verdict::Contaminated`].
    pub canonical_id: Option<&'a str>,
    /// Where the canonical is, if it is none of the run.
    pub elsewhere: Option<Elsewhere>,
}

impl Decision<'_> {
    /// Why the document goes, if it does.
    #[must_use]
    pub fn drop_reason(&self) -> Option<DropReason> {
        match self.verdict {
            Verdict::Keep { .. } => None,
            Verdict::Empty => Some(DropReason::Empty),
            Verdict::Contaminated { .. } => Some(DropReason::Contaminated),
            Verdict::Duplicate { exact: true, .. } => Some(DropReason::ExactDuplicate),
            Verdict::Duplicate { exact: false, .. } => Some(DropReason::NearDuplicate),
        }
    }

    /// The id of the canonical of the document's cluster, where it is in one.
    fn cluster(&self) -> Option<&str> {
        match self.verdict {
            Verdict::Keep { copies: 0 } | Verdict::Empty | Verdict::Contaminated { .. } => None,
            Verdict::Keep { .. } => Some(&self.document.id),
            Verdict::Duplicate { .. } => self.canonical_id,
        }
    }
}

/// Appends a document's line of decisions, with its line end.
pub fn write_decision(out: &mut Vec<u8>, decision: &Decision<'_>) {
    let document = decision.document;
    let reason = decision.drop_reason();
    out.extend_from_slice(b"{\"id\":");
    put_text(out, document.id.as_str());
    key!(out, "path");
    put_text(out, &*document.place.path);
    key!(out, "record");
    put(out, &document.place.record);
    key!(out, "source_hash");
    put_hash(out, document.source_hash);
    key!(out, "action");
    put_name(out, if reason.is_none() { "keep" } else { "drop" });
    key!(out, "reason");
    put_name(out, reason.map(DropReason::name));
    key!(out, "duplicate_of");
    put_text(out, decision.canonical_id);
    if let Some(elsewhere) = decision.elsewhere {
        key!(out, "duplicate_in");
        put_name(out, elsewhere.name());
    }
    key!(out, "similarity");
    match decision.verdict {
        Verdict::Duplicate { similarity, .. } => put_fraction(out, similarity, 4),
        Verdict::Contaminated { share, .. } => put_fraction(out, share, 4),
        _ => put_name(out, None),
    }
    key!(out, "cluster");
    put_text(out, decision.cluster());
    key!(out, "blocks");
    out.push(b'[');
    for (number, block) in decision.blocks.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        put_block(out, block);
    }
    out.push(b']');
    if let Some(spans) = decision.spans {
        key!(out, "spans");
        put_spans(out, spans);
    }
    out.extend_from_slice(b"}\n");
}

fn put_block(out: &mut Vec<u8>, block: &BlockDecision) {
    let LabelledBlock { block: source, label, confidence, repetition } = &block.labelled;
    out.extend_from_slice(b"{\"start\":");
    put(out, &source.span.start);
    key!(out, "end");
    put(out, &source.span.end);
    key!(out, "label");
    put_name(out, label.name());
    key!(out, "confidence");
    put_fraction(out, f64::from(*confidence), 3);
    key!(out, "action");
    put_name(out, block.action.name());
    key!(out, "reason");
    put_name(out, block.action.reason());
    key!(out, "duplicate_of");
    match &block.duplicate_of {
        None => put_name(out, None),
        Some(copy) => {
            out.extend_from_slice(b"{\"id\":");
            put_text(out, copy.id.as_str());
            key!(out, "block");
            put(out, &copy.block);
            if let Some(elsewhere) = copy.elsewhere {
                key!(out, "in");
                put_name(out, elsewhere.name());
            }
            out.push(b'}');
        }
    }
    key!(out, "documents");
    let counted = repetition.documents > 0;
    put(out, &counted.then_some(repetition.documents));
    out.push(b'}');
}

/// A number from 0 to 1 with a fixed number of decimals, the last one rounded. What lies outside is brought to the
/// nearer end and what is no number to 0, since JSON can say neither.
pub(super) fn put_fraction(out: &mut Vec<u8>, value: f64, decimals: u32) {
    let one = 10_u32.pow(decimals);
    let mut units = (value.clamp(0.0, 1.0) * f64::from(one)).round() as u32;
    let mut digits = [b'0'; 10];
    let wanted = decimals as usize;
    for digit in digits[..=wanted].iter_mut().rev() {
        *digit += (units % 10) as u8;
        units /= 10;
    }
    out.push(digits[0]);
    out.push(b'.');
    out.extend_from_slice(&digits[1..=wanted]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Label, Verdict};
    use crate::write::sample;

    fn line(decision: &Decision<'_>) -> String {
        let mut out = Vec::new();
        write_decision(&mut out, decision);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_kept_document_with_every_kind_of_block() {
        let document = sample::document("Title\nText one\nText two\nRead more");
        let mut blocks =
            sample::blocks(&document.text, &[Label::Title, Label::Body, Label::Body, Label::RelatedHeading]);
        blocks[1].labelled.repetition.documents = 2;
        blocks[1].duplicate_of =
            Some(Box::new(BlockCopy { id: "d\"0".to_owned(), block: 4, elsewhere: None }));
        blocks[2].duplicate_of = Some(Box::new(BlockCopy { id: "d0".to_owned(), block: 5, elsewhere: None }));
        blocks[2].action = BlockAction::DropDuplicate;
        let decision = Decision {
            document: &document,
            blocks: &blocks,
            verdict: Verdict::Keep { copies: 1 },
            spans: None,
            canonical_id: None,
            elsewhere: None,
        };
        assert_eq!(
            line(&decision),
            concat!(
                r#"{"id":"d1","path":"pages.jsonl","record":7,"source_hash":"0000000000000000000000000000002a","#,
                r#""action":"keep","reason":null,"duplicate_of":null,"similarity":null,"cluster":"d1","blocks":["#,
                r#"{"start":0,"end":5,"label":"title","confidence":0.988,"action":"keep","reason":"lifted","#,
                r#""duplicate_of":null,"documents":null},"#,
                r#"{"start":6,"end":14,"label":"body","confidence":0.988,"action":"keep","reason":null,"#,
                r#""duplicate_of":{"id":"d\"0","block":4},"documents":2},"#,
                r#"{"start":15,"end":23,"label":"body","confidence":0.988,"action":"drop","#,
                r#""reason":"duplicate_block","duplicate_of":{"id":"d0","block":5},"documents":null},"#,
                r#"{"start":24,"end":33,"label":"related_heading","confidence":0.988,"action":"drop","#,
                r#""reason":"boilerplate","duplicate_of":null,"documents":null}]}"#,
                "\n"
            )
        );
    }

    #[test]
    fn a_dropped_document_names_what_it_was_compared_with() {
        let document = sample::document("Text");
        let blocks = sample::blocks(&document.text, &[Label::Body]);
        let verdict = Verdict::Duplicate { canonical: 3, similarity: 0.812_349, exact: false };
        let (blocks, canonical_id) = (&*blocks, Some("d0"));
        let decision =
            Decision { document: &document, blocks, verdict, spans: None, canonical_id, elsewhere: None };
        let line = line(&decision);
        assert!(
            line.contains(
                r#""action":"drop","reason":"near_duplicate","duplicate_of":"d0","similarity":0.8123,"cluster":"d0""#
            ),
            "{line}"
        );
        assert!(line.contains(r#""action":"keep","reason":null,"duplicate_of":null"#), "{line}");
    }

    #[test]
    fn fractions_are_numbers_of_fixed_width() {
        let shown = |value, decimals| {
            let mut out = Vec::new();
            put_fraction(&mut out, value, decimals);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(shown(0.5, 3), "0.500");
        assert_eq!(shown(0.999_6, 3), "1.000");
        assert_eq!(shown(0.05, 4), "0.0500");
        assert_eq!(shown(f64::NAN, 4), "0.0000");
        assert_eq!(shown(7.0, 3), "1.000");
        assert_eq!(shown(-7.0, 3), "0.000");
    }
}

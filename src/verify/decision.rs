//! A line of decisions, read back strictly: every key once, none missing, none unknown, every name a known one.

use serde::{Deserialize, Deserializer};

use crate::document::{DropReason, Elsewhere, Label, Side, Span};
use crate::write::{BlockAction, KeptBlock, without_spans};

/// A document's decision as it stands in the file. Nothing in it is believed yet.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParsedDecision {
    /// The document's id.
    pub id: String,
    /// The file it was read from.
    pub path: String,
    /// The record in it, from 0.
    pub record: u64,
    /// `xxh3_128` of its text, 32 hex digits.
    pub source_hash: String,
    /// Whether it stays.
    pub action: Action,
    /// Why it goes.
    #[serde(deserialize_with = "present")]
    pub reason: Option<DropReason>,
    /// The kept document it was compared with.
    #[serde(deserialize_with = "present")]
    pub duplicate_of: Option<String>,
    /// Where that document is, if it is none of the run.
    #[serde(default)]
    pub duplicate_in: Option<Elsewhere>,
    /// How similar they are, from 0 to 1.
    #[serde(deserialize_with = "present")]
    pub similarity: Option<f64>,
    /// The canonical of its cluster.
    #[serde(deserialize_with = "present")]
    pub cluster: Option<String>,
    /// Its blocks, in order.
    pub blocks: Vec<ParsedBlock>,
    /// The runs of words in them that stand elsewhere, in order; a run that did not look for them wrote none.
    #[serde(default, deserialize_with = "or_nothing")]
    pub spans: Vec<ParsedSpan>,
}

/// A run of words as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParsedSpan {
    /// First byte in the source text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// How many words.
    pub words: u32,
    /// Whether it goes.
    pub action: Action,
    /// Who keeps the words.
    pub duplicate_of: ParsedPlace,
}

/// Where a kept document has the words of a run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParsedPlace {
    /// The kept document's id.
    pub id: String,
    /// First byte in its source text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A block as it stands in the file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParsedBlock {
    /// First byte in the source text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it is.
    pub label: Label,
    /// The model's probability of the label, from 0 to 1.
    pub confidence: f64,
    action: Action,
    #[serde(deserialize_with = "present")]
    reason: Option<String>,
    /// The paragraph it repeats.
    #[serde(deserialize_with = "present")]
    pub duplicate_of: Option<ParsedCopy>,
    /// How many documents hold it.
    #[serde(deserialize_with = "present")]
    pub documents: Option<u32>,
}

/// The block that a duplicate block repeats.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParsedCopy {
    /// The kept document's id.
    pub id: String,
    /// The block's number there.
    pub block: u32,
    /// Where that document is, if it is none of the run.
    #[serde(default, rename = "in")]
    pub elsewhere: Option<Elsewhere>,
}

/// What a decision says of a document or a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It stays.
    Keep,
    /// It goes.
    Drop,
}

impl ParsedDecision {
    /// Reads one line.
    ///
    /// # Errors
    /// What is wrong with the line, in words.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(line).map_err(|e| e.to_string())
    }

    /// What stays of the text, or would if the document stayed: blocks, or where a run goes parts of them.
    #[must_use]
    pub fn kept_of(&self, text: &str) -> Vec<KeptBlock> {
        without_spans(text, self.kept(), &self.dropped_spans())
    }

    /// The runs that go.
    #[must_use]
    pub fn dropped_spans(&self) -> Vec<Span> {
        let dropped = self.spans.iter().filter(|span| span.action == Action::Drop);
        dropped.map(|span| Span { start: span.start, end: span.end }).collect()
    }

    /// The blocks that stay in the text, or would if the document stayed. A run that goes may take parts of them.
    pub fn kept(&self) -> impl Iterator<Item = KeptBlock> {
        let blocks = self.blocks.iter().enumerate();
        blocks
            .filter(|(_, block)| block.action() == Some(BlockAction::Keep))
            .map(|(index, block)| KeptBlock { index, span: block.span(), label: block.label })
    }

    /// The numbers and the spans of the blocks of the main text, also of those that go as duplicates.
    pub fn main(&self) -> impl Iterator<Item = (usize, Span)> {
        let blocks = self.blocks.iter().enumerate();
        blocks
            .filter(|(_, block)| block.label.side() == Side::Main)
            .map(|(index, block)| (index, block.span()))
    }
}

impl ParsedBlock {
    /// Its bytes in the source text, if they lie in it.
    #[must_use]
    pub fn span(&self) -> Span {
        Span { start: self.start, end: self.end }
    }

    /// The action and its reason together, where they are a pair that exists.
    #[must_use]
    pub fn action(&self) -> Option<BlockAction> {
        let name = match self.action {
            Action::Keep => "keep",
            Action::Drop => "drop",
        };
        BlockAction::ALL
            .into_iter()
            .find(|action| action.name() == name && action.reason() == self.reason.as_deref())
    }
}

/// What a table, whose rows have every column, holds in place of what a line would leave out.
fn or_nothing<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// An optional value whose key must be there all the same: `null` is written, not left out.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

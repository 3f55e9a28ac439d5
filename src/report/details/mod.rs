//! What a report shows beyond counts: where the text went, block by block, site by site and copy by copy, with examples.
//!
//! This is plain data. [`Counts`] and [`Repeated`] are gathered document by document and merged; what stands by sites and
//! by clusters has unbounded keys and comes from the pipeline, which can sort more of them than memory holds. Every list
//! here is bounded by a constant, so a report over a billion documents is no longer than one over a thousand.
//!
//! When it is wrong: a share is only as good as the labels it is a share of; nothing here measures them.

mod counts;
mod repeated;
mod words;

use std::collections::BTreeMap;

use serde::Serialize;

pub(crate) use counts::Counts;
pub use counts::{ConfidenceBin, Funnel, LengthBin};
pub(crate) use repeated::{Place, Repeated};
pub use words::{Piece, Whose, WordDiff};

use crate::document::{DropReason, Label};

/// Version of the `details` object. It grows when a key changes its meaning or goes away.
const VERSION: u32 = 1;

/// Blocks named among the most repeated ones.
pub const NAMED_BLOCKS: usize = 25;
/// Sites named among the largest, and as many among those that lose the most.
pub const NAMED_SITES: usize = 25;
/// Documents that a site needs to be named among those that lose the most: shares of fewer say little.
pub const LEAST_DOCUMENTS: u32 = 10;
/// Clusters named among the largest.
pub const NAMED_CLUSTERS: usize = 10;
/// Copies named of each of them.
pub const NAMED_COPIES: usize = 5;
/// Near-duplicates named among those just above the threshold.
pub const NAMED_NEAREST: usize = 10;
/// Bytes of a block that are shown.
const SHOWN_BYTES: usize = 400;

/// From what a report was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// By the run itself.
    Run,
    /// Later, from its decisions beside its sources.
    DecisionsAndSources,
    /// Later, from its decisions alone. Texts are unknown, and with them the sites; a text ends where its last block does.
    Decisions,
}

/// What a report shows beyond counts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Details {
    version: u32,
    /// The program that made the report.
    program: String,
    /// From what it was made.
    pub origin: Origin,
    /// The keys of the configuration that differ from their defaults, as TOML, without `[run]` and `[meter]`, which change
    /// nothing that is decided. Nothing where only the run could know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<BTreeMap<String, String>>,
    /// Where every byte went.
    pub funnel: Funnel,
    /// The blocks that the most documents hold.
    pub repeated_blocks: Vec<RepeatedBlock>,
    /// Documents and bytes by site.
    pub sites: Sites,
    /// Documents that stand for others.
    pub clusters: Clusters,
    /// Documents by the length of their text, from the shortest on.
    pub lengths: Vec<LengthBin>,
    /// Blocks by their confidence, from the least on.
    pub confidences: Vec<ConfidenceBin>,
}

/// A block that many documents hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RepeatedBlock {
    /// Documents that hold it, as the labels were given to know; copies of one page count once.
    pub documents: u32,
    /// How often it stands in the documents read, copies of pages and all.
    pub occurrences: u64,
    /// How often it went: as boilerplate, as a duplicate, or with its document.
    pub removed: u64,
    /// Its label where it stands first.
    pub label: Label,
    /// The id of the document where it stands first.
    pub document: String,
    /// First byte there.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// Its text there; nothing where the sources were not at hand.
    pub text: Option<Excerpt>,
}

/// The beginning of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// As much as is shown.
    pub text: String,
    /// Whether there is more.
    pub cut: bool,
}

impl Excerpt {
    /// The beginning of `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let shown = beginning(text, SHOWN_BYTES);
        Self { text: shown.to_owned(), cut: shown.len() < text.len() }
    }
}

/// At most so many bytes of a text, whole characters.
pub(crate) fn beginning(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// Sites, or the input files of documents without an address.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sites {
    /// How many there are.
    pub total: u64,
    /// Those with the most bytes.
    pub largest: Vec<Site>,
    /// Those that lose the largest share of their bytes, of those with [`LEAST_DOCUMENTS`].
    pub worst: Vec<Site>,
}

/// What a site has and keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Site {
    /// Its host, or a file.
    pub name: String,
    /// Documents read.
    pub documents: u32,
    /// Of them, those that stay.
    pub kept: u32,
    /// Bytes of the texts read.
    pub bytes: u64,
    /// Of them, those that stay.
    pub kept_bytes: u64,
}

/// Documents of the run that stand for others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Clusters {
    /// How many there are.
    pub total: u64,
    /// Those with the most copies.
    pub largest: Vec<Cluster>,
    /// Near-duplicates with the least similarity, just above the threshold.
    pub nearest: Vec<NearCopy>,
}

/// A kept document and its copies.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cluster {
    /// The id of the kept document.
    pub canonical: String,
    /// How many were dropped for it.
    pub copies: u64,
    /// Of them, those with an equal main text.
    pub exact: u64,
    /// The first copies.
    pub first: Vec<Copy>,
    /// The least similar copy, if one is not equal.
    pub least: Option<NearCopy>,
}

/// A dropped document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Copy {
    /// Its id.
    pub id: String,
    /// Why it went.
    pub reason: DropReason,
    /// How similar it is to the kept one.
    pub similarity: f64,
}

/// A near-duplicate beside the document that it was dropped for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NearCopy {
    /// The kept document's id.
    pub canonical: String,
    /// The dropped document's id.
    pub copy: String,
    /// How similar they are.
    pub similarity: f64,
    /// What they have in common and what not; nothing where the sources were not at hand.
    pub difference: Option<WordDiff>,
}

/// What only whoever gathers can know.
pub(crate) struct Gathered {
    pub origin: Origin,
    pub configuration: Option<BTreeMap<String, String>>,
    pub counts: Counts,
    pub repeated_blocks: Vec<RepeatedBlock>,
    pub sites: Sites,
    pub clusters: Clusters,
}

impl Details {
    pub(crate) fn of(gathered: Gathered) -> Self {
        let Gathered { origin, configuration, counts, repeated_blocks, sites, clusters } = gathered;
        Self {
            version: VERSION,
            program: concat!("dehusk ", env!("CARGO_PKG_VERSION")).to_owned(),
            origin,
            configuration,
            funnel: counts.funnel,
            repeated_blocks,
            sites,
            clusters,
            lengths: counts.lengths(),
            confidences: counts.confidences(),
        }
    }

    /// The program that made the report, with its version.
    #[must_use]
    pub fn program(&self) -> &str {
        &self.program
    }
}

#[cfg(test)]
pub(crate) mod tests;

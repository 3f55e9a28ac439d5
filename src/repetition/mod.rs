//! repetition: in how many documents does each block occur, and what does that say about it?
//!
//! Furniture repeats from page to page; an article does not, unless its page was crawled twice or other pages show it
//! as a related item. So three questions are kept apart: how often (`count`), whether two pages are copies of one
//! page and must count as one (`copies`), and where the other occurrences stand: an article that stands at the top
//! of another page is that page's article and a teaser here.
//!
//! The stage is a set of pure functions over small fixed-size records, so that a corpus larger than memory goes
//! through by sorting: [`observe`] turns a document into [`Occurrence`]s, [`Half`]s and a [`PageSketch`]; sorted by key
//! they become [`Found`]s; sorted back by document, [`join`] makes them the [`Repetition`] of each block. [`in_memory`] does
//! all of it at once.
//!
//! It is wrong about a template so thin that a page holds little else: such pages look like copies of each other.

mod copies;
mod count;
mod in_memory;
mod join;
mod near;
mod observe;

pub use copies::{CopyFinder, Lead, PageSketch};
pub use count::Counter;
pub use in_memory::in_memory;
pub use join::join;
pub use near::{Half, NearCounter, ShortTexts};
pub use observe::{Page, host, observe};

#[cfg(doc)]
use crate::document::Repetition;

/// One block of one document, under its exact or its digit-masked key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occurrence {
    /// The block's key; the lowest bit tells an exact key (0) from a masked one (1).
    pub key: u128,
    /// The document's number.
    pub document: u32,
    /// The block's number in it.
    pub block: u32,
    /// Where the block starts, in 255ths of the text.
    pub position: u8,
    /// Whether it stands where a title stands.
    pub as_title: bool,
}

impl Occurrence {
    fn is_masked(&self) -> bool {
        self.key & 1 == 1
    }
}

/// What was found about one block, on its way back to its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The document's number.
    pub document: u32,
    /// The block's number in it.
    pub block: u32,
    /// Which question this answers.
    pub kind: FoundKind,
    /// Documents that hold the block, this one included, copies of a page counted once.
    pub documents: u32,
    /// Of those, the documents of this document's site.
    pub site_documents: u32,
    /// Where this block starts, in 255ths of its text.
    pub position: u8,
    /// The other document that has it nearest to its top, and the block's number there.
    pub example: (u32, u32),
    /// Where it starts there, in 255ths of that text.
    pub example_position: u8,
    /// Whether it stands where another document has its title.
    pub title_elsewhere: bool,
}

impl Found {
    /// What is known of a block from earlier runs: that so many documents of them hold it, and so many of its site. Where it
    /// stands in them is not known.
    #[must_use]
    pub fn earlier(of: &Occurrence, documents: u32, site_documents: u32) -> Self {
        Self {
            document: of.document,
            block: of.block,
            kind: if of.is_masked() { FoundKind::EarlierMasked } else { FoundKind::Earlier },
            documents,
            site_documents,
            position: of.position,
            example: (of.document, of.block),
            example_position: of.position,
            title_elsewhere: false,
        }
    }
}

/// The question a [`Found`] answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FoundKind {
    /// The same text after normalisation.
    Exact,
    /// The same text up to its digits.
    Masked,
    /// A short text a few letters away.
    Near,
    /// The same text, in documents that earlier runs kept.
    Earlier,
    /// The same text up to its digits, in documents that earlier runs kept.
    EarlierMasked,
}

impl FoundKind {
    /// As stored in a record.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The kind stored as `code`.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Exact,
            1 => Self::Masked,
            2 => Self::Near,
            3 => Self::Earlier,
            _ => Self::EarlierMasked,
        }
    }
}

/// What is known of every document between the sweeps: a few bytes each.
#[derive(Debug, Default)]
pub struct Documents {
    /// The first document that each is a copy of; itself where it is none.
    pub copy_of: Vec<u32>,
    /// The site, as a hash of the host; 0 where it is not known.
    pub site: Vec<u64>,
}

#[cfg(test)]
mod tests;

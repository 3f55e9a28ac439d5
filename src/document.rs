//! The plain data that flows through the stages: a document, its blocks, labels and verdicts.
//!
//! Nothing here decides anything. A stage receives these values, adds what it knows, and hands them on; only the
//! writer turns them into output.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A byte range of a document's source text, on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes `start..end`.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        Self { start, end }
    }

    /// The text under the span. `text` is the source text the span was made for.
    #[must_use]
    pub fn of<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start..self.end]
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether the span holds no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }
}

/// Where a record stands in the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file, as the user named it or as it was found below a folder that the user named; `-` for standard input.
    pub path: Arc<str>,
    /// The record in it, from 0: the line of a JSONL file, always 0 in a text file.
    pub record: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} record {}", self.path, self.record)
    }
}

/// One page's text with what came along with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// The record's own id, or `PATH#RECORD`, or a text file's path below its INPUT. Unique in a run.
    pub id: String,
    /// The source text, exactly as it came (a byte order mark is not part of it).
    pub text: String,
    /// The page's address, where the record has one.
    pub url: Option<String>,
    /// The input's other fields.
    pub metadata: Metadata,
    /// Where the record stands.
    pub place: Place,
    /// `xxh3_128` of `text`.
    pub source_hash: u128,
    /// What an earlier run of dehusk lifted from the page, when the record is one of its own corpus lines. Such a
    /// document is not labelled again: all of it is main text.
    pub cleaned: Option<Cleaned>,
}

/// The fields of a corpus line that a second cleaning carries over unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleaned {
    /// The lifted title.
    pub title: Option<String>,
    /// The lifted date, ISO 8601.
    pub date: Option<String>,
    /// ISO 639-1 code.
    pub language: Option<String>,
    /// The `provenance` object, as its JSON text.
    pub provenance: String,
}

/// Fields carried through byte for byte: the JSON text of an object, with its braces.
///
/// Kept as text because a JSON value in memory would sort keys, drop duplicate ones and round large numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata(pub String);

impl Default for Metadata {
    fn default() -> Self {
        Self("{}".to_owned())
    }
}

/// What a block looks like from its shape alone, before anything is known about its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Shape {
    /// A line or a hard-wrapped paragraph without a marker.
    Text,
    /// Marked as a heading: `## …`, or underlined.
    Heading,
    /// Starts with a bullet or a number.
    ListItem,
    /// Starts with `>`.
    Quote,
    /// Fenced or indented code.
    Code,
    /// A row of a table: cells between bars or tabs.
    TableRow,
    /// Only punctuation: a rule, a separator, a fence.
    Rule,
}

impl Shape {
    /// Every shape. The order is that of the variants.
    pub const ALL: &[Self] =
        &[Self::Text, Self::Heading, Self::ListItem, Self::Quote, Self::Code, Self::TableRow, Self::Rule];
}

/// A paragraph, list item, heading or furniture line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Its bytes; starts and ends with a character that is not white space, and holds no blank line.
    pub span: Span,
    /// What it looks like.
    pub shape: Shape,
    /// Whether a blank line (or the start of the text) stands before it.
    pub after_blank: bool,
}

/// The side of the page a label belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Kept in `text`.
    Main,
    /// Kept in a field of its own.
    Lifted,
    /// Removed.
    Boilerplate,
}

macro_rules! labels {
    ($($(#[$doc:meta])* $variant:ident $name:literal $side:ident,)*) => {
        /// What a block is. The names are stable: they stand in every decisions file.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Label { $($(#[$doc])* $variant,)* }

        impl Label {
            /// Every label, in the order of the documentation.
            pub const ALL: &[Label] = &[$(Label::$variant,)*];

            /// The stable name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Label::$variant => $name,)* }
            }

            /// The side of the page it belongs to.
            #[must_use]
            pub fn side(self) -> Side {
                match self { $(Label::$variant => Side::$side,)* }
            }
        }
    };
}

labels! {
    /// A paragraph of the article.
    Body "body" Main,
    /// A heading inside the article.
    Heading "heading" Main,
    /// An item of a list in the article.
    ListItem "list_item" Main,
    /// A quotation in the article.
    Quote "quote" Main,
    /// Code in the article.
    Code "code" Main,
    /// A row of a table in the article.
    TableRow "table_row" Main,
    /// The article's title.
    Title "title" Lifted,
    /// The article's date.
    Date "date" Lifted,
    /// Who wrote the article.
    Byline "byline" Lifted,
    /// The words under a picture, or a picture credit.
    Caption "caption" Boilerplate,
    /// Where the page was published or filed.
    Publication "publication" Boilerplate,
    /// Stands where content should be: an empty field, a dummy text.
    Placeholder "placeholder" Boilerplate,
    /// The heading of a section of other articles.
    RelatedHeading "related_heading" Boilerplate,
    /// The title of another article.
    RelatedTitle "related_title" Boilerplate,
    /// The date of another article.
    RelatedDate "related_date" Boilerplate,
    /// A paragraph or teaser of another article.
    RelatedText "related_text" Boilerplate,
    /// Menus, breadcrumbs, page numbers, tag lists.
    Navigation "navigation" Boilerplate,
    /// Share, print and follow lines.
    Share "share" Boilerplate,
    /// Advertising, newsletters, appeals to subscribe.
    Promo "promo" Boilerplate,
    /// Copyright, cookies, terms.
    Legal "legal" Boilerplate,
    /// Readers' comments and what surrounds them.
    Comment "comment" Boilerplate,
    /// Boilerplate of no other kind.
    Other "other" Boilerplate,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the rest of the corpus says about a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Repetition {
    /// Documents that hold the block, this one included; copies of one page count once. 0: never counted.
    pub documents: u32,
    /// Of those, the documents of the same site, this one included. 0 where the site is not known.
    pub site_documents: u32,
    /// Documents that hold the block up to its digits, this one included.
    pub masked_documents: u32,
    /// Other documents that hold a short block a few letters away, confirmed by edit distance.
    pub near_documents: u32,
    /// Length in blocks of the run around this block that another document repeats as a run.
    pub run: u32,
    /// Whether another document that holds the block has it nearer to its top than this one has.
    pub earlier_elsewhere: bool,
    /// Whether the block stands where another document has its title.
    pub title_elsewhere: bool,
    /// Another document that holds the block, as its number in the input order, and the block's number there.
    pub example: Option<(u32, u32)>,
}

/// A block with its label.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LabelledBlock {
    /// The block.
    pub block: Block,
    /// What it is.
    pub label: Label,
    /// The probability that the block is rightly in the main text, or rightly not, from 0 to 1.
    pub confidence: f32,
    /// What the rest of the corpus says about it.
    pub repetition: Repetition,
}

/// Why a whole document is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// No main text is left.
    Empty,
    /// The main text equals that of a kept document after normalisation.
    ExactDuplicate,
    /// The main text reaches the similarity threshold against that of a kept document.
    NearDuplicate,
    /// The main text holds enough of an item of the reference.
    Contaminated,
}

impl DropReason {
    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::ExactDuplicate => "exact_duplicate",
            Self::NearDuplicate => "near_duplicate",
            Self::Contaminated => "contaminated",
        }
    }
}

/// Where a document is that is none of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Elsewhere {
    /// An earlier run kept it.
    Index,
    /// It belongs to the reference.
    Reference,
}

impl Elsewhere {
    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Reference => "reference",
        }
    }
}

/// Whether a document stays, and why not. Documents are named by their number in input order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// It stays. `copies` other documents were dropped by comparison with it.
    Keep {
        /// How many documents have this one as their canonical.
        copies: u32,
    },
    /// It goes for want of main text.
    Empty,
    /// It goes because a kept document has the same main text.
    Duplicate {
        /// The kept document it was compared with directly.
        canonical: u32,
        /// Jaccard similarity of the shingle sets, from 0 to 1.
        similarity: f64,
        /// Whether the texts are equal after normalisation.
        exact: bool,
    },
    /// It goes because it holds enough of an item of the reference.
    Contaminated {
        /// The item of which it holds the largest share, by its number in the reference.
        item: u32,
        /// The share, from 0 to 1.
        share: f64,
    },
}

//! A layer: the kept documents of one run or of several that follow each other, in files that never change.
//!
//! | file | a record | for |
//! | --- | --- | --- |
//! | `rows` | rank, place of the text, words, signature (48 bytes a document) | the estimate of a candidate |
//! | `texts` | id and main text, packed | naming a document, and comparing it on its real shingle sets |
//! | `ids` | hash of the id (16 bytes a document read, dropped ones too) | an id that comes again |
//! | `keys` | exact key, document, similarity (28 bytes a different text) | equal texts |
//! | `buckets` | bucket, document (10 bytes; 16 of them at the default threshold) | similar texts |
//! | `paragraphs` | key, document, block (24 bytes a different paragraph that counts) | paragraphs that come again |
//! | `lines` | key, site, documents (16 bytes a line of a site; only with labels) | what repeats from page to page |
//!
//! All but `rows` and `texts` are sorted by their first field. Documents are numbered over all layers, in the order in which
//! they were kept.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::dedup::BlockKey;
use crate::error::{Error, Result};
use crate::fingerprint::Signature;
use crate::pipeline::sort::Record;
use crate::pipeline::spool::{Extent, Spool};
use crate::pipeline::table::Table;
use crate::pipeline::verdicts::InBucket;

/// A kept document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::pipeline) struct KnownRow {
    /// Its place among all documents with main text, kept or not, in the order in which they came.
    pub rank: u32,
    /// Where its text is.
    pub text: u64,
    /// Words in it.
    pub words: u32,
    /// For a rough estimate of similarity.
    pub signature: Signature,
}

/// A text that was met before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::pipeline) struct KnownKey {
    /// Of the main text.
    pub exact: u128,
    /// The kept document that has the text, or that a text like it went for.
    pub document: u32,
    /// The bits of the similarity of a near-duplicate; 0 where the document has the text itself.
    pub similarity: u64,
}

/// How many documents of a site hold a line. The derived order groups equal lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::pipeline) struct Line {
    /// Of the line; see [`line_key`].
    pub key: u64,
    /// Of the site; see [`line_site`].
    pub site: u32,
    /// Kept documents of that site that hold it.
    pub documents: u32,
}

/// What stands for the key of an [`Occurrence`](crate::repetition::Occurrence): its high half, with the bit that tells a masked key from an exact one.
pub(in crate::pipeline) fn line_key(key: u128) -> u64 {
    (key >> 64) as u64 & !1 | key as u64 & 1
}

/// What stands for a site: the high half of its hash; 0 only where it is not known.
pub(in crate::pipeline) fn line_site(site: u64) -> u32 {
    if site == 0 { 0 } else { ((site >> 32) as u32).max(1) }
}

/// What a text file holds of a document, in postcard's encoding.
#[derive(Serialize, Deserialize)]
pub(super) struct PackedText<'a> {
    /// First, so that it can be had alone.
    pub id: &'a str,
    /// Bytes of the text before it was packed.
    pub length: u32,
    /// The main text, its blocks parted by white space, as a zstd frame.
    #[serde(borrow)]
    pub packed: &'a [u8],
}

/// How much there is of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sizes {
    /// The number of the first document.
    pub first: u32,
    /// Kept documents.
    pub documents: u32,
    pub ids: u64,
    pub keys: u64,
    pub buckets: u64,
    pub paragraphs: u64,
    pub lines: u64,
    pub texts: Extent,
}

pub(super) const ROWS: &str = "rows";
pub(super) const TEXTS: &str = "texts";
pub(super) const IDS: &str = "ids";
pub(super) const KEYS: &str = "keys";
pub(super) const BUCKETS: &str = "buckets";
pub(super) const PARAGRAPHS: &str = "paragraphs";
pub(super) const LINES: &str = "lines";

/// Every file of a layer.
pub(super) const FILES: [&str; 7] = [ROWS, TEXTS, IDS, KEYS, BUCKETS, PARAGRAPHS, LINES];

impl Sizes {
    /// Bytes that the file of this name has.
    pub fn bytes(&self, file: &str) -> u64 {
        let table = |records: u64, size: usize| records * size as u64;
        match file {
            ROWS => table(u64::from(self.documents), KnownRow::SIZE),
            TEXTS => self.texts.length,
            IDS => table(self.ids, u128::SIZE),
            KEYS => table(self.keys, KnownKey::SIZE),
            BUCKETS => table(self.buckets, InBucket::SIZE),
            PARAGRAPHS => table(self.paragraphs, BlockKey::SIZE),
            _ => table(self.lines, Line::SIZE),
        }
    }
}

/// A layer open for reading.
#[derive(Debug)]
pub(super) struct Layer {
    pub sizes: Sizes,
    pub rows: Table<KnownRow>,
    pub texts: Spool,
    pub ids: Table<u128>,
    pub keys: Table<KnownKey>,
    pub buckets: Table<InBucket>,
    pub paragraphs: Table<BlockKey>,
    pub lines: Table<Line>,
}

impl Layer {
    /// Opens the files in `folder`.
    ///
    /// # Errors
    /// [`Error::Io`] with the path of the file that is missing or has another length.
    pub fn open(folder: &Path, sizes: Sizes) -> Result<Self> {
        let file = |name| folder.join(name);
        Ok(Self {
            sizes,
            rows: Table::open(&file(ROWS), u64::from(sizes.documents))?,
            texts: Spool::open(&file(TEXTS), sizes.texts)?,
            ids: Table::open(&file(IDS), sizes.ids)?,
            keys: Table::open(&file(KEYS), sizes.keys)?,
            buckets: Table::open(&file(BUCKETS), sizes.buckets)?,
            paragraphs: Table::open(&file(PARAGRAPHS), sizes.paragraphs)?,
            lines: Table::open(&file(LINES), sizes.lines)?,
        })
    }

    /// The row of a document, by its number over all layers.
    pub fn row(&self, document: u32) -> Result<KnownRow> {
        self.rows.get(u64::from(document - self.sizes.first))
    }

    /// The id of a document.
    pub fn id(&self, document: u32) -> Result<String> {
        /// So many bytes hold most ids; the text behind it need not be read.
        const HEAD: usize = 256;
        let (row, mut bytes) = (self.row(document)?, Vec::new());
        self.texts.read_head(row.text, HEAD, &mut bytes)?;
        if let Ok((id, _)) = postcard::take_from_bytes::<&str>(&bytes) {
            return Ok(id.to_owned());
        }
        self.texts.read(row.text, &mut bytes)?;
        let (id, _) = postcard::take_from_bytes::<&str>(&bytes).map_err(|_| self.damaged())?;
        Ok(id.to_owned())
    }

    /// The main text of a document.
    pub fn text(&self, row: &KnownRow) -> Result<String> {
        let mut bytes = Vec::new();
        self.texts.read(row.text, &mut bytes)?;
        let PackedText { length, packed, .. } = postcard::from_bytes(&bytes).map_err(|_| self.damaged())?;
        let text = zstd::bulk::decompress(packed, length as usize).map_err(|_| self.damaged())?;
        String::from_utf8(text).map_err(|_| self.damaged())
    }

    pub fn damaged(&self) -> Error {
        self.texts.damaged("an entry is no document")
    }
}

/// A document as `texts` holds it.
pub(super) fn pack_text(id: &str, text: &str) -> Vec<u8> {
    /// The fastest that zstd has: texts are packed once and mostly never read.
    const LEVEL: i32 = 1;
    let packed = zstd::bulk::compress(text.as_bytes(), LEVEL).expect("memory is all it takes");
    let length = text.len() as u32;
    postcard::to_stdvec(&PackedText { id, length, packed: &packed }).expect("plain data always encodes")
}

//! The labelled documents of a run on disk, and what is asked of them: ids, texts, shingles made anew.
//!
//! A document is read back whenever it is wanted; only what the table says of it is at hand. Numbers beyond those of the run
//! are those of documents that are known from elsewhere.

use std::cell::RefCell;
use std::sync::Arc;

use super::bits::Bits;
use super::draft::{Draft, MainTextView};
use super::drafts::Row;
use super::index::Known;
use super::spool::Spool;
use super::table::Table;
use crate::dedup::spans::SpanText;
use crate::dedup::{MainText, MainTextDigest, Shingles};
use crate::document::Elsewhere;
use crate::error::Result;
use crate::read::Input;

/// The labelled documents of a run.
pub struct Store {
    pub(super) inputs: Arc<[Input]>,
    pub(super) known: Option<Arc<Known>>,
    pub(super) spool: Spool,
    pub(super) rows: Table<Row>,
    pub(super) repeated: Bits,
}

impl Store {
    /// The document with number `number`.
    ///
    /// # Errors
    /// When it cannot be read back from the work folder.
    pub fn draft(&self, number: u32) -> Result<Draft> {
        self.decode(&self.bytes(number)?)
    }

    /// How many records the run has read. Numbers from there on are those of documents that are known.
    pub(super) fn records(&self) -> u32 {
        self.rows.len() as u32
    }

    /// The documents that may hold something of the reference.
    pub(super) fn touched(&self) -> Result<Bits> {
        let mut touched = Bits::new(self.records() as usize);
        for (number, row) in (0_u32..).zip(self.rows.iter()) {
            if row?.touched && !self.repeated.contains(number) {
                touched.insert(number);
            }
        }
        Ok(touched)
    }

    /// The exact key of a document's main text, if it has one.
    pub(super) fn exact_key(&self, number: u32) -> Result<Option<u128>> {
        Ok(self.rows.get(u64::from(number))?.entry.map(|entry| entry.exact))
    }

    /// The number of a document among those that are known, where it is none of the run.
    fn known(&self, number: u32) -> Option<(&Known, u32)> {
        Some((self.known.as_deref()?, number.checked_sub(self.records())?))
    }

    /// Where a document is that is none of the run.
    pub(super) fn elsewhere(&self, number: u32) -> Option<Elsewhere> {
        self.known(number).map(|(known, document)| known.home(document))
    }

    /// The main text in the bytes of a document.
    pub(super) fn main_text<'b>(&self, bytes: &'b [u8]) -> Result<MainTextView<'b>> {
        MainTextView::of(bytes).ok_or_else(|| self.damaged())
    }

    /// The main text of document `number`, also of one that is none of the run, its paragraphs joined by a blank line.
    ///
    /// # Errors
    /// When it cannot be read back.
    pub fn text(&self, number: u32) -> Result<String> {
        match self.known(number) {
            Some((known, document)) => known.text(document),
            None => {
                Ok(self.draft(number)?.main_blocks().map(|(_, text)| text).collect::<Vec<_>>().join("\n\n"))
            }
        }
    }

    /// The id of document `number`, also of one that is none of the run.
    ///
    /// # Errors
    /// When it cannot be read back.
    pub fn id(&self, number: u32) -> Result<String> {
        if let Some((known, document)) = self.known(number) {
            return known.id(document);
        }
        /// So many bytes hold most ids; the text behind it need not be read.
        const HEAD: usize = 256;
        let row = self.rows.get(u64::from(number))?;
        let mut head = Vec::new();
        self.spool.read_head(row.draft.ok_or_else(|| self.damaged())?, HEAD, &mut head)?;
        match Draft::id_of(&head) {
            Some(id) => Ok(id),
            None => Draft::id_of(&self.bytes(number)?).ok_or_else(|| self.damaged()),
        }
    }

    /// What the table says of every record.
    pub(super) fn rows(&self) -> &Table<Row> {
        &self.rows
    }

    /// Main texts made anew, for shingles of so many words.
    pub(super) fn main_texts(&self, shingle_words: usize) -> impl MainText {
        Respooled { store: self, shingle_words }
    }

    /// What is made of its source text and the words of its main text.
    pub(super) fn with_text<R>(&self, number: u32, make: impl FnOnce(&str, SpanText) -> R) -> Result<R> {
        SCRATCH.with_borrow_mut(|(_, bytes)| {
            self.read(number, bytes)?;
            let (source, blocks) = Draft::text_of(bytes).ok_or_else(|| self.damaged())?;
            let text = SpanText::of(source, blocks.iter().map(|block| (&block.block, block.label)));
            Ok(make(source, text))
        })
    }

    /// How many words its main text has.
    pub(super) fn words(&self, number: u32) -> Result<usize> {
        Ok(self.rows.get(u64::from(number))?.entry.map_or(0, |entry| entry.words as usize))
    }

    /// The text of one of its blocks.
    pub(super) fn block(&self, number: u32, block: u32) -> Result<String> {
        let bytes = self.bytes(number)?;
        Draft::block_of(&bytes, block).map(str::to_owned).ok_or_else(|| self.damaged())
    }

    pub(super) fn decode(&self, bytes: &[u8]) -> Result<Draft> {
        Draft::decode(bytes, &self.inputs).ok_or_else(|| self.damaged())
    }

    pub(super) fn bytes(&self, number: u32) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read(number, &mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn read(&self, number: u32, out: &mut Vec<u8>) -> Result<()> {
        let row = self.rows.get(u64::from(number))?;
        self.spool.read(row.draft.ok_or_else(|| self.damaged())?, out)
    }

    pub(super) fn damaged(&self) -> crate::Error {
        self.spool.damaged("an entry is no document")
    }
}

thread_local! {
    static SCRATCH: RefCell<(MainTextDigest, Vec<u8>)> = RefCell::default();
}

/// Main texts made anew from the spool.
pub(super) struct Respooled<'a> {
    pub store: &'a Store,
    pub shingle_words: usize,
}

impl MainText for Respooled<'_> {
    fn shingles(&self, document: u32, out: &mut Shingles) -> Result<()> {
        SCRATCH.with_borrow_mut(|(digest, bytes)| {
            if let Some((known, document)) = self.store.known(document) {
                return known.shingles(document, digest, self.shingle_words, out);
            }
            self.store.read(document, bytes)?;
            let text = self.store.main_text(bytes)?;
            digest.shingles(text.runs(), self.shingle_words, out);
            Ok(())
        })
    }
}

//! A labelled document on its way through the work folder.
//!
//! Its fields are in postcard's encoding, read back without a copy where only a part is wanted. Its blocks are packed by
//! hand, for there may be a million of them: a block follows the one before it, so two small numbers place it, and
//! most blocks have nothing more to say than their label. A block of a text that was not labelled takes four bytes.

use serde::{Deserialize, Serialize, Serializer};

use crate::document::{
    Block, Cleaned, Document, Label, LabelledBlock, Metadata, Place, Repetition, Shape, Side, Span,
};
use crate::label::Labelled;
use crate::read::Input;

/// A labelled document, waiting for its verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Its number in the run; rejected records have numbers too.
    pub number: u32,
    /// The document.
    pub document: Document,
    /// Its blocks with their labels, and what was lifted.
    pub labelled: Labelled,
}

impl Draft {
    /// The blocks of the main text, with their numbers.
    pub fn main_blocks(&self) -> impl Iterator<Item = (usize, &str)> {
        let blocks = self.labelled.blocks.iter().enumerate();
        blocks
            .filter(|(_, block)| block.label.side() == Side::Main)
            .map(|(i, block)| (i, block.block.span.of(&self.document.text)))
    }

    /// The main text in stretches of blocks that follow each other in the source.
    pub(super) fn main_runs(&self) -> impl Iterator<Item = &str> {
        let mut runs = BlockRuns::default();
        for block in &self.labelled.blocks {
            runs.add(block.block.span, block.label.side() == Side::Main);
        }
        runs.0.into_iter().map(|span| span.of(&self.document.text))
    }

    /// The draft as bytes. `input` is the index of the input it comes from.
    pub(super) fn encode(&self, input: usize) -> Vec<u8> {
        let Self { number, document, labelled } = self;
        let blocks = pack(&labelled.blocks);
        let packed = Packed {
            id: &document.id,
            number: *number,
            input: input as u32,
            record: document.place.record,
            source_hash: document.source_hash,
            url: document.url.as_deref(),
            metadata: &document.metadata.0,
            cleaned: document.cleaned.clone(),
            title: labelled.title.as_deref(),
            date: labelled.date.as_deref(),
            language: labelled.language.as_deref(),
            blocks: Bytes(&blocks),
            text: &document.text,
        };
        let out = Vec::with_capacity(document.text.len() + blocks.len() + HEAD);
        postcard::to_extend(&packed, out).expect("plain data always encodes")
    }

    /// The draft that [`Draft::encode`] made these bytes of; nothing where they are no draft's.
    pub(super) fn decode(bytes: &[u8], inputs: &[Input]) -> Option<Self> {
        let (mut draft, blocks) = Self::decode_blocks(bytes, inputs, |block| block)?;
        draft.labelled.blocks = blocks;
        Some(draft)
    }

    /// The same with its blocks apart from it, each made into what is wanted of it.
    pub(super) fn decode_blocks<B>(
        bytes: &[u8],
        inputs: &[Input],
        make: impl Fn(LabelledBlock) -> B,
    ) -> Option<(Self, Vec<B>)> {
        let packed: Packed<'_> = postcard::from_bytes(bytes).ok()?;
        let place = Place { path: inputs.get(packed.input as usize)?.path.clone(), record: packed.record };
        let mut blocks = Vec::with_capacity(packed.blocks.0.len() / BLOCK);
        for block in unpack(packed.blocks.0, packed.text) {
            blocks.push(make(block?));
        }
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let draft = Self {
            number: packed.number,
            document: Document {
                id: packed.id.to_owned(),
                text: packed.text.to_owned(),
                url: owned(packed.url),
                metadata: Metadata(packed.metadata.to_owned()),
                place,
                source_hash: packed.source_hash,
                cleaned: packed.cleaned,
            },
            labelled: Labelled {
                title: owned(packed.title),
                date: owned(packed.date),
                language: owned(packed.language),
                blocks: Vec::new(),
            },
        };
        Some((draft, blocks))
    }

    /// The id in the bytes of a draft. The text is not looked at.
    pub(super) fn id_of(bytes: &[u8]) -> Option<String> {
        postcard::take_from_bytes::<&str>(bytes).ok().map(|(id, _)| id.to_owned())
    }

    /// The source text in the bytes of a draft, and its blocks.
    pub(super) fn text_of(bytes: &[u8]) -> Option<(&str, Vec<LabelledBlock>)> {
        let packed: Packed<'_> = postcard::from_bytes(bytes).ok()?;
        let blocks: Option<Vec<_>> = unpack(packed.blocks.0, packed.text).collect();
        Some((packed.text, blocks?))
    }

    /// The text of a block in the bytes of a draft.
    pub(super) fn block_of(bytes: &[u8], block: u32) -> Option<&str> {
        let packed: Packed<'_> = postcard::from_bytes(bytes).ok()?;
        let block = unpack(packed.blocks.0, packed.text).nth(block as usize)??;
        Some(block.block.span.of(packed.text))
    }
}

/// The main text in the bytes of a draft, without a copy of it.
pub(super) struct MainTextView<'a> {
    text: &'a str,
    runs: Vec<Span>,
}

impl<'a> MainTextView<'a> {
    /// The main text; nothing where these are no draft's bytes.
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        let packed: Packed<'a> = postcard::from_bytes(bytes).ok()?;
        let mut runs = BlockRuns::default();
        for block in unpack(packed.blocks.0, packed.text) {
            let block = block?;
            runs.add(block.block.span, block.label.side() == Side::Main);
        }
        Some(Self { text: packed.text, runs: runs.0 })
    }

    /// Its [`BlockRuns`].
    pub fn runs(&self) -> impl Iterator<Item = &'a str> + Clone {
        self.runs.iter().map(|span| span.of(self.text))
    }
}

/// Stretches of blocks that follow each other in the source, all of main text. Between two blocks is nothing but white
/// space, so the normal form of a stretch is that of its blocks with spaces between, and is had at once.
#[derive(Default)]
pub(super) struct BlockRuns(Vec<Span>, bool);

impl BlockRuns {
    /// Adds the next block of the source; whether it belongs to the run.
    pub fn add(&mut self, span: Span, belongs: bool) {
        match self.0.last_mut().filter(|_| belongs && self.1) {
            Some(run) => run.end = span.end,
            None if belongs => self.0.push(span),
            None => {}
        }
        self.1 = belongs;
    }

    /// The run that is open, if there is one; the next block begins another.
    pub fn close(&mut self) -> Option<Span> {
        self.1 = false;
        self.0.pop()
    }
}

/// Bytes of a packed block, at the least.
const BLOCK: usize = 4;

/// Bytes of the fields that are always there, and of short ids and addresses.
const HEAD: usize = 256;

#[derive(Serialize, Deserialize)]
struct Packed<'a> {
    /// First, for [`Draft::id_of`].
    id: &'a str,
    number: u32,
    input: u32,
    record: u64,
    source_hash: u128,
    url: Option<&'a str>,
    metadata: &'a str,
    cleaned: Option<Cleaned>,
    title: Option<&'a str>,
    date: Option<&'a str>,
    language: Option<&'a str>,
    #[serde(borrow)]
    blocks: Bytes<'a>,
    text: &'a str,
}

/// Bytes that are written at once and not one by one, as serde does with a slice.
#[derive(Deserialize)]
struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// What the first byte of a packed block holds besides its shape.
const AFTER_BLANK: u8 = 1 << 3;
const IS_CERTAIN: u8 = 1 << 4;
const NOT_COUNTED: u8 = 1 << 5;
const ALONE: u8 = 1 << 6;

/// A block that no other document holds.
const ONCE: Repetition = Repetition {
    documents: 1,
    site_documents: 0,
    masked_documents: 1,
    near_documents: 0,
    run: 0,
    earlier_elsewhere: false,
    title_elsewhere: false,
    example: None,
};

/// The blocks, one behind the other: flags and shape, label, bytes since the block before, length, and where they are not
/// the usual ones confidence and repetition.
fn pack(blocks: &[LabelledBlock]) -> Vec<u8> {
    let mut out = Vec::with_capacity(blocks.len() * BLOCK);
    let mut end = 0;
    for LabelledBlock { block, label, confidence, repetition } in blocks {
        let is_certain = *confidence == 1.0;
        let counted = [(NOT_COUNTED, Repetition::default()), (ALONE, ONCE)];
        let counted = counted.iter().find(|(_, usual)| usual == repetition).map_or(0, |(flag, _)| *flag);
        let flag = |holds: bool, flag: u8| if holds { flag } else { 0 };
        let flags = block.shape as u8 | flag(block.after_blank, AFTER_BLANK) | flag(is_certain, IS_CERTAIN);
        out.extend([flags | counted, *label as u8]);
        put_number(&mut out, block.span.start - end);
        put_number(&mut out, block.span.len());
        end = block.span.end;
        if !is_certain {
            out.extend(confidence.to_le_bytes());
        }
        if counted == 0 {
            out = postcard::to_extend(repetition, out).expect("plain data always encodes");
        }
    }
    out
}

/// The blocks that [`pack`] packed, of `text`; nothing in place of one that cannot be.
fn unpack<'a>(mut bytes: &'a [u8], text: &'a str) -> impl Iterator<Item = Option<LabelledBlock>> + 'a {
    let mut end = 0;
    std::iter::from_fn(move || {
        (!bytes.is_empty()).then(|| {
            let block = take_block(&mut bytes, end, text);
            match &block {
                Some(block) => end = block.block.span.end,
                None => bytes = &[],
            }
            block
        })
    })
}

fn take_block(bytes: &mut &[u8], end: usize, text: &str) -> Option<LabelledBlock> {
    let [flags, label] = *bytes.split_off(..2)? else { return None };
    let start = end.checked_add(take_number(bytes)?)?;
    let span = Span { start, end: start.checked_add(take_number(bytes)?)? };
    text.get(span.start..span.end)?;
    let confidence = match flags & IS_CERTAIN {
        0 => f32::from_le_bytes(bytes.split_off(..4)?.try_into().ok()?),
        _ => 1.0,
    };
    let repetition = if flags & NOT_COUNTED != 0 {
        Repetition::default()
    } else if flags & ALONE != 0 {
        ONCE
    } else {
        let (repetition, rest) = postcard::take_from_bytes(bytes).ok()?;
        *bytes = rest;
        repetition
    };
    let shape = *Shape::ALL.get(usize::from(flags & 7))?;
    let label = *Label::ALL.get(usize::from(label))?;
    let block = Block { span, shape, after_blank: flags & AFTER_BLANK != 0 };
    Some(LabelledBlock { block, label, confidence, repetition })
}

/// Seven bits a byte, the lowest first; all but the last byte have the highest bit set.
fn put_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_number(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0_usize;
    for shift in (0..usize::BITS).step_by(7) {
        let byte = *bytes.split_off_first()?;
        number |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;
    use crate::read::{Compression, Kind};
    use crate::write::sample;

    fn inputs() -> Vec<Input> {
        let (path, file) = ("pages.jsonl".into(), PathBuf::new());
        let (kind, compression) = (Kind::Jsonl, Compression::None);
        vec![Input { path, file, id: "pages.jsonl".to_owned(), kind, compression, bytes: 0 }]
    }

    fn repetition() -> impl Strategy<Value = Repetition> {
        let counts = (any::<u32>(), 0_u32..3, 0_u32..900, any::<Option<(u32, u32)>>(), any::<bool>());
        let any = counts.prop_map(|(documents, near_documents, run, example, title_elsewhere)| Repetition {
            documents,
            near_documents,
            run,
            example,
            title_elsewhere,
            ..ONCE
        });
        prop_oneof![Just(Repetition::default()), Just(ONCE), any]
    }

    fn drafts() -> impl Strategy<Value = Draft> {
        let confidence = prop_oneof![Just(1.0_f32), 0.0_f32..1.0];
        let kinds = (0..Label::ALL.len(), 0..Shape::ALL.len(), any::<bool>(), confidence, repetition());
        let blocks = prop::collection::vec(("[a-zé]{1,200}", "[ \n\u{3000}]{1,3}", kinds), 0..30);
        (blocks, any::<u32>(), any::<Option<String>>(), any::<u128>()).prop_map(
            |(blocks, number, url, source_hash)| {
                let (mut text, mut labelled) = (String::new(), Vec::new());
                for (word, gap, (label, shape, after_blank, confidence, repetition)) in blocks {
                    let start = text.len();
                    text += &word;
                    let span = Span::new(start, text.len());
                    text += &gap;
                    let block = Block { span, shape: Shape::ALL[shape], after_blank };
                    labelled.push(LabelledBlock { block, label: Label::ALL[label], confidence, repetition });
                }
                let document = Document { url, source_hash, ..sample::document(&text) };
                let title = document.url.clone();
                let labelled = Labelled { title, date: None, language: None, blocks: labelled };
                Draft { number, document, labelled }
            },
        )
    }

    proptest! {
        #[test]
        fn a_draft_comes_back_as_it_was(draft in drafts()) {
            let bytes = draft.encode(0);
            prop_assert_eq!(Draft::id_of(&bytes), Some(draft.document.id.clone()));
            // Blocks have white space between them, so runs are blocks up to white space.
            let main = MainTextView::of(&bytes).unwrap();
            let words = |text: String| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let blocks: String = draft.main_blocks().map(|(_, block)| block.to_owned() + " ").collect();
            prop_assert_eq!(words(main.runs().map(|run| run.to_owned() + " ").collect()), words(blocks));
            for (i, text) in draft.main_blocks() {
                prop_assert_eq!(Draft::block_of(&bytes, i as u32), Some(text));
            }
            prop_assert_eq!(Draft::block_of(&bytes, draft.labelled.blocks.len() as u32), None);
            prop_assert_eq!(Draft::decode(&bytes, &inputs()), Some(draft));
        }

        #[test]
        fn damage_never_panics(draft in drafts(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = draft.encode(0);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = Draft::decode(&bytes, &inputs());
            let _ = MainTextView::of(&bytes[..at]);
            let _ = Draft::text_of(&bytes);
        }
    }
}

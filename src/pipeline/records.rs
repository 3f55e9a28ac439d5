//! How the small records of the stages are laid out on disk.

use std::cmp::Reverse;

use super::contamination::Held;
use super::drafts::Row;
use super::gather::{Member, SiteRow};
use super::guard::Loss;
use super::index::{KnownKey, KnownRow, Line};
use super::sort::Record;
use super::spans::Found as FoundSpan;
use super::survey::Known;
use super::verdicts::{InBucket, Judged, Shared};
use crate::dedup::spans::{Fingerprint, Link as SpanLink, Removal, RepeatedSpan};
use crate::dedup::{BlockHalf, BlockKey, Bucket, DuplicateBlock, Entry, Link, LinkKind};
use crate::fingerprint::Signature;
use crate::repetition::{Found, FoundKind, Half, Lead, Occurrence, PageSketch};

/// Lays a struct out as nested tuples of its parts.
macro_rules! as_tuple {
    ($type:ty = $layout:ty, |$value:ident| $write:expr, $read:pat => $made:expr) => {
        impl Record for $type {
            const SIZE: usize = <$layout>::SIZE;

            #[inline]
            fn write(&self, out: &mut [u8]) {
                let $value = self;
                Record::write(&$write, out);
            }

            #[inline]
            fn leading(&self) -> u64 {
                let $value = self;
                Record::leading(&$write)
            }

            #[inline]
            fn read(bytes: &[u8]) -> Self {
                let $read = <$layout as Record>::read(bytes);
                $made
            }
        }
    };
}

as_tuple!(
    Occurrence = (u128, u32, u32, u8, u8),
    |o| (o.key, o.document, o.block, o.position, u8::from(o.as_title)),
    (key, document, block, position, as_title) => Occurrence { key, document, block, position, as_title: as_title == 1 }
);

as_tuple!(
    Half = (u64, u32, u32, u32, u64, u16),
    |h| (h.key, h.whole, h.document, h.block, h.offset, h.length),
    (key, whole, document, block, offset, length) => Half { key, whole, document, block, offset, length }
);

as_tuple!(Lead = (u128, u32), |l| (l.key, l.document), (key, document) => Lead { key, document });

as_tuple!(
    BlockKey = (u128, u32, u32),
    |k| (k.key, k.document, k.block),
    (key, document, block) => BlockKey { key, document, block }
);

as_tuple!(
    BlockHalf = (u64, u64, u32, u32),
    |h| (h.key, h.whole, h.document, h.block),
    (key, whole, document, block) => BlockHalf { key, whole, document, block }
);

as_tuple!(
    Link = ((u32, u32), u8, (u32, u32)),
    |l| (l.block, l.kind as u8, l.owner),
    (block, kind, owner) => Link { block, kind: LinkKind::from_code(kind), owner }
);

as_tuple!(
    DuplicateBlock = (u32, u32, (u32, u32)),
    |d| (d.document, d.block, d.owner),
    (document, block, owner) => DuplicateBlock { document, block, owner }
);

as_tuple!(
    Found = ((u32, u32, u8), (u32, u32), (u8, u8), (u32, u32), u8),
    |f| (
        (f.document, f.block, f.kind.code()),
        (f.documents, f.site_documents),
        (f.position, f.example_position),
        f.example,
        u8::from(f.title_elsewhere)
    ),
    ((document, block, kind), (documents, site_documents), (position, example_position), example, title) => Found {
        document,
        block,
        kind: FoundKind::from_code(kind),
        documents,
        site_documents,
        position,
        example,
        example_position,
        title_elsewhere: title == 1,
    }
);

as_tuple!(
    Known = (u32, u64, u64),
    |k| (k.input, k.text, k.site),
    (input, text, site) => Known { input, text, site }
);

/// The keys, with zeros behind them, and how many there are.
impl Record for PageSketch {
    const SIZE: usize = PageSketch::MOST * size_of::<u64>() + 1;

    fn write(&self, out: &mut [u8]) {
        let (length, keys) = out.split_last_mut().expect("a sketch has a length");
        *length = self.keys().len() as u8;
        keys.fill(0);
        for (key, bytes) in self.keys().iter().zip(keys.chunks_exact_mut(size_of::<u64>())) {
            key.write(bytes);
        }
    }

    fn read(bytes: &[u8]) -> Self {
        let (length, keys) = bytes.split_last().expect("a sketch has a length");
        let keys = keys.chunks_exact(size_of::<u64>()).take(usize::from(*length)).map(u64::read);
        Self::new(keys.collect())
    }
}

/// Where a document without a draft, or without an entry, has one.
const NONE: u64 = u64::MAX;

as_tuple!(
    Row = ((u64, u8), (u128, u128, u32), (u64, u64), (u64, u64)),
    |row| {
        let blank = Entry { exact: 0, claim: 0, words: 0, signature: Signature::default() };
        let Entry { exact, claim, words, signature: Signature([a, b, c, d]) } = row.entry.unwrap_or(blank);
        let flags = u8::from(row.entry.is_some()) | u8::from(row.touched) << 1;
        ((row.draft.unwrap_or(NONE), flags), (exact, claim, words), (a, b), (c, d))
    },
    ((draft, flags), (exact, claim, words), (a, b), (c, d)) => Row {
        draft: (draft != NONE).then_some(draft),
        entry: (flags & 1 == 1).then_some(Entry { exact, claim, words, signature: Signature([a, b, c, d]) }),
        touched: flags & 2 == 2,
    }
);

as_tuple!(
    KnownRow = (u32, u64, u32, (u64, u64), (u64, u64)),
    |row| {
        let Signature([a, b, c, d]) = row.signature;
        (row.rank, row.text, row.words, (a, b), (c, d))
    },
    (rank, text, words, (a, b), (c, d)) => KnownRow { rank, text, words, signature: Signature([a, b, c, d]) }
);

as_tuple!(
    KnownKey = (u128, u32, u64),
    |k| (k.exact, k.document, k.similarity),
    (exact, document, similarity) => KnownKey { exact, document, similarity }
);

as_tuple!(
    Line = (u64, u32, u32),
    |l| (l.key, l.site, l.documents),
    (key, site, documents) => Line { key, site, documents }
);

/// Six bytes for the bucket and four for the document.
impl Record for InBucket {
    const SIZE: usize = 10;

    #[inline]
    fn write(&self, out: &mut [u8]) {
        let (bucket, document) = out.split_at_mut(6);
        bucket.copy_from_slice(&self.bucket.number().to_le_bytes()[..6]);
        self.document.write(document);
    }

    #[inline]
    fn read(bytes: &[u8]) -> Self {
        let (bucket, document) = bytes.split_at(6);
        let mut number = [0; 8];
        number[..6].copy_from_slice(bucket);
        Self { bucket: Bucket::from_number(u64::from_le_bytes(number)), document: u32::read(document) }
    }

    #[inline]
    fn leading(&self) -> u64 {
        self.bucket.number()
    }
}

as_tuple!(
    Shared = (u64, u32, u8),
    |s| (s.bucket, s.place, u8::from(s.asks)),
    (bucket, place, asks) => Shared { bucket, place, asks: asks == 1 }
);

as_tuple!(
    Judged = (u32, u8, u32, u64),
    |j| (j.document, j.kind, j.canonical, j.similarity),
    (document, kind, canonical, similarity) => Judged { document, kind, canonical, similarity }
);

as_tuple!(
    Held = (u32, u32, u32, u64, u64),
    |h| (h.item, h.rest, h.document, h.start, h.end),
    (item, rest, document, start, end) => Held { item, rest, document, start, end }
);

as_tuple!(
    Loss = (u64, (u32, u32), (u64, u64), u32, (u64, u32)),
    |l| (l.source, (l.documents, l.gone), (l.bytes, l.gone_bytes), l.first_gone, (l.worst.0, l.worst.1.0)),
    (source, (documents, gone), (bytes, gone_bytes), first_gone, (most, worst)) => Loss {
        source,
        documents,
        gone,
        bytes,
        gone_bytes,
        first_gone,
        worst: (most, Reverse(worst)),
    }
);

as_tuple!(
    SiteRow = (u64, u32, (u32, u32), (u64, u64)),
    |s| (s.site, s.first, (s.documents, s.kept), (s.bytes, s.kept_bytes)),
    (site, first, (documents, kept), (bytes, kept_bytes)) => SiteRow { site, first, documents, kept, bytes, kept_bytes }
);

as_tuple!(
    Member = (u64, u8, u32, u8, u16),
    |m| (m.cluster, u8::from(m.is_copy), m.number, u8::from(m.is_exact), m.similarity),
    (cluster, is_copy, number, is_exact, similarity) => Member {
        cluster,
        is_copy: is_copy == 1,
        number,
        is_exact: is_exact == 1,
        similarity,
    }
);

as_tuple!(
    Fingerprint = (u64, u32, u32, (u32, u32)),
    |f| (f.hash, f.place, f.word, f.sides),
    (hash, place, word, sides) => Fingerprint { hash, place, word, sides }
);

as_tuple!(
    SpanLink = (u32, u32, u32, u32),
    |l| (l.place, l.owner, l.shift, l.word),
    (place, owner, shift, word) => SpanLink { place, owner, shift, word }
);

as_tuple!(
    Removal = (u32, u32, u32, (u32, u32)),
    |r| (r.place, r.start, r.end, r.owner),
    (place, start, end, owner) => Removal { place, start, end, owner }
);

as_tuple!(
    FoundSpan = ((u32, u32, u32), u32, (u32, u32), u8),
    |f| ((f.owner, f.owner_start, f.words), f.document, f.bytes, u8::from(f.is_dropped)),
    ((owner, owner_start, words), document, bytes, is_dropped) =>
        FoundSpan { owner, owner_start, words, document, bytes, is_dropped: is_dropped == 1 }
);

as_tuple!(
    RepeatedSpan = (u32, (u32, u32), u32, u8, (u32, u32, u32)),
    |s| (s.document, s.bytes, s.words, u8::from(s.is_dropped), s.owner),
    (document, bytes, words, is_dropped, owner) =>
        RepeatedSpan { document, bytes, words, is_dropped: is_dropped == 1, owner }
);

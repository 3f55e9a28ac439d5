//! How the small records of the stages are laid out on disk.

use super::sort::Record;
use crate::dedup::{BlockKey, DuplicateBlock};
use crate::repetition::{Found, FoundKind, Half, Lead, Occurrence};

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

//! What a document contributes to the counts: its blocks' keys, its short texts and a sketch of it as a page.

use xxhash_rust::xxh3::xxh3_64;

use super::Occurrence;
use super::copies::{Lead, PageSketch};
use super::near::Half;
use crate::document::{Block, Document, Shape, Span};
use crate::fingerprint::{exact_key, half_keys, mask_digits_into, normalise_into};

/// Bytes of a normalised block at and above which it tells one page from another.
const LONG: usize = 120;
/// Longer blocks have no digit-masked key: furniture that differs by a number is short.
const MAX_MASKED: usize = 256;
/// Bytes a title may have.
const TITLE: std::ops::RangeInclusive<usize> = 12..=300;
/// Blocks above the first long one among which its title is.
const TITLE_REACH: usize = 8;

/// A document's contribution.
#[derive(Debug)]
pub struct Page {
    /// Every block under its exact key; short blocks with digits under the masked one as well.
    pub occurrences: Vec<Occurrence>,
    /// The halves of its short blocks, with offsets into `short_texts`.
    pub halves: Vec<Half>,
    /// The normalised short blocks, one after the other.
    pub short_texts: String,
    /// Its first long blocks.
    pub leads: Vec<Lead>,
    /// Its long blocks.
    pub sketch: PageSketch,
    /// Hash of the host of its address; 0 where it has none.
    pub site: u64,
}

/// Observes document number `number`.
#[must_use]
pub fn observe(number: u32, document: &Document, blocks: &[Block]) -> Page {
    let text = &document.text;
    let mut page = Page {
        occurrences: Vec::with_capacity(blocks.len()),
        halves: Vec::new(),
        short_texts: String::new(),
        leads: Vec::new(),
        sketch: PageSketch::new(Vec::new()),
        site: document.url.as_deref().and_then(host).map_or(0, |host| xxh3_64(host.as_bytes()).max(1)),
    };
    let (mut normalised, mut masked) = (String::new(), String::new());
    let mut long_keys = Vec::new();
    let first_long = blocks.iter().position(|b| b.span.len() >= LONG).unwrap_or(1);
    for (i, block) in blocks.iter().enumerate() {
        normalise_into(block.span.of(text), &mut normalised);
        let key = exact_key(&normalised);
        let occurrence = Occurrence {
            key: key & !1,
            document: number,
            block: i as u32,
            position: position(block.span, text),
            as_title: i < first_long
                && i + TITLE_REACH >= first_long
                && matches!(block.shape, Shape::Text | Shape::Heading)
                && TITLE.contains(&block.span.len())
                && !block.span.of(text).ends_with([':', '：']),
        };
        page.occurrences.push(occurrence);
        if normalised.len() >= LONG {
            long_keys.push(key as u64);
            if page.leads.len() < Lead::PER_PAGE {
                page.leads.push(Lead::new(key, page.leads.len(), number));
            }
        }
        if normalised.len() <= MAX_MASKED && mask_digits_into(&normalised, &mut masked) {
            page.occurrences.push(Occurrence { key: exact_key(&masked) | 1, ..occurrence });
        }
        if let Some(keys) = half_keys(&normalised) {
            let offset = page.short_texts.len() as u64;
            page.short_texts.push_str(&normalised);
            page.halves.extend(keys.map(|half| Half {
                key: half,
                whole: key as u32,
                document: number,
                block: i as u32,
                offset,
                length: normalised.len() as u16,
            }));
        }
    }
    if page.leads.is_empty() {
        page.leads.push(Lead::new(document.source_hash, 0, number));
    }
    page.sketch = PageSketch::new(long_keys);
    page
}

fn position(span: Span, text: &str) -> u8 {
    (span.start * 255 / text.len().max(1)) as u8
}

/// The host of an address, lower-cased, without `www.`, port or user: the name of a site. `None` where it has none.
#[must_use]
pub fn host(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = host.split(':').next()?.trim_end_matches('.').to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    (!host.is_empty()).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn hosts() {
        assert_eq!(host("https://User@www.Example.org:8080/a?b"), Some("example.org".to_owned()));
        assert_eq!(host("example.org/a"), Some("example.org".to_owned()));
        assert_eq!(host("https://WWW.example.org.?a"), Some("example.org".to_owned()));
        assert_eq!(host(""), None);
        assert_eq!(host("https:///a"), None);
    }
}

//! Nearly equal paragraphs: short ones that differ from one of a kept document by a few letters.
//!
//! Those that share a half meet in a bucket ([`BlockHalf`]) and are confirmed by edit distance ([`ShortText`]). Of equal
//! texts the best-ranked paragraph speaks for all. What was found becomes [`Link`]s, from a paragraph to a better-ranked
//! one; sorted, they are gone through once in rank order ([`Survivors`]), and a paragraph goes only for one that stays. So
//! nothing collapses along a chain a ~ b ~ c, where b goes and c stays, and no text is lost.
//!
//! A bucket costs time linear in its texts: each is compared with the best-ranked few. It is wrong about texts that differ
//! in both halves, and about those that are near only to one behind these few; the latter are counted.

use crate::Result;
use crate::fingerprint::ShortText;

/// Texts of a bucket that others are compared with: the best-ranked ones.
const MAX_OWNERS: usize = 16;

/// A short paragraph under the key of one of its halves. The derived order brings together who meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockHalf {
    /// Key of the half.
    pub key: u64,
    /// Key of the whole, to tell equal texts from different ones.
    pub whole: u64,
    /// The document, by its number in input order.
    pub document: u32,
    /// The paragraph, by its number in the document.
    pub block: u32,
}

/// A paragraph of a kept document: the document's place in rank order, and its number in the document.
pub type Ranked = (u32, u32);

/// What a [`Link`] says of a paragraph. The order is that in which it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum LinkKind {
    /// Others have links to it. The owner is the paragraph itself.
    Named,
    /// It equals the owner.
    Equal,
    /// It is nearly equal to the owner, and no better-ranked paragraph equals it.
    Near,
}

impl LinkKind {
    /// The kind that was stored as `code`.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Named,
            1 => Self::Equal,
            _ => Self::Near,
        }
    }
}

/// A paragraph and a better-ranked one that it may go for. The derived order is rank order, and of one paragraph's links
/// the order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// The paragraph.
    pub block: Ranked,
    /// What is said of it.
    pub kind: LinkKind,
    /// The better-ranked one.
    pub owner: Ranked,
}

impl Link {
    /// Says that others have links to a paragraph.
    #[must_use]
    pub fn named(block: Ranked) -> Self {
        Self { block, kind: LinkKind::Named, owner: block }
    }
}

/// Confirms candidates bucket by bucket.
#[derive(Debug)]
pub struct NearBlocks {
    similarity: f64,
    /// Pairs of texts that the cap on a bucket left uncompared.
    pub skipped: u64,
}

impl NearBlocks {
    /// Paragraphs of at least this normalised Levenshtein similarity are nearly equal.
    #[must_use]
    pub fn new(similarity: f64) -> Self {
        Self { similarity, skipped: 0 }
    }

    /// Takes the halves of one key, in order, and hands to `link` who is nearly equal to whom. Only documents that have
    /// a `place` count. `text` is asked for the text of a document's paragraph, once for each different one.
    ///
    /// # Errors
    /// Those of `text` and `link`.
    pub fn link(
        &mut self,
        group: &[BlockHalf],
        place: impl Fn(u32) -> Option<u32>,
        mut text: impl FnMut(u32, u32) -> Result<String>,
        mut link: impl FnMut(Link) -> Result<()>,
    ) -> Result<()> {
        if group.iter().all(|half| half.whole == group[0].whole) {
            return Ok(());
        }
        let ranked = |half: &BlockHalf| Some(((place(half.document)?, half.block), half.document));
        let equal = group.chunk_by(|a, b| a.whole == b.whole);
        let mut texts: Vec<(Ranked, u32)> =
            equal.filter_map(|same| same.iter().filter_map(ranked).min()).collect();
        if texts.len() < 2 {
            return Ok(());
        }
        texts.sort_unstable();
        let mut owners: Vec<Owner> = Vec::new();
        for (before, (block, document)) in texts.into_iter().enumerate() {
            let text = ShortText::new(text(document, block.1)?);
            for owner in owners.iter_mut().filter(|owner| text.is_near(&owner.text, self.similarity)) {
                owner.is_named = true;
                link(Link { block, kind: LinkKind::Near, owner: owner.block })?;
            }
            if owners.len() < MAX_OWNERS {
                owners.push(Owner { block, text, is_named: false });
            } else {
                self.skipped += (before - MAX_OWNERS) as u64;
            }
        }
        owners.iter().filter(|owner| owner.is_named).try_for_each(|owner| link(Link::named(owner.block)))
    }
}

/// One of the best-ranked paragraphs of a bucket.
struct Owner {
    block: Ranked,
    text: ShortText,
    /// Whether any other has a link to it.
    is_named: bool,
}

/// Which paragraphs stay. In memory are sixteen bytes of each one that went for a nearly equal one though others have
/// links to it.
#[derive(Debug, Default)]
pub struct Survivors {
    /// Those, and for whom each went; in rank order.
    gone: Vec<(Ranked, Ranked)>,
}

impl Survivors {
    /// Takes all links of the next paragraph in rank order, sorted, and says for which other one it goes; nothing where it
    /// stays.
    pub fn owner(&mut self, links: &[Link]) -> Option<Ranked> {
        let owner = links.iter().find_map(|link| match (link.kind, self.went_for(link.owner)) {
            (LinkKind::Named, _) | (LinkKind::Near, Some(_)) => None,
            // What equals a paragraph is near to whatever that is near to, and goes with it.
            (LinkKind::Equal, Some(owner)) => Some(owner),
            (LinkKind::Equal | LinkKind::Near, None) => Some(link.owner),
        })?;
        if links[0].kind == LinkKind::Named {
            self.gone.push((links[0].block, owner));
        }
        Some(owner)
    }

    fn went_for(&self, block: Ranked) -> Option<Ranked> {
        let found = self.gone.binary_search_by_key(&block, |(gone, _)| *gone);
        found.ok().map(|i| self.gone[i].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_compared_with_its_best_and_the_rest_is_counted() {
        // All are one letter apart; the document with the highest number ranks best.
        let texts: Vec<String> =
            (0..40_u8).map(|i| format!("the ferry leaves at {}", char::from(b'0' + i))).collect();
        let mut group: Vec<BlockHalf> =
            (0..80).map(|i| BlockHalf { key: 1, whole: u64::from(i % 40), document: i, block: 7 }).collect();
        group.sort_unstable();
        let mut near = NearBlocks::new(0.9);
        let (mut links, mut read) = (Vec::new(), 0);
        let text = |document: u32, block| {
            assert_eq!(block, 7);
            read += 1;
            Ok(texts[document as usize % 40].clone())
        };
        let link = |link| {
            links.push(link);
            Ok(())
        };
        near.link(&group, |document| (document < 79).then_some(100 - document), text, link).unwrap();
        assert_eq!((read, near.skipped), (40, 24 * 23 / 2));
        links.sort_unstable();
        // The text of the document that does not stay has another one, at the end.
        let (best, last) = ((22, 7), (61, 7));
        let near = |owner| Link { block: last, kind: LinkKind::Near, owner };
        assert_eq!(links[0], Link::named(best));
        assert_eq!(links[links.len() - 16..], std::array::from_fn::<_, 16, _>(|i| near((22 + i as u32, 7))));

        let mut survivors = Survivors::default();
        let owners: Vec<_> =
            links.chunk_by(|a, b| a.block == b.block).map(|own| survivors.owner(own)).collect();
        assert_eq!(owners[0], None);
        assert!(owners.len() == 40 && owners[1..].iter().all(|owner| *owner == Some(best)));
        assert_eq!(survivors.gone.len(), 15);
    }

    #[test]
    fn a_chain_loses_its_middle_and_copies_follow() {
        let [a, b, c, d] = [(0, 0), (1, 0), (2, 0), (3, 0)];
        let near = |block, owner| Link { block, kind: LinkKind::Near, owner };
        let equal = Link { block: d, kind: LinkKind::Equal, owner: b };
        let links = [Link::named(a), Link::named(b), near(b, a), near(c, b), equal];
        let mut survivors = Survivors::default();
        let owners: Vec<_> =
            links.chunk_by(|x, y| x.block == y.block).map(|own| survivors.owner(own)).collect();
        assert_eq!(owners, [None, Some(a), None, Some(a)]);
    }
}

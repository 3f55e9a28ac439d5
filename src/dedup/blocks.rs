//! Duplicate paragraphs: a paragraph that a kept document has already, word for word after normalisation, or if the
//! configuration says so up to its digits.
//!
//! The caller sorts the [`BlockKey`]s of all paragraphs long enough to count and hands over one group of equal keys at a
//! time. Groups know nothing of each other, so they can come from disk and be decided anywhere.

use crate::document::Shape;
use crate::segment::Ending;

/// A paragraph of a document's main text. The derived order groups equal keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockKey {
    /// Equal for paragraphs that are the same.
    pub key: u128,
    /// The document, by its number in input order.
    pub document: u32,
    /// The paragraph, by its number in the document.
    pub block: u32,
}

/// A paragraph that stands elsewhere too. The derived order is that of the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DuplicateBlock {
    /// The document, by its number in input order.
    pub document: u32,
    /// The paragraph, by its number in the document.
    pub block: u32,
    /// The document and paragraph that keep the text: the first such paragraph of the best-ranked kept document.
    pub owner: (u32, u32),
}

/// The duplicates in `group`, whose keys are all equal. Only documents that have a `place` count, those that stay. If nobody
/// outside the group is known to own the paragraph, then of them the one with the least does. Every other occurrence, one
/// inside the owner included, is a duplicate.
pub fn duplicates(
    group: &[BlockKey],
    known_owner: Option<(u32, u32)>,
    place: impl Fn(u32) -> Option<u32>,
) -> impl Iterator<Item = DuplicateBlock> {
    let ranked = |at: &BlockKey| Some((place(at.document)?, at.block, at.document));
    let own = if group.len() > 1 { group.iter().filter_map(ranked).min() } else { None };
    let owner = known_owner.or(own.map(|(_, block, document)| (document, block)));
    group.iter().filter_map(move |at| {
        let owner = owner.filter(|owner| *owner != (at.document, at.block))?;
        place(at.document).map(|_| DuplicateBlock { document: at.document, block: at.block, owner })
    })
}

/// Whether a block is something a document is read for, rather than a heading: it closes like a sentence, is marked as
/// an item, a quotation, code or a table row, or is as long as a paragraph that counts.
///
/// The label is not asked, so that the answer is the same when the cleaned text is cleaned again and its headings are
/// no longer known as such.
#[must_use]
pub fn is_content(text: &str, shape: Shape, words: usize, min_words: usize) -> bool {
    let marked = matches!(shape, Shape::ListItem | Shape::Quote | Shape::Code | Shape::TableRow);
    let sentence = matches!(Ending::of(text), Ending::Sentence | Ending::Ellipsis);
    words > 0 && (marked || sentence || words >= min_words)
}

/// Whether a document may lose its duplicate paragraphs: only if content of its own is left. `kept_blocks` says of each
/// kept block whether it is content and whether it is a duplicate.
pub fn may_drop_duplicates(kept_blocks: impl IntoIterator<Item = (bool, bool)>) -> bool {
    kept_blocks.into_iter().any(|(is_content, is_duplicate)| is_content && !is_duplicate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_kept_document_owns_a_paragraph() {
        let group: Vec<BlockKey> = [(0, 3), (1, 2), (1, 9), (2, 0), (3, 1)]
            .map(|(document, block)| BlockKey { key: 1, document, block })
            .into();
        let found = |kept: [bool; 4]| -> Vec<_> {
            let place = |document: u32| kept[document as usize].then_some([3, 1, 2, 0][document as usize]);
            duplicates(&group, None, place).map(|d| (d.document, d.block, d.owner)).collect()
        };
        let all = [true; 4];
        assert_eq!(found(all), [(0, 3, (3, 1)), (1, 2, (3, 1)), (1, 9, (3, 1)), (2, 0, (3, 1))]);
        assert_eq!(found([true, true, true, false]), [(0, 3, (1, 2)), (1, 9, (1, 2)), (2, 0, (1, 2))]);
        assert_eq!(found([true, false, false, false]), []);
        assert_eq!(found([false; 4]), []);
        let known: Vec<_> = duplicates(&group[..1], Some((9, 5)), Some).map(|d| (d.block, d.owner)).collect();
        assert_eq!(known, [(3, (9, 5))]);
    }

    #[test]
    fn a_document_never_loses_all_its_content() {
        assert!(may_drop_duplicates([(true, true), (true, false)]));
        assert!(!may_drop_duplicates([(true, true), (false, false)]));
        assert!(is_content("The ferry does not leave today.", Shape::Text, 6, 20));
        assert!(is_content("- ferries", Shape::ListItem, 1, 20));
        assert!(!is_content("Back to basics", Shape::Text, 3, 20));
        assert!(!is_content("...", Shape::Text, 0, 20));
    }
}

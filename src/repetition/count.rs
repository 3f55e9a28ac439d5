//! Counting the documents that hold a block.

use super::{Documents, Found, FoundKind, Occurrence};

/// A line that is the title of more other pages than this is a site's name or a section's, not an article's title.
const MAX_TITLE_PAGES: usize = 3;

/// Turns groups of equal keys into what each document learns from them. Keeps only scratch space between groups.
#[derive(Debug, Default)]
pub struct Counter {
    /// (site, page) of the group, pages being merged copies; sorted, without repeats.
    pages: Vec<(u64, u32)>,
}

impl Counter {
    /// Reports every occurrence of a key that more than one page holds. `group` has one key, in document order.
    pub fn group(&mut self, group: &[Occurrence], documents: &Documents, mut report: impl FnMut(Found)) {
        let page = |o: &Occurrence| documents.copy_of[o.document as usize];
        let site = |o: &Occurrence| documents.site[o.document as usize];
        let Some(first) = group.first() else { return };
        if group.iter().all(|o| page(o) == page(first)) {
            return;
        }
        self.pages.clear();
        self.pages.extend(group.iter().map(|o| (site(o), page(o))));
        self.pages.sort_unstable();
        self.pages.dedup();
        // A page crawled under two hosts stands in two entries and still counts once.
        let mut distinct: Vec<u32> = self.pages.iter().map(|p| p.1).collect();
        distinct.sort_unstable();
        distinct.dedup();

        let place = |o: &&Occurrence| (o.position, o.document, o.block);
        let earliest = group.iter().min_by_key(place).expect("the group holds an occurrence");
        let other = group
            .iter()
            .filter(|o| page(o) != page(earliest))
            .min_by_key(place)
            .expect("the group holds two pages");
        let mut titles: Vec<u32> = group.iter().filter(|o| o.as_title).map(page).collect();
        titles.sort_unstable();
        titles.dedup();
        let is_title = (1..=MAX_TITLE_PAGES).contains(&titles.len());

        let kind = if first.is_masked() { FoundKind::Masked } else { FoundKind::Exact };
        for o in group {
            let example = if page(o) == page(earliest) { other } else { earliest };
            let same_site = match site(o) {
                0 => 0,
                site => {
                    let start = self.pages.partition_point(|p| p.0 < site);
                    self.pages.partition_point(|p| p.0 <= site) - start
                }
            };
            report(Found {
                document: o.document,
                block: o.block,
                kind,
                documents: distinct.len() as u32,
                site_documents: same_site as u32,
                position: o.position,
                example: (example.document, example.block),
                example_position: example.position,
                title_elsewhere: is_title && !o.as_title && titles.iter().any(|t| *t != page(o)),
            });
        }
    }
}

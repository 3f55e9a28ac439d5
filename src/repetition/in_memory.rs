//! The whole stage at once, for a corpus that fits in memory.
//!
//! The program itself counts through files (`pipeline`), because its corpora are larger; the counts are the same. This
//! is for those who have all pages at hand: the training, and tests.

use rayon::prelude::*;

use super::{CopyFinder, Counter, Documents, Found, NearCounter, Page, ShortTexts, join, observe};
use crate::Result;
use crate::document::{Block, Document, Repetition};

/// The short texts of all pages, one after the other.
struct Texts(String);

impl ShortTexts for Texts {
    fn read(&self, offset: u64, length: u16, out: &mut String) -> Result<()> {
        out.clear();
        out.push_str(&self.0[offset as usize..][..usize::from(length)]);
        Ok(())
    }
}

/// The repetition of each block of each document, in a corpus of these documents. `blocks` are those of each document,
/// in the same order.
///
/// # Errors
/// None of its own: those of [`ShortTexts`], which memory does not have.
pub fn in_memory(documents: &[Document], blocks: &[Vec<Block>]) -> Result<Vec<Vec<Repetition>>> {
    let mut pages: Vec<Page> = documents
        .par_iter()
        .zip(blocks)
        .enumerate()
        .map(|(i, (document, blocks))| observe(i as u32, document, blocks))
        .collect();
    let mut texts = Texts(String::new());
    for page in &mut pages {
        page.halves.iter_mut().for_each(|half| half.offset += texts.0.len() as u64);
        texts.0.push_str(&page.short_texts);
    }
    let known = known(&pages)?;
    let found = found(&pages, &known, &texts)?;
    let own = |i: u32| {
        let from = found.partition_point(|f| f.document < i);
        &found[from..found.partition_point(|f| f.document <= i)]
    };
    Ok(blocks.iter().enumerate().map(|(i, blocks)| join(blocks.len(), own(i as u32))).collect())
}

/// Which pages are copies, and the site of each.
fn known(pages: &[Page]) -> Result<Documents> {
    let leads = sorted(pages, |page| &page.leads);
    let mut finder = CopyFinder::new(pages.len());
    for group in leads.chunk_by(|a, b| a.key == b.key) {
        let group = group.iter().map(|lead| lead.document).collect();
        finder.group(group, |page| Ok(pages[page as usize].sketch))?;
    }
    Ok(Documents { copy_of: finder.finish(), site: pages.iter().map(|page| page.site).collect() })
}

/// What is found about the blocks of all pages, sorted by page.
fn found(pages: &[Page], known: &Documents, texts: &Texts) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    let mut counter = Counter::default();
    for group in sorted(pages, |page| &page.occurrences).chunk_by(|a, b| a.key == b.key) {
        counter.group(group, known, |f| found.push(f));
    }
    let mut near = NearCounter::default();
    for group in sorted(pages, |page| &page.halves).chunk_by(|a, b| a.key == b.key) {
        near.group(group, known, texts, |f| found.push(f))?;
    }
    found.par_sort_unstable();
    Ok(found)
}

/// The records of all pages, sorted.
fn sorted<T: Copy + Ord + Send>(pages: &[Page], records: impl Fn(&Page) -> &Vec<T>) -> Vec<T> {
    let mut all: Vec<T> = pages.iter().flat_map(|page| records(page).iter().copied()).collect();
    all.par_sort_unstable();
    all
}

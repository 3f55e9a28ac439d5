//! What the pages of a corpus say of each other's blocks: the stage of the library, in memory.
//!
//! The program itself counts through files, because its corpora are large; the counts are the same.

use anyhow::Result;
use dehusk::document::{Block, Document, Metadata, Place, Repetition};
use dehusk::repetition::{
    CopyFinder, Counter, Documents, Found, NearCounter, Page, ShortTexts, join, observe,
};
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_128;

use crate::data;

/// The short texts of all pages, one after the other.
struct Texts(String);

impl ShortTexts for Texts {
    fn read(&self, offset: u64, length: u16, out: &mut String) -> dehusk::Result<()> {
        out.clear();
        out.push_str(&self.0[offset as usize..][..usize::from(length)]);
        Ok(())
    }
}

fn document(page: &data::Page) -> Document {
    Document {
        id: page.id.clone(),
        text: page.text.clone(),
        url: Some(page.url.clone()),
        metadata: Metadata::default(),
        place: Place { path: "".into(), record: 0 },
        source_hash: xxh3_128(page.text.as_bytes()),
        cleaned: None,
    }
}

/// The repetition of each block of each page, in a corpus of these pages.
pub fn repetition(pages: &[&data::Page], blocks: &[Vec<Block>]) -> Result<Vec<Vec<Repetition>>> {
    let mut observed: Vec<Page> = pages
        .par_iter()
        .zip(blocks)
        .enumerate()
        .map(|(i, (page, blocks))| observe(i as u32, &document(page), blocks))
        .collect();
    let mut texts = Texts(String::new());
    for page in &mut observed {
        page.halves.iter_mut().for_each(|half| half.offset += texts.0.len() as u64);
        texts.0.push_str(&page.short_texts);
    }
    let sketches: Vec<_> = observed.iter().map(|page| page.sketch).collect();
    let mut leads: Vec<_> = observed.iter().flat_map(|page| page.leads.iter().copied()).collect();
    leads.par_sort_unstable();
    let mut finder = CopyFinder::new(&sketches);
    leads.chunk_by(|a, b| a.key == b.key).for_each(|group| finder.group(group));
    let site = observed.iter().map(|page| page.site).collect();
    let known = Documents { copy_of: finder.finish(), site };

    let mut found: Vec<Found> = Vec::new();
    let mut occurrences: Vec<_> = observed.iter().flat_map(|page| page.occurrences.iter().copied()).collect();
    occurrences.par_sort_unstable();
    let mut counter = Counter::default();
    for group in occurrences.chunk_by(|a, b| a.key == b.key) {
        counter.group(group, &known, |f| found.push(f));
    }
    let mut halves: Vec<_> = observed.iter().flat_map(|page| page.halves.iter().copied()).collect();
    halves.par_sort_unstable();
    let mut near = NearCounter::default();
    for group in halves.chunk_by(|a, b| a.key == b.key) {
        near.group(group, &known, &texts, |f| found.push(f))?;
    }
    found.par_sort_unstable();
    let own = |i: u32| {
        let from = found.partition_point(|f| f.document < i);
        &found[from..found.partition_point(|f| f.document <= i)]
    };
    Ok(blocks.iter().enumerate().map(|(i, blocks)| join(blocks.len(), own(i as u32))).collect())
}

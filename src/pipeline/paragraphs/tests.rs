//! Duplicate paragraphs against all pairs compared in rank order.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;

use super::*;
use crate::config::{Config, Size};
use crate::dedup::{Entry, MainText, Shingles};
use crate::document::Document;
use crate::label::label_clean;
use crate::pipeline::Quiet;
use crate::pipeline::bits::Bits;
use crate::pipeline::drafts::Row;
use crate::pipeline::table::TableWriter;
use crate::pipeline::verdicts::verdicts;
use crate::pipeline::work::WorkFolder;
use crate::segment::segment;
use crate::write::sample;

/// A document's claim, the key of its main text, its site and its paragraphs.
type Page = (u128, u128, Option<u8>, Vec<String>);

/// A paragraph, by its document and its number, and for which one it goes.
type Gone = ((u32, u32), (u32, u32));

/// No documents meet here but those whose keys are equal.
struct NoTexts;

impl MainText for NoTexts {
    fn shingles(&self, document: u32, _: &mut Shingles) -> Result<()> {
        panic!("document {document} meets nobody")
    }
}

fn draft((number, page): (u32, &Page)) -> Draft {
    let text = page.3.join("\n\n");
    let blocks = segment(&text);
    let labelled = label_clean(&blocks, &vec![Default::default(); blocks.len()]);
    let url = page.2.map(|site| format!("https://site{site}.example/{number}"));
    Draft { number, document: Document { url, ..sample::document(&text) }, labelled }
}

fn duplicates_of(pages: &[Page], dedup: &DedupConfig, threads: usize, memory: Size) -> (Vec<Gone>, u64) {
    let mut config = Config { dedup: dedup.clone(), ..Config::default() };
    config.run.memory = memory;
    let folder = tempfile::tempdir().unwrap();
    let work = WorkFolder::create(Some(folder.path()), Path::new("out")).unwrap();
    let stop = AtomicBool::new(false);
    let job = Job::new(Arc::new([]), &config, &work, &Quiet, &stop);
    let drafts: Vec<Draft> = (0..).zip(pages).map(draft).collect();
    let mut rows = TableWriter::open(&work.file("rows"), 0).unwrap();
    let mut paragraphs = Paragraphs::open(&job, None);
    for (draft, &(claim, exact, ..)) in drafts.iter().zip(pages) {
        let entry = Entry { exact, words: 1, claim, signature: Default::default() };
        rows.push(&Row { draft: Some(0), entry: Some(entry), touched: false }).unwrap();
        let mut keys = ParagraphKeys::of(draft, dedup);
        for (i, block) in draft.main_blocks() {
            let mut normalised = String::new();
            normalise_into(block, &mut normalised);
            keys.add(i, &normalised, count_words(&normalised));
        }
        paragraphs.add(keys).unwrap();
        if draft.number == 2 {
            let state = paragraphs.checkpoint().unwrap();
            paragraphs = Paragraphs::open(&job, Some(&state));
        }
    }
    let text = |document: u32, block: u32| {
        let (_, text) = drafts[document as usize].main_blocks().nth(block as usize).unwrap();
        Ok(text.to_owned())
    };
    let (rows, repeated) = (rows.finish().unwrap(), Bits::new(pages.len()));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let buckets = job.sorter("buckets", 1 << 20, None);
        let ranks = verdicts(&job, &rows, &repeated, buckets, &NoTexts).unwrap().ranks;
        let (found, skipped) = paragraphs.duplicates(&job, &ranks, text).unwrap();
        let found = found.finish().unwrap().map(Result::unwrap);
        (found.map(|d| ((d.document, d.block), d.owner)).collect(), skipped)
    })
}

/// The definition: in rank order, every paragraph against every one that stays. It goes for the one that equals it, else
/// for the first that it is near to.
fn oracle(pages: &[Page], config: &BlockDedupConfig) -> Vec<Gone> {
    let mut order: Vec<usize> = (0..pages.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(pages[i].0));
    let mut kept: Vec<usize> = Vec::new();
    for i in order {
        if kept.iter().all(|&k| pages[k].1 != pages[i].1) {
            kept.push(i);
        }
    }
    let mut staying: Vec<((u32, u32), Option<u8>, String)> = Vec::new();
    let mut gone = Vec::new();
    for document in kept {
        let (_, _, site, paragraphs) = &pages[document];
        let site = site.filter(|_| config.scope == BlockScope::Site);
        for (block, paragraph) in (0..).zip(paragraphs) {
            let mut text = String::new();
            normalise_into(paragraph, &mut text);
            if count_words(&text) < config.min_words {
                continue;
            }
            if config.mask_digits {
                text = masked(&text);
            }
            let near = |other: &str| {
                let meet = half_keys(&text).zip(half_keys(other));
                meet.is_some_and(|(a, b)| a[0] == b[0] || a[1] == b[1])
                    && strsim::normalized_levenshtein(&text, other) + 1e-9 >= config.similarity
            };
            let same_site = || staying.iter().filter(|other| other.1 == site);
            let equal = same_site().find(|other| other.2 == text);
            let owner = equal.or_else(|| same_site().find(|other| config.similarity < 1.0 && near(&other.2)));
            let at = (document as u32, block);
            match owner {
                Some(owner) => gone.push((at, owner.0)),
                None => staying.push((at, site, text)),
            }
        }
    }
    gone.sort_unstable();
    gone
}

/// Every run of digits as one `0`, character by character.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    for c in text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }) {
        if c != '0' || !masked.ends_with('0') {
            masked.push(c);
        }
    }
    masked
}

/// Paragraphs that differ from one of two sentences in a few words, and are repeated between the pages.
fn pages() -> impl Strategy<Value = Vec<Page>> {
    let edit = (0_usize..9, prop::sample::select(&["", "a", "gantry", "12", "7", "museums"][..]));
    let paragraph =
        (any::<bool>(), prop::collection::vec(edit, 0..3), any::<bool>()).prop_map(|(which, edits, cut)| {
            let sentence =
                ["the old crane 7 was lifted from its rails", "the museum waited 12 years for it in town"];
            let mut words: Vec<&str> = sentence[usize::from(which)].split(' ').collect();
            edits.into_iter().for_each(|(at, word)| words[at] = word);
            words.truncate(if cut { 3 } else { 9 });
            words.retain(|word| !word.is_empty());
            words.join(" ")
        });
    let site = prop::option::of(0_u8..2);
    let page = (0_u128..5, 0_u128..20, site, prop::collection::vec(paragraph, 1..5));
    prop::collection::vec(page, 1..12)
}

fn configs() -> impl Strategy<Value = DedupConfig> {
    let similarity = prop::sample::select(&[0.6, 0.75, 0.8, 0.9, 1.0][..]);
    (similarity, any::<bool>(), any::<bool>(), 1_usize..9).prop_map(
        |(similarity, mask_digits, site, min_words)| {
            let scope = if site { BlockScope::Site } else { BlockScope::Corpus };
            let blocks =
                BlockDedupConfig { policy: BlockPolicy::Drop, min_words, scope, mask_digits, similarity };
            DedupConfig { blocks, ..DedupConfig::default() }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn decides_as_all_pairs_in_rank_order_would(pages in pages(), config in configs()) {
        let found = duplicates_of(&pages, &config, 1, Size::mebibytes(64));
        prop_assume!(found.1 == 0);
        prop_assert_eq!(&found.0, &oracle(&pages, &config.blocks));
        // So little that every record goes through the disk.
        prop_assert_eq!(found, duplicates_of(&pages, &config, 2, Size::bytes(256)));
    }
}

#[test]
fn a_chain_across_documents_loses_its_middle_only() {
    let text = |n: usize| {
        let mut words = vec!["crane"; 16];
        words[8..8 + n].fill("barge");
        words.join(" ")
    };
    // Two words of sixteen differ between neighbours.
    let pages: Vec<Page> = (0..4).map(|i| (9, i as u128, None, vec![text(2 * i)])).collect();
    let blocks = BlockDedupConfig { similarity: 0.9, ..BlockDedupConfig::default() };
    let mut config = DedupConfig { blocks, ..DedupConfig::default() };
    assert_eq!(duplicates_of(&pages, &config, 1, Size::mebibytes(64)).0, []);
    config.blocks.min_words = 16;
    let gone = [((1, 0), (0, 0)), ((3, 0), (2, 0))];
    assert_eq!(duplicates_of(&pages, &config, 1, Size::mebibytes(64)).0, gone);
    config.blocks.policy = BlockPolicy::Off;
    assert_eq!(duplicates_of(&pages, &config, 1, Size::mebibytes(64)).0, []);
}

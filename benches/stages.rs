//! Bytes of text a second through each stage, on one thread: `cargo bench`.
//!
//! The pages are made here from the seeds and the fixtures, varied by a generator with a fixed seed, so that every run
//! on every machine measures the same text and nothing has to be downloaded. Each stage is handed what the stages
//! before it have made and is measured alone; `BENCHMARKS.md` says what the figures mean.
//!
//! It is wrong about repetition: a page is measured as if no other page held its lines. Counting and sorting across
//! pages, and everything that goes through the disk, is in `benches/clean.sh` only.

use std::fmt::Write;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use dehusk::config::{Config, LabelConfig};
use dehusk::dedup::{Lsh, MainTextDigest};
use dehusk::document::{Block, Document, Repetition, Verdict};
use dehusk::label::{Labelled, label};
use dehusk::read::{Batches, Input, discover, parse};
use dehusk::repetition::observe;
use dehusk::segment::segment;
use dehusk::write::{BlockDecision, CorpusRecord, Decision, Gaps, main_text, write_corpus, write_decision};
use divan::Bencher;
use divan::counter::BytesCount;

/// Bytes of text to be made: more than a processor's caches hold, and measured in a second or two a stage.
const TEXT: usize = 8 << 20;
/// Of 256 words, how many are replaced by another word of their page, so that no two pages are copies.
const REPLACED: u64 = 24;
/// Of 256 lines, how many come from another page, as the lines of related items do.
const FOREIGN: u64 = 32;

fn main() {
    divan::main();
}

/// The pages with what each stage makes of them.
struct Pages {
    inputs: Arc<[Input]>,
    config: Config,
    documents: Vec<Document>,
    blocks: Vec<Vec<Block>>,
    repetition: Vec<Vec<Repetition>>,
    labelled: Vec<Labelled>,
    decisions: Vec<Vec<BlockDecision>>,
    /// Holds the file that `inputs` names.
    _folder: tempfile::TempDir,
}

static PAGES: LazyLock<Pages> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("pages.jsonl");
    fs::write(&file, make_records()).expect("room for the pages");
    let config = Config::default();
    let inputs: Arc<[Input]> =
        discover(&[file.display().to_string()], &config.input).expect("the file").into();
    let documents = read(&inputs, &config);
    let blocks: Vec<_> = documents.iter().map(|document| segment(&document.text)).collect();
    let alone = Repetition { documents: 1, masked_documents: 1, ..Repetition::default() };
    let repetition: Vec<_> = blocks.iter().map(|blocks| vec![alone; blocks.len()]).collect();
    let labelled: Vec<_> = (0..documents.len())
        .map(|i| label(&documents[i], &blocks[i], &repetition[i], &LabelConfig::default()))
        .collect();
    let decisions = labelled.iter().map(decide).collect();
    Pages { inputs, config, documents, blocks, repetition, labelled, decisions, _folder: folder }
});

fn decide(labelled: &Labelled) -> Vec<BlockDecision> {
    labelled.blocks.iter().map(|block| BlockDecision::by_label(*block)).collect()
}

fn read(inputs: &Arc<[Input]>, config: &Config) -> Vec<Document> {
    let mut documents = Vec::new();
    for batch in Batches::new(Arc::clone(inputs), &config.input) {
        for i in 0..batch.records.len() {
            documents.push(parse(&batch, i, inputs, &config.input).expect("a sound record"));
        }
    }
    documents
}

/// Measures `stage` over all documents, each named by its number.
fn measure(bencher: Bencher<'_, '_>, mut stage: impl FnMut(&Pages, usize)) {
    let pages = &*PAGES;
    let bytes: usize = pages.documents.iter().map(|document| document.text.len()).sum();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        (0..pages.documents.len()).for_each(|i| stage(pages, i));
    });
}

/// From a file to documents: cutting into records, JSON, UTF-8 and the hash of the text.
#[divan::bench(name = "1 read and parse", sample_count = 20)]
fn read_and_parse(bencher: Bencher<'_, '_>) {
    let pages = &*PAGES;
    let bytes: usize = pages.documents.iter().map(|document| document.text.len()).sum();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| read(&pages.inputs, &pages.config));
}

#[divan::bench(name = "2 segment", sample_count = 20)]
fn segment_text(bencher: Bencher<'_, '_>) {
    measure(bencher, |pages, i| {
        black_box(segment(&pages.documents[i].text));
    });
}

/// Normalisation, keys and halves of every block: the first sweep's share of repetition.
#[divan::bench(name = "3 observe", sample_count = 20)]
fn observe_repetition(bencher: Bencher<'_, '_>) {
    measure(bencher, |pages, i| {
        black_box(observe(i as u32, &pages.documents[i], &pages.blocks[i]));
    });
}

#[divan::bench(name = "4 label", sample_count = 20)]
fn label_blocks(bencher: Bencher<'_, '_>) {
    measure(bencher, |pages, i| {
        black_box(label(
            &pages.documents[i],
            &pages.blocks[i],
            &pages.repetition[i],
            &LabelConfig::default(),
        ));
    });
}

/// Words, shingles, exact key and sketch, of all blocks as if all of them were main text.
#[divan::bench(name = "5 fingerprint and sketch", sample_count = 20)]
fn fingerprint(bencher: Bencher<'_, '_>) {
    let (mut digest, mut buckets) = (MainTextDigest::default(), Vec::new());
    let lsh = Lsh::new(&PAGES.config.dedup);
    measure(bencher, |pages, i| {
        digest.clear();
        for block in &pages.blocks[i] {
            digest.push(block.span.of(&pages.documents[i].text));
        }
        black_box(digest.entry(pages.config.dedup.shingle_words, &lsh, &mut buckets));
    });
}

/// A corpus line and a line of decisions for every document, into memory.
#[divan::bench(name = "6 write", sample_count = 20)]
fn write_lines(bencher: Bencher<'_, '_>) {
    let (mut text, mut out) = (String::new(), Vec::new());
    measure(bencher, |pages, i| {
        let (document, blocks) = (&pages.documents[i], &pages.decisions[i]);
        let Labelled { title, date, language, .. } = &pages.labelled[i];
        main_text(&mut text, &document.text, BlockDecision::kept(blocks), Gaps::of(document));
        let (title, date, language) = (title.as_deref(), date.as_deref(), language.as_deref());
        out.clear();
        write_corpus(&mut out, &CorpusRecord { document, text: &text, title, date, language });
        let verdict = Verdict::Keep { copies: 0 };
        let decision =
            Decision { document, blocks, verdict, spans: None, canonical_id: None, elsewhere: None };
        write_decision(&mut out, &decision);
        black_box(&out);
    });
}

/// The pages as JSONL.
fn make_records() -> String {
    let sources: Vec<String> = ["seeds", "fixtures/pages"].into_iter().flat_map(texts).collect();
    let mut random = Random(1);
    let (mut records, mut made) = (String::new(), 0);
    for number in 0.. {
        if made >= TEXT {
            break;
        }
        let text = vary(&sources, number % sources.len(), &mut random);
        made += text.len();
        let text = serde_json::Value::from(text);
        let site = random.below(50);
        writeln!(records, r#"{{"id":"{number}","text":{text},"url":"https://site{site}.example/{number}"}}"#)
            .expect("a string takes every line");
    }
    records
}

/// The text files of a folder of this repository, by name.
fn texts(folder: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(folder).expect("the folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    paths.iter().map(|path| fs::read_to_string(path).expect("a text file")).collect()
}

/// A page like `sources[own]`: some words exchanged, some lines those of other pages, digits made up.
fn vary(sources: &[String], own: usize, random: &mut Random) -> String {
    let words: Vec<&str> = sources[own].split_whitespace().collect();
    let mut page = String::new();
    for line in sources[own].lines() {
        let mut line = line;
        if !line.is_empty() && random.below(256) < FOREIGN {
            let other = &sources[random.below(sources.len() as u64) as usize];
            let lines: Vec<&str> = other.lines().filter(|line| !line.is_empty()).collect();
            line = lines[random.below(lines.len() as u64) as usize];
        }
        for word in line.split_inclusive(' ') {
            let is_replaced = word.len() > 2 && random.below(256) < REPLACED;
            let word = if is_replaced { words[random.below(words.len() as u64) as usize] } else { word };
            page.extend(word.chars().map(|c| match c {
                '0'..='9' => char::from(b'0' + random.below(10) as u8),
                other => other,
            }));
            if is_replaced {
                page.push(' ');
            }
        }
        page.push('\n');
    }
    page
}

/// SplitMix64 (Steele, Lea and Flood 2014): enough for making text, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

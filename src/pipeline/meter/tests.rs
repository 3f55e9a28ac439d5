//! The meter against all pairs compared, on corpora with families across the whole range of similarity.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::config::{Config, DedupConfig, Similarity, Size};
use crate::dedup::{Entry, Lsh, MainTextDigest};
use crate::error::Error;
use crate::pipeline::Quiet;
use crate::pipeline::table::TableWriter;
use crate::pipeline::verdicts::{InBucket, Judged, verdicts};
use crate::pipeline::work::WorkFolder;

/// Main texts in memory.
struct Texts(Vec<String>);

impl MainText for Texts {
    fn shingles(&self, document: u32, out: &mut Shingles) -> Result<()> {
        let text = &self.0[document as usize];
        MainTextDigest::default().shingles(std::iter::once(text.as_str()), 5, out);
        Ok(())
    }
}

/// Pseudo-random numbers below a bound (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

/// Pages that are nobody's copies, and families: a page of 80 to 160 words, and of it one to four versions in which a
/// stretch of up to a third of the words is another, or up to a sixth. So similarities go from a half to one.
fn families(seed: u64) -> Texts {
    let mut random = Random(seed << 32);
    let mut fresh = 0;
    let mut word = || {
        fresh += 1;
        format!("w{fresh}")
    };
    let mut texts = Vec::new();
    for family in 0..500 {
        let page: Vec<String> = (0..80 + random.below(80)).map(|_| word()).collect();
        let versions = if family < 200 { 0 } else { 1 + random.below(4) };
        texts.push(page.join(" "));
        for _ in 0..versions {
            let mut version = page.clone();
            let length = random.below(page.len() / if family % 2 == 0 { 3 } else { 6 });
            let start = random.below(page.len() - length);
            version[start..start + length].fill_with(&mut word);
            texts.push(version.join(" "));
        }
    }
    for i in (1..texts.len()).rev() {
        texts.swap(i, random.below(i + 1));
    }
    Texts(texts)
}

/// How a run is made.
#[derive(Clone)]
struct Setting {
    dedup: DedupConfig,
    /// The threshold that buckets are made for; where it is not that of the run, more is missed.
    banding: f64,
    sample: u32,
    threads: usize,
    memory: Size,
    /// Every so many near-duplicates another kept document is named than the one compared; 0 for none.
    wrong_every: usize,
}

impl Default for Setting {
    fn default() -> Self {
        let dedup = DedupConfig::default();
        Self {
            banding: dedup.threshold,
            dedup,
            sample: 300,
            threads: 2,
            memory: Size::mebibytes(64),
            wrong_every: 0,
        }
    }
}

/// What a run decided, and what the meter said of it.
struct Metered {
    verdicts: Vec<Verdict>,
    entries: Vec<Option<Entry>>,
    quality: Quality,
}

fn metered(texts: &Texts, setting: &Setting) -> Metered {
    let Setting { dedup, banding, sample, threads, memory, wrong_every } = setting.clone();
    let lsh = Lsh::new(&DedupConfig { threshold: banding, ..dedup.clone() });
    let mut config = Config { dedup, ..Config::default() };
    (config.meter.sample, config.run.memory) = (sample, memory);
    let folder = tempfile::tempdir().unwrap();
    let work = WorkFolder::create(Some(folder.path()), Path::new("out")).unwrap();
    let stop = AtomicBool::new(false);
    let job = Job { inputs: Arc::new([]), config: &config, work: &work, progress: &Quiet, stop: &stop };
    let mut rows = TableWriter::open(&work.file("rows"), 0).unwrap();
    let mut buckets = job.sorter("buckets", 1 << 20, None);
    let (mut digest, mut own, mut entries) = (MainTextDigest::default(), Vec::new(), Vec::new());
    for (document, text) in (0..).zip(&texts.0) {
        digest.clear();
        digest.push(text);
        let entry = digest.entry(5, &lsh, &mut own);
        rows.push(&Row { draft: Some(0), entry }).unwrap();
        buckets.extend(own.iter().map(|bucket| InBucket { bucket: *bucket, document })).unwrap();
        entries.push(entry);
    }
    let (rows, repeated) = (rows.finish().unwrap(), Bits::new(entries.len()));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let found = pool.install(|| verdicts(&job, &rows, &repeated, buckets, texts)).unwrap();
    let mut verdicts = vec![Verdict::Keep { copies: 0 }; entries.len()];
    for judged in found.judged.finish().unwrap() {
        let judged: Judged = judged.unwrap();
        let verdict = &mut verdicts[judged.document as usize];
        *verdict = judged.after(*verdict);
    }
    let first_kept = verdicts.iter().position(|verdict| matches!(verdict, Verdict::Keep { .. })).unwrap();
    let near = verdicts.iter_mut().filter_map(|verdict| match verdict {
        Verdict::Duplicate { canonical, exact: false, .. } => Some(canonical),
        _ => None,
    });
    if wrong_every > 0 {
        near.step_by(wrong_every).for_each(|canonical| *canonical = first_kept as u32);
    }
    let mut meter = Meter::new(&job, rows.len()).unwrap();
    (0..).zip(&verdicts).for_each(|(document, verdict)| meter.add(document, *verdict));
    let name = |document: u32| Ok(document.to_string());
    let quality = pool.install(|| meter.measure(&rows, texts, name)).unwrap();
    Metered { verdicts, entries, quality }
}

/// The truth, from all pairs: recall and precision. And how many documents were missed.
fn oracle(texts: &Texts, run: &Metered, dedup: &DedupConfig) -> (f64, f64, u64) {
    let sets: Vec<Shingles> = (0..texts.0.len() as u32)
        .map(|document| {
            let mut set = Shingles::default();
            texts.shingles(document, &mut set).unwrap();
            set
        })
        .collect();
    let standing = |document: usize| (std::cmp::Reverse(run.entries[document].unwrap().claim), document);
    let resembles = |document: usize, other: usize| {
        matches!(run.verdicts[other], Verdict::Keep { .. })
            && standing(other) < standing(document)
            && sets[document].similarity(&sets[other], dedup.similarity, dedup.threshold).is_some()
    };
    let resembles_any = |document: usize| (0..sets.len()).any(|other| resembles(document, other));
    let (mut dropped, mut found, mut right, mut missed) = (0, 0, 0, 0);
    for (document, verdict) in run.verdicts.iter().enumerate() {
        match verdict {
            Verdict::Keep { .. } => missed += u64::from(resembles_any(document)),
            Verdict::Duplicate { canonical, exact: false, .. } => {
                dropped += 1;
                found += u64::from(resembles_any(document));
                right += u64::from(resembles(document, *canonical as usize));
            }
            _ => {}
        }
    }
    (found as f64 / (found + missed) as f64, right as f64 / dropped as f64, missed)
}

/// In how many of twenty corpora the intervals hold recall and precision, in how many recall is below one, and how far the
/// limits of recall are apart on average.
fn held(setting: &Setting) -> (usize, usize, usize, f64) {
    let (mut recalls, mut precisions, mut imperfect, mut width) = (0, 0, 0, 0.0);
    for seed in 1..=20 {
        let texts = families(seed);
        let run = metered(&texts, setting);
        let (recall, precision, _) = oracle(&texts, &run, &setting.dedup);
        let (told, of_dropped) = (run.quality.recall().unwrap(), run.quality.precision().unwrap());
        recalls += usize::from((told.low..=told.high).contains(&recall));
        precisions += usize::from((of_dropped.low..=of_dropped.high).contains(&precision));
        imperfect += usize::from(recall < 1.0);
        width += (told.high - told.low) / 20.0;
    }
    (recalls, precisions, imperfect, width)
}

#[test]
fn the_intervals_hold_what_all_pairs_say() {
    let (recalls, precisions, _, width) = held(&Setting::default());
    assert!(recalls >= 18 && precisions >= 18, "{recalls} recalls and {precisions} precisions of 20");
    assert!(width < 0.15, "an interval says something: {width}");
}

#[test]
fn a_search_that_misses_something_is_seen() {
    // Buckets for a threshold of 0.85, and for 0.9: of the pairs at 0.8 one in twenty, and one in seven, does not meet. And a
    // twelfth of what is dropped is dropped for the wrong document.
    for (banding, least_imperfect) in [(0.85, 5), (0.9, 15)] {
        let (recalls, precisions, imperfect, width) =
            held(&Setting { banding, wrong_every: 12, ..Setting::default() });
        assert!(imperfect >= least_imperfect, "{imperfect}: otherwise this says nothing");
        assert!(recalls >= 18 && precisions >= 18, "{recalls} recalls and {precisions} precisions of 20");
        assert!(width < 0.2, "an interval says something: {width}");
    }
}

#[test]
fn a_search_that_misses_much_is_told_from_one_that_does_not() {
    let setting = Setting { banding: 0.97, ..Setting::default() };
    let texts = families(21);
    let run = metered(&texts, &setting);
    let (recall, _, missed) = oracle(&texts, &run, &setting.dedup);
    let told = run.quality.recall().unwrap();
    assert!(recall < 0.85 && told.high < 0.95, "{recall}, {told:?}");
    assert!(run.quality.missed().low > 0.5 * missed as f64, "{:?} of {missed}", run.quality.missed());
}

#[test]
fn a_sample_of_all_is_the_oracle() {
    for (similarity, banding) in [(Similarity::Jaccard, 0.9), (Similarity::Containment, 0.8)] {
        let dedup = DedupConfig { similarity, ..DedupConfig::default() };
        let setting = Setting { banding, dedup, sample: 100_000, wrong_every: 9, ..Setting::default() };
        let texts = families(22);
        let run = metered(&texts, &setting);
        let (recall, precision, missed) = oracle(&texts, &run, &setting.dedup);
        let sure = |value: f64| crate::report::Interval { estimate: value, low: value, high: value };
        assert_eq!(run.quality.missed(), sure(missed as f64));
        assert_eq!(run.quality.recall(), Some(sure(recall)));
        assert!((run.quality.precision().unwrap().estimate - precision).abs() < 1e-12 && precision < 1.0);
        if similarity == Similarity::Jaccard {
            let named = &run.quality.examples;
            assert!(named.len() == NAMED_MISSED && named.is_sorted_by(|a, b| a.similarity >= b.similarity));
            assert!(named.iter().all(|missed| missed.similarity >= 0.8));
        }
    }
}

#[test]
fn neither_threads_nor_memory_show() {
    let texts = families(23);
    let setting = Setting { banding: 0.97, ..Setting::default() };
    let expected = metered(&texts, &setting).quality;
    assert!(expected.missed().estimate > 0.0);
    // So little that those drawn are held one by one, and signatures are sorted on disk.
    let little = Setting { memory: Size::bytes(4_000), ..setting.clone() };
    for other in [Setting { threads: 1, ..setting }, Setting { threads: 3, ..little }] {
        assert_eq!(metered(&texts, &other).quality, expected);
    }
}

#[test]
fn texts_without_words_and_empty_corpora_are_no_trouble() {
    let texts = Texts(["***", "---", "one", "two words", "日本語の文"].map(str::to_owned).into());
    let run = metered(&texts, &Setting::default());
    assert_eq!((run.quality.recall(), run.quality.precision()), (None, None));
    assert_eq!(run.quality.strata.iter().map(|stratum| stratum.checked).sum::<u64>(), 5);
}

#[test]
fn nothing_is_measured_unasked_and_a_stop_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let work = WorkFolder::create(Some(folder.path()), Path::new("out")).unwrap();
    let stop = AtomicBool::new(true);
    let job = |config| Job { inputs: Arc::new([]), config, work: &work, progress: &Quiet, stop: &stop };
    let unasked = Config::default();
    let mut asked = Config::default();
    asked.meter.sample = 5;
    let mut off = asked.clone();
    off.dedup.enabled = false;
    assert!(Meter::new(&job(&unasked), 3).is_none() && Meter::new(&job(&off), 3).is_none());

    let rows: Table<Row> = TableWriter::open(&work.file("rows"), 0).unwrap().finish().unwrap();
    let job = job(&asked);
    let measured = Meter::new(&job, 0).unwrap().measure(&rows, &Texts(Vec::new()), |_| Ok(String::new()));
    assert!(matches!(measured, Err(Error::Interrupted)));
}

//! Verdicts against all pairs compared: no document goes without a kept one that reaches the threshold.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::config::{Config, DedupConfig, Similarity, Size};
use crate::dedup::{Entry, Lsh, MainTextDigest, Shingles};
use crate::pipeline::Quiet;
use crate::pipeline::work::WorkFolder;

/// Main texts in memory.
struct Texts(Vec<String>);

/// What became of them.
#[derive(Debug, PartialEq)]
struct Outcome {
    verdicts: Vec<Verdict>,
    statistics: Statistics,
}

impl Texts {
    fn entries(&self, config: &DedupConfig) -> Vec<Option<(Entry, Vec<Bucket>)>> {
        let (mut digest, lsh) = (MainTextDigest::default(), Lsh::new(config));
        let mut of = |text: &String| {
            digest.clear();
            if !text.trim().is_empty() {
                digest.push(text);
            }
            let mut buckets = Vec::new();
            digest.entry(5, &lsh, &mut buckets).map(|entry| (entry, buckets))
        };
        self.0.iter().map(&mut of).collect()
    }

    fn decide_as(&self, dedup: DedupConfig, threads: usize, memory: Size) -> Outcome {
        let mut config = Config { dedup, ..Config::default() };
        config.run.memory = memory;
        let folder = tempfile::tempdir().unwrap();
        let work = WorkFolder::create(Some(folder.path()), std::path::Path::new("out")).unwrap();
        let stop = AtomicBool::new(false);
        let job = Job::new(Arc::new([]), &config, &work, &Quiet, &stop);
        let mut rows = TableWriter::open(&work.file("rows"), 0).unwrap();
        let mut buckets = job.sorter("buckets", 1 << 20, None);
        let entries = self.entries(&config.dedup);
        for (document, entry) in (0..).zip(&entries) {
            rows.push(&Row {
                draft: Some(0),
                entry: entry.as_ref().map(|(entry, _)| *entry),
                touched: false,
            })
            .unwrap();
            let own = entry.iter().flat_map(|(_, buckets)| buckets);
            buckets.extend(own.map(|bucket| InBucket { bucket: *bucket, document })).unwrap();
        }
        let (rows, repeated) = (rows.finish().unwrap(), Bits::new(entries.len()));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| verdicts(&job, &rows, &repeated, buckets, self)).unwrap();
        let judged: Vec<Judged> = found.judged.finish().unwrap().map(Result::unwrap).collect();
        let verdict = |(document, entry): (u32, &Option<_>)| {
            let own = judged.iter().filter(|judged| judged.document == document).copied();
            let verdict = own.fold(Verdict::Keep { copies: 0 }, |verdict, judged| judged.after(verdict));
            entry.as_ref().map_or(Verdict::Empty, |_| verdict)
        };
        Outcome { verdicts: (0..).zip(&entries).map(verdict).collect(), statistics: found.statistics }
    }

    fn decide(&self, threads: usize) -> Outcome {
        self.decide_as(DedupConfig::default(), threads, Size::mebibytes(64))
    }

    fn shingle_sets(&self) -> Vec<Shingles> {
        let set = |document: usize| {
            let mut set = Shingles::default();
            self.shingles(document as u32, &mut set).unwrap();
            set
        };
        (0..self.0.len()).map(set).collect()
    }
}

impl MainText for Texts {
    fn shingles(&self, document: u32, out: &mut Shingles) -> Result<()> {
        let text = &self.0[document as usize];
        MainTextDigest::default().shingles(std::iter::once(text.as_str()), 5, out);
        Ok(())
    }
}

/// How much of `a` is in `b`, or how much of both is in both: by counting.
fn similarity(a: &Shingles, b: &Shingles, kind: Similarity) -> f64 {
    let share = |a: &[u64], b: &[u64]| {
        let common = a.iter().filter(|x| b.contains(x)).count();
        let of = if kind == Similarity::Jaccard { a.len() + b.len() - common } else { a.len() };
        if of == 0 { 0.0 } else { common as f64 / of as f64 }
    };
    let phrases =
        |set: &'_ Shingles| if set.phrases.is_empty() { set.words.clone() } else { set.phrases.clone() };
    share(&a.words, &b.words).min(share(&phrases(a), &phrases(b)))
}

/// The definition: in rank order, every document against every kept one. Equal texts share the place of the best.
fn oracle(texts: &Texts, config: &DedupConfig) -> Vec<Verdict> {
    let entries: Vec<Option<Entry>> =
        texts.entries(config).into_iter().map(|entry| entry.map(|(entry, _)| entry)).collect();
    let sets = texts.shingle_sets();
    let mut order: Vec<usize> = (0..entries.len()).filter(|&i| entries[i].is_some()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(entries[i].unwrap().words));
    let mut verdicts = vec![Verdict::Empty; entries.len()];
    let mut kept: Vec<usize> = Vec::new();
    for (place, &i) in order.iter().enumerate() {
        let equal = |&&j: &&usize| entries[j].unwrap().exact == entries[i].unwrap().exact;
        if let Some(&original) = order[..place].iter().find(equal) {
            let exact = Verdict::Duplicate { canonical: original as u32, similarity: 1.0, exact: true };
            verdicts[i] = if kept.contains(&original) { exact } else { verdicts[original] };
            continue;
        }
        let mut best: Option<(usize, f64)> = None;
        for &k in &kept {
            let similarity = similarity(&sets[i], &sets[k], config.similarity);
            if similarity >= config.threshold && best.is_none_or(|best| similarity > best.1) {
                best = Some((k, similarity));
            }
        }
        match best {
            Some((k, similarity)) => {
                verdicts[i] = Verdict::Duplicate { canonical: k as u32, similarity, exact: false };
            }
            None => kept.push(i),
        }
    }
    for k in kept {
        let is_copy =
            |v: &&Verdict| matches!(v, Verdict::Duplicate { canonical, .. } if *canonical == k as u32);
        verdicts[k] = Verdict::Keep { copies: verdicts.iter().filter(is_copy).count() as u32 };
    }
    verdicts
}

fn agrees_with_the_oracle(texts: &Texts) -> Outcome {
    let outcome = texts.decide(1);
    assert_eq!(outcome.verdicts, oracle(texts, &DedupConfig::default()));
    assert_eq!(outcome, texts.decide(2));
    // So little that the buckets go through the disk and the search through many stretches.
    assert_eq!(outcome, texts.decide_as(DedupConfig::default(), 2, Size::bytes(40_000)));
    outcome
}

fn words(range: Range<usize>) -> Vec<String> {
    range.map(|i| format!("w{i}")).collect()
}

fn dropped(verdicts: &[Verdict]) -> Vec<Option<u32>> {
    let canonical = |verdict: &Verdict| match *verdict {
        Verdict::Duplicate { canonical, .. } => Some(canonical),
        _ => None,
    };
    verdicts.iter().map(canonical).collect()
}

#[test]
fn equal_texts_leave_one_and_short_or_empty_ones_are_safe() {
    let texts = ["", "Hi there", "  hi THERE ", "***", "---", "hi", "日本語の文", "日本語の文。", "日本語"];
    let outcome = agrees_with_the_oracle(&Texts(texts.map(str::to_owned).into()));
    assert_eq!(outcome.verdicts[0], Verdict::Empty);
    assert_eq!(dropped(&outcome.verdicts), [None, None, Some(1), None, None, None, None, Some(6), None]);
    assert_eq!(outcome.verdicts[2], Verdict::Duplicate { canonical: 1, similarity: 1.0, exact: true });
    assert_eq!(outcome.verdicts[7], Verdict::Duplicate { canonical: 6, similarity: 1.0, exact: false });

    let equal = agrees_with_the_oracle(&Texts(vec![words(0..50).join(" "); 300]));
    assert_eq!(equal.verdicts[0], Verdict::Keep { copies: 299 });
    assert_eq!(equal.statistics, Statistics::default());
}

#[test]
fn the_threshold_itself_is_reached() {
    // 40 shared shingles: of 45 and 45 with 50 in the union, 0.8; of 45 and 46, just less.
    let base = words(0..49);
    let at = [words(0..44), words(100..105)].concat();
    let below = [words(0..44), words(100..106)].concat();
    assert_eq!(
        dropped(&agrees_with_the_oracle(&Texts(vec![base.join(" "), at.join(" ")])).verdicts),
        [None, Some(0)]
    );
    assert_eq!(
        dropped(&agrees_with_the_oracle(&Texts(vec![base.join(" "), below.join(" ")])).verdicts),
        [None; 2]
    );
}

#[test]
fn a_chain_loses_its_middle_only() {
    let windows: Vec<String> = (0..12).map(|i| words(i * 8..i * 8 + 100).join(" ")).collect();
    let outcome = agrees_with_the_oracle(&Texts(windows));
    let copies = dropped(&outcome.verdicts);
    assert_eq!(copies[..4], [None, Some(0), None, Some(2)]);
}

#[test]
fn what_equals_a_near_duplicate_goes_with_it() {
    let [long, short] = [words(0..100).join(" "), words(0..95).join(" ")];
    let outcome = Texts(vec![short.clone(), long, short.to_uppercase()]).decide(2);
    assert_eq!(dropped(&outcome.verdicts), [Some(1), None, Some(1)]);
    assert_eq!(outcome.verdicts[0], outcome.verdicts[2]);
    assert_eq!(outcome.verdicts[1], Verdict::Keep { copies: 2 });
}

#[test]
fn switched_off_everything_with_text_stays() {
    let texts = Texts(["same", "same", " "].map(str::to_owned).into());
    let config = DedupConfig { enabled: false, ..DedupConfig::default() };
    let keep = Verdict::Keep { copies: 0 };
    assert_eq!(texts.decide_as(config, 1, Size::mebibytes(64)).verdicts, [keep, keep, Verdict::Empty]);
}

#[test]
fn borders_of_chunks_do_not_show() {
    // 60 articles in 30 versions each; every version replaces a few words of its article.
    let version = |i: usize| {
        let (article, version) = (i % 60, i / 60);
        let mut text = words(article * 100..article * 100 + 40 + article % 7);
        for edit in 0..version % 5 {
            text[(version * 7 + edit * 11 + article) % 40] = format!("v{version}");
        }
        text.join(" ")
    };
    let outcome = agrees_with_the_oracle(&Texts((0..1800).map(version).collect()));
    let kept = outcome.verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Keep { .. })).count();
    assert!((60..1500).contains(&kept), "{kept}");
}

#[test]
fn a_large_family_costs_a_comparison_a_copy() {
    // Each copy has one word of its own, and all are equally long, so rank order is input order.
    let copy = |i: usize| {
        let mut text = words(0..200);
        text[i % 200] = format!("own{i}");
        text.join(" ")
    };
    let outcome = Texts((0..3000).map(copy).collect()).decide(2);
    assert_eq!(outcome.verdicts[0], Verdict::Keep { copies: 2999 });
    assert_eq!(outcome.statistics.verified, 2999);
}

#[test]
fn lines_exchanged_in_a_script_without_spaces_count() {
    // A line in nine is another: by characters that is 0.8, by phrases far less.
    let line =
        |n: usize| (0..30).map(|i| char::from_u32(0x4E00 + (n * 30 + i) as u32).unwrap()).collect::<String>();
    let page =
        |own: usize| (0..27).map(|n| line(if n % 9 == 4 { n + own } else { n }) + "。").collect::<String>();
    let outcome = agrees_with_the_oracle(&Texts(vec![page(0), page(100), page(0).replace('。', "、")]));
    assert_eq!(dropped(&outcome.verdicts), [None, None, Some(0)]);
}

#[test]
fn a_text_inside_a_longer_one_is_found_when_asked_for() {
    let whole = words(0..400).join(" ");
    let part = words(100..160).join(" ");
    let half = [words(300..330), words(900..920)].concat().join(" ");
    let tiny = words(7..9).join(" ");
    let texts = Texts(vec![part, whole, half, tiny.clone(), tiny + " w9 w10 w11 w12"]);
    let config =
        |threshold| DedupConfig { similarity: Similarity::Containment, threshold, ..DedupConfig::default() };
    for (threshold, expected) in
        [(0.8, [Some(1), None, None, None, Some(1)]), (0.5, [Some(1), None, Some(1), None, Some(1)])]
    {
        let outcome = texts.decide_as(config(threshold), 2, Size::mebibytes(64));
        assert_eq!(dropped(&outcome.verdicts), expected);
        assert_eq!(outcome.verdicts, oracle(&texts, &config(threshold)));
        assert_eq!(outcome, texts.decide_as(config(threshold), 1, Size::bytes(40_000)));
    }
    assert_eq!(dropped(&texts.decide(1).verdicts), [None; 5]);
}

#[test]
fn what_is_contained_does_not_depend_on_memory() {
    // Pages of ten sites, each with the furniture of its site, and excerpts of pages: more than three chunks of ranks.
    let page = |i: usize| {
        let (own, site) = (words(i * 200..i * 200 + 60 + i % 7), i % 10);
        [words(900_000 + site * 100..900_000 + site * 100 + 25), own].concat().join(" ")
    };
    let excerpt = |i: usize| words(i * 200 + 10..i * 200 + 40).join(" ");
    let texts = Texts((0..1200).map(page).chain((0..700).map(excerpt)).collect());
    let config = DedupConfig { similarity: Similarity::Containment, ..DedupConfig::default() };
    let outcome = texts.decide_as(config.clone(), 2, Size::mebibytes(64));
    let kept = outcome.verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Keep { .. })).count();
    assert!((1200..1900).contains(&kept), "{kept}");
    assert_eq!(outcome, texts.decide_as(config, 1, Size::bytes(40_000)));
}

/// Texts in which word `i` of text `t` is replaced where `edits` says so.
fn edited_copies() -> impl Strategy<Value = Vec<String>> {
    let sources = prop::collection::vec((0_usize..1000, 1_usize..120, any::<bool>()), 1..12);
    let copies = prop::collection::vec(
        (any::<prop::sample::Index>(), prop::collection::vec(0_usize..120, 0..8), 0_usize..30),
        1..100,
    );
    (sources, copies).prop_map(|(sources, copies)| {
        let copy = |(source, edits, cut): (prop::sample::Index, Vec<usize>, usize)| {
            let &(start, length, is_chinese) = source.get(&sources);
            let length = length.saturating_sub(cut / 3).max(1);
            let word = |i: usize| {
                let n = start + i + if edits.contains(&i) { 5000 } else { 0 };
                if is_chinese {
                    char::from_u32(0x4E00 + n as u32).unwrap().to_string()
                } else {
                    format!("w{n} ")
                }
            };
            (0..length).map(word).collect()
        };
        copies.into_iter().map(copy).collect()
    })
}

proptest! {
    // A pair at the threshold may be missed once in a thousand times by design; a fixed seed keeps these tests facts.
    #![proptest_config(ProptestConfig { cases: 64, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn decides_as_all_pairs_in_rank_order_would(texts in edited_copies()) {
        agrees_with_the_oracle(&Texts(texts));
    }

    #[test]
    fn finds_what_is_contained_as_all_pairs_would(texts in edited_copies()) {
        let config = DedupConfig { similarity: Similarity::Containment, ..DedupConfig::default() };
        let texts = Texts(texts);
        let outcome = texts.decide_as(config.clone(), 2, Size::mebibytes(64));
        prop_assert_eq!(&outcome.verdicts, &oracle(&texts, &config));
        prop_assert_eq!(outcome, texts.decide_as(config, 1, Size::bytes(40_000)));
    }

    #[test]
    fn input_order_matters_only_between_equals(texts in edited_copies()) {
        // Of texts of one length only the first is taken, so no tie is left.
        let mut lengths = std::collections::HashSet::new();
        let mut texts = Texts(texts);
        let entries = texts.entries(&DedupConfig::default());
        let mut entries = entries.iter();
        texts.0.retain(|_| lengths.insert(entries.next().unwrap().as_ref().unwrap().0.words));
        let stays = |outcome: &Outcome| -> Vec<bool> { outcome.verdicts.iter().map(|v| matches!(v, Verdict::Keep { .. })).collect() };
        let forward = stays(&texts.decide(1));
        texts.0.reverse();
        let mut backward = stays(&texts.decide(1));
        backward.reverse();
        prop_assert_eq!(forward, backward);
    }
}

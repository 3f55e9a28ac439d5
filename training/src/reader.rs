//! Fits the reader: words, first trees, second trees, each to the opinions of the one before.
//!
//! What a model is fitted on it is sure of, so the next one must learn from opinions on sites that the model has not
//! seen: the pages are parted by site, and those of each part are judged by models of the others (stacking, Wolpert
//! 1992). The models that ship are fitted to all.

use std::ops::Range;

use dehusk::label::reader::words::{SLOTS, score};
use dehusk::label::reader::{Forest, Group, Reader};
use rayon::prelude::*;

use crate::corpus::{Example, PARTS};
use crate::trees::{Binned, Settings};
use crate::words::Words;

const FIRST: Settings =
    Settings { trees: 260, depth: 6, rate: 0.09, rows: 20, signals: 30, shrink: 20.0, seed: 7 };
const SECOND: Settings = Settings { trees: 160, seed: 8, ..FIRST };

/// One site in so many is read as if in a language that no page holds, its words changed into others: the trees must
/// do without what words say, too.
const FOREIGN: u64 = 4;
const SALT: u32 = 0x5a5a_1234;

/// What can be left out of training, to see what it is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Knowledge {
    /// What the words of a block say.
    Words,
    /// Everything around a block.
    Sequence,
    /// What other pages hold.
    Repetition,
}

/// Signals of a block by itself.
const ALONE: [Group; 4] = [Group::Look, Group::Cues, Group::Words, Group::Repetition];

/// Whether a page's words are changed. What is said of it then is no measure of anything.
pub fn is_foreign(x: &Example) -> bool {
    (x.site >> 16).is_multiple_of(FOREIGN)
}

/// Fits the reader to pages that are sorted by their part, and returns it with its opinions on each page, in nats, as
/// models of the other parts have them.
///
/// `without` leaves out what is known of a page; see [`Knowledge`].
pub fn fit(pages: &[Example], without: &[Knowledge]) -> (Reader, Vec<Vec<f32>>) {
    let mut ends = vec![0];
    for k in 0..PARTS {
        let rows: usize = pages.iter().filter(|x| x.part == k).map(|x| x.blocks.len()).sum();
        ends.push(ends[k] + rows);
    }
    let parts: Vec<Range<usize>> = ends.windows(2).map(|w| w[0]..w[1]).collect();

    let mut words: Vec<Vec<i8>> = (0..=PARTS)
        .into_par_iter()
        .map(|k| {
            let seen: Vec<&Example> = pages.iter().filter(|x| x.part != k).collect();
            if without.contains(&Knowledge::Words) { vec![0; SLOTS] } else { Words::fit(&seen, 1).rounded() }
        })
        .collect();
    let all_words = words.pop().expect("there is a model of all parts");
    let word_scores: Vec<Vec<f32>> = pages
        .par_iter()
        .map(|x| {
            let salt = if is_foreign(x) { SALT } else { 0 };
            let read = |b| x.observed.tokens.words(b).iter().map(|w| w ^ salt).collect::<Vec<u32>>();
            (0..x.blocks.len()).map(|b| score(&words[x.part], &read(b))).collect()
        })
        .collect();

    let asked = |group: Group| !without.contains(&Knowledge::Sequence) || ALONE.contains(&group);
    let (first, opinions) =
        stage(pages, &parts, &FIRST, asked, |i, x| x.observed.table(&word_scores[i], None));
    crate::report::print(pages, &opinions);
    let (second, opinions) =
        stage(pages, &parts, &SECOND, asked, |i, x| x.observed.table(&word_scores[i], Some(&opinions[i])));
    let calibration = calibration(pages, &opinions);
    (Reader { words: all_words, first, second, calibration }, opinions)
}

/// One set of trees over the signals that may be `asked`, and what trees of the other parts say of each page.
fn stage(
    pages: &[Example],
    parts: &[Range<usize>],
    settings: &Settings,
    asked: impl Fn(Group) -> bool,
    table: impl Fn(usize, &Example) -> (Vec<Group>, Vec<f32>) + Sync,
) -> (Forest, Vec<Vec<f32>>) {
    let tables: Vec<(Vec<Group>, Vec<f32>)> =
        pages.par_iter().enumerate().map(|(i, x)| table(i, x)).collect();
    let groups = tables.iter().map(|t| &t.0).max_by_key(|groups| groups.len()).cloned().unwrap_or_default();
    let values: Vec<f32> = tables.into_iter().flat_map(|t| t.1).collect();
    let asked: Vec<bool> = groups.into_iter().map(asked).collect();
    let binned = Binned::of(&values, &asked);
    drop(values);
    let targets: Vec<f32> = pages.iter().flat_map(|x| x.targets.iter().copied()).collect();
    let weights: Vec<f32> = pages.iter().flat_map(|x| x.weights.iter().copied()).collect();
    let mut opinions = Vec::with_capacity(pages.len());
    for (k, part) in parts.iter().enumerate() {
        let others: Vec<Range<usize>> =
            (0..parts.len()).filter(|j| *j != k).map(|j| parts[j].clone()).collect();
        let scores = binned.fit(&targets, &weights, &others, settings).1;
        let mut from = part.start;
        for page in pages.iter().filter(|x| x.part == k) {
            opinions.push(scores[from..from + page.blocks.len()].to_vec());
            from += page.blocks.len();
        }
        eprintln!("  part {k} of {}", parts.len());
    }
    (binned.fit(&targets, &weights, parts, settings).0, opinions)
}

/// The shares of main text among blocks of some probabilities: of slices of equal size, made rising (pool adjacent
/// violators, Ayer et al. 1955) and thinned.
fn calibration(pages: &[Example], opinions: &[Vec<f32>]) -> Vec<(f32, f32)> {
    const SLICES: usize = 400;
    const LEAST_STEP: f64 = 0.02;
    let mut judged: Vec<(f64, f64)> = Vec::new();
    for (x, opinion) in pages.iter().zip(opinions).filter(|(x, _)| x.is_real() && !is_foreign(x)) {
        let rows = opinion.iter().zip(&x.targets);
        judged.extend(rows.map(|(o, t)| (1.0 / (1.0 + f64::from(-o).exp()), f64::from(u8::from(*t > 0.5)))));
    }
    judged.sort_by(|a, b| a.partial_cmp(b).expect("no opinion is NaN"));
    let mut pools: Vec<(f64, f64, f64)> = Vec::new();
    for slice in judged.chunks(judged.len().div_ceil(SLICES).max(1)) {
        let sum = slice.iter().fold((0.0, 0.0), |s, j| (s.0 + j.0, s.1 + j.1));
        pools.push((sum.0, sum.1, slice.len() as f64));
        while let [.., a, b] = pools[..] {
            if a.1 / a.2 < b.1 / b.2 {
                break;
            }
            pools.pop();
            *pools.last_mut().expect("there are two") = (a.0 + b.0, a.1 + b.1, a.2 + b.2);
        }
    }
    let mut points: Vec<(f32, f32)> = Vec::new();
    for (i, (p, share, n)) in pools.iter().enumerate() {
        let (p, share) = (p / n, share / n);
        let far = points.last().is_none_or(|last| share - f64::from(last.1) >= LEAST_STEP);
        if far || i + 1 == pools.len() {
            points.push((p as f32, share as f32));
        }
    }
    points.dedup_by(|b, a| b.0 <= a.0);
    points
}

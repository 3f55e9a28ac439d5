//! Fits the reader: words, first trees, second trees, each to the opinions of the one before.
//!
//! What a model is fitted on it is sure of, so the next one must learn from opinions on sites that the model has not
//! seen: the pages are parted by site, and those of each part are judged by models of the others (stacking, Wolpert
//! 1992). The models that ship are fitted to all.

use std::ops::Range;

use dehusk::label::reader::{Forest, Reader, words::score};
use rayon::prelude::*;

use crate::corpus::Example;
use crate::trees::{Binned, Settings};
use crate::words::Words;

/// Parts of the sites.
pub const PARTS: usize = 4;

const FIRST: Settings =
    Settings { trees: 260, depth: 6, rate: 0.09, rows: 0.2, signals: 0.3, shrink: 20.0, seed: 7 };
const SECOND: Settings = Settings { trees: 160, seed: 8, ..FIRST };

/// The part that a page's site is in.
pub fn part(example: &Example) -> usize {
    (example.site % PARTS as u64) as usize
}

/// Fits the reader to pages that are sorted by their part, and returns it with its opinions on each page, in nats, as
/// models of the other parts have them.
pub fn fit(pages: &[Example]) -> (Reader, Vec<Vec<f32>>) {
    let mut ends = vec![0];
    for k in 0..PARTS {
        let rows: usize = pages.iter().filter(|x| part(x) == k).map(|x| x.blocks.len()).sum();
        ends.push(ends[k] + rows);
    }
    let parts: Vec<Range<usize>> = ends.windows(2).map(|w| w[0]..w[1]).collect();

    let mut words: Vec<Vec<i8>> = (0..=PARTS)
        .into_par_iter()
        .map(|k| {
            let seen: Vec<&Example> = pages.iter().filter(|x| part(x) != k).collect();
            Words::fit(&seen, 1).rounded()
        })
        .collect();
    let all_words = words.pop().expect("there is a model of all parts");
    let word_scores: Vec<Vec<f32>> = pages
        .par_iter()
        .map(|x| (0..x.blocks.len()).map(|b| score(&words[part(x)], &x.observed.tokens, b)).collect())
        .collect();

    let (first, opinions) = stage(pages, &parts, &FIRST, |i, x| x.observed.table(&word_scores[i], None));
    let (second, opinions) =
        stage(pages, &parts, &SECOND, |i, x| x.observed.table(&word_scores[i], Some(&opinions[i])));
    (Reader { words: all_words, first, second }, opinions)
}

/// One set of trees, and what trees of the other parts say of each page.
fn stage(
    pages: &[Example],
    parts: &[Range<usize>],
    settings: &Settings,
    table: impl Fn(usize, &Example) -> (usize, Vec<f32>) + Sync,
) -> (Forest, Vec<Vec<f32>>) {
    let tables: Vec<(usize, Vec<f32>)> = pages.par_iter().enumerate().map(|(i, x)| table(i, x)).collect();
    let width = tables.iter().map(|t| t.0).max().unwrap_or_default();
    let values: Vec<f32> = tables.into_iter().flat_map(|t| t.1).collect();
    let binned = Binned::of(&values, width);
    drop(values);
    let targets: Vec<f32> = pages.iter().flat_map(|x| x.targets.iter().copied()).collect();
    let weights: Vec<f32> = pages.iter().flat_map(|x| x.weights.iter().copied()).collect();
    let mut opinions = Vec::with_capacity(pages.len());
    for (k, part) in parts.iter().enumerate() {
        let others: Vec<Range<usize>> = (0..parts.len()).filter(|j| *j != k).map(|j| parts[j].clone()).collect();
        let scores = binned.fit(&targets, &weights, &others, settings).1;
        let mut from = part.start;
        for page in pages.iter().filter(|x| self::part(x) == k) {
            opinions.push(scores[from..from + page.blocks.len()].to_vec());
            from += page.blocks.len();
        }
        eprintln!("  part {k} of {}", parts.len());
    }
    (binned.fit(&targets, &weights, parts, settings).0, opinions)
}

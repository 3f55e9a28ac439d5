//! What a finished run has missed, from all pairs of documents compared: what the meter's estimate is held against.
//!
//!     cargo run --release --example all_pairs -- CORPUS.jsonl DECISIONS.jsonl [THRESHOLD]
//!
//! CORPUS.jsonl is the input of a run with `--label off` and the default rules of `dedup.keep`, without rejected records, and
//! DECISIONS.jsonl what it decided. Printed are documents missed, recall and precision, as one line of JSON; what these words
//! mean, `dehusk::report::Quality` says. Nothing is sampled, indexed or estimated: every document that was kept or dropped as
//! a near-duplicate is held against every kept one whose set is not too large or too small to reach the threshold. So time
//! grows with the square of the corpus; 300 MB of documentation take a minute or two, and eight bytes of memory a word.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use dehusk::config::Similarity;
use dehusk::dedup::{MainTextDigest, Shingles};
use rayon::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Page {
    text: String,
}

#[derive(Deserialize)]
struct Decision {
    id: String,
    reason: Option<String>,
    duplicate_of: Option<String>,
}

struct Document {
    decision: Decision,
    /// A better rank is less: the longest text, and the first of equally long ones.
    rank: (Reverse<usize>, usize),
    set: Shingles,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "an example prints what it finds")]
fn main() -> ExitCode {
    match measured(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(line) => println!("{line}"),
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn measured(args: &[String]) -> Result<serde_json::Value> {
    let (corpus, decisions, threshold) = match args {
        [corpus, decisions] => (corpus, decisions, 0.8),
        [corpus, decisions, threshold] => (corpus, decisions, threshold.parse().context("THRESHOLD")?),
        _ => bail!("usage: all_pairs CORPUS.jsonl DECISIONS.jsonl [THRESHOLD]"),
    };
    let documents = documents(corpus, decisions)?;
    let numbers: HashMap<&str, usize> = documents
        .iter()
        .enumerate()
        .map(|(number, document)| (document.decision.id.as_str(), number))
        .collect();
    let mut kept: Vec<usize> =
        (0..documents.len()).filter(|&number| documents[number].decision.reason.is_none()).collect();
    kept.sort_by_key(|&number| documents[number].set.words.len());
    let size = |number: usize| documents[number].set.words.len() as f64;
    let resembles = |document: usize, other: usize| {
        documents[other].decision.reason.is_none()
            && documents[other].rank < documents[document].rank
            && documents[document]
                .set
                .similarity(&documents[other].set, Similarity::Jaccard, threshold)
                .is_some()
    };
    let resembles_any = |document: usize| {
        let start = kept.partition_point(|&other| size(other) < size(document) * threshold * 0.999);
        let alike =
            kept[start..].iter().take_while(|&&other| size(other) * threshold * 0.999 <= size(document));
        alike.into_iter().any(|&other| resembles(document, other))
    };
    let near: Vec<usize> = (0..documents.len())
        .filter(|&number| documents[number].decision.reason.as_deref() == Some("near_duplicate"))
        .collect();
    let missed = kept.par_iter().filter(|&&document| resembles_any(document)).count();
    let found = near.par_iter().filter(|&&document| resembles_any(document)).count();
    let is_right = |document: &&usize| {
        let named = documents[**document].decision.duplicate_of.as_deref().and_then(|id| numbers.get(id));
        named.is_some_and(|&named| resembles(**document, named))
    };
    let right = near.par_iter().filter(is_right).count();
    Ok(serde_json::json!({
        "documents": documents.len(),
        "kept": kept.len(),
        "near": near.len(),
        "missed": missed,
        "recall": found as f64 / (found + missed) as f64,
        "precision": right as f64 / near.len() as f64,
    }))
}

fn documents(corpus: &str, decisions: &str) -> Result<Vec<Document>> {
    let lines = |path: &str| {
        let file = File::open(path).with_context(|| path.to_owned())?;
        BufReader::new(file).lines().collect::<std::io::Result<Vec<_>>>().with_context(|| path.to_owned())
    };
    let (pages, decisions) = (lines(corpus)?, lines(decisions)?);
    if pages.len() != decisions.len() {
        bail!("{} pages and {} decisions", pages.len(), decisions.len());
    }
    let document = |(number, (page, decision)): (usize, (&String, &String))| {
        let page: Page = serde_json::from_str(page).with_context(|| format!("page {number}"))?;
        let decision = serde_json::from_str(decision).with_context(|| format!("decision {number}"))?;
        let mut digest = MainTextDigest::default();
        let (_, words) = digest.push(&page.text);
        let mut set = Shingles::default();
        digest.shingles(std::iter::once(page.text.as_str()), 5, &mut set);
        Ok(Document { decision, rank: (Reverse(words), number), set })
    };
    pages.par_iter().zip(&decisions).enumerate().map(document).collect()
}

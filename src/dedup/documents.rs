//! Which documents stay.
//!
//! Documents claim to stay in rank order. One whose main text equals that of a better one is a copy of it; one whose
//! shingle set reaches the threshold against a document that is *kept* is a copy of the most similar such document.
//! Copies of copies are nobody's copies: in a chain a ~ b ~ c where a and c differ, b goes and c stays.

use super::search::{NearDuplicate, Statistics, near_duplicates};
use super::{Entry, MainText, rank};
use crate::config::DedupConfig;
use crate::document::Verdict;
use crate::error::Result;

/// What [`decide`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The verdict on each document, in input order.
    pub verdicts: Vec<Verdict>,
    /// The place of each document in rank order, from 0 for the best; `u32::MAX` for one without main text.
    pub ranks: Vec<u32>,
    /// How it was found.
    pub statistics: Statistics,
}

/// Gives each document its verdict. `entries` stand in input order, with nothing for a document without main text.
/// `progress` hears from time to time how many documents that are not exact copies are decided, and can end the run
/// by an error.
///
/// Runs in the current rayon thread pool; the result is the same in any.
///
/// # Errors
/// What `text` or `progress` returns.
pub fn decide(
    entries: &[Option<Entry>],
    config: &DedupConfig,
    text: &impl MainText,
    progress: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Outcome> {
    let order = rank::order(entries);
    let ranks = rank::places(&order, entries.len());
    let mut verdicts = vec![Verdict::Empty; entries.len()];
    for &document in &order {
        verdicts[document as usize] = Verdict::Keep { copies: 0 };
    }
    let mut statistics = Statistics::default();
    if config.enabled {
        let (originals, copies) = split_exact_copies(entries, &order);
        let (near, counted) = near_duplicates(entries, &originals, config, text, progress)?;
        statistics = counted;
        for NearDuplicate { document, canonical, similarity } in near {
            verdicts[document as usize] = Verdict::Duplicate { canonical, similarity, exact: false };
        }
        for (copy, original) in copies {
            verdicts[copy as usize] = match verdicts[original as usize] {
                // What equals a near-duplicate has the same shingles, so it is just as similar to the same document.
                dropped @ Verdict::Duplicate { .. } => dropped,
                _ => Verdict::Duplicate { canonical: original, similarity: 1.0, exact: true },
            };
        }
        count_copies(&mut verdicts);
    }
    Ok(Outcome { verdicts, ranks, statistics })
}

/// Splits `order` into the best document of each exact key, still in order, and pairs of another document with that
/// key and the best one.
fn split_exact_copies(entries: &[Option<Entry>], order: &[u32]) -> (Vec<u32>, Vec<(u32, u32)>) {
    let mut keys: Vec<(u128, u32)> = (0..)
        .zip(order)
        .filter_map(|(place, &document)| Some((entries[document as usize].as_ref()?.exact, place)))
        .collect();
    keys.sort_unstable();
    let mut is_copy = vec![false; order.len()];
    let mut copies = Vec::new();
    for equal in keys.chunk_by(|a, b| a.0 == b.0) {
        let original = order[equal[0].1 as usize];
        for &(_, place) in &equal[1..] {
            is_copy[place as usize] = true;
            copies.push((order[place as usize], original));
        }
    }
    let originals =
        order.iter().zip(&is_copy).filter(|(_, is_copy)| !**is_copy).map(|(&document, _)| document);
    (originals.collect(), copies)
}

fn count_copies(verdicts: &mut [Verdict]) {
    for i in 0..verdicts.len() {
        if let Verdict::Duplicate { canonical, .. } = verdicts[i]
            && let Verdict::Keep { copies } = &mut verdicts[canonical as usize]
        {
            *copies += 1;
        }
    }
}

#[cfg(test)]
mod tests;

//! The search for duplicates among some documents of a store: what a smaller corpus would have cost.
//!
//! Buckets are made anew from the spool, and the rest is the search itself ([`verdicts`]) with the other documents left
//! out. So a corpus of which a tenth is at hand can be asked what half of that tenth would have found, and how the
//! counts grow with the corpus be read from the difference ([`advise`](crate::advise)).

use std::sync::{Mutex, PoisonError};

use super::Job;
use super::bits::Bits;
use super::draft::MainTextView;
use super::sort::Record;
use super::store::{Respooled, Store};
use super::verdicts::{InBucket, Shared, verdicts};
use crate::dedup::{Lsh, MainText, MainTextDigest, Shingles, Statistics};
use crate::error::{Error, Result};

/// What the search found, and what it held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Searched {
    /// Documents with main text.
    pub documents: u64,
    /// Words in their main texts.
    pub words: u64,
    /// What the search did.
    pub search: Statistics,
    /// Documents that go as copies.
    pub dropped: u64,
    /// Times that a document stands in a bucket with another.
    pub shared: u64,
    /// Bytes of the shingle sets of the documents that were compared, each once.
    pub set_bytes: u64,
}

/// Searches among the documents of `store` that are `chosen` by their number. The scratch files go into the work folder of
/// `job`, which must not be that of the store.
///
/// # Errors
/// Whatever ends a run.
pub fn search_among(job: &Job<'_>, store: &Store, chosen: impl Fn(u32) -> bool) -> Result<Searched> {
    let mut searched = Searched::default();
    let mut left_out = Bits::new(store.rows.len() as usize);
    let mut buckets = job.sorter("buckets", job.memory() / 4, None);
    let lsh = Lsh::new(&job.config.dedup);
    let (mut digest, mut bytes, mut own) = (MainTextDigest::default(), Vec::new(), Vec::new());
    for (number, row) in (0_u32..).zip(store.rows.iter()) {
        job.check_stop()?;
        let is_chosen = !store.repeated.contains(number) && chosen(number);
        let Some(entry) = row?.entry.filter(|_| is_chosen) else {
            left_out.insert(number);
            continue;
        };
        searched.documents += 1;
        searched.words += u64::from(entry.words);
        store.read(number, &mut bytes)?;
        let text = MainTextView::of(&bytes).ok_or_else(|| store.damaged())?;
        digest.clear();
        text.runs().for_each(|run| {
            digest.push(run);
        });
        digest.entry(job.config.dedup.shingle_words, &lsh, &mut own);
        buckets.extend(own.iter().map(|&bucket| InBucket { bucket, document: number }))?;
    }
    let text = Counted {
        inner: Respooled { store, shingle_words: job.config.dedup.shingle_words },
        seen: Mutex::new((Bits::new(store.rows.len() as usize), 0)),
    };
    let found = verdicts(job, &store.rows, &left_out, buckets, &text)?;
    searched.search = found.statistics;
    searched.dropped = found.ranks.dropped();
    if job.config.dedup.enabled {
        let shared = job.work.file(super::verdicts::SHARED);
        let length = shared.metadata().map_err(Error::io("look at the file", &shared))?.len();
        searched.shared = length / Shared::SIZE as u64;
    }
    searched.set_bytes = text.seen.into_inner().unwrap_or_else(PoisonError::into_inner).1;
    Ok(searched)
}

/// Main texts, and the bytes of the sets that were made of them.
struct Counted<'a> {
    inner: Respooled<'a>,
    /// The documents seen, and the bytes of their sets.
    seen: Mutex<(Bits, u64)>,
}

impl MainText for Counted<'_> {
    fn shingles(&self, document: u32, out: &mut Shingles) -> Result<()> {
        self.inner.shingles(document, out)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.0.contains(document) {
            seen.0.insert(document);
            seen.1 += ((out.words.len() + out.phrases.len()) * size_of::<u64>()) as u64;
        }
        Ok(())
    }
}

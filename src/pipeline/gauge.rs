//! What is measured of a corpus while its documents are read anyway: no pass over the input for its own sake.
//!
//! Workers look at each document ([`Seen`]), and the looks are added up in input order ([`Gauge::add`]). A few documents are
//! drawn by chance, so that they can be labelled afterwards: those with the smallest hashes of their numbers, which is a draw
//! without replacement and the same in every run.
//!
//! In memory are the sums, the numbers of the drawn documents, and a share of `run.memory` for sorting what there is one of for
//! each document.

use std::collections::BinaryHeap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use super::Job;
use super::bits::Bits;
use super::draft::Draft;
use super::sort::Sorter;
use crate::check::{Look, Tally};
use crate::config::CheckConfig;
use crate::document::Document;
use crate::error::Result;
use crate::read::{Input, Kind};
use crate::repetition::host;

/// What a worker has seen of a document.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    look: Look,
    /// A hash of its site.
    site: Option<u64>,
    /// Paragraphs that are long enough to be compared.
    paragraphs: u32,
}

impl Seen {
    pub fn of(draft: &Draft, input: &Input, words: u32, paragraphs: usize) -> Self {
        let Draft { document, labelled, .. } = draft;
        let has_id = input.kind == Kind::Text || document.cleaned.is_some() || !is_numbered(document, input);
        let look = Look::at(document, &labelled.blocks, has_id, words);
        let site = document.url.as_deref().and_then(host).map(|host| xxh3_64(host.as_bytes()));
        Self { look, site, paragraphs: paragraphs as u32 }
    }
}

/// Whether a document's id is the one that is made for a record without any.
fn is_numbered(document: &Document, input: &Input) -> bool {
    let behind = document.id.strip_prefix(&*input.id).and_then(|rest| rest.strip_prefix('#'));
    behind.is_some_and(|record| record.parse() == Ok(document.place.record))
}

/// What was found so far.
pub(super) struct Gauge {
    config: CheckConfig,
    state: Mutex<State>,
}

/// The sums.
pub(super) struct State {
    pub tally: Tally,
    /// The site of each document that has one.
    pub sites: Sorter<(u64, u32)>,
    /// How many paragraphs each document has that has any.
    pub paragraphs: Sorter<(u32, u32)>,
    /// Documents whose id an earlier one has: how many, and the first of them.
    pub repeated: (u64, Vec<u32>),
    /// The documents with the smallest hashes.
    drawn: BinaryHeap<(u64, u32)>,
}

impl State {
    /// The documents to be labelled, in input order; nothing where that is all of them.
    pub fn drawn(&mut self, sample: u32) -> Option<Vec<u32>> {
        if self.tally.documents <= room(sample) as u64 {
            return None;
        }
        let mut drawn = std::mem::take(&mut self.drawn).into_sorted_vec();
        drawn.truncate(sample as usize);
        let mut numbers: Vec<u32> = drawn.into_iter().map(|(_, number)| number).collect();
        numbers.sort_unstable();
        Some(numbers)
    }
}

/// Of so many documents all are taken: a sample of more than half would be hardly cheaper.
fn room(sample: u32) -> usize {
    if sample == 0 { usize::MAX } else { 2 * sample as usize }
}

impl Gauge {
    pub fn new(job: &Job<'_>) -> Self {
        let state = State {
            tally: Tally::default(),
            sites: job.sorter("sites", job.memory() / 16, None),
            paragraphs: job.sorter("paragraph-counts", job.memory() / 16, None),
            repeated: (0, Vec::new()),
            drawn: BinaryHeap::new(),
        };
        Self { config: job.config.check.clone(), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the next document in input order.
    pub fn add(&self, document: u32, seen: &Seen) -> Result<()> {
        let State { tally, sites, paragraphs, drawn, .. } = &mut *self.state();
        tally.add(document, &seen.look, &self.config);
        if self.config.sample > 0 {
            drawn.push((xxh3_64(&document.to_le_bytes()), document));
            if drawn.len() > room(self.config.sample) {
                drawn.pop();
            }
        }
        if seen.paragraphs > 0 {
            paragraphs.push((document, seen.paragraphs))?;
        }
        seen.site.map_or(Ok(()), |site| sites.push((site, document)))
    }

    /// Takes down whose id was there before.
    pub fn note_repeated(&self, repeated: &Bits) {
        let mut numbers = repeated.iter();
        let first: Vec<u32> = numbers.by_ref().take(self.config.examples as usize).collect();
        let count = (first.len() + numbers.count()) as u64;
        self.state().repeated = (count, first);
    }

    /// The sums, when all is read.
    pub fn finish(self) -> State {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

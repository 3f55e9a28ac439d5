//! Decontamination: which documents hold enough of an item of the reference, brought through the spool.
//!
//! 1. The reference is read before anything else, so that one that cannot be used ends the run at its beginning.
//! 2. Every document is asked whether it may hold anything, where it is labelled and its words are at hand (`drafts`). Of
//!    nearly all of them the answer is no.
//! 3. Of the others the n-grams are counted, of exact copies only the first, to find the commonplaces among them.
//! 4. Those that hold any are gone through again, for what they hold of each item. That is sorted by item, the most first.
//!
//! In memory are the reference, its counts, and three bits of each document while they are gone through. What is decided here comes before duplicates are
//! looked for: a document that goes takes no part in that.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Job;
use super::bits::Bits;
use super::draft::Draft;
use super::emit::portions;
use super::ordered::ordered;
use super::sort::{Runs, Sorter};
use super::store::Store;
use crate::config::Size;
use crate::contamination::{Builder, Overlap, Places, Reference, Words};
use crate::document::{Side, Span};
use crate::error::{Error, Result};
use crate::read::{Batches, Reject, parse_texts};
use crate::report::Contamination as Counts;
use crate::write::{Holder, ItemFindings, Output, write_item};

/// Documents that are named for an item; the others are counted.
const NAMED: usize = 100;

/// Bytes of the index beyond which numbers of n-grams would not fit into 32 bits.
const MOST_BYTES: usize = 400 << 30;

/// What a document holds of an item. The derived order is that of the list of items: the most first, then input order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Held {
    pub item: u32,
    /// The words, inverted for the order.
    pub rest: u32,
    pub document: u32,
    pub start: u64,
    pub end: u64,
}

impl Held {
    fn new(document: u32, overlap: Overlap, span: Span) -> Self {
        let Overlap { item, words, .. } = overlap;
        Self { item, rest: !words, document, start: span.start as u64, end: span.end as u64 }
    }

    fn words(&self) -> u32 {
        !self.rest
    }
}

/// A document that holds enough of an item: of several the one of which it holds the largest share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contaminated {
    pub document: u32,
    pub item: u32,
    pub share: f64,
}

/// What was found; the documents that hold enough are told apart from it.
pub(super) struct Contamination {
    pub reference: Reference,
    held: Sorter<Held>,
    /// N-grams of an item that are commonplaces, for the items that have any.
    commonplace: Vec<(u32, u32)>,
    pub counts: Counts,
}

/// The same, put down. The reference is read again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    pub held: Runs,
    commonplace: Vec<(u32, u32)>,
    counts: Counts,
}

/// Reads the reference of a run, if it has one. Each of its records that cannot be used is handed to `reject`.
pub(super) fn read(
    job: &Job<'_>,
    mut reject: impl FnMut(&Reject) -> Result<()>,
) -> Result<Option<Reference>> {
    let config = &job.config.against;
    if job.against.is_empty() {
        return Ok(None);
    }
    job.progress.stage("against", 0);
    let room = (job.memory() / 4).min(MOST_BYTES);
    let mut builder = Builder::new(config);
    let (fields, id_field) = (config.item_fields(), config.item_id_field());
    for batch in Batches::new(Arc::clone(&job.against), &config.input(&job.config.input)) {
        job.check_stop()?;
        for i in 0..batch.records.len() {
            match parse_texts(&batch, i, &job.against, &fields, id_field) {
                Ok((id, place, texts)) => {
                    for (field, text) in texts {
                        builder.add(id.clone(), place.clone(), field, &text);
                    }
                }
                Err(rejected) => reject(&rejected)?,
            }
            if builder.bytes() > room {
                return Err(too_large(job, &builder));
            }
        }
        job.progress.advance(batch.consumed, batch.records.len() as u64);
    }
    Ok(Some(builder.finish()))
}

fn too_large(job: &Job<'_>, builder: &Builder) -> Error {
    let items = builder.items();
    Error::Config(format!(
        "the reference does not fit into memory: its first {items} items take a quarter of run.memory = {}; give more \
         with --memory, or make several runs, each against a part of it",
        Size::bytes(job.memory() as u64)
    ))
}

impl Contamination {
    /// Looks through all documents. `contaminated` gets each one that holds enough of an item, in input order.
    pub fn find(
        job: &Job<'_>,
        reference: Reference,
        store: &Store,
        contaminated: impl FnMut(Contaminated) -> Result<()> + Send,
    ) -> Result<Self> {
        let search = Search { job, reference: &reference, store };
        job.progress.stage("against", 0);
        let touched = store.touched()?;
        let (holders, commonplace) = search.holders(&touched)?;
        let mut held = job.sorter("held", job.memory() / 8, None);
        let mut counts = search.measure(&holders, &commonplace, &mut held, contaminated)?;
        counts.commonplace_ngrams = commonplace.iter().count() as u64;
        counts.items = reference.items.len() as u64;
        counts.too_short = reference.items.iter().filter(|item| item.ngrams == 0).count() as u64;
        let commonplace = reference.counted(|ngram| commonplace.contains(ngram));
        Ok(Self { reference, held, commonplace, counts })
    }

    /// Puts it down.
    pub fn checkpoint(&mut self) -> Result<State> {
        let (commonplace, counts) = (self.commonplace.clone(), self.counts.clone());
        Ok(State { held: self.held.checkpoint()?, commonplace, counts })
    }

    /// Takes it up again.
    pub fn resume(job: &Job<'_>, reference: Reference, state: &State) -> Self {
        let held = Sorter::resume(job.work.path(), &state.held, job.memory() / 8);
        let (commonplace, counts) = (state.commonplace.clone(), state.counts.clone());
        Self { reference, held, commonplace, counts }
    }

    /// Writes what was found of each item, in the order of the reference.
    pub fn write(self, job: &Job<'_>, store: &Store, output: &mut Output) -> Result<()> {
        let fields = job.config.against.item_fields();
        let config = &job.config.against;
        let Self { reference, held, commonplace, .. } = self;
        let mut held = held.finish()?.peekable();
        let mut commonplace = commonplace.into_iter().peekable();
        let mut line = Vec::new();
        for (number, item) in (0_u32..).zip(&reference.items) {
            job.check_stop()?;
            let (mut documents, mut enough, mut named) = (0, 0, Vec::new());
            while let Some(next) = held.next_if(|next| !matches!(next, Ok(held) if held.item > number)) {
                let next = next?;
                let is_enough = reference.is_enough(number, next.words(), config.share);
                documents += 1;
                enough += u64::from(is_enough);
                if named.len() < NAMED {
                    named.push(Holder {
                        id: store.id(next.document)?,
                        share: reference.share(number, next.words()),
                        words: next.words(),
                        span: Span::new(next.start as usize, next.end as usize),
                        action: if is_enough { Some(config.action) } else { None },
                    });
                }
            }
            let commonplace = commonplace.next_if(|(item, _)| *item == number).map_or(0, |(_, count)| count);
            let field = item.field.and_then(|field| fields.get(field)).map(String::as_str);
            line.clear();
            let findings =
                ItemFindings { item, field, commonplace, total: documents, contaminated: enough, named };
            write_item(&mut line, &findings);
            output.write(&line)?;
        }
        Ok(())
    }
}

/// The documents, looked through for a reference.
struct Search<'a> {
    job: &'a Job<'a>,
    reference: &'a Reference,
    store: &'a Store,
}

impl Search<'_> {
    /// Those of these documents that hold any n-gram, and the n-grams that too many of them hold.
    fn holders(&self, touched: &Bits) -> Result<(Bits, Bits)> {
        let mut holders = Bits::new(self.store.records() as usize);
        let mut commonplace = Bits::new(self.reference.ngrams());
        let firsts = self.firsts(touched)?;
        let mut counts = vec![0_u32; self.reference.ngrams()];
        self.over(
            touched,
            |number, _, ngrams| Ok((number, ngrams.to_vec())),
            |(number, ngrams)| {
                if !ngrams.is_empty() {
                    holders.insert(number);
                }
                if firsts.contains(number) {
                    ngrams.into_iter().for_each(|(ngram, _)| counts[ngram as usize] += 1);
                }
                Ok(())
            },
        )?;
        let most = match self.job.config.against.max_documents {
            0 => u32::MAX,
            most => most,
        };
        let above = (0_u32..).zip(counts).filter(|(_, count)| *count > most);
        above.for_each(|(ngram, _)| commonplace.insert(ngram));
        Ok((holders, commonplace))
    }

    /// These documents without those whose main text is that of an earlier one.
    fn firsts(&self, touched: &Bits) -> Result<Bits> {
        let mut keys: Sorter<(u128, u32)> = self.job.sorter("against-keys", self.job.memory() / 8, None);
        for number in touched.iter() {
            if let Some(key) = self.store.exact_key(number)? {
                keys.push((key, number))?;
            }
        }
        let mut firsts = Bits::new(self.store.records() as usize);
        let mut last = None;
        for key in keys.finish()? {
            let (key, number) = key?;
            if last != Some(key) {
                firsts.insert(number);
            }
            last = Some(key);
        }
        Ok(firsts)
    }

    /// What these documents hold of each item, into `held`.
    fn measure(
        &self,
        holders: &Bits,
        commonplace: &Bits,
        held: &mut Sorter<Held>,
        mut contaminated: impl FnMut(Contaminated) -> Result<()> + Send,
    ) -> Result<Counts> {
        let (reference, config) = (self.reference, &self.job.config.against);
        let mut counts = Counts { action: config.action, ..Counts::default() };
        let [mut in_part, mut whole] = [(); 2].map(|()| Bits::new(reference.items.len()));
        self.over(
            holders,
            |number, bytes, ngrams| {
                let overlaps = reference.overlaps(ngrams, |ngram| commonplace.contains(ngram));
                if overlaps.is_empty() {
                    return Ok((number, Vec::new()));
                }
                let places = places(&self.store.decode(bytes)?);
                let place = |overlap: Overlap| (overlap, places.span(overlap.at, overlap.length));
                Ok((number, overlaps.into_iter().map(place).collect()))
            },
            |(document, overlaps)| {
                let mut worst: Option<Contaminated> = None;
                for (overlap, span) in overlaps {
                    held.push(Held::new(document, overlap, span))?;
                    let share = reference.share(overlap.item, overlap.words);
                    if !reference.is_enough(overlap.item, overlap.words, config.share) {
                        in_part.insert(overlap.item);
                        continue;
                    }
                    whole.insert(overlap.item);
                    if worst.is_none_or(|worst| share > worst.share) {
                        worst = Some(Contaminated { document, item: overlap.item, share });
                    }
                }
                counts.documents += u64::from(worst.is_some());
                worst.map_or(Ok(()), &mut contaminated)
            },
        )?;
        counts.items_found = whole.iter().count() as u64;
        counts.items_in_part = in_part.iter().filter(|item| !whole.contains(*item)).count() as u64;
        Ok(counts)
    }

    /// Goes over some documents in input order, with their bytes and the n-grams they hold.
    fn over<R: Send>(
        &self,
        documents: &Bits,
        work: impl Fn(u32, &[u8], &[(u32, u32)]) -> Result<R> + Sync,
        mut sink: impl FnMut(R) -> Result<()> + Send,
    ) -> Result<()> {
        let drafts = documents.iter().map(|number| Ok((number, self.store.bytes(number)?)));
        ordered(
            portions(drafts, |(_, bytes): &(u32, Vec<u8>)| bytes.len()),
            self.job.threads(),
            self.job.stop,
            |portion| portion.first().map_or_else(String::new, |(number, _)| format!("document {number}")),
            |portion| {
                let (mut words, mut scratch, mut ngrams) = (Words::default(), Vec::new(), Vec::new());
                let one = |(number, bytes): (u32, Vec<u8>)| {
                    words.clear();
                    self.store.main_text(&bytes)?.runs().for_each(|run| words.add(run));
                    self.reference.ngrams_in(&words, &mut scratch, &mut ngrams);
                    work(number, &bytes, &ngrams)
                };
                portion.into_iter().map(one).collect::<Result<Vec<R>>>()
            },
            |made| made?.into_iter().try_for_each(&mut sink),
        )
    }
}

/// Where the words of a main text stand.
fn places(draft: &Draft) -> Places {
    let blocks = draft.labelled.blocks.iter().filter(|block| block.label.side() == Side::Main);
    Places::of(&draft.document.text, blocks.map(|block| block.block.span))
}

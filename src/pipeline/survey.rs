//! The first sweep: how often each block occurs, and where.
//!
//! Every document becomes a few fixed-size records; sorted by key they are counted, sorted back by document they wait
//! for the second sweep. Tables hold what is remembered of each document; in memory are twelve bytes of it, and only
//! while blocks are counted.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::bits::Bits;
use super::checkpoint::{Moment, Stage};
use super::ids::{self, Id};
use super::index;
use super::sort::{Runs, Sorter};
use super::spool::{At, open_at};
use super::table::{Table, TableWriter};
use super::{Job, numbered};
use crate::document::Document;
use crate::error::{Error, Result};
use crate::read::{Batch, Position, parse};
use crate::repetition::{
    CopyFinder, Counter, Documents, Found, Half, Lead, NearCounter, Occurrence, Page, PageSketch, ShortTexts,
    observe,
};
use crate::segment::segment;

/// How far the sweep is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    position: Position,
    occurrences: Runs,
    halves: Runs,
    leads: Runs,
    ids: Runs,
    /// Bytes of the short texts.
    short_texts: u64,
}

impl State {
    /// How many records the sweep has read.
    pub fn records(&self) -> u64 {
        self.position.records()
    }

    pub fn runs(&self) -> impl Iterator<Item = &Runs> {
        [&self.occurrences, &self.halves, &self.leads, &self.ids].into_iter()
    }
}

/// What the first sweep knows.
pub(super) struct Survey {
    /// What was found about each block; sorted, in the order of the documents.
    pub found: Sorter<Found>,
    /// What each record was, to see that it still is in the second sweep.
    pub known: Table<Known>,
    /// The records whose id an earlier one has.
    pub repeated: Bits,
    /// Pairs of short lines that a cap left uncompared.
    pub skipped_near_pairs: u64,
}

/// The same, put down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Surveyed {
    pub found: Runs,
    records: u64,
    /// How many records are repeated.
    repeated: u64,
    pub skipped_near_pairs: u64,
}

impl Survey {
    /// Puts it down.
    pub fn checkpoint(&mut self, job: &Job<'_>) -> Result<Surveyed> {
        Ok(Surveyed {
            found: self.found.checkpoint()?,
            records: self.known.checkpoint()?,
            repeated: ids::put_down(job, &self.repeated)?,
            skipped_near_pairs: self.skipped_near_pairs,
        })
    }

    /// Takes it up again.
    pub fn resume(job: &Job<'_>, surveyed: &Surveyed) -> Result<Self> {
        Ok(Self {
            found: Sorter::resume(job.work.path(), &surveyed.found, job.memory() / 4),
            known: TableWriter::open(&job.work.file(KNOWN), surveyed.records)?.finish()?,
            repeated: ids::take_up(job, surveyed.repeated, surveyed.records)?,
            skipped_near_pairs: surveyed.skipped_near_pairs,
        })
    }
}

/// A record as the first sweep saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Known {
    /// Index of its input.
    pub input: u32,
    /// A hash of its text; 0 where it was rejected.
    pub text: u64,
    /// The site of its page, as a hash; 0 where that is not known.
    pub site: u64,
}

impl Known {
    /// Whether this is the record, by its input and the hash of its text.
    pub fn is(&self, input: usize, text: u64) -> bool {
        (self.input as usize, self.text) == (input, text)
    }

    /// What stands for a document's text, or for a reject.
    pub fn text(document: Option<&Document>) -> u64 {
        document.map_or(0, |d| d.source_hash as u64 | 1)
    }
}

const KNOWN: &str = "known";
pub(super) const SKETCHES: &str = "page-sketches";
pub(super) const SHORT_TEXTS: &str = "short-texts";

/// Reads every input once, from where an interrupted sweep was.
pub(super) fn survey(job: &Job<'_>, state: Option<State>) -> Result<Survey> {
    let mut sweep = Sweep::open(job, state.as_ref())?;
    let position = state.map_or_else(Position::default, |state| state.position);
    job.progress.stage("survey", job.input_bytes());
    let work = |batch: Batch| {
        let pages: Vec<(Known, Option<(u128, Page)>)> = numbered(&batch)
            .map(|(i, number)| {
                let document = parse(&batch, i, &job.inputs, &job.config.input).ok();
                let text = Known::text(document.as_ref());
                let page = document.map(|document| {
                    let blocks = segment(&document.text);
                    (ids::hash(&document.id), observe(number, &document, &blocks))
                });
                let site = page.as_ref().map_or(0, |(_, page)| page.site);
                (Known { input: batch.records[i].input as u32, text, site }, page)
            })
            .collect();
        (batch.consumed, batch.end, pages)
    };
    let mut end = position;
    job.stream(position, Ok, work, |(consumed, after, pages)| {
        job.progress.advance(consumed, pages.len() as u64);
        pages.into_iter().try_for_each(|(known, page)| sweep.add(known, page))?;
        end = after;
        if job.is_checkpoint_due(Moment::Within) {
            job.save(Stage::Survey(sweep.checkpoint(after)?))?;
        }
        Ok(())
    })?;
    if job.is_checkpoint_due(Moment::End) {
        job.save(Stage::Survey(sweep.checkpoint(end)?))?;
    }
    sweep.count(job)
}

/// What the sweep writes.
struct Sweep {
    occurrences: Sorter<Occurrence>,
    halves: Sorter<Half>,
    leads: Sorter<Lead>,
    ids: Sorter<Id>,
    known: TableWriter<Known>,
    sketches: TableWriter<PageSketch>,
    short_texts: ShortTextWriter,
}

impl Sweep {
    fn open(job: &Job<'_>, state: Option<&State>) -> Result<Self> {
        // The occurrences are most of what is sorted here; the other sorters share what is left.
        let memory = job.memory();
        let records = state.map_or(0, |state| state.position.records());
        Ok(Self {
            occurrences: job.sorter("occurrences", memory * 3 / 8, state.map(|state| &state.occurrences)),
            halves: job.sorter("halves", memory / 4, state.map(|state| &state.halves)),
            leads: job.sorter("leads", memory / 16, state.map(|state| &state.leads)),
            ids: job.sorter("ids", memory / 16, state.map(|state| &state.ids)),
            known: TableWriter::open(&job.work.file(KNOWN), records)?,
            sketches: TableWriter::open(&job.work.file(SKETCHES), records)?,
            short_texts: ShortTextWriter::open(job, state.map_or(0, |state| state.short_texts))?,
        })
    }

    fn checkpoint(&mut self, position: Position) -> Result<State> {
        self.known.checkpoint()?;
        self.sketches.checkpoint()?;
        Ok(State {
            position,
            occurrences: self.occurrences.checkpoint()?,
            halves: self.halves.checkpoint()?,
            leads: self.leads.checkpoint()?,
            ids: self.ids.checkpoint()?,
            short_texts: self.short_texts.checkpoint()?,
        })
    }

    fn add(&mut self, known: Known, page: Option<(u128, Page)>) -> Result<()> {
        let number = self.known.len() as u32;
        self.known.push(&known)?;
        let Some((id, page)) = page else { return self.sketches.push(&PageSketch::new(Vec::new())) };
        self.sketches.push(&page.sketch)?;
        self.ids.push((id, number))?;
        let base = self.short_texts.append(&page.short_texts)?;
        self.occurrences.extend(page.occurrences)?;
        self.leads.extend(page.leads)?;
        self.halves.extend(page.halves.into_iter().map(|mut half| {
            half.offset += base;
            half
        }))
    }

    /// Counts what was read. A record whose id an earlier one has counts nowhere.
    fn count(self, job: &Job<'_>) -> Result<Survey> {
        job.progress.stage("count", 0);
        let known = self.known.finish()?;
        let records = known.len() as usize;
        let repeated = ids::repeated(job, self.ids, records)?;
        let counts = |document: u32| !repeated.contains(document);

        let sketches = self.sketches.finish()?;
        let mut leads = self.leads.finish()?;
        let mut finder = CopyFinder::new(records);
        while let Some(group) = leads.next_group(|a, b| a.key == b.key)? {
            job.check_stop()?;
            let pages = group.iter().map(|lead| lead.document).filter(|page| counts(*page)).collect();
            finder.group(pages, |page| sketches.get(u64::from(page)))?;
        }
        drop((leads, sketches));
        let sites = known.iter().map(|known| Ok(known?.site)).collect::<Result<_>>()?;
        let documents = Documents { copy_of: finder.finish(), site: sites };

        let mut found = Sorter::new(job.work.path(), "found", job.memory() / 4);
        let (mut pending, mut own) = (Vec::new(), Vec::new());
        let mut counter = Counter::default();
        let mut known_lines = job.known.as_deref().map(index::Known::lines);
        let mut occurrences = self.occurrences.finish()?;
        while let Some(group) = occurrences.next_group(|a, b| a.key == b.key)? {
            job.check_stop()?;
            let earlier = known_lines.as_mut().map(|lines| lines(group[0].key)).transpose()?;
            let group = only(group, &mut own, |o| counts(o.document));
            counter.group(group, &documents, |f| pending.push(f));
            if let Some(earlier) = earlier.filter(|earlier| earlier.documents > 0) {
                let of_site = |o: &Occurrence| earlier.of_site(documents.site[o.document as usize]);
                pending.extend(group.iter().map(|o| Found::earlier(o, earlier.documents, of_site(o))));
            }
            found.extend(pending.drain(..))?;
        }
        drop(occurrences);
        let short_texts = self.short_texts.finish()?;
        let mut near = NearCounter::default();
        let mut own = Vec::new();
        let mut halves = self.halves.finish()?;
        while let Some(group) = halves.next_group(|a, b| a.key == b.key)? {
            job.check_stop()?;
            let group = only(group, &mut own, |half| counts(half.document));
            near.group(group, &documents, &short_texts, |f| pending.push(f))?;
            found.extend(pending.drain(..))?;
        }
        Ok(Survey { found, known, repeated, skipped_near_pairs: near.skipped })
    }
}

/// Those of `group` that count; `own` is overwritten where not all do.
fn only<'g, T: Copy>(group: &'g [T], own: &'g mut Vec<T>, counts: impl Fn(&T) -> bool) -> &'g [T] {
    if group.iter().all(&counts) {
        return group;
    }
    own.clear();
    own.extend(group.iter().copied().filter(|record| counts(record)));
    own
}

/// The short texts of all documents, one after the other in a file.
struct ShortTextWriter {
    file: BufWriter<File>,
    path: PathBuf,
    length: u64,
}

impl ShortTextWriter {
    fn open(job: &Job<'_>, length: u64) -> Result<Self> {
        let path = job.work.file(SHORT_TEXTS);
        let file = BufWriter::with_capacity(256 << 10, open_at(&path, length)?);
        Ok(Self { file, path, length })
    }

    fn append(&mut self, text: &str) -> Result<u64> {
        let at = self.length;
        self.file.write_all(text.as_bytes()).map_err(Error::io("write", &self.path))?;
        self.length += text.len() as u64;
        Ok(at)
    }

    fn checkpoint(&mut self) -> Result<u64> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_data());
        synced.map_err(Error::io("bring to disk", &self.path))?;
        Ok(self.length)
    }

    fn finish(self) -> Result<ShortTextFile> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error);
        Ok(ShortTextFile { file: file.map_err(Error::io("write", &self.path))?, path: self.path })
    }
}

struct ShortTextFile {
    file: File,
    path: PathBuf,
}

impl ShortTexts for ShortTextFile {
    fn read(&self, offset: u64, length: u16, out: &mut String) -> Result<()> {
        let mut bytes = vec![0; usize::from(length)];
        let read = At { file: &self.file, offset }.read_exact(&mut bytes);
        read.map_err(Error::io("read back", &self.path))?;
        *out = String::from_utf8_lossy(&bytes).into_owned();
        Ok(())
    }
}

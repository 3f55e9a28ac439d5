//! The first sweep: how often each block occurs, and where.
//!
//! Every document becomes a few fixed-size records; sorted by key they are counted, sorted back by document they wait
//! for the second sweep. Between the sweeps a document holds [`Documents`] and a hash in memory, some twenty bytes.

use std::fs::File;
use std::io::{Read, Write};

use super::ids::Ids;
use super::sort::{Sorted, Sorter};
use super::spool::At;
use super::{Job, numbered};
use crate::document::Document;
use crate::error::{Error, Result};
use crate::read::{Batch, parse};
use crate::repetition::{
    CopyFinder, Counter, Documents, Found, Lead, NearCounter, Occurrence, Page, PageSketch, ShortTexts,
    observe,
};
use crate::segment::segment;

/// What the first sweep knows.
pub(super) struct Survey {
    /// What was found about each block, in the order of the documents.
    pub found: Sorted<Found>,
    /// What each record was, to see that it still is in the second sweep.
    pub records: Vec<Known>,
    /// Pairs of short lines that a cap left uncompared.
    pub skipped_near_pairs: u64,
}

/// A record as the first sweep saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// Index of its input.
    pub input: u32,
    /// A hash of its text; 0 where it was rejected.
    pub text: u64,
}

impl Known {
    pub fn new(input: usize, document: Option<&Document>) -> Self {
        Self { input: input as u32, text: document.map_or(0, |d| d.source_hash as u64 | 1) }
    }
}

/// Reads every input once.
pub(super) fn survey(job: &Job<'_>) -> Result<Survey> {
    let folder = job.work.path();
    // The occurrences are most of what is sorted here; the other sorters share what is left.
    let budget = job.config.run.memory.get() as usize;
    let mut occurrences: Sorter<Occurrence> = Sorter::new(folder, "occurrences", budget / 2);
    let mut halves = Sorter::new(folder, "halves", budget / 4);
    let mut leads: Sorter<Lead> = Sorter::new(folder, "leads", budget / 16);
    let mut records = Vec::new();
    let mut sketches: Vec<PageSketch> = Vec::new();
    let mut documents = Documents::default();
    let mut short = ShortTextWriter::create(job)?;
    let mut ids = Ids::default();

    job.progress.stage("survey", job.input_bytes());
    let work = |batch: Batch| {
        let pages: Vec<(Known, Option<(u128, Page)>)> = numbered(&batch)
            .map(|(i, number)| {
                let document = parse(&batch, i, &job.inputs, &job.config.input).ok();
                let known = Known::new(batch.records[i].input, document.as_ref());
                let page = document.map(|document| {
                    let blocks = segment(&document.text);
                    (Ids::hash(&document.id), observe(number, &document, &blocks))
                });
                (known, page)
            })
            .collect();
        (batch.consumed, pages)
    };
    job.stream(Ok, work, |(consumed, pages)| {
        job.progress.advance(consumed, pages.len() as u64);
        for (known, page) in pages {
            let page = page.filter(|(id, _)| ids.is_new(*id)).map(|(_, page)| page);
            records.push(known);
            documents.site.push(page.as_ref().map_or(0, |page| page.site));
            sketches.push(page.as_ref().map_or_else(|| PageSketch::new(Vec::new()), |page| page.sketch));
            let Some(page) = page else { continue };
            let base = short.append(&page.short_texts)?;
            occurrences.extend(page.occurrences)?;
            leads.extend(page.leads)?;
            halves.extend(page.halves.into_iter().map(|mut half| {
                half.offset += base;
                half
            }))?;
        }
        Ok(())
    })?;
    drop(ids);

    job.progress.stage("count", 0);
    let mut leads = leads.finish()?;
    let mut finder = CopyFinder::new(&sketches);
    while let Some(group) = leads.next_group(|a, b| a.key == b.key)? {
        job.check_stop()?;
        finder.group(group);
    }
    documents.copy_of = finder.finish();
    drop(sketches);

    let mut found = Sorter::new(folder, "found", budget / 4);
    let mut pending = Vec::new();
    let mut counter = Counter::default();
    let mut occurrences = occurrences.finish()?;
    while let Some(group) = occurrences.next_group(|a, b| a.key == b.key)? {
        job.check_stop()?;
        counter.group(group, &documents, |f| pending.push(f));
        found.extend(pending.drain(..))?;
    }
    drop(occurrences);
    let short = short.finish()?;
    let mut near = NearCounter::default();
    let mut halves = halves.finish()?;
    while let Some(group) = halves.next_group(|a, b| a.key == b.key)? {
        job.check_stop()?;
        near.group(group, &documents, &short, |f| pending.push(f))?;
        found.extend(pending.drain(..))?;
    }
    Ok(Survey { found: found.finish()?, records, skipped_near_pairs: near.skipped })
}

/// The short texts of all documents, one after the other in a file.
struct ShortTextWriter {
    file: std::io::BufWriter<File>,
    path: std::path::PathBuf,
    length: u64,
}

impl ShortTextWriter {
    fn create(job: &Job<'_>) -> Result<Self> {
        let path = job.work.file("short-texts");
        let file = File::options().read(true).write(true).create_new(true).open(&path);
        let file = file.map_err(Error::io("create the file", &path))?;
        Ok(Self { file: std::io::BufWriter::with_capacity(1 << 20, file), path, length: 0 })
    }

    fn append(&mut self, text: &str) -> Result<u64> {
        let at = self.length;
        self.file.write_all(text.as_bytes()).map_err(Error::io("write", &self.path))?;
        self.length += text.len() as u64;
        Ok(at)
    }

    fn finish(self) -> Result<ShortTextFile> {
        let file = self.file.into_inner().map_err(std::io::IntoInnerError::into_error);
        Ok(ShortTextFile { file: file.map_err(Error::io("write", &self.path))?, path: self.path })
    }
}

struct ShortTextFile {
    file: File,
    path: std::path::PathBuf,
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

//! What a finished run leaves for other answers: its labelled documents, and the records that it rejected.
//!
//! Labels do not depend on `[dedup]`, so another threshold, measure or rank needs no second look at the input. The folder
//! keeps the spool of drafts and the final rejects, those with a repeated id among them, and nothing of what deduplication
//! made of them: fingerprints, buckets and paragraphs depend on the settings, and are made anew from the drafts
//! ([`Kept::drafts`]), by the same code and on all threads. What follows is what follows in any run.
//!
//! A kept folder may lie about for long, so both files carry a checksum, which is tested while they are read. Labels belong
//! to a version of the program, so another version refuses the folder.
//!
//! When it is wrong: a file that is damaged in a place that has been read already goes unnoticed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::bits::Bits;
use super::decide::NEAR_LINE_PAIRS;
use super::draft::Draft;
use super::drafts::{Drafts, ROWS, Row, SPOOL, fingerprint};
use super::emit::portions;
use super::ordered::ordered;
use super::paragraphs::{ParagraphKeys, Paragraphs};
use super::sort::Sorter;
use super::spool::{Extent, Spool, SpoolWriter};
use super::store::Store;
use super::table::TableWriter;
use super::verdicts::InBucket;
use super::work::{is_damage, open_kept};
use super::{Job, rejected};
use crate::config::{Config, from_toml};
use crate::dedup::{Bucket, Lsh, MainTextDigest};
use crate::error::{Error, Result};
use crate::read::{Cause, Compression, Input, Kind, Reject};

const REJECTS: &str = "final-rejects";

/// The files of a kept folder that hold anything.
pub(super) const FILES: [&str; 2] = [SPOOL, REJECTS];

/// A spool that stays: how far it goes, and the checksum of its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Sealed {
    extent: Extent,
    checksum: u64,
}

/// What is known of a finished run.
#[derive(Debug, Serialize, Deserialize)]
struct State {
    /// The version of the program.
    program: String,
    /// As TOML.
    config: String,
    /// The inputs' names, and where they are whatever folder the program is run in.
    inputs: Vec<(String, PathBuf)>,
    records: u64,
    drafts: Sealed,
    rejects: Sealed,
    skipped_near_pairs: u64,
}

/// Writes what a run leaves.
pub(super) struct Keeper {
    rejects: SpoolWriter,
    checksum: Checksum,
}

impl Keeper {
    pub fn open(job: &Job<'_>) -> Result<Self> {
        let rejects = SpoolWriter::open(&job.work.file(REJECTS), Extent::default())?;
        Ok(Self { rejects, checksum: Checksum::default() })
    }

    /// Adds the next reject in input order.
    pub fn reject(&mut self, number: u32, reject: &Reject) -> Result<()> {
        let bytes = rejected::encode(number, reject);
        self.checksum.add(&bytes);
        self.rejects.append(&bytes).map(drop)
    }

    /// Brings everything to disk. The folder is not a finished one before its run is.
    pub fn put_down(mut self, job: &Job<'_>, store: &Store, skipped: &[(String, u64)]) -> Result<()> {
        let mut drafts = Checksum::default();
        for draft in store.spool.entries() {
            job.check_stop()?;
            drafts.add(&draft?);
        }
        let near_pairs = skipped.iter().find(|(name, _)| name == NEAR_LINE_PAIRS);
        job.work.prepare_to_stay(&State {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            config: job.config.to_toml(),
            inputs: job.inputs.iter().map(|input| (input.path.to_string(), absolute(&input.file))).collect(),
            records: store.rows.len(),
            drafts: Sealed { extent: store.spool.checkpoint()?, checksum: drafts.value() },
            rejects: Sealed { extent: self.rejects.checkpoint()?, checksum: self.checksum.value() },
            skipped_near_pairs: near_pairs.map_or(0, |(_, count)| *count),
        })
    }
}

/// The folder of a finished run. It is held by one process at a time and never written to.
#[derive(Debug)]
pub struct Kept {
    folder: PathBuf,
    state: State,
    config: Config,
    _lock: File,
}

impl Kept {
    /// Opens what a run has left in `folder`.
    ///
    /// # Errors
    /// [`Error::Input`] where there is no such folder, or one that is none of ours. [`Error::Work`] where another process
    /// holds it, its run is not finished, another version has made it, or it is damaged.
    pub fn open(folder: &Path) -> Result<Self> {
        let (state, lock): (State, _) = open_kept(folder)?;
        let program = env!("CARGO_PKG_VERSION");
        if state.program != program {
            let message = format!(
                "was made by version {} of the program, and this is {program}, which may label otherwise; make it anew",
                state.program
            );
            return Err(Error::Work { path: folder.to_owned(), message });
        }
        let config = from_toml(&folder.display().to_string(), &state.config)?;
        Ok(Self { folder: folder.to_owned(), state, config, _lock: lock })
    }

    /// The configuration of the run.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Refuses a configuration under which the run would have read or labelled otherwise.
    ///
    /// # Errors
    /// [`Error::Config`] with the key and both values.
    pub fn refuse_other_labels(&self, config: &Config) -> Result<()> {
        let free = ["check.", "dedup.", "guard.", "meter.", "run."];
        let mut differences = config.differences(&self.config);
        match differences.find(|(key, ..)| !free.iter().any(|section| key.starts_with(section))) {
            Some((key, asked, made)) => Err(Error::Config(format!(
                "{key} = {asked}: {} was made with {made}, and nothing is read or labelled again; run clean instead",
                self.folder.display()
            ))),
            None => Ok(()),
        }
    }

    /// The inputs of the run, by their names. They are not there to be read.
    #[must_use]
    pub fn inputs(&self) -> Arc<[Input]> {
        let (kind, compression) = (Kind::Text, Compression::None);
        let named = |(path, file): &(String, PathBuf)| {
            let (file, id) = (file.clone(), path.clone());
            Input { path: path.as_str().into(), file, id, kind, compression, bytes: 0 }
        };
        self.state.inputs.iter().map(named).collect()
    }

    /// What the run had labelled, fingerprinted anew. The rejects are handed to `reject`.
    pub(super) fn drafts(&self, job: &Job<'_>, reject: impl FnMut(&Reject) -> Result<()>) -> Result<Drafts> {
        self.read(job, reject).map_err(|error| match &error {
            Error::Io { path, .. } if is_damage(&self.folder, &error) => damaged(path),
            _ => error,
        })
    }

    fn read(&self, job: &Job<'_>, mut reject: impl FnMut(&Reject) -> Result<()>) -> Result<Drafts> {
        let State { records, skipped_near_pairs, .. } = self.state;
        let [spool, rejects] = [(SPOOL, self.state.drafts), (REJECTS, self.state.rejects)]
            .map(|(name, sealed)| Spool::open(&self.folder.join(name), sealed.extent));
        let (spool, rejects) = (spool?, rejects?);

        let mut repeated = Bits::new(records as usize);
        let mut checksum = Checksum::default();
        for bytes in rejects.entries() {
            job.check_stop()?;
            let bytes = bytes?;
            checksum.add(&bytes);
            let decoded = rejected::decode(&bytes).filter(|(number, _)| u64::from(*number) < records);
            let (number, rejected) = decoded.ok_or_else(|| self.damaged(REJECTS))?;
            if rejected.cause == Cause::DuplicateId {
                repeated.insert(number);
            }
            reject(&rejected)?;
        }
        self.compare(REJECTS, checksum.value(), self.state.rejects)?;

        let mut prints = Prints::open(job, records)?;
        let checksum = prints.fill(job, &spool, || self.damaged(SPOOL))?;
        self.compare(SPOOL, checksum, self.state.drafts)?;
        let Prints { rows, buckets, paragraphs, .. } = prints;
        Ok(Drafts { spool, rejects, rows: rows.finish()?, repeated, buckets, paragraphs, skipped_near_pairs })
    }

    fn damaged(&self, name: &str) -> Error {
        damaged(&self.folder.join(name))
    }

    fn compare(&self, name: &str, found: u64, sealed: Sealed) -> Result<()> {
        if found == sealed.checksum { Ok(()) } else { Err(self.damaged(name)) }
    }
}

/// A path that a later process finds, in UTF-8 since it goes into JSON.
fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.to_string_lossy().into_owned().into()
}

/// What is wrong when a file of a kept folder is not what it was written as.
pub(super) fn damaged(file: &Path) -> Error {
    let message = "is damaged; make the folder anew with clean --keep-work --overwrite".to_owned();
    Error::Work { path: file.to_owned(), message }
}

/// What deduplication knows of the documents.
struct Prints {
    /// How many rows there must be in the end.
    records: u64,
    rows: TableWriter<Row>,
    buckets: Sorter<InBucket>,
    paragraphs: Paragraphs,
}

/// A draft with its place in the spool.
type Placed = (u64, Vec<u8>);

/// What a worker makes of a draft.
struct Print {
    number: u32,
    row: Row,
    buckets: Vec<Bucket>,
    paragraphs: ParagraphKeys,
}

impl Prints {
    fn open(job: &Job<'_>, records: u64) -> Result<Self> {
        Ok(Self {
            records,
            rows: TableWriter::open(&job.work.file(ROWS), 0)?,
            buckets: job.sorter("buckets", job.memory() / 4, None),
            paragraphs: Paragraphs::open(job, None),
        })
    }

    /// Fingerprints every draft of `spool`, and returns the checksum of what was read.
    fn fill(&mut self, job: &Job<'_>, spool: &Spool, damaged: impl Fn() -> Error + Sync) -> Result<u64> {
        job.progress.stage("fingerprint", spool.extent().length);
        let lsh = Lsh::new(&job.config.dedup);
        let mut checksum = Checksum::default();
        let drafts = spool.placed_entries().inspect(|draft| {
            if let Ok((_, bytes)) = draft {
                checksum.add(bytes);
            }
        });
        let describe = |portion: &Vec<Placed>| {
            portion.first().map_or_else(String::new, |(place, _)| format!("byte {place} of the drafts"))
        };
        let work = |portion: Vec<Placed>| -> Result<(u64, Vec<Print>)> {
            let mut digest = MainTextDigest::default();
            let print = |(place, bytes): &Placed| {
                let draft = Draft::decode(bytes, &job.inputs).ok_or_else(&damaged)?;
                let mut buckets = Vec::new();
                let (entry, paragraphs) = fingerprint(&draft, job.config, &lsh, &mut digest, &mut buckets);
                Ok(Print {
                    number: draft.number,
                    row: Row { draft: Some(*place), entry, touched: false },
                    buckets,
                    paragraphs,
                })
            };
            let end = portion.last().map_or(0, |(place, bytes)| place + bytes.len() as u64);
            Ok((end, portion.iter().map(print).collect::<Result<_>>()?))
        };
        let source = portions(drafts, |(_, bytes)| bytes.len());
        ordered(source, job.threads(), job.stop, describe, work, |made| {
            let (end, made) = made?;
            job.progress.advance(end, made.len() as u64);
            made.into_iter().try_for_each(|print| {
                let is_next = (self.rows.len()..self.records).contains(&u64::from(print.number));
                if is_next { self.add(print) } else { Err(damaged()) }
            })
        })?;
        self.fill_up(self.records)?;
        Ok(checksum.value())
    }

    fn add(&mut self, Print { number, row, buckets, paragraphs }: Print) -> Result<()> {
        self.fill_up(u64::from(number))?;
        self.rows.push(&row)?;
        self.buckets.extend(buckets.into_iter().map(|bucket| InBucket { bucket, document: number }))?;
        self.paragraphs.add(paragraphs)
    }

    /// Adds the rows of rejects until there are `records` rows.
    fn fill_up(&mut self, records: u64) -> Result<()> {
        (self.rows.len()..records)
            .try_for_each(|_| self.rows.push(&Row { draft: None, entry: None, touched: false }))
    }
}

/// The xxh3 of entries, each with its length, in their order.
#[derive(Default)]
struct Checksum(Xxh3);

impl Checksum {
    fn add(&mut self, entry: &[u8]) {
        self.0.update(&(entry.len() as u64).to_le_bytes());
        self.0.update(entry);
    }

    fn value(&self) -> u64 {
        self.0.digest()
    }
}

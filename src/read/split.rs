//! Cutting the inputs into numbered records, in order, in batches.
//!
//! One thread does this, so it does as little as it can ([`cut`](super::cut)). What a record holds is looked at by
//! [`parse`](super::parse()), on all cores. A record that cannot be had becomes a reject at its place in the order.
//!
//! The cutting can be put down behind any batch and taken up again there by another process: [`Batch::end`] is a
//! [`Position`]. In a compressed file what stands before it is unpacked once more and thrown away.
//!
//! Bounded: a batch holds at most [`BATCH_BYTES`] and one record more, and no record is longer than `input.max_record`.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::cut::{Cut, Cutter, Within};
use super::lines::Lines;
use super::reject::{Cause, Flaw, Reject};
#[cfg(feature = "parquet")]
use super::table;
use super::{Input, Kind, csv, open, warc};
use crate::config::InputConfig;

/// Bytes after which a batch is full: some milliseconds of work for a worker, and small beside the memory of a machine
/// even when every core has a few in hand.
const BATCH_BYTES: usize = 512 << 10;

/// Records after which a batch is full, so that a corpus of one-word records still spreads over the workers.
const BATCH_RECORDS: usize = 1024;

/// Consecutive records.
#[derive(Debug)]
pub struct Batch {
    /// The batch in the run, from 0.
    pub number: u64,
    /// The ordinal of its first record: how many records, rejects included, come before it in the run.
    pub first: u64,
    /// The bytes of its records.
    pub buffer: Vec<u8>,
    /// Its records.
    pub records: Vec<RawRecord>,
    /// Bytes read from disk so far, over all inputs, to compare with the sum of [`Input::bytes`].
    pub consumed: u64,
    /// Where the next batch begins.
    pub end: Position,
}

/// A place between two records of the inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Position {
    /// Batches before it.
    batches: u64,
    /// Records before it, rejects included.
    records: u64,
    /// Inputs that were opened before it.
    inputs: usize,
    /// The place in the last of them, unless that is at its end.
    within: Option<Within>,
}

impl Position {
    /// How many records come before it, rejects included.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }
}

impl Batch {
    /// A reject in place of record `index`, for a fault that shows only beside other records.
    ///
    /// # Panics
    /// When the batch has no such record or was not made from `inputs`.
    #[must_use]
    pub fn reject(&self, index: usize, inputs: &[Input], cause: Cause, message: String) -> Reject {
        let record = &self.records[index];
        match &record.content {
            Content::Rejected(reject) => reject.clone(),
            Content::Bytes(range) => {
                let raw = &self.buffer[range.clone()];
                Reject::new(&inputs[record.input], record.record, record.offset, Flaw(cause, message), raw)
            }
        }
    }
}

/// A record that nobody has looked into.
#[derive(Debug)]
pub struct RawRecord {
    /// Index of its input.
    pub input: usize,
    /// The record in it, from 0: the line of a JSONL file (blank ones count), always 0 in a text file.
    pub record: u64,
    /// Byte offset in the decompressed file.
    pub offset: u64,
    /// What there is of it.
    pub content: Content,
}

/// What there is of a record.
#[derive(Debug)]
pub enum Content {
    /// Its bytes, as a range of [`Batch::buffer`], without the line feed.
    Bytes(Range<usize>),
    /// It could not be had.
    Rejected(Reject),
}

/// All records of the inputs, batch by batch.
pub struct Batches {
    inputs: Arc<[Input]>,
    cfg: InputConfig,
    /// Records after which there are no more.
    limit: u64,
    /// The next batch.
    number: u64,
    /// The next record.
    ordinal: u64,
    /// The next input to open.
    next_input: usize,
    /// Where to begin in it.
    begin: Option<Within>,
    open: Option<Source>,
    consumed: Arc<AtomicU64>,
}

impl Batches {
    /// Starts before the first record. Standard input must have been [spooled](super::spool()).
    #[must_use]
    pub fn new(inputs: Arc<[Input]>, cfg: &InputConfig) -> Self {
        Self::starting_at(Position::default(), inputs, cfg)
    }

    /// Starts at a place where batches of the same inputs were put down.
    #[must_use]
    pub fn starting_at(position: Position, inputs: Arc<[Input]>, cfg: &InputConfig) -> Self {
        let next_input = position.inputs - usize::from(position.within.is_some());
        let before: u64 = inputs.iter().take(next_input).map(|input| input.bytes).sum();
        Self {
            inputs,
            limit: if cfg.limit == 0 { u64::MAX } else { cfg.limit },
            cfg: cfg.clone(),
            number: position.batches,
            ordinal: position.records,
            next_input,
            begin: position.within,
            open: None,
            consumed: Arc::new(AtomicU64::new(before)),
        }
    }

    fn end(&self) -> Position {
        let within = self.open.as_ref().filter(|source| !source.ended).map(|source| source.cutter.within());
        Position { batches: self.number, records: self.ordinal, inputs: self.next_input, within }
    }

    fn next_record(&mut self, buffer: &mut Vec<u8>) -> Option<RawRecord> {
        loop {
            if let Some(source) = &mut self.open {
                if let Some(record) = source.next_record(&self.inputs, self.cfg.max_record(), buffer) {
                    return Some(record);
                }
                self.open = None;
            }
            let index = self.next_input;
            let input = self.inputs.get(index)?;
            self.next_input += 1;
            let begin = self.begin.take();
            match cutter(input, &self.cfg, begin, &self.consumed) {
                Ok(cutter) => self.open = Some(Source { input: index, cutter, ended: false }),
                Err(e) => {
                    let flaw = Flaw(Cause::Unreadable, format!("the file cannot be opened: {e}"));
                    let reject = Reject::new(input, 0, 0, flaw, b"");
                    return Some(RawRecord {
                        input: index,
                        record: 0,
                        offset: 0,
                        content: Content::Rejected(reject),
                    });
                }
            }
        }
    }
}

impl Iterator for Batches {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let mut buffer = Vec::with_capacity(BATCH_BYTES);
        let mut records = Vec::new();
        let mut held_by_rejects = 0;
        while self.ordinal < self.limit
            && records.len() < BATCH_RECORDS
            && buffer.len() + held_by_rejects < BATCH_BYTES
        {
            let Some(record) = self.next_record(&mut buffer) else { break };
            self.ordinal += 1;
            if let Content::Rejected(reject) = &record.content {
                held_by_rejects += reject.raw.len();
            }
            records.push(record);
        }
        if records.is_empty() {
            return None;
        }
        let number = self.number;
        self.number += 1;
        Some(Batch {
            number,
            first: self.ordinal - records.len() as u64,
            buffer,
            records,
            consumed: self.consumed.load(Ordering::Relaxed),
            end: self.end(),
        })
    }
}

/// An open file.
struct Source {
    input: usize,
    cutter: Box<dyn Cutter>,
    ended: bool,
}

impl Source {
    /// The next record, its bytes appended to `buffer`.
    fn next_record(&mut self, inputs: &[Input], max: usize, buffer: &mut Vec<u8>) -> Option<RawRecord> {
        if self.ended {
            return None;
        }
        let start = buffer.len();
        let Some(Cut { record, offset, flaw, is_last }) = self.cutter.next(max, buffer) else {
            self.ended = true;
            buffer.truncate(start);
            return None;
        };
        self.ended = is_last;
        let content = match flaw {
            None => Content::Bytes(start..buffer.len()),
            Some(flaw) => {
                let reject = Reject::new(&inputs[self.input], record, offset, flaw, &buffer[start..]);
                buffer.truncate(start);
                buffer.shrink_to(BATCH_BYTES);
                Content::Rejected(reject)
            }
        };
        Some(RawRecord { input: self.input, record, offset, content })
    }
}

/// Opens a file, to be cut from a place on.
fn cutter(
    input: &Input,
    cfg: &InputConfig,
    begin: Option<Within>,
    consumed: &Arc<AtomicU64>,
) -> io::Result<Box<dyn Cutter>> {
    let unpacked = |offset| open::open(input, offset, cfg, consumed);
    let offset = begin.map_or(0, |begin| begin.offset);
    Ok(match input.kind {
        Kind::Text | Kind::Jsonl => {
            let is_whole = input.kind == Kind::Text;
            Box::new(Lines::new(unpacked(offset)?, input.compression, is_whole, begin))
        }
        Kind::Csv | Kind::Tsv => {
            let separator = if input.kind == Kind::Csv { b',' } else { b'\t' };
            Box::new(csv::Rows::new(unpacked(0)?, input.compression, separator, begin, cfg))
        }
        Kind::Warc => Box::new(warc::Records::new(unpacked(offset)?, input.compression, cfg, begin)),
        #[cfg(feature = "parquet")]
        Kind::Parquet => {
            open::check(input)?;
            Box::new(table::Rows::open(input, cfg, begin, consumed)?)
        }
        #[cfg(not(feature = "parquet"))]
        Kind::Parquet => return Err(io::Error::other("this program was built without the feature parquet")),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use flate2::write::GzEncoder;

    use super::*;
    use crate::config::Size;
    use crate::read::discover;

    /// Every record from a position on, as its place and what there is of it.
    fn records_from(
        position: Position,
        inputs: &Arc<[Input]>,
        cfg: &InputConfig,
    ) -> Vec<(usize, u64, u64, Vec<u8>)> {
        let batches = Batches::starting_at(position, Arc::clone(inputs), cfg);
        let content = |batch: &Batch, record: &RawRecord| match &record.content {
            Content::Bytes(range) => batch.buffer[range.clone()].to_vec(),
            Content::Rejected(reject) => reject.message.clone().into_bytes(),
        };
        let of = |batch: Batch| {
            let one =
                |record: &RawRecord| (record.input, record.record, record.offset, content(&batch, record));
            batch.records.iter().map(one).collect::<Vec<_>>()
        };
        batches.flat_map(of).collect()
    }

    #[test]
    fn reading_goes_on_from_the_end_of_any_batch() {
        let folder = tempfile::tempdir().unwrap();
        let line = |n: usize| match n % 977 {
            5 => format!("{{\"text\":\"{}\"}}\n", "long ".repeat(1000)),
            6 => "\n".to_owned(),
            _ => format!("{{\"id\":{n}}}\n"),
        };
        let pages: String = (0..5000).map(line).collect();
        let rows: String = (0..3000)
            .map(|n| format!("{n},\"a\nb{}\"\n", "c".repeat(if n % 700 == 5 { 3000 } else { n % 50 })))
            .collect();
        let rows = format!("id,text\n{rows}");
        let archive: String = (0..3000)
            .map(|n| {
                let kind = ["conversion", "warcinfo", "response"][n % 3];
                let content = "d".repeat(if n % 700 == 6 { 3000 } else { n % 50 });
                format!(
                    "WARC/1.0\r\nWARC-Type: {kind}\r\nContent-Length: {}\r\n\r\n{content}\r\n\r\n",
                    content.len() + usize::from(n % 500 == 3)
                )
            })
            .collect();
        let mut packed = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(pages.as_bytes()).unwrap();
        for (name, content) in [
            ("a.jsonl", pages.as_bytes()),
            ("b.jsonl.gz", &packed.finish().unwrap()),
            ("c.txt", b"A page.".as_slice()),
            ("d.jsonl.zst", &zstd::encode_all(pages.as_bytes(), 1).unwrap()),
            ("e.csv", rows.as_bytes()),
            ("f.wet.zst", &zstd::encode_all(archive.as_bytes(), 1).unwrap()),
        ] {
            fs::write(folder.path().join(name), content).unwrap();
        }
        let cfg = InputConfig { max_record: Size::bytes(2048), limit: 18_000, ..InputConfig::default() };
        let inputs: Arc<[Input]> = discover(&[folder.path().display().to_string()], &cfg).unwrap().into();
        let all = records_from(Position::default(), &inputs, &cfg);
        assert_eq!(all.len(), 18_000);
        let ends: Vec<Position> = Batches::new(Arc::clone(&inputs), &cfg).map(|batch| batch.end).collect();
        assert!(ends.len() > 12);
        for end in ends {
            assert_eq!(records_from(end, &inputs, &cfg), all[end.records() as usize..], "{end:?}");
        }
    }
}

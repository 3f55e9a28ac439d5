//! Cutting the inputs into numbered records, in order, in batches.
//!
//! One thread does this, so it does as little as it can: it finds line ends and counts. What a record holds is looked at
//! by [`parse`](super::parse()), on all cores. A record that cannot be had becomes a reject at its place in the order.
//!
//! The cutting can be put down behind any batch and taken up again there by another process: [`Batch::end`] is a
//! [`Position`]. In a compressed file what stands before it is unpacked once more and thrown away.
//!
//! Bounded: a batch holds at most [`BATCH_BYTES`] and one record more, and no record is longer than `input.max_record`.
//! The rest of a longer line is skipped piece by piece.

use std::io::{self, BufRead, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::reject::{Cause, Flaw, Reject};
use super::{Input, JSON_SPACE, Kind, open, without_mark};
use crate::config::{InputConfig, Size};

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

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Within {
    /// The next record.
    record: u64,
    /// Bytes before it, after unpacking.
    offset: u64,
    /// Whether it is inside a line that was too long.
    inside_line: bool,
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
    max_record: usize,
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
            max_record: usize::try_from(cfg.max_record.get()).unwrap_or(usize::MAX - 1),
            limit: if cfg.limit == 0 { u64::MAX } else { cfg.limit },
            number: position.batches,
            ordinal: position.records,
            next_input,
            begin: position.within,
            open: None,
            consumed: Arc::new(AtomicU64::new(before)),
        }
    }

    fn end(&self) -> Position {
        let open = self.open.as_ref().filter(|source| !source.ended);
        let within = open.map(|source| Within {
            record: source.record,
            offset: source.offset,
            inside_line: source.inside_line,
        });
        Position { batches: self.number, records: self.ordinal, inputs: self.next_input, within }
    }

    fn next_record(&mut self, buffer: &mut Vec<u8>) -> Option<RawRecord> {
        loop {
            if let Some(source) = &mut self.open {
                if let Some(record) = source.next_record(&self.inputs, self.max_record, buffer) {
                    return Some(record);
                }
                self.open = None;
            }
            let index = self.next_input;
            let input = self.inputs.get(index)?;
            self.next_input += 1;
            let begin = self.begin.take();
            match open::open(input, begin.map_or(0, |begin| begin.offset), &self.consumed) {
                Ok(reader) => self.open = Some(Source::new(index, input.kind, reader, begin)),
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
    kind: Kind,
    reader: Box<dyn BufRead + Send>,
    /// The next record.
    record: u64,
    /// Bytes read, after unpacking.
    offset: u64,
    /// Whether the reader stands inside a line that was too long.
    inside_line: bool,
    ended: bool,
}

impl Source {
    fn new(input: usize, kind: Kind, reader: Box<dyn BufRead + Send>, begin: Option<Within>) -> Self {
        let begin = begin.unwrap_or(Within { record: 0, offset: 0, inside_line: false });
        let Within { record, offset, inside_line } = begin;
        Self { input, kind, reader, record, offset, inside_line, ended: false }
    }

    /// The next record, its bytes appended to `buffer`. After a fault there is none.
    fn next_record(&mut self, inputs: &[Input], max: usize, buffer: &mut Vec<u8>) -> Option<RawRecord> {
        let input = &inputs[self.input];
        let start = buffer.len();
        while !self.ended {
            let skipped = self.skip_line(buffer);
            let (record, offset) = (self.record, self.offset);
            self.record += 1;
            let outcome = skipped.and_then(|()| self.append(max.saturating_add(1), buffer));
            let nothing = buffer.len() == start;
            self.ended = outcome.is_err() || nothing || self.kind == Kind::Text;
            let whole_line = self.kind == Kind::Jsonl && buffer[start..].ends_with(b"\n");
            if whole_line {
                buffer.pop();
            }
            let flaw = match outcome {
                Err(e) => open::flaw(&e, input.compression),
                Ok(()) if buffer.len() - start > max => {
                    self.inside_line = !whole_line;
                    let max = Size::bytes(max as u64);
                    let message = format!("the record is longer than input.max_record = {max}");
                    Flaw(Cause::RecordTooLarge, message)
                }
                Ok(()) if self.kind == Kind::Jsonl && is_blank(&buffer[start..], offset) => {
                    buffer.truncate(start);
                    continue;
                }
                Ok(()) => {
                    let content = Content::Bytes(start..buffer.len());
                    return Some(RawRecord { input: self.input, record, offset, content });
                }
            };
            let content = Content::Rejected(Reject::new(input, record, offset, flaw, &buffer[start..]));
            buffer.truncate(start);
            buffer.shrink_to(BATCH_BYTES);
            return Some(RawRecord { input: self.input, record, offset, content });
        }
        None
    }

    /// Appends up to `limit` bytes: of a text file the rest, of a JSONL file the rest of the line with its line feed.
    /// After an error, what came before it has been appended.
    fn append(&mut self, limit: usize, buffer: &mut Vec<u8>) -> io::Result<()> {
        let before = buffer.len();
        let mut limited = (&mut self.reader).take(limit as u64);
        let outcome = match self.kind {
            Kind::Jsonl => limited.read_until(b'\n', buffer),
            Kind::Text => limited.read_to_end(buffer),
        };
        self.offset += (buffer.len() - before) as u64;
        outcome.map(drop)
    }

    /// Skips what is left of a line that was too long, in pieces that pass through the end of `buffer`.
    fn skip_line(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        let start = buffer.len();
        while self.inside_line {
            let outcome = self.append(BATCH_BYTES, buffer);
            self.inside_line = buffer.len() > start && !buffer.ends_with(b"\n");
            buffer.truncate(start);
            outcome?;
        }
        Ok(())
    }
}

/// Whether a line holds nothing, not counting a byte order mark at the start of the file.
fn is_blank(line: &[u8], offset: u64) -> bool {
    let line = if offset == 0 { without_mark(line) } else { line };
    line.iter().all(|byte| JSON_SPACE.contains(byte))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use flate2::write::GzEncoder;

    use super::*;
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
        let mut packed = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(pages.as_bytes()).unwrap();
        for (name, content) in [
            ("a.jsonl", pages.as_bytes()),
            ("b.jsonl.gz", &packed.finish().unwrap()),
            ("c.txt", b"A page.".as_slice()),
            ("d.jsonl.zst", &zstd::encode_all(pages.as_bytes(), 1).unwrap()),
        ] {
            fs::write(folder.path().join(name), content).unwrap();
        }
        let cfg = InputConfig { max_record: Size::bytes(2048), limit: 14_000, ..InputConfig::default() };
        let inputs: Arc<[Input]> = discover(&[folder.path().display().to_string()], &cfg).unwrap().into();
        let all = records_from(Position::default(), &inputs, &cfg);
        assert_eq!(all.len(), 14_000);
        let ends: Vec<Position> = Batches::new(Arc::clone(&inputs), &cfg).map(|batch| batch.end).collect();
        assert!(ends.len() > 12);
        for end in ends {
            assert_eq!(records_from(end, &inputs, &cfg), all[end.records() as usize..], "{end:?}");
        }
    }
}

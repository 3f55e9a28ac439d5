//! A fair sample of the records of an input.
//!
//! Fair means that every record is in it with the same probability, whatever its length and place; only then do counts in
//! the sample speak for the whole. Where the input can be cut into, many short windows are laid over it at even distances,
//! and a record belongs to the sample if its first byte lies in a window: long records are not favoured, nor those behind
//! long ones. A compressed file can only be read from its beginning, so all of it is unpacked and each record is chosen by
//! chance; so is a file so small that windows would read as much. Text files are chosen by chance from the list. Chance has
//! a fixed seed: the same input gives the same sample.
//!
//! When it is wrong: records of one window stand next to each other, so where copies do, too, they are found more often
//! than chance would have it. Windows are as short as a page, which makes that rare.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::config::InputConfig;
use crate::error::{Error, Result};
use crate::read::{Batches, Compression, Content, Input, JSON_SPACE, Kind, without_mark};

/// How much is to be in the sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wanted {
    /// As many documents as tell how duplicates grow: the pairs in a sample grow with the square of it, so thirty times
    /// the root of the number of records holds nine hundred for each pair a record.
    Enough,
    /// About so many records.
    Records(u64),
    /// A share of all, above 0 and at most 1.
    Share(f64),
}

/// Records of the sample for each root of a record; see [`Wanted::Enough`].
const ENOUGH: f64 = 30.0;

/// A sample of more than this share might as well be all.
const NEARLY_ALL: f64 = 0.5;

/// Bytes of a window: about a page.
const WINDOW: f64 = 4096.0;

/// Windows laid over a file at the most; in a larger sample they are longer.
const WINDOWS: f64 = 65536.0;

/// Bytes read at once in a window.
const READ_AHEAD: usize = 16 << 10;

/// Windows, and bytes of each, that are looked at to guess how many records there are.
const PROBES: (f64, f64) = (64.0, 65536.0);

/// Batches of a compressed file that are looked at instead.
const PACKED_BATCHES: usize = 8;

/// The name of the file of sampled lines.
const FILE: &str = "sample.jsonl";

/// Records drawn from an input.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Where they are.
    pub inputs: Arc<[Input]>,
    /// With what probability each record is among them.
    pub share: f64,
    /// How many there are.
    pub records: u64,
    /// Their bytes, unpacked.
    pub bytes: u64,
    /// Records of the input: counted, or estimated.
    pub all_records: f64,
    /// Whether all records were counted.
    pub is_counted: bool,
    /// Bytes of all records, unpacked.
    pub all_bytes: u64,
    /// Whether some of the input is compressed.
    pub is_packed: bool,
    /// Input files that could not be read.
    pub unreadable: u64,
}

impl Sample {
    /// How many times as many bytes there are in all.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.all_bytes as f64 / self.bytes.max(1) as f64
    }
}

/// Draws a sample. Its lines are written to a file in `folder`. Standard input must have been spooled.
///
/// # Errors
/// [`Error::Io`] when the file cannot be written, [`Error::Interrupted`].
pub fn draw(
    inputs: &[Input],
    config: &InputConfig,
    wanted: Wanted,
    folder: &Path,
    stop: &AtomicBool,
) -> Result<Sample> {
    let file = folder.join(FILE);
    let out = BufWriter::new(File::create(&file).map_err(Error::io("create the file", &file))?);
    let mut drawing =
        Drawing { config, share: 1.0, file: &file, out, stop, texts: Vec::new(), drawn: Drawn::default() };
    let records = guess(inputs, config);
    let share = match wanted {
        Wanted::Enough => ENOUGH / records.sqrt(),
        Wanted::Records(wanted) => wanted as f64 / records,
        Wanted::Share(share) => share,
    };
    drawing.share = if share > NEARLY_ALL { 1.0 } else { share };

    // Whoever reads only the first records has to count them.
    let may_skip = drawing.share < 1.0 && config.limit == 0;
    let mut in_turn = Vec::new();
    for (number, input) in inputs.iter().enumerate() {
        match input.kind {
            Kind::Text if may_skip => drawing.choose(number, input),
            Kind::Jsonl if may_skip && is_worth_windows(input, drawing.share) => {
                drawing.windows(number, input)?;
            }
            _ => in_turn.push(input.clone()),
        }
    }
    drawing.go_through(&in_turn.into())?;
    drawing.finish(inputs)
}

/// What was drawn so far.
#[derive(Default)]
struct Drawn {
    records: u64,
    bytes: u64,
    lines: u64,
    all_records: f64,
    all_bytes: u64,
    is_estimated: bool,
    unreadable: u64,
}

struct Drawing<'a> {
    config: &'a InputConfig,
    share: f64,
    file: &'a Path,
    out: BufWriter<File>,
    stop: &'a AtomicBool,
    /// Text files of the sample.
    texts: Vec<Input>,
    drawn: Drawn,
}

impl Drawing<'_> {
    /// A number from 0 to 1 that looks like chance.
    fn chance(kind: u64, number: u64) -> f64 {
        xxh3_64_with_seed(&number.to_le_bytes(), kind) as f64 / u64::MAX as f64
    }

    fn check_stop(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// Takes a text file by chance, unread.
    fn choose(&mut self, number: usize, input: &Input) {
        self.drawn.all_records += 1.0;
        self.drawn.all_bytes += input.bytes;
        if Self::chance(u64::MAX, number as u64) < self.share {
            self.texts.push(input.clone());
            self.drawn.records += 1;
            self.drawn.bytes += input.bytes;
        }
    }

    /// Goes through all records of these inputs and takes some by chance.
    fn go_through(&mut self, inputs: &Arc<[Input]>) -> Result<()> {
        for batch in Batches::new(Arc::clone(inputs), self.config) {
            self.check_stop()?;
            for (number, record) in (batch.first..).zip(&batch.records) {
                self.drawn.all_records += 1.0;
                let Content::Bytes(range) = &record.content else {
                    self.drawn.unreadable += 1;
                    continue;
                };
                self.drawn.all_bytes += range.len() as u64;
                if self.share < 1.0 && Self::chance(0, number) >= self.share {
                    continue;
                }
                let input = &inputs[record.input];
                match input.kind {
                    Kind::Text => {
                        self.texts.push(input.clone());
                        self.drawn.records += 1;
                        self.drawn.bytes += range.len() as u64;
                    }
                    _ => {
                        let line = &batch.buffer[range.clone()];
                        self.take(if record.offset == 0 { without_mark(line) } else { line })?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes the records of a file that begin in one of many windows.
    fn windows(&mut self, number: usize, input: &Input) -> Result<()> {
        let (bytes, share) = (input.bytes as f64, self.share);
        let windows = (bytes * share / WINDOW).clamp(1.0, WINDOWS).round();
        self.drawn.all_bytes += input.bytes;
        self.drawn.is_estimated = true;
        let before = self.drawn.records;
        let max = self.config.max_record.get();
        let read = window_records(input, number as u64, windows, share, max, |line| self.take(line));
        match read {
            Err(Stopped::Writing(error)) => return Err(error),
            Err(Stopped::Reading) => self.drawn.unreadable += 1,
            Ok(()) => {}
        }
        self.drawn.all_records += (self.drawn.records - before) as f64 / share;
        Ok(())
    }

    fn take(&mut self, line: &[u8]) -> Result<()> {
        self.check_stop()?;
        self.drawn.records += 1;
        self.drawn.lines += 1;
        self.drawn.bytes += line.len() as u64;
        let written = self.out.write_all(line).and_then(|()| self.out.write_all(b"\n"));
        written.map_err(Error::io("write the file", self.file))
    }

    fn finish(mut self, inputs: &[Input]) -> Result<Sample> {
        self.out.flush().map_err(Error::io("write the file", self.file))?;
        let Drawn { records, bytes, lines, all_records, all_bytes, is_estimated, unreadable } = self.drawn;
        let mut drawn = self.texts;
        // Their path stands in all that is written of them, so it must not be shorter or longer than it will be.
        let first_lines = inputs.iter().find(|input| input.kind != Kind::Text);
        if lines > 0 {
            drawn.push(Input {
                path: first_lines.map_or_else(|| FILE.into(), |input| Arc::clone(&input.path)),
                file: self.file.to_owned(),
                id: FILE.to_owned(),
                kind: Kind::Jsonl,
                compression: Compression::None,
                bytes: bytes + lines,
            });
        }
        Ok(Sample {
            inputs: drawn.into(),
            share: self.share,
            records,
            bytes,
            all_records,
            is_counted: !is_estimated,
            all_bytes,
            is_packed: inputs
                .iter()
                .any(|input| input.compression != Compression::None || is_table(input.kind)),
            unreadable,
        })
    }
}

/// Whether a file's records can be found from any place in it.
fn has_lines(input: &Input) -> bool {
    input.kind == Kind::Jsonl && input.compression == Compression::None
}

/// Whether a file must be read from its beginning although nothing is packed.
fn is_table(kind: Kind) -> bool {
    !matches!(kind, Kind::Text | Kind::Jsonl)
}

/// Whether windows would read less than all of a file.
fn is_worth_windows(input: &Input, share: f64) -> bool {
    let bytes = input.bytes as f64;
    let windows = (bytes * share / WINDOW).clamp(1.0, WINDOWS);
    has_lines(input) && windows * 2.0 * READ_AHEAD as f64 + bytes * share < bytes
}

/// Why windows could not be gone through.
enum Stopped {
    Reading,
    Writing(Error),
}

impl From<io::Error> for Stopped {
    fn from(_: io::Error) -> Self {
        Self::Reading
    }
}

/// Hands out the lines of a file that begin in one of `windows` windows, which cover `share` of it, each in a place of its
/// own in an even slice of the file. Of a line longer than `max` bytes only one byte more is read, so that it stays too
/// long; blank lines are no records.
fn window_records(
    input: &Input,
    seed: u64,
    windows: f64,
    share: f64,
    max: u64,
    mut each: impl FnMut(&[u8]) -> Result<()>,
) -> Result<(), Stopped> {
    let mut reader = BufReader::with_capacity(READ_AHEAD, File::open(&input.file)?);
    let slice = input.bytes as f64 / windows;
    let mut line = Vec::new();
    for window in 0..windows as u64 {
        let within = Drawing::chance(seed + 1, window) * slice * (1.0 - share);
        let start = (window as f64 * slice + within) as u64;
        let end = (window as f64 * slice + within + slice * share) as u64;
        // A line that begins at `start` counts, so what is looked for is the line end before it.
        let mut at = start.saturating_sub(1);
        reader.seek(SeekFrom::Start(at))?;
        if start > 0 {
            at += skip_line(&mut reader)?;
        }
        while at < end {
            line.clear();
            let read = (&mut reader).take(max.saturating_add(1)).read_until(b'\n', &mut line)? as u64;
            if read == 0 {
                break;
            }
            let begins_file = at == 0;
            at += read;
            if line.ends_with(b"\n") {
                line.pop();
            } else {
                at += skip_line(&mut reader)?;
            }
            let line = if begins_file { without_mark(&line) } else { &line };
            if !line.iter().all(|byte| JSON_SPACE.contains(byte)) {
                each(line).map_err(Stopped::Writing)?;
            }
        }
    }
    Ok(())
}

/// Reads on behind the next line end; returns how many bytes that were.
fn skip_line(reader: &mut impl BufRead) -> io::Result<u64> {
    reader.skip_until(b'\n').map(|skipped| skipped as u64)
}

/// About how many records there are, at least 1, from a look at a few places.
fn guess(inputs: &[Input], config: &InputConfig) -> f64 {
    let (mut records, mut unknown) = (0.0, 0.0);
    let (mut seen_records, mut seen_bytes) = (0.0, 0.0);
    for (number, input) in inputs.iter().enumerate() {
        if input.kind == Kind::Text {
            records += 1.0;
            continue;
        }
        let bytes = input.bytes as f64;
        unknown += bytes;
        // A few files tell enough of many.
        if seen_bytes > PROBES.0 * PROBES.1 {
            continue;
        }
        if has_lines(input) {
            let share = (PROBES.0 * PROBES.1 / bytes).min(1.0);
            // What cannot be read now will be told of when the sample is drawn.
            let _ = window_records(input, number as u64, PROBES.0, share, PROBES.1 as u64, |_| {
                seen_records += 1.0;
                Ok(())
            });
            seen_bytes += bytes * share;
        } else {
            let mut consumed = 0;
            for batch in Batches::new(Arc::new([input.clone()]), config).take(PACKED_BATCHES) {
                seen_records += batch.records.len() as f64;
                consumed = batch.consumed;
            }
            seen_bytes += consumed as f64;
        }
    }
    records += if seen_bytes > 0.0 { unknown * seen_records / seen_bytes } else { 0.0 };
    let records = if config.limit > 0 { records.min(config.limit as f64) } else { records };
    records.max(1.0)
}

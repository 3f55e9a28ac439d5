//! The decisions of a run, and each beside the document that it was made on.
//!
//! Decisions stand in the order of the input, so one walk over both finds every pair and holds one document at a time. A
//! record is looked into only where its decision is asked for; the others are cut from their file and passed over, and
//! so are records without a decision, which `clean` had rejected.
//!
//! When it is wrong: a document whose decision was lost is passed over too. `verify` is there to tell that.

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::InputConfig;
use crate::document::{Document, Place};
use crate::error::{Error, Result};
use crate::read::{Batch, Batches, Input, RawRecord, parse};
use crate::verify::{Lines, ParsedDecision, check_document, check_named};

/// The lines of a decisions file, in order. Ends after its first error, which is [`Error::Interrupted`] when the flag is set.
pub struct Decisions<'r> {
    lines: Lines<'r>,
    buffer: Vec<u8>,
    /// The line read last, from 1.
    line: u64,
    ended: bool,
    stop: &'r AtomicBool,
}

impl<'r> Decisions<'r> {
    /// Starts before the first line.
    #[must_use]
    pub fn new(lines: Lines<'r>, stop: &'r AtomicBool) -> Self {
        Self { lines, buffer: Vec::new(), line: 0, ended: false, stop }
    }

    fn read(&mut self) -> Result<Option<ParsedDecision>> {
        self.check_stop()?;
        self.buffer.clear();
        let Lines { path, reader } = &mut self.lines;
        let length =
            reader.read_until(b'\n', &mut self.buffer).map_err(Error::io("read", Path::new(&**path)))?;
        if length == 0 {
            return Ok(None);
        }
        self.line += 1;
        let parsed = ParsedDecision::parse(&self.buffer);
        parsed.map(Some).map_err(|e| {
            let line = self.line;
            self.wrong(format!("line {line} is no decision: {e}; give the whole file that `clean` wrote"))
        })
    }

    fn check_stop(&self) -> Result<()> {
        if self.stop.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) }
    }

    fn wrong(&self, message: String) -> Error {
        Error::Input { path: self.lines.path.to_string(), message }
    }
}

impl Iterator for Decisions<'_> {
    type Item = Result<ParsedDecision>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.read().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

/// The documents of a run with their decisions, those that `wanted` asks for, in the order of the input.
///
/// Each pair is sound: the text is the one that was decided on, and the blocks lie in it and account for all of it. It
/// ends after its first error: [`Error::Input`] where decisions and sources do not go together, [`Error::Interrupted`]
/// when the flag is set.
pub struct Walk<'a, W> {
    decisions: Decisions<'a>,
    wanted: W,
    inputs: Arc<[Input]>,
    config: &'a InputConfig,
    batches: Batches,
    batch: Option<Batch>,
    /// The next record of the batch.
    next: usize,
}

impl<'a, W: FnMut(&ParsedDecision) -> bool> Walk<'a, W> {
    /// Starts before the first decision. Standard input must have been [spooled](crate::read::spool()).
    pub fn new(
        inputs: &Arc<[Input]>,
        config: &'a InputConfig,
        decisions: Lines<'a>,
        stop: &'a AtomicBool,
        wanted: W,
    ) -> Self {
        let batches = Batches::new(Arc::clone(inputs), config);
        let (decisions, inputs) = (Decisions::new(decisions, stop), Arc::clone(inputs));
        Self { decisions, wanted, inputs, config, batches, batch: None, next: 0 }
    }

    fn pair(&mut self, decision: ParsedDecision) -> Result<(Document, ParsedDecision)> {
        let document = self.document(&decision)?;
        check_named(&document, &decision)
            .and_then(|()| {
                check_document(&document.text, &format!("{:032x}", document.source_hash), &decision)
            })
            .map_err(|fault| self.differs(&decision, &fault.to_string()))?;
        Ok((document, decision))
    }

    /// Goes on to the record that a decision names.
    fn document(&mut self, decision: &ParsedDecision) -> Result<Document> {
        loop {
            self.decisions.check_stop()?;
            if let Some(batch) = &self.batch {
                let named = |record: &RawRecord| {
                    record.record == decision.record && *self.inputs[record.input].path == *decision.path
                };
                if let Some(found) = batch.records[self.next..].iter().position(named) {
                    let index = self.next + found;
                    self.next = index + 1;
                    return parse(batch, index, &self.inputs, self.config)
                        .map_err(|reject| self.differs(decision, &reject.message));
                }
            }
            self.batch = self.batches.next();
            self.next = 0;
            if self.batch.is_none() {
                return Err(self.differs(decision, "the inputs hold no such record at its place"));
            }
        }
    }

    fn differs(&self, decision: &ParsedDecision, how: &str) -> Error {
        let ParsedDecision { id, path, record, .. } = decision;
        let place = Place { path: path.as_str().into(), record: *record };
        self.decisions.wrong(format!(
            "does not go with these inputs: {id} ({place}): {how}; give the inputs and the input settings of the run \
             (`dehusk verify` lists all that differs)"
        ))
    }
}

impl<W: FnMut(&ParsedDecision) -> bool> Iterator for Walk<'_, W> {
    type Item = Result<(Document, ParsedDecision)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.decisions.next()? {
                Ok(decision) if !(self.wanted)(&decision) => {}
                Ok(decision) => {
                    let pair = self.pair(decision);
                    self.decisions.ended = pair.is_err();
                    return Some(pair);
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

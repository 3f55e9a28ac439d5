//! The lines of a file, a few of them ahead, so that after a missing or an extra line the walk finds its step again.

use std::collections::VecDeque;
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use crate::document::Place;
use crate::error::{Error, Result};

/// How many lines ahead one is looked for. Further away it counts as missing where it should be and as extra where
/// it is: a file in another order is reported, not sorted out.
const LOOK_AHEAD: usize = 64;

/// A file of JSON lines to verify.
pub struct Lines<'r> {
    /// For messages.
    pub path: Arc<str>,
    /// Its contents, decompressed.
    pub reader: Box<dyn BufRead + 'r>,
}

/// A line and what it holds, or what is wrong with it.
pub(super) struct Line<T> {
    /// From 1.
    pub number: u64,
    pub parsed: Result<T, String>,
}

/// A line that was looked for, and the lines passed over to find it.
pub(super) struct Found<T> {
    pub passed: Vec<Line<T>>,
    /// From 1.
    pub number: u64,
    pub value: T,
}

pub(super) struct Window<'r, T> {
    lines: Lines<'r>,
    parse: fn(&[u8]) -> Result<T, String>,
    ahead: VecDeque<Line<T>>,
    read: u64,
    buffer: Vec<u8>,
}

impl<'r, T> Window<'r, T> {
    pub(super) fn new(lines: Lines<'r>, parse: fn(&[u8]) -> Result<T, String>) -> Self {
        Self { lines, parse, ahead: VecDeque::new(), read: 0, buffer: Vec::new() }
    }

    /// Takes the nearest line that is wanted and those before it; none when it is not near.
    pub(super) fn seek(&mut self, wanted: impl Fn(&T) -> bool) -> Result<Option<Found<T>>> {
        for at in 0..LOOK_AHEAD {
            if self.ahead.len() == at && !self.read_line()? {
                return Ok(None);
            }
            if self.ahead[at].parsed.as_ref().is_ok_and(&wanted) {
                let mut passed: Vec<_> = self.ahead.drain(..=at).collect();
                let found = passed.pop().and_then(|Line { number, parsed }| Some((number, parsed.ok()?)));
                return Ok(found.map(|(number, value)| Found { passed, number, value }));
            }
        }
        Ok(None)
    }

    /// Takes the next line if it is as wanted.
    pub(super) fn next_if(&mut self, wanted: impl Fn(&Result<T, String>) -> bool) -> Result<Option<Line<T>>> {
        let there = !self.ahead.is_empty() || self.read_line()?;
        Ok(if there && wanted(&self.ahead[0].parsed) { self.ahead.pop_front() } else { None })
    }

    /// Where a line stands in this file.
    pub(super) fn place(&self, number: u64) -> Place {
        Place { path: self.lines.path.clone(), record: number - 1 }
    }

    fn read_line(&mut self) -> Result<bool> {
        self.buffer.clear();
        let Lines { path, reader } = &mut self.lines;
        let length =
            reader.read_until(b'\n', &mut self.buffer).map_err(Error::io("read", Path::new(&**path)))?;
        if length > 0 {
            self.read += 1;
            self.ahead.push_back(Line { number: self.read, parsed: (self.parse)(&self.buffer) });
        }
        Ok(length > 0)
    }
}

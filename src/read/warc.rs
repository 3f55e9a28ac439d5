//! Records of a WARC file that hold text, as JSON lines: the `conversion` records of a WET file (ISO 28500, 6.7).
//!
//! The address, the date and the identified languages are taken along. A `response` is a page in HTML, which is not read: it is
//! rejected, each by itself, so that nobody takes a crawl for a corpus of text. What describes the crawl (`warcinfo`, `request`,
//! `metadata` and the like) holds no page and is passed over.
//!
//! A record whose length is wrong is rejected; the next one is looked for by the line that begins it, also among the bytes that
//! the wrong length took in. When it is wrong: a page that quotes such a line behind two line ends is cut there, if its own
//! length is wrong too.

use std::io::{self, BufRead, Cursor, Read};

use memchr::memmem;

use super::cut::{Cut, Cutter, Within, put_escaped, put_key, put_string};
use super::lines::too_large;
use super::reject::{Cause, Flaw, RAW_LIMIT};
use super::{Compression, open};
use crate::config::InputConfig;

/// How every record begins.
const VERSION: &[u8] = b"WARC/1.";

/// What stands behind every record.
const END: &[u8] = b"\r\n\r\n";

/// Bytes of all headers of a record at the most.
const MOST_HEADERS: u64 = 256 << 10;

pub(super) struct Records {
    reader: Box<dyn BufRead + Send>,
    compression: Compression,
    names: [String; 3],
    at: Within,
}

/// The headers of a record that matter.
#[derive(Default)]
struct Headers {
    kind: Vec<u8>,
    length: Option<u64>,
    id: Vec<u8>,
    url: Vec<u8>,
    date: Vec<u8>,
    language: Vec<u8>,
}

/// Why a record cannot be had.
enum Fault {
    /// The file failed, or ended where it should not.
    Failed(io::Error),
    /// What stands there is not as it must be.
    Bad(String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl Records {
    pub fn new(
        reader: Box<dyn BufRead + Send>,
        compression: Compression,
        cfg: &InputConfig,
        begin: Option<Within>,
    ) -> Self {
        let names = [&cfg.id_field, &cfg.url_field, &cfg.text_field].map(String::clone);
        Self { reader, compression, names, at: begin.unwrap_or_default() }
    }

    /// Reads a line of at most `most` bytes, with its end; empty at the end of the file.
    fn line(&mut self, most: u64) -> Result<Vec<u8>, Fault> {
        let mut line = Vec::new();
        (&mut self.reader).take(most).read_until(b'\n', &mut line)?;
        self.at.offset += line.len() as u64;
        Ok(line)
    }

    /// Goes behind the line that begins the next record; false where there is none any more. Only line ends may stand before it.
    fn begin(&mut self) -> Result<bool, Fault> {
        loop {
            let line = self.line(MOST_HEADERS)?;
            if line.starts_with(VERSION) {
                return Ok(true);
            }
            if line.is_empty() {
                return Ok(false);
            }
            if !line.trim_ascii().is_empty() {
                return Err(Fault::Bad(
                    "no record begins here: there is no line WARC/1.0 or WARC/1.1".to_owned(),
                ));
            }
        }
    }

    /// Goes before the line that begins the next record, or to the end of the file.
    fn find_next(&mut self) -> io::Result<()> {
        loop {
            let mut line = Vec::new();
            (&mut self.reader).take(MOST_HEADERS).read_until(b'\n', &mut line)?;
            self.at.offset += line.len() as u64;
            if line.starts_with(VERSION) {
                self.prepend(line);
                return Ok(());
            }
            if line.is_empty() {
                return Ok(());
            }
        }
    }

    fn headers(&mut self) -> Result<Headers, Fault> {
        let mut headers = Headers::default();
        let mut left = MOST_HEADERS;
        loop {
            let line = self.line(left)?;
            left -= line.len() as u64;
            if !line.ends_with(b"\n") {
                let message =
                    if left == 0 { "the headers are too long" } else { "the file ends in a header" };
                return Err(Fault::Bad(message.to_owned()));
            }
            let line = line.trim_ascii();
            if line.is_empty() {
                return Ok(headers);
            }
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            let (name, value) = (line[..colon].to_ascii_lowercase(), line[colon + 1..].trim_ascii());
            match &name[..] {
                b"warc-type" => headers.kind = value.to_ascii_lowercase(),
                b"content-length" => {
                    headers.length = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
                }
                b"warc-record-id" => {
                    let id = value.strip_prefix(b"<").unwrap_or(value);
                    headers.id = id.strip_suffix(b">").unwrap_or(id).to_vec();
                }
                b"warc-target-uri" => {
                    // Some writers put it in brackets, as an earlier draft had it.
                    let url = value.strip_prefix(b"<").unwrap_or(value);
                    headers.url = url.strip_suffix(b">").unwrap_or(url).to_vec();
                }
                b"warc-date" => headers.date = value.to_vec(),
                b"warc-identified-content-language" => headers.language = value.to_vec(),
                _ => {}
            }
        }
    }

    /// Reads a record. What of its content is wanted is appended to `buffer`: nothing of one that is passed over, whose headers
    /// are then returned as nothing.
    fn read(&mut self, max: usize, buffer: &mut Vec<u8>) -> Result<Option<(Headers, bool)>, Fault> {
        let headers = self.headers()?;
        let Some(length) = headers.length else {
            return Err(Fault::Bad("the record has no Content-Length, or none that is a number".to_owned()));
        };
        let wanted = match &headers.kind[..] {
            b"conversion" => max as u64 + 1,
            b"response" => RAW_LIMIT as u64,
            _ => 0,
        };
        let start = buffer.len();
        let taken = (&mut self.reader).take(length.min(wanted)).read_to_end(buffer)? as u64;
        let passed = io::copy(&mut (&mut self.reader).take(length - taken), &mut io::sink())?;
        self.at.offset += taken + passed;
        if taken + passed < length {
            self.give_back(start, buffer);
            return Err(Fault::Bad(format!(
                "the file ends {} bytes before the record does, by its Content-Length",
                length - taken - passed
            )));
        }
        let mut end = Vec::with_capacity(END.len());
        (&mut self.reader).take(END.len() as u64).read_to_end(&mut end)?;
        self.at.offset += end.len() as u64;
        // At the end of a file the last line ends may be missing.
        if !END.starts_with(&end) {
            self.prepend(end);
            self.give_back(start, buffer);
            return Err(Fault::Bad("the Content-Length is wrong: no record ends there".to_owned()));
        }
        let is_text = headers.kind == b"conversion";
        let is_page = is_text || headers.kind == b"response";
        Ok(is_page.then_some((headers, is_text)))
    }

    /// Puts bytes back before those that come next.
    fn prepend(&mut self, bytes: Vec<u8>) {
        self.at.offset -= bytes.len() as u64;
        let rest = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        self.reader = Box::new(Cursor::new(bytes).chain(rest));
    }

    /// Gives back what a wrong length has taken of the records behind.
    fn give_back(&mut self, start: usize, buffer: &mut Vec<u8>) {
        let mark = [END, VERSION].concat();
        if let Some(at) = memmem::find(&buffer[start..], &mark) {
            let next = start + at + END.len();
            self.prepend(buffer[next..].to_vec());
            buffer.truncate(next);
        }
    }

    /// Makes a JSON line of a record whose content stands in `buffer` from `start` on.
    fn put(&self, headers: &Headers, start: usize, buffer: &mut Vec<u8>) {
        let content = buffer.split_off(start);
        let [id, url, text] = &self.names;
        let fields = [
            (id.as_str(), &headers.id),
            (url.as_str(), &headers.url),
            ("date", &headers.date),
            ("language", &headers.language),
        ];
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            put_key(buffer, buffer.len() == start, name.as_bytes());
            put_string(buffer, value);
        }
        put_key(buffer, buffer.len() == start, text.as_bytes());
        buffer.push(b'"');
        put_escaped(buffer, &content);
        buffer.extend(*b"\"}");
    }
}

impl Cutter for Records {
    fn next(&mut self, max: usize, buffer: &mut Vec<u8>) -> Option<Cut> {
        let start = buffer.len();
        loop {
            let begun = self.begin();
            let (record, offset) = (self.at.record, self.at.offset);
            let outcome = match begun {
                Ok(false) => return None,
                Ok(true) => self.read(max, buffer),
                Err(fault) => Err(fault),
            };
            self.at.record += 1;
            let (flaw, is_last) = match outcome {
                Ok(None) => continue,
                Ok(Some((headers, true))) if buffer.len() - start <= max => {
                    self.put(&headers, start, buffer);
                    (None, false)
                }
                Ok(Some((_, true))) => (Some(too_large(max)), false),
                Ok(Some((headers, false))) => {
                    let url = String::from_utf8_lossy(&headers.url).into_owned();
                    let message =
                        format!("a response record is a page in HTML, which is not read yet: {url}");
                    (Some(Flaw(Cause::HtmlNotRead, message)), false)
                }
                Err(Fault::Failed(e)) => (Some(open::flaw(&e, self.compression)), true),
                Err(Fault::Bad(message)) => {
                    let rest = self.find_next();
                    (Some(Flaw(Cause::MalformedWarc, message)), rest.is_err())
                }
            };
            return Some(Cut { record, offset, flaw, is_last });
        }
    }

    fn within(&self) -> Within {
        self.at
    }
}

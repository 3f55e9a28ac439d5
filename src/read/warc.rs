//! Records of a WARC file that hold text, as JSON lines: the `conversion` records of a WET file (ISO 28500, 6.7).
//!
//! The address, the date and the identified languages are taken along. A `response` is a page in HTML, which is not read: it is
//! rejected, each by itself, so that nobody takes a crawl for a corpus of text. What describes the crawl (`warcinfo`, `request`,
//! `metadata` and the like) holds no page and is passed over.
//!
//! A record whose length is wrong is rejected; the next one is looked for by the line that begins it, also among the bytes that
//! the wrong length took in. When it is wrong: a page that quotes such a line behind two line ends is cut there, if its own
//! length is wrong too, or more than a record may have. Each wrong length costs the reading of so many bytes again.

use std::io::{self, BufRead, Read};

use memchr::memmem;

use super::cut::{Cut, Cutter, Within, put_key};
use super::lines::too_large;
use super::reject::{Cause, Flaw};
use super::{Compression, open};
use crate::config::InputConfig;
use crate::json::{put_escaped, put_string};

/// How every record begins.
const VERSION: &[u8] = b"WARC/1.";

/// What stands behind every record; some writers know only line feeds.
const ENDS: [&[u8]; 2] = [b"\r\n\r\n", b"\n\n"];

/// Bytes behind a record in which its end, and the beginning of the next one, are looked for.
const BEHIND: u64 = 16;

/// Bytes of all headers of a record at the most.
const MOST_HEADERS: u64 = 256 << 10;

pub(super) struct Records {
    reader: Pushback,
    /// A fault that was met while the next record was looked for.
    fault: Option<io::Error>,
    compression: Compression,
    names: [String; 3],
    at: Within,
}

/// A reader that takes bytes back.
struct Pushback {
    reader: Box<dyn BufRead + Send>,
    back: Vec<u8>,
    at: usize,
}

impl Pushback {
    fn take_back(&mut self, mut bytes: Vec<u8>) {
        bytes.extend_from_slice(&self.back[self.at..]);
        (self.back, self.at) = (bytes, 0);
    }
}

impl Read for Pushback {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Pushback {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at < self.back.len() { Ok(&self.back[self.at..]) } else { self.reader.fill_buf() }
    }

    fn consume(&mut self, count: usize) {
        if self.at < self.back.len() {
            self.at += count;
        } else {
            self.reader.consume(count);
        }
    }
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
    is_plain: bool,
}

fn without_brackets(value: &[u8]) -> &[u8] {
    let value = value.strip_prefix(b"<").unwrap_or(value);
    value.strip_suffix(b">").unwrap_or(value)
}

/// What a record is to us.
enum Content {
    Text,
    Html,
    /// It describes the crawl.
    Nothing,
}

impl Headers {
    /// Takes a header, `name: value`; what is none is passed over.
    fn set(&mut self, header: &[u8]) {
        let Some(colon) = header.iter().position(|byte| *byte == b':') else { return };
        let (name, value) = (header[..colon].to_ascii_lowercase(), header[colon + 1..].trim_ascii());
        match &name[..] {
            b"warc-type" => self.kind = value.to_ascii_lowercase(),
            b"content-length" => {
                self.length = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
            }
            b"warc-record-id" => self.id = without_brackets(value).to_vec(),
            // Some writers put it in brackets, as an earlier draft had it.
            b"warc-target-uri" => self.url = without_brackets(value).to_vec(),
            b"content-type" => self.is_plain = value.to_ascii_lowercase().starts_with(b"text/plain"),
            b"warc-date" => self.date = value.to_vec(),
            b"warc-identified-content-language" => self.language = value.to_vec(),
            _ => {}
        }
    }

    fn content(&self) -> Result<Content, Fault> {
        Ok(match &self.kind[..] {
            b"conversion" => Content::Text,
            b"resource" if self.is_plain => Content::Text,
            b"response" => Content::Html,
            b"warcinfo" | b"request" | b"metadata" | b"revisit" | b"continuation" | b"resource" => {
                Content::Nothing
            }
            b"" => return Err(Fault::Bad("the record has no WARC-Type".to_owned())),
            other => {
                let kind = String::from_utf8_lossy(other).into_owned();
                return Err(Fault::Bad(format!("the record is of an unknown WARC-Type, {kind:?}")));
            }
        })
    }
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
        let reader = Pushback { reader, back: Vec::new(), at: 0 };
        Self { reader, fault: None, compression, names, at: begin.unwrap_or_default() }
    }

    /// Reads a line of at most `most` bytes, with its end; empty at the end of the file.
    fn line(&mut self, most: u64) -> io::Result<Vec<u8>> {
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
            let line = self.line(MOST_HEADERS)?;
            if line.starts_with(VERSION) {
                self.take_back(line);
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
        let mut header = Vec::new();
        loop {
            let line = self.line(left)?;
            left -= line.len() as u64;
            if !line.ends_with(b"\n") {
                let message =
                    if left == 0 { "the headers are too long" } else { "the file ends in a header" };
                return Err(Fault::Bad(message.to_owned()));
            }
            let content = line.trim_ascii();
            // A line that begins with a space goes on with the header before it.
            if line.starts_with(b" ") || line.starts_with(b"\t") {
                header.push(b' ');
            } else {
                headers.set(&header);
                header.clear();
            }
            header.extend_from_slice(content);
            if content.is_empty() {
                headers.set(&header);
                return Ok(headers);
            }
        }
    }

    /// Reads a record; its content is appended to `buffer`, up to one byte more than `max`.
    fn read(&mut self, max: usize, buffer: &mut Vec<u8>) -> Result<(Headers, Content), Fault> {
        let headers = self.headers()?;
        let Some(length) = headers.length else {
            return Err(Fault::Bad("the record has no Content-Length, or none that is a number".to_owned()));
        };
        let start = buffer.len();
        let taken = (&mut self.reader).take(length.min(max as u64 + 1)).read_to_end(buffer)? as u64;
        self.at.offset += taken;
        let (mut taken, mut passed) = (taken, 0);
        if taken < length && taken > max as u64 {
            taken -= self.give_back_line(start, buffer);
            // Too long, or its length is wrong: bytes that are passed over cannot be given back, so it is found out now.
            let begins_inside = next_record(&buffer[start..]).is_some();
            passed = if begins_inside { 0 } else { self.pass_over(length - taken, &buffer[start..])? };
            if begins_inside || taken + passed < length {
                self.give_back(start, buffer);
                return Err(Fault::Bad(
                    "the record is too long, and by its Content-Length it holds the next one, or the end of the file"
                        .to_owned(),
                ));
            }
        } else if taken < length {
            self.give_back(start, buffer);
            return Err(Fault::Bad(format!(
                "the file ends {} bytes before the record does, by its Content-Length",
                length - taken
            )));
        }
        let mut behind = Vec::new();
        (&mut self.reader).take(BEHIND).read_to_end(&mut behind)?;
        self.at.offset += behind.len() as u64;
        // At the end of a file the last line ends may be missing.
        let end = ENDS.iter().find(|end| behind.starts_with(end) || end.starts_with(&behind));
        let Some(end) = end else {
            if passed == 0 {
                buffer.append(&mut behind);
            }
            self.take_back(behind);
            if passed == 0 && !self.give_back(start, buffer) {
                self.give_back_line(start, buffer);
            }
            return Err(Fault::Bad("the Content-Length is wrong: no record ends there".to_owned()));
        };
        self.take_back(behind.split_off(end.len().min(behind.len())));
        let content = headers.content()?;
        Ok((headers, content))
    }

    /// Puts bytes back before those that come next.
    fn take_back(&mut self, bytes: Vec<u8>) {
        self.at.offset -= bytes.len() as u64;
        self.reader.take_back(bytes);
    }

    /// Passes over so many bytes, but stops before a line that begins a record: says how many it passed.
    fn pass_over(&mut self, bytes: u64, before: &[u8]) -> io::Result<u64> {
        let mut is_blank = before.ends_with(b"\n\n") || before.ends_with(b"\n\r\n");
        let mut is_start = before.ends_with(b"\n") || before.ends_with(b"\n\r");
        let (mut passed, mut line) = (0, Vec::new());
        while passed < bytes {
            line.clear();
            (&mut self.reader).take((bytes - passed).min(MOST_HEADERS)).read_until(b'\n', &mut line)?;
            if line.is_empty() {
                break;
            }
            self.at.offset += line.len() as u64;
            if is_blank && may_begin(&line) {
                self.take_back(line);
                break;
            }
            passed += line.len() as u64;
            is_blank = is_start && line.trim_ascii().is_empty();
            is_start = line.ends_with(b"\n");
        }
        Ok(passed)
    }

    /// Gives back what a wrong length has taken of the records behind, if it has. The bytes of `buffer` are those read last.
    fn give_back(&mut self, start: usize, buffer: &mut Vec<u8>) -> bool {
        let next = next_record(&buffer[start..]);
        if let Some(at) = next {
            self.take_back(buffer[start + at..].to_vec());
            buffer.truncate(start + at);
        }
        next.is_some()
    }

    /// Gives back the last line where it is cut off and may begin a record: says how many bytes these are.
    fn give_back_line(&mut self, start: usize, buffer: &mut Vec<u8>) -> u64 {
        let line = memchr::memrchr(b'\n', &buffer[start..]).map_or(start, |end| start + end + 1);
        if line == buffer.len() || !may_begin(&buffer[line..]) {
            return 0;
        }
        let bytes = buffer.split_off(line);
        let length = bytes.len() as u64;
        self.take_back(bytes);
        length
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

/// Whether a line, or what there is of it, may begin a record.
fn may_begin(line: &[u8]) -> bool {
    line.starts_with(VERSION) || VERSION.starts_with(line)
}

/// Where behind a blank line a record begins.
fn next_record(content: &[u8]) -> Option<usize> {
    let is_behind_a_blank_line =
        |at: &usize| content[..*at].ends_with(b"\n") || content[..*at].ends_with(b"\n\r");
    let mark = [b"\n", VERSION].concat();
    memmem::find_iter(content, &mark).find(is_behind_a_blank_line).map(|at| at + 1)
}

impl Cutter for Records {
    fn next(&mut self, max: usize, buffer: &mut Vec<u8>) -> Option<Cut> {
        let start = buffer.len();
        loop {
            let (record, offset) = (self.at.record, self.at.offset);
            let begun = match self.fault.take() {
                Some(fault) => Err(Fault::Failed(fault)),
                None => self.begin(),
            };
            let outcome = match begun {
                Ok(false) => return None,
                Ok(true) => self.read(max, buffer),
                Err(fault) => Err(fault),
            };
            self.at.record += 1;
            let (flaw, is_last) = match outcome {
                Ok((_, Content::Nothing)) => {
                    buffer.truncate(start);
                    continue;
                }
                Ok((headers, Content::Text)) if buffer.len() - start <= max => {
                    self.put(&headers, start, buffer);
                    (None, false)
                }
                Ok((_, Content::Text)) => (Some(too_large(max)), false),
                Ok((headers, Content::Html)) => {
                    let url = String::from_utf8_lossy(&headers.url).into_owned();
                    let message =
                        format!("a response record is a page in HTML, which is not read yet: {url}");
                    (Some(Flaw(Cause::HtmlNotRead, message)), false)
                }
                Err(Fault::Failed(e)) => (Some(open::flaw(&e, self.compression)), true),
                Err(Fault::Bad(message)) => {
                    self.fault = self.find_next().err();
                    (Some(Flaw(Cause::MalformedWarc, message)), false)
                }
            };
            return Some(Cut { record, offset, flaw, is_last });
        }
    }

    fn within(&self) -> Within {
        self.at
    }
}

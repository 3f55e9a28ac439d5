//! A record that cannot become a document: where it stands, what is wrong with it, and its first bytes.

use std::fmt;
use std::sync::Arc;

use super::Input;

/// So much of a rejected record is kept, in bytes: enough to see what it is, little enough that a corpus of nothing but
/// huge broken lines does not fill the rejects file.
pub const RAW_LIMIT: usize = 64 << 10;

macro_rules! causes {
    ($($(#[$doc:meta])* $variant:ident $name:literal,)*) => {
        /// Why a record was rejected. The names are stable: they stand in every rejects file.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Cause { $($(#[$doc])* $variant,)* }

        impl Cause {
            /// Every cause, in the order of the documentation.
            pub const ALL: &[Cause] = &[$(Cause::$variant,)*];

            /// The stable name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Cause::$variant => $name,)* }
            }
        }
    };
}

causes! {
    /// The file cannot be opened.
    Unreadable "unreadable",
    /// The system reported an error in the middle of the file; the rest of it is missing.
    ReadError "read_error",
    /// The compressed file ends too early; what it still held was read.
    TruncatedArchive "truncated_archive",
    /// The compressed file is damaged; what stood before the damage was read.
    CorruptArchive "corrupt_archive",
    /// The file unpacks to far more than it is; see `input.max_ratio`.
    InflatesTooFar "inflates_too_far",
    /// The record is longer than `input.max_record`.
    RecordTooLarge "record_too_large",
    /// The record is not UTF-8.
    InvalidUtf8 "invalid_utf8",
    /// The text file has a UTF-16 byte order mark, but what follows is not UTF-16.
    InvalidUtf16 "invalid_utf16",
    /// The text holds U+0000, so it is hardly text.
    NulByte "nul_byte",
    /// The line is not one JSON value.
    MalformedJson "malformed_json",
    /// The line is JSON, but not an object.
    NotAnObject "not_an_object",
    /// The text, id or url field occurs twice, and nothing says which one holds.
    DuplicateField "duplicate_field",
    /// The header of a table is too long, is not UTF-8, or names a column twice.
    BadHeader "bad_header",
    /// The row has more or fewer fields than the header.
    RaggedRow "ragged_row",
    /// The record of a web archive does not begin or end where it should.
    MalformedWarc "malformed_warc",
    /// The record of a web archive is a page in HTML.
    HtmlNotRead "html_not_read",
    /// There is no text field, or it is null.
    MissingText "missing_text",
    /// The text field is not a string.
    TextNotAString "text_not_a_string",
    /// The text is empty or only white space.
    EmptyText "empty_text",
    /// The text has more than a million lines.
    TooManyLines "too_many_lines",
    /// The id field is neither a string nor a number.
    BadId "bad_id",
    /// An earlier record has the same id.
    DuplicateId "duplicate_id",
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A record, or the rest of a file, that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The input's [`path`](Input::path).
    pub path: Arc<str>,
    /// The record in it, from 0; where the file itself failed, the first record that is missing.
    pub record: u64,
    /// Byte offset of the record in the decompressed file.
    pub offset: u64,
    /// What is wrong, by its stable name.
    pub cause: Cause,
    /// What is wrong, in words. Columns count bytes from 1.
    pub message: String,
    /// The record's first bytes, at most 64 KiB.
    pub raw: Vec<u8>,
}

impl Reject {
    pub(super) fn new(input: &Input, record: u64, offset: u64, flaw: Flaw, raw: &[u8]) -> Self {
        let Flaw(cause, message) = flaw;
        Self { path: Arc::clone(&input.path), record, offset, cause, message, raw: clip(raw).to_vec() }
    }
}

/// What is wrong with a record, before it is known where that record stands.
pub(super) struct Flaw(pub Cause, pub String);

/// The first [`RAW_LIMIT`] bytes, less the beginning of a character that would be cut in two: what was UTF-8 stays UTF-8.
fn clip(raw: &[u8]) -> &[u8] {
    let continues = |byte: u8| byte & 0b1100_0000 == 0b1000_0000;
    match raw.get(RAW_LIMIT) {
        None => raw,
        Some(_) => {
            let cut = (RAW_LIMIT - 3..=RAW_LIMIT).rev().find(|&at| !continues(raw[at])).unwrap_or(RAW_LIMIT);
            &raw[..cut]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_variants_in_snake_case() {
        for cause in Cause::ALL {
            let mut snake = String::new();
            for c in format!("{cause:?}").chars() {
                if c.is_uppercase() && !snake.is_empty() {
                    snake.push('_');
                }
                snake.extend(c.to_lowercase());
            }
            assert_eq!(cause.name(), snake);
        }
    }

    #[test]
    fn clipping_cuts_no_character() {
        let text = format!("x{}", "語".repeat(RAW_LIMIT));
        let clipped = clip(text.as_bytes());
        assert!(clipped.len() > RAW_LIMIT - 3 && clipped.len() <= RAW_LIMIT);
        assert!(std::str::from_utf8(clipped).is_ok());
        assert_eq!(clip(&vec![0x80; RAW_LIMIT + 1]).len(), RAW_LIMIT);
        assert_eq!(clip(b"short"), b"short");
    }
}

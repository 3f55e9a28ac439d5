//! Dates of pages: from "22 апреля 2016 г., 18:34" to `2016-04-22T18:34`.
//!
//! Only short lines are read, because a date line is wanted, not every date that a paragraph mentions; and
//! [`Found::share_of_line`] tells the one from the other. The result is as precise as the page: no day, time or zone
//! is invented. Month and weekday names and the words that stand around dates are data, in `words.txt`.
//!
//! An all-numeric date is read day first (`04/05/2016` is 4 May) unless the day or month would be impossible:
//! most of the world writes so, and nothing in the line says otherwise. It is wrong on an American page in the first
//! twelve days of a month; [`find_in`] takes the order from a caller who knows. Calendars other than the Gregorian are
//! read only where the era stands before the year (平成28年).

mod parse;
mod words;

use std::ops::Range;

use parse::{Moment, moment_at};
use words::{Role, Token, TokenKind, digit, tokens};

/// Lines with more characters are paragraphs.
const MAX_CHARS: usize = 120;
/// A date that could be something else (`03.10.12`, `out 2016`) counts only where it is at least this share of its
/// line.
const MIN_SHARE_OF_DOUBTFUL: f32 = 0.7;

/// A date in a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its bytes in the text, with the time and the offset; on character boundaries.
    pub span: Range<usize>,
    /// `2016-04`, `2016-04-22`, `2016-04-22T19:38` or `2016-04-22T19:38:05`, the last two with an offset (`Z`,
    /// `+02:00`) where the line has one.
    pub iso: String,
    /// How much of it the line says.
    pub precision: Precision,
    /// How much of the line's letters and digits is date, from 0 to 1: this and other dates, weekdays, and words such
    /// as "Published", "at", "Uhr". At least 0.7: the line is nothing but a date.
    pub share_of_line: f32,
}

/// The smallest unit that a date names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// Year and month.
    Month,
    /// A day.
    Day,
    /// A day and a time of the day.
    Minute,
    /// A day and a time with seconds.
    Second,
}

/// The first date of a line of at most 120 characters, numeric dates read day first.
#[must_use]
pub fn find(text: &str) -> Option<Found> {
    find_in(text, true)
}

/// The first date of a line of at most 120 characters. `day_first`: how to read `04/05/2016`, where both are possible.
#[must_use]
pub fn find_in(text: &str, day_first: bool) -> Option<Found> {
    if !is_within(text, MAX_CHARS) || !has_digits(text) {
        return None;
    }
    let tokens: Vec<Token> = tokens(text).collect();
    let mut dates: Vec<(Moment, Range<usize>)> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match moment_at(&tokens, at, day_first) {
            Some((moment, next)) => {
                dates.push((moment, at..next));
                at = next;
            }
            None => at += 1,
        }
    }
    let share_of_line = share(&tokens, &dates);
    let (moment, range) =
        dates.into_iter().find(|(moment, _)| !moment.doubtful || share_of_line >= MIN_SHARE_OF_DOUBTFUL)?;
    Some(Found {
        span: tokens[range.start].start..tokens[range.end - 1].end,
        iso: moment.iso(),
        precision: moment.precision(),
        share_of_line,
    })
}

/// Whether a line gives a time relative to now and nothing else: "3 hours ago", "вчера, 19:38", "3小时前".
///
/// Such a line stands under a teaser or a title; it names no date that could be written down.
#[must_use]
pub fn is_relative(text: &str) -> bool {
    /// "Last updated about 3 hours ago" and the like in longer languages.
    const MAX_RELATIVE_CHARS: usize = 60;
    if !is_within(text, MAX_RELATIVE_CHARS) {
        return false;
    }
    let mut said = Role::NONE;
    for token in tokens(text) {
        if let TokenKind::Word(word) = token.kind {
            if !word.is_known() {
                return false;
            }
            said = said.with(word.roles);
        }
    }
    said.has(Role::TODAY) || (said.has(Role::RELATIVE) && said.has(Role::UNIT))
}

fn is_within(text: &str, max_chars: usize) -> bool {
    text.len() <= max_chars || text.chars().nth(max_chars).is_none()
}

/// Whether a line has the digits of the shortest date: four, and two where a year may be a word (令和元年5月1日).
fn has_digits(text: &str) -> bool {
    if text.is_ascii() {
        return text.bytes().filter(u8::is_ascii_digit).count() >= 4;
    }
    text.chars().filter(|&c| digit(c).is_some()).nth(1).is_some()
}

/// The share of letters and digits in `tokens` that `dates` and the words around dates cover.
fn share(tokens: &[Token], dates: &[(Moment, Range<usize>)]) -> f32 {
    let (mut all, mut covered) = (0, 0);
    for (at, token) in tokens.iter().enumerate() {
        all += token.chars;
        let around = matches!(token.kind, TokenKind::Word(word) if word.is_known());
        if around || dates.iter().any(|(_, range)| range.contains(&at)) {
            covered += token.chars;
        }
    }
    if all == 0 { 0.0 } else { covered as f32 / all as f32 }
}

#[cfg(test)]
mod tests;

//! The shapes of dates: which numbers, names and signs in a row are a day of the calendar.

use std::fmt::Write;

use jiff::civil;

use super::Precision;
use super::words::{Role, Token, TokenKind, Word};

/// Years that a page's date may have.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2100;
/// Tokens between a date and its time: "22. April 2016 (Freitag), um 19:38".
const MAX_BETWEEN: usize = 5;

/// A date and perhaps a time, as written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    date: Date,
    time: Option<Time>,
    /// Whether the same signs may well mean something else.
    pub(super) doubtful: bool,
}

#[derive(Debug, Clone, Copy)]
struct Date {
    year: u32,
    month: u32,
    day: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Time {
    hour: u32,
    minute: u32,
    second: Option<u32>,
    /// Minutes east of Greenwich.
    offset: Option<i32>,
}

impl Moment {
    pub(super) fn precision(&self) -> Precision {
        match (self.date.day, self.time) {
            (None, _) => Precision::Month,
            (Some(_), None) => Precision::Day,
            (_, Some(Time { second: None, .. })) => Precision::Minute,
            (_, Some(Time { second: Some(_), .. })) => Precision::Second,
        }
    }

    pub(super) fn iso(&self) -> String {
        let mut iso = format!("{:04}-{:02}", self.date.year, self.date.month);
        // Writing to a string cannot fail.
        let mut add = |part: std::fmt::Arguments<'_>| iso.write_fmt(part).unwrap_or_default();
        if let Some(day) = self.date.day {
            add(format_args!("-{day:02}"));
        }
        if let Some(time) = self.time {
            add(format_args!("T{:02}:{:02}", time.hour, time.minute));
            if let Some(second) = time.second {
                add(format_args!(":{second:02}"));
            }
            match time.offset {
                None => {}
                Some(0) => add(format_args!("Z")),
                Some(east) => {
                    let sign = if east < 0 { '-' } else { '+' };
                    add(format_args!("{sign}{:02}:{:02}", east.abs() / 60, east.abs() % 60));
                }
            }
        }
        iso
    }
}

/// The date that begins at token `at`, with a time before or after it, and the token after its last one.
pub(super) fn moment_at(tokens: &[Token], at: usize, day_first: bool) -> Option<(Moment, usize)> {
    let line = Line { tokens, day_first };
    if let Some((time, next)) = line.time(at)
        && let Some((date, doubtful, next)) = line.over_between(next, |at| line.date(at))
        && date.day.is_some()
    {
        return Some((Moment { date, time: Some(time), doubtful }, next));
    }
    let (date, doubtful, next) = line.date(at)?;
    let time = date.day.and_then(|_| line.over_between(next, |at| line.time(at)));
    let (time, next) = time.map_or((None, next), |(time, next)| (Some(time), next));
    Some((Moment { date, time, doubtful }, next))
}

/// A date, whether it is doubtful, and the token after it.
type DateAt = Option<(Date, bool, usize)>;

struct Line<'t> {
    tokens: &'t [Token],
    day_first: bool,
}

impl Line<'_> {
    fn date(&self, at: usize) -> DateAt {
        match self.tokens.get(at)?.kind {
            TokenKind::Number { digits: 4, .. } => self.year_with_mark(at).or_else(|| self.year_first(at)),
            TokenKind::Number { .. } => self.numeric(at).or_else(|| self.day_and_name(at)),
            TokenKind::Word(word) if word.era > 0 => self.year_with_mark(at),
            TokenKind::Word(word) if word.month > 0 => self.name_first(at, word.month.into()),
            _ => None,
        }
    }

    /// 2016年4月22日, 平成28年4月, 2016년 4월 22일.
    fn year_with_mark(&self, at: usize) -> DateAt {
        let (era, at) =
            self.word(at).filter(|word| word.era > 0).map_or((0, at), |word| (u32::from(word.era), at + 1));
        let year = match self.number(at, 4) {
            Some(number) => era + number,
            None if era > 0 && self.is(at, Role::FIRST) => era + 1,
            None => return None,
        };
        let month = self.number(at + 2, 2)?;
        if !self.is(at + 1, Role::YEAR) || !self.is(at + 3, Role::MONTH) {
            return None;
        }
        match self.number(at + 4, 2) {
            Some(day) if self.is(at + 5, Role::DAY) => checked(year, month, Some(day), false, at + 6),
            _ => checked(year, month, None, false, at + 4),
        }
    }

    /// 2016-04-22, 2016/4/22, 2016. 4. 22., 2016-Apr-22, 2016-04.
    fn year_first(&self, at: usize) -> DateAt {
        let year = self.year(at)?;
        let separator = self.separator(at + 1)?;
        let month = self.month_name(at + 2).or_else(|| self.number(at + 2, 2))?;
        if self.separator(at + 3) == Some(separator) {
            let day = self.number(at + 4, 2)?;
            return self
                .alone(at, at + 4, separator)
                .then(|| checked(year, month, Some(day), false, at + 5))?;
        }
        // 2010-11 is a season more often than a month.
        let is_span = month == year % 100 + 1;
        let two_digits = self.has_two_digits(at + 2);
        (separator == '-' && two_digits && !is_span && self.alone(at, at + 2, separator))
            .then(|| checked(year, month, None, true, at + 3))?
    }

    /// 22/04/2016, 22. 4. 2016, 4/22/16.
    fn numeric(&self, at: usize) -> DateAt {
        let (first, second) = (self.number(at, 2)?, self.number(at + 2, 2)?);
        let separator = self.separator(at + 1)?;
        if self.separator(at + 3) != Some(separator) || !self.alone(at, at + 4, separator) {
            return None;
        }
        let (year, doubtful) = match self.year(at + 4) {
            Some(year) => (year, false),
            None => {
                let all_two = [at, at + 2, at + 4].into_iter().all(|at| self.has_two_digits(at));
                let short = self.short_year(at + 4).filter(|_| separator == '/' || all_two)?;
                (short, true)
            }
        };
        // With dots nobody writes the month first.
        let month_first =
            || checked(year, first, Some(second), doubtful, at + 5).filter(|_| separator != '.');
        let day_first = || checked(year, second, Some(first), doubtful, at + 5);
        if self.day_first { day_first().or_else(month_first) } else { month_first().or_else(day_first) }
    }

    /// 22 April 2016, 22nd of April, 2016, 1er avril 2016, 22 de abril de 2016, 22-Apr-16.
    fn day_and_name(&self, at: usize) -> DateAt {
        let day = self.number(at, 2)?;
        let name = self.over_joint(self.after_ordinal(at + 1));
        let month = self.month_name(name)?;
        let year_at = self.over_joint(name + 1);
        if let Some(year) = self.year(year_at) {
            return checked(year, month, Some(day), false, year_at + 1);
        }
        let short = self
            .sign(name + 1)
            .filter(|sign| matches!(sign, '-' | '\'' | '’'))
            .and(self.short_year(name + 2))?;
        checked(short, month, Some(day), true, name + 3)
    }

    /// April 22, 2016; Apr 22nd 2016; abril 22 de 2016; April 2016.
    fn name_first(&self, at: usize, month: u32) -> DateAt {
        let next = self.over_joint(at + 1);
        if let Some(year) = self.year(next) {
            // "31 February 2016" is no February 2016.
            let after_day =
                (0..at).rev().find(|&at| self.sign(at).is_none()).is_some_and(|at| self.is_number(at));
            return checked(year, month, None, true, next + 1).filter(|_| !after_day);
        }
        let day = self.number(next, 2)?;
        let year_at = self.over_joint(self.after_ordinal(next + 1));
        checked(self.year(year_at)?, month, Some(day), false, year_at + 1)
    }

    /// 19:38, 7:38:05 PM, 19h38, 19.38 Uhr, 午後7時38分, 19:38:00+02:00.
    fn time(&self, at: usize) -> Option<(Time, usize)> {
        // Only Chinese, Japanese and Korean put the half of the day first; elsewhere "am" is a preposition.
        let wide =
            self.tokens.get(at).is_some_and(|token| token.end - token.start == 3 * token.chars as usize);
        let half_before = self.half(at).filter(|_| wide);
        let at = at + usize::from(half_before.is_some());
        let mut hour = self.number(at, 2)?;
        let minute = self.number(at + 2, 2)?;
        let two_digits = self.has_two_digits(at + 2);
        let (mut second, mut next) = (None, at + 3);
        if self.is(at + 1, Role::HOUR) {
            next += usize::from(self.is(next, Role::MINUTE));
            if self.is(next + 1, Role::SECOND) {
                second = self.number(next, 2);
                next += 2 * usize::from(second.is_some());
            }
        } else if self.sign(at + 1) == Some(':') && two_digits {
            if self.sign(next) == Some(':') {
                second = self.number(next + 1, 2);
                next += 2 * usize::from(second.is_some());
            }
            let fraction =
                second.is_some() && matches!(self.sign(next), Some('.' | ',')) && self.touches(next + 1);
            next += 2 * usize::from(fraction && self.is_number(next + 1));
        } else if self.sign(at + 1) == Some('.') && two_digits {
            let before = (0..at).rev().find(|&at| self.sign(at) != Some('.'));
            if !self.is(next, Role::AROUND) && !before.is_some_and(|at| self.is(at, Role::AROUND)) {
                return None; // 19.38 alone may be a price
            }
        } else {
            return None;
        }
        let half_after = self.half(next);
        next += usize::from(half_after.is_some());
        match half_before.or(half_after) {
            Some(Half::Second) if hour < 12 => hour += 12,
            Some(Half::First) if hour == 12 => hour = 0,
            _ => {}
        }
        if hour > 23 || minute > 59 || second.is_some_and(|second| second > 59) {
            return None;
        }
        let (offset, next) = self.offset(next, second.is_some());
        Some((Time { hour, minute, second, offset }, next))
    }

    /// Z, GMT, UTC+2, +02:00, +0200. A minus after a time without seconds is a range: 10:00-12:00.
    fn offset(&self, at: usize, after_seconds: bool) -> (Option<i32>, usize) {
        let utc = self.is(at, Role::UTC);
        let sign_at = at + usize::from(utc);
        let east = match self.sign(sign_at) {
            Some('+') => 1,
            Some('-' | '−') if after_seconds || utc => -1,
            _ => 0,
        };
        let (hours, minutes, next) = match self.tokens.get(sign_at + 1).map(|token| token.kind) {
            Some(TokenKind::Number { value, digits: 4 }) => (value / 100, value % 100, sign_at + 2),
            Some(TokenKind::Number { value, digits: 1 | 2 }) => {
                match self.number(sign_at + 3, 2).filter(|_| self.sign(sign_at + 2) == Some(':')) {
                    Some(minutes) => (value, minutes, sign_at + 4),
                    None if utc => (value, 0, sign_at + 2),
                    None => (u32::MAX, 0, sign_at),
                }
            }
            _ => (u32::MAX, 0, sign_at),
        };
        if east != 0 && hours <= 14 && minutes < 60 {
            (Some(east * (hours * 60 + minutes) as i32), next)
        } else {
            (utc.then_some(0), sign_at)
        }
    }

    /// What `read` finds at `at`, or after a few signs and words that may stand between a date and a time.
    fn over_between<T>(&self, at: usize, read: impl Fn(usize) -> Option<T>) -> Option<T> {
        for at in at..=at + MAX_BETWEEN {
            if let Some(found) = read(at) {
                return Some(found);
            }
            match self.tokens.get(at)?.kind {
                TokenKind::Sign(_) => {}
                TokenKind::Word(word) if word.roles.has(BETWEEN) => {}
                _ => return None,
            }
        }
        None
    }

    /// Over a point, comma, hyphen or slash and an "of" between the parts of a date.
    fn over_joint(&self, mut at: usize) -> usize {
        at += usize::from(matches!(self.sign(at), Some('.' | ',' | '-' | '/' | '،' | '–')));
        at + usize::from(self.is(at, Role::OF))
    }

    fn after_ordinal(&self, at: usize) -> usize {
        at + usize::from(self.is(at, Role::ORDINAL) && self.touches(at))
    }

    /// Whether the date from `first` to `last` is no part of a longer row of numbers, as in 10.22.04.2016.
    fn alone(&self, first: usize, last: usize, separator: char) -> bool {
        let before = first >= 2 && self.sign(first - 1) == Some(separator) && self.is_number(first - 2);
        let after =
            self.sign(last + 1) == Some(separator) && self.is_number(last + 2) && self.touches(last + 2);
        !before && !after
    }

    fn is_number(&self, at: usize) -> bool {
        matches!(self.tokens.get(at), Some(Token { kind: TokenKind::Number { .. }, .. }))
    }

    fn has_two_digits(&self, at: usize) -> bool {
        matches!(self.tokens.get(at), Some(Token { kind: TokenKind::Number { digits: 2, .. }, .. }))
    }

    /// Whether no white space stands before the token.
    fn touches(&self, at: usize) -> bool {
        at > 0 && self.tokens.get(at).is_some_and(|token| token.start == self.tokens[at - 1].end)
    }

    fn number(&self, at: usize, max_digits: usize) -> Option<u32> {
        match self.tokens.get(at)?.kind {
            TokenKind::Number { value, digits } if digits <= max_digits => Some(value),
            _ => None,
        }
    }

    fn year(&self, at: usize) -> Option<u32> {
        self.number(at, 4).filter(|year| YEARS.contains(year))
    }

    /// 16 is 2016, 71 is 1971.
    fn short_year(&self, at: usize) -> Option<u32> {
        let year = self.number(at, 2).filter(|_| self.has_two_digits(at))?;
        Some(if year < 70 { 2000 + year } else { 1900 + year })
    }

    fn word(&self, at: usize) -> Option<Word> {
        match self.tokens.get(at)?.kind {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    fn is(&self, at: usize, role: Role) -> bool {
        self.word(at).is_some_and(|word| word.roles.has(role))
    }

    fn month_name(&self, at: usize) -> Option<u32> {
        self.word(at).map(|word| word.month.into()).filter(|&month| month > 0)
    }

    fn half(&self, at: usize) -> Option<Half> {
        let roles = self.word(at)?.roles;
        if roles.has(Role::PM) { Some(Half::Second) } else { roles.has(Role::AM).then_some(Half::First) }
    }

    fn sign(&self, at: usize) -> Option<char> {
        match self.tokens.get(at)?.kind {
            TokenKind::Sign(sign) => Some(sign),
            _ => None,
        }
    }

    fn separator(&self, at: usize) -> Option<char> {
        self.sign(at).filter(|sign| matches!(sign, '-' | '/' | '.'))
    }
}

/// Words that may stand between a date and a time.
const BETWEEN: Role = Role::AROUND.with(Role::WEEKDAY).with(Role::OF).with(Role::YEAR);

/// Half of the day.
#[derive(Clone, Copy)]
enum Half {
    First,
    Second,
}

/// The date, where the calendar has it.
fn checked(year: u32, month: u32, day: Option<u32>, doubtful: bool, next: usize) -> DateAt {
    let in_calendar = civil::Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day.unwrap_or(1)).ok()?,
    );
    (in_calendar.is_ok() && YEARS.contains(&year)).then_some((Date { year, month, day }, doubtful, next))
}

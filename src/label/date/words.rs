//! The vocabulary of dates, and the cut of a line into numbers, words and signs.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use crate::label::key_map::{KeyMap, is_accent, word_key};

/// What a word may be in a date; several at once ("mar" is a month and a weekday).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Role(u32);

macro_rules! roles {
    ($($name:ident $word:literal $bit:literal,)*) => {
        impl Role {
            pub(super) const NONE: Self = Self(0);
            $(pub(super) const $name: Self = Self(1 << $bit);)*

            fn named(name: &str) -> Option<Self> {
                match name {
                    $($word => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

roles! {
    WEEKDAY "weekday" 0,
    AROUND "around" 1,
    RELATIVE "relative" 2,
    UNIT "unit" 3,
    QUANTITY "quantity" 4,
    TODAY "today" 5,
    YEAR "year" 6,
    MONTH "month" 7,
    DAY "day" 8,
    HOUR "hour" 9,
    MINUTE "minute" 10,
    SECOND "second" 11,
    FIRST "first" 12,
    AM "am" 13,
    PM "pm" 14,
    UTC "utc" 15,
    ORDINAL "ordinal" 16,
    OF "of" 17,
}

impl Role {
    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What the vocabulary knows of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Word {
    pub(super) roles: Role,
    /// 1 to 12 where it names a month, else 0.
    pub(super) month: u8,
    /// The year before the first one of the era that it names, else 0.
    pub(super) era: u16,
}

impl Word {
    pub(super) fn is_known(self) -> bool {
        self != Self::default()
    }
}

/// A number, a word or a sign of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// First byte in the line.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
    /// Its letters and digits.
    pub(super) chars: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum TokenKind {
    /// A run of decimal digits of any script. `value` is 0 where there are more than eight.
    Number {
        value: u32,
        digits: usize,
    },
    Word(Word),
    Sign(char),
}

/// Most characters of a word in a script without spaces ("最終更新日").
const MAX_UNSPACED: usize = 5;

/// Cuts a line up. White space separates and is dropped.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Token> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at = text.len() - text[at..].trim_start().len();
        let rest = &text[at..];
        let c = rest.chars().next()?;
        let (kind, len, chars) = if digit(c).is_some() {
            number(rest)
        } else if is_unspaced(c) {
            unspaced_word(rest)
        } else if c.is_alphabetic() {
            word(rest)
        } else {
            (TokenKind::Sign(c), c.len_utf8(), 0)
        };
        let token = Token { kind, start: at, end: at + len, chars };
        at = token.end;
        Some(token)
    })
}

fn number(text: &str) -> (TokenKind, usize, u32) {
    let (mut value, mut digits, mut len) = (0u32, 0, 0);
    for c in text.chars() {
        let Some(digit) = digit(c) else { break };
        value = if digits < 8 { value * 10 + digit } else { 0 };
        digits += 1;
        len += c.len_utf8();
    }
    (TokenKind::Number { value, digits }, len, digits as u32)
}

/// The value of a digit of the European, Arabic, Persian or full-width set.
pub(super) fn digit(c: char) -> Option<u32> {
    let zero = match c {
        '0'..='9' => '0',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6F0}'..='\u{6F9}' => '\u{6F0}',
        '\u{FF10}'..='\u{FF19}' => '\u{FF10}',
        _ => return None,
    };
    Some(c as u32 - zero as u32)
}

fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}')
}

/// The longest known word that the text begins with, or one character.
fn unspaced_word(text: &str) -> (TokenKind, usize, u32) {
    let mut longest = (TokenKind::Word(Word::default()), text.chars().next().map_or(0, char::len_utf8), 1);
    if !Vocabulary::built_in().begins_unspaced(text) {
        return longest;
    }
    let run = text.char_indices().take(MAX_UNSPACED).take_while(|&(_, c)| is_unspaced(c));
    for (chars, (at, c)) in (1..).zip(run) {
        let end = at + c.len_utf8();
        let word = look_up(&text[..end]);
        if word.is_known() {
            longest = (TokenKind::Word(word), end, chars);
        }
    }
    longest
}

/// A run of letters. "p.m" and "п'ятниця" are one word; so is an Arabic month of two words.
fn word(text: &str) -> (TokenKind, usize, u32) {
    let mut end = letters(text);
    if let Some(rest) = text[end..].strip_prefix(['\'', '’', '.']) {
        let joined = text.len() - rest.len() + letters(rest);
        let is_half = || end <= 2 && look_up(&text[..joined]).roles.has(Role::AM.with(Role::PM));
        if !text[end..].starts_with('.') || is_half() {
            end = joined;
        }
    }
    let mut found = look_up(&text[..end]);
    if !found.is_known() && text.starts_with(is_arabic) && text[end..].starts_with(' ') {
        let two = end + 1 + letters(&text[end + 1..]);
        let pair = look_up(&text[..two]);
        if pair.month > 0 {
            (found, end) = (pair, two);
        }
    }
    let chars = text[..end].chars().filter(|c| c.is_alphabetic()).count();
    (TokenKind::Word(found), end, chars as u32)
}

/// Bytes of the run of letters that the text begins with.
fn letters(text: &str) -> usize {
    let ascii = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    if text.as_bytes().get(ascii).is_none_or(u8::is_ascii) {
        return ascii;
    }
    let other = |c: char| !(c.is_alphabetic() || is_accent(c)) || is_unspaced(c);
    text.find(other).unwrap_or(text.len())
}

fn is_arabic(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{6FF}')
}

fn look_up(word: &str) -> Word {
    word_key(word).and_then(|key| Vocabulary::built_in().words.get(&key).copied()).unwrap_or_default()
}

/// The words of `words.txt`, by their keys.
struct Vocabulary {
    words: KeyMap<Word>,
    /// First characters of the words in scripts without spaces, sorted.
    unspaced: Vec<char>,
}

impl Vocabulary {
    fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Vocabulary> =
            LazyLock::new(|| Vocabulary::parse(include_str!("words.txt")));
        &BUILT_IN
    }

    fn parse(file: &str) -> Self {
        let mut vocabulary = Self { words: KeyMap::default(), unspaced: Vec::new() };
        let lines = file.lines().filter(|line| !line.starts_with('#'));
        for (heading, list) in lines.filter_map(|line| line.split_once(": ")) {
            let (role, detail) = heading.split_once(' ').unwrap_or((heading, ""));
            if matches!(role, "months" | "short_months") {
                for (month, names) in (1..).zip(list.split('|')) {
                    vocabulary.learn(names, |word| word.month = month);
                }
            } else if role == "era" {
                let year_before = detail.parse().unwrap_or_default();
                vocabulary.learn(list, |word| word.era = year_before);
            } else if let Some(role) = Role::named(role) {
                vocabulary.learn(list, |word| word.roles = word.roles.with(role));
            }
        }
        vocabulary.unspaced.sort_unstable();
        vocabulary.unspaced.dedup();
        vocabulary
    }

    /// Adds to what is known of each word of a list, under its spelling with accents and without.
    fn learn(&mut self, list: &str, add: impl Fn(&mut Word)) {
        for name in list.split_whitespace() {
            let plain = name.replace('_', " ");
            let bare: String = plain.nfd().filter(|&c| !is_accent(c)).nfc().collect();
            let mut keys = [plain, bare].map(|spelling| word_key(&spelling)).to_vec();
            keys.dedup();
            keys.into_iter().flatten().for_each(|key| add(self.words.entry(key).or_default()));
            self.unspaced.extend(name.chars().next().filter(|&c| is_unspaced(c)));
        }
    }

    fn begins_unspaced(&self, text: &str) -> bool {
        text.chars().next().is_some_and(|c| self.unspaced.binary_search(&c).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn every_role_of_the_file_is_known_and_no_month_has_two_numbers() {
        let mut months = HashMap::new();
        for line in
            include_str!("words.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (heading, list) = line.split_once(": ").expect(line);
            let (role, _) = heading.split_once(' ').expect(line);
            if role.ends_with("months") {
                assert_eq!(list.split('|').count(), 12, "{line}");
                for (number, names) in list.split('|').enumerate() {
                    for name in names.split_whitespace() {
                        assert_eq!(*months.entry(name.to_owned()).or_insert(number), number, "{name}");
                    }
                }
            } else {
                assert!(role == "era" || Role::named(role).is_some(), "{line}");
            }
        }
    }
}

//! Phrases that give a line's role away, in some twenty languages.
//!
//! "Read also", "Photo by", "All rights reserved": pages say what their furniture is, in a few hundred set phrases a
//! language. The phrases are data, one file a kind under `cues/`; this module only looks them up. A line of a file is
//! `LANGUAGE: phrase | phrase …`, and a phrase is written as it stands on pages, with marks for where it may stand:
//!
//! | written | the cue is |
//! | --- | --- |
//! | `phrase` | the whole line |
//! | `phrase:` | the whole line, or its beginning when a colon follows |
//! | `phrase*` | the whole line, or its beginning when the word ends there |
//! | `*phrase*` | anywhere in a short line, or near the end of a long one |
//!
//! "The whole line" disregards what is no letter at either end: bullets, arrows, a count as in "Comments (12)". Each
//! phrase is also found without its accents, as capitals are often written (`ΔΙΑΒΑΣΤΕ ΕΠΙΣΗΣ`, `A LIRE AUSSI`).
//!
//! Lookup hashes the few prefixes of a line that end at a word, so its cost does not grow with the number of phrases
//! or the length of a paragraph. A cue is evidence, not a verdict: "Culture" may be a menu entry or a heading of the
//! article, and `by*` meets every sentence that begins with "By".

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use xxhash_rust::xxh3::xxh3_64;

use super::key_map::KeyMap;
use crate::fingerprint::normalise_into;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $name:literal,)*) => {
        /// What a cue says about its line.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $($(#[$doc])* $variant,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Kind] = &[$(Kind::$variant,)*];

            /// The stable name, which is also that of its file.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Kind::$variant => $name,)* }
            }

            fn phrases(self) -> &'static str {
                match self { $(Kind::$variant => include_str!(concat!("cues/", $name, ".txt")),)* }
            }
        }
    };
}

kinds! {
    /// Heads a section of other articles.
    RelatedHeading "related_heading",
    /// Stands where content should be.
    Placeholder "placeholder",
    /// Names a field, before a colon.
    FieldLabel "field_label",
    /// Says where the page was published or filed.
    Publication "publication",
    /// Begins the words under a picture.
    Caption "caption",
    /// Credits a picture.
    CaptionCredit "caption_credit",
    /// Begins the author's line.
    Byline "byline",
    /// Share, print and follow lines.
    Share "share",
    /// Advertising, newsletters, appeals.
    Promo "promo",
    /// Copyright, terms, cookies.
    Legal "legal",
    /// Comments and their forms.
    Comment "comment",
    /// Menus and page turning.
    Navigation "navigation",
    /// Leads to the rest of a shortened text.
    ReadMore "read_more",
}

/// The cues found in a line: for each kind, whether it is the whole line, its beginning, or inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hits {
    whole: u16,
    start: u16,
    inside: u16,
}

impl Hits {
    /// Whether the line has a cue of this kind at all.
    #[must_use]
    pub fn has(self, kind: Kind) -> bool {
        (self.whole | self.start | self.inside) & bit(kind) != 0
    }

    /// Whether a cue of this kind is the whole line.
    #[must_use]
    pub fn whole(self, kind: Kind) -> bool {
        self.whole & bit(kind) != 0
    }

    /// Whether the line begins with a cue of this kind, and more text may follow.
    #[must_use]
    pub fn start(self, kind: Kind) -> bool {
        self.start & bit(kind) != 0
    }

    /// Whether the line holds a cue of this kind, wherever it stands.
    #[must_use]
    pub fn inside(self, kind: Kind) -> bool {
        self.inside & bit(kind) != 0
    }

    /// Whether the line has no cue.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

fn bit(kind: Kind) -> u16 {
    1 << kind as u16
}

/// Up to this many bytes a line is searched whole for cues inside it; of a longer one, only the end.
const SHORT_LINE: usize = 200;
/// Bytes at the end of a longer line that are searched: room for "(Photo by Someone/Agency via Other)".
const LINE_END: usize = 100;

/// What a phrase means at each place. A phrase is known by its 64-bit hash alone: among ten thousand phrases, a
/// wrong match is a matter of one line in 10^15.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    whole: u16,
    start: u16,
    before_colon: u16,
    inside: u16,
    /// Bytes of the longest phrase that begins with this word and may be followed by more text.
    reach: usize,
}

/// The phrases of every kind, ready to be looked up.
#[derive(Debug)]
pub struct Cues {
    table: KeyMap<Entry>,
    wholes: Filter,
    starts: Filter,
    insides: Filter,
    longest_whole: usize,
}

impl Cues {
    /// The phrases that come with the program. Parsed once.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Cues> = LazyLock::new(|| {
            let mut cues = Cues::empty();
            for &kind in Kind::ALL {
                for (language, phrase) in parse(kind.phrases()) {
                    cues.add(kind, language, phrase);
                }
            }
            cues
        });
        &BUILT_IN
    }

    fn empty() -> Self {
        let (wholes, starts, insides) = (Filter::new(), Filter::new(), Filter::new());
        Self { table: KeyMap::default(), wholes, starts, insides, longest_whole: 0 }
    }

    fn add(&mut self, kind: Kind, language: &str, written: &str) {
        let (phrase, inside) = written.strip_prefix('*').map_or((written, false), |p| (p, true));
        let (phrase, open) = phrase.strip_suffix('*').map_or((phrase, false), |p| (p, true));
        let (phrase, label) = match phrase.strip_suffix(':') {
            Some(label) if !open => (label, true),
            // Every heading of a section also stands before a single item on one line: "Read also: …".
            _ => (phrase, kind == Kind::RelatedHeading && !open && !inside),
        };
        for variant in variants(language, phrase) {
            if inside {
                self.entry(&variant).inside |= bit(kind);
                self.insides.insert(&variant);
                self.extend_reach(&variant);
                continue;
            }
            if variant.starts_with(is_letter) {
                let whole = trim(&variant);
                self.entry(whole).whole |= bit(kind);
                self.wholes.insert_whole(whole);
                self.longest_whole = self.longest_whole.max(whole.len());
            }
            if open || label {
                let entry = self.entry(&variant);
                *if open { &mut entry.start } else { &mut entry.before_colon } |= bit(kind);
                self.starts.insert(&variant);
                self.extend_reach(&variant);
            }
        }
    }

    fn extend_reach(&mut self, phrase: &str) {
        if let Some(first) = word_ends(phrase).next() {
            let entry = self.entry(&phrase[..first]);
            entry.reach = entry.reach.max(phrase.len());
        }
    }

    fn entry(&mut self, phrase: &str) -> &mut Entry {
        self.table.entry(xxh3_64(phrase.as_bytes())).or_default()
    }

    /// The cues in a line. `line` is normalised: NFKC, lower case, white space folded, quotes and dashes unified.
    #[must_use]
    pub fn find(&self, line: &str) -> Hits {
        let mut hits = Hits::default();
        let text = line.trim_start_matches(|c| !is_letter(c));
        if text.len() <= 2 * self.longest_whole {
            let core = trim(text);
            if core.len() <= self.longest_whole
                && self.wholes.may_be(core)
                && let Some(entry) = self.table.get(&xxh3_64(core.as_bytes()))
            {
                hits.whole = entry.whole;
            }
        }
        hits.start = self.start(text);
        if text.len() < line.len() {
            hits.start |= self.start(line); // phrases such as "(photo"
        }
        hits.inside = self.inside(if line.len() <= SHORT_LINE { line } else { end(line) });
        hits
    }

    /// Kinds with a cue that `text` begins with.
    fn start(&self, text: &str) -> u16 {
        let mut kinds = 0;
        if self.starts.may_hold(text.as_bytes()) {
            self.probe(text, |entry, rest| {
                kinds |= entry.start;
                if entry.before_colon != 0 && rest.trim_start().starts_with(':') {
                    kinds |= entry.before_colon;
                }
            });
        }
        kinds
    }

    /// Kinds with a cue anywhere in `text`.
    fn inside(&self, text: &str) -> u16 {
        let bytes = text.as_bytes();
        let (mut kinds, mut before) = (0, Class::Sign);
        for (at, &byte) in bytes.iter().enumerate() {
            let class = CLASSES[usize::from(byte)];
            // The cheap tests come first: most bytes stand inside a word, and most words begin no phrase.
            let may_begin = match class {
                Class::Within => false,
                Class::Letter => before != Class::Letter,
                Class::Sign => true,
            };
            before = class;
            if may_begin && self.insides.may_hold(&bytes[at..]) && begins_word(text, at) {
                self.probe(&text[at..], |entry, _| kinds |= entry.inside);
            }
        }
        kinds
    }

    /// Calls `found` with what the first word of `text`, the first two, and so on mean, and with what follows them, as
    /// far as phrases with that first word reach.
    fn probe(&self, text: &str, mut found: impl FnMut(&Entry, &str)) {
        let mut reach = None;
        for end in word_ends(text) {
            if reach.is_some_and(|reach| end > reach) {
                break;
            }
            let (prefix, rest) = text.split_at(end);
            let entry = self.table.get(&xxh3_64(prefix.as_bytes()));
            if let Some(entry) = entry {
                found(entry, rest);
            }
            reach = reach.or(Some(entry.map_or(0, |entry| entry.reach)));
        }
    }
}

/// What a byte says about whether a phrase may begin with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// A space, or a later byte of a character: none does.
    Within,
    /// An ASCII letter or digit: after another one, none does.
    Letter,
    /// Anything else, to be looked at as a character.
    Sign,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Sign; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b' ' | 0x80..=0xBF => Class::Within,
            letter if letter.is_ascii_alphanumeric() => Class::Letter,
            _ => Class::Sign,
        };
        byte += 1;
    }
    classes
};

/// The beginnings of phrases, as a bitmap: it says at once that no phrase begins somewhere.
///
/// A phrase is known by its first four bytes, a shorter one by two.
#[derive(Debug)]
struct Filter(Vec<u64>);

impl Filter {
    /// A phrase's length in bytes from which it counts, and the mask of its beginning.
    const MASKS: [(usize, u32); 2] = [(4, u32::MAX), (0, u32::MAX >> 16)];
    /// Of the bitmap's bits: 8 KiB, so that a word that begins no phrase passes once in twenty times.
    const LOG_BITS: u32 = 16;

    fn new() -> Self {
        Self(vec![0; 1 << (Self::LOG_BITS - 6)])
    }

    /// The word and the bit of the bitmap for a beginning.
    fn slot(beginning: u32) -> (usize, u64) {
        let hash = beginning.wrapping_mul(0x9E37_79B1) >> (32 - Self::LOG_BITS);
        ((hash >> 6) as usize, 1 << (hash & 63))
    }

    /// The first four bytes, the first one lowest, with zeros after the end.
    fn load(text: &[u8]) -> u32 {
        let mut bytes = [0; 4];
        match text.first_chunk() {
            Some(all) => bytes = *all,
            None => bytes[..text.len()].copy_from_slice(text),
        }
        u32::from_le_bytes(bytes)
    }

    fn insert(&mut self, phrase: &str) {
        if let Some((_, mask)) = Self::MASKS.into_iter().find(|&(from, _)| phrase.len() >= from) {
            let (word, bit) = Self::slot(Self::load(phrase.as_bytes()) & mask);
            self.0[word] |= bit;
        }
    }

    /// Of a phrase that is a whole line the length is known as well.
    fn whole(text: &str) -> u32 {
        Self::load(text.as_bytes()) ^ (text.len() as u32) << 16
    }

    fn insert_whole(&mut self, phrase: &str) {
        let (word, bit) = Self::slot(Self::whole(phrase));
        self.0[word] |= bit;
    }

    fn may_be(&self, line: &str) -> bool {
        let (word, bit) = Self::slot(Self::whole(line));
        self.0[word] & bit != 0
    }

    fn may_hold(&self, text: &[u8]) -> bool {
        let beginning = Self::load(text);
        Self::MASKS.into_iter().any(|(_, mask)| {
            let (word, bit) = Self::slot(beginning & mask);
            self.0[word] & bit != 0
        })
    }
}

/// Whether a text is nothing but one to four words with a colon after them: the name of a field that was left empty.
#[must_use]
pub fn field_label_only(text: &str) -> bool {
    /// Bytes of the longest name: four long words, or a dozen Han characters.
    const MAX_LABEL: usize = 60;
    let text = text.trim();
    let Some(name) = text.strip_suffix([':', '：']) else { return false };
    text.len() <= MAX_LABEL
        && name.split_whitespace().count() <= 4
        && name.contains(char::is_alphabetic)
        && !name.contains([':', '：', '.', '!', '?', ',', ';', '。', '，'])
}

/// How many `Name: value` pairs a short line holds; 0 for a long one, and 0 where no value follows.
///
/// "Publication: Daily Monitor Volume: 13 Issue: 5" has three. A sentence with a colon has one, so only two say much.
#[must_use]
pub fn labelled_fields(text: &str) -> usize {
    // Most lines hold no colon, nor the first byte of the full-width one.
    if text.len() > SHORT_LINE || memchr::memchr2(b':', 0xef, text.as_bytes()).is_none() {
        return 0;
    }
    text.match_indices([':', '：'])
        .filter(|&(at, colon)| {
            let rest = &text[at + colon.len()..];
            let named = text[..at].trim_end().ends_with(char::is_alphabetic);
            named && (colon == "：" || rest.starts_with(char::is_whitespace)) && !rest.trim().is_empty()
        })
        .count()
}

/// The phrases of a file, with their languages.
fn parse(file: &str) -> impl Iterator<Item = (&str, &str)> {
    file.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(": "))
        .flat_map(|(language, phrases)| phrases.split(" | ").map(move |phrase| (language, phrase.trim())))
        .filter(|(_, phrase)| !phrase.is_empty())
}

/// The normalised forms under which a phrase is found.
fn variants(language: &str, phrase: &str) -> Vec<String> {
    let plain = normalised(phrase);
    let bare = plain.nfd().filter(|&c| !('\u{300}'..='\u{36F}').contains(&c)).nfc().collect();
    let mut forms = vec![plain, bare];
    if language == "tr" {
        // The capitals of "ilgili" and "ısı" are "İLGİLİ" and "ISI", which lower-case to other letters elsewhere.
        let capitals: String = phrase.replace('i', "İ").replace('ı', "I").to_uppercase();
        forms.push(normalised(&capitals));
    }
    forms.dedup();
    forms
}

/// The form that blocks have when cues are looked for in them.
fn normalised(phrase: &str) -> String {
    let mut out = String::new();
    normalise_into(phrase, &mut out);
    out
}

/// The last [`LINE_END`] bytes of a longer line, from a whole character on.
fn end(line: &str) -> &str {
    &line[line.ceil_char_boundary(line.len() - LINE_END)..]
}

/// The line from its first letter to its last.
fn trim(text: &str) -> &str {
    text.trim_matches(|c| !is_letter(c))
}

/// © counts as a letter: it is the first thing that a copyright line says.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || (!c.is_ascii() && (c.is_alphabetic() || is_combining_mark(c) || c == '©'))
}

/// Whether a word may end before `next`, or begin there. Between Han or Kana characters one always may.
fn boundary(before: char, next: char) -> bool {
    if before.is_ascii() && next.is_ascii() {
        return !(before.is_ascii_alphanumeric() && next.is_ascii_alphanumeric());
    }
    let of_word = |c: char| c.is_alphanumeric() || is_combining_mark(c);
    !of_word(before) || !of_word(next) || is_unspaced(before) || is_unspaced(next)
}

/// Where the first word of a text ends, the second, and so on.
fn word_ends(text: &str) -> impl Iterator<Item = usize> {
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        loop {
            let (at, c) = chars.next()?;
            let next = chars.peek().map_or(' ', |&(_, next)| next);
            if c != ' ' && boundary(c, next) {
                return Some(at + c.len_utf8());
            }
        }
    })
}

/// Whether a word may begin at byte `at` of `text`.
fn begins_word(text: &str, at: usize) -> bool {
    let next = text[at..].chars().next().unwrap_or(' ');
    text[..at].chars().next_back().is_none_or(|before| boundary(before, next))
}

/// Scripts that put no spaces between words: Kana, Han.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}

#[cfg(test)]
mod tests;

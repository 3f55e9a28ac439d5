//! What a single character becomes in the normal form, and what part it plays in a word.
//!
//! Both answers come from tables over the Basic Multilingual Plane, computed once from the standard library and
//! `unicode-normalization`, so the fast paths cannot disagree with the slow ones. Making them takes a few
//! milliseconds, paid only by input that is not all ASCII.

use std::ops::Range;
use std::sync::LazyLock;

use unicode_normalization::char::{canonical_combining_class, is_combining_mark};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Entry of a character whose normal form depends on its neighbours or is not exactly one character.
const BY_CONTEXT: char = '\0';

/// Size of the Basic Multilingual Plane; rarer characters take the slow paths.
const PLANE: u32 = 0x1_0000;

static FOLDS: LazyLock<Folds> = LazyLock::new(|| {
    Folds((0..PLANE).map(|c| char::from_u32(c).and_then(fold_alone).unwrap_or(BY_CONTEXT)).collect())
});

static ROLES: LazyLock<Roles> = LazyLock::new(Roles::find);

/// The normal forms of characters; asking for the table once is cheaper than at each of them.
pub(super) struct Folds(Vec<char>);

impl Folds {
    pub(super) fn get() -> &'static Self {
        &FOLDS
    }

    /// The normal form of `c` where it is one character whatever stands beside it. White space becomes a space.
    pub(super) fn of(&self, c: char) -> Option<char> {
        self.0.get(c as usize).copied().filter(|&folded| folded != BY_CONTEXT)
    }
}

/// Finds [`Folds::of`] from first principles. A character stands alone when normalisation has a boundary before it and
/// leaves it a single character, before and after lower-casing (Unicode Standard Annex 15, section 9).
fn fold_alone(c: char) -> Option<char> {
    if is_dropped(c) {
        return None;
    }
    let is_stable =
        |c: char| canonical_combining_class(c) == 0 && is_nfkc_quick(std::iter::once(c)) == IsNormalized::Yes;
    let composed = if is_stable(c) { c } else { only(std::iter::once(c).nfkc())? };
    let lower = only(composed.to_lowercase())?;
    (is_stable(composed) && is_stable(lower)).then(|| unify(lower))
}

fn only(mut characters: impl Iterator<Item = char>) -> Option<char> {
    characters.next().filter(|_| characters.next().is_none())
}

/// Characters without width that say how a text may break, not what it says.
pub(super) fn is_dropped(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

/// The one form of quotes, dashes, white space and the Greek final sigma; other characters stay.
pub(super) fn unify(c: char) -> char {
    match c {
        '\u{2018}'..='\u{201B}' | '\u{2032}' | '\u{2039}' | '\u{203A}' => '\'',
        '\u{201C}'..='\u{201F}' | '\u{2033}' | '«' | '»' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        'ς' => 'σ',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// The part a character plays in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Ends a word.
    Separator,
    /// Starts or continues a word.
    Letter,
    /// Continues a word, and starts none: a combining mark.
    Mark,
    /// Is a word by itself: a letter of a script that puts no spaces between words.
    Whole,
}

/// The parts of characters in words; asking for the tables once is cheaper than at each of them.
pub(super) struct Roles {
    single: Vec<Role>,
    /// For each byte, the role of all characters whose first byte it is in UTF-8, where all have the same. Most letters
    /// of a text outside Latin script are told by it.
    by_first: [Option<Role>; 256],
}

impl Roles {
    pub(super) fn get() -> &'static Self {
        &ROLES
    }

    fn find() -> Self {
        let single: Vec<_> =
            (0..PLANE).map(|c| char::from_u32(c).map_or(Role::Separator, find_role)).collect();
        let common = |range: Range<usize>| {
            let (first, others) = single[range].split_first()?;
            others.iter().all(|role| role == first).then_some(*first)
        };
        let by_first = std::array::from_fn(|byte| match byte {
            0..=0x7f => common(byte..byte + 1),
            0xc2..=0xdf => common((byte & 0x1f) << 6..((byte & 0x1f) + 1) << 6),
            0xe1..=0xef => common((byte & 0xf) << 12..((byte & 0xf) + 1) << 12),
            _ => None,
        });
        Self { single, by_first }
    }

    /// The part `c` plays in a word.
    pub(super) fn of(&self, c: char) -> Role {
        self.single.get(c as usize).copied().unwrap_or_else(|| find_role(c))
    }

    /// The part that all characters with the same first byte play, where it is the same.
    pub(super) fn by_first(&self, byte: u8) -> Option<Role> {
        self.by_first[usize::from(byte)]
    }
}

fn find_role(c: char) -> Role {
    if is_combining_mark(c) {
        if is_spaceless(c) { Role::Whole } else { Role::Mark }
    } else if c.is_alphanumeric() {
        if is_spaceless(c) { Role::Whole } else { Role::Letter }
    } else if c == '_' {
        Role::Letter
    } else {
        Role::Separator
    }
}

/// Whether `c` belongs to a script that puts no spaces between words.
fn is_spaceless(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}' // Thai, Lao
        | '\u{1000}'..='\u{109F}' | '\u{A9E0}'..='\u{A9FF}' | '\u{AA60}'..='\u{AA7F}' // Myanmar
        | '\u{1780}'..='\u{17FF}' // Khmer
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' // Kana and their marks
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' // Han
        | '\u{20000}'..='\u{3FFFF}') // rarer Han
}

/// The zeros of the decimal digits outside ASCII; the nine others follow each (general category Nd, Unicode 15).
const ZEROS: [u32; 67] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0,
    0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30,
    0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0,
    0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2,
    0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E950, 0x1FBF0,
];

/// Whether `c` is a decimal digit of any script.
pub(super) fn is_digit(c: char) -> bool {
    if (c as u32) < ZEROS[0] {
        return c.is_ascii_digit();
    }
    c.is_numeric() && {
        let following = ZEROS.partition_point(|&zero| zero <= c as u32);
        following > 0 && c as u32 - ZEROS[following - 1] < 10
    }
}

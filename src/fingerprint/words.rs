//! Words: runs of letters, marks, digits and `_`; in scripts without spaces, single characters.
//!
//! Python's `\w+` on the same normalised text finds the same words in scripts with spaces, apart from those that write
//! vowels as marks, which it splits. Wrong where one character is far less than a word (Thai) or more than one: the
//! number of words is comparable within a script, not across scripts.
//!
//! A text is looked at in blocks of 64 bytes, each made a number with a bit a byte: words are runs of ones, and shifts
//! find where they start and end. Words are five or six bytes long; a loop that asked at each byte whether a word ends
//! would spend most of its time on the processor's wrong guesses.

use super::WORD_SEED;
use super::characters::{Role, Roles};
use super::pieces::{PIECE, Pieces, bits, each, is_ascii, within};

/// Bytes of a block: the bits of a `u64`.
const BLOCK: usize = 64;

/// Where words start and end in a block. The lowest bit stands for its first byte.
struct Edges {
    /// The first bytes of words.
    starts: u64,
    /// The bytes behind words.
    ends: u64,
}

/// What is known of the bytes of a block, and of the three behind it that its last character may reach to.
#[derive(Clone, Copy, Default)]
struct Marked {
    /// The bytes of words.
    words: u128,
    /// Where a word ends and the next one may start, without a byte between them.
    breaks: u128,
}

/// Calls `f` with each block of a text, given by where it begins. A word that reaches the end of the text ends in no block.
#[inline(always)]
fn for_each_block(text: &str, pieces: &Pieces, mut f: impl FnMut(usize, Edges)) {
    let mut inside = 0; // whether the byte before the block is in a word
    let mut marked = Marked::default();
    for base in (0..text.len()).step_by(BLOCK) {
        let (mut words, mut firsts) = (0, 0);
        for at in (base..text.len().min(base + BLOCK)).step_by(PIECE) {
            let piece = pieces.at(at);
            words |= bits(piece, word_bytes) << (at - base);
            if !is_ascii(piece) {
                firsts |= bits(piece, |bytes| bytes & bytes << 1) << (at - base);
            }
        }
        marked.words |= u128::from(words);
        if firsts != 0 {
            marked = add_characters(marked, text, base, firsts, inside);
        }
        let (words, breaks) = (marked.words as u64, marked.breaks as u64);
        let before = words << 1 | inside;
        f(base, Edges { starts: words & (!before | breaks), ends: before & (!words | breaks) });
        inside = words >> (BLOCK - 1);
        marked = Marked { words: marked.words >> BLOCK, breaks: marked.breaks >> BLOCK };
    }
}

/// The bytes of ASCII that are in words, as [`within`] tells it. Capitals are in for callers that only count.
#[inline(always)]
fn word_bytes(bytes: u64) -> u64 {
    let letters = within(bytes | each(0x20), b'a', b'z');
    letters | within(bytes, b'0', b'9') | within(bytes, b'_', b'_')
}

/// Adds the characters outside ASCII, whose first bytes are `firsts`.
fn add_characters(marked: Marked, text: &str, base: usize, mut firsts: u64, inside: u64) -> Marked {
    let roles = Roles::get();
    let Marked { mut words, mut breaks } = marked;
    while firsts != 0 {
        let bit = firsts.trailing_zeros() % u64::BITS;
        firsts &= firsts - 1;
        let at = base + bit as usize;
        let first = text.as_bytes()[at];
        let length = first.leading_ones();
        let role = match roles.by_first(first) {
            Some(role) => role,
            None => text[at..].chars().next().map_or(Role::Separator, |c| roles.of(c)),
        };
        let bytes = u128::from(0xf_u64 >> (4 - length.min(4))) << bit;
        match role {
            Role::Letter => words |= bytes,
            Role::Mark => {
                let follows = (words << 1 | u128::from(inside)) & !breaks;
                if follows >> bit & 1 == 1 {
                    words |= bytes;
                }
            }
            Role::Whole => {
                words |= bytes;
                breaks |= (bytes << 1) ^ bytes; // its first byte and the one behind it
            }
            Role::Separator => {}
        }
    }
    Marked { words, breaks }
}

/// Calls `f` with the first byte of each word of `text` and the byte behind it, in order.
#[inline(always)]
fn for_each_range(text: &str, pieces: &Pieces, mut f: impl FnMut(usize, usize)) {
    let mut open = None;
    for_each_block(text, pieces, |base, Edges { mut starts, mut ends }| {
        let take = |edges: &mut u64| {
            let at = base + edges.trailing_zeros() as usize;
            *edges &= *edges - 1;
            at
        };
        if let Some(start) = open {
            if ends == 0 {
                return;
            }
            f(start, take(&mut ends));
            open = None;
        }
        while ends != 0 {
            f(take(&mut starts), take(&mut ends));
        }
        if starts != 0 {
            open = Some(take(&mut starts));
        }
    });
    if let Some(start) = open {
        f(start, text.len());
    }
}

/// Calls `f` with each word of `normalised`, in order.
pub fn for_each_word<'t>(normalised: &'t str, mut f: impl FnMut(&'t str)) {
    for_each_range(normalised, &Pieces::of(normalised), |start, end| f(&normalised[start..end]));
}

/// Appends a 64-bit hash of each word of `normalised` to `out`.
///
/// Of every 16 bytes of the word, the first eight are multiplied by the second eight, both disguised, and the halves of
/// the product are laid over each other; the result disguises the next factor. This is the core of wyhash (Wang Yi 2019).
/// The last piece is filled up with zeros, which no word holds, so the length need not be added. The first factor is
/// never zero, because no UTF-8 holds the byte 0xff. As everywhere with 64 bits, a corpus of a billion different words
/// has one collision in it with odds of 3 %, and one would only make two shingles of many equal.
pub fn word_hashes(normalised: &str, out: &mut Vec<u64>) {
    let pieces = Pieces::of(normalised);
    for_each_range(normalised, &pieces, |start, end| out.push(word_hash(&pieces, start, end)));
}

#[inline(always)]
fn word_hash(pieces: &Pieces, start: usize, end: usize) -> u64 {
    let mut hash = WORD_SEED;
    let mut at = start;
    while end - at > PIECE {
        hash = fold(pieces.at(at), hash);
        at += PIECE;
    }
    fold(pieces.at(at) & FIRST_BYTES[end - at], hash)
}

/// `FIRST_BYTES[n]` has the lowest `n` bytes set.
const FIRST_BYTES: [u128; PIECE + 1] = {
    let mut masks = [0; PIECE + 1];
    let mut n = 1;
    while n <= PIECE {
        masks[n] = masks[n - 1] << 8 | 0xff;
        n += 1;
    }
    masks
};

/// Random bits that make the first factor of a product differ from zero in its last byte.
const DISGUISE: u64 = 0xff1d_4f2b_c3a8_7d95;

#[inline(always)]
fn fold(piece: u128, hash: u64) -> u64 {
    let product = u128::from(piece as u64 ^ DISGUISE) * u128::from((piece >> 64) as u64 ^ hash);
    product as u64 ^ (product >> 64) as u64
}

/// The number of words.
#[must_use]
pub fn count_words(normalised: &str) -> usize {
    let mut words = 0;
    for_each_block(normalised, &Pieces::of(normalised), |_, edges| {
        words += edges.starts.count_ones() as usize;
    });
    words
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let mut words = Vec::new();
        for_each_word(text, |word| words.push(word));
        words
    }

    #[test]
    fn finds_the_words_of_several_scripts() {
        for (text, expected) in [
            ("it's 3.5 snake_case!", vec!["it", "s", "3", "5", "snake_case"]),
            ("наука и-жизнь№5", vec!["наука", "и", "жизнь", "5"]),
            ("naïve x̌y", vec!["naïve", "x̌y"]),
            ("日本go語、カナ", vec!["日", "本", "go", "語", "カ", "ナ"]),
            ("ไทย", vec!["ไ", "ท", "ย"]),
            ("हिन्दी भाषा", vec!["हिन्दी", "भाषा"]),
            ("❤\u{FE0F} \u{301}a", vec!["a"]),
            ("한국어 문장", vec!["한국어", "문장"]),
            ("—", vec![]),
        ] {
            assert_eq!(words(text), expected, "{text:?}");
            assert_eq!(count_words(text), expected.len());
        }
    }

    /// The hash of a text that is one word.
    fn hash(word: &str) -> u64 {
        let mut hashes = Vec::new();
        word_hashes(word, &mut hashes);
        assert_eq!(hashes.len(), 1, "{word:?}");
        hashes[0]
    }

    #[test]
    fn similar_words_have_different_hashes_in_each_half() {
        let letters = || "abcdefghijklmnopqrstuvwxyz".chars();
        let mut hashes = Vec::new();
        for (a, b, c) in
            letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| (a, b, c))))
        {
            for before in ["", "a", "straßen", "internationalisier", "наука_и_жизнь_вчера_и_"]
            {
                hashes.push(hash(&format!("{before}{a}{b}{c}")));
            }
        }
        let different =
            |part: &dyn Fn(u64) -> u64| hashes.iter().map(|&hash| part(hash)).collect::<BTreeSet<_>>().len();
        assert_eq!(different(&|hash| hash), hashes.len());
        // Of 87 880 random numbers of 32 bits about one falls on another.
        assert!(different(&|hash| hash >> 32) + 6 > hashes.len());
        assert!(different(&|hash| hash & 0xffff_ffff) + 6 > hashes.len());
    }

    #[test]
    fn the_first_byte_of_a_character_tells_its_part_truly() {
        let roles = Roles::get();
        let by_first = |c: char| roles.by_first(c.encode_utf8(&mut [0; 4]).as_bytes()[0]);
        for c in '\0'..=char::MAX {
            assert!(by_first(c).is_none_or(|role| role == roles.of(c)), "{c:?}");
        }
        assert_eq!(['н', '本', '—'].map(by_first), [Some(Role::Letter), Some(Role::Whole), None]);
    }

    proptest! {
        #[test]
        fn is_the_obvious_loop_over_characters(
            text in "(\\PC|[a-z0-9_ .é日\u{301}]){0,24}|([a-z]{0,9}[ -/é日𠀀\u{301}\u{E0100}нш]{1,3}){0,40}\
                |[ад]{20,70}|[az09_AZ`{@\\[/:]{0,200}"
        ) {
            let mut expected: Vec<String> = Vec::new();
            let mut open = false;
            for c in text.chars() {
                let role = Roles::get().of(c);
                match role {
                    Role::Letter | Role::Mark if open => expected.last_mut().unwrap().push(c),
                    Role::Letter | Role::Whole => expected.push(c.to_string()),
                    _ => {}
                }
                open = role == Role::Letter || role == Role::Mark && open;
            }
            prop_assert_eq!(count_words(&text), expected.len());
            let mut hashes = Vec::new();
            word_hashes(&text, &mut hashes);
            // Wherever a word stands, it has the hash that it has alone.
            let alone: Vec<_> = words(&text).into_iter().map(hash).collect();
            prop_assert_eq!(hashes, alone);
            prop_assert_eq!(words(&text), expected);
        }
    }
}

//! Short texts that are nearly the same: what brings two of them together, and what confirms them.
//!
//! Exact and digit-masked keys miss a notice with another name in it. Two texts of which one word differs still share
//! their first or their second half, so the halves are the keys that bring candidates together. A candidate pair is
//! confirmed by edit distance (strsim), after two bounds that cost next to nothing: the lengths, and the letters each
//! holds. The distance is taken of what stands between the common beginning and the common end, which changes nothing but
//! the time.
//!
//! It is wrong about texts that differ in both halves, which never meet.

use std::ops::RangeInclusive;

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Texts outside these lengths in bytes are not compared: shorter ones are alike by chance, longer ones are text, and
/// an edit distance takes time that grows with the square.
const LENGTH: RangeInclusive<usize> = 12..=256;
/// Fewer words make a half too common.
const MIN_WORDS: usize = 4;
/// Edits that rounding may hide: far less than one, and more than any error of a product of two numbers.
const ROUNDING: f64 = 1e-6;

/// The keys of the two halves of a normalised text. `None` where the text is too short or too long to be compared.
#[must_use]
pub fn half_keys(normalised: &str) -> Option<[u64; 2]> {
    let (first, second) = halves(normalised)?;
    Some([xxh3_64_with_seed(first.as_bytes(), 0), xxh3_64_with_seed(second.as_bytes(), 1)])
}

/// The two halves, split at the space nearest to the middle word; at the middle character in a script without spaces.
fn halves(text: &str) -> Option<(&str, &str)> {
    if !LENGTH.contains(&text.len()) {
        return None;
    }
    let spaces = memchr::memchr_iter(b' ', text.as_bytes()).count();
    let middle = if spaces + 1 >= MIN_WORDS {
        memchr::memchr_iter(b' ', text.as_bytes()).nth(spaces / 2)?
    } else if spaces == 0 && text.chars().count() >= 2 * MIN_WORDS && !text.is_ascii() {
        text.char_indices().nth(text.chars().count() / 2)?.0
    } else {
        return None;
    };
    Some(text.split_at(middle))
}

/// A short text with what makes most comparisons with others cheap.
#[derive(Debug)]
pub struct ShortText {
    text: String,
    /// How often each of 32 classes of characters occurs.
    letters: [u8; 32],
    chars: usize,
}

impl ShortText {
    /// Of a normalised text.
    #[must_use]
    pub fn new(text: String) -> Self {
        let mut letters = [0_u8; 32];
        let mut chars = 0;
        for c in text.chars() {
            let class = &mut letters[c as usize % 32];
            *class = class.saturating_add(1);
            chars += 1;
        }
        Self { text, letters, chars }
    }

    /// Whether the normalised Levenshtein similarity of the two, 1 − edits / characters of the longer one, is at least
    /// `similarity`.
    #[must_use]
    pub fn is_near(&self, other: &Self, similarity: f64) -> bool {
        let longest = self.chars.max(other.chars);
        let allowed = ((1.0 - similarity) * longest as f64 + ROUNDING) as usize;
        if self.chars.abs_diff(other.chars) > allowed || bag_distance(&self.letters, &other.letters) > allowed
        {
            return false;
        }
        let (a, b) = without_common_ends(&self.text, &other.text);
        strsim::levenshtein(a, b) <= allowed
    }
}

/// Two texts without the beginning and without the end that they share.
fn without_common_ends<'t>(a: &'t str, b: &'t str) -> (&'t str, &'t str) {
    let common = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        pairs.take_while(|(x, y)| x == y).map(|(c, _)| c.len_utf8()).sum()
    };
    let beginning = common(&mut a.chars().zip(b.chars()));
    let (a, b) = (&a[beginning..], &b[beginning..]);
    let end = common(&mut a.chars().rev().zip(b.chars().rev()));
    (&a[..a.len() - end], &b[..b.len() - end])
}

/// A lower bound of the edit distance: an edit adds a letter, takes one away, or does both.
fn bag_distance(a: &[u8; 32], b: &[u8; 32]) -> usize {
    let (mut more, mut fewer) = (0_usize, 0_usize);
    for (x, y) in a.iter().zip(b) {
        more += usize::from(x.saturating_sub(*y));
        fewer += usize::from(y.saturating_sub(*x));
    }
    more.max(fewer)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_bounds_change_nothing(a in "[ab1é ]{0,24}", b in "[ab1é ]{0,24}", tenths in 5_u32..=10) {
            let similarity = f64::from(tenths) / 10.0;
            let slowly = strsim::normalized_levenshtein(&a, &b) + 1e-9 >= similarity;
            prop_assert_eq!(ShortText::new(a).is_near(&ShortText::new(b), similarity), slowly);
        }
    }

    #[test]
    fn halves_meet_at_the_middle_word_or_character() {
        for (text, expected) in [
            ("welcome back dear anna", Some(("welcome back", " dear anna"))),
            ("ようこそアンナさん", Some(("ようこそ", "アンナさん"))),
            ("ようこそ", None),
            ("one two three", None),
            ("a b c d", None),
            (&"word ".repeat(52), None),
        ] {
            assert_eq!(halves(text), expected);
        }
        assert_eq!(
            half_keys("welcome back dear anna").unwrap()[0],
            half_keys("welcome back dear boris").unwrap()[0]
        );
    }
}

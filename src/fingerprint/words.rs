//! Words: runs of letters, marks, digits and `_`; in scripts without spaces, single characters.
//!
//! Python's `\w+` on the same normalised text finds the same words in scripts with spaces, apart from those that write
//! vowels as marks, which it splits. Wrong where one character is far less than a word (Thai) or more than one: the
//! number of words is comparable within a script, not across scripts.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::WORD_SEED;
use super::characters::{Role, role};

/// The bytes of words in normalised ASCII text. Capitals are in for callers that only count.
const IS_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
        byte += 1;
    }
    table
};

/// Calls `f` with each word of `normalised`, in order.
pub fn for_each_word<'t>(normalised: &'t str, mut f: impl FnMut(&'t str)) {
    let bytes = normalised.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        while at < bytes.len() && IS_WORD[usize::from(bytes[at])] {
            at += 1;
        }
        if at < bytes.len() && !bytes[at].is_ascii() {
            at = words_around(normalised, start, at, &mut f);
        } else {
            if at > start {
                f(&normalised[start..at]);
            }
            at += 1;
        }
    }
}

/// Goes on from `at`, where a character outside ASCII stands, with a word that began at `start` (or at `at`), up to the
/// end of a word or to a separator. Returns where to go on.
fn words_around<'t>(text: &'t str, start: usize, at: usize, f: &mut impl FnMut(&'t str)) -> usize {
    let mut start = start;
    let mut end = at;
    for c in text[at..].chars() {
        let next = end + c.len_utf8();
        match role(c) {
            Role::Letter => {}
            Role::Mark if end > start => {}
            Role::Whole => {
                if end > start {
                    f(&text[start..end]);
                }
                f(&text[end..next]);
                start = next;
            }
            Role::Mark | Role::Separator => {
                if end > start {
                    f(&text[start..end]);
                }
                return next;
            }
        }
        end = next;
    }
    if end > start {
        f(&text[start..end]);
    }
    end
}

/// Appends a 64-bit hash of each word of `normalised` to `out`.
pub fn word_hashes(normalised: &str, out: &mut Vec<u64>) {
    for_each_word(normalised, |word| out.push(xxh3_64_with_seed(word.as_bytes(), WORD_SEED)));
}

/// The number of words.
#[must_use]
pub fn count_words(normalised: &str) -> usize {
    let mut words = 0;
    for_each_word(normalised, |_| words += 1);
    words
}

#[cfg(test)]
mod tests {
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

    proptest! {
        #[test]
        fn is_the_obvious_loop_over_characters(text in "(\\PC|[a-z0-9_ .é日\u{301}]){0,24}") {
            let mut expected: Vec<String> = Vec::new();
            let mut open = false;
            for c in text.chars() {
                let role = role(c);
                match role {
                    Role::Letter | Role::Mark if open => expected.last_mut().unwrap().push(c),
                    Role::Letter | Role::Whole => expected.push(c.to_string()),
                    _ => {}
                }
                open = role == Role::Letter || role == Role::Mark && open;
            }
            prop_assert_eq!(words(&text), expected);
        }
    }
}

//! Phrases: runs of letters, marks, digits and `_`, also in scripts without spaces.
//!
//! Where [words](super::word_hashes) are single characters, what stands between two spaces or marks of punctuation is the
//! next larger thing that can be cut without a dictionary. In all other scripts phrases are the words.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::WORD_SEED;
use super::characters::{Role, Roles};
use super::words::word_hashes;

/// Whether `normalised` holds a character that is a word by itself, so that its phrases are not its words.
#[must_use]
pub fn has_phrases(normalised: &str) -> bool {
    /// The first byte of every character from U+0800 on is at least this; before that no script is without spaces.
    const LEAST: u8 = 0xe0;
    let roles = Roles::get();
    // The greatest byte is found many bytes at a time.
    normalised.bytes().fold(0, u8::max) >= LEAST
        && normalised.chars().any(|c| !c.is_ascii() && roles.of(c) == Role::Whole)
}

/// Appends a 64-bit hash of each phrase of `normalised` to `out`: for one that is a word, that of the word.
pub fn phrase_hashes(normalised: &str, out: &mut Vec<u64>) {
    let roles = Roles::get();
    let runs = normalised.split(|c| roles.of(c) == Role::Separator);
    for phrase in runs.map(|run| run.trim_start_matches(|c| roles.of(c) == Role::Mark)) {
        if has_phrases(phrase) {
            out.push(xxh3_64_with_seed(phrase.as_bytes(), WORD_SEED));
        } else {
            word_hashes(phrase, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_words_but_in_scripts_without_spaces() {
        let (mut words, mut phrases) = (Vec::new(), Vec::new());
        for text in ["it's 3.5 snake_case!", "наука и-жизнь№5", "❤\u{FE0F} \u{301}a", "हिन्दी भाषा", ""]
        {
            words.clear();
            phrases.clear();
            word_hashes(text, &mut words);
            phrase_hashes(text, &mut phrases);
            assert!(!has_phrases(text));
            assert_eq!(words, phrases, "{text:?}");
        }
        phrases.clear();
        phrase_hashes("日本語の文、とても 短い。", &mut phrases);
        assert!(has_phrases("日本語の文、とても 短い。"));
        assert_eq!(phrases.len(), 3);
    }
}

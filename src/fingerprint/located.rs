//! Where the words of a normal form stand in the text that it was made of.
//!
//! Normalising loses the way back, so it is found again, between white space and white space: there the normal form mostly
//! has as many words as the text itself, and they are the same ones. Where it has not (a ligature that becomes two letters
//! of a spaceless script, a soft hyphen inside a word), each word gets the whole stretch for its place: too much, and never
//! a part of a word.

use super::{for_each_word, normalise_into};
use crate::document::Span;

/// Appends the place of each word of the normal form of `text`, in order; the places are bytes of `text`.
pub fn word_spans(text: &str, out: &mut Vec<Span>) {
    let start_of = |part: &str| part.as_ptr().addr() - text.as_ptr().addr();
    let (mut normal, mut own) = (String::new(), String::new());
    for stretch in text.split_whitespace() {
        let first = out.len();
        normalise_into(stretch, &mut normal);
        let mut words = Vec::new();
        for_each_word(&normal, |word| words.push(word));
        let mut same = 0;
        for_each_word(stretch, |word| {
            let start = start_of(word);
            let expected = words.get(out.len() - first);
            same += usize::from(expected.is_some_and(|expected| is_form_of(expected, word, &mut own)));
            out.push(Span::new(start, start + word.len()));
        });
        if out.len() - first != words.len() || same != words.len() {
            out.truncate(first);
            let start = start_of(stretch);
            out.extend(words.iter().map(|_| Span::new(start, start + stretch.len())));
        }
    }
}

/// Whether `normal` is the normal form of a word.
fn is_form_of(normal: &str, word: &str, own: &mut String) -> bool {
    if word.is_ascii() {
        return word.eq_ignore_ascii_case(normal);
    }
    normalise_into(word, own);
    own == normal
}

/// Calls `f` with each word of the normal form of `text`, in order, and with its bytes in `text`. `scratch` is overwritten.
pub fn for_each_located_word(text: &str, scratch: &mut String, mut f: impl FnMut(&str, Span)) {
    let mut places = Vec::new();
    word_spans(text, &mut places);
    normalise_into(text, scratch);
    let mut places = places.into_iter();
    for_each_word(scratch, |word| {
        if let Some(place) = places.next() {
            f(word, place);
        }
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Words are placed stretch by stretch here, and numbered in the whole text everywhere else.
        #[test]
        fn there_are_as_many_places_as_words(text in "([a-c .\u{301}\u{ad}\u{200b}ﬁ½ｶﾞ今\u{a0}\u{2028}]|\\PC){0,40}") {
            let (mut spans, mut normal, mut part) = (Vec::new(), String::new(), String::new());
            word_spans(&text, &mut spans);
            normalise_into(&text, &mut normal);
            let mut words = Vec::new();
            for_each_word(&normal, |word| words.push(word));
            prop_assert_eq!(spans.len(), words.len());
            for (span, word) in spans.iter().zip(words) {
                normalise_into(span.of(&text), &mut part);
                prop_assert!(part.contains(word), "{:?} is not in {:?}", word, part);
            }
            prop_assert!(spans.is_sorted_by_key(|span| span.start));
        }
    }
}

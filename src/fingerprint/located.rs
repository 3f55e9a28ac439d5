//! The words of a text's normal form, each with its place in the text itself.
//!
//! The normal form has other lengths than the source, so the way back is kept between white space, where both mostly have as
//! many words. When it is wrong: where they have not (`½` is two words once it is normalised), each word of such a stretch
//! gets the whole stretch for its place.

use super::normalise::normalise_into;
use super::words::{count_words, for_each_word};
use crate::document::Span;

/// Calls `f` with each word of the normal form of `text`, in order, and with its bytes in `text`. `scratch` is overwritten.
pub fn for_each_located_word(text: &str, scratch: &mut String, mut f: impl FnMut(&str, Span)) {
    let start_of = |part: &str| part.as_ptr().addr() - text.as_ptr().addr();
    let place_of = |part: &str| Span::new(start_of(part), start_of(part) + part.len());
    let mut places = Vec::new();
    for stretch in text.split_whitespace() {
        places.clear();
        for_each_word(stretch, |word| places.push(place_of(word)));
        normalise_into(stretch, scratch);
        let words = count_words(scratch);
        if words != places.len() {
            places.clear();
            places.resize(words, place_of(stretch));
        }
        let mut places = places.iter();
        for_each_word(scratch, |word| {
            if let Some(place) = places.next() {
                f(word, *place);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn located(text: &str) -> Vec<(String, Span)> {
        let mut words = Vec::new();
        for_each_located_word(text, &mut String::new(), |word, span| words.push((word.to_owned(), span)));
        words
    }

    #[test]
    fn words_are_found_where_they_stand() {
        let text = " “Žluťoučký  KŮŇ”,\u{a0}1½ 日本";
        let found: Vec<(String, &str)> =
            located(text).into_iter().map(|(word, span)| (word, span.of(text))).collect();
        let expected = [
            ("žluťoučký", "Žluťoučký"),
            ("kůň", "KŮŇ"),
            ("11", "1½"),
            ("2", "1½"),
            ("日", "日"),
            ("本", "本"),
        ];
        assert_eq!(found, expected.map(|(word, source)| (word.to_owned(), source)));
    }

    proptest! {
        #[test]
        fn the_words_are_those_of_the_normal_form(text in "(\\PC|[a-zA-Z \\t\\n’—\u{300}\u{AD}´½ﬁ日-]){0,40}") {
            let (mut normal, mut expected) = (String::new(), Vec::new());
            normalise_into(&text, &mut normal);
            for_each_word(&normal, |word| expected.push(word.to_owned()));
            let words: Vec<String> = located(&text).into_iter().map(|(word, _)| word).collect();
            prop_assert_eq!(words, expected);
        }
    }
}

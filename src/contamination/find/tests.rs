use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::config::AgainstConfig;
use crate::contamination::{Builder, Places};
use crate::document::{Place, Span};
use crate::fingerprint::{for_each_word, normalise_into};

fn reference(items: &[&str], n: usize, min_words: usize) -> Reference {
    let mut builder = Builder::new(&AgainstConfig { n, min_words, ..AgainstConfig::default() });
    for (record, text) in items.iter().enumerate() {
        let place = Place { path: "benchmark.jsonl".into(), record: record as u64 };
        builder.add(record.to_string(), place, None, text);
    }
    builder.finish()
}

/// What a text holds of each item: its words, and the stretch shown.
fn held<'t>(reference: &Reference, text: &'t str) -> BTreeMap<u32, (u32, &'t str)> {
    let (mut words, mut scratch, mut ngrams) = (Words::default(), Vec::new(), Vec::new());
    words.add(text);
    reference.ngrams_in(&words, &mut scratch, &mut ngrams);
    let overlaps = reference.overlaps(&ngrams, |_| false);
    let places = Places::of(text, [Span::new(0, text.len())].into_iter());
    assert!(overlaps.is_empty() || reference.may_be_in(words.hashes(), &mut scratch));
    overlaps
        .into_iter()
        .map(|overlap| (overlap.item, (overlap.words, places.span(overlap.at, overlap.length).of(text))))
        .collect()
}

#[test]
fn case_and_punctuation_do_not_matter_and_the_place_is_that_of_the_source() {
    let reference = reference(&["Who, on “Monday”, painted the old harbour crane?"], 4, 3);
    let text = "Asked:  who on Monday -- painted the OLD\nharbour crane. Nobody";
    assert_eq!(held(&reference, text)[&0], (8, "who on Monday -- painted the OLD\nharbour crane"));
    let text = "Who on Monday painted the fence of the old harbour crane";
    assert_eq!(held(&reference, text)[&0], (8, "Who on Monday painted the"));
    assert!(held(&reference, "Who on Monday paints the old harbour").is_empty());
}

#[test]
fn a_short_item_is_one_ngram_and_a_shorter_one_none() {
    let reference = reference(&["one two three", "one two", "", "!?", "日本語です"], 13, 3);
    let found: Vec<(u32, u32)> = reference.items.iter().map(|item| (item.words, item.ngrams)).collect();
    assert_eq!(found, [(3, 1), (2, 0), (0, 0), (0, 0), (5, 1)]);
    assert_eq!(held(&reference, "zero one two three four").into_keys().collect::<Vec<_>>(), [0]);
    assert_eq!(held(&reference, "これは日本語です。")[&4], (5, "日本語です"));
    assert!(held(&reference, "one two").is_empty());
}

#[test]
fn a_commonplace_counts_for_no_item() {
    let reference = reference(&["a b c d e", "x a b c y"], 3, 3);
    let mut words = Words::default();
    words.add("a b c d");
    let mut ngrams = Vec::new();
    reference.ngrams_in(&words, &mut Vec::new(), &mut ngrams);
    let first = ngrams.iter().find(|(_, at)| *at == 0).unwrap().0;
    let overlaps = reference.overlaps(&ngrams, |ngram| ngram == first);
    assert_eq!(overlaps, [Overlap { item: 0, words: 3, at: 1, length: 3 }]);
    assert_eq!(reference.counted(|ngram| ngram == first), [(0, 1), (1, 1)]);
}

/// All n-grams of all items, one by one.
fn slow(items: &[String], n: usize, min_words: usize, text: &str) -> BTreeMap<u32, u32> {
    let words = |text: &str| {
        let mut words = Vec::new();
        let mut normal = String::new();
        normalise_into(text, &mut normal);
        for_each_word(&normal, |word| words.push(word.to_owned()));
        words
    };
    let text = words(text);
    let mut held = BTreeMap::new();
    for (number, item) in items.iter().enumerate() {
        let item = words(item);
        if item.len() < min_words {
            continue;
        }
        let length = n.min(item.len());
        let mut covered = vec![false; item.len()];
        for (at, ngram) in item.windows(length).enumerate() {
            if text.windows(length).any(|window| window == ngram) {
                covered[at..at + length].fill(true);
            }
        }
        let words = covered.into_iter().filter(|covered| *covered).count() as u32;
        if words > 0 {
            held.insert(number as u32, words);
        }
    }
    held
}

proptest! {
    #[test]
    fn what_is_found_is_what_a_slow_search_finds(
        items in prop::collection::vec("([abAé]|日){1}([ ,-]{1,2}[abAé日]){0,9}", 1..6),
        text in "([ab日é][ \\n.]{1,2}){0,30}",
        n in 2_usize..6,
        min_words in 1_usize..8,
    ) {
        let texts: Vec<&str> = items.iter().map(String::as_str).collect();
        let reference = reference(&texts, n, min_words);
        let found = held(&reference, &text);
        let counts: BTreeMap<u32, u32> = found.iter().map(|(item, (words, _))| (*item, *words)).collect();
        prop_assert_eq!(counts, slow(&items, n, min_words, &text));
        // The stretch shown is one of the item, at least an n-gram long and no longer than all that is held.
        for (item, (words, shown)) in found {
            let alone = slow(&items, n, min_words, shown)[&item];
            prop_assert!(alone <= words && alone >= words.min(n as u32));
            prop_assert!(shown.split_whitespace().count() > 0 && !shown.ends_with(' '));
        }
    }
}

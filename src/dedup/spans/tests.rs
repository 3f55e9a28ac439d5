//! The whole of it in memory, against the obvious: all pairs of texts, all runs, word by word.

use std::collections::BTreeSet;
use std::ops::Range;

use proptest::prelude::*;

use super::*;
use crate::document::{Block, Label, Shape, Span};
use crate::fingerprint::{normalise_into, word_hashes};
use crate::segment::segment;

/// Small enough that a few sentences repeat by chance.
const MIN_WORDS: usize = 10;

/// What goes of each text, in rank order, where `gone` are the blocks that go anyway.
fn settled(texts: &[SpanText], sources: &[String], gone: &[Vec<usize>]) -> Vec<Vec<Piece>> {
    let mut samples = Vec::new();
    for (place, text) in texts.iter().enumerate() {
        let mut hashes = Vec::new();
        let mut normal = String::new();
        for part in &text.parts {
            normalise_into(part.span.of(&sources[place]), &mut normal);
            word_hashes(&normal, &mut hashes);
        }
        assert_eq!(hashes.len(), text.len() as usize);
        samples.extend(Fingerprint::of(&hashes, place as u32, MIN_WORDS));
    }
    samples.sort();
    let (mut linker, mut links) = (Links::default(), Vec::new());
    samples.into_iter().for_each(|sample| links.extend(linker.of(sample)));
    links.sort();
    let mut removed: Vec<Vec<Removal>> = Vec::new();
    let mut all = Vec::new();
    for (place, text) in texts.iter().enumerate() {
        let own: Vec<Link> = links.iter().copied().filter(|link| link.place == place as u32).collect();
        let mut matcher = Matcher::new(text, MIN_WORDS);
        for links in own.chunk_by(|a, b| a.owner == b.owner) {
            let owner = links[0].owner as usize;
            matcher.compare(links, (owner != place).then(|| &texts[owner]));
        }
        let words = gone_words(text, &gone[place]);
        let borders = if text.is_empty() { Vec::new() } else { text.borders(&sources[place], 0..text.len()) };
        let lost = |owner: u32, words: Range<u32>| {
            let lost = removed[owner as usize].iter().copied();
            Ok::<_, ()>(lost.filter(|lost| lost.start < words.end && words.start < lost.end).collect())
        };
        let pieces = settle(place as u32, matcher.runs, &words, &borders, MIN_WORDS, lost).unwrap();
        let place = place as u32;
        let mut own: Vec<Removal> = words
            .iter()
            .map(|w| Removal { place, start: w.start, end: w.end, owner: Removal::NOWHERE })
            .collect();
        own.extend(pieces.iter().map(|&Piece { start, end, owner }| Removal { place, start, end, owner }));
        own.sort();
        removed.push(own);
        all.push(pieces);
    }
    all
}

fn gone_words(text: &SpanText, gone: &[usize]) -> Vec<Range<u32>> {
    let parts = text.parts.iter().filter(|part| gone.contains(&part.block) && !part.words.is_empty());
    parts.map(|part| part.words.clone()).collect()
}

fn text_of(source: &str) -> SpanText {
    let blocks = segment(source);
    SpanText::of(source, blocks.iter().map(|block| (block, Label::Body)))
}

/// The words of `text` that lie between two borders and stand so, mark for mark, in another source.
fn repeated(text: &SpanText, source: &str, other: &str) -> BTreeSet<u32> {
    let borders = if text.is_empty() { Vec::new() } else { text.borders(source, 0..text.len()) };
    let (mut found, mut normal, mut there) = (BTreeSet::new(), String::new(), String::new());
    normalise_into(other, &mut there);
    for from in borders.iter().filter(|border| border.may_start) {
        for to in borders.iter().filter(|b| b.may_end && b.word >= from.word + MIN_WORDS as u32) {
            normalise_into(&source[from.start..to.end], &mut normal);
            let is_letter = |c: char| c.is_alphanumeric() && c.is_ascii();
            let is_word = |at: usize| {
                !there[..at].ends_with(is_letter) && !there[at + normal.len()..].starts_with(is_letter)
            };
            if there.match_indices(&normal).any(|(at, _)| is_word(at)) {
                found.extend(from.word..to.word);
            }
        }
    }
    found
}

fn corpora() -> impl Strategy<Value = Vec<String>> {
    const SENTENCES: [&str; 11] = [
        "The old harbour crane went away.",
        "Nobody saw it leave the pier.",
        "It stands in the museum today!",
        "Visitors come from the whole bay.",
        "Does anybody know the way there?",
        "各位乘客请注意。",
        "渡船今天不开！",
        "- an item of a list",
        "and a line that goes on",
        "Nobody saw it leave the pier!",
        "The old, harbour crane went away.",
    ];
    let sentence = (0..SENTENCES.len(), prop_oneof![4 => Just(" "), 2 => Just("\n\n"), 1 => Just("\n")]);
    let text = prop::collection::vec(sentence, 1..14);
    let text = text.prop_map(|parts| {
        let text: String = parts.iter().map(|&(i, gap)| SENTENCES[i].to_owned() + gap).collect();
        text.trim().to_owned()
    });
    prop::collection::vec(text, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_goes_is_what_the_obvious_search_finds(sources in corpora()) {
        let texts: Vec<SpanText> = sources.iter().map(|source| text_of(source)).collect();
        let none = vec![Vec::new(); texts.len()];
        let pieces = settled(&texts, &sources, &none);
        for (place, text) in texts.iter().enumerate() {
            let goes: BTreeSet<u32> = pieces[place].iter().flat_map(|piece| piece.start..piece.end).collect();
            let mut expected = BTreeSet::new();
            for other in &sources[..place] {
                expected.extend(repeated(text, &sources[place], other));
            }
            prop_assert!(expected.is_subset(&goes), "{:?} is not all of {:?} in {:?}", goes, expected, sources);
            // What the text repeats of itself can go too.
            for word in goes.difference(&expected) {
                let min_words = MIN_WORDS as u32;
                let around = word.saturating_sub(min_words - 1)..=*word;
                let mut windows = around.filter(|start| start + min_words <= text.len());
                let is_earlier = |start: u32, at: u32| (0..min_words).all(|i| text.word(start + i) == text.word(at + i));
                let is_repeated = windows.any(|start| (0..start).any(|at| is_earlier(start, at)));
                prop_assert!(is_repeated);
            }
        }
    }

    #[test]
    fn every_copy_stands_in_text_that_stays_and_every_cut_is_a_border(
        sources in corpora(),
        gone in prop::collection::vec(prop::collection::vec(0_usize..8, 0..3), 6),
    ) {
        let texts: Vec<SpanText> = sources.iter().map(|source| text_of(source)).collect();
        let pieces = settled(&texts, &sources, &gone[..texts.len()]);
        let stays = |place: usize, word: u32| {
            let gone = gone_words(&texts[place], &gone[place]);
            !gone.iter().any(|gone| gone.contains(&word))
                && !pieces[place].iter().any(|piece| (piece.start..piece.end).contains(&word))
        };
        for (place, text) in texts.iter().enumerate() {
            let mut last = 0;
            for (i, &Piece { start, end, owner: (owner, there) }) in pieces[place].iter().enumerate() {
                prop_assert!(start < end && last <= start);
                for word in start..end {
                    let other = there + (word - start);
                    prop_assert_eq!(text.word(word), texts[owner as usize].word(other));
                    prop_assert!(stays(owner as usize, other));
                    prop_assert!(!gone_words(text, &gone[place]).iter().any(|gone| gone.contains(&word)));
                }
                last = end;
                // The bytes tile: no piece leaves a word or a mark between itself and the next one.
                let borders = text.borders(&sources[place], 0..text.len());
                for (span, words) in text.spans(&sources[place], start..end, &borders, &mut WordPlaces::default()) {
                    let taken = span.of(&sources[place]);
                    prop_assert_eq!(taken, taken.trim());
                    let expected: String = words.map(|word| text.word(word).to_owned() + " ").collect();
                    let again = text_of(taken);
                    let found: String = (0..again.len()).map(|word| again.word(word).to_owned() + " ").collect();
                    prop_assert_eq!(found, expected);
                }
                let follows = pieces[place].get(i + 1).is_some_and(|next| next.start == end);
                if !follows {
                    let border = borders.iter().find(|border| border.word == end);
                    prop_assert!(border.is_some_and(|border| border.may_end || !gone[place].is_empty()));
                }
            }
        }
    }
}

fn block(span: Span, shape: Shape) -> Block {
    Block { span, shape, after_blank: true }
}

#[test]
fn where_a_text_may_be_cut() {
    let cuts = |source: &str| {
        let text = text_of(source);
        let borders = text.borders(source, 0..text.len());
        let marked = |wanted: &dyn Fn(&Border) -> bool, at: &dyn Fn(&Border) -> usize| {
            borders.iter().filter(|border| wanted(border)).map(at).collect::<Vec<_>>()
        };
        (marked(&|b| b.may_start, &|b| b.start), marked(&|b| b.may_end, &|b| b.end))
    };
    assert_eq!(cuts("One thing ended. “Another begins.”"), (vec![0, 17], vec![16, 38]));
    // A heading may stay without its text, but does not go without it; nor does what announces a list.
    assert_eq!(cuts("Prices\n\nThey went higher. They will stay there."), (vec![0, 8, 26], vec![25, 47]));
    assert_eq!(cuts("You need:\n\n- a crane\n- a barge\n\nThat is all."), (vec![0, 32], vec![30, 44]));
    // Lines of a paragraph that was not known as wrapped.
    assert_eq!(cuts("the crane went\naway."), (vec![0], vec![20]));
    // Short lines of one structure.
    assert_eq!(cuts("size : real?\n\nface : string\n\nIt draws a labeled point."), (vec![0, 29], vec![54]));
    assert_eq!(cuts("开了。没开。"), (vec![0, 9], vec![9, 18]));
}

#[test]
fn a_run_over_furniture_is_two_spans() {
    let source = "One two three.\n\nShare this\n\nFour five six.\n\n* * *\n\nSeven.";
    let blocks = segment(source);
    let labels = [Label::Body, Label::Share, Label::Body, Label::Body, Label::Body];
    let text = SpanText::of(source, blocks.iter().zip(labels));
    let borders = text.borders(source, 0..text.len());
    let spans = text.spans(source, 1..7, &borders, &mut WordPlaces::default());
    let shown: Vec<_> = spans.iter().map(|(span, words)| (span.of(source), words.clone())).collect();
    assert_eq!(shown, [("two three.", 1..3), ("Four five six.\n\n* * *\n\nSeven.", 3..7)]);
    let one = SpanText::of("a b", [(&block(Span::new(0, 3), Shape::Text), Label::Body)].into_iter());
    assert_eq!(one.bytes("a b", 1..2, &mut WordPlaces::default()), Span::new(2, 3));
}

use super::*;
use crate::document::{Label, Verdict};
use crate::write::{BlockAction, BlockDecision, Decision, sample};

fn decision<'a>(
    document: &'a crate::document::Document,
    blocks: &'a [BlockDecision],
    verdict: Verdict,
) -> Decision<'a> {
    Decision { document, blocks, verdict, spans: None, canonical_id: None, elsewhere: None }
}

const KEEP: Verdict = Verdict::Keep { copies: 0 };

#[test]
fn every_byte_is_in_one_row_of_the_funnel() {
    let document = sample::document("Title\n\nText one\nText two\nRead more");
    let labels = [Label::Title, Label::Body, Label::Body, Label::RelatedHeading];
    let mut blocks = sample::blocks(&document.text, &labels);
    blocks[2].action = BlockAction::DropDuplicate;
    let mut counts = Counts::default();
    let bytes = document.text.len() as u64;
    assert_eq!(counts.add(&decision(&document, &blocks, KEEP), bytes), 8);
    assert_eq!(counts.add(&decision(&document, &blocks, Verdict::Empty), bytes), 0);
    let mut twice = counts.clone();
    twice.merge(&counts);
    let funnel = twice.funnel;
    let expected = Funnel {
        read: 4 * bytes,
        empty: 2 * bytes,
        between_blocks: 8,
        boilerplate: 18,
        lifted: 10,
        duplicate_blocks: 16,
        kept: 16,
        ..Funnel::default()
    };
    assert_eq!(funnel, expected);
    let lengths = twice.lengths();
    assert_eq!(lengths.first().map(|bin| (bin.from, bin.to, bin.read, bin.kept)), Some((8, 15, 0, 2)));
    assert_eq!(lengths.last().map(|bin| (bin.from, bin.to, bin.read, bin.kept)), Some((32, 63, 4, 0)));
    let last = twice.confidences()[19];
    assert_eq!((last.from, last.to, last.main, last.lifted, last.boilerplate), (0.95, 1.0, 8, 4, 4));
}

#[test]
fn the_longest_text_and_the_shortest_have_a_bin() {
    let document = sample::document("");
    let mut counts = Counts::default();
    counts.add(&decision(&document, &[], Verdict::Empty), 0);
    counts.add(&decision(&document, &[], Verdict::Empty), u64::MAX);
    let lengths = counts.lengths();
    assert_eq!((lengths[0].from, lengths[0].to), (0, 0));
    assert_eq!((lengths[64].from, lengths[64].to), (1 << 63, u64::MAX));
}

/// Documents of one block each, held by so many.
fn repeated(parts: &[&[(u32, &str)]]) -> Vec<(u32, u64, u32)> {
    let (mut all, mut number) = (Repeated::default(), 0);
    for part in parts {
        let mut next = Repeated::above(all.floor());
        for (documents, text) in *part {
            let document = sample::document(text);
            let mut blocks = sample::blocks(text, &[Label::Legal]);
            blocks[0].labelled.repetition.documents = *documents;
            next.add(number, &decision(&document, &blocks, KEEP), Some(text));
            number += 1;
        }
        all.merge(next);
    }
    all.into_named()
        .into_iter()
        .map(|(documents, place)| (documents, place.occurrences, place.at.0))
        .collect()
}

#[test]
fn the_most_repeated_blocks_are_counted_whatever_the_parts() {
    let texts: Vec<String> = (0..400).map(|n| format!("line {}", n % 90)).collect();
    let all: Vec<(u32, &str)> =
        texts.iter().enumerate().map(|(n, text)| (2 + (n as u32 % 90) / 2, text.as_str())).collect();
    let whole = repeated(&[&all]);
    assert_eq!(whole.len(), NAMED_BLOCKS);
    // The 90 lines stand in order; the last two are held by the most documents and stand four times each.
    assert_eq!(whole[..3], [(46, 4, 88), (46, 4, 89), (45, 4, 86)]);
    for size in [1, 7, 64] {
        let parts: Vec<_> = all.chunks(size).collect();
        assert_eq!(repeated(&parts), whole, "parts of {size}");
    }
    assert!(repeated(&[&[(1, "once"), (0, "never counted")]]).is_empty());
}

fn told(kept: &str, dropped: &str) -> String {
    let WordDiff { pieces, cut } = WordDiff::of(kept, dropped);
    let mut text: Vec<String> = pieces
        .iter()
        .map(|piece| match piece.side {
            Whose::Both => piece.text.clone(),
            Whose::Kept => format!("[{}]", piece.text),
            Whose::Dropped => format!("{{{}}}", piece.text),
        })
        .collect();
    text.extend(cut.then(|| "(cut)".to_owned()));
    text.join(" ")
}

#[test]
fn a_difference_is_told_by_words() {
    assert_eq!(
        told("The ferry leaves at nine.", "The ferry\n\nleaves at ten."),
        "The ferry leaves at [nine.] {ten.}"
    );
    assert_eq!(told("a b c", "a b c"), "a b c");
    assert_eq!(told("", "new"), "{new}");
    let long: Vec<String> = (0..100).map(|n| format!("w{n}")).collect();
    let long = long.join(" ");
    let told = told(&format!("{long} x {long}"), &format!("{long} y {long}"));
    assert!(
        told.starts_with("… w88 ") && told.contains("w99 [x] {y} w0") && told.ends_with("w11 …"),
        "{told}"
    );
}

#[test]
fn a_difference_is_bounded() {
    let words = |word: &str| (0..5000).map(|n| format!("{word}{n} same")).collect::<Vec<_>>().join(" ");
    let diff = WordDiff::of(&words("a"), &words("b"));
    assert!(diff.cut && diff.pieces.len() <= 100, "{}", diff.pieces.len());
    let word = "é".repeat(100_000);
    let diff = WordDiff::of(&word, "x");
    assert!(diff.pieces[0].text.len() < 200 && diff.pieces[0].text.ends_with('…'));
}

#[test]
fn an_excerpt_ends_between_characters() {
    let excerpt = Excerpt::of(&"é".repeat(300));
    assert!(excerpt.cut && excerpt.text.len() == SHOWN_BYTES);
    let odd = Excerpt::of(&format!("a{}", "é".repeat(300)));
    assert_eq!(odd.text.len(), SHOWN_BYTES - 1);
    assert!(!Excerpt::of("short").cut);
}

/// A report with something in every part of it.
pub(crate) fn details() -> Details {
    let difference = Some(WordDiff::of("The ferry leaves at nine.", "The ferry leaves at <b>ten</b>."));
    let near = NearCopy { canonical: "d0".to_owned(), copy: "d1".to_owned(), similarity: 0.8125, difference };
    let site = Site { name: "example.org".to_owned(), documents: 12, kept: 3, bytes: 900, kept_bytes: 90 };
    let first = vec![Copy { id: "d1".to_owned(), reason: DropReason::NearDuplicate, similarity: 0.8125 }];
    let cluster =
        Cluster { canonical: "d0".to_owned(), copies: 1, exact: 0, first, least: Some(near.clone()) };
    let block = RepeatedBlock {
        documents: 7,
        occurrences: 9,
        removed: 8,
        label: Label::Legal,
        document: "d1".to_owned(),
        start: 5,
        end: 24,
        text: Some(Excerpt::of("All rights reserved")),
    };
    let document = sample::document("One");
    let blocks = sample::blocks(&document.text, &[Label::Body]);
    let mut counts = Counts::default();
    counts.add(&decision(&document, &blocks, KEEP), 3);
    Details::of(Gathered {
        origin: Origin::Run,
        configuration: Some([("dedup.threshold".to_owned(), "0.9".to_owned())].into()),
        counts,
        repeated_blocks: vec![block],
        sites: Sites { total: 1, largest: vec![site.clone()], worst: vec![site] },
        clusters: Clusters { total: 1, largest: vec![cluster], nearest: vec![near] },
    })
}

/// A report from decisions alone.
pub(crate) fn made_later() -> crate::report::Summary {
    let mut summary = crate::report::Summary::of_decisions();
    let mut details = details();
    details.origin = Origin::Decisions;
    details.configuration = None;
    details.repeated_blocks[0].text = None;
    summary.set_details(details);
    summary
}

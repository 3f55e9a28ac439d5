use super::*;
use crate::document::Verdict;
use crate::write::{BlockCopy, sample};

/// A kept document of four blocks, one of them a duplicate; a dropped one; two rejects.
pub(crate) fn summary() -> Summary {
    let document = sample::document("Title\nText one\nText two\nRead more");
    let labels = [Label::Title, Label::Body, Label::Body, Label::RelatedHeading];
    let mut blocks = sample::blocks(&document.text, &labels);
    blocks[2].duplicate_of = Some(Box::new(BlockCopy { id: "d0".to_owned(), block: 5, elsewhere: None }));
    blocks[2].action = BlockAction::DropDuplicate;
    let (blocks, document) = (blocks.as_slice(), &document);
    let mut sum = Summary::default();
    let keep = Verdict::Keep { copies: 0 };
    sum.add(&Decision { document, blocks, verdict: keep, spans: None, canonical_id: None, elsewhere: None });
    let mut part = Summary::default();
    let copy = Verdict::Duplicate { canonical: 0, similarity: 1.0, exact: true };
    part.add(&Decision {
        document,
        blocks,
        verdict: copy,
        spans: None,
        canonical_id: Some("d0"),
        elsewhere: None,
    });
    part.add_reject("malformed_json");
    part.add_reject("malformed_json");
    part.add_reject("empty_text");
    part.add_skipped("comparisons", 12);
    part.add_skipped("nothing", 0);
    part.set_search(Statistics { candidates: 3, verified: 2, ..Statistics::default() });
    sum.merge(&part);
    let (name, example) = ("example.org".to_owned(), "d1".to_owned());
    let case = Case { name, count: 180, of: Some(200), example };
    let guard = Guard::SourceDocuments;
    sum.set_breaches(vec![Breach { guard, limit: 0.75, cases: 1, worst: vec![case] }]);
    sum.set_quality(quality::tests::quality());
    sum
}

/// The same with a document that goes for one of nine items of a reference.
pub(crate) fn contaminated(action: AgainstAction) -> Summary {
    let mut sum = summary();
    let document = sample::document("One");
    let blocks = sample::blocks(&document.text, &[Label::Body]);
    let verdict = match action {
        AgainstAction::Drop => Verdict::Contaminated { item: 0, share: 0.5 },
        AgainstAction::Mark => Verdict::Keep { copies: 0 },
    };
    let canonical_id = Some("q0").filter(|_| action == AgainstAction::Drop);
    sum.add(&Decision {
        document: &document,
        blocks: &blocks,
        verdict,
        spans: None,
        canonical_id,
        elsewhere: None,
    });
    let (items, too_short, items_found, documents) = (9, 2, 1, 1);
    sum.set_contamination(Contamination {
        action,
        items,
        too_short,
        items_found,
        documents,
        ..Contamination::default()
    });
    sum
}

#[test]
fn kept_and_removed_are_counted_once() {
    let json: serde_json::Value = serde_json::from_str(&summary().to_json()).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["documents"]["read"], 2);
    assert_eq!(json["documents"]["kept"], 1);
    assert_eq!(json["documents"]["dropped"]["exact_duplicate"], 1);
    assert_eq!(json["bytes"], serde_json::json!({"source": 66, "kept": 8}));
    assert_eq!(json["labels"]["body"], serde_json::json!({"blocks": 4, "bytes": 32}));
    assert_eq!(json["duplicate_blocks"]["dropped"], serde_json::json!({"blocks": 1, "bytes": 8}));
    assert_eq!(json["rejects"]["causes"], serde_json::json!({"empty_text": 1, "malformed_json": 2}));
    assert_eq!(json["search"], serde_json::json!({"candidates": 3, "verified": 2}));
    assert_eq!(json["skipped"], serde_json::json!({"comparisons": 12}));
    assert_eq!(json["quality"]["recall"]["estimate"], 800.0 / 801.0);
    assert!(!Summary::default().to_json().contains("quality"), "nothing is said where nobody asked");
}

#[test]
fn runs_of_words_are_counted_where_they_were_looked_for() {
    let document = sample::document("One two three. Four.");
    let blocks = &*sample::blocks(&document.text, &[Label::Body]);
    let (span, there) = (Span::new(0, 14), Span::new(7, 20));
    let spans = [SpanDecision { span, words: 3, is_dropped: true, id: "d0".to_owned(), there }];
    let (document, verdict, spans) = (&document, Verdict::Keep { copies: 0 }, Some(&spans[..]));
    let mut sum = Summary::default();
    assert!(!sum.to_json().contains("spans"));
    sum.add(&Decision { document, blocks, verdict, spans, canonical_id: None, elsewhere: None });
    let mut both = summary();
    both.merge(&sum);
    let json: serde_json::Value = serde_json::from_str(&both.to_json()).unwrap();
    let dropped = serde_json::json!({"spans": 1, "words": 3, "bytes": 14});
    assert_eq!(json["duplicate_spans"]["dropped"], dropped);
    assert_eq!(json["bytes"]["kept"], 8 + " Four.".len());
    assert!(both.table().contains("duplicate spans                         spans                  text\n"));
}

#[test]
fn labels_stand_in_their_documented_order() {
    let json = summary().to_json();
    let at: Vec<_> =
        Label::ALL.iter().map(|label| json.find(&format!("\"{}\": {{", label.name())).unwrap()).collect();
    assert!(at.is_sorted());
    for (index, label) in Label::ALL.iter().enumerate() {
        assert_eq!(*label as usize, index);
    }
}

#[test]
fn parts_merge_to_the_same_in_either_order() {
    let (mut one, mut both) = (summary(), Summary::default());
    one.set_breaches(Vec::new());
    one.quality = None;
    both.merge(&one);
    assert_eq!(both, one);
    let mut other = Summary::default();
    other.add_reject("another");
    let mut swapped = other.clone();
    both.merge(&other);
    swapped.merge(&one);
    assert_eq!(both, swapped);
}

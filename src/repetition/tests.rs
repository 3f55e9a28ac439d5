//! What pages say of each other's blocks, on small corpora where it can be seen.

use super::*;
use crate::document::{Document, Metadata, Place, Repetition};
use crate::segment::segment;

fn document(text: &str, url: Option<&str>) -> Document {
    Document {
        id: String::new(),
        text: text.to_owned(),
        url: url.map(str::to_owned),
        metadata: Metadata::default(),
        place: Place { path: "".into(), record: 0 },
        source_hash: xxhash_rust::xxh3::xxh3_128(text.as_bytes()),
        cleaned: None,
    }
}

fn repetition_of(documents: &[Document]) -> Vec<Vec<Repetition>> {
    let blocks: Vec<_> = documents.iter().map(|d| segment(&d.text)).collect();
    in_memory(documents, &blocks).unwrap()
}

const HARBOUR: &str = "The harbour of Rostock will close its northern basin in autumn because the quay has to be \
    rebuilt from the ground, the harbour master said on Monday.";
const PIER: &str = "Ships bound for the basin are to berth at the coal pier, which was last used when the basin was \
    dredged and which has since been widened by twelve metres.";
const TUNNEL: &str = "Voters in the eastern valleys rejected the tunnel for the third time on Sunday, by a margin that \
    even its opponents had not expected after the campaign of the summer.";
const ORCHARD: &str = "Growers along the lake expect the smallest harvest of apples in thirty years after two nights of \
    frost in May, and have asked the canton for help with their debts.";

#[test]
fn a_block_of_two_pages_counts_two_and_says_where_it_stands_higher() {
    let article = document(&format!("Valley votes\n\n{TUNNEL}\n\n{ORCHARD}"), None);
    let teaser =
        document(&format!("Quay closed\n\n{HARBOUR}\n\n{PIER}\n\nSee\n\nValley votes\n\n{TUNNEL}"), None);
    let found = repetition_of(&[article, teaser]);
    assert_eq!(found[1].iter().map(|r| r.documents).collect::<Vec<_>>(), [1, 1, 1, 1, 2, 2]);
    assert!(found[1][4].title_elsewhere && found[1][4].earlier_elsewhere && found[1][5].earlier_elsewhere);
    assert_eq!((found[1][5].run, found[1][5].example), (2, Some((0, 1))));
    assert!(!found[0][0].title_elsewhere && !found[0][1].earlier_elsewhere);
    assert_eq!(found[0][1].documents, 2);
}

#[test]
fn copies_of_one_page_count_once() {
    let first = document(&format!("Quay closed\n\n{HARBOUR}\n\n{PIER}\n\n{ORCHARD}"), None);
    let again = document(&format!("Menu\n\nQuay closed\n\n{HARBOUR}\n\n{PIER}\n\nUpdate: {ORCHARD}"), None);
    let found = repetition_of(&[first, again]);
    assert!(found.iter().flatten().all(|r| r.documents == 1), "{found:?}");
}

#[test]
fn pages_that_show_each_other_are_no_copies() {
    let one = document(&format!("Quay\n\n{HARBOUR}\n\n{PIER}\n\n{TUNNEL}\n\n{ORCHARD}"), None);
    let other = document(&format!("Valley\n\n{TUNNEL}\n\n{ORCHARD}\n\n{HARBOUR}\n\n{PIER}"), None);
    let found = repetition_of(&[one, other]);
    assert_eq!(found[0].iter().map(|r| r.documents).collect::<Vec<_>>(), [1, 2, 2, 2, 2]);
    assert!(found[0][3].earlier_elsewhere && !found[0][1].earlier_elsewhere);
}

#[test]
fn sites_digits_and_swapped_words_are_seen() {
    let page = |n: usize, place: &str, name: &str| {
        let text = format!(
            "Comments ({n})\n\nUnique line number {name}\n\nToday we write to you from {place} once more"
        );
        document(&text, Some(&format!("https://www.example.org/{n}")))
    };
    let found =
        repetition_of(&[page(3, "Berlin", "one"), page(12, "Lisbon", "two"), page(7, "Warsaw", "six")]);
    for blocks in &found {
        assert_eq!((blocks[0].documents, blocks[0].masked_documents), (1, 3));
        assert_eq!(blocks[2].near_documents, 2, "{found:?}");
    }
    let menu = |n: usize| {
        document(&format!("Home and garden\n\nText {n}"), Some(&format!("https://example.org/{n}")))
    };
    let elsewhere = document("Home and garden\n\nOther", Some("https://example.com/"));
    let found = repetition_of(&[menu(1), menu(2), elsewhere]);
    assert_eq!((found[0][0].documents, found[0][0].site_documents, found[2][0].site_documents), (3, 2, 1));
}

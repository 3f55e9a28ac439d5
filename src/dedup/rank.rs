//! The order in which documents claim to stay: by the rules of `dedup.keep`, then by input order.
//!
//! By default the longest main text comes first, because a copy that lost its end or its middle is the worse one to
//! keep. Input order makes the order total, so it depends on nothing but the input. It is wrong about dates that are
//! less than a day apart in different time zones: a date counts as it is written.

use serde_json::{Map, Value};

use crate::config::KeepRule;
use crate::document::Document;

/// How good a document's claim to stay is; the higher the better. Only claims by the same rules can be compared.
///
/// `words` is the length of its main text, `date` the date that was lifted from it.
#[must_use]
pub fn claim(rules: &[KeepRule], words: u32, document: &Document, date: Option<&str>) -> u128 {
    // Each rule takes bits of its own, the first the highest. No rule occurs twice, so there are enough.
    rules.iter().fold(0, |claim, rule| match rule {
        KeepRule::Longest => claim << 32 | u128::from(words),
        KeepRule::Newest(None) => claim << 40 | u128::from(moment(date.unwrap_or_default())),
        KeepRule::Newest(Some(field)) => {
            claim << 40 | u128::from(moment(&metadata_field(document, field).unwrap_or_default()))
        }
        KeepRule::Source(names) => claim << 8 | u128::from(preference(names, document)),
        KeepRule::First => claim,
    })
}

/// A date in ISO 8601, as precise as it is, as a number that grows with time; 0 for what does not begin with a year.
fn moment(date: &str) -> u64 {
    const BITS: [u32; 6] = [12, 4, 5, 5, 6, 6];
    let date = date.trim();
    if date.bytes().take_while(u8::is_ascii_digit).count() != 4 {
        return 0;
    }
    let mut numbers = date.split(|c: char| !c.is_ascii_digit()).map(|digits| digits.parse().unwrap_or(0u64));
    BITS.iter().fold(0, |moment, bits| {
        let most = (1 << bits) - 1;
        moment << bits | numbers.next().unwrap_or(0).min(most)
    })
}

/// How early a document's source is named: the more the earlier, 0 where it is not.
fn preference(names: &[String], document: &Document) -> u8 {
    let path = &*document.place.path;
    let source = metadata_field(document, "source");
    let is_source = |name: &String| match &source {
        Some(source) => source == name,
        None => path.strip_prefix(&**name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    };
    names.iter().position(is_source).map_or(0, |at| (names.len() - at) as u8)
}

/// A string of the metadata.
fn metadata_field(document: &Document, name: &str) -> Option<String> {
    let metadata: Map<String, Value> = serde_json::from_str(&document.metadata.0).ok()?;
    metadata.get(name)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Metadata, Place};

    fn document(path: &str, metadata: &str) -> Document {
        Document {
            id: String::new(),
            text: String::new(),
            url: None,
            metadata: Metadata(metadata.to_owned()),
            place: Place { path: path.into(), record: 0 },
            source_hash: 0,
            cleaned: None,
        }
    }

    fn rules(written: &[&str]) -> Vec<KeepRule> {
        written.iter().map(|rule| rule.parse().unwrap()).collect()
    }

    #[test]
    fn the_first_rule_that_tells_two_documents_apart_decides() {
        let plain = document("a.txt", "{}");
        let rules = rules(&["newest", "longest", "first"]);
        let claim = |words, date| claim(&rules, words, &plain, date);
        assert!(claim(5, Some("2024-03-01")) > claim(500, Some("2024-02-28T23:59")));
        assert!(claim(6, Some("2024-03")) > claim(5, Some("2024-03")));
        assert!(claim(5, Some("1999")) > claim(u32::MAX, None));
        assert_eq!(claim(5, Some("yesterday")), claim(5, None));
    }

    #[test]
    fn a_date_that_says_more_is_the_later_one() {
        let dates = [
            "",
            "1998",
            "2024",
            "2024-02",
            "2024-02-09",
            "2024-02-10",
            "2024-02-10T07:30",
            "2024-02-10T07:30:01",
        ];
        assert!(dates.windows(2).all(|pair| moment(pair[0]) < moment(pair[1])));
    }

    #[test]
    fn a_source_is_a_field_or_a_folder() {
        let rules = rules(&["source:wiki>data/web>news"]);
        let claim = |path, metadata| claim(&rules, 1, &document(path, metadata), None);
        let wiki = claim("data/web/1.jsonl", r#"{"source": "wiki"}"#);
        let web = claim("data/web/1.jsonl", "{}");
        let news = claim("x", r#"{"source": "news"}"#);
        let other = claim("data/webster/1.jsonl", "{}");
        assert!(wiki > web && web > news && news > other);
        assert_eq!(other, claim("wiki.txt", r#"{"source": 7}"#));
    }

    #[test]
    fn a_field_of_the_metadata_can_hold_the_date() {
        let rules = rules(&["newest:crawled"]);
        let claim = |metadata| claim(&rules, 1, &document("x", metadata), Some("2030-01-01"));
        assert!(claim(r#"{"crawled": "2024-05-01T00:00:00Z"}"#) > claim(r#"{"crawled": "2023-12-31"}"#));
        assert_eq!(claim("{}"), 0);
    }
}

//! The rules by which the better of two copies is told: `dedup.keep`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What makes a document's claim to stay better than another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeepRule {
    /// `longest`: more words of main text.
    Longest,
    /// `newest`: a later date on the page; or `newest:FIELD`, in this field of the metadata. No date comes last.
    Newest(Option<String>),
    /// `source:A>B>…`: a source that is named earlier. A document's source is its metadata field `source`, else the
    /// path of its file; a path is also named by a folder that it begins with. Sources not named come last.
    Source(Vec<String>),
    /// `first`: earlier in the input. It is always the last rule, said or not.
    First,
}

impl KeepRule {
    /// The rule's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Longest => "longest",
            Self::Newest(_) => "newest",
            Self::Source(_) => "source",
            Self::First => "first",
        }
    }
}

/// Most sources that a rule can tell apart.
const MOST_SOURCES: usize = 255;

/// What is wrong with a list of rules, if anything is.
pub(super) fn mistake(rules: &[KeepRule]) -> Option<String> {
    if rules.is_empty() {
        return Some("empty; say at least \"first\"".to_owned());
    }
    for (i, rule) in rules.iter().enumerate() {
        if rules[..i].iter().any(|earlier| earlier.name() == rule.name()) {
            return Some(format!("{:?} stands there twice", rule.name()));
        }
        if *rule == KeepRule::First && i + 1 < rules.len() {
            return Some("\"first\" decides between any two documents, so nothing can follow it".to_owned());
        }
    }
    None
}

impl FromStr for KeepRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, detail) = text.split_once(':').map_or((text, None), |(name, detail)| (name, Some(detail)));
        match (name.trim(), detail.map(str::trim)) {
            ("longest", None) => Ok(Self::Longest),
            ("first", None) => Ok(Self::First),
            ("newest", None) => Ok(Self::Newest(None)),
            ("newest", Some(field)) if !field.is_empty() => Ok(Self::Newest(Some(field.to_owned()))),
            ("source", Some(names)) => {
                let names: Vec<String> = names.split('>').map(|name| name.trim().to_owned()).collect();
                if names.iter().any(String::is_empty) || names.len() > MOST_SOURCES {
                    return Err(format!("{text:?}: write source:A>B with 1 to {MOST_SOURCES} names"));
                }
                Ok(Self::Source(names))
            }
            _ => {
                Err(format!("{text:?} is no rule; write longest, newest, newest:FIELD, source:A>B or first"))
            }
        }
    }
}

impl fmt::Display for KeepRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newest(Some(field)) => write!(f, "newest:{field}"),
            Self::Source(names) => write!(f, "source:{}", names.join(">")),
            _ => f.write_str(self.name()),
        }
    }
}

impl Serialize for KeepRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KeepRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_written_as_they_are_read() {
        for text in ["longest", "newest", "newest:crawled", "source:wiki>web/2024", "first"] {
            assert_eq!(text.parse::<KeepRule>().unwrap().to_string(), text);
        }
        assert_eq!("source: a > b".parse::<KeepRule>().unwrap().to_string(), "source:a>b");
        for text in ["oldest", "longest:x", "newest:", "source:", "source:a>>b", "first:"] {
            assert!(text.parse::<KeepRule>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_list_of_rules_must_make_sense() {
        let mistake =
            |rules: &[&str]| mistake(&rules.iter().map(|rule| rule.parse().unwrap()).collect::<Vec<_>>());
        assert_eq!(mistake(&["source:a>b", "longest", "first"]), None);
        assert_eq!(mistake(&["newest"]), None);
        assert!(mistake(&[]).is_some());
        assert!(mistake(&["newest", "newest:x"]).unwrap().contains("twice"));
        assert!(mistake(&["first", "longest"]).unwrap().contains("follow"));
    }
}

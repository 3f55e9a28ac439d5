//! The JSON Schema (draft 2020-12) of every format that dehusk writes or reads for itself.
//!
//! The schemas are files, so that they can be read and linked as they are; the tests hold them to the writers, to
//! the labels and to the configuration.

/// A format with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A line of the corpus.
    Corpus,
    /// A line of the decisions.
    Decisions,
    /// The report.
    Report,
    /// `dehusk.toml`, as the JSON value it stands for.
    Config,
    /// What `dehusk advise --json` prints.
    Advice,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Corpus, Self::Decisions, Self::Report, Self::Config, Self::Advice];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Corpus => "corpus",
            Self::Decisions => "decisions",
            Self::Report => "report",
            Self::Config => "config",
            Self::Advice => "advice",
        }
    }
}

/// The schema's text, with a line end.
#[must_use]
pub fn text(kind: Kind) -> &'static str {
    match kind {
        Kind::Corpus => include_str!("corpus.json"),
        Kind::Decisions => include_str!("decisions.json"),
        Kind::Report => include_str!("report.json"),
        Kind::Config => include_str!("config.json"),
        Kind::Advice => include_str!("advice.json"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::Config;
    use crate::document::{Label, Verdict};
    use crate::write::{
        BlockAction, BlockCopy, CorpusRecord, Decision, sample, write_corpus, write_decision,
    };

    fn schema(kind: Kind) -> Value {
        serde_json::from_str(text(kind)).unwrap()
    }

    /// `good` is valid, and no longer when the value at any of the pointers is replaced, or its key removed.
    fn assert_schema(kind: Kind, good: &Value, breaks: &[(&str, Value)]) {
        let validator = jsonschema::validator_for(&schema(kind)).unwrap();
        if let Err(e) = validator.validate(good) {
            panic!("{}: {e} at {}", kind.name(), e.instance_path());
        }
        for (pointer, value) in breaks {
            let mut broken = good.clone();
            *broken.pointer_mut(pointer).expect(pointer) = value.clone();
            assert!(!validator.is_valid(&broken), "{}{pointer} = {value}", kind.name());
        }
        for pointer in objects(good) {
            let Some(Value::Object(object)) = good.pointer(&pointer) else { unreachable!() };
            for key in object.keys() {
                let mut broken = good.clone();
                broken.pointer_mut(&pointer).unwrap().as_object_mut().unwrap().remove(key);
                let optional = matches!(pointer.as_str(), "/metadata" | "/rejects/causes" | "/skipped");
                assert_eq!(validator.is_valid(&broken), optional, "{} without {pointer}/{key}", kind.name());
            }
        }
    }

    /// Pointers to every object inside a value.
    fn objects(value: &Value) -> Vec<String> {
        let children: Vec<(String, &Value)> = match value {
            Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), value)).collect(),
            Value::Array(array) => {
                array.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect()
            }
            _ => Vec::new(),
        };
        let own = value.is_object().then(String::new);
        let inner = children
            .into_iter()
            .flat_map(|(key, value)| objects(value).into_iter().map(move |inner| format!("/{key}{inner}")));
        own.into_iter().chain(inner).collect()
    }

    #[test]
    fn every_schema_is_a_schema() {
        for kind in Kind::ALL {
            assert!(jsonschema::meta::is_valid(&schema(kind)), "{}", kind.name());
            assert!(text(kind).ends_with("}\n"));
        }
    }

    #[test]
    fn corpus_lines_are_valid() {
        let mut document = sample::document("A");
        document.metadata.0 = r#"{"any":["thing"]}"#.to_owned();
        let mut line = Vec::new();
        let date = Some("2016-04-22T19:38");
        let record =
            CorpusRecord { document: &document, text: "A", title: Some("T"), date, language: Some("en") };
        write_corpus(&mut line, &record);
        let good = serde_json::from_slice(&line).unwrap();
        assert_schema(
            Kind::Corpus,
            &good,
            &[
                ("/text", json!("")),
                ("/id", json!(7)),
                ("/date", json!("22 April 2016")),
                ("/language", json!("eng")),
                ("/metadata", json!([])),
                ("/provenance/record", json!(-1)),
                ("/provenance/source_hash", json!("2A")),
            ],
        );
    }

    #[test]
    fn decisions_are_valid() {
        let document = sample::document("Title\nOne\nTwo\nRead more");
        let labels = [Label::Title, Label::Body, Label::Body, Label::RelatedHeading];
        let mut blocks = sample::blocks(&document.text, &labels);
        blocks[1].duplicate_of = Some(Box::new(BlockCopy { id: "d0".to_owned(), block: 5 }));
        blocks[1].action = BlockAction::DropDuplicate;
        let mut line = Vec::new();
        let (document, blocks) = (&document, &*blocks);
        let keep = Verdict::Keep { copies: 0 };
        write_decision(&mut line, &Decision { document, blocks, verdict: keep, canonical_id: None });
        assert_schema(
            Kind::Decisions,
            &serde_json::from_slice(&line).unwrap(),
            &[
                ("/action", json!("drop")),
                ("/reason", json!("empty")),
                ("/similarity", json!(0.9)),
                ("/blocks/0/start", json!(-1)),
                ("/blocks/0/end", json!(1.5)),
                ("/blocks/0/label", json!("headline")),
                ("/blocks/0/confidence", json!(1.001)),
                ("/blocks/0/documents", json!(0)),
                ("/blocks/1/duplicate_of", json!(null)),
                ("/blocks/1/reason", json!(null)),
                ("/blocks/3/action", json!("keep")),
            ],
        );
        line.clear();
        let copy = Verdict::Duplicate { canonical: 0, similarity: 0.9, exact: false };
        write_decision(&mut line, &Decision { document, blocks, verdict: copy, canonical_id: Some("d0") });
        assert_schema(
            Kind::Decisions,
            &serde_json::from_slice(&line).unwrap(),
            &[("/reason", json!("empty")), ("/duplicate_of", json!(null)), ("/similarity", json!(1.1))],
        );
    }

    #[test]
    fn reports_are_valid() {
        assert_schema(
            Kind::Report,
            &serde_json::from_str(&crate::report::tests::summary().to_json()).unwrap(),
            &[
                ("/version", json!(2)),
                ("/documents/read", json!(-1)),
                ("/labels/body/blocks", json!("4")),
                ("/rejects/causes", json!({"Malformed JSON": 1})),
                ("/search/candidates", json!(-1)),
                ("/guards/0/guard", json!("documents")),
                ("/guards/0/cases", json!(0)),
                ("/guards/0/worst", json!([])),
                ("/guards/0/worst/0/of", json!("200")),
            ],
        );
    }

    #[test]
    fn labels_are_the_labels() {
        let names: Vec<Value> = Label::ALL.iter().map(|label| json!(label.name())).collect();
        assert_eq!(schema(Kind::Decisions)["$defs"]["block"]["properties"]["label"]["enum"], json!(names));
        assert_eq!(schema(Kind::Report)["properties"]["labels"]["required"], json!(names));
    }

    #[test]
    fn the_configuration_has_a_schema_for_every_key_with_its_default() {
        fn compare(schema: &Value, defaults: &toml::Table) {
            let properties = schema["properties"].as_object().unwrap();
            assert!(properties.keys().eq(defaults.keys().collect::<std::collections::BTreeSet<_>>()));
            assert_eq!(schema["additionalProperties"], false);
            for (key, default) in defaults {
                assert!(properties[key]["description"].is_string(), "{key} has no description");
                match default {
                    toml::Value::Table(inner) => compare(&properties[key], inner),
                    value => {
                        assert_eq!(properties[key]["default"], serde_json::to_value(value).unwrap(), "{key}");
                    }
                }
            }
        }
        let defaults: toml::Table = Config::default().to_toml().parse().unwrap();
        compare(&schema(Kind::Config), &defaults);

        let validator = jsonschema::validator_for(&schema(Kind::Config)).unwrap();
        assert!(validator.is_valid(&serde_json::to_value(&defaults).unwrap()));
        assert!(validator.is_valid(&json!({"run": {"memory": 1 << 30}, "input": {"max_record": "5 mb"}})));
        for broken in [
            json!({"runs": {}}),
            json!({"run": {"memory": "much"}}),
            json!({"dedup": {"threshold": 0}}),
            json!({"dedup": {"blocks": {"policy": "delete"}}}),
            json!({"label": {"enabled": "on"}}),
            json!({"guard": {"action": "fail"}}),
            json!({"guard": {"source_bytes": 1.5}}),
            json!({"guard": {"copies": 0.5}}),
        ] {
            assert!(!validator.is_valid(&broken), "{broken}");
        }
    }
}

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
    /// A line of the list of a reference's items.
    Contamination,
    /// The report.
    Report,
    /// `dehusk.toml`, as the JSON value it stands for.
    Config,
    /// What `dehusk advise --json` prints.
    Advice,
    /// A line of the rejects.
    Rejects,
    /// The manifest of a corpus in shards.
    Manifest,
    /// What `dehusk check --format json` prints.
    Check,
}

impl Kind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::Corpus,
        Self::Decisions,
        Self::Contamination,
        Self::Report,
        Self::Config,
        Self::Advice,
        Self::Rejects,
        Self::Manifest,
        Self::Check,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Corpus => "corpus",
            Self::Decisions => "decisions",
            Self::Contamination => "contamination",
            Self::Report => "report",
            Self::Config => "config",
            Self::Advice => "advice",
            Self::Rejects => "rejects",
            Self::Manifest => "manifest",
            Self::Check => "check",
        }
    }
}

/// The schema's text, with a line end.
#[must_use]
pub fn text(kind: Kind) -> &'static str {
    match kind {
        Kind::Corpus => include_str!("corpus.json"),
        Kind::Decisions => include_str!("decisions.json"),
        Kind::Contamination => include_str!("contamination.json"),
        Kind::Report => include_str!("report.json"),
        Kind::Config => include_str!("config.json"),
        Kind::Advice => include_str!("advice.json"),
        Kind::Rejects => include_str!("rejects.json"),
        Kind::Manifest => include_str!("manifest.json"),
        Kind::Check => include_str!("check.json"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::AgainstAction;
    use crate::config::Config;
    use crate::contamination::Item;
    use crate::document::{Label, Place, Span, Verdict};
    use crate::read::{Cause, Reject};
    use crate::write::{
        BlockAction, BlockCopy, CorpusRecord, Decision, Holder, ItemFindings, Manifest, Shard, SpanDecision,
        sample, write_corpus, write_decision, write_item, write_reject,
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
                let is_free = matches!(
                    pointer.as_str(),
                    "/metadata" | "/rejects/causes" | "/skipped" | "/details/configuration"
                );
                let optional = is_free
                    || (pointer.is_empty()
                        && matches!(key.as_str(), "quality" | "contamination" | "details"))
                    || (pointer == "/details" && key == "configuration")
                    || (pointer == "/documents/dropped" && key == "contaminated");
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
        for &kind in Kind::ALL {
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
    fn rejects_and_manifests_are_valid() {
        let named: Vec<&str> = Cause::ALL.iter().map(|cause| cause.name()).collect();
        assert_eq!(schema(Kind::Rejects)["properties"]["cause"]["enum"], json!(named));
        for (raw, encoding) in [(&b"{"[..], "utf8"), (b"\xff", "base64")] {
            let (message, raw, cause) = ("bad".to_owned(), raw.to_vec(), Cause::MalformedJson);
            let mut line = Vec::new();
            write_reject(&mut line, &Reject { path: "a".into(), record: 3, offset: 9, cause, message, raw });
            let good: Value = serde_json::from_slice(&line).unwrap();
            assert_eq!(good["raw_encoding"], encoding);
            assert_schema(Kind::Rejects, &good, &[("/cause", json!("bad_luck")), ("/record", json!(-1))]);
        }
        let shard =
            Shard { name: "c-00000.jsonl".to_owned(), records: 1, bytes: 2, xxh3_128: "0".repeat(32) };
        let manifest = Manifest { version: 1, records: 1, bytes: 2, shards: vec![shard] };
        let good = serde_json::to_value(manifest).unwrap();
        assert_schema(Kind::Manifest, &good, &[("/version", json!(2)), ("/shards/0/xxh3_128", json!("0"))]);
    }

    #[test]
    fn decisions_are_valid() {
        let document = sample::document("Title\nOne\nTwo\nRead more");
        let labels = [Label::Title, Label::Body, Label::Body, Label::RelatedHeading];
        let mut blocks = sample::blocks(&document.text, &labels);
        blocks[1].duplicate_of = Some(Box::new(BlockCopy { id: "d0".to_owned(), block: 5, elsewhere: None }));
        blocks[1].action = BlockAction::DropDuplicate;
        let mut line = Vec::new();
        let (document, blocks) = (&document, &*blocks);
        let keep = Verdict::Keep { copies: 0 };
        write_decision(
            &mut line,
            &Decision { document, blocks, verdict: keep, spans: None, canonical_id: None, elsewhere: None },
        );
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
        write_decision(
            &mut line,
            &Decision {
                document,
                blocks,
                verdict: copy,
                spans: None,
                canonical_id: Some("d0"),
                elsewhere: None,
            },
        );
        assert_schema(
            Kind::Decisions,
            &serde_json::from_slice(&line).unwrap(),
            &[("/reason", json!("empty")), ("/duplicate_of", json!(null)), ("/similarity", json!(1.1))],
        );
        line.clear();
        let held = Verdict::Contaminated { item: 3, share: 0.75 };
        write_decision(
            &mut line,
            &Decision {
                document,
                blocks,
                verdict: held,
                spans: None,
                canonical_id: Some("q3"),
                elsewhere: None,
            },
        );
        assert_schema(
            Kind::Decisions,
            &serde_json::from_slice(&line).unwrap(),
            &[
                ("/reason", json!("near_duplicate")),
                ("/duplicate_of", json!(null)),
                ("/cluster", json!("q3")),
            ],
        );
    }

    #[test]
    fn items_are_valid() {
        let place = Place { path: "b.jsonl".into(), record: 3 };
        let item = Item { id: "q".to_owned(), place, field: Some(0), words: 20, ngrams: 8 };
        let holder = |share, words, action| Holder {
            id: "d\"1".to_owned(),
            share,
            words,
            span: Span::new(2, 90),
            action,
        };
        let named = vec![
            holder(1.0, 20, Some(AgainstAction::Drop)),
            holder(0.7, 14, Some(AgainstAction::Mark)),
            holder(0.4, 8, None),
        ];
        let findings = ItemFindings {
            item: &item,
            field: Some("question"),
            commonplace: 0,
            total: 3,
            contaminated: 2,
            named,
        };
        let mut line = Vec::new();
        write_item(&mut line, &findings);
        let good: Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(
            good["documents"][2],
            json!({"id":"d\"1","share":0.4,"words":8,"start":2,"end":90,"action":"keep"})
        );
        assert_schema(
            Kind::Contamination,
            &good,
            &[
                ("/status", json!("clean")),
                ("/status", json!("in_part")),
                ("/ngrams", json!(0)),
                ("/documents", json!([])),
                ("/documents/0/share", json!(1.1)),
                ("/documents/0/action", json!("burn")),
            ],
        );
        for (item, status) in [(Item { words: 3, ngrams: 0, ..item.clone() }, "too_short"), (item, "clean")] {
            let findings = ItemFindings {
                item: &item,
                field: None,
                commonplace: 0,
                total: 0,
                contaminated: 0,
                named: Vec::new(),
            };
            line.clear();
            write_item(&mut line, &findings);
            let good: Value = serde_json::from_slice(&line).unwrap();
            assert_eq!(good["status"], status);
            assert_schema(Kind::Contamination, &good, &[("/total", json!(1)), ("/field", json!(1))]);
        }
    }

    #[test]
    fn decisions_with_spans_are_valid() {
        let document = sample::document("One two three. Four.");
        let blocks = &*sample::blocks(&document.text, &[Label::Body]);
        let (span, there) = (Span::new(0, 14), Span::new(7, 20));
        let spans = [SpanDecision { span, words: 3, is_dropped: true, id: "d0".to_owned(), there }];
        let mut line = Vec::new();
        let (document, verdict, spans) = (&document, Verdict::Keep { copies: 0 }, Some(&spans[..]));
        write_decision(
            &mut line,
            &Decision { document, blocks, verdict, spans, canonical_id: None, elsewhere: None },
        );
        let good: Value = serde_json::from_slice(&line).unwrap();
        let validator = jsonschema::validator_for(&schema(Kind::Decisions)).unwrap();
        assert!(validator.is_valid(&good), "{good}");
        for (pointer, value) in [
            ("/spans", json!(null)),
            ("/spans/0/words", json!(0)),
            ("/spans/0/action", json!("gone")),
            ("/spans/0/duplicate_of", json!(null)),
            ("/spans/0/duplicate_of/end", json!(0)),
        ] {
            let mut broken = good.clone();
            *broken.pointer_mut(pointer).expect(pointer) = value;
            assert!(!validator.is_valid(&broken), "{broken}");
        }
    }

    #[test]
    fn reports_are_valid() {
        let mut report = crate::report::tests::contaminated(AgainstAction::Drop);
        report.set_details(crate::report::details::tests::details());
        assert_schema(
            Kind::Report,
            &serde_json::from_str(&report.to_json()).unwrap(),
            &[
                ("/version", json!(2)),
                ("/documents/read", json!(-1)),
                ("/labels/body/blocks", json!("4")),
                ("/rejects/causes", json!({"Malformed JSON": 1})),
                ("/documents/dropped/contaminated", json!(0)),
                ("/contamination/action", json!("keep")),
                ("/contamination/items", json!(-1)),
                ("/search/candidates", json!(-1)),
                ("/guards/0/guard", json!("documents")),
                ("/guards/0/cases", json!(0)),
                ("/guards/0/worst", json!([])),
                ("/guards/0/worst/0/of", json!("200")),
                ("/quality/version", json!(2)),
                ("/quality/recall/low", json!(-0.1)),
                ("/quality/precision/high", json!(1.1)),
                ("/quality/strata/0/fate", json!("lost")),
                ("/quality/strata/0/checked", json!(null)),
                ("/quality/examples/0/id", json!(7)),
                ("/details/version", json!(2)),
                ("/details/origin", json!("guess")),
                ("/details/funnel/kept", json!(-1)),
                ("/details/repeated_blocks/0/documents", json!(1)),
                ("/details/repeated_blocks/0/text/cut", json!(0)),
                ("/details/sites/largest/0/documents", json!(0)),
                ("/details/clusters/largest/0/first", json!([])),
                ("/details/clusters/nearest/0/similarity", json!(1.1)),
                ("/details/clusters/nearest/0/difference/pieces/0/side", json!("left")),
                ("/details/confidences", json!([])),
            ],
        );
        let later: Value =
            serde_json::from_str(&crate::report::details::tests::made_later().to_json()).unwrap();
        let validator = jsonschema::validator_for(&schema(Kind::Report)).unwrap();
        assert!(later.get("search").is_none() && validator.is_valid(&later), "{later}");
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
            json!({"against": {"n": 1}}),
            json!({"against": {"share": 0}}),
            json!({"against": {"text_fields": [""]}}),
            json!({"guard": {"action": "fail"}}),
            json!({"guard": {"source_bytes": 1.5}}),
            json!({"guard": {"copies": 0.5}}),
        ] {
            assert!(!validator.is_valid(&broken), "{broken}");
        }
    }
}

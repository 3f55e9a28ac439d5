//! SARIF 2.1.0, for code scanning: a rule a gate, and a result for each example of a gate that fails or warns.
//!
//! A result points at a line: of JSON lines at that of the record, of a text file at that of the place. The span inside the
//! text stands in the properties, since in a file of JSON it is no offset. A gate without examples has one result without
//! a place.

use serde_json::{Value, json};

use super::{Report, message};
use crate::check::docs;
use crate::check::escape::{line, uri};
use crate::check::{Example, Finding, Status};
use crate::config::Gate;

/// Where the format is defined.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub fn print(report: &Report) -> String {
    let results: Vec<Value> =
        report.gates.iter().filter(|finding| finding.is_bad()).flat_map(results_of).collect();
    let sarif = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "dehusk check",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": Gate::ALL.iter().map(|gate| rule(*gate)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    super::json(&sarif)
}

fn rule(gate: Gate) -> Value {
    let doc = docs::of(gate);
    let level = if gate.default_action() == crate::config::CheckAction::Fail { "error" } else { "warning" };
    json!({
        "id": gate.name(),
        "name": gate.name(),
        "shortDescription": { "text": doc.summary },
        "fullDescription": { "text": doc.measures },
        "help": { "text": docs::explain(gate) },
        "defaultConfiguration": { "level": level },
    })
}

fn results_of(finding: &Finding) -> Vec<Value> {
    let result = |text: &str, locations: Vec<Value>| {
        let gate = Gate::named(finding.gate).expect("findings are of gates");
        let mut result = json!({
            "ruleId": finding.gate,
            "ruleIndex": gate as usize,
            "level": if finding.status == Status::Fail { "error" } else { "warning" },
            "message": { "text": text },
        });
        if !locations.is_empty() {
            result["locations"] = Value::Array(locations);
        }
        result
    };
    if finding.examples.is_empty() {
        return vec![result(&message(finding), Vec::new())];
    }
    let of_example = |example: &Example| {
        let Example { id, note, snippet, .. } = example;
        let said = [&*message(finding), note, id.as_deref().unwrap_or(""), snippet];
        let said: Vec<String> = said.iter().filter(|text| !text.is_empty()).map(|text| line(text)).collect();
        let mut result = result(&said.join(" | "), vec![location(example)]);
        result["properties"] = json!({
            "record": example.record,
            "start": example.start,
            "end": example.end,
        });
        result
    };
    finding.examples.iter().map(of_example).collect()
}

fn location(example: &Example) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&example.path) },
            "region": { "startLine": example.line, "snippet": { "text": line(&example.snippet) } },
        },
    });
    if let Some(id) = &example.id {
        location["logicalLocations"] = json!([{ "name": line(id), "kind": "document" }]);
    }
    location
}

#[cfg(test)]
mod tests {
    use super::super::super::report::tests::hostile;
    use super::*;

    #[test]
    fn it_is_sarif() {
        let schema: Value = serde_json::from_str(include_str!("sarif-2.1.0-subset.json")).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let good: Value = serde_json::from_str(&print(&hostile())).unwrap();
        if let Err(e) = validator.validate(&good) {
            panic!("{e} at {}", e.instance_path());
        }
        let results = good["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), 4);
        assert_eq!(results[0]["ruleIndex"], 0);
        let uri = &results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(uri, "odd%2C%20dir%3A1/a%20b%25.jsonl");
        for (pointer, value) in [
            ("/version", json!("2.0.0")),
            ("/runs/0/tool/driver/rules/0/id", json!(1)),
            ("/runs/0/results/0/level", json!("fail")),
            ("/runs/0/results/0/message", json!({})),
            ("/runs/0/results/0/locations/0/physicalLocation/region/startLine", json!(0)),
        ] {
            let mut broken = good.clone();
            *broken.pointer_mut(pointer).expect(pointer) = value;
            assert!(!validator.is_valid(&broken), "{pointer}");
        }
    }
}

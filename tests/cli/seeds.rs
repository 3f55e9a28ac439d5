//! The five seeds against `fixtures/seeds.gold.jsonl`, which labels every line of them.

use std::fs;

use serde_json::Value;

use crate::program::{Folder, package};

/// The main text's labels, as `gold` names them.
const MAIN: [&str; 6] = ["body", "heading", "list_item", "quote", "code", "table_row"];

/// What each seed's date is, in the order of the files.
const DATES: [Option<&str>; 5] = [
    Some("2016-04-22T19:38"),
    Some("2016-04-22T18:34"),
    Some("2016-04-22T18:30"),
    None,
    Some("2016-04-22T19:45"),
];

struct Seed {
    id: String,
    text: String,
    /// Line, from 0, and label.
    labels: Vec<(usize, String)>,
}

impl Seed {
    fn line(&self, number: usize) -> &str {
        self.text.lines().nth(number).expect("gold names lines that are there").trim()
    }
}

fn seeds() -> Vec<Seed> {
    let gold = fs::read_to_string(package().join("fixtures/seeds.gold.jsonl")).expect("gold is there");
    let seed = |line: &str| {
        let gold: Value = serde_json::from_str(line).expect("gold is JSON");
        let id = gold["id"].as_str().expect("an id").to_owned();
        let text = fs::read_to_string(package().join(format!("seeds/{id}.txt"))).expect("the seed is there");
        let labels = gold["labels"].as_array().expect("labels").iter().map(|label| {
            let line = label["line"].as_u64().expect("a line") as usize - 1;
            (line, label["label"].as_str().expect("a label").to_owned())
        });
        Seed { labels: labels.collect(), id, text }
    };
    gold.lines().map(seed).collect()
}

fn cleaned() -> Folder {
    let folder = Folder::new();
    let input = package().join("seeds");
    let input = input.to_str().expect("the package's path is UTF-8");
    folder.succeed(["clean", input, "-o", "corpus.jsonl", "--decisions", "decisions.jsonl"]);
    folder.succeed(["verify", input, "--decisions", "decisions.jsonl", "--corpus", "corpus.jsonl"]);
    folder
}

#[test]
fn every_line_has_its_label() {
    let decisions = cleaned().lines("decisions.jsonl");
    assert_eq!(decisions.len(), 5);
    let mut wrong = Vec::new();
    for (seed, decision) in seeds().iter().zip(&decisions) {
        assert_eq!(decision["id"], format!("{}.txt", seed.id));
        assert_eq!(decision["action"], "keep");
        let blocks = decision["blocks"].as_array().expect("blocks");
        let found: Vec<(&str, &str)> = blocks
            .iter()
            .map(|b| {
                let at = |key: &str| b[key].as_u64().expect("an offset") as usize;
                (&seed.text[at("start")..at("end")], b["label"].as_str().expect("a label"))
            })
            .collect();
        let spans: Vec<&str> = found.iter().map(|f| f.0).collect();
        let lines: Vec<&str> = seed.labels.iter().map(|(line, _)| seed.line(*line)).collect();
        assert_eq!(spans, lines, "{}", seed.id);
        for ((line, label), (text, found)) in seed.labels.iter().zip(&found) {
            if label != found {
                let start: String = text.chars().take(40).collect();
                wrong.push(format!("{} line {}: {found}, not {label}: {start}", seed.id, line + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_corpus_holds_the_articles_and_nothing_else() {
    let folder = cleaned();
    let corpus = folder.lines("corpus.jsonl");
    assert_eq!(corpus.len(), 5);
    for ((seed, record), date) in seeds().iter().zip(&corpus).zip(DATES) {
        let main = seed.labels.iter().filter(|(_, label)| MAIN.contains(&label.as_str()));
        let paragraphs: Vec<&str> = main.map(|(line, _)| seed.line(*line)).collect();
        assert_eq!(record["text"], paragraphs.join("\n\n"), "{}", seed.id);
        let title = seed.labels.iter().find(|(_, label)| label == "title").map(|(line, _)| seed.line(*line));
        assert_eq!(record["title"].as_str(), title);
        assert_eq!(record["date"].as_str(), date, "{}", seed.id);
        assert_eq!(record["language"], "en");
    }
}

#[test]
fn the_related_item_of_two_seeds_is_counted_in_two_documents() {
    let decisions = cleaned().lines("decisions.jsonl");
    for (seed, decision) in seeds().iter().zip(&decisions).skip(1).take(2) {
        let blocks = decision["blocks"].as_array().expect("blocks");
        for ((_, label), block) in seed.labels.iter().zip(blocks) {
            if ["related_title", "related_date", "related_text"].contains(&label.as_str()) {
                assert_eq!(block["documents"], 2, "{} {block}", seed.id);
            } else if label == "body" {
                assert_eq!(block["documents"], 1, "{} {block}", seed.id);
            }
        }
    }
}

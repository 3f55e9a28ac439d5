//! Gates: what a corpus is measured to be, before and after it is cleaned, and that the measure can be relied on.

use serde_json::{Value, json};

use crate::program::{Folder, Run, jsonl, package};

fn report(run: &Run) -> Value {
    serde_json::from_slice(&run.0.stdout).unwrap_or_else(|e| panic!("{e}: {}", run.stderr()))
}

fn check(folder: &Folder, args: &[&str]) -> (Option<i32>, Value) {
    let run = folder.run([&["check", "--format", "json"], args].concat());
    (run.code(), report(&run))
}

fn gate<'r>(report: &'r Value, name: &str) -> &'r Value {
    let gates = report["gates"].as_array().expect("gates");
    gates.iter().find(|gate| gate["gate"] == name).unwrap_or_else(|| panic!("no gate {name}"))
}

fn failed(report: &Value) -> Vec<&str> {
    let gates = report["gates"].as_array().expect("gates");
    gates.iter().filter(|gate| gate["status"] == "fail").filter_map(|gate| gate["gate"].as_str()).collect()
}

/// Sentences of words that no other document has.
fn article(number: usize) -> String {
    let word = |at: usize| format!("w{number}x{at}");
    let sentence = |start: usize| (start..start + 12).map(word).collect::<Vec<_>>().join(" ") + ".";
    (0..4).map(|n| sentence(n * 12)).collect::<Vec<_>>().join("\n\n")
}

fn corpus(documents: usize) -> String {
    let documents: Vec<(String, String)> = (0..documents).map(|n| (format!("d{n}"), article(n))).collect();
    jsonl(documents.iter().map(|(id, text)| (&**id, &**text)))
}

#[test]
fn the_seeds_fail_and_what_is_cleaned_of_them_passes() {
    let folder = Folder::new();
    let seeds = package().join("seeds");
    let seeds = seeds.to_str().expect("a path of text");
    let (code, raw) = check(&folder, &[seeds]);
    assert_eq!((code, &raw["passed"]), (Some(1), &json!(false)));
    assert_eq!(failed(&raw), ["repeated_blocks", "residual_boilerplate", "placeholders"]);
    for example in gate(&raw, "residual_boilerplate")["examples"].as_array().expect("examples") {
        let at = |key: &str| example[key].as_u64().expect("a number") as usize;
        let text = std::fs::read_to_string(example["path"].as_str().expect("a path")).expect("a seed");
        let words: Vec<&str> = text[at("start")..at("end")].split_whitespace().collect();
        let snippet = example["snippet"].as_str().expect("a snippet").trim_end_matches('…');
        assert!(words.join(" ").starts_with(snippet), "{example}");
        assert_eq!(at("line"), 1 + text[..at("start")].matches('\n').count());
    }
    folder.succeed(["clean", seeds, "-o", "corpus.jsonl", "-q"]);
    let (code, clean) = check(&folder, &["corpus.jsonl"]);
    assert_eq!((code, failed(&clean)), (Some(0), vec![]));
}

#[test]
fn the_mark_of_a_cleaned_document_is_not_believed() {
    let folder = Folder::new();
    let seeds = package().join("seeds");
    folder.succeed(["clean", seeds.to_str().expect("text"), "-o", "corpus.jsonl", "-q"]);
    let mut lines = folder.lines("corpus.jsonl");
    let mut out = String::new();
    for line in &mut lines {
        let name = line["provenance"]["path"].as_str().expect("a path").to_owned();
        line["text"] = std::fs::read_to_string(name).expect("a seed").into();
        out += &format!("{line}\n");
    }
    folder.write("marked.jsonl", out);
    let (_, marked) = check(&folder, &["marked.jsonl"]);
    assert!(failed(&marked).contains(&"residual_boilerplate"), "{marked}");
}

#[test]
fn copies_are_counted_with_and_without_repeated_ids() {
    let folder = Folder::new();
    let documents = corpus(20);
    folder.write("once.jsonl", &documents);
    folder.write("twice.jsonl", format!("{documents}{documents}"));
    let mut near = article(3);
    near.push_str(" And one more.");
    folder.write("near.jsonl", documents.clone() + &jsonl([("near", &*near), ("copy", &article(4))]));
    let (code, once) = check(&folder, &["once.jsonl"]);
    assert_eq!((code, failed(&once)), (Some(0), vec![]));
    let (_, twice) = check(&folder, &["twice.jsonl"]);
    assert_eq!(failed(&twice), ["duplicate_ids", "exact_duplicates"]);
    for name in ["duplicate_ids", "exact_duplicates"] {
        assert_eq!((&gate(&twice, name)["count"], &gate(&twice, name)["of"]), (&json!(20), &json!(40)));
    }
    assert_eq!(gate(&twice, "duplicate_ids")["examples"][0]["line"], 21);
    let (_, near) = check(&folder, &["near.jsonl"]);
    assert_eq!(failed(&near), ["exact_duplicates", "near_duplicates"]);
    let example = &gate(&near, "near_duplicates")["examples"][0];
    let note = example["note"].as_str().expect("a note");
    assert!(note.starts_with("similarity 0.9") && note.contains(" with "), "{example}");
    assert_eq!(gate(&near, "exact_duplicates")["examples"][0]["note"], "the text of d4");
}

#[test]
fn a_sample_is_fair_and_points_at_real_records() {
    let folder = Folder::new();
    let documents: Vec<(String, String)> = (0..600)
        .map(|n| {
            let dummy = if n % 4 == 0 { "Placeholder image\n\n" } else { "" };
            (format!("d{n}"), format!("{dummy}{}", article(n)))
        })
        .collect();
    folder.write("pages.jsonl", jsonl(documents.iter().map(|(id, text)| (&**id, &**text))));
    let (_, all) = check(&folder, &["pages.jsonl", "--sample", "0"]);
    let (_, some) = check(&folder, &["pages.jsonl", "--sample", "150"]);
    let (whole, drawn) = (gate(&all, "placeholders"), gate(&some, "placeholders"));
    assert_eq!((&whole["is_sampled"], &drawn["is_sampled"]), (&json!(false), &json!(true)));
    assert_eq!((&whole["of"], &drawn["of"]), (&json!(600), &json!(150)));
    let truth = whole["share"].as_f64().expect("a share");
    assert!(truth > 0.2, "{whole}");
    assert!(drawn["low"].as_f64() <= Some(truth) && drawn["high"].as_f64() >= Some(truth), "{drawn}");
    for example in drawn["examples"].as_array().expect("examples") {
        let record = example["record"].as_u64().expect("a number") as usize;
        assert_eq!(example["id"], format!("d{record}"));
        assert!(record.is_multiple_of(4) && example["line"] == record + 1, "{example}");
    }
    assert_eq!(all["corpus"], {
        let mut corpus = some["corpus"].clone();
        corpus["labelled"] = json!(600);
        corpus["languages"] = all["corpus"]["languages"].clone();
        corpus
    });
}

#[test]
fn threads_and_memory_change_no_byte() {
    let folder = Folder::new();
    let mut pages = corpus(700) + &corpus(30).replace("\"d", "\"e");
    pages += "{\"id\":7,\"url\":\"https://a.example/x\",\"text\":\"Caf\u{c3}\u{a9}\u{fffd} \\u0007\"}\n[]\n";
    folder.write("pages.jsonl", pages);
    for format in ["text", "json", "junit", "sarif", "github", "markdown"] {
        let run = |threads: &str, memory: &str| {
            let args = ["check", "pages.jsonl", "--format", format, "--sample", "100"];
            let run = folder.run([&args[..], &["--threads", threads, "--memory", memory]].concat());
            assert_eq!(run.code(), Some(1), "{}", run.stderr());
            run.stdout()
        };
        let one = run("1", "16MiB");
        assert_eq!(one, run("3", "1GiB"), "{format}");
        assert!(one.len() > 100, "{one}");
    }
    assert_eq!(folder.names(), ["pages.jsonl"]);
}

#[test]
fn what_a_page_says_stays_text_in_every_form() {
    let folder = Folder::new();
    let hostile = "]]></failure><x a=\"'>&\u{1b}[31m\n::error::gone | `code` @team \u{202e}\u{0007} %0A caf\u{c3}\u{a9}";
    let line = json!({ "id": format!("id {hostile}"), "text": hostile });
    folder.write("odd, name.jsonl", format!("{line}\n{line}\n{{\"text\":\"{}\n", "]]>::error::"));
    let print = |format: &str| folder.run(["check", "odd, name.jsonl", "--format", format]).stdout();
    for format in ["json", "sarif"] {
        let value: Value = serde_json::from_str(&print(format)).expect("JSON");
        assert!(value.is_object());
    }
    let (junit, github, markdown, text) = (print("junit"), print("github"), print("markdown"), print("text"));
    assert!(!junit.contains("]]>") && !junit.contains("<x") && junit.ends_with("</testsuites>\n"), "{junit}");
    let is_command = |line: &&str| line.starts_with("::");
    let ours =
        |line: &str| line.starts_with("::error file=odd%2C name.jsonl,line=") || line.contains("title=");
    assert!(github.lines().filter(is_command).all(ours), "{github}");
    // The text has one back quote at a time, so it stands in code between two.
    let outside: String = markdown.split("``").step_by(2).collect();
    assert!(
        markdown.contains("@team") && !outside.contains("@team") && !outside.contains("<x"),
        "{markdown}"
    );
    for printed in [&junit, &github, &markdown, &text, &print("json"), &print("sarif")] {
        assert!(printed.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{printed}");
    }
}

#[test]
fn ids_languages_and_sites_are_measured() {
    let folder = Folder::new();
    let german = "Die Fähre fährt um neun Uhr vom nördlichen Anleger ab, und die Überfahrt dauert vierzig Minuten, wenn \
        die See ruhig ist. Am Abend kommt sie zurück, und wer sie versäumt, muss bis zum nächsten Tag warten.";
    let mut pages = String::new();
    for n in 0..4 {
        let text = if n == 3 {
            german.to_owned()
        } else {
            german.replace("Fähre", &format!("Fähre {}", "neu ".repeat(9 * n)))
        };
        let host = if n == 0 { "b" } else { "a" };
        pages += &format!("{}\n", json!({ "url": format!("https://{host}.example/{n}"), "text": text }));
    }
    folder.write("pages.jsonl", pages);
    let (_, report) = check(&folder, &["pages.jsonl", "--set", "check.languages=[\"en\"]"]);
    assert_eq!(gate(&report, "missing_ids")["count"], 4);
    assert_eq!(gate(&report, "other_languages")["parts"], json!([{ "name": "de", "count": 4 }]));
    assert_eq!(gate(&report, "other_languages")["status"], "fail");
    assert_eq!(
        (&gate(&report, "site_share")["count"], &gate(&report, "site_share")["of"]),
        (&json!(3), &json!(4))
    );
    assert_eq!(report["corpus"]["sites"][0]["name"], "a.example");
    folder.succeed(["clean", "pages.jsonl", "-o", "corpus.jsonl", "-q", "--dedup", "off"]);
    let (_, cleaned) = check(&folder, &["corpus.jsonl"]);
    assert_eq!(gate(&cleaned, "missing_ids")["count"], 0);
}

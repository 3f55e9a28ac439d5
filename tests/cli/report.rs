//! The report: what it shows of hostile, empty and ordinary runs, at once and later.

use serde_json::{Value, json};

use crate::program::{Folder, jsonl, package};
use crate::words::corpus;

fn json(folder: &Folder, name: &str) -> Value {
    serde_json::from_slice(&folder.read(name)).expect("a report is JSON")
}

fn text(folder: &Folder, name: &str) -> String {
    String::from_utf8(folder.read(name)).expect("a page is UTF-8")
}

/// The page without what is told of times.
fn without_times(page: &str) -> String {
    let (before, rest) = page.split_once("<section id=\"time\">").expect("times");
    let (_, after) = rest.split_once("</section>").expect("their end");
    format!("{before}{after}")
}

/// A run over `pages.jsonl` with everything that a report is made from.
fn clean(folder: &Folder, flags: &[&str]) {
    let outputs = ["-o", "corpus.jsonl", "--decisions", "decisions.jsonl", "--rejects", "rejects.jsonl"];
    let rest = ["--overwrite", "-q", "--max-rejects", "100"];
    folder.succeed(["clean", "pages.jsonl"].iter().chain(&outputs).chain(&rest).chain(flags));
}

#[test]
fn nothing_from_a_page_is_more_than_text() {
    let folder = Folder::new();
    let line =
        "<script>alert(1)</script> \u{202e}\"'> <img src=x onerror=y> & the same line on every page of them";
    let page = |n: usize| {
        let own = format!(
            "Page {n} tells of a harbour where {n} ships lie at anchor and wait for the wind to turn."
        );
        json!({
            "id": format!("</bdi><b onload='x'>{n}\u{1b}[2J"),
            "url": format!("https://<i>{}.example/", n % 2),
            "text": format!("{line}\n\n{own}\n\nIt is <em>{}</em> o'clock, and nobody has seen the pilot yet.", n % 3),
        })
    };
    let pages: Vec<String> = (0..30).map(|n| page(n % 20).to_string()).collect();
    let renamed = pages.iter().enumerate().map(|(n, page)| page.replacen("</bdi>", &format!("</bdi>{n}"), 1));
    folder.write("pages.jsonl", renamed.collect::<Vec<_>>().join("\n"));
    clean(&folder, &["--report", "r.html", "--set", "dedup.threshold=0.3"]);
    let report = text(&folder, "r.html");
    assert!(
        report.contains("&lt;script&gt;alert(1)&lt;/script&gt; <span class=\"ctl\">U+202E</span>"),
        "{report}"
    );
    assert!(report.contains("&lt;/bdi&gt;0&lt;b onload=&#39;x&#39;&gt;"));
    for markup in ["<script", "<img", "<b ", "<i>", "<em>", "\u{202e}", "\u{1b}"] {
        assert!(!report.contains(markup), "{markup:?}");
    }
}

#[test]
fn a_run_over_nothing_and_one_that_rejects_everything_have_reports() {
    let folder = Folder::new();
    for (pages, rejected) in [("", 0), ("{\"id\":1}\n[]\n{\"te", 3)] {
        folder.write("pages.jsonl", pages);
        for report in ["r.json", "r.html"] {
            clean(&folder, &["--report", report]);
            folder.succeed(["report", "decisions.jsonl", "-o", report, "--overwrite"]);
            clean(&folder, &["--report", report]);
        }
        let report = json(&folder, "r.json");
        assert_eq!(report["rejects"]["total"], rejected);
        assert_eq!(report["details"]["sites"], json!({"total": 0, "largest": [], "worst": []}));
        assert_eq!(report["details"]["lengths"], json!([]));
        assert!(text(&folder, "r.html").contains("0 of 0 documents stay"));
    }
}

#[test]
fn threads_and_memory_change_nothing_but_times() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(2000, 21));
    clean(&folder, &["--threads", "1", "--report", "one.html"]);
    clean(&folder, &["--threads", "4", "--memory", "16MiB", "--report", "four.html"]);
    let [one, four] = ["one.html", "four.html"].map(|name| without_times(&text(&folder, name)));
    // The machine's settings are shown among all others.
    let decided =
        |page: &str| page.split("<section id=\"configuration\">").next().unwrap_or_default().to_owned();
    assert!(decided(&one) == decided(&four));
    assert!(one.len() > 20_000, "{}", one.len());
}

#[test]
fn a_report_made_later_is_that_of_the_run() {
    let folder = Folder::new();
    let mut pages = corpus(1500, 22);
    pages.push_str("{\"id\":\"no text\"}\n");
    folder.write("pages.jsonl", pages);
    let twice: Vec<(String, String)> = std::fs::read_dir(package().join("seeds"))
        .expect("the seeds")
        .filter_map(|seed| std::fs::read_to_string(seed.ok()?.path()).ok())
        .enumerate()
        .flat_map(|(n, seed)| {
            [(format!("{n}"), seed.clone()), (format!("{n} again"), seed.replace("the", "this"))]
        })
        .collect();
    folder.write("more.jsonl", jsonl(twice.iter().map(|(id, text)| (id.as_str(), text.as_str()))));
    for (inputs, flags) in [
        ("pages.jsonl", vec![]),
        ("more.jsonl", vec!["--threshold", "0.5"]),
        ("pages.jsonl", vec!["--label", "off"]),
    ] {
        let outputs = ["--decisions", "d.jsonl", "--rejects", "rejects.jsonl", "--report", "now.json"];
        let all = ["clean", inputs, "-o", "c.jsonl", "-q", "--overwrite", "--max-rejects", "1"];
        let _ = std::fs::remove_file(folder.join("rejects.jsonl"));
        folder.succeed(all.iter().chain(&outputs).chain(&flags));
        let mut later = vec!["report", "d.jsonl", "--input", inputs, "-o", "later.json", "--overwrite"];
        if folder.join("rejects.jsonl").exists() {
            later.extend(["--rejects", "rejects.jsonl"]);
        }
        folder.succeed(later);
        folder.succeed(["report", "d.jsonl", "-o", "alone.json", "--overwrite"]);
        let [mut now, mut later, alone] =
            ["now.json", "later.json", "alone.json"].map(|name| json(&folder, name));
        assert!(now["details"]["clusters"]["total"].as_u64() > Some(0), "{inputs} has no copies");
        assert_eq!(later["details"]["origin"], "decisions_and_sources");
        assert_eq!(alone["details"]["origin"], "decisions");
        for report in [&mut now, &mut later] {
            let report = report.as_object_mut().expect("an object");
            ["search", "skipped", "guards"].iter().for_each(|key| drop(report.remove(*key)));
            let details = report["details"].as_object_mut().expect("an object");
            ["origin", "configuration"].iter().for_each(|key| drop(details.remove(*key)));
            if report.get("rejects").is_some_and(|rejects| rejects["total"] == 0) {
                report.remove("rejects");
            }
        }
        assert_eq!(now, later, "{inputs}");
        assert_eq!(alone["documents"], now["documents"]);
        assert_eq!(alone["labels"], now["labels"]);
        assert_eq!(alone["bytes"]["kept"], now["bytes"]["kept"]);
        assert_eq!(alone["details"]["clusters"]["total"], now["details"]["clusters"]["total"]);
        assert_eq!(alone["details"]["confidences"], now["details"]["confidences"]);
    }
}

#[test]
fn decisions_that_cannot_be_are_named() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(20, 23));
    clean(&folder, &["--label", "off"]);
    let decisions = text(&folder, "decisions.jsonl");
    for broken in [
        decisions.replacen("\"start\":0", "\"start\":99999999", 1),
        decisions.replacen(
            "\"reason\":null,\"duplicate_of\":null,\"documents\"",
            "\"reason\":\"lost\",\"duplicate_of\":null,\"documents\"",
            1,
        ),
        decisions.replacen('{', "[", 1),
    ] {
        assert_ne!(broken, decisions);
        folder.write("broken.jsonl", broken);
        let run = folder.run(["report", "broken.jsonl", "-o", "never.html"]);
        assert_eq!(run.code(), Some(2), "{}", run.stderr());
        assert!(run.stderr().contains("broken.jsonl"), "{}", run.stderr());
        assert!(!folder.join("never.html").exists());
    }
}

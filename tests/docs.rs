//! The README says what the program does: its configuration, its tables and the output it shows are held to the code.

use std::sync::atomic::AtomicBool;

use dehusk::advise::Advice;
use dehusk::config::{Config, from_toml};
use dehusk::document::{Label, Side};
use dehusk::pipeline::work::WorkFolder;
use dehusk::pipeline::{Job, Outputs, Quiet, decide, emit};
use dehusk::read::{Cause, discover};

const README: &str = include_str!("../README.md");

/// The fenced block that follows `heading`, the first one in the given language.
fn fenced<'t>(heading: &str, language: &str) -> &'t str {
    let section = README.split_once(heading).unwrap_or_else(|| panic!("README has no {heading:?}")).1;
    let block = section.split_once(&format!("```{language}\n")).expect("a fenced block").1;
    block.split_once("\n```").expect("its end").0
}

/// The rows of the table that follows `heading`, as cells without back quotes.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let section = README.split_once(heading).unwrap_or_else(|| panic!("README has no {heading:?}")).1;
    let lines =
        section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|c| c.trim().replace('`', "")).collect();
    lines.skip(2).map(cells).collect()
}

#[test]
fn the_configuration_shown_is_the_default_one() {
    let shown = fenced("## Configuration", "toml");
    assert_eq!(from_toml("README.md", shown).unwrap(), Config::default());
    let code = |line: &str| line.split('#').next().unwrap_or_default().trim_end().to_owned();
    let bare: Vec<String> = shown.lines().map(code).filter(|line| !line.is_empty()).collect();
    let default = Config::default().to_toml();
    let expected: Vec<&str> = default.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(bare, expected);
    let keys = shown.lines().filter(|line| line.contains(" = "));
    keys.for_each(|line| assert!(line.contains(" # "), "no comment: {line}"));
}

#[test]
fn every_label_is_in_the_table() {
    let named = |side: Side| -> String {
        let labels: Vec<&str> = Label::ALL.iter().filter(|l| l.side() == side).map(|l| l.name()).collect();
        labels.join(" ")
    };
    let shown: Vec<String> = rows("## Labels").iter().map(|row| row[1].clone()).collect();
    let mut joined: Vec<String> = Vec::new();
    for (row, labels) in rows("## Labels").iter().zip(shown) {
        match (row[0].is_empty(), joined.last_mut()) {
            (true, Some(side)) => *side = format!("{side} {labels}"),
            _ => joined.push(labels),
        }
    }
    assert_eq!(joined, [Side::Main, Side::Lifted, Side::Boilerplate].map(named));
}

#[test]
fn every_cause_is_in_the_table() {
    let shown: Vec<String> = rows("### Rejects").into_iter().map(|row| row[0].clone()).collect();
    let causes: Vec<&str> = Cause::ALL.iter().map(|cause| cause.name()).collect();
    assert_eq!(shown, causes);
}

#[test]
fn the_summary_shown_is_that_of_the_seeds() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::default();
    let job = Job {
        inputs: discover(&["seeds".to_owned()], &config.input).unwrap().into(),
        config: &config,
        work: &WorkFolder::create(Some(folder.path()), "docs".as_ref()).unwrap(),
        progress: &Quiet,
        stop: &AtomicBool::new(false),
    };
    let decided = decide(&job, |_| Ok(())).unwrap();
    let summary = emit(&job, decided, &mut Outputs::default()).unwrap().table();
    assert_eq!(fenced("prints to the terminal:", "text").trim_end(), summary.trim_end());
}

#[test]
fn the_advice_shown_is_that_of_the_threshold() {
    let mut config = Config::default();
    config.dedup.threshold = 0.7;
    let advice = Advice::without_input(&config).table();
    assert_eq!(fenced("what other thresholds would take:", "text").trim_end(), advice.trim_end());
}

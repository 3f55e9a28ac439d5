//! The sample is fair, whatever the lengths and wherever they stand.

use std::fs;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::config::InputConfig;
use crate::read::discover;

/// A folder with these files, and its INPUT.
fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<Input>) {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("in")).unwrap();
    for (name, text) in files {
        fs::write(dir.path().join("in").join(name), text).unwrap();
    }
    let inputs = discover(&[dir.path().join("in").display().to_string()], &InputConfig::default()).unwrap();
    (dir, inputs)
}

fn drawn(dir: &tempfile::TempDir, inputs: &[Input], config: &InputConfig, wanted: Wanted) -> Sample {
    draw(inputs, config, wanted, dir.path(), &AtomicBool::new(false)).unwrap()
}

/// A line of so many letters.
fn line(letter: char, length: usize) -> String {
    format!("{{\"text\":\"{}\"}}\n", letter.to_string().repeat(length))
}

#[test]
fn long_records_are_not_favoured_nor_those_beside_them() {
    // As many bytes of short records as of long ones, each kind by itself: places alone would take the long for all.
    let text = line('s', 100).repeat(40_000) + &line('l', 40_000).repeat(110);
    let (dir, inputs) = folder(&[("a.jsonl", &text)]);
    let sample = drawn(&dir, &inputs, &InputConfig::default(), Wanted::Share(0.05));
    assert!(!sample.is_counted && sample.share == 0.05);
    let ratio = sample.all_records / 40_110.0;
    assert!((0.9..1.1).contains(&ratio), "{ratio}");
    let lines = fs::read_to_string(&sample.inputs[0].file).unwrap();
    let long = lines.lines().filter(|line| line.len() > 1000).count();
    assert!((1..=15).contains(&long), "{long}, where 5.5 are expected");
    assert!(lines.lines().all(|line| line.starts_with("{\"text\"") && line.ends_with("\"}")));
    assert_eq!(lines.lines().count() as u64, sample.records);
}

#[test]
fn what_is_small_is_gone_through_and_counted() {
    let (dir, inputs) = folder(&[("a.jsonl", &line('a', 500).repeat(2000)), ("b.txt", "text\n")]);
    let config = InputConfig::default();
    let sample = drawn(&dir, &inputs, &config, Wanted::Share(0.2));
    assert!(sample.is_counted);
    assert_eq!(sample.all_records, 2001.0);
    assert!((300..500).contains(&sample.records), "{}", sample.records);
    assert!((4.0..6.5).contains(&sample.scale()), "{}", sample.scale());
    assert_eq!(drawn(&dir, &inputs, &config, Wanted::Records(5000)).share, 1.0);
    let limited = InputConfig { limit: 700, ..config };
    let sample = drawn(&dir, &inputs, &limited, Wanted::Records(70));
    assert_eq!((sample.all_records, sample.share), (700.0, 0.1));
}

#[test]
fn a_broken_line_is_drawn_and_a_missing_file_counted() {
    let text = line('a', 3000).repeat(400) + "\n \n" + &"x".repeat(40_000) + &line('b', 3000).repeat(400);
    let (dir, mut inputs) = folder(&[("a.jsonl", &text), ("b.jsonl", &line('c', 3000).repeat(400))]);
    fs::remove_file(&inputs[1].file).unwrap();
    inputs[1].bytes = 1_200_000;
    let config = InputConfig { max_record: crate::config::Size::bytes(4096), ..InputConfig::default() };
    let sample = drawn(&dir, &inputs, &config, Wanted::Share(0.02));
    assert_eq!(sample.unreadable, 1);
    let lines = fs::read(&sample.inputs[0].file).unwrap();
    assert!(lines.split(|byte| *byte == b'\n').all(|line| line.len() <= 4097));
}

#[test]
fn a_wish_to_stop_is_heard() {
    let (dir, inputs) = folder(&[("a.jsonl", &line('a', 500).repeat(20))]);
    let config =
        Config { run: crate::config::RunConfig { threads: 1, ..Config::default().run }, ..Config::default() };
    let clock = || std::time::Duration::ZERO;
    let stop = AtomicBool::new(true);
    let advice = Advice::on(&inputs, &config, Wanted::Enough, dir.path(), &clock, &stop);
    assert!(matches!(advice, Err(crate::Error::Interrupted)));
}

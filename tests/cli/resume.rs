//! A run that is killed goes on with `--resume`, and ends in the bytes of one that was left alone.

use std::fs::File;
use std::io::Read;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::faults::named_pipe;
use crate::program::Folder;
use crate::words::{Random, corpus};

const OUTPUTS: [&str; 4] = ["corpus.jsonl", "decisions.jsonl", "report.json", "rejects.jsonl"];

fn args<'a>(flags: &[&'a str]) -> Vec<&'a str> {
    let [corpus, decisions, report, rejects] = OUTPUTS;
    let outputs = ["-o", corpus, "--decisions", decisions, "--report", report, "--rejects", rejects];
    let run = ["--overwrite", "--max-rejects", "9", "--progress", "plain"];
    ["clean", "pages.jsonl"].iter().chain(&outputs).chain(&run).chain(flags).copied().collect()
}

fn outputs(folder: &Folder) -> Vec<Vec<u8>> {
    OUTPUTS.iter().map(|name| folder.read(name)).collect()
}

fn start(folder: &Folder, flags: &[&str]) -> Child {
    folder.dehusk(args(flags)).stderr(Stdio::null()).spawn().expect("the program starts")
}

/// What lies in the folder besides the input and the outputs.
fn left(folder: &Folder) -> Vec<String> {
    let known = |name: &String| name == "pages.jsonl" || OUTPUTS.contains(&name.as_str());
    folder.names().into_iter().filter(|name| !known(name)).collect()
}

/// A corpus with a line that is rejected, and one whose id was there before.
fn write_pages(folder: &Folder, copies: usize, pages: usize) {
    let mut all = String::new();
    for n in 0..copies {
        // The same pages under other ids are exact copies; other pages are not.
        let fresh = corpus(pages, if n % 3 == 2 { 1 } else { n as u64 });
        all += &fresh.replace("{\"id\":\"", &format!("{{\"id\":\"{n}-"));
    }
    all += "not JSON\n";
    let first = all.lines().next().expect("there is a page").to_owned();
    folder.write("pages.jsonl", all + &first + "\n");
}

/// Kills runs at moments drawn by chance, resumes them, and compares, in so many rounds, or more until one of them had
/// something to resume: on a busy machine runs may end before they are killed, or are killed before a checkpoint.
fn kill_and_resume(folder: &Folder, flags: &[&str], rounds: usize, random: &mut Random) {
    let begun = Instant::now();
    folder.succeed(args(flags));
    let whole = begun.elapsed();
    let expected = outputs(folder);
    assert_eq!(left(folder), [""; 0]);
    let (mut round, mut resumed) = (0, false);
    while round < rounds || !resumed {
        assert!(round < 10 * rounds, "no kill met a run that had a checkpoint");
        let memory = ["16MiB", "512MiB", "8GiB"][round % 3];
        let often = ["--set", "run.checkpoint_seconds=0", "--memory", memory, "--resume"];
        let flags: Vec<&str> = flags.iter().chain(&often).copied().collect();
        for _ in 0..3 {
            let mut program = start(folder, &flags);
            thread::sleep(whole.mul_f64(random.below(100) as f64 / 100.0));
            program.kill().expect("it can be killed, also when it is at its end");
            program.wait().expect("it ends");
        }
        let last = folder.succeed(args(&flags));
        resumed |= last.stderr().contains("going on with an interrupted run");
        assert!(outputs(folder) == expected, "{flags:?}");
        assert_eq!(left(folder), [""; 0], "nothing of the killed runs is left");
        round += 1;
    }
}

#[test]
fn runs_killed_at_any_moment_end_in_the_same_bytes() {
    let folder = Folder::new();
    write_pages(&folder, 6, 400);
    let mut random = Random(3);
    kill_and_resume(&folder, &["--threads", "2"], 6, &mut random);
}

#[test]
fn a_large_corpus_gives_the_same_bytes_with_any_threads_memory_and_kills() {
    let folder = Folder::new();
    write_pages(&folder, 13, 3000);
    assert!(folder.read("pages.jsonl").len() >= 50_000_000, "{}", folder.read("pages.jsonl").len());
    folder.succeed(args(&["--label", "off", "--threads", "1", "--memory", "64MiB"]));
    let expected = outputs(&folder);
    for (threads, memory) in [("2", "512MiB"), ("4", "8GiB")] {
        folder.succeed(args(&["--label", "off", "--threads", threads, "--memory", memory]));
        assert!(outputs(&folder) == expected, "--threads {threads} --memory {memory}");
    }
    let mut random = Random(4);
    kill_and_resume(&folder, &["--label", "off", "--threads", "2"], 3, &mut random);
    assert!(outputs(&folder) == expected, "other bytes after kills");
}

#[test]
fn a_run_killed_while_it_writes_goes_on_with_writing() {
    let folder = Folder::new();
    write_pages(&folder, 3, 400);
    folder.succeed(args(&["--label", "off"]));
    let expected = outputs(&folder);
    for name in OUTPUTS {
        std::fs::remove_file(folder.join(name)).expect("it was written");
    }

    // The decisions wait for a reader who has seen their first byte: all is decided, and the outputs are begun.
    named_pipe(&folder, "pipe");
    let mut program = folder
        .dehusk(["clean", "pages.jsonl", "-o", "corpus.jsonl", "--decisions", "pipe", "--label", "off"])
        .args(["--set", "run.checkpoint_seconds=0"])
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut pipe = File::open(folder.join("pipe")).expect("the program opens its end");
    pipe.read_exact(&mut [0]).expect("there is a first decision");
    program.kill().expect("it still runs");
    program.wait().expect("it ends");
    drop(pipe);
    std::fs::remove_file(folder.join("pipe")).expect("it is there");
    let half = |name: &String| name.ends_with(".tmp");
    assert!(left(&folder).iter().any(half), "the corpus was begun");

    let resumed = folder.succeed(args(&["--label", "off", "--resume"]));
    assert!(resumed.stderr().contains("interrupted run: write, after"), "{}", resumed.stderr());
    assert!(outputs(&folder) == expected);
    assert_eq!(left(&folder), [""; 0]);
}

/// A run that was killed while it had a checkpoint.
fn killed(folder: &Folder, flags: &[&str]) {
    let often: Vec<&str> = flags.iter().chain(&["--set", "run.checkpoint_seconds=0"]).copied().collect();
    for patience in 1.. {
        let mut program = start(folder, &often);
        thread::sleep(Duration::from_millis(40 * patience));
        program.kill().expect("it can be killed");
        program.wait().expect("it ends");
        let work = left(folder).into_iter().find(|name| name.starts_with(".corpus.jsonl.work-"));
        if work.is_some_and(|work| folder.join(work).join("checkpoint.json").exists()) {
            return;
        }
        assert!(patience < 50, "no checkpoint was met");
    }
}

#[test]
fn what_cannot_be_gone_on_with_is_named_and_left_alone() {
    let folder = Folder::new();
    write_pages(&folder, 4, 1500);
    folder.write("corpus.jsonl", "earlier\n");
    killed(&folder, &["--label", "off"]);
    let refused = |flags: &[&str], message: &str| {
        let run = folder.run(args(flags));
        assert_eq!(run.code(), Some(4), "{}", run.stderr());
        assert!(run.stderr().contains(message), "{}", run.stderr());
        assert!(!run.stderr().contains("goes on from there"), "{}", run.stderr());
        assert_eq!(folder.read("corpus.jsonl"), b"earlier\n");
    };
    refused(&["--label", "off", "--resume", "--set", "dedup.threshold=0.7"], "another configuration");

    let work =
        left(&folder).into_iter().find(|name| name.contains(".work-")).expect("there is a work folder");
    let (version, checkpoint) = (format!("{work}/version"), format!("{work}/checkpoint.json"));
    let ours = folder.read(&version);
    folder.write(&version, "dehusk work folder, format 1\n");
    refused(&["--label", "off", "--resume"], "another version of the program");
    refused(&["--label", "off"], "another version of the program");
    folder.write(&version, ours);

    let whole = folder.read(&checkpoint);
    folder.write(&checkpoint, &whole[..whole.len() / 2]);
    refused(&["--label", "off", "--resume"], "is damaged");
    folder.write(&checkpoint, whole);

    let (drafts, whole) = (format!("{work}/drafts"), folder.read(&format!("{work}/drafts")));
    folder.write(&drafts, &whole[..10]);
    refused(&["--label", "off", "--resume"], "damaged; run without --resume to start over");
    folder.write(&drafts, whole);

    let pages = folder.read("pages.jsonl");
    folder.write("pages.jsonl", [pages.as_slice(), b"{\"text\":\"one more\"}\n"].concat());
    refused(&["--label", "off", "--resume"], "over other inputs, or they have changed");

    // Without --resume a run starts over, and takes away what the killed one left.
    let run = folder.succeed(args(&["--label", "off"]));
    assert!(run.stderr().contains("starting over"), "{}", run.stderr());
    assert_eq!(left(&folder), [""; 0]);
    assert!(folder.lines("corpus.jsonl").len() > 1000);
}

#[test]
fn resume_needs_files_on_both_sides() {
    let folder = Folder::new();
    folder.write("pages.jsonl", "{\"text\":\"The ferry leaves at nine.\"}\n");
    for io in [["-", "-o", "corpus.jsonl"], ["pages.jsonl", "-o", "-"]] {
        let run = folder.run(["clean", "--resume"].iter().chain(&io));
        assert_eq!(run.code(), Some(2), "{}", run.stderr());
        assert!(run.stderr().contains("--resume needs an output file"), "{}", run.stderr());
    }
    // Where nothing was interrupted it does no harm.
    folder.succeed(["clean", "pages.jsonl", "-o", "corpus.jsonl", "--resume", "-q"]);
    assert_eq!(folder.names(), ["corpus.jsonl", "pages.jsonl"]);
}

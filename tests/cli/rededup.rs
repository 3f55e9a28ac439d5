//! A finished run answers again under other settings, in the bytes of a fresh run with these.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::process::{Child, Stdio};

use crate::faults::named_pipe;
use crate::program::Folder;
use crate::words::{Random, corpus};

const OUTPUTS: [&str; 4] = ["corpus.jsonl", "decisions.jsonl", "report.json", "rejects.jsonl"];

/// The five thresholds, and the other settings that a folder can answer.
const SETTINGS: [&[&str]; 15] = [
    &["--set", "dedup.threshold=0.5"],
    &["--set", "dedup.threshold=0.65"],
    &["--set", "dedup.threshold=0.8"],
    &["--set", "dedup.threshold=0.9"],
    &["--set", "dedup.threshold=1.0"],
    &["--set", "dedup.similarity=containment", "--set", "dedup.threshold=0.7"],
    &["--set", "dedup.shingle_words=3"],
    &["--set", "dedup.keep=[\"first\"]"],
    &["--set", "dedup.keep=[\"newest:date\", \"longest\"]"],
    &["--set", "dedup.blocks.policy=mark"],
    &["--set", "dedup.blocks.policy=off"],
    &["--set", "dedup.blocks.similarity=0.8", "--set", "dedup.blocks.min_words=5"],
    &["--set", "dedup.blocks.scope=site", "--set", "dedup.blocks.mask_digits=true"],
    &["--dedup", "off"],
    &["--set", "guard.min_documents=1", "--set", "guard.source_documents=0.1"],
];

/// Pages of a site with furniture, families whose members are more and more unlike, a broken line and a repeated id.
fn pages() -> String {
    let mut all = corpus(150, 11);
    let mut random = Random(12);
    for family in 0..12 {
        let sentences: Vec<String> = (0..20).map(|_| random.sentence(9)).collect();
        for member in 0..10 {
            let mut own = sentences.clone();
            (0..member).for_each(|_| own[random.below(20)] = random.sentence(9));
            let paragraphs: Vec<String> = own.chunks(5).map(|chunk| chunk.join(" ")).collect();
            let page = serde_json::json!({
                "id": format!("{family}-{member}"),
                "text": paragraphs.join("\n\n"),
                "url": format!("https://{}.example/{family}", ["tide", "quay"][member % 2]),
                "date": format!("2024-01-{:02}", 1 + random.below(28)),
            });
            all += &format!("{page}\n");
        }
    }
    all += "not JSON\n";
    let first = all.lines().next().expect("there is a page").to_owned();
    all + &first + "\n{\"id\":\"last\",\"text\":\"The ferry leaves at nine.\"}\n"
}

fn written<'a>(command: &[&'a str], flags: &[&'a str]) -> Vec<&'a str> {
    let [corpus, decisions, report, rejects] = OUTPUTS;
    let outputs = ["-o", corpus, "--decisions", decisions, "--report", report, "--rejects", rejects];
    [command, flags, &outputs, &["--overwrite", "-q"]].concat()
}

fn outputs(folder: &Folder) -> [Vec<u8>; 4] {
    OUTPUTS.map(|name| folder.read(name))
}

/// The files of a work folder.
fn content(folder: &Folder, work: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder.join(work)).expect("there is a work folder");
    let names: BTreeSet<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.into_iter().map(|name| (name.clone(), folder.read(&format!("{work}/{name}")))).collect()
}

fn answers_as_fresh_runs_do(label: &str) {
    let folder = Folder::new();
    folder.write("pages.jsonl", pages());
    let clean = ["clean", "pages.jsonl", "--label", label, "--max-rejects", "2"];
    let fresh: Vec<_> = SETTINGS
        .iter()
        .map(|setting| {
            folder.succeed(written(&clean, setting));
            outputs(&folder)
        })
        .collect();
    let thresholds: BTreeSet<&[Vec<u8>; 4]> = fresh[..5].iter().collect();
    assert_eq!(thresholds.len(), 5, "each threshold must decide otherwise, or nothing is shown");

    folder.succeed(written(&clean, &["--keep-work", "work", "--set", "dedup.threshold=0.7"]));
    let kept = content(&folder, "work");
    fs::remove_file(folder.join("pages.jsonl")).expect("it was written");
    for (setting, fresh) in SETTINGS.iter().zip(&fresh) {
        let default = ["--threshold", "0.8"];
        for run in [&["--threads", "1"][..], &["--threads", "3", "--memory", "16MiB"]] {
            OUTPUTS.iter().for_each(|name| drop(fs::remove_file(folder.join(name))));
            folder.succeed(written(
                &["rededup", "work"],
                &[&only_if_unset(setting, &default)[..], setting, run].concat(),
            ));
            let again = outputs(&folder);
            for (name, (fresh, again)) in OUTPUTS.iter().zip(fresh.iter().zip(&again)) {
                assert!(
                    fresh == again,
                    "{name} differs from a fresh run: {setting:?} {run:?}, --label {label}"
                );
            }
        }
    }
    assert!(content(&folder, "work") == kept, "the folder is only read");
    assert_eq!(folder.names(), ["corpus.jsonl", "decisions.jsonl", "rejects.jsonl", "report.json", "work"]);
}

/// The fresh runs have the default threshold where they name none; the folder was made with another.
fn only_if_unset<'a>(setting: &[&str], default: &[&'a str]) -> Vec<&'a str> {
    let names_one = setting.iter().any(|word| word.starts_with("dedup.threshold"));
    if names_one { Vec::new() } else { default.to_vec() }
}

#[test]
fn every_setting_gives_the_bytes_of_a_fresh_run() {
    answers_as_fresh_runs_do("on");
}

#[test]
fn every_setting_gives_the_bytes_of_a_fresh_run_with_labels_off() {
    answers_as_fresh_runs_do("off");
}

#[test]
fn what_is_not_named_is_as_it_was_and_a_file_lies_over_it() {
    let folder = Folder::new();
    folder.write("pages.jsonl", pages());
    folder.write(
        "made.toml",
        "[label]\nenabled = false\n[dedup]\nthreshold = 0.65\nkeep = [\"first\"]\n[run]\nmax_rejects = 2\n",
    );
    folder.write("other.toml", "[dedup.blocks]\npolicy = \"mark\"\n");
    let clean = ["clean", "pages.jsonl", "--config", "made.toml"];
    folder.succeed(written(&clean, &["--keep-work", "work"]));
    let same = outputs(&folder);
    folder.succeed(written(&clean, &["--set", "dedup.blocks.policy=mark", "--set", "dedup.threshold=0.9"]));
    let other = outputs(&folder);
    assert!(same != other);

    folder.succeed(written(&["rededup", "work"], &[]));
    assert!(outputs(&folder) == same);
    folder.succeed(written(&["rededup", "work"], &["--config", "other.toml", "--threshold", "0.9"]));
    assert!(outputs(&folder) == other);
    let run = folder.run(written(&["rededup", "work"], &["--set", "against.n=8"]));
    assert_eq!(run.code(), Some(2), "{}", run.stderr());
    assert!(run.stderr().contains("against.n = 8: work was made with 13"), "{}", run.stderr());
    // As many rejects as the run had are too many for a rededup that allows for fewer.
    let run = folder.run(written(&["rededup", "work"], &["--max-rejects", "1"]));
    assert_eq!(run.code(), Some(3), "{}", run.stderr());
}

/// A program in the middle of writing: the corpus is begun, and its decisions wait for the pipe that is returned.
fn held(folder: &Folder, command: &[&str]) -> (Child, File) {
    named_pipe(folder, "pipe");
    let mut program = folder.dehusk(command);
    program.args(["-o", "corpus.jsonl", "--decisions", "pipe", "--overwrite"]).stderr(Stdio::null());
    let program = program.spawn().expect("the program starts");
    let mut pipe = File::open(folder.join("pipe")).expect("the program opens its end");
    pipe.read_exact(&mut [0]).expect("there is a first decision");
    (program, pipe)
}

fn kill((mut program, pipe): (Child, File), folder: &Folder) {
    program.kill().expect("it still runs");
    program.wait().expect("it ends");
    drop(pipe);
    fs::remove_file(folder.join("pipe")).expect("it is there");
}

#[test]
fn one_process_at_a_time_and_a_killed_one_leaves_the_folder_as_it_was() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(2000, 13));
    folder.succeed([
        "clean",
        "pages.jsonl",
        "-o",
        "corpus.jsonl",
        "--label",
        "off",
        "-q",
        "--keep-work",
        "work",
    ]);
    let kept = content(&folder, "work");
    let program = held(&folder, &["rededup", "work", "--threshold", "0.9"]);
    for second in [
        &["rededup", "work", "-o", "second.jsonl"][..],
        &["clean", "pages.jsonl", "-o", "second.jsonl", "--overwrite", "--keep-work", "work"],
    ] {
        let run = folder.run(second);
        assert_eq!(run.code(), Some(4), "{}", run.stderr());
        assert!(run.stderr().contains("work: is in use by another run"), "{}", run.stderr());
    }
    let earlier = folder.read("corpus.jsonl");
    kill(program, &folder);
    assert!(content(&folder, "work") == kept);
    assert!(folder.read("corpus.jsonl") == earlier, "no output was replaced");
    folder.succeed(["rededup", "work", "-o", "again.jsonl", "-q"]);
    assert!(folder.read("again.jsonl") == earlier);
}

#[test]
fn a_run_killed_with_its_folder_goes_on_and_is_finished_only_then() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(2000, 14));
    let fresh = ["clean", "pages.jsonl", "--label", "off"];
    folder.succeed([&fresh[..], &["-o", "fresh.jsonl", "--decisions", "decisions.jsonl", "-q"]].concat());
    let expected = folder.read("decisions.jsonl");
    fs::remove_file(folder.join("decisions.jsonl")).expect("it was written");

    let keep = [&fresh[..], &["--keep-work", "work"]].concat();
    kill(held(&folder, &[&keep[..], &["--set", "run.checkpoint_seconds=0"]].concat()), &folder);
    let run = folder.run(["rededup", "work", "-o", "again.jsonl"]);
    assert_eq!(run.code(), Some(4), "{}", run.stderr());
    assert!(run.stderr().contains("work: its run is not finished"), "{}", run.stderr());

    let resume = [&keep[..], &["--resume", "-o", "corpus.jsonl", "--overwrite"]].concat();
    let run = folder.succeed(resume);
    assert!(run.stderr().contains("going on with an interrupted run: write"), "{}", run.stderr());
    folder.succeed(["rededup", "work", "-o", "again.jsonl", "--decisions", "decisions.jsonl", "-q"]);
    assert!(folder.read("decisions.jsonl") == expected);
    let names: Vec<String> = content(&folder, "work").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["drafts", "final-rejects", "kept.json", "lock", "version"]);
}

#[test]
fn a_damaged_folder_is_named_and_no_output_is_replaced() {
    let folder = Folder::new();
    folder.write("pages.jsonl", pages());
    folder.run(["clean", "pages.jsonl", "-o", "corpus.jsonl", "--label", "off", "-q", "--keep-work", "work"]);
    let before = folder.read("corpus.jsonl");
    let refused = |file: &str, bytes: Option<Vec<u8>>, message: &str| {
        let (path, whole) = (format!("work/{file}"), folder.read(&format!("work/{file}")));
        match bytes {
            Some(bytes) => folder.write(&path, bytes),
            None => fs::remove_file(folder.join(&path)).expect("it was there"),
        }
        let run = folder.run(["rededup", "work", "-o", "corpus.jsonl", "--overwrite"]);
        assert_eq!(run.code(), Some(4), "{file}: {}", run.stderr());
        assert!(run.stderr().contains(message), "{file}: {}", run.stderr());
        assert!(folder.read("corpus.jsonl") == before);
        folder.write(&path, whole);
    };
    for file in ["drafts", "final-rejects", "kept.json"] {
        let whole = folder.read(&format!("work/{file}"));
        let message =
            format!("work/{file}: is damaged; make the folder anew with clean --keep-work --overwrite");
        let mut random = Random(15);
        for _ in 0..12 {
            let mut flipped = whole.clone();
            flipped[random.below(whole.len())] ^= 1 << random.below(8);
            refused(file, Some(flipped), &message);
        }
        refused(file, Some(whole[..whole.len() - 1].to_vec()), &message);
        if file != "kept.json" {
            refused(file, None, &message);
        }
    }
    refused("kept.json", None, "work: its run is not finished");
    refused("version", Some(b"dehusk work folder, format 1\n".to_vec()), "another version of the program");
    folder.succeed(["rededup", "work", "-o", "corpus.jsonl", "--overwrite", "-q", "--max-rejects", "2"]);
    assert!(folder.read("corpus.jsonl") == before);
}

#[test]
fn a_source_is_never_in_the_way_of_the_folder_or_the_outputs() {
    let folder = Folder::new();
    folder.write("in/pages.jsonl", pages());
    let source = folder.read("in/pages.jsonl");
    let clean = ["clean", "in/pages.jsonl", "-o", "out.jsonl", "--keep-work", "work", "--label", "off"];
    folder.succeed(clean.iter().chain(&["--max-rejects", "9"]));
    // The source under the name that it has from elsewhere.
    let run = folder
        .dehusk(["rededup", "../work", "-o", "pages.jsonl", "--overwrite", "--max-rejects", "9"])
        .current_dir(folder.join("in"))
        .output()
        .expect("the program starts");
    assert_eq!(run.status.code(), Some(2), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(folder.read("in/pages.jsonl") == source);
    // What lies in the folder goes when it is made anew.
    folder.write("work/mine.jsonl", &source);
    let clean = ["clean", "work/mine.jsonl", "-o", "out.jsonl", "--keep-work", "work", "--overwrite"];
    let run = folder.run(clean);
    assert_eq!(run.code(), Some(2), "{}", run.stderr());
    assert!(run.stderr().contains("stands in the work folder that is kept"), "{}", run.stderr());
    assert!(folder.read("work/mine.jsonl") == source);
}

#[test]
fn a_folder_that_somebody_made_stays_when_the_run_fails() {
    let folder = Folder::new();
    folder.write("pages.jsonl", pages());
    fs::create_dir(folder.join("lent")).expect("a folder");
    let stop =
        ["--set", "guard.action=stop", "--set", "guard.min_documents=1", "--set", "guard.source_documents=0"];
    let clean = ["clean", "pages.jsonl", "-o", "out.jsonl", "--label", "off"];
    for (name, stays) in [("lent", true), ("own", false)] {
        let run = folder.run(clean.iter().chain(&["--keep-work", name]).chain(&stop));
        assert_eq!(run.code(), Some(4), "{}", run.stderr());
        assert_eq!(folder.join(name).is_dir(), stays);
    }
}

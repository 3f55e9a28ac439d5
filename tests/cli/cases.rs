//! Golden cases: each file of `tests/cases` is a session at a shell, with what it prints.
//!
//! A case begins with a sentence that says what it shows. Then `== NAME` begins a file that lies in the folder where
//! the session takes place, and `$ COMMAND` a command for `sh`, where `dehusk` is the program. What follows the command
//! is what it must print: standard output as it is, standard error with `! ` before each line, and at last `? CODE`
//! where it does not end with 0. `[..]` stands for anything within a line, a line `...` for any lines. A line that
//! starts with `# ` is a remark. The folder's own path is shown as `[HERE]`; that of the package is in `$PACKAGE`.
//!
//! `BLESS=1 cargo test cases` writes what was printed into the cases that fail; read the diff before you believe it.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use crate::program::{DEHUSK, Folder, files, package};

#[test]
fn cases() {
    let cases = files("tests/cases", "txt");
    assert!(!cases.is_empty());
    let mut failures = String::new();
    for (name, case) in &cases {
        let Err(session) = check(case) else { continue };
        if env::var_os("BLESS").is_some() {
            fs::write(package().join(format!("tests/cases/{name}.txt")), &session)
                .expect("it can be written");
        }
        let diff = similar::TextDiff::from_lines(case, &session);
        let diff = diff.unified_diff().header("expected", "printed").to_string();
        writeln!(failures, "\n{name}\n{diff}").expect("a string takes everything");
    }
    assert!(failures.is_empty(), "{failures}");
}

/// Plays a case. Where something else is printed than it expects: the case as it would be right.
fn check(case: &str) -> Result<(), String> {
    let folder = Folder::new();
    let mut as_printed = String::new();
    let mut good = true;
    let mut lines = case.lines().peekable();
    while let Some(line) = lines.next() {
        writeln!(as_printed, "{line}").expect("a string takes everything");
        let mut block = Vec::new();
        if line.starts_with("== ") || line.starts_with("$ ") {
            while let Some(line) =
                lines.next_if(|next| !["== ", "$ ", "# "].iter().any(|mark| next.starts_with(mark)))
            {
                block.push(line);
            }
        }
        let blank = block.iter().rev().take_while(|line| line.is_empty()).count();
        let block_end = block.len() - blank;
        let mut shown: Vec<String> = block[..block_end].iter().map(|&line| line.to_owned()).collect();
        if let Some(name) = line.strip_prefix("== ") {
            folder.write(name, shown.iter().map(|line| format!("{line}\n")).collect::<String>());
        } else if let Some(command) = line.strip_prefix("$ ") {
            let printed = session(&folder, command);
            if !agrees(&block[..block_end], &printed) {
                good = false;
                shown = printed;
            }
        }
        for line in shown.iter().map(String::as_str).chain(block[block_end..].iter().copied()) {
            writeln!(as_printed, "{line}").expect("a string takes everything");
        }
    }
    if good { Ok(()) } else { Err(as_printed) }
}

/// What a command prints, as a case shows it.
fn session(folder: &Folder, command: &str) -> Vec<String> {
    let program = Path::new(DEHUSK).parent().expect("the program is in a folder").to_owned();
    let path = env::join_paths(
        [program].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap_or_default())),
    );
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder.path())
        .env("PATH", path.expect("a folder of a build has no colon in it"))
        .env("TMPDIR", folder.path())
        .env("LC_ALL", "C")
        .env("PACKAGE", package())
        .output()
        .expect("there is a shell");
    let here = folder.path().display().to_string();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&here, "[HERE]");
    let mut shown: Vec<String> =
        text(&output.stdout).lines().map(|line| line.trim_end().to_owned()).collect();
    shown.extend(text(&output.stderr).lines().map(|line| format!("! {line}").trim_end().to_owned()));
    match output.status.code() {
        Some(0) => {}
        Some(code) => shown.push(format!("? {code}")),
        None => shown.push(format!("? {}", output.status)),
    }
    shown
}

/// Whether the lines printed are those expected, `...` and `[..]` standing for anything.
fn agrees(expected: &[&str], printed: &[String]) -> bool {
    match expected {
        [] => printed.is_empty(),
        ["...", rest @ ..] => (0..=printed.len()).any(|skipped| agrees(rest, &printed[skipped..])),
        [line, rest @ ..] => {
            printed.first().is_some_and(|first| line_agrees(line, first)) && agrees(rest, &printed[1..])
        }
    }
}

fn line_agrees(expected: &str, printed: &str) -> bool {
    let Some((before, after)) = expected.split_once("[..]") else { return expected == printed };
    let Some(rest) = printed.strip_prefix(before) else { return false };
    (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| line_agrees(after, rest)))
}

#[test]
fn expectations_agree_with_what_they_should() {
    let printed = ["one", "two", "three"].map(str::to_owned);
    assert!(agrees(&["one", "...", "t[..]e[..]"], &printed));
    assert!(agrees(&["...", "one", "two", "three", "..."], &printed));
    assert!(!agrees(&["one", "...", "two"], &printed));
    assert!(!agrees(&["one", "two"], &printed));
    assert!(!agrees(&["one", "two", "three", "four"], &printed));
}

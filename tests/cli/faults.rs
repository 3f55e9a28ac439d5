//! What is left behind when something fails in mid-run.
//!
//! A run is held in the middle by a named pipe as one of its outputs: it cannot go on while nobody reads. So a kill, a
//! signal or a changed input always meets it at the same point, however fast the machine is.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::program::{DEHUSK, Folder};
use crate::words::corpus;

/// A signal reaches the program, or a file appears, within milliseconds; this is for a machine under heavy load.
const PATIENCE: Duration = Duration::from_secs(60);

const EARLIER: &str = "what an earlier run wrote\n";

pub fn named_pipe(folder: &Folder, name: &str) {
    let made = Command::new("mkfifo").arg(folder.join(name)).status().expect("there is mkfifo");
    assert!(made.success());
}

fn signal(program: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &program.id().to_string()]).status().expect("there is kill");
    assert!(sent.success());
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A run in the middle of writing: the corpus is begun, and its decisions wait for the pipe that is returned.
fn held(folder: &Folder) -> (Child, File) {
    folder.write("pages.jsonl", corpus(2000, 6));
    folder.write("corpus.jsonl", EARLIER);
    named_pipe(folder, "pipe");
    let program = folder
        .dehusk(["clean", "pages.jsonl", "-o", "corpus.jsonl", "--decisions", "pipe", "--overwrite"])
        .args(["--set", "run.checkpoint_seconds=999999"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut pipe = File::open(folder.join("pipe")).expect("the program opens its end");
    // The first byte says that the outputs are being written; the pipe holds a few of the megabytes to come.
    pipe.read_exact(&mut [0]).expect("there is a first decision");
    (program, pipe)
}

#[test]
fn a_killed_run_leaves_the_earlier_output() {
    let folder = Folder::new();
    let (mut program, pipe) = held(&folder);
    program.kill().expect("it still runs");
    assert_eq!(program.wait().expect("it ends").signal(), Some(9));
    drop(pipe);
    assert_eq!(folder.read("corpus.jsonl"), EARLIER.as_bytes());
    // What a killed run cannot take away is hidden, and says by its name where it comes from.
    let left: Vec<String> = folder
        .names()
        .into_iter()
        .filter(|n| !["corpus.jsonl", "pages.jsonl", "pipe"].contains(&n.as_str()))
        .collect();
    assert!(left.iter().all(|name| name.starts_with(".corpus.jsonl.")), "{left:?}");

    folder.succeed(["clean", "pages.jsonl", "-o", "corpus.jsonl", "--overwrite", "--label", "off"]);
    assert!(folder.lines("corpus.jsonl").len() > 1000, "and the next run is not disturbed by it");
}

#[test]
fn an_interrupted_run_takes_everything_away() {
    for name in ["-INT", "-TERM"] {
        let folder = Folder::new();
        let (mut program, mut pipe) = held(&folder);
        signal(&program, name);
        // The handler runs at once in a thread of its own; the program sees it when its output moves again.
        thread::sleep(Duration::from_millis(50));
        let _ = io::copy(&mut pipe, &mut io::sink());
        let status = program.wait().expect("it ends");
        let mut stderr = String::new();
        program.stderr.take().expect("it is a pipe").read_to_string(&mut stderr).expect("words are UTF-8");
        assert_eq!(status.code(), Some(130), "{name}: {status:?} {stderr}");
        assert!(stderr.contains("interrupted; no output was replaced"), "{stderr}");
        assert_eq!(folder.read("corpus.jsonl"), EARLIER.as_bytes());
        assert_eq!(folder.names(), ["corpus.jsonl", "pages.jsonl", "pipe"]);
    }
}

#[test]
fn an_interruption_while_standard_input_is_read_takes_everything_away() {
    let folder = Folder::new();
    let mut program = folder
        .dehusk(["clean", "-", "-o", "corpus.jsonl", "-q"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    wait_until("the work folder is made", || !folder.names().is_empty());
    thread::sleep(Duration::from_millis(50));
    signal(&program, "-INT");
    thread::sleep(Duration::from_millis(50));
    drop(program.stdin.take());
    assert_eq!(program.wait().expect("it ends").code(), Some(130));
    assert_eq!(folder.names(), [""; 0]);
}

/// Runs with standard output going to a reader that takes one line and leaves.
fn read_one_line(folder: &Folder, args: &[&str]) -> Option<i32> {
    let mut program =
        folder.dehusk(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
    let mut line = String::new();
    let mut reader = BufReader::with_capacity(64, program.stdout.take().expect("it is a pipe"));
    reader.read_line(&mut line).expect("there is a line");
    assert!(line.starts_with("{\"id\":\"0\""));
    drop(reader);
    program.wait().expect("it ends").code()
}

#[test]
fn a_reader_that_leaves_is_no_error_and_the_other_outputs_are_whole() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(2000, 7));
    let args =
        ["clean", "pages.jsonl", "-o", "-", "--decisions", "d.jsonl", "--report", "r.json", "--label", "off"];
    assert_eq!(read_one_line(&folder, &args), Some(0));
    assert_eq!(folder.lines("d.jsonl").len(), 2000);
    folder.succeed(["verify", "pages.jsonl", "--decisions", "d.jsonl"]);
    assert_eq!(folder.names(), ["d.jsonl", "pages.jsonl", "r.json"]);
}

#[test]
fn a_reader_that_never_was_is_no_error_and_the_other_outputs_are_whole() {
    let folder = Folder::new();
    // So little that all of it is still in the program's buffer when the run ends.
    folder.write("pages.jsonl", corpus(3, 8) + "{}\n");
    let (reader, writer) = io::pipe().expect("there are pipes");
    drop(reader);
    let args = ["clean", "pages.jsonl", "-o", "-", "--decisions", "d.jsonl", "--rejects", "r.jsonl", "-q"];
    let run = folder.dehusk(args).stdout(writer).stderr(Stdio::null()).status().expect("the program starts");
    // The rejected record counts, whoever reads the corpus.
    assert_eq!(run.code(), Some(3));
    assert_eq!(folder.names(), ["d.jsonl", "pages.jsonl", "r.jsonl"]);
    assert_eq!(folder.lines("d.jsonl").len(), 3);
}

/// A run whose last input is changed after the first sweep must end, and must say which file it was.
fn changed_between_the_sweeps(change: impl Fn(&Folder, &str)) {
    let folder = Folder::new();
    // The second sweep begins with the file of drafts, and then has some forty batches to go to the last file: time to
    // stop the program, and to change that file while it stands still.
    let pages: String = (0..40 << 10).map(|n| format!("{{\"id\":{n},\"text\":\"A page.\"}}\n")).collect();
    folder.write("a.jsonl", pages);
    let last = "{\"text\":\"The ferry leaves at nine.\"}\n{\"text\":\"The bakery opens at six.\"}\n";
    folder.write("z.jsonl", last);
    folder.write("corpus.jsonl", EARLIER);
    let args = ["clean", "a.jsonl", "z.jsonl", "-o", "corpus.jsonl", "--overwrite", "--threads", "1", "-q"];
    let never = ["--set", "run.checkpoint_seconds=999999"];
    let program =
        folder.dehusk(args.iter().chain(&never)).stderr(Stdio::piped()).spawn().expect("the program starts");
    let work =
        |name: &String| name.starts_with(".corpus.jsonl.work-") && folder.join(name).join("drafts").exists();
    wait_until("the second sweep begins", || folder.names().iter().any(work));
    signal(&program, "-STOP");
    change(&folder, last);
    signal(&program, "-CONT");
    let output = program.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert_eq!(folder.read("corpus.jsonl"), EARLIER.as_bytes());
    assert_eq!(folder.names(), ["a.jsonl", "corpus.jsonl", "z.jsonl"]);
    assert!(stderr.contains("z.jsonl changed while it was being read"), "{stderr}");
}

#[test]
fn another_text_in_the_second_sweep_ends_the_run() {
    changed_between_the_sweeps(|folder, last| folder.write("z.jsonl", last.replace("ferry", "barge")));
}

#[test]
fn a_record_that_breaks_before_the_second_sweep_ends_the_run() {
    changed_between_the_sweeps(|folder, last| folder.write("z.jsonl", last.replace("ferry leaves", "\\x")));
}

#[test]
fn a_record_less_in_the_second_sweep_ends_the_run() {
    changed_between_the_sweeps(|folder, last| {
        folder.write("z.jsonl", last.lines().take(1).map(|line| format!("{line}\n")).collect::<String>());
    });
}

#[test]
fn a_record_more_in_the_second_sweep_ends_the_run() {
    changed_between_the_sweeps(|folder, last| {
        folder.write("z.jsonl", format!("{last}{{\"text\":\"One more.\"}}\n"));
    });
}

#[test]
fn a_pipe_where_a_file_was_in_the_second_sweep_ends_the_run() {
    changed_between_the_sweeps(|folder, _| {
        std::fs::remove_file(folder.join("z.jsonl")).expect("it is there");
        named_pipe(folder, "z.jsonl");
    });
}

/// What a script prints in a mount namespace of its own, where it may mount what it likes; nothing where the system
/// does not let us have one.
#[expect(clippy::print_stderr, reason = "a test that could not be made says so")]
fn in_own_namespace(folder: &Folder, script: &str) -> Option<String> {
    let run = |script: &str| {
        let mut shell = Command::new("unshare");
        shell.args(["--mount", "--map-root-user", "sh", "-c", script]);
        shell.current_dir(folder.path()).env("DEHUSK", DEHUSK).env_remove("TMPDIR").output()
    };
    let allowed = run(
        "mkdir -p try && mount -t tmpfs -o size=1m none try && rmdir try 2> /dev/null; umount try && rmdir try",
    );
    match allowed {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            eprintln!("not tested, no namespace: {}", String::from_utf8_lossy(&output.stderr).trim());
            return None;
        }
        Err(error) => {
            eprintln!("not tested, no unshare: {error}");
            return None;
        }
    }
    let output = run(script).expect("it ran a moment ago");
    Some(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_disk_that_fills_up_leaves_the_earlier_output() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(1500, 9));
    // The disk is full at one stage after another: in the work folder, in the middle of the corpus, in the decisions.
    for (kilobytes, flags) in
        [(300, ""), (300, "--work-dir ."), (1500, "--work-dir ."), (2500, "--work-dir .")]
    {
        let script = format!(
            "mkdir -p disk && mount -t tmpfs -o size={kilobytes}k none disk && printf 'earlier\\n' > disk/corpus.jsonl
             $DEHUSK clean pages.jsonl -o disk/corpus.jsonl --decisions disk/d.jsonl --overwrite -q {flags} 2>&1
             echo code $?; cat disk/corpus.jsonl; ls -A disk"
        );
        let Some(printed) = in_own_namespace(&folder, &script) else { return };
        let (error, rest) = printed.split_once("code ").expect("the script went to its end");
        assert!(
            error.starts_with("error: ") && error.contains("disk/") && error.contains("No space left"),
            "{flags} {printed}"
        );
        assert_eq!(rest, "4\nearlier\ncorpus.jsonl\n", "{flags} {printed}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = Folder::new();
    folder.write("pages.jsonl", corpus(3, 10));
    let script = "mkdir disk && mount -t tmpfs -o ro none disk
        $DEHUSK clean pages.jsonl -o disk/corpus.jsonl -q 2>&1; echo code $?
        $DEHUSK clean pages.jsonl -o corpus.jsonl --decisions disk/d.jsonl -q 2>&1; echo code $?; ls -A";
    let Some(printed) = in_own_namespace(&folder, script) else { return };
    let lines: Vec<&str> = printed.lines().collect();
    let [first, "code 4", second, "code 4", "disk", "pages.jsonl"] = lines[..] else { panic!("{printed}") };
    assert!(first.starts_with("error: disk/corpus.jsonl: ") && first.contains("Read-only"), "{first}");
    assert!(second.starts_with("error: disk/d.jsonl: ") && second.contains("Read-only"), "{second}");
}

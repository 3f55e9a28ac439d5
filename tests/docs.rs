//! The README and the guide say what the program does: the configuration, the tables and the output that they show are held to
//! the code.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;

use dehusk::advise::Advice;
use dehusk::check::docs;
use dehusk::config::{Config, Gate, from_toml};
use dehusk::document::{Label, Side};
use dehusk::pipeline::work::WorkFolder;
use dehusk::pipeline::{Job, Outputs, Quiet, decide, emit};
use dehusk::read::{Cause, discover};

const CHECK: &str = include_str!("../docs/src/check.md");

/// The README, and behind it the pages of the guide.
static GUIDE: LazyLock<String> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<PathBuf> = std::fs::read_dir(root.join("docs/src"))
        .expect("the guide")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    pages.sort();
    pages.insert(0, root.join("README.md"));
    pages.iter().map(|page| std::fs::read_to_string(page).expect("a page") + "\n").collect()
});

/// The fenced block that follows `heading`, the first one in the given language.
fn fenced<'t>(heading: &str, language: &str) -> &'t str {
    let section = GUIDE.split_once(heading).unwrap_or_else(|| panic!("the guide has no {heading:?}")).1;
    let block = section.split_once(&format!("```{language}\n")).expect("a fenced block").1;
    block.split_once("\n```").expect("its end").0
}

/// The rows of the table that follows `heading`, as cells without back quotes.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let section = GUIDE.split_once(heading).unwrap_or_else(|| panic!("the guide has no {heading:?}")).1;
    let lines =
        section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|c| c.trim().replace('`', "")).collect();
    lines.skip(2).map(cells).collect()
}

#[test]
fn the_configuration_shown_is_the_default_one() {
    let shown = fenced("# Configuration\n", "toml");
    assert_eq!(from_toml("the guide", shown).unwrap(), Config::default());
    let code = |line: &str| line.split('#').next().unwrap_or_default().trim_end().to_owned();
    let bare: Vec<String> = shown.lines().map(code).filter(|line| !line.is_empty()).collect();
    let default = Config::default().to_toml();
    // The tables of `check` are in its guide.
    let (before, rest) = default.split_once("[check]\n").expect("a table for check");
    let (checked, after) = rest.split_once("[run]\n").expect("a table for the machine");
    let expected = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    assert_eq!(bare, expected(&format!("{before}[run]\n{after}")));
    let guide =
        CHECK.split_once("```toml\n").expect("a fenced block").1.split_once("\n```").expect("its end").0;
    assert_eq!(from_toml("check.md", guide).unwrap(), Config::default());
    let bare: Vec<String> = guide.lines().map(code).filter(|line| !line.is_empty()).collect();
    assert_eq!(bare, expected(&format!("[check]\n{checked}")));
    let keys = shown.lines().filter(|line| line.contains(" = "));
    keys.for_each(|line| assert!(line.contains(" # "), "no comment: {line}"));
}

#[test]
fn every_label_is_in_the_table() {
    let named = |side: Side| -> String {
        let labels: Vec<&str> = Label::ALL.iter().filter(|l| l.side() == side).map(|l| l.name()).collect();
        labels.join(" ")
    };
    let shown: Vec<String> = rows("# Labels\n").iter().map(|row| row[1].clone()).collect();
    let mut joined: Vec<String> = Vec::new();
    for (row, labels) in rows("# Labels\n").iter().zip(shown) {
        match (row[0].is_empty(), joined.last_mut()) {
            (true, Some(side)) => *side = format!("{side} {labels}"),
            _ => joined.push(labels),
        }
    }
    assert_eq!(joined, [Side::Main, Side::Lifted, Side::Boilerplate].map(named));
}

#[test]
fn every_cause_is_in_the_table() {
    let shown: Vec<String> = rows("# Rejects\n").into_iter().map(|row| row[0].clone()).collect();
    let causes: Vec<&str> = Cause::ALL.iter().map(|cause| cause.name()).collect();
    assert_eq!(shown, causes);
}

#[test]
fn every_gate_is_in_the_table_of_the_guide() {
    let lines = CHECK.lines().filter(|line| line.starts_with("| `"));
    let shown: Vec<&str> = lines.take(Gate::ALL.len()).collect();
    let row = |gate: &Gate| {
        let doc = docs::of(*gate);
        format!("| `{}` | {} | {} | {} |", gate.name(), doc.summary, docs::default_of(*gate), doc.reason)
    };
    assert_eq!(shown, Gate::ALL.iter().map(row).collect::<Vec<_>>());
}

#[test]
fn the_summary_shown_is_that_of_the_seeds() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::default();
    let inputs = discover(&["seeds".to_owned()], &config.input).unwrap().into();
    let work = WorkFolder::create(Some(folder.path()), "docs".as_ref()).unwrap();
    let stop = AtomicBool::new(false);
    let job = Job::new(inputs, &config, &work, &Quiet, &stop);
    let decided = decide(&job, |_| Ok(())).unwrap();
    let summary = emit(&job, decided, &mut Outputs::default()).unwrap().table();
    assert_eq!(fenced("prints to the terminal:", "text").trim_end(), summary.trim_end());
}

/// Text without its line ends and what indents its lines.
fn unbroken(text: &str) -> String {
    text.lines().map(str::trim).collect()
}

/// Everything that the tests see printed, one text for each session.
fn printed() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let case = |entry: std::io::Result<std::fs::DirEntry>| {
        let case = std::fs::read_to_string(entry.expect("an entry").path()).expect("a case");
        case.lines()
            .map(|line| line.strip_prefix("! ").unwrap_or(line.strip_prefix("!").unwrap_or(line)).trim())
            .collect()
    };
    let cases = std::fs::read_dir(folder).expect("the cases").map(case);
    cases.collect()
}

#[test]
fn every_output_shown_is_printed_in_a_session() {
    let printed = printed();
    // `…` stands for what was left out.
    let is_in = |shown: &str, printed: &String| {
        let mut rest = printed.as_str();
        shown.split('…').all(|part| match rest.split_once(part.trim()) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
    };
    let mut blocks = GUIDE.split("\n```text\n").skip(1).map(|rest| rest.split_once("\n```").unwrap().0);
    blocks.next().expect("the summary of the seeds, which has a test of its own");
    let missing: Vec<&str> =
        blocks.filter(|block| !printed.iter().any(|printed| is_in(&unbroken(block), printed))).collect();
    assert!(missing.is_empty(), "nothing prints\n{}", missing.join("\n\n"));
}

/// The words of the commands in the guide.
fn commands() -> Vec<Vec<String>> {
    let blocks = GUIDE.split("\n```sh\n").skip(1).map(|rest| rest.split_once("\n```").expect("its end").0);
    let lines = blocks.flat_map(|block| {
        let block = block.replace(" \\\n", " ");
        block.lines().map(|line| line.split('#').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    });
    let words = |line: String| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    lines.flat_map(|line| line.split('|').map(str::to_owned).collect::<Vec<_>>()).map(words).collect()
}

#[test]
fn every_command_shown_is_in_a_session() {
    let mut sessions: Vec<Vec<String>> = Vec::new();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")).unwrap() {
        let case = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let commands = case.lines().filter_map(|line| line.strip_prefix("$ "));
        let parts = commands.flat_map(|line| line.split(['|', ';', '>']));
        sessions.extend(parts.map(|part| part.split_whitespace().map(str::to_owned).collect()));
    }
    // The same subcommand with all its flags: files may be called otherwise, and what follows a flag may be another.
    let flags = |words: &[String]| -> Vec<String> {
        let name = |word: &String| word.split('=').next().unwrap_or_default().to_owned();
        words.iter().filter(|word| word.starts_with('-') && word.len() > 1).map(name).collect()
    };
    let shown = commands();
    let shown = shown.iter().filter(|words| words.first().is_some_and(|word| word == "dehusk"));
    let missing: Vec<String> = shown
        .filter(|command| {
            let is_played = |session: &&Vec<String>| {
                session.first().is_some_and(|word| word == "dehusk")
                    && session.get(1) == command.get(1)
                    && flags(command).iter().all(|flag| flags(session).contains(flag))
            };
            !sessions.iter().any(|session| is_played(&session))
        })
        .map(|command| command.join(" "))
        .collect();
    assert!(missing.is_empty(), "no session plays\n{}", missing.join("\n"));
}

#[test]
fn the_advice_shown_is_that_of_the_threshold() {
    let mut config = Config::default();
    config.dedup.threshold = 0.7;
    let advice = Advice::without_input(&config).table();
    assert_eq!(fenced("what other thresholds would take:", "text").trim_end(), advice.trim_end());
}

#[test]
fn every_link_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let summary = std::fs::read_to_string(root.join("docs/src/SUMMARY.md")).expect("the summary");
    for entry in std::fs::read_dir(root.join("docs/src")).expect("the guide") {
        let page = entry.expect("an entry").path();
        let name = page.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(
            name == "SUMMARY.md" || summary.contains(&format!("({name})")),
            "{name} is not in the summary"
        );
        let text = std::fs::read_to_string(&page).expect("a page");
        assert_links(&page, &text);
    }
    for name in ["README.md", "ARCHITECTURE.md", "BENCHMARKS.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let page = root.join(name);
        assert_links(&page, &std::fs::read_to_string(&page).expect("a page"));
    }
}

/// Each link of a page leads to a file, and to a heading of it.
fn assert_links(page: &Path, text: &str) {
    for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap_or_default()) {
        if link.contains("://") {
            continue;
        }
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let target = if file.is_empty() { page.to_owned() } else { page.with_file_name(file) };
        assert!(target.exists(), "{} links to {link}", page.display());
        if !anchor.is_empty() {
            let target = std::fs::read_to_string(&target).expect("a page");
            let headings = target.lines().filter(|line| line.starts_with('#'));
            let mut anchors = headings.map(|heading| {
                let heading = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
                heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect::<String>()
            });
            assert!(anchors.any(|known| known == anchor), "{} links to {link}", page.display());
        }
    }
}

#[test]
fn the_exit_codes_and_schemas_are_those_of_the_program() {
    let run = |args: &[&str]| {
        let run =
            std::process::Command::new(env!("CARGO_BIN_EXE_dehusk")).args(args).output().expect("it runs");
        String::from_utf8(run.stdout).expect("help is UTF-8")
    };
    let help = run(&["--help"]);
    for row in rows("## Exit codes\n") {
        let line = help.lines().find(|line| line.trim_start().starts_with(&format!("{} ", row[0])));
        let line = line.unwrap_or_else(|| panic!("the help has no code {}", row[0]));
        for command in ["check", "index verify", "verify", "diff"] {
            assert_eq!(
                line.contains(&format!("{command}:")) || line.contains(&format!("{command},")),
                row[1].contains(command),
                "{line}"
            );
        }
    }
    let kinds = run(&["schema", "--help"]);
    let shown = GUIDE.split_once("prints the JSON Schema of the corpus;").expect("the sentence").1;
    let shown = shown.split_once("have one too").expect("its end").0;
    let listed =
        kinds.split_once("possible values: ").expect("kinds").1.split(']').next().expect("their end");
    for kind in listed.split(',').map(str::trim).filter(|kind| *kind != "corpus") {
        assert!(shown.contains(&format!("`{kind}`")), "{kind} in {shown}");
    }
}

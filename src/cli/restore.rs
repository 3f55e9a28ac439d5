//! `dehusk restore`: documents that a run dropped, or blocks of them, written back from its decisions and its sources.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum;
use dehusk::Error;
use dehusk::audit::{Restored, Walk, restore};
use dehusk::document::DropReason;
use dehusk::pipeline::work::WorkFolder;
use dehusk::verify::{Action, ParsedDecision};
use dehusk::write::{Existing, JSON_LINES, Output};

use super::args::{InputArgs, open_lines, refuse_inputs, spooled, stop_flag};
use super::{Exit, terminal};

/// Write dropped documents back, as corpus lines, from the decisions and the sources of a run
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(true).args(["id", "ids", "reason"]))]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,

    /// The decisions of the run over these inputs
    #[arg(long, value_name = "FILE")]
    decisions: PathBuf,

    /// A document to restore (repeatable)
    #[arg(long, value_name = "ID")]
    id: Vec<String>,

    /// Restore the documents that this file names, an id a line
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,

    /// Restore all documents that were dropped for this reason (repeatable)
    #[arg(long, value_name = "REASON")]
    reason: Vec<Reason>,

    /// Put their dropped blocks back as well: duplicate paragraphs, or all blocks
    #[arg(long, value_name = "duplicates|all")]
    blocks: Option<Blocks>,

    /// Where the lines go: .jsonl, .jsonl.gz, .jsonl.zst, or - for standard output
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,

    /// Replace an output that exists
    #[arg(long)]
    overwrite: bool,
}

/// Why documents were dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Reason {
    Empty,
    ExactDuplicate,
    NearDuplicate,
    Contaminated,
}

/// Dropped blocks that come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Blocks {
    Duplicates,
    All,
}

/// Runs it.
pub fn run(args: &Args) -> Result<Exit> {
    let config = args.input.config()?;
    let existing = if args.overwrite { Existing::Replace } else { Existing::Refuse };
    Output::check(&args.output, JSON_LINES, existing)?;
    let inputs = args.input.discover(&config)?;
    let read = inputs.iter().map(|input| &input.file).chain([&args.decisions]).chain(&args.ids);
    refuse_inputs(std::iter::once(args.output.as_path()), read)?;
    let mut ids: HashSet<String> = args.id.iter().cloned().collect();
    if let Some(file) = &args.ids {
        ids.extend(named_in(file)?);
    }
    let decisions = open_lines(&args.decisions)?;
    let stop = stop_flag();
    let work = WorkFolder::create(Some(&std::env::temp_dir()), Path::new("restore"))?;
    let inputs = spooled(inputs, &work, &config)?;
    let mut output = if args.output == Path::new("-") {
        Output::stream("standard output", Box::new(std::io::stdout()))
    } else {
        Output::create(&args.output, existing)?
    };

    let what = match args.blocks {
        None => Restored::Kept,
        Some(Blocks::Duplicates) => Restored::Main,
        Some(Blocks::All) => Restored::All,
    };
    let is_for_reason = |decision: &ParsedDecision| {
        decision.reason.is_some_and(|reason| args.reason.iter().any(|asked| asked.reason() == reason))
    };
    let wanted = |decision: &ParsedDecision| is_for_reason(decision) | ids.remove(&decision.id);
    let (mut restored, mut empty, mut line) = (0, 0, Vec::new());
    for pair in Walk::new(&inputs, &config.input, decisions, stop, wanted) {
        let (document, decision) = pair?;
        if decision.action == Action::Keep && what == Restored::Kept {
            let message = format!(
                "{} was not dropped and is in the corpus; --blocks puts back what it lost there",
                decision.id
            );
            return Err(wrong(&args.decisions, message).into());
        }
        line.clear();
        *(if restore(&mut line, &document, &decision, what) { &mut restored } else { &mut empty }) += 1;
        match output.write(&line) {
            Err(error) if error.is_closed_pipe() => return Ok(Exit::Done),
            result => result?,
        }
    }
    if let Some(id) = ids.iter().min() {
        let more = if ids.len() > 1 { format!(", nor {} more", ids.len() - 1) } else { String::new() };
        return Err(wrong(&args.decisions, format!("holds no document {id:?}{more}")).into());
    }
    match output.commit() {
        Err(error) if error.is_closed_pipe() => {}
        result => result?,
    }
    if empty > 0 {
        let documents = terminal::count(empty, "document");
        terminal::warn(format_args!(
            "{documents} without main text left out; --blocks all writes them whole"
        ));
    }
    terminal::say(format_args!("{} restored", terminal::count(restored, "document")));
    Ok(Exit::Done)
}

impl Reason {
    fn reason(self) -> DropReason {
        match self {
            Self::Empty => DropReason::Empty,
            Self::ExactDuplicate => DropReason::ExactDuplicate,
            Self::NearDuplicate => DropReason::NearDuplicate,
            Self::Contaminated => DropReason::Contaminated,
        }
    }
}

fn wrong(path: &Path, message: String) -> Error {
    Error::Input { path: path.display().to_string(), message }
}

/// The ids in a file, an id a line; blank lines name none.
fn named_in(path: &Path) -> Result<Vec<String>, Error> {
    let text = std::fs::read_to_string(path).map_err(|e| wrong(path, format!("cannot be read: {e}")))?;
    Ok(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

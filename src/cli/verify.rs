//! `dehusk verify`: proves that kept + removed = source.

use std::collections::HashSet;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use dehusk::Error;
use dehusk::config::InputConfig;
use dehusk::document::Document;
use dehusk::pipeline::work::WorkFolder;
use dehusk::read::{Batches, Cause, Input, parse};
use dehusk::verify::verify;

use super::args::{InputArgs, open_lines, spooled, stop_flag};
use super::{Exit, terminal};

/// Prove that kept and removed text together are the source
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,

    /// The decisions of the run over these inputs
    #[arg(long, value_name = "FILE")]
    decisions: PathBuf,

    /// The corpus of the run, to be checked as well
    #[arg(long, value_name = "FILE")]
    corpus: Option<PathBuf>,

    /// The rejects of a run with an index: a record whose id an earlier run has seen has no decision
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

/// Runs it.
pub fn run(args: &Args) -> Result<Exit> {
    let config = args.input.config()?;
    let inputs = args.input.discover(&config)?;
    let decisions = open_lines(&args.decisions)?;
    let corpus = args.corpus.as_deref().map(open_lines).transpose()?;
    let rejected = args.rejects.as_deref().map_or_else(|| Ok(HashSet::new()), repeated)?;
    let stop = stop_flag();
    let work = WorkFolder::create(Some(&std::env::temp_dir()), Path::new("verify"))?;
    let inputs = spooled(inputs, &work, &config)?;

    let found = verify(documents(inputs, config.input.clone(), rejected, stop), decisions, corpus)?;
    for mismatch in &found.listed {
        terminal::warn(mismatch);
    }
    let unlisted = found.mismatches - found.listed.len() as u64;
    if unlisted > 0 {
        terminal::warn(format_args!("and {unlisted} more"));
    }
    if found.mismatches > 0 {
        let mismatches = if found.mismatches == 1 { "mismatch" } else { "mismatches" };
        let documents = terminal::count(found.documents, "document");
        terminal::say(format_args!("{documents}, {} {mismatches}", found.mismatches));
        return Ok(Exit::Mismatch);
    }
    let documents = terminal::count(found.documents, "document");
    terminal::say(format_args!("{documents}, every byte accounted for"));
    Ok(Exit::Done)
}

/// Where records were rejected for an id that was there before.
fn repeated(path: &Path) -> Result<HashSet<(String, u64)>> {
    #[derive(serde::Deserialize)]
    struct Rejected {
        path: String,
        record: u64,
        cause: String,
    }
    let mut repeated = HashSet::new();
    for (number, line) in (1..).zip(open_lines(path)?.reader.split(b'\n')) {
        let line = line.map_err(Error::io("read the file", path))?;
        let rejected: Rejected = serde_json::from_slice(&line).map_err(|e| {
            let message = format!("line {number} is no reject: {e}; give the file that `clean` wrote");
            Error::Input { path: path.display().to_string(), message }
        })?;
        if rejected.cause == Cause::DuplicateId.name() {
            repeated.insert((rejected.path, rejected.record));
        }
    }
    Ok(repeated)
}

/// The documents that `clean` would read, in order: rejected records and repeated ids have no decision.
fn documents(
    inputs: Arc<[Input]>,
    config: InputConfig,
    rejected: HashSet<(String, u64)>,
    stop: &AtomicBool,
) -> impl Iterator<Item = Result<Document, Error>> {
    let mut ids = HashSet::new();
    Batches::new(Arc::clone(&inputs), &config).flat_map(move |batch| {
        if stop.load(Ordering::Relaxed) {
            return vec![Err(Error::Interrupted)];
        }
        let documents = (0..batch.records.len()).filter_map(|i| parse(&batch, i, &inputs, &config).ok());
        let is_rejected = |d: &Document| {
            !rejected.is_empty() && rejected.contains(&(d.place.path.to_string(), d.place.record))
        };
        documents.filter(|d| ids.insert(d.id.clone()) && !is_rejected(d)).map(Ok).collect::<Vec<_>>()
    })
}

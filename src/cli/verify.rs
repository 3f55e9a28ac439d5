//! `dehusk verify`: proves that kept + removed = source.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use dehusk::Error;
use dehusk::config::InputConfig;
use dehusk::document::Document;
use dehusk::pipeline::work::WorkFolder;
use dehusk::read::{Batches, Input, parse};
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
}

/// Runs it.
pub fn run(args: &Args) -> Result<Exit> {
    let config = args.input.config()?;
    let inputs = args.input.discover(&config)?;
    let decisions = open_lines(&args.decisions)?;
    let corpus = args.corpus.as_deref().map(open_lines).transpose()?;
    let stop = stop_flag();
    let work = WorkFolder::create(Some(&std::env::temp_dir()), Path::new("verify"))?;
    let inputs = spooled(inputs, &work, &config)?;

    let found = verify(documents(inputs, config.input.clone(), stop), decisions, corpus)?;
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

/// The documents that `clean` would read, in order: rejected records and repeated ids have no decision.
fn documents(
    inputs: Arc<[Input]>,
    config: InputConfig,
    stop: &AtomicBool,
) -> impl Iterator<Item = Result<Document, Error>> {
    let mut ids = HashSet::new();
    Batches::new(Arc::clone(&inputs), &config).flat_map(move |batch| {
        if stop.load(Ordering::Relaxed) {
            return vec![Err(Error::Interrupted)];
        }
        let documents = (0..batch.records.len()).filter_map(|i| parse(&batch, i, &inputs, &config).ok());
        documents.filter(|d| ids.insert(d.id.clone())).map(Ok).collect::<Vec<_>>()
    })
}

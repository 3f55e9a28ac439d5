//! `dehusk index`: what an index holds, whether it is whole, and a step back.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use anyhow::Result;
use dehusk::pipeline::index::{Index, Stats};

use super::args::stop_flag;
use super::{Exit, print, terminal};

/// Look into an index, prove that it is whole, or take its last instalment back
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// What it holds, with what it was made, and what it takes on disk
    Stats {
        /// The index
        dir: PathBuf,
        /// As one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Prove that every file is what was written and that the files agree with each other
    Verify {
        /// The index
        dir: PathBuf,
    },
    /// Take the last instalment back; its outputs stay where they are
    Undo {
        /// The index
        dir: PathBuf,
    },
}

/// Runs it.
pub fn run(args: &Args) -> Result<Exit> {
    match &args.action {
        Action::Stats { dir, json } => {
            let stats = Index::stats(dir)?;
            let text = if *json { serde_json::to_string(&stats)? + "\n" } else { table(&stats) };
            print(text.as_bytes())?;
        }
        Action::Verify { dir } => {
            let stop = stop_flag();
            let found = Index::verify(dir, || stop.load(Ordering::Relaxed))?;
            let documents = terminal::count(found.documents, "document");
            if found.faults.is_empty() {
                print(format!("{documents} verified, every file is whole\n").as_bytes())?;
                return Ok(Exit::Done);
            }
            for fault in &found.faults {
                terminal::warn(fault);
            }
            let faults = terminal::count(found.faults.len() as u64, "fault");
            print(format!("{documents} looked at, {faults}\n").as_bytes())?;
            return Ok(Exit::Mismatch);
        }
        Action::Undo { dir } => {
            let last = Index::undo(dir)?;
            let documents = terminal::count(last.documents, "document");
            print(
                format!("took back an instalment of {documents}, {} of them kept\n", last.kept).as_bytes(),
            )?;
        }
    }
    Ok(Exit::Done)
}

fn table(stats: &Stats) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: &str| out += &format!("{name:<26}{value}\n");
    line("format", &stats.format.to_string());
    line("documents", &stats.documents.to_string());
    line("layers", &stats.layers.to_string());
    for (number, instalment) in (1..).zip(&stats.instalments) {
        line(
            &format!("instalment {number}"),
            &format!("{} read, {} kept", instalment.documents, instalment.kept),
        );
    }
    for (file, bytes) in &stats.bytes {
        let each = *bytes as f64 / stats.documents.max(1) as f64;
        line(file, &format!("{bytes} bytes, {each:.1} a document"));
    }
    for (key, value) in &stats.parameters {
        line(key, value);
    }
    out
}

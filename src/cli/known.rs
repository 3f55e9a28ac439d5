//! What outranks the documents of a run: `--index`, and the reference of [`against`](super::against).

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use dehusk::Error;
use dehusk::config::{AgainstMode, Config};
use dehusk::pipeline::Job;
use dehusk::pipeline::index::{Index, Known, reference};
use dehusk::read::Input;

use super::outputs::Targets;
use super::terminal;

/// What outranks the documents of a run.
#[derive(Debug, clap::Args)]
pub struct KnownArgs {
    /// Documents kept by earlier runs with this folder outrank all others; what is kept now is added to it
    #[arg(long, value_name = "DIR", conflicts_with_all = ["dry_run", "keep_work"])]
    pub index: Option<PathBuf>,
}

impl KnownArgs {
    /// The configuration under which an index is used, if one is.
    pub fn lay_over(&self, config: Config, targets: &Targets) -> Result<Config> {
        if self.index.is_none() {
            return Ok(config);
        }
        if targets.corpus_file().is_none() {
            let message = "--index needs an output file: the index must name no document that nobody has";
            return Err(Error::Config(message.to_owned()).into());
        }
        Ok(Index::configure(config)?)
    }

    /// Takes the index for a run.
    pub fn claim(&self, config: &Config, inputs: &[Input], quiet: bool) -> Result<Option<Index>> {
        let Some(folder) = &self.index else { return Ok(None) };
        let index = Index::claim(folder, config, inputs)?;
        if index.is_repeated() && !quiet {
            terminal::say("these inputs were the index's last instalment, which is made again");
        }
        Ok(Some(index))
    }
}

/// Gives a run what it is held against: an index, and a reference as `[against]` says.
pub fn open(job: &mut Job<'_>, index: Option<&Index>, against: Vec<Input>) -> Result<()> {
    if job.config.against.mode == AgainstMode::Ngram {
        job.against = against.into();
        job.known = index.map(Index::known).transpose()?.map(Arc::new);
        return Ok(());
    }
    if index.is_none() && against.is_empty() {
        return Ok(());
    }
    let mut known = index.map_or_else(|| Ok(Known::default()), Index::known)?;
    if !against.is_empty() {
        let (mut left_out, mut last) = (0, String::new());
        reference(job, &mut known, against.into(), |reject| {
            left_out += 1;
            last = format!("{} record {}: {}", reject.path, reject.record, reject.message);
            Ok(())
        })?;
        if left_out > 0 {
            let records = terminal::count(left_out, "record");
            terminal::warn(format_args!("{records} of the reference cannot be used; the last is {last}"));
        }
    }
    job.known = Some(Arc::new(known));
    Ok(())
}

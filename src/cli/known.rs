//! What outranks the documents of a run: `--index`, and the reference of [`against`](super::against).

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Result;
use dehusk::Error;
use dehusk::config::{AgainstMode, Config};
use dehusk::pipeline::Job;
use dehusk::pipeline::index::{Index, Known, reference};
use dehusk::read::{Input, Reject};

use super::outputs::Targets;
use super::terminal;

/// What outranks the documents of a run.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Other corpora")]
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
    pub fn claim(&self, config: &Config) -> Result<Option<Index>> {
        Ok(self.index.as_ref().map(|folder| Index::claim(folder, config)).transpose()?)
    }
}

/// Whether the index has had the inputs of a run already.
pub fn recognise(index: &mut Option<Index>, job: &Job<'_>, quiet: bool) -> Result<()> {
    let Some(index) = index else { return Ok(()) };
    index.recognise(&job.inputs, &job.config.input, || job.stop.load(Ordering::Relaxed))?;
    if index.is_repeated() && !quiet {
        terminal::say("these inputs were the index's last instalment, which is made again");
    }
    Ok(())
}

/// Gives a run what it is held against: an index, and a reference as `[against]` says. Each record of a reference that cannot
/// be used is handed to `reject`.
pub fn open(
    job: &mut Job<'_>,
    index: Option<&Index>,
    against: Vec<Input>,
    reject: impl FnMut(&Reject) -> Result<(), Error>,
) -> Result<()> {
    if job.config.against.mode == AgainstMode::Ngram {
        job.against = against.into();
        job.known = index.map(Index::known).transpose()?.map(Arc::new);
        return Ok(());
    }
    if index.is_none() && against.is_empty() {
        return Ok(());
    }
    if job.config.meter.sample > 0 {
        let message = "the meter compares the documents of a run with each other, and not with an index or a reference; \
                       leave out --meter, or --index and --against";
        return Err(Error::Config(message.to_owned()).into());
    }
    let mut known = index.map_or_else(|| Ok(Known::default()), Index::known)?;
    if !against.is_empty() {
        reference(job, &mut known, against.into(), reject)?;
    }
    job.known = Some(Arc::new(known));
    Ok(())
}

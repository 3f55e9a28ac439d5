//! `--index` and `--against`: what outranks the documents of a run.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use dehusk::Error;
use dehusk::config::Config;
use dehusk::pipeline::Job;
use dehusk::pipeline::index::{Index, Known, reference};
use dehusk::read::{Input, discover};

use super::outputs::Targets;
use super::terminal;

/// What outranks the documents of a run.
#[derive(Debug, clap::Args)]
pub struct KnownArgs {
    /// Documents kept by earlier runs with this folder outrank all others; what is kept now is added to it
    #[arg(long, value_name = "DIR", conflicts_with_all = ["dry_run", "keep_work"])]
    pub index: Option<PathBuf>,

    /// Documents that outrank all others, and are neither written nor changed: files, folders or globs (repeatable)
    #[arg(long, value_name = "REFERENCE", conflicts_with = "keep_work")]
    pub against: Vec<String>,
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

    /// The documents to clean against, found but not opened.
    pub fn reference(&self, config: &Config) -> Result<Vec<Input>> {
        if self.against.is_empty() {
            return Ok(Vec::new());
        }
        let refuse = |message: &str| Err(Error::Config(message.to_owned()).into());
        if !config.dedup.enabled {
            return refuse("--against needs duplicates to be looked for; leave out --dedup off");
        }
        let inputs = discover(&self.against, &config.input)?;
        if inputs.iter().any(Input::awaits_spool) {
            return refuse("--against -: a reference must be a file that can be read again");
        }
        Ok(inputs)
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

/// Opens what outranks the documents of a run.
pub fn open(job: &Job<'_>, index: Option<&Index>, against: Vec<Input>) -> Result<Option<Arc<Known>>> {
    if index.is_none() && against.is_empty() {
        return Ok(None);
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
    Ok(Some(Arc::new(known)))
}

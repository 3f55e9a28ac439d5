//! `dehusk rededup`: the answer of a finished run under other settings, from its kept work folder.

use std::path::PathBuf;

use anyhow::Result;
use dehusk::Error;
use dehusk::config::Config;
use dehusk::pipeline::{Job, Kept, redecide};

use super::args::{MachineArgs, Switch, laid_over, refuse_inputs, stop_flag};
use super::outputs::{KEPT_FOLDER, OutputArgs, Rejects, Targets, exit};
use super::{Exit, guard, terminal};

/// Answer from the work folder of a finished run with another threshold, similarity or rank
///
/// Nothing is read or labelled again. The outputs are those of a fresh run with these settings. Settings that are not named
/// are those of the run that made the folder; only [dedup], [guard], [meter] and [run] may
/// differ.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder that `clean --keep-work` has made
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Similarity of a near-duplicate
    #[arg(long, value_name = "ABOVE 0 TO 1")]
    threshold: Option<f64>,

    /// off: nothing is dropped as a duplicate
    #[arg(long, value_name = "on|off")]
    dedup: Option<Switch>,

    /// Configuration file, laid over that of the folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Set one configuration key, such as dedup.similarity=containment (repeatable; wins over the file)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,

    #[command(flatten)]
    machine: MachineArgs,

    #[command(flatten)]
    out: OutputArgs,
}

/// Runs it.
pub fn run(args: &Args) -> Result<Exit> {
    let kept = Kept::open(&args.folder)?;
    let config = configuration(args, &kept)?;
    let targets = Targets::of(&args.out);
    targets.check()?;
    targets.refuse_in(&args.folder, KEPT_FOLDER)?;
    let is_inside = |folder: &PathBuf| {
        folder.canonicalize().ok().zip(args.folder.canonicalize().ok()).is_some_and(|(a, b)| a.starts_with(b))
    };
    if let Some(folder) = args.machine.work_dir.as_ref().filter(|folder| is_inside(folder)) {
        let message =
            format!("--work-dir {}: stands in {KEPT_FOLDER}; name a folder elsewhere", folder.display());
        return Err(Error::Config(message).into());
    }
    let inputs = kept.inputs();
    targets.refuse_in_shards(inputs.iter().map(|input| input.file.as_path()))?;
    refuse_inputs(targets.all(), inputs.iter().map(|input| &input.file))?;
    MachineArgs::set_threads(&config)?;
    let stop = stop_flag();

    let work = args.machine.throwaway_folder(targets.corpus_file())?;
    if args.out.verbose {
        terminal::say(format_args!("work folder {}", work.path().display()));
    }
    let progress = args.out.progress();
    let job = Job::new(inputs, &config, &work, &*progress, stop);
    let explain = guard::explain_under(&config);
    let rejects = Rejects::new(&targets, &work);
    let rejected =
        args.out.answer(&job, &*progress, &explain, None, rejects, |reject| redecide(&job, &kept, reject))?;
    Ok(exit(rejected, &config))
}

/// That of the folder under what was typed.
fn configuration(args: &Args, kept: &Kept) -> Result<Config> {
    let mut config = laid_over(kept.config().clone(), args.config.as_deref(), &args.set)?;
    config.dedup.threshold = args.threshold.unwrap_or(config.dedup.threshold);
    config.dedup.enabled = Switch::over(args.dedup, config.dedup.enabled);
    let config = args.out.lay_over(args.machine.lay_over(config)?)?;
    kept.refuse_other_labels(&config)?;
    Ok(config)
}

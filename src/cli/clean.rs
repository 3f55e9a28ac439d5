//! `dehusk clean`: the main job.

use std::path::PathBuf;

use anyhow::Result;
use dehusk::Error;
use dehusk::config::AgainstMode;
use dehusk::pipeline::work::{Leftover, WorkFolder};
use dehusk::pipeline::{Job, decide};
use dehusk::read::Input;
use dehusk::write::Existing;

use super::against::AgainstArgs;
use super::args::{InputArgs, MachineArgs, RunArgs, refuse_inputs, refuse_inputs_in, spooled, stop_flag};
use super::known::{self, KnownArgs};
use super::outputs::{KEPT_FOLDER, OutputArgs, Rejects, Targets, exit};
use super::{Exit, guard, terminal};

/// Clean pages into a corpus, with a record of every decision
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    run: RunArgs,

    #[command(flatten)]
    known: KnownArgs,

    #[command(flatten)]
    against: AgainstArgs,

    #[command(flatten)]
    out: OutputArgs,

    /// What the documents hold of each item of the reference, one line an item; with --mode ngram
    #[arg(long, value_name = "FILE", requires = "against", help_heading = "Other corpora")]
    contamination: Option<PathBuf>,

    /// Go on from where an interrupted run with the same output was, if there was one
    #[arg(long, help_heading = "The machine")]
    resume: bool,

    /// Work in this folder and keep it, so that `rededup` can answer from it with other settings
    #[arg(long, value_name = "DIR", conflicts_with_all = ["work_dir", "against"], help_heading = "The machine")]
    keep_work: Option<PathBuf>,
}

/// Runs it.
pub fn run(args: &Args) -> Result<Exit> {
    let config = args.out.lay_over(args.run.lay_over(args.input.config()?)?)?;
    let config = args.against.lay_over(config)?;
    if args.contamination.is_some() && config.against.mode == AgainstMode::Near {
        let message = "--contamination says what documents hold of each item; give --mode ngram with it";
        return Err(Error::Config(message.to_owned()).into());
    }
    let mut targets = Targets::of(&args.out);
    targets.add_contamination(args.contamination.as_deref());
    let config = args.known.lay_over(config, &targets)?;
    if args.resume && is_half_committed(args, &targets) {
        // What stands there is of the run that goes on.
        targets.existing = Existing::Replace;
    }
    targets.check()?;
    let inputs = args.input.discover(&config)?;
    let against = args.against.discover(&config, &inputs)?;
    let read = || inputs.iter().chain(&against);
    refuse_inputs(targets.all(), read().map(|input| &input.file))?;
    targets.refuse_in_shards(read().map(|input| input.file.as_path()))?;
    let folders = [(&args.keep_work, KEPT_FOLDER), (&args.known.index, "the folder of the index")];
    for (folder, what) in folders.into_iter().filter_map(|(folder, what)| Some((folder.as_ref()?, what))) {
        targets.refuse_in(folder, what)?;
        refuse_inputs_in(folder, what, read())?;
    }
    MachineArgs::set_threads(&config)?;
    let stop = stop_flag();

    // First, for what cannot be used must not cost an interrupted run what it has done.
    let mut index = args.known.claim(&config)?;
    let work = work_folder(args, &targets, &inputs)?;
    if work.has_started_over() && !args.out.quiet {
        terminal::say(
            "starting over; what an interrupted run had left is removed (--resume would have gone on)",
        );
    } else if args.resume && !work.has_checkpoint() && !args.out.quiet {
        terminal::say("nothing to go on with; starting at the beginning");
    }
    let inputs = spooled(inputs, &work, &config)?;
    if args.out.verbose {
        let files = terminal::count(inputs.len() as u64, "input file");
        terminal::say(format_args!("{files}, work folder {}", work.path().display()));
    }
    let progress = args.out.progress();
    let mut job = Job::new(inputs, &config, &work, &*progress, stop);
    known::recognise(&mut index, &job, args.out.quiet)?;
    let explain = guard::explain(&args.input, &args.run, &args.against, args.known.index.as_deref());
    let mut rejects = Rejects::new(&targets, &work);
    let opened = known::open(&mut job, index.as_ref(), against, |reject| rejects.add(reject));
    let result = opened.and_then(|()| {
        args.out.answer(&job, &*progress, &explain, index, rejects, |reject| decide(&job, reject))
    });
    if let Err(error) = &result
        && let Some(next) = next_step(error, &work)
    {
        terminal::warn(format_args!("{next} (in {})", work.path().display()));
    }
    let rejected = result?;
    work.finish()?;
    Ok(exit(rejected, &config))
}

/// What can be done with the work folder of a run that ended with this error, if anything is worth to be done with it.
fn next_step(error: &anyhow::Error, work: &WorkFolder) -> Option<&'static str> {
    let error = error.downcast_ref::<Error>().filter(|_| work.has_checkpoint())?;
    match error {
        _ if work.is_damage(error) => {
            Some("a file of the work folder is damaged; run without --resume to start over")
        }
        Error::Io { .. } | Error::Interrupted => {
            Some("what was done so far is kept; the same command with --resume goes on from there")
        }
        Error::Guard(_) => Some(
            "what was done so far is kept; the same command with --resume, also with other limits, goes on from there",
        ),
        Error::Panic { .. } => Some(
            "what was done so far is kept; --resume tries again from there, and without it the run starts over",
        ),
        _ => None,
    }
}

/// Whether the run to go on with was killed while it gave its outputs their names.
fn is_half_committed(args: &Args, targets: &Targets) -> bool {
    match &args.keep_work {
        Some(folder) => WorkFolder::is_kept_half_committed(folder),
        None => args.run.machine.is_half_committed(targets.corpus.as_deref()),
    }
}

/// The scratch folder: the one to be kept, or else one to go on from, where the output is a file. To go on, the input must be
/// one that can be read again.
fn work_folder(args: &Args, targets: &Targets, inputs: &[Input]) -> Result<WorkFolder> {
    let output = targets.corpus_file();
    let has_stdin = inputs.iter().any(Input::awaits_spool);
    let leftover = if args.resume { Leftover::Resume } else { Leftover::Remove };
    match (&args.keep_work, output) {
        (Some(folder), _) if !(has_stdin && args.resume) => {
            Ok(WorkFolder::keep(folder, leftover, targets.existing)?)
        }
        (None, Some(output)) if !has_stdin => Ok(args.run.machine.resumable_folder(output, leftover)?),
        _ if args.resume && !args.out.dry_run => {
            let message = "--resume needs an output file and inputs that can be read again, not standard input or output";
            Err(Error::Config(message.to_owned()).into())
        }
        _ => Ok(args.run.machine.throwaway_folder(output)?),
    }
}

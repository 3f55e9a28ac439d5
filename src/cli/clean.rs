//! `dehusk clean`: the main job.

use std::path::{Path, PathBuf};

use anyhow::Result;
use dehusk::Error;
use dehusk::config::GuardAction;
use dehusk::pipeline::work::{Leftover, WorkFolder};
use dehusk::pipeline::{Job, Outputs, decide, emit};
use dehusk::read::{Input, Reject};
use dehusk::report::Summary;
use dehusk::write::{Existing, JSON, JSON_LINES, Output, commit_all, write_reject};

use super::against::AgainstArgs;
use super::args::{InputArgs, RunArgs, refuse_inputs, spooled, stop_flag};
use super::progress::{ProgressMode, Show, progress};
use super::{Exit, guard, terminal};

/// Rejected records named on standard error; all of them are in the rejects file.
const SHOWN_REJECTS: u64 = 5;

/// Clean pages into a corpus, with a record of every decision
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    run: RunArgs,

    #[command(flatten)]
    against: AgainstArgs,

    /// The corpus: .jsonl, .jsonl.gz, .jsonl.zst, or - for standard output
    #[arg(short, long, value_name = "OUT", required_unless_present = "dry_run")]
    output: Option<PathBuf>,

    /// One line a document: its verdict, and every block's label and fate
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,

    /// One line an item of --against, in n-gram mode: which documents hold how much of it
    #[arg(long, value_name = "FILE", requires = "against")]
    contamination: Option<PathBuf>,

    /// Records that could not be used, with their causes [default: OUT.rejects.jsonl, when there are any]
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,

    /// Counts of the run: .json
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Replace outputs that exist
    #[arg(long)]
    overwrite: bool,

    /// Go on from where an interrupted run with the same output was, if there was one
    #[arg(long)]
    resume: bool,

    /// Do everything but write
    #[arg(long)]
    dry_run: bool,

    /// Rejected records that still count as success [default: 0]
    #[arg(long, value_name = "N")]
    max_rejects: Option<u64>,

    /// How to show progress on standard error
    #[arg(long, value_name = "MODE", default_value = "auto")]
    progress: ProgressMode,

    /// No progress and no summary, only warnings and errors
    #[arg(short, long)]
    quiet: bool,

    /// Say more about what is done
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
}

/// Runs it.
pub fn run(args: &Args) -> Result<Exit> {
    let mut config = args.against.lay_over(args.run.lay_over(args.input.config()?)?)?;
    config.run.max_rejects = args.max_rejects.unwrap_or(config.run.max_rejects);
    let mut targets = Targets::of(args);
    if args.resume && args.run.is_half_committed(targets.corpus.as_deref()) {
        // What stands there is of the run that goes on.
        targets.existing = Existing::Replace;
    }
    targets.check()?;
    let inputs = args.input.discover(&config)?;
    let against = args.against.discover(&config, &inputs)?;
    refuse_inputs(targets.all(), inputs.iter().chain(&*against).map(|input| &input.file))?;
    RunArgs::set_threads(&config)?;
    let stop = stop_flag();

    let work = work_folder(args, &targets, &inputs)?;
    if work.has_started_over() && !args.quiet {
        terminal::say(
            "starting over; what an interrupted run had left is removed (--resume would have gone on)",
        );
    } else if args.resume && !work.has_checkpoint() && !args.quiet {
        terminal::say("nothing to go on with; starting at the beginning");
    }
    let inputs = spooled(inputs, &work, &config)?;
    if args.verbose {
        let files = terminal::count(inputs.len() as u64, "input file");
        terminal::say(format_args!("{files}, work folder {}", work.path().display()));
    }
    let progress = progress(if args.quiet { ProgressMode::Never } else { args.progress });
    let job = Job { inputs, against, config: &config, work: &work, progress: &*progress, stop };
    let result = clean(&job, &targets, args, &*progress);
    if let Err(error) = &result
        && let Some(next) = next_step(error, &work)
    {
        terminal::warn(format_args!("{next} (in {})", work.path().display()));
    }
    let rejected = result?;
    work.finish()?;
    Ok(if rejected > config.run.max_rejects { Exit::TooManyRejects } else { Exit::Done })
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

/// The scratch folder: one to go on from, where the output is a file and the input can be read again.
fn work_folder(args: &Args, targets: &Targets, inputs: &[Input]) -> Result<WorkFolder> {
    let output = targets.corpus.as_deref().filter(|path| is_file(path));
    let has_stdin = inputs.iter().any(Input::awaits_spool);
    match output {
        Some(output) if !has_stdin => {
            let leftover = if args.resume { Leftover::Resume } else { Leftover::Remove };
            Ok(args.run.resumable_folder(output, leftover)?)
        }
        _ if args.resume && !args.dry_run => {
            let message = "--resume needs an output file and inputs that can be read again, not standard input or output";
            Err(Error::Config(message.to_owned()).into())
        }
        Some(output) => Ok(args.run.throwaway_folder(Some(output))?),
        None => Ok(args.run.throwaway_folder(None)?),
    }
}

/// Does it all, up to the outputs' names; returns how many records were rejected.
fn clean(job: &Job<'_>, targets: &Targets, args: &Args, progress: &dyn Show) -> Result<u64> {
    let mut rejects =
        Rejects { target: targets, work: job.work, output: None, count: 0, summary: Summary::default() };
    let decided = decide(job, |reject| rejects.add(reject))?;
    let mut outputs = targets.open(job.work)?;
    let mut summary = emit(job, decided, &mut outputs)?;
    summary.merge(&rejects.summary);
    progress.finish();
    let breaches = summary.breaches();
    if job.config.guard.action == GuardAction::Stop && !breaches.is_empty() {
        guard::tell(breaches, &args.input, &args.run, &args.against);
        return Err(guard::stopped(breaches).into());
    }
    targets.commit(outputs, rejects.output.take(), &summary, job.work)?;
    if !args.quiet {
        terminal::say(summary.table().trim_end());
        rejects.tell();
    }
    guard::tell(summary.breaches(), &args.input, &args.run, &args.against);
    Ok(rejects.count)
}

/// Where everything goes. Nothing at all in a dry run.
struct Targets {
    corpus: Option<PathBuf>,
    decisions: Option<PathBuf>,
    contamination: Option<PathBuf>,
    rejects: Option<PathBuf>,
    report: Option<PathBuf>,
    existing: Existing,
}

impl Targets {
    fn of(args: &Args) -> Self {
        let existing = if args.overwrite { Existing::Replace } else { Existing::Refuse };
        if args.dry_run {
            return Self {
                corpus: None,
                decisions: None,
                contamination: None,
                rejects: None,
                report: None,
                existing,
            };
        }
        let beside = args.output.as_ref().filter(|path| is_file(path)).map(|path| {
            let mut name = path.as_os_str().to_owned();
            name.push(".rejects.jsonl");
            PathBuf::from(name)
        });
        Self {
            corpus: args.output.clone(),
            decisions: args.decisions.clone(),
            contamination: args.contamination.clone(),
            rejects: args.rejects.clone().or(beside),
            report: args.report.clone(),
            existing,
        }
    }

    /// Refuses what could not be written in the end.
    fn check(&self) -> Result<(), Error> {
        for path in [&self.corpus, &self.decisions, &self.contamination, &self.rejects].into_iter().flatten()
        {
            Output::check(path, JSON_LINES, self.existing)?;
        }
        if let Some(path) = &self.report {
            Output::check(path, JSON, self.existing)?;
        }
        if self.all().filter(|path| *path == Path::new("-")).count() > 1 {
            let message = "standard output takes one output only; give the others files".to_owned();
            return Err(Error::Output { path: PathBuf::from("-"), message });
        }
        let all = self.files();
        for (i, (path, file)) in all.iter().enumerate() {
            if all[..i].iter().any(|(_, other)| other == file) {
                let message = "is named for two outputs; give each a file of its own".to_owned();
                return Err(Error::Output { path: path.to_path_buf(), message });
            }
        }
        // Hours later would be a bad time to learn that a folder is read-only.
        for (path, _) in all {
            Output::create(path, self.existing)?;
        }
        Ok(())
    }

    /// Every output that was asked for.
    fn all(&self) -> impl Iterator<Item = &Path> {
        [&self.corpus, &self.decisions, &self.contamination, &self.rejects, &self.report]
            .into_iter()
            .flatten()
            .map(PathBuf::as_path)
    }

    /// The outputs as they were named, and as the file system knows them. Devices and standard output are none.
    fn files(&self) -> Vec<(&Path, PathBuf)> {
        self.all()
            .filter(|path| is_file(path))
            .map(|path| {
                let folder =
                    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
                let resolved = std::fs::canonicalize(path).or_else(|_| {
                    std::fs::canonicalize(folder)
                        .map(|folder| folder.join(path.file_name().unwrap_or_default()))
                });
                (path, resolved.unwrap_or_else(|_| path.to_owned()))
            })
            .collect()
    }

    fn open(&self, work: &WorkFolder) -> Result<Outputs, Error> {
        let open = |path: &Option<PathBuf>| path.as_deref().map(|path| self.create(path, work)).transpose();
        Ok(Outputs {
            corpus: open(&self.corpus)?,
            decisions: open(&self.decisions)?,
            contamination: open(&self.contamination)?,
        })
    }

    fn create(&self, path: &Path, work: &WorkFolder) -> Result<Output, Error> {
        if path == Path::new("-") {
            return Ok(Output::stream("standard output", Box::new(std::io::stdout())));
        }
        let output = Output::create(path, self.existing)?;
        output.temporary().map_or(Ok(()), |temporary| work.remember_temporary(temporary))?;
        Ok(output)
    }

    /// Gives all outputs their names at once. A rejects file of an earlier run must not seem to belong to this one.
    fn commit(
        &self,
        outputs: Outputs,
        rejects: Option<Output>,
        summary: &Summary,
        work: &WorkFolder,
    ) -> Result<(), Error> {
        let report = self.report.as_deref().map(|path| {
            let mut report = self.create(path, work)?;
            report.write(summary.to_json().as_bytes())?;
            Ok::<_, Error>(report)
        });
        let stale = if rejects.is_none() { self.rejects.as_deref() } else { None };
        let report = report.transpose()?;
        let Outputs { mut corpus, decisions, contamination } = outputs;
        if self.corpus.as_deref() == Some(Path::new("-")) {
            match corpus.take().map_or(Ok(()), Output::commit) {
                // Whoever reads the corpus has read enough; the other outputs are still wanted.
                Err(error) if error.is_closed_pipe() => {}
                result => result?,
            }
        }
        work.begin_commit()?;
        commit_all([decisions, contamination, rejects, report, corpus].into_iter().flatten().collect())?;
        match stale {
            Some(path) if self.existing == Existing::Replace && path.is_file() => {
                std::fs::remove_file(path).map_err(Error::io("remove the rejects of an earlier run", path))
            }
            _ => Ok(()),
        }
    }
}

/// Whether an output is a file or will be one, rather than standard output, a device or a pipe.
fn is_file(path: &Path) -> bool {
    path != Path::new("-") && path.metadata().map_or(true, |found| found.is_file())
}

/// The rejects: a file that begins with the first of them, and a few words for the terminal.
struct Rejects<'a> {
    target: &'a Targets,
    work: &'a WorkFolder,
    output: Option<Output>,
    count: u64,
    summary: Summary,
}

impl Rejects<'_> {
    fn add(&mut self, reject: &Reject) -> Result<(), Error> {
        if self.output.is_none() {
            let create = |path| self.target.create(path, self.work);
            self.output = self.target.rejects.as_deref().map(create).transpose()?;
        }
        if self.count < SHOWN_REJECTS {
            terminal::warn(format_args!("{} record {}: {}", reject.path, reject.record, reject.message));
        }
        self.count += 1;
        self.summary.add_reject(reject.cause.name());
        let Some(output) = &mut self.output else { return Ok(()) };
        let mut line = Vec::new();
        write_reject(&mut line, reject);
        output.write(&line)
    }

    fn tell(&self) {
        if self.count == 0 {
            return;
        }
        let records = terminal::count(self.count, "record");
        match &self.target.rejects {
            Some(path) => terminal::warn(format_args!("{records} rejected; see {}", path.display())),
            None => terminal::warn(format_args!("{records} rejected; name a file with --rejects to see all")),
        }
    }
}

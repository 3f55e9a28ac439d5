//! What `clean` and `rededup` write, and what they say of it: flags, checks before anything is touched, and the end of a run.

use std::path::{Path, PathBuf};

use anyhow::Result;
use dehusk::Error;
use dehusk::config::{Config, GuardAction, Size};
use dehusk::pipeline::index::{Index, LayerBuilder, Prepared};
use dehusk::pipeline::work::WorkFolder;
use dehusk::pipeline::{Decided, Job, Outputs, emit};
use dehusk::read::Reject;
use dehusk::report::Summary;
use dehusk::report::html::Told;
use dehusk::write::{
    Existing, JSON_LINES, Output, REPORT, ROWS, Rows, commit_all, is_in_shards, write_reject,
};

use super::progress::{ProgressMode, Show, Timed, progress};
use super::{Exit, guard, report, terminal};

/// What a kept work folder is called in messages.
pub const KEPT_FOLDER: &str = "the work folder that is kept";

/// The smallest shards: of less a corpus would have more files than a folder is good for.
const LEAST_SHARD: u64 = 64 << 10;

/// Rejected records named on standard error; all of them are in the rejects file.
const SHOWN_REJECTS: u64 = 5;

/// Where everything goes, and how much is said.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What is written and said")]
pub struct OutputArgs {
    /// The corpus: .jsonl, .jsonl.gz, .jsonl.zst, .parquet, or - for standard output
    #[arg(short, long, value_name = "OUT", required_unless_present = "dry_run")]
    pub output: Option<PathBuf>,

    /// One line a document: its verdict, and every block's label and fate; also .parquet
    #[arg(long, value_name = "FILE")]
    pub decisions: Option<PathBuf>,

    /// Records that could not be used, with their causes [default: OUT.rejects.jsonl, when there are any]
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,

    /// Write the corpus as files of about this size, such as 512MB, and a manifest that names them
    #[arg(long, value_name = "SIZE", requires = "output")]
    pub shard_size: Option<Size>,

    /// What the run did, with examples: .html to look at, .json for programs
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Estimate how many near-duplicates were missed, from so many documents compared with all [default with the flag: 4000]
    #[arg(long, value_name = "SAMPLE", num_args = 0..=1, require_equals = true, default_missing_value = "4000")]
    pub meter: Option<u32>,

    /// Replace outputs that exist
    #[arg(long)]
    pub overwrite: bool,

    /// Write no output
    #[arg(long)]
    pub dry_run: bool,

    /// Rejected records that still count as success [default: 0]
    #[arg(long, value_name = "N")]
    pub max_rejects: Option<u64>,

    /// How to show progress on standard error
    #[arg(long, value_name = "MODE", default_value = "auto")]
    pub progress: ProgressMode,

    /// No progress and no summary, only warnings and errors
    #[arg(short, long)]
    pub quiet: bool,

    /// Say more about what is done
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
}

impl OutputArgs {
    /// The configuration under these flags.
    pub fn lay_over(&self, mut config: Config) -> Result<Config, Error> {
        config.meter.sample = self.meter.unwrap_or(config.meter.sample);
        config.run.max_rejects = self.max_rejects.unwrap_or(config.run.max_rejects);
        config.validate()?;
        Ok(config)
    }

    /// Who shows how far the run is.
    pub fn progress(&self) -> Box<dyn Show> {
        Box::new(Timed::new(progress(if self.quiet { ProgressMode::Never } else { self.progress })))
    }

    /// Does it all, up to the outputs' names. `rejects` has those of a reference already. `decide` decides, and hands over the rejects; `explain` is the command that
    /// shows a document, without its id. An index learns what was kept. Returns how many records were rejected.
    pub fn answer(
        &self,
        job: &Job<'_>,
        progress: &dyn Show,
        explain: &str,
        index: Option<Index>,
        mut rejects: Rejects<'_>,
        decide: impl FnOnce(&mut dyn FnMut(&Reject) -> Result<(), Error>) -> Result<Decided, Error>,
    ) -> Result<u64> {
        let targets = rejects.target;
        let decided = decide(&mut |reject| rejects.add(reject))?;
        let mut outputs = targets.open(job.work)?;
        outputs.layer = index.as_ref().map(|index| index.begin_layer(job, &decided)).transpose()?;
        let mut summary = emit(job, decided, &mut outputs)?;
        summary.merge(&rejects.summary);
        progress.finish();
        let breaches = summary.breaches();
        if job.config.guard.action == GuardAction::Stop && !breaches.is_empty() {
            guard::tell(breaches, explain);
            return Err(guard::stopped(breaches).into());
        }
        let layer = outputs.layer.take().map(LayerBuilder::finish).transpose()?;
        let prepared = index.zip(layer).map(|(index, layer)| index.prepare(&layer)).transpose()?;
        let told = Told { stages: progress.stages(), configuration: Some(job.config.to_toml()) };
        targets.commit(outputs, rejects.output.take(), (&summary, &told), job.work)?;
        // Last, for the index must name no document that is in no corpus.
        prepared.map_or(Ok(()), Prepared::commit)?;
        if !self.quiet {
            terminal::say(summary.table().trim_end());
            rejects.tell();
        }
        guard::tell(summary.breaches(), explain);
        Ok(rejects.count)
    }
}

/// How a run ends that has written its outputs and rejected so many records.
pub fn exit(rejected: u64, config: &Config) -> Exit {
    if rejected > config.run.max_rejects { Exit::TooManyRejects } else { Exit::Done }
}

/// Where everything goes. Nothing at all in a dry run.
pub struct Targets {
    pub corpus: Option<PathBuf>,
    decisions: Option<PathBuf>,
    contamination: Option<PathBuf>,
    rejects: Option<PathBuf>,
    report: Option<PathBuf>,
    pub existing: Existing,
    /// Bytes of a shard of the corpus, where it is in shards.
    shard_size: Option<u64>,
}

impl Targets {
    pub fn of(args: &OutputArgs) -> Self {
        let existing = if args.overwrite { Existing::Replace } else { Existing::Refuse };
        if args.dry_run {
            return Self {
                corpus: None,
                decisions: None,
                contamination: None,
                rejects: None,
                report: None,
                existing,
                shard_size: None,
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
            contamination: None,
            rejects: args.rejects.clone().or(beside),
            report: args.report.clone(),
            existing,
            shard_size: args.shard_size.map(Size::get),
        }
    }

    /// Adds the file of items, unless nothing is to be written.
    pub fn add_contamination(&mut self, file: Option<&Path>) {
        if self.corpus.is_some() {
            self.contamination = file.map(Path::to_owned);
        }
    }

    /// Refuses what could not be written in the end.
    pub fn check(&self) -> Result<(), Error> {
        match (&self.corpus, self.shard_size) {
            (Some(path), Some(size)) if size < LEAST_SHARD => {
                let message = format!("--shard-size must be at least {}", Size::bytes(LEAST_SHARD));
                return Err(Error::Output { path: path.clone(), message });
            }
            (Some(path), Some(_)) => Output::check_shards(path, self.existing)?,
            (Some(path), None) => Output::check_corpus(path, self.existing)?,
            (None, _) => {}
        }
        if let Some(path) = &self.decisions {
            Output::check(path, ROWS, self.existing)?;
        }
        for path in [&self.contamination, &self.rejects].into_iter().flatten() {
            Output::check(path, JSON_LINES, self.existing)?;
        }
        if let Some(path) = &self.report {
            Output::check(path, REPORT, self.existing)?;
        }
        if self.all().filter(|path| *path == Path::new("-")).count() > 1 {
            let message = "standard output takes one output only; give the others files".to_owned();
            return Err(Error::Output { path: PathBuf::from("-"), message });
        }
        self.refuse_in_shards(self.all())?;
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

    /// Refuses files that a shard, or the manifest, would take the place of.
    pub fn refuse_in_shards<'f>(&self, mut files: impl Iterator<Item = &'f Path>) -> Result<(), Error> {
        let (Some(corpus), Some(_)) = (&self.corpus, self.shard_size) else { return Ok(()) };
        match files.find(|file| is_in_shards(corpus, file)) {
            Some(file) => {
                let message = format!("has the name of a shard of {}; name another", corpus.display());
                Err(Error::Output { path: file.to_owned(), message })
            }
            None => Ok(()),
        }
    }

    /// Every output that was asked for.
    pub fn all(&self) -> impl Iterator<Item = &Path> {
        [&self.corpus, &self.decisions, &self.contamination, &self.rejects, &self.report]
            .into_iter()
            .flatten()
            .map(PathBuf::as_path)
    }

    /// The outputs as they were named, and as the file system knows them. Devices and standard output are none.
    fn files(&self) -> Vec<(&Path, PathBuf)> {
        self.all().filter(|path| is_file(path)).map(|path| (path, resolved(path))).collect()
    }

    /// The corpus, where it is a file.
    pub fn corpus_file(&self) -> Option<&Path> {
        self.corpus.as_deref().filter(|path| is_file(path))
    }

    /// Refuses outputs in a folder that is the program's own, called `what`: it is not theirs to be found in, and what does not
    /// belong to it is removed.
    pub fn refuse_in(&self, folder: &Path, what: &str) -> Result<(), Error> {
        let folder = resolved(folder);
        match self.files().into_iter().find(|(_, file)| file.starts_with(&folder)) {
            Some((path, _)) => {
                let message = format!("stands in {what}; name a file elsewhere");
                Err(Error::Output { path: path.to_owned(), message })
            }
            None => Ok(()),
        }
    }

    fn open(&self, work: &WorkFolder) -> Result<Outputs, Error> {
        let open = |path: &Option<PathBuf>, rows: Option<Rows>| {
            path.as_deref().map(|path| self.create(path, rows, work)).transpose()
        };
        let corpus = match (&self.corpus, self.shard_size) {
            (Some(path), Some(size)) => {
                let note = Box::new(work.remember_temporary());
                Some(Output::create_shards(path, self.existing, size, Rows::Corpus, note)?)
            }
            (corpus, _) => open(corpus, Some(Rows::Corpus))?,
        };
        Ok(Outputs {
            corpus,
            decisions: open(&self.decisions, Some(Rows::Decisions))?,
            contamination: open(&self.contamination, None)?,
            layer: None,
            has_details: self.report.is_some(),
        })
    }

    fn create(&self, path: &Path, rows: Option<Rows>, work: &WorkFolder) -> Result<Output, Error> {
        if path == Path::new("-") {
            return Ok(Output::stream("standard output", Box::new(std::io::stdout())));
        }
        Output::create_noted(path, self.existing, rows, Box::new(work.remember_temporary()))
    }

    /// Gives all outputs their names at once. A rejects file of an earlier run must not seem to belong to this one.
    fn commit(
        &self,
        outputs: Outputs,
        rejects: Option<Output>,
        (summary, told): (&Summary, &Told),
        work: &WorkFolder,
    ) -> Result<(), Error> {
        let report = self.report.as_deref().map(|path| {
            let mut output = self.create(path, None, work)?;
            output.write(report::drawn(path, summary, told).as_bytes())?;
            Ok::<_, Error>(output)
        });
        let stale = if rejects.is_none() { self.rejects.as_deref() } else { None };
        let report = report.transpose()?;
        let Outputs { mut corpus, decisions, contamination, .. } = outputs;
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

/// A path as the file system knows it, whether or not something is there.
pub fn resolved(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let resolved = std::fs::canonicalize(path).or_else(|_| {
        std::fs::canonicalize(folder).map(|folder| folder.join(path.file_name().unwrap_or_default()))
    });
    resolved.unwrap_or_else(|_| path.to_owned())
}

/// Whether an output is a file or will be one, rather than standard output, a device or a pipe.
fn is_file(path: &Path) -> bool {
    path != Path::new("-") && path.metadata().map_or(true, |found| found.is_file())
}

/// The rejects: a file that begins with the first of them, and a few words for the terminal.
pub struct Rejects<'a> {
    target: &'a Targets,
    work: &'a WorkFolder,
    output: Option<Output>,
    count: u64,
    summary: Summary,
}

impl<'a> Rejects<'a> {
    pub fn new(target: &'a Targets, work: &'a WorkFolder) -> Self {
        Self { target, work, output: None, count: 0, summary: Summary::default() }
    }

    /// Notes the next one.
    pub fn add(&mut self, reject: &Reject) -> Result<(), Error> {
        if self.output.is_none() {
            let create = |path| self.target.create(path, None, self.work);
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

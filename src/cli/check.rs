//! `dehusk check`: gates that a corpus must pass, for people and for pipelines.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::Result;
use dehusk::Error;
use dehusk::check::print::{Format, print};
use dehusk::check::{Baseline, Report, docs};
use dehusk::config::{Config, Gate};
use dehusk::pipeline::{Job, check};
use dehusk::write::{Existing, Output};

use super::args::{InputArgs, MachineArgs, refuse_inputs, spooled, stop_flag};
use super::outputs::resolved;
use super::progress::{ProgressMode, progress};
use super::{Exit, OWN, terminal};

/// What is read of a baseline at the most: one of every gate is smaller.
const MOST_BASELINE: u64 = 1 << 20;

/// Measure a corpus, whoever made it, and fail where a gate is not passed
///
/// Duplicates, repeated paragraphs, left-over boilerplate, broken records and characters: each has a gate with a limit and an
/// action in [check] of the configuration. Nothing is changed.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    machine: MachineArgs,

    /// Say what a gate measures, why, and how to change it; `all` for every gate
    #[arg(long, help_heading = OWN, value_name = "GATE", conflicts_with_all = ["output", "baseline", "inputs"])]
    explain: Option<String>,

    /// Form of the report
    #[arg(long, help_heading = OWN, value_name = "FORM", default_value = "text")]
    format: Form,

    /// Write the report to a file, in the place of one that is there
    #[arg(short, long, help_heading = OWN, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Let pass what is no worse than this file says, though above its limit
    #[arg(long, help_heading = OWN, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write what is new or better into the baseline
    #[arg(long, help_heading = OWN, requires = "baseline")]
    update_baseline: bool,

    /// Label so many documents, drawn by chance; 0 labels all [default: 1000, or all of at most 2000]
    #[arg(long, help_heading = OWN, value_name = "N")]
    sample: Option<u32>,

    /// Similarity of a near-duplicate [default: 0.8]
    #[arg(long, help_heading = OWN, value_name = "ABOVE 0 TO 1")]
    threshold: Option<f64>,

    /// How progress is shown
    #[arg(long, help_heading = OWN, value_name = "MODE", default_value = "auto")]
    progress: ProgressMode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// A table for people
    Text,
    /// One JSON object; see `dehusk schema check`
    Json,
    /// JUnit's XML, a test case a gate
    Junit,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// A table, for a summary or a comment
    Markdown,
}

impl Form {
    fn format(self) -> Format {
        match self {
            Self::Text => Format::Text,
            Self::Json => Format::Json,
            Self::Junit => Format::Junit,
            Self::Sarif => Format::Sarif,
            Self::Github => Format::Github,
            Self::Markdown => Format::Markdown,
        }
    }
}

/// Runs it.
pub fn run(args: &Args) -> Result<Exit> {
    if let Some(name) = &args.explain {
        return explained(name);
    }
    if args.input.inputs.is_empty() {
        let message = "name a CORPUS to check, or a gate to --explain".to_owned();
        return Err(Error::Config(message).into());
    }
    let mut config = args.input.config()?;
    config.check.sample = args.sample.unwrap_or(config.check.sample);
    config.dedup.threshold = args.threshold.unwrap_or(config.dedup.threshold);
    let config = args.machine.lay_over(config)?;
    let read = args.baseline.as_deref().map(|path| read(path, args, &config)).transpose()?;
    let (mut baseline, is_new) = read.map_or((None, false), |(baseline, is_new)| (Some(baseline), is_new));
    let inputs = args.input.discover(&config)?;
    let written = [&args.output, &args.baseline].into_iter().flatten().map(PathBuf::as_path);
    refuse_inputs(written, inputs.iter().map(|input| &input.file))?;
    refuse_same(args)?;
    // What cannot be written is told before the work.
    let file = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let mut output = file.map(open).transpose()?;
    let updated = args.baseline.as_deref().filter(|_| args.update_baseline).map(open).transpose()?;
    MachineArgs::set_threads(&config)?;
    let stop = stop_flag();
    let work = args.machine.throwaway_folder(file)?;
    let inputs = spooled(inputs, &work, &config)?;
    let progress = progress(args.progress);
    let job = Job::new(inputs, &config, &work, &*progress, stop);
    let measured = check(&job);
    progress.finish();
    let measured = measured?;
    // One that is made now is that of this very run.
    if is_new {
        let report = Report::of(measured.clone(), &config.check, None);
        baseline = baseline.map(|baseline| baseline.updated(&report));
    }
    let report = Report::of(measured, &config.check, baseline.as_ref());
    work.finish()?;

    let text = print(&report, args.format.format());
    match &mut output {
        Some(output) => output.write(text.as_bytes())?,
        None => match super::print(text.as_bytes()) {
            // Whoever reads has read enough; whether the corpus is good is still to be said.
            Err(error) if error.is_closed_pipe() => {}
            printed => printed?,
        },
    }
    output.map_or(Ok(()), Output::commit)?;
    if let (Some(baseline), Some(mut updated)) = (baseline, updated) {
        let before = (!is_new).then(|| baseline.clone());
        let baseline = baseline.updated(&report);
        updated.write(baseline.to_json().as_bytes())?;
        updated.commit()?;
        let name = args.baseline.as_deref().map_or_else(String::new, |path| path.display().to_string());
        terminal::say(match before {
            None => format!("{name}: written"),
            Some(before) if before == baseline => format!("{name}: nothing is new or better"),
            Some(_) => format!("{name}: lowered"),
        });
    }
    if args.output.is_some() {
        terminal::say(report.verdict());
    }
    Ok(if report.passed { Exit::Done } else { Exit::Mismatch })
}

/// Refuses to write the report where the baseline stands.
fn refuse_same(args: &Args) -> Result<(), Error> {
    let (Some(output), Some(baseline)) = (&args.output, &args.baseline) else { return Ok(()) };
    if resolved(output) == resolved(baseline) {
        let message = "is the baseline; write the report to another file".to_owned();
        return Err(Error::Output { path: output.clone(), message });
    }
    Ok(())
}

fn open(path: &Path) -> Result<Output, Error> {
    Output::check_place(path, Existing::Replace)?;
    Output::create(path, Existing::Replace)
}

/// The baseline in a file, and whether it is a new one: where there is no such file, and one is to be made.
fn read(path: &Path, args: &Args, config: &Config) -> Result<(Baseline, bool), Error> {
    let name = path.display().to_string();
    let text = |path: &Path| -> std::io::Result<String> {
        let mut text = String::new();
        File::open(path)?.take(MOST_BASELINE).read_to_string(&mut text)?;
        Ok(text)
    };
    match text(path) {
        Ok(text) => {
            let baseline = Baseline::read(&name, &text)?;
            baseline.refuse_other_settings(&name, config)?;
            Ok((baseline, false))
        }
        Err(error) if error.kind() == ErrorKind::NotFound && args.update_baseline => {
            Ok((Baseline::new(config), true))
        }
        Err(error) => {
            let hint = if args.update_baseline { "" } else { "; make it with --update-baseline" };
            let message = format!("cannot be read: {error}{hint}");
            Err(Error::Input { path: name, message })
        }
    }
}

fn explained(name: &str) -> Result<Exit> {
    let texts: Vec<String> = match (name, Gate::named(name)) {
        ("all", _) => Gate::ALL.iter().map(|gate| docs::explain(*gate)).collect(),
        (_, Some(gate)) => vec![docs::explain(gate)],
        (_, None) => {
            let names: Vec<&str> = Gate::ALL.iter().map(|gate| gate.name()).collect();
            let message = format!("--explain {name}: there is no such gate\ngates: {}", names.join(", "));
            return Err(Error::Config(message).into());
        }
    };
    super::print(texts.join("\n").as_bytes())?;
    Ok(Exit::Done)
}

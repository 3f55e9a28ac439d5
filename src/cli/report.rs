//! `dehusk report`: what a run did, drawn later from its decisions; and how any report is written.

use std::path::{Path, PathBuf};

use anyhow::Result;
use dehusk::Error;
use dehusk::audit::{Sources, count_rejects, report};
use dehusk::pipeline::work::WorkFolder;
use dehusk::report::Summary;
use dehusk::report::html::{Told, page};
use dehusk::write::{Existing, Output, REPORT};

use super::args::{InputArgs, open_lines, refuse_inputs, spooled, stop_flag};
use super::{Exit, OWN};

/// Draw a report of a finished run from its decisions
///
/// With the inputs of the run given, it shows examples and what copies differ in; without, places only.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The decisions of the run
    #[arg(value_name = "DECISIONS")]
    decisions: PathBuf,

    #[command(flatten)]
    input: InputArgs,

    /// The rejects of the run, to be counted
    #[arg(long, help_heading = OWN, value_name = "FILE")]
    rejects: Option<PathBuf>,

    /// Where the report goes: .html to look at, .json for programs, or - for JSON on standard output
    #[arg(short, long, help_heading = OWN, value_name = "OUT")]
    output: PathBuf,

    /// Replace an output that exists
    #[arg(long, help_heading = OWN)]
    overwrite: bool,
}

/// Runs it.
pub fn run(args: &Args) -> Result<Exit> {
    let config = args.input.config()?;
    let existing = if args.overwrite { Existing::Replace } else { Existing::Refuse };
    Output::check(&args.output, REPORT, existing)?;
    if args.decisions.metadata().is_ok_and(|found| !found.is_file()) {
        let message = "is read twice, so it must be a file".to_owned();
        return Err(Error::Input { path: args.decisions.display().to_string(), message }.into());
    }
    let has_inputs = !args.input.inputs.is_empty();
    let inputs = if has_inputs { args.input.discover(&config)? } else { Vec::new() };
    let read = inputs.iter().map(|input| &input.file).chain([&args.decisions]).chain(&args.rejects);
    refuse_inputs(std::iter::once(args.output.as_path()), read)?;
    let stop = stop_flag();
    let work = WorkFolder::create(Some(&std::env::temp_dir()), Path::new("report"))?;
    let inputs = spooled(inputs, &work, &config)?;
    let sources = has_inputs.then_some(Sources { inputs: &inputs, config: &config.input });
    let mut summary = report(|| open_lines(&args.decisions), sources, &work, stop)?;
    if let Some(rejects) = &args.rejects {
        count_rejects(open_lines(rejects)?, &mut summary)?;
    }
    let mut output = if args.output == Path::new("-") {
        Output::stream("standard output", Box::new(std::io::stdout()))
    } else {
        Output::create(&args.output, existing)?
    };
    output.write(drawn(&args.output, &summary, &Told::default()).as_bytes())?;
    output.commit()?;
    work.finish()?;
    Ok(Exit::Done)
}

/// The report in the form that its file's name asks for: a page, or JSON.
pub fn drawn(path: &Path, summary: &Summary, told: &Told) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name = name.trim_end_matches(".gz").trim_end_matches(".zst");
    if name.ends_with(".html") { page(summary, told) } else { summary.to_json() }
}

//! The command line: the only place that knows flags, the terminal and the process.
//!
//! What was typed becomes one validated [`Config`](dehusk::config::Config) in [`args`]; each subcommand is one file;
//! everything people read goes to standard error through [`terminal`]. An error becomes an exit code here and nowhere
//! else.

mod advise;
mod against;
mod args;
mod check;
mod clean;
mod completions;
mod diff;
mod explain;
mod guard;
mod index;
mod known;
mod outputs;
mod progress;
mod rededup;
mod report;
mod restore;
mod schema;
mod terminal;
mod verify;
mod word_diff;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use dehusk::Error;

/// The run's result as the caller sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    Done = 0,
    Mismatch = 1,
    Usage = 2,
    TooManyRejects = 3,
    NotFinished = 4,
    Interrupted = 130,
}

/// The heading in the help of what only one subcommand has.
const OWN: &str = "This command";

/// The version, and of a release the commit it is built from.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), env!("DEHUSK_COMMIT"));

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    check: a gate failed; verify, index verify: a mismatch; diff: the runs differ
  2    wrong usage or configuration; nothing was touched
  3    done and written, but more records were rejected than --max-rejects allows
  4    could not finish, or a guard stopped it; no output was replaced
  130  interrupted; no output was replaced";

/// Separates pages into main article and boilerplate, finds duplicates, and writes a clean corpus with a record of
/// every decision.
#[derive(Debug, Parser)]
#[command(name = "dehusk", version = VERSION, after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Clean(clean::Args),
    #[command(mut_arg("inputs", |inputs| inputs.required(false).value_name("CORPUS")))]
    Check(check::Args),
    Rededup(rededup::Args),
    #[command(mut_arg("inputs", |inputs| inputs.required(false)))]
    Advise(advise::Args),
    Explain(explain::Args),
    Verify(verify::Args),
    Diff(diff::Args),
    Restore(restore::Args),
    #[command(mut_arg("inputs", |inputs| inputs.required(false).long("input").num_args(1..)))]
    Report(report::Args),
    Index(index::Args),
    Schema(schema::Args),
    Completions(completions::Args),
    Man(completions::ManArgs),
}

/// Runs the program.
pub fn run() -> ExitCode {
    survive_full_files();
    leave_files_to_rejects();
    let result = match Cli::parse().command {
        Command::Clean(args) => clean::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Rededup(args) => rededup::run(&args),
        Command::Advise(args) => advise::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Restore(args) => restore::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Index(args) => index::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => completions::man(&args),
    };
    let exit = result.unwrap_or_else(|error| {
        let exit = exit_of(&error);
        if exit != Exit::Done {
            terminal::error(&error);
        }
        exit
    });
    ExitCode::from(exit as u8)
}

/// Writes a whole answer to standard output.
fn print(answer: &[u8]) -> Result<(), Error> {
    anstream::stdout().lock().write_all(answer).map_err(Error::io("write", "standard output"))
}

/// Makes a file that may grow no further (`ulimit -f`, a quota) an error that is told, rather than the end of the process.
fn survive_full_files() {
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
}

/// A panic of a decoder over a damaged file is told as a reject, with path and record, and not as a defect as well.
fn leave_files_to_rejects() {
    #[cfg(feature = "parquet")]
    {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !dehusk::read::is_guarded() {
                tell(panic);
            }
        }));
    }
}

fn exit_of(error: &anyhow::Error) -> Exit {
    match error.downcast_ref::<Error>() {
        // Whoever reads has read enough.
        Some(error) if error.is_closed_pipe() => Exit::Done,
        Some(Error::Config(_) | Error::Input { .. } | Error::Output { .. } | Error::Index { .. }) => {
            Exit::Usage
        }
        Some(Error::Interrupted) => Exit::Interrupted,
        Some(
            Error::Io { .. }
            | Error::Work { .. }
            | Error::Guard(_)
            | Error::Changed { .. }
            | Error::Panic { .. },
        )
        | None => Exit::NotFinished,
    }
}

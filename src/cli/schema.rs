//! `dehusk schema`: the JSON Schema of each format.

use anyhow::Result;
use dehusk::schema::Kind;

use super::{Exit, print};

/// Print the JSON Schema of a format
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The format
    #[arg(value_name = "FORMAT")]
    format: Format,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    Corpus,
    Decisions,
    Contamination,
    Report,
    Config,
    Advice,
    Rejects,
    Manifest,
    Check,
}

/// Runs it.
pub fn run(args: &Args) -> Result<Exit> {
    let kind = match args.format {
        Format::Corpus => Kind::Corpus,
        Format::Decisions => Kind::Decisions,
        Format::Contamination => Kind::Contamination,
        Format::Report => Kind::Report,
        Format::Config => Kind::Config,
        Format::Advice => Kind::Advice,
        Format::Rejects => Kind::Rejects,
        Format::Manifest => Kind::Manifest,
        Format::Check => Kind::Check,
    };
    print(dehusk::schema::text(kind).as_bytes())?;
    Ok(Exit::Done)
}

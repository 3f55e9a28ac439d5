//! Measures dehusk on pages whose main text is known: `cargo run --release --example eval -- DATA…`.
//!
//! Every set is cleaned one render at a time, all of its pages in one run, because the same page in two renders would
//! look like repetition. The scores are those of two public benchmarks (`score`), so they can be compared; everything
//! else says where they come from: kind of page, language, repetition, calibration, fields, single pages.
//!
//! It is wrong where the golds are: they do not agree on whether titles, dates, lists and comments are main text, so
//! figures compare within a set and not across sets.

#![expect(clippy::print_stdout, reason = "tables on standard output are what this command is for")]
#![expect(clippy::print_stderr, reason = "the library's terminal is not for examples")]

mod calibration;
mod clean;
mod data;
mod fields;
mod fixtures;
mod floors;
mod score;
mod tables;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Parser;
use rayon::prelude::*;

use clean::{Cleaned, clean};
use data::{Fold, Page};
use floors::Floor;
use score::{Row, Scores};

/// Measure dehusk on pages whose main text is known
#[derive(Debug, Parser)]
#[command(name = "eval")]
struct Args {
    /// Files or folders: .jsonl, .jsonl.gz, or text files with their .expected or .gold.jsonl
    #[arg(required = true, value_name = "DATA")]
    data: Vec<PathBuf>,

    /// Only the pages whose site falls into part K of N (from 0), as if the others were not there
    #[arg(long, value_name = "K/N")]
    fold: Option<Fold>,

    /// Only the first table and what the other options ask for
    #[arg(long)]
    brief: bool,

    /// Clean every page in a corpus of its own as well, to see what repetition is worth
    #[arg(long)]
    alone: bool,

    /// How often titles and dates were found, and whether they are right
    #[arg(long)]
    fields: bool,

    /// The N pages with the lowest F1
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    worst: usize,

    /// Fail when a measure is below a value, as in pages/text:shF1=0.9
    #[arg(long, value_name = "SET/RENDER:MEASURE=VALUE")]
    floor: Vec<Floor>,

    /// A file of such floors, one a line
    #[arg(long, value_name = "FILE")]
    floors: Option<PathBuf>,
}

/// A page, what dehusk made of it, and what that is worth.
#[derive(Debug)]
struct Scored {
    page: Page,
    cleaned: Cleaned,
    scores: Scores,
    /// If all of the page were kept.
    keep_all: Scores,
    /// If the page were the whole corpus; `None` where that was not asked for.
    alone: Option<Scores>,
}

/// The pages of one set in one render.
#[derive(Debug)]
struct Group {
    set: String,
    render: String,
    pages: Vec<Scored>,
}

impl Group {
    fn of((set, render): (String, String), pages: Vec<Page>, with_alone: bool) -> Result<Self> {
        let cleaned = clean(&pages)?;
        let alone = pages.iter().map(|page| {
            let mut cleaned = if with_alone { clean([page])? } else { Vec::new() };
            Ok(cleaned.pop())
        });
        let alone = alone.collect::<Result<Vec<_>>>()?;
        let pages = pages.into_par_iter().zip(cleaned).zip(alone).map(|((page, cleaned), alone)| {
            let score =
                |cleaned: &Cleaned| Scores::of(cleaned.text.as_deref().unwrap_or_default(), &page.gold);
            let (scores, alone) = (score(&cleaned), alone.as_ref().map(score));
            Scored { scores, alone, keep_all: Scores::of(&page.text, &page.gold), cleaned, page }
        });
        Ok(Self { set, render, pages: pages.collect() })
    }

    fn names(&self) -> [&str; 2] {
        [&self.set, &self.render]
    }

    fn row(&self) -> Row {
        Row::of(self.pages.iter().map(|page| page.scores))
    }
}

/// Exit code 1: a figure fell below its floor. 2: nothing could be measured, as after wrong usage.
fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(fallen) if fallen.is_empty() => ExitCode::SUCCESS,
        Ok(fallen) => {
            fallen.iter().for_each(|what| eprintln!("error: {what}"));
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Prints the tables, and returns what fell below its floor.
fn run(mut args: Args) -> Result<Vec<String>> {
    if let Some(path) = &args.floors {
        args.floor.extend(floors::read(path)?);
    }
    let mut groups = Vec::new();
    for (names, mut pages) in data::read(&args.data)? {
        pages.retain(|page| args.fold.is_none_or(|fold| fold.holds(page)));
        if !pages.is_empty() {
            groups.push(Group::of(names, pages, args.alone)?);
        }
    }
    ensure!(!groups.is_empty(), "there are no pages to measure with");
    tables_of(&args, &groups).iter().for_each(|table| print!("{table}"));

    let row = |set: &str, render: &str| groups.iter().find(|g| g.names() == [set, render]).map(Group::row);
    let fallen = args.floor.iter().map(|floor| floor.check(row)).collect::<Result<Vec<_>>>()?;
    Ok(fallen.into_iter().flatten().collect())
}

fn tables_of(args: &Args, groups: &[Group]) -> Vec<tables::Table> {
    let mut tables = vec![tables::sets(groups)];
    if !args.brief {
        tables.extend(tables::types(groups));
        tables.extend(tables::languages(groups));
        tables.extend(tables::classes(groups));
        tables.extend(tables::calibration(groups));
        tables.push(tables::confidence_curve(groups));
    }
    tables.extend(tables::alone(groups));
    if args.fields {
        tables.push(tables::fields(groups));
    }
    if args.worst > 0 {
        tables.push(tables::worst(groups, args.worst));
    }
    tables
}

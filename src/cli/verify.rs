//! `dehusk verify`: proves that kept + removed = source.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use dehusk::Error;
use dehusk::config::InputConfig;
use dehusk::document::Document;
use dehusk::pipeline::work::WorkFolder;
use dehusk::read::{Batches, Cause, Input, parse};
use dehusk::verify::{Lines, verify};
use dehusk::write::{Manifest, manifest_path};

use super::args::{InputArgs, open_lines, spooled, stop_flag};
use super::{Exit, terminal};

/// Differing shards that are named.
const MOST_SHARDS: usize = 20;

/// Prove that kept and removed text together are the source
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,

    /// The decisions of the run over these inputs
    #[arg(long, value_name = "FILE")]
    decisions: PathBuf,

    /// The corpus of the run, to be checked as well: the file, or what shards of it were named after
    #[arg(long, value_name = "FILE")]
    corpus: Option<PathBuf>,

    /// The rejects of a run with an index: a record whose id an earlier run has seen has no decision
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

/// Runs it.
pub fn run(args: &Args) -> Result<Exit> {
    let config = args.input.config()?;
    let inputs = args.input.discover(&config)?;
    let decisions = open_lines(&args.decisions)?;
    let Corpus { lines, differing } = args.corpus.as_deref().map(corpus).transpose()?.unwrap_or_default();
    let rejected = args.rejects.as_deref().map_or_else(|| Ok(HashSet::new()), repeated)?;
    let stop = stop_flag();
    let work = WorkFolder::create(Some(&std::env::temp_dir()), Path::new("verify"))?;
    let inputs = spooled(inputs, &work, &config)?;

    for shard in differing.iter().take(MOST_SHARDS) {
        terminal::warn(shard);
    }
    if let Some(more) = differing.len().checked_sub(MOST_SHARDS).filter(|more| *more > 0) {
        terminal::warn(format_args!("and {more} more shards"));
    }
    let found = verify(documents(inputs, config.input.clone(), rejected, stop), decisions, lines)?;
    for mismatch in &found.listed {
        terminal::warn(mismatch);
    }
    let unlisted = found.mismatches - found.listed.len() as u64;
    if unlisted > 0 {
        terminal::warn(format_args!("and {unlisted} more"));
    }
    let mismatches = found.mismatches + differing.len() as u64;
    if mismatches > 0 {
        let named = if mismatches == 1 { "mismatch" } else { "mismatches" };
        let documents = terminal::count(found.documents, "document");
        terminal::say(format_args!("{documents}, {mismatches} {named}"));
        return Ok(Exit::Mismatch);
    }
    let documents = terminal::count(found.documents, "document");
    terminal::say(format_args!("{documents}, every byte accounted for"));
    Ok(Exit::Done)
}

/// The lines of a corpus, and which of its shards are not what their manifest says, and why.
#[derive(Default)]
struct Corpus {
    lines: Option<Lines<'static>>,
    differing: Vec<String>,
}

/// Opens a corpus: a file, or the shards that a manifest names, which is given or stands where the file would. Shards that are
/// not what it says are left out.
fn corpus(path: &Path) -> Result<Corpus> {
    let is_manifest = path.to_str().is_some_and(|name| name.ends_with(".manifest.json"));
    let manifest = if is_manifest { path.to_owned() } else { manifest_path(path) };
    if !is_manifest && (path.exists() || !manifest.exists()) {
        return Ok(Corpus { lines: Some(open_lines(path)?), differing: Vec::new() });
    }
    let read = Manifest::read(&manifest)?;
    if !is_manifest && !read.is_of(path) {
        let message = format!("names the shards of another corpus, and {} is not there", path.display());
        return Err(Error::Input { path: manifest.display().to_string(), message }.into());
    }
    let shards = read.shards;
    let (mut files, mut differing) = (Vec::new(), Vec::new());
    for shard in &shards {
        let file = manifest.with_file_name(&shard.name);
        match shard.difference(&file)? {
            Some(difference) => differing.push(format!("shard {}: {difference}", file.display())),
            None => files.push(file),
        }
    }
    let reader = Box::new(BufReader::new(Shards { files: files.into_iter(), open: None }));
    Ok(Corpus { lines: Some(Lines { path: manifest.display().to_string().into(), reader }), differing })
}

/// The lines of shards, one behind the other.
struct Shards {
    files: std::vec::IntoIter<PathBuf>,
    open: Option<Box<dyn BufRead>>,
}

impl Read for Shards {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let open = match &mut self.open {
                Some(open) => open,
                none => match self.files.next() {
                    Some(file) => none.insert(open_lines(&file).map_err(io::Error::other)?.reader),
                    None => return Ok(0),
                },
            };
            match open.read(buffer)? {
                0 => self.open = None,
                count => return Ok(count),
            }
        }
    }
}

/// Where records were rejected for an id that was there before.
fn repeated(path: &Path) -> Result<HashSet<(String, u64)>> {
    #[derive(serde::Deserialize)]
    struct Rejected {
        path: String,
        record: u64,
        cause: String,
    }
    let mut repeated = HashSet::new();
    for (number, line) in (1..).zip(open_lines(path)?.reader.split(b'\n')) {
        let line = line.map_err(Error::io("read the file", path))?;
        let rejected: Rejected = serde_json::from_slice(&line).map_err(|e| {
            let message = format!("line {number} is no reject: {e}; give the file that `clean` wrote");
            Error::Input { path: path.display().to_string(), message }
        })?;
        if rejected.cause == Cause::DuplicateId.name() {
            repeated.insert((rejected.path, rejected.record));
        }
    }
    Ok(repeated)
}

/// The documents that `clean` would read, in order: rejected records and repeated ids have no decision.
fn documents(
    inputs: Arc<[Input]>,
    config: InputConfig,
    rejected: HashSet<(String, u64)>,
    stop: &AtomicBool,
) -> impl Iterator<Item = Result<Document, Error>> {
    let mut ids = HashSet::new();
    Batches::new(Arc::clone(&inputs), &config).flat_map(move |batch| {
        if stop.load(Ordering::Relaxed) {
            return vec![Err(Error::Interrupted)];
        }
        let documents = (0..batch.records.len()).filter_map(|i| parse(&batch, i, &inputs, &config).ok());
        let is_rejected = |d: &Document| {
            !rejected.is_empty() && rejected.contains(&(d.place.path.to_string(), d.place.record))
        };
        documents.filter(|d| ids.insert(d.id.clone()) && !is_rejected(d)).map(Ok).collect::<Vec<_>>()
    })
}

//! `dehusk diff`: what another version or configuration decides otherwise, from the decisions of two runs.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use dehusk::Error;
use dehusk::audit::{Changes, Tally};
use dehusk::pipeline::work::WorkFolder;

use super::args::{open_lines, stop_flag};
use super::terminal::harmless;
use super::{Exit, print};

/// Compare the decisions of two runs over the same inputs: what changed, by reason, with examples
///
/// Exits with 0 where both decide the same and with 1 where they differ.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The decisions of the first run
    #[arg(value_name = "A")]
    before: PathBuf,

    /// The decisions of the second run
    #[arg(value_name = "B")]
    after: PathBuf,

    /// Documents named as examples of each change
    #[arg(long, value_name = "N", default_value_t = 3)]
    examples: usize,

    /// Print the changes as one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn run(args: &Args) -> Result<Exit> {
    let files = [&args.before, &args.after];
    for file in files {
        if file.metadata().is_ok_and(|found| !found.is_file()) {
            let message = "is read more than once, so it must be a file".to_owned();
            return Err(Error::Input { path: file.display().to_string(), message }.into());
        }
    }
    let work = WorkFolder::create(Some(&std::env::temp_dir()), Path::new("diff"))?;
    let changes = Changes::between(|side| open_lines(files[side]), &work, args.examples, stop_flag())?;
    let mut out = Vec::new();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &changes)?;
        out.push(b'\n');
    } else {
        write_table(&mut out, &changes)?;
    }
    print(&out)?;
    Ok(if changes.is_empty() { Exit::Done } else { Exit::Mismatch })
}

fn write_table(out: &mut Vec<u8>, changes: &Changes) -> Result<()> {
    let [a, b] = changes.kept;
    writeln!(out, "{:34}{:>14}{:>14}", "", "A", "B")?;
    for (name, a, b) in [
        ("documents", a.read, b.read),
        ("documents kept", a.documents, b.documents),
        ("bytes of text kept", a.bytes, b.bytes),
    ] {
        writeln!(out, "{name:34}{a:>14}{b:>14}")?;
    }
    if changes.is_empty() {
        writeln!(out, "\nno change")?;
        return Ok(());
    }
    let [only_in_a, only_in_b] = &changes.only_in;
    let single = |name: &'static str, tally| (name, tally);
    let mut documents = vec![
        single("only in A", only_in_a),
        single("only in B", only_in_b),
        single("other source", &changes.source),
    ];
    documents.extend(changes.documents.iter().map(|(name, tally)| (name.as_str(), tally)));
    documents.push(single("dropped for another", &changes.canonical));
    write_section(out, "documents", &documents)?;

    let [only_in_a, only_in_b] = &changes.spans_only_in;
    write_section(out, "spans removed", &[single("only in A", only_in_a), single("only in B", only_in_b)])?;

    let [only_in_a, only_in_b] = &changes.blocks_only_in;
    let mut blocks = vec![single("only in A", only_in_a), single("only in B", only_in_b)];
    blocks.extend(changes.blocks.iter().map(|(name, tally)| (name.as_str(), tally)));
    write_section(out, "blocks", &blocks)?;
    let labels: Vec<_> = changes.labels.iter().map(|(name, tally)| (name.as_str(), tally)).collect();
    write_section(out, "labels", &labels)
}

/// The changes of one kind that occurred.
fn write_section(out: &mut Vec<u8>, title: &str, rows: &[(&str, &Tally)]) -> Result<()> {
    if rows.iter().all(|(_, tally)| tally.count == 0) {
        return Ok(());
    }
    writeln!(out, "\n{title:34}{:>14}{:>14}  for example", "count", "bytes")?;
    for (name, Tally { count, bytes, examples }) in rows.iter().filter(|(_, tally)| tally.count > 0) {
        let examples = harmless(examples.join(", ").replace(char::is_whitespace, " "));
        let line = format!("  {name:32}{count:>14}{bytes:>14}  {examples}");
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

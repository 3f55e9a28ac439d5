//! Turns a folder of labelled pages into the weights that dehusk ships.

#![expect(clippy::print_stderr, clippy::print_stdout, reason = "a program that tells people how far it is")]

mod boxes;
mod corpus;
mod crf;
mod data;
mod generate;
mod random;
mod reader;
mod report;
mod siblings;
mod trees;
mod words;
mod zones;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Parser;
use dehusk::label::Model;
use generate::Article;
use rayon::prelude::*;
use reader::Knowledge;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// Fits the weights that dehusk ships to pages whose main text people marked.
#[derive(Parser)]
struct Arguments {
    /// Folder with the sets, NAME.jsonl.gz.
    data: PathBuf,
    /// Folder that the weights are written to.
    #[arg(short, long, default_value = "src/label")]
    output: PathBuf,
    /// Sets to learn from.
    #[arg(long, value_delimiter = ',', default_value = "trafi,wcxb-dev")]
    sets: Vec<String>,
    /// Leave out the sites of part K of N, to be measured on: K/N.
    #[arg(long, value_name = "K/N")]
    hold_back: Option<String>,
    /// Leave out what is known of a page, to see what it is worth.
    #[arg(long, value_enum, value_delimiter = ',')]
    without: Vec<Knowledge>,
}

/// Generated pages.
const GENERATED: usize = 1600;
const RENDERS: [&str; 3] = ["wet", "inscr", "residue"];

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let start = Instant::now();
    let say = |what: &str| eprintln!("{:6.0} s  {what}", start.elapsed().as_secs_f64());
    let held_back = match &arguments.hold_back {
        None => None,
        Some(text) => {
            let parts = text.split_once('/').context("--hold-back takes K/N")?;
            let (k, n): (u64, u64) = (parts.0.parse()?, parts.1.parse()?);
            if k >= n {
                bail!("--hold-back K/N: K is a number below N");
            }
            Some((k, n))
        }
    };
    let mut pages = Vec::new();
    for set in &arguments.sets {
        pages.extend(data::read(&arguments.data.join(format!("{set}.jsonl.gz")))?);
    }
    if let Some((k, n)) = held_back {
        pages.retain(|page| xxh3_64(data::site(page).as_bytes()) % n != k);
    }
    let articles: Vec<Vec<Article>> = (0..corpus::PARTS)
        .map(|part| {
            let own: Vec<data::Page> = pages.iter().filter(|p| corpus::part(p) == part).cloned().collect();
            generate::articles(&own)
        })
        .collect();
    let alone = arguments.without.contains(&Knowledge::Repetition);
    let mut examples = Vec::new();
    for set in &arguments.sets {
        for render in RENDERS {
            let own: Vec<data::Page> =
                pages.iter().filter(|p| p.set == *set && p.render == render).cloned().collect();
            if !own.is_empty() {
                examples.extend(corpus::examples(&own, &[], alone)?);
                examples.extend(corpus::with_boxes(&own, &articles, alone)?);
                if render != "inscr" && !alone {
                    examples.extend(corpus::with_siblings(&own)?);
                }
            }
        }
    }
    let whole = if held_back.is_none() { &*arguments.sets } else { &[] };
    corpus::add_hand_labels(&mut examples, &pages, whole, include_str!("../hand-labels.txt"))?;
    for (part, articles) in articles.iter().enumerate() {
        ensure!(!articles.is_empty(), "no page of part {part} has an article; learn from more pages");
        let generated = generate::pages(articles, part as u64, GENERATED / corpus::PARTS);
        examples.extend(corpus::generated(&generated, part, alone)?);
    }
    say(&format!("{} pages", examples.len()));
    examples.sort_by_cached_key(|x| (x.part, x.site.rotate_left(17), x.kind.clone(), x.id.clone()));

    let zones = zones::fit(&examples, include_str!("../prior.txt"))?;
    let zones = format!("{}{zones}", include_str!("../header.txt"));
    let model = Model::parse(&zones).map_err(|e| anyhow!("the fitted weights: {e}"))?;
    examples.par_iter_mut().for_each(|x| x.observed.survey(&model));
    say("zones fitted");
    let (reader, opinions) = reader::fit(&examples, &arguments.without);
    report::print(&examples, &opinions);
    say("reader fitted");
    // Only now: the two belong together, and a run that ends early must not leave one of them behind.
    write(&arguments.output, "weights.txt", zones.as_bytes())?;
    write(&arguments.output, "reader.bin", &reader.to_bytes())
}

/// Writes a file of weights and tells its checksum.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = folder.join(name);
    std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    println!("{:032x}  {}  {} bytes", xxh3_128(bytes), path.display(), bytes.len());
    Ok(())
}

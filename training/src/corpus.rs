//! From pages to what the models see: blocks with features, and how much of each block is main text.

use std::io::Write;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use dehusk::config::Config;
use dehusk::document::{Block, Label, Repetition, Side};
use dehusk::label::{Model, Observed, Zone};
use dehusk::pipeline::work::WorkFolder;
use dehusk::pipeline::{Job, Quiet, decide};
use dehusk::read::discover;
use dehusk::repetition::join;
use dehusk::segment::segment;
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::data::{Page, site};
use crate::generate::Generated;
use crate::siblings;

/// A page ready to be learnt from.
pub struct Example {
    pub id: String,
    pub set: String,
    pub render: String,
    /// Hash of the page's site.
    pub site: u64,
    pub observed: Observed,
    pub blocks: Vec<Block>,
    /// Share of each block's words that is main text.
    pub targets: Vec<f32>,
    /// Words of each block.
    pub words: Vec<f32>,
    /// What each block counts: more the more words it has, all blocks of a page together the same on every page.
    pub weights: Vec<f32>,
    /// What is known of each block beside its side of the page.
    pub known: Vec<Option<(Option<Zone>, Label)>>,
}

/// A page's weights sum to this.
const PAGE_WEIGHT: f32 = 100.0;

fn weigh(words: &[f32]) -> Vec<f32> {
    let own: Vec<f32> = words.iter().map(|w| (w + 1.0).powf(0.75)).collect();
    let sum: f32 = own.iter().sum();
    own.iter().map(|w| w / sum * PAGE_WEIGHT).collect()
}

/// Observes half of the pages of one set and one render once more, among made-up pages of their sites, so that the
/// corpus repeats their furniture.
pub fn with_siblings(pages: &[Page]) -> Result<Vec<Example>> {
    let (pages, siblings) = siblings::siblings(pages);
    let mut made = examples(&pages, &siblings)?;
    made.iter_mut().for_each(|x| x.render.push('+'));
    Ok(made)
}

/// Observes pages of one set and one render as one corpus, in which others stand that are not learnt from.
pub fn examples(pages: &[Page], others: &[Page]) -> Result<Vec<Example>> {
    let folder = std::env::temp_dir().join(format!("dehusk-training-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("pages.jsonl");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
    for page in pages.iter().chain(others) {
        serde_json::to_writer(&mut file, &serde_json::json!({"id": page.id, "url": page.url, "text": page.text}))?;
        file.write_all(b"\n")?;
    }
    file.flush()?;
    drop(file);
    let mut config = Config::default();
    config.dedup.enabled = false;
    config.validate()?;
    let name = path.to_str().context("the temporary folder has no Unicode name")?;
    let inputs = discover(&[name.to_owned()], &config.input)?;
    let work = WorkFolder::create(None, &folder.join("out.jsonl"))?;
    let stop = AtomicBool::new(false);
    let job = Job { inputs: inputs.into(), config: &config, work: &work, progress: &Quiet, stop: &stop };
    let decided = decide(&job, |_| Ok(()))?;
    let drafts: Vec<_> = decided.drafts().collect::<Result<_, _>>()?;
    let examples = drafts
        .par_iter()
        .filter(|draft| (draft.number as usize) < pages.len())
        .map(|draft| {
            let blocks = draft.labelled.blocks.iter().map(|b| b.block).collect();
            let repetition: Vec<_> = draft.labelled.blocks.iter().map(|b| b.repetition).collect();
            example(&pages[draft.number as usize], blocks, &repetition)
        })
        .collect();
    std::fs::remove_file(&path)?;
    Ok(examples)
}

fn example(page: &Page, blocks: Vec<Block>, repetition: &[Repetition]) -> Example {
    let (targets, words) = targets(&page.text, &blocks, &page.labels);
    Example {
        id: page.id.clone(),
        set: page.set.clone(),
        render: page.render.clone(),
        site: xxh3_64(site(page).as_bytes()),
        observed: Observed::of(&page.text, &blocks, repetition, Model::built_in()),
        weights: weigh(&words),
        known: vec![None; blocks.len()],
        blocks,
        targets,
        words,
    }
}

/// Observes generated pages: half as one corpus, which shows their articles again and again, and half each alone.
pub fn generated(pages: &[Generated]) -> Result<Vec<Example>> {
    let as_page = |(i, page): (usize, &Generated)| Page {
        id: format!("generated/page/{i}"),
        set: "generated".to_owned(),
        render: "page".to_owned(),
        url: String::new(),
        text: page.text.clone(),
        labels: page.lines.iter().map(|(_, label)| u8::from(label.side() == Side::Main)).collect(),
        gold: String::new(),
    };
    let all: Vec<Page> = pages.iter().enumerate().map(as_page).collect();
    let (together, alone) = all.split_at(all.len() / 2);
    let mut made = examples(together, &[])?;
    made.extend(alone.par_iter().map(|page| {
        let blocks = segment(&page.text);
        let repetition = join(blocks.len(), &[]);
        example(page, blocks, &repetition)
    }).collect::<Vec<_>>());
    for example in &mut made {
        let number: usize = example.id.rsplit('/').next().and_then(|n| n.parse().ok()).context("an id")?;
        let page = &pages[number];
        let lines = spans(&page.text);
        for (b, block) in example.blocks.iter().enumerate() {
            // A block of several lines is what its first one is.
            let line = lines.iter().position(|(_, to)| *to > block.span.start).context("a line of each block")?;
            let (zone, label) = page.lines[line];
            example.known[b] = Some((Some(zone), label));
            if label.side() == Side::Lifted {
                example.weights[b] = 0.0;
            }
        }
    }
    Ok(made)
}

/// Adds the labels that people gave to single lines: `PAGE: FROM[-TO] LABEL[!], …`, a page a line. Those marked `!`
/// contradict the main text as marked and are left out.
pub fn add_hand_labels(examples: &mut [Example], pages: &[Page], labels: &str) -> Result<()> {
    for line in labels.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (id, entries) = line.rsplit_once(": ").with_context(|| format!("no labels: {line}"))?;
        let Some(example) = examples.iter_mut().find(|x| x.id == id) else { continue };
        let page = pages.iter().find(|p| p.id == id).context("a page of each example")?;
        let lines = spans(&page.text);
        for entry in entries.split(", ").filter(|entry| !entry.ends_with('!')) {
            let (range, name) = entry.split_once(' ').with_context(|| format!("{id}: {entry}"))?;
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            let (from, to): (usize, usize) = (from.parse()?, to.parse()?);
            let label = Label::ALL.iter().find(|l| l.name() == name).with_context(|| format!("no label {name}"))?;
            for (start, end) in &lines[from..=to] {
                let block = example.blocks.iter().position(|b| b.span.start < *end && b.span.end > *start);
                example.known[block.context("a block of each line")?] = Some((None, *label));
            }
        }
    }
    Ok(())
}

/// Where the lines are that are not blank.
fn spans(text: &str) -> Vec<(usize, usize)> {
    let mut start = 0;
    let mut spans = Vec::new();
    for line in text.split('\n') {
        if !line.trim().is_empty() {
            spans.push((start, start + line.len()));
        }
        start += line.len() + 1;
    }
    spans
}

/// Of each block: the share of its words on main-text lines, and its words.
fn targets(text: &str, blocks: &[Block], labels: &[u8]) -> (Vec<f32>, Vec<f32>) {
    let label = labels.iter().copied().chain(std::iter::repeat(0));
    let lines: Vec<(usize, usize, u8)> =
        spans(text).into_iter().zip(label).map(|((from, to), label)| (from, to, label)).collect();
    let mut first = 0;
    blocks
        .iter()
        .map(|block| {
            let (mut main, mut all) = (0.0f32, 0.0f32);
            while first < lines.len() && lines[first].1 <= block.span.start {
                first += 1;
            }
            for &(from, to, label) in lines[first..].iter().take_while(|line| line.0 < block.span.end) {
                let piece = &text[from.max(block.span.start)..to.min(block.span.end)];
                let words = words_in(piece);
                all += words;
                main += words * f32::from(label);
            }
            (if all > 0.0 { main / all } else { 0.0 }, all)
        })
        .unzip()
}

/// Words as the scorer counts them: runs of letters, digits and underscores.
fn words_in(text: &str) -> f32 {
    let mut inside = false;
    let mut count = 0;
    for c in text.chars() {
        let of_word = c.is_alphanumeric() || c == '_';
        count += usize::from(of_word && !inside);
        inside = of_word;
    }
    count as f32
}

//! From pages to what the models learn from: blocks as the models see them, and how much of each is main text.

use std::ops::RangeInclusive;

use anyhow::{Context, Result, ensure};
use dehusk::document::{Block, Document, Label, Metadata, Place, Repetition, Side};
use dehusk::label::{Observed, Zone};
use dehusk::repetition::{in_memory, join};
use dehusk::segment::segment;
use rayon::prelude::*;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::boxes::boxed;
use crate::data::{Page, lines, site};
use crate::generate::{Article, Generated};
use crate::siblings::siblings;

/// Parts that the sites are in: see `reader`.
pub const PARTS: usize = 4;
/// A page's weights sum to this.
const PAGE_WEIGHT: f32 = 100.0;
/// How the weight of a block grows with its words: less than in proportion, so that titles and list items count.
const WORD_WEIGHT: f32 = 0.75;

/// A page ready to be learnt from.
pub struct Example {
    pub id: String,
    /// Set and render, for reports.
    pub kind: String,
    /// Hash of the page's site.
    pub site: u64,
    /// The part that the site is in.
    pub part: usize,
    pub observed: Observed,
    pub blocks: Vec<Block>,
    /// Share of each block's words that is main text.
    pub targets: Vec<f32>,
    /// Words of each block.
    pub words: Vec<f32>,
    /// What each block counts: more the more words it has, all blocks of a page together
    /// the same on every page, but for what is left out.
    pub weights: Vec<f32>,
    /// What is known of each block beside its side of the page.
    pub known: Vec<Option<(Option<Zone>, Label)>>,
}

impl Example {
    /// Whether it is a page as it was found, among those that it was found with.
    pub fn is_real(&self) -> bool {
        !self.kind.starts_with("generated") && !self.kind.ends_with(['+', '~'])
    }
}

/// The part of a site. Other bits of the hash say which sites are held back.
pub fn part(page: &Page) -> usize {
    (xxh3_64(site(page).as_bytes()) >> 32) as usize % PARTS
}

/// Observes pages of one set and one render as one corpus, in which others stand that are not learnt from; or each
/// page `alone`.
pub fn examples(pages: &[Page], others: &[Page], alone: bool) -> Result<Vec<Example>> {
    let all: Vec<Document> = pages.iter().chain(others).map(document).collect();
    let blocks: Vec<Vec<Block>> = all.par_iter().map(|document| segment(&document.text)).collect();
    let repetition = if alone {
        blocks.iter().map(|blocks| join(blocks.len(), &[])).collect()
    } else {
        in_memory(&all, &blocks)?
    };
    let made = pages.par_iter().zip(blocks).zip(repetition);
    Ok(made.map(|((page, blocks), repetition)| example(page, blocks, &repetition)).collect())
}

/// Observes some of the pages once more, among made-up pages of their sites, so that the corpus repeats their
/// furniture.
pub fn with_siblings(pages: &[Page]) -> Result<Vec<Example>> {
    let (pages, siblings) = siblings(pages);
    let mut made = examples(&pages, &siblings, false)?;
    made.iter_mut().for_each(|x| x.kind.push('+'));
    Ok(made)
}

/// Observes some of the pages once more, with boxes put in; as one corpus or each `alone`.
pub fn with_boxes(pages: &[Page], articles: &[Vec<Article>], alone: bool) -> Result<Vec<Example>> {
    let mut made = examples(&boxed(pages, articles), &[], alone)?;
    made.iter_mut().for_each(|x| x.kind.push('~'));
    Ok(made)
}

/// Observes generated pages around articles of one part: half as one corpus, which shows their articles again and
/// again, and half each alone; or all `alone`.
pub fn generated(pages: &[Generated], part: usize, alone: bool) -> Result<Vec<Example>> {
    let as_page = |(i, page): (usize, &Generated)| Page {
        id: format!("generated/page/{part}-{i:05}"),
        set: "generated".to_owned(),
        render: "page".to_owned(),
        url: String::new(),
        text: page.text.clone(),
        labels: page.lines.iter().map(|(_, label)| u8::from(label.side() == Side::Main)).collect(),
        gold: String::new(),
    };
    let all: Vec<Page> = pages.iter().enumerate().map(as_page).collect();
    let (together, each) = all.split_at(all.len() / 2);
    let mut made = examples(together, &[], alone)?;
    made.extend(examples(each, &[], true)?);
    for (example, page) in made.iter_mut().zip(pages) {
        example.part = part;
        let lines = lines(&page.text);
        for (b, block) in example.blocks.iter().enumerate() {
            // A block of several lines is what its first one is.
            let line =
                lines.iter().position(|(_, to)| *to > block.span.start).context("a line of each block")?;
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
/// contradict the main text as marked and are left out. Pages that were not read or are held back are passed over;
/// `whole` are the sets of which there are none such.
///
/// # Errors
/// A line that does not follow this, a line number or label that does not exist, a page that a whole set does not hold.
pub fn add_hand_labels(
    examples: &mut [Example],
    pages: &[Page],
    whole: &[String],
    labels: &str,
) -> Result<()> {
    for line in labels.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (id, entries) = line.rsplit_once(": ").with_context(|| format!("no labels: {line}"))?;
        let Some(example) = examples.iter_mut().find(|x| x.id == id) else {
            let set = id.split('/').next().unwrap_or_default();
            ensure!(!whole.iter().any(|name| name == set), "{id}: there is no such page in {set}");
            continue;
        };
        let page = pages.iter().find(|p| p.id == id).context("a page of each example")?;
        let lines = lines(&page.text);
        for entry in entries.split(", ").filter(|entry| !entry.ends_with('!')) {
            let (range, label) = hand_label(entry, lines.len()).with_context(|| format!("{id}: {entry}"))?;
            for (start, end) in &lines[range] {
                let block = example.blocks.iter().position(|b| b.span.start < *end && b.span.end > *start);
                example.known[block.context("a block of each line")?] = Some((None, label));
            }
        }
    }
    Ok(())
}

/// The lines, of `count`, that an entry speaks of, and their label.
fn hand_label(entry: &str, count: usize) -> Result<(RangeInclusive<usize>, Label)> {
    let (range, name) = entry.split_once(' ').context("expected FROM[-TO] LABEL")?;
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    let (from, to): (usize, usize) = (from.parse()?, to.parse()?);
    ensure!(from <= to, "the first line comes after the last");
    ensure!(to < count, "the page has {count} lines, from 0");
    let label = Label::ALL.iter().find(|l| l.name() == name);
    Ok((from..=to, *label.with_context(|| format!("there is no label {name}"))?))
}

/// The page as the program would read it.
fn document(page: &Page) -> Document {
    Document {
        id: page.id.clone(),
        text: page.text.clone(),
        url: Some(page.url.clone()),
        metadata: Metadata::default(),
        place: Place { path: "".into(), record: 0 },
        source_hash: xxh3_128(page.text.as_bytes()),
        cleaned: None,
    }
}

fn example(page: &Page, blocks: Vec<Block>, repetition: &[Repetition]) -> Example {
    let (targets, words) = targets(&page.text, &blocks, &page.labels);
    Example {
        id: page.id.clone(),
        kind: format!("{} {}", page.set, page.render),
        site: xxh3_64(site(page).as_bytes()),
        part: part(page),
        observed: Observed::of(&page.text, &blocks, repetition),
        weights: weigh(&words),
        known: vec![None; blocks.len()],
        blocks,
        targets,
        words,
    }
}

fn weigh(words: &[f32]) -> Vec<f32> {
    let own: Vec<f32> = words.iter().map(|w| (w + 1.0).powf(WORD_WEIGHT)).collect();
    let sum: f32 = own.iter().sum();
    own.iter().map(|w| w / sum * PAGE_WEIGHT).collect()
}

/// Of each block: the share of its words on main-text lines, and its words. There is a label for each line that is not
/// blank.
fn targets(text: &str, blocks: &[Block], labels: &[u8]) -> (Vec<f32>, Vec<f32>) {
    let lines = lines(text);
    assert_eq!(lines.len(), labels.len(), "a label for each line that is not blank");
    let lines: Vec<(usize, usize, u8)> =
        lines.into_iter().zip(labels).map(|((from, to), label)| (from, to, *label)).collect();
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
    let mut count = 0u32;
    for c in text.chars() {
        let of_word = c.is_alphanumeric() || c == '_';
        count += u32::from(of_word && !inside);
        inside = of_word;
    }
    count as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_two_lines_has_the_share_of_both() {
        let text = "One two three\n\nfour\nfive six seven";
        let blocks = segment(text);
        assert_eq!(blocks.len(), 3);
        assert_eq!(targets(text, &blocks, &[1, 0, 1]), (vec![1.0, 0.0, 1.0], vec![3.0, 1.0, 3.0]));
        let joined = Block { span: dehusk::document::Span::new(15, text.len()), ..blocks[1] };
        assert_eq!(targets(text, &[joined], &[1, 0, 1]), (vec![0.75], vec![4.0]));
    }

    #[test]
    fn hand_labels_are_of_lines_that_are_there() {
        let page = Page {
            id: "set/wet/7".to_owned(),
            set: "set".to_owned(),
            render: "wet".to_owned(),
            url: String::new(),
            text: "Quay closed\n\nBy Anna Berg\n\nShare".to_owned(),
            labels: vec![1, 1, 0],
            gold: String::new(),
        };
        let pages = [page];
        let add = |whole: &[String], labels: &str| {
            let mut made = examples(&pages, &[], false).unwrap();
            let added = add_hand_labels(&mut made, &pages, whole, labels);
            added.map(|()| made.remove(0).known).map_err(|error| format!("{error:#}"))
        };
        let known = |label| Some((None, label));
        assert_eq!(
            add(&[], "# none\nset/wet/7: 0 title, 1 byline!"),
            Ok(vec![known(Label::Title), None, None])
        );
        let both = Ok(vec![None, known(Label::Share), known(Label::Share)]);
        assert_eq!(add(&[], "set/wet/7: 1-2 share\nset/wet/8: 0 title"), both);
        let set = ["set".to_owned()];
        assert_eq!(add(&set, "other/wet/8: 0 title"), Ok(vec![None; 3]));
        let error = |labels: &str| add(&set, labels).unwrap_err();
        assert_eq!(error("set/wet/8: 0 title"), "set/wet/8: there is no such page in set");
        assert_eq!(error("set/wet/7: 2-3 share"), "set/wet/7: 2-3 share: the page has 3 lines, from 0");
        assert_eq!(
            error("set/wet/7: 2-1 share"),
            "set/wet/7: 2-1 share: the first line comes after the last"
        );
        assert_eq!(error("set/wet/7: 0 headline"), "set/wet/7: 0 headline: there is no label headline");
    }
}

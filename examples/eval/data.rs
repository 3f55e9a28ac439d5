//! The pages to measure with: JSON lines, one page each, or the fixtures of this repository.
//!
//! A folder is walked in the order of names, and what it holds besides pages is passed over; a file that is named must
//! be one of the kinds known. The fixtures' own formats are in `fixtures`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use dehusk::repetition::host;
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use walkdir::WalkDir;

use crate::fixtures;

/// The names of the classes of lines, by number.
pub const CLASSES: [&str; 6] = ["boilerplate", "headline", "full", "supplemental", "related", "comments"];

/// One page in one render.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Page {
    /// Unique: `set/render/page`.
    pub id: String,
    /// The benchmark it comes from.
    pub set: String,
    /// How the page became text.
    #[serde(default)]
    pub render: String,
    /// The page's address, or a stand-in with the right host, or empty.
    #[serde(default)]
    pub url: String,
    /// The page as plain text.
    pub text: String,
    /// For each line of `text` that is not blank: 1 where it is main text.
    pub labels: Vec<u8>,
    /// The main text.
    pub gold: String,
    /// For each line that is not blank, its number in [`CLASSES`].
    pub classes: Option<Vec<u8>>,
    /// What sort of page it is: article, forum, product.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// ISO 639-1 code of the main text.
    pub language: Option<String>,
    /// The title, where it is known.
    pub title: Option<String>,
    /// The date, where it is known, as the corpus would say it.
    pub date: Option<String>,
}

impl Page {
    /// Refuses a page whose labels do not fit its lines: every measure by line would be shifted.
    fn check(&self) -> Result<()> {
        let count = lines(&self.text).count();
        let classes = self.classes.as_ref().map_or(count, Vec::len);
        ensure!(
            self.labels.len() == count && classes == count,
            "page {:?} has {count} lines that are not blank, {} labels and {classes} classes",
            self.id,
            self.labels.len()
        );
        let unknown = self.classes.iter().flatten().find(|class| usize::from(**class) >= CLASSES.len());
        ensure!(unknown.is_none(), "page {:?} has an unknown class of lines, {unknown:?}", self.id);
        Ok(())
    }
}

/// Pages by set and render.
pub type Groups = BTreeMap<(String, String), Vec<Page>>;

/// All pages of these files and folders.
///
/// # Errors
/// What cannot be read or is no page, with its place.
pub fn read(paths: &[impl AsRef<Path>]) -> Result<Groups> {
    let mut groups = Groups::new();
    for path in paths.iter().map(AsRef::as_ref) {
        for entry in WalkDir::new(path).sort_by_file_name() {
            // Its message names the path and the cause already.
            let entry = entry.map_err(|error| anyhow!("{error}"))?;
            if !entry.file_type().is_file() {
                continue;
            }
            match read_file(entry.path())? {
                Some(pages) => {
                    for page in pages {
                        page.check().with_context(|| entry.path().display().to_string())?;
                        groups.entry((page.set.clone(), page.render.clone())).or_default().push(page);
                    }
                }
                None if entry.depth() == 0 => bail!(
                    "{}: expected .jsonl, .jsonl.gz, .txt beside .expected, or a folder of them",
                    path.display()
                ),
                None => {}
            }
        }
    }
    Ok(groups)
}

/// The pages of a file; `None` where it is of another kind.
fn read_file(path: &Path) -> Result<Option<Vec<Page>>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if let Some(folder) = name.strip_suffix(".gold.jsonl") {
        return fixtures::labelled_lines(path, folder).map(Some);
    }
    if name.ends_with(".txt") {
        return fixtures::expected_blocks(path);
    }
    if !(name.ends_with(".jsonl") || name.ends_with(".jsonl.gz")) {
        return Ok(None);
    }
    json_lines(path).map(Some)
}

/// The records of a file of JSON lines.
///
/// # Errors
/// A line that is no such record, with its number.
pub fn json_lines<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Vec<T>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let bytes: Box<dyn Read> = match path.extension().is_some_and(|extension| extension == "gz") {
        true => Box::new(MultiGzDecoder::new(file)),
        false => Box::new(file),
    };
    let mut records = Vec::new();
    for (i, line) in BufReader::new(bytes).lines().enumerate() {
        let line = line.with_context(|| format!("cannot read {}", path.display()))?;
        if !line.trim().is_empty() {
            let record = serde_json::from_str(&line);
            records.push(record.with_context(|| format!("{} line {}", path.display(), i + 1))?);
        }
    }
    Ok(records)
}

/// The lines of a text that are not blank, as byte ranges without the white space around them.
pub fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let lines = text.split('\n').map(|line| line.trim_matches(is_space)).filter(|line| !line.is_empty());
    lines.map(|line| {
        let start = line.as_ptr() as usize - text.as_ptr() as usize;
        start..start + line.len()
    })
}

/// White space as Python's `strip` knows it, by which the labels were laid out: the four separators of ASCII too.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// A part of the sites: part `number` of `parts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    number: u64,
    parts: u64,
}

impl std::str::FromStr for Fold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((number, parts)) if number < parts => Ok(Self { number, parts }),
            _ => Err("expected K/N with K from 0 to N-1, as in 0/5".to_owned()),
        }
    }
}

impl Fold {
    /// Whether a page belongs to this part: all pages of a site do, or none.
    pub fn holds(self, page: &Page) -> bool {
        xxhash_rust::xxh3::xxh3_64(site(page).as_bytes()) % self.parts == self.number
    }
}

/// The name of a page's site: the host of its address, or else the last part of its id, which is the same in every
/// render. Training parts sites by the same name.
fn site(page: &Page) -> String {
    host(&page.url).unwrap_or_else(|| page.id.rsplit('/').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_leave_out_blank_ones_and_white_space() {
        let text = "  one\r\n\n \u{1f}\ntwo three\n";
        let found: Vec<&str> = lines(text).map(|range| &text[range]).collect();
        assert_eq!(found, ["one", "two three"]);
    }

    #[test]
    fn labels_must_fit_the_lines() {
        let page = Page { text: "one\n\ntwo".to_owned(), labels: vec![1], ..Page::default() };
        assert!(page.check().unwrap_err().to_string().contains("2 lines that are not blank, 1 labels"));
        let page = Page { labels: vec![1, 0], classes: Some(vec![0, 9]), ..page };
        assert!(page.check().unwrap_err().to_string().contains("9"));
    }

    #[test]
    fn a_site_is_the_host_or_the_page() {
        let of =
            |url: &str| site(&Page { url: url.to_owned(), id: "set/wet/7".to_owned(), ..Page::default() });
        assert_eq!(of("https://WWW.News.example:80/a?b"), "news.example");
        assert_eq!(of("https://news.example/other"), "news.example");
        assert_eq!(of(""), "7");
    }

    #[test]
    fn every_page_is_in_one_fold() {
        let page = Page { url: "https://news.example/".to_owned(), ..Page::default() };
        let holding = (0..5).filter(|number| Fold { number: *number, parts: 5 }.holds(&page));
        assert_eq!(holding.count(), 1);
        assert_eq!("4/5".parse(), Ok(Fold { number: 4, parts: 5 }));
        assert!("5/5".parse::<Fold>().is_err());
        assert!("0/0".parse::<Fold>().is_err());
    }
}

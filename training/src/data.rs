//! The pages: JSON lines, gzipped, a page each, with the main text that people marked.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;

/// One page in one render.
#[derive(Debug, Clone, Deserialize)]
pub struct Page {
    /// Unique: `set/render/page`.
    pub id: String,
    /// The benchmark it comes from.
    pub set: String,
    /// How the page became text: `wet`, `inscr` or `residue`.
    pub render: String,
    /// The page's address, or a stand-in with the right host, or empty.
    pub url: String,
    /// The page as plain text.
    pub text: String,
    /// Of each line of `text` that is not blank: whether it is main text.
    pub labels: Vec<u8>,
    /// The main text.
    pub gold: String,
}

/// The pages of one set, in the order of its file.
///
/// # Errors
/// The file cannot be read, or a line is no page.
pub fn read(path: &Path) -> Result<Vec<Page>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let lines = BufReader::new(MultiGzDecoder::new(file)).lines();
    lines
        .enumerate()
        .map(|(i, line)| {
            let line = line.with_context(|| format!("cannot read {}", path.display()))?;
            serde_json::from_str(&line).with_context(|| format!("{}, line {}", path.display(), i + 1))
        })
        .collect()
}

/// The name of a page, the same in each render.
#[must_use]
pub fn name(page: &Page) -> &str {
    page.id.rsplit('/').next().unwrap_or(&page.id)
}

/// The name of a page's site: the host of its address, lower-cased and without `www.`, or the last part of its id where
/// it has none, so that a page's renders stay together. `eval --fold` parts sites by the same name.
#[must_use]
pub fn site(page: &Page) -> String {
    let host = page.url.split_once("://").map_or(&*page.url, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let host = host.to_lowercase();
    match host.strip_prefix("www.").unwrap_or(&host) {
        "" => name(page).to_owned(),
        host => host.to_owned(),
    }
}

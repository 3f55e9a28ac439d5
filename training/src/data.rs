//! The pages: JSON lines, gzipped, a page each, with the main text that people marked.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use dehusk::repetition::host;
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
/// The file cannot be read, a line is no page, or a page's labels are not those of its lines.
pub fn read(path: &Path) -> Result<Vec<Page>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let lines = BufReader::new(MultiGzDecoder::new(file)).lines();
    lines
        .enumerate()
        .map(|(i, line)| {
            let line = line.with_context(|| format!("cannot read {}", path.display()))?;
            page(&line).with_context(|| format!("{}, line {}", path.display(), i + 1))
        })
        .collect()
}

/// The name of a page, the same in each render.
#[must_use]
pub fn name(page: &Page) -> &str {
    page.id.rsplit('/').next().unwrap_or_default()
}

/// One page. Labels that do not fit its lines would teach that its furniture is main text.
fn page(line: &str) -> Result<Page> {
    let page: Page = serde_json::from_str(line)?;
    let (count, labels) = (lines(&page.text).len(), page.labels.len());
    ensure!(count == labels, "page {:?} has {count} lines that are not blank and {labels} labels", page.id);
    Ok(page)
}

/// Where the lines of a text are that are not blank.
pub fn lines(text: &str) -> Vec<(usize, usize)> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split('\n') {
        if !line.trim().is_empty() {
            lines.push((start, start + line.len()));
        }
        start += line.len() + 1;
    }
    lines
}

/// The name of a page's site: the host of its address, or the last part of its id where it has none, so that a page's
/// renders stay together. `eval --fold` parts sites by the same name.
#[must_use]
pub fn site(page: &Page) -> String {
    host(&page.url).unwrap_or_else(|| name(page).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_must_fit_the_lines() {
        let read = |labels: &str| {
            page(&format!(
                r#"{{"id": "set/wet/7", "set": "set", "render": "wet", "url": "", "text": "one\n \ntwo\n",
                    "labels": {labels}, "gold": "one"}}"#
            ))
        };
        assert_eq!(read("[1, 0]").unwrap().labels, [1, 0]);
        let error = read("[1, 0, 0]").unwrap_err().to_string();
        assert_eq!(error, r#"page "set/wet/7" has 2 lines that are not blank and 3 labels"#);
    }

    #[test]
    fn a_site_is_the_host_or_the_page() {
        let of = |url: &str| {
            site(&Page {
                id: "set/wet/7".to_owned(),
                set: "set".to_owned(),
                render: "wet".to_owned(),
                url: url.to_owned(),
                text: String::new(),
                labels: Vec::new(),
                gold: String::new(),
            })
        };
        assert_eq!(of("https://WWW.News.example:80/a?b"), "news.example");
        assert_eq!(of("https://news.example/other"), "news.example");
        assert_eq!(of(""), "7");
    }
}

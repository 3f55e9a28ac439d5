//! The repository's own labelled pages, read where they are, so that no second copy of them can fall behind.
//!
//! Two formats: `NAME.txt` with `NAME.expected` (a label and the first words of each block; `tests/cli/pages.rs`
//! explains it), and `NAME.gold.jsonl`, which labels the lines of the text files in the folder `NAME`. What a label
//! says about a line is whether it stays in `text`: a title or a date is lifted, so it is not main text here.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use dehusk::document::{Label, Side};
use serde::Deserialize;

use crate::data::{Page, json_lines, lines};

/// These texts are no render of a page on the web.
const RENDER: &str = "text";

/// The page of a text file with its expectations; `None` where it has none.
pub fn expected_blocks(path: &Path) -> Result<Option<Vec<Page>>> {
    let beside = path.with_extension("expected");
    if !beside.is_file() {
        return Ok(None);
    }
    let (text, expected) = (read(path)?, read(&beside)?);
    let field = |name: &str| {
        let fields = expected.lines().filter_map(|line| line.strip_prefix("= "));
        fields.filter_map(|line| line.split_once(' ')).find(|(key, _)| *key == name).map(|f| f.1.to_owned())
    };
    let labels = labels_by_block(&text, &expected).with_context(|| beside.display().to_string())?;
    let name = |path: Option<&std::ffi::OsStr>| path.unwrap_or_default().to_string_lossy().into_owned();
    let page = Page {
        id: name(path.file_name()),
        set: name(path.parent().and_then(Path::file_name)),
        language: field("language"),
        title: field("title"),
        date: field("date"),
        ..page(text, labels)
    };
    Ok(Some(vec![page]))
}

/// The labels of a text's lines. A line that begins like the next block opens it; the others go on with their block.
fn labels_by_block(text: &str, expected: &str) -> Result<Vec<u8>> {
    let mut blocks = expected.lines().filter_map(|line| line.split_once('\t')).peekable();
    let mut current = None;
    let mut labels = Vec::new();
    for line in lines(text) {
        if let Some((names, _)) = blocks.next_if(|(_, start)| text[line.clone()].starts_with(start)) {
            // Of several labels that are right, the better one stands first.
            current = Some(is_main(names.split('|').next().unwrap_or_default())?);
        }
        labels.push(current.with_context(|| format!("no block begins as {:?} does", &text[line]))?);
    }
    match blocks.next() {
        Some((_, start)) => bail!("no line begins with {start:?} where that block should stand"),
        None => Ok(labels),
    }
}

#[derive(Deserialize)]
struct LabelledText {
    id: String,
    labels: Vec<LabelledLine>,
}

#[derive(Deserialize)]
struct LabelledLine {
    /// From 1, blank lines counted.
    line: usize,
    label: String,
}

/// The pages of the folder `name`, beside the file or beside its folder, with the labels in the file.
pub fn labelled_lines(path: &Path, name: &str) -> Result<Vec<Page>> {
    let mut above = path.ancestors().skip(1).take(2).map(|folder| folder.join(name));
    let folder = above.find(|folder| folder.is_dir());
    let folder = folder.with_context(|| format!("{} labels a folder {name}, not found", path.display()))?;
    let mut pages = Vec::new();
    for LabelledText { id, labels } in json_lines(path)? {
        let text = read(&folder.join(format!("{id}.txt")))?;
        let mut line_labels = Vec::new();
        for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let label = labels.iter().find(|label| label.line == i + 1);
            let label =
                label.with_context(|| format!("{}: {id} has no label for {line:?}", path.display()))?;
            line_labels.push(is_main(&label.label).with_context(|| path.display().to_string())?);
        }
        let title = labels.iter().find(|label| label.label == Label::Title.name());
        let title = title.and_then(|label| text.lines().nth(label.line - 1)).map(str::to_owned);
        pages.push(Page { id, set: name.to_owned(), title, ..page(text, line_labels) });
    }
    Ok(pages)
}

/// A page whose gold is its main lines.
fn page(text: String, labels: Vec<u8>) -> Page {
    let main = lines(&text).zip(&labels).filter(|(_, label)| **label == 1);
    let gold: Vec<&str> = main.map(|(line, _)| &text[line]).collect();
    Page { gold: gold.join("\n"), render: RENDER.to_owned(), text, labels, ..Page::default() }
}

/// 1 where blocks of this label stay in the text.
fn is_main(name: &str) -> Result<u8> {
    let label = Label::ALL.iter().find(|label| label.name() == name);
    let label = label.with_context(|| format!("unknown label {name:?}"))?;
    Ok(u8::from(label.side() == Side::Main))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_block_labels_all_of_its_lines() {
        let text = "Boats\n\nThree boats\ncame back.\n\nShare this";
        let expected = "= title Boats\ntitle\tBoats\nbody|caption\tThree\nshare\tShare";
        assert_eq!(labels_by_block(text, expected).unwrap(), [0, 1, 1, 0]);
        let page = page(text.to_owned(), vec![0, 1, 1, 0]);
        assert_eq!(page.gold, "Three boats\ncame back.");
    }

    #[test]
    fn expectations_that_do_not_fit_are_named() {
        let error = labels_by_block("Boats\nShips", "body\tBoats\nbody\tTrains").unwrap_err();
        assert!(error.to_string().contains("\"Trains\""), "{error}");
        let error = labels_by_block("Boats", "bodies\tBoats").unwrap_err();
        assert!(error.to_string().contains("\"bodies\""), "{error}");
    }
}

//! Runs dehusk on pages, as `dehusk clean --dedup off` would.
//!
//! Duplicates stay, since every page has its gold. The library reads files, so the pages pass through one in a
//! temporary folder. A page that the run rejects, or that has no main text left, has no cleaned text.

use std::io::Write;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use dehusk::config::Config;
use dehusk::document::{Label, LabelledBlock, Side, Verdict};
use dehusk::pipeline::work::WorkFolder;
use dehusk::pipeline::{Job, Quiet, decide};
use dehusk::read::discover;
use dehusk::write::{Gaps, KeptBlock, main_text};
use serde::Serialize;

use crate::data::Page;

/// What dehusk made of a page.
#[derive(Debug, Clone, Default)]
pub struct Cleaned {
    /// The main text; `None` where the page is not in the corpus.
    pub text: Option<String>,
    /// Every block, in order.
    pub blocks: Vec<LabelledBlock>,
    /// The lifted title.
    pub title: Option<String>,
    /// The lifted date.
    pub date: Option<String>,
}

impl Cleaned {
    /// The main text with only those blocks that the model is at least so sure of.
    pub fn text_above(&self, source: &str, confidence: f64) -> String {
        let blocks = self.blocks.iter().enumerate();
        let kept = blocks.filter(|(_, b)| is_main(b.label) && f64::from(b.confidence) >= confidence);
        let kept = kept.map(|(index, b)| KeptBlock { index, span: b.block.span, label: b.label });
        let mut text = String::new();
        main_text(&mut text, source, kept, Gaps::Normalised);
        text
    }

    /// Whether the byte at `offset` of the source stays in the text.
    pub fn keeps(&self, offset: usize) -> bool {
        let next = self.blocks.partition_point(|b| b.block.span.end <= offset);
        self.text.is_some()
            && self.blocks.get(next).is_some_and(|b| b.block.span.start <= offset && is_main(b.label))
    }
}

/// Whether blocks of this label stay in the text.
pub fn is_main(label: Label) -> bool {
    label.side() == Side::Main
}

#[derive(Serialize)]
struct Record<'a> {
    id: &'a str,
    url: &'a str,
    text: &'a str,
}

/// Cleans these pages as one corpus.
///
/// # Errors
/// Whatever ends a run.
pub fn clean<'a>(pages: impl IntoIterator<Item = &'a Page>) -> Result<Vec<Cleaned>> {
    let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
    let file = folder.path().join("pages.jsonl");
    let mut records = Vec::new();
    let mut cleaned = Vec::new();
    for Page { id, url, text, .. } in pages {
        serde_json::to_writer(&mut records, &Record { id, url, text })?;
        writeln!(records)?;
        cleaned.push(Cleaned::default());
    }
    std::fs::write(&file, records).with_context(|| format!("cannot write {}", file.display()))?;

    let mut config = Config::default();
    config.dedup.enabled = false;
    config.validate()?;
    let inputs = discover(&[file.display().to_string()], &config.input)?.into();
    let work = WorkFolder::create(Some(folder.path()), &file)?;
    let stop = AtomicBool::new(false);
    let job = Job::new(inputs, &config, &work, &Quiet, &stop);
    let decided = decide(&job, |_| Ok(()))?;
    for waiting in decided.outcome.over(&decided.store) {
        let waiting = waiting?;
        let draft = waiting.draft(&decided.store)?;
        let page = &mut cleaned[draft.document.place.record as usize];
        page.blocks = draft.labelled.blocks;
        if matches!(waiting.verdict, Verdict::Keep { .. }) {
            page.text = Some(page.text_above(&draft.document.text, 0.0));
            page.title = draft.labelled.title;
            page.date = draft.labelled.date;
        }
    }
    Ok(cleaned)
}

/// The language of a main text, as dehusk's own detector names it.
pub fn language(gold: &str) -> Option<String> {
    dehusk::label::language(gold).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(id: &str, text: &str) -> Page {
        Page { id: id.to_owned(), text: text.to_owned(), ..Page::default() }
    }

    #[test]
    fn pages_come_back_in_their_order_and_duplicates_stay() {
        let article = "The ferry to the islands will sail twice a day from May, the harbour office said, \
                       because the bridge is closed until the autumn and nobody wants to swim.";
        let pages = [page("one", article), page("none", " "), page("two", article)];
        let cleaned = clean(&pages).unwrap();
        assert_eq!(cleaned[0].text.as_deref(), Some(article));
        assert_eq!(cleaned[1].text, None);
        assert_eq!(cleaned[2].text.as_deref(), Some(article));
        assert!(cleaned[0].keeps(10) && !cleaned[0].keeps(article.len()) && !cleaned[1].keeps(0));
        assert_eq!(cleaned[0].text_above(article, 1.1), "");
    }

    #[test]
    fn a_language_is_named_from_the_gold() {
        let german = "Die Fähre fährt ab Mai zweimal am Tag, weil die Brücke bis zum Herbst gesperrt bleibt. \
                      Wer nicht schwimmen möchte, kauft seine Karte beim Hafenamt, das auch sonntags öffnet.";
        assert_eq!(language(german).as_deref(), Some("de"));
        assert_eq!(language("?"), None);
    }
}

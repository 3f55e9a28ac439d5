//! What the labels say of some documents of a corpus: a run of its own over their texts.
//!
//! Lines of JSON are written with nothing but number, text and address, and read by the run like any input. So nothing that an
//! earlier cleaning has left in a record makes a difference.
//!
//! When it is wrong: a line that stands on a thousand pages of a corpus stands on few of a sample, so what gives itself away
//! only by being repeated is seen less. Confidence limits are about the draw, and do not know of that.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::{Corpus, most_first};
use crate::check::{About, Figure, Ratio, Shown, Worst};
use crate::config::{CheckAction, CheckConfig, Config, Gate, InputConfig, LabelConfig, Size};
use crate::document::{Label, LabelledBlock, Side, Span};
use crate::error::{Error, Result};
use crate::pipeline::{Decided, Draft, Job, decide};
use crate::read::{Compression, Input, Kind};

/// The file of the texts.
const TEXTS: &str = "labelled.jsonl";

/// The largest record that can be asked for: quotes and line ends take more room in JSON than in a text file.
const MOST: Size = Size::mebibytes(1024);

#[derive(Serialize)]
struct Line<'a> {
    id: u32,
    text: &'a str,
    url: Option<&'a str>,
}

/// What the labels say.
#[derive(Default)]
struct Labels {
    documents: u64,
    boilerplate: Ratio,
    by_label: BTreeMap<Label, u64>,
    placeholders: u64,
    languages: BTreeMap<String, u64>,
    unknown: u64,
    other: u64,
    worst_boilerplate: Worst,
    /// The label of each that was ever among the worst.
    labels: BTreeMap<u32, Label>,
    worst_placeholders: Worst,
    worst_unknown: Worst,
    worst_other: Worst,
}

impl Corpus<'_> {
    /// Labels the drawn documents, or all of them, and adds what that says.
    pub(super) fn labelled(&mut self, drawn: Option<Vec<u32>>, about: &mut About) -> Result<()> {
        let config = &self.job.config.check;
        let gates =
            [Gate::ResidualBoilerplate, Gate::Placeholders, Gate::UnknownLanguage, Gate::OtherLanguages];
        if gates.iter().all(|gate| config.actions[*gate] == CheckAction::Off) {
            return Ok(());
        }
        let numbers = drawn.map_or_else(|| self.all(), Ok)?;
        let labels = self.run(&numbers)?;
        about.labelled = labels.documents;
        about.languages = most_first(labels.languages.clone().into_iter());
        let all = about.documents;
        let (part, whole) = labels.boilerplate.bytes();
        let mut figure = Figure::counted(Gate::ResidualBoilerplate, part, whole);
        figure.share = labels.boilerplate.share(all);
        figure.is_sampled = labels.documents < all;
        figure.parts = most_first(labels.by_label.iter().map(|(label, n)| (label.name().to_owned(), *n)));
        for shown in &labels.worst_boilerplate.0 {
            let note = labels.labels.get(&shown.document).map_or("", |label| label.name());
            figure.examples.push(self.example(shown.document, shown.span, note)?);
        }
        self.figures.push(figure);
        for (gate, count, worst) in [
            (Gate::Placeholders, labels.placeholders, &labels.worst_placeholders),
            (Gate::UnknownLanguage, labels.unknown, &labels.worst_unknown),
            (Gate::OtherLanguages, labels.other, &labels.worst_other),
        ] {
            let wants_none = gate == Gate::OtherLanguages && config.languages.is_empty();
            let mut figure = if wants_none {
                Figure::counted(gate, 0, 0)
            } else {
                Figure::drawn(gate, count, labels.documents, all)
            };
            if gate == Gate::OtherLanguages && !wants_none {
                figure.parts = about.languages.clone();
                figure.parts.retain(|part| !config.languages.contains(&part.name));
            }
            for Shown { document, span, .. } in worst.0.iter().copied() {
                figure.examples.push(self.example(document, span, "")?);
            }
            self.figures.push(figure);
        }
        Ok(())
    }

    /// The numbers of all documents.
    fn all(&self) -> Result<Vec<u32>> {
        let mut numbers = Vec::new();
        for (number, row) in (0_u32..).zip(self.store.rows().iter()) {
            numbers.extend(row?.draft.map(|_| number));
        }
        Ok(numbers)
    }

    fn run(&self, numbers: &[u32]) -> Result<Labels> {
        let job = self.job;
        let work = job.work.nested("labels")?;
        let file = work.file(TEXTS);
        let bytes = self.write(numbers, &file)?;
        let mut config = Config { input: InputConfig::default(), ..job.config.clone() };
        config.input.max_record = MOST;
        config.label = LabelConfig::default();
        config.dedup.enabled = false;
        let (kind, compression) = (Kind::Jsonl, Compression::None);
        let input = Input { path: TEXTS.into(), file, id: TEXTS.to_owned(), kind, compression, bytes };
        let own = Job::new(Arc::new([input]), &config, &work, job.progress, job.stop);
        let Decided { store, .. } = decide(&own, |_| Ok(()))?;
        let mut labels = Labels::default();
        for (number, row) in numbers.iter().zip(store.rows().iter()) {
            job.check_stop()?;
            if let Some(offset) = row?.draft {
                let mut bytes = Vec::new();
                store.spool.read(offset, &mut bytes)?;
                labels.add(*number, &store.decode(&bytes)?, &config.check);
            }
        }
        drop(store);
        work.finish()?;
        Ok(labels)
    }

    fn write(&self, numbers: &[u32], path: &Path) -> Result<u64> {
        let failed = || Error::io("write the file", path);
        let mut out = BufWriter::new(File::create(path).map_err(Error::io("create the file", path))?);
        let mut bytes = 0;
        for number in numbers {
            self.job.check_stop()?;
            let document = self.store.draft(*number)?.document;
            let line = Line { id: *number, text: &document.text, url: document.url.as_deref() };
            let mut line = serde_json::to_vec(&line).expect("plain data always encodes");
            line.push(b'\n');
            bytes += line.len() as u64;
            out.write_all(&line).map_err(failed())?;
        }
        out.flush().map_err(failed())?;
        Ok(bytes)
    }
}

impl Labels {
    /// Adds a labelled document, under its number in the corpus.
    fn add(&mut self, document: u32, draft: &Draft, config: &CheckConfig) {
        let most = config.examples as usize;
        self.documents += 1;
        let (mut part, mut whole) = (0, 0);
        let mut longest: Option<&LabelledBlock> = None;
        let mut placeholder: Option<Span> = None;
        for block in &draft.labelled.blocks {
            let (span, label) = (block.block.span, block.label);
            whole += span.len() as u64;
            if label.side() == Side::Boilerplate {
                part += span.len() as u64;
                *self.by_label.entry(label).or_default() += span.len() as u64;
                if longest.is_none_or(|longest| longest.block.span.len() < span.len()) {
                    longest = Some(block);
                }
            }
            if label == Label::Placeholder {
                placeholder.get_or_insert(span);
            }
        }
        self.boilerplate.add(part, whole);
        if let Some(block) = longest {
            let span = block.block.span;
            self.worst_boilerplate.add(most, Shown { score: span.len() as u64, document, span: Some(span) });
            if self.worst_boilerplate.0.iter().any(|shown| shown.document == document) {
                self.labels.insert(document, block.label);
            }
        }
        if placeholder.is_some() {
            self.placeholders += 1;
            self.worst_placeholders.add(most, Shown { score: 0, document, span: placeholder });
        }
        let shown = Shown { score: 0, document, span: None };
        match &draft.labelled.language {
            None => {
                self.unknown += 1;
                self.worst_unknown.add(most, shown);
            }
            Some(language) => {
                *self.languages.entry(language.clone()).or_default() += 1;
                if !config.languages.is_empty() && !config.languages.contains(language) {
                    self.other += 1;
                    self.worst_other.add(most, shown);
                }
            }
        }
    }
}

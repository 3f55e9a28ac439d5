//! A new layer, gathered in the last pass of a run: what the next instalments will ask for.
//!
//! The workers make an [`Addition`] of each document, with the functions that the run itself has used, so that what is
//! known and what is asked cannot differ. They are added in input order, which is rank order where there is an index.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::layer::{
    BUCKETS, IDS, KEYS, KnownKey, KnownRow, LINES, Line, PARAGRAPHS, ROWS, Sizes, TEXTS, line_key, line_site,
    pack_text,
};
use crate::config::Config;
use crate::dedup::{BlockKey, Bucket, Entry, Lsh, MainTextDigest};
use crate::document::{Block, Elsewhere, Verdict};
use crate::error::{Error, Result};
use crate::pipeline::Job;
use crate::pipeline::bits::Bits;
use crate::pipeline::draft::Draft;
use crate::pipeline::drafts::fingerprint;
use crate::pipeline::ids;
use crate::pipeline::sort::{Record, Sorter};
use crate::pipeline::spool::{Extent, SpoolWriter};
use crate::pipeline::table::TableWriter;
use crate::pipeline::verdicts::InBucket;
use crate::repetition::observe;
use crate::write::BlockDecision;

/// What a document adds to what is known.
pub(in crate::pipeline) struct Addition {
    /// Its number in the run.
    number: u32,
    id: u128,
    fate: Fate,
}

enum Fate {
    /// No main text, or none that counts.
    Empty,
    /// The text is known as that of another document, dropped or not.
    Copy,
    /// It went for a kept document with another text.
    Near {
        exact: u128,
        canonical: u32,
        similarity: f64,
    },
    Kept(Box<Kept>),
}

struct Kept {
    entry: Entry,
    buckets: Vec<Bucket>,
    paragraphs: Vec<BlockKey>,
    /// Key and site of each line, once.
    lines: BTreeSet<(u64, u32)>,
    text: Vec<u8>,
}

/// How additions are made.
#[derive(Clone)]
pub(in crate::pipeline) struct Recipe {
    config: Config,
    lsh: Lsh,
}

impl Recipe {
    /// The addition of a document with this verdict and these blocks. `exact` is its exact key, if it has main text.
    pub fn addition(
        &self,
        draft: &Draft,
        blocks: &[BlockDecision],
        verdict: Verdict,
        exact: Option<u128>,
    ) -> Addition {
        let fate = match (verdict, exact) {
            // What a benchmark takes out has no rank either.
            (Verdict::Empty | Verdict::Contaminated { .. }, _) | (_, None) => Fate::Empty,
            (Verdict::Duplicate { exact: true, .. }, _) => Fate::Copy,
            (Verdict::Duplicate { canonical, similarity, .. }, Some(exact)) => {
                Fate::Near { exact, canonical, similarity }
            }
            (Verdict::Keep { .. }, Some(_)) => {
                Kept::of(self, draft, blocks).map_or(Fate::Empty, |kept| Fate::Kept(Box::new(kept)))
            }
        };
        Addition { number: draft.number, id: ids::hash(&draft.document.id), fate }
    }
}

impl Kept {
    fn of(Recipe { config, lsh }: &Recipe, draft: &Draft, blocks: &[BlockDecision]) -> Option<Self> {
        let document = &draft.document;
        let (mut digest, mut buckets) = (MainTextDigest::default(), Vec::new());
        let (entry, paragraphs) = fingerprint(draft, config, lsh, &mut digest, &mut buckets);
        let mut lines = BTreeSet::new();
        if config.label.enabled {
            let blocks: Vec<Block> = draft.labelled.blocks.iter().map(|labelled| labelled.block).collect();
            let page = observe(draft.number, document, &blocks);
            lines.extend(page.occurrences.iter().map(|o| (line_key(o.key), line_site(page.site))));
        }
        // What went for a reference is news to a run without it.
        let is_elsewhere = |key: &BlockKey| {
            let decision = blocks.get(key.block as usize).and_then(|block| block.duplicate_of.as_deref());
            decision.is_some_and(|copy| copy.elsewhere == Some(Elsewhere::Reference))
        };
        let mut paragraphs = paragraphs.into_equal();
        paragraphs.retain(|key| !is_elsewhere(key));
        let text = draft.main_runs().collect::<Vec<_>>().join("\n\n");
        Some(Self { entry: entry?, buckets, paragraphs, lines, text: pack_text(&document.id, &text) })
    }
}

/// Takes additions in, in input order.
pub struct LayerBuilder {
    recipe: Recipe,
    folder: PathBuf,
    first: u32,
    ranked: u32,
    read: u64,
    rows: TableWriter<KnownRow>,
    texts: SpoolWriter,
    ids: Sorter<u128>,
    keys: Sorter<KnownKey>,
    /// Exact key, number of the canonical in the run, similarity.
    near: Sorter<(u128, u32, u64)>,
    buckets: Sorter<InBucket>,
    paragraphs: Sorter<BlockKey>,
    lines: Sorter<(u64, u32)>,
    /// The documents of the run that are kept.
    kept: Bits,
    records: u32,
}

/// A layer that nobody knows yet.
#[derive(Debug)]
pub struct NewLayer {
    pub(super) folder: PathBuf,
    pub(super) sizes: Sizes,
    /// Documents with main text, kept or not.
    pub(super) ranked: u32,
    /// Documents read.
    pub(super) read: u64,
}

impl LayerBuilder {
    /// A layer in a new folder, for a run of so many records that knows `first` documents of rank below `ranked`. It
    /// serves runs with the configuration `config`.
    pub(in crate::pipeline) fn create(
        job: &Job<'_>,
        config: &Config,
        folder: &Path,
        (first, ranked): (u32, u32),
        records: u32,
    ) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(Error::io("remove the folder", folder))?;
        }
        fs::create_dir(folder).map_err(Error::io("create the folder", folder))?;
        let memory = job.memory();
        Ok(Self {
            recipe: Recipe { config: config.clone(), lsh: Lsh::new(&config.dedup) },
            folder: folder.to_owned(),
            first,
            ranked,
            read: 0,
            rows: TableWriter::open(&folder.join(ROWS), 0)?,
            texts: SpoolWriter::open(&folder.join(TEXTS), Extent::default())?,
            ids: job.sorter("known-ids", memory / 32, None),
            keys: job.sorter("known-keys", memory / 32, None),
            near: job.sorter("known-near", memory / 32, None),
            buckets: job.sorter("known-buckets", memory / 8, None),
            paragraphs: job.sorter("known-paragraphs", memory / 16, None),
            lines: job.sorter("known-lines", memory / 16, None),
            kept: Bits::new(records as usize),
            records,
        })
    }

    /// How its additions are made.
    pub(in crate::pipeline) fn recipe(&self) -> Recipe {
        self.recipe.clone()
    }

    /// Adds the next document.
    pub(in crate::pipeline) fn add(&mut self, addition: Addition) -> Result<()> {
        self.read += 1;
        self.ids.push(addition.id)?;
        let rank = self.ranked;
        self.ranked += u32::from(!matches!(addition.fate, Fate::Empty));
        match addition.fate {
            Fate::Empty | Fate::Copy => Ok(()),
            Fate::Near { exact, canonical, similarity } => {
                self.near.push((exact, canonical, similarity.to_bits()))
            }
            Fate::Kept(kept) => {
                let Kept { entry, buckets, paragraphs, lines, text } = *kept;
                self.kept.insert(addition.number);
                let document = self.first + self.rows.len() as u32;
                let text = self.texts.append(&text)?;
                self.rows.push(&KnownRow { rank, text, words: entry.words, signature: entry.signature })?;
                self.keys.push(KnownKey { exact: entry.exact, document, similarity: 0 })?;
                self.buckets.extend(buckets.into_iter().map(|bucket| InBucket { bucket, document }))?;
                self.paragraphs.extend(paragraphs.into_iter().map(|key| BlockKey { document, ..key }))?;
                self.lines.extend(lines)
            }
        }
    }

    /// Sorts what was added and writes the layer.
    ///
    /// # Errors
    /// [`Error::Io`] with the path of what could not be written.
    pub fn finish(mut self) -> Result<NewLayer> {
        let before = self.kept.counts_before();
        for near in self.near.finish()? {
            let (exact, canonical, similarity) = near?;
            // What is no document of the run stands behind those that are.
            let document = match canonical.checked_sub(self.records) {
                // Texts that went for a reference are news to a run without it.
                Some(known) if known >= self.first => continue,
                Some(known) => known,
                None => self.first + self.kept.position(canonical, &before),
            };
            self.keys.push(KnownKey { exact, document, similarity })?;
        }
        let (folder, mut sizes) = (&self.folder, Sizes { first: self.first, ..Sizes::default() });
        sizes.ids = write(&folder.join(IDS), self.ids.finish()?, |_, _| false)?;
        sizes.keys = write(&folder.join(KEYS), self.keys.finish()?, |a, b| a.exact == b.exact)?;
        sizes.buckets = write(&folder.join(BUCKETS), self.buckets.finish()?, |_, _| false)?;
        sizes.paragraphs = write(&folder.join(PARAGRAPHS), self.paragraphs.finish()?, |a, b| a.key == b.key)?;
        sizes.lines = write(&folder.join(LINES), counted(self.lines.finish()?), |_, _| false)?;
        sizes.documents = self.rows.checkpoint()? as u32;
        sizes.texts = self.texts.checkpoint()?;
        Ok(NewLayer { folder: self.folder, sizes, ranked: self.ranked, read: self.read })
    }
}

/// Writes sorted records to a file, and brings it to disk; of those that are the same, the first. Returns how many.
pub(super) fn write<T: Record>(
    path: &Path,
    records: impl Iterator<Item = Result<T>>,
    same: impl Fn(&T, &T) -> bool,
) -> Result<u64> {
    let mut table = TableWriter::open(path, 0)?;
    let mut last: Option<T> = None;
    for record in records {
        let record = record?;
        if !last.is_some_and(|last| same(&last, &record)) {
            table.push(&record)?;
            last = Some(record);
        }
    }
    table.checkpoint()
}

/// Equal pairs of key and site as one line.
fn counted(mut lines: impl Iterator<Item = Result<(u64, u32)>>) -> impl Iterator<Item = Result<Line>> {
    let mut open: Option<Line> = None;
    std::iter::from_fn(move || {
        loop {
            match lines.next() {
                Some(Ok((key, site))) => match &mut open {
                    Some(line) if (line.key, line.site) == (key, site) => line.documents += 1,
                    _ => {
                        let before = open.replace(Line { key, site, documents: 1 });
                        if let Some(line) = before {
                            return Some(Ok(line));
                        }
                    }
                },
                Some(Err(error)) => return Some(Err(error)),
                None => return open.take().map(Ok),
            }
        }
    })
}

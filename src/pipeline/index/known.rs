//! The lookups of a run in what is known: each goes through the layers in step with the run's own sorted records.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ascending::Ascending;
use super::layer::{KnownKey, KnownRow, Layer, Line, line_key, line_site};
use crate::dedup::{BlockKey, Bucket, CHUNK, MainTextDigest, Shingles};
use crate::document::Elsewhere;
use crate::error::Result;
use crate::pipeline::sort::Record;
use crate::pipeline::table::Table;
use crate::pipeline::verdicts::InBucket;

/// Documents that outrank those of the run and are never dropped. They are numbered from 0, in rank order.
#[derive(Debug, Default)]
pub struct Known {
    /// Those of an index, and behind them those of references.
    layers: Vec<Layer>,
    /// How many of the layers are of an index.
    index_layers: usize,
    /// The first document that is of a reference.
    references: u32,
    documents: u32,
    /// Documents with main text that came before, kept or not: the rank of the run's first one.
    ranked: u32,
    /// What tells this from anything else that could be known.
    identity: String,
}

impl Known {
    pub(super) fn new(layers: Vec<Layer>, ranked: u32, identity: String) -> Self {
        let documents = layers.iter().map(|layer| layer.sizes.documents).sum();
        Self { index_layers: layers.len(), layers, references: documents, documents, ranked, identity }
    }

    /// Adds a layer of reference documents. `identity` tells the reference from others.
    pub(super) fn add_reference(&mut self, layer: Layer, ranked: u32, identity: &str) {
        self.identity += identity;
        self.documents += layer.sizes.documents;
        self.ranked += ranked;
        self.layers.push(layer);
    }

    /// How many documents there are.
    #[must_use]
    pub fn documents(&self) -> u32 {
        self.documents
    }

    /// The rank of the run's first document.
    pub(in crate::pipeline) fn ranked(&self) -> u32 {
        self.ranked
    }

    /// Whether any of them are of an index, whose ids are taken.
    pub(in crate::pipeline) fn has_index(&self) -> bool {
        self.index_layers > 0
    }

    pub(in crate::pipeline) fn identity(&self) -> &str {
        &self.identity
    }

    /// Where a document is.
    pub(in crate::pipeline) fn home(&self, document: u32) -> Elsewhere {
        if document < self.references { Elsewhere::Index } else { Elsewhere::Reference }
    }

    fn layer(&self, document: u32) -> &Layer {
        let after = self.layers.partition_point(|layer| layer.sizes.first <= document);
        &self.layers[after - 1]
    }

    pub(in crate::pipeline) fn row(&self, document: u32) -> Result<KnownRow> {
        self.layer(document).row(document)
    }

    pub(in crate::pipeline) fn id(&self, document: u32) -> Result<String> {
        self.layer(document).id(document)
    }

    pub(in crate::pipeline) fn text(&self, document: u32) -> Result<String> {
        let layer = self.layer(document);
        layer.text(&layer.row(document)?)
    }

    pub(in crate::pipeline) fn shingles(
        &self,
        document: u32,
        digest: &mut MainTextDigest,
        shingle_words: usize,
        out: &mut Shingles,
    ) -> Result<()> {
        let text = self.text(document)?;
        digest.shingles(std::iter::once(text.as_str()), shingle_words, out);
        Ok(())
    }

    /// The first document of the chunk that the run's first document is in: its search begins there.
    pub(in crate::pipeline) fn open_chunk(&self) -> Result<u32> {
        let chunk = self.ranked - self.ranked % CHUNK;
        let mut first = self.documents;
        while first > 0 && self.row(first - 1)?.rank >= chunk {
            first -= 1;
        }
        Ok(first)
    }

    fn ascending<'k, T: Record>(
        &'k self,
        table: impl Fn(&'k Layer) -> &'k Table<T>,
    ) -> Vec<Ascending<'k, T>> {
        self.layers.iter().map(|layer| Ascending::new(table(layer))).collect()
    }

    /// The same without references: their ids are theirs, and their lines say nothing of the run's pages.
    fn ascending_in_index<'k, T: Record>(
        &'k self,
        table: impl Fn(&'k Layer) -> &'k Table<T>,
    ) -> Vec<Ascending<'k, T>> {
        self.layers[..self.index_layers].iter().map(|layer| Ascending::new(table(layer))).collect()
    }

    /// The lookups of ids, in ascending order of their hashes.
    pub(in crate::pipeline) fn ids(&self) -> impl FnMut(u128) -> Result<bool> {
        let mut layers = self.ascending_in_index(|layer| &layer.ids);
        move |id| {
            for layer in &mut layers {
                layer.seek(|known| *known < id)?;
                if layer.next_if(|known| *known == id)?.is_some() {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }

    /// The lookups of texts, in ascending order of their exact keys.
    pub(in crate::pipeline) fn copies(&self) -> impl FnMut(u128) -> Result<Option<KnownCopy>> {
        let mut layers = self.ascending(|layer| &layer.keys);
        move |exact| {
            for layer in &mut layers {
                layer.seek(|known| known.exact < exact)?;
                if let Some(KnownKey { document, similarity, .. }) =
                    layer.next_if(|known| known.exact == exact)?
                {
                    return Ok(Some(KnownCopy {
                        document,
                        similarity: (similarity != 0).then(|| f64::from_bits(similarity)),
                    }));
                }
            }
            Ok(None)
        }
    }

    /// The lookups of buckets that the run's documents ask, in ascending order. Handed out are the documents in a bucket, and whether they would ask it:
    /// all from document `open` on, and of those before it the last `most`.
    pub(in crate::pipeline) fn buckets(
        &self,
        open: u32,
        most: usize,
    ) -> impl FnMut(Bucket) -> Result<Places> {
        let mut layers = self.ascending(|layer| &layer.buckets);
        move |bucket| {
            let (mut before, mut after) = (Vec::new(), Vec::new());
            for layer in &mut layers {
                layer.seek(|known| known.bucket < bucket)?;
                while let Some(InBucket { bucket, document }) = layer.next_if(|k| k.bucket.is_same(bucket))? {
                    let side = if document < open { &mut before } else { &mut after };
                    side.push((document, bucket.asks()));
                    if before.len() >= 4 * most {
                        keep_last(&mut before, most);
                    }
                }
            }
            // Who asks stands before who does not, so the documents of a layer are not in order.
            keep_last(&mut before, most);
            after.sort_unstable();
            before.extend(after);
            Ok(before)
        }
    }

    /// The lookups of paragraphs, in ascending order of their keys: the document and block that own one.
    pub(in crate::pipeline) fn paragraphs(&self) -> impl FnMut(u128) -> Result<Option<(u32, u32)>> {
        let mut layers = self.ascending(|layer| &layer.paragraphs);
        move |key| {
            for layer in &mut layers {
                layer.seek(|known| known.key < key)?;
                if let Some(BlockKey { document, block, .. }) = layer.next_if(|known| known.key == key)? {
                    return Ok(Some((document, block)));
                }
            }
            Ok(None)
        }
    }

    /// The lookups of lines, in ascending order of their keys.
    pub(in crate::pipeline) fn lines(&self) -> impl FnMut(u128) -> Result<Arc<LineCounts>> {
        let mut layers = self.ascending_in_index(|layer| &layer.lines);
        // Keys of the survey are longer than those of lines, so two of them may ask for one line.
        let mut last: Option<(u64, Arc<LineCounts>)> = None;
        move |key| {
            let key = line_key(key);
            if let Some((_, counts)) = last.as_ref().filter(|(last, _)| *last == key) {
                return Ok(Arc::clone(counts));
            }
            let mut counts = LineCounts::default();
            for layer in &mut layers {
                layer.seek(|line| line.key < key)?;
                while let Some(Line { site, documents, .. }) = layer.next_if(|line| line.key == key)? {
                    counts.add(site, documents);
                }
            }
            let counts = Arc::new(counts);
            last = Some((key, Arc::clone(&counts)));
            Ok(counts)
        }
    }
}

/// Keeps the `most` largest.
fn keep_last(found: &mut Vec<(u32, bool)>, most: usize) {
    found.sort_unstable();
    found.drain(..found.len().saturating_sub(most));
}

/// Documents in a bucket, and whether they would ask it.
pub(in crate::pipeline) type Places = Vec<(u32, bool)>;

/// What a text that was met before goes for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::pipeline) struct KnownCopy {
    /// The document.
    pub document: u32,
    /// How similar they are, where it is not the same text.
    pub similarity: Option<f64>,
}

/// How many known documents hold a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::pipeline) struct LineCounts {
    /// All of them.
    pub documents: u32,
    sites: BTreeMap<u32, u32>,
}

impl LineCounts {
    fn add(&mut self, site: u32, documents: u32) {
        self.documents = self.documents.saturating_add(documents);
        let of_site = self.sites.entry(site).or_default();
        *of_site = of_site.saturating_add(documents);
    }

    /// Those of a site, by its hash; none where it is not known.
    pub fn of_site(&self, site: u64) -> u32 {
        match line_site(site) {
            0 => 0,
            site => self.sites.get(&site).copied().unwrap_or_default(),
        }
    }
}

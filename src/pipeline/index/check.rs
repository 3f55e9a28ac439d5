//! Whether an index is what it was written as, and whether its parts agree.
//!
//! Files are compared with their checksums. Then the keys, signatures and buckets of every document are made anew from its
//! text: a key must be found where a run would look for it, and the buckets must be those in the file, all of them. That
//! is compared by a sum of hashes over all documents, so memory does not grow.
//!
//! When it is wrong: it does not look whether two kept documents are similar, and paragraphs and lines are only
//! looked at for their order and for the documents that they name.

use std::fmt;
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use super::Index;
use super::folder::file_checksum;
use super::layer::{FILES, KnownKey, KnownRow, Layer, Line};
use super::manifest::{DAMAGED, LayerFiles, MANIFEST, Manifest};
use crate::config::{Config, overlay_key};
use crate::dedup::{BlockKey, Lsh, MainTextDigest};
use crate::error::{Error, Result};
use crate::pipeline::sort::Record;
use crate::pipeline::table::Table;
use crate::pipeline::verdicts::InBucket;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Documents looked at.
    pub documents: u64,
    /// What does not agree.
    pub faults: Vec<IndexFault>,
}

/// Something that does not agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFault {
    /// The file, below the index.
    pub file: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for IndexFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.message)
    }
}

impl Index {
    /// Proves that the index in `folder` is whole. `stop` ends it early, with what was found by then.
    ///
    /// # Errors
    /// [`Error::Index`] when there is none, it is in use or of another format. What does not agree stands in the [`Verified`].
    pub fn verify(folder: &Path, mut stop: impl FnMut() -> bool) -> Result<Verified> {
        let (manifest, _lock) = match Self::locked(folder) {
            Err(Error::Index { message, .. }) if message == DAMAGED => {
                let mut found = Verified::default();
                found.add(MANIFEST, DAMAGED);
                return Ok(found);
            }
            locked => locked?,
        };
        let config = manifest.config()?;
        let mut found = Verified::default();
        let mut first = 0;
        for layer in &manifest.layers {
            if layer.sizes.first != first {
                found.add(&layer.folder, "its documents do not follow those of the layer before it");
            }
            first += layer.sizes.documents;
            if checksums(folder, layer, &mut found, &mut stop)? {
                content(folder, layer, &config, manifest.ranked(), &mut found, &mut stop)?;
            }
            if stop() {
                return Err(Error::Interrupted);
            }
        }
        Ok(found)
    }
}

impl Manifest {
    /// A configuration with the parameters.
    fn config(&self) -> Result<Config> {
        let quoted = |value: &String| {
            if value.parse::<f64>().is_ok() || value == "true" || value == "false" {
                value.clone()
            } else {
                format!("\"{value}\"")
            }
        };
        self.parameters.iter().try_fold(Config::default(), |config, (key, value)| {
            overlay_key(&config, &format!("{key}={}", quoted(value)))
        })
    }
}

impl Verified {
    fn add(&mut self, file: &str, message: &str) {
        self.faults.push(IndexFault { file: file.to_owned(), message: message.to_owned() });
    }
}

/// Whether all files of a layer are what was written.
fn checksums(
    folder: &Path,
    layer: &LayerFiles,
    found: &mut Verified,
    stop: &mut impl FnMut() -> bool,
) -> Result<bool> {
    let mut whole = true;
    for file in FILES {
        if stop() {
            return Err(Error::Interrupted);
        }
        let name = format!("{}/{file}", layer.folder);
        match file_checksum(&folder.join(&name)) {
            Ok(sum) if layer.checksums.get(file) == Some(&sum) => {}
            Ok(_) => {
                whole = false;
                found.add(&name, "is not what was written: its checksum differs");
            }
            Err(error) => {
                whole = false;
                found.add(&name, &error.to_string());
            }
        }
    }
    Ok(whole)
}

/// Whether what the files of a layer say agrees.
fn content(
    folder: &Path,
    files: &LayerFiles,
    config: &Config,
    ranked: u32,
    found: &mut Verified,
    stop: &mut impl FnMut() -> bool,
) -> Result<()> {
    let layer = Layer::open(&folder.join(&files.folder), files.sizes)?;
    let end = files.sizes.first + files.sizes.documents;
    let name = |file: &str| format!("{}/{file}", files.folder);
    let (mut digest, lsh, mut buckets) = (MainTextDigest::default(), Lsh::new(&config.dedup), Vec::new());
    let (mut expected, mut rank) = (0_u64, None);
    let mut exact_keys = 0_u64;
    for (document, row) in (files.sizes.first..).zip(layer.rows.iter()) {
        let row = row?;
        if stop() {
            return Err(Error::Interrupted);
        }
        if rank.is_some_and(|rank| row.rank <= rank) || row.rank >= ranked {
            found.add(&name("rows"), "its ranks do not grow");
            break;
        }
        rank = Some(row.rank);
        digest.clear();
        digest.push(&layer.text(&row)?);
        let entry = digest.entry(config.dedup.shingle_words, &lsh, &mut buckets);
        let KnownRow { words, signature, .. } = row;
        match entry {
            Some(entry) if (entry.words, entry.signature) == (words, signature) => {
                exact_keys = exact_keys.wrapping_add(hash(&(entry.exact, document)));
            }
            _ => found.add(&name("rows"), &format!("document {document} is not what its text gives")),
        }
        let own = buckets.iter().map(|&bucket| hash(&InBucket { bucket, document }));
        expected = own.fold(expected, u64::wrapping_add);
        found.documents += 1;
    }
    let in_layer = |document: u32| (files.sizes.first..end).contains(&document);
    let sum = |sum: u64, more: u64| sum.wrapping_add(more);
    let mut bucket_sum = 0;
    if !ascends(
        &layer.buckets,
        |b| (b.bucket, b.document),
        |b| {
            bucket_sum = sum(bucket_sum, hash(b));
            in_layer(b.document)
        },
    )? || bucket_sum != expected
    {
        found.add(&name("buckets"), "it does not hold the buckets of the texts");
    }
    let mut key_sum = 0;
    if !ascends(
        &layer.keys,
        |key| key.exact,
        |KnownKey { exact, document, similarity }| {
            if *similarity == 0 {
                key_sum = sum(key_sum, hash(&(*exact, *document)));
            }
            *document < end
        },
    )? || key_sum != exact_keys
    {
        found.add(&name("keys"), "it does not hold the keys of the texts");
    }
    if !ascends(&layer.ids, |id| *id, |_| true)? || layer.ids.len() < u64::from(files.sizes.documents) {
        found.add(&name("ids"), "it is not in order, or too short");
    }
    if !ascends(&layer.paragraphs, |p| p.key, |BlockKey { document, .. }| in_layer(*document))? {
        found.add(&name("paragraphs"), "it is not in order, or names a document of another layer");
    }
    if !ascends(&layer.lines, |Line { key, site, .. }| (*key, *site), |line| line.documents > 0)? {
        found.add(&name("lines"), "it is not in order");
    }
    Ok(())
}

/// Whether the records of a table have keys that grow, and each is `good`. All of them are looked at.
fn ascends<T: Record, K: Ord>(
    table: &Table<T>,
    key: impl Fn(&T) -> K,
    mut good: impl FnMut(&T) -> bool,
) -> Result<bool> {
    let (mut last, mut ascends) = (None, true);
    for record in table.iter() {
        let record = record?;
        let key = key(&record);
        ascends &= good(&record) && last.is_none_or(|last| last < key);
        last = Some(key);
    }
    Ok(ascends)
}

fn hash<T: Record>(record: &T) -> u64 {
    let mut bytes = vec![0; T::SIZE];
    record.write(&mut bytes);
    xxh3_64(&bytes)
}

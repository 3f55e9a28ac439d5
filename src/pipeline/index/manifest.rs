//! The manifest of an index: its format, what it was made with, and which layers there are.
//!
//! It is one file, a checksum on its first line and JSON behind it, and it alone says what belongs to the index: whatever
//! else lies in the folder is what a killed run left.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::layer::Sizes;
use crate::config::{BlockPolicy, Config, KeepRule, Similarity};
use crate::error::{Error, Result};
use crate::pipeline::state::{checksum, read_json, rename_state, write_state};

/// The version of the manifest and of the files that it names.
pub const FORMAT: u32 = 1;

pub(super) const MANIFEST: &str = "index";
/// The same before it has its name.
pub(super) const FRESH: &str = "index.new";

/// What is said of a manifest that is not what was written.
pub(super) const DAMAGED: &str = "is damaged; take the index from a backup, or make it anew";

/// What an index holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub format: u32,
    /// The settings on which every key in the index depends, as `section.key` and value.
    pub parameters: BTreeMap<String, String>,
    /// The runs, in order.
    pub instalments: Vec<Instalment>,
    /// The layers, in order.
    pub layers: Vec<LayerFiles>,
    /// Whether the last layer is that of the last run alone, which then can be taken back.
    pub is_last_alone: bool,
    /// The number of the next folder of a layer: none is used twice.
    pub next: u64,
}

/// A run that has added to an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instalment {
    /// What its inputs were: a hash of their contents.
    pub inputs: String,
    /// Documents read, without the rejected ones.
    pub documents: u64,
    /// Of those, the kept ones.
    pub kept: u32,
    /// Documents with main text in this instalment and all before it.
    pub ranked: u32,
}

/// The files of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LayerFiles {
    /// The folder in the index.
    pub folder: String,
    pub sizes: Sizes,
    /// `xxh3_128` of each file, in hex.
    pub checksums: BTreeMap<String, String>,
}

/// What an index holds, for people and programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// The version of the format.
    pub format: u32,
    /// The settings on which every key depends.
    pub parameters: BTreeMap<String, String>,
    /// The runs, in order.
    pub instalments: Vec<Instalment>,
    /// Kept documents.
    pub documents: u64,
    /// Layers of files.
    pub layers: usize,
    /// Bytes on disk, by what they hold.
    pub bytes: BTreeMap<&'static str, u64>,
}

impl Manifest {
    /// Of an index with nothing in it, for runs with this configuration.
    pub fn new(config: &Config) -> Self {
        let parameters = parameters(config);
        Self {
            format: FORMAT,
            parameters,
            instalments: Vec::new(),
            layers: Vec::new(),
            is_last_alone: false,
            next: 0,
        }
    }

    /// Reads the manifest in `folder`; nothing where there is none.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let path = folder.join(MANIFEST);
        let refuse = |message: String| Err(Error::Index { path: path.clone(), message });
        let json = match read_json(&path) {
            // Only this says that there is none: whatever else cannot be read is there.
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(None);
            }
            json => json?.unwrap_or_default(),
        };
        if let Ok(Format { format }) = serde_json::from_str(&json)
            && format != FORMAT
        {
            return refuse(format!(
                "is of format {format}, and this version of dehusk reads and writes format {FORMAT}; \
                 clean the corpus into a new index, or use the version that made this one"
            ));
        }
        match serde_json::from_str(&json) {
            Ok(manifest) => Ok(Some(manifest)),
            Err(_) => refuse(DAMAGED.to_owned()),
        }
    }

    /// Takes the place of the manifest in `folder`, at once. All that it names must be on disk.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let fresh = folder.join(FRESH);
        write_state(&fresh, self)?;
        rename_state(&fresh, &folder.join(MANIFEST))
    }

    /// The same before its last instalment.
    pub fn without_last(mut self) -> Self {
        self.instalments.pop();
        self.layers.pop();
        self.is_last_alone = false;
        self
    }

    /// Kept documents.
    pub fn documents(&self) -> u32 {
        self.layers.iter().map(|layer| layer.sizes.documents).sum()
    }

    /// Documents with main text, kept or not.
    pub fn ranked(&self) -> u32 {
        self.instalments.last().map_or(0, |last| last.ranked)
    }

    /// What tells it from the manifest of another index, or of the same one at another time. How layers are merged makes no
    /// difference to what is known, and differs where an instalment is made again.
    pub fn identity(&self) -> String {
        let content = (&self.parameters, &self.instalments);
        checksum(serde_json::to_string(&content).expect("names and numbers").as_bytes())
    }

    /// Refuses a configuration with which the index was not made.
    pub fn check(&self, folder: &Path, config: &Config) -> Result<()> {
        let now = parameters(config);
        let differences: Vec<String> = (self.parameters.iter())
            .filter(|(key, value)| now.get(*key) != Some(value))
            .map(|(key, value)| {
                format!(
                    "{key} is {} here and {value} in the index",
                    now.get(key).map_or("not set", String::as_str)
                )
            })
            .collect();
        if differences.is_empty() {
            return Ok(());
        }
        let message = format!(
            "was made with other parameters: {}; use the same, or another index",
            differences.join(", ")
        );
        Err(Error::Index { path: folder.to_owned(), message })
    }
}

/// All of a configuration that decides what a main text is and what it meets.
fn parameters(config: &Config) -> BTreeMap<String, String> {
    let Config { label, dedup, .. } = config;
    let blocks = &dedup.blocks;
    let mut parameters = BTreeMap::from([
        ("label.enabled", name(&label.enabled)),
        ("dedup.similarity", name(&dedup.similarity)),
        ("dedup.threshold", name(&dedup.threshold)),
        ("dedup.shingle_words", name(&dedup.shingle_words)),
        ("dedup.blocks.policy", name(&blocks.policy)),
    ]);
    if label.enabled {
        parameters.insert("label.min_confidence", name(&label.min_confidence));
    }
    if blocks.policy != BlockPolicy::Off {
        parameters.insert("dedup.blocks.min_words", name(&blocks.min_words));
        parameters.insert("dedup.blocks.scope", name(&blocks.scope));
        parameters.insert("dedup.blocks.mask_digits", name(&blocks.mask_digits));
    }
    parameters.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// A setting as it would be written.
fn name(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).expect("a setting is a name or a number");
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The configuration of a run with an index: what comes first stays, for what was kept in an earlier run cannot go.
///
/// # Errors
/// [`Error::Config`] with the setting that an index cannot serve, and why.
pub(super) fn for_index(mut config: Config) -> Result<Config> {
    let refuse = |message: &str| Err(Error::Config(message.to_owned()));
    if !config.dedup.enabled {
        return refuse("--index needs duplicates to be looked for; leave out --dedup off");
    }
    if config.dedup.similarity != Similarity::Jaccard {
        return refuse(
            "dedup.similarity = \"containment\": an index would hold every shingle of every document; \
             clean the whole corpus in one run, or use \"jaccard\"",
        );
    }
    if config.dedup.blocks.similarity < 1.0 && config.dedup.blocks.policy != BlockPolicy::Off {
        return refuse(
            "dedup.blocks.similarity below 1: an index knows paragraphs by their keys and finds only equal ones; \
             leave it at 1, or clean the whole corpus in one run",
        );
    }
    if config.dedup.spans.is_on() {
        return refuse(
            "dedup.spans: an index knows no runs of words; leave it off, or clean the whole corpus in one run",
        );
    }
    let first = [KeepRule::First];
    let default = Config::default().dedup.keep;
    if config.dedup.keep != first && config.dedup.keep != default {
        return refuse(
            "dedup.keep: with --index documents are kept in the order in which they come, since an earlier run's cannot \
             go any more; leave it out, or say [\"first\"]",
        );
    }
    config.dedup.keep = first.into();
    Ok(config)
}

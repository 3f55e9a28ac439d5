//! The one typed configuration, with every default.
//!
//! A configuration is the defaults, overlaid by a `dehusk.toml`, overlaid by `--set key=value` and the flags. It is
//! checked once, by [`Config::validate`]; after that no stage looks for a mistake in it again.

mod against;
mod check;
mod guard;
mod keep;
mod meter;
mod overlay;
mod size;
mod spans;

pub use against::{AgainstAction, AgainstConfig, AgainstMode};
pub use check::{CheckAction, CheckConfig, Gate, PerGate, Setting};
pub use guard::{GuardAction, GuardConfig};
pub use keep::KeepRule;
pub use meter::MeterConfig;
pub use overlay::{from_toml, overlay_key, overlay_toml};
pub use size::Size;
pub use spans::SpanDedupConfig;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Everything a run can be told, apart from where its input and output are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How records are read.
    pub input: InputConfig,
    /// How blocks are labelled.
    pub label: LabelConfig,
    /// How duplicates are found and what happens to them.
    pub dedup: DedupConfig,
    /// What goes because a reference has it.
    pub against: AgainstConfig,
    /// How much may go before someone has to look; nothing here changes a byte of the corpus or the decisions.
    pub guard: GuardConfig,
    /// How closely the search for duplicates is looked at; nothing here changes a byte of the corpus or the decisions.
    pub meter: MeterConfig,
    /// What `check` asks of a corpus; no other subcommand looks at it.
    pub check: CheckConfig,
    /// How the machine is used; nothing here changes a byte of the output.
    pub run: RunConfig,
}

/// What kind of records a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum InputFormat {
    /// By the file's extension; standard input by its first bytes.
    #[default]
    Auto,
    /// The whole file is one document.
    Text,
    /// A JSON object a line.
    Jsonl,
    /// A row of comma-separated values, below a header.
    Csv,
    /// A row of tab-separated values, below a header.
    Tsv,
    /// A record of a web archive (WARC, WET).
    Warc,
    /// A row of a Parquet file.
    Parquet,
}

/// `[input]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InputConfig {
    /// The kind of records.
    pub format: InputFormat,
    /// The JSON field with the page's text.
    pub text_field: String,
    /// The JSON field with the record's id; where it is missing, the id is `PATH#RECORD`.
    pub id_field: String,
    /// The JSON field with the page's address.
    pub url_field: String,
    /// A longer record is rejected: it would have to be held in memory whole.
    pub max_record: Size,
    /// A compressed file that unpacks to more than so many times its bytes is refused from there on; 0 is no limit. Text packs to
    /// a tenth, seldom to a fiftieth; what packs a thousandfold is zeros.
    pub max_ratio: u64,
    /// What a file may unpack to whatever its ratio: a small one can do no harm.
    pub unpack_freely: Size,
    /// Stop after this many records; 0 reads all.
    pub limit: u64,
}

impl InputConfig {
    /// `max_record` in memory.
    pub(crate) fn max_record(&self) -> usize {
        usize::try_from(self.max_record.get()).unwrap_or(usize::MAX - 1)
    }
}

impl Default for InputConfig {
    fn default() -> Self {
        Self {
            format: InputFormat::Auto,
            text_field: "text".to_owned(),
            id_field: "id".to_owned(),
            url_field: "url".to_owned(),
            max_record: Size::mebibytes(64),
            max_ratio: 200,
            unpack_freely: Size::mebibytes(1024),
            limit: 0,
        }
    }
}

/// `[label]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabelConfig {
    /// Off: the text is already clean, every block is main text.
    pub enabled: bool,
    /// Blocks that are main text with a smaller probability are removed, from 0 to 1.
    pub min_confidence: f64,
}

impl Default for LabelConfig {
    fn default() -> Self {
        Self { enabled: true, min_confidence: 0.0 }
    }
}

/// How the similarity of two documents is measured, on their sets of shingles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Similarity {
    /// The shingles that both have, as a share of those that either has.
    #[default]
    Jaccard,
    /// The shingles that both have, as a share of those of the document that would go: it may stand inside a longer one.
    Containment,
}

/// `[dedup]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DedupConfig {
    /// Off: nothing is dropped as a duplicate; repetition still informs the labels.
    pub enabled: bool,
    /// What makes two documents similar.
    pub similarity: Similarity,
    /// Similarity of the shingle sets at which a document is a near-duplicate.
    pub threshold: f64,
    /// Words in a shingle.
    pub shingle_words: usize,
    /// Which of several copies stays: the first rule that tells two of them apart decides.
    pub keep: Vec<KeepRule>,
    /// Paragraphs that an earlier kept document has too.
    pub blocks: BlockDedupConfig,
    /// Runs of words, shorter or longer than a paragraph, that a better-ranked kept document has too.
    pub spans: SpanDedupConfig,
}

impl Default for DedupConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            similarity: Similarity::Jaccard,
            threshold: 0.8,
            shingle_words: 5,
            keep: vec![KeepRule::Longest, KeepRule::First],
            blocks: BlockDedupConfig::default(),
            spans: SpanDedupConfig::default(),
        }
    }
}

/// What happens to a paragraph that a kept document of better rank has in its main text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum BlockPolicy {
    /// It is removed, unless nothing else of the document's content would be left.
    #[default]
    Drop,
    /// It stays; the decisions name the other copy.
    Mark,
    /// It is not looked for.
    Off,
}

/// Among which documents a paragraph is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum BlockScope {
    /// All of them.
    #[default]
    Corpus,
    /// Those of the same site, by the host of their addresses; documents without an address are a site of their own.
    Site,
}

/// `[dedup.blocks]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlockDedupConfig {
    /// What happens to a duplicate paragraph.
    pub policy: BlockPolicy,
    /// Shorter paragraphs are never duplicates.
    pub min_words: usize,
    /// Where the other copy may be.
    pub scope: BlockScope,
    /// Paragraphs that differ only in runs of digits are the same.
    pub mask_digits: bool,
    /// Normalised Levenshtein similarity at which paragraphs of at most 256 bytes that share a half are the same, too; at 1
    /// only equal ones are.
    pub similarity: f64,
}

impl Default for BlockDedupConfig {
    fn default() -> Self {
        Self {
            policy: BlockPolicy::Drop,
            min_words: 20,
            scope: BlockScope::Corpus,
            mask_digits: false,
            similarity: 1.0,
        }
    }
}

/// `[run]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunConfig {
    /// Worker threads; 0 takes one per core.
    pub threads: usize,
    /// Memory for all that grows with the corpus. 0: the program takes a quarter of the machine's, the library 1 GiB.
    pub memory: Size,
    /// Seconds of work between two checkpoints of a run that can be resumed. 0: as often as possible.
    pub checkpoint_seconds: u32,
    /// More rejected records than this end the run with exit code 3 (the output is written all the same).
    pub max_rejects: u64,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self { threads: 0, memory: Size::bytes(0), checkpoint_seconds: 20, max_rejects: 0 }
    }
}

impl Config {
    /// Checks what types cannot.
    ///
    /// # Errors
    /// [`Error::Config`] names the key, its value and what it may be.
    pub fn validate(&self) -> Result<()> {
        let wrong = |key: &str, value: &dyn std::fmt::Display, must: &str| {
            Err(Error::Config(format!("{key} = {value}: must be {must}")))
        };
        if !(0.0..=1.0).contains(&self.label.min_confidence) {
            return wrong("label.min_confidence", &self.label.min_confidence, "from 0 to 1");
        }
        if !(self.dedup.threshold > 0.0 && self.dedup.threshold <= 1.0) {
            return wrong("dedup.threshold", &self.dedup.threshold, "above 0 and at most 1");
        }
        if !(1..=64).contains(&self.dedup.shingle_words) {
            return wrong("dedup.shingle_words", &self.dedup.shingle_words, "from 1 to 64");
        }
        if let Some(mistake) = keep::mistake(&self.dedup.keep) {
            return Err(Error::Config(format!("dedup.keep: {mistake}")));
        }
        if self.dedup.blocks.min_words == 0 {
            return wrong("dedup.blocks.min_words", &0, "at least 1");
        }
        let similarity = self.dedup.blocks.similarity;
        if !(similarity > 0.5 && similarity <= 1.0) {
            return wrong("dedup.blocks.similarity", &similarity, "above 0.5 and at most 1");
        }
        let sample = self.meter.sample;
        if sample != 0 && !MeterConfig::SAMPLES.contains(&sample) {
            return wrong("meter.sample", &sample, "0, or from 8 to 1000000");
        }
        if let Some((key, value, must)) = self.against.mistake() {
            return wrong(key, &value, must);
        }
        if self.dedup.spans.min_words < SpanDedupConfig::FEWEST {
            return wrong("dedup.spans.min_words", &self.dedup.spans.min_words, "at least 10");
        }
        if let Some((key, value, must)) = self.check.mistake() {
            return wrong(&key, &value, must);
        }
        for (key, share) in self.guard.shares() {
            if !(0.0..=1.0).contains(&share) {
                return wrong(key, &share, "from 0 to 1, where 1 is no limit");
            }
        }
        if self.run.threads > 1024 {
            return wrong("run.threads", &self.run.threads, "at most 1024");
        }
        if self.run.memory < Size::mebibytes(16) && self.run.memory != Size::bytes(0) {
            return wrong(
                "run.memory",
                &self.run.memory,
                "at least 16MiB, or 0 for a quarter of the machine's",
            );
        }
        let record = self.input.max_record;
        if record < Size::bytes(1024) || record > Size::mebibytes(1024) {
            return wrong("input.max_record", &record, "from 1KiB to 1GiB");
        }
        let InputConfig { text_field, id_field, url_field, .. } = &self.input;
        for (key, field) in [("text_field", text_field), ("id_field", id_field), ("url_field", url_field)] {
            if field.is_empty() {
                return wrong(&format!("input.{key}"), &"\"\"", "the name of a JSON field");
            }
        }
        if text_field == id_field || text_field == url_field || id_field == url_field {
            return Err(Error::Config(format!(
                "input.text_field = {text_field:?}, input.id_field = {id_field:?}, input.url_field = {url_field:?}: \
                 must be three different fields"
            )));
        }
        Ok(())
    }

    /// The whole configuration as TOML, as `dehusk.toml` would hold it.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("the configuration holds only tables, lists, strings and numbers")
    }
}

//! From what was seen on a sample to what a run on all of it will take.
//!
//! Whatever is done a byte or a document is multiplied. What depends on who meets whom is read from how it grows
//! ([`Growth`](super::growth::Growth)). Memory cannot be watched on a sample, where the fixed part of it is nearly all;
//! it is put together from what is held a document, a sorted record and a shingle set.

use serde::Serialize;

use super::growth::{Course, Estimate};
use super::rehearsal::{Rehearsal, Stage};
use super::sample::Sample;
use crate::config::Config;
use crate::pipeline::{SHARED_BYTES, Searched};

/// What a run will take. An estimate by multiplication has bounds by experience: see the constants in `off`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// Documents read, without rejected records.
    pub documents: Estimate,
    /// Records that cannot be used.
    pub rejected: Estimate,
    /// Bytes of all texts.
    pub text_bytes: Estimate,
    /// Words of all main texts.
    pub words: Estimate,
    /// Blocks, which are paragraphs, list items and the like.
    pub blocks: Estimate,
    /// Pairs of documents that meet in a bucket.
    pub candidates: Estimate,
    /// Pairs compared by their shingle sets.
    pub verified: Estimate,
    /// Documents dropped as copies.
    pub duplicates: Estimate,
    /// CPU time of all threads.
    pub cpu_seconds: Estimate,
    /// Time from beginning to end.
    pub wall_seconds: Estimate,
    /// The work folder at its largest, in bytes.
    pub disk_bytes: Estimate,
    /// The corpus, as JSON lines, in bytes.
    pub corpus_bytes: Estimate,
    /// The decisions, as JSON lines, in bytes.
    pub decisions_bytes: Estimate,
    /// The process's memory at its largest, in bytes.
    pub memory_bytes: Estimate,
    /// The same for each stage.
    pub stages: Vec<Stage>,
    /// What makes some of it shaky, in words.
    pub shaky: Vec<String>,
}

/// Bounds of what is multiplied: by what share it is off at the most, as a rule.
mod off {
    /// Bytes and what is made of each.
    pub const COUNTED: f64 = 0.15;
    /// Times: the machine has others to serve, and a sample fits better into its caches.
    pub const TIMED: f64 = 0.35;
    /// Memory, since allocators differ.
    pub const HELD: f64 = 0.35;
}

/// Memory of a process that has nothing to do yet.
const IDLE_BYTES: f64 = 12e6;

/// Memory of what is worked on, a thread: four batches of half a MiB as they were read, and what was made of each.
const THREAD_BYTES: f64 = 5e6;

/// The models, and the signals of the page that is being labelled.
const LABEL_BYTES: f64 = 12e6;

/// Memory that is held of each document, whatever is done.
const DOCUMENT_BYTES: f64 = 16.0;

/// A record takes that many times as much memory as disk, where it is aligned to words.
const ALIGNED: f64 = 1.3;

/// A shingle set takes that many times as much memory as its shingles: room in its list, and its place in a map.
const SLACK: f64 = 1.15;

/// Records of the sample below which it says little.
const FEW_RECORDS: u64 = 500;

impl Forecast {
    /// From a rehearsal on a sample. `unpack` is what drawing the sample took, of which the run will do as much in each of
    /// its sweeps where the input is compressed.
    pub(super) fn of(sample: &Sample, seen: &Rehearsal, config: &Config, unpack: Stage) -> Self {
        let summary = &seen.summary;
        let scale = sample.all_records / sample.records.max(1) as f64;
        let by_bytes = sample.scale();
        let is_whole = sample.share >= 1.0;
        let counted = |count: u64, scale: f64| {
            if is_whole {
                Estimate::exact(count as f64)
            } else {
                Estimate::within(count as f64 * scale, off::COUNTED)
            }
        };
        let grown = |count: fn(&Searched) -> u64| seen.growth(count).in_all(scale, Course::Steep);
        let documents = counted(summary.read(), scale);
        let duplicates = grown(|found| found.dropped).at_most(documents.likely);
        let sets = grown(|found| found.set_bytes);
        let verified = grown(|found| found.search.verified);

        // Comparing costs what making the sets does; of the rest of the search little is left.
        let set_scale =
            if seen.whole.set_bytes == 0 { scale } else { sets.likely / seen.whole.set_bytes as f64 };
        let mut stages: Vec<Stage> = seen.stages.clone();
        for stage in &mut stages {
            let by = if stage.name == "dedup" { set_scale } else { by_bytes };
            stage.cpu_seconds *= by;
            stage.wall_seconds *= by;
            if sample.is_packed && ["survey", "label"].contains(&stage.name) {
                stage.cpu_seconds += unpack.cpu_seconds;
                stage.wall_seconds = stage.wall_seconds.max(unpack.wall_seconds);
            }
        }
        let [cpu, wall] = [|stage: &Stage| stage.cpu_seconds, |stage: &Stage| stage.wall_seconds]
            .map(|time| stages.iter().map(time).sum::<f64>());

        // A run so short that it makes no checkpoint keeps in memory what it sorts.
        let checkpoint = f64::from(config.run.checkpoint_seconds) / 10.0;
        let is_short =
            stages.iter().filter(|stage| stage.name != "write").all(|stage| stage.wall_seconds < checkpoint);
        let memory = config.run.memory.get() as f64;
        let sorted = seen.sorted as f64 * by_bytes * ALIGNED;
        let fits = sorted < memory / 2.0;
        let disk = if is_short && fits { seen.unsorted } else { seen.disk };

        let shared = grown(|found| found.shared).likely * SHARED_BYTES as f64;
        let searching = shared.min(memory / 4.0) + (sets.likely * SLACK).min(memory / 8.0);
        let fixed = IDLE_BYTES + THREAD_BYTES * config.run.threads.max(1) as f64;
        let labelling = if config.label.enabled { LABEL_BYTES } else { 0.0 };
        // What a sweep sorts goes to disk with each checkpoint.
        let sweep = stages.first().map_or(0.0, |stage| stage.wall_seconds);
        let between = (f64::from(config.run.checkpoint_seconds) / sweep.max(f64::EPSILON)).min(1.0);
        let held = (sorted * between).min(memory * 0.75).max(searching);
        let memory_bytes = fixed + labelling + DOCUMENT_BYTES * documents.likely + held;

        let kept = |count: f64, of: f64| 1.0 - (count / of.max(1.0)).min(1.0);
        let still_kept = kept(duplicates.likely, documents.likely)
            / kept(seen.whole.dropped as f64, summary.read() as f64).max(f64::EPSILON);
        let mut forecast = Self {
            documents,
            rejected: counted(seen.rejected, scale).plus(sample.unreadable as f64),
            text_bytes: counted(summary.source_bytes(), by_bytes),
            words: counted(seen.whole.words, by_bytes),
            blocks: counted(summary.blocks(), by_bytes),
            candidates: seen.growth(|found| found.search.candidates).in_all(scale, Course::Level),
            verified,
            duplicates,
            cpu_seconds: Estimate::within(cpu, off::TIMED),
            wall_seconds: Estimate::within(wall, off::TIMED),
            disk_bytes: counted(disk, by_bytes),
            corpus_bytes: counted(seen.corpus_bytes, by_bytes).times(still_kept),
            decisions_bytes: counted(seen.decisions_bytes, by_bytes),
            memory_bytes: Estimate::within(memory_bytes, off::HELD),
            stages,
            shaky: Vec::new(),
        };
        forecast.shaky = forecast.doubts(sample, seen);
        forecast
    }

    fn doubts(&self, sample: &Sample, seen: &Rehearsal) -> Vec<String> {
        let mut doubts = Vec::new();
        if sample.unreadable > 0 {
            doubts.push(format!("{} files or records could not be read", sample.unreadable));
        }
        if sample.share >= 1.0 {
            return doubts;
        }
        if sample.records < FEW_RECORDS {
            doubts.push(format!("the sample holds only {} records", sample.records));
        }
        let grown = [
            ("candidates", self.candidates),
            ("pairs compared", self.verified),
            ("duplicates", self.duplicates),
        ];
        let shaky: Vec<&str> =
            grown.iter().filter(|(_, estimate)| estimate.is_shaky()).map(|(name, _)| *name).collect();
        if !shaky.is_empty() {
            let names = shaky.join(", ");
            doubts.push(format!("it is open how these grow: {names}"));
        }
        let total: f64 = seen.stages.iter().map(|stage| stage.cpu_seconds).sum();
        if total < SHORT_SECONDS {
            doubts.push("times were taken on less than a fifth of a second of work".to_owned());
        }
        doubts
    }
}

/// Work in a sample below which its time says little.
const SHORT_SECONDS: f64 = 0.2;

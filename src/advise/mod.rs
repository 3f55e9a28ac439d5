//! What a run would cost, before it is made.
//!
//! Without an input, from the threshold alone: how candidates are found, and how probably ([`Finding`]). With one, from a
//! sample of it ([`Sample`]): the real run is made on the sample, and what was seen is multiplied, each thing in its own way
//! (`forecast`). Nothing of the input is changed, and nothing is left behind.
//!
//! When it is wrong: what is seldom is seldom in a sample. One family of a thousand copies among a hundred million pages,
//! or one record of a gigabyte, is most likely not in it. The [`Forecast`] says what makes it shaky as far as that shows.

mod banding;
mod forecast;
mod growth;
mod rehearsal;
mod sample;
mod table;

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde::Serialize;

pub use banding::{Finding, Point};
pub use forecast::Forecast;
pub use growth::{Course, Estimate, Growth};
pub use rehearsal::{CpuClock, Stage};
pub use sample::{Sample, Wanted, draw};

use crate::config::Config;
use crate::error::Result;
use crate::read::Input;
use rehearsal::rehearse;

/// Version of the format of [`Advice`]. It grows when a key changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// What there is to say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Advice {
    version: u32,
    /// How candidates are found.
    pub finding: Finding,
    /// The same at other thresholds.
    pub alternatives: Vec<Finding>,
    /// What a run on the input will take, if there is one.
    pub run: Option<Run>,
}

/// What a run will take, and how that is known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// The sample.
    pub sample: Sampled,
    /// What follows from it.
    pub forecast: Forecast,
}

/// What the sample was.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Sampled {
    /// Records in it.
    pub records: u64,
    /// Their bytes, unpacked.
    pub bytes: u64,
    /// With what probability each record is in it.
    pub share: f64,
    /// Records of the whole input.
    pub all_records: f64,
    /// Their bytes, unpacked.
    pub all_bytes: u64,
    /// Whether all records were counted, and not only estimated.
    pub is_counted: bool,
    /// Threads that it was run on.
    pub threads: usize,
    /// Memory that the run is to have, in bytes.
    pub memory: u64,
}

impl Advice {
    /// From the configuration alone.
    #[must_use]
    pub fn without_input(config: &Config) -> Self {
        let dedup = &config.dedup;
        Self {
            version: VERSION,
            finding: Finding::of(dedup),
            alternatives: Finding::alternatives(dedup),
            run: None,
        }
    }

    /// From a sample of `inputs`, run with the threads and for the memory of `config`, which must both be given. `folder`
    /// takes the sample and scratch files; `cpu` tells the time that the process has used.
    ///
    /// # Errors
    /// Whatever ends a run.
    pub fn on(
        inputs: &[Input],
        config: &Config,
        wanted: Wanted,
        folder: &Path,
        cpu: CpuClock<'_>,
        stop: &AtomicBool,
    ) -> Result<Self> {
        let (cpu_before, begun) = (cpu(), Instant::now());
        let sample = draw(inputs, &config.input, wanted, folder, stop)?;
        let cpu_seconds = cpu().saturating_sub(cpu_before).as_secs_f64();
        let drawing = Stage { name: "draw", cpu_seconds, wall_seconds: begun.elapsed().as_secs_f64() };
        let seen = rehearse(&sample, config, folder, cpu, stop)?;
        let forecast = Forecast::of(&sample, &seen, config, drawing);
        let Sample { records, bytes, share, all_records, all_bytes, is_counted, .. } = sample;
        let (threads, memory) = (config.run.threads, config.run.memory.get());
        let sample = Sampled { records, bytes, share, all_records, all_bytes, is_counted, threads, memory };
        Ok(Self { run: Some(Run { sample, forecast }), ..Self::without_input(config) })
    }

    /// As a JSON object, indented, with a line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("advice holds only names and numbers");
        json.push('\n');
        json
    }

    /// For people: plain text, at most 80 columns wide, each line with its end.
    #[must_use]
    pub fn table(&self) -> String {
        table::of(self)
    }
}

#[cfg(test)]
mod tests;

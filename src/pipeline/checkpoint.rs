//! Where a run is, so that another process can go on from there.
//!
//! Each sweep has a state: how far it has read, and how far its files are written. A checkpoint is the state of the sweep
//! that is going on, together with what tells this run from another: its configuration and its inputs.
//!
//! When it is wrong: inputs are known by their size and the time of their last change, so one that is changed in place
//! with both left alone goes unnoticed here. The hashes of the texts find it, where the input is read twice.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::index::Known;
use super::sort::Runs;
use super::{Job, decide, drafts, survey};
use crate::config::{CheckConfig, Config, GuardConfig, MeterConfig, RunConfig};
use crate::error::{Error, Result};
use crate::read::{Input, STANDARD_INPUT};

/// The end of a sweep is worth a checkpoint after a tenth of the time between two: less is soon done again.
const AT_AN_END: u32 = 10;

/// The sweep that goes on, and how far it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Stage {
    /// Blocks are counted.
    Survey(survey::State),
    /// Documents are labelled, or done and waiting for the duplicates.
    Drafts(drafts::State),
    /// All is decided and only to be written.
    Decided(decide::State),
}

impl Stage {
    fn runs(&self) -> Vec<String> {
        match self {
            Self::Survey(state) => state.runs().flat_map(Runs::files).collect(),
            Self::Drafts(state) => state.runs().flat_map(Runs::files).collect(),
            Self::Decided(state) => state.runs().flat_map(Runs::files).collect(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Checkpoint {
    configuration: String,
    inputs: String,
    known: String,
    stage: Stage,
}

/// When a checkpoint may be due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// In the middle of a sweep.
    Within,
    /// At its end.
    End,
}

impl Job<'_> {
    /// Whether so much was done since the last checkpoint that another is worth its cost.
    pub(super) fn is_checkpoint_due(&self, moment: Moment) -> bool {
        let asked = Duration::from_secs(u64::from(self.config.run.checkpoint_seconds));
        let enough = if moment == Moment::End { asked / AT_AN_END } else { asked };
        self.can_resume() && self.work.since_checkpoint() >= enough
    }

    /// Whether another process can go on with the run. Standard input is read once, also where its folder stays.
    fn can_resume(&self) -> bool {
        self.work.is_resumable() && self.inputs.iter().all(|input| &*input.path != STANDARD_INPUT)
    }

    /// Puts a stage down. All that its state speaks of must be on disk.
    pub(super) fn save(&self, stage: Stage) -> Result<()> {
        let runs = stage.runs();
        let (inputs, known) = (self.inputs_now(), self.known_now());
        let checkpoint = Checkpoint { configuration: self.configuration(), inputs, known, stage };
        self.work.save(&checkpoint, runs.into_iter())
    }

    /// The stage at which an interrupted run was put down, if there is one. What came after it is removed.
    pub(super) fn resumed(&self) -> Result<Option<Stage>> {
        // Before anything is read: what is read later must be what was there now.
        let now = self.inputs_now();
        let Some(Checkpoint { configuration, inputs, known, stage }) = self.work.load()? else {
            return Ok(None);
        };
        let refuse = |what: &str| {
            let path = self.work.path().to_owned();
            let message = format!("{what}; run without --resume to start over");
            Err(Error::Work { path, message })
        };
        if configuration != self.configuration() {
            return refuse("was left by a run with another configuration or another version of the program");
        }
        if inputs != now {
            return refuse("was left by a run over other inputs, or they have changed since");
        }
        if known != self.known_now() {
            return refuse("was left by a run with another index or reference, or it has changed since");
        }
        self.work.remove_runs_but(&stage.runs().into_iter().collect())?;
        match &stage {
            Stage::Survey(state) => self.progress.resumed("survey", state.records()),
            Stage::Drafts(state) => self.progress.resumed("label", state.records()),
            Stage::Decided(state) => self.progress.resumed("write", state.records),
        }
        Ok(Some(stage))
    }

    /// All of the configuration that makes a difference to what is decided, and the program's version. Guards do not: a run
    /// that one has stopped goes on with another. Nor does the meter.
    fn configuration(&self) -> String {
        let (run, guard, meter) = (RunConfig::default(), GuardConfig::default(), MeterConfig::default());
        let config = Config { run, guard, meter, check: CheckConfig::default(), ..self.config.clone() };
        hash(&(env!("CARGO_PKG_VERSION"), config.to_toml()))
    }

    /// What the inputs were when this was first asked.
    fn inputs_now(&self) -> String {
        self.work.inputs(|| identity(&self.inputs))
    }

    /// What the run is held against.
    fn known_now(&self) -> String {
        let known = self.known.as_deref().map_or("", Known::identity);
        format!("{known}{}", if self.against.is_empty() { String::new() } else { identity(&self.against) })
    }
}

/// What inputs are, as far as that can be told without reading them.
pub(super) fn identity(inputs: &[Input]) -> String {
    let changed = |input: &Input| {
        let changed = input.file.metadata().and_then(|found| found.modified()).ok()?;
        Some(changed.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_nanos())
    };
    let inputs: Vec<_> = inputs
        .iter()
        .map(|input| (&*input.path, &input.id, input.bytes, format!("{:?}", input.kind), changed(input)))
        .collect();
    hash(&inputs)
}

fn hash(value: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(value).expect("names and numbers");
    format!("{:032x}", xxh3_128(&bytes))
}

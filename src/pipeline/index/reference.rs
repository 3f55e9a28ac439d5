//! A reference: documents that belong to nobody's output, and that the run's documents go for.
//!
//! It is read like a corpus of its own, by the same configuration: labelled by its own repetition, so that pages are
//! compared by their main text and the labels of the run are as without it. Of documents with equal sets of shingles one is
//! enough, since whoever resembles one of them resembles all alike. Everything else stays, also what resembles each other:
//! what is like any of it goes.

use std::sync::Arc;

use super::builder::LayerBuilder;
use super::known::Known;
use super::layer::Layer;
use crate::config::{AgainstConfig, BlockPolicy, GuardAction, KeepRule, Similarity};
use crate::error::Result;
use crate::pipeline::{Job, Outputs, decide, emit};
use crate::read::{Input, Reject};

/// Adds the documents of `inputs` to what is known to `job`, in whose work folder they are put. Each record that cannot be
/// used is handed to `reject`.
///
/// # Errors
/// Whatever ends a run.
pub fn reference(
    job: &Job<'_>,
    known: &mut Known,
    inputs: Arc<[Input]>,
    reject: impl FnMut(&Reject) -> Result<()>,
) -> Result<()> {
    let mut config = job.config.clone();
    config.input.limit = 0;
    config.against = AgainstConfig::default();
    if job.config.against.text_fields != config.against.text_fields {
        config.input.text_field.clone_from(&job.config.against.text_fields[0]);
    }
    config.dedup.similarity = Similarity::Jaccard;
    config.dedup.threshold = 1.0;
    config.dedup.keep = vec![KeepRule::First];
    config.dedup.blocks.policy = BlockPolicy::Off;
    config.guard.action = GuardAction::Off;
    let work = job.work.nested("reference")?;
    let mut sub = Job::new(inputs, &config, &work, job.progress, job.stop);
    sub.is_reference = true;
    let decided = decide(&sub, reject)?;
    let (first, ranked) = (known.documents(), known.ranked());
    let folder = job.work.file("known-reference");
    let builder = LayerBuilder::create(&sub, job.config, &folder, (first, ranked), decided.store.records())?;
    let mut outputs = Outputs { layer: Some(builder), ..Outputs::default() };
    emit(&sub, decided, &mut outputs)?;
    if let Some(builder) = outputs.layer {
        let layer = builder.finish()?;
        known.add_reference(Layer::open(&folder, layer.sizes)?, layer.ranked - ranked);
    }
    Ok(())
}

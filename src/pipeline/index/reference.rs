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
use crate::config::{BlockPolicy, Config, GuardAction, KeepRule, Similarity};
use crate::error::{Error, Result};
use crate::pipeline::checkpoint::identity;
use crate::pipeline::{Job, Outputs, decide, emit};
use crate::read::{Input, Reject};

/// Adds the documents of `inputs` to what is known to `job`, in whose work folder they are put. Each record that cannot be
/// used is handed to `reject`.
///
/// # Errors
/// Whatever ends a run, and [`Error::Input`] where no record of the reference has any main text.
pub fn reference(
    job: &Job<'_>,
    known: &mut Known,
    inputs: Arc<[Input]>,
    reject: impl FnMut(&Reject) -> Result<()>,
) -> Result<()> {
    let own = Config::default();
    let mut config = Config { against: own.against, meter: own.meter, ..job.config.clone() };
    config.input.limit = 0;
    if let [field, ..] = &job.config.against.text_fields[..] {
        config.input.text_field.clone_from(field);
    }
    if !job.config.against.id_field.is_empty() {
        config.input.id_field.clone_from(&job.config.against.id_field);
    }
    config.dedup.similarity = Similarity::Jaccard;
    config.dedup.threshold = 1.0;
    config.dedup.keep = vec![KeepRule::First];
    config.dedup.blocks.policy = BlockPolicy::Off;
    config.dedup.spans = own.dedup.spans;
    config.guard.action = GuardAction::Off;
    let work = job.work.nested("reference")?;
    let identity = identity(&inputs);
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
        if layer.sizes.documents == 0 {
            let message = "the reference holds no document that anything could be compared with".to_owned();
            let path = sub.inputs.first().map_or_else(String::new, |input| input.path.to_string());
            return Err(Error::Input { path, message });
        }
        known.add_reference(Layer::open(&folder, layer.sizes)?, layer.ranked - ranked, &identity);
    }
    Ok(())
}

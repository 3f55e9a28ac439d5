//! Why a block has its label: the features that spoke most for it and against it.
//!
//! What a feature contributes is what it adds to the label's score over the score of the strongest label on the
//! other side of the page: for kept text the strongest reason to remove it, and the other way round.

use super::decode;
use super::features::Feature;
use super::model::{Model, Zone};
use crate::document::{Block, Document, Label, Repetition};

/// The grounds for one block's label.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The part of the page the block was found in.
    pub zone: Zone,
    /// The label.
    pub label: Label,
    /// The strongest label of another side, which the contributions are measured against.
    pub rival: Label,
    /// Features that hold, with what each adds over the rival, in nats; the strongest first.
    pub contributions: Vec<(Feature, f32)>,
}

/// The evidence for every block of a document, as [`super::label`] would label it.
#[must_use]
pub fn explain(document: &Document, blocks: &[Block], repetition: &[Repetition]) -> Vec<Evidence> {
    let model = Model::built_in();
    let observed = super::Observed::of(&document.text, blocks, repetition);
    let opinions = super::Reader::built_in().read(&observed.view(&[]));
    let features = observed.features(&opinions.second);
    let decoded = decode::decode(model, &features);
    features
        .iter()
        .zip(decoded)
        .map(|(features, found)| {
            let (rival_zone, rival) = decode::rival(&model.scores(*features), found.label);
            let mut contributions: Vec<(Feature, f32)> = features
                .iter()
                .map(|f| (f, model.weight(f, found.zone, found.label) - model.weight(f, rival_zone, rival)))
                // What holds for any block is how common the label is, and tells nothing about this one.
                .filter(|(feature, weight)| *feature != Feature::Always && *weight != 0.0)
                .collect();
            contributions.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
            Evidence { zone: found.zone, label: found.label, rival, contributions }
        })
        .collect()
}

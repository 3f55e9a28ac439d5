//! Why a block has its side of the page and its label: what spoke most for them and against them.
//!
//! What a feature contributes is what it adds to the label's score over the score of the strongest label on the
//! other side of the page: for kept text the strongest reason to remove it, and the other way round. The side itself is
//! decided by the reader's probability, and what speaks for that is told by the kinds of its signals: how much it would
//! change if those signals were as on an ordinary block. Signals say the same thing twice, so these shares do not add up.

use super::Judged;
use super::decode;
use super::features::Feature;
use super::model::{Model, Zone};
use super::reader::{Group, Reader};
use crate::config::LabelConfig;
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
    /// The reader's opinion, as the probability that the block is main text.
    pub probability: f32,
    /// What this page asks of a block to be main text; see `sides`.
    pub asked: f64,
    /// What speaks for that opinion: what each kind of signal adds over an ordinary block's, in nats; the strongest
    /// first.
    pub reasons: Vec<(Group, f32)>,
}

/// The evidence for every block of a document, as [`super::label`] would label it.
#[must_use]
pub fn explain(
    document: &Document,
    blocks: &[Block],
    repetition: &[Repetition],
    config: &LabelConfig,
) -> Vec<Evidence> {
    let model = Model::built_in();
    let Judged { observed, opinions, probabilities, asked, decoded } =
        Judged::of(&document.text, blocks, repetition, config);
    let reasons = Reader::built_in().reasons(&observed.view(), &opinions);
    (observed.features.iter().zip(decoded).zip(probabilities).zip(reasons))
        .map(|(((features, found), probability), mut reasons)| {
            let (rival_zone, rival) = decode::rival(&model.scores(*features), found.label);
            let mut contributions: Vec<(Feature, f32)> = features
                .iter()
                .map(|f| (f, model.weight(f, found.zone, found.label) - model.weight(f, rival_zone, rival)))
                // What holds for any block is how common the label is, and tells nothing about this one.
                .filter(|(feature, weight)| *feature != Feature::Always && *weight != 0.0)
                .collect();
            contributions.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
            reasons.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
            Evidence {
                zone: found.zone,
                label: found.label,
                rival,
                contributions,
                probability,
                asked,
                reasons,
            }
        })
        .collect()
}

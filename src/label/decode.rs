//! From scores to labels: the zones of the whole page first, then each block's label inside its zone.
//!
//! The sequence of zones is the most probable one (Viterbi), with each block's labels summed up. A block's confidence
//! is that it is rightly in the text, or rightly not: the marginal probability over all sequences (forward–backward)
//! that it is main text, corrected by a curve measured on sites that no model had seen (`calibration` in the weights).
//! A page has one title, so of several blocks that would be it the most probable one stays.

use std::collections::HashMap;

use super::features::Features;
use super::model::{Model, Scores, ZONES, Zone};
use crate::document::{Label, Side};

/// What a block was found to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decoded {
    pub zone: Zone,
    pub label: Label,
    /// Probability that the block is main text, or that it is not, as the label says.
    pub confidence: f32,
}

/// Labels a document. Takes time linear in its blocks.
pub(super) fn decode(model: &Model, features: &[Features]) -> Vec<Decoded> {
    let (mut scores, mut emissions) = (Vec::<Scores>::new(), Vec::<[f32; ZONES]>::new());
    // Lines of a menu or a list are alike, and scoring costs more than looking up.
    let mut first_alike = HashMap::new();
    for (i, &features) in features.iter().enumerate() {
        let alike = *first_alike.entry(features).or_insert(i);
        let known = scores.get(alike).map(|scores| (*scores, emissions[alike]));
        let (score, emission) = known.unwrap_or_else(|| {
            let scores = model.scores(features);
            (scores, Zone::ALL.map(|zone| log_sum(&scores, zone)))
        });
        scores.push(score);
        emissions.push(emission);
    }
    let marginals = zone_marginals(model, &emissions);
    let mut decoded: Vec<Decoded> = best_zones(model, &emissions)
        .into_iter()
        .enumerate()
        .map(|(i, zone)| {
            let label = best_label(&scores[i], zone, |_| true);
            let main = probability(&scores[i], &emissions[i], &marginals[i], |l| l.side() == Side::Main);
            let main = model.calibrated(main);
            let confidence = if label.side() == Side::Main { main } else { 1.0 - main };
            Decoded { zone, label, confidence }
        })
        .collect();
    let is_title =
        |i: usize| probability(&scores[i], &emissions[i], &marginals[i], |l| l == Label::Title);
    let title = (0..decoded.len())
        .filter(|&i| decoded[i].label == Label::Title)
        .max_by(|&a, &b| is_title(a).total_cmp(&is_title(b)).then(b.cmp(&a)));
    for i in 0..decoded.len() {
        if decoded[i].label == Label::Title && Some(i) != title {
            let label = best_label(&scores[i], decoded[i].zone, |l| l != Label::Title);
            if label.side() == Side::Main {
                decoded[i].confidence = 1.0 - decoded[i].confidence;
            }
            decoded[i].label = label;
        }
    }
    decoded
}

/// The strongest label, and its zone, of another side of the page than `label`.
pub(super) fn rival(scores: &Scores, label: Label) -> (Zone, Label) {
    let all = Zone::ALL.into_iter().flat_map(|z| z.labels().iter().map(move |l| (z, *l)));
    all.filter(|(_, l)| l.side() != label.side())
        .reduce(|a, b| if scores.of(b.0, b.1) > scores.of(a.0, a.1) { b } else { a })
        .expect("there are labels of every side")
}

fn best_label(scores: &Scores, zone: Zone, allowed: impl Fn(Label) -> bool) -> Label {
    let labels = zone.labels().iter().copied().filter(|l| allowed(*l));
    // The first of equals, so that the order of the labels in the zone decides.
    labels
        .reduce(|a, b| if scores.of(zone, b) > scores.of(zone, a) { b } else { a })
        .expect("every zone has several labels")
}

/// The marginal probability that the block has one of the labels.
fn probability(
    scores: &Scores,
    emissions: &[f32; ZONES],
    marginals: &[f32; ZONES],
    wanted: impl Fn(Label) -> bool,
) -> f32 {
    let inside = |z: &Zone| {
        let labels = z.labels().iter().filter(|l| wanted(**l));
        labels.map(|l| (scores.of(*z, *l) - emissions[*z as usize]).exp()).sum::<f32>()
    };
    Zone::ALL.iter().map(|z| marginals[*z as usize] * inside(z)).sum::<f32>().min(1.0)
}

fn log_sum(scores: &Scores, zone: Zone) -> f32 {
    let max = zone.labels().iter().map(|l| scores.of(zone, *l)).fold(f32::NEG_INFINITY, f32::max);
    max + zone.labels().iter().map(|l| (scores.of(zone, *l) - max).exp()).sum::<f32>().ln()
}

fn best_zones(model: &Model, emissions: &[[f32; ZONES]]) -> Vec<Zone> {
    let Some(first) = emissions.first() else { return Vec::new() };
    let mut score: [f32; ZONES] = std::array::from_fn(|z| model.start[z] + first[z]);
    let mut back: Vec<[u8; ZONES]> = Vec::with_capacity(emissions.len());
    for emission in &emissions[1..] {
        let mut from = [0u8; ZONES];
        let mut next = [0.0; ZONES];
        for to in 0..ZONES {
            let arrive = |z: usize| score[z] + model.step[z][to];
            let best = (1..ZONES).fold(0, |best, z| if arrive(z) > arrive(best) { z } else { best });
            from[to] = best as u8;
            next[to] = arrive(best) + emission[to];
        }
        back.push(from);
        score = next;
    }
    let last = |z: usize| score[z] + model.end[z];
    let mut at = (1..ZONES).fold(0, |best, z| if last(z) > last(best) { z } else { best });
    let mut zones = vec![Zone::ALL[at]];
    for from in back.iter().rev() {
        at = usize::from(from[at]);
        zones.push(Zone::ALL[at]);
    }
    zones.reverse();
    zones
}

/// The probability of each zone at each block. Works on probabilities scaled to one at every step, so that no page is
/// long enough to underflow.
fn zone_marginals(model: &Model, emissions: &[[f32; ZONES]]) -> Vec<[f32; ZONES]> {
    let step: [[f32; ZONES]; ZONES] = model.step.map(|row| row.map(f32::exp));
    let evidence: Vec<[f32; ZONES]> = emissions
        .iter()
        .map(|e| {
            let max = e.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            e.map(|x| (x - max).exp())
        })
        .collect();
    let scaled = |mut p: [f32; ZONES]| {
        let sum: f32 = p.iter().sum();
        p.iter_mut().for_each(|x| *x /= sum);
        p
    };
    let mut forward: Vec<[f32; ZONES]> = Vec::with_capacity(evidence.len());
    for (i, e) in evidence.iter().enumerate() {
        let prior: [f32; ZONES] = match i.checked_sub(1).map(|j| forward[j]) {
            None => model.start.map(f32::exp),
            Some(before) => std::array::from_fn(|to| (0..ZONES).map(|z| before[z] * step[z][to]).sum()),
        };
        forward.push(scaled(std::array::from_fn(|z| prior[z] * e[z])));
    }
    let mut backward = scaled(model.end.map(f32::exp));
    for i in (0..evidence.len()).rev() {
        let here = backward;
        let e = &evidence[i];
        forward[i] = scaled(std::array::from_fn(|z| forward[i][z] * here[z]));
        backward =
            scaled(std::array::from_fn(|from| (0..ZONES).map(|z| step[from][z] * e[z] * here[z]).sum()));
    }
    forward
}

//! From scores to labels.
//!
//! Two passes over the zone model. The first, [`survey`], knows the features alone: the probability of each zone at each
//! block over all sequences (forward–backward), which the reader takes as signals among others. The second, [`decode`],
//! knows which blocks are main text, and finds the most probable sequence of zones that agrees with it (Viterbi), and in
//! it each block's label. Side and label come from different models because each is better at its task: the reader
//! weighs the whole page, the zone model knows what furniture is called.
//!
//! A page has one title, so of several blocks that would be it the one with the highest score stays.

use std::collections::HashMap;
use std::hash::Hash;

use super::features::Features;
use super::model::{Model, Scores, Surveyed, ZONES, Zone};
use crate::document::{Label, Side};

/// What a block was found to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decoded {
    pub zone: Zone,
    pub label: Label,
}

/// The score of a zone in which a block cannot be, in nats.
const RULED_OUT: f32 = -1e4;

/// The probability of each zone at each block, and that it is main text, by the features alone. Takes time linear in
/// the blocks.
pub(super) fn survey(model: &Model, features: &[Features]) -> Vec<Surveyed> {
    let (emissions, main): (Vec<[f32; ZONES]>, Vec<f32>) = alike(features.iter().copied(), |features| {
        let scores = model.scores(features);
        let all = Zone::ALL.map(|zone| log_sum(&scores, zone, |_| true));
        let main = log_sum(&scores, Zone::Main, |label| label.side() == Side::Main);
        (all, (main - all[Zone::Main as usize]).exp())
    })
    .into_iter()
    .unzip();
    zone_marginals(model, &emissions)
        .into_iter()
        .zip(main)
        .map(|(zones, main)| Surveyed { zones, main: zones[Zone::Main as usize] * main })
        .collect()
}

/// Labels a document, given which blocks are main text. Takes time linear in its blocks.
pub(super) fn decode(model: &Model, features: &[Features], main: &[bool]) -> Vec<Decoded> {
    let sides = features.iter().copied().zip(main.iter().copied());
    let (scores, emissions): (Vec<Scores>, Vec<[f32; ZONES]>) = alike(sides, |(features, main)| {
        let scores = model.scores(features);
        (scores, Zone::ALL.map(|zone| log_sum(&scores, zone, |label| fits(label, main))))
    })
    .into_iter()
    .unzip();
    let mut decoded: Vec<Decoded> = best_zones(model, &emissions)
        .into_iter()
        .enumerate()
        .map(|(i, zone)| Decoded { zone, label: best_label(&scores[i], zone, |l| fits(l, main[i])) })
        .collect();
    let is_title = |d: &Decoded| d.label == Label::Title;
    let score = |i: usize, d: &Decoded| {
        scores[i].of(d.zone, Label::Title) - log_sum(&scores[i], d.zone, |label| label != Label::Title)
    };
    let title = (0..decoded.len())
        .filter(|&i| is_title(&decoded[i]))
        .max_by(|&a, &b| score(a, &decoded[a]).total_cmp(&score(b, &decoded[b])).then(b.cmp(&a)));
    for i in (0..decoded.len()).filter(|&i| Some(i) != title) {
        if is_title(&decoded[i]) {
            let zone = decoded[i].zone;
            decoded[i].label = best_label(&scores[i], zone, |l| l != Label::Title && fits(l, main[i]));
        }
    }
    decoded
}

/// Whether a block on this side of the page may have the label. A title, date or byline is lifted from either: what
/// people mark as main text holds them on some pages.
fn fits(label: Label, main: bool) -> bool {
    match label.side() {
        Side::Main => main,
        Side::Boilerplate => !main,
        Side::Lifted => true,
    }
}

/// What `of` makes of each key. Lines of a menu or a list are alike, and scoring costs more than looking up.
fn alike<K: Copy + Eq + Hash, T: Copy>(keys: impl Iterator<Item = K>, of: impl Fn(K) -> T) -> Vec<T> {
    let mut first_alike = HashMap::new();
    let mut made: Vec<T> = Vec::new();
    for (i, key) in keys.enumerate() {
        let first = *first_alike.entry(key).or_insert(i);
        made.push(made.get(first).copied().unwrap_or_else(|| of(key)));
    }
    made
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
    labels.reduce(|a, b| if scores.of(zone, b) > scores.of(zone, a) { b } else { a }).unwrap_or(Label::Other)
}

/// The logarithm of the sum over the labels of a zone that are allowed.
fn log_sum(scores: &Scores, zone: Zone, allowed: impl Fn(Label) -> bool) -> f32 {
    let labels = || zone.labels().iter().filter(|l| allowed(**l));
    let max = labels().map(|l| scores.of(zone, *l)).fold(f32::NEG_INFINITY, f32::max);
    if max == f32::NEG_INFINITY {
        return RULED_OUT;
    }
    max + labels().map(|l| (scores.of(zone, *l) - max).exp()).sum::<f32>().ln()
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

//! From scores to labels.
//!
//! Two passes over the zone model. The first, [`survey`], knows the features alone: the probability of each zone at each
//! block over all sequences (forward–backward), which the reader takes as signals among others. The second, [`decode`],
//! knows which blocks are main text, and finds the most probable sequence of zones that agrees with it (Viterbi), and in
//! it each block's label. Side and label come from different models because each is better at its task: the reader
//! weighs the whole page, the zone model knows what furniture is called.
//!
//! A page has one title, so of several blocks that would be it the one with the highest score stays.

use std::cell::RefCell;

use super::features::{FeatureMap, Features};
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

/// What the model makes of a set of features.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    scores: Scores,
    /// How probable each zone is by the features alone, against the likeliest one; and in the article main text.
    zones: [f32; ZONES],
    main: f32,
    /// The score of each zone if a block is furniture, and if it is main text.
    sides: [[f32; ZONES]; 2],
}

impl Kind {
    fn of(model: &Model, features: Features) -> Self {
        let scores = model.scores(features);
        let all = Zone::ALL.map(|zone| log_sum(&scores, zone, |_| true));
        let main = log_sum(&scores, Zone::Main, |label| label.side() == Side::Main);
        let most = all.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let side = |main| Zone::ALL.map(|zone| log_sum(&scores, zone, |label| fits(label, main)));
        Self {
            scores,
            zones: all.map(|x| (x - most).exp()),
            main: (main - all[Zone::Main as usize]).exp(),
            sides: [side(false), side(true)],
        }
    }
}

/// The different sets of features of a page, and which of them each block has. Lines of a menu or a list are alike, and
/// scoring costs more than looking up.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    kinds: Vec<Kind>,
    of: Vec<usize>,
}

thread_local! {
    /// The latest sets of features and what the built-in model makes of them: most sets of a page were on the pages
    /// before it.
    static LATEST: RefCell<Vec<Option<(Features, Kind)>>> = RefCell::new(vec![None; REMEMBERED]);
}

/// Sets of features that a thread remembers, some hundred bytes each.
const REMEMBERED: usize = 1 << 11;

impl Kinds {
    pub(super) fn of(model: &Model, features: &[Features]) -> Self {
        if !std::ptr::eq(model, Model::built_in()) {
            return Self::by(features, |features| Kind::of(model, features));
        }
        LATEST.with_borrow_mut(|latest| {
            Self::by(features, |features| match &mut latest[features.spread() as usize % REMEMBERED] {
                Some((known, kind)) if *known == features => *kind,
                place => place.insert((features, Kind::of(model, features))).1,
            })
        })
    }

    fn by(features: &[Features], mut kind: impl FnMut(Features) -> Kind) -> Self {
        let (mut kinds, mut known) = (Vec::new(), FeatureMap::default());
        let of = features.iter().map(|features| {
            *known.entry(*features).or_insert_with(|| {
                kinds.push(kind(*features));
                kinds.len() - 1
            })
        });
        let of = of.collect();
        Self { kinds, of }
    }

    /// The kind of each block.
    fn iter(&self) -> impl ExactSizeIterator<Item = &Kind> + DoubleEndedIterator {
        self.of.iter().map(|kind| &self.kinds[*kind])
    }
}

/// The probability of each zone at each block, and that it is main text, by the features alone. Takes time linear in
/// the blocks.
pub(super) fn survey(model: &Model, kinds: &Kinds) -> Vec<Surveyed> {
    let marginals = zone_marginals(model, kinds).into_iter().zip(kinds.iter());
    let main = |zones: &[f32; ZONES], kind: &Kind| zones[Zone::Main as usize] * kind.main;
    marginals.map(|(zones, kind)| Surveyed { zones, main: main(&zones, kind) }).collect()
}

/// Labels a document, given which blocks are main text. Takes time linear in its blocks.
pub(super) fn decode(model: &Model, kinds: &Kinds, main: &[bool]) -> Vec<Decoded> {
    let emissions = kinds.iter().zip(main).map(|(kind, main)| &kind.sides[usize::from(*main)]);
    let scores = |i: usize| &kinds.kinds[kinds.of[i]].scores;
    let mut decoded: Vec<Decoded> = best_zones(model, emissions)
        .into_iter()
        .enumerate()
        .map(|(i, zone)| Decoded { zone, label: best_label(scores(i), zone, |l| fits(l, main[i])) })
        .collect();
    let is_title = |d: &Decoded| d.label == Label::Title;
    let score = |i: usize, d: &Decoded| {
        scores(i).of(d.zone, Label::Title) - log_sum(scores(i), d.zone, |label| label != Label::Title)
    };
    let title = (0..decoded.len())
        .filter(|&i| is_title(&decoded[i]))
        .max_by(|&a, &b| score(a, &decoded[a]).total_cmp(&score(b, &decoded[b])).then(b.cmp(&a)));
    for i in (0..decoded.len()).filter(|&i| Some(i) != title) {
        if is_title(&decoded[i]) {
            let zone = decoded[i].zone;
            decoded[i].label = best_label(scores(i), zone, |l| l != Label::Title && fits(l, main[i]));
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

fn best_zones<'k>(model: &Model, mut emissions: impl Iterator<Item = &'k [f32; ZONES]>) -> Vec<Zone> {
    let Some(first) = emissions.next() else { return Vec::new() };
    let mut score: [f32; ZONES] = std::array::from_fn(|z| model.start[z] + first[z]);
    let mut back: Vec<[u8; ZONES]> = Vec::with_capacity(emissions.size_hint().0);
    for emission in emissions {
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
fn zone_marginals(model: &Model, kinds: &Kinds) -> Vec<[f32; ZONES]> {
    let step: [[f32; ZONES]; ZONES] = model.step.map(|row| row.map(f32::exp));
    let scaled = |mut p: [f32; ZONES]| {
        let sum: f32 = p.iter().sum();
        p.iter_mut().for_each(|x| *x /= sum);
        p
    };
    let mut prior = model.start.map(f32::exp);
    let mut forward: Vec<[f32; ZONES]> = Vec::with_capacity(kinds.of.len());
    for Kind { zones: e, .. } in kinds.iter() {
        let here = scaled(std::array::from_fn(|z| prior[z] * e[z]));
        forward.push(here);
        prior = [0.0; ZONES];
        for z in 0..ZONES {
            (0..ZONES).for_each(|to| prior[to] += here[z] * step[z][to]);
        }
    }
    let mut backward = scaled(model.end.map(f32::exp));
    for (marginal, Kind { zones: e, .. }) in forward.iter_mut().zip(kinds.iter()).rev() {
        let here = backward;
        *marginal = scaled(std::array::from_fn(|z| marginal[z] * here[z]));
        backward = [0.0; ZONES];
        for z in 0..ZONES {
            (0..ZONES).for_each(|from| backward[from] += step[from][z] * e[z] * here[z]);
        }
        backward = scaled(backward);
    }
    forward
}

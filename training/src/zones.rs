//! Fits the zone model on the reader's opinions: pages with every label known (generated ones), some (read by people
//! for this), or only the side of the page (the benchmarks); and measures how far its probabilities can be trusted.

use dehusk::document::{Label, Side};
use dehusk::label::{Feature, Features, Model, Zone};
use rayon::prelude::*;

use crate::corpus::Example;
use crate::crf::{self, Allowed, Known, Weights, bits, everything};

/// Pull towards the weights to start from.
const PENALTY: f64 = 3.0;
const ITERATIONS: usize = 120;
/// What a page counts where only its main text is known.
const REAL: f64 = 0.5;
/// Of four pages in a render, those that the weights are fitted to; the others calibrate.
const FITTED: u64 = 2;
/// Shares of a block's words on main-text lines, below and above which its side is known.
const SURE: (f32, f32) = (0.35, 0.65);
/// Weights below this are left out.
const LEAST: f64 = 0.1;
/// Kept paragraphs of other articles do more harm than lost ones: the step from related items back to the article is
/// made dearer by this, in nats.
const BACK: f64 = 1.0;

/// The weights file of the zone model.
pub fn fit(pages: &[Example], opinions: &[Vec<f32>], prior: &str) -> Option<String> {
    let prior = Weights::parse(prior)?;
    let fitted = |x: &Example| x.known.iter().any(Option::is_some) || x.site.rotate_left(31) % 4 < FITTED;
    let known: Vec<Known> = pages
        .par_iter()
        .zip(opinions)
        .filter(|(x, _)| fitted(x) && !(x.render == "inscr" && x.site % 2 == 0))
        .map(|(x, o)| known(x, x.observed.features(o)))
        .collect();
    eprintln!("  zones: {} pages", known.len());
    let mut weights = crf::fit(&known, &prior, PENALTY, ITERATIONS);
    weights.add_step(Zone::Related, Zone::Main, -BACK);
    let text = weights.to_text(LEAST);
    let model = Model::parse(&text).ok()?;
    let judged: Vec<(f32, f32)> = pages
        .par_iter()
        .zip(opinions)
        .filter(|(x, _)| !fitted(x))
        .flat_map_iter(|(x, o)| {
            let labels = model.label(&x.observed.features(o));
            let rows = labels.into_iter().zip(&x.targets);
            rows.filter(|((label, _), _)| label.side() != Side::Lifted).map(|((label, confidence), target)| {
                let main = label.side() == Side::Main;
                (if main { confidence } else { 1.0 - confidence }, f32::from(u8::from(*target > 0.5)))
            })
        })
        .collect();
    Some(text + &calibration(judged))
}

fn known(x: &Example, features: Vec<Features>) -> Known {
    let allowed = (0..features.len()).map(|b| allowed(x, b, features[b])).collect();
    let labelled = x.known.iter().any(Option::is_some);
    Known { features, allowed, weight: if labelled { 1.0 } else { REAL } }
}

/// What a block may be.
fn allowed(x: &Example, block: usize, features: Features) -> Allowed {
    let all = everything();
    let of_label = |label: Label| all.map(|labels| labels & bits(&[label]));
    match x.known[block] {
        Some((Some(zone), label)) => {
            let mut allowed = Allowed::default();
            allowed[zone as usize] = bits(&[label]);
            return allowed;
        }
        Some((None, label)) => return of_label(label),
        None => {}
    }
    let target = x.targets[block];
    // A title, date or byline can only be what looks like one: otherwise they would take in what no label fits.
    let looks = |label: Label| match label {
        Label::Title => features.has(Feature::HeadTitle) || features.has(Feature::HeadTitleAgain),
        Label::Date => features.has(Feature::DateLine) || features.has(Feature::DateInside),
        Label::Byline => features.has(Feature::CueByline),
        _ => false,
    };
    let side = |main: bool| {
        let fits = |l: &Label| match l.side() {
            Side::Main => main,
            Side::Boilerplate => !main,
            Side::Lifted => looks(*l),
        };
        let labels: Vec<Label> = Label::ALL.iter().copied().filter(fits).collect();
        all.map(|zone| zone & bits(&labels))
    };
    if target <= SURE.0 {
        side(false)
    } else if target >= SURE.1 {
        side(true)
    } else {
        all
    }
}

/// A curve from probabilities to shares, as a line of the weights file: the shares of main text in slices of equal
/// size, made rising (pool adjacent violators, Ayer et al. 1955).
fn calibration(mut judged: Vec<(f32, f32)>) -> String {
    const SLICES: usize = 200;
    const POINTS: usize = 24;
    judged.sort_by(|a, b| a.0.total_cmp(&b.0));
    let size = judged.len().div_ceil(SLICES).max(1);
    let mut pools: Vec<(f64, f64, f64)> = Vec::new();
    for slice in judged.chunks(size) {
        let n = slice.len() as f64;
        let sum = |f: fn(&(f32, f32)) -> f32| slice.iter().map(|x| f64::from(f(x))).sum::<f64>();
        pools.push((sum(|x| x.0), sum(|x| x.1), n));
        while let [.., a, b] = pools[..] {
            if a.1 / a.2 < b.1 / b.2 {
                break;
            }
            pools.pop();
            *pools.last_mut().expect("there are two") = (a.0 + b.0, a.1 + b.1, a.2 + b.2);
        }
    }
    // Points at equal steps of the share tell most.
    let mut line = "calibration".to_owned();
    let mut last = (-1.0, -1.0);
    for (i, (p, share, n)) in pools.iter().enumerate() {
        let (p, share) = (p / n, share / n);
        let far = share - last.1 >= 1.0 / POINTS as f64;
        if (far || i + 1 == pools.len()) && p - last.0 > 1e-4 {
            line.push_str(&format!(" {p:.4}={share:.4}"));
            last = (p, share);
        }
    }
    line + "\n"
}

//! Fits the zone model to pages with every label known (generated ones), some (read by people for this), or only the
//! side of the page (the benchmarks).

use anyhow::{Context, Result};
use dehusk::document::{Label, Side};
use dehusk::label::{Feature, Features, Zone};
use rayon::prelude::*;

use crate::corpus::Example;
use crate::crf::{self, Allowed, Known, Weights, bits, everything};

/// Pull towards the weights to start from.
const PENALTY: f64 = 10.0;
const ITERATIONS: usize = 120;
/// What a page counts where only its main text is known.
const REAL: f64 = 0.5;
/// Of four sites those whose pages the weights are fitted to; more change little.
const FITTED: u64 = 1;
/// Shares of a block's words on main-text lines, below and above which its side is known.
const SURE: (f32, f32) = (0.35, 0.65);
/// Weights below this are left out.
const LEAST: f64 = 0.1;
/// Kept paragraphs of other articles do more harm than lost ones: the step from related items back to the article is
/// made dearer by this, in nats.
const BACK: f64 = 1.0;

/// The weights file of the zone model.
pub fn fit(pages: &[Example], prior: &str) -> Result<String> {
    let prior = Weights::parse(prior).context("prior.txt is broken")?;
    let fitted = |x: &Example| x.known.iter().any(Option::is_some) || (x.site >> 48) % 4 < FITTED;
    let known: Vec<Known> = pages.par_iter().filter(|x| fitted(x)).map(known).collect();
    eprintln!("  zones: {} pages", known.len());
    let mut weights = crf::fit(&known, &prior, PENALTY, ITERATIONS)?;
    weights.add_step(Zone::Related, Zone::Main, -BACK);
    Ok(weights.to_text(LEAST))
}

fn known(x: &Example) -> Known {
    let features = x.observed.features.clone();
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

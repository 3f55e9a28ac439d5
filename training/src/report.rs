//! How good opinions are on pages that their models have not seen, by set and render.

use std::collections::BTreeMap;

use crate::corpus::Example;
use crate::reader::is_foreign;

/// Prints, for each set and render, the mean share of a page's kept words that are main text, the mean share of its
/// main text that is kept, and their harmonic mean, where a half of the stated opinion is asked of a block. Quick, and
/// near enough to `shF1` of the scorer to compare two trainings. Pages whose words were changed do not count.
pub fn print(pages: &[Example], opinions: &[Vec<f32>]) {
    let mut rows: BTreeMap<&str, [(f64, f64); 2]> = BTreeMap::new();
    for (x, opinion) in pages.iter().zip(opinions).filter(|(x, _)| !is_foreign(x)) {
        let (mut kept, mut main, mut both) = (0.0, 0.0, 0.0);
        for ((target, words), logit) in x.targets.iter().zip(&x.words).zip(opinion) {
            let (target, words) = (f64::from(*target), f64::from(*words));
            main += target * words;
            if *logit > 0.0 {
                kept += words;
                both += target * words;
            }
        }
        let row = rows.entry(&x.kind).or_default();
        for (sum, all) in row.iter_mut().zip([kept, main]) {
            if all > 0.0 {
                *sum = (sum.0 + both / all, sum.1 + 1.0);
            }
        }
    }
    for (kind, [(p, n), (r, m)]) in rows {
        let (p, r) = (p / f64::max(n, 1.0), r / f64::max(m, 1.0));
        eprintln!("  {kind:24} P {p:.3} R {r:.3} F {:.3}", 2.0 * p * r / (p + r));
    }
}

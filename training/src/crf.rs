//! Fits the weights of the zone model: maximum likelihood over pages whose labels are known in part.
//!
//! The model is the one of `dehusk::label::model`: a chain of zones, in each zone a label, scores that are sums over
//! the features that hold. What is known about a block is the set of pairs of zone and label that it may have; what
//! is fitted is the probability of these sets (Tsuboi et al. 2008). A penalty on the squared distance from the
//! weights to start from keeps what the pages say nothing about.

use anyhow::{Result, ensure};
use dehusk::document::Label;
use dehusk::label::{Feature, Features, Zone};
use rayon::prelude::*;

pub const ZONES: usize = Zone::ALL.len();
pub const LABELS: usize = Label::ALL.len();
/// Weights of one feature: labels first, then zones.
const ROW: usize = LABELS + ZONES;
const START: usize = 0;
const END: usize = ZONES;
const STEP: usize = 2 * ZONES;
const CHAIN: usize = 2 * ZONES + ZONES * ZONES;
/// Pages that are summed up one after the other; the sums of the stretches are added in order.
const STRETCH: usize = 16;
/// Share of the pages that may be left out because no labels fit them.
const MOST_IMPOSSIBLE: f64 = 0.01;

/// The labels that a block may have in each zone, as bits.
pub type Allowed = [u32; ZONES];

/// A page with what is known about its blocks.
pub struct Known {
    pub features: Vec<Features>,
    pub allowed: Vec<Allowed>,
    /// What the page counts.
    pub weight: f64,
}

impl Known {
    /// Whether each block may be something. If one may not, no sequence of labels fits the page.
    fn is_possible(&self) -> bool {
        self.allowed.iter().all(|allowed| allowed.iter().any(|labels| *labels != 0))
    }
}

/// All labels of each zone.
pub fn everything() -> Allowed {
    Zone::ALL.map(|zone| bits(zone.labels()))
}

pub fn bits(labels: &[Label]) -> u32 {
    labels.iter().fold(0, |bits, l| bits | 1 << (*l as u32))
}

/// The weights, flat: the chain, then a row a feature.
#[derive(Debug, Clone)]
pub struct Weights(pub Vec<f64>);

impl Weights {
    pub fn zero() -> Self {
        Self(vec![0.0; CHAIN + Feature::ALL.len() * ROW])
    }

    /// Reads the text that `dehusk::label::Model::parse` reads.
    pub fn parse(text: &str) -> Option<Self> {
        let mut weights = Self::zero();
        for line in text.lines() {
            let mut words = line.split('#').next()?.split_whitespace();
            let Some(name) = words.next() else { continue };
            let zone = |name: &str| Zone::ALL.into_iter().position(|z| z.name() == name);
            let base = match name {
                "start" => START,
                "end" => END,
                "step" => STEP + zone(words.next()?)? * ZONES,
                _ => CHAIN + Feature::ALL.iter().position(|f| f.name() == name)? * ROW,
            };
            for word in words {
                let (target, weight) = word.split_once('=')?;
                let at = match (target.strip_prefix('@'), base < CHAIN) {
                    (Some(z), true) => zone(z)?,
                    (Some(z), false) => LABELS + zone(z)?,
                    (None, true) => return None,
                    (None, false) => Label::ALL.iter().position(|l| l.name() == target)?,
                };
                weights.0[base + at] = weight.parse().ok().filter(|weight: &f64| weight.is_finite())?;
            }
        }
        Some(weights)
    }

    /// Makes a step between zones dearer or cheaper.
    pub fn add_step(&mut self, from: Zone, to: Zone, by: f64) {
        self.0[STEP + from as usize * ZONES + to as usize] += by;
    }

    /// The text that `dehusk::label::Model::parse` reads, small weights left out.
    pub fn to_text(&self, least: f64) -> String {
        let mut text = String::new();
        let mut line = |name: &str, entries: Vec<(String, f64)>, least: f64| {
            let entries: Vec<String> = entries
                .into_iter()
                .filter(|(_, w)| w.abs() >= least)
                .map(|(target, w)| format!("{target}={w:.2}"))
                .collect();
            if !entries.is_empty() {
                text.push_str(&format!("{name} {}\n", entries.join(" ")));
            }
        };
        let zones = |at: usize| -> Vec<(String, f64)> {
            Zone::ALL
                .iter()
                .enumerate()
                .map(|(z, zone)| (format!("@{}", zone.name()), self.0[at + z]))
                .collect()
        };
        line("start", zones(START), 0.0);
        line("end", zones(END), 0.0);
        for (z, zone) in Zone::ALL.iter().enumerate() {
            line(&format!("step {}", zone.name()), zones(STEP + z * ZONES), 0.0);
        }
        for (f, feature) in Feature::ALL.iter().enumerate() {
            let at = CHAIN + f * ROW;
            let mut entries: Vec<(String, f64)> = Label::ALL
                .iter()
                .enumerate()
                .map(|(l, label)| (label.name().to_owned(), self.0[at + l]))
                .collect();
            entries.extend(zones(at + LABELS));
            line(feature.name(), entries, least);
        }
        text
    }
}

/// Forward and backward over one page, free or held to what is known; adds `sign` times the expected counts to the
/// gradient and returns the logarithm of the sum over all sequences.
fn pass(
    weights: &[f64],
    page: &Known,
    scores: &[[f64; ROW]],
    free: Option<&Allowed>,
    sign: f64,
    gradient: &mut [f64],
) -> f64 {
    let n = scores.len();
    let mut emission = vec![[f64::NEG_INFINITY; ZONES]; n];
    for i in 0..n {
        let allowed = free.unwrap_or(&page.allowed[i]);
        for z in 0..ZONES {
            let mut max = f64::NEG_INFINITY;
            for_bits(allowed[z], |l| max = max.max(scores[i][l]));
            if max > f64::NEG_INFINITY {
                let mut sum = 0.0;
                for_bits(allowed[z], |l| sum += (scores[i][l] - max).exp());
                emission[i][z] = max + sum.ln() + scores[i][LABELS + z];
            }
        }
    }
    let step: Vec<f64> = weights[STEP..CHAIN].iter().map(|w| w.exp()).collect();
    let mut log = 0.0;
    let mut forward = vec![[0.0f64; ZONES]; n];
    let mut evidence = vec![[0.0f64; ZONES]; n];
    let mut scale = vec![0.0; n];
    for i in 0..n {
        let max = emission[i].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        log += max;
        evidence[i] = emission[i].map(|e| (e - max).exp());
        let prior: [f64; ZONES] = if i == 0 {
            std::array::from_fn(|z| weights[START + z].exp())
        } else {
            std::array::from_fn(|to| (0..ZONES).map(|z| forward[i - 1][z] * step[z * ZONES + to]).sum())
        };
        let mut row: [f64; ZONES] = std::array::from_fn(|z| prior[z] * evidence[i][z]);
        let sum: f64 = row.iter().sum();
        row.iter_mut().for_each(|x| *x /= sum);
        (scale[i], forward[i]) = (sum, row);
        log += sum.ln();
    }
    let end: [f64; ZONES] = std::array::from_fn(|z| weights[END + z].exp());
    let last: f64 = (0..ZONES).map(|z| forward[n - 1][z] * end[z]).sum();
    log += last.ln();
    let mut backward: [f64; ZONES] = end.map(|e| e / last);
    for i in (0..n).rev() {
        let marginal: [f64; ZONES] = std::array::from_fn(|z| forward[i][z] * backward[z]);
        if i == n - 1 {
            (0..ZONES).for_each(|z| gradient[END + z] += sign * marginal[z]);
        }
        if i == 0 {
            (0..ZONES).for_each(|z| gradient[START + z] += sign * marginal[z]);
        }
        let mut counts = [0.0f64; ROW];
        let allowed = free.unwrap_or(&page.allowed[i]);
        for z in 0..ZONES {
            if marginal[z] > 1e-12 {
                counts[LABELS + z] += marginal[z];
                let base = scores[i][LABELS + z] - emission[i][z];
                for_bits(allowed[z], |l| counts[l] += marginal[z] * (scores[i][l] + base).exp());
            }
        }
        for feature in page.features[i].iter() {
            let at = CHAIN + feature as usize * ROW;
            gradient[at..at + ROW].iter_mut().zip(&counts).for_each(|(g, c)| *g += sign * c);
        }
        if i > 0 {
            let arrive: [f64; ZONES] = std::array::from_fn(|z| evidence[i][z] * backward[z] / scale[i]);
            for from in 0..ZONES {
                for to in 0..ZONES {
                    gradient[STEP + from * ZONES + to] +=
                        sign * forward[i - 1][from] * step[from * ZONES + to] * arrive[to];
                }
            }
            backward =
                std::array::from_fn(|from| (0..ZONES).map(|to| step[from * ZONES + to] * arrive[to]).sum());
        }
    }
    log
}

fn for_bits(mut bits: u32, mut f: impl FnMut(usize)) {
    while bits != 0 {
        f(bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

/// The negative logarithm of the likelihood with its penalty, and its gradient.
fn objective(weights: &[f64], pages: &[Known], prior: &[f64], penalty: f64) -> (f64, Vec<f64>) {
    let free = everything();
    let parts: Vec<(f64, Vec<f64>)> = pages
        .par_chunks(STRETCH)
        .map(|stretch| {
            let mut gradient = vec![0.0; weights.len()];
            let mut own = vec![0.0; weights.len()];
            let mut loss = 0.0;
            for page in stretch.iter().filter(|p| !p.features.is_empty() && p.is_possible()) {
                let scores: Vec<[f64; ROW]> = page
                    .features
                    .iter()
                    .map(|features| {
                        let mut sum = [0.0; ROW];
                        for feature in features.iter() {
                            let at = CHAIN + feature as usize * ROW;
                            sum.iter_mut().zip(&weights[at..at + ROW]).for_each(|(s, w)| *s += w);
                        }
                        sum
                    })
                    .collect();
                own.fill(0.0);
                let all = pass(weights, page, &scores, Some(&free), 1.0, &mut own);
                let known = pass(weights, page, &scores, None, -1.0, &mut own);
                loss += page.weight * (all - known);
                gradient.iter_mut().zip(&own).for_each(|(g, o)| *g += page.weight * o);
            }
            (loss, gradient)
        })
        .collect();
    let mut loss = 0.0;
    let mut gradient: Vec<f64> = weights.iter().zip(prior).map(|(w, p)| 2.0 * penalty * (w - p)).collect();
    loss += penalty * weights.iter().zip(prior).map(|(w, p)| (w - p) * (w - p)).sum::<f64>();
    for (l, g) in parts {
        loss += l;
        gradient.iter_mut().zip(&g).for_each(|(a, b)| *a += b);
    }
    (loss, gradient)
}

/// Fits from `prior` on, with steps of a limited-memory quasi-Newton method (L-BFGS, Liu and Nocedal 1989). Pages that no
/// sequence of labels fits are left out and counted.
///
/// # Errors
/// When there are more of them than a slip explains: then what is known is wrong.
pub fn fit(pages: &[Known], prior: &Weights, penalty: f64, iterations: usize) -> Result<Weights> {
    /// A block's share in the curvature of a weight: a probability times its rest, on average.
    const CURVATURE: f64 = 0.05;
    const MEMORY: usize = 12;
    let impossible = pages.iter().filter(|page| !page.is_possible()).count();
    eprintln!("  {impossible} of them left out: a block may have no label");
    ensure!(
        impossible as f64 <= MOST_IMPOSSIBLE * pages.len() as f64,
        "no labels fit {impossible} of {} pages",
        pages.len()
    );
    let prior = &prior.0;
    let mut x = prior.clone();
    let (mut loss, mut gradient) = objective(&x, pages, prior, penalty);
    let mut history: std::collections::VecDeque<(Vec<f64>, Vec<f64>, f64)> =
        std::collections::VecDeque::new();
    // How curved the objective is along each weight, roughly: a feature that holds often has a steep one.
    let mut curvature = vec![0.0; x.len()];
    for page in pages {
        let mut add = |at: usize, by: f64| curvature[at] += by * page.weight;
        (START..END + ZONES).for_each(|at| add(at, 1.0));
        (STEP..CHAIN).for_each(|at| add(at, page.features.len() as f64));
        for feature in page.features.iter().flat_map(|f| f.iter()) {
            let at = CHAIN + feature as usize * ROW;
            (at..at + ROW).for_each(|at| add(at, 1.0));
        }
    }
    let steepness: Vec<f64> = curvature.iter().map(|c| 1.0 / (2.0 * penalty + CURVATURE * c)).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    for iteration in 0..iterations {
        let mut direction: Vec<f64> = gradient.clone();
        let mut alphas = Vec::new();
        for (s, y, rho) in history.iter().rev() {
            let alpha = rho * dot(s, &direction);
            direction.iter_mut().zip(y).for_each(|(d, y)| *d -= alpha * y);
            alphas.push(alpha);
        }
        let scale = history.back().map_or(1.0, |(s, y, _)| {
            dot(s, y) / y.iter().zip(&steepness).map(|(y, d)| y * y * d).sum::<f64>()
        });
        direction.iter_mut().zip(&steepness).for_each(|(d, steepness)| *d *= scale * steepness);
        for ((s, y, rho), alpha) in history.iter().zip(alphas.iter().rev()) {
            let beta = rho * dot(y, &direction);
            direction.iter_mut().zip(s).for_each(|(d, s)| *d += (alpha - beta) * s);
        }
        let slope = -dot(&direction, &gradient);
        let mut length = 1.0;
        let (next, next_loss, next_gradient) = loop {
            let next: Vec<f64> = x.iter().zip(&direction).map(|(x, d)| x - length * d).collect();
            let (l, g) = objective(&next, pages, prior, penalty);
            if l.is_finite() && l <= loss + 1e-4 * length * slope {
                break (next, l, g);
            }
            length *= 0.5;
            if length < 1e-6 {
                return Ok(Weights(x));
            }
        };
        let s: Vec<f64> = next.iter().zip(&x).map(|(a, b)| a - b).collect();
        let y: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        let sy = dot(&s, &y);
        if sy > 1e-10 {
            history.push_back((s, y, 1.0 / sy));
            if history.len() > MEMORY {
                history.pop_front();
            }
        }
        let gain = loss - next_loss;
        (x, loss, gradient) = (next, next_loss, next_gradient);
        if iteration % 20 == 0 {
            eprintln!("  iteration {iteration}: loss {loss:.1}");
        }
        if gain < 2e-6 * loss.abs() {
            break;
        }
    }
    Ok(Weights(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_the_model_refuses_are_refused() {
        for text in ["step main @tail=-0.5\nends_colon body=1 @main=2", "start body=1", "ends_colon body=NaN"]
        {
            let refused = dehusk::label::Model::parse(text).is_err();
            assert_eq!(Weights::parse(text).is_none(), refused, "{text}");
        }
    }

    #[test]
    fn a_page_with_a_block_that_may_be_nothing_is_left_out() {
        let page = |allowed: Allowed| Known {
            features: vec![Features::default(); 2],
            allowed: vec![everything(), allowed],
            weight: 1.0,
        };
        let zero = Weights::zero().0;
        let one = objective(&zero, &[page(Allowed::default()), page(everything())], &zero, 1.0);
        assert_eq!(one, objective(&zero, &[page(everything())], &zero, 1.0));
        assert!(one.0.is_finite());
    }

    #[test]
    fn many_such_pages_end_the_run() {
        let page = |i| Known {
            features: vec![Features::default()],
            allowed: vec![if i < 2 { Allowed::default() } else { everything() }],
            weight: 1.0,
        };
        let pages: Vec<Known> = (0..100).map(page).collect();
        let error = fit(&pages, &Weights::zero(), 1.0, 1).expect_err("two of a hundred");
        assert_eq!(error.to_string(), "no labels fit 2 of 100 pages");
    }
}

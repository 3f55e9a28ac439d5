//! From probabilities to sides: how probable must main text be to be kept?
//!
//! A half, where the reader is sure of an article. Where it is sure of nothing, a list, a forum, a poem, to ask for a
//! half would lose the page, so less is asked. What can be expected of the page at best says which of the two it is:
//! the F1 of the best choice of its blocks if the probabilities are right. The best bound for F1 is half of that (Lipton
//! et al. 2014) when blocks are independent; they are not, and [`bound`] is what served held-back sites best.
//!
//! It is wrong on a page of short texts by many people, of which only the first was wanted.

use super::measure::Measure;
use crate::config::LabelConfig;

/// What is asked where an article is sure. What is more probably main text than not is never removed.
const MOST: f64 = 0.5;
/// What is asked of a page whose best choice is expected to have an F1 of 1, before [`MOST`]; it falls with the square
/// of that. Chosen on held-back sites.
const SLOPE: f64 = 0.7;
/// What is asked at least: a page of which nothing is as probable as this holds no main text.
const LEAST: f64 = 0.15;

/// The probability from which on a block of this page is main text, by the probabilities of all its blocks.
/// `label.min_confidence` may ask for more.
pub(super) fn asked(probabilities: &[f32], measures: &[Measure], config: &LabelConfig) -> f64 {
    let blocks = probabilities.iter().zip(measures).map(|(&p, m)| (f64::from(p), m.extent as f64));
    bound(expected_f1(blocks.collect())).max(config.min_confidence)
}

fn bound(expected_f1: f64) -> f64 {
    (SLOPE * expected_f1 * expected_f1).clamp(LEAST, MOST)
}

/// The F1 to be expected, by letters, of the choice of blocks that makes it highest, from each block's probability and
/// extent. That choice is always those above some probability.
fn expected_f1(mut blocks: Vec<(f64, f64)>) -> f64 {
    blocks.sort_by(|a, b| b.0.total_cmp(&a.0));
    let main: f64 = blocks.iter().map(|(p, extent)| p * extent).sum();
    let (mut kept, mut right) = (0.0, 0.0);
    let f1s = blocks.into_iter().map(|(p, extent)| {
        kept += extent;
        right += extent * p;
        2.0 * right / (kept + main).max(1.0)
    });
    f1s.fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sure_page_asks_for_a_half_and_a_doubtful_one_for_less() {
        let article = [(0.02, 10.0), (0.99, 300.0), (0.98, 300.0), (0.99, 300.0), (0.55, 80.0), (0.03, 40.0)];
        assert_eq!(bound(expected_f1(article.to_vec())), MOST);
        let list = [(0.3, 60.0), (0.35, 60.0), (0.4, 60.0), (0.3, 60.0), (0.05, 60.0)];
        assert!(bound(expected_f1(list.to_vec())) < 0.3);
        assert_eq!(bound(expected_f1(vec![(0.01, 60.0), (0.02, 60.0)])), LEAST);
        assert_eq!(expected_f1(Vec::new()), 0.0);
    }

    proptest::proptest! {
        #[test]
        fn no_choice_of_blocks_promises_more(
            page in proptest::collection::vec((0u8..=100, 1u16..500), 1..10), chosen: u16,
        ) {
            let blocks: Vec<(f64, f64)> = page.iter().map(|(p, e)| (f64::from(*p) / 100.0, f64::from(*e))).collect();
            let all: f64 = blocks.iter().map(|(p, extent)| p * extent).sum();
            let of = |i: &usize| chosen >> i & 1 == 1;
            let kept: f64 = (0..page.len()).filter(of).map(|i| blocks[i].1).sum();
            let right: f64 = (0..page.len()).filter(of).map(|i| blocks[i].0 * blocks[i].1).sum();
            let promised = 2.0 * right / (kept + all).max(1.0);
            proptest::prop_assert!(expected_f1(blocks) >= promised - 1e-9);
        }
    }
}

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
const MOST: f32 = 0.5;
/// What is asked of a page whose best choice is expected to have an F1 of 1, before [`MOST`]; it falls with the square
/// of that. Chosen on held-back sites.
const SLOPE: f32 = 0.7;
/// What is asked at least: a page of which nothing is as probable as this holds no main text.
const LEAST: f32 = 0.15;

/// The probability from which on a block of this page is main text, by the probabilities of all its blocks.
/// `label.min_confidence` may ask for more.
pub(super) fn asked(probabilities: &[f32], measures: &[Measure], config: &LabelConfig) -> f64 {
    let extents: Vec<f32> = measures.iter().map(|m| m.extent as f32).collect();
    f64::from(bound(expected_f1(probabilities, &extents))).max(config.min_confidence)
}

fn bound(expected_f1: f32) -> f32 {
    (SLOPE * expected_f1 * expected_f1).clamp(LEAST, MOST)
}

/// The F1 to be expected, by letters, of the choice of blocks that makes it highest. That choice is always those above
/// some probability.
fn expected_f1(probabilities: &[f32], extents: &[f32]) -> f32 {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    let main: f32 = probabilities.iter().zip(extents).map(|(p, extent)| p * extent).sum();
    let (mut kept, mut right) = (0.0, 0.0);
    let f1s = order.into_iter().map(|i| {
        kept += extents[i];
        right += extents[i] * probabilities[i];
        2.0 * right / (kept + main).max(1.0)
    });
    f1s.fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sure_page_asks_for_a_half_and_a_doubtful_one_for_less() {
        let article = [0.02, 0.99, 0.98, 0.99, 0.55, 0.03];
        assert_eq!(bound(expected_f1(&article, &[10.0, 300.0, 300.0, 300.0, 80.0, 40.0])), MOST);
        let list = [0.3, 0.35, 0.4, 0.3, 0.05];
        assert!(bound(expected_f1(&list, &[60.0; 5])) < 0.3);
        assert_eq!(bound(expected_f1(&[0.01, 0.02], &[60.0; 2])), LEAST);
        assert_eq!(expected_f1(&[], &[]), 0.0);
    }

    proptest::proptest! {
        #[test]
        fn no_choice_of_blocks_promises_more(
            page in proptest::collection::vec((0u8..=100, 1u16..500), 1..10), chosen: u16,
        ) {
            let probabilities: Vec<f32> = page.iter().map(|(p, _)| f32::from(*p) / 100.0).collect();
            let extents: Vec<f32> = page.iter().map(|(_, extent)| f32::from(*extent)).collect();
            let all: f32 = probabilities.iter().zip(&extents).map(|(p, e)| p * e).sum();
            let of = |i: &usize| chosen >> i & 1 == 1;
            let kept: f32 = (0..page.len()).filter(of).map(|i| extents[i]).sum();
            let right: f32 = (0..page.len()).filter(of).map(|i| extents[i] * probabilities[i]).sum();
            let promised = 2.0 * right / (kept + all).max(1.0);
            proptest::prop_assert!(expected_f1(&probabilities, &extents) >= promised - 1e-4);
        }
    }
}

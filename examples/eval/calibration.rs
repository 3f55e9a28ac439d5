//! Whether a block that is main text with probability p is main text p of the time, and what a least confidence costs.
//!
//! A decision carries the probability that the block's *side* is right: a block labelled `body` with confidence 0.9 is
//! main text with probability 0.9, one labelled `share` with 0.9 with 0.1. Titles, dates and bylines are left out: they
//! are lifted into fields, and the golds do not agree on whether they are main text.

use dehusk::document::Side;

use crate::clean::{Cleaned, is_main};
use crate::data::{Page, lines};
use crate::score::Scores;

/// Bins of equal width, from 0 to 1.
const BINS: usize = 15;

/// The least confidences of the curve.
pub const THRESHOLDS: [f64; 8] = [0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

/// Blocks by the probability that they are main text.
#[derive(Debug, Clone, Default)]
pub struct Calibration {
    /// From the least probable to the most probable.
    pub bins: [Bin; BINS],
}

/// The blocks of one range of probabilities.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bin {
    /// How many there are.
    pub blocks: usize,
    /// The sum of their probabilities.
    probabilities: f64,
    /// How many of them are main text.
    main: usize,
}

impl Bin {
    /// The mean probability; 0 of no blocks.
    pub fn probability(&self) -> f64 {
        self.probabilities / self.blocks.max(1) as f64
    }

    /// The share that is main text; 0 of no blocks.
    pub fn share(&self) -> f64 {
        self.main as f64 / self.blocks.max(1) as f64
    }
}

impl Calibration {
    /// Takes in the blocks of a page. A block is main text where at least half of the bytes of its lines are.
    pub fn add(&mut self, page: &Page, cleaned: &Cleaned) {
        let blocks = &cleaned.blocks;
        let mut bytes = vec![(0, 0); blocks.len()];
        for (line, label) in lines(&page.text).zip(&page.labels) {
            let at = blocks.partition_point(|b| b.block.span.end <= line.start);
            if let Some((main, all)) = bytes.get_mut(at) {
                *all += line.len();
                *main += line.len() * usize::from(*label);
            }
        }
        for (block, (main, all)) in blocks.iter().zip(bytes) {
            if block.label.side() != Side::Lifted && all > 0 {
                let confidence = f64::from(block.confidence);
                let probability = if is_main(block.label) { confidence } else { 1.0 - confidence };
                self.add_block(probability, 2 * main >= all);
            }
        }
    }

    fn add_block(&mut self, probability: f64, is_main: bool) {
        let bin = &mut self.bins[((probability * BINS as f64) as usize).min(BINS - 1)];
        bin.blocks += 1;
        bin.probabilities += probability;
        bin.main += usize::from(is_main);
    }

    /// Puts the blocks of `other` to these.
    pub fn merge(&mut self, other: &Self) {
        for (bin, other) in self.bins.iter_mut().zip(&other.bins) {
            bin.blocks += other.blocks;
            bin.probabilities += other.probabilities;
            bin.main += other.main;
        }
    }

    /// All blocks.
    pub fn blocks(&self) -> usize {
        self.bins.iter().map(|bin| bin.blocks).sum()
    }

    /// Expected calibration error: how far a bin's mean probability is from its share of main text, over the blocks.
    pub fn error(&self) -> f64 {
        let gaps = self.bins.iter().map(|bin| bin.blocks as f64 * (bin.probability() - bin.share()).abs());
        gaps.sum::<f64>() / self.blocks().max(1) as f64
    }
}

/// The page's scores if only blocks of so much confidence were kept, for each of [`THRESHOLDS`].
pub fn curve(page: &Page, cleaned: &Cleaned) -> [Scores; THRESHOLDS.len()] {
    THRESHOLDS.map(|least| {
        let text = match cleaned.text {
            Some(_) => cleaned.text_above(&page.text, least),
            None => String::new(),
        };
        Scores::of(&text, &page.gold)
    })
}

#[cfg(test)]
mod tests {
    use dehusk::document::{Block, Label, LabelledBlock, Repetition, Shape, Span};

    use super::*;

    fn block(span: Span, label: Label, confidence: f32) -> LabelledBlock {
        let block = Block { span, shape: Shape::Text, after_blank: false };
        LabelledBlock { block, label, confidence, repetition: Repetition::default() }
    }

    #[test]
    fn the_error_is_the_gap_between_promise_and_truth() {
        let mut calibration = Calibration::default();
        (0..10).for_each(|i| calibration.add_block(0.9, i < 6));
        assert!((calibration.error() - 0.3).abs() < 1e-9);
        let mut right = Calibration::default();
        (0..10).for_each(|i| right.add_block(0.1, i < 1));
        assert!(right.error() < 1e-9);
        calibration.merge(&right);
        assert_eq!(calibration.blocks(), 20);
        assert!((calibration.error() - 0.15).abs() < 1e-9);
        right.add_block(1.0, true);
        assert_eq!(right.bins[BINS - 1].blocks, 1, "certainty is in the last bin");
    }

    #[test]
    fn blocks_meet_their_lines() {
        let page = Page {
            text: "Title\n\none line\nof text\n\nShare".to_owned(),
            labels: vec![1, 1, 0, 0],
            gold: "one line".to_owned(),
            ..Page::default()
        };
        let blocks = vec![
            block(Span::new(0, 5), Label::Title, 0.9),
            block(Span::new(7, 23), Label::Body, 0.75),
            block(Span::new(25, 30), Label::Share, 0.5),
        ];
        let cleaned = Cleaned { text: Some("one line\nof text".to_owned()), blocks, ..Cleaned::default() };
        let mut calibration = Calibration::default();
        calibration.add(&page, &cleaned);
        assert_eq!(calibration.blocks(), 2, "the title is lifted");
        assert_eq!(calibration.bins[11].share(), 1.0, "half of the wrapped block is main text");
        assert_eq!(calibration.bins[7].share(), 0.0);

        let curve = curve(&page, &cleaned);
        assert_eq!(curve[0].word_f1, 4.0 / 6.0);
        assert_eq!(curve[3].word_f1, 4.0 / 6.0);
        assert_eq!(curve[4].word_f1, 0.0, "0.75 is less than 0.8");
    }
}

//! What a block's place in its document says: where the prose is, what stands above, where another article begins.

use std::ops::Range;

use super::cues::Kind;
use super::measure::{LONG, Measure};
use super::tokens::Tokens;
use super::topic::{self, Stems};
use crate::document::{Block, Repetition, Shape};
use crate::segment::Ending;

/// Blocks below the first prose in which a title still counts as the page's own.
const HEAD_SEARCH: usize = 12;
/// Short blocks that may stand between the heading of a section and its items.
const CUE_REACH: usize = 4;
/// Extent up to which a line that starts like a heading of related items is one: "More from this section".
const HEADING: usize = 40;
/// Paragraphs that no other page holds, above which the page's article has begun. One may be a note by the editor.
const OWN_PROSE: usize = 2;

/// The document as a whole, seen by each block.
#[derive(Debug)]
pub(super) struct Context {
    tight: Vec<bool>,
    /// The first block of prose; the number of blocks where there is none.
    pub first_prose: usize,
    /// The stretch of blocks with the most prose and the least of everything else.
    pub run: Range<usize>,
    /// The block that looks most like the page's title.
    pub head_title: Option<usize>,
    pub title_again: Vec<bool>,
    pub title_in_text: Vec<bool>,
    pub below_cue: Vec<bool>,
    pub under_cue: Vec<bool>,
    pub item_title: Vec<bool>,
    pub below_item_title: Vec<bool>,
    pub below_tight_item: Vec<bool>,
    pub below_comment_cue: Vec<bool>,
    pub below_title_elsewhere: Vec<bool>,
    pub repeated_prose: Vec<bool>,
    pub own_prose_below: Vec<bool>,
    /// How much of the article above a paragraph below the first item takes up, and how much on average it and all
    /// that follow; see [`topic::compare`].
    pub topic: Vec<Option<(f64, f64)>>,
}

impl Context {
    pub(super) fn of(
        text: &str,
        blocks: &[Block],
        measures: &[Measure],
        tokens: &Tokens,
        repetition: &[Repetition],
    ) -> Self {
        let n = blocks.len();
        let first_prose = measures.iter().position(Measure::is_prose).unwrap_or(n);
        let mut context = Self {
            tight: blocks.iter().map(|b| !b.after_blank).collect(),
            first_prose,
            run: best_run(measures),
            head_title: None,
            title_again: vec![false; n],
            title_in_text: vec![false; n],
            below_cue: vec![false; n],
            under_cue: vec![false; n],
            item_title: vec![false; n],
            below_item_title: vec![false; n],
            below_tight_item: vec![false; n],
            below_comment_cue: vec![false; n],
            below_title_elsewhere: vec![false; n],
            repeated_prose: vec![false; n],
            own_prose_below: vec![false; n],
            topic: vec![None; n],
        };
        context.find_title(text, blocks, measures, tokens);
        context.find_items(measures, repetition);
        context.find_tight_items(measures);
        context.find_repeated_prose(measures, repetition);
        context.find_topics(measures, tokens);
        context
    }

    /// Whether no blank line stands before block `i`; false past the last.
    pub(super) fn is_tight(&self, i: usize) -> bool {
        self.tight.get(i).copied().unwrap_or(false)
    }

    /// The page's title is the title-like line above the first prose whose words come back below it; of equals the
    /// one nearest to the prose, unless it opens the page.
    fn find_title(&mut self, text: &str, blocks: &[Block], measures: &[Measure], tokens: &Tokens) {
        let head = self.first_prose.min(measures.len());
        let from = head.saturating_sub(HEAD_SEARCH);
        let candidates: Vec<usize> = (from..head).filter(|&i| measures[i].is_title_like()).collect();
        if candidates.is_empty() {
            return;
        }
        let below = (head..measures.len()).filter(|&i| measures[i].is_prose());
        let prose = Stems::of(tokens, below.take(3));
        let shares: Vec<f64> = candidates.iter().map(|&i| prose.share(i)).collect();
        let score = |k: usize| {
            let i = candidates[k];
            let m = &measures[i];
            2.0 * shares[k]
                + f64::from(u8::from(i == 0)) * 0.5
                + f64::from(u8::from(m.shape == Shape::Heading)) * 0.5
                + f64::from(u8::from(m.extent >= 25)) * 0.4
                + f64::from(u8::from(measures.get(i + 1).is_some_and(Measure::is_date_line))) * 0.3
                - f64::from(u8::from(m.ending == Ending::Sentence)) * 0.6
                - f64::from(u8::from(m.starts_lower)) * 0.4
        };
        // The earliest of the best.
        let best = (0..candidates.len()).max_by(|&a, &b| score(a).total_cmp(&score(b)).then(b.cmp(&a)));
        for (&i, share) in candidates.iter().zip(&shares) {
            self.title_in_text[i] = *share >= 0.4;
        }
        self.head_title = best.map(|k| candidates[k]);
        if let Some(title) = self.head_title {
            let title_text = blocks[title].span.of(text);
            for i in (0..measures.len()).filter(|&i| i != title) {
                self.title_again[i] = blocks[i].span.of(text) == title_text;
            }
        }
    }

    /// Where sections of related items and single items of them begin.
    fn find_items(&mut self, measures: &[Measure], repetition: &[Repetition]) {
        let n = measures.len();
        let mut cue = false;
        let mut comments = false;
        let mut reach = 0;
        let mut item_reach = 0;
        let mut elsewhere_reach = 0;
        for i in 0..n {
            let m = &measures[i];
            self.under_cue[i] = cue;
            self.below_comment_cue[i] = comments;
            self.below_cue[i] = reach > 0;
            self.below_item_title[i] = item_reach > 0;
            self.below_title_elsewhere[i] = elsewhere_reach > 0;
            reach = if m.extent < LONG { usize::saturating_sub(reach, 1) } else { 0 };
            item_reach = usize::saturating_sub(item_reach, 1);
            elsewhere_reach = usize::saturating_sub(elsewhere_reach, 1);
            // Above the first prose a heading of that name is a menu.
            if i < self.first_prose {
                continue;
            }
            let heads = m.hits.whole(Kind::RelatedHeading)
                || (m.hits.start(Kind::RelatedHeading)
                    && m.extent <= HEADING
                    && m.ending != Ending::Sentence);
            if heads {
                (cue, reach) = (true, CUE_REACH);
            }
            comments |= m.hits.whole(Kind::Comment);
            let dated = |j: usize| measures.get(j).is_some_and(|m| m.is_date_line() || m.is_relative_date);
            let title_like =
                m.is_title_like() && m.ending != Ending::Sentence && m.ending != Ending::Ellipsis;
            if title_like
                && (dated(i + 1) || (dated(i + 2) && !measures[i + 1].is_prose() && self.is_tight(i + 2)))
            {
                self.item_title[i] = true;
                item_reach = CUE_REACH;
            }
            if repetition[i].title_elsewhere && m.is_title_like() {
                elsewhere_reach = CUE_REACH;
            }
        }
    }

    /// A box that sets each item's text right below its title or date, and prose that stands apart from it: where all
    /// items of a box are tight, what is not is the article again.
    fn find_tight_items(&mut self, measures: &[Measure]) {
        let mut in_tight_item = false;
        for (i, measure) in measures.iter().enumerate() {
            if !measure.is_prose() {
                in_tight_item &= !self.item_title[i];
                continue;
            }
            let tight = self.is_tight(i);
            if in_tight_item && !tight {
                (self.below_tight_item[i], in_tight_item) = (true, false);
            }
            let near_title = (1..=3).any(|back| i >= back && self.item_title[i - back]);
            in_tight_item |= tight && near_title && !measure.looks_like_caption();
        }
    }

    /// Prose that other pages hold and that is not this page's own article: it stands nearer to the top elsewhere, or
    /// below prose of this page alone. The article itself is repeated too where others show it as an item, but from
    /// its first paragraph on.
    fn find_repeated_prose(&mut self, measures: &[Measure], repetition: &[Repetition]) {
        let mut own_above = 0;
        let mut item_above = false;
        let mut below = false;
        for i in 0..measures.len() {
            item_above |= self.item_title[i] || self.below_cue[i];
            if !measures[i].is_prose() {
                continue;
            }
            let repeated = repetition[i].documents >= 2 && !self.title_again[i];
            let below_own = own_above >= OWN_PROSE || (own_above > 0 && item_above);
            self.repeated_prose[i] = repeated && (repetition[i].earlier_elsewhere || below_own);
            self.own_prose_below[i] = below && !repeated;
            below = self.repeated_prose[i];
            own_above += usize::from(!repeated);
        }
    }

    /// How much of the article above comes back in each paragraph below the first item.
    fn find_topics(&mut self, measures: &[Measure], tokens: &Tokens) {
        let opens = |i: usize| self.item_title[i] || (self.below_cue[i] && i > 0 && !self.below_cue[i - 1]);
        let n = measures.len();
        let Some(start) = (0..n).find(|&i| opens(i)) else { return };
        let is_above = |&i: &usize| measures[i].extent >= LONG / 2 && Some(i) != self.head_title;
        let above: Vec<usize> = (0..start).filter(is_above).collect();
        let below: Vec<usize> = (start + 1..n).filter(|&i| measures[i].is_prose()).collect();
        let (mut sum, mut count) = (0.0, 0.0);
        let topics = topic::compare(tokens, self.head_title, &above, start, &below);
        for (i, topic) in below.iter().zip(&topics).rev() {
            (sum, count) = (sum + topic, count + 1.0);
            self.topic[*i] = Some((*topic, sum / count));
        }
    }
}

/// The contiguous blocks with the most prose: the best sum, where prose counts by its length and everything else
/// takes away. Main text is one region on most pages, menus before it and related items after it.
fn best_run(measures: &[Measure]) -> Range<usize> {
    let worth = |m: &Measure| -> f64 {
        if m.is_prose() {
            (m.extent.min(800) as f64 / 100.0).sqrt() + 0.5
        } else if m.is_cue_line() {
            -1.5
        } else if m.extent >= LONG {
            0.3
        } else if m.ending == Ending::Sentence && m.extent >= 30 {
            0.2
        } else if matches!(m.shape, Shape::ListItem | Shape::Code | Shape::TableRow | Shape::Heading) {
            -0.2
        } else {
            -0.7
        }
    };
    let (mut best, mut best_sum) = (0..0, 0.0);
    let (mut start, mut sum) = (0, 0.0);
    for (i, m) in measures.iter().enumerate() {
        if sum <= 0.0 {
            (start, sum) = (i, 0.0);
        }
        sum += worth(m);
        if sum > best_sum {
            (best, best_sum) = (start..i + 1, sum);
        }
    }
    best
}

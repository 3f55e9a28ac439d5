//! Sums over all documents: where every byte went, and two histograms.
//!
//! The funnel accounts for each byte once: what was read is the sum of everything else in it. Lengths fall into powers of
//! two, since those of pages spread over five orders of magnitude; confidences into steps of a twentieth of what the
//! decisions say, which is rounded to thousandths.

use serde::Serialize;

use crate::document::{DropReason, LabelledBlock, Side, Span};
use crate::write::{BlockAction, BlockDecision, Decision, SpanDecision, bytes_within};

/// Lengths by their binary digits: none, one, … 64.
const LENGTHS: usize = 65;
/// Steps of confidence.
const CONFIDENCES: usize = 20;
/// Thousandths in a step.
const STEP: usize = 50;

/// Where every byte of the texts read went; the sum of all but `read` is `read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Funnel {
    /// Bytes of every text read.
    pub read: u64,
    /// In documents without main text.
    pub empty: u64,
    /// In documents dropped for an equal one.
    pub exact_duplicate: u64,
    /// In documents dropped for a similar one.
    pub near_duplicate: u64,
    /// In documents that hold enough of a reference.
    pub contaminated: u64,
    /// White space around blocks, in documents that stay. So are the other rows.
    pub between_blocks: u64,
    /// Blocks removed as boilerplate.
    pub boilerplate: u64,
    /// Blocks lifted to fields.
    pub lifted: u64,
    /// Paragraphs removed as duplicates.
    pub duplicate_blocks: u64,
    /// Runs of words removed as duplicates.
    pub duplicate_spans: u64,
    /// What stays.
    pub kept: u64,
}

/// Documents whose text is so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LengthBin {
    /// Bytes, from so many.
    pub from: u64,
    /// To so many, these included.
    pub to: u64,
    /// Documents read with a source text of that length.
    pub read: u64,
    /// Documents kept with a main text of that length.
    pub kept: u64,
}

/// Blocks of such a confidence, in all documents read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ConfidenceBin {
    /// From so much.
    pub from: f64,
    /// To less than so much; the last bin takes 1 in.
    pub to: f64,
    /// Blocks of main text.
    pub main: u64,
    /// Blocks lifted to fields.
    pub lifted: u64,
    /// Blocks of boilerplate.
    pub boilerplate: u64,
}

/// All of it, summed up document by document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counts {
    pub funnel: Funnel,
    /// Of each length: documents read, documents kept.
    lengths: [[u64; 2]; LENGTHS],
    /// Of each step: blocks of main text, lifted ones, boilerplate.
    confidences: [[u64; 3]; CONFIDENCES],
}

impl Default for Counts {
    fn default() -> Self {
        Self { funnel: Funnel::default(), lengths: [[0; 2]; LENGTHS], confidences: [[0; 3]; CONFIDENCES] }
    }
}

impl Counts {
    /// Counts a document with a text of so many bytes. Returns how many of them stay.
    pub fn add(&mut self, decision: &Decision<'_>, bytes: u64) -> u64 {
        let reason = decision.drop_reason();
        self.funnel.read += bytes;
        self.lengths[digits(bytes)][0] += 1;
        let mut of = [0; BlockAction::ALL.len()];
        for block in decision.blocks {
            let LabelledBlock { block: source, label, confidence, .. } = &block.labelled;
            of[block.action as usize] += source.span.len() as u64;
            let thousandths = (f64::from(*confidence).clamp(0.0, 1.0) * 1000.0).round() as usize;
            let side = match label.side() {
                Side::Main => 0,
                Side::Lifted => 1,
                Side::Boilerplate => 2,
            };
            self.confidences[(thousandths / STEP).min(CONFIDENCES - 1)][side] += 1;
        }
        let funnel = &mut self.funnel;
        let dropped = match reason {
            None => None,
            Some(DropReason::Empty) => Some(&mut funnel.empty),
            Some(DropReason::ExactDuplicate) => Some(&mut funnel.exact_duplicate),
            Some(DropReason::NearDuplicate) => Some(&mut funnel.near_duplicate),
            Some(DropReason::Contaminated) => Some(&mut funnel.contaminated),
        };
        if let Some(dropped) = dropped {
            *dropped += bytes;
            return 0;
        }
        let spans: Vec<Span> = SpanDecision::dropped(decision.spans.unwrap_or_default());
        let gone = match &*spans {
            [] => 0,
            spans => bytes_within(BlockDecision::kept(decision.blocks).map(|block| block.span), spans),
        };
        let [keep, lift, boilerplate, duplicates] = of;
        funnel.between_blocks += bytes.saturating_sub(of.iter().sum());
        funnel.boilerplate += boilerplate;
        funnel.lifted += lift;
        funnel.duplicate_blocks += duplicates;
        funnel.duplicate_spans += gone;
        let kept = keep - gone;
        funnel.kept += kept;
        self.lengths[digits(kept)][1] += 1;
        kept
    }

    /// Adds those of another part of the run.
    pub fn merge(&mut self, other: &Self) {
        let (mine, theirs) = (&mut self.funnel, &other.funnel);
        mine.read += theirs.read;
        mine.empty += theirs.empty;
        mine.exact_duplicate += theirs.exact_duplicate;
        mine.near_duplicate += theirs.near_duplicate;
        mine.contaminated += theirs.contaminated;
        mine.between_blocks += theirs.between_blocks;
        mine.boilerplate += theirs.boilerplate;
        mine.lifted += theirs.lifted;
        mine.duplicate_blocks += theirs.duplicate_blocks;
        mine.duplicate_spans += theirs.duplicate_spans;
        mine.kept += theirs.kept;
        add_up(&mut self.lengths, &other.lengths);
        add_up(&mut self.confidences, &other.confidences);
    }

    /// From the first length that occurs to the last.
    pub fn lengths(&self) -> Vec<LengthBin> {
        let occurs = |bin: &[u64; 2]| *bin != [0; 2];
        let first = self.lengths.iter().position(occurs).unwrap_or_default();
        let end = self.lengths.iter().rposition(occurs).map_or(0, |last| last + 1);
        (first..end)
            .map(|digits| {
                let from = if digits == 0 { 0 } else { 1 << (digits - 1) };
                let to = if digits == 0 { 0 } else { u64::MAX >> (LENGTHS - 1 - digits) };
                let [read, kept] = self.lengths[digits];
                LengthBin { from, to, read, kept }
            })
            .collect()
    }

    /// Every step.
    pub fn confidences(&self) -> Vec<ConfidenceBin> {
        let at = |step: usize| (step * STEP) as f64 / 1000.0;
        let bins = self.confidences.iter().enumerate();
        bins.map(|(step, &[main, lifted, boilerplate])| ConfidenceBin {
            from: at(step),
            to: at(step + 1),
            main,
            lifted,
            boilerplate,
        })
        .collect()
    }
}

/// How many binary digits a length has.
fn digits(length: u64) -> usize {
    (u64::BITS - length.leading_zeros()) as usize
}

fn add_up<const N: usize>(mine: &mut [[u64; N]], theirs: &[[u64; N]]) {
    for (mine, theirs) in mine.as_flattened_mut().iter_mut().zip(theirs.as_flattened()) {
        *mine += theirs;
    }
}

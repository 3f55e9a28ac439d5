//! check: is a corpus good enough? Figures of a corpus, whoever made it, and gates that they must pass.
//!
//! One file a step: what a document says ([`Look`]) and all of them ([`Tally`]); the figures ([`Figure`]) with examples; the
//! judgement ([`Report`]), perhaps against a [`Baseline`]; and a file for each form in which it is printed ([`print`](mod@print)). The
//! duplicates are found by the pipeline, which knows how. Nothing here reads or writes files.
//!
//! When it is wrong: a figure is a share, so one bad document among a million passes most gates; and what the labels say of a
//! sample is as good as the labels, which see less repetition in a sample than in the whole.

mod baseline;
pub mod docs;
mod escape;
mod examples;
mod lengths;
mod look;
mod marks;
mod mojibake;
pub mod print;
mod ratio;
mod report;

pub use baseline::Baseline;
pub use examples::{Example, SNIPPET, line_of, snippet};
pub use lengths::{Distribution, Lengths};
pub use look::{Count, Look, Shown, Tally, Worst};
pub use marks::{Marks, controls, mojibake, replacements};
pub use ratio::Ratio;
pub use report::{Finding, Report, Status};

use serde::Serialize;

use crate::config::Gate;
use crate::report::Interval;

/// A part of what was counted, such as a cause or a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// How much of the count it is.
    pub count: u64,
}

/// What was measured for a gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The gate.
    pub gate: Gate,
    /// How many were found.
    pub count: u64,
    /// Among so many that were looked at.
    pub of: u64,
    /// The share of all, with the limits that hold it with 95 % where only a sample was looked at.
    pub share: Interval,
    /// Whether it was a sample.
    pub is_sampled: bool,
    /// What the count is made up of, the most first.
    pub parts: Vec<Part>,
    /// Some of the worst, the worst first.
    pub examples: Vec<Example>,
}

impl Figure {
    /// A figure for which everything was looked at.
    #[must_use]
    pub fn counted(gate: Gate, count: u64, of: u64) -> Self {
        let estimate = if of == 0 { 0.0 } else { count as f64 / of as f64 };
        let share = Interval { estimate, low: estimate, high: estimate };
        Self { gate, count, of, share, is_sampled: false, parts: Vec::new(), examples: Vec::new() }
    }

    /// A figure for which `of` documents of `all`, drawn by chance, were looked at.
    #[must_use]
    pub fn drawn(gate: Gate, count: u64, of: u64, all: u64) -> Self {
        if of == all {
            return Self::counted(gate, count, of);
        }
        let Interval { estimate, low, high } = Interval::of(all, of, count);
        let share = |documents: f64| documents / all.max(1) as f64;
        let share = Interval { estimate: share(estimate), low: share(low), high: share(high) };
        Self { share, is_sampled: true, ..Self::counted(gate, count, of) }
    }
}

/// What the corpus is, apart from what is good or bad about it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct About {
    /// Records of the inputs, readable or not.
    pub records: u64,
    /// Those that are documents.
    pub documents: u64,
    /// Bytes of their texts.
    pub text_bytes: u64,
    /// How many characters they have.
    pub characters: Distribution,
    /// Documents that were labelled.
    pub labelled: u64,
    /// Languages of the labelled documents, the most frequent first; without those whose language is not known.
    pub languages: Vec<Part>,
    /// Documents with an address.
    pub addressed: u64,
    /// The sites with the most documents.
    pub sites: Vec<Part>,
}

/// What was measured of a corpus.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measured {
    /// What it is.
    pub about: About,
    /// A figure for each gate that is not off, in the order of [`Gate::ALL`].
    pub figures: Vec<Figure>,
}

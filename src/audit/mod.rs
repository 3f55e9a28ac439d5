//! Answers for a finished run from what it left behind: the decisions, beside the sources that they speak of.
//!
//! Nothing is decided here again. [`Walk`] goes over the decisions and the sources in step and gives the pairs that are
//! asked for, each checked as `verify` checks it, so that no offset is used on a text that it was not made for. On that
//! stands what a document takes with it when it goes ([`Stake`]), and how it comes back ([`restore`]). What two runs over
//! the same inputs decided otherwise needs no source ([`Changes`]), and a report can do without ([`report`]).
//!
//! When it is wrong: the decisions are believed where only the run could know better, in labels, similarities and counts.

mod changes;
mod lost;
mod report;
mod restored;
mod walk;

pub use changes::{Changes, Kept, Tally};
pub use lost::{Run, Stake};
pub use report::{Sources, count_rejects, report};
pub use restored::{Restored, restore};
pub use walk::{Decisions, Walk};

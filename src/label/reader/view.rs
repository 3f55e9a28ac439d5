//! What the reader is given of a page, and the signals that both tables hold.

use super::table::{Group, Table, flag, log};
use crate::document::{Repetition, Shape};
use crate::label::context::Context;
use crate::label::cues::Kind;
use crate::label::measure::Measure;
use crate::label::model::{Surveyed, ZONES};
use crate::label::tokens::Tokens;
use crate::segment::Ending;

/// A page.
pub(in crate::label) struct View<'a> {
    pub measures: &'a [Measure],
    pub context: &'a Context,
    pub repetition: &'a [Repetition],
    pub tokens: &'a Tokens,
    /// What the zone model makes of each block.
    pub surveyed: &'a [Surveyed],
}

/// Prose counts by its length; above this it is no more prose.
const MOST_PROSE: usize = 800;

/// How much prose a block is, in hundreds of characters.
pub(super) fn prose(m: &Measure) -> f32 {
    if m.is_prose() { m.extent.min(MOST_PROSE) as f32 / 100.0 } else { 0.0 }
}

/// The more a block ends like a sentence, the higher.
pub(super) fn ending(m: &Measure) -> f32 {
    match m.ending {
        Ending::Open => 0.0,
        Ending::Comma => 1.0,
        Ending::Colon => 2.0,
        Ending::Ellipsis => 3.0,
        Ending::Sentence => 4.0,
    }
}

/// The more a block is a date, the higher: it holds one, tells an age, is nothing else.
pub(super) fn dated(m: &Measure) -> f32 {
    if m.is_date_line() {
        3.0
    } else if m.is_relative_date {
        2.0
    } else {
        flag(m.date.is_some())
    }
}

fn cue(m: &Measure, kind: Kind) -> f32 {
    if m.hits.whole(kind) {
        3.0
    } else if m.hits.start(kind) {
        2.0
    } else {
        flag(m.hits.has(kind))
    }
}

fn shape(m: &Measure) -> f32 {
    match m.shape {
        Shape::Rule => 0.0,
        Shape::TableRow => 1.0,
        Shape::Text => 2.0,
        Shape::Heading => 3.0,
        Shape::ListItem => 4.0,
        Shape::Quote => 5.0,
        Shape::Code => 6.0,
    }
}

impl View<'_> {
    /// What each block is by itself, and what the corpus says about it. `words` is what the words of each say.
    pub(super) fn own(&self, words: &[f32], table: &mut Table) {
        let m = self.measures;
        table.group(Group::Look);
        table.put(|i| log(m[i].extent));
        table.put(|i| log(m[i].words));
        table.put(|i| prose(&m[i]));
        table.put(|i| ending(&m[i]));
        table.put(|i| log(m[i].inner_sentences));
        table.put(|i| flag(m[i].starts_lower));
        table.put(|i| flag(m[i].starts_digit));
        table.put(|i| m[i].upper as f32);
        table.put(|i| m[i].capitalised as f32);
        table.put(|i| m[i].digits as f32);
        table.put(|i| log(m[i].separators));
        table.put(|i| log(m[i].commas));
        table.put(|i| log(m[i].marks));
        table.put(|i| flag(m[i].has_address));
        table.put(|i| shape(&m[i]));
        table.put(|i| flag(self.context.is_tight(i)));
        table.put(|i| m[i].extent as f32 / m[i].words.max(1) as f32);
        table.put(|i| m[i].commas as f32 * 100.0 / m[i].extent.max(1) as f32);
        table.group(Group::Neighbours);
        table.put(|i| flag(self.context.is_tight(i + 1)));
        table.group(Group::Cues);
        table.put(|i| dated(&m[i]));
        for &kind in Kind::ALL {
            table.put(|i| cue(&m[i], kind));
        }
        table.put(|i| flag(m[i].field_label));
        table.put(|i| m[i].fields as f32);
        table.group(Group::Words);
        table.put(|i| words[i]);
        table.group(Group::Zones);
        table.put(|i| self.surveyed[i].main);
        for zone in 0..ZONES {
            table.put(|i| self.surveyed[i].zones[zone]);
        }
        table.group(Group::Repetition);
        let r = self.repetition;
        table.put(|i| others(r[i].documents));
        table.put(|i| others(r[i].site_documents));
        table.put(|i| others(r[i].masked_documents));
        table.put(|i| log(r[i].near_documents as usize));
        // How long the run is depends on which page is the example; that there is one does not.
        table.put(|i| flag(r[i].run >= 2));
        table.put(|i| flag(r[i].earlier_elsewhere));
        table.put(|i| flag(r[i].title_elsewhere));
    }
}

/// How many other documents there are, on a logarithmic scale.
fn others(documents: u32) -> f32 {
    log(documents.saturating_sub(1) as usize)
}

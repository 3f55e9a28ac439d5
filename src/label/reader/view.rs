//! What the reader is given of a page, and the signals that both tables hold.

use super::table::{Group, Table, flag, log};
use crate::document::{Repetition, Shape};
use crate::label::context::Context;
use crate::label::cues::Kind;
use crate::label::measure::Measure;
use crate::label::model::Surveyed;
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
    /// What a block is by itself, and what the corpus says about it. `words` is what its words say.
    pub(super) fn own(&self, i: usize, words: f32, table: &mut Table) {
        let m = &self.measures[i];
        table.group(Group::Look);
        table.put(log(m.extent));
        table.put(log(m.words));
        table.put(prose(m));
        table.put(ending(m));
        table.put(log(m.inner_sentences));
        table.put(flag(m.starts_lower));
        table.put(flag(m.starts_digit));
        table.put(m.upper as f32);
        table.put(m.capitalised as f32);
        table.put(m.digits as f32);
        table.put(log(m.separators));
        table.put(log(m.commas));
        table.put(log(m.marks));
        table.put(flag(m.has_address));
        table.put(shape(m));
        table.put(flag(self.context.is_tight(i)));
        table.put(m.extent as f32 / m.words.max(1) as f32);
        table.put(m.commas as f32 * 100.0 / m.extent.max(1) as f32);
        table.group(Group::Neighbours);
        table.put(flag(self.context.is_tight(i + 1)));
        table.group(Group::Cues);
        table.put(dated(m));
        for &kind in Kind::ALL {
            table.put(cue(m, kind));
        }
        table.put(flag(m.field_label));
        table.put(m.fields as f32);
        table.group(Group::Words);
        table.put(words);
        table.group(Group::Zones);
        let surveyed = &self.surveyed[i];
        table.put(surveyed.main);
        surveyed.zones.iter().for_each(|zone| table.put(*zone));
        table.group(Group::Repetition);
        let r = &self.repetition[i];
        for others in [r.documents, r.site_documents, r.masked_documents] {
            table.put(log(others.saturating_sub(1) as usize));
        }
        table.put(log(r.near_documents as usize));
        // How long the run is depends on which page is the example; that there is one does not.
        table.put(flag(r.run >= 2));
        table.put(flag(r.earlier_elsewhere));
        table.put(flag(r.title_elsewhere));
    }
}

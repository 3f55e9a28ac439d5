//! The first table: what a block says, what stands around it, where it stands, and what the corpus knows of it.

use std::ops::Range;

use super::cohesion::Cohesion;
use super::table::{Group, Table, Totals, Windows, flag, log, signed};
use super::view::{View, dated, ending, prose};
use crate::document::Shape;
use crate::label::cues::Kind;
use crate::label::key_map::{KeyMap, spread};
use crate::label::measure::Measure;
use crate::segment::Ending;

/// Extent below which an open line is like a menu's.
const SHORT: usize = 50;
/// Extent below which a line that holds a date is about the date.
const DATED: usize = 100;
/// Words that a formula begins with: "Posted by"; and how often a page must say it.
const FORMULA: usize = 2;
const SEVERAL: u32 = 3;
/// Periods that a list's rhythm may have: title, date and teaser are three.
const PERIODS: Range<usize> = 1..6;
/// Blocks on either side that a rhythm is looked for in.
const RHYTHM: usize = 8;
/// A distance to what the page does not hold, on the scale of [`log`]: some eight thousand blocks.
const NOWHERE: f32 = 9.0;

/// What the rows need to know of the whole page.
pub(super) struct First<'a> {
    view: &'a View<'a>,
    words: &'a [f32],
    /// What each block tells its neighbours.
    lines: Vec<[f32; 6]>,
    prose: Totals,
    repeats: Totals,
    channels: [Totals; 8],
    rhythms: Vec<Totals>,
    distances: [Vec<f32>; 8],
    cohesion: Cohesion,
    /// Which stems the page's title has.
    title: Vec<bool>,
    /// Of each block, how many blocks of the page have the same words, as far as they are read, and how many begin with
    /// the same ones.
    same: Vec<u32>,
    alike: Vec<u32>,
    /// Blocks that begin as several others do, which is how threads and lists name their items.
    formulas: Totals,
    /// Share of blocks below a blank line, and of blocks whose words are too long for a script with spaces.
    spaced: f32,
    unspaced: f32,
}

impl<'a> First<'a> {
    /// `words` is what the words of each block say, in nats.
    pub fn of(view: &'a View<'a>, words: &'a [f32]) -> Self {
        let measures = view.measures;
        let n = measures.len();
        let per_block = |f: &dyn Fn(&Measure) -> f32| Totals::of(measures.iter().map(f));
        let same_class = |period: usize| {
            let same = move |i: usize| i >= period && class(&measures[i]) == class(&measures[i - period]);
            Totals::of((0..n).map(|i| flag(same(i))))
        };
        let above = |hits: &dyn Fn(&Measure) -> bool| distances(measures.iter(), hits);
        let below = |hits: &dyn Fn(&Measure) -> bool| {
            let mut found = distances(measures.iter().rev(), hits);
            found.reverse();
            found
        };
        let date = |m: &Measure| dated(m) >= 1.0 && m.extent < DATED;
        let alike = counts(view, |words| words.len() >= FORMULA, |words| &words[..FORMULA]);
        let comment = |m: &Measure| m.hits.whole(Kind::Comment);
        let related = |m: &Measure| m.hits.whole(Kind::RelatedHeading);
        let unspaced = measures.iter().filter(|m| m.words > 0 && m.extent > 12 * m.words).count();
        let spaced = (0..n).filter(|&i| !view.context.is_tight(i)).count();
        let mut title = vec![false; view.tokens.kinds()];
        view.context
            .head_title
            .iter()
            .flat_map(|t| view.tokens.stems(*t))
            .for_each(|stem| title[stem] = true);
        Self {
            view,
            words,
            title,
            lines: measures.iter().zip(words).map(line).collect(),
            prose: per_block(&prose),
            repeats: Totals::of(view.repetition.iter().map(|r| flag(r.documents >= 2))),
            channels: [
                per_block(&|m| flag(m.extent < SHORT && m.ending == Ending::Open)),
                per_block(&|m| m.extent.min(400) as f32 / 100.0),
                per_block(&|m| flag(m.ending == Ending::Sentence)),
                Totals::of(words.iter().copied()),
                per_block(&|m| flag(m.is_cue_line())),
                per_block(&|m| flag(date(m))),
                per_block(&|m| flag(matches!(m.shape, Shape::ListItem | Shape::Heading))),
                per_block(&|m| flag(m.title_case)),
            ],
            rhythms: PERIODS.map(same_class).collect(),
            distances: [
                above(&date),
                below(&date),
                above(&comment),
                below(&comment),
                above(&related),
                above(&Measure::is_prose),
                below(&Measure::is_prose),
                above(&|m| m.shape == Shape::Heading),
            ],
            cohesion: Cohesion::of(view.tokens, view.context.run.clone()),
            same: counts(view, |words| !words.is_empty(), |words| words),
            formulas: Totals::of(alike.iter().map(|n| flag(*n >= SEVERAL))),
            alike,
            spaced: spaced as f32 / n.max(1) as f32,
            unspaced: unspaced as f32 / n.max(1) as f32,
        }
    }

    /// Puts the rows of some blocks.
    pub fn rows(&self, blocks: Range<usize>, table: &mut Table) {
        table.fill(blocks, |i, table| {
            self.view.own(i, self.words[i], table);
            self.neighbours(i, table);
            self.around(i, table);
            self.page(i, table);
            self.place(i, table);
            self.subject(i, table);
        });
    }

    fn neighbours(&self, i: usize, table: &mut Table) {
        table.group(Group::Neighbours);
        for offset in [-3isize, -2, -1, 1, 2, 3] {
            let line = self.lines.get(i.wrapping_add_signed(offset)).unwrap_or(&NO_LINE);
            line.iter().for_each(|signal| table.put(*signal));
        }
    }

    fn around(&self, i: usize, table: &mut Table) {
        table.group(Group::Around);
        let windows = Windows::of(i, self.lines.len());
        let totals = [&self.prose, &self.repeats, &self.formulas].into_iter().chain(&self.channels);
        totals.for_each(|totals| totals.around(&windows, table));
        for rhythm in &self.rhythms {
            table.put(rhythm.mean(&(i.saturating_sub(RHYTHM)..i + RHYTHM + 1)));
        }
        for distance in &self.distances {
            table.put(distance[i]);
        }
    }

    fn page(&self, i: usize, table: &mut Table) {
        let n = self.view.measures.len();
        let all = self.prose.sum(&(0..n));
        table.group(Group::Page);
        table.put(log(n));
        table.put(all.ln_1p());
        table.put(self.prose.sum(&self.view.context.run) / all.max(0.1));
        table.put(self.spaced);
        table.put(self.unspaced);
        table.put(self.repeats.mean(&(0..n)));
        table.put(log(self.view.context.first_prose));
        table.put(self.formulas.mean(&(0..n)));
        table.put(self.channels[5].sum(&(0..n)).ln_1p());
        table.group(Group::Place);
        table.put(i as f32 / n as f32);
        table.put(log(i));
        table.put(log(n - 1 - i));
        table.put(self.prose.sum(&(0..i)) / all.max(0.1));
        table.put(self.prose.sum(&(0..i)).ln_1p());
        table.put(self.prose.sum(&(i + 1..n)).ln_1p());
        table.put(self.formulas.sum(&(0..i)).ln_1p());
        table.put(self.channels[5].sum(&(0..i)).ln_1p());
    }

    fn place(&self, i: usize, table: &mut Table) {
        let context = self.view.context;
        let run = &context.run;
        table.put(signed(i, run.start));
        table.put(signed(i, run.end));
        table.put(flag(run.contains(&i)));
        table.put(signed(i, context.head_title.unwrap_or(0)));
        table.put(flag(context.head_title == Some(i)));
        let places = [
            &context.title_again,
            &context.title_in_text,
            &context.below_cue,
            &context.under_cue,
            &context.item_title,
            &context.below_item_title,
            &context.below_tight_item,
            &context.below_comment_cue,
            &context.below_title_elsewhere,
            &context.repeated_prose,
            &context.own_prose_below,
        ];
        for place in places {
            table.put(flag(place[i]));
        }
    }

    fn subject(&self, i: usize, table: &mut Table) {
        let (view, context) = (self.view, self.view.context);
        table.group(Group::Subject);
        let topic = context.topic[i].unwrap_or((-1.0, -1.0));
        table.put(topic.0 as f32);
        table.put(topic.1 as f32);
        let (inside, outside) = self.cohesion.shares(view.tokens, i);
        table.put(inside);
        table.put(outside);
        let stems = view.tokens.stems(i);
        let all = stems.len().max(1) as f32;
        let of_title = stems.filter(|stem| self.title[*stem]).count() as f32;
        table.put(of_title);
        table.put(of_title / all);
        table.put(log(self.same[i] as usize));
        table.put(log(self.alike[i] as usize));
    }
}

/// What a neighbour tells of itself past either end of the page.
const NO_LINE: [f32; 6] = [-1.0, -1.0, 0.0, -1.0, -1.0, -1.0];

/// What a block tells its neighbours.
fn line((m, words): (&Measure, &f32)) -> [f32; 6] {
    [log(m.extent), ending(m), *words, dated(m), flag(m.is_cue_line()), m.capitalised as f32]
}

/// What a line is like, roughly: lines of one class in turn make a rhythm.
fn class(m: &Measure) -> u8 {
    let length = match m.extent {
        0..=20 => 0,
        21..=60 => 1,
        61..=120 => 2,
        _ => 3,
    };
    length * 4 + if dated(m) > 0.0 { 3 } else { u8::from(m.ending == Ending::Sentence) }
}

/// How far back the last hit lies, from each block in the order given.
fn distances<'m>(measures: impl Iterator<Item = &'m Measure>, hits: &dyn Fn(&Measure) -> bool) -> Vec<f32> {
    let mut last = None;
    measures
        .enumerate()
        .map(|(i, m)| {
            if hits(m) {
                last = Some(i);
            }
            last.map_or(NOWHERE, |last| log(i - last))
        })
        .collect()
}

/// How many blocks of the page share a part of their words with each block; 0 for blocks that are left out.
fn counts(view: &View<'_>, counted: impl Fn(&[u32]) -> bool, part: impl Fn(&[u32]) -> &[u32]) -> Vec<u32> {
    let hash = |i: usize| {
        let words = view.tokens.words(i);
        counted(words).then(|| part(words).iter().fold(1u64, |h, &w| h.rotate_left(7) ^ spread(w)))
    };
    let hashes: Vec<Option<u64>> = (0..view.measures.len()).map(hash).collect();
    let mut seen: KeyMap<u32> = KeyMap::default();
    seen.reserve(hashes.len());
    for &hash in hashes.iter().flatten() {
        *seen.entry(hash).or_default() += 1;
    }
    hashes.iter().map(|hash| hash.map_or(0, |hash| seen[&hash])).collect()
}

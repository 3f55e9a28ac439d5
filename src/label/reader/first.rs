//! The first table: what a block says, what stands around it, where it stands, and what the corpus knows of it.

use std::ops::Range;

use super::cohesion::Cohesion;
use super::table::{Group, Padded, Table, Totals, WINDOWS, Window, flag, log, signed};
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
const RHYTHM: isize = 8;
/// What a neighbour past either end of the page tells of itself; its words say nothing.
const NO_LINE: f32 = -1.0;
/// A distance to what the page does not hold, on the scale of [`log`]: some eight thousand blocks.
const NOWHERE: f32 = 9.0;

/// What the rows need to know of the whole page.
pub(super) struct First<'a> {
    view: &'a View<'a>,
    words: &'a [f32],
    /// What each block tells its neighbours.
    lines: [Padded; 6],
    prose: Totals,
    repeats: Totals,
    channels: [Totals; 8],
    rhythms: Vec<Totals>,
    windows: [[Window; WINDOWS.len()]; 2],
    rhythm: Window,
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
        let told = |f: &dyn Fn(&Measure) -> f32, outside: f32| Padded::of(measures.iter().map(f), outside);
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
            lines: [
                told(&|m| log(m.extent), NO_LINE),
                told(&ending, NO_LINE),
                Padded::of(words.iter().copied(), 0.0),
                told(&dated, NO_LINE),
                told(&|m| flag(m.is_cue_line()), NO_LINE),
                told(&|m| m.capitalised as f32, NO_LINE),
            ],
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
            windows: Window::above_and_below(n),
            rhythm: Window::of(-RHYTHM..RHYTHM + 1, n),
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
        table.start(blocks.clone());
        self.view.own(self.words, table);
        self.neighbours(table);
        self.around(table);
        self.page(table);
        self.place(table);
        self.subject(blocks, table);
    }

    fn neighbours(&self, table: &mut Table) {
        table.group(Group::Neighbours);
        for offset in [-3, -2, -1, 1, 2, 3] {
            self.lines.iter().for_each(|line| line.put(offset, table));
        }
    }

    fn around(&self, table: &mut Table) {
        table.group(Group::Around);
        let totals = [&self.prose, &self.repeats, &self.formulas].into_iter().chain(&self.channels);
        for totals in totals {
            self.windows.iter().flatten().for_each(|window| totals.put_mean(window, table));
        }
        self.rhythms.iter().for_each(|rhythm| rhythm.put_mean(&self.rhythm, table));
        for distance in &self.distances {
            table.put(|i| distance[i]);
        }
    }

    fn page(&self, table: &mut Table) {
        let n = self.view.measures.len();
        let all = self.prose.all();
        table.group(Group::Page);
        table.put_all(log(n));
        table.put_all(all.ln_1p());
        table.put_all(self.prose.sum(&self.view.context.run) / all.max(0.1));
        table.put_all(self.spaced);
        table.put_all(self.unspaced);
        table.put_all(self.repeats.mean());
        table.put_all(log(self.view.context.first_prose));
        table.put_all(self.formulas.mean());
        table.put_all(self.channels[5].all().ln_1p());
        table.group(Group::Place);
        table.put(|i| i as f32 / n as f32);
        table.put(log);
        table.put(|i| log(n - 1 - i));
        table.put(|i| self.prose.sum(&(0..i)) / all.max(0.1));
        table.put_logs(|i| self.prose.sum(&(0..i)));
        table.put_logs(|i| self.prose.sum(&(i + 1..n)));
        table.put_logs(|i| self.formulas.sum(&(0..i)));
        table.put_logs(|i| self.channels[5].sum(&(0..i)));
    }

    fn place(&self, table: &mut Table) {
        let context = self.view.context;
        let run = &context.run;
        table.put(|i| signed(i, run.start));
        table.put(|i| signed(i, run.end));
        table.put(|i| flag(run.contains(&i)));
        let title = context.head_title.unwrap_or(0);
        table.put(|i| signed(i, title));
        table.put(|i| flag(context.head_title == Some(i)));
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
            table.put(|i| flag(place[i]));
        }
    }

    fn subject(&self, blocks: Range<usize>, table: &mut Table) {
        let (tokens, topic) = (self.view.tokens, &self.view.context.topic);
        table.group(Group::Subject);
        table.put(|i| topic[i].map_or(-1.0, |topic| topic.0 as f32));
        table.put(|i| topic[i].map_or(-1.0, |topic| topic.1 as f32));
        let first = blocks.start;
        let shares: Vec<_> = blocks.clone().map(|i| self.cohesion.shares(tokens, i)).collect();
        table.put(|i| shares[i - first].0);
        table.put(|i| shares[i - first].1);
        let of_title = |i| tokens.stems(i).filter(|stem| self.title[*stem]).count() as f32;
        let of_title: Vec<f32> = blocks.map(of_title).collect();
        table.put(|i| of_title[i - first]);
        table.put(|i| of_title[i - first] / tokens.stems(i).len().max(1) as f32);
        table.put(|i| log(self.same[i] as usize));
        table.put(|i| log(self.alike[i] as usize));
    }
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
    let mut numbers: KeyMap<usize> = KeyMap::default();
    numbers.reserve(view.measures.len());
    // How often each part occurs; the first number is that of the blocks that are left out.
    let mut counts = vec![0];
    let mut number = |i: usize| {
        let words = view.tokens.words(i);
        if !counted(words) {
            return 0;
        }
        let hash = part(words).iter().fold(1u64, |h, &w| h.rotate_left(7) ^ spread(w));
        let number = *numbers.entry(hash).or_insert(counts.len());
        counts.resize(counts.len().max(number + 1), 0);
        counts[number] += 1;
        number
    };
    let numbers: Vec<usize> = (0..view.measures.len()).map(&mut number).collect();
    numbers.into_iter().map(|number| counts[number]).collect()
}

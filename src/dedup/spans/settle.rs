//! What of a document goes, given what it shares with better-ranked ones and what those have lost.

use std::collections::BTreeMap;
use std::ops::Range;

use super::runs::SharedRun;
use super::text::Border;

/// Words that are gone from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Removal {
    /// The text, by its place in rank order.
    pub place: u32,
    /// The number of the first word.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// The text that keeps them, and their first word there; [`Removal::NOWHERE`] where the whole paragraph is gone.
    pub owner: (u32, u32),
}

impl Removal {
    /// No text at all.
    pub const NOWHERE: (u32, u32) = (u32::MAX, 0);
}

/// Words of a document that stand in a text which keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// The number of the first word.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// The text that keeps them, by its place in rank order, and their first word there.
    pub owner: (u32, u32),
}

impl Piece {
    /// The part of it that lies in `words`.
    fn within(self, words: &Range<u32>) -> Option<Self> {
        let (start, end) = (self.start.max(words.start), self.end.min(words.end));
        let (owner, first) = self.owner;
        (start < end).then(|| Self { start, end, owner: (owner, first + (start - self.start)) })
    }
}

/// Decides which words of the text at `place` go. `gone` are the words of its paragraphs that go anyway; `borders` is where
/// it may be cut. `removed` says what an earlier text has lost of some of its words, in order.
///
/// A run goes if whole sentences of it make up `min_words` words and each of them stands in a text that keeps it. Where
/// paragraphs of it go anyway, what is left must be as long, or stand between two such paragraphs. Of overlapping runs each is cut by itself, so that no sentence goes of which one half stands here and the other there.
///
/// # Errors
/// Those of `removed`.
pub fn settle<E>(
    place: u32,
    mut runs: Vec<SharedRun>,
    gone: &[Range<u32>],
    borders: &[Border],
    min_words: usize,
    removed: impl Fn(u32, Range<u32>) -> Result<Vec<Removal>, E>,
) -> Result<Vec<Piece>, E> {
    runs.sort_unstable_by_key(|run| (run.start, u32::MAX - run.end, run.owner, run.owner_start));
    let mut settled = Settled::default();
    for run in runs {
        let there = run.owner_start..run.owner_start + (run.end - run.start);
        let lost =
            if run.owner == place { settled.lost(place, gone, &there) } else { removed(run.owner, there)? };
        let kept = resolve(run, &lost);
        for part in unbroken(run.start..run.end, &kept, gone) {
            let Some(part) = cut(&part, &run, borders).filter(|part| part.len() >= min_words) else {
                continue;
            };
            let is_enclosed = |words: &Range<u32>| part.start < words.start && words.end < part.end;
            for staying in without(&part, gone).into_iter().filter(|w| w.len() >= min_words || is_enclosed(w))
            {
                // Where runs overlap, the first one has the words.
                let taken: Vec<_> = settled.within(&staying).map(|piece| piece.start..piece.end).collect();
                for new in without(&staying, &taken) {
                    kept.iter().filter_map(|piece| piece.within(&new)).for_each(|piece| settled.add(piece));
                }
            }
        }
    }
    let mut pieces = settled.0.into_values().collect();
    join(&mut pieces);
    Ok(pieces)
}

/// Pieces that do not overlap, by their first words.
#[derive(Default)]
struct Settled(BTreeMap<u32, Piece>);

impl Settled {
    fn add(&mut self, piece: Piece) {
        self.0.insert(piece.start, piece);
    }

    /// Those that have any of these words, in order.
    fn within(&self, words: &Range<u32>) -> impl Iterator<Item = &Piece> {
        let before = self.0.range(..words.start).next_back();
        let before = before.filter(|(_, piece)| piece.end > words.start);
        before.into_iter().chain(self.0.range(words.clone())).map(|(_, piece)| piece)
    }

    /// What the text itself has lost of these words so far, and goes anyway.
    fn lost(&self, place: u32, gone: &[Range<u32>], words: &Range<u32>) -> Vec<Removal> {
        let gone = overlapping(gone, words).iter().map(|gone| Removal {
            place,
            start: gone.start,
            end: gone.end,
            owner: Removal::NOWHERE,
        });
        let settled =
            self.within(words).map(|&Piece { start, end, owner }| Removal { place, start, end, owner });
        let mut lost: Vec<_> = gone.chain(settled).collect();
        lost.sort_unstable();
        lost
    }
}

/// Those ranges, which are in order and do not overlap, that have any of these words.
fn overlapping<'r>(ranges: &'r [Range<u32>], words: &Range<u32>) -> &'r [Range<u32>] {
    let ranges = &ranges[ranges.partition_point(|range| range.end <= words.start)..];
    &ranges[..ranges.partition_point(|range| range.start < words.end)]
}

/// Makes one of neighbouring pieces that are neighbours in one text.
fn join(pieces: &mut Vec<Piece>) {
    pieces.dedup_by(|next, last| {
        let follows = last.end == next.start
            && last.owner.0 == next.owner.0
            && last.owner.1 + (last.end - last.start) == next.owner.1;
        if follows {
            last.end = next.end;
        }
        follows
    });
}

/// The parts of a run that are kept somewhere: by the owner, or by whom the owner lost them to.
fn resolve(run: SharedRun, lost: &[Removal]) -> Vec<Piece> {
    let here = |there: u32| run.start + (there - run.owner_start);
    let mut kept = Vec::new();
    let mut at = run.start;
    let own = |start: u32, end: u32| Piece {
        start,
        end,
        owner: (run.owner, run.owner_start + (start - run.start)),
    };
    for lost in lost {
        let first = lost.start.max(run.owner_start);
        let (start, end) = (here(first), here(lost.end).min(run.end));
        if at < start {
            kept.push(own(at, start));
        }
        if lost.owner != Removal::NOWHERE {
            let (owner, word) = lost.owner;
            kept.push(Piece { start, end, owner: (owner, word + (first - lost.start)) });
        }
        at = end;
    }
    if at < run.end {
        kept.push(own(at, run.end));
    }
    kept
}

/// The stretches of a run of which every word is kept somewhere or goes anyway.
fn unbroken(run: Range<u32>, kept: &[Piece], gone: &[Range<u32>]) -> Vec<Range<u32>> {
    let mut fine: Vec<Range<u32>> = kept.iter().map(|piece| piece.start..piece.end).collect();
    let gone = overlapping(gone, &run).iter();
    fine.extend(gone.map(|gone| gone.start.max(run.start)..gone.end.min(run.end)));
    fine.sort_unstable_by_key(|words| (words.start, words.end));
    let mut stretches: Vec<Range<u32>> = Vec::new();
    for words in fine {
        match stretches.last_mut() {
            Some(last) if words.start <= last.end => last.end = last.end.max(words.end),
            _ => stretches.push(words),
        }
    }
    stretches
}

/// The largest part of `words`, which are of `run`, that begins and ends at a border, and at the ends of the run only where
/// what belongs to its first and last word is equal as well.
fn cut(words: &Range<u32>, run: &SharedRun, borders: &[Border]) -> Option<Range<u32>> {
    let inside = &borders[borders.partition_point(|border| border.word < words.start)..];
    let inside = &inside[..inside.partition_point(|border| border.word <= words.end)];
    let may_start = |b: &&Border| b.may_start && (b.word > run.start || b.lead <= run.lead);
    let may_end = |b: &&Border| b.may_end && (b.word < run.end || b.tail <= run.tail);
    let start = inside.iter().find(may_start)?.word;
    let end = inside.iter().rfind(may_end)?.word;
    (start < end).then_some(start..end)
}

/// What is left of `words` without those of `gone`, which are in order.
fn without(words: &Range<u32>, gone: &[Range<u32>]) -> Vec<Range<u32>> {
    let mut left = Vec::new();
    let mut at = words.start;
    for gone in overlapping(gone, words) {
        if at < gone.start {
            left.push(at..gone.start);
        }
        at = gone.end;
    }
    if at < words.end {
        left.push(at..words.end);
    }
    left
}

//! Which documents stay: the search for duplicates, brought through sorted files.
//!
//! 1. Claims are sorted: that is rank order, and each document has a place in it.
//! 2. Exact keys are sorted by place: all but the first of equal ones are copies.
//! 3. Buckets are sorted. One in which a document stands alone says nothing, and most are such; the others are sorted by
//!    place and go to a table.
//! 4. Rank order is cut into stretches whose share of the table fits in memory; mostly that is all of it. Each is searched
//!    in memory ([`search`](crate::dedup::search())); of earlier stretches the kept documents come along.
//! 5. What equals a dropped document goes for the same kept one. The verdicts are sorted by document.
//!
//! Where an index or a reference is known, its documents stand before all others in rank order, and are looked up at each of
//! these steps ([`Known`]).
//!
//! In memory are eight bytes and two bits of each document, and of those in shared buckets what fits in the budget.

use std::collections::VecDeque;
use std::ops::Range;

use super::Job;
use super::bits::Bits;
use super::drafts::Row;
use super::index::{Known, KnownCopy, KnownRow, Places};
use super::sort::Sorter;
use super::table::{Table, TableWriter};
use crate::dedup::{BUCKET_LIMIT, Bucket, CHUNK, MainText, Match, Member, Statistics, Stretch, search};
use crate::document::Verdict;
use crate::error::Result;

/// A document in a bucket. The derived order brings together who meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct InBucket {
    pub bucket: Bucket,
    pub document: u32,
}

/// A document in a bucket that it shares with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shared {
    /// A number of the bucket.
    pub bucket: u64,
    /// The document, by its place in rank order.
    pub place: u32,
    /// Whether it looks for others there.
    pub asks: bool,
}

/// The file of the shared buckets.
pub(super) const SHARED: &str = "shared";

/// Kept documents of earlier stretches that come along for each bucket: as many as the search looks at, and one more that
/// says there were more.
const KEPT_ALONG: usize = BUCKET_LIMIT + 1;

/// Bytes that a document's part in a bucket takes while a stretch is searched: here and in the stretch, with its share of
/// the member and of the bucket.
pub const SHARED_BYTES: usize = 48;

/// A verdict on a document other than "kept, and nobody's canonical". The order is that of the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Judged {
    pub document: u32,
    pub kind: u8,
    pub canonical: u32,
    /// The bits of a number from 0 to 1.
    pub similarity: u64,
}

impl Judged {
    const NEAR: u8 = 0;
    const EXACT: u8 = 1;
    const HAS_COPY: u8 = 2;
    const CONTAMINATED: u8 = 3;

    fn dropped(document: u32, canonical: u32, similarity: f64, is_exact: bool) -> [Self; 2] {
        let kind = if is_exact { Self::EXACT } else { Self::NEAR };
        let similarity = similarity.to_bits();
        [
            Self { document, kind, canonical, similarity },
            Self { document: canonical, kind: Self::HAS_COPY, canonical: document, similarity: 0 },
        ]
    }

    /// A document that goes for an item of the reference.
    pub fn contaminated(document: u32, item: u32, share: f64) -> Self {
        Self { document, kind: Self::CONTAMINATED, canonical: item, similarity: share.to_bits() }
    }

    /// The copy of the document that this is about.
    pub fn copy(self) -> Option<u32> {
        (self.kind == Self::HAS_COPY).then_some(self.canonical)
    }

    /// The verdict on a document with main text, given what `before` was judged of it.
    pub fn after(self, before: Verdict) -> Verdict {
        let Self { kind, canonical, similarity, .. } = self;
        match before {
            Verdict::Keep { copies } if kind == Self::HAS_COPY => Verdict::Keep { copies: copies + 1 },
            Verdict::Keep { .. } if kind == Self::CONTAMINATED => {
                Verdict::Contaminated { item: canonical, share: f64::from_bits(similarity) }
            }
            Verdict::Keep { .. } => {
                let (similarity, exact) = (f64::from_bits(similarity), kind == Self::EXACT);
                Verdict::Duplicate { canonical, similarity, exact }
            }
            decided => decided,
        }
    }
}

/// Every document's place in rank order, and who is kept. What is known has the first places, and numbers behind those of
/// the run.
pub(super) struct Ranks {
    /// How many documents are known.
    known: u32,
    /// The place of each document of the run; `u32::MAX` for one without main text.
    places: Vec<u32>,
    /// The document at each place behind the known ones.
    documents: Vec<u32>,
    /// The places of those that go.
    dropped: Bits,
}

impl Ranks {
    /// The place of a document, if it has main text and stays.
    pub fn place_if_kept(&self, document: u32) -> Option<u32> {
        let place = self.places[document as usize];
        (place != u32::MAX && !self.dropped.contains(place)).then_some(place)
    }

    /// How many documents go.
    pub fn dropped(&self) -> u64 {
        self.dropped.iter().count() as u64
    }

    /// The document at a place.
    pub fn document(&self, place: u32) -> u32 {
        match place.checked_sub(self.known) {
            Some(own) => self.documents[own as usize],
            None => self.places.len() as u32 + place,
        }
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.known as usize + self.documents.len()
    }

    fn of(job: &Job<'_>, rows: &Table<Row>, out: &Bits) -> Result<Self> {
        let known = job.known.as_deref().map_or(0, Known::documents);
        let mut claims: Sorter<(u128, u32)> = job.sorter("claims", job.memory() / 4, None);
        for (document, row) in (0_u32..).zip(rows.iter()) {
            if let Some(entry) = row?.entry.filter(|_| !out.contains(document)) {
                // The best claim comes first, and between equals the input order decides.
                claims.push((!entry.claim, document))?;
            }
        }
        let mut places = vec![u32::MAX; rows.len() as usize];
        let mut documents = Vec::with_capacity(places.len());
        for claim in claims.finish()? {
            let (_, document) = claim?;
            places[document as usize] = known + documents.len() as u32;
            documents.push(document);
        }
        let dropped = Bits::new(known as usize + documents.len());
        Ok(Self { known, places, documents, dropped })
    }
}

/// What was found.
pub(super) struct Verdicts {
    /// Sorted by document.
    pub judged: Sorter<Judged>,
    pub ranks: Ranks,
    pub statistics: Statistics,
}

/// Gives each document its verdict. Those in `out` have none.
///
/// # Errors
/// Whatever ends a run.
pub(super) fn verdicts(
    job: &Job<'_>,
    rows: &Table<Row>,
    out: &Bits,
    buckets: Sorter<InBucket>,
    text: &impl MainText,
) -> Result<Verdicts> {
    let mut ranks = Ranks::of(job, rows, out)?;
    let mut judged = job.sorter("judged", job.memory() / 8, None);
    if !job.config.dedup.enabled {
        return Ok(Verdicts { judged, ranks, statistics: Statistics::default() });
    }
    let copies = exact_copies(job, rows, &mut ranks, &mut judged)?;
    let shared = shared_buckets(job, buckets, &ranks)?;
    let mut finder = Finder { job, rows, shared, text, ranks, statistics: Statistics::default(), told: 0 };
    let near = finder.near_duplicates()?;
    let Finder { ranks, statistics, .. } = finder;

    // Both are in the order of the places of those that others may equal.
    let mut near = near.iter().peekable();
    let push_near = |found: Near, judged: &mut Sorter<Judged>| {
        let [document, canonical] = [found.0, found.1].map(|place| ranks.document(place));
        judged.extend(Judged::dropped(document, canonical, f64::from_bits(found.2), false))
    };
    let mut last: Option<Near> = None;
    for copy in copies.finish()? {
        let (original, copy) = copy?;
        while let Some(found) = near.next_if(|n| !matches!(n, Ok(found) if found.0 > original)) {
            let found = found?;
            push_near(found, &mut judged)?;
            last = Some(found);
        }
        let document = ranks.document(copy);
        judged.extend(match last.filter(|found| found.0 == original) {
            // What equals a near-duplicate has the same shingles, so it is just as similar to the same document.
            Some((_, canonical, similarity)) => {
                Judged::dropped(document, ranks.document(canonical), f64::from_bits(similarity), false)
            }
            None => Judged::dropped(document, ranks.document(original), 1.0, true),
        })?;
    }
    near.try_for_each(|found| push_near(found?, &mut judged))?;
    Ok(Verdicts { judged, ranks, statistics })
}

/// Finds who equals a better-ranked document: pairs of places, the original's first. What equals a text that is known is
/// judged at once.
fn exact_copies(
    job: &Job<'_>,
    rows: &Table<Row>,
    ranks: &mut Ranks,
    judged: &mut Sorter<Judged>,
) -> Result<Sorter<(u32, u32)>> {
    let mut keys: Sorter<(u128, u32)> = job.sorter("exact-keys", job.memory() / 4, None);
    for (row, &place) in rows.iter().zip(&ranks.places) {
        if let Some(entry) = row?.entry.filter(|_| place != u32::MAX) {
            keys.push((entry.exact, place))?;
        }
    }
    let mut copies = job.sorter("copies", job.memory() / 16, None);
    let mut known = job.known.as_deref().map(Known::copies);
    let mut original: Option<(u128, u32)> = None;
    // The key that is known, and what its text goes for.
    let mut gone: Option<(u128, KnownCopy)> = None;
    for key in keys.finish()? {
        let (key, place) = key?;
        match original {
            Some((equal, original)) if equal == key => {
                ranks.dropped.insert(place);
                copies.push((original, place))?;
                continue;
            }
            _ => {}
        }
        if gone.is_none_or(|(equal, _)| equal != key) {
            let found = known.as_mut().map_or(Ok(None), |known| known(key))?;
            gone = found.map(|copy| (key, copy));
        }
        match gone {
            Some((_, KnownCopy { document, similarity })) => {
                ranks.dropped.insert(place);
                let [document, canonical] = [place, document].map(|place| ranks.document(place));
                let is_exact = similarity.is_none();
                judged.extend(Judged::dropped(document, canonical, similarity.unwrap_or(1.0), is_exact))?;
            }
            None => original = Some((key, place)),
        }
    }
    Ok(copies)
}

/// The buckets that several documents stand in and at least one looks for others in, each in rank order. Of equal
/// documents only the best counts.
fn shared_buckets(job: &Job<'_>, buckets: Sorter<InBucket>, ranks: &Ranks) -> Result<Table<Shared>> {
    let mut shared = job.sorter("shared", job.memory() / 8, None);
    let mut known = match job.known.as_deref() {
        Some(known) => Some(known.buckets(known.open_chunk()?, KEPT_ALONG)),
        None => None,
    };
    let mut number = 0;
    // The first document of a bucket waits for a second.
    let mut first: Option<(InBucket, u32)> = None;
    let mut is_shared = false;
    for found in buckets.finish()? {
        let found = found?;
        let Some(place) = ranks.place_if_kept(found.document) else { continue };
        let asks = found.bucket.asks();
        match first.filter(|(first, _)| first.bucket.is_same(found.bucket)) {
            // Who asks comes first, so a bucket that begins with one who does not has none.
            Some((first, _)) if !first.bucket.asks() => {}
            Some((first, first_place)) => {
                if !is_shared {
                    is_shared = true;
                    shared.push(Shared { bucket: number, place: first_place, asks: first.bucket.asks() })?;
                }
                shared.push(Shared { bucket: number, place, asks })?;
            }
            None => {
                first = Some((found, place));
                number += u64::from(is_shared);
                is_shared = false;
                let met = known.as_mut().filter(|_| asks);
                let met = met.map_or(Ok(Places::new()), |known| known(found.bucket))?;
                if !met.is_empty() {
                    is_shared = true;
                    let known = met.into_iter().map(|(place, asks)| Shared { bucket: number, place, asks });
                    shared.extend(known.chain([Shared { bucket: number, place, asks }]))?;
                }
            }
        }
    }
    let mut table = TableWriter::open(&job.work.file(SHARED), 0)?;
    for entry in shared.finish()? {
        table.push(&entry?)?;
    }
    table.finish()
}

/// Places of a document and of its canonical, and the bits of their similarity.
type Near = (u32, u32, u64);

struct Finder<'a, T> {
    job: &'a Job<'a>,
    rows: &'a Table<Row>,
    shared: Table<Shared>,
    text: &'a T,
    ranks: Ranks,
    statistics: Statistics,
    /// Documents that the user was told of.
    told: u64,
}

impl<T: MainText> Finder<'_, T> {
    /// The near-duplicates, in rank order.
    fn near_duplicates(&mut self) -> Result<Table<Near>> {
        let mut near = TableWriter::open(&self.job.work.file("near"), 0)?;
        for places in self.stretches()? {
            self.search(places, &mut near)?;
        }
        near.finish()
    }

    /// Cuts rank order so that each piece has no larger a share of the buckets than memory has room for.
    fn stretches(&self) -> Result<Vec<Range<u32>>> {
        /// Pieces of which stretches are made up.
        const PIECES: usize = 4096;
        // Chunks are counted in ranks, and the first one may have begun among what is known.
        let (open, begun) = match self.job.known.as_deref() {
            Some(known) => (known.open_chunk()?, (known.ranked() % CHUNK) as usize),
            None => (0, 0),
        };
        let (known, own) = (self.ranks.known as usize, self.ranks.documents.len());
        let length = (begun + own).div_ceil(PIECES).next_multiple_of(CHUNK as usize).max(CHUNK as usize);
        let mut counts = vec![0_usize; (begun + own).div_ceil(length)];
        for shared in self.shared.iter() {
            if let Some(own) = (shared?.place as usize).checked_sub(known) {
                counts[(begun + own) / length] += 1;
            }
        }
        let room = self.job.memory() / 4 / SHARED_BYTES;
        let mut stretches: Vec<Range<u32>> = Vec::new();
        let mut held = usize::MAX;
        for (piece, count) in counts.into_iter().enumerate() {
            let at = |piece: usize| (known + (piece * length).saturating_sub(begun).min(own)) as u32;
            let (start, end) = (if piece == 0 { open } else { at(piece) }, at(piece + 1));
            match stretches.last_mut() {
                Some(last) if held + count <= room => {
                    last.end = end;
                    held += count;
                }
                _ => {
                    stretches.push(start..end);
                    held = count;
                }
            }
        }
        Ok(stretches)
    }

    fn search(&mut self, places: Range<u32>, near: &mut TableWriter<Near>) -> Result<()> {
        let (stretch, members) = self.stretch(&places)?;
        let first = stretch.undecided().start;
        let (job, before) = (self.job, self.told);
        let mut progress = |decided: usize| {
            let now = before + decided as u64;
            job.progress.advance(0, now - self.told);
            self.told = now;
            job.check_stop()
        };
        let memory = job.memory() / 4;
        let (matches, counted) = search(stretch, &job.config.dedup, self.text, memory, &mut progress)?;
        self.statistics += counted;
        for (&place, found) in members[first..].iter().zip(matches) {
            if let Some(Match { place: canonical, similarity }) = found {
                self.ranks.dropped.insert(place);
                near.push(&(place, members[canonical], similarity.to_bits()))?;
            }
        }
        Ok(())
    }

    /// The documents at `places` that share a bucket, with the kept ones before them that they meet there; and the place
    /// of each in rank order.
    fn stretch(&self, places: &Range<u32>) -> Result<(Stretch, Vec<u32>)> {
        let mut entries: Vec<(u32, u32, bool)> = Vec::new();
        let mut members = Bits::new(self.ranks.len());
        let mut collected = Collected::default();
        let mut buckets = 0;
        let mut close = |collected: &mut Collected| {
            if collected.is_of_use() {
                for (place, asks) in collected.before.drain(..).chain(collected.own.drain(..)) {
                    members.insert(place);
                    entries.push((buckets, place, asks));
                }
                buckets += 1;
            }
            collected.before.clear();
            collected.own.clear();
        };
        // Counted over all shared buckets, also those that nobody else of this stretch stands in: what a document asks does
        // not depend on where stretches end.
        let mut asked = vec![0_u8; places.len()];
        let mut last = None;
        for shared in self.shared.iter() {
            let Shared { bucket, place, asks } = shared?;
            if last != Some(bucket) {
                close(&mut collected);
                last = Some(bucket);
            }
            if places.contains(&place) {
                let asked = &mut asked[(place - places.start) as usize];
                *asked = asked.saturating_add(u8::from(asks));
                collected.own.push((place, asks));
            } else if place < places.start && !self.ranks.dropped.contains(place) {
                if collected.before.len() == KEPT_ALONG {
                    collected.before.pop_front();
                }
                collected.before.push_back((place, asks));
            }
        }
        close(&mut collected);

        let counts = members.counts_before();
        let places_of: Vec<u32> = members.iter().collect();
        let kept_earlier = places_of.partition_point(|place| *place < places.start);
        let known = self.job.known.as_deref();
        let member = |&place: &u32| {
            let document = self.ranks.document(place);
            if let Some(known) = known.filter(|_| place < self.ranks.known) {
                let KnownRow { rank, words, signature, .. } = known.row(place)?;
                return Ok(Member { document, rank, words, asked: 0, signature, is_known: true });
            }
            let entry = self.rows.get(u64::from(document))?.entry;
            let (words, signature) = entry.map(|entry| (entry.words, entry.signature)).unwrap_or_default();
            let asked = place.checked_sub(places.start).map_or(0, |own| asked[own as usize]);
            let rank = place - self.ranks.known + known.map_or(0, Known::ranked);
            Ok(Member { document, rank, words, asked, signature, is_known: false })
        };
        let mut stretch = Stretch::new(places_of.iter().map(member).collect::<Result<_>>()?, kept_earlier);
        for bucket in entries.chunk_by(|a, b| a.0 == b.0) {
            stretch
                .add_bucket(bucket.iter().map(|(_, place, asks)| (members.position(*place, &counts), *asks)));
        }
        stretch.close();
        Ok((stretch, places_of))
    }
}

/// A bucket's share of a stretch.
#[derive(Default)]
struct Collected {
    /// Kept in an earlier stretch, the last of them.
    before: VecDeque<(u32, bool)>,
    /// In the stretch.
    own: Vec<(u32, bool)>,
}

impl Collected {
    /// Whether anybody meets anybody here.
    fn is_of_use(&self) -> bool {
        !self.own.is_empty() && self.own.len() + self.before.len() > 1
    }
}

#[cfg(test)]
mod tests;

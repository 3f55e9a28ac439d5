//! The quality meter: how many near-duplicates did the search find, and were those any?
//!
//! 1. While the outputs are written, who stays and who goes for whom is taken down ([`Meter::add`]).
//! 2. Kept documents are put into strata by how similar a better-ranked kept document looks by its sketch
//!    ([`neighbours`]), and of each stratum, and of the dropped ones, some are drawn ([`draw`]).
//! 3. Those drawn are held in memory with their shingle sets, and all kept documents go by them once, with sets made anew
//!    from the spool ([`Probes`]). Where there are more than memory has room for, they go by several times.
//!
//! The sketches decide only who is drawn: a missed document whose sketch is misleading is one of the others, and counts as
//! many times as its stratum is larger than its sample. What it all means is in [`Quality`].
//!
//! In memory are a byte and a bit of each document, some 250 bytes for each that is drawn (a sample is at most a million), and
//! of their sets as much as the meter's share of `run.memory` holds. Draws
//! depend on the documents' numbers and a fixed seed, so neither threads nor memory change them.
//!
//! When it is wrong: see [`Quality`]; and the sets are made by the same code as those of the search, so what that gets wrong
//! about a text, both do.

mod draw;
mod neighbours;

use rayon::prelude::*;

use self::draw::{Candidate, Lowest, share_out};
use self::neighbours::likeness;
use super::Job;
use super::bits::Bits;
use super::drafts::Row;
use super::table::Table;
use crate::dedup::{MainText, Probes, Scratch, Shingles, Standing};
use crate::document::Verdict;
use crate::error::Result;
use crate::report::{Fate, Missed, NAMED_MISSED, Quality, Stratum};

/// How far below the threshold the strata of kept documents begin, in estimated similarity. An estimate is off by 0.04 or so
/// (one standard deviation), so nearly all that were missed look at least as similar as the second one asks.
const STRATA: [f64; 3] = [0.0, 0.1, 0.3];

/// Documents that are read, and go by, at a time.
const BATCH: usize = 1024;

/// Bytes that documents drawn take at most, whatever the memory: more than this makes no run faster.
const MOST_HELD: usize = 4 << 30;

/// Notes what the meter has to know of each document, and measures in the end.
pub(super) struct Meter<'a> {
    job: &'a Job<'a>,
    /// How many records the run has. Documents of an index or a reference are numbered from there on; what went for
    /// them is none of the meter's business.
    records: u32,
    /// Who stays.
    kept: Bits,
    dropped: Lowest,
}

/// A document that was drawn.
#[derive(Debug, Clone, Copy)]
struct Drawn {
    stratum: usize,
    standing: Standing,
    /// The document it was dropped for, if it was.
    canonical: Option<u32>,
}

/// What going by has shown about a document that was drawn.
#[derive(Debug, Clone, Copy, Default)]
struct Shown {
    /// The most similar document, and its similarity; of equally similar ones the best.
    most_similar: Option<(Standing, f64)>,
    /// Whether the document it was dropped for is among those that resemble it.
    is_confirmed: bool,
}

impl<'a> Meter<'a> {
    /// A meter for so many records; nothing where none was asked for, or where nothing is dropped as a near-duplicate.
    pub fn new(job: &'a Job<'a>, records: u64) -> Option<Self> {
        let sample = job.config.meter.sample;
        (sample > 0 && job.config.dedup.enabled).then(|| Self {
            job,
            records: records as u32,
            kept: Bits::new(records as usize),
            dropped: Lowest::new(sample as usize),
        })
    }

    /// Notes the verdict on a document.
    pub fn add(&mut self, document: u32, verdict: Verdict) {
        match verdict {
            Verdict::Keep { .. } => self.kept.insert(document),
            Verdict::Duplicate { canonical, exact: false, .. } if canonical < self.records => {
                self.dropped.add(Candidate::new(document, Some(canonical)));
            }
            Verdict::Duplicate { .. } | Verdict::Contaminated { .. } | Verdict::Empty => {}
        }
    }

    /// Draws and compares. `id` names a document.
    ///
    /// # Errors
    /// Whatever ends a run.
    pub fn measure(
        self,
        rows: &Table<Row>,
        text: &impl MainText,
        id: impl Fn(u32) -> Result<String>,
    ) -> Result<Quality> {
        let job = self.job;
        job.progress.stage("meter", 0);
        let (mut strata, drawn) = self.draw(rows)?;
        let shown = self.compare(rows, text, &drawn)?;
        let mut missed = Vec::new();
        for (drawn, shown) in drawn.iter().zip(&shown) {
            let stratum = &mut strata[drawn.stratum];
            let Some((other, similarity)) = shown.most_similar else { continue };
            stratum.resembling += 1;
            match &mut stratum.confirmed {
                Some(confirmed) => *confirmed += u64::from(shown.is_confirmed),
                None => missed.push((similarity, drawn.standing.document, other.document)),
            }
        }
        missed.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        missed.truncate(NAMED_MISSED);
        let named = missed.into_iter().map(|(similarity, document, other)| {
            Ok(Missed { id: id(document)?, resembles: id(other)?, similarity })
        });
        Ok(Quality { sample: job.config.meter.sample, strata, examples: named.collect::<Result<_>>()? })
    }

    /// The strata, the dropped one first, and who was drawn of them, in the order of the documents.
    fn draw(&self, rows: &Table<Row>) -> Result<(Vec<Stratum>, Vec<Drawn>)> {
        let threshold = self.job.config.dedup.threshold;
        // Rounded, since 0.8 - 0.1 is not 0.7 and the report would show it.
        let edges = STRATA.map(|below| ((threshold - below) * 1e6).round().max(0.0) / 1e6);
        let alike = likeness(self.job, rows, &self.kept)?;
        let sample = self.job.config.meter.sample as usize;
        let mut kept = [(); STRATA.len() + 1].map(|()| Lowest::new(sample));
        for document in self.kept.iter() {
            let similarity = alike.of(document);
            let stratum = edges.iter().take_while(|edge| similarity < **edge).count();
            kept[stratum].add(Candidate::new(document, None));
        }
        let all: Vec<&Lowest> = std::iter::once(&self.dropped).chain(&kept).collect();
        let counts = share_out(sample, &all.iter().map(|lowest| lowest.seen()).collect::<Vec<_>>());
        let mut strata = Vec::new();
        let mut drawn = Vec::new();
        for (stratum, (lowest, &count)) in all.iter().zip(&counts).enumerate() {
            // Of kept ones, the stratum before ends where this one begins.
            let kept = stratum.checked_sub(1);
            let edge = |kept: usize| edges.get(kept).copied().unwrap_or(0.0);
            strata.push(Stratum {
                fate: if kept.is_some() { Fate::Kept } else { Fate::Dropped },
                from: kept.map(edge),
                to: kept.map(|kept| kept.checked_sub(1).map_or(1.0, edge)),
                documents: lowest.seen(),
                checked: count as u64,
                resembling: 0,
                confirmed: if kept.is_some() { None } else { Some(0) },
            });
            for Candidate { document, canonical, .. } in lowest.first(count) {
                let claim = rows.get(u64::from(document))?.entry.map_or(0, |entry| entry.claim);
                drawn.push(Drawn { stratum, standing: Standing { claim, document }, canonical });
            }
        }
        drawn.sort_unstable_by_key(|drawn| drawn.standing.document);
        Ok((strata, drawn))
    }

    /// Holds all kept documents against those that were drawn.
    fn compare(&self, rows: &Table<Row>, text: &impl MainText, drawn: &[Drawn]) -> Result<Vec<Shown>> {
        let room = (self.job.memory() / 4).min(MOST_HELD);
        let mut shown = vec![Shown::default(); drawn.len()];
        let mut start = 0;
        while start < drawn.len() {
            let mut probes = Vec::new();
            let mut bytes = 0;
            for drawn in &drawn[start..] {
                self.job.check_stop()?;
                let mut set = Shingles::default();
                text.shingles(drawn.standing.document, &mut set)?;
                probes.push((drawn.standing, set));
                bytes += probes.last().map_or(0, |(_, set)| Probes::bytes(set));
                if bytes >= room {
                    break;
                }
            }
            let end = start + probes.len();
            let probes = Probes::new(probes, &self.job.config.dedup);
            self.go_by(rows, text, &probes, &drawn[start..end], &mut shown[start..end])?;
            start = end;
        }
        Ok(shown)
    }

    /// Holds all kept documents against some of those that were drawn.
    fn go_by(
        &self,
        rows: &Table<Row>,
        text: &impl MainText,
        probes: &Probes,
        drawn: &[Drawn],
        shown: &mut [Shown],
    ) -> Result<()> {
        let mut kept = (0_u32..).zip(rows.iter()).filter(|(document, _)| self.kept.contains(*document));
        loop {
            self.job.check_stop()?;
            let batch: Vec<Standing> = (kept.by_ref().take(BATCH))
                .map(|(document, row)| {
                    Ok(Standing { claim: row?.entry.map_or(0, |entry| entry.claim), document })
                })
                .collect::<Result<_>>()?;
            if batch.is_empty() {
                return Ok(());
            }
            let resembling = |(scratch, set): &mut (Scratch, Shingles), standing: &Standing| {
                text.shingles(standing.document, set)?;
                Ok(probes.resembling(*standing, set, scratch))
            };
            let found: Vec<Vec<(u32, f64)>> =
                batch.par_iter().map_init(Default::default, resembling).collect::<Result<_>>()?;
            for (&standing, found) in batch.iter().zip(found) {
                for (probe, similarity) in found {
                    let shown = &mut shown[probe as usize];
                    shown.is_confirmed |= drawn[probe as usize].canonical == Some(standing.document);
                    let is_better = |(other, most): (Standing, f64)| {
                        similarity > most || similarity == most && standing < other
                    };
                    if shown.most_similar.is_none_or(is_better) {
                        shown.most_similar = Some((standing, similarity));
                    }
                }
            }
            self.job.progress.advance(0, batch.len() as u64);
        }
    }
}

#[cfg(test)]
mod tests;

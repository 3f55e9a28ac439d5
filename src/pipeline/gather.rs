//! Gathers what a report shows beyond counts, from the decisions as they are written or as they are read back.
//!
//! Portions of documents are counted on any thread and added in input order. Sites and clusters may be more than memory has
//! room for, so a portion's sites are folded and go through a sorter, and so does a record of 16 bytes for each document
//! that is dropped for another, and for each that others are dropped for. What will be named is then known by numbers;
//! ids and texts of these few documents are looked up last, through [`Lookup`].
//!
//! When it is wrong: sites, and where decisions are read back clusters, are told apart by 64 bits of a hash, so two of a
//! billion may be counted as one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::best::Best;
use super::sort::{Sorted, Sorter};
use crate::document::{DropReason, Verdict};
use crate::error::Result;
use crate::report::{
    Cluster, Clusters, Copy, Counts, Details, Excerpt, Gathered, LEAST_DOCUMENTS, NAMED_CLUSTERS,
    NAMED_COPIES, NAMED_NEAREST, NAMED_SITES, NearCopy, Origin, Place, Repeated, RepeatedBlock, Site, Sites,
    WordDiff, beginning,
};
use crate::write::Decision;

/// Bytes of a main text that are compared at the most.
pub(crate) const COMPARED_BYTES: usize = 1 << 20;

/// What a site has and keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SiteRow {
    pub site: u64,
    /// Its first document, whose address names it.
    pub first: u32,
    pub documents: u32,
    pub kept: u32,
    pub bytes: u64,
    pub kept_bytes: u64,
}

impl SiteRow {
    fn add(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.documents += other.documents;
        self.kept += other.kept;
        self.bytes += other.bytes;
        self.kept_bytes += other.kept_bytes;
    }

    fn gone(&self) -> u64 {
        self.bytes - self.kept_bytes
    }
}

/// A document in a cluster. Of one cluster the canonical comes first, then the copies in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Member {
    /// Tells clusters apart.
    pub cluster: u64,
    pub is_copy: bool,
    pub number: u32,
    pub is_exact: bool,
    /// In ten-thousandths, as the decisions have it.
    pub similarity: u16,
}

impl Member {
    fn copy(self) -> NamedCopy {
        NamedCopy { number: self.number, is_exact: self.is_exact, similarity: self.similarity }
    }
}

/// What is told of a document beside its decision.
pub(crate) struct Seen<'a> {
    pub number: u32,
    /// A hash of its site's name.
    pub site: u64,
    /// Bytes of its text.
    pub bytes: u64,
    /// The text, where it is at hand.
    pub text: Option<&'a str>,
    /// What tells its cluster from others, where it is in one of this run.
    pub cluster: Option<u64>,
}

/// A few documents that follow each other.
#[derive(Debug, Default)]
pub(crate) struct Portion {
    counts: Counts,
    repeated: Repeated,
    sites: BTreeMap<u64, SiteRow>,
    members: Vec<Member>,
}

impl Portion {
    /// An empty one. `floor` is that of the gatherer, or an earlier one.
    pub fn above(floor: u32) -> Self {
        Self { repeated: Repeated::above(floor), ..Self::default() }
    }

    /// Counts a document.
    pub fn add(&mut self, decision: &Decision<'_>, seen: &Seen<'_>) {
        let &Seen { number, site, bytes, text, cluster } = seen;
        let kept_bytes = self.counts.add(decision, bytes);
        self.repeated.add(number, decision, text);
        let kept = u32::from(decision.drop_reason().is_none());
        let row = SiteRow { site, first: number, documents: 1, kept, bytes, kept_bytes };
        self.sites.entry(site).and_modify(|sum| sum.add(&row)).or_insert(row);
        if let Some(cluster) = cluster {
            let (is_copy, is_exact, similarity) = match decision.verdict {
                Verdict::Duplicate { exact, similarity, .. } => (true, exact, similarity),
                _ => (false, false, 1.0),
            };
            let similarity = (similarity.clamp(0.0, 1.0) * 10_000.0).round() as u16;
            self.members.push(Member { cluster, is_copy, number, is_exact, similarity });
        }
    }
}

/// Sums up the portions of a whole run.
pub(crate) struct Gatherer {
    counts: Counts,
    repeated: Repeated,
    sites: Sorter<SiteRow>,
    members: Sorter<Member>,
}

impl Gatherer {
    /// One that holds about so many bytes in memory and the rest in a folder.
    pub fn new(folder: &Path, memory: usize) -> Self {
        Self {
            counts: Counts::default(),
            repeated: Repeated::default(),
            sites: Sorter::new(folder, "report-sites", memory / 2),
            members: Sorter::new(folder, "report-members", memory / 2),
        }
    }

    /// Blocks that fewer documents hold need not be looked at any more.
    pub fn floor(&self) -> u32 {
        self.repeated.floor()
    }

    /// Adds the documents that follow those added before.
    pub fn add(&mut self, portion: Portion) -> Result<()> {
        let Portion { counts, repeated, sites, members } = portion;
        self.counts.merge(&counts);
        self.repeated.merge(repeated);
        self.sites.extend(sites.into_values())?;
        self.members.extend(members)
    }

    /// What will be named, once every document was added.
    pub fn finish(self) -> Result<Findings> {
        let Self { counts, repeated, sites, members } = self;
        let (sites, clusters) = (NamedSites::of(sites.finish()?)?, NamedClusters::of(members.finish()?)?);
        Ok(Findings { counts, blocks: repeated.into_named(), sites, clusters })
    }
}

/// A share, ordered by its size: the larger one comes first.
#[derive(Debug, Clone, Copy)]
struct LargerShare {
    part: u64,
    of: u64,
}

impl Ord for LargerShare {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let [mine, theirs] =
            [(self, other), (other, self)].map(|(a, b)| u128::from(a.part) * u128::from(b.of));
        theirs.cmp(&mine)
    }
}

impl PartialEq for LargerShare {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for LargerShare {}

impl PartialOrd for LargerShare {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Debug, Default)]
struct NamedSites {
    total: u64,
    largest: Vec<SiteRow>,
    worst: Vec<SiteRow>,
}

impl NamedSites {
    fn of(rows: Sorted<SiteRow>) -> Result<Self> {
        let (mut largest, mut worst) = (Best::new(NAMED_SITES), Best::new(NAMED_SITES));
        let (mut total, mut open) = (0, None::<SiteRow>);
        let mut close = |row: SiteRow| {
            total += 1;
            largest.add((Reverse(row.bytes), row.first), row);
            if row.documents >= LEAST_DOCUMENTS && row.gone() > 0 {
                worst.add((LargerShare { part: row.gone(), of: row.bytes }, row.first), row);
            }
        };
        for row in rows {
            let row = row?;
            match &mut open {
                Some(sum) if sum.site == row.site => sum.add(&row),
                open => open.replace(row).into_iter().for_each(&mut close),
            }
        }
        open.into_iter().for_each(&mut close);
        Ok(Self { total, largest: largest.into_values(), worst: worst.into_values() })
    }
}

#[derive(Debug, Clone, Copy)]
struct NamedCopy {
    number: u32,
    is_exact: bool,
    similarity: u16,
}

#[derive(Debug, Clone)]
struct NamedCluster {
    canonical: u32,
    copies: u64,
    exact: u64,
    first: Vec<NamedCopy>,
    least: Option<NamedCopy>,
}

#[derive(Debug, Default)]
struct NamedClusters {
    total: u64,
    largest: Vec<NamedCluster>,
    /// Near-duplicates, each with its canonical.
    nearest: Vec<(NamedCopy, u32)>,
}

impl NamedClusters {
    fn of(members: Sorted<Member>) -> Result<Self> {
        let (mut largest, mut nearest) = (Best::new(NAMED_CLUSTERS), Best::new(NAMED_NEAREST));
        let (mut total, mut open) = (0, None::<(u64, NamedCluster)>);
        let mut close = |cluster: NamedCluster| {
            total += u64::from(cluster.copies > 0);
            if cluster.copies > 0 {
                largest.add((Reverse(cluster.copies), cluster.canonical), cluster);
            }
        };
        for member in members {
            let member = member?;
            if !member.is_copy {
                let (canonical, first) = (member.number, Vec::new());
                let cluster = NamedCluster { canonical, copies: 0, exact: 0, first, least: None };
                open.replace((member.cluster, cluster)).into_iter().for_each(|(_, cluster)| close(cluster));
                continue;
            }
            // Only decisions that were tampered with name a canonical that there is not.
            let Some((_, cluster)) = open.as_mut().filter(|(key, _)| *key == member.cluster) else {
                continue;
            };
            let copy = member.copy();
            cluster.copies += 1;
            cluster.exact += u64::from(copy.is_exact);
            if cluster.first.len() < NAMED_COPIES {
                cluster.first.push(copy);
            }
            if !copy.is_exact {
                if cluster.least.is_none_or(|least| copy.similarity < least.similarity) {
                    cluster.least = Some(copy);
                }
                nearest.add((copy.similarity, copy.number), (copy, cluster.canonical));
            }
        }
        open.into_iter().for_each(|(_, cluster)| close(cluster));
        Ok(Self { total, largest: largest.into_values(), nearest: nearest.into_values() })
    }
}

/// What will be named, by numbers of documents.
#[derive(Debug)]
pub(crate) struct Findings {
    counts: Counts,
    blocks: Vec<(u32, Place)>,
    sites: NamedSites,
    clusters: NamedClusters,
}

/// Where ids and texts come from. A text that is not at hand is nothing.
pub(crate) trait Lookup {
    /// The id of a document.
    fn id(&self, number: u32) -> Result<String>;
    /// Its site, or else its file.
    fn site(&self, number: u32) -> Result<String>;
    /// Its main text, paragraphs joined by a blank line.
    fn text(&self, number: u32) -> Result<Option<String>>;
    /// The text of one of its blocks.
    fn block(&self, number: u32, block: u32) -> Result<Option<String>>;
}

impl Findings {
    /// The documents of which ids, sites or blocks will be asked.
    pub fn documents(&self) -> BTreeSet<u32> {
        let blocks = self.blocks.iter().map(|(_, place)| place.at.0);
        let sites = self.sites.largest.iter().chain(&self.sites.worst).map(|row| row.first);
        let clusters = &self.clusters;
        let first = clusters.largest.iter().flat_map(|cluster| cluster.first.iter().map(|copy| copy.number));
        let canonicals = clusters.largest.iter().map(|cluster| cluster.canonical);
        blocks.chain(sites).chain(first).chain(canonicals).chain(self.texts()).collect()
    }

    /// Those whose texts will be asked for.
    pub fn texts(&self) -> BTreeSet<u32> {
        let least = |cluster: &NamedCluster| cluster.least.map(|copy| [copy.number, cluster.canonical]);
        let least = self.clusters.largest.iter().filter_map(least);
        let nearest = self.clusters.nearest.iter().map(|(copy, canonical)| [copy.number, *canonical]);
        least.chain(nearest).flatten().collect()
    }

    /// The blocks whose texts will be asked for.
    pub fn blocks(&self) -> BTreeSet<(u32, u32)> {
        self.blocks.iter().map(|(_, place)| place.at).collect()
    }

    /// Puts ids and texts to it.
    pub fn describe(
        self,
        origin: Origin,
        configuration: Option<BTreeMap<String, String>>,
        lookup: &impl Lookup,
    ) -> Result<Details> {
        let Self { counts, blocks, sites, clusters } = self;
        let block = |(documents, place): (u32, Place)| {
            let Place { at: (number, index), start, end, label, occurrences, removed } = place;
            let text = lookup.block(number, index)?.map(|text| Excerpt::of(&text));
            let document = lookup.id(number)?;
            Ok(RepeatedBlock { documents, occurrences, removed, label, document, start, end, text })
        };
        let site = |row: SiteRow| {
            let SiteRow { first, documents, kept, bytes, kept_bytes, .. } = row;
            Ok(Site { name: lookup.site(first)?, documents, kept, bytes, kept_bytes })
        };
        let named = |rows: Vec<SiteRow>| rows.into_iter().map(site).collect::<Result<Vec<_>>>();
        let near = |(copy, canonical): (NamedCopy, u32)| near_copy(copy, canonical, lookup);
        let cluster = |cluster: NamedCluster| {
            let NamedCluster { canonical, copies, exact, first, least } = cluster;
            let first = first.into_iter().map(|copy| {
                let reason =
                    if copy.is_exact { DropReason::ExactDuplicate } else { DropReason::NearDuplicate };
                Ok(Copy { id: lookup.id(copy.number)?, reason, similarity: share(copy.similarity) })
            });
            Ok(Cluster {
                canonical: lookup.id(canonical)?,
                copies,
                exact,
                first: first.collect::<Result<Vec<_>>>()?,
                least: least.map(|copy| near((copy, canonical))).transpose()?,
            })
        };
        Ok(Details::of(Gathered {
            origin,
            configuration,
            counts,
            repeated_blocks: blocks.into_iter().map(block).collect::<Result<Vec<_>>>()?,
            sites: Sites { total: sites.total, largest: named(sites.largest)?, worst: named(sites.worst)? },
            clusters: Clusters {
                total: clusters.total,
                largest: clusters.largest.into_iter().map(cluster).collect::<Result<Vec<_>>>()?,
                nearest: clusters.nearest.into_iter().map(near).collect::<Result<Vec<_>>>()?,
            },
        }))
    }
}

fn near_copy(copy: NamedCopy, canonical: u32, lookup: &impl Lookup) -> Result<NearCopy> {
    let texts = lookup.text(canonical)?.zip(lookup.text(copy.number)?);
    let difference = texts.map(|(kept, dropped)| {
        WordDiff::of(beginning(&kept, COMPARED_BYTES), beginning(&dropped, COMPARED_BYTES))
    });
    let similarity = share(copy.similarity);
    Ok(NearCopy { canonical: lookup.id(canonical)?, copy: lookup.id(copy.number)?, similarity, difference })
}

fn share(ten_thousandths: u16) -> f64 {
    f64::from(ten_thousandths) / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::sort::Record;

    fn row(site: u64, first: u32, documents: u32, bytes: u64, kept_bytes: u64) -> SiteRow {
        SiteRow { site, first, documents, kept: documents / 2, bytes, kept_bytes }
    }

    #[test]
    fn sites_are_folded_and_the_largest_and_worst_are_named_at_any_budget() {
        let rows: Vec<SiteRow> =
            (0..400).map(|n| row(u64::from(n % 40), n, 5, 100, u64::from(n % 40))).collect();
        let mut answers = Vec::new();
        for memory in [1, 1 << 20] {
            let folder = tempfile::tempdir().unwrap();
            let mut sorter = Sorter::new(folder.path(), "rows", memory);
            sorter.extend(rows.iter().copied()).unwrap();
            let named = NamedSites::of(sorter.finish().unwrap()).unwrap();
            assert_eq!(named.total, 40);
            assert_eq!(named.largest.len(), NAMED_SITES);
            assert_eq!((named.largest[0].first, named.largest[0].documents), (0, 50));
            assert_eq!((named.worst[0].site, named.worst[1].site), (0, 1), "the first keeps nothing");
            answers.push(format!("{named:?}"));
        }
        assert_eq!(answers[0], answers[1]);
    }

    #[test]
    fn clusters_are_counted_and_the_least_similar_copies_named() {
        let member = |cluster, is_copy, number, is_exact, similarity| Member {
            cluster,
            is_copy,
            number,
            is_exact,
            similarity,
        };
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(folder.path(), "members", 1);
        let members = [
            member(9, true, 4, false, 8100),
            member(9, false, 7, false, 0),
            member(9, true, 3, false, 8300),
            member(9, true, 8, true, 10_000),
            member(2, false, 1, false, 0),
            member(2, true, 2, true, 10_000),
            member(5, true, 6, true, 10_000),
        ];
        sorter.extend(members).unwrap();
        let named = NamedClusters::of(sorter.finish().unwrap()).unwrap();
        assert_eq!(named.total, 2, "a copy of nobody is no cluster");
        let sizes: Vec<_> = named.largest.iter().map(|c| (c.canonical, c.copies, c.exact)).collect();
        assert_eq!(sizes, [(7, 3, 1), (1, 1, 1)]);
        assert_eq!(named.largest[0].least.map(|copy| copy.number), Some(4));
        let nearest: Vec<_> =
            named.nearest.iter().map(|(copy, canonical)| (copy.number, *canonical)).collect();
        assert_eq!(nearest, [(4, 7), (3, 7)]);
    }

    #[test]
    fn records_survive_the_disk() {
        let row = row(u64::MAX, 1, 2, 3, 1);
        let mut bytes = vec![0; SiteRow::SIZE];
        row.write(&mut bytes);
        assert_eq!(SiteRow::read(&bytes), row);
        let member = Member { cluster: 3, is_copy: true, number: 4, is_exact: false, similarity: 8000 };
        let mut bytes = vec![0; Member::SIZE];
        member.write(&mut bytes);
        assert_eq!((Member::read(&bytes), Member::SIZE), (member, 16));
    }
}

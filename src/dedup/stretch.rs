//! A stretch of rank order with all that its search needs: who is in it, and who meets whom in which bucket.
//!
//! A bucket's members stand together, in rank order. As the search goes through the ranks, the kept ones are moved to
//! the front of their bucket, so that a document finds the kept documents it meets without passing over the dropped
//! ones: a template with a million edited copies costs a look at one of them.

use std::ops::Range;

use crate::fingerprint::Signature;

/// A document of a stretch.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Its number in input order.
    pub document: u32,
    /// Its place in rank order, among all documents.
    pub rank: u32,
    /// Words in it, no fewer than its shingles.
    pub words: u32,
    /// In how many buckets it looks for others, if it is to be decided.
    pub asked: u8,
    /// For a rough estimate of similarity.
    pub signature: Signature,
    /// Whether it is kept whatever it meets: it was decided in an earlier run.
    pub is_known: bool,
}

/// Documents in rank order, known by their place here, and the buckets they share. The first ones were kept in an earlier
/// stretch; the others are to be decided.
#[derive(Debug, Default)]
pub struct Stretch {
    members: Vec<Member>,
    /// So many at the front were kept earlier.
    kept_earlier: usize,
    /// Where each bucket starts in `places`; and at last where they end.
    starts: Vec<u32>,
    /// The places of its members, bucket after bucket.
    places: Vec<u32>,
    /// Where each member starts in `own`; and at last where they end.
    own_starts: Vec<u32>,
    /// The buckets of each member, and whether it asks them.
    own: Vec<(u32, bool)>,
    /// Of each bucket, how many kept documents stand at its front.
    kept: Vec<u32>,
    /// Of each bucket, how many of its members are decided.
    decided: Vec<u32>,
}

impl Stretch {
    /// A stretch of these members, of whom `kept_earlier` at the front are not to be decided again.
    #[must_use]
    pub fn new(members: Vec<Member>, kept_earlier: usize) -> Self {
        Self { members, kept_earlier, starts: vec![0], ..Self::default() }
    }

    /// Adds a bucket by the places of its members, in order, and whether each of them asks it.
    pub fn add_bucket(&mut self, members: impl IntoIterator<Item = (u32, bool)>) {
        let bucket = self.kept.len() as u32;
        let mut kept = 0;
        for (place, asks) in members {
            kept += u32::from((place as usize) < self.kept_earlier);
            self.places.push(place);
            self.own.push((bucket, asks));
        }
        self.starts.push(self.places.len() as u32);
        self.kept.push(kept);
        self.decided.push(kept);
    }

    /// Ends the adding: now every member knows its buckets.
    pub fn close(&mut self) {
        let mut starts = vec![0_u32; self.members.len() + 1];
        for &place in &self.places {
            starts[place as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut own = vec![(0, false); self.own.len()];
        for (&place, &bucket) in self.places.iter().zip(&self.own) {
            let at = &mut next[place as usize];
            own[*at as usize] = bucket;
            *at += 1;
        }
        (self.own_starts, self.own) = (starts, own);
    }

    /// The places that are to be decided.
    #[must_use]
    pub fn undecided(&self) -> Range<usize> {
        self.kept_earlier..self.members.len()
    }

    /// The member at a place.
    #[must_use]
    pub fn member(&self, place: usize) -> &Member {
        &self.members[place]
    }

    /// Where the chunk ends that the member at `start` is in, if `ranks` ranks make a chunk.
    pub(super) fn end_of_chunk(&self, start: usize, ranks: u32) -> usize {
        let chunk = self.members[start].rank / ranks;
        start + self.members[start..].partition_point(|member| member.rank / ranks == chunk)
    }

    /// The buckets of a member, and whether it asks them.
    fn own(&self, place: usize) -> &[(u32, bool)] {
        &self.own[self.own_starts[place] as usize..self.own_starts[place + 1] as usize]
    }

    /// In how many buckets a member looks for others.
    pub(super) fn asked(&self, place: usize) -> usize {
        usize::from(self.members[place].asked)
    }

    /// Replaces `found` with the kept documents that a member meets, as often as it meets them, in order: of each bucket
    /// the last `limit`. Returns in how many buckets there were more.
    pub(super) fn kept_beside(&self, place: usize, limit: usize, found: &mut Vec<u32>) -> usize {
        found.clear();
        let mut cut_off = 0;
        for &(bucket, _) in self.own(place).iter().filter(|(_, asks)| *asks) {
            let start = self.starts[bucket as usize] as usize;
            let kept = &self.places[start..start + self.kept[bucket as usize] as usize];
            let skipped = kept.len().saturating_sub(limit);
            cut_off += usize::from(skipped > 0);
            found.extend_from_slice(&kept[skipped..]);
        }
        found.sort_unstable();
        cut_off
    }

    /// Replaces `found` with the undecided documents before a member that it meets and that count, as often as it meets them,
    /// in order.
    pub(super) fn undecided_before(
        &self,
        place: usize,
        counts: impl Fn(usize) -> bool,
        found: &mut Vec<u32>,
    ) {
        found.clear();
        for &(bucket, _) in self.own(place).iter().filter(|(_, asks)| *asks) {
            let start = self.starts[bucket as usize] as usize + self.decided[bucket as usize] as usize;
            let undecided = &self.places[start..self.starts[bucket as usize + 1] as usize];
            let before = undecided.iter().take_while(|other| (**other as usize) < place);
            found.extend(before.filter(|other| counts(**other as usize)));
        }
        found.sort_unstable();
    }

    /// Records the decision on the next undecided member.
    pub(super) fn decide(&mut self, place: usize, is_kept: bool) {
        for i in self.own_starts[place] as usize..self.own_starts[place + 1] as usize {
            let bucket = self.own[i].0 as usize;
            self.decided[bucket] += 1;
            if is_kept {
                self.places[self.starts[bucket] as usize + self.kept[bucket] as usize] = place as u32;
                self.kept[bucket] += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(members: u32, kept_earlier: usize, buckets: &[&[(u32, bool)]]) -> Stretch {
        let member = |document| Member {
            document,
            rank: document,
            words: 9,
            asked: 1,
            signature: Signature::default(),
            is_known: false,
        };
        let mut stretch = Stretch::new((0..members).map(member).collect(), kept_earlier);
        buckets.iter().for_each(|bucket| stretch.add_bucket(bucket.iter().copied()));
        stretch.close();
        stretch
    }

    #[test]
    fn a_member_meets_the_kept_and_the_undecided_before_it() {
        let all = |places: &[u32]| places.iter().map(|&place| (place, true)).collect::<Vec<_>>();
        let mut stretch = stretch(6, 1, &[&all(&[0, 1, 2, 4, 5]), &all(&[1, 5]), &all(&[2, 3])]);
        assert_eq!(stretch.undecided(), 1..6);
        let mut found = Vec::new();
        assert_eq!(stretch.kept_beside(5, 9, &mut found), 0);
        assert_eq!(found, [0]);
        stretch.undecided_before(5, |_| true, &mut found);
        assert_eq!(found, [1, 1, 2, 4]);
        stretch.undecided_before(5, |place| place != 1, &mut found);
        assert_eq!(found, [2, 4]);
        for (place, is_kept) in [(1, true), (2, false), (3, true), (4, true)] {
            stretch.decide(place, is_kept);
        }
        assert_eq!(stretch.kept_beside(5, 9, &mut found), 0);
        assert_eq!(found, [0, 1, 1, 4]);
        assert_eq!(stretch.kept_beside(5, 2, &mut found), 1);
        assert_eq!(found, [1, 1, 4]);
        stretch.undecided_before(5, |_| true, &mut found);
        assert_eq!(found, [0; 0]);
    }

    #[test]
    fn who_does_not_ask_meets_nobody_and_is_met() {
        let stretch = stretch(2, 0, &[&[(0, false), (1, true)], &[(0, true), (1, false)]]);
        let mut found = Vec::new();
        stretch.undecided_before(1, |_| true, &mut found);
        assert_eq!((found, stretch.asked(1)), (vec![0], 1));
    }
}

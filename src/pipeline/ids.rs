//! Ids are unique in a run: the first record with an id keeps it, a later one is rejected.
//!
//! Whether an id comes again is known only when all are known, so they are sorted by a hash, like everything that grows
//! with the corpus. Until then a repeated record is treated like any other; afterwards it counts nowhere.

use xxhash_rust::xxh3::xxh3_128;

use super::Job;
use super::bits::Bits;
use super::index::Known;
use super::sort::Sorter;
use super::table::TableWriter;
use crate::error::Result;

/// A record's id and its number. Two ids that share a 128-bit hash do not occur.
pub(super) type Id = (u128, u32);

/// What stands for an id.
pub(super) fn hash(id: &str) -> u128 {
    xxh3_128(id.as_bytes())
}

/// The records, of `records` in all, whose id an earlier one has, perhaps in an earlier run with the index.
pub(super) fn repeated(job: &Job<'_>, ids: Sorter<Id>, records: usize) -> Result<Bits> {
    let mut repeated = Bits::new(records);
    if job.is_reference {
        return Ok(repeated);
    }
    let mut known = job.known.as_deref().map(Known::ids);
    let mut last = None;
    for id in ids.finish()? {
        let (hash, number) = id?;
        if last == Some(hash) || known.as_mut().map_or(Ok(false), |known| known(hash))? {
            repeated.insert(number);
        }
        last = Some(hash);
    }
    Ok(repeated)
}

/// The file of the repeated records.
const REPEATED: &str = "repeated";

/// Puts down which records are repeated; returns how many.
pub(super) fn put_down(job: &Job<'_>, repeated: &Bits) -> Result<u64> {
    let mut table: TableWriter<u32> = TableWriter::open(&job.work.file(REPEATED), 0)?;
    repeated.iter().try_for_each(|number| table.push(&number))?;
    table.checkpoint()
}

/// Takes up the `count` repeated records, of `records` in all, that were put down.
pub(super) fn take_up(job: &Job<'_>, count: u64, records: u64) -> Result<Bits> {
    let mut repeated = Bits::new(records as usize);
    for number in TableWriter::open(&job.work.file(REPEATED), count)?.finish()?.iter() {
        let number = number?;
        if u64::from(number) >= records {
            return Err(job.work.damaged(REPEATED));
        }
        repeated.insert(number);
    }
    Ok(repeated)
}

//! The rejects of a run: spooled as they are met, and handed out in input order when the last is known.
//!
//! Records with a repeated id are the late ones. They are rare, and nothing of them is kept but their number, so their
//! places and first bytes are cut from the inputs once more, which happens only where there is one.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bits::Bits;
use super::spool::Spool;
use super::{Job, numbered};
use crate::error::Result;
use crate::read::{Batches, Cause, Reject};

#[derive(Serialize, Deserialize)]
struct Packed<'a> {
    number: u32,
    #[serde(borrow)]
    path: &'a str,
    record: u64,
    offset: u64,
    cause: u8,
    message: &'a str,
    raw: &'a [u8],
}

/// A reject as bytes, with its number in the run.
pub(super) fn encode(number: u32, reject: &Reject) -> Vec<u8> {
    let Reject { path, record, offset, cause, message, raw } = reject;
    let (record, offset, cause) = (*record, *offset, *cause as u8);
    postcard::to_stdvec(&Packed { number, path, record, offset, cause, message, raw })
        .expect("plain data always encodes")
}

/// The reject that [`encode`] made these bytes of; nothing where they are no reject's.
pub(super) fn decode(bytes: &[u8]) -> Option<(u32, Reject)> {
    let Packed { number, path, record, offset, cause, message, raw } = postcard::from_bytes(bytes).ok()?;
    let cause = *Cause::ALL.get(usize::from(cause))?;
    let (path, message, raw) = (Arc::from(path), message.to_owned(), raw.to_vec());
    Some((number, Reject { path, record, offset, cause, message, raw }))
}

/// Hands every reject and its number to `reject`, in input order: those in the spool, and the records with a repeated id.
pub(super) fn hand_out(
    job: &Job<'_>,
    spool: &Spool,
    repeated: &Bits,
    mut reject: impl FnMut(u32, &Reject) -> Result<()>,
) -> Result<()> {
    let mut spooled = spool
        .entries()
        .map(|entry| decode(&entry?).ok_or_else(|| spool.damaged("an entry is no reject")))
        .peekable();
    if !repeated.is_empty() {
        for batch in Batches::new(Arc::clone(&job.inputs), &job.config.input) {
            job.check_stop()?;
            for (i, number) in numbered(&batch).filter(|(_, number)| repeated.contains(*number)) {
                while let Some(earlier) = spooled.next_if(|next| !matches!(next, Ok((n, _)) if *n > number)) {
                    earlier.and_then(|(number, earlier)| reject(number, &earlier))?;
                }
                let has_index = job.known.as_ref().is_some_and(|known| known.has_index());
                let among = if has_index { "a run and its index" } else { "a run" };
                let message = format!("an earlier record has the same id; ids must be unique in {among}");
                reject(number, &batch.reject(i, &job.inputs, Cause::DuplicateId, message))?;
            }
        }
    }
    spooled.try_for_each(|rest| rest.and_then(|(number, rest)| reject(number, &rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reject_comes_back_as_it_was() {
        for cause in Cause::ALL {
            let (message, raw) = ("bad".to_owned(), vec![0xff, 0]);
            let reject =
                Reject { path: "a.jsonl".into(), record: 3, offset: 99, cause: *cause, message, raw };
            let bytes = encode(7, &reject);
            assert_eq!(decode(&bytes), Some((7, reject)));
            assert_eq!(decode(&bytes[..bytes.len() - 1]), None);
        }
    }
}

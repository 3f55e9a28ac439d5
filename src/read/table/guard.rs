//! A guard around the decoder of Parquet files, whose bounds a damaged file can break: its panic becomes a flaw of the file.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Odd, corrupt};
use crate::read::reject::Flaw;

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread decodes foreign bytes, so that a panic is about them and will be told as a reject. A panic hook can
/// keep silent then.
#[must_use]
pub fn is_guarded() -> bool {
    IS_GUARDED.get()
}

/// Runs what decodes foreign bytes.
pub(super) fn guarded<T>(decode: impl FnOnce() -> Result<T, Flaw>) -> Result<T, Flaw> {
    IS_GUARDED.set(true);
    let result = catch_unwind(AssertUnwindSafe(decode));
    IS_GUARDED.set(false);
    result.unwrap_or_else(|_| Err(corrupt(&Odd("its bytes make no sense to the decoder"))))
}

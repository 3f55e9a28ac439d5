//! How closely a run looks at its own search for duplicates: `[meter]`.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// `[meter]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct MeterConfig {
    /// Documents that are compared with every kept document, to estimate recall and precision; 0 compares none.
    pub sample: u32,
}

impl MeterConfig {
    /// Samples that can be drawn: of fewer none may be of the documents that were dropped, and more do not fit in memory.
    pub(super) const SAMPLES: RangeInclusive<u32> = 8..=1_000_000;
}

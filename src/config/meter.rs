//! How closely a run looks at its own search for duplicates: `[meter]`.

use serde::{Deserialize, Serialize};

/// `[meter]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct MeterConfig {
    /// Documents that are compared with every kept document, to estimate recall and precision; 0 compares none.
    pub sample: u32,
}

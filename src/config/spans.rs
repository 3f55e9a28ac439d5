//! Runs of words that a better-ranked main text has already: `[dedup.spans]`.

use serde::{Deserialize, Serialize};

use super::BlockPolicy;

/// `[dedup.spans]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpanDedupConfig {
    /// What happens to a run of whole sentences that stands elsewhere too. Off unless asked for: it compares all main texts
    /// word by word, and cuts into paragraphs.
    pub policy: BlockPolicy,
    /// Words of the shortest run, after it was cut to whole sentences.
    pub min_words: usize,
}

impl Default for SpanDedupConfig {
    fn default() -> Self {
        Self { policy: BlockPolicy::Off, min_words: 50 }
    }
}

impl SpanDedupConfig {
    /// The fewest words that may be asked for: less is found everywhere by chance.
    pub(super) const FEWEST: usize = 10;

    /// Whether runs are looked for.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.policy != BlockPolicy::Off
    }
}

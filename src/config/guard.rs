//! Limits on what a run may remove before someone has to look: `[guard]`.

use serde::{Deserialize, Serialize};

/// What a run does that passes a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum GuardAction {
    /// It names the worst cases and writes its outputs.
    #[default]
    Warn,
    /// It names the worst cases and ends; no output is replaced.
    Stop,
    /// It does not look.
    Off,
}

/// `[guard]`. Shares are from 0 to 1; at 1 nothing can pass them.
///
/// The defaults are for a corpus that nobody has looked at: far above what pages lose as a rule, and far below what they
/// lose when a template is taken for the article, a site sends one page for every address, or a filter is set wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GuardConfig {
    /// What happens when a limit is passed.
    pub action: GuardAction,
    /// Share of a source's documents that may go. An article that stands there under four addresses stays below.
    pub source_documents: f64,
    /// Share of a source's text that may go. Pages of some sites are four fifths furniture.
    pub source_bytes: f64,
    /// Share of all text that one label of boilerplate may take.
    pub label_bytes: f64,
    /// Sources, and corpora, with fewer documents pass no share: a handful is lost easily.
    pub min_documents: u64,
    /// Documents that may go for one that stays; 0 is no limit.
    pub copies: u32,
}

impl Default for GuardConfig {
    fn default() -> Self {
        Self {
            action: GuardAction::Warn,
            source_documents: 0.75,
            source_bytes: 0.9,
            label_bytes: 0.5,
            min_documents: 100,
            copies: 1000,
        }
    }
}

impl GuardConfig {
    /// The shares with the names of their keys.
    pub(super) fn shares(&self) -> [(&'static str, f64); 3] {
        [
            ("guard.source_documents", self.source_documents),
            ("guard.source_bytes", self.source_bytes),
            ("guard.label_bytes", self.label_bytes),
        ]
    }
}

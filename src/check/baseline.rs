//! A baseline: how large each figure may be because it was so large before.
//!
//! It is a ratchet. A figure above its limit passes as long as it is no worse than the baseline, so that a gate can be used on a
//! corpus that would fail it today; and whoever updates the baseline only ever lowers it. A figure within its limit passes
//! whatever it was.
//!
//! Shares can be compared only if they were measured alike, so the file says under which settings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::report::{Report, Status};
use crate::config::{Config, Gate};
use crate::error::{Error, Result};

const VERSION: u32 = 1;

/// What figures were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u32,
    settings: String,
    shares: BTreeMap<String, f64>,
}

impl Baseline {
    /// Nothing was measured before.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self { version: VERSION, settings: settings(config), shares: BTreeMap::new() }
    }

    /// From the text of the file `name`.
    ///
    /// # Errors
    /// [`Error::Input`] where it is no baseline.
    pub fn read(name: &str, text: &str) -> Result<Self> {
        let wrong = |message: String| Error::Input { path: name.to_owned(), message };
        let read: Self = serde_json::from_str(text).map_err(|e| {
            wrong(format!(
                "is no baseline of check ({e}); make one with --update-baseline under another name"
            ))
        })?;
        if read.version != VERSION {
            return Err(wrong(format!(
                "is a baseline of format {}, and this program knows {VERSION}; make it anew",
                read.version
            )));
        }
        if let Some((name, share)) = read.shares.iter().find(|(_, share)| !(0.0..=1.0).contains(*share)) {
            return Err(wrong(format!("shares.{name} = {share}: must be a share from 0 to 1")));
        }
        if let Some(name) = read.shares.keys().find(|name| Gate::named(name).is_none()) {
            return Err(wrong(format!("shares.{name}: there is no such gate")));
        }
        Ok(read)
    }

    /// Refuses a configuration under which figures are other ones.
    ///
    /// # Errors
    /// [`Error::Input`] with both settings.
    pub fn refuse_other_settings(&self, name: &str, config: &Config) -> Result<()> {
        let now = settings(config);
        if self.settings == now {
            return Ok(());
        }
        let others = |mine: &str, theirs: &str| {
            let theirs: Vec<&str> = theirs.split(' ').collect();
            mine.split(' ').filter(|setting| !theirs.contains(setting)).collect::<Vec<_>>().join(" ")
        };
        let message = format!(
            "was measured with {}, and this run with {}; use the same settings, or remove the file and make it anew",
            others(&self.settings, &now),
            others(&now, &self.settings)
        );
        Err(Error::Input { path: name.to_owned(), message })
    }

    /// What the share of a gate may be.
    #[must_use]
    pub fn share(&self, gate: Gate) -> Option<f64> {
        self.shares.get(gate.name()).copied()
    }

    /// With what is new or better in a report. What is worse stays as it was.
    #[must_use]
    pub fn updated(mut self, report: &Report) -> Self {
        for finding in report.gates.iter().filter(|f| !matches!(f.status, Status::Off | Status::Nothing)) {
            let share = self.shares.entry(finding.gate.to_owned()).or_insert(finding.most());
            *share = share.min(finding.most());
        }
        self
    }

    /// As a JSON object, with a line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("names and numbers") + "\n"
    }
}

/// The keys that decide what is counted. How many documents are labelled does not: a baseline is what a figure was at the most.
fn settings(config: &Config) -> String {
    let (input, dedup, check) = (&config.input, &config.dedup, &config.check);
    format!(
        "input.format={:?} input.id_field={} input.text_field={} input.url_field={} input.limit={} input.max_record={} \
         input.max_ratio={} input.unpack_freely={} dedup.similarity={:?} \
         dedup.threshold={} dedup.shingle_words={} dedup.blocks.min_words={} dedup.blocks.similarity={} \
         dedup.blocks.scope={:?} dedup.blocks.mask_digits={} check.min_words={} check.max_words={} check.languages={}",
        input.format,
        input.id_field,
        input.text_field,
        input.url_field,
        input.limit,
        input.max_record,
        input.max_ratio,
        input.unpack_freely,
        dedup.similarity,
        dedup.threshold,
        dedup.shingle_words,
        dedup.blocks.min_words,
        dedup.blocks.similarity,
        dedup.blocks.scope,
        dedup.blocks.mask_digits,
        check.min_words,
        check.max_words,
        check.languages.join(","),
    )
    .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::hostile;
    use super::*;

    #[test]
    fn it_only_ever_goes_down() {
        let baseline = Baseline::new(&Config::default()).updated(&hostile());
        assert_eq!(baseline.share(Gate::UnreadableRecords), Some(0.2));
        assert_eq!((baseline.share(Gate::MissingIds), baseline.share(Gate::OtherLanguages)), (None, None));
        let mut better = hostile();
        better.gates[0].share = 0.1;
        let baseline = baseline.updated(&better).updated(&hostile());
        assert_eq!(baseline.share(Gate::UnreadableRecords), Some(0.1));
        assert_eq!(Baseline::read("b", &baseline.to_json()).unwrap(), baseline);
    }

    #[test]
    fn another_file_or_other_settings_are_refused() {
        let message = |text: &str| Baseline::read("b.json", text).unwrap_err().to_string();
        assert!(message("{").starts_with("b.json: is no baseline of check"));
        assert!(message(r#"{"version":2,"settings":"","shares":{}}"#).contains("of format 2"));
        assert!(
            message(r#"{"version":1,"settings":"","shares":{"mojibake":2}}"#).contains("shares.mojibake")
        );
        let baseline = Baseline::new(&Config::default());
        let mut other = Config::default();
        other.run.threads = 3;
        assert!(baseline.refuse_other_settings("b", &other).is_ok());
        other.dedup.threshold = 0.7;
        let message = baseline.refuse_other_settings("b", &other).unwrap_err().to_string();
        assert!(
            message.contains("dedup.threshold=0.8") && message.contains("dedup.threshold=0.7"),
            "{message}"
        );
    }
}

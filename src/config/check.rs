//! What `dehusk check` asks of a corpus: `[check]`.
//!
//! A gate has a name, a limit and an action. Names are stable: they stand in configurations, baselines and reports. All limits
//! are shares from 0 to 1, so that they hold for a corpus of any size; each default has its reason in
//! [`check::docs`](crate::check::docs).

use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a gate does whose figure is above its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckAction {
    /// It fails, and the program ends with exit code 1.
    Fail,
    /// It warns.
    Warn,
    /// It is not looked at.
    Off,
}

macro_rules! gates {
    ($($(#[$doc:meta])* $variant:ident $name:literal $limit:literal $action:ident,)*) => {
        /// A figure with a limit. The names are stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Gate { $($(#[$doc])* $variant,)* }

        impl Gate {
            /// Every gate, in the order of the documentation.
            pub const ALL: &[Gate] = &[$(Gate::$variant,)*];

            /// The stable name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Gate::$variant => $name,)* }
            }

            /// The limit that nobody has set.
            #[must_use]
            pub fn default_limit(self) -> f64 {
                match self { $(Gate::$variant => $limit,)* }
            }

            /// The action that nobody has set.
            #[must_use]
            pub fn default_action(self) -> CheckAction {
                match self { $(Gate::$variant => CheckAction::$action,)* }
            }
        }
    };
}

gates! {
    /// Records that cannot be read.
    UnreadableRecords "unreadable_records" 0.0 Fail,
    /// Records without a word of text.
    EmptyDocuments "empty_documents" 0.0 Fail,
    /// Documents of fewer words than `check.min_words`.
    ShortDocuments "short_documents" 0.05 Warn,
    /// Documents of more words than `check.max_words`.
    LongDocuments "long_documents" 0.001 Warn,
    /// Records without an id.
    MissingIds "missing_ids" 0.0 Warn,
    /// Documents whose id an earlier one has.
    DuplicateIds "duplicate_ids" 0.0 Fail,
    /// Documents whose text a better-ranked one has.
    ExactDuplicates "exact_duplicates" 0.001 Fail,
    /// Documents that resemble a better-ranked one.
    NearDuplicates "near_duplicates" 0.01 Fail,
    /// Paragraphs that stand elsewhere too.
    RepeatedBlocks "repeated_blocks" 0.02 Fail,
    /// Text that the labels take for boilerplate.
    ResidualBoilerplate "residual_boilerplate" 0.05 Fail,
    /// Documents with a dummy text where content should be.
    Placeholders "placeholders" 0.05 Fail,
    /// Documents with U+FFFD.
    ReplacementCharacters "replacement_characters" 0.01 Fail,
    /// Documents with text that was encoded twice.
    Mojibake "mojibake" 0.01 Fail,
    /// Documents with control characters.
    ControlCharacters "control_characters" 0.01 Fail,
    /// Lines that do not end like a sentence.
    OpenLines "open_lines" 0.5 Warn,
    /// Documents whose language nobody can tell.
    UnknownLanguage "unknown_language" 0.2 Warn,
    /// Documents in another language than those of `check.languages`.
    OtherLanguages "other_languages" 0.0 Fail,
    /// Documents of the site that has the most.
    SiteShare "site_share" 0.5 Warn,
}

impl Gate {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The gate of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|gate| gate.name() == name)
    }
}

/// Something for each gate.
#[derive(Debug, Clone, PartialEq)]
pub struct PerGate<T>([T; Gate::COUNT]);

impl<T> PerGate<T> {
    /// What `make` makes of each.
    pub fn of(make: impl FnMut(Gate) -> T) -> Self {
        let mut gates = Gate::ALL.iter().copied().map(make);
        Self(std::array::from_fn(|_| gates.next().expect("there are as many gates")))
    }

    /// Each gate with what there is for it.
    pub fn iter(&self) -> impl Iterator<Item = (Gate, &T)> {
        Gate::ALL.iter().copied().zip(&self.0)
    }
}

impl<T: Default> Default for PerGate<T> {
    fn default() -> Self {
        Self::of(|_| T::default())
    }
}

impl<T> Index<Gate> for PerGate<T> {
    type Output = T;

    fn index(&self, gate: Gate) -> &T {
        &self.0[gate as usize]
    }
}

impl<T> IndexMut<Gate> for PerGate<T> {
    fn index_mut(&mut self, gate: Gate) -> &mut T {
        &mut self.0[gate as usize]
    }
}

/// What can be set for a gate.
pub trait Setting: DeserializeOwned {
    /// What it is where nobody has set it.
    fn default_of(gate: Gate) -> Self;
}

impl Setting for f64 {
    fn default_of(gate: Gate) -> Self {
        gate.default_limit()
    }
}

impl Setting for CheckAction {
    fn default_of(gate: Gate) -> Self {
        gate.default_action()
    }
}

impl<T: Serialize> Serialize for PerGate<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(gate, value)| (gate.name(), value)))
    }
}

impl<'de, T: Setting> Deserialize<'de> for PerGate<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Self::of(T::default_of);
        let written: BTreeMap<String, T> = BTreeMap::deserialize(deserializer)?;
        for (name, value) in written {
            let gate = Gate::named(&name);
            all[gate.ok_or_else(|| D::Error::custom(format!("there is no gate {name:?}")))?] = value;
        }
        Ok(all)
    }
}

/// `[check]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CheckConfig {
    /// Documents that are labelled, drawn by chance; of at most twice as many all are. 0 labels every one.
    pub sample: u32,
    /// Examples that are shown of each gate.
    pub examples: u32,
    /// Fewer words make a short document.
    pub min_words: u32,
    /// More words make a long one.
    pub max_words: u32,
    /// ISO 639-1 codes of the languages that are wanted; none says nothing about languages.
    pub languages: Vec<String>,
    /// Shares above which a gate acts.
    pub limits: PerGate<f64>,
    /// How it acts.
    pub actions: PerGate<CheckAction>,
}

impl Default for CheckConfig {
    fn default() -> Self {
        Self {
            sample: 1000,
            examples: 3,
            min_words: 20,
            max_words: 100_000,
            languages: Vec::new(),
            limits: PerGate::of(Gate::default_limit),
            actions: PerGate::of(Gate::default_action),
        }
    }
}

impl CheckConfig {
    /// The most examples of a gate: they are for people.
    const MOST_EXAMPLES: u32 = 100;

    /// What is wrong, if anything is: a key, its value and what it must be.
    pub(super) fn mistake(&self) -> Option<(String, String, &'static str)> {
        if self.examples > Self::MOST_EXAMPLES {
            return Some(("check.examples".to_owned(), self.examples.to_string(), "at most 100"));
        }
        if self.max_words < self.min_words {
            let must = "at least check.min_words";
            return Some(("check.max_words".to_owned(), self.max_words.to_string(), must));
        }
        let is_code = |code: &&String| code.len() != 2 || !code.bytes().all(|b| b.is_ascii_lowercase());
        if let Some(code) = self.languages.iter().find(is_code) {
            let must = "a list of ISO 639-1 codes, such as [\"en\", \"de\"]";
            return Some(("check.languages".to_owned(), format!("{code:?}"), must));
        }
        let is_share = |(_, limit): &(Gate, &f64)| !(0.0..=1.0).contains(*limit);
        let (gate, limit) = self.limits.iter().find(is_share)?;
        let key = format!("check.limits.{}", gate.name());
        Some((key, limit.to_string(), "a share from 0 to 1, where 1 is no limit"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, overlay_key};

    #[test]
    fn gates_are_found_by_name_and_each_can_be_set() {
        for (number, gate) in Gate::ALL.iter().enumerate() {
            assert_eq!((Gate::named(gate.name()), *gate as usize), (Some(*gate), number));
            let set = |assignment: String| overlay_key(&Config::default(), &assignment).unwrap().check;
            assert_eq!(set(format!("check.limits.{}=1", gate.name())).limits[*gate], 1.0);
            assert_eq!(set(format!("check.actions.{}=off", gate.name())).actions[*gate], CheckAction::Off);
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (assignment, named) in [
            ("check.limits.mojibake=1.5", "check.limits.mojibake = 1.5"),
            ("check.languages=[\"english\"]", "check.languages = \"english\""),
            ("check.max_words=5", "check.max_words = 5"),
            ("check.examples=101", "check.examples = 101"),
        ] {
            let mistake = overlay_key(&Config::default(), assignment).unwrap().validate().unwrap_err();
            assert!(mistake.to_string().starts_with(named), "{mistake}");
        }
        let unknown = overlay_key(&Config::default(), "check.limits.mojibakes=0").unwrap_err().to_string();
        assert!(unknown.contains("did you mean check.limits.mojibake?"), "{unknown}");
        assert!(overlay_key(&Config::default(), "check.actions.mojibake=stop").is_err());
    }
}

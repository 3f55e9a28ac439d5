//! What another corpus or a benchmark holds goes from this one: `[against]`.

use serde::{Deserialize, Serialize};

use super::InputConfig;

/// How documents are compared with the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum AgainstMode {
    /// As whole documents: what is a near-duplicate of a reference document.
    #[default]
    Near,
    /// By n-grams of words: what holds enough of a reference item, wherever in the document.
    Ngram,
}

/// What becomes of a document that holds enough of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum AgainstAction {
    /// It goes.
    #[default]
    Drop,
    /// It stays; only the list of items and the report say so.
    Mark,
}

/// `[against]`. It means something only where there is a reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgainstConfig {
    /// How documents are compared with the reference.
    pub mode: AgainstMode,
    /// What becomes of a document that holds enough of an item.
    pub action: AgainstAction,
    /// Words of an n-gram: 13 as for GPT-3 (Brown et al. 2020, appendix C); PaLM and Tülu 3 take 8, and find more by chance.
    pub n: usize,
    /// The share of an item's words, above 0 and at most 1, that a document must hold in n-grams to be contaminated. GPT-3
    /// took any n-gram, Tülu 3 one half of the item, PaLM 0.7, Llama 2 0.8 for "dirty": with less, a page goes for quoting one
    /// sentence of a long passage; with more, one stays that has the question and not what follows it.
    pub share: f64,
    /// Items with fewer words are not looked for, only counted: a question of five words stands on pages that never saw the
    /// benchmark. Eight is the shortest n-gram that published decontaminations use. One of fewer than `n` words is one n-gram.
    pub min_words: usize,
    /// An n-gram that more documents hold than this, exact copies counted once, is a commonplace and counts for no item; 0 is
    /// no limit. GPT-3 took 10, for a benchmark that had not spread; a question that quiz sites copy stands on more pages.
    pub max_documents: u32,
    /// The JSON fields of the reference that are looked for; none named is that of the inputs with mode `near`, and `text` with
    /// `ngram`. There each is an item of its own, since no page need have them in one order or all of them; the strings of a list
    /// are one item. With `near` there can be one.
    pub text_fields: Vec<String>,
    /// The JSON field with an item's id; empty is that of the inputs with mode `near`, and `id` with `ngram`. Where it is missing,
    /// the id is `PATH#RECORD`.
    pub id_field: String,
}

impl Default for AgainstConfig {
    fn default() -> Self {
        Self {
            mode: AgainstMode::Near,
            action: AgainstAction::Drop,
            n: 13,
            share: 0.5,
            min_words: 8,
            max_documents: 100,
            text_fields: Vec::new(),
            id_field: String::new(),
        }
    }
}

impl AgainstConfig {
    /// The fields with items.
    #[must_use]
    pub fn item_fields(&self) -> Vec<String> {
        if self.text_fields.is_empty() { vec!["text".to_owned()] } else { self.text_fields.clone() }
    }

    /// The field with an item's id.
    #[must_use]
    pub fn item_id_field(&self) -> &str {
        if self.id_field.is_empty() { "id" } else { &self.id_field }
    }

    /// How the reference is read: whole, and each file by its name, whatever the inputs are.
    #[must_use]
    pub fn input(&self, input: &InputConfig) -> InputConfig {
        let id_field = self.item_id_field().to_owned();
        InputConfig { id_field, max_record: input.max_record, ..InputConfig::default() }
    }

    /// What is wrong with a value: its key, the value, and what it must be.
    pub(super) fn mistake(&self) -> Option<(&'static str, String, &'static str)> {
        let Self { n, share, min_words, text_fields, .. } = self;
        let id_field = self.item_id_field();
        if !(2..=64).contains(n) {
            return Some(("against.n", n.to_string(), "from 2 to 64 words"));
        }
        if !(*share > 0.0 && *share <= 1.0) {
            return Some(("against.share", share.to_string(), "above 0 and at most 1"));
        }
        if !(1..=64).contains(min_words) {
            return Some(("against.min_words", min_words.to_string(), "from 1 to 64"));
        }
        let is_again = |(i, field): (usize, &String)| text_fields[..i].contains(field) || field == id_field;
        if text_fields.iter().any(String::is_empty) || text_fields.iter().enumerate().any(is_again) {
            let value = format!("{text_fields:?} with against.id_field = {id_field:?}");
            return Some(("against.text_fields", value, "names of different JSON fields"));
        }
        None
    }
}

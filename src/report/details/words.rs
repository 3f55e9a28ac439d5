//! What two texts have in common, word by word, in bounded time and space.
//!
//! Words are stretches without white space. What the texts begin and end with alike is set aside first; of what is left
//! at most [`COMPARED`] words a side are compared, and at most [`PLACES`] changed places are told, with a few words around
//! each. No clock ends the comparison, so the same texts give the same answer on every machine.
//!
//! When it is wrong: a change of white space is none here, and texts that differ beyond the bound are told to be cut.

use serde::Serialize;
use similar::{Algorithm, DiffTag, capture_diff_slices};

/// Words of each text that are compared, from the first that differ on.
const COMPARED: usize = 1500;
/// Changed places that are told.
const PLACES: usize = 30;
/// Words of a stretch that are shown on each side of a change.
const AROUND: usize = 12;
/// Words of a change that are shown.
const CHANGED: usize = 80;
/// Bytes of a word that are shown.
const WORD: usize = 120;

/// Who has the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// Both texts.
    Both,
    /// Only the text that stays.
    Kept,
    /// Only the text that goes.
    Dropped,
}

/// Words that follow each other in one text or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// Who has them.
    pub side: Whose,
    /// The words, with one space between two; `…` stands for words that are not shown.
    pub text: String,
}

/// What two texts have in common and what not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WordDiff {
    /// The texts, piece by piece.
    pub pieces: Vec<Piece>,
    /// Whether more differs than is shown.
    pub cut: bool,
}

impl WordDiff {
    /// How `dropped` differs from `kept`.
    #[must_use]
    pub fn of(kept: &str, dropped: &str) -> Self {
        let [kept, dropped] = [kept, dropped].map(|text| text.split_whitespace().collect::<Vec<_>>());
        let head = kept.iter().zip(&dropped).take_while(|(a, b)| a == b).count();
        let (a, b) = (&kept[head..], &dropped[head..]);
        let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
        let (a, b) = (&a[..a.len() - tail], &b[..b.len() - tail]);
        let is_long = a.len().max(b.len()) > COMPARED;
        let (a, b) = (&a[..a.len().min(COMPARED)], &b[..b.len().min(COMPARED)]);

        let mut told = Self { pieces: Vec::new(), cut: is_long };
        told.same(&kept[..head], true, false);
        let mut places = 0;
        let mut was_changed = false;
        for operation in capture_diff_slices(Algorithm::Myers, a, b) {
            let (tag, old, new) = operation.as_tag_tuple();
            if tag == DiffTag::Equal {
                told.same(&a[old], false, false);
                was_changed = false;
                continue;
            }
            places += usize::from(!was_changed);
            was_changed = true;
            if places > PLACES {
                told.cut = true;
                break;
            }
            told.changed(Whose::Kept, &a[old]);
            told.changed(Whose::Dropped, &b[new]);
        }
        if !told.cut {
            told.same(&kept[kept.len() - tail..], false, true);
        }
        told
    }

    /// Adds words that both have; where they are many, only those next to a change.
    fn same(&mut self, words: &[&str], begins: bool, ends: bool) {
        let head = if begins { 0 } else { AROUND.min(words.len()) };
        let tail = if ends { 0 } else { AROUND.min(words.len()) };
        if head + tail + AROUND >= words.len() {
            self.put(Whose::Both, joined(words));
            return;
        }
        let parts = [joined(&words[..head]), "…".to_owned(), joined(&words[words.len() - tail..])];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        self.put(Whose::Both, parts.join(" "));
    }

    fn changed(&mut self, side: Whose, words: &[&str]) {
        let mut text = joined(&words[..words.len().min(CHANGED)]);
        if words.len() > CHANGED {
            text.push_str(" …");
        }
        self.put(side, text);
    }

    fn put(&mut self, side: Whose, text: String) {
        if !text.is_empty() {
            self.pieces.push(Piece { side, text });
        }
    }
}

/// Words with a space between two; of a very long one its beginning.
fn joined(words: &[&str]) -> String {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() {
            text.push(' ');
        }
        let shown = super::beginning(word, WORD);
        text.push_str(shown);
        if shown.len() < word.len() {
            text.push('…');
        }
    }
    text
}

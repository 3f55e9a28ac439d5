//! How near a cleaned text is to the main text that a person marked.
//!
//! Two measures that others publish too, so that figures can be set side by side: the overlap of 4-word shingles
//! (article-extraction-benchmark: mean page precision, mean page recall and the harmonic mean of the two means) and
//! the word F1 of WCXB (mean over pages). Both count repeated shingles and words as often as they occur on both sides.
//!
//! It is wrong in scripts without spaces: a run of Chinese characters up to the next comma is one word, so a single
//! character too many costs four shingles. The measures are kept as they were published.

use unicode_normalization::char::is_combining_mark;

/// Words in a shingle.
const SHINGLE: usize = 4;

/// One page against its gold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// Share of the shingles kept that are main text; `None` where nothing was kept.
    pub precision: Option<f64>,
    /// Share of the main text's shingles that were kept; `None` where the page has no main text.
    pub recall: Option<f64>,
    /// F1 of the words, lower-cased.
    pub word_f1: f64,
}

impl Scores {
    /// Scores `kept` against `gold`.
    pub fn of(kept: &str, gold: &str) -> Self {
        let (kept_words, gold_words) = (words(kept), words(gold));
        let (kept_shingles, gold_shingles) = (shingles(&kept_words), shingles(&gold_words));
        let (n_kept, n_gold) = (kept_shingles.len(), gold_shingles.len());
        let shared = overlap(kept_shingles, gold_shingles) as f64;
        Self {
            precision: (n_kept > 0).then(|| shared / n_kept as f64),
            recall: (n_gold > 0).then(|| shared / n_gold as f64),
            word_f1: word_f1(&kept.to_lowercase(), &gold.to_lowercase()),
        }
    }

    /// The page's own F1: what to sort pages by. Nothing kept of a page without main text is right.
    pub fn f1(&self) -> f64 {
        match (self.precision, self.recall) {
            (None, None) => 1.0,
            (precision, recall) => harmonic(precision.unwrap_or(0.0), recall.unwrap_or(0.0)),
        }
    }
}

/// The scores of many pages as one row.
#[derive(Debug, Clone, Default)]
pub struct Row {
    precision: Mean,
    recall: Mean,
    word_f1: Mean,
}

impl Row {
    /// The row of these pages.
    pub fn of(scores: impl Iterator<Item = Scores>) -> Self {
        let mut row = Self::default();
        for page in scores {
            page.precision.into_iter().for_each(|p| row.precision.add(p));
            page.recall.into_iter().for_each(|r| row.recall.add(r));
            row.word_f1.add(page.word_f1);
        }
        row
    }

    /// Pages in the row.
    pub fn pages(&self) -> usize {
        self.word_f1.count
    }

    /// The measures by name, in the order of the tables.
    pub fn measures(&self) -> [(&'static str, f64); 4] {
        let (precision, recall) = (self.precision.value(), self.recall.value());
        let f1 = harmonic(precision, recall);
        [("shP", precision), ("shR", recall), ("shF1", f1), ("wordF", self.word_f1.value())]
    }

    /// F1 of the mean precision and the mean recall.
    pub fn f1(&self) -> f64 {
        harmonic(self.precision.value(), self.recall.value())
    }
}

/// A running mean.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mean {
    /// Values seen.
    pub count: usize,
    sum: f64,
}

impl Mean {
    /// Takes in a value.
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
    }

    /// The mean; 0 of nothing.
    pub fn value(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum / self.count as f64 }
    }
}

/// The words of a text: runs of letters, digits and underscores.
///
/// This is `\w+` of Python's `re`, in which the published figures were computed: a combining mark ends a word there,
/// and a letter in a circle is none.
pub fn words(text: &str) -> Vec<&str> {
    text.split(|c: char| !is_word(c)).filter(|word| !word.is_empty()).collect()
}

fn is_word(c: char) -> bool {
    let in_circle = matches!(c, '\u{24b6}'..='\u{24e9}' | '\u{1f130}'..='\u{1f189}');
    c == '_' || (c.is_alphanumeric() && !is_combining_mark(c) && !in_circle)
}

/// All runs of four words; a shorter text is one shingle, an empty one has none.
fn shingles<'a, 't>(words: &'a [&'t str]) -> Vec<&'a [&'t str]> {
    match words.len() {
        0 => Vec::new(),
        1..SHINGLE => vec![words],
        _ => words.windows(SHINGLE).collect(),
    }
}

fn word_f1(kept: &str, gold: &str) -> f64 {
    let (kept, gold) = (words(kept), words(gold));
    let both = kept.len() + gold.len();
    if both == 0 {
        return 1.0;
    }
    2.0 * overlap(kept, gold) as f64 / both as f64
}

/// Size of the intersection of two multisets.
fn overlap<T: Ord>(mut a: Vec<T>, mut b: Vec<T>) -> usize {
    a.sort_unstable();
    b.sort_unstable();
    let mut b = b.into_iter().peekable();
    a.into_iter()
        .filter(|item| {
            while b.next_if(|other| other < item).is_some() {}
            b.next_if_eq(item).is_some()
        })
        .count()
}

fn harmonic(a: f64, b: f64) -> f64 {
    if a + b > 0.0 { 2.0 * a * b / (a + b) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_python() {
        assert_eq!(words("It's 3.5 kg_net – naïve!"), ["It", "s", "3", "5", "kg_net", "naïve"]);
        assert_eq!(words("नमस्ते"), ["नमस", "त"], "marks end a word");
        assert_eq!(words("東京で、ⅷ ² Ⓐ"), ["東京で", "ⅷ", "²"]);
    }

    #[test]
    fn a_repeated_shingle_counts_as_often_as_both_sides_have_it() {
        let scores = Scores::of("a b c d a b c d", "a b c d");
        assert_eq!(scores.precision, Some(0.2));
        assert_eq!(scores.recall, Some(1.0));
        assert_eq!(scores.word_f1, 8.0 / 12.0);
    }

    #[test]
    fn case_matters_to_shingles_and_not_to_words() {
        let scores = Scores::of("A b c d", "a b c d");
        assert_eq!((scores.precision, scores.recall), (Some(0.0), Some(0.0)));
        assert_eq!(scores.word_f1, 1.0);
    }

    #[test]
    fn short_and_empty_texts() {
        assert_eq!(Scores::of("two words", "two words").f1(), 1.0);
        assert_eq!(Scores::of("two words", "two words more").f1(), 0.0, "each is one shingle");
        let nothing = Scores::of("", "some main text here");
        assert_eq!((nothing.precision, nothing.recall, nothing.word_f1), (None, Some(0.0), 0.0));
        assert_eq!(nothing.f1(), 0.0);
        let right = Scores::of("", "…");
        assert_eq!((right.precision, right.recall, right.word_f1, right.f1()), (None, None, 1.0, 1.0));
    }

    #[test]
    fn a_row_leaves_out_what_is_not_defined() {
        let pages = [Scores::of("a b c d", "a b c d e"), Scores::of("", "a b c d")];
        let row = Row::of(pages.into_iter());
        assert_eq!(row.pages(), 2);
        let measures = row.measures().map(|(_, value)| value);
        assert_eq!(measures[..2], [1.0, 0.25], "precision over one page, recall over two");
        assert_eq!(measures[2], 0.4);
        assert_eq!(row.f1(), 0.4);
    }
}

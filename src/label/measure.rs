//! What one block looks like by itself: its length, how it ends, what it is made of.
//!
//! Everything here is read off the characters, so that it means the same in every language. Lengths are *extents*:
//! letters as a reader sees them, an ideograph counting two and a half, which makes a Chinese paragraph as long as
//! its English translation.

use super::cues::{Cues, Hits, field_label_only, labelled_fields};
use super::date::{self, Found};
use crate::document::{Block, Shape};
use crate::fingerprint;
use crate::segment::Ending;

/// Extent at and above which a block is a paragraph rather than a line of furniture.
pub(super) const LONG: usize = 100;
/// Extent at and above which a block that ends like a sentence is prose: a news item's paragraph is often one sentence.
const SENTENCE: usize = 70;
/// Extent up to which a line is short enough to be a title, a caption or a field.
const SHORT: usize = 240;
/// Bytes of a block that cues are looked for in: of a paragraph only the opening words tell.
const CUE_WINDOW: usize = 240;
const CUE_WINDOW_OF_PROSE: usize = 64;
/// Share of a line's letters and digits that a date must cover for the line to be one.
const DATE_LINE: f32 = 0.7;

/// What was measured.
#[derive(Debug, Clone)]
pub(super) struct Measure {
    pub shape: Shape,
    pub extent: usize,
    pub ending: Ending,
    /// A sentence ends inside the block.
    pub has_inner_sentence: bool,
    pub starts_lower: bool,
    pub starts_digit: bool,
    /// Every cased letter is upper case, and there are some.
    pub all_caps: bool,
    /// Most words start in upper case, and there are several.
    pub title_case: bool,
    /// Bars, dots and arrows between words, as in menus and breadcrumbs.
    pub separators: usize,
    pub commas: usize,
    /// Digits among letters and digits, in percent.
    pub digits: usize,
    /// Whether there is a letter at all.
    pub has_letters: bool,
    pub words: usize,
    /// Words that start in upper case, in percent.
    pub capitalised: usize,
    /// Upper-case letters among cased ones, in percent.
    pub upper: usize,
    /// Sentences that end inside the block.
    pub inner_sentences: usize,
    /// Quotation marks, brackets, exclamation and question marks.
    pub marks: usize,
    pub has_address: bool,
    pub hits: Hits,
    pub field_label: bool,
    pub fields: usize,
    pub date: Option<Found>,
    pub is_relative_date: bool,
}

impl Measure {
    pub(super) fn of(text: &str, block: &Block, cues: &Cues, scratch: &mut String) -> Self {
        let text = block.span.of(text);
        let counts = Counts::of(text);
        let window = if counts.extent > 2 * LONG { CUE_WINDOW_OF_PROSE } else { CUE_WINDOW };
        let window = text.floor_char_boundary(window);
        fingerprint::normalise_into(&text[..window], scratch);
        let hits = cues.find(scratch);
        let short = counts.extent <= SHORT;
        let date = if short { date::find(text) } else { None };
        Self {
            shape: block.shape,
            extent: counts.extent,
            ending: Ending::of(text),
            has_inner_sentence: counts.inner_sentences > 0,
            starts_lower: text.chars().find(|c| c.is_alphanumeric()).is_some_and(char::is_lowercase),
            starts_digit: text.starts_with(|c: char| c.is_ascii_digit()),
            all_caps: counts.upper > 3 && counts.lower == 0,
            title_case: counts.words >= 3 && counts.capitalised * 10 >= counts.words * 7,
            separators: counts.separators,
            commas: counts.commas,
            digits: 100 * counts.digits / (counts.digits + counts.letters).max(1),
            has_letters: counts.letters > 0,
            words: counts.words,
            capitalised: 100 * counts.capitalised / counts.words.max(1),
            upper: 100 * counts.upper / (counts.upper + counts.lower).max(1),
            inner_sentences: counts.inner_sentences,
            marks: counts.marks,
            has_address: short && has_address(text),
            hits,
            field_label: short && field_label_only(text),
            fields: if short { labelled_fields(text) } else { 0 },
            is_relative_date: short && date.is_none() && date::is_relative(text),
            date,
        }
    }

    /// Long enough to be a paragraph, and made of sentences.
    pub(super) fn is_prose(&self) -> bool {
        (self.ending == Ending::Sentence && self.extent >= SENTENCE)
            || (self.has_inner_sentence && self.extent >= LONG)
    }

    /// Whether the line is little else than a date.
    pub(super) fn is_date_line(&self) -> bool {
        self.date.as_ref().is_some_and(|d| d.share_of_line >= DATE_LINE)
    }

    /// Could be a title by its looks: a line of some words that is not a whole sentence, a field or a cue.
    pub(super) fn is_title_like(&self) -> bool {
        matches!(self.shape, Shape::Text | Shape::Heading)
            && (12..=200).contains(&self.extent)
            && !matches!(self.ending, Ending::Colon | Ending::Comma)
            && !self.is_date_line()
            && !self.is_relative_date
            && self.fields < 2
            && self.separators < 2
            && self.has_letters
            && !self.is_cue_line()
            && !self.looks_like_caption()
    }

    /// Is word for word a line of furniture, in some language.
    pub(super) fn is_cue_line(&self) -> bool {
        use super::cues::Kind::*;
        let kinds = [RelatedHeading, Placeholder, Share, Promo, Legal, Comment, Navigation, ReadMore];
        kinds.into_iter().any(|kind| self.hits.whole(kind))
    }

    /// Opens like a caption or closes with a credit.
    pub(super) fn looks_like_caption(&self) -> bool {
        use super::cues::Kind;
        self.hits.start(Kind::Caption) || self.hits.has(Kind::CaptionCredit)
    }
}

/// The date in a block, where it is short enough to be a line that says one.
pub(super) fn date_of(text: &str) -> Option<Found> {
    if Counts::of(text).extent <= SHORT { date::find(text) } else { None }
}

/// Sums over the characters of a block.
#[derive(Default)]
struct Counts {
    extent: usize,
    letters: usize,
    digits: usize,
    upper: usize,
    lower: usize,
    words: usize,
    capitalised: usize,
    separators: usize,
    commas: usize,
    inner_sentences: usize,
    marks: usize,
}

impl Counts {
    fn of(text: &str) -> Self {
        let mut n = Self::default();
        let mut wide = 0;
        let mut in_word = false;
        // After the end of a sentence: 1 at the mark, 2 at the white space behind it.
        let mut stop = 0;
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let (upper, lower) = (c.is_uppercase(), c.is_lowercase());
            if upper || lower || c.is_alphabetic() {
                // Most letters stand in a run of ASCII, which needs no decoding.
                let run = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
                let capitals = rest.as_bytes()[..run].iter().filter(|b| b.is_ascii_uppercase()).count();
                let (letters, length) = (run.max(1), run.max(c.len_utf8()));
                n.extent += letters;
                n.letters += letters;
                n.upper += if run > 0 { capitals } else { usize::from(upper) };
                n.lower += if run > 0 { run - capitals } else { usize::from(lower) };
                wide += usize::from(c >= '\u{2e80}');
                rest = &rest[length..];
                if !in_word {
                    n.words += 1;
                    n.capitalised += usize::from(upper);
                    n.inner_sentences += usize::from(stop == 2 && !lower);
                }
                in_word = true;
                stop = 0;
                continue;
            }
            n.extent += 1;
            rest = &rest[c.len_utf8()..];
            if c.is_numeric() {
                n.digits += 1;
                in_word = true;
                stop = 0;
                continue;
            }
            in_word = in_word && matches!(c, '\'' | '’' | '-');
            match c {
                '.' | '…' => stop = 1,
                '!' | '?' => (stop, n.marks) = (1, n.marks + 1),
                '。' | '！' | '？' => stop = 2,
                '"' | '“' | '”' | '„' | '«' | '(' | '「' => n.marks += 1,
                '|' | '·' | '•' | '»' | '›' | '→' | '>' => n.separators += 1,
                ',' | '，' | '、' | '،' => n.commas += 1,
                c if c.is_whitespace() && stop == 1 => stop = 2,
                _ => {}
            }
        }
        n.extent += wide + wide / 2;
        n
    }
}

fn has_address(text: &str) -> bool {
    memchr::memchr2(b':', b'.', text.as_bytes()).is_some()
        && (text.contains("://") || text.contains("www.") || (text.contains('@') && text.contains('.')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::segment;

    fn measure(text: &str) -> Measure {
        Measure::of(text, &segment(text)[0], Cues::built_in(), &mut String::new())
    }

    #[test]
    fn an_ideograph_counts_two_and_a_half() {
        assert_eq!(measure("警員到場調查，戶主點算後損失現金。").extent, 17 + 15 + 7);
        assert_eq!(measure("Seventeen letters").extent, 17);
    }

    #[test]
    fn sentences_inside_are_known_by_what_follows() {
        assert!(measure("One ends. Another begins").has_inner_sentence);
        assert!(measure("一句。又一句").has_inner_sentence);
        assert!(!measure("See p. 12, i.e. below").has_inner_sentence);
    }
}

//! Hard-wrapped text: was a line broken because the next word did not fit?
//!
//! E-mail, RFCs and Project Gutenberg break paragraphs at some width W. A line filled greedily up to W satisfies
//! `width + 1 + first word of the next line > W`; a title, a date or a caption on a line of its own does not. So a
//! document is first asked whether it has such a width at all, then each pair of neighbouring lines is asked whether
//! its break was forced. It is wrong on lists of titles that happen to be equally long, which the share of lines that
//! start in lower case mostly tells apart, and on wrapped text of fewer than [`MIN_LINES`] broken lines, which stays
//! in lines.

/// Wider lines are not wrapped by hand: nothing wraps there by default, and a text run of a page often is as long.
const MAX_WIDTH: usize = 120;
/// Narrower columns are lists and verses more often than wrapped prose.
const MIN_WIDTH: usize = 40;
/// Broken lines needed before a width is believed.
const MIN_LINES: usize = 3;
/// Columns that a filled line may stay short of the width: the long word that went to the next line.
const RAG: usize = 15;
/// Share of the broken lines that must be filled.
const FILLED: f64 = 0.7;
/// Share of the lines after a break that must go on in lower case (or in a script without case).
const CONTINUED: f64 = 0.4;
/// Columns of slack in the greedy test, for editors that count differently.
const SLACK: usize = 2;

/// What is asked of a line, by [`Measure::of`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Measure {
    /// Columns, a wide character counting two.
    pub width: usize,
    /// Columns of the first word.
    pub first_word: usize,
    /// Whether it can go on a sentence: it starts with a lower-case letter or in a script without case.
    pub continues: bool,
}

impl Measure {
    /// Measures a trimmed line. Lines past the widest that matters are not measured to their end.
    pub(super) fn of(line: &str) -> Self {
        if line.len() > 4 * MAX_WIDTH {
            return Self { width: line.len(), first_word: MAX_WIDTH, continues: false };
        }
        let first = line.chars().find(|c| c.is_alphanumeric());
        let continues = first.is_some_and(|c| c.is_alphabetic() && !c.is_uppercase());
        if line.is_ascii() {
            let first_word = memchr::memchr(b' ', line.as_bytes()).unwrap_or(line.len());
            return Self { width: line.len(), first_word, continues };
        }
        let first_word = match first {
            Some(c) if is_wide(c) => 2,
            _ => line.chars().take_while(|c| !c.is_whitespace()).map(columns).sum(),
        };
        Self { width: line.chars().map(columns).sum(), first_word, continues }
    }
}

fn columns(c: char) -> usize {
    if is_wide(c) { 2 } else { 1 }
}

/// East Asian wide characters, by block: enough to measure a line.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{20000}'..='\u{3fffd}')
}

/// The width the text was wrapped at, from its pairs of neighbouring lines, or `None` where it was not wrapped.
pub(super) fn width(pairs: impl Iterator<Item = (Measure, Measure)>) -> Option<usize> {
    let mut pairs: Vec<_> = pairs.collect();
    let long = pairs.iter().filter(|(a, _)| a.width > MAX_WIDTH).count();
    pairs.retain(|(a, _)| a.width <= MAX_WIDTH);
    if pairs.len() < MIN_LINES || long * 5 > pairs.len() {
        return None;
    }
    // The widest lines but for one in fifty, which may be an address that could not be broken.
    let mut widths: Vec<_> = pairs.iter().map(|(a, _)| a.width).collect();
    widths.sort_unstable();
    let width = widths[(widths.len() - 1) - widths.len() / 50];
    let share = |holds: &dyn Fn(&(Measure, Measure)) -> bool| {
        pairs.iter().filter(|p| holds(p)).count() as f64 / pairs.len() as f64
    };
    (width >= MIN_WIDTH
        && share(&|(a, b)| is_forced(a, b, width) && a.width + RAG >= width) >= FILLED
        && share(&|(_, b)| b.continues) >= CONTINUED)
        .then_some(width)
}

/// Whether the break between two lines was forced: the next word did not fit.
pub(super) fn is_forced(line: &Measure, next: &Measure, width: usize) -> bool {
    line.width + 1 + next.first_word + SLACK > width && line.width <= width + SLACK
}

#[cfg(test)]
mod tests {
    use super::*;

    fn width_of(lines: &[&str]) -> Option<usize> {
        width(lines.windows(2).map(|w| (Measure::of(w[0]), Measure::of(w[1]))))
    }

    #[test]
    fn a_wrapped_paragraph_has_a_width() {
        let lines = [
            "The boundary between what a page says and what surrounds it is",
            "seldom drawn by the page itself, and a reader who has learnt to see",
            "it does so by the rhythm of the lines more than by any word in",
            "them.",
        ];
        assert!(width_of(&lines).is_some());
    }

    #[test]
    fn separate_lines_have_none() {
        let titles = [
            "Minister resigns after long debate in lower house",
            "Rain expected across the south on Sunday",
            "Two more banks report losses for the third quarter",
            "Football: the cup goes to the second division",
        ];
        assert_eq!(width_of(&titles), None);
        assert_eq!(width_of(&["A title", "April 22, 2016 18:34", "Photo: somebody", "Home"]), None);
    }
}

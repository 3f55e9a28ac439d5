//! Titles and dates: how often one was lifted, and whether it is the right one where that is known.
//!
//! The title is known from the page's record, or from the lines classed as its headline. A lifted title is right where
//! its words hold those of the known one, or of one headline line, in a row and whole; so a title with the name of the
//! site behind it is right too, and one that is cut short is wrong. A date is right where it is the same string.

use crate::clean::Cleaned;
use crate::data::{Page, lines};
use crate::score::words;

/// The class of a headline's lines.
const HEADLINE: u8 = 1;

/// Counts over pages.
#[derive(Debug, Clone, Copy, Default)]
pub struct Field {
    /// Pages of which the field was lifted.
    pub found: usize,
    /// Pages of which it is known.
    pub known: usize,
    /// Pages of which the known one was lifted.
    pub right: usize,
}

impl Field {
    fn add(&mut self, found: bool, right: Option<bool>) {
        self.found += usize::from(found);
        self.known += usize::from(right.is_some());
        self.right += usize::from(right == Some(true));
    }
}

/// The titles and the dates of these pages.
pub fn count<'a>(pages: impl Iterator<Item = (&'a Page, &'a Cleaned)>) -> [Field; 2] {
    let [mut titles, mut dates] = [Field::default(); 2];
    for (page, cleaned) in pages {
        titles.add(cleaned.title.is_some(), title_is_right(page, cleaned));
        let date = page.date.is_some().then(|| page.date == cleaned.date);
        dates.add(cleaned.date.is_some(), date);
    }
    [titles, dates]
}

/// `None` where the title is not known.
fn title_is_right(page: &Page, cleaned: &Cleaned) -> Option<bool> {
    let headlines = page.classes.iter().flat_map(|classes| {
        let lines = lines(&page.text).zip(classes).filter(|(_, class)| **class == HEADLINE);
        lines.map(|(line, _)| &page.text[line])
    });
    let known: Vec<&str> = page.title.as_deref().into_iter().chain(headlines).collect();
    let found = cleaned.title.as_deref().unwrap_or_default();
    (!known.is_empty()).then(|| known.iter().any(|known| holds(found, known)))
}

/// Whether the words of `part`, lower-cased, stand in `whole` in a row.
fn holds(whole: &str, part: &str) -> bool {
    let (whole, part) = (whole.to_lowercase(), part.to_lowercase());
    let (whole, part) = (words(&whole), words(&part));
    !part.is_empty() && whole.windows(part.len()).any(|run| run == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(title: Option<&str>, date: Option<&str>) -> Cleaned {
        Cleaned { title: title.map(str::to_owned), date: date.map(str::to_owned), ..Cleaned::default() }
    }

    #[test]
    fn a_title_holds_the_headline() {
        let page =
            Page { text: "Menu\nBoats come back".to_owned(), classes: Some(vec![0, 1]), ..Page::default() };
        let right = |title| title_is_right(&page, &cleaned(title, None));
        assert_eq!(right(Some("BOATS come back | The Harbour")), Some(true));
        assert_eq!(right(Some("Boats come")), Some(false));
        assert_eq!(right(None), Some(false));
        assert_eq!(title_is_right(&Page::default(), &cleaned(Some("Boats"), None)), None);
    }

    #[test]
    fn fields_are_counted_where_they_are_known() {
        let known = Page { date: Some("2016-04-22".to_owned()), ..Page::default() };
        let cleaned = [cleaned(None, Some("2016-04-22")), cleaned(None, Some("2016"))];
        let unknown = Page::default();
        let pages = [(&known, &cleaned[0]), (&known, &cleaned[1]), (&unknown, &cleaned[1])];
        let [titles, dates] = count(pages.into_iter());
        assert_eq!((titles.found, titles.known), (0, 0));
        assert_eq!((dates.found, dates.known, dates.right), (3, 2, 1));
    }
}

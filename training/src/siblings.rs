//! Made-up pages of a page's site: its furniture around the main text of others.
//!
//! The training sets hold few sites with several pages, so a model would not learn what repetition tells. A sibling
//! keeps most lines of the menus, some of the teasers, and now and then shows the page's own title or a paragraph of
//! its article, as real sites do.

use xxhash_rust::xxh3::xxh3_64;

use crate::corpus::{PARTS, part};
use crate::data::{Page, lines};
use crate::random::Random;

/// Of a hundred pages, those that get siblings.
const OF_HUNDRED: usize = 40;
/// Longer lines differ from page to page more often.
const FIXED: usize = 60;

/// The pages that get siblings, and these.
pub fn siblings(pages: &[Page]) -> (Vec<Page>, Vec<Page>) {
    let (mut chosen, mut made) = (Vec::new(), Vec::new());
    let of_part: Vec<Vec<&Page>> =
        (0..PARTS).map(|k| pages.iter().filter(|page| part(page) == k).collect()).collect();
    for page in pages {
        let mut random = Random::new(xxh3_64(page.id.as_bytes()), 0);
        if !random.chance(OF_HUNDRED) {
            continue;
        }
        chosen.push(page.clone());
        let lines: Vec<(&str, bool)> = labelled_lines(page);
        let others: &[&Page] = &of_part[part(page)];
        let fixed: Vec<bool> =
            lines.iter().map(|(line, _)| random.chance(if line.len() < FIXED { 80 } else { 35 })).collect();
        for k in 0..1 + random.below(8) {
            let other = *random.pick(others);
            if other.id == page.id {
                continue;
            }
            let (article, furniture): (Vec<_>, Vec<_>) = labelled_lines(other).into_iter().partition(|l| l.1);
            let mut text = String::new();
            let mut inserted = false;
            for ((line, main), fixed) in lines.iter().zip(&fixed) {
                if *main {
                    if !inserted {
                        article.iter().for_each(|(line, _)| push(&mut text, line));
                        inserted = true;
                    }
                    // Headings that every article of a site has, and articles shown again elsewhere.
                    if random.chance(if line.len() < FIXED { 6 } else { 2 }) {
                        push(&mut text, line);
                    }
                } else if *fixed && random.chance(93) {
                    push(&mut text, line);
                } else if random.chance(50) && !furniture.is_empty() {
                    push(&mut text, random.pick(&furniture).0);
                }
            }
            made.push(Page { id: format!("{}#{k}", page.id), text, ..page.clone() });
        }
    }
    (chosen, made)
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn labelled_lines(page: &Page) -> Vec<(&str, bool)> {
    let lines = lines(&page.text).into_iter().map(|(from, to)| &page.text[from..to]);
    lines.zip(&page.labels).map(|(line, &label)| (line, label == 1)).collect()
}

//! Made-up pages of a page's site: its furniture around the main text of others.
//!
//! The training sets hold few sites with several pages, so a model would not learn what repetition tells. A sibling
//! keeps most lines of the menus, some of the teasers, and now and then shows the page's own title or a paragraph of
//! its article, as real sites do.

use xxhash_rust::xxh3::xxh3_64;

use crate::data::Page;
use crate::random::Random;

/// Of ten pages, those that get siblings.
const OF_TEN: u64 = 4;
/// Longer lines differ from page to page more often.
const FIXED: usize = 60;

/// The pages that get siblings, and these.
pub fn siblings(pages: &[Page]) -> (Vec<Page>, Vec<Page>) {
    let (mut chosen, mut made) = (Vec::new(), Vec::new());
    for (at, page) in pages.iter().enumerate() {
        let mut random = Random(xxh3_64(page.id.as_bytes()));
        if random.next() % 10 >= OF_TEN {
            continue;
        }
        chosen.push(page.clone());
        let lines: Vec<(&str, bool)> = labelled_lines(page);
        let fixed: Vec<bool> = lines
            .iter()
            .map(|(line, _)| random.chance(if line.len() < FIXED { 0.8 } else { 0.35 }))
            .collect();
        for k in 0..1 + random.below(8) {
            let other = &pages[(at + 1 + random.below(pages.len() - 1)) % pages.len()];
            let article: Vec<&str> = labelled_lines(other).into_iter().filter(|l| l.1).map(|l| l.0).collect();
            let mut text = String::new();
            let mut inserted = false;
            for ((line, main), fixed) in lines.iter().zip(&fixed) {
                if *main {
                    if !inserted {
                        article.iter().for_each(|line| push(&mut text, line));
                        inserted = true;
                    }
                    // Headings that every article of a site has, and articles shown again elsewhere.
                    if random.chance(if line.len() < FIXED { 0.06 } else { 0.02 }) {
                        push(&mut text, line);
                    }
                } else if *fixed && random.chance(0.93) {
                    push(&mut text, line);
                } else if random.chance(0.5) {
                    let from = labelled_lines(other);
                    let furniture: Vec<_> = from.iter().filter(|l| !l.1).collect();
                    if !furniture.is_empty() {
                        push(&mut text, furniture[random.below(furniture.len())].0);
                    }
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
    let lines = page.text.split('\n').filter(|line| !line.trim().is_empty());
    lines.zip(&page.labels).map(|(line, &label)| (line, label == 1)).collect()
}

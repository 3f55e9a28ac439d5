//! Real pages with boxes put in: teasers, whole other articles, galleries, single lines of furniture.
//!
//! Generated pages know every label but their furniture is all made up; real pages are real, but hold few of the boxes
//! that are mistaken for the article. Here a made box stands on a real page, inside the article or right below it, and
//! everything else is as people marked it.
//!
//! It is wrong where a box takes up the matter of the page so closely that a reader would not miss it there.

use xxhash_rust::xxh3::xxh3_64;

use crate::corpus::part;
use crate::data::{Page, lines, name};
use crate::generate::{Article, Library, Spacing, insert};
use crate::random::Random;

/// Of a hundred pages with an article, those that are taken.
const OF_HUNDRED: usize = 35;
/// The stream of random numbers of a page. Its siblings are drawn from another, so that one choice tells nothing of the
/// other.
const STREAM: usize = 1;
/// Bytes of the lines between which a box may stand inside the article.
const PARAGRAPH: usize = 60;

/// Some of the pages, with boxes. `articles` are those of each part; boxes on its pages show no others.
pub fn boxed(pages: &[Page], articles: &[Vec<Article>]) -> Vec<Page> {
    let libraries: Vec<Library> = articles.iter().map(|articles| Library::new(articles)).collect();
    pages
        .iter()
        .filter_map(|page| {
            let mut random = Random::new(xxh3_64(page.id.as_bytes()), STREAM);
            let library = &libraries[part(page)];
            let at = library.articles().iter().position(|article| article.page == name(page))?;
            random.chance(OF_HUNDRED).then(|| with_boxes(page, library, at, &mut random))
        })
        .collect()
}

fn with_boxes(page: &Page, library: &Library, at: usize, random: &mut Random) -> Page {
    let lines = lines(&page.text);
    let is_paragraph = |i: usize| page.labels[i] == 1 && lines[i].1 - lines[i].0 >= PARAGRAPH;
    let gaps: Vec<usize> = (1..lines.len()).filter(|&i| is_paragraph(i - 1) && is_paragraph(i)).collect();
    let below = page.labels.iter().rposition(|&label| label == 1).map_or(0, |last| last + 1);
    let mut places: Vec<usize> = Vec::new();
    if !gaps.is_empty() && random.chance(60) {
        places.push(*random.pick(&gaps));
    }
    if places.is_empty() || random.chance(50) {
        places.push(below);
    }
    let (spacing, blank) = if page.render == "wet" { (Spacing::Tight, "") } else { (Spacing::Grouped, "\n") };
    let source = format!("{}\n", page.text);
    let (mut text, mut labels) = (String::new(), Vec::new());
    let (mut line, mut byte) = (0, 0);
    for place in places {
        let made = insert(library, at, random, place < below, spacing);
        let until = lines.get(place).map_or(source.len(), |line| line.0);
        text.extend([&source[byte..until], blank, &made.text, blank]);
        labels.extend(&page.labels[line..place]);
        labels.extend(made.lines.iter().map(|_| 0));
        (line, byte) = (place, until);
    }
    text.push_str(&source[byte..]);
    labels.extend(&page.labels[line..]);
    Page { id: format!("{}~", page.id), text, labels, ..page.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marked_lines_stay_and_every_line_keeps_a_label() {
        let prose = |i: usize| {
            format!(
                "{i} boats rot in the harbour of Eastham, whose council has been promising repairs for years, as everybody who lives here knows."
            )
        };
        let pages: Vec<Page> = (0..60)
            .map(|p| {
                let gold = [prose(p), prose(p + 100), prose(p + 200)].join("\n");
                Page {
                    id: format!("set/wet/{p}"),
                    set: "set".to_owned(),
                    render: "wet".to_owned(),
                    url: String::new(),
                    text: format!("Home\nBoats of Eastham\n{gold}\nImprint"),
                    labels: vec![0, 0, 1, 1, 1, 0],
                    gold,
                }
            })
            .collect();
        let articles: Vec<Vec<Article>> = (0..crate::corpus::PARTS)
            .map(|k| {
                let own: Vec<Page> = pages.iter().filter(|p| part(p) == k).cloned().collect();
                crate::generate::articles(&own)
            })
            .collect();
        let made = boxed(&pages, &articles);
        assert!((10..35).contains(&made.len()), "{}", made.len());
        for page in &made {
            let source = pages.iter().find(|p| page.id == format!("{}~", p.id)).unwrap();
            let lines: Vec<&str> = page.text.lines().filter(|line| !line.trim().is_empty()).collect();
            assert_eq!(lines.len(), page.labels.len(), "{}", page.text);
            assert!(lines.len() > source.labels.len());
            let main = lines.iter().zip(&page.labels).filter(|(_, l)| **l == 1).map(|(line, _)| *line);
            assert_eq!(main.collect::<Vec<_>>().join("\n"), source.gold);
        }
    }
}

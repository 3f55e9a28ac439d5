//! What is printed: one function a table.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use crate::calibration::{Calibration, THRESHOLDS, curve};
use crate::data::{CLASSES, Page, lines};
use crate::score::{Row, words};
use crate::{Group, Scored, clean, fields};

/// Pages of one set in a language below which it has no row of its own: their mean says little.
const RARE: usize = 5;

/// Rows of cells under a heading. Columns are as wide as their longest cell.
#[derive(Debug)]
pub struct Table {
    title: String,
    /// Columns from the left that hold names; the others hold numbers and are flush right.
    names: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(title: impl Into<String>, names: &[&str], numbers: &[&str]) -> Self {
        let header = names.iter().chain(numbers).map(ToString::to_string).collect();
        Self { title: title.into(), names: names.len(), rows: vec![header] }
    }

    fn push(&mut self, names: &[&str], numbers: impl IntoIterator<Item = String>) {
        self.rows.push(names.iter().map(ToString::to_string).chain(numbers).collect());
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width =
            |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.rows[0].len()).map(width).collect();
        writeln!(f, "{}\n", self.title)?;
        for row in &self.rows {
            let cells = row.iter().zip(&widths).enumerate().map(|(i, (cell, &width))| match i < self.names {
                true => format!("{cell:width$}"),
                false => format!("{cell:>width$}"),
            });
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        writeln!(f)
    }
}

const MEASURES: [&str; 4] = ["shP", "shR", "shF1", "wordF"];

fn figure(value: f64) -> String {
    format!("{value:.3}")
}

/// Part of a whole; a dash where there is no whole.
fn share(part: usize, whole: usize) -> String {
    if whole == 0 { "-".to_owned() } else { figure(part as f64 / whole as f64) }
}

fn measures(row: &Row) -> impl Iterator<Item = String> {
    row.measures().into_iter().map(|(_, value)| figure(value))
}

/// One row a set and render: what dehusk keeps, and what keeping everything would score.
pub fn sets(groups: &[Group]) -> Table {
    let mut numbers = vec!["pages"];
    numbers.extend(MEASURES);
    numbers.extend(["keep all shF1", "missing"]);
    let mut table = Table::new("By set and render", &["set", "render"], &numbers);
    for group in groups {
        let row = group.row();
        let keep_all = Row::of(group.pages.iter().map(|page| page.keep_all));
        let missing = group.pages.iter().filter(|page| page.cleaned.text.is_none()).count();
        let numbers = [row.pages().to_string()].into_iter().chain(measures(&row));
        table.push(&group.names(), numbers.chain([figure(keep_all.f1()), missing.to_string()]));
    }
    table
}

/// One row a page type, where the pages say theirs.
pub fn types(groups: &[Group]) -> Option<Table> {
    by(groups, "type", 1, |scored| scored.page.kind.clone())
}

/// One row a language. The pages in languages that a set has few of share one.
pub fn languages(groups: &[Group]) -> Option<Table> {
    by(groups, "language", RARE, |scored| {
        let language = scored.page.language.clone().or_else(|| clean::language(&scored.page.gold));
        Some(language.unwrap_or_else(|| "?".to_owned()))
    })
}

/// The pages of each group by a property; `None` where no page has it.
fn by(
    groups: &[Group],
    name: &str,
    least: usize,
    property: impl Fn(&Scored) -> Option<String>,
) -> Option<Table> {
    let mut numbers = vec!["pages"];
    numbers.extend(MEASURES);
    let mut table = Table::new(format!("By {name}"), &["set", "render", name], &numbers);
    for group in groups {
        let mut rows: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for scored in &group.pages {
            if let Some(key) = property(scored) {
                rows.entry(key).or_default().push(scored.scores);
            }
        }
        let (often, rare): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, pages)| pages.len() >= least);
        let rare: Vec<_> = rare.into_iter().flat_map(|(_, pages)| pages).collect();
        let rest = (!rare.is_empty()).then(|| ("(others)".to_owned(), rare));
        for (key, pages) in often.into_iter().chain(rest) {
            let row = Row::of(pages.into_iter());
            let [set, render] = group.names();
            table.push(&[set, render, &key], [row.pages().to_string()].into_iter().chain(measures(&row)));
        }
    }
    (table.rows.len() > 1).then_some(table)
}

/// What repetition is worth: pages cleaned together, and each in a corpus of its own. `None` where none was.
pub fn alone(groups: &[Group]) -> Option<Table> {
    let mut table = Table::new("What repetition is worth", &["set", "render", "cleaned"], &MEASURES);
    for group in groups {
        let [set, render] = group.names();
        let alone = group.pages.iter().map(|page| page.alone).collect::<Option<Vec<_>>>()?;
        table.push(&[set, render, "together"], measures(&group.row()));
        table.push(&[set, render, "alone"], measures(&Row::of(alone.into_iter())));
    }
    Some(table)
}

/// The calibration error of each group, and the bins of all blocks.
pub fn calibration(groups: &[Group]) -> [Table; 2] {
    let title = "Calibration: the confidence as the probability of the block's side";
    let mut errors = Table::new(title, &["set", "render"], &["blocks", "ECE"]);
    let mut all = Calibration::default();
    let mut push = |names: &[&str], calibration: &Calibration| {
        errors.push(names, [calibration.blocks().to_string(), figure(calibration.error())]);
    };
    for group in groups {
        let mut calibration = Calibration::default();
        group.pages.iter().for_each(|scored| calibration.add(&scored.page, &scored.cleaned));
        push(&group.names(), &calibration);
        all.merge(&calibration);
    }
    push(&["all", ""], &all);

    let numbers = ["blocks", "mean probability", "share main"];
    let mut bins = Table::new("Probability of being main text, all blocks", &["from"], &numbers);
    for (i, bin) in all.bins.iter().enumerate() {
        let from = figure(i as f64 / all.bins.len() as f64);
        let numbers = if bin.blocks == 0 {
            ["-", "-"].map(str::to_owned)
        } else {
            [bin.probability(), bin.share()].map(figure)
        };
        bins.push(&[&from], [bin.blocks.to_string()].into_iter().chain(numbers));
    }
    [errors, bins]
}

/// What keeping only blocks of a least confidence would score, over all pages.
pub fn confidence_curve(groups: &[Group]) -> Table {
    let pages = || groups.iter().flat_map(|group| &group.pages);
    let curves: Vec<_> = pages().map(|scored| curve(&scored.page, &scored.cleaned)).collect();
    let mut table = Table::new("Blocks kept from a least confidence, all pages", &["least"], &MEASURES);
    for (i, least) in THRESHOLDS.iter().enumerate() {
        let row = Row::of(curves.iter().map(|curve| curve[i]));
        table.push(&[&format!("{least:.2}")], measures(&row));
    }
    table
}

/// How many of the words of each class of lines stay in the text; `None` where no page has classes.
pub fn classes(groups: &[Group]) -> Option<Table> {
    let mut table = Table::new("Share of words kept, by class of line", &["set", "render"], &CLASSES);
    for group in groups {
        let mut kept = [0; CLASSES.len()];
        let mut all = [0; CLASSES.len()];
        for Scored { page, cleaned, .. } in &group.pages {
            for (line, class) in lines(&page.text).zip(page.classes.iter().flatten()) {
                let count = words(&page.text[line.clone()]).len();
                let class = usize::from(*class);
                all[class] += count;
                kept[class] += if cleaned.keeps(line.start) { count } else { 0 };
            }
        }
        if all != [0; CLASSES.len()] {
            table.push(&group.names(), kept.iter().zip(all).map(|(kept, all)| share(*kept, all)));
        }
    }
    (table.rows.len() > 1).then_some(table)
}

/// How often titles and dates were lifted, and how often the right one where it is known.
pub fn fields(groups: &[Group]) -> Table {
    let numbers = ["pages", "titles", "of known", "right", "dates", "of known", "right"];
    let mut table = Table::new("Fields", &["set", "render"], &numbers);
    for group in groups {
        let counts = fields::count(group.pages.iter().map(|scored| (&scored.page, &scored.cleaned)));
        let cells = counts.into_iter().flat_map(|field| {
            [share(field.found, group.pages.len()), field.known.to_string(), share(field.right, field.known)]
        });
        table.push(&group.names(), [group.pages.len().to_string()].into_iter().chain(cells));
    }
    table
}

/// The `count` pages of the lowest F1, the lowest first.
pub fn worst(groups: &[Group], count: usize) -> Table {
    let mut pages: Vec<&Scored> = groups.iter().flat_map(|group| &group.pages).collect();
    pages.sort_by(|a, b| a.scores.f1().total_cmp(&b.scores.f1()));
    let numbers = ["P", "R", "F1", "lines", "main", "kept", "right"];
    let mut table = Table::new("Worst pages", &["id"], &numbers);
    for Scored { page, cleaned, scores, .. } in pages.into_iter().take(count) {
        let [lines, main, kept, right] = line_counts(page, cleaned).map(|count| count.to_string());
        let or_dash = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), figure);
        let (precision, recall) = (or_dash(scores.precision), or_dash(scores.recall));
        table.push(&[&page.id], [precision, recall, figure(scores.f1()), lines, main, kept, right]);
    }
    table
}

/// Lines that are not blank, of these main text, kept, and both.
fn line_counts(page: &Page, cleaned: &clean::Cleaned) -> [usize; 4] {
    let mut counts = [0; 4];
    for (line, label) in lines(&page.text).zip(&page.labels) {
        let (main, kept) = (*label == 1, cleaned.keeps(line.start));
        for (count, holds) in counts.iter_mut().zip([true, main, kept, main && kept]) {
            *count += usize::from(holds);
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use dehusk::document::{Block, Label, LabelledBlock, Repetition, Shape, Span};

    use super::*;
    use crate::score::Scores;

    /// A page of three lines, of which the second and the third are kept.
    fn group() -> Group {
        let text = "Menu\nThree boats came back\nNice boats";
        let block = |start, end, label| {
            let block = Block { span: Span::new(start, end), shape: Shape::Text, after_blank: false };
            LabelledBlock { block, label, confidence: 0.9, repetition: Repetition::default() }
        };
        let blocks =
            vec![block(0, 4, Label::Navigation), block(5, 26, Label::Body), block(27, 37, Label::Body)];
        let page = Page {
            id: "news/wet/1".to_owned(),
            text: text.to_owned(),
            labels: vec![0, 1, 0],
            classes: Some(vec![0, 2, 5]),
            gold: "Three boats came back".to_owned(),
            language: Some("en".to_owned()),
            ..Page::default()
        };
        let kept = "Three boats came back\n\nNice boats";
        let scores = Scores::of(kept, &page.gold);
        let cleaned = clean::Cleaned { text: Some(kept.to_owned()), blocks, ..clean::Cleaned::default() };
        let keep_all = Scores::of(text, &page.gold);
        let scored = Scored { scores, keep_all, alone: None, cleaned, page };
        Group { set: "news".to_owned(), render: "wet".to_owned(), pages: vec![scored] }
    }

    #[test]
    fn columns_line_up() {
        assert_eq!(
            sets(&[group()]).to_string(),
            "By set and render\n\n\
             set   render  pages    shP    shR   shF1  wordF  keep all shF1  missing\n\
             news  wet         1  0.333  1.000  0.500  0.800          0.400        0\n\n"
        );
    }

    #[test]
    fn words_are_kept_by_class() {
        let table = classes(&[group()]).unwrap();
        assert_eq!(table.rows[1], ["news", "wet", "0.000", "-", "1.000", "-", "-", "1.000"]);
    }

    #[test]
    fn properties_have_rows_where_pages_have_them() {
        assert!(types(&[group()]).is_none());
        assert!(alone(&[group()]).is_none());
        assert_eq!(languages(&[group()]).unwrap().rows[1][2], "(others)", "one page is too few for a row");
    }

    #[test]
    fn the_worst_page_has_its_lines_counted() {
        let table = worst(&[group()], 3);
        assert_eq!(table.rows[1], ["news/wet/1", "0.333", "1.000", "0.500", "3", "1", "2", "1"]);
    }
}

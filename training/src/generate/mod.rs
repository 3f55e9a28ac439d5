//! Generated pages: real articles in made-up furniture, with the zone and label of every line.
//!
//! People marked which lines are main text, not which line is a date, a caption or the second article's title, and no
//! benchmark holds many pages that an extractor left half clean. So the pages that teach the labels are made here, of
//! two families: what an extractor leaves (title, date, paragraphs apart, whole other articles below) and what a plain
//! render shows (menus, lists, comments, no blank line). Everything about a page is drawn: what is there, in which
//! order, how often, in which language, how it is spaced.
//!
//! It is wrong as any imitation is: real furniture has more habits than these, and lines of real articles are labelled
//! here by their looks, a heading from a short paragraph.

mod article;
mod comments;
mod furniture;
mod gallery;
mod library;
mod pen;
mod phrases;
mod related;
mod sheet;
mod text;

pub use article::{Article, articles};
pub use library::Library;
pub use sheet::Spacing;

use dehusk::document::Label;
use dehusk::label::Zone;

use furniture::Amount;
use pen::Pen;
use related::Extent;
use sheet::{Gap, Sheet};

use crate::random::Random;

/// A generated page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// Its text.
    pub text: String,
    /// Of each line of the text that is not blank: where it stands and what it is.
    pub lines: Vec<(Zone, Label)>,
}

/// So many pages around these articles, of which there are some. The same seed makes the same pages, and the first of
/// many are those of few.
pub fn pages(articles: &[Article], seed: u64, count: usize) -> Vec<Generated> {
    let library = Library::new(articles);
    let page = |number| page(&library, Random::new(seed, number));
    (0..count).map(page).collect()
}

/// A box for a page that holds article `at`: furniture that stands between its paragraphs (`inside`) or right below.
pub fn insert(
    library: &Library,
    at: usize,
    random: &mut Random,
    inside: bool,
    spacing: Spacing,
) -> Generated {
    let mut sheet = Sheet::new(random.chance(5));
    let pen = &mut Pen::new(library, at, random.fork());
    match pen.random.below(12) {
        0..=3 => related::section(pen, &mut sheet, Extent::Teaser, inside),
        4 => related::section(pen, &mut sheet, Extent::Whole, inside),
        5..=7 if inside => gallery::gallery(pen, &mut sheet, Zone::Main),
        5..=7 => gallery::gallery(pen, &mut sheet, Zone::Tail),
        8..=9 if !inside => comments::thread(pen, &mut sheet),
        _ => (0..pen.random.between(1, 3)).for_each(|_| furniture::interruption(pen, &mut sheet, None)),
    }
    sheet.drop_lifted();
    sheet.set(spacing, 0)
}

/// What tells the families apart.
struct Family {
    amount: Amount,
    spacing: Spacing,
    /// Of a hundred sections of other articles: how many show them whole, how many teasers.
    whole: usize,
    teasers: usize,
}

fn family(random: &mut Random) -> Family {
    if random.chance(55) {
        let spacing = *random.pick(&[Spacing::Grouped, Spacing::Grouped, Spacing::Apart]);
        let amount = if random.chance(12) { Amount::None } else { Amount::Some };
        Family { amount, spacing, whole: 58, teasers: 28 }
    } else {
        let spacing = *random.pick(&[Spacing::Tight, Spacing::Tight, Spacing::Tight, Spacing::Grouped]);
        let amount = if random.chance(15) { Amount::Some } else { Amount::All };
        Family { amount, spacing, whole: 18, teasers: 37 }
    }
}

fn extent(random: &mut Random, family: &Family) -> Extent {
    match random.below(100) {
        n if n < family.whole => Extent::Whole,
        n if n < family.whole + family.teasers => Extent::Teaser,
        _ => Extent::Title,
    }
}

fn page(library: &Library, mut random: Random) -> Generated {
    let family = family(&mut random);
    let mut sheet = Sheet::new(random.chance(9));
    let wide = if random.chance(6) { random.between(1, 9) } else { 0 };
    let at = random.below(library.articles().len());
    let pen = &mut Pen::new(library, at, random);
    let title = title(pen);
    furniture::head(pen, &mut sheet, family.amount, title.as_deref());
    main(pen, &mut sheet, &family, title.as_deref());
    below(pen, &mut sheet, &family);
    sheet.set(family.spacing, wide)
}

/// The title that the page shows: now and then none, for an article without its own a clause of it or none.
fn title(pen: &mut Pen) -> Option<String> {
    let article = pen.article();
    match &article.title {
        Some(title) => (!pen.random.chance(9)).then(|| title.clone()),
        None => pen.random.chance(50).then(|| pen.headline_of(article)),
    }
}

fn main(pen: &mut Pen, sheet: &mut Sheet, family: &Family, title: Option<&str>) {
    let lines = article::body(pen);
    let box_at = pen.random.chance(family.amount.of(16, 18)).then(|| pen.random.between(1, lines.len()));
    let interruptions = family.amount.of(5, 5);
    // A plain render loses the marks of lists, and their items look like other lines.
    let unmarked = family.spacing == Spacing::Tight && pen.random.chance(60);
    let list_gap = if pen.random.chance(60) { Gap::None } else { Gap::Blank };
    let mut previous = None;
    for (i, (label, line)) in lines.iter().enumerate() {
        sheet.enter(Zone::Main);
        let between = previous.is_some_and(|label| label == Label::Body) && *label == Label::Body;
        if between && box_at == Some(i) {
            if pen.random.chance(20) {
                gallery::gallery(pen, sheet, Zone::Main);
            } else {
                let extent = extent(&mut pen.random, family);
                related::section(pen, sheet, extent, true);
            }
            sheet.enter(Zone::Main);
        } else if between && pen.random.chance(interruptions) {
            furniture::interruption(pen, sheet, title);
        }
        let gap = match label {
            Label::Code | Label::TableRow | Label::Quote if previous == Some(*label) => Gap::None,
            Label::ListItem if previous == Some(*label) => list_gap,
            _ => Gap::Blank,
        };
        match label {
            Label::Heading => sheet.heading(*label, gap, 2, line),
            Label::ListItem if unmarked => {
                sheet.line(Label::Body, gap, line.trim_start_matches(['-', '*', '•', '–', ' ']));
            }
            _ => sheet.line(*label, gap, line),
        }
        previous = Some(*label);
    }
}

/// Everything below the article.
fn below(pen: &mut Pen, sheet: &mut Sheet, family: &Family) {
    let amount = family.amount;
    let mut parts = vec![Part::Foot];
    if pen.random.chance(amount.of(68, 75)) {
        parts.push(Part::Related);
    }
    if pen.random.chance(amount.of(10, 35)) {
        parts.push(Part::Comments);
    }
    if pen.random.chance(amount.of(8, 25)) {
        parts.push(Part::Related);
    }
    if pen.random.chance(amount.of(2, 8)) {
        parts.push(Part::Gallery);
    }
    if pen.random.chance(22) {
        pen.random.shuffle(&mut parts);
    }
    for part in parts {
        match part {
            Part::Foot => furniture::foot(pen, sheet, amount),
            Part::Related => {
                let extent = extent(&mut pen.random, family);
                related::section(pen, sheet, extent, false);
            }
            Part::Comments => comments::thread(pen, sheet),
            Part::Gallery => gallery::gallery(pen, sheet, Zone::Tail),
        }
    }
    furniture::footer(pen, sheet, amount);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Foot,
    Related,
    Comments,
    Gallery,
}

#[cfg(test)]
mod tests;

//! Sections of other articles: whole ones, teasers, bare titles; below the article or inside it.
//!
//! A section keeps to one style, as a template does: whether there is a heading, where the date stands, whether title,
//! date and caption stand tight. A whole second article is what an extractor mistakes for the first one's end, so
//! those are frequent, and some of them take up what the first one was about.

use dehusk::document::Label;
use dehusk::label::Zone;

use super::furniture::dressed;
use super::pen::Pen;
use super::phrases::Kind;
use super::sheet::{Gap, Sheet};
use super::text;
use super::{Article, article};

/// How much of the other articles a section shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Title and text.
    Whole,
    /// Title and the beginning of the text.
    Teaser,
    /// The title.
    Title,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DatePlace {
    None,
    BelowTitle,
    AboveTitle,
    BelowText,
}

/// What the items of one section have in common.
#[derive(Debug)]
struct Style {
    extent: Extent,
    date: DatePlace,
    /// In percent of the items.
    caption: usize,
    more: usize,
    rubric: usize,
    /// Title, date and caption stand tight.
    tight: bool,
    /// The text stands right below them.
    tight_text: bool,
    /// What a title begins with.
    bullet: &'static str,
    /// What a shortened text ends with.
    ending: &'static str,
}

/// A section of other articles. `inside`: the article goes on below it.
pub fn section(pen: &mut Pen, sheet: &mut Sheet, extent: Extent, inside: bool) {
    sheet.enter(Zone::Related);
    let has_heading = pen.random.chance(if inside { 88 } else { 80 });
    if has_heading {
        let heading = match pen.random.below(10) {
            0 => pen.say(Kind::Section),
            1 => pen.word(),
            _ => pen.say(Kind::Related),
        };
        let heading = dressed(pen, &heading);
        sheet.heading(Label::RelatedHeading, Gap::Blank, 2, &heading);
        if !inside && pen.random.chance(4) {
            return; // a heading whose items did not load
        }
    }
    let style = style(pen, extent, has_heading, inside);
    let most = match (extent, inside) {
        (Extent::Whole, false) => *pen.random.pick(&[1, 1, 2, 4]),
        (Extent::Whole, true) => 2,
        (Extent::Teaser, false) => 8,
        (Extent::Teaser, true) => 3,
        (Extent::Title, false) => 14,
        (Extent::Title, true) => 5,
    };
    for number in 1..=pen.random.between(1, most) {
        let other = pen.other();
        item(pen, sheet, other, &style, number);
    }
    if pen.random.chance(if inside { 4 } else { 10 }) {
        let (label, line) = match pen.random.below(5) {
            0 => (Label::Promo, pen.say(Kind::Promo)),
            1 => (Label::Share, pen.say(Kind::Share)),
            2 if !inside => (Label::RelatedHeading, pen.say(Kind::Related)),
            _ => (Label::Navigation, pen.say(Kind::Turn)),
        };
        sheet.paragraph(label, &line);
    }
}

/// What a shortened text ends with.
const ENDINGS: &[&str] = &["…", "...", "…", " [...]", " […]", " …", " ..."];

fn style(pen: &mut Pen, extent: Extent, has_heading: bool, inside: bool) -> Style {
    // Without heading and date nothing would tell an item from a heading of the article.
    let date = match pen.random.below(10) {
        0..=5 => DatePlace::BelowTitle,
        6 => DatePlace::AboveTitle,
        7 if extent == Extent::Teaser => DatePlace::BelowText,
        _ if !has_heading && pen.random.chance(75) => DatePlace::BelowTitle,
        _ => DatePlace::None,
    };
    let tight = pen.random.chance(60);
    let bullets: &[&str] = match extent {
        Extent::Title => &["", "", "", "", "- ", "• ", "» ", "1. ", "▶ "],
        _ => &["", "", "", "", "", "", "", "- ", "1. "],
    };
    let (bullet, ending) = (*pen.random.pick(bullets), *pen.random.pick(ENDINGS));
    Style {
        extent,
        date,
        caption: *pen.random.pick(&[0, 0, 40, 90]),
        more: *pen.random.pick(&[0, 0, 0, 90]),
        rubric: *pen.random.pick(&[0, 0, 0, 0, 80]),
        tight,
        tight_text: tight && pen.random.chance(if inside { 50 } else { 30 }),
        bullet,
        ending,
    }
}

fn item(pen: &mut Pen, sheet: &mut Sheet, other: &Article, style: &Style, number: usize) {
    let inner = if style.tight { Gap::None } else { Gap::Blank };
    let list = style.extent == Extent::Title && style.tight;
    let mut gap = if list { Gap::None } else { Gap::Blank };
    if pen.random.chance(style.rubric) {
        let (label, line) = match pen.random.below(3) {
            0 => (Label::Publication, pen.say(Kind::Publication)),
            1 => (Label::Navigation, pen.word()),
            _ => (Label::Navigation, pen.say(Kind::Section)),
        };
        sheet.line(label, gap, &line);
        gap = inner;
    }
    if style.date == DatePlace::AboveTitle {
        date(pen, sheet, gap);
        gap = inner;
    }
    let title = pen.headline_of(other);
    match style.bullet {
        "" => sheet.heading(Label::RelatedTitle, gap, 3, &title),
        "1. " => sheet.line(Label::RelatedTitle, gap, &format!("{number}. {title}")),
        bullet => sheet.line(Label::RelatedTitle, gap, &format!("{bullet}{title}")),
    }
    if style.date == DatePlace::BelowTitle && !pen.random.chance(4) {
        if pen.random.chance(6) {
            let field = pen.say(Kind::Field);
            sheet.line(Label::Placeholder, inner, &format!("{field}:"));
        }
        date(pen, sheet, inner);
    }
    if pen.random.chance(style.caption) && style.extent != Extent::Title {
        let caption = pen.caption();
        sheet.line(Label::Caption, inner, &caption);
    }
    let gap = if style.tight_text { Gap::None } else { Gap::Blank };
    match style.extent {
        Extent::Whole => whole_text(pen, sheet, other, gap),
        Extent::Teaser => sheet.line(Label::RelatedText, gap, &teaser(pen, other, style.ending)),
        Extent::Title => {}
    }
    if style.date == DatePlace::BelowText {
        date(pen, sheet, inner);
    }
    if pen.random.chance(style.more) && style.extent != Extent::Title {
        let more = pen.say(Kind::More);
        sheet.line(Label::Navigation, inner, &more);
    }
}

fn date(pen: &mut Pen, sheet: &mut Sheet, gap: Gap) {
    let date = if pen.random.chance(80) { pen.date() } else { pen.date_line() };
    sheet.line(Label::RelatedDate, gap, &date);
}

/// The beginning of a second article, which need not be its whole text.
fn whole_text(pen: &mut Pen, sheet: &mut Sheet, other: &Article, first: Gap) {
    let count = pen.random.between(1, 10).min(other.paragraphs.len());
    let lines = &other.paragraphs[..count];
    for (i, (line, kind)) in lines.iter().zip(article::kinds(lines)).enumerate() {
        // Lists and tables of another article are its text too, and one folded line here.
        let gap = if i == 0 || kind != Label::Body { first } else { Gap::Blank };
        sheet.line(Label::RelatedText, gap, line);
        if i > 0 && pen.random.chance(2) {
            let caption = pen.caption();
            sheet.paragraph(Label::Caption, &caption);
        }
    }
}

fn teaser(pen: &mut Pen, other: &Article, ending: &str) -> String {
    let longest = other.paragraphs.iter().take(3).max_by_key(|p| p.len()).expect("an article has paragraphs");
    match pen.random.below(10) {
        0..=2 => text::sentences(longest)[0].to_owned(),
        3 => longest.clone(),
        _ => format!("{}{ending}", text::cut(longest, pen.random.between(60, 260))),
    }
}

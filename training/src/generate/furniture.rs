//! What stands above and below an article: menus, the lines around the title, tags, share lines, footers.
//!
//! Much of it no list of cues knows: sections named after words of the articles, titles of other articles as menu
//! entries, numbers without a word.

use dehusk::document::Label;
use dehusk::label::Zone;

use super::pen::Pen;
use super::phrases::Kind;
use super::sheet::{Gap, Sheet};
use super::text;

/// How much furniture a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// None at all.
    None,
    /// What an extractor overlooks.
    Some,
    /// Everything that a browser shows.
    All,
}

impl Amount {
    /// The percentage for its case.
    pub fn of(self, some: usize, all: usize) -> usize {
        match self {
            Self::None => 0,
            Self::Some => some,
            Self::All => all,
        }
    }
}

/// A line as pages dress it: in capitals, with a colon, an arrow, a count.
pub fn dressed(pen: &mut Pen, line: &str) -> String {
    match pen.random.below(20) {
        0..=1 => line.to_uppercase(),
        2 => format!("{line}:"),
        3 => format!("{line} »"),
        4 => format!("» {line}"),
        5 => format!("{line} ({})", pen.number()),
        6 => format!("{line} ›"),
        _ => line.to_owned(),
    }
}

fn entry(pen: &mut Pen) -> String {
    match pen.random.below(20) {
        0..=6 => pen.say(Kind::Menu),
        7..=12 => pen.say(Kind::Section),
        13..=15 => pen.word(),
        16 => format!("{} {}", pen.word(), pen.word()),
        17 => pen.headline(),
        18 => (*pen
            .random
            .pick(&["EN", "DE", "FR", "RU", "English", "Deutsch", "A", "A-Z", "×", "☰", "0", "+"]))
        .to_owned(),
        _ => format!("{} ({})", pen.say(Kind::Section), pen.number()),
    }
}

/// A menu: entries one a line, or several in a line with marks between.
pub fn menu(pen: &mut Pen, sheet: &mut Sheet, most: usize) {
    let count = pen.random.between(1, most);
    let entries: Vec<String> = (0..count).map(|_| entry(pen)).collect();
    let gap = if pen.random.chance(75) { Gap::None } else { Gap::Blank };
    match pen.random.below(10) {
        0..=1 => {
            let mark = *pen.random.pick(&[" | ", " · ", " • ", " ", " / ", " > "]);
            for chunk in entries.chunks(9) {
                sheet.line(Label::Navigation, gap, &chunk.join(mark));
            }
        }
        2 => entries.iter().for_each(|e| sheet.line(Label::Navigation, gap, &format!("- {e}"))),
        _ => entries.iter().for_each(|e| sheet.line(Label::Navigation, gap, e)),
    }
    // Pages written for two widths show their menu twice.
    if count > 6 && pen.random.chance(20) {
        entries.iter().for_each(|e| sheet.line(Label::Navigation, gap, e));
    }
}

fn breadcrumb(pen: &mut Pen, sheet: &mut Sheet, title: Option<&str>) {
    let mark = *pen.random.pick(&[" > ", " » ", " / ", " › ", " » ", " → "]);
    let mut parts = vec![pen.say(Kind::Menu), pen.say(Kind::Section)];
    if pen.random.chance(40) {
        parts.push(pen.word());
    }
    if let Some(title) = title.filter(|_| pen.random.chance(40)) {
        parts.push(title.to_owned());
    }
    if pen.random.chance(75) {
        sheet.paragraph(Label::Navigation, &parts.join(mark));
    } else {
        parts.iter().for_each(|part| sheet.line(Label::Navigation, Gap::None, part));
    }
}

/// Everything above the article.
pub fn head(pen: &mut Pen, sheet: &mut Sheet, amount: Amount, title: Option<&str>) {
    sheet.enter(Zone::Head);
    if pen.random.chance(amount.of(6, 4)) {
        let line = pen.say(Kind::Placeholder);
        sheet.paragraph(Label::Placeholder, &line);
    }
    if pen.random.chance(amount.of(3, 20)) {
        let line = pen.say_some(Kind::Legal, 4);
        sheet.paragraph(Label::Legal, &line);
    }
    if pen.random.chance(amount.of(12, 88)) {
        let most = if amount == Amount::All { *pen.random.pick(&[8, 20, 60]) } else { 6 };
        menu(pen, sheet, most);
    }
    if pen.random.chance(amount.of(3, 15)) {
        let line = pen.say_some(Kind::Promo, 3);
        sheet.paragraph(Label::Promo, &line);
    }
    if pen.random.chance(amount.of(2, 12)) {
        ticker(pen, sheet);
    }
    if pen.random.chance(amount.of(10, 35)) {
        breadcrumb(pen, sheet, title);
    }
    let above = pen.random.chance(22);
    if above {
        around_title(pen, sheet, amount);
    }
    if let Some(title) = title {
        sheet.heading(Label::Title, Gap::Blank, 1, title);
        // Below itself, with the site's name, or once more after other lines.
        if pen.random.chance(amount.of(5, 12)) {
            sheet.line(Label::Title, Gap::Blank, title);
        }
    }
    if !above || pen.random.chance(25) {
        around_title(pen, sheet, amount);
    }
}

/// Headlines of the day above the article.
fn ticker(pen: &mut Pen, sheet: &mut Sheet) {
    let heading = pen.say(Kind::Related);
    let heading = dressed(pen, &heading);
    sheet.paragraph(Label::RelatedHeading, &heading);
    for _ in 0..pen.random.between(1, 6) {
        let title = pen.headline();
        sheet.line(Label::RelatedTitle, Gap::None, &title);
    }
}

/// Date, author, picture and the like, in any order.
fn around_title(pen: &mut Pen, sheet: &mut Sheet, amount: Amount) {
    use Label::*;
    let mut lines: Vec<(Label, String)> = Vec::new();
    if pen.random.chance(amount.of(50, 65)) {
        lines.push((Date, pen.date_line()));
    }
    if pen.random.chance(amount.of(28, 50)) {
        lines.push((Byline, pen.say(Kind::Byline)));
    }
    if pen.random.chance(amount.of(15, 12)) {
        lines.push((Publication, pen.say(Kind::Publication)));
    }
    if pen.random.chance(amount.of(20, 6)) {
        lines.push((Placeholder, format!("{}:", pen.say(Kind::Field))));
    }
    if pen.random.chance(amount.of(6, 5)) {
        let (field, word) = (pen.say(Kind::Field), pen.word());
        lines.push((Publication, format!("{field}: {word}")));
    }
    if pen.random.chance(amount.of(22, 35)) {
        lines.push((Caption, pen.caption()));
    }
    for _ in 0..if pen.random.chance(amount.of(8, 45)) { pen.random.between(1, 6) } else { 0 } {
        let count = pen.random.chance(15);
        lines.push((Share, if count { pen.number() } else { pen.say(Kind::Share) }));
    }
    if pen.random.chance(amount.of(8, 18)) {
        lines.push((Other, pen.say(Kind::Other)));
    }
    if pen.random.chance(amount.of(4, 15)) {
        lines.push((Navigation, pen.say(Kind::Section)));
    }
    pen.random.shuffle(&mut lines);
    // Share buttons stand together.
    if pen.random.chance(70) {
        lines.sort_by_key(|(label, _)| *label == Share);
    }
    for (i, (label, line)) in lines.iter().enumerate() {
        let tight = i > 0 && pen.random.chance(45);
        sheet.line(*label, if tight { Gap::None } else { Gap::Blank }, line);
    }
}

/// What follows the article's last paragraph: author, tags, share lines.
pub fn foot(pen: &mut Pen, sheet: &mut Sheet, amount: Amount) {
    use Label::*;
    sheet.enter(Zone::Tail);
    let mut parts = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    pen.random.shuffle(&mut parts);
    for part in parts {
        match part {
            0 if pen.random.chance(amount.of(14, 18)) => {
                let line = pen.say(Kind::Byline);
                sheet.paragraph(Byline, &line);
            }
            1 if pen.random.chance(amount.of(10, 14)) => {
                let line = pen.date_line();
                sheet.paragraph(Date, &line);
            }
            2 if pen.random.chance(amount.of(12, 40)) => {
                for _ in 0..pen.random.between(1, 6) {
                    let line = pen.say(Kind::Share);
                    sheet.line(Share, Gap::None, &line);
                }
            }
            3 if pen.random.chance(amount.of(12, 35)) => tags(pen, sheet),
            4 if pen.random.chance(amount.of(8, 10)) => {
                let line = pen.say(Kind::Publication);
                sheet.paragraph(Publication, &line);
            }
            5 if pen.random.chance(amount.of(10, 25)) => {
                let line = pen.say_some(Kind::Promo, 3);
                sheet.paragraph(Promo, &line);
            }
            6 if pen.random.chance(amount.of(6, 5)) => {
                let empty = pen.random.chance(60);
                let line =
                    if empty { format!("{}:", pen.say(Kind::Field)) } else { pen.say(Kind::Placeholder) };
                sheet.paragraph(Placeholder, &line);
            }
            7 if pen.random.chance(amount.of(7, 10)) => {
                let line = pen.caption();
                sheet.paragraph(Caption, &line);
            }
            8 if pen.random.chance(amount.of(10, 22)) => {
                let line = pen.say_some(Kind::Bio, 3);
                sheet.paragraph(Other, &line);
            }
            9 if pen.random.chance(amount.of(8, 15)) => {
                let line = pen.say(Kind::Other);
                sheet.paragraph(Other, &line);
            }
            _ => {}
        }
    }
}

fn tags(pen: &mut Pen, sheet: &mut Sheet) {
    let name = pen.say(Kind::Tags);
    let tags: Vec<String> = (0..pen.random.between(1, 12)).map(|_| pen.word()).collect();
    match pen.random.below(4) {
        0 => sheet.paragraph(Label::Navigation, &format!("{name}: {}", tags.join(", "))),
        1 => sheet.paragraph(Label::Navigation, &tags.join(", ")),
        style => {
            sheet.paragraph(Label::Navigation, &if style == 2 { name } else { format!("{name}:") });
            let hash = if pen.random.chance(20) { "#" } else { "" };
            tags.iter().for_each(|tag| sheet.line(Label::Navigation, Gap::None, &format!("{hash}{tag}")));
        }
    }
}

/// The page's end: turning pages, lists of headlines, menus, rights.
pub fn footer(pen: &mut Pen, sheet: &mut Sheet, amount: Amount) {
    use Label::*;
    sheet.enter(Zone::Tail);
    if pen.random.chance(amount.of(12, 35)) {
        for _ in 0..pen.random.between(1, 3) {
            let line = pen.say(Kind::Turn);
            sheet.line(Navigation, Gap::None, &line);
            // The article before or after this one.
            if pen.random.chance(35) {
                let title = pen.headline();
                sheet.line(RelatedTitle, Gap::None, &title);
            }
        }
    }
    if pen.random.chance(amount.of(4, 30)) {
        menu(pen, sheet, 12);
        ticker(pen, sheet);
    }
    if pen.random.chance(amount.of(5, 25)) {
        let line = pen.say_some(Kind::Promo, 4);
        sheet.paragraph(Promo, &line);
    }
    if pen.random.chance(amount.of(8, 80)) {
        menu(pen, sheet, if amount == Amount::All { 30 } else { 5 });
    }
    if pen.random.chance(amount.of(15, 75)) {
        for _ in 0..pen.random.between(1, 4) {
            let line = pen.say_some(Kind::Legal, 3);
            sheet.line(Legal, Gap::None, &line);
        }
    }
    if pen.random.chance(amount.of(3, 20)) {
        menu(pen, sheet, 6);
    }
}

/// A furniture line between two paragraphs of the article.
pub fn interruption(pen: &mut Pen, sheet: &mut Sheet, title: Option<&str>) {
    use Label::*;
    let (label, line) = match pen.random.below(26) {
        0..=6 => (Caption, pen.caption()),
        7..=12 => {
            let title = pen.headline();
            (RelatedTitle, format!("{} {title}", pen.say(Kind::Inline)))
        }
        13..=16 => (Promo, pen.say_some(Kind::Promo, 2)),
        17..=18 => (Share, pen.say(Kind::Share)),
        19 => (Date, pen.say(Kind::Dated)),
        20 => (Byline, pen.say(Kind::Byline)),
        21 => (Publication, pen.say(Kind::Publication)),
        22 => (Placeholder, pen.say(Kind::Placeholder)),
        23 => (Navigation, pen.say(Kind::Turn)),
        24 => (Other, pen.say(Kind::Other)),
        _ => match title {
            Some(title) => (Title, title.to_owned()),
            None => (Caption, text::clause(&pen.sentence(true), 9)),
        },
    };
    sheet.paragraph(label, &line);
}

//! Threads of readers' comments: name, date and remark, in the rhythm that a site's template gives them.

use dehusk::document::Label;
use dehusk::label::Zone;

use super::furniture::dressed;
use super::pen::Pen;
use super::phrases::Kind;
use super::sheet::{Gap, Sheet};

/// A thread, or the form for one.
pub fn thread(pen: &mut Pen, sheet: &mut Sheet) {
    sheet.enter(Zone::Comments);
    if pen.random.chance(75) {
        let heading = pen.say(Kind::Comments);
        let heading = dressed(pen, &heading);
        sheet.heading(Label::Comment, Gap::Blank, 2, &heading);
    }
    let count = match pen.random.below(10) {
        0..=1 => 0,
        2..=6 => pen.random.between(1, 12),
        _ => pen.random.between(12, 50),
    };
    // A site says who wrote a remark in its own set words, above the remark or below.
    let says = *pen.random.pick(&SAYS);
    let (says_below, prose) = (pen.random.chance(40), pen.random.chance(50));
    let set_words = pen.random.chance(45);
    let (joined, dated, date_first) = (pen.random.chance(25), pen.random.chance(80), pen.random.chance(15));
    let replies = *pen.random.pick(&[0, 0, 1, 2]);
    let inner = if pen.random.chance(65) { Gap::None } else { Gap::Blank };
    for _ in 0..count {
        let (name, date) = (reader(pen), pen.date_line());
        let said = says.replace("{name}", &name).replace("{date}", &date);
        if set_words {
            if !says_below {
                sheet.paragraph(Label::Comment, &said);
            }
        } else if joined && dated {
            let mark = *pen.random.pick(&[" ", ", ", " · ", " | ", " - "]);
            sheet.paragraph(Label::Comment, &format!("{name}{mark}{date}"));
        } else {
            sheet.paragraph(Label::Comment, if dated && date_first { &date } else { &name });
            if dated {
                sheet.line(Label::Comment, inner, if date_first { &name } else { &date });
            }
        }
        for i in 0..pen.random.between(1, 5).saturating_sub(2).max(1) {
            let remark = if prose { long_remark(pen) } else { remark(pen) };
            sheet.line(Label::Comment, if i == 0 { inner } else { Gap::Blank }, &remark);
        }
        if set_words && says_below {
            sheet.line(Label::Comment, inner, &said);
        }
        for _ in 0..replies {
            let reply = pen.say(Kind::Reply);
            sheet.line(Label::Comment, inner, &reply);
        }
        if pen.random.chance(2) {
            let promo = pen.say(Kind::Promo);
            sheet.paragraph(Label::Promo, &promo);
        }
    }
    for _ in 0..pen.random.below(4) {
        let (label, line) = match pen.random.below(10) {
            0 => (Label::Share, pen.say(Kind::Share)),
            1..=2 if count > 0 => (Label::Navigation, pen.say(Kind::Turn)),
            _ => (Label::Comment, pen.say(Kind::Comments)),
        };
        sheet.paragraph(label, &line);
    }
}

fn reader(pen: &mut Pen) -> String {
    let name = pen.name();
    match pen.random.below(8) {
        0..=2 => name.to_lowercase().replace(' ', "_"),
        3 => format!("{}{}", pen.word().to_lowercase(), pen.number()),
        4 => format!("{name}:"),
        5 => name.split(' ').next().unwrap_or_default().to_owned(),
        _ => name,
    }
}

/// Set words around a name and a date.
const SAYS: [&str; 14] = [
    "Posted by: {name} | {date}",
    "Posted by {name} on {date}",
    "{name} says:",
    "{name} said on {date}:",
    "Comment by {name} — {date}",
    "{name} wrote on {date}",
    "By {name}, {date}",
    "{date} at {name}",
    "{name} ({date})",
    "von {name} am {date}",
    "{name} schrieb am {date}:",
    "Par {name}, le {date}",
    "{name} | {date} | Reply",
    "Rated by {name}, {date}",
];

/// A remark of several sentences, as readable as an article's paragraph.
fn long_remark(pen: &mut Pen) -> String {
    let count = pen.random.between(1, 6);
    (0..count).map(|i| pen.sentence(i == 0 && count > 2)).collect::<Vec<_>>().join(" ")
}

fn remark(pen: &mut Pen) -> String {
    match pen.random.below(10) {
        0..=5 => pen.say_some(Kind::Remark, 3),
        6 => pen.sentence(true),
        7 => format!("{} {}", pen.say(Kind::Remark), pen.sentence(false)),
        8 => format!("@{} {}", reader(pen), pen.say(Kind::Remark)),
        _ => pen.sentence(false),
    }
}

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
    let heading = pen.say(Kind::Comments);
    let heading = dressed(pen, &heading);
    sheet.heading(Label::Comment, Gap::Blank, 2, &heading);
    let count = if pen.random.chance(20) { 0 } else { pen.random.between(1, 12) };
    let (joined, dated, date_first) = (pen.random.chance(25), pen.random.chance(80), pen.random.chance(15));
    let replies = *pen.random.pick(&[0, 0, 1, 2]);
    let inner = if pen.random.chance(65) { Gap::None } else { Gap::Blank };
    for _ in 0..count {
        let (name, date) = (reader(pen), pen.date_line());
        if joined && dated {
            let mark = *pen.random.pick(&[" ", ", ", " · ", " | ", " - "]);
            sheet.paragraph(Label::Comment, &format!("{name}{mark}{date}"));
        } else {
            sheet.paragraph(Label::Comment, if dated && date_first { &date } else { &name });
            if dated {
                sheet.line(Label::Comment, inner, if date_first { &name } else { &date });
            }
        }
        for i in 0..pen.random.between(1, 5).saturating_sub(2).max(1) {
            let remark = remark(pen);
            sheet.line(Label::Comment, if i == 0 { inner } else { Gap::Blank }, &remark);
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

fn remark(pen: &mut Pen) -> String {
    match pen.random.below(10) {
        0..=5 => pen.say_some(Kind::Remark, 3),
        6 => pen.sentence(true),
        7 => format!("{} {}", pen.say(Kind::Remark), pen.sentence(false)),
        8 => format!("@{} {}", reader(pen), pen.say(Kind::Remark)),
        _ => pen.sentence(false),
    }
}

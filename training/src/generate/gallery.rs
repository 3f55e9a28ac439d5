//! Picture galleries: a caption a picture, sentences often, with counters and credits between them.
//!
//! A gallery reads like an article to anybody who goes by sentences: dozens of them in a row, each whole, each as long
//! as a short paragraph. What tells are the rhythm of counters and credits, and where there is none, that the captions
//! are about something else than the article.

use dehusk::document::Label;
use dehusk::label::Zone;

use super::pen::Pen;
use super::phrases::Kind;
use super::sheet::{Gap, Sheet};

/// How a gallery tells which of its pictures is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counter {
    None,
    Line,
    Prefix,
}

/// A gallery in a zone of the page.
pub fn gallery(pen: &mut Pen, sheet: &mut Sheet, zone: Zone) {
    sheet.enter(zone);
    let most = *pen.random.pick(&[4, 8, 12, 40]);
    let count = pen.random.between(2, most);
    let counter = *pen.random.pick(&[Counter::None, Counter::None, Counter::Line, Counter::Prefix]);
    let between = *pen.random.pick(&["/", "/", " of ", " / "]);
    let credited = *pen.random.pick(&[0, 50, 95]);
    // Sentences of the article with nothing around them would be the article.
    let has_rhythm = counter != Counter::None || credited > 0;
    let own = if has_rhythm { *pen.random.pick(&[0, 30, 80]) } else { 0 };
    if pen.random.chance(40) {
        let heading = pen.headline();
        sheet.paragraph(Label::Caption, &heading);
    }
    for number in 1..=count {
        let mut shows = if pen.random.chance(15) {
            pen.caption()
        } else {
            let is_own = pen.random.chance(own);
            pen.sentence(is_own)
        };
        match counter {
            Counter::None => {}
            Counter::Line => {
                sheet.paragraph(Label::Navigation, &format!("{number}{between}{count}"));
            }
            Counter::Prefix => shows = format!("{number}{between}{count} {shows}"),
        }
        let credit = pen.random.chance(credited).then(|| pen.say(Kind::Credit));
        match credit {
            Some(credit) if pen.random.chance(30) => {
                sheet.paragraph(Label::Caption, &format!("{shows} {credit}"));
            }
            Some(credit) => {
                sheet.paragraph(Label::Caption, &shows);
                sheet.line(Label::Caption, Gap::None, &credit);
            }
            None => sheet.paragraph(Label::Caption, &shows),
        }
    }
}

//! label: what each block is, with a confidence.
//!
//! One direction, a step a file, so that each can be exchanged without the others. What a block looks like (`measure`)
//! and where it stands (`context`) become yes-or-no features (`features`); the zone model (`model`, weights are data)
//! says from these which part of the page it may be in; the [`reader`] weighs that with everything else and says how
//! probably each block is main text; `sides` decides which are; the zone model then names every block in agreement with
//! that (`decode`). Words that give a line away in many languages are data too ([`cues`]), and so are the names of the
//! months ([`date`]).
//!
//! It is wrong where a page breaks the habits of pages: an article of two lines among ten teasers, a poem, readers'
//! remarks as long and as well written as the article.

mod context;
pub mod cues;
pub mod date;
mod decode;
mod explain;
mod features;
mod key_map;
mod language;
mod measure;
mod model;
pub mod reader;
mod sides;
mod tokens;
mod topic;

pub use explain::{Evidence, explain};
pub use features::{Feature, Features};
pub use model::{Model, Surveyed, Zone};
pub use tokens::Tokens;

use context::Context;
use cues::Cues;
use decode::{Decoded, Kinds};
use measure::Measure;
use reader::{Group, Opinions, Reader, View};

use serde::{Deserialize, Serialize};

use crate::config::LabelConfig;
use crate::document::{Block, Document, Label, LabelledBlock, Repetition, Shape, Side};

/// A document's blocks with their labels, and what was lifted out of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Labelled {
    /// Every block, in order.
    pub blocks: Vec<LabelledBlock>,
    /// The title as the page shows it, white space folded.
    pub title: Option<String>,
    /// The date, ISO 8601, as precise as the page says.
    pub date: Option<String>,
    /// ISO 639-1 code of the main text's language.
    pub language: Option<String>,
}

/// Labels a document from its text, its blocks and what the rest of the corpus says about them.
#[must_use]
pub fn label(
    document: &Document,
    blocks: &[Block],
    repetition: &[Repetition],
    config: &LabelConfig,
) -> Labelled {
    let text = &document.text;
    let Judged { probabilities, decoded, .. } = Judged::of(text, blocks, repetition, config);
    let blocks: Vec<LabelledBlock> = (blocks.iter().zip(repetition).zip(&decoded))
        .zip(&probabilities)
        .map(|(((block, repetition), decoded), probability)| LabelledBlock {
            block: *block,
            label: decoded.label,
            confidence: if decoded.label.side() == Side::Main { *probability } else { 1.0 - probability },
            repetition: *repetition,
        })
        .collect();
    let Lifted { title, date, language } = lift(text, &blocks);
    Labelled { title, date, language, blocks }
}

/// What is lifted out of a document into fields of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lifted {
    /// As [`Labelled::title`].
    pub title: Option<String>,
    /// As [`Labelled::date`].
    pub date: Option<String>,
    /// As [`Labelled::language`].
    pub language: Option<String>,
}

/// Lifts the fields out of a labelled text. Besides the text only the blocks' spans, shapes and labels matter, so it can be
/// done again long after the labels were found.
#[must_use]
pub fn lift(text: &str, blocks: &[LabelledBlock]) -> Lifted {
    let labelled = |label| blocks.iter().filter(move |block| block.label == label).map(|b| &b.block);
    let title = labelled(Label::Title).next().map(|b| title_text(b.span.of(text), b.shape));
    let date = labelled(Label::Date).find_map(|b| measure::date_of(b.span.of(text))).map(|found| found.iso);
    Lifted { title, date, language: language_of(text, blocks) }
}

/// A page with all that was found out about it.
struct Judged {
    observed: Observed,
    opinions: Opinions,
    /// That each block is main text.
    probabilities: Vec<f32>,
    /// From this probability on a block is main text.
    asked: f64,
    decoded: Vec<Decoded>,
}

impl Judged {
    fn of(text: &str, blocks: &[Block], repetition: &[Repetition], config: &LabelConfig) -> Self {
        let (model, reader) = (Model::built_in(), Reader::built_in());
        let mut observed = Observed::of(text, blocks, repetition);
        let kinds = Kinds::of(model, &observed.features);
        observed.surveyed = decode::survey(model, &kinds);
        let opinions = reader::read(&observed.view());
        let probabilities: Vec<f32> = opinions.second.iter().map(|o| reader.probability(*o)).collect();
        let asked = sides::asked(&probabilities, &observed.measures, config);
        let main: Vec<bool> = probabilities.iter().map(|p| f64::from(*p) >= asked).collect();
        let decoded = decode::decode(model, &kinds, &main);
        Self { observed, opinions, probabilities, asked, decoded }
    }
}

/// Labels a text that is already clean: every block is main text, by its shape. Nothing is lifted from it, and its language
/// is not asked for.
#[must_use]
pub fn label_clean(blocks: &[Block], repetition: &[Repetition]) -> Labelled {
    let blocks: Vec<LabelledBlock> = (blocks.iter().zip(repetition))
        .map(|(block, repetition)| LabelledBlock {
            block: *block,
            label: match block.shape {
                Shape::Text | Shape::Rule => Label::Body,
                Shape::Heading => Label::Heading,
                Shape::ListItem => Label::ListItem,
                Shape::Quote => Label::Quote,
                Shape::Code => Label::Code,
                Shape::TableRow => Label::TableRow,
            },
            confidence: 1.0,
            repetition: *repetition,
        })
        .collect();
    Labelled { blocks, title: None, date: None, language: None }
}

/// A page as the models see it; also what the programs that fit them learn from.
#[derive(Debug)]
pub struct Observed {
    measures: Vec<Measure>,
    context: Context,
    repetition: Vec<Repetition>,
    /// Its words.
    pub tokens: Tokens,
    /// The features of its blocks.
    pub features: Vec<Features>,
    surveyed: Vec<Surveyed>,
}

impl Observed {
    /// Observes a page. What its zones are, [`Observed::survey`] has to say next.
    #[must_use]
    pub fn of(text: &str, blocks: &[Block], repetition: &[Repetition]) -> Self {
        let cues = Cues::built_in();
        let mut scratch = String::new();
        let measures: Vec<_> = blocks.iter().map(|b| Measure::of(text, b, cues, &mut scratch)).collect();
        let tokens = Tokens::of(text, blocks);
        let context = Context::of(text, blocks, &measures, &tokens, repetition);
        let features = features::features(&measures, &context, repetition);
        Self { measures, context, repetition: repetition.to_vec(), tokens, features, surveyed: Vec::new() }
    }

    /// Lets a model say what the zones are by their features.
    pub fn survey(&mut self, model: &Model) {
        self.surveyed = model.survey(&self.features);
    }

    fn view(&self) -> View<'_> {
        View {
            measures: &self.measures,
            context: &self.context,
            repetition: &self.repetition,
            tokens: &self.tokens,
            surveyed: &self.surveyed,
        }
    }

    /// The rows of the first table, one after the other, or with the first opinions, in nats, those of the second; and
    /// the kind of each signal of a row. `words` is what the words of each block say.
    #[must_use]
    pub fn table(&self, words: &[f32], first: Option<&[f32]>) -> (Vec<Group>, Vec<f32>) {
        reader::all_rows(&self.view(), words, first)
    }
}

/// The language of a main text, as an ISO 639-1 code; nothing where the text is too short or unclear.
#[must_use]
pub fn language(main: &str) -> Option<&'static str> {
    language::language(main)
}

fn language_of(text: &str, blocks: &[LabelledBlock]) -> Option<String> {
    let mut sample = String::new();
    for block in blocks.iter().filter(|b| b.label.side() == Side::Main) {
        let text = block.block.span.of(text);
        sample.push_str(&text[..text.floor_char_boundary(language::WINDOW)]);
        sample.push('\n');
        if sample.len() >= language::WINDOW {
            break;
        }
    }
    language::language(&sample).map(str::to_owned)
}

/// A title as text: white space folded, and without the hashes or the underline that mark a heading.
fn title_text(text: &str, shape: Shape) -> String {
    let title = match shape {
        Shape::Heading if text.starts_with('#') => {
            let title = text.trim_start_matches('#').trim();
            // Hashes may close the line as well, behind a space.
            let open = title.trim_end_matches('#');
            if open.ends_with(' ') { open } else { title }
        }
        // The underline is the last line.
        Shape::Heading => text.trim_end_matches(['=', '-']),
        _ => text,
    };
    title.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_loses_its_marks_and_nothing_else() {
        assert_eq!(title_text("## Boats  ##", Shape::Heading), "Boats");
        assert_eq!(title_text("# Why I like C#", Shape::Heading), "Why I like C#");
        assert_eq!(title_text("Boats\n=====", Shape::Heading), "Boats");
        assert_eq!(title_text("#Hashtag politics of C#", Shape::Text), "#Hashtag politics of C#");
    }
}

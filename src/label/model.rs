//! The zone model: weights as data, scores as sums.
//!
//! A block is labelled inside a *zone* of its page: the head above the article, the article, a section of related
//! items, the comments, the tail. The score of a label in a zone is the sum of the block's feature weights for the
//! label and for the zone; zones follow each other at a price. This is a linear-chain conditional random field
//! (Lafferty et al. 2001) whose states are the pairs of zone and label and whose transitions only see the zone, which
//! makes decoding linear in the states.
//!
//! The weights stand in `weights.txt`, one feature a line, fitted by the program in `training/`.

use std::sync::LazyLock;

use super::decode::{self, Kinds};
use super::features::{Feature, Features};
use crate::document::Label;

/// A part of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zone {
    /// Above the article: menus, title, date, picture.
    Head,
    /// The article.
    Main,
    /// Other articles: their titles, dates, teasers or whole texts.
    Related,
    /// Readers' comments.
    Comments,
    /// Below the article.
    Tail,
}

impl Zone {
    /// Every zone, in the order of the weights.
    pub const ALL: [Zone; 5] = [Zone::Head, Zone::Main, Zone::Related, Zone::Comments, Zone::Tail];

    /// The name in the weights file and in explanations.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Main => "main",
            Self::Related => "related",
            Self::Comments => "comments",
            Self::Tail => "tail",
        }
    }

    /// The labels that occur in the zone.
    #[must_use]
    pub fn labels(self) -> &'static [Label] {
        use Label::*;
        match self {
            Self::Head => &[
                Title,
                Date,
                Byline,
                Caption,
                Publication,
                Placeholder,
                Navigation,
                Share,
                Promo,
                Legal,
                Other,
                RelatedHeading,
                RelatedTitle,
                Comment,
            ],
            Self::Main => &[
                Body,
                Heading,
                ListItem,
                Quote,
                Code,
                TableRow,
                Title,
                Date,
                Byline,
                Caption,
                Publication,
                Placeholder,
                RelatedTitle,
                Share,
                Promo,
                Navigation,
                Other,
                RelatedHeading,
                Legal,
                Comment,
            ],
            Self::Related => &[
                RelatedHeading,
                RelatedTitle,
                RelatedDate,
                RelatedText,
                Caption,
                Publication,
                Placeholder,
                Navigation,
                Share,
                Promo,
                Byline,
                Other,
            ],
            Self::Comments => &[Comment, Navigation, Share, Promo, Placeholder, Legal, Other],
            Self::Tail => &[
                Navigation,
                Share,
                Promo,
                Legal,
                Date,
                Byline,
                Caption,
                Publication,
                Placeholder,
                RelatedHeading,
                RelatedTitle,
                Other,
            ],
        }
    }
}

/// What the zone model makes of a block before the reader has spoken.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Surveyed {
    /// The probability of each zone.
    pub zones: [f32; ZONES],
    /// The probability of a label of main text.
    pub main: f32,
}

/// Number of zones.
pub const ZONES: usize = Zone::ALL.len();
const LABELS: usize = Label::ALL.len();

/// Scores of one block: for each label and for each zone, in nats.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scores {
    pub label: [f32; LABELS],
    pub zone: [f32; ZONES],
}

impl Scores {
    /// The score of a label in a zone.
    pub(super) fn of(&self, zone: Zone, label: Label) -> f32 {
        self.zone[zone as usize] + self.label[label as usize]
    }
}

/// The weights.
#[derive(Debug)]
pub struct Model {
    features: Vec<Scores>,
    /// Price of the first block's zone, and of the last one's.
    pub(super) start: [f32; ZONES],
    pub(super) end: [f32; ZONES],
    /// Price of the step from one zone to the next, by both.
    pub(super) step: [[f32; ZONES]; ZONES],
}

static BUILT_IN: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_str!("weights.txt"))
        .unwrap_or_else(|e| panic!("the built-in weights are broken: {e}"))
});

impl Model {
    /// The weights that ship with the program.
    #[must_use]
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// Reads weights: lines of `FEATURE TARGET=WEIGHT…`, where a target is a label or `@` and a zone; `start`, `end`
    /// and `step FROM` take zones alone.
    ///
    /// # Errors
    /// The line that does not follow this, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let zero = Scores { label: [0.0; LABELS], zone: [0.0; ZONES] };
        let mut model = Self {
            features: vec![zero; Feature::ALL.len()],
            start: [0.0; ZONES],
            end: [0.0; ZONES],
            step: [[0.0; ZONES]; ZONES],
        };
        for (number, line) in text.lines().enumerate() {
            let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
            let Some(name) = words.next() else { continue };
            let wrong = |what: &str| format!("line {}: {what}", number + 1);
            let from = match name {
                "step" => Some(words.next().and_then(zone).ok_or_else(|| wrong("step needs a zone"))?),
                _ => None,
            };
            let mut scores = zero;
            for word in words {
                let (target, weight) = word.split_once('=').ok_or_else(|| wrong("expected TARGET=WEIGHT"))?;
                let weight = weight.parse().ok().filter(|weight: &f32| weight.is_finite());
                let weight = weight.ok_or_else(|| wrong("expected a finite number"))?;
                if let Some(target) = target.strip_prefix('@') {
                    let zone = zone(target).ok_or_else(|| wrong(&format!("unknown zone {target}")))?;
                    scores.zone[zone as usize] = weight;
                } else if matches!(name, "start" | "end" | "step") {
                    return Err(wrong(&format!("{name} takes zones, not {target}")));
                } else {
                    let label = Label::ALL.iter().find(|l| l.name() == target);
                    scores.label[*label.ok_or_else(|| wrong(&format!("unknown label {target}")))? as usize] =
                        weight;
                }
            }
            match (name, from) {
                ("start", _) => model.start = scores.zone,
                ("end", _) => model.end = scores.zone,
                (_, Some(from)) => model.step[from as usize] = scores.zone,
                _ => {
                    let feature = Feature::ALL.iter().find(|f| f.name() == name);
                    let feature = feature.ok_or_else(|| wrong(&format!("unknown feature {name}")))?;
                    model.features[*feature as usize] = scores;
                }
            }
        }
        Ok(model)
    }

    /// What the zone model makes of a page by its features alone.
    #[must_use]
    pub fn survey(&self, features: &[Features]) -> Vec<Surveyed> {
        decode::survey(self, &Kinds::of(self, features))
    }

    /// The scores of a block with these features.
    pub(super) fn scores(&self, features: Features) -> Scores {
        let mut sum = Scores { label: [0.0; LABELS], zone: [0.0; ZONES] };
        for feature in features.iter() {
            let weights = &self.features[feature as usize];
            sum.label.iter_mut().zip(&weights.label).for_each(|(s, w)| *s += w);
            sum.zone.iter_mut().zip(&weights.zone).for_each(|(s, w)| *s += w);
        }
        sum
    }

    /// What one feature adds to a label in a zone.
    pub(super) fn weight(&self, feature: Feature, zone: Zone, label: Label) -> f32 {
        self.features[feature as usize].of(zone, label)
    }
}

fn zone(name: &str) -> Option<Zone> {
    Zone::ALL.into_iter().find(|z| z.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_makes_no_sense_is_named() {
        let error = |line: &str| Model::parse(&format!("start @head=-0.5 # a remark\n{line}\n")).unwrap_err();
        assert_eq!(error("start title=1"), "line 2: start takes zones, not title");
        assert_eq!(error("end @tail=1 body=1"), "line 2: end takes zones, not body");
        assert_eq!(error("step main title=1"), "line 2: step takes zones, not title");
        assert_eq!(error("step"), "line 2: step needs a zone");
        assert_eq!(error("ends_colon body=NaN"), "line 2: expected a finite number");
        assert_eq!(error("step main @tail=-inf"), "line 2: expected a finite number");
        assert_eq!(error("ends_colon body=1e39"), "line 2: expected a finite number");
        assert_eq!(error("ends_colon body"), "line 2: expected TARGET=WEIGHT");
        assert_eq!(error("ends_colon bodies=1"), "line 2: unknown label bodies");
        assert_eq!(error("ends_colon @bottom=1"), "line 2: unknown zone bottom");
        assert_eq!(error("ends_colons body=1"), "line 2: unknown feature ends_colons");
    }
}

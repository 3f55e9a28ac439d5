//! The features of a block: yes-or-no statements about it, its neighbours and the rest of the corpus.
//!
//! A feature is a bit, and has a phrase that `explain` shows. The weights file names features by [`Feature::name`]; the
//! zone model never sees anything else, so that one can be exchanged without the other.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use super::context::Context;
use super::cues::Kind;
use super::key_map::KeyIsHash;
use super::measure::{LONG, Measure};
use crate::document::{Repetition, Shape};
use crate::segment::Ending;

macro_rules! features {
    ($($variant:ident $name:literal $phrase:literal,)*) => {
        /// A statement about a block.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Feature { $(#[doc = $phrase] $variant,)* }

        impl Feature {
            /// Every feature, in the order of its bit.
            pub const ALL: &[Feature] = &[$(Feature::$variant,)*];

            /// The name in the weights file.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Feature::$variant => $name,)* }
            }

            /// The statement in words.
            #[must_use]
            pub fn phrase(self) -> &'static str {
                match self { $(Feature::$variant => $phrase,)* }
            }
        }
    };
}

features! {
    Always "always" "any block",
    Extent15 "extent_15" "at most 15 characters long",
    Extent30 "extent_30" "16 to 30 characters long",
    Extent60 "extent_60" "31 to 60 characters long",
    Extent100 "extent_100" "61 to 99 characters long",
    Extent200 "extent_200" "100 to 200 characters long",
    Extent400 "extent_400" "201 to 400 characters long",
    ExtentMore "extent_more" "longer than 400 characters",
    EndsSentence "ends_sentence" "ends like a sentence",
    EndsEllipsis "ends_ellipsis" "is cut off by three dots",
    EndsColon "ends_colon" "ends with a colon",
    EndsComma "ends_comma" "ends with a comma",
    EndsOpen "ends_open" "does not end like a sentence",
    InnerSentence "inner_sentence" "holds several sentences",
    StartsLower "starts_lower" "starts in lower case",
    StartsDigit "starts_digit" "starts with a digit",
    AllCaps "all_caps" "is in capitals",
    TitleCase "title_case" "most words start with a capital",
    Separators "separators" "is divided by bars, dots or arrows",
    Commas "commas" "holds commas",
    DigitsHeavy "digits_heavy" "is mostly digits",
    NoLetters "no_letters" "holds no letter",
    Address "address" "holds a web or mail address",
    ShapeHeading "shape_heading" "is marked as a heading",
    ShapeList "shape_list" "is marked as a list item",
    ShapeQuote "shape_quote" "is marked as a quotation",
    ShapeCode "shape_code" "looks like program code",
    ShapeTable "shape_table" "looks like a table row",
    ShapeRule "shape_rule" "is only punctuation",
    TightBefore "tight_before" "follows the line above without a blank line",
    TightAfter "tight_after" "is followed without a blank line",
    DateLine "date_line" "is a date",
    DateInside "date_inside" "is short and mentions a date",
    RelativeDate "relative_date" "tells an age, as \"3 hours ago\"",
    CueRelated "cue_related" "is a known heading of related articles",
    CueRelatedStart "cue_related_start" "starts like a heading of related articles",
    CuePlaceholder "cue_placeholder" "is a known placeholder",
    FieldLabel "field_label" "is a field's label with nothing behind it",
    FieldEmptyKnown "field_empty_known" "is a known field's label with nothing behind it",
    FieldKnown "field_known" "starts with a known field's label",
    Fields "fields" "holds several labelled fields",
    CuePublication "cue_publication" "starts as a publication line does",
    CueCaption "cue_caption" "starts as a caption does",
    CueCredit "cue_credit" "holds a picture credit",
    CueByline "cue_byline" "starts as a byline does",
    CueShare "cue_share" "asks to share or print",
    CuePromo "cue_promo" "advertises or asks to subscribe",
    CueLegal "cue_legal" "speaks of rights, terms or cookies",
    CueComment "cue_comment" "belongs to readers' comments",
    CueNavigation "cue_navigation" "is a known menu entry",
    CueReadMore "cue_read_more" "asks to read on elsewhere",
    FirstBlock "first_block" "opens the page",
    LastBlock "last_block" "closes the page",
    InHead "in_head" "stands above the first paragraph",
    HeadTitle "head_title" "looks like the page's title",
    HeadTitleAgain "head_title_again" "repeats the page's title",
    HeadBelowTitle "head_below_title" "stands between the title and the first paragraph",
    TitleInText "title_in_text" "its words come back in the first paragraphs",
    RunBefore "run_before" "stands before the page's longest stretch of prose",
    RunInside "run_inside" "stands in the page's longest stretch of prose",
    RunAfter "run_after" "stands after the page's longest stretch of prose",
    RunFar "run_far" "stands far from the page's longest stretch of prose",
    NoProse "no_prose" "the page holds no prose",
    BelowRelatedCue "below_related_cue" "stands right below a heading of related articles",
    UnderRelatedCue "under_related_cue" "a heading of related articles stands above it",
    ItemTitle "item_title" "looks like the title of another article",
    BelowItemTitle "below_item_title" "stands right below the title of another article",
    PreviousDate "previous_date" "follows a date",
    NextDate "next_date" "stands right above a date",
    PreviousProse "previous_prose" "follows a paragraph",
    NextProse "next_prose" "stands above a paragraph",
    ShortNeighbours "short_neighbours" "stands among short lines",
    CueNeighbours "cue_neighbours" "stands among furniture lines",
    BelowTightItem "below_tight_item" "stands apart from an item whose text is right below its title",
    BelowCommentCue "below_comment_cue" "stands below a heading of comments",
    Repeated2 "repeated_2" "other pages hold it",
    Repeated4 "repeated_4" "several other pages hold it",
    Repeated10 "repeated_10" "many other pages hold it",
    SiteRepeated "site_repeated" "several pages of the same site hold it",
    MaskedRepeated "masked_repeated" "other pages hold it with other digits",
    NearRepeated "near_repeated" "other pages hold nearly the same line",
    RunRepeated "run_repeated" "another page holds it together with its neighbours",
    EarlierElsewhere "earlier_elsewhere" "another page holds it nearer to its top",
    TitleElsewhere "title_elsewhere" "it is the title of another page",
    BelowTitleElsewhere "below_title_elsewhere" "it stands below the title of another page",
    RepeatedProse "repeated_prose" "other pages hold this paragraph, and most of this page is its own",
    OwnProseBelow "own_prose_below" "is this page's own again, below paragraphs of another page",
    Topic1 "topic_1" "takes up next to nothing of the article above",
    Topic2 "topic_2" "takes up little of the article above",
    Topic3 "topic_3" "takes up something of the article above",
    Topic4 "topic_4" "takes up some of the article above",
    Topic5 "topic_5" "takes up much of the article above",
    Topic6 "topic_6" "takes up the article above as its own paragraphs do",
    Onward1 "onward_1" "from here on next to nothing of the article above is taken up",
    Onward2 "onward_2" "from here on little of the article above is taken up",
    Onward3 "onward_3" "from here on something of the article above is taken up",
    Onward4 "onward_4" "from here on some of the article above is taken up",
    Onward5 "onward_5" "from here on much of the article above is taken up",
    Onward6 "onward_6" "from here on the article above is taken up as by its own paragraphs",
}

const _: () = assert!(Feature::ALL.len() <= 128, "features are the bits of a u128");

/// The set of features that hold for a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Features(u128);

/// A map by sets of features.
pub(super) type FeatureMap<V> = HashMap<Features, V, BuildHasherDefault<KeyIsHash>>;

impl Hash for Features {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.spread());
    }
}

impl Features {
    /// Whether the feature holds.
    #[must_use]
    pub fn has(self, feature: Feature) -> bool {
        self.0 >> (feature as u32) & 1 == 1
    }

    /// The features that hold, in order.
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        let mut bits = self.0;
        std::iter::from_fn(move || {
            (bits != 0).then(|| {
                let bit = bits.trailing_zeros();
                bits &= bits - 1;
                Feature::ALL[bit as usize]
            })
        })
    }

    /// A hash of the set.
    pub(super) fn spread(self) -> u64 {
        const ODD: u64 = 0x2545_f491_4f6c_dd1d;
        let folded = (self.0 as u64).wrapping_mul(ODD).rotate_left(32) ^ (self.0 >> 64) as u64;
        // A product's lower end depends on the lower end alone, and maps look at both.
        let product = folded.wrapping_mul(ODD);
        product ^ product >> 32
    }

    fn set(&mut self, feature: Feature, holds: bool) {
        self.0 |= u128::from(holds) << (feature as u32);
    }
}

impl FromIterator<Feature> for Features {
    fn from_iter<I: IntoIterator<Item = Feature>>(features: I) -> Self {
        let mut set = Self::default();
        features.into_iter().for_each(|f| set.set(f, true));
        set
    }
}

/// The features of every block of a document.
pub(super) fn features(measures: &[Measure], context: &Context, repetition: &[Repetition]) -> Vec<Features> {
    (0..measures.len())
        .map(|i| {
            let mut f = Features::default();
            own(&mut f, &measures[i]);
            cues(&mut f, &measures[i]);
            place(&mut f, i, measures, context);
            neighbours(&mut f, i, measures, context);
            elsewhere(&mut f, i, measures, context, repetition);
            f
        })
        .collect()
}

fn own(f: &mut Features, m: &Measure) {
    use Feature::*;
    f.set(Always, true);
    let length = match m.extent {
        0..=15 => Extent15,
        16..=30 => Extent30,
        31..=60 => Extent60,
        61..LONG => Extent100,
        LONG..=200 => Extent200,
        201..=400 => Extent400,
        _ => ExtentMore,
    };
    f.set(length, true);
    let ending = match m.ending {
        Ending::Sentence => EndsSentence,
        Ending::Ellipsis => EndsEllipsis,
        Ending::Colon => EndsColon,
        Ending::Comma => EndsComma,
        Ending::Open => EndsOpen,
    };
    f.set(ending, true);
    f.set(InnerSentence, m.has_inner_sentence);
    f.set(StartsLower, m.starts_lower);
    f.set(StartsDigit, m.starts_digit);
    f.set(AllCaps, m.all_caps);
    f.set(TitleCase, m.title_case);
    f.set(Separators, m.separators >= 2);
    f.set(Commas, m.commas >= 2);
    f.set(DigitsHeavy, m.digits >= 40);
    f.set(NoLetters, !m.has_letters);
    f.set(Address, m.has_address);
    let shape = match m.shape {
        Shape::Text => None,
        Shape::Heading => Some(ShapeHeading),
        Shape::ListItem => Some(ShapeList),
        Shape::Quote => Some(ShapeQuote),
        Shape::Code => Some(ShapeCode),
        Shape::TableRow => Some(ShapeTable),
        Shape::Rule => Some(ShapeRule),
    };
    if let Some(shape) = shape {
        f.set(shape, true);
    }
    f.set(DateLine, m.is_date_line());
    f.set(DateInside, m.date.is_some() && !m.is_date_line());
    f.set(RelativeDate, m.is_relative_date);
}

fn cues(f: &mut Features, m: &Measure) {
    use Feature::*;
    let hits = &m.hits;
    let short = m.extent <= 2 * LONG;
    f.set(CueRelated, hits.whole(Kind::RelatedHeading));
    f.set(CueRelatedStart, short && hits.start(Kind::RelatedHeading) && !hits.whole(Kind::RelatedHeading));
    f.set(CuePlaceholder, hits.whole(Kind::Placeholder));
    f.set(FieldLabel, m.field_label);
    f.set(FieldEmptyKnown, m.field_label && hits.start(Kind::FieldLabel));
    f.set(FieldKnown, short && !m.field_label && hits.start(Kind::FieldLabel));
    f.set(Fields, m.fields >= 2);
    f.set(CuePublication, short && hits.start(Kind::Publication));
    f.set(CueCaption, hits.start(Kind::Caption));
    f.set(CueCredit, short && hits.has(Kind::CaptionCredit));
    f.set(CueByline, short && hits.start(Kind::Byline));
    f.set(CueShare, short && (hits.whole(Kind::Share) || hits.start(Kind::Share)));
    f.set(CuePromo, short && hits.has(Kind::Promo));
    f.set(CueLegal, short && hits.has(Kind::Legal));
    f.set(CueComment, short && (hits.whole(Kind::Comment) || hits.start(Kind::Comment)));
    f.set(CueNavigation, hits.whole(Kind::Navigation));
    f.set(CueReadMore, short && hits.has(Kind::ReadMore));
}

fn place(f: &mut Features, i: usize, measures: &[Measure], context: &Context) {
    use Feature::*;
    f.set(FirstBlock, i == 0);
    f.set(LastBlock, i + 1 == measures.len());
    f.set(TightBefore, i > 0 && context.is_tight(i));
    f.set(TightAfter, context.is_tight(i + 1));
    f.set(InHead, i < context.first_prose);
    f.set(HeadTitle, context.head_title == Some(i));
    f.set(HeadTitleAgain, context.title_again[i]);
    f.set(HeadBelowTitle, context.head_title.is_some_and(|t| t < i) && i < context.first_prose);
    f.set(TitleInText, context.title_in_text[i]);
    let run = &context.run;
    f.set(NoProse, run.is_empty());
    if !run.is_empty() {
        f.set(RunBefore, i < run.start);
        f.set(RunInside, run.contains(&i));
        f.set(RunAfter, i >= run.end);
        f.set(RunFar, i + FAR < run.start || i >= run.end + FAR);
    }
}

/// Blocks away from the run that are no longer around it.
const FAR: usize = 8;

fn neighbours(f: &mut Features, i: usize, measures: &[Measure], context: &Context) {
    use Feature::*;
    let previous = i.checked_sub(1).map(|j| &measures[j]);
    let next = measures.get(i + 1);
    f.set(PreviousDate, previous.is_some_and(Measure::is_date_line));
    f.set(NextDate, next.is_some_and(Measure::is_date_line));
    f.set(PreviousProse, previous.is_some_and(Measure::is_prose));
    f.set(NextProse, next.is_some_and(Measure::is_prose));
    let around = || previous.into_iter().chain(next);
    f.set(ShortNeighbours, around().all(|m| m.extent < LONG / 2 && m.ending == Ending::Open));
    f.set(CueNeighbours, around().any(Measure::is_cue_line));
    f.set(BelowRelatedCue, context.below_cue[i]);
    f.set(UnderRelatedCue, context.under_cue[i]);
    f.set(ItemTitle, context.item_title[i]);
    f.set(BelowItemTitle, context.below_item_title[i]);
    f.set(BelowTightItem, context.below_tight_item[i]);
    f.set(BelowCommentCue, context.below_comment_cue[i]);
}

fn elsewhere(f: &mut Features, i: usize, measures: &[Measure], context: &Context, repetition: &[Repetition]) {
    use Feature::*;
    let r = &repetition[i];
    // An article that other pages show is repeated too: for prose only where it stands tells something.
    let line = !measures[i].is_prose();
    f.set(Repeated2, line && (2..4).contains(&r.documents));
    f.set(Repeated4, line && (4..10).contains(&r.documents));
    f.set(Repeated10, line && r.documents >= 10);
    f.set(SiteRepeated, line && r.site_documents >= 3);
    f.set(MaskedRepeated, r.documents < 2 && r.masked_documents >= 3);
    f.set(NearRepeated, r.documents < 2 && r.near_documents >= 2);
    f.set(RunRepeated, line && r.run >= 2);
    f.set(EarlierElsewhere, r.earlier_elsewhere);
    f.set(TitleElsewhere, r.title_elsewhere && measures[i].extent >= 12);
    f.set(BelowTitleElsewhere, context.below_title_elsewhere[i]);
    f.set(RepeatedProse, context.repeated_prose[i]);
    f.set(OwnProseBelow, context.own_prose_below[i]);
    if let Some((own, onward)) = context.topic[i] {
        f.set([Topic1, Topic2, Topic3, Topic4, Topic5, Topic6][level(own)], true);
        f.set([Onward1, Onward2, Onward3, Onward4, Onward5, Onward6][level(onward)], true);
    }
}

/// Which of six levels a share of the article's own cohesion is.
fn level(share: f64) -> usize {
    [0.2, 0.4, 0.6, 0.8, 1.1].iter().filter(|bound| share >= **bound).count()
}

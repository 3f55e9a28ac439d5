//! The words of furniture, in many languages: data, one file a language, a kind of line each.
//!
//! A line of a file is `kind: phrase | phrase …`. A phrase may leave room: `{n}` for a number, `{k}` for a small one, `{year}`, `{name}` of a
//! person, `{role}`, `{outlet}` for a publication, `{section}`, `{word}` from an article, `{mail}`, `{date}`; the
//! patterns of dates have letters of their own (`dates`). The phrases are not those that the model looks for as cues:
//! some are, as on real pages, and others only do the same work, so that a fitted model does not trust cues alone.

use std::sync::LazyLock;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $name:literal,)*) => {
        /// What a phrase is used for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind { $($(#[$doc])* $variant,)* }

        const NAMES: &[&str] = &[$($name,)*];
    };
}

kinds! {
    /// Months, as they stand in a date.
    Months "months",
    /// Shortened months.
    ShortMonths "short_months",
    Weekdays "weekdays",
    /// Patterns of a day.
    Day "day",
    /// Patterns of the time behind a day.
    Clock "clock",
    /// Patterns of a line with the article's date.
    Dated "dated",
    /// Dates that tell an age.
    Ago "ago",
    Given "given",
    Surnames "surnames",
    Outlets "outlets",
    Roles "roles",
    Byline "byline",
    /// Credits of pictures.
    Credit "credit",
    /// What a picture shows.
    Scene "scene",
    /// Headings of other articles.
    Related "related",
    /// What introduces one other article inside the text.
    Inline "inline",
    /// Headings inside an article that sound like those of other articles.
    Decoy "decoy",
    /// Sentences of an article that sound like headings of other articles.
    Mention "mention",
    /// Names of fields.
    Field "field",
    Placeholder "placeholder",
    Publication "publication",
    Share "share",
    Promo "promo",
    Legal "legal",
    Menu "menu",
    /// Sections of a site.
    Section "section",
    /// What leads to the rest of a shortened text.
    More "more",
    /// Turning pages.
    Turn "turn",
    /// Headings and forms of comments.
    Comments "comments",
    /// What stands below a comment.
    Reply "reply",
    /// What readers write.
    Remark "remark",
    /// Furniture of no other kind.
    Other "other",
    /// About the author.
    Bio "bio",
    /// Headings inside an article.
    Heading "heading",
    /// What stands before tags.
    Tags "tags",
}

/// The phrases of one language.
#[derive(Debug)]
pub struct Language {
    /// ISO 639-1 code.
    pub code: &'static str,
    phrases: Vec<Vec<&'static str>>,
}

impl Language {
    /// The phrases of a kind; none where the language lists none.
    pub fn phrases(&self, kind: Kind) -> &[&'static str] {
        &self.phrases[kind as usize]
    }

    /// Whether words stand without spaces between them.
    pub fn is_unspaced(&self) -> bool {
        matches!(self.code, "zh" | "ja")
    }

    fn parse(code: &'static str, text: &'static str) -> Self {
        let mut phrases = vec![Vec::new(); NAMES.len()];
        for line in text.lines() {
            let (name, list) = line.split_once(": ").expect("a line of phrases begins with its kind");
            let kind = NAMES.iter().position(|n| *n == name);
            let kind = kind.unwrap_or_else(|| panic!("{code}: unknown kind of phrase {name}"));
            phrases[kind].extend(list.split(" | ").map(str::trim));
        }
        Self { code, phrases }
    }
}

macro_rules! languages {
    ($($code:literal)*) => {
        static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
            vec![$(Language::parse($code, include_str!(concat!("phrases/", $code, ".txt"))),)*]
        });
    };
}

languages! { "en" "de" "fr" "es" "it" "pt" "nl" "sv" "pl" "cs" "ru" "uk" "el" "tr" "zh" "ja" "ko" "ar" }

/// Every language.
pub fn languages() -> &'static [Language] {
    &LANGUAGES
}

/// The language of a text, where it is one of these.
pub fn language_of(text: &str) -> Option<&'static Language> {
    use whatlang::Lang;
    let code = match whatlang::detect_lang(text)? {
        Lang::Eng => "en",
        Lang::Deu => "de",
        Lang::Fra => "fr",
        Lang::Spa => "es",
        Lang::Ita => "it",
        Lang::Por => "pt",
        Lang::Nld => "nl",
        Lang::Swe => "sv",
        Lang::Pol => "pl",
        Lang::Ces => "cs",
        Lang::Rus => "ru",
        Lang::Ukr => "uk",
        Lang::Ell => "el",
        Lang::Tur => "tr",
        Lang::Cmn => "zh",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Ara => "ar",
        _ => return None,
    };
    languages().iter().find(|language| language.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_phrases_of_every_kind_but_short_months() {
        for language in languages() {
            for (name, phrases) in NAMES.iter().zip(&language.phrases) {
                assert!(*name == "short_months" || !phrases.is_empty(), "{} lacks {name}", language.code);
                assert!(phrases.iter().all(|p| !p.is_empty()), "{}: an empty {name}", language.code);
            }
            assert_eq!(language.phrases(Kind::Months).len(), 12, "{}", language.code);
            assert_eq!(language.phrases(Kind::Weekdays).len(), 7, "{}", language.code);
        }
    }
}

//! What writes the words of one generated page: phrases in its language, dates in its format, names, and pieces of
//! real articles.
//!
//! A site writes all its dates alike and in one language, so both are chosen once a page. Now and then a line is in
//! another language all the same, as picture credits of syndicated articles are.

use super::Article;
use super::library::Library;
use super::phrases::{Kind, Language, languages};
use super::text;
use crate::random::Random;

/// The format of a page's dates.
#[derive(Debug, Clone, Copy)]
struct DateStyle {
    language: &'static Language,
    day: &'static str,
    clock: Option<&'static str>,
    twelve_hours: bool,
}

/// The writer of one page.
#[derive(Debug)]
pub struct Pen<'a> {
    /// Its choices.
    pub random: Random,
    articles: &'a [Article],
    at: usize,
    /// The articles that other ones are taken from, by number, and how many of the first to prefer.
    others: Vec<usize>,
    preferred: usize,
    /// Those already shown: no page shows an item twice in a row.
    shown: Vec<usize>,
    home: &'static Language,
    dates: DateStyle,
    /// The site's own name.
    outlet: &'static str,
}

/// Formats of a day that any language uses.
const PLAIN_DAYS: &[&str] =
    &["{y}-{mm}-{dd}", "{dd}.{mm}.{y}", "{dd}/{mm}/{y}", "{mm}/{dd}/{y}", "{dd}.{mm}.{yy}", "{y}/{mm}/{dd}"];

impl<'a> Pen<'a> {
    /// The writer of the page around article `at`.
    pub fn new(library: &Library<'a>, at: usize, mut random: Random) -> Self {
        let articles = library.articles();
        let known = library.language(at).filter(|_| random.chance(90));
        let home = known.unwrap_or_else(|| random.pick(languages()));
        let (others, preferred) = library.others(at, &mut random);
        let day = match random.below(6) {
            0 => random.pick(PLAIN_DAYS),
            _ => random.pick(home.phrases(Kind::Day)),
        };
        let clock = random.chance(45).then(|| *random.pick(home.phrases(Kind::Clock)));
        let twelve_hours = home.code == "en" && random.chance(40);
        let dates = DateStyle { language: home, day, clock, twelve_hours };
        let outlet = random.pick(home.phrases(Kind::Outlets));
        Self { random, articles, at, others, preferred, shown: Vec::new(), home, dates, outlet }
    }

    /// The article that the page is about.
    pub fn article(&self) -> &'a Article {
        &self.articles[self.at]
    }

    /// Another article: rather one with a title, and not one that was shown before.
    pub fn other(&mut self) -> &'a Article {
        let mut other = self.at;
        for attempt in 0..8 {
            other = self.any_other(attempt);
            if self.articles[other].title.is_some() && !self.shown.contains(&other) {
                break;
            }
        }
        self.shown.push(other);
        &self.articles[other]
    }

    /// Another article's number: one of the preferred, and of more at each attempt.
    fn any_other(&mut self, attempt: u32) -> usize {
        let reach = self.preferred.saturating_mul(1 << attempt).min(self.others.len());
        self.others[self.random.below(reach)]
    }

    /// A headline: another article's title, or what would be one.
    pub fn headline(&mut self) -> String {
        let other = self.other();
        self.headline_of(other)
    }

    /// An article's title; one without gets the opening clause of a paragraph for it.
    pub fn headline_of(&mut self, article: &Article) -> String {
        if let Some(title) = &article.title {
            return title.clone();
        }
        for _ in 0..4 {
            let words = self.random.between(4, 12);
            let clause = text::clause(prose(&mut self.random, article), words);
            if clause.chars().count() >= 8 {
                return clause;
            }
        }
        self.word()
    }

    fn language(&mut self) -> &'static Language {
        if self.random.chance(5) { self.random.pick(languages()) } else { self.home }
    }

    /// A phrase of a kind, its gaps filled.
    pub fn say(&mut self, kind: Kind) -> String {
        let language = self.language();
        let phrase = self.random.pick(language.phrases(kind));
        self.fill(phrase, language)
    }

    /// Several phrases of a kind as one line.
    pub fn say_some(&mut self, kind: Kind, most: usize) -> String {
        let count = self.random.between(1, most);
        let mut phrases: Vec<String> = (0..count).map(|_| self.say(kind)).collect();
        phrases.dedup();
        phrases.join(if self.home.is_unspaced() { "" } else { " " })
    }

    /// The name of a person.
    pub fn name(&mut self) -> String {
        let language = self.language();
        self.name_in(language)
    }

    fn name_in(&mut self, language: &'static Language) -> String {
        let given = self.random.pick(language.phrases(Kind::Given));
        let surname = self.random.pick(language.phrases(Kind::Surnames));
        match language.code {
            "zh" | "ja" | "ko" => format!("{surname}{given}"),
            _ => format!("{given} {surname}"),
        }
    }

    /// A word of some article, as sites name sections, tags and places.
    pub fn word(&mut self) -> String {
        let other = if self.random.chance(50) { self.at } else { self.any_other(8) };
        let paragraph = self.random.pick(&self.articles[other].paragraphs);
        let word = text::striking_word(paragraph, self.random.below(64));
        word.map_or_else(|| (*self.random.pick(self.home.phrases(Kind::Section))).to_owned(), str::to_owned)
    }

    /// A number, of one digit more often than of six.
    pub fn number(&mut self) -> String {
        let digits = *self.random.pick(&[1, 1, 1, 2, 2, 2, 3, 3, 4, 6]);
        let low = 10_usize.pow(digits - 1);
        self.random.between(low, 10 * low - 1).to_string()
    }

    fn fill(&mut self, phrase: &str, language: &'static Language) -> String {
        let mut filled = String::with_capacity(phrase.len() + 16);
        let mut rest = phrase;
        while let Some((before, after)) = rest.split_once('{') {
            let (gap, after) = after.split_once('}').expect("a gap is closed");
            filled.push_str(before);
            filled.push_str(&match gap {
                "n" => self.number(),
                "k" => self.random.between(1, 30).to_string(),
                "year" => self.random.between(1998, 2025).to_string(),
                "name" => self.name_in(language),
                "role" => (*self.random.pick(language.phrases(Kind::Roles))).to_owned(),
                "outlet" if self.random.chance(50) => self.outlet.to_owned(),
                "outlet" => (*self.random.pick(language.phrases(Kind::Outlets))).to_owned(),
                "section" => (*self.random.pick(language.phrases(Kind::Section))).to_owned(),
                "word" => self.word(),
                "mail" => format!("{}@example.org", self.random.pick(&["desk", "info", "author", "post"])),
                "date" => self.date(),
                _ => panic!("unknown gap {gap}"),
            });
            rest = after;
        }
        filled.push_str(rest);
        filled
    }

    /// A date in the page's format.
    pub fn date(&mut self) -> String {
        let style = self.dates;
        let (year, month) = (self.random.between(1999, 2025), self.random.between(1, 12));
        let (day, weekday) = (self.random.between(1, 28), self.random.below(7));
        let months = style.language.phrases(Kind::Months);
        let short = style.language.phrases(Kind::ShortMonths);
        let mut date = style
            .day
            .replace("{y}", &year.to_string())
            .replace("{yy}", &format!("{:02}", year % 100))
            .replace("{mm}", &format!("{month:02}"))
            .replace("{dd}", &format!("{day:02}"))
            .replace("{m}", &month.to_string())
            .replace("{d}", &day.to_string())
            .replace("{M}", months[month - 1])
            .replace("{S}", short.get(month - 1).unwrap_or(&months[month - 1]))
            .replace("{w}", style.language.phrases(Kind::Weekdays)[weekday]);
        if let Some(clock) = style.clock {
            let (hour, minute) = (self.random.below(24), self.random.below(60));
            let time = if style.twelve_hours {
                format!("{}:{minute:02} {}", (hour + 11) % 12 + 1, if hour < 12 { "am" } else { "PM" })
            } else {
                format!("{hour:02}:{minute:02}")
            };
            if !clock.starts_with(',') {
                date.push(' ');
            }
            date.push_str(&clock.replace("{t}", &time));
        }
        date
    }

    /// A line with a date: bare, with a word before it, or as an age.
    pub fn date_line(&mut self) -> String {
        match self.random.below(10) {
            0 => self.say(Kind::Ago),
            1..=5 => self.date(),
            _ => self.say(Kind::Dated),
        }
    }

    /// The words under a picture: what it shows, who made it, or both.
    pub fn caption(&mut self) -> String {
        let shows = if self.random.chance(50) {
            self.say(Kind::Scene)
        } else {
            let own = self.random.chance(70);
            let words = self.random.between(4, 16);
            text::clause(&self.sentence(own), words)
        };
        match self.random.below(10) {
            0..=2 => self.say(Kind::Credit),
            3..=4 => shows,
            5 => format!("{shows}."),
            6 => format!("{shows}. {}", self.say(Kind::Credit)),
            7 => format!("{shows} | {}", self.say(Kind::Credit)),
            _ => format!("{shows} {}", self.say(Kind::Credit)),
        }
    }

    /// One of the article's sentences, or of another one's.
    pub fn sentence(&mut self, own: bool) -> String {
        let article = if own { self.at } else { self.any_other(8) };
        let sentences = text::sentences(prose(&mut self.random, &self.articles[article]));
        let sentence = sentences[self.random.below(sentences.len())];
        sentence.trim_start_matches(['-', '*', '•', '–', '>', ' ']).to_owned()
    }
}

/// A paragraph of the article, a long one if it is found soon.
fn prose<'a>(random: &mut Random, article: &'a Article) -> &'a str {
    let mut paragraph = random.pick(&article.paragraphs);
    for _ in 0..5 {
        if paragraph.len() >= 120 {
            break;
        }
        paragraph = random.pick(&article.paragraphs);
    }
    paragraph
}

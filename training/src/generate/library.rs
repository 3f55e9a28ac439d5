//! Which articles could stand on one page: those of one language, of one site, about one matter.
//!
//! A related item that takes up the article's own matter is the hard case, so many pages get their items by shared
//! words. Likeness of words is no proof of a common topic, and short articles have few to share.

use std::cmp::{Ordering, Reverse};

use xxhash_rust::xxh3::xxh3_64;

use super::Article;
use super::phrases::{Language, language_of};
use crate::random::Random;

/// The articles, and what tells which of them could stand on one page.
#[derive(Debug)]
pub struct Library<'a> {
    articles: &'a [Article],
    languages: Vec<Option<&'static Language>>,
    /// Hashes of the longer words of each article, sorted.
    words: Vec<Vec<u64>>,
}

impl<'a> Library<'a> {
    /// Finds out the language and the words of each article.
    pub fn new(articles: &'a [Article]) -> Self {
        let sample =
            |article: &Article| -> String { article.paragraphs[..article.paragraphs.len().min(3)].join(" ") };
        let languages = articles.iter().map(|article| language_of(&sample(article)));
        Self { articles, languages: languages.collect(), words: articles.iter().map(topic_words).collect() }
    }

    /// The articles.
    pub fn articles(&self) -> &'a [Article] {
        self.articles
    }

    /// The language of an article, where there are phrases in it.
    pub fn language(&self, at: usize) -> Option<&'static Language> {
        self.languages[at]
    }

    /// The other articles for a page around article `at`, and how many of them to prefer: those of its language,
    /// where there are some, by their place in the list (neighbours often share a site), by what they are about, or
    /// in no order.
    pub fn others(&self, at: usize, random: &mut Random) -> (Vec<usize>, usize) {
        let all = || (0..self.articles.len()).filter(|i| *i != at);
        let mut others: Vec<usize> = all().filter(|i| self.code(*i) == self.code(at)).collect();
        if others.len() < FEW || random.chance(5) {
            others = all().collect();
        }
        if others.is_empty() {
            others.push(at);
        }
        match random.below(10) {
            0..=2 => others.sort_by_key(|i| (i.abs_diff(at), *i)),
            3..=5 => others.sort_by_cached_key(|i| (Reverse(self.likeness(at, *i)), *i)),
            _ => return (others, usize::MAX),
        }
        (others, FEW)
    }

    fn code(&self, at: usize) -> Option<&str> {
        self.languages[at].map(|language| language.code)
    }

    /// How many of a thousand words two articles share.
    fn likeness(&self, a: usize, b: usize) -> usize {
        let (a, b) = (&self.words[a], &self.words[b]);
        let (mut i, mut j, mut shared) = (0, 0, 0);
        while i < a.len() && j < b.len() {
            match a[i].cmp(&b[j]) {
                Ordering::Less => i += 1,
                Ordering::Greater => j += 1,
                Ordering::Equal => (i, j, shared) = (i + 1, j + 1, shared + 1),
            }
        }
        2000 * shared / (a.len() + b.len()).max(1)
    }
}

/// Articles that suffice for sections of other articles.
const FEW: usize = 6;

fn topic_words(article: &Article) -> Vec<u64> {
    let words = article.paragraphs.iter().flat_map(|p| p.split(|c: char| !c.is_alphanumeric()));
    let longer = words.filter(|word| word.chars().count() >= 6);
    let mut hashes: Vec<u64> = longer.map(|word| xxh3_64(word.to_lowercase().as_bytes())).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

//! Does a paragraph below a box of related items go on with the article above it, or with the item?
//!
//! The words answer: a paragraph of the article takes up names and terms of the paragraphs above. How many of them is
//! measured against the article itself, each of its paragraphs against the others, so that neither the language nor
//! the subject matters (lexical cohesion, as in TextTiling, Hearst 1997). Words are cut to their first letters, which
//! folds most inflected forms together; an ideographic script counts pairs of characters.
//!
//! It is wrong where the item is about the same matter as the article; then its figures lie close to the article's.

use xxhash_rust::xxh3::xxh3_64;

use super::key_map::KeyMap;

/// Letters of a word that count: enough to tell words apart, few enough to fold endings.
const STEM: usize = 5;
/// Shorter words are function words in most languages.
const MIN_LETTERS: usize = 4;
/// How often each stem occurs in some texts.
#[derive(Debug, Default)]
pub(super) struct Words(KeyMap<u32>);

impl Words {
    pub(super) fn add(&mut self, text: &str) {
        for_each_stem(text, |stem| *self.0.entry(stem).or_default() += 1);
    }

    /// The share of a text's stems that occur here; 0 for a text without any.
    pub(super) fn share(&self, text: &str) -> f64 {
        let (mut all, mut known) = (0usize, 0usize);
        for_each_stem(text, |stem| {
            all += 1;
            known += usize::from(self.0.contains_key(&stem));
        });
        if all == 0 { 0.0 } else { known as f64 / all as f64 }
    }

    /// The same, against the texts without one that was added to them.
    fn share_without(&self, own: &Self, text: &str) -> f64 {
        let (mut all, mut known) = (0usize, 0usize);
        for_each_stem(text, |stem| {
            all += 1;
            known += usize::from(self.0.get(&stem) > own.0.get(&stem));
        });
        if all == 0 { 0.0 } else { known as f64 / all as f64 }
    }
}

/// How much each text below takes up of the article above: 1 where as much as the article's own paragraphs take up
/// of each other, 0 where nothing; more where it takes up the title's words, less where it takes up those of the
/// item's title. Empty where the article is too short to tell.
pub(super) fn compare(title: Option<&str>, above: &[&str], item: &str, below: &[&str]) -> Vec<f64> {
    if above.len() < 2 || below.is_empty() {
        return Vec::new();
    }
    let mut article = Words::default();
    above.iter().chain(&title).for_each(|text| article.add(text));
    let own = above.iter().map(|text| {
        let mut single = Words::default();
        single.add(text);
        article.share_without(&single, text)
    });
    let usual = own.sum::<f64>() / above.len() as f64;
    if usual == 0.0 {
        return Vec::new();
    }
    below
        .iter()
        .map(|text| {
            let mut words = Words::default();
            words.add(text);
            let to_title = title.map_or(0.0, |t| words.share(t));
            article.share(text) / usual + to_title - words.share(item)
        })
        .collect()
}

/// Calls `f` with a hash of each stem of `text`.
fn for_each_stem(text: &str, mut f: impl FnMut(u64)) {
    let mut buffer = [0u8; 4 * STEM];
    let (mut used, mut letters) = (0, 0);
    let mut ideograph: Option<char> = None;
    let mut flush = |buffer: &[u8], letters: usize| {
        if letters >= MIN_LETTERS {
            f(xxh3_64(buffer));
        }
    };
    for c in text.chars() {
        if matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}') && c.is_alphabetic() {
            flush(&buffer[..used], letters);
            (used, letters) = (0, 0);
            if let Some(previous) = ideograph {
                let mut pair = [0u8; 8];
                let length = previous.encode_utf8(&mut pair).len();
                let end = length + c.encode_utf8(&mut pair[length..]).len();
                flush(&pair[..end], MIN_LETTERS);
            }
            ideograph = Some(c);
            continue;
        }
        ideograph = None;
        if c.is_alphabetic() {
            if letters < STEM {
                let lower =
                    if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) };
                used += lower.encode_utf8(&mut buffer[used..]).len();
            }
            letters += 1;
        } else {
            flush(&buffer[..used], letters);
            (used, letters) = (0, 0);
        }
    }
    flush(&buffer[..used], letters);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_that_goes_on_is_told_from_another() {
        let above = [
            "The harbour of Rostock will close its northern basin in autumn, the harbour master said.",
            "Ships bound for the northern basin are to berth at the coal pier, which the harbour has widened.",
            "The coal pier in Rostock was last used in 1994, when the basin was dredged.",
        ];
        let on = "When the basin opens again, the harbour of Rostock expects more ships at the coal pier.";
        let other = "Voters in the eastern valleys rejected the tunnel for the third time on Sunday.";
        let found = compare(None, &above, "Valley votes against tunnel", &[on, other]);
        assert!(found[0] > 0.8 && found[1] < 0.3, "{found:?}");
    }

    #[test]
    fn stems_fold_endings_and_pair_ideographs() {
        let mut words = Words::default();
        words.add("Министерство обороны");
        assert_eq!(words.share("министерства"), 1.0);
        let mut words = Words::default();
        words.add("国际消费电子展");
        assert!(words.share("消费电子") == 1.0 && words.share("阿里") == 0.0);
    }
}

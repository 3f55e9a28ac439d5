//! Does a paragraph below a box of related items go on with the article above it, or with the item?
//!
//! The words answer: a paragraph of the article takes up names and terms of the paragraphs above. How many of them is
//! measured against the article itself, each of its paragraphs against the others, so that neither the language nor
//! the subject matters (lexical cohesion, as in TextTiling, Hearst 1997). What is compared are the stems of
//! [`super::tokens`].
//!
//! It is wrong where the item is about the same matter as the article; then its figures lie close to the article's.

use super::tokens::Tokens;

/// How often each stem of a page occurs in some of its blocks.
pub(super) struct Stems<'t> {
    tokens: &'t Tokens,
    counts: Vec<u32>,
}

impl<'t> Stems<'t> {
    pub(super) fn of(tokens: &'t Tokens, blocks: impl IntoIterator<Item = usize>) -> Self {
        let mut stems = Self { tokens, counts: vec![0; tokens.kinds()] };
        blocks.into_iter().for_each(|block| stems.add(block));
        stems
    }

    fn add(&mut self, block: usize) {
        self.tokens.stems(block).for_each(|stem| self.counts[stem] += 1);
    }

    fn remove(&mut self, block: usize) {
        self.tokens.stems(block).for_each(|stem| self.counts[stem] -= 1);
    }

    /// The share of a block's stems that occur here; 0 for a block without any.
    pub(super) fn share(&self, block: usize) -> f64 {
        let stems = self.tokens.stems(block);
        let all = stems.len();
        let known = stems.filter(|stem| self.counts[*stem] > 0).count();
        if all == 0 { 0.0 } else { known as f64 / all as f64 }
    }
}

/// How much each block below takes up of the article above: 1 where as much as the article's own paragraphs take up of
/// each other, 0 where nothing; more where it takes up the title's words, less where it takes up those of the item's
/// title. Empty where the article is too short to tell.
pub(super) fn compare(
    tokens: &Tokens,
    title: Option<usize>,
    above: &[usize],
    item: usize,
    below: &[usize],
) -> Vec<f64> {
    if above.len() < 2 || below.is_empty() {
        return Vec::new();
    }
    let mut article = Stems::of(tokens, above.iter().copied().chain(title));
    let mut usual = 0.0;
    for &block in above {
        article.remove(block);
        usual += article.share(block) / above.len() as f64;
        article.add(block);
    }
    if usual == 0.0 {
        return Vec::new();
    }
    let mut paragraph = Stems::of(tokens, []);
    below
        .iter()
        .map(|&block| {
            paragraph.add(block);
            let to_title = title.map_or(0.0, |title| paragraph.share(title));
            let to_item = paragraph.share(item);
            paragraph.remove(block);
            article.share(block) / usual + to_title - to_item
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::segment;

    #[test]
    fn an_article_that_goes_on_is_told_from_another() {
        let text = [
            "The harbour of Rostock will close its northern basin in autumn, the harbour master said.",
            "Ships bound for the northern basin are to berth at the coal pier, which the harbour has widened.",
            "The coal pier in Rostock was last used in 1994, when the basin was dredged.",
            "Valley votes against tunnel",
            "When the basin opens again, the harbour of Rostock expects more ships at the coal pier.",
            "Voters in the eastern valleys rejected the tunnel for the third time on Sunday.",
        ]
        .join("\n\n");
        let tokens = Tokens::of(&text, &segment(&text));
        let found = compare(&tokens, None, &[0, 1, 2], 3, &[4, 5]);
        assert!(found[0] > 0.8 && found[1] < 0.3, "{found:?}");
    }
}

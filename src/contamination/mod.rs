//! Decontamination: how much of each item of a benchmark a document holds, by n-grams of words.
//!
//! An item is a text of the reference. Its n-grams are every `n` consecutive words of its normal form; an item of fewer words
//! is one n-gram. A document holds an n-gram if the same words follow each other in its main text, whatever case, quotes or
//! punctuation stand there. What it holds of an item is the share of the item's words that lie in such n-grams.
//!
//! Finding goes from cheap to sure: a filter of some bits and a sorted list of 64-bit hashes say which documents may hold
//! anything ([`Reference::may_be_in`]), given the hashes of its words; only of those the n-grams are looked up, by 128-bit hashes of their words
//! ([`Reference::ngrams_in`]). So no coincidence of short hashes drops a document. All of it is pure.
//!
//! When it is wrong: a translation, a paraphrase, or a copy with a word changed every dozen words is not found. In scripts
//! without spaces a character is a word, so `n` is half as much there.

mod find;
mod reference;
mod words;

pub use find::Overlap;
pub use reference::{Builder, Item, Reference};
pub use words::{Places, Words};

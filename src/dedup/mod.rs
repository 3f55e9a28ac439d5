//! Which documents and which paragraphs are copies of kept ones.
//!
//! Documents are compared by their *main text*, so that one article on two pages is found whatever surrounds it, and two
//! articles inside the same furniture stay apart. Nothing is dropped on an estimate: [`decide`] compares the shingle
//! sets themselves, and only with documents that are kept. No stage here reads or writes anything; main texts come
//! back through [`MainText`].

mod blocks;
mod documents;
mod entry;
mod lsh;
mod rank;
mod search;
mod sets;

pub use blocks::{BlockKey, DuplicateBlock, duplicates, is_content, may_drop_duplicates};
pub use documents::{Outcome, decide};
pub use entry::{Entry, MainTextDigest};
pub use lsh::Banding;
pub use rank::claim;
pub use search::Statistics;
pub use sets::MainText;

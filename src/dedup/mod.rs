//! Which documents and which paragraphs are copies of kept ones.
//!
//! Documents are compared by their *main text*, so that one article on two pages is found whatever surrounds it, and two
//! articles inside the same furniture stay apart. Documents claim to stay in rank order ([`claim`], then input order).
//! One whose main text equals that of a better one is a copy of it. One that reaches the threshold against a document
//! that is *kept* is a copy of the most similar such document. Copies of copies are nobody's copies: in a chain
//! a ~ b ~ c where a and c differ, b goes and c stays.
//!
//! Nothing is dropped on an estimate: [`search`](search()) compares the shingle sets themselves, and only with documents
//! that are kept. No stage here reads, writes or sorts anything larger than memory: [`pipeline`](crate::pipeline) brings
//! together who meets in a bucket, and main texts come back through [`MainText`].

mod blocks;
mod entry;
mod lsh;
mod near_blocks;
mod probe;
mod rank;
mod search;
mod sets;
pub mod spans;
mod stretch;

pub use blocks::{BlockKey, DuplicateBlock, duplicates, is_content, may_drop_duplicates};
pub use entry::{Entry, MainTextDigest};
pub use lsh::{Banding, Bucket, Lsh, QUESTIONS};
pub use near_blocks::{BlockHalf, Link, LinkKind, NearBlocks, Ranked, Survivors};
pub use probe::{Probes, Scratch, Standing};
pub use rank::claim;
pub use search::{BUCKET_LIMIT, CHUNK, Match, Statistics, search};
pub use sets::{MainText, Shingles};
pub use stretch::{Member, Stretch};

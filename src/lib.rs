//! dehusk separates pages, already turned into text, into main article and boilerplate, finds exact and near
//! duplicates, and decides what a clean corpus keeps, with a reason for everything it removes.
//!
//! The `dehusk` program is a thin layer over this library: it knows flags and the terminal, and nothing else. The
//! library prints nothing and reads no environment, so that another program can run it.
//!
//! # Modules, in the order in which a document meets them
//!
//! | module | what it does |
//! | --- | --- |
//! | [`read`] | files, folders and standard input to numbered records, and records to documents |
//! | [`segment`](mod@segment) | a text to blocks with byte spans |
//! | [`fingerprint`] | the normal form of a text, and its keys, words, shingles and sketch |
//! | [`repetition`] | in how many documents a block occurs, and where |
//! | [`label`] | what each block is, with a confidence |
//! | [`contamination`] | how much of each item of a benchmark a document holds |
//! | [`dedup`] | which documents and paragraphs are copies of kept ones |
//! | [`write`](mod@write) | the corpus, the decisions and the rejects, each whole or not at all |
//! | [`report`] | what a run did, in numbers |
//! | [`verify`] | proves that kept + removed = source |
//! | [`advise`] | what a run would cost, from a sample of its input |
//! | [`check`] | figures of a corpus, and gates that they must pass |
//! | [`audit`] | answers for a finished run from its decisions and sources |
//!
//! [`pipeline`] joins the stages; [`document`] is the plain data between them; [`config`] holds every default,
//! [`schema`] the JSON Schema of every format, and [`error`] what can end a run.
//!
//! # Cleaning a folder
//!
//! ```
//! use std::sync::atomic::AtomicBool;
//!
//! use dehusk::config::Config;
//! use dehusk::pipeline::work::WorkFolder;
//! use dehusk::pipeline::{Job, Outputs, Quiet, decide, emit};
//! use dehusk::read::discover;
//! use dehusk::write::{Existing, Output, commit_all};
//!
//! # fn main() -> dehusk::Result<()> {
//! # let folder = tempfile::tempdir().map_err(dehusk::Error::io("create", "a folder"))?;
//! # let target = folder.path().join("corpus.jsonl");
//! let config = Config::default();
//! config.validate()?;
//! let inputs = discover(&["seeds".to_owned()], &config.input)?;
//! let work = WorkFolder::create(None, &target)?;
//! let stop = AtomicBool::new(false);
//! let job = Job::new(inputs.into(), &config, &work, &Quiet, &stop);
//!
//! let mut rejected = 0;
//! let decided = decide(&job, |_reject| {
//!     rejected += 1;
//!     Ok(())
//! })?;
//! let corpus = Output::create(&target, Existing::Refuse)?;
//! let mut outputs = Outputs { corpus: Some(corpus), ..Outputs::default() };
//! let summary = emit(&job, decided, &mut outputs)?;
//! commit_all(outputs.corpus.into_iter().collect())?; // Now the file has its name.
//!
//! assert_eq!(rejected, 0);
//! assert!(summary.to_json().contains("\"kept\": 5"));
//! # assert_eq!(std::fs::read_to_string(&target).unwrap().lines().count(), 5);
//! # Ok(())
//! # }
//! ```

pub mod advise;
pub mod audit;
pub mod check;
pub mod config;
pub mod contamination;
pub mod dedup;
pub mod document;
pub mod error;
pub mod fingerprint;
mod json;
pub mod label;
pub mod pipeline;
pub mod read;
pub mod repetition;
pub mod report;
pub mod schema;
pub mod segment;
pub mod verify;
pub mod write;

pub use error::{Error, Result};

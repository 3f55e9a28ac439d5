//! What can end a run. A bad record never does: it becomes a [`crate::read::Reject`].

use std::io;
use std::path::{Path, PathBuf};

/// Why a run could not start or could not finish.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration cannot be used. Nothing was touched.
    #[error("{0}")]
    Config(String),
    /// An INPUT cannot be used. Nothing was touched.
    #[error("{path}: {message}")]
    Input {
        /// The INPUT as given.
        path: String,
        /// What is wrong with it and what to do.
        message: String,
    },
    /// An output cannot be written where the user asked for it. Nothing was touched.
    #[error("{}: {message}", path.display())]
    Output {
        /// The output file.
        path: PathBuf,
        /// What is wrong with it and what to do.
        message: String,
    },
    /// The operating system refused an operation. No output was replaced.
    #[error("{}: cannot {doing}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operation, as a verb phrase.
        doing: &'static str,
        /// The system's own word.
        source: io::Error,
    },
    /// An index cannot be used as asked. Nothing was touched.
    #[error("{}: {message}", path.display())]
    Index {
        /// The folder, or a file in it.
        path: PathBuf,
        /// What is wrong with it and what to do.
        message: String,
    },
    /// The work folder, or what is in it, cannot be used. No output was replaced.
    #[error("{}: {message}", path.display())]
    Work {
        /// The folder, or a file in it.
        path: PathBuf,
        /// What is wrong with it and what to do.
        message: String,
    },
    /// A limit of `[guard]` was passed, and the run was to stop then. No output was replaced.
    #[error("{0}")]
    Guard(String),
    /// An input differs between the two sweeps over it.
    #[error("{path} changed while it was being read; run again on a copy that stays as it is")]
    Changed {
        /// The input file.
        path: String,
    },
    /// A stage panicked on a batch: a defect of dehusk.
    #[error("internal error near {near}: {message}; please report it with that record")]
    Panic {
        /// The first record of the batch.
        near: String,
        /// What the panic said.
        message: String,
    },
    /// The user asked to stop.
    #[error("interrupted; no output was replaced")]
    Interrupted,
}

impl Error {
    /// Makes an [`Error::Io`]: `.map_err(Error::io("read", path))`.
    pub fn io(doing: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.as_ref().to_owned(), doing, source }
    }

    /// Whether the cause is a reader of our output that went away, which is not an error to a user.
    #[must_use]
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// Shorthand used throughout the crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

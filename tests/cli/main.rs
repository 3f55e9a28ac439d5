//! The program as its users meet it: the built binary, real files, real pipes and real faults.
//!
//! What a stage promises is tested beside the stage. Here stands what only the whole can promise: exit codes and
//! messages ([`cases`]), the decisions on whole pages ([`seeds`], [`pages`]), the guarantees of a run
//! ([`guarantees`], [`tampering`], [`hostile`]), what answers for a finished one ([`finished`]), what is left behind when
//! something fails ([`faults`]), how a run that was killed goes on ([`resume`]), how a finished one
//! answers under other settings ([`rededup`]), what one that would lose too much does
//! ([`guards`]), a corpus that grows by instalments ([`index`]) and one that is held against another ([`against`]) or
//! a benchmark ([`contamination`]).
//! What a run says of its own search for duplicates is in [`meter`]; runs of words that go from inside a
//! text are a chapter of their own ([`spans`]), and so is the page that shows it all ([`report`]). Whether advice before a run comes
//! true is in [`advise`], and what the gates say of a corpus in [`check`]. What the first version wrote is read in [`version1`].

#![cfg(target_os = "linux")] // signals, named pipes, `/dev/full`, mount namespaces, and the shell of the cases

mod advise;
mod against;
mod cases;
mod check;
mod contamination;
mod faults;
mod finished;
mod formats;
mod guarantees;
mod guards;
mod hostile;
mod index;
mod meter;
mod pages;
mod program;
mod rededup;
mod report;
mod resume;
mod seeds;
mod spans;
mod tampering;
mod version1;
mod words;

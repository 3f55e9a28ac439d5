//! The program as its users meet it: the built binary, real files, real pipes and real faults.
//!
//! What a stage promises is tested beside the stage. Here stands what only the whole can promise: exit codes and
//! messages ([`cases`]), the decisions on whole pages ([`seeds`], [`pages`]), the guarantees of a run
//! ([`guarantees`], [`tampering`], [`hostile`]), what answers for a finished one ([`finished`]), what is left behind when
//! something fails ([`faults`]), how a run that was killed goes on ([`resume`]), and what one that would lose too much does
//! ([`guards`]), and whether advice before a run comes true ([`advise`]).

#![cfg(target_os = "linux")] // signals, named pipes, `/dev/full`, mount namespaces, and the shell of the cases

mod advise;
mod cases;
mod faults;
mod finished;
mod guarantees;
mod guards;
mod hostile;
mod pages;
mod program;
mod resume;
mod seeds;
mod tampering;
mod words;

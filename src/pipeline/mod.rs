//! The sweeps over the corpus, and what they stand on: ordered parallel streaming, sorted runs and spools on disk.

pub mod ordered;
pub mod sort;
pub mod spool;
pub mod work;

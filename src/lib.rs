//! dehusk separates pages, already turned into text, into main article and boilerplate, finds exact and near
//! duplicates, and decides what a clean corpus keeps, with a reason for everything it removes.

pub mod config;
pub mod document;
pub mod error;
pub mod fingerprint;

pub use error::{Error, Result};

//! What earlier runs have kept, on disk, so that a corpus can grow by instalments.
//!
//! An index is a folder: a manifest, and *layers* of sorted files (`layer`). A run asks the layers ([`Known`]) where it would
//! ask its own files: for ids, equal texts, buckets, paragraphs and, with labels, lines. Who is known outranks everybody
//! and is never dropped, so a run decides as it would if the earlier instalments stood before it in one run with the rank
//! `first`. In its last pass it gathers what it keeps (`builder`) into a layer of its own, and when the outputs have their
//! names, the manifest takes that layer in by a rename (`folder`).
//!
//! A reference (`--against`) is the same, made for one run: a layer in the work folder.
//!
//! In memory are, of the documents in an index, two bits each, and some kilobytes for each layer; there are about as many
//! layers as the number of documents has binary digits.

mod ascending;
mod builder;
mod check;
mod folder;
mod known;
mod layer;
mod manifest;
mod merge;
mod reference;

pub(super) use builder::{Addition, Recipe};
pub use builder::{LayerBuilder, NewLayer};
pub use check::{IndexFault, Verified};
pub use folder::{Index, Prepared};
pub use known::Known;
pub(super) use known::{KnownCopy, Places};
pub(super) use layer::{KnownKey, KnownRow, Line};
pub use manifest::{Instalment, Stats};
pub use reference::reference;

//! The list of a reference's items: one line an item, with the documents that hold something of it.

use super::decisions::put_fraction;
use super::{key, put, put_name, put_text};
use crate::config::AgainstAction;
use crate::contamination::Item;
use crate::document::Span;

/// All that was found of an item.
#[derive(Debug)]
pub struct ItemFindings<'a> {
    /// The item.
    pub item: &'a Item,
    /// The name of its field; nothing for a text file.
    pub field: Option<&'a str>,
    /// How many of its n-grams so many documents hold that they count for nothing.
    pub commonplace: u32,
    /// How many documents hold any other n-gram of it.
    pub total: u64,
    /// How many of them hold enough of it.
    pub contaminated: u64,
    /// The documents, those that hold the most first; not all where there are many.
    pub named: Vec<Holder>,
}

/// A document and what it holds of an item.
#[derive(Debug)]
pub struct Holder {
    /// Its id.
    pub id: String,
    /// The share of the item's words.
    pub share: f64,
    /// The words.
    pub words: u32,
    /// The longest stretch of the item in it, in its source text.
    pub span: Span,
    /// What becomes of the document for this item; nothing where it holds too little.
    pub action: Option<AgainstAction>,
}

impl ItemFindings<'_> {
    fn status(&self) -> &'static str {
        match self {
            Self { item, .. } if item.ngrams == 0 => "too_short",
            Self { contaminated: 1.., .. } => "contaminated",
            Self { total: 1.., .. } => "in_part",
            _ => "clean",
        }
    }
}

/// Appends an item's line, with its line end.
pub fn write_item(out: &mut Vec<u8>, findings: &ItemFindings<'_>) {
    let item = findings.item;
    out.extend_from_slice(b"{\"id\":");
    put_text(out, item.id.as_str());
    key!(out, "path");
    put_text(out, &*item.place.path);
    key!(out, "record");
    put(out, &item.place.record);
    key!(out, "field");
    put_text(out, findings.field);
    key!(out, "words");
    put(out, &item.words);
    key!(out, "ngrams");
    put(out, &item.ngrams);
    key!(out, "commonplace");
    put(out, &findings.commonplace);
    key!(out, "status");
    put_name(out, findings.status());
    key!(out, "total");
    put(out, &findings.total);
    key!(out, "contaminated");
    put(out, &findings.contaminated);
    key!(out, "documents");
    out.push(b'[');
    for (i, holder) in findings.named.iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"{\"id\":" } else { b",{\"id\":" });
        put_text(out, holder.id.as_str());
        key!(out, "share");
        put_fraction(out, holder.share, 4);
        key!(out, "words");
        put(out, &holder.words);
        key!(out, "start");
        put(out, &holder.span.start);
        key!(out, "end");
        put(out, &holder.span.end);
        key!(out, "action");
        put_name(
            out,
            match holder.action {
                None => "keep",
                Some(AgainstAction::Drop) => "drop",
                Some(AgainstAction::Mark) => "mark",
            },
        );
        out.push(b'}');
    }
    out.extend_from_slice(b"]}\n");
}

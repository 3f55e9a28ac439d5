//! Back at the document: what was found about its blocks, block by block, and the runs they form.

use super::{Found, FoundKind};
use crate::document::Repetition;

/// A run stands earlier elsewhere when it starts nearer to the top there by more than this, in 255ths of the text.
/// A tenth: less can come from a longer menu.
const EARLIER: u8 = 25;

/// The repetition of each of a document's `blocks` blocks. `found` holds what was found about this document, in order.
#[must_use]
pub fn join(blocks: usize, found: &[Found]) -> Vec<Repetition> {
    let mut repetition =
        vec![Repetition { documents: 1, masked_documents: 1, ..Repetition::default() }; blocks];
    for f in found {
        let Some(r) = repetition.get_mut(f.block as usize) else { continue };
        match f.kind {
            FoundKind::Exact => {
                r.documents = f.documents;
                r.site_documents = f.site_documents;
                r.title_elsewhere = f.title_elsewhere;
                r.example = Some(f.example);
            }
            FoundKind::Masked => r.masked_documents = f.documents,
            FoundKind::Near => r.near_documents = r.near_documents.max(f.documents),
            // These come after the others of their block, which count the run's own documents, this one included.
            FoundKind::Earlier => {
                r.documents += f.documents;
                if f.site_documents > 0 {
                    r.site_documents = r.site_documents.max(1) + f.site_documents;
                }
            }
            FoundKind::EarlierMasked => r.masked_documents += f.documents,
        }
    }
    for r in &mut repetition {
        r.masked_documents = r.masked_documents.max(r.documents);
    }
    let exact: Vec<&Found> = found.iter().filter(|f| f.kind == FoundKind::Exact).collect();
    for run in exact.chunk_by(|a, b| {
        b.block == a.block + 1 && b.example.0 == a.example.0 && b.example.1 == a.example.1 + 1
    }) {
        let earlier = run[0].example_position.saturating_add(EARLIER) < run[0].position;
        for f in run {
            if let Some(r) = repetition.get_mut(f.block as usize) {
                r.run = run.len() as u32;
                r.earlier_elsewhere = earlier;
            }
        }
    }
    repetition
}

//! `dehusk report`: what a run did, drawn later from its decisions; and how any report is written.

use std::path::Path;

use dehusk::report::Summary;
use dehusk::report::html::{Told, page};

/// The report in the form that its file's name asks for: a page, or JSON.
pub fn drawn(path: &Path, summary: &Summary, told: &Told) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name = name.trim_end_matches(".gz").trim_end_matches(".zst");
    if name.ends_with(".html") { page(summary, told) } else { summary.to_json() }
}

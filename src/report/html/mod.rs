//! The report as one page of HTML: whole in itself, without a script, and nothing is fetched.
//!
//! The page is drawn from a [`Summary`] with its [`Details`](super::Details); what they do not know is left out and said.
//! Times are told here and in no JSON, for they are never the same twice.
//!
//! When it is wrong: with a summary that has no details it shows the counts alone.

mod charts;
mod escape;
mod examples;
mod overview;
mod run;
mod tables;

use std::fmt::Write;
use std::time::Duration;

use super::{Origin, Summary};

const STYLE: &str = include_str!("style.css");

/// What is told beside the numbers.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// How long each stage took, in order.
    pub stages: Vec<(String, Duration)>,
    /// The whole configuration as TOML, where it is known.
    pub configuration: Option<String>,
}

/// A section: its anchor, its name in the list of contents, and its HTML.
type Section = (&'static str, &'static str, String);

/// The page.
#[must_use]
pub fn page(summary: &Summary, told: &Told) -> String {
    let mut sections: Vec<Section> = vec![
        ("funnel", "Funnel", overview::funnel(summary)),
        ("labels", "Labels", overview::labels(summary)),
    ];
    if let Some(guards) = &summary.guards {
        sections.insert(0, ("guards", "Guards", run::guards(guards)));
    }
    if let Some(details) = &summary.details {
        sections.extend([
            ("histograms", "Histograms", overview::histograms(details)),
            ("blocks", "Repeated blocks", examples::blocks(details)),
            ("sites", "Sites", examples::sites(details)),
            ("duplicates", "Duplicates", examples::clusters(summary, details)),
        ]);
    }
    sections.push(("quality", "Quality", run::quality(summary)));
    sections.push(("reference", "Reference", run::contamination(summary)));
    sections.push(("rejects", "Rejects", run::rejects(summary)));
    sections.push(("time", "Time", run::time(told)));
    sections.push(("configuration", "Configuration", run::configuration(summary, told)));
    sections.retain(|(.., html)| !html.is_empty());

    let contents: String =
        sections.iter().map(|(anchor, name, _)| format!("<a href=\"#{anchor}\">{name}</a>\n")).collect();
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>dehusk report</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<div class=\"page\">\n<header>\n<p class=\"brand\">dehusk report</p>\n{}<nav aria-label=\"Contents\">\n\
         {contents}</nav>\n</header>\n<main>\n",
        overview::head(summary)
    );
    for (anchor, _, html) in sections {
        let _ = write!(out, "<section id=\"{anchor}\">\n{html}</section>\n");
    }
    let details = summary.details.as_deref();
    let program = details.map_or(concat!("dehusk ", env!("CARGO_PKG_VERSION")), super::Details::program);
    let origin = details.map_or("", |details| match details.origin {
        Origin::Run => ", by the run itself",
        Origin::DecisionsAndSources => ", later, from the run's decisions and its sources",
        Origin::Decisions => ", later, from the run's decisions alone",
    });
    let _ = write!(
        out,
        "</main>\n<footer>Made by {program}{origin}. Report format {}. Bytes are those of the source texts in UTF-8; \
         kB, MB and GB are powers of 1,000.</footer>\n</div>\n</body>\n</html>\n",
        super::VERSION
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AgainstAction;
    use crate::report::details::tests::{details, made_later};
    use crate::report::tests::contaminated;

    /// Every tag that opens and is not void, without its attributes, must close in order.
    fn assert_well_formed(page: &str) {
        const VOID: [&str; 6] = ["meta", "rect", "line", "circle", "br", "!DOCTYPE"];
        let mut open = Vec::new();
        let body = page.split_once("</style>").map_or(page, |(_, body)| body);
        for tag in body.split('<').skip(1) {
            let tag = tag.split_once('>').expect("a tag ends").0;
            let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
            if VOID.contains(&name) || name == "head" {
                continue;
            }
            if tag.starts_with('/') {
                if !open.is_empty() || !matches!(name, "html" | "head") {
                    assert_eq!(open.pop(), Some(name), "{tag}");
                }
            } else {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }

    #[test]
    fn a_page_has_every_section_and_nothing_to_fetch() {
        let mut summary = contaminated(AgainstAction::Drop);
        summary.set_details(details());
        let stages = vec![("survey".to_owned(), Duration::from_millis(1500))];
        let page = page(&summary, &Told { stages, configuration: Some("a = \"<b>\"".to_owned()) });
        for anchor in [
            "guards",
            "funnel",
            "labels",
            "histograms",
            "blocks",
            "sites",
            "duplicates",
            "quality",
            "reference",
            "rejects",
            "time",
            "configuration",
        ] {
            assert!(page.contains(&format!("<section id=\"{anchor}\">")), "{anchor}");
            assert!(page.contains(&format!("<a href=\"#{anchor}\">")), "{anchor}");
        }
        assert!(page.contains("1.5 s") && page.contains("a = &quot;&lt;b&gt;&quot;"));
        assert!(page.contains("&lt;b&gt;ten&lt;/b&gt;") && !page.contains("<b>ten"));
        for fetched in ["<script", "http:", "https:", "url(", "src=", "<link", "@import"] {
            assert!(!page.contains(fetched), "{fetched}");
        }
        assert_well_formed(&page);
    }

    #[test]
    fn what_is_not_known_is_said() {
        let page = page(&made_later(), &Told::default());
        assert!(page.contains("from the run's decisions alone"));
        assert!(page.contains("bytes 5 to 24"));
        for anchor in ["guards", "rejects", "time", "quality", "configuration"] {
            assert!(!page.contains(&format!("id=\"{anchor}\"")), "{anchor}");
        }
        assert_well_formed(&page);
    }

    #[test]
    fn a_run_over_nothing_has_a_page() {
        assert_well_formed(&page(&Summary::default(), &Told::default()));
    }
}

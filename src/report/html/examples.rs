//! The middle of the page: what can be judged by looking at it. Repeated blocks, sites, and copies beside what stands for
//! them.

use std::fmt::Write;

use super::charts::bar;
use super::escape::{escaped, foreign, name};
use super::overview::diff_legend;
use super::tables::{Table, count, fraction, percent};
use crate::report::details::{
    Cluster, Details, LEAST_DOCUMENTS, NearCopy, RepeatedBlock, Site, Whose, WordDiff,
};
use crate::report::table::size;
use crate::report::{Origin, Summary};

/// Clusters and pairs that are open from the start.
const OPEN: usize = 2;

/// The blocks that the most documents hold.
pub(super) fn blocks(details: &Details) -> String {
    let mut out = "<h2>The most repeated blocks</h2>\n".to_owned();
    if details.repeated_blocks.is_empty() {
        out.push_str(
            "<p>None: no block was found in two documents, or labels were off, and then blocks are not counted.</p>\n",
        );
        return out;
    }
    out.push_str(
        "<p>How many documents hold a block, as the labels were given to know it: pages that are copies of each other count \
         as one. Occurrences count every copy. A repeated line that stays deserves a look, and so does a removed one that \
         reads like an article.</p>\n",
    );
    let mut table = Table::wide("", "block, as it stands first", &["documents", "occurrences", "removed"]);
    for block in &details.repeated_blocks {
        let RepeatedBlock { documents, occurrences, removed, label, document, start, end, text } = block;
        let shown = match text {
            Some(text) => {
                let more = if text.cut { " …" } else { "" };
                format!("<bdi class=\"excerpt\" dir=\"auto\">{}{more}</bdi>", escaped(&text.text))
            }
            None => format!("<span class=\"excerpt\">bytes {start} to {end}</span>"),
        };
        let label = label.name().replace('_', " ");
        let cell = format!(
            "{shown}<span class=\"meta\"><span class=\"chip\">{label}</span> in {}</span>",
            name(document)
        );
        table.row(&cell, [count((*documents).into()), count(*occurrences), percent(*removed, *occurrences)]);
    }
    out.push_str(&table.end());
    out
}

/// Sites: the largest and those that lose the most.
pub(super) fn sites(details: &Details) -> String {
    let sites = &details.sites;
    let what = if details.origin == Origin::Decisions { "file" } else { "site" };
    let mut out = format!(
        "<h2>By {what}</h2>\n<p>{} {what}{}. Bars show the share of the text that stays.{}</p>\n",
        count(sites.total),
        if sites.total == 1 { "" } else { "s" },
        if what == "site" { " Documents without an address are counted by their input file." } else { "" }
    );
    out.push_str(&sites_table("The largest", what, &sites.largest));
    if !sites.worst.is_empty() {
        let caption = format!(
            "Those that lose the largest share of their text, of {LEAST_DOCUMENTS} documents or more"
        );
        out.push_str(&sites_table(&caption, what, &sites.worst));
    }
    out
}

fn sites_table(caption: &str, what: &str, sites: &[Site]) -> String {
    let mut table =
        Table::wide(caption, what, &["documents", "kept", "dropped", "text", "text kept", "share kept"]);
    for Site { name: site, documents, kept, bytes, kept_bytes } in sites {
        let name = format!("{}{}", name(site), bar(0.0, fraction(*kept_bytes, *bytes), "main"));
        let cells = [
            count((*documents).into()),
            count((*kept).into()),
            count((documents - kept).into()),
            size(*bytes),
            size(*kept_bytes),
            percent(*kept_bytes, *bytes),
        ];
        table.row(&name, cells);
    }
    table.end()
}

/// Documents that stand for others.
pub(super) fn clusters(summary: &Summary, details: &Details) -> String {
    let clusters = &details.clusters;
    let dropped = &summary.documents.dropped;
    let mut out = "<h2>Duplicates</h2>\n".to_owned();
    if clusters.total == 0 {
        let elsewhere = dropped.exact_duplicate + dropped.near_duplicate;
        let why = if elsewhere > 0 {
            format!(
                "None of this run stands for others; {} went for documents kept elsewhere.",
                count(elsewhere)
            )
        } else {
            "No document was dropped for another.".to_owned()
        };
        let _ = writeln!(out, "<p>{why}</p>");
        return out;
    }
    let _ = write!(
        out,
        "<p>{} stand{} for others: {} exact and {} near-duplicates were dropped. Each was compared with the document that \
         stays itself, never with another copy. Differences are told by words.</p>\n{}",
        plural(clusters.total, "document"),
        if clusters.total == 1 { "s" } else { "" },
        count(dropped.exact_duplicate),
        count(dropped.near_duplicate),
        diff_legend()
    );
    out.push_str("<h3>The largest clusters</h3>\n");
    for (at, cluster) in clusters.largest.iter().enumerate() {
        let Cluster { canonical, copies, exact, first, least } = cluster;
        let _ = write!(
            out,
            "<details{}><summary>{}<span class=\"meta\">{}, {} exact</span></summary><div class=\"inside\"><ul class=\"copies\">",
            open(at),
            name(canonical),
            copies_of(*copies),
            count(*exact)
        );
        for copy in first {
            let _ = write!(
                out,
                "<li>{} <span class=\"meta\">{}</span></li>",
                name(&copy.id),
                alike(copy.similarity)
            );
        }
        if *copies > first.len() as u64 {
            let _ = write!(out, "<li class=\"none\">and {} more</li>", count(copies - first.len() as u64));
        }
        out.push_str("</ul>");
        if let Some(least) = least {
            let _ = write!(
                out,
                "<p class=\"meta\">The least similar copy is {}, {}:</p>",
                name(&least.copy),
                alike(least.similarity)
            );
            out.push_str(&difference(least));
        }
        out.push_str("</div></details>\n");
    }
    if !clusters.nearest.is_empty() {
        out.push_str("<h3>The least similar near-duplicates</h3>\n<p class=\"meta\">The closest calls: just above the threshold.</p>\n");
        for (at, near) in clusters.nearest.iter().enumerate() {
            let _ = writeln!(
                out,
                "<details{}><summary>{}<span class=\"meta\">{} to {}</span></summary><div class=\"inside\">{}</div></details>",
                open(at),
                name(&near.copy),
                alike(near.similarity),
                name(&near.canonical),
                difference(near)
            );
        }
    }
    out
}

fn open(at: usize) -> &'static str {
    if at < OPEN { " open" } else { "" }
}

fn plural(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {one}s", count(n)) }
}

fn copies_of(copies: u64) -> String {
    if copies == 1 { "1 copy".to_owned() } else { format!("{} copies", count(copies)) }
}

fn alike(similarity: f64) -> String {
    format!("{similarity:.4} similar")
}

fn difference(near: &NearCopy) -> String {
    let Some(WordDiff { pieces, cut }) = &near.difference else {
        return "<p class=\"none\">The texts are not at hand; <code>dehusk report</code> shows them with --input.</p>".to_owned();
    };
    let mut out = "<div class=\"diff\" dir=\"auto\">".to_owned();
    for piece in pieces {
        let text = foreign(&piece.text);
        let _ = match piece.side {
            Whose::Both => write!(out, "{text} "),
            Whose::Kept => write!(out, "<ins>{text}</ins> "),
            Whose::Dropped => write!(out, "<del>{text}</del> "),
        };
    }
    if *cut {
        out.push_str("<span class=\"chip\">more differs than is shown</span>");
    }
    if pieces.iter().all(|piece| piece.side == Whose::Both) {
        out.push_str("<span class=\"chip\">the same words</span>");
    }
    out.push_str("</div>");
    out
}

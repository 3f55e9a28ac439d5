//! The upper part of the page: what it is about, the main numbers, the funnel, the labels and the histograms.

use std::fmt::Write;

use super::charts::{Columns, Series, bar, columns, legend};
use super::tables::{Table, count, fraction, percent};
use crate::document::{Label, Side};
use crate::report::details::{Details, LengthBin};
use crate::report::table::size;
use crate::report::{Origin, Summary};

/// What the run did in a sentence, and the main numbers.
pub(super) fn head(summary: &Summary) -> String {
    let (documents, bytes) = (&summary.documents, &summary.bytes);
    let dropped = &documents.dropped;
    let duplicates = dropped.exact_duplicate + dropped.near_duplicate;
    let mut out = format!(
        "<h1>{} of {} documents stay, with {} of the text</h1>\n",
        count(documents.kept),
        count(documents.read),
        percent(bytes.kept, bytes.source)
    );
    let later = match summary.details.as_ref().map(|details| details.origin) {
        Some(Origin::DecisionsAndSources) => {
            "Made later, from the decisions of a run and its sources. Guards, the quality meter, times and the configuration \
             of the run are not in them."
        }
        Some(Origin::Decisions) => {
            "Made later, from the decisions of a run alone. Texts and addresses are not in them: examples are named by their \
             place, sites by their file, and a text ends where its last block does."
        }
        _ => {
            "What a run kept of its input and what it removed, for which reasons, with examples to judge it by."
        }
    };
    let _ = write!(out, "<p class=\"lead\">{later}</p>\n<ul class=\"tiles\">\n");
    let mut tile = |number: String, what: String| {
        let _ = writeln!(out, "<li><b>{number}</b><span>{what}</span></li>");
    };
    tile(count(documents.read), format!("documents read, {} of text", size(bytes.source)));
    tile(count(documents.kept), format!("documents kept, {} of text", size(bytes.kept)));
    tile(
        count(duplicates),
        format!("duplicates dropped, {} of documents", percent(duplicates, documents.read)),
    );
    if let Some(funnel) = summary.details.as_ref().map(|details| details.funnel) {
        tile(size(funnel.boilerplate), "of boilerplate removed from documents that stay".to_owned());
    }
    if let Some(rejects) = &summary.rejects {
        tile(
            count(rejects.total),
            if rejects.total == 1 { "record rejected" } else { "records rejected" }.to_owned(),
        );
    }
    out.push_str("</ul>\n");
    out
}

/// One step of the way from what was read to what is kept.
struct Step {
    name: &'static str,
    class: &'static str,
    amount: u64,
}

/// From the input to the output, in documents and in bytes.
pub(super) fn funnel(summary: &Summary) -> String {
    let dropped = &summary.documents.dropped;
    let step = |name, class, amount| Step { name, class, amount };
    let documents = [
        step("Empty: no main text", "husk", dropped.empty),
        step("Exact duplicates", "gone", dropped.exact_duplicate),
        step("Near-duplicates", "gone", dropped.near_duplicate),
        step("Contaminated", "gone", dropped.contaminated),
    ];
    let mut out =
        "<h2>From input to output</h2>\n<p>Each bar begins where what is left ends: the rows between \
                   the first and the last add up to what was removed.</p>\n<div class=\"two\">\n"
            .to_owned();
    out.push_str(&steps("Documents", &documents, (summary.documents.read, summary.documents.kept), count));
    if let Some(funnel) = summary.details.as_ref().map(|details| details.funnel) {
        let bytes = [
            step("In empty documents", "husk", funnel.empty),
            step("In exact duplicates", "gone", funnel.exact_duplicate),
            step("In near-duplicates", "gone", funnel.near_duplicate),
            step("In contaminated documents", "gone", funnel.contaminated),
            step("White space between blocks", "husk", funnel.between_blocks),
            step("Boilerplate", "husk", funnel.boilerplate),
            step("Lifted to fields", "lifted", funnel.lifted),
            step("Duplicate paragraphs", "gone", funnel.duplicate_blocks),
            step("Duplicate runs of words", "gone", funnel.duplicate_spans),
        ];
        out.push_str(&steps("Text", &bytes, (funnel.read, funnel.kept), size));
    }
    out.push_str("</div>\n");
    out
}

/// The table of a funnel. Steps that took nothing are left out.
fn steps(caption: &str, steps: &[Step], (read, kept): (u64, u64), shown: fn(u64) -> String) -> String {
    let mut table = Table::new("", caption, &["", "share"]);
    table.row_of_class(
        "sum",
        &format!("Read{}", bar(0.0, fraction(read, read), "link")),
        [shown(read), percent(read, read)],
    );
    let mut left = read;
    for Step { name, class, amount } in steps.iter().filter(|step| step.amount > 0) {
        left = left.saturating_sub(*amount);
        let bar = bar(fraction(left, read), fraction(*amount, read), class);
        table.row(&format!("{name}{bar}"), [shown(*amount), percent(*amount, read)]);
    }
    let name = format!("Kept{}", bar(0.0, fraction(kept, read), "main"));
    table.row_of_class("sum", &name, [shown(kept), percent(kept, read)]);
    table.end()
}

/// How a side of the page is called and drawn.
fn side(side: Side) -> (&'static str, &'static str) {
    match side {
        Side::Main => ("Main text", "main"),
        Side::Lifted => ("Lifted to fields", "lifted"),
        Side::Boilerplate => ("Boilerplate", "husk"),
    }
}

/// Blocks by label.
pub(super) fn labels(summary: &Summary) -> String {
    let tables =
        [&[Side::Main, Side::Lifted][..], &[Side::Boilerplate]].map(|sides| of_sides(sides, summary));
    format!(
        "<h2>What the pages are made of</h2>\n<p>Blocks of all documents read, by what they were taken for. Shares are of the \
         text in blocks.</p>\n<div class=\"two\">\n{}</div>\n",
        tables.concat()
    )
}

/// The labels of these sides that occur.
fn of_sides(sides: &[Side], summary: &Summary) -> String {
    let all: u64 = summary.labels.iter().map(|label| label.bytes).sum();
    let mut table = Table::new("", "label", &["blocks", "text", "share"]);
    for &of in sides {
        let (name, class) = side(of);
        let labels = Label::ALL.iter().zip(&summary.labels);
        let rows: Vec<_> = labels.filter(|(label, found)| label.side() == of && found.blocks > 0).collect();
        let blocks = rows.iter().map(|(_, found)| found.blocks).sum();
        let bytes = rows.iter().map(|(_, found)| found.bytes).sum();
        table.row_of_class("side", name, [count(blocks), size(bytes), percent(bytes, all)]);
        for (label, found) in rows {
            let bar = bar(0.0, fraction(found.bytes, all), class);
            let name = format!("{}{bar}", label.name().replace('_', " "));
            table.row(&name, [count(found.blocks), size(found.bytes), percent(found.bytes, all)]);
        }
    }
    table.end()
}

/// Documents by length, blocks by confidence.
pub(super) fn histograms(details: &Details) -> String {
    let lengths = &details.lengths;
    let of = |what: fn(&LengthBin) -> u64| lengths.iter().map(what).collect();
    let series = [
        Series { name: "read: source text", class: "husk", values: of(|bin| bin.read) },
        Series { name: "kept: main text", class: "main", values: of(|bin| bin.kept) },
    ];
    let bins: Vec<String> = lengths.iter().map(|bin| binary(bin.from)).collect();
    let most = |series: &Series| {
        let at = series.values.iter().enumerate().max_by_key(|(at, value)| (**value, usize::MAX - at));
        at.map_or_else(String::new, |(at, _)| bins[at].clone())
    };
    let about = format!(
        "The most frequent lengths are from {} to twice that of what was read, and from {} of what was kept.",
        most(&series[0]),
        most(&series[1])
    );
    let mut out = "<h2>Lengths and confidences</h2>\n<p>Each column of lengths ends where the next one begins, at twice its \
                   length. A confidence is the probability that a block is rightly in the main text, or rightly not.</p>\n\
                   <div class=\"two\">\n<div>"
        .to_owned();
    out.push_str(&columns("lengths", "Documents by length", &about, &bins, &series, Columns::SideBySide));
    let bins: Vec<String> = details.confidences.iter().map(|bin| format!("{:.2}", bin.from)).collect();
    let of = |side_of: Side| {
        let (name, class) = side(side_of);
        let values = details.confidences.iter().map(|bin| match side_of {
            Side::Main => bin.main,
            Side::Lifted => bin.lifted,
            Side::Boilerplate => bin.boilerplate,
        });
        Series { name, class, values: values.collect() }
    };
    let series = [Side::Main, Side::Lifted, Side::Boilerplate].map(of);
    let all: u64 = series.iter().flat_map(|series| &series.values).sum();
    let sure: u64 = series.iter().filter_map(|series| series.values.last()).sum();
    let about = format!(
        "{} of all blocks have a confidence of 0.95 or more.",
        percent(sure, all).replace("&lt;", "less than").replace("&gt;", "more than")
    );
    out.push_str("</div>\n<div>");
    out.push_str(&columns("confidences", "Blocks by confidence", &about, &bins, &series, Columns::Stacked));
    out.push_str("</div>\n</div>\n");
    out
}

/// A power of two in the unit that makes it a small number.
fn binary(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let unit = if bytes == 0 { 0 } else { bytes.ilog2() as usize / 10 };
    format!("{} {}", bytes >> (10 * unit), units[unit])
}

/// What the colours of a difference mean.
pub(super) fn diff_legend() -> String {
    let keys = [("main", "only in the document that stays"), ("gone", "only in the copy that goes")];
    legend(keys.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_are_short() {
        assert_eq!(binary(0), "0 B");
        assert_eq!(binary(512), "512 B");
        assert_eq!(binary(1 << 14), "16 KiB");
        assert_eq!(binary(1 << 63), "8 EiB");
    }
}

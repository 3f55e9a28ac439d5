//! Pictures of numbers: bars inside a table and columns over an axis, as inline SVG.
//!
//! Places across are in per cent and places up in pixels, so a picture takes the width it is given and its letters keep
//! their size on a telephone. A bar stands beside its number in a table and is hidden from screen readers; columns have a
//! title and a description, and a table of the same numbers below them.

use std::fmt::Write;

use super::escape::escaped;
use super::tables::{Table, count};

/// Pixels of the columns' plot, of the room above it and of the labels below.
const PLOT: f64 = 170.0;
const ABOVE: f64 = 18.0;
const BELOW: f64 = 22.0;
/// Labels below an axis at the most; more would run into each other on a telephone.
const LABELS: usize = 5;

/// A part of a bar, from 0 to 1 across.
pub(super) fn bar(from: f64, width: f64, class: &str) -> String {
    let [from, width] = [from, width].map(|part| part.clamp(0.0, 1.0) * 100.0);
    // What is there can be seen, however little.
    let shown = if width > 0.0 { width.max(0.25) } else { 0.0 };
    let from = from.min(100.0 - shown);
    format!(
        "<svg class=\"bar\" width=\"100%\" height=\"8\" aria-hidden=\"true\"><rect class=\"track\" width=\"100%\" \
         height=\"8\" rx=\"2\"/><rect class=\"{class}\" x=\"{from:.2}%\" width=\"{shown:.2}%\" height=\"8\" rx=\"2\"/></svg>"
    )
}

/// An estimate with its limits, from 0 to 1 across.
pub(super) fn range(low: f64, estimate: f64, high: f64) -> String {
    let [low, estimate, high] = [low, estimate, high].map(|part| part.clamp(0.0, 1.0) * 98.0 + 1.0);
    format!(
        "<svg class=\"bar\" width=\"100%\" height=\"12\" aria-hidden=\"true\"><rect class=\"track\" y=\"4\" width=\"100%\" \
         height=\"4\" rx=\"2\"/><line class=\"range\" x1=\"{low:.2}%\" x2=\"{high:.2}%\" y1=\"6\" y2=\"6\"/><circle \
         class=\"main\" cx=\"{estimate:.2}%\" cy=\"6\" r=\"5\"/></svg>"
    )
}

/// One set of numbers in columns: its name, its colour and the numbers.
pub(super) struct Series {
    pub name: &'static str,
    pub class: &'static str,
    pub values: Vec<u64>,
}

/// How the numbers of one place stand to each other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Columns {
    SideBySide,
    Stacked,
}

/// Columns over an axis, with a legend and a table of the same numbers. `bins` are the labels below, `about` says in a
/// sentence what is to be seen.
pub(super) fn columns(
    id: &str,
    title: &str,
    about: &str,
    bins: &[String],
    series: &[Series],
    how: Columns,
) -> String {
    let at = |bin: usize| series.iter().map(move |series| series.values[bin]);
    let height = |bin: usize| match how {
        Columns::SideBySide => at(bin).max().unwrap_or_default(),
        Columns::Stacked => at(bin).sum(),
    };
    let top = nice((0..bins.len()).map(height).max().unwrap_or_default());
    let y = |value: u64| ABOVE + PLOT * (1.0 - value as f64 / top as f64);
    let mut out = String::new();
    let _ = write!(
        out,
        "<figure><figcaption>{}</figcaption><svg role=\"img\" aria-labelledby=\"{id}-t {id}-d\" width=\"100%\" \
         height=\"{}\"><title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>",
        escaped(title),
        ABOVE + PLOT + BELOW,
        escaped(title),
        escaped(about)
    );
    for line in [top, top / 2] {
        let at = y(line);
        let _ = write!(
            out,
            "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{at:.1}\" y2=\"{at:.1}\"/><text x=\"0\" y=\"{:.1}\">{}</text>",
            at - 4.0,
            count(line)
        );
    }
    let slot = 100.0 / bins.len().max(1) as f64;
    for bin in 0..bins.len() {
        let (mut left, mut below) = (slot * (bin as f64 + 0.12), 0);
        let width = match how {
            Columns::SideBySide => slot * 0.76 / series.len() as f64,
            Columns::Stacked => slot * 0.76,
        };
        for Series { name, class, values } in series {
            let value = values[bin];
            if value > 0 {
                // What is there can be seen, however little.
                let tall = (y(below) - y(below + value)).max(1.0);
                let _ = write!(
                    out,
                    "<rect class=\"{class}\" x=\"{left:.2}%\" y=\"{:.1}\" width=\"{width:.2}%\" \
                     height=\"{tall:.1}\"><title>{}, {name}: {}</title></rect>",
                    y(below) - tall,
                    escaped(&bins[bin]),
                    count(value)
                );
            }
            match how {
                Columns::SideBySide => left += width,
                Columns::Stacked => below += value,
            }
        }
    }
    let base = ABOVE + PLOT;
    let _ = write!(out, "<line class=\"axis\" x1=\"0\" x2=\"100%\" y1=\"{base}\" y2=\"{base}\"/>");
    let step = bins.len().div_ceil(LABELS).max(1);
    for (bin, label) in bins.iter().enumerate().step_by(step) {
        let (x, label) = (slot * bin as f64, escaped(label));
        let _ = write!(out, "<text x=\"{x:.2}%\" y=\"{}\">{label}</text>", base + 16.0);
    }
    out.push_str("</svg>");
    out.push_str(&legend(series.iter().map(|series| (series.class, series.name))));
    let heads: Vec<&str> = series.iter().map(|series| series.name).collect();
    let mut table = Table::new("", "from", &heads);
    for (bin, label) in bins.iter().enumerate() {
        table.row(&escaped(label), at(bin).map(count));
    }
    let _ = write!(
        out,
        "</figure><details class=\"quiet\"><summary>The numbers</summary><div class=\"inside\">{}</div></details>",
        table.end()
    );
    out
}

/// What the colours mean.
pub(super) fn legend<'a>(keys: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let key = |(class, name): (&str, &str)| {
        format!(
            "<li><svg width=\"11\" height=\"11\" aria-hidden=\"true\"><rect class=\"{class}\" width=\"11\" height=\"11\" \
             rx=\"2\"/></svg>{name}</li>"
        )
    };
    format!("<ul class=\"key\">{}</ul>", keys.map(key).collect::<String>())
}

/// What an axis ends with: an even number of one digit and zeros that is no smaller.
fn nice(most: u64) -> u64 {
    let mut unit: u64 = 1;
    loop {
        let ends = [2, 4, 6, 8, 10].into_iter().filter_map(|factor| unit.checked_mul(factor));
        if let Some(end) = { ends }.find(|end| *end >= most) {
            return end;
        }
        match unit.checked_mul(10) {
            Some(next) => unit = next,
            None => return u64::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_with_a_round_number() {
        for (most, end) in
            [(0, 2), (2, 2), (3, 4), (9, 10), (11, 20), (101, 200), (650, 800), (u64::MAX, u64::MAX)]
        {
            assert_eq!(nice(most), end, "{most}");
        }
    }

    #[test]
    fn a_bar_stays_in_its_track() {
        assert!(bar(1.0, 0.0001, "gone").contains("x=\"99.75%\" width=\"0.25%\""));
        assert!(bar(0.0, 2.0, "main").contains("width=\"100.00%\""));
        assert!(bar(0.5, 0.0, "main").contains("width=\"0.00%\""));
    }

    #[test]
    fn columns_have_a_text_and_a_table() {
        let series = [
            Series { name: "read", class: "husk", values: vec![1, 0] },
            Series { name: "kept", class: "main", values: vec![3, 2] },
        ];
        let bins = ["0 B".to_owned(), "1 <B".to_owned()];
        for how in [Columns::SideBySide, Columns::Stacked] {
            let drawn = columns("x", "Title", "About", &bins, &series, how);
            assert!(drawn.contains("<title id=\"x-t\">Title</title><desc id=\"x-d\">About</desc>"));
            assert!(
                drawn.contains("1 &lt;B, kept: 2") && !drawn.contains("1 <B") && drawn.contains("<table")
            );
        }
        columns("x", "Nothing", "", &[], &[], Columns::Stacked);
    }
}

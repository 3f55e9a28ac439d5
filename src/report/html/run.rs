//! The lower part of the page: what the run says of itself. Guards, the meter, a reference, rejects, times, settings.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use super::Told;
use super::charts::{bar, range};
use super::escape::{escaped, name};
use super::tables::{Table, count, fraction, percent};
use crate::config::AgainstAction;
use crate::report::{Breach, Fate, Interval, Quality, Stratum, Summary};

/// The limits that were passed; nothing where none was.
pub(super) fn guards(breaches: &[Breach]) -> String {
    if breaches.is_empty() {
        return String::new();
    }
    let mut out = "<h2>Limits that were passed</h2>\n<p>A guard judges nothing right or wrong. These are the worst cases, with \
                   a document of each to look at.</p>\n"
        .to_owned();
    for breach in breaches {
        let told = breach.describe(|id| format!("dehusk explain INPUT --id {id}"));
        let (head, cases) = told.split_once('\n').unwrap_or((&told, ""));
        let _ = writeln!(
            out,
            "<div class=\"note\"><b>{}</b><pre>{}</pre></div>",
            escaped(head),
            escaped(cases.trim_end())
        );
    }
    out
}

/// What the meter found, if it was asked.
pub(super) fn quality(summary: &Summary) -> String {
    let Some(quality) = &summary.quality else { return String::new() };
    let mut out = format!(
        "<h2>How many near-duplicates were found</h2>\n<p>Estimated from {} documents that were compared with every kept one. \
         The truth lies between the limits with a probability of 95 %.</p>\n",
        count(quality.sample.into())
    );
    let mut table = Table::new("", "", &["estimate", "from", "to"]);
    let shares = [
        ("Recall: of the near-duplicates there were, those that went", quality.recall()),
        ("Precision: of those that went, those that were any", quality.precision()),
    ];
    for (what, share) in shares {
        let Some(Interval { estimate, low, high }) = share else {
            table.row(what, ["–".to_owned(), String::new(), String::new()]);
            continue;
        };
        let row = format!("{what}{}", range(low, estimate, high));
        table.row(
            &row,
            [hundredths(estimate, f64::round), hundredths(low, f64::floor), hundredths(high, f64::ceil)],
        );
    }
    let Interval { estimate, low, high } = quality.missed();
    table.row(
        "Missed: kept although a kept document is as similar",
        [estimate, low, high].map(|n| count(n.round() as u64)),
    );
    out.push_str(&table.end());
    out.push_str(&strata(quality));
    if !quality.examples.is_empty() {
        out.push_str("<h3>Missed</h3>\n<ul class=\"copies\">");
        for missed in &quality.examples {
            let (id, other) = (name(&missed.id), name(&missed.resembles));
            let _ = write!(
                out,
                "<li>{id} <span class=\"meta\">{:.4} similar to {other}</span></li>",
                missed.similarity
            );
        }
        out.push_str("</ul>\n");
    }
    out
}

fn strata(quality: &Quality) -> String {
    let mut table = Table::new("", "documents", &["there are", "checked", "resembling"]);
    for stratum in &quality.strata {
        let Stratum { fate, from, to, documents, checked, resembling, .. } = stratum;
        let what = match (fate, from.zip(*to)) {
            (Fate::Kept, Some((from, to))) => format!("kept, most similar kept one {from:.2} to {to:.2}"),
            (Fate::Kept, None) => "kept".to_owned(),
            (Fate::Dropped, _) => "dropped as near-duplicates".to_owned(),
        };
        table.row(&what, [*documents, *checked, *resembling].map(count));
    }
    format!(
        "<details class=\"quiet\"><summary>What was checked</summary><div class=\"inside\">{}</div></details>\n",
        table.end()
    )
}

/// `99.88 %`. Limits are rounded away from each other.
fn hundredths(share: f64, round: fn(f64) -> f64) -> String {
    const NOISE: f64 = 1e-6;
    let hundredths = share * 1e4;
    let near = hundredths.round();
    let rounded = if (hundredths - near).abs() < NOISE { near } else { round(hundredths) };
    format!("{:.2} %", rounded / 100.0)
}

/// What the documents hold of a reference, if there was one.
pub(super) fn contamination(summary: &Summary) -> String {
    let Some(found) = &summary.contamination else { return String::new() };
    let what = match found.action {
        AgainstAction::Drop => "dropped",
        AgainstAction::Mark => "marked and kept",
    };
    let mut table = Table::new("", "items of the reference", &["", "share"]);
    for (name, items) in [
        ("All", found.items),
        ("Too short to tell", found.too_short),
        ("Held by documents", found.items_found),
        ("Held in part", found.items_in_part),
    ] {
        let name = format!("{name}{}", bar(0.0, fraction(items, found.items), "link"));
        table.row(&name, [count(items), percent(items, found.items)]);
    }
    format!(
        "<h2>Against the reference</h2>\n<p>{} of the run hold enough of an item and were {what}.</p>\n{}",
        if found.documents == 1 {
            "1 document".to_owned()
        } else {
            format!("{} documents", count(found.documents))
        },
        table.end()
    )
}

/// Records that could not be used, and work that was left out.
pub(super) fn rejects(summary: &Summary) -> String {
    let mut out = String::new();
    if let Some(rejects) = &summary.rejects {
        out.push_str("<h2>Rejected records</h2>\n");
        if rejects.total == 0 {
            out.push_str("<p>None.</p>\n");
        } else {
            out.push_str(&named("cause", "records", &rejects.causes, rejects.total));
        }
    }
    if let Some(skipped) = summary.skipped.as_ref().filter(|skipped| !skipped.is_empty()) {
        let mut table = Table::new("", "what", &["times"]);
        for (what, times) in skipped {
            table.row(&escaped(&what.replace('_', " ")), [count(*times)]);
        }
        let _ = write!(
            out,
            "<h3>Left out</h3>\n<p class=\"meta\">Work beyond a cap, which might have found more.</p>\n{}",
            table.end()
        );
    }
    out
}

fn named(what: &str, counted: &str, counts: &BTreeMap<String, u64>, all: u64) -> String {
    let mut table = Table::new("", what, &[counted, "share"]);
    let mut rows: Vec<_> = counts.iter().collect();
    rows.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), *name));
    for (name, found) in rows {
        let name = format!("{}{}", escaped(&name.replace('_', " ")), bar(0.0, fraction(*found, all), "gone"));
        table.row(&name, [count(*found), percent(*found, all)]);
    }
    table.end()
}

/// How long each stage took.
pub(super) fn time(told: &Told) -> String {
    let all: Duration = told.stages.iter().map(|(_, time)| *time).sum();
    if told.stages.is_empty() {
        return String::new();
    }
    let mut table = Table::new("", "stage", &["time", "share"]);
    let micros = |time: &Duration| time.as_micros() as u64;
    for (name, time) in &told.stages {
        let name = format!("{}{}", escaped(name), bar(0.0, fraction(micros(time), micros(&all)), "link"));
        table.row(&name, [seconds(*time), percent(micros(time), micros(&all))]);
    }
    table.row_of_class("sum", "All", [seconds(all), percent(1, 1)]);
    format!("<h2>Time</h2>\n<p>By the clock on the wall, on this machine and this once.</p>\n{}", table.end())
}

/// `1.5 s`, `2 min 05 s`.
fn seconds(time: Duration) -> String {
    let whole = time.as_secs();
    if whole < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

/// What was set, and all settings.
pub(super) fn configuration(summary: &Summary, told: &Told) -> String {
    let set = summary.details.as_ref().and_then(|details| details.configuration.as_ref());
    if set.is_none() && told.configuration.is_none() {
        return String::new();
    }
    let mut out = "<h2>Configuration</h2>\n".to_owned();
    match set {
        Some(set) if !set.is_empty() => {
            out.push_str("<p>These keys are not at their defaults.</p>\n");
            let mut table = Table::new("", "key", &["value"]);
            for (key, value) in set {
                table.row(
                    &format!("<code>{}</code>", escaped(key)),
                    [format!("<code>{}</code>", escaped(value))],
                );
            }
            out.push_str(&table.end());
        }
        Some(_) => out.push_str("<p>Every key that matters to the decisions is at its default.</p>\n"),
        None => {}
    }
    if let Some(toml) = &told.configuration {
        let _ = writeln!(
            out,
            "<details class=\"quiet\"><summary>All of it</summary><div class=\"inside\"><pre class=\"box\">{}</pre></div></details>",
            escaped(toml.trim_end())
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        assert_eq!(seconds(Duration::from_millis(1540)), "1.5 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 05 s");
    }
}

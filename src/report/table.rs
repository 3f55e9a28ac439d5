//! The summary as a table in plain text: a name, a count, its share and bytes a line, aligned.
//!
//! Rows that would say nothing (a label that did not occur, a reason nobody was dropped for) are left out; the
//! documents read and kept are always there.

use super::{Interval, Summary};
use crate::config::AgainstAction;
use crate::document::{Label, Side};

/// Columns given to a name with its indent, a count, a share and a size; the widest line stays within 80.
const NAME: usize = 30;
const COUNT: usize = 15;
const SHARE: usize = 10;
const SIZE: usize = 12;

/// The table of a summary.
pub(super) fn of(summary: &Summary) -> String {
    let Summary { documents, bytes, labels, duplicate_blocks, duplicate_spans, rejects, skipped, .. } =
        summary;
    let contamination = &summary.contamination;
    let mut table = Table(String::new());
    table.head("documents", "documents");
    table.row("read", documents.read, documents.read, Some(bytes.source));
    table.row("kept", documents.kept, documents.read, Some(bytes.kept));
    let dropped = &documents.dropped;
    for (name, count) in [
        ("dropped: empty", dropped.empty),
        ("dropped: exact duplicate", dropped.exact_duplicate),
        ("dropped: near duplicate", dropped.near_duplicate),
        ("dropped: contaminated", dropped.contaminated),
    ] {
        table.row_if(name, count, documents.read, None);
    }
    if let Some(found) = contamination.as_ref().filter(|found| found.action == AgainstAction::Mark) {
        table.row_if("marked: contaminated", found.documents, documents.read, None);
    }

    let all: u64 = labels.iter().map(|blocks| blocks.blocks).sum();
    for (side, title) in
        [(Side::Main, "main text"), (Side::Lifted, "lifted to fields"), (Side::Boilerplate, "boilerplate")]
    {
        let of_side = || Label::ALL.iter().zip(labels).filter(|(label, _)| label.side() == side);
        if of_side().any(|(_, blocks)| blocks.blocks > 0) {
            table.head(title, "blocks");
            for (label, blocks) in of_side() {
                table.row_if(label.name(), blocks.blocks, all, Some(blocks.bytes));
            }
        }
    }

    if duplicate_blocks.dropped.blocks + duplicate_blocks.marked.blocks > 0 {
        table.head("duplicate blocks", "blocks");
        table.row_if("dropped", duplicate_blocks.dropped.blocks, all, Some(duplicate_blocks.dropped.bytes));
        table.row_if("marked", duplicate_blocks.marked.blocks, all, Some(duplicate_blocks.marked.bytes));
    }
    if let Some(spans) = duplicate_spans.filter(|spans| spans.dropped.spans + spans.marked.spans > 0) {
        table.head("duplicate spans", "spans");
        for (name, found) in [("dropped", spans.dropped), ("marked", spans.marked)] {
            if found.spans > 0 {
                table.line(&indented(name), &grouped(found.spans), "", &size(found.bytes));
            }
        }
    }
    if let Some(found) = contamination {
        table.head("reference", "items");
        table.row("read", found.items, found.items, None);
        table.row_if("too short to tell", found.too_short, found.items, None);
        table.row_if("held by documents", found.items_found, found.items, None);
        table.row_if("held in part", found.items_in_part, found.items, None);
    }
    if let Some(rejects) = rejects.as_ref().filter(|rejects| rejects.total > 0) {
        table.head("rejected", "records");
        for (cause, &count) in &rejects.causes {
            table.row_if(cause, count, rejects.total, None);
        }
    }
    if let Some(skipped) = skipped.as_ref().filter(|skipped| !skipped.is_empty()) {
        table.head("skipped", "times");
        for (what, &count) in skipped {
            table.line(&indented(what), &grouped(count), "", "");
        }
    }
    if let Some(quality) = &summary.quality {
        table.head("near duplicates, by the meter", "estimate");
        for (name, share) in [("recall", quality.recall()), ("precision", quality.precision())] {
            if let Some(Interval { estimate, low, high }) = share {
                let [low, high] = [percent(low, f64::floor), percent(high, f64::ceil)];
                table.line(&indented(name), &percent(estimate, f64::round), &low, &high);
            }
        }
        let Interval { estimate, low, high } = quality.missed();
        let [estimate, low, high] = [estimate, low, high].map(|count| grouped(count.round() as u64));
        table.line("  missed", &estimate, &low, &high);
    }
    table.0
}

struct Table(String);

impl Table {
    /// A section's first line: its name and what is counted in it, with the columns its rows fill.
    fn head(&mut self, name: &str, counted: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        let (share, text) = match counted {
            "documents" | "blocks" => ("share", "text"),
            "records" | "items" => ("share", ""),
            "estimate" => ("from", "to"),
            "spans" => ("", "text"),
            _ => ("", ""),
        };
        self.line(name, counted, share, text);
    }

    fn row_if(&mut self, name: &str, count: u64, all: u64, bytes: Option<u64>) {
        if count > 0 {
            self.row(name, count, all, bytes);
        }
    }

    fn row(&mut self, name: &str, count: u64, all: u64, bytes: Option<u64>) {
        self.line(&indented(name), &grouped(count), &share(count, all), &bytes.map(size).unwrap_or_default());
    }

    fn line(&mut self, name: &str, count: &str, share: &str, size: &str) {
        let line = format!("{name:NAME$}{count:>COUNT$}{share:>SHARE$}{size:>SIZE$}");
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }
}

/// The stable name of something counted, as a row shows it.
fn indented(name: &str) -> String {
    format!("  {}", name.replace('_', " "))
}

/// `1,234,567`
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `12.3 %`
pub(crate) fn share(count: u64, all: u64) -> String {
    if all == 0 { String::new() } else { format!("{:.1} %", count as f64 * 100.0 / all as f64) }
}

/// `12.34 %`. Limits are rounded away from each other, so that they promise no more than they hold.
fn percent(share: f64, round: fn(f64) -> f64) -> String {
    /// What a sum of floats is off by at most, and far less than can be seen.
    const NOISE: f64 = 1e-6;
    let hundredths = share * 1e4;
    let near = hundredths.round();
    let rounded = if (hundredths - near).abs() < NOISE { near } else { round(hundredths) };
    format!("{:.2} %", rounded / 100.0)
}

/// `12.3 MB`, in powers of 1000.
pub(crate) fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        // 999.95 would be shown as 1000.0.
        if value < 999.95 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_happened() {
        let expected = "\
documents                           documents     share        text
  read                                      2   100.0 %        66 B
  kept                                      1    50.0 %         8 B
  dropped: exact duplicate                  1    50.0 %

main text                              blocks     share        text
  body                                      4    50.0 %        32 B

lifted to fields                       blocks     share        text
  title                                     2    25.0 %        10 B

boilerplate                            blocks     share        text
  related heading                           2    25.0 %        18 B

duplicate blocks                       blocks     share        text
  dropped                                   1    12.5 %         8 B

rejected                              records     share
  empty text                                1    33.3 %
  malformed json                            2    66.7 %

skipped                                 times
  comparisons                              12

near duplicates, by the meter        estimate      from          to
  recall                              99.88 %   94.82 %     99.88 %
  precision                           99.50 %   97.62 %     99.88 %
  missed                                    1         1          43
";
        assert_eq!(super::super::tests::summary().table(), expected);
    }

    #[test]
    fn what_a_reference_takes_out_is_in_the_table() {
        let table = |action| super::super::tests::contaminated(action).table();
        let dropped = table(AgainstAction::Drop);
        assert!(dropped.contains("  dropped: contaminated                     1    33.3 %\n"), "{dropped}");
        let expected = "\
reference                               items     share
  read                                      9   100.0 %
  too short to tell                         2    22.2 %
  held by documents                         1    11.1 %
";
        assert!(dropped.contains(expected), "{dropped}");
        let marked = table(AgainstAction::Mark);
        assert!(marked.contains("  marked: contaminated                      1    33.3 %\n"), "{marked}");
        assert!(!marked.contains("dropped: contaminated"));
    }

    #[test]
    fn nothing_read_is_a_table_too_and_the_largest_fits() {
        assert!(Summary::default().table().contains("read"));
        let mut largest = Summary::default();
        largest.documents.read = u64::MAX;
        largest.bytes.source = u64::MAX;
        assert!(largest.table().lines().all(|line| line.chars().count() <= 80));
    }

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(size(999), "999 B");
        assert_eq!(size(1000), "1.0 kB");
        assert_eq!(size(999_949), "999.9 kB");
        assert_eq!(size(999_950), "1.0 MB");
        assert_eq!(size(30_400_000), "30.4 MB");
        assert_eq!(size(u64::MAX), "18446744.1 TB");
    }
}

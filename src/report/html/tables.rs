//! Tables and numbers: a name to the left, numbers to the right, in a box that scrolls where it is too narrow.

use std::fmt::Write;

use super::escape::escaped;
use crate::report::table::grouped;

/// A number with its thousands apart.
pub(super) fn count(count: u64) -> String {
    grouped(count)
}

/// `12.3 %`, or `< 0.1 %` where rounding would deny that there is something, or that something is missing.
pub(super) fn percent(part: u64, of: u64) -> String {
    if of == 0 {
        return "–".to_owned();
    }
    let share = part as f64 / of as f64 * 100.0;
    match share {
        share if part > 0 && share < 0.05 => "&lt; 0.1 %".to_owned(),
        share if part < of && share >= 99.95 => "&gt; 99.9 %".to_owned(),
        share => format!("{share:.1} %"),
    }
}

/// A share of nothing is nothing.
pub(super) fn fraction(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

/// A table under construction. Cells are HTML already.
pub(super) struct Table(String);

impl Table {
    /// Begins with the heads of the columns; the first is that of the names. The caption may be empty.
    pub fn new(caption: &str, name: &str, columns: &[&str]) -> Self {
        Self::of_class("", caption, name, columns)
    }

    /// One that has much to say and would rather scroll than be narrow.
    pub fn wide(caption: &str, name: &str, columns: &[&str]) -> Self {
        Self::of_class(" class=\"wide\"", caption, name, columns)
    }

    fn of_class(class: &str, caption: &str, name: &str, columns: &[&str]) -> Self {
        let label = if caption.is_empty() { name } else { caption };
        let mut out = format!(
            "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\"><table{class}>",
            escaped(label)
        );
        if !caption.is_empty() {
            let _ = write!(out, "<caption>{}</caption>", escaped(caption));
        }
        let _ = write!(out, "<thead><tr><th scope=\"col\">{}</th>", escaped(name));
        for column in columns {
            let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(column));
        }
        out.push_str("</tr></thead><tbody>");
        Self(out)
    }

    /// Adds a row.
    pub fn row(&mut self, name: &str, cells: impl IntoIterator<Item = String>) {
        self.row_of_class("", name, cells);
    }

    /// Adds a row of a kind that the style sheet knows.
    pub fn row_of_class(&mut self, class: &str, name: &str, cells: impl IntoIterator<Item = String>) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let _ = write!(self.0, "<tr{class}><th scope=\"row\">{name}</th>");
        for cell in cells {
            let _ = write!(self.0, "<td>{cell}</td>");
        }
        self.0.push_str("</tr>");
    }

    /// The table whole.
    pub fn end(mut self) -> String {
        self.0.push_str("</tbody></table></div>\n");
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_denies_nothing() {
        assert_eq!(percent(0, 0), "–");
        assert_eq!(percent(0, 9), "0.0 %");
        assert_eq!(percent(1, 9999), "&lt; 0.1 %");
        assert_eq!(percent(9998, 9999), "&gt; 99.9 %");
        assert_eq!(percent(9, 9), "100.0 %");
        assert_eq!(fraction(1, 0), 0.0);
    }
}

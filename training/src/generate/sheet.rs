//! A page in the making: its labelled lines, and how they are set apart.
//!
//! Where a line stands below another is decided when it is written, whether a blank line goes between when the page is
//! set: the same lines are a page of an extractor (blank lines between paragraphs), of a layout-aware render (menus
//! tight, paragraphs apart) or of one that knows no blank lines at all.

use dehusk::document::{Label, Side};
use dehusk::label::Zone;

use super::{Generated, text};

/// How the lines of a page are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spacing {
    /// A blank line between any two lines.
    Apart,
    /// A blank line except where lines belong together.
    Grouped,
    /// No blank line.
    Tight,
}

/// How a line follows the one above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// As a paragraph of its own.
    Blank,
    /// Right below it.
    None,
}

#[derive(Debug)]
struct Line {
    zone: Zone,
    label: Label,
    text: String,
    gap: Gap,
}

/// The lines of a page.
#[derive(Debug)]
pub struct Sheet {
    lines: Vec<Line>,
    zone: Zone,
    /// Whether headings carry hashes.
    marks: bool,
}

impl Sheet {
    /// An empty page. `marks`: whether its headings carry hashes.
    pub fn new(marks: bool) -> Self {
        Self { lines: Vec::new(), zone: Zone::Head, marks }
    }

    /// The zone that the next lines are in.
    pub fn enter(&mut self, zone: Zone) {
        self.zone = zone;
    }

    /// Writes a line; nothing where the text is blank.
    pub fn line(&mut self, label: Label, gap: Gap, line: &str) {
        let is_verbatim = matches!(label, Label::Code | Label::TableRow);
        let text = if is_verbatim { line.trim_end().to_owned() } else { text::folded(line) };
        // What opens another part of the page stands apart.
        let opens = self.lines.last().is_some_and(|last| last.zone != self.zone);
        let gap = if opens { Gap::Blank } else { gap };
        if !text.trim().is_empty() {
            self.lines.push(Line { zone: self.zone, label, text, gap });
        }
    }

    /// Writes a line as a paragraph of its own.
    pub fn paragraph(&mut self, label: Label, line: &str) {
        self.line(label, Gap::Blank, line);
    }

    /// Writes a heading, with as many hashes as its level where the page has them.
    pub fn heading(&mut self, label: Label, gap: Gap, level: usize, line: &str) {
        if self.marks {
            self.line(label, gap, &format!("{} {line}", "#".repeat(level)));
        } else {
            self.line(label, gap, line);
        }
    }

    /// Takes back titles, dates and bylines: whether they are main text, people do not agree.
    pub fn drop_lifted(&mut self) {
        self.lines.retain(|line| line.label.side() != Side::Lifted);
    }

    /// The page. `wide`: after each so many lines there is one blank line more, 0 for never.
    pub fn set(self, spacing: Spacing, wide: usize) -> Generated {
        let mut text = String::new();
        for (i, line) in self.lines.iter().enumerate() {
            let gap = match spacing {
                Spacing::Apart if line.label == Label::Code => line.gap,
                Spacing::Apart => Gap::Blank,
                Spacing::Grouped => line.gap,
                Spacing::Tight => Gap::None,
            };
            if i > 0 && gap == Gap::Blank {
                text.push('\n');
                if wide > 0 && i % wide == 0 {
                    text.push('\n');
                }
            }
            text.push_str(&line.text);
            text.push('\n');
        }
        Generated { text, lines: self.lines.iter().map(|line| (line.zone, line.label)).collect() }
    }
}

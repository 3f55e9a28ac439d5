//! Real articles to generate pages from, and how one becomes lines.
//!
//! The people who marked main text mostly left titles out, so a title is looked for on the page: the line above the
//! article whose words the article takes up. It is wrong where that line is a heading or a teaser of the same matter,
//! which for a generated page makes no difference.

use std::collections::HashSet;

use dehusk::document::Label;
use dehusk::label::date;

use super::pen::Pen;
use super::phrases::Kind;
use super::text;
use crate::data::{Page, name};

/// A real article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// The name of its page in every render.
    pub page: String,
    /// Its title, where the page shows one.
    pub title: Option<String>,
    /// Its lines, headings and list items among them.
    pub paragraphs: Vec<String>,
}

/// Bytes from which a line is prose.
const PROSE: usize = 120;
/// Lines above the article where its title is looked for.
const TITLE_SEARCH: usize = 12;
/// Lines after which an article is cut: a longer one teaches nothing new.
const MOST_PARAGRAPHS: usize = 80;

/// The articles of those pages that have one: at least three paragraphs, most of it prose. Each page counts in one
/// render only.
pub fn articles(pages: &[Page]) -> Vec<Article> {
    pages.iter().filter(|page| page.render == "wet").filter_map(article_of).collect()
}

fn article_of(page: &Page) -> Option<Article> {
    let lines = page.gold.lines().map(str::trim).filter(|line| !line.is_empty());
    // Dates are no text of an article, and many of them are a forum's.
    let (dates, lines): (Vec<&str>, Vec<&str>) = lines.partition(|line| is_date(line));
    if dates.len() > 3 {
        return None;
    }
    let lines = lines.into_iter();
    let mut paragraphs: Vec<String> = lines.take(MOST_PARAGRAPHS).map(str::to_owned).collect();
    let title = title_of(page, &paragraphs);
    if paragraphs.first() == title.as_ref() {
        paragraphs.remove(0);
    }
    // Above the first sentence stand kickers and names, which are labelled as furniture elsewhere.
    let opening = paragraphs.iter().position(|line| line.len() >= PROSE || text::ends_sentence(line))?;
    paragraphs.drain(..opening);
    let (mut prose, mut all, mut count) = (0, 0, 0);
    for line in &paragraphs {
        all += line.len();
        if is_prose(line) {
            prose += line.len();
            count += 1;
        }
    }
    (paragraphs.len() >= 3 && count >= 2 && 10 * prose >= 7 * all).then(|| Article {
        page: name(page).to_owned(),
        title,
        paragraphs,
    })
}

fn is_date(line: &str) -> bool {
    date::find(line).is_some_and(|date| date.share_of_line >= 0.7) || date::is_relative(line)
}

fn is_prose(line: &str) -> bool {
    line.len() >= PROSE && kind_of(line) == Label::Body
}

fn title_of(page: &Page, paragraphs: &[String]) -> Option<String> {
    let words = |line: &str| -> Vec<String> {
        let words = line.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() >= 4);
        words.map(str::to_lowercase).collect()
    };
    let is_title = |line: &str| {
        (15..=150).contains(&line.len())
            && line.matches(',').count() < 3
            && !line.ends_with(['.', ':', ',', '…'])
            && kind_of(line) == Label::Body
    };
    let lines: Vec<&str> = page.text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let opening = paragraphs.iter().find(|p| is_prose(p))?;
    let start = lines.iter().position(|line| line == opening);
    let known: HashSet<String> =
        paragraphs.iter().take(12).filter(|p| is_prose(p)).flat_map(|p| words(p)).collect();
    let above = start.map_or(&[][..], |start| &lines[start.saturating_sub(TITLE_SEARCH)..start]);
    let share = |line: &str| {
        let words = words(line);
        let taken_up = words.iter().filter(|w| known.contains(*w)).count();
        if words.len() >= 3 { 100 * taken_up / words.len() } else { 0 }
    };
    // Of equals the longest; a page that repeats its title has it twice.
    let best = above.iter().filter(|line| is_title(line)).map(|line| (share(line), line.len(), line)).max();
    let found = best.filter(|(share, ..)| *share >= 60).map(|(.., line)| (*line).to_owned());
    found.or_else(|| paragraphs.first().filter(|line| is_title(line)).cloned())
}

/// What a line of an article is by its own looks.
fn kind_of(line: &str) -> Label {
    let after_number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered =
        after_number.len() < line.len() && (after_number.starts_with(". ") || after_number.starts_with(") "));
    if is_numbered || ["- ", "* ", "• "].iter().any(|bullet| line.starts_with(bullet)) {
        Label::ListItem
    } else if looks_like_code(line) {
        Label::Code
    } else if line.starts_with('>') {
        Label::Quote
    } else if line.contains('\t') || line.matches(" | ").count() >= 2 {
        Label::TableRow
    } else {
        Label::Body
    }
}

/// Braces and statements: lists of prose end their items with a semicolon too, but hold no call or assignment.
fn looks_like_code(line: &str) -> bool {
    line.ends_with(['{', '}']) || (line.ends_with(';') && line.contains(['(', '='])) || line.starts_with("</")
}

/// What the lines of an article are: a short line above a longer one or above a list is a heading.
pub fn kinds(lines: &[String]) -> Vec<Label> {
    let is_heading = |i: usize| {
        let line = &lines[i];
        let ends_open = line.ends_with('?') || !(text::ends_sentence(line) || line.ends_with([',', ';']));
        let below = lines.get(i + 1).map(|next| (kind_of(next), next.len()));
        line.len() <= 90
            && ends_open
            && text::sentences(line).len() == 1
            && match below {
                Some((Label::ListItem, _)) => !line.ends_with(':'),
                Some((_, length)) => length > line.len() && length >= 60,
                None => false,
            }
    };
    let kind = |(i, line): (usize, &String)| match kind_of(line) {
        Label::Body if is_heading(i) => Label::Heading,
        kind => kind,
    };
    lines.iter().enumerate().map(kind).collect()
}

/// The article's lines on a page: from its beginning, a random length of it, now and then with a heading, a list, a
/// quotation, code or a table that it did not have.
pub fn body(pen: &mut Pen) -> Vec<(Label, String)> {
    let all = &pen.article().paragraphs;
    let most = match pen.random.below(10) {
        0..=1 => pen.random.between(1, 3),
        2..=5 => pen.random.between(3, 8),
        _ => pen.random.between(6, 28),
    };
    // Not to end on a heading, nor with a colon.
    let mut count = most.min(all.len());
    while count < all.len() && !is_prose(&all[count - 1]) {
        count += 1;
    }
    let lines = &all[..count];
    let kinds = kinds(lines);
    let has_headings = kinds.contains(&Label::Heading);
    let adds_headings = !has_headings && count >= 4 && pen.random.chance(25);
    let mut body = Vec::with_capacity(count + 8);
    for (i, (line, kind)) in lines.iter().zip(kinds).enumerate() {
        if adds_headings && i > 0 && pen.random.chance(30) {
            body.push((Label::Heading, heading(pen)));
        }
        body.push((kind, line.clone()));
        if kind == Label::Body && is_prose(line) && pen.random.chance(4) {
            addition(pen, &mut body);
        }
    }
    body
}

fn heading(pen: &mut Pen) -> String {
    match pen.random.below(10) {
        0 => pen.say(Kind::Decoy),
        1..=4 => pen.say(Kind::Heading),
        5 => format!("{}?", text::clause(&pen.sentence(true), 5)),
        _ => {
            let words = pen.random.between(2, 8);
            text::clause(&pen.sentence(true), words)
        }
    }
}

fn addition(pen: &mut Pen, body: &mut Vec<(Label, String)>) {
    match pen.random.below(12) {
        0..=4 => {
            let bullet = *pen.random.pick(&["- ", "- ", "* ", "• ", "– ", "1"]);
            let mut sentences: Vec<String> =
                (0..pen.random.between(2, 7)).map(|_| pen.sentence(true)).collect();
            sentences.sort_unstable();
            sentences.dedup();
            for (i, sentence) in sentences.into_iter().enumerate() {
                let words = pen.random.between(3, 14);
                let text = if pen.random.chance(40) { sentence } else { text::clause(&sentence, words) };
                let mark = if bullet == "1" { format!("{}. ", i + 1) } else { bullet.to_owned() };
                body.push((Label::ListItem, format!("{mark}{text}")));
            }
        }
        5..=6 => {
            body.push((Label::Quote, format!("> {}", pen.sentence(true))));
        }
        7..=8 => code(pen, body),
        9..=10 => table(pen, body),
        _ => body.push((Label::Body, pen.say(Kind::Mention))),
    }
}

const SNIPPETS: &[&[&str]] = &[
    &["def total(rows):", "    return sum(row.price for row in rows)", "print(total(load()))"],
    &["for (let i = 0; i < items.length; i++) {", "  render(items[i]);", "}"],
    &["$ cargo build --release", "$ ./target/release/demo --input data.csv"],
    &["<ul class=\"list\">", "  <li>{{ item.name }}</li>", "</ul>"],
    &["SELECT name, count(*) FROM visits", "WHERE day > '2020-01-01'", "GROUP BY name;"],
    &["fn main() {", "    let n = 42;", "    println!(\"{n}\");", "}"],
    &["server:", "  port: 8080", "  hosts: [\"a\", \"b\"]"],
    &[
        "import os",
        "",
        "path = os.path.join(root, 'data')",
        "if not os.path.exists(path):",
        "    os.makedirs(path)",
    ],
];

fn code(pen: &mut Pen, body: &mut Vec<(Label, String)>) {
    let snippet = *pen.random.pick(SNIPPETS);
    let (fenced, indent) = (pen.random.chance(40), if pen.random.chance(50) { "    " } else { "" });
    let mut lines: Vec<String> = Vec::new();
    if fenced {
        lines.push("```".to_owned());
    }
    lines.extend(snippet.iter().map(|line| format!("{indent}{line}")));
    if fenced {
        lines.push("```".to_owned());
    }
    body.extend(lines.into_iter().map(|line| (Label::Code, line)));
}

fn table(pen: &mut Pen, body: &mut Vec<(Label, String)>) {
    let columns = pen.random.between(2, 5);
    let style = pen.random.below(3);
    for _ in 0..pen.random.between(2, 8) {
        let mut cells = vec![pen.word()];
        cells.extend((1..columns).map(|_| if pen.random.chance(80) { pen.number() } else { pen.word() }));
        let row = match style {
            0 => cells.join("\t"),
            1 => format!("| {} |", cells.join(" | ")),
            _ => cells.join(" | "),
        };
        body.push((Label::TableRow, row));
    }
}

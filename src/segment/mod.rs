//! segment: a document's text to blocks with byte spans.
//!
//! Every byte that is not white space lies in exactly one block, in order; a block starts and ends with a character
//! that is not white space and holds no blank line. The last point is what makes cleaning idempotent: kept blocks are
//! joined by blank lines, so no block can be split by them when its text is read again.
//!
//! A line is a block of its own unless something joins it to the one before: a paragraph wrapped by hand (`wrap`),
//! the hanging second line of a list item, an underline below its heading, neighbouring lines of one quotation or one
//! piece of code. Lines that merely follow each other, as title, date and caption do, stay apart.

mod ending;
mod lines;
mod sentences;
mod shape;
mod wrap;

use crate::document::{Block, Shape};
pub use ending::Ending;
use lines::Line;
pub use lines::has_blank_line;
pub use sentences::for_each_sentence_start;
use wrap::Measure;

/// Columns of indent that make a line code where it also looks like code.
const CODE_INDENT: usize = 4;

/// Splits a text into blocks.
#[must_use]
pub fn segment(text: &str) -> Vec<Block> {
    let lines = lines::lines(text);
    let shapes = shapes(text, &lines);
    // A line between blank lines is joined to none, and need not be measured.
    let touches = |i: usize| lines.get(i).is_some_and(|line: &Line| !line.after_blank);
    let measure = |i: usize| Measure::of(lines[i].span.of(text));
    let measures: Vec<_> = (0..lines.len())
        .map(|i| if touches(i) || touches(i + 1) { measure(i) } else { Measure::default() })
        .collect();
    let width = wrap::width((1..lines.len()).filter(|&i| may_wrap(&lines, &shapes, i)).map(|i| {
        let quoted =
            |i: usize| if shapes[i] == Shape::Quote { unquoted(&lines[i], text) } else { measures[i] };
        (quoted(i - 1), quoted(i))
    }));

    let mut blocks: Vec<Block> = Vec::with_capacity(lines.len());
    let mut first = 0; // the line that opened the last block
    for (i, line) in lines.iter().enumerate() {
        let joins = i > 0
            && !line.after_blank
            && match (shapes[first], shapes[i]) {
                (Shape::Quote, Shape::Quote) | (Shape::Code, Shape::Code) => true,
                (Shape::Quote, Shape::Rule) => line.span.of(text).starts_with('>'),
                (Shape::Text | Shape::Heading, Shape::Rule) => {
                    i == first + 1 && shape::is_underline(line.span.of(text))
                }
                (Shape::Text, Shape::Text) => width.is_some_and(|w| {
                    line.indent <= lines[i - 1].indent && wrap::is_forced(&measures[i - 1], &measures[i], w)
                }),
                (Shape::ListItem, Shape::Text) => {
                    line.indent > lines[first].indent
                        || width.is_some_and(|w| wrap::is_forced(&measures[i - 1], &measures[i], w))
                }
                _ => false,
            };
        if joins {
            let block = blocks.last_mut().expect("a line joins the block before it");
            block.span.end = line.span.end;
            if shapes[i] == Shape::Rule && block.shape == Shape::Text {
                block.shape = Shape::Heading;
            }
        } else {
            first = i;
            blocks.push(Block { span: line.span, shape: shapes[i], after_blank: line.after_blank });
        }
    }
    blocks
}

/// Whether line `i` could continue the one before it in a wrapped paragraph.
fn may_wrap(lines: &[Line], shapes: &[Shape], i: usize) -> bool {
    !lines[i].after_blank
        && matches!(
            (shapes[i - 1], shapes[i]),
            (Shape::Text | Shape::ListItem, Shape::Text) | (Shape::Quote, Shape::Quote)
        )
}

fn unquoted(line: &Line, text: &str) -> Measure {
    Measure::of(line.span.of(text).trim_start_matches(['>', ' ']))
}

/// The shape of each line, seen with its neighbours: code and tables need two lines that agree.
fn shapes(text: &str, lines: &[Line]) -> Vec<Shape> {
    let of = |i: usize| lines[i].span.of(text);
    let mut shapes: Vec<_> = lines.iter().map(|l| shape::of_line(l.span.of(text))).collect();
    let counts: Vec<_> = lines.iter().map(|l| shape::Counts::of(l.span.of(text))).collect();
    let code: Vec<_> = (0..lines.len()).map(|i| shape::is_code_like(of(i), counts[i])).collect();
    let cells: Vec<_> = (0..lines.len()).map(|i| shape::cells(of(i), counts[i])).collect();
    let fences: Vec<_> = (0..lines.len()).filter(|&i| shape::is_fence(of(i))).collect();
    for pair in fences.chunks_exact(2) {
        shapes[pair[0]..=pair[1]].fill(Shape::Code);
    }
    for i in 0..lines.len() {
        let beside = |j: usize| i.abs_diff(j) == 1 && !lines[i.max(j)].after_blank;
        let neighbour = |holds: &dyn Fn(usize) -> bool| {
            (i > 0 && beside(i - 1) && holds(i - 1)) || (i + 1 < lines.len() && beside(i + 1) && holds(i + 1))
        };
        if code[i]
            && shapes[i] != Shape::TableRow
            && (lines[i].indent >= CODE_INDENT || neighbour(&|j| code[j]))
        {
            shapes[i] = Shape::Code;
        } else if matches!(shapes[i], Shape::Text | Shape::Rule) {
            let in_table = |j: usize| cells[j] == cells[i] && (cells[i] > 2 || of(j).contains('\t'));
            if cells[i] > 1 && in_table(i) && neighbour(&in_table) {
                shapes[i] = Shape::TableRow;
            }
        }
    }
    shapes
}

#[cfg(test)]
mod tests;

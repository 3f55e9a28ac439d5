//! Blocks against the rules that every text must keep.

use proptest::prelude::*;

use super::*;

fn shaped(text: &str) -> Vec<(Shape, &str)> {
    segment(text).iter().map(|b| (b.shape, b.span.of(text))).collect()
}

#[test]
fn lines_of_a_page_stay_apart() {
    let text = "A title\n\nCategory status:\nApril 22, 2016 18:34\n\nA paragraph. It goes on.\n\nA title\nA date\nФото: RFRM\n";
    assert_eq!(segment(text).len(), 7);
    assert!(segment(text).iter().all(|b| b.shape == Shape::Text));
}

#[test]
fn wrapped_mail_becomes_paragraphs() {
    let text = "\
Dear all,

the meeting that was announced for Thursday has to be moved to the week
after, since the room is taken by the auditors and nobody could find
another one that holds more than six people at a time.

Please tell me before Monday whether the new date suits you, and bring
the figures of the last quarter with you when you come, printed if that
is possible.

> What about the figures of the quarter before, which were never looked
> at because the meeting was moved then too?

  - the first point, which is long enough that it has to go on in the
    second line of the item
  - the second

Regards
";
    let blocks = shaped(text);
    assert_eq!(blocks.len(), 7, "{blocks:#?}");
    assert!(blocks[1].1.starts_with("the meeting") && blocks[1].1.ends_with("at a time."));
    assert_eq!(blocks[3].0, Shape::Quote);
    assert_eq!(blocks[4].0, Shape::ListItem);
    assert!(blocks[4].1.ends_with("of the item"));
}

#[test]
fn code_tables_and_headings_are_seen() {
    let text = "Intro\n=====\n\n```\nx = 1\n\ny\n```\n\nfor (i = 0; i < n; i++) {\n  f(i);\n}\n\na\tb\nc\td\n\n| k | v |\n|---|---|\n";
    let found = shaped(text);
    let shapes: Vec<_> = found.iter().map(|b| b.0).collect();
    use Shape::*;
    assert_eq!(shapes, [Heading, Code, Code, Code, TableRow, TableRow, TableRow, TableRow], "{found:#?}");
}

#[test]
fn a_menu_between_bars_is_no_table() {
    assert_eq!(shaped("Home | News | Sport")[0].0, Shape::Text);
}

proptest! {
    #[test]
    fn blocks_hold_every_byte_but_white_space(text in "([a-z\\-#>|` .\t0-9\u{85}\u{2028}é中]|\r|\n|\r\n|\n\n){0,200}") {
        let blocks = segment(&text);
        let mut end = 0;
        for block in &blocks {
            prop_assert!(text[end..block.span.start].trim().is_empty());
            let inner = block.span.of(&text);
            prop_assert_eq!(inner.trim(), inner);
            prop_assert!(!inner.is_empty());
            prop_assert!(lines::lines(inner).iter().skip(1).all(|l| !l.after_blank), "no blank line inside");
            end = block.span.end;
        }
        prop_assert!(text[end..].trim().is_empty());
    }
}

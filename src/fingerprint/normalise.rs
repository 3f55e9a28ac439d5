//! The normal form in which texts are compared: NFKC, lower case, one kind of quote, dash and space.
//!
//! Two copies of a paragraph differ in how a publishing system typeset it long before they differ in what it says.
//! The normal form removes exactly that. It is for comparing, never for output. Wrong where typesetting is the
//! content: `x²` and `x2` are one, and so are a hyphen and a minus.

use unicode_normalization::UnicodeNormalization;

use super::characters::{folded, is_digit, is_dropped, unify};

/// Replaces `out` with the normal form of `text`: NFKC, lower-cased, quotes as `'` and `"`, dashes as `-`, each run of
/// white space as one space with none at the ends, characters without width dropped. Applying it twice changes nothing.
pub fn normalise_into(text: &str, out: &mut String) {
    out.clear();
    out.reserve(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        rest = take_ascii(rest, out);
        rest = take_alone(rest, out);
        if rest.chars().next().is_some_and(|c| folded(c).is_none()) {
            rest = take_by_context(text, rest, out);
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
}

/// Appends the ASCII characters at the start of `text`; returns what follows them.
fn take_ascii<'t>(text: &'t str, out: &mut String) -> &'t str {
    let start = out.len();
    let mut after_space = ends_in_space(out);
    let mut copied = 0;
    let mut end = text.len();
    'text: for (n, stretch) in text.as_bytes().chunks(STRETCH).enumerate() {
        if let Some(whole) = stretch.first_chunk()
            && is_plain(whole)
            && !(after_space && whole[0] == b' ')
        {
            after_space = whole[STRETCH - 1] == b' ';
            continue;
        }
        for (i, &byte) in (n * STRETCH..).zip(stretch) {
            let is_space = (byte == b' ') | (byte.wrapping_sub(b'\t') < 5);
            // One rare branch a byte: spaces come too irregularly to be predicted.
            if (is_space & (after_space | (byte != b' '))) | !byte.is_ascii() {
                if !is_space {
                    end = i;
                    break 'text;
                }
                out.push_str(&text[copied..i]);
                if !after_space {
                    out.push(' ');
                }
                copied = i + 1;
            }
            after_space = is_space;
        }
    }
    out.push_str(&text[copied..end]);
    out[start..].make_ascii_lowercase();
    &text[end..]
}

/// Bytes looked at together: the comparisons of a fixed number become a few machine instructions.
const STRETCH: usize = 16;

/// Whether only the case of a stretch can change: it is ASCII, and its white space is single spaces.
fn is_plain(stretch: &[u8; STRETCH]) -> bool {
    let outside = stretch.iter().fold(false, |any, &byte| any | !(b' '..0x80).contains(&byte));
    let pairs = stretch.iter().zip(&stretch[1..]);
    let doubled = pairs.fold(false, |any, (&a, &b)| any | ((a == b' ') & (b == b' ')));
    !outside & !doubled
}

/// Appends the other characters at the start of `text` as long as each has a normal form of its own; returns what
/// follows them.
fn take_alone<'t>(text: &'t str, out: &mut String) -> &'t str {
    let mut characters = text.chars();
    loop {
        let rest = characters.as_str();
        match characters.next().filter(|c| !c.is_ascii()).and_then(folded) {
            Some(c) => push(c, out),
            None => return rest,
        }
    }
}

/// Appends the characters at the start of `rest` whose normal form depends on their neighbours; returns what follows
/// them. The character before them, already in `out`, is taken back first: a mark may combine with it. `rest` is the
/// end of `text`.
fn take_by_context<'t>(text: &'t str, rest: &'t str, out: &mut String) -> &'t str {
    let mut start = text.len() - rest.len();
    if let Some(before) = text[..start].chars().next_back().filter(|c| !c.is_whitespace()) {
        out.pop();
        start -= before.len_utf8();
    }
    let length = rest.find(|c| folded(c).is_some()).unwrap_or(rest.len());
    let (stretch, following) = (&text[start..text.len() - rest.len() + length], &rest[length..]);
    // Lower-casing can bring two characters together that compose (H has no form with a line below, h has).
    let lower = stretch.chars().filter(|&c| !is_dropped(c)).nfkc().flat_map(char::to_lowercase);
    lower.nfkc().for_each(|c| push(unify(c), out));
    following
}

fn push(c: char, out: &mut String) {
    if c != ' ' || !ends_in_space(out) {
        out.push(c);
    }
}

fn ends_in_space(out: &str) -> bool {
    out.is_empty() || out.ends_with(' ')
}

/// Replaces `out` with `normalised` in which every run of decimal digits of any script is one `0`. Returns whether
/// there was any; if not, `out` is left empty, since it would equal `normalised`.
pub fn mask_digits_into(normalised: &str, out: &mut String) -> bool {
    out.clear();
    let mut rest = normalised;
    while let Some(start) = find_digit(rest) {
        out.push_str(&rest[..start]);
        out.push('0');
        rest = rest[start..].trim_start_matches(is_digit);
    }
    let is_masked = rest.len() < normalised.len();
    if is_masked {
        out.push_str(rest);
    }
    is_masked
}

fn find_digit(text: &str) -> Option<usize> {
    let found = text.bytes().position(|byte| byte.is_ascii_digit() || byte >= 0x80)?;
    if text.as_bytes()[found].is_ascii() {
        Some(found)
    } else {
        text[found..].find(is_digit).map(|i| found + i)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn normalised(text: &str) -> String {
        let mut out = "left over".to_owned();
        normalise_into(text, &mut out);
        out
    }

    /// The definition, applied to the whole text at once.
    fn slow(text: &str) -> String {
        let kept: String = text.chars().filter(|&c| !is_dropped(c)).collect();
        let lower: String = kept.nfkc().flat_map(char::to_lowercase).collect();
        let unified: String = lower.nfkc().map(unify).collect();
        unified.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn removes_what_typesetting_adds() {
        for (text, expected) in [
            ("  Two\t\r\n\u{A0}words ", "two words"),
            ("“Don’t” — «он» ‐ −1", "\"don't\" - \"он\" - -1"),
            ("ﬁne Ｆｕｌｌ x²", "fine full x2"),
            ("Zu\u{AD}cker\u{200B}\u{FEFF}", "zucker"),
            ("e\u{301} E\u{200D}\u{301} Й И\u{306}", "é é й й"),
            ("H\u{331}", "\u{1E96}"),
            ("ΟΔΟΣ οδός İ", "οδοσ οδόσ i\u{307}"),
            ("한글 \u{1112}\u{1161}\u{11AB}", "한글 한"),
            ("ｶﾞ", "ガ"),
            ("a´", "a \u{301}"),
            (" \u{2003}\u{200B} ", ""),
            ("😀 \u{1D400}b", "😀 ab"),
        ] {
            assert_eq!(normalised(text), expected, "{text:?}");
        }
    }

    #[test]
    fn every_character_alone_and_after_a_letter_is_as_defined_and_stays() {
        for c in '\0'..=char::MAX {
            for text in [c.to_string(), format!("H{c}x")] {
                let once = normalised(&text);
                assert_eq!(once, slow(&text), "{text:?}");
                assert_eq!(once, normalised(&once), "{text:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn is_as_defined_and_idempotent(text in "(\\PC|[a-zA-Z \\t\\n‘’—\u{300}-\u{340}\u{AD}\u{200B}´\u{1100}-\u{11FF}가-갹ﾞﾟカﾊ]){0,24}") {
            let once = normalised(&text);
            prop_assert_eq!(&once, &slow(&text));
            prop_assert_eq!(&once, &normalised(&once));
        }
    }

    #[test]
    fn a_run_of_digits_of_any_script_is_one_zero() {
        let mut out = String::new();
        assert!(mask_digits_into("page 12 of 1,234 ١٢٣ x9", &mut out));
        assert_eq!(out, "page 0 of 0,0 0 x0");
        assert!(mask_digits_into("0", &mut out));
        assert_eq!(out, "0");
        assert!(!mask_digits_into("нет цифр ½ ⅷ", &mut out));
        assert_eq!(out, "");
    }
}

//! The normal form in which texts are compared: NFKC, lower case, one kind of quote, dash and space.
//!
//! Two copies of a paragraph differ in how a publishing system typeset it long before they differ in what it says.
//! The normal form removes exactly that. It is for comparing, never for output. Wrong where typesetting is the
//! content: `x²` and `x2` are one, and so are a hyphen and a minus.

use unicode_normalization::UnicodeNormalization;

use super::characters::{Folds, is_digit, is_dropped, unify};
use super::pieces::{PIECE, Pieces, highest_bits, within};

/// Replaces `out` with the normal form of `text`: NFKC, lower-cased, quotes as `'` and `"`, dashes as `-`, each run of
/// white space as one space with none at the ends, characters without width dropped. Applying it twice changes nothing.
///
/// Nearly all of a text is its own normal form up to the case of ASCII. So it is copied in long stretches, and the case of
/// all of them is changed at the end.
pub fn normalise_into(text: &str, out: &mut String) {
    out.clear();
    out.reserve(text.len());
    let pieces = Pieces::of(text);
    let mut at = 0;
    let mut copied = 0; // from here to `at` nothing changes but case
    let mut after_space = true;
    loop {
        (at, after_space) = skip_plain(&pieces, at, text.len(), after_space);
        let Some(&byte) = text.as_bytes().get(at) else { break };
        if byte.is_ascii() {
            // A space behind a space, or a control character.
            let is_space = matches!(byte, b' ' | b'\t'..=b'\r');
            if is_space {
                out.push_str(&text[copied..at]);
                if !after_space {
                    out.push(' ');
                }
                copied = at + 1;
            }
            after_space = is_space;
            at += 1;
            continue;
        }
        let folds = Folds::get();
        while let Some(c) = text[at..].chars().next() {
            let next = at + c.len_utf8();
            if c.is_ascii() {
                // Going on costs less than starting anew for the space between two words of other scripts.
                let is_single = text.as_bytes().get(next).is_some_and(|byte| !byte.is_ascii());
                if !is_single || c < ' ' || c == ' ' && after_space {
                    break;
                }
                after_space = c == ' ';
                at = next;
                continue;
            }
            let folded = folds.of(c);
            if folded == Some(c) {
                after_space = false;
                at = next;
                continue;
            }
            out.push_str(&text[copied..at]);
            match folded {
                Some(c) => {
                    if c != ' ' || !after_space {
                        out.push(c);
                    }
                    after_space = c == ' ';
                    at = next;
                }
                None => {
                    at = take_by_context(text, at, out);
                    after_space = ends_in_space(out);
                }
            }
            copied = at;
        }
    }
    out.push_str(&text[copied..]);
    if out.ends_with(' ') {
        out.pop();
    }
    out.make_ascii_lowercase();
}

/// Goes from `at` to the first byte that is not plain: outside ASCII, a control character, or a space behind a space.
/// Returns also whether it is behind a space.
fn skip_plain(pieces: &Pieces, mut at: usize, end: usize, mut after_space: bool) -> (usize, bool) {
    while at < end {
        let piece = pieces.at(at);
        let spaces = highest_bits(piece, |bytes| within(bytes, b' ', b' '));
        let other = highest_bits(piece, |bytes| !within(bytes, b' ', 0x7f));
        let behind_spaces = spaces << 8 | u128::from(after_space) << 7;
        // Behind the end of the text stand zeros, which are control characters.
        let stops = other | spaces & behind_spaces;
        if stops != 0 {
            let plain = stops.trailing_zeros() / 8;
            return (at + plain as usize, behind_spaces >> (8 * plain + 7) & 1 == 1);
        }
        after_space = spaces >> 127 == 1;
        at += PIECE;
    }
    (at.min(end), after_space)
}

/// Appends the characters at the start of `text[at..]` whose normal form depends on their neighbours; returns where the
/// others go on. The character before them, already in `out`, is taken back first: a mark may combine with it.
fn take_by_context(text: &str, at: usize, out: &mut String) -> usize {
    let mut start = at;
    if let Some(before) = text[..at].chars().next_back().filter(|c| !c.is_whitespace()) {
        out.pop();
        start -= before.len_utf8();
    }
    let folds = Folds::get();
    let end = text[at..].find(|c| folds.of(c).is_some()).map_or(text.len(), |length| at + length);
    // Lower-casing can bring two characters together that compose (H has no form with a line below, h has).
    let lower = text[start..end].chars().filter(|&c| !is_dropped(c)).nfkc().flat_map(char::to_lowercase);
    for c in lower.nfkc().map(unify) {
        if c != ' ' || !ends_in_space(out) {
            out.push(c);
        }
    }
    end
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
        fn is_as_defined_and_idempotent(text in "([a-zA-Z. ]{0,20}[ \\t\\x00\\x1f\\x7fЙюЯ\u{A0}«ｶ\u{2019}\u{301}]{1,3}){0,9}|(\\PC|[a-zA-Z \\t\\n‘’—\u{300}-\u{340}\u{AD}\u{200B}´\u{1100}-\u{11FF}가-갹ﾞﾟカﾊ]){0,24}") {
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

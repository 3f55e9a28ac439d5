//! Text that was encoded twice: UTF-8 read as Windows-1252 or Windows-1251 and written as UTF-8 again ("Ã©" for "é").
//!
//! No list of words is asked. The way back is tried: characters become the bytes that they would be in the old code page, and
//! where these bytes are a character of UTF-8, that is what was meant. By chance this happens too, since capital letters with
//! accents stand before closing quotes: "É”" would be one character. So a pair whose second half is of the kind that follows
//! words counts only on a line where more pairs than single characters would come out of it, and at least two.
//!
//! When it is wrong: one broken character among well-formed ones may be missed, and so is what was encoded by another code
//! page, or three times with characters lost.

use memchr::memchr2_iter;

use crate::document::Span;

/// What Windows-1252 has at 0x80 to 0x9f; five places are empty, and programs put C1 controls there.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// What Windows-1251 has at 0x80 to 0xbf; letters follow.
const WINDOWS_1251: [char; 64] = [
    'Ђ', 'Ѓ', '‚', 'ѓ', '„', '…', '†', '‡', '€', '‰', 'Љ', '‹', 'Њ', 'Ќ', 'Ћ', 'Џ', 'ђ', '‘', '’', '“', '”',
    '•', '–', '—', '\u{98}', '™', 'љ', '›', 'њ', 'ќ', 'ћ', 'џ', '\u{a0}', 'Ў', 'ў', 'Ј', '¤', 'Ґ', '¦', '§',
    'Ё', '©', 'Є', '«', '¬', '\u{ad}', '®', 'Ї', '°', '±', 'І', 'і', 'ґ', 'µ', '¶', '·', 'ё', '№', 'є', '»',
    'ј', 'Ѕ', 'ѕ', 'ї',
];

/// Pairs in a row that make Cyrillic text one that was encoded twice: one or two come out of real words.
const CYRILLIC_RUN: usize = 3;

fn windows_1252(c: char) -> Option<u8> {
    match c {
        '\u{80}'..='\u{ff}' => Some(c as u8),
        _ if c < '\u{152}' => None,
        _ => WINDOWS_1252.iter().position(|known| *known == c).map(|at| 0x80 + at as u8),
    }
}

fn windows_1251(c: char) -> Option<u8> {
    match c {
        'А'..='я' => Some((c as u32 - 'А' as u32) as u8 + 0xc0),
        _ => WINDOWS_1251.iter().position(|known| *known == c).map(|at| 0x80 + at as u8),
    }
}

/// Characters that stand behind a word as a matter of course.
fn follows_words(c: char) -> bool {
    matches!(
        c,
        '\u{a0}'
            | '\u{ad}'
            | '«'
            | '»'
            | '‘'
            | '’'
            | '“'
            | '”'
            | '…'
            | '–'
            | '—'
            | '™'
            | '®'
            | '›'
            | '‹'
            | '•'
    )
}

/// A few characters that are the bytes of one.
struct Pair {
    /// Bytes of the text that they take.
    length: usize,
    /// Whether they cannot stand together for another reason.
    is_certain: bool,
}

/// What `text` begins with, read by a code page.
fn pair(text: &str, byte_of: impl Fn(char) -> Option<u8>) -> Option<Pair> {
    let mut bytes = [0; 4];
    let mut chars = text.chars();
    let first = chars.next()?;
    bytes[0] = byte_of(first)?;
    let wanted = match bytes[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let (mut length, mut is_usual) = (first.len_utf8(), true);
    for byte in &mut bytes[1..wanted] {
        let next = chars.next()?;
        *byte = byte_of(next)?;
        length += next.len_utf8();
        // Units and powers stand behind the letters of some: Å².
        is_usual &= follows_words(next) || (wanted == 2 && first > 'Ã' && !next.is_alphabetic());
    }
    std::str::from_utf8(&bytes[..wanted]).ok()?;
    let is_certain = !is_usual && (wanted > 2 || matches!(first, 'Â' | 'Ã'));
    Some(Pair { length, is_certain })
}

/// Hands out the places of characters that were encoded twice, in order.
pub fn find(text: &str, mut found: impl FnMut(Span)) {
    let bytes = text.as_bytes();
    let (mut done, mut line_end, mut line_counts) = (0, 0, false);
    // The letters that are lead bytes in either code page: U+00C2 to U+00F4, and the Cyrillic Р and С.
    for at in memchr2_iter(0xc3, 0xd0, bytes) {
        if at < done || bytes.get(at + 2).is_none_or(|next| *next < 0x80) {
            continue;
        }
        if bytes[at] == 0xd0 {
            if matches!(bytes[at + 1], 0xa0 | 0xa1)
                && let Some(length) = cyrillic_run(&text[at..])
            {
                done = at + length;
                found(Span::new(at, done));
            }
            continue;
        }
        let Some(Pair { length, is_certain }) = pair(&text[at..], windows_1252) else { continue };
        if !is_certain && at >= line_end {
            let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
            line_end = text[at..].find('\n').map_or(text.len(), |length| at + length);
            line_counts = is_mostly_pairs(&text[start..line_end]);
        }
        if is_certain || line_counts {
            done = at + length;
            found(Span::new(at, done));
        }
    }
}

/// Bytes of the pairs that a text begins with, where they are enough in a row.
fn cyrillic_run(text: &str) -> Option<usize> {
    let (mut length, mut pairs) = (0, 0);
    while let Some(pair) = pair(&text[length..], windows_1251) {
        length += pair.length;
        pairs += 1;
    }
    (pairs >= CYRILLIC_RUN).then_some(length)
}

/// Whether more characters of a line are parts of pairs than are none.
fn is_mostly_pairs(line: &str) -> bool {
    let (mut pairs, mut singles) = (0, 0);
    let mut at = 0;
    while let Some(c) = line[at..].chars().next() {
        if c.is_ascii() {
            at += 1;
        } else if let Some(pair) = pair(&line[at..], windows_1252) {
            pairs += 1;
            at += pair.length;
        } else {
            singles += usize::from(windows_1252(c).is_some());
            at += c.len_utf8();
        }
    }
    pairs > 1 && pairs > singles
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text as it comes out of being read by a code page.
    fn twice(text: &str, char_of: impl Fn(u8) -> char) -> String {
        text.bytes().map(|byte| if byte < 0x80 { byte as char } else { char_of(byte) }).collect()
    }

    fn by_1252(byte: u8) -> char {
        if byte < 0xa0 { WINDOWS_1252[usize::from(byte - 0x80)] } else { byte as char }
    }

    fn by_1251(byte: u8) -> char {
        match byte {
            ..0xc0 => WINDOWS_1251[usize::from(byte - 0x80)],
            _ => char::from_u32('А' as u32 + u32::from(byte - 0xc0)).unwrap(),
        }
    }

    fn count(text: &str) -> usize {
        let mut spans = Vec::new();
        find(text, |span| spans.push(span));
        assert!(spans.iter().all(|span| text.get(span.start..span.end).is_some()));
        assert!(spans.is_sorted_by(|a, b| a.end <= b.start));
        spans.len()
    }

    const GOOD: [&str; 16] = [
        "« Ça, c’est là\u{a0}», dit-elle. À bientôt…",
        "“LIBERTÉ” et «\u{a0}ÉGALITÉ\u{a0}»",
        "NÃO HÁ IRMÃ” disse.",
        "Die Straße – „über“ Größe: 5 Å² und 3 Å.",
        "Łódź, żółć, źdźbło",
        "¿Qué pasó? ¡Él salió! El 20 % más.",
        "Привет, мир. СССР: «Россия…» РФ",
        "Рівне, СІРІ, Ґудзик",
        "日本語の文章。「はい」",
        "한국어 문장입니다.",
        "नमस्ते दुनिया",
        "Tiếng Việt có dấu: Ấn Độ, Ế, Ữ",
        "مرحبا بالعالم",
        "Café™ and É® 30 °C ± 2 — “fiancé’s”",
        "Sørensen, Århus, Ørsted’s law; Æ–Å",
        "ÎLE-DE-FRANCE, “FORÊT”, ‘À’",
    ];

    #[test]
    fn good_text_in_many_languages_has_none() {
        for text in GOOD {
            assert_eq!(count(text), 0, "{text}");
        }
    }

    #[test]
    fn the_same_text_encoded_twice_is_found() {
        for text in GOOD {
            let broken = twice(text, by_1252);
            assert!(count(&broken) > 0, "{text}: {broken}");
            let latin1 = twice(text, |byte| byte as char);
            assert!(count(&latin1) > 0, "{text}: {latin1}");
        }
        for text in [GOOD[6], GOOD[7]] {
            assert!(count(&twice(text, by_1251)) > 0, "{text}");
        }
    }

    #[test]
    fn one_broken_character_is_enough_where_it_is_certain() {
        for text in ["The cafÃ© is open.", "It isnâ€™t — “really”.", "10 Â£", "naïve ÃŸ", "fun ðŸ˜€ “there”"]
        {
            assert_eq!(count(text), 1, "{text}");
        }
        assert_eq!(count(""), 0);
        assert_eq!(count("Ã"), 0);
        assert_eq!(count("â€"), 0);
    }
}

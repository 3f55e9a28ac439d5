//! Where one sentence of a paragraph ends and the next surely begins, in any script.
//!
//! It is for cutting, so it would rather miss a border than see one: a full stop must be followed by white space and by a
//! letter that is no small one, and what stands before it must look like the last word of a sentence and not like an
//! abbreviation ("U.S. Army", "Dr. Who", "e.g. This", "No. 5"). Inside brackets and quotation marks nothing ends. No list of
//! abbreviations is kept, since each language has its own: short words and those with a dot or without enough letters are
//! left alone instead.
//!
//! When it is wrong: a long abbreviation before a capital ("Massachus. The") is cut at. Thai and its neighbours write no
//! full stops, so their paragraphs are one sentence.

/// Full stops of scripts without spaces: nothing need follow them.
fn is_wide_stop(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '｡')
}

/// Marks that can end a sentence where white space follows.
fn is_stop(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '।' | '॥' | '۔' | '؟')
}

/// The mark that closes what this one opens. Straight quotes close what they open.
fn closing(c: char) -> Option<char> {
    Some(match c {
        '(' => ')',
        '[' => ']',
        '{' => '}',
        '（' => '）',
        '【' => '】',
        '《' => '》',
        '「' => '」',
        '『' => '』',
        '“' => '”',
        '„' => '“',
        '«' => '»',
        '»' => '«',
        '"' => '"',
        _ => return None,
    })
}

/// What stands open, by the marks that will close it: the first [`DEEPEST`] of it. What stands deeper is no sentence.
#[derive(Default)]
struct Open(Vec<char>);

/// Marks that stand open at the same time in anything that people write.
const DEEPEST: usize = 16;

impl Open {
    /// Takes a character in; says whether it closed something.
    fn take(&mut self, c: char) -> bool {
        // „ is closed by “ in one language and by ” in another.
        let closes = |expected: &char| *expected == c || *expected == '“' && c == '”';
        if let Some(at) = self.0.iter().rposition(closes) {
            self.0.truncate(at);
            return true;
        }
        if self.0.len() < DEEPEST {
            self.0.extend(closing(c));
        }
        false
    }
}

/// Calls `f` with the byte at which each sentence of a paragraph begins, after the first. White space before it belongs to
/// neither.
pub fn for_each_sentence_start(text: &str, mut f: impl FnMut(usize)) {
    let mut open = Open::default();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let stop = at;
        at += c.len_utf8();
        if !is_stop(c) && !is_wide_stop(c) {
            open.take(c);
            continue;
        }
        let mut stops = 1;
        while let Some(c) = text[at..].chars().next().filter(|&c| is_stop(c) || is_wide_stop(c)) {
            at += c.len_utf8();
            stops += 1;
        }
        let mut closers = 0;
        loop {
            let Some(c) = text[at..].chars().next() else { return };
            let is_closer = match c {
                '’' | '\'' | '*' | '_' => !text[at..].starts_with(char::is_whitespace),
                c => closing(c).is_none_or(|_| open.0.contains(&c)) && open.take(c),
            };
            if !is_closer {
                break;
            }
            closers += 1;
            at += c.len_utf8();
        }
        let rest = &text[at..];
        let next = rest.trim_start();
        let is_spaced = next.len() < rest.len();
        let ends = open.0.is_empty()
            && !next.is_empty()
            && if is_wide_stop(c) {
                closers == 0 || is_spaced
            } else {
                is_spaced
                    && begins_sentence(next)
                    && match c {
                        '.' => stops == 1 && ends_sentence(&text[..stop]),
                        // “Is it?” somebody asks.
                        _ => closers == 0,
                    }
            };
        if ends {
            f(text.len() - next.len());
        }
    }
}

/// Whether a sentence can begin here, behind a full stop: with a letter that is no small one, in quotes or not.
fn begins_sentence(text: &str) -> bool {
    /// Marks that may stand before it. A page of marks is not read to its end at each of them.
    const MARKS: usize = 3;
    let first = text.chars().take(MARKS + 1).find(|&c| c.is_alphanumeric());
    first.is_some_and(|c| c.is_alphabetic() && !c.is_lowercase())
}

/// Whether the word before a full stop is long enough to be no abbreviation. A capital asks for more letters: titles and
/// months are shortened to four or five.
fn ends_sentence(text: &str) -> bool {
    const SMALL: usize = 4;
    const CAPITAL: usize = 6;
    const DIGITS: usize = 4;
    let token = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    let word = token.trim_end_matches(|c: char| !c.is_alphanumeric());
    if word.len() < token.len() {
        // What closes before the stop closes a part of the sentence, whatever its last word.
        let closers = [')', ']', '"', '”', '»', '“', '’', '\'', '`', '*', '%', '°'];
        return token.ends_with(closers);
    }
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let letters = word.chars().filter(|c| c.is_alphanumeric()).count();
    let needed = match word.chars().next() {
        Some(c) if c.is_numeric() => DIGITS,
        Some(c) if c.is_uppercase() => CAPITAL,
        // In a script without case a syllable can be a word.
        Some(c) if !c.is_lowercase() => 2,
        _ => SMALL,
    };
    !word.contains('.') && letters >= needed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sentences(text: &str) -> Vec<&str> {
        let mut starts = vec![0];
        for_each_sentence_start(text, |start| starts.push(start));
        starts.push(text.len());
        starts.windows(2).map(|pair| text[pair[0]..pair[1]].trim_end()).collect()
    }

    #[test]
    fn sentences_end_where_they_do() {
        for (text, count) in [
            ("The crane was lifted. It went to the museum. The hall was ready!", 3),
            ("Is the ferry leaving? The crew thinks so.", 2),
            ("“The ferry leaves today.” The crew was glad.", 2),
            ("The crew was glad (they said so). Nobody else was.", 2),
            ("Das Schiff fährt. „Endlich“, sagte er. Österreich wartet.", 2),
            ("Паром уходит сегодня. Команда рада.", 2),
            ("渡船今天不开。明天会开！后天呢？", 3),
            ("नाव आज नहीं जाएगी। कल जाएगी।", 2),
            ("لن تغادر العبارة اليوم. ستغادر غدا.", 2),
            ("The ferry *leaves today*. See [the plan](x.html).", 2),
        ] {
            assert_eq!(sentences(text).len(), count, "{:?}", sentences(text));
        }
        assert_eq!(sentences("渡船 不开。 「好」"), ["渡船 不开。", "「好」"]);
    }

    #[test]
    fn where_no_sentence_surely_ends_none_does() {
        for text in [
            "He joined the U.S. Army in May.",
            "It costs 3.5 or 3. 7 or 12. Other fees are extra",
            "Some birds, e.g. Sparrows, or i.e. Larks",
            "Dr. Smith and Prof. Jones met J. R. Hartley in Sept. Nobody knew",
            "Files such as a.txt or b.Rs are read",
            "It was late... The ferry had left",
            "“Is it leaving?” Anna asked.",
            "It said (the ferry is gone. The next one is late) and closed",
            "He said \"it is gone. The next one is late\" and closed",
            "“今天开吗？”他说",
            "เรือไม่ออกวันนี้ พรุ่งนี้จะออก",
            "etc. The",
            "",
            ".",
        ] {
            assert_eq!(sentences(text).len(), 1, "{:?}", sentences(text));
        }
    }

    #[test]
    fn a_page_of_marks_is_read_once() {
        for marks in [". ", "(", "! (", "“", ".\""] {
            let begun = std::time::Instant::now();
            let text = format!("The ferry leaves today. {}", marks.repeat(200_000));
            assert!(sentences(&text)[0].starts_with("The ferry leaves today."));
            assert!(begun.elapsed().as_secs() < 5, "{marks:?}: {:?}", begun.elapsed());
        }
        let deep = format!("{}The ferry leaves today. The crew is glad.", "(".repeat(DEEPEST + 1));
        assert_eq!(sentences(&deep).len(), 1);
    }

    proptest! {
        #[test]
        fn every_start_is_a_border_between_words(text in "([a-zA-Z .。!?\"“”()\n\u{301}今]|\\PC){0,60}") {
            let mut last = 0;
            let mut starts = Vec::new();
            for_each_sentence_start(&text, |start| starts.push(start));
            for start in starts {
                prop_assert!(start > last && text.is_char_boundary(start));
                let before = text[..start].trim_end();
                prop_assert!(!before.ends_with(char::is_alphanumeric));
                prop_assert!(!text[start..].starts_with(char::is_whitespace));
                last = start;
            }
        }
    }
}

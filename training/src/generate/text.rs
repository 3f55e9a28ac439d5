//! Pieces of real text: sentences, clauses, words.
//!
//! A sentence ends at its mark and a space, or at an ideographic mark. Abbreviations break it too early, which does no
//! harm here: pages cut sentences too.

/// The sentences of a paragraph; at least one.
pub fn sentences(paragraph: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut previous = ' ';
    for (i, c) in paragraph.char_indices() {
        let ends =
            (c == ' ' && matches!(previous, '.' | '!' | '?')) || matches!(previous, '。' | '！' | '？');
        // What is shorter is an initial or a number.
        if ends && i - start >= 25 {
            sentences.push(paragraph[start..i].trim());
            start = i;
        }
        previous = c;
    }
    let rest = paragraph[start..].trim();
    if !rest.is_empty() || sentences.is_empty() {
        sentences.push(rest);
    }
    sentences
}

/// The opening words of a text, up to so many or to the first comma behind four; without a mark at the end.
pub fn clause(text: &str, words: usize) -> String {
    let mut clause = String::new();
    for (i, word) in text.split_whitespace().take(words).enumerate() {
        if i > 0 {
            clause.push(' ');
        }
        clause.push_str(word);
        if i >= 3 && word.ends_with([',', ';', ':', '.', '?', '!']) {
            break;
        }
    }
    // Text without spaces is one word.
    if clause.chars().count() > 14 * words {
        clause = clause.chars().take(3 * words).collect();
    }
    let opened =
        clause.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '„' | '“' | '«' | '"'));
    let closed = opened.trim_end_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '?' | '!'));
    closed.to_owned()
}

/// A text cut within, at a space where there is one.
pub fn cut(text: &str, chars: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(chars) else { return text };
    let end = text[..end].rfind(' ').unwrap_or(end);
    text[..end].trim_end()
}

/// A word that could name a section: capitalised, not at the start of the text, the `turn`th in a circle.
pub fn striking_word(text: &str, turn: usize) -> Option<&str> {
    let words: Vec<&str> = text
        .split_whitespace()
        .skip(1)
        .map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|w| w.starts_with(char::is_uppercase) && (4..=20).contains(&w.chars().count()))
        .collect();
    (!words.is_empty()).then(|| words[turn % words.len()])
}

/// White space folded to single spaces.
pub fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a text closes like a sentence.
pub fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(['"', '”', '“', '»', ')', '\'', '’', '」'])
        .ends_with(['.', '!', '?', '…', '。', '！', '？'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_at_their_marks() {
        let text = "The boats left the harbour early. Nobody asked why they did! 船が港を出たのは朝早くのことだった。誰も聞かなかった。";
        assert_eq!(sentences(text).len(), 4);
        assert_eq!(sentences("no mark"), ["no mark"]);
    }

    #[test]
    fn a_clause_ends_open() {
        assert_eq!(clause("In the old harbour, boats rot.", 8), "In the old harbour");
        assert_eq!(clause("Boats rot.", 8), "Boats rot");
    }

    #[test]
    fn a_cut_keeps_words_whole() {
        assert_eq!(cut("Boats rot slowly", 8), "Boats");
        assert_eq!(cut("Boats", 8), "Boats");
    }
}

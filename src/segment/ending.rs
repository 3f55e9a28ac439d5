//! How a text ends: the mark that tells a sentence from a title, in any script.

/// What stands at the end of a text, quotes and brackets behind it aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Full stop, question or exclamation mark.
    Sentence,
    /// Three dots: text that was cut, or a pause.
    Ellipsis,
    /// A colon.
    Colon,
    /// A comma: a salutation, or a line that goes on.
    Comma,
    /// Anything else.
    Open,
}

impl Ending {
    /// How `text` ends. A semicolon counts as the end of a sentence: it is the Greek question mark.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let closing =
            |c: char| matches!(c, '"' | '\'' | '”' | '’' | '»' | ')' | ']' | '」' | '』' | '“' | ' ');
        let text = text.trim_end_matches(closing);
        match text.chars().next_back() {
            Some('…') => Self::Ellipsis,
            Some('.') if text.ends_with("...") => Self::Ellipsis,
            Some('.' | '!' | '?' | '。' | '！' | '？' | ';' | '؟' | '۔' | '।') => Self::Sentence,
            Some(':' | '：') => Self::Colon,
            Some(',' | '，' | '、' | '،') => Self::Comma,
            _ => Self::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_known_in_any_script() {
        for text in ["It ends.", "“Does it?”", "它结束了。", "Кончилось!", "Τέλος;", "انتهى؟"]
        {
            assert_eq!(Ending::of(text), Ending::Sentence, "{text}");
        }
        for (text, ending) in [
            ("It was cut off...", Ending::Ellipsis),
            ("A title", Ending::Open),
            ("Dear members,", Ending::Comma),
            ("分类：", Ending::Colon),
            ("", Ending::Open),
        ] {
            assert_eq!(Ending::of(text), ending, "{text}");
        }
    }
}

//! What each gate is, in words: for `check --explain`, for the reports, and for the guide.

use std::fmt::Write;

use crate::config::{CheckAction, Gate};

/// The doc of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doc {
    /// What is counted: the unit of its denominator.
    pub unit: &'static str,
    /// The gate in a few words.
    pub summary: &'static str,
    /// What it measures.
    pub measures: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// Why the limit is what it is.
    pub reason: &'static str,
    /// What to do about it.
    pub mend: &'static str,
}

/// Whether a gate is measured on the labelled documents only, which may be a sample.
#[must_use]
pub fn is_labelled(gate: Gate) -> bool {
    use Gate::{OtherLanguages, Placeholders, ResidualBoilerplate, UnknownLanguage};
    matches!(gate, ResidualBoilerplate | Placeholders | UnknownLanguage | OtherLanguages)
}

/// The doc of a gate.
#[must_use]
pub fn of(gate: Gate) -> Doc {
    let doc = |unit, summary, measures, why, reason, mend| Doc { unit, summary, measures, why, reason, mend };
    match gate {
        Gate::UnreadableRecords => doc(
            "records",
            "records that cannot be read",
            "Records that are no document: malformed JSON, a missing or wrong text field, text that is not UTF-8, a damaged archive. The parts are the causes.",
            "Whoever reads the corpus next fails on them, or leaves them out without a word.",
            "A finished corpus has none. A header among JSON lines, say, is an accident of whatever wrote the file.",
            "Name the fields with --text-field and --id-field; repair whatever writes the file; or let `clean` reject them.",
        ),
        Gate::EmptyDocuments => doc(
            "records",
            "records without a word of text",
            "Records whose text is empty, only white space, or only marks without a word.",
            "They are no document, but count as one.",
            "A finished corpus has none.",
            "Leave them out. `clean` rejects empty texts and drops documents without main text.",
        ),
        Gate::ShortDocuments => doc(
            "documents",
            "documents of few words",
            "Documents with fewer words than check.min_words (20).",
            "Most are remains of pages whose article was lost, error messages or teasers.",
            "Short articles exist, so one in twenty is taken for ordinary; it warns, since what is short depends on the corpus.",
            "Look at the examples; leave them out, or set check.min_words.",
        ),
        Gate::LongDocuments => doc(
            "documents",
            "documents of very many words",
            "Documents with more words than check.max_words (100,000).",
            "Listings, logs and whole archives in one text weigh as much as thousands of articles.",
            "Books exist, so one in a thousand is taken for ordinary; it warns.",
            "Look at the examples; split or remove them, or set check.max_words.",
        ),
        Gate::MissingIds => doc(
            "documents",
            "records without an id",
            "Records of JSON lines, tables and archives that have no id. Text files have their path.",
            "Without an id no decision about a document can be traced, and the number of a line changes with every edit.",
            "Either a corpus has ids or it has not, so any record without one is shown. It warns, since many tools write none.",
            "Name the field with --id-field, or let whatever writes the corpus add one.",
        ),
        Gate::DuplicateIds => doc(
            "documents",
            "documents with an id that was there before",
            "Documents whose id an earlier one has.",
            "Whoever looks a document up by its id gets another one, and joins by id multiply rows.",
            "An id is there to be unique.",
            "Make the ids unique; `clean` rejects all but the first.",
        ),
        Gate::ExactDuplicates => doc(
            "documents",
            "documents with the same text as another",
            "Documents whose text equals that of another after case, white space, quotes and dashes were made the same. One of each stays uncounted.",
            "A model learns by heart what it reads often, and a text that stands in training and in test makes scores worthless.",
            "Clean corpora have none; the limit leaves room for a few that became equal when their furniture was cut away.",
            "Run `dehusk clean`, with --label off where the text itself should stay as it is.",
        ),
        Gate::NearDuplicates => doc(
            "documents",
            "documents that resemble another",
            "Documents whose set of shingles reaches dedup.threshold (0.8) against that of another one, compared with it directly. Equal texts are counted by exact_duplicates.",
            "The same article with another date or signature does what an equal one does.",
            "One in a hundred is what may come up anew when paragraphs were removed from texts that were compared before.",
            "Run `dehusk clean`, with --label off where the text itself should stay as it is.",
        ),
        Gate::RepeatedBlocks => doc(
            "paragraphs",
            "paragraphs that stand elsewhere too",
            "Paragraphs of at least dedup.blocks.min_words words (20) that an earlier place in the corpus has too. Those of documents that are duplicates as a whole are not counted again.",
            "Paragraphs that return are legal notes, teasers and templates, or articles that were copied in part.",
            "Two in a hundred leave room for quotations, refrains and laws, which stand in many texts by right.",
            "Run `dehusk clean`, which removes them with dedup.blocks.policy=drop.",
        ),
        Gate::ResidualBoilerplate => doc(
            "bytes of text",
            "text that the labels take for boilerplate",
            "Bytes of the blocks that are labelled as boilerplate, in the documents that are labelled. The parts are the labels. What would be lifted to fields (title, date, byline) does not count. All documents are labelled as pages, also those that dehusk has cleaned.",
            "Menus, teasers and legal notes are what a corpus of articles is cleaned of.",
            "Labels err: of text that was cleaned before, a second look calls one or two percent boilerplate. Raw pages have an eighth to a third.",
            "Run `dehusk clean`; where it was run, look at the examples with `dehusk explain`.",
        ),
        Gate::Placeholders => doc(
            "documents",
            "documents with a dummy text",
            "Documents with a block that is labelled as a placeholder (\"Placeholder canvas\", an empty field, a loading message), among those that are labelled.",
            "It stands where content should be: something was lost when the page was taken.",
            "Labels err: a second look finds one in two or three of a hundred cleaned documents. A fifth of raw pages and more have one.",
            "Run `dehusk clean`, or take the pages again with a browser that runs their scripts.",
        ),
        Gate::ReplacementCharacters => doc(
            "documents",
            "documents with U+FFFD",
            "Documents with U+FFFD, which stands for bytes that nobody could decode.",
            "What stood there is lost; the page was read by the wrong encoding.",
            "Some pages of the web have it themselves, so one in a hundred is taken for ordinary.",
            "Decode the pages again from their bytes, by the encoding that they declare.",
        ),
        Gate::Mojibake => doc(
            "documents",
            "documents with text that was encoded twice",
            "Documents in which characters are the bytes of others by Windows-1252 or Windows-1251, such as \"Ã©\" for \"é\". It is found by trying the way back.",
            "Words that are spelt so are other words to whoever reads the corpus, and it is easily mended at its source.",
            "Some pages of the web have it themselves, so one in a hundred is taken for ordinary.",
            "Find the step that reads UTF-8 as something else.",
        ),
        Gate::ControlCharacters => doc(
            "documents",
            "documents with control characters",
            "Documents with control characters other than tabs, line ends and form feeds.",
            "They are remains of binary data or of terminal output, and many tools stumble over them.",
            "Some pages of the web have them themselves, so one in a hundred is taken for ordinary.",
            "Remove them where the text is made.",
        ),
        Gate::OpenLines => doc(
            "lines",
            "lines that do not end like a sentence",
            "Lines of running text without a full stop, question or exclamation mark, colon or dots at the end. A hard-wrapped paragraph is one line; headings, list items, tables and code do not count.",
            "Menus and lists of links are made of such lines, articles are not.",
            "Titles, captions and verse are open lines by right, so it warns from the half.",
            "Run `dehusk clean`; leave it off for verse and dialogue.",
        ),
        Gate::UnknownLanguage => doc(
            "documents",
            "documents whose language nobody can tell",
            "Labelled documents whose main text is too short or too mixed for its language to be told.",
            "Such texts are lists of names, numbers or code, or in a language that is not known.",
            "Code and tables are in no language; it warns from one in five.",
            "Look at the examples; leave it off for a corpus of code.",
        ),
        Gate::OtherLanguages => doc(
            "documents",
            "documents in a language that is not wanted",
            "Labelled documents whose language is known and is none of check.languages. With no language named, nothing is measured.",
            "A corpus of one language should hold that language.",
            "Whoever names languages wants these.",
            "Name the languages with --set 'check.languages=[\"en\"]', or raise the limit to what is let through.",
        ),
        Gate::SiteShare => doc(
            "documents with an address",
            "documents of the site that has the most",
            "The share of the site (host of the url) with the most documents, among documents with an address.",
            "A corpus that is mostly one site has the style and the mistakes of that site.",
            "A corpus may be of one site on purpose, so it warns from the half.",
            "Take fewer pages of that site, or leave it off.",
        ),
    }
}

/// `0.1 %`, of a share. Small ones keep two digits that say something.
#[must_use]
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.0005 {
        return format!("{percent:.1e} %");
    }
    let shown = if percent < 0.995 { format!("{percent:.3}") } else { format!("{percent:.2}") };
    format!("{} %", shown.trim_end_matches('0').trim_end_matches('.'))
}

/// What a gate does that nobody has set: `Fails above 1 % of documents`.
#[must_use]
pub fn default_of(gate: Gate) -> String {
    let action = match gate.default_action() {
        CheckAction::Fail => "Fails",
        CheckAction::Warn => "Warns",
        CheckAction::Off => "Is off; acts",
    };
    format!("{action} above {} of {}", percent(gate.default_limit()), of(gate).unit)
}

/// The doc as `check --explain` prints it, at most 80 columns wide.
#[must_use]
pub fn explain(gate: Gate) -> String {
    let Doc { summary, measures, why, reason, mend, .. } = of(gate);
    let name = gate.name();
    let mut out = format!("{name}: {summary}\n");
    let limit = format!("{}. {reason}", default_of(gate));
    let sample = "Measured on a sample of check.sample documents, with the limits that hold 95 %.";
    let change = format!(
        "--set check.limits.{name}=SHARE and --set check.actions.{name}=fail|warn|off, or the same keys of a file for --config."
    );
    let measures = if is_labelled(gate) { format!("{measures} {sample}") } else { measures.to_owned() };
    for (title, text) in [
        ("What it measures", &*measures),
        ("Why it matters", why),
        ("Default", &limit),
        ("What to do", mend),
        ("How to change it", &change),
    ] {
        write!(out, "\n{title}\n").expect("a string takes everything");
        wrap(text, &mut out);
    }
    out
}

/// Columns of a line.
const COLUMNS: usize = 80;

/// Writes a text in lines, indented.
fn wrap(text: &str, out: &mut String) {
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > COLUMNS {
            out.push('\n');
            column = 0;
        }
        let space = if column == 0 { "  " } else { " " };
        out.push_str(space);
        out.push_str(word);
        column += space.len() + length;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gate_is_explained_in_lines_that_fit() {
        for gate in Gate::ALL {
            let text = explain(*gate);
            assert!(text.starts_with(gate.name()));
            assert!(
                text.lines().all(|line| line.chars().count() <= COLUMNS || !line.trim().contains(' ')),
                "{text}"
            );
        }
    }

    #[test]
    fn shares_are_shown_with_digits_that_say_something() {
        let shown = [0.0, 0.000_000_4, 0.000_12, 0.01, 0.1234, 1.0].map(percent);
        assert_eq!(shown, ["0 %", "4.0e-5 %", "0.012 %", "1 %", "12.34 %", "100 %"]);
    }
}

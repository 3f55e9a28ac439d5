//! What a guard found, told on the terminal, with the command that shows an example.

use std::path::Path;

use clap::ValueEnum;
use dehusk::Error;
use dehusk::config::Config;
use dehusk::report::Breach;

use super::against::AgainstArgs;
use super::args::{InputArgs, RunArgs};
use super::terminal;

/// Names each limit that was passed and its worst cases. `explain` is the command that shows a document, without its id.
pub fn tell(breaches: &[Breach], explain: &str) {
    for breach in breaches {
        terminal::warn(breach.describe(|id| {
            // An id that begins as a flag does is not taken for one when it is joined to its own.
            let joint = if id.starts_with('-') { '=' } else { ' ' };
            format!("{explain} --id{joint}{}", quoted(id))
        }));
    }
}

/// The end of a run that was to stop there.
pub fn stopped(breaches: &[Breach]) -> Error {
    let limits = terminal::count(breaches.len() as u64, "limit");
    Error::Guard(format!(
        "stopped by {limits} of [guard]; no output was replaced. Look at the examples; then mend the input or the \
         configuration, raise the limit, or run with --set guard.action=warn"
    ))
}

/// The command that shows a document of this run, without its id. Standard input is gone by then; whoever has kept it
/// knows under which name.
pub fn explain(input: &InputArgs, run: &RunArgs, against: &AgainstArgs, index: Option<&Path>) -> String {
    let name = |input: &String| if input == "-" { "INPUT".to_owned() } else { quoted(input) };
    let mut words = vec!["dehusk explain".to_owned()];
    words.extend(input.inputs.iter().map(name));
    let mut flag = |flag: &str, value: Option<String>| {
        words.extend(value.map(|value| format!("--{flag} {}", quoted(&value))));
    };
    flag("config", input.config.as_deref().map(Path::display).map(|path| path.to_string()));
    input.set.iter().for_each(|set| flag("set", Some(set.clone())));
    flag("input-format", input.input_format.as_ref().and_then(named));
    flag("text-field", input.text_field.clone());
    flag("id-field", input.id_field.clone());
    flag("url-field", input.url_field.clone());
    flag("limit", input.limit.map(|limit| limit.to_string()));
    flag("label", run.label.as_ref().and_then(named));
    flag("min-confidence", run.min_confidence.map(|least| least.to_string()));
    flag("threshold", run.threshold.map(|threshold| threshold.to_string()));
    flag("dedup", run.dedup.as_ref().and_then(named));
    against.against.iter().for_each(|reference| flag("against", Some(reference.clone())));
    flag("index", index.map(|index| index.display().to_string()));
    flag("mode", against.mode.as_ref().and_then(named));
    flag("n", against.n.map(|n| n.to_string()));
    against.against_field.iter().for_each(|field| flag("against-field", Some(field.clone())));
    words.join(" ")
}

/// The same where only the configuration is known, and nobody knows how the inputs were named.
pub fn explain_under(config: &Config) -> String {
    let told = config
        .differences(&Config::default())
        .filter(|(key, ..)| ["input.", "label.", "dedup."].iter().any(|table| key.starts_with(table)));
    let told = told.map(|(key, value, _)| format!(" --set {}", quoted(&format!("{key}={value}"))));
    format!("dehusk explain INPUT{}", told.collect::<String>())
}

/// A choice as it is typed.
fn named(choice: &impl ValueEnum) -> Option<String> {
    choice.to_possible_value().map(|value| value.get_name().to_owned())
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "._-/:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        input: InputArgs,
        #[command(flatten)]
        run: RunArgs,
        #[command(flatten)]
        against: AgainstArgs,
    }

    #[test]
    fn the_command_can_be_pasted_into_a_shell_and_reads_what_the_run_read() {
        let flags =
            ["--set", "dedup.keep=[\"first\"]", "--id-field", "key", "--label", "off", "--threads", "2"];
        let typed = Typed::parse_from(["clean", "pages/", "*.jsonl", "-"].iter().chain(&flags));
        assert_eq!(
            explain(&typed.input, &typed.run, &typed.against, Some(Path::new("seen"))),
            "dehusk explain pages/ '*.jsonl' INPUT --set 'dedup.keep=[\"first\"]' --id-field key --label off --index seen"
        );
        let mut config = Config::default();
        config.dedup.threshold = 0.7;
        config.dedup.blocks.policy = dehusk::config::BlockPolicy::Mark;
        config.run.threads = 3;
        assert_eq!(
            explain_under(&config),
            "dehusk explain INPUT --set 'dedup.blocks.policy=\"mark\"' --set dedup.threshold=0.7"
        );
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}

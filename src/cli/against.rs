//! The flags of a reference: another corpus or a benchmark, whose contents go from this one.

use std::collections::HashSet;
use std::path::PathBuf;

use clap::ValueEnum;
use dehusk::config::{AgainstMode, BlockPolicy, Config, InputConfig};
use dehusk::read::{Input, discover};
use dehusk::{Error, Result};

/// What is compared with what is read.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Other corpora")]
pub struct AgainstArgs {
    /// Drop what this benchmark or corpus holds: files, folders, globs (repeatable); it is only read
    #[arg(long, value_name = "REFERENCE")]
    pub against: Vec<String>,

    /// near: documents that are nearly the same; ngram: documents that hold much of an item [default: near]
    #[arg(long, value_name = "near|ngram", requires = "against")]
    pub mode: Option<Mode>,

    /// Words of an n-gram [default: 13]
    #[arg(long, value_name = "N", requires = "against")]
    pub n: Option<usize>,

    /// JSON field with the text of the reference; with ngram repeatable, each an item [default: text, for near as the inputs']
    #[arg(long, value_name = "NAME", requires = "against")]
    pub against_field: Vec<String>,
}

/// How documents are compared with the reference.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Mode {
    Near,
    Ngram,
}

impl AgainstArgs {
    /// Lays these flags over a configuration.
    pub fn lay_over(&self, mut config: Config) -> Result<Config> {
        let against = &mut config.against;
        if let Some(mode) = self.mode {
            against.mode = match mode {
                Mode::Near => AgainstMode::Near,
                Mode::Ngram => AgainstMode::Ngram,
            };
        }
        against.n = self.n.unwrap_or(against.n);
        if !self.against_field.is_empty() {
            against.text_fields.clone_from(&self.against_field);
        }
        config.validate()?;
        Ok(config)
    }

    /// The files of the reference, found but not opened. None of them may be one of the inputs: each of its documents would
    /// go for itself.
    pub fn discover(&self, config: &Config, inputs: &[Input]) -> Result<Vec<Input>> {
        if self.against.is_empty() {
            return Ok(Vec::new());
        }
        let is_near = config.against.mode == AgainstMode::Near;
        if is_near {
            refuse_with_near(config)?;
        }
        let wrong = |path: &str, message: &str| {
            Err(Error::Input { path: path.to_owned(), message: message.to_owned() })
        };
        let read: InputConfig =
            if is_near { config.input.clone() } else { config.against.input(&config.input) };
        let references = discover(&self.against, &read)?;
        let file = |input: &Input| input.file.canonicalize().unwrap_or_else(|_| input.file.clone());
        let own: HashSet<PathBuf> = inputs.iter().filter(|input| !input.awaits_spool()).map(file).collect();
        for reference in &references {
            if reference.awaits_spool() {
                return wrong(&reference.path, "a reference cannot come from standard input; give a file");
            }
            if own.contains(&file(reference)) {
                return wrong(
                    &reference.path,
                    "is both INPUT and --against, so all of it would go; name it once",
                );
            }
        }
        Ok(references)
    }
}

/// Refuses what means something for items only, or what whole documents cannot be compared with.
fn refuse_with_near(config: &Config) -> Result<()> {
    let refuse = |message: String| Err(Error::Config(message));
    let (default, blocks) = (Config::default(), &config.dedup.blocks);
    let of_items =
        ["against.action", "against.n", "against.share", "against.min_words", "against.max_documents"];
    if let Some((key, value, _)) = config.differences(&default).find(|(key, ..)| of_items.contains(&&**key)) {
        return refuse(format!(
            "{key} = {value} is for items, and --against compares whole documents; give --mode ngram"
        ));
    }
    if !config.dedup.enabled {
        let message =
            "--against needs duplicates to be looked for; leave out --dedup off, or give --mode ngram";
        return refuse(message.to_owned());
    }
    if let [_, second, ..] = &config.against.text_fields[..] {
        return refuse(format!(
            "against.text_fields names {second:?} too, and --mode near compares whole documents, which have one text; \
             name one field, or give --mode ngram"
        ));
    }
    if blocks.similarity < 1.0 && blocks.policy != BlockPolicy::Off {
        return refuse(format!(
            "dedup.blocks.similarity = {}: paragraphs of a reference are found by their keys, so only equal ones; leave it \
             at 1 with --against",
            blocks.similarity
        ));
    }
    Ok(())
}

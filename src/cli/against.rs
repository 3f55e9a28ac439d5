//! The flags of a reference: another corpus or a benchmark, whose contents go from this one.

use std::collections::HashSet;
use std::path::PathBuf;

use clap::ValueEnum;
use dehusk::config::{AgainstMode, Config, InputConfig};
use dehusk::read::{Input, discover};
use dehusk::{Error, Result};

/// What is compared with what is read.
#[derive(Debug, clap::Args)]
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

    /// JSON field of the reference that is an item of its own (repeatable) [default: text]
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

    /// The files of the reference, found but not opened. An item may not be one of the inputs: each of its documents
    /// would hold itself.
    pub fn discover(&self, config: &Config, inputs: &[Input]) -> Result<Vec<Input>> {
        if self.against.is_empty() {
            return Ok(Vec::new());
        }
        let is_near = config.against.mode == AgainstMode::Near;
        if is_near && !config.dedup.enabled {
            let message =
                "--against needs duplicates to be looked for; leave out --dedup off, or give --mode ngram";
            return Err(Error::Config(message.to_owned()));
        }
        if is_near && let [_, second, ..] = &config.against.text_fields[..] {
            return Err(Error::Config(format!(
                "against.text_fields names {second:?} too, and --mode near compares whole documents, which have one text; \
                 name one field, or give --mode ngram"
            )));
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
            if !is_near && own.contains(&file(reference)) {
                return wrong(
                    &reference.path,
                    "is both INPUT and --against, so all of it would go; name it once",
                );
            }
        }
        Ok(references)
    }
}

//! `dehusk explain`: one document, block by block, with the grounds of every decision.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use dehusk::Error;
use dehusk::config::LabelConfig;
use dehusk::document::{Block, Repetition, Verdict};
use dehusk::label::{Evidence, explain};
use dehusk::pipeline::{Decided, Draft, Job, Outcome, Quiet, Store, Waiting, decide};
use dehusk::write::{BlockAction, BlockDecision};

use super::Exit;
use super::args::{InputArgs, RunArgs, spooled, stop_flag};
use super::diff::write_word_diff;
use super::terminal::{self, harmless};

/// Features named for a block.
const SHOWN_FEATURES: usize = 4;
/// Characters of a block shown, unless all is asked for.
const SHOWN_TEXT: usize = 300;

/// Show one document block by block: label, confidence, evidence, verdict
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    run: RunArgs,

    /// The document to show; needed when the input holds several
    #[arg(long, value_name = "ID")]
    id: Option<String>,

    /// Show blocks whole
    #[arg(long)]
    full: bool,
}

/// Runs it. All of the input is read, since what other pages hold decides too.
pub fn run(args: &Args) -> Result<Exit> {
    let config = args.run.lay_over(args.input.config()?)?;
    let inputs = args.input.discover(&config)?;
    RunArgs::set_threads(&config)?;
    let stop = stop_flag();
    let work = args.run.throwaway_folder(None)?;
    let inputs = spooled(inputs, &work, &config)?;
    let job = Job { inputs, config: &config, work: &work, progress: &Quiet, stop };
    let mut rejected = 0u64;
    let Decided { store, outcome } = decide(&job, |_| {
        rejected += 1;
        Ok(())
    })?;
    if rejected > 0 {
        terminal::warn(format_args!(
            "{rejected} of the input's records were rejected; `dehusk clean` names them"
        ));
    }
    let (waiting, draft) = find(outcome, &store, args)?;
    let id = |number| Ok(store.draft(number)?.document.id);
    let (_, blocks) = waiting.decide(&store, &config.dedup.blocks, id)?;
    let shown = if args.full { usize::MAX } else { SHOWN_TEXT };
    let mut out = Vec::new();
    let verdict = waiting.verdict;
    let page = Page { store: &store, draft: &draft, verdict, blocks: &blocks, shown, label: &config.label };
    page.write(&mut out)?;
    anstream::stdout().lock().write_all(&out)?;
    Ok(Exit::Done)
}

fn find(outcome: Outcome, store: &Store, args: &Args) -> Result<(Waiting, Draft), Error> {
    let wrong = |message: String| Err(Error::Input { path: args.input.inputs.join(" "), message });
    let mut closest: Option<(f64, String)> = None;
    let mut only = None;
    for waiting in outcome.over(store) {
        let waiting = waiting?;
        let draft = waiting.draft(store)?;
        match &args.id {
            Some(id) if draft.document.id == *id => return Ok((waiting, draft)),
            Some(id) => {
                let similarity = strsim::jaro_winkler(id, &draft.document.id);
                if closest.as_ref().is_none_or(|(best, _)| similarity > *best) {
                    closest = Some((similarity, draft.document.id));
                }
            }
            None if only.is_some() => return wrong("holds several documents; name one with --id".to_owned()),
            None => only = Some((waiting, draft)),
        }
    }
    match (only, closest) {
        (Some(found), _) => Ok(found),
        (None, Some((_, id))) => wrong(format!("holds no document with that id; the nearest is {id:?}")),
        (None, None) => wrong("holds no document".to_owned()),
    }
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const KEPT: Style = AnsiColor::Green.on_default();
const LIFTED: Style = AnsiColor::Cyan.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();

struct Page<'a> {
    store: &'a Store,
    draft: &'a Draft,
    verdict: Verdict,
    blocks: &'a [BlockDecision],
    shown: usize,
    label: &'a LabelConfig,
}

impl Page<'_> {
    fn write(&self, out: &mut Vec<u8>) -> Result<()> {
        let document = &self.draft.document;
        let labelled = &self.draft.labelled;
        let or_none = |field: &Option<String>| field.as_ref().map_or_else(|| "none".to_owned(), one_line);
        writeln!(out, "{BOLD}{}{BOLD:#}  {DIM}{}{DIM:#}", one_line(&document.id), one_line(&document.place))?;
        writeln!(out, "title     {}", or_none(&labelled.title))?;
        writeln!(out, "date      {}", or_none(&labelled.date))?;
        writeln!(out, "language  {}", or_none(&labelled.language))?;
        self.write_verdict(out)?;
        let evidence = self.evidence();
        for (i, block) in self.blocks.iter().enumerate() {
            self.write_block(out, i, block, evidence.as_ref().map(|e| &e[i]))?;
        }
        Ok(())
    }

    /// The grounds of the labels; none where every block is main text because the input is clean.
    fn evidence(&self) -> Option<Vec<Evidence>> {
        let blocks: Vec<Block> = self.draft.labelled.blocks.iter().map(|b| b.block).collect();
        let repetition: Vec<Repetition> = self.draft.labelled.blocks.iter().map(|b| b.repetition).collect();
        let labelled_here = self.label.enabled && self.draft.document.cleaned.is_none();
        labelled_here.then(|| explain(&self.draft.document, &blocks, &repetition, self.label))
    }

    fn write_verdict(&self, out: &mut Vec<u8>) -> Result<()> {
        match self.verdict {
            Verdict::Keep { copies: 0 } => writeln!(out, "verdict   {KEPT}keep{KEPT:#}")?,
            Verdict::Keep { copies } => {
                writeln!(out, "verdict   {KEPT}keep{KEPT:#}; {copies} other documents are copies of it")?;
            }
            Verdict::Empty => writeln!(out, "verdict   {REMOVED}drop{REMOVED:#}: no main text is left")?,
            Verdict::Duplicate { canonical, similarity, exact } => {
                let kept = self.store.draft(canonical)?;
                let how = if exact { "the same main text as" } else { "nearly the main text of" };
                let id = one_line(&kept.document.id);
                writeln!(out, "verdict   {REMOVED}drop{REMOVED:#}: {how} {id} (similarity {similarity:.3})")?;
                if !exact {
                    writeln!(
                        out,
                        "\n{DIM}words only {id} has are [-so-], words only this one has {{+so+}}:{DIM:#}"
                    )?;
                    write_word_diff(out, &harmless(main_text(&kept)), &harmless(main_text(self.draft)))?;
                }
            }
        }
        Ok(())
    }

    fn write_block(
        &self,
        out: &mut Vec<u8>,
        i: usize,
        decision: &BlockDecision,
        evidence: Option<&Evidence>,
    ) -> Result<()> {
        let (style, fate) = match decision.action {
            BlockAction::Keep => (KEPT, "keep"),
            BlockAction::Lift => (LIFTED, "lift"),
            BlockAction::DropBoilerplate | BlockAction::DropDuplicate => (REMOVED, "drop"),
        };
        let block = &decision.labelled;
        let span = block.block.span;
        writeln!(
            out,
            "\n{style}{i:4}  {fate}  {}{style:#}  {:.2}  {DIM}bytes {}..{}{DIM:#}",
            block.label, block.confidence, span.start, span.end
        )?;
        writeln!(out, "      {}", shorten(span.of(&self.draft.document.text), self.shown))?;
        if let Some(evidence) = evidence {
            let named = evidence.contributions.iter().take(SHOWN_FEATURES);
            let words: Vec<String> =
                named.map(|(f, weight)| format!("{} ({weight:+.1})", f.phrase())).collect();
            writeln!(
                out,
                "      {DIM}in the {} part, rather than {}: {}{DIM:#}",
                evidence.zone.name(),
                evidence.rival,
                words.join("; ")
            )?;
            let named =
                evidence.reasons.iter().take(SHOWN_FEATURES).filter(|(_, weight)| weight.abs() >= 0.1);
            let words: Vec<String> =
                named.map(|(group, weight)| format!("{} ({weight:+.1})", group.phrase())).collect();
            writeln!(
                out,
                "      {DIM}the reader takes it for main text with probability {:.2}, this page asks {:.2}: {}{DIM:#}",
                evidence.probability,
                evidence.asked,
                words.join("; ")
            )?;
        }
        if let Some(copy) = &decision.duplicate_of {
            writeln!(
                out,
                "      {DIM}{} block {} has this paragraph and keeps it{DIM:#}",
                one_line(&copy.id),
                copy.block
            )?;
        }
        self.write_repetition(out, &block.repetition)
    }

    fn write_repetition(&self, out: &mut Vec<u8>, r: &Repetition) -> Result<()> {
        if r.documents >= 2 {
            write!(out, "      {DIM}in {} documents", r.documents)?;
            if r.site_documents >= 2 {
                write!(out, ", {} of this site", r.site_documents)?;
            }
            if let Some((document, block)) = r.example {
                write!(
                    out,
                    "; for example {} block {block}",
                    one_line(&self.store.draft(document)?.document.id)
                )?;
            }
            writeln!(out, "{DIM:#}")?;
        } else if r.masked_documents >= 2 {
            writeln!(out, "      {DIM}in {} documents with other digits{DIM:#}", r.masked_documents)?;
        }
        if r.near_documents > 0 {
            writeln!(
                out,
                "      {DIM}{} other documents have nearly the same line{DIM:#}",
                r.near_documents
            )?;
        }
        Ok(())
    }
}

fn main_text(draft: &Draft) -> String {
    draft.main_blocks().map(|(_, text)| text).collect::<Vec<_>>().join("\n\n")
}

/// What came from a page, on one line and unable to steer the terminal.
fn one_line(text: impl std::fmt::Display) -> String {
    harmless(text.to_string().replace(char::is_whitespace, " "))
}

/// A block on one line, cut after `shown` characters.
fn shorten(text: &str, shown: usize) -> String {
    match text.char_indices().nth(shown) {
        Some((end, _)) => format!("{}…", one_line(&text[..end])),
        None => one_line(text),
    }
}

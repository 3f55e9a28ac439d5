//! `dehusk explain`: one document, block by block, with the grounds of every decision.
//!
//! With `--decisions` it answers from a finished run (`finished`); without, it makes the run for this one document, and
//! can also say what moved the models.

mod finished;

use std::io::Write;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use dehusk::Error;
use dehusk::config::LabelConfig;
use dehusk::document::{Block, Label, Repetition, Span, Verdict};
use dehusk::label::{Evidence, explain};
use dehusk::pipeline::index::Index;
use dehusk::pipeline::{Decided, Draft, Job, Outcome, Quiet, Store, Waiting, decide};
use dehusk::write::{BlockAction, BlockDecision, SpanDecision};

use super::against::AgainstArgs;
use super::args::{InputArgs, MachineArgs, RunArgs, spooled, stop_flag};
use super::known;
use super::terminal::{self, harmless};
use super::word_diff::write_word_diff;
use super::{Exit, OWN, print};

/// Features named for a block.
const SHOWN_FEATURES: usize = 4;
/// Places shown at which two texts differ, unless all are asked for.
const SHOWN_PLACES: usize = 20;
/// Characters of a block shown, unless all is asked for.
const SHOWN_TEXT: usize = 300;

/// Show one document block by block: label, confidence, evidence, verdict
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    run: RunArgs,

    #[command(flatten)]
    against: AgainstArgs,

    /// As a run with this index would decide; nothing is added to it
    #[arg(long, help_heading = OWN, value_name = "DIR")]
    index: Option<PathBuf>,

    /// The document to show; needed when the input holds several
    #[arg(long, help_heading = OWN, value_name = "ID")]
    id: Option<String>,

    /// Answer from the decisions of a finished run: what it did to the document, and what text was lost by it
    #[arg(
        long,
        help_heading = OWN,
        value_name = "FILE",
        conflicts_with_all = ["label", "min_confidence", "threshold", "dedup", "threads", "memory", "work_dir", "against", "index"]
    )]
    decisions: Option<PathBuf>,

    /// Show blocks whole, and every difference
    #[arg(long, help_heading = OWN)]
    full: bool,
}

/// Runs it.
pub fn run(args: &Args) -> Result<Exit> {
    let mut out = Vec::new();
    match &args.decisions {
        Some(decisions) => finished::write(&mut out, args, &args.input.config()?, decisions, stop_flag())?,
        None => write_anew(&mut out, args)?,
    }
    print(&out)?;
    Ok(Exit::Done)
}

/// Makes the run. All of the input is read, since what other pages hold decides too.
fn write_anew(out: &mut Vec<u8>, args: &Args) -> Result<()> {
    let config = args.against.lay_over(args.run.lay_over(args.input.config()?)?)?;
    let inputs = args.input.discover(&config)?;
    let against = args.against.discover(&config, &inputs)?;
    let config = if args.index.is_some() { Index::configure(config)? } else { config };
    let mut index = args.index.as_ref().map(|folder| Index::claim_existing(folder, &config)).transpose()?;
    MachineArgs::set_threads(&config)?;
    let stop = stop_flag();
    let work = args.run.machine.throwaway_folder(None)?;
    let inputs = spooled(inputs, &work, &config)?;
    let mut job = Job::new(inputs, &config, &work, &Quiet, stop);
    known::recognise(&mut index, &job, true)?;
    let mut rejected = 0u64;
    known::open(&mut job, index.as_ref(), against, |_| {
        rejected += 1;
        Ok(())
    })?;
    let Decided { store, mut outcome } = decide(&job, |_| {
        rejected += 1;
        Ok(())
    })?;
    if rejected > 0 {
        terminal::warn(format_args!(
            "{rejected} of the records read were rejected; `dehusk clean` names them"
        ));
    }
    let reference = outcome.take_reference();
    let (waiting, draft) = find(outcome, &store, args)?;
    let id = |number| store.id(number);
    let (_, blocks) = waiting.decide(&store, &config.dedup.blocks, id)?;
    let spans = waiting.spans(id)?;
    let (verdict, shown) = (waiting.verdict, shown_length(args));
    let item = match verdict {
        Verdict::Contaminated { item, .. } => reference.as_ref().and_then(|r| r.items.get(item as usize)),
        _ => None,
    };
    let item = item.map(|item| item.id.as_str());
    let (blocks, spans, label) = (&blocks, &spans, &config.label);
    Page { item, store: &store, draft: &draft, verdict, blocks, spans, shown, label }.write(out)
}

/// Characters of a block that are shown.
fn shown_length(args: &Args) -> usize {
    if args.full { usize::MAX } else { SHOWN_TEXT }
}

fn find(outcome: Outcome, store: &Store, args: &Args) -> Result<(Waiting, Draft), Error> {
    let wrong = |message: String| Error::Input { path: args.input.inputs.join(" "), message };
    let mut asked = Asked::new(args.id.as_deref());
    for waiting in outcome.over(store) {
        let waiting = waiting?;
        let draft = waiting.draft(store)?;
        let id = draft.document.id.clone();
        if asked.offer(&id, (waiting, draft)).map_err(wrong)? {
            break;
        }
    }
    asked.found().map_err(wrong)
}

/// Finds the one document that is asked for among all, or says what is wrong with the question.
struct Asked<'a, T> {
    id: Option<&'a str>,
    found: Option<T>,
    /// The id that is most like the one asked for.
    closest: Option<(f64, String)>,
}

impl<'a, T> Asked<'a, T> {
    /// `None` asks for the only document there is.
    fn new(id: Option<&'a str>) -> Self {
        Self { id, found: None, closest: None }
    }

    /// Looks at the next one; says whether it is the one.
    fn offer(&mut self, id: &str, document: T) -> Result<bool, String> {
        match self.id {
            Some(asked) if asked == id => self.found = Some(document),
            Some(_) if self.found.is_some() => {}
            Some(asked) => {
                let similarity = strsim::jaro_winkler(asked, id);
                if self.closest.as_ref().is_none_or(|(best, _)| similarity > *best) {
                    self.closest = Some((similarity, id.to_owned()));
                }
            }
            None if self.found.is_some() => {
                return Err("holds several documents; name one with --id".to_owned());
            }
            None => self.found = Some(document),
        }
        Ok(self.id == Some(id))
    }

    fn found(self) -> Result<T, String> {
        match (self.found, self.closest) {
            (Some(found), _) => Ok(found),
            (None, Some((_, id))) => Err(format!("holds no document with that id; the nearest is {id:?}")),
            (None, None) => Err("holds no document".to_owned()),
        }
    }
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const KEPT: Style = AnsiColor::Green.on_default();
const LIFTED: Style = AnsiColor::Cyan.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();

struct Page<'a> {
    /// The id of the item that it goes for.
    item: Option<&'a str>,
    store: &'a Store,
    draft: &'a Draft,
    verdict: Verdict,
    blocks: &'a [BlockDecision],
    spans: &'a [SpanDecision],
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
            let span = block.labelled.block.span;
            for SpanDecision { span, words, is_dropped, id, there } in begun_in(self.spans, |s| s.span, span)
            {
                write_span(out, *span, *words, *is_dropped, id, *there)?;
            }
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
            Verdict::Contaminated { share, .. } => {
                let id = one_line(self.item.unwrap_or_default());
                writeln!(
                    out,
                    "verdict   {REMOVED}drop{REMOVED:#}: it holds {share:.3} of {id} of the reference"
                )?;
            }
            Verdict::Duplicate { canonical, similarity, exact } => {
                let kept = self.store.id(canonical)?;
                let how = if exact { "the same main text as" } else { "nearly the main text of" };
                let id = one_line(&kept);
                writeln!(out, "verdict   {REMOVED}drop{REMOVED:#}: {how} {id} (similarity {similarity:.3})")?;
                if !exact {
                    let text = self.store.text(canonical)?;
                    write_difference(out, &kept, &text, &main_text(self.draft), self.shown == usize::MAX)?;
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
        let block = &decision.labelled;
        let (text, confidence) = (&self.draft.document.text, f64::from(block.confidence));
        write_block(out, i, decision.action, block.label, confidence, block.block.span, text, self.shown)?;
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
            write_copy(out, &copy.id, copy.block)?;
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
                write!(out, "; for example {} block {block}", one_line(self.store.id(document)?))?;
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

/// A block's first two lines: what became of it, and its text.
#[expect(clippy::too_many_arguments, reason = "a line of eight columns, from two sources")]
fn write_block(
    out: &mut Vec<u8>,
    number: usize,
    action: BlockAction,
    label: Label,
    confidence: f64,
    span: Span,
    text: &str,
    shown: usize,
) -> Result<()> {
    let (style, fate) = match action {
        BlockAction::Keep => (KEPT, "keep"),
        BlockAction::Lift => (LIFTED, "lift"),
        BlockAction::DropBoilerplate | BlockAction::DropDuplicate => (REMOVED, "drop"),
    };
    writeln!(
        out,
        "\n{style}{number:4}  {fate}  {label}{style:#}  {confidence:.2}  {DIM}bytes {}..{}{DIM:#}",
        span.start, span.end
    )?;
    writeln!(out, "      {}", shorten(span.of(text), shown))?;
    Ok(())
}

/// Who keeps a paragraph.
fn write_copy(out: &mut Vec<u8>, id: &str, block: u32) -> Result<()> {
    writeln!(out, "      {DIM}{} block {block} has this paragraph and keeps it{DIM:#}", one_line(id))?;
    Ok(())
}

/// The runs of words that begin in a block.
fn begun_in<S>(spans: &[S], place: impl Fn(&S) -> Span, block: Span) -> impl Iterator<Item = &S> {
    spans.iter().filter(move |span| (block.start..block.end).contains(&place(span).start))
}

/// Who keeps the words of a run.
fn write_span(
    out: &mut Vec<u8>,
    span: Span,
    words: u32,
    is_dropped: bool,
    id: &str,
    there: Span,
) -> Result<()> {
    let (style, fate) = if is_dropped { (REMOVED, "drop") } else { (KEPT, "keep") };
    writeln!(
        out,
        "      {style}{fate}{style:#}  {DIM}bytes {}..{}, {words} words, which {} has at bytes {}..{} and keeps{DIM:#}",
        span.start,
        span.end,
        one_line(id),
        there.start,
        there.end
    )?;
    Ok(())
}

/// Where a main text differs from that of the document kept in its stead.
fn write_difference(out: &mut Vec<u8>, kept_id: &str, kept: &str, own: &str, is_full: bool) -> Result<()> {
    let id = one_line(kept_id);
    writeln!(out, "\n{DIM}words only {id} has are [-so-], words only this one has {{+so+}}:{DIM:#}")?;
    let most = if is_full { usize::MAX } else { SHOWN_PLACES };
    write_word_diff(out, &harmless(kept), &harmless(own), most)?;
    Ok(())
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

//! `dehusk explain --decisions`: what a finished run did to one document, and what the corpus lost by it.
//!
//! The run is not made again: the decisions are believed, beside the sources they were made on. They are gone through three
//! times: for the document's own, for its text and that of the document kept in its stead, and for every kept text.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use dehusk::Error;
use dehusk::audit::{Decisions, Stake, Walk};
use dehusk::config::{Config, InputConfig};
use dehusk::document::{Document, DropReason, Elsewhere, Side, Span};
use dehusk::pipeline::work::WorkFolder;
use dehusk::read::Input;
use dehusk::verify::{Action, ParsedBlock, ParsedDecision};
use dehusk::write::BlockAction;

use super::{
    Args, Asked, BOLD, DIM, KEPT, REMOVED, begun_in, one_line, shown_length, write_block, write_copy,
    write_difference, write_span,
};
use crate::cli::args::{open_lines, spooled};
use crate::cli::word_diff::INSERTED;

/// Copies of a kept document that are named; the others are counted.
const NAMED_COPIES: usize = 3;
/// Runs of lost words that are shown; the others are counted.
const SHOWN_RUNS: usize = 100;
/// Characters shown on each side of them.
const AROUND: usize = 40;

/// The files of a finished run.
struct Finished<'a> {
    inputs: Arc<[Input]>,
    config: &'a InputConfig,
    decisions: &'a Path,
    stop: &'a AtomicBool,
}

/// Shows the document that was asked for.
pub fn write(
    out: &mut Vec<u8>,
    args: &Args,
    config: &Config,
    decisions: &Path,
    stop: &AtomicBool,
) -> Result<()> {
    if decisions.metadata().is_ok_and(|found| !found.is_file()) {
        let message = "is read more than once, so it must be a file".to_owned();
        return Err(Error::Input { path: decisions.display().to_string(), message }.into());
    }
    let inputs = args.input.discover(config)?;
    let work = WorkFolder::create(Some(&std::env::temp_dir()), Path::new("explain"))?;
    let run = Finished { inputs: spooled(inputs, &work, config)?, config: &config.input, decisions, stop };
    let Found { decision, copies, named } = run.find(args.id.as_deref())?;
    let (document, canonical) = run.texts(&decision)?;

    // What an index or a reference holds is not lost, and cannot be compared here.
    let at_stake = decision.main().filter(|(block, _)| {
        let block = &decision.blocks[*block];
        match decision.action {
            Action::Drop => decision.duplicate_in.is_none(),
            Action::Keep => {
                block.action() == Some(BlockAction::DropDuplicate)
                    && block.duplicate_of.as_ref().is_some_and(|copy| copy.elsewhere.is_none())
            }
        }
    });
    let spans = if decision.action == Action::Keep { decision.dropped_spans() } else { Vec::new() };
    let of_spans = spans.into_iter().flat_map(|span| {
        let blocks = decision
            .blocks
            .iter()
            .enumerate()
            .filter(move |(_, block)| block.start < span.end && span.start < block.end);
        blocks.map(move |(i, block)| (i, Span::new(block.start.max(span.start), block.end.min(span.end))))
    });
    let mut stake = Stake::new(&document.text, at_stake.chain(of_spans));
    run.look_for(&mut stake)?;

    let page = Page { document: &document, decision: &decision, shown: shown_length(args) };
    let (id, place) = (one_line(&document.id), one_line(&document.place));
    writeln!(out, "{BOLD}{id}{BOLD:#}  {DIM}{place}{DIM:#}")?;
    page.write_verdict(out, canonical.as_ref(), copies, &named)?;
    if let Some((kept, main)) = &canonical
        && decision.reason == Some(DropReason::NearDuplicate)
    {
        let main = main.iter().map(|span| span.of(&kept.text));
        let own = decision.main().map(|(_, span)| span.of(&document.text));
        write_difference(out, &kept.id, &joined(main), &joined(own), args.full)?;
    }
    page.write_lost(out, &stake)?;
    page.write_blocks(out)
}

/// A decision, and which documents were dropped for its document.
struct Found {
    decision: ParsedDecision,
    copies: u64,
    /// The first ones.
    named: Vec<String>,
}

/// A document and where its main text is.
type Canonical = (Document, Vec<Span>);

impl Finished<'_> {
    fn walk<'a, W>(&'a self, wanted: W) -> Result<Walk<'a, W>>
    where
        W: FnMut(&ParsedDecision) -> bool,
    {
        let lines = open_lines(self.decisions)?;
        Ok(Walk::new(&self.inputs, self.config, lines, self.stop, wanted))
    }

    fn find(&self, id: Option<&str>) -> Result<Found> {
        let mut asked = Asked::new(id);
        let (mut copies, mut named) = (0, Vec::new());
        for decision in Decisions::new(open_lines(self.decisions)?, self.stop) {
            let decision = decision?;
            let is_copy =
                decision.reason != Some(DropReason::Contaminated) && decision.duplicate_in.is_none();
            if is_copy && id.is_some() && decision.duplicate_of.as_deref() == id {
                copies += 1;
                if named.len() < NAMED_COPIES {
                    named.push(decision.id.clone());
                }
            }
            let name = decision.id.clone();
            asked.offer(&name, decision).map_err(|e| self.wrong(e))?;
        }
        let decision = asked.found().map_err(|e| self.wrong(e))?;
        Ok(Found { decision, copies, named })
    }

    fn wrong(&self, message: String) -> Error {
        Error::Input { path: self.decisions.display().to_string(), message }
    }

    /// The document, and the one that was kept in its stead.
    fn texts(&self, decision: &ParsedDecision) -> Result<(Document, Option<Canonical>)> {
        // What an index or a reference keeps is not among the inputs.
        let is_here = decision.reason != Some(DropReason::Contaminated) && decision.duplicate_in.is_none();
        let kept = decision.duplicate_of.as_deref().filter(|_| is_here);
        let mut wanted = 1 + usize::from(kept.is_some());
        let (mut own, mut canonical) = (None, None);
        for pair in self.walk(|other| other.id == decision.id || Some(other.id.as_str()) == kept)? {
            let (document, other) = pair?;
            if document.id == decision.id {
                own = Some(document);
            } else if other.action == Action::Keep {
                canonical = Some((document, other.main().map(|(_, span)| span).collect()));
            }
            wanted -= 1;
            if wanted == 0 {
                break;
            }
        }
        match (own, kept) {
            (Some(_), Some(kept)) if canonical.is_none() => Err(self
                .wrong(format!("{} is dropped for {kept}, which is not kept there", decision.id))
                .into()),
            (Some(own), _) => Ok((own, canonical)),
            (None, _) => Err(self.wrong(format!("{} was there and is no more", decision.id)).into()),
        }
    }

    /// Looks for the text at stake in every kept document, until all of it is found.
    fn look_for(&self, stake: &mut Stake) -> Result<()> {
        if stake.is_safe() {
            return Ok(());
        }
        for pair in self.walk(|other| other.action == Action::Keep)? {
            let (document, decision) = pair?;
            let kept = decision.kept_of(&document.text);
            stake.find_in(kept.iter().map(|block| block.span.of(&document.text)));
            if stake.is_safe() {
                break;
            }
        }
        Ok(())
    }
}

fn joined<'t>(blocks: impl Iterator<Item = &'t str>) -> String {
    blocks.collect::<Vec<_>>().join("\n\n")
}

struct Page<'a> {
    document: &'a Document,
    decision: &'a ParsedDecision,
    shown: usize,
}

impl Page<'_> {
    fn write_verdict(
        &self,
        out: &mut Vec<u8>,
        canonical: Option<&Canonical>,
        copies: u64,
        named: &[String],
    ) -> Result<()> {
        match self.decision.reason {
            None => writeln!(out, "verdict   {KEPT}keep{KEPT:#}")?,
            Some(DropReason::Empty) => {
                writeln!(out, "verdict   {REMOVED}drop{REMOVED:#}: no main text is left")?;
            }
            Some(DropReason::Contaminated) => {
                let id = one_line(self.decision.duplicate_of.as_deref().unwrap_or_default());
                let share = self.decision.similarity.unwrap_or_default();
                writeln!(
                    out,
                    "verdict   {REMOVED}drop{REMOVED:#}: it holds {share:.3} of {id} of the reference"
                )?;
            }
            Some(reason) => {
                let how = match reason {
                    DropReason::ExactDuplicate => "the same main text as",
                    _ => "nearly the main text of",
                };
                let id = one_line(self.decision.duplicate_of.as_deref().unwrap_or_default());
                let similarity = self.decision.similarity.unwrap_or_default();
                writeln!(out, "verdict   {REMOVED}drop{REMOVED:#}: {how} {id} (similarity {similarity:.3})")?;
            }
        }
        if let Some((kept, _)) = canonical {
            let (id, place) = (one_line(&kept.id), one_line(&kept.place));
            writeln!(out, "kept      {KEPT}{id}{KEPT:#}  {DIM}{place}{DIM:#}")?;
        }
        match self.decision.duplicate_in {
            Some(Elsewhere::Index) => {
                writeln!(out, "kept      {DIM}by an earlier run, whose index holds it{DIM:#}")?;
            }
            Some(Elsewhere::Reference) => writeln!(out, "kept      {DIM}in the reference{DIM:#}")?,
            None => {}
        }
        if copies > 0 {
            let names: Vec<String> = named.iter().map(one_line).collect();
            let more = copies - named.len() as u64;
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            writeln!(out, "copies    {}{more} dropped for it", names.join(", "))?;
        }
        Ok(())
    }

    fn write_lost(&self, out: &mut Vec<u8>, stake: &Stake) -> Result<()> {
        let all = stake.words();
        if all == 0 {
            return Ok(());
        }
        let lost = stake.lost();
        let words: usize = lost.iter().map(|run| run.words).sum();
        let has_spans = !self.decision.dropped_spans().is_empty();
        let text = match self.decision.action {
            Action::Drop => "main text",
            Action::Keep if has_spans => "dropped paragraphs and runs",
            Action::Keep => "dropped paragraphs",
        };
        if words == 0 {
            writeln!(out, "\n{DIM}lost: nothing; all {all} words of its {text} stand in the corpus{DIM:#}")?;
            return Ok(());
        }
        writeln!(
            out,
            "\n{DIM}lost: {words} of the {all} words of its {text}, which stand nowhere in the corpus, {{+so+}}:{DIM:#}"
        )?;
        let text = &self.document.text;
        for run in lost.iter().take(SHOWN_RUNS) {
            let block = self.decision.blocks[run.block].span();
            let before = Span::new(block.start, run.span.start).of(text);
            let after = Span::new(run.span.end, block.end).of(text);
            let from = before.char_indices().rev().nth(AROUND).map(|(at, c)| at + c.len_utf8());
            let to = after.char_indices().nth(AROUND).map(|(at, _)| at);
            writeln!(
                out,
                "{:4}  {}{}{INSERTED}{{+{}+}}{INSERTED:#}{}{}",
                run.block,
                if from.is_some() { "…" } else { "" },
                one_line(&before[from.unwrap_or(0)..]),
                one_line(run.span.of(text)),
                one_line(&after[..to.unwrap_or(after.len())]),
                if to.is_some() { "…" } else { "" },
            )?;
        }
        if lost.len() > SHOWN_RUNS {
            writeln!(out, "      {DIM}and {} places more{DIM:#}", lost.len() - SHOWN_RUNS)?;
        }
        Ok(())
    }

    fn write_blocks(&self, out: &mut Vec<u8>) -> Result<()> {
        if self.decision.action == Action::Drop && self.decision.reason != Some(DropReason::Empty) {
            writeln!(out, "\n{DIM}its blocks, each with its fate had the document stayed:{DIM:#}")?;
        }
        for (i, block) in self.decision.blocks.iter().enumerate() {
            let ParsedBlock { label, confidence, documents, duplicate_of, .. } = block;
            let action = block.action().unwrap_or(BlockAction::of(Side::Main));
            let (text, span) = (&self.document.text, block.span());
            write_block(out, i, action, *label, *confidence, span, text, self.shown)?;
            if let Some(copy) = duplicate_of {
                write_copy(out, &copy.id, copy.block)?;
            }
            if let Some(documents @ 2..) = documents {
                writeln!(out, "      {DIM}in {documents} documents{DIM:#}")?;
            }
            let place = |start: usize, end: usize| Span::new(start, end);
            for found in begun_in(&self.decision.spans, |s| place(s.start, s.end), span) {
                let (own, there) = (place(found.start, found.end), &found.duplicate_of);
                let (is_dropped, there_span) = (found.action == Action::Drop, place(there.start, there.end));
                write_span(out, own, found.words, is_dropped, &there.id, there_span)?;
            }
        }
        Ok(())
    }
}

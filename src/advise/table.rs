//! Advice for people: the curve as a plot of characters, and the forecast as a table that says how each figure was come by.

use std::fmt::Write;

use super::{Advice, Estimate, Finding, Forecast, Run, Sampled};
use crate::dedup::QUESTIONS;
use crate::pipeline::BUCKET_BYTES;
use crate::report::table::{grouped, size};

/// Columns of the plot's bars.
const BAR: usize = 50;

/// The advice as text.
pub(super) fn of(advice: &Advice) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = curve(&mut out, &advice.finding);
    let _ = alternatives(&mut out, &advice.finding, &advice.alternatives);
    if let Some(run) = &advice.run {
        let _ = forecast(&mut out, run);
    }
    out
}

fn curve(out: &mut String, finding: &Finding) -> std::fmt::Result {
    let Finding { threshold, bands, rows, bucket_bytes, .. } = finding;
    match (bands, rows, bucket_bytes) {
        (Some(bands), Some(rows), Some(bytes)) => writeln!(
            out,
            "At the threshold {threshold} candidates are found by {bands} bands of {rows} rows,\n\
             which take {bytes} bytes a document on disk."
        )?,
        _ => writeln!(
            out,
            "For containment of {threshold} candidates are found by {QUESTIONS} shingles of each document,\n\
             and each shingle takes {BUCKET_BYTES} bytes on disk."
        )?,
    }
    writeln!(out, "\nsimilarity  becomes a candidate")?;
    for point in &finding.curve {
        let bar = "#".repeat((point.candidate * BAR as f64).round() as usize);
        let mark = if point.similarity == *threshold { " threshold" } else { "" };
        let line = format!("{:>10}  {bar:BAR$}{:>8}{mark}", point.similarity, percent(point.candidate));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// What a pair is met with at other thresholds.
fn alternatives(out: &mut String, own: &Finding, others: &[Finding]) -> std::fmt::Result {
    if others.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n{:>9}{:>14}{:>19}{:>13}{:>10}{:>10}",
        "threshold", "bands × rows", "bytes a document", "met at it", "at 0.5", "at 0.3"
    )?;
    let mut all: Vec<&Finding> = others.iter().chain([own]).collect();
    all.sort_by(|a, b| a.threshold.total_cmp(&b.threshold));
    for finding in all {
        let Finding { threshold, bands, rows, bucket_bytes, .. } = finding;
        let bands = format!("{} × {}", bands.unwrap_or_default(), rows.unwrap_or_default());
        let at = |similarity| finding.candidate(similarity).map(percent).unwrap_or_default();
        let bytes = bucket_bytes.unwrap_or_default();
        writeln!(
            out,
            "{threshold:>9}{bands:>14}{bytes:>19}{:>13}{:>10}{:>10}",
            at(*threshold),
            at(0.5),
            at(0.3)
        )?;
    }
    Ok(())
}

fn forecast(out: &mut String, Run { sample, forecast }: &Run) -> std::fmt::Result {
    let Sampled { records, bytes, share, all_records, is_counted, threads, memory, .. } = sample;
    let about = if *is_counted { "" } else { "about " };
    writeln!(
        out,
        "\nThe sample: {} of {about}{} records ({}), {};\nrun on {threads} threads, for --memory {}.\n",
        grouped(*records),
        grouped(*all_records as u64),
        percent(*share),
        size(*bytes),
        crate::config::Size::bytes(*memory)
    )?;
    let Forecast { stages, shaky, .. } = forecast;
    let counted = if *share >= 1.0 { "counted" } else { "by records" };
    let by_bytes = if *share >= 1.0 { "counted" } else { "by bytes" };
    let grown = if *share >= 1.0 { "counted" } else { "as halves grow" };
    writeln!(out, "{:20}{:>13}{:>13}{:>13}   how", "the whole", "likely", "at least", "at most")?;
    let number: fn(f64) -> String = |value| grouped(value.round() as u64);
    let bytes: fn(f64) -> String = |value| size(value.round() as u64);
    for (name, estimate, show, how) in [
        ("documents", forecast.documents, number, counted),
        ("rejected", forecast.rejected, number, counted),
        ("text", forecast.text_bytes, bytes, by_bytes),
        ("blocks", forecast.blocks, number, by_bytes),
        ("words of main text", forecast.words, number, by_bytes),
        ("candidate pairs", forecast.candidates, number, grown),
        ("pairs compared", forecast.verified, number, grown),
        ("duplicates", forecast.duplicates, number, grown),
        ("CPU time", forecast.cpu_seconds, seconds, "measured"),
        ("time", forecast.wall_seconds, seconds, "measured"),
        ("work folder", forecast.disk_bytes, bytes, by_bytes),
        ("corpus", forecast.corpus_bytes, bytes, by_bytes),
        ("decisions", forecast.decisions_bytes, bytes, by_bytes),
        ("memory", forecast.memory_bytes, bytes, "added up"),
    ] {
        let Estimate { likely, low, high } = estimate;
        writeln!(out, "  {name:18}{:>13}{:>13}{:>13}   {how}", show(likely), show(low), show(high))?;
    }
    writeln!(out, "\n{:20}{:>13}{:>13}", "stage", "CPU time", "time")?;
    for stage in stages {
        writeln!(
            out,
            "  {:18}{:>13}{:>13}",
            stage.name,
            seconds(stage.cpu_seconds),
            seconds(stage.wall_seconds)
        )?;
    }
    if !shaky.is_empty() {
        writeln!(out, "\nShaky:")?;
        for doubt in shaky {
            writeln!(out, "- {doubt}")?;
        }
        writeln!(out, "A larger --sample says more.")?;
    }
    Ok(())
}

/// `12.3 %`, and nothing rounded up to what is certain.
fn percent(share: f64) -> String {
    let shown = format!("{:.1} %", share * 100.0);
    if shown == "100.0 %" && share < 1.0 { "99.9 %".to_owned() } else { shown }
}

/// `2.4 s`, `3 min`, `1 h 20 min`.
fn seconds(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round() as u64;
    match seconds {
        ..99.95 => format!("{seconds:.1} s"),
        ..5970.0 => format!("{minutes} min"),
        _ => format!("{} h {:02} min", minutes / 60, minutes % 60),
    }
}

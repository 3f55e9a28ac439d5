//! Progress on standard error: a bar on a terminal, a line every few seconds elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use dehusk::pipeline::{Progress, Quiet};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

use super::terminal;

/// Time between two lines of plain progress.
const EVERY: Duration = Duration::from_secs(5);

/// What `--progress` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ProgressMode {
    /// A bar on a terminal, lines elsewhere
    Auto,
    /// Nothing
    Never,
    /// A line every few seconds
    Plain,
    /// A JSON object every few seconds
    Json,
}

/// A progress that can be ended.
pub trait Show: Progress {
    /// Takes the bar away.
    fn finish(&self);

    /// How long each stage took, in order, where that was timed.
    fn stages(&self) -> Vec<(String, Duration)> {
        Vec::new()
    }
}

impl Show for Quiet {
    fn finish(&self) {}
}

/// What shows the progress in this mode.
pub fn progress(mode: ProgressMode) -> Box<dyn Show> {
    match mode {
        ProgressMode::Never => Box::new(Quiet),
        ProgressMode::Auto if std::io::stderr().is_terminal() => Box::new(Bar::new()),
        ProgressMode::Auto | ProgressMode::Plain => Box::new(Lines::new(plain_line, plain_resumed)),
        ProgressMode::Json => Box::new(Lines::new(json_line, json_resumed)),
    }
}

/// Times the stages, whoever shows them.
pub struct Timed {
    show: Box<dyn Show>,
    /// When each stage began, and at last when all ended.
    began: Mutex<Vec<(&'static str, Instant)>>,
}

impl Timed {
    pub fn new(show: Box<dyn Show>) -> Self {
        Self { show, began: Mutex::new(vec![("start", Instant::now())]) }
    }

    fn begin(&self, name: &'static str) {
        self.began.lock().unwrap_or_else(PoisonError::into_inner).push((name, Instant::now()));
    }
}

impl Progress for Timed {
    fn stage(&self, name: &'static str, bytes: u64) {
        self.begin(name);
        self.show.stage(name, bytes);
    }

    fn advance(&self, bytes: u64, documents: u64) {
        self.show.advance(bytes, documents);
    }

    fn resumed(&self, stage: &'static str, records: u64) {
        self.show.resumed(stage, records);
    }
}

impl Show for Timed {
    fn finish(&self) {
        self.begin("end");
        self.show.finish();
    }

    fn stages(&self) -> Vec<(String, Duration)> {
        let began = self.began.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stages: Vec<(String, Duration)> = Vec::new();
        for pair in began.windows(2) {
            let (name, time) = (pair[0].0, pair[1].1 - pair[0].1);
            match stages.last_mut() {
                Some((last, sum)) if *last == name => *sum += time,
                _ => stages.push((name.to_owned(), time)),
            }
        }
        stages
    }
}

struct Bar {
    bar: ProgressBar,
    documents: AtomicU64,
}

impl Bar {
    fn new() -> Self {
        Self { bar: ProgressBar::no_length(), documents: AtomicU64::new(0) }
    }
}

impl Progress for Bar {
    fn stage(&self, name: &'static str, bytes: u64) {
        let known = "{prefix:8} {wide_bar} {bytes}/{total_bytes} {msg} {bytes_per_sec} ETA {eta}";
        let unknown = "{prefix:8} {spinner} {msg}";
        let template = if bytes > 0 { known } else { unknown };
        self.bar
            .set_style(ProgressStyle::with_template(template).expect("the template is one of two constants"));
        self.bar.reset();
        self.bar.set_length(bytes);
        self.bar.set_prefix(name);
        self.bar.set_message("");
        self.bar.enable_steady_tick(Duration::from_millis(200));
        self.documents.store(0, Ordering::Relaxed);
    }

    fn advance(&self, bytes: u64, documents: u64) {
        let documents = self.documents.fetch_add(documents, Ordering::Relaxed) + documents;
        self.bar.set_position(bytes);
        self.bar.set_message(format!("{} documents", HumanCount(documents)));
    }

    fn resumed(&self, stage: &'static str, records: u64) {
        terminal::say(plain_resumed(stage, records));
    }
}

impl Show for Bar {
    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// What a line of progress tells.
struct State {
    stage: &'static str,
    bytes: u64,
    total: u64,
    documents: u64,
    /// When the stage began.
    began: Instant,
    /// When the last line was written.
    told: Instant,
}

struct Lines {
    line: fn(&State) -> String,
    resumed: fn(&str, u64) -> String,
    state: Mutex<State>,
}

impl Lines {
    fn new(line: fn(&State) -> String, resumed: fn(&str, u64) -> String) -> Self {
        let now = Instant::now();
        Self {
            line,
            resumed,
            state: Mutex::new(State { stage: "", bytes: 0, total: 0, documents: 0, began: now, told: now }),
        }
    }
}

impl Progress for Lines {
    fn stage(&self, name: &'static str, bytes: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State {
            stage: name,
            bytes: 0,
            total: bytes,
            documents: 0,
            began: Instant::now(),
            told: state.told,
        };
    }

    fn advance(&self, bytes: u64, documents: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.bytes = bytes;
        state.documents += documents;
        if state.told.elapsed() >= EVERY {
            state.told = Instant::now();
            let _ = writeln!(std::io::stderr(), "{}", (self.line)(&state));
        }
    }

    fn resumed(&self, stage: &'static str, records: u64) {
        terminal::say((self.resumed)(stage, records));
    }
}

impl Show for Lines {
    fn finish(&self) {}
}

fn plain_line(state: &State) -> String {
    let State { stage, bytes, total, documents, .. } = *state;
    let seconds = state.began.elapsed().as_secs_f64();
    let rate = HumanBytes((bytes as f64 / seconds.max(0.001)) as u64);
    let documents = HumanCount(documents);
    if total == 0 {
        return format!("{stage}: {documents} documents");
    }
    let percent = 100.0 * bytes as f64 / total as f64;
    let left = (total.saturating_sub(bytes)) as f64 * seconds / bytes.max(1) as f64;
    format!("{stage}: {percent:.0} %, {documents} documents, {rate}/s, {left:.0} s left")
}

fn json_line(state: &State) -> String {
    let State { stage, bytes, total, documents, .. } = *state;
    let seconds = state.began.elapsed().as_secs_f64();
    format!(
        "{{\"stage\":\"{stage}\",\"bytes\":{bytes},\"total\":{total},\"documents\":{documents},\"seconds\":{seconds:.1}}}"
    )
}

fn plain_resumed(stage: &str, records: u64) -> String {
    format!("going on with an interrupted run: {stage}, after {} records", HumanCount(records))
}

fn json_resumed(stage: &str, records: u64) -> String {
    format!("{{\"resumed\":\"{stage}\",\"records\":{records}}}")
}

//! A run on a sample, watched: what each stage takes, and how large the work folder grows.
//!
//! It is the real run, only that its outputs are counted and not kept. So that what is seen can be multiplied, it is given
//! the sample's share of the memory, and checkpoints as often as a large run has them for its size: then what a large run
//! brings to disk is brought to disk here, too.
//!
//! When it is wrong: the folder is looked at every few milliseconds, so what stood in it for less is missed.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::growth::Growth;
use super::sample::Sample;
use crate::config::{Config, GuardAction, Size};
use crate::error::Result;
use crate::pipeline::work::{Leftover, WorkFolder};
use crate::pipeline::{Decided, Job, Outputs, Progress, Quiet, Searched, decide, emit, search_among};
use crate::report::Summary;
use crate::write::Output;

/// How often the work folder is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(4);

/// The least memory that a run is given: with less, sorting goes through so many files that it is another thing.
const LEAST_MEMORY: Size = Size::mebibytes(16);

/// How often the sample is cut into halves, each time elsewhere: one cut alone leaves too much to chance.
const CUTS: u32 = 3;

/// The CPU time that the process has used so far.
pub type CpuClock<'a> = &'a (dyn Fn() -> Duration + Sync);

/// What a stage took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stage {
    /// Its name.
    pub name: &'static str,
    /// Of all threads.
    pub cpu_seconds: f64,
    /// From its beginning to its end.
    pub wall_seconds: f64,
}

/// What was seen.
#[derive(Debug, Clone)]
pub(super) struct Rehearsal {
    pub stages: Vec<Stage>,
    pub summary: Summary,
    pub rejected: u64,
    /// The largest size of the work folder.
    pub disk: u64,
    /// The largest size of what a sorter holds in memory where it can.
    pub sorted: u64,
    /// The largest size of everything else.
    pub unsorted: u64,
    pub corpus_bytes: u64,
    pub decisions_bytes: u64,
    /// The search in all of the sample.
    pub whole: Searched,
    /// The searches in its halves.
    halves: Vec<Searched>,
    share: f64,
}

impl Rehearsal {
    /// A count of the search, in the sample and in its halves.
    pub fn growth(&self, count: impl Fn(&Searched) -> u64) -> Growth {
        let halves: u64 = self.halves.iter().map(&count).sum();
        let cuts = (self.halves.len() / 2).max(1);
        Growth { share: self.share, whole: count(&self.whole) as f64, halves: halves as f64 / cuts as f64 }
    }
}

/// Runs it on a sample, with scratch files in `folder`.
///
/// # Errors
/// Whatever ends a run.
pub(super) fn rehearse(
    sample: &Sample,
    config: &Config,
    folder: &Path,
    cpu: CpuClock<'_>,
    stop: &AtomicBool,
) -> Result<Rehearsal> {
    let mut config = config.clone();
    let memory = Size::bytes((config.run.memory.get() as f64 * sample.share) as u64);
    config.run.memory = memory.max(LEAST_MEMORY);
    config.run.checkpoint_seconds = 1;
    config.input.limit = 0;
    if config.guard.action == GuardAction::Stop {
        config.guard.action = GuardAction::Warn;
    }
    let work = WorkFolder::claim(Some(folder), Path::new("rehearsal"), Leftover::Remove)?;
    let watch = Watch::new(cpu);
    let job = Job::new(Arc::clone(&sample.inputs), &config, &work, &watch, stop);
    let (corpus_bytes, decisions_bytes) = (Arc::default(), Arc::default());
    let counted =
        |name, bytes: &Arc<AtomicU64>| Some(Output::stream(name, Box::new(Counter(Arc::clone(bytes)))));
    let mut outputs = Outputs {
        corpus: counted("the corpus", &corpus_bytes),
        decisions: counted("the decisions", &decisions_bytes),
        ..Outputs::default()
    };
    let mut rejected = 0;
    let mut sizes = Sizes::default();
    let decided = sizes.watched(&work, || {
        decide(&job, |_| {
            rejected += 1;
            Ok(())
        })
    })?;
    watch.pause();
    let searches = searches(&decided, &job, folder, sample.share)?;
    let summary = sizes.watched(&work, || {
        let summary = emit(&job, decided, &mut outputs)?;
        for output in [outputs.corpus.take(), outputs.decisions.take()].into_iter().flatten() {
            output.commit()?;
        }
        Ok(summary)
    })?;
    watch.pause();
    work.finish()?;
    let Sizes { all, sorted, unsorted } = sizes;
    let mut searches = searches.into_iter();
    Ok(Rehearsal {
        stages: watch.stages(),
        summary,
        rejected,
        disk: all,
        sorted,
        unsorted,
        corpus_bytes: corpus_bytes.load(Ordering::Relaxed),
        decisions_bytes: decisions_bytes.load(Ordering::Relaxed),
        whole: searches.next().unwrap_or_default(),
        halves: searches.collect(),
        share: sample.share,
    })
}

/// The search in all documents, and where they are not all there are in both halves of each cut.
fn searches(decided: &Decided, job: &Job<'_>, folder: &Path, share: f64) -> Result<Vec<Searched>> {
    let work = WorkFolder::create(Some(folder), Path::new("halves"))?;
    let job = Job::new(Arc::clone(&job.inputs), job.config, &work, &Quiet, job.stop);
    let mut found = vec![search_among(&job, &decided.store, |_| true)?];
    if share < 1.0 {
        for (cut, side) in (0..CUTS).flat_map(|cut| [(cut, 0), (cut, 1)]) {
            let bit = |number: u32| xxhash_rust::xxh3::xxh3_64(&number.to_le_bytes()) >> cut & 1;
            found.push(search_among(&job, &decided.store, |number| bit(number) == side)?);
        }
    }
    Ok(found)
}

/// A stage that began, with both clocks then.
type Begun = Option<(&'static str, Duration, Instant)>;

/// Takes the time of the stages.
struct Watch<'a> {
    cpu: CpuClock<'a>,
    taken: Mutex<(Begun, Vec<Stage>)>,
}

impl<'a> Watch<'a> {
    fn new(cpu: CpuClock<'a>) -> Self {
        Self { cpu, taken: Mutex::default() }
    }

    fn taken(&self) -> MutexGuard<'_, (Begun, Vec<Stage>)> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the stage that goes on.
    fn pause(&self) {
        let mut taken = self.taken();
        if let Some((name, cpu, wall)) = taken.0.take() {
            let cpu_seconds = (self.cpu)().saturating_sub(cpu).as_secs_f64();
            taken.1.push(Stage { name, cpu_seconds, wall_seconds: wall.elapsed().as_secs_f64() });
        }
    }

    fn stages(&self) -> Vec<Stage> {
        std::mem::take(&mut self.taken().1)
    }
}

impl Progress for Watch<'_> {
    fn stage(&self, name: &'static str, _: u64) {
        self.pause();
        self.taken().0 = Some((name, (self.cpu)(), Instant::now()));
    }

    fn advance(&self, _: u64, _: u64) {}
}

/// The largest sizes seen of a work folder.
#[derive(Default)]
struct Sizes {
    all: u64,
    sorted: u64,
    unsorted: u64,
}

impl Sizes {
    /// Does `action` and looks at the folder meanwhile.
    fn watched<T>(&mut self, work: &WorkFolder, action: impl FnOnce() -> T) -> T {
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let looking = scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    self.look(work.path());
                    std::thread::park_timeout(LOOK_EVERY);
                }
                self.look(work.path());
            });
            // Whatever ends the action ends the looking.
            let _ends = Ends { done: &done, looking: looking.thread().clone() };
            action()
        })
    }

    fn look(&mut self, folder: &Path) {
        let (mut sorted, mut unsorted) = (0, 0);
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let size = entry.metadata().map_or(0, |found| found.len());
            let is_sorted = entry.path().extension().is_some_and(|extension| extension == "run");
            *(if is_sorted { &mut sorted } else { &mut unsorted }) += size;
        }
        self.all = self.all.max(sorted + unsorted);
        self.sorted = self.sorted.max(sorted);
        self.unsorted = self.unsorted.max(unsorted);
    }
}

struct Ends<'a> {
    done: &'a AtomicBool,
    looking: std::thread::Thread,
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        self.looking.unpark();
    }
}

/// Counts what is written to it.
struct Counter(Arc<AtomicU64>);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

//! Parallel work on a stream whose results come out in input order, in bounded memory.
//!
//! A reader thread numbers the items, workers take them as they come, and the calling thread puts the results back
//! in order. Every item holds a slot from before it is read until after it is sunk, and there are only so many slots:
//! so one slow item stalls the reader instead of letting the results behind it pile up.
//!
//! Nobody is ever told to stop. Whoever leaves drops its ends of the channels, and the others leave when a channel
//! has no other end; that holds for an error, an interruption and a panic alike.
//!
//! When it is wrong: a thread finishes the item it is at before it leaves, so a source that blocks (a terminal, a
//! stalled pipe) also delays the end of the run.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::error::{Error, Result};

/// Items read but not yet sunk, for each worker. With four, nobody idles until one item takes about four times as
/// long as its neighbours; more would only hold more memory.
pub const SLOTS_PER_THREAD: usize = 4;

/// An item on its way to a worker.
struct Job<I> {
    number: u64,
    near: String,
    item: I,
}

/// What became of an item, or why the source ended early.
type Outcome<R> = (u64, Result<R>);

/// Sends every item of `source` through `work` on `threads` threads (at least one), and its results to `sink` on the
/// calling thread in input order. At most [`SLOTS_PER_THREAD`] × `threads` items are read but not yet sunk.
///
/// `describe` names an item for the message of a panic. A panic in `sink` is the caller's own and goes through.
///
/// # Errors
/// The first error in input order, of the source, of `work` (a panic, as [`Error::Panic`]) or of the sink; every
/// result before it has been sunk, none after it. [`Error::Interrupted`] once `stop` is set.
pub fn ordered<I: Send, R: Send>(
    source: impl Iterator<Item = Result<I>> + Send,
    threads: usize,
    stop: &AtomicBool,
    describe: impl Fn(&I) -> String + Send,
    work: impl Fn(I) -> R + Sync,
    sink: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    let threads = threads.max(1);
    let window = threads * SLOTS_PER_THREAD;
    thread::scope(|scope| {
        // The slots alone make threads wait: the other channels have room for every item that holds one.
        let (take_slot, free_slot) = bounded(window);
        let (give_job, jobs) = bounded(window);
        let (give_outcome, outcomes) = bounded(window);
        let work = &work;
        let too_many =
            |e| Error::Config(format!("run.threads = {threads}: the system refuses so many ({e})"));
        for _ in 0..threads {
            let (jobs, give_outcome) = (jobs.clone(), give_outcome.clone());
            let worker = thread::Builder::new().name("work".to_owned());
            worker.spawn_scoped(scope, move || work_off(&jobs, work, &give_outcome)).map_err(too_many)?;
        }
        drop(jobs);
        let reader = thread::Builder::new().name("read".to_owned());
        reader
            .spawn_scoped(scope, move || read(source, describe, &take_slot, &give_job, &give_outcome))
            .map_err(too_many)?;
        sink_in_order(outcomes, &free_slot, stop, sink)
    })
}

/// The reader: takes a slot, reads an item, hands it out. An error or a panic of the source takes the place of the
/// item after the last one.
fn read<I, R>(
    mut source: impl Iterator<Item = Result<I>>,
    describe: impl Fn(&I) -> String,
    take_slot: &Sender<()>,
    give_job: &Sender<Job<I>>,
    give_outcome: &Sender<Outcome<R>>,
) {
    let mut number = 0;
    let mut last = "the start of the input".to_owned();
    let end = catching(|| {
        while take_slot.send(()).is_ok() {
            let Some(item) = source.next().transpose()? else { break };
            last = describe(&item);
            if give_job.send(Job { number, near: last.clone(), item }).is_err() {
                break;
            }
            number += 1;
        }
        Ok(())
    })
    .unwrap_or_else(|message| Err(Error::Panic { near: last, message }));
    if let Err(error) = end {
        // Nobody there to hear it: the run ended for an earlier reason.
        let _ = give_outcome.send((number, Err(error)));
    }
}

/// A worker: until there are no more jobs, or nobody wants the results.
fn work_off<I, R>(jobs: &Receiver<Job<I>>, work: &impl Fn(I) -> R, give_outcome: &Sender<Outcome<R>>) {
    for Job { number, near, item } in jobs {
        let result = catching(|| work(item)).map_err(|message| Error::Panic { near, message });
        if give_outcome.send((number, result)).is_err() {
            return;
        }
    }
}

/// The calling thread: puts the results in order. Owns `outcomes`, so that the workers learn when it leaves.
fn sink_in_order<R>(
    outcomes: Receiver<Outcome<R>>,
    free_slot: &Receiver<()>,
    stop: &AtomicBool,
    mut sink: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    let mut early = BTreeMap::new();
    let mut next = 0;
    let go_on = || if stop.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) };
    go_on()?;
    for (number, result) in outcomes {
        early.insert(number, result);
        while let Some(result) = early.remove(&next) {
            go_on()?;
            sink(result?)?;
            next += 1;
            free_slot.recv().expect("the slot of the item just sunk is taken");
        }
    }
    go_on()
}

/// Runs `action`; a panic becomes its message. Nothing that `action` touched is used again after a panic.
fn catching<T>(action: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(action)).map_err(|payload| message_of(payload.as_ref()))
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    /// Fails instead of hanging when `body` deadlocks.
    fn in_time<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
        let (done, result) = mpsc::channel();
        thread::spawn(move || done.send(catch_unwind(AssertUnwindSafe(body))));
        match result.recv_timeout(Duration::from_secs(30)).expect("no deadlock") {
            Ok(value) => value,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    fn dawdle(item: u64) {
        let slow = if item % 100 == 17 { 10_000 } else { item.wrapping_mul(0x9E37_79B9) >> 7 & 0xFF };
        thread::sleep(Duration::from_micros(slow));
    }

    #[test]
    fn results_come_in_order_and_the_window_holds() {
        for threads in [0, 1, 2, 3, 8] {
            let (read, sunk) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let window = threads.max(1) * SLOTS_PER_THREAD;
            let source = (0..400).inspect(|_| {
                let ahead = read.fetch_add(1, Ordering::SeqCst) + 1 - sunk.load(Ordering::SeqCst);
                assert!(ahead <= window, "{ahead} items in flight, {window} allowed");
            });
            let mut results = Vec::new();
            let work = |item| {
                dawdle(item);
                item * 2
            };
            let sink = |result| {
                results.push(result);
                sunk.fetch_add(1, Ordering::SeqCst);
                Ok(())
            };
            let stop = AtomicBool::new(false);
            ordered(source.map(Ok), threads, &stop, u64::to_string, work, sink).unwrap();
            assert_eq!(results, (0..400).map(|item| item * 2).collect::<Vec<_>>(), "{threads} threads");
        }
    }

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Culprit {
        SourceError,
        SourcePanic,
        WorkPanic,
        SinkError,
    }

    /// Runs an endless stream whose item `at` fails; returns what was sunk, how many items were read, and the error.
    fn run_to_failure(culprit: Culprit, at: u64, threads: usize) -> (Vec<u64>, u64, Error) {
        let mut read = 0;
        let source = (0..).map(|item| {
            read += 1;
            match culprit {
                Culprit::SourceError if item == at => Err(Error::Config("from the source".to_owned())),
                Culprit::SourcePanic if item == at => panic!("from the source"),
                _ => Ok(item),
            }
        });
        let mut sunk = Vec::new();
        let work = |item| {
            dawdle(item);
            assert!(culprit != Culprit::WorkPanic || item != at, "from work");
            item
        };
        let sink = |item| {
            if culprit == Culprit::SinkError && item == at {
                return Err(Error::Config("from the sink".to_owned()));
            }
            sunk.push(item);
            Ok(())
        };
        let stop = AtomicBool::new(false);
        let error = ordered(source, threads, &stop, |item| format!("item {item}."), work, sink).unwrap_err();
        (sunk, read, error)
    }

    #[test]
    fn a_failure_anywhere_ends_the_run_with_its_error() {
        use Culprit::{SinkError, SourceError, SourcePanic, WorkPanic};
        for threads in [1, 2, 5] {
            for at in [0, 1, 18, 41] {
                for culprit in [SourceError, SourcePanic, WorkPanic, SinkError] {
                    let (sunk, read, error) = in_time(move || run_to_failure(culprit, at, threads));
                    assert_eq!(sunk, (0..at).collect::<Vec<_>>(), "{culprit:?} at {at}, {threads} threads");
                    assert!(read <= at + (threads * SLOTS_PER_THREAD) as u64);
                    let near = match (culprit, at.checked_sub(1)) {
                        (WorkPanic, _) => format!("near item {at}.: from work;"),
                        (SourcePanic, None) => "near the start of the input: from the source;".to_owned(),
                        (SourcePanic, Some(last)) => format!("near item {last}.: from the source;"),
                        (SourceError, _) => "from the source".to_owned(),
                        (SinkError, _) => "from the sink".to_owned(),
                    };
                    assert!(error.to_string().contains(&near), "{error}");
                }
            }
        }
    }

    #[test]
    fn the_first_error_in_input_order_wins() {
        let work = |item: u64| {
            thread::sleep(Duration::from_millis(if item == 2 { 50 } else { 0 }));
            assert!(item < 2, "too large");
        };
        let stop = AtomicBool::new(false);
        let error = ordered((0..9).map(Ok), 4, &stop, u64::to_string, work, |()| Ok(())).unwrap_err();
        assert!(matches!(error, Error::Panic { near, .. } if near == "2"));
    }

    #[test]
    fn the_stop_flag_interrupts() {
        for stop_at in [0, 1, 20] {
            let sunk = in_time(move || {
                let stop = AtomicBool::new(stop_at == 0);
                let mut sunk = 0;
                let sink = |_| {
                    sunk += 1;
                    stop.store(sunk == stop_at, Ordering::Relaxed);
                    Ok(())
                };
                let end = ordered((0..).map(Ok), 3, &stop, u64::to_string, |item| item, sink);
                assert!(matches!(end, Err(Error::Interrupted)));
                sunk
            });
            assert_eq!(sunk, stop_at);
        }
    }

    #[test]
    #[should_panic(expected = "from the sink")]
    fn a_panic_of_the_sink_goes_through() {
        in_time(|| {
            let stop = AtomicBool::new(false);
            let sink = |_| panic!("from the sink");
            ordered((0..).map(Ok), 3, &stop, u64::to_string, |item| item, sink)
        })
        .unwrap();
    }
}

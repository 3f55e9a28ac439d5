//! Parallel work on a stream whose results come out in input order, in bounded memory, on as many threads as were asked
//! for.
//!
//! Every thread does the same: it takes the next item from the source, works on it, and hands in the result. Whoever
//! hands in the result that is due sinks it, and all that wait behind it. So there is no reader and no writer beside
//! the workers, and with one thread everything happens on the caller's.
//!
//! A thread that runs ahead waits: only so many items may be taken and not yet sunk, so one slow item stalls the source
//! instead of letting the results behind it pile up.
//!
//! When it is wrong: source and sink are each held by one thread at a time, so they must be cheap beside the work. A
//! source that blocks (a terminal, a stalled pipe) delays the end of the run.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::error::{Error, Result};

/// Items taken but not yet sunk, for each thread. With four, nobody waits until one item takes about four times as long
/// as its neighbours; more would only hold more memory.
pub const SLOTS_PER_THREAD: usize = 4;

/// Sends every item of `source` through `work` on `threads` threads (at least one, the calling one among them), and its
/// results to `sink` in input order. At most [`SLOTS_PER_THREAD`] × `threads` items are taken but not yet sunk.
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
    describe: impl Fn(&I) -> String + Sync,
    work: impl Fn(I) -> R + Sync,
    sink: impl FnMut(R) -> Result<()> + Send,
) -> Result<()> {
    let threads = threads.max(1);
    let line = Line {
        window: (threads * SLOTS_PER_THREAD) as u64,
        stop,
        describe,
        work,
        source: Mutex::new(Source { items: source, taken: 0, last: "the start of the input".to_owned() }),
        sink: Mutex::new(sink),
        results: Mutex::new(Results { early: BTreeMap::new(), sunk: 0, is_sinking: false, end: None }),
        moved: Condvar::new(),
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            let spawned =
                thread::Builder::new().name("work".to_owned()).spawn_scoped(scope, || line.work_off());
            if let Err(e) = spawned {
                let message = format!("run.threads = {threads}: the system refuses so many ({e})");
                line.end(End::Failed(Error::Config(message)));
                break;
            }
        }
        line.work_off();
    });
    let results = line.results.into_inner().unwrap_or_else(PoisonError::into_inner);
    match results.end {
        Some(End::Failed(error)) => Err(error),
        Some(End::Panicked(payload)) => resume_unwind(payload),
        _ if stop.load(Ordering::Relaxed) => Err(Error::Interrupted),
        _ => Ok(()),
    }
}

/// What the threads share.
struct Line<'a, R, S, D, W, K> {
    window: u64,
    stop: &'a AtomicBool,
    describe: D,
    work: W,
    source: Mutex<Source<S>>,
    sink: Mutex<K>,
    results: Mutex<Results<R>>,
    /// Told when a result was sunk, or when the end has come.
    moved: Condvar,
}

struct Source<S> {
    items: S,
    /// Items taken so far: the number of the next one.
    taken: u64,
    /// Names the item taken last.
    last: String,
}

struct Results<R> {
    /// Results whose turn has not come.
    early: BTreeMap<u64, Result<R>>,
    /// Results sunk so far: the number of the one that is due.
    sunk: u64,
    /// Whether a thread is sinking; it takes along what others hand in.
    is_sinking: bool,
    /// Why nothing more is taken or sunk.
    end: Option<End>,
}

enum End {
    /// The source is at its end. What was taken is still worked on.
    Exhausted,
    Failed(Error),
    Panicked(Box<dyn Any + Send>),
}

impl<I, R, S, D, W, K> Line<'_, R, S, D, W, K>
where
    S: Iterator<Item = Result<I>>,
    D: Fn(&I) -> String,
    W: Fn(I) -> R,
    K: FnMut(R) -> Result<()>,
{
    /// One thread's part: until nothing more is to be taken.
    fn work_off(&self) {
        while let Some((number, near, item)) = self.take() {
            let result = item.and_then(|item| {
                catching(|| (self.work)(item)).map_err(|message| Error::Panic { near, message })
            });
            self.hand_in(number, result);
        }
    }

    /// The next item with its number and its name, once there is room for it. An error or a panic of the source takes
    /// the place of the item after the last one.
    fn take(&self) -> Option<(u64, String, Result<I>)> {
        let mut source = locked(&self.source);
        let mut results = locked(&self.results);
        while results.end.is_none() && source.taken - results.sunk >= self.window {
            results = self.moved.wait(results).unwrap_or_else(PoisonError::into_inner);
        }
        if results.end.is_some() || self.stop.load(Ordering::Relaxed) {
            return None;
        }
        drop(results);
        let next = catching(|| {
            let item = source.items.next().transpose()?;
            Ok(item.map(|item| ((self.describe)(&item), item)))
        });
        let number = source.taken;
        source.taken += 1;
        match next {
            Ok(Ok(Some((near, item)))) => {
                source.last.clone_from(&near);
                Some((number, near, Ok(item)))
            }
            Ok(Ok(None)) => {
                self.end(End::Exhausted);
                None
            }
            Ok(Err(error)) => self.fail(number, error),
            Err(message) => {
                let near = source.last.clone();
                self.fail(number, Error::Panic { near, message })
            }
        }
    }

    /// Lets the source end with an error, which comes out after the results before it.
    fn fail(&self, number: u64, error: Error) -> Option<(u64, String, Result<I>)> {
        self.hand_in(number, Err(error));
        self.end(End::Exhausted);
        None
    }

    /// Puts a result where it belongs, and sinks what is due unless another thread is at it.
    fn hand_in(&self, number: u64, result: Result<R>) {
        let mut results = locked(&self.results);
        results.early.insert(number, result);
        if results.is_sinking {
            return;
        }
        results.is_sinking = true;
        loop {
            let due = results.sunk;
            let failed = matches!(results.end, Some(End::Failed(_) | End::Panicked(_)));
            let Some(result) = results.early.remove(&due).filter(|_| !failed) else { break };
            drop(results);
            let outcome = self.sink_one(result);
            results = locked(&self.results);
            match outcome {
                Ok(()) => results.sunk += 1,
                Err(end) => results.end = Some(end),
            }
            self.moved.notify_all();
        }
        results.is_sinking = false;
    }

    fn sink_one(&self, result: Result<R>) -> Result<(), End> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(End::Failed(Error::Interrupted));
        }
        let result = result.map_err(End::Failed)?;
        let mut sink = locked(&self.sink);
        match catch_unwind(AssertUnwindSafe(|| sink(result))) {
            Ok(outcome) => outcome.map_err(End::Failed),
            Err(payload) => Err(End::Panicked(payload)),
        }
    }

    /// Ends the taking, for the first reason given.
    fn end(&self, end: End) {
        locked(&self.results).end.get_or_insert(end);
        self.moved.notify_all();
    }
}

/// Nobody panics while holding a lock: work, source and sink are caught.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
            Err(panic) => resume_unwind(panic),
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

//! Plays a case on a host, from its start to its end or to an interruption.

use crate::{
    Case, Conforming, Host, Run, Script,
    case::Outside,
    order::Order,
    story::{Ended, Tellers},
    trace::{Lines, Trace, told},
};
use expect_test::Expect;
use std::{future::pending, thread, time::Duration};
use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::yield_now,
    time::{Instant, sleep_until, timeout_at},
};
use workflow_runtime::{Failure, WorkflowExt};

/// Longer than any case takes.
const NEVER: Duration = Duration::from_hours(600 * 24);

/// An event from outside the run, beside those of the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// Nothing.
    None,
    /// Cancels the run once it has taken this number of [steps](Script::steps), as soon as the task that took the last
    /// is not polled any more.
    Cancel(usize),
    /// The runtime with all its tasks is dropped, likewise.
    Abandon(usize),
}

/// A case on a host, whatever its workflow.
pub trait Playable: Send + Sync {
    /// Its family and name.
    fn name(&self) -> String;
    /// Which of the 43 control-flow patterns it shows.
    fn patterns(&self) -> Vec<u8>;
    /// The trace that must come of it.
    fn expected(&self) -> Expect;
    /// Something comes from outside while it runs.
    fn has_outside(&self) -> bool;
    /// Plays it on a runtime of its own, under paused time.
    fn play(&self, interruption: Interruption) -> Outcome;
    /// Plays the case, and compares the reports of all observers.
    ///
    /// # Errors
    /// The reports that differ from the events.
    fn told(&self, interruption: Interruption) -> Result<Outcome, String>;
    /// Polls a run by hand that many times, at most, then drops it. None: it can't be polled by hand.
    fn poll(&self, times: usize) -> Option<Outcome>;
}

/// The result of a play.
pub struct Outcome {
    /// The trace, as far as the run came.
    pub trace: String,
    /// Whether the run ended by itself.
    pub ended: bool,
    /// The failure of the run.
    pub failure: Option<Failure>,
    /// The script of its stages, with their effects.
    pub script: Script,
    /// At which step it was interrupted.
    pub interrupted: Option<usize>,
    /// Where its events do not respect the workflow's graph.
    pub wrong: Vec<String>,
    /// Values that the run has leaked.
    pub leaks: Vec<String>,
    /// The state of each stage after the end, where the host shows it.
    pub statuses: Option<Vec<String>>,
}

/// A case on a host.
pub struct Hosted<H, W: Conforming> {
    /// The host.
    pub host: H,
    /// Its family and its name.
    pub name: String,
    /// Makes it.
    pub make: fn() -> Case<W>,
}

/// The tasks of one poll each, so that what interrupts a run comes right after the poll that it waits for.
pub(crate) fn runtime() -> Runtime {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).event_interval(1).build();
    runtime.expect("a runtime without a driver for input and output can always be made")
}

impl<H: Host, W: Conforming> Playable for Hosted<H, W> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn patterns(&self) -> Vec<u8> {
        (self.make)().patterns
    }

    fn expected(&self) -> Expect {
        let case = (self.make)();
        let stored = case.expected_on_store.filter(|_| H::STORES);
        stored.or(case.expected).expect("a case says its trace")
    }

    fn has_outside(&self) -> bool {
        !(self.make)().outside.is_empty()
    }

    fn play(&self, interruption: Interruption) -> Outcome {
        let case = (self.make)();
        let script = case.script.clone();
        let runtime = runtime();
        let mut outcome = runtime.block_on(played(&self.host, case, interruption, None));
        drop(runtime);
        settle(&mut outcome, &script);
        outcome
    }

    fn told(&self, interruption: Interruption) -> Result<Outcome, String> {
        let tellers = Tellers::default();
        let mut outcome = tellers.listen(|| {
            let case = (self.make)();
            runtime().block_on(played(&self.host, case, interruption, Some(&tellers)))
        });
        let script = outcome.script.clone();
        settle(&mut outcome, &script);
        // (A dropped run has its statuses read before.)
        let statuses = outcome.statuses.as_deref().filter(|_| outcome.ended);
        let failure = outcome.failure.as_ref();
        let verdict = tellers.agree(W::GRAPH, &Ended { failure, statuses, awaited: outcome.ended });
        verdict.map_err(|why| format!("{why}\n{}", outcome.trace))?;
        Ok(outcome)
    }

    fn poll(&self, times: usize) -> Option<Outcome> {
        let case = (self.make)();
        if !case.outside.is_empty() {
            return None;
        }
        let script = case.script.clone();
        let runtime = runtime();
        let mut outcome = runtime.block_on(polled(case, times));
        drop(runtime);
        settle(&mut outcome, &script);
        Some(outcome)
    }
}

async fn played<H: Host, W: Conforming>(
    host: &H,
    case: Case<W>,
    interruption: Interruption,
    tellers: Option<&Tellers>,
) -> Outcome {
    let Case { script, workflow, input, mut outside, .. } = case;
    outside.sort_by_key(|(at, _)| *at);
    let mut outside = outside.into_iter().peekable();
    let (start, lines, order) = (Instant::now(), Lines::new(), Order::default());
    let workflow = workflow.observed_by(Trace { lines: lines.clone(), script: script.clone(), order: order.clone() });
    let workflow = match tellers {
        Some(tellers) => tellers.watch(workflow),
        None => workflow,
    };
    let mut run = host.start(workflow, input).await;
    let mut interrupted = None;
    let interrupt = async {
        match interruption {
            Interruption::None => pending().await,
            Interruption::Cancel(steps) | Interruption::Abandon(steps) => script.reached(steps).await,
        }
    };
    let mut interrupt = std::pin::pin!(interrupt);
    let ended = loop {
        let next = outside.peek().map_or(NEVER, |(at, _)| *at);
        tokio::select! {
            biased;
            () = &mut interrupt, if interrupted.is_none() => {
                interrupted = Some(script.steps());
                if let Interruption::Abandon(_) = interruption {
                    break None;
                }
                run.cancel().await;
            }
            ended = run.ended() => break Some(ended),
            () = sleep_until(start + next) => match outside.next() {
                Some((_, Outside::Signal(signal))) => {
                    // Before whatever it causes.
                    let taken = run.signal(signal).await;
                    lines.outside(&match taken {
                        Ok(()) => "signal".to_owned(),
                        Err(why) => format!("signal: {why:?}"),
                    });
                }
                Some((_, Outside::Cancel)) => {
                    lines.outside("cancel");
                    run.cancel().await;
                }
                None => {
                    lines.end("it never ends");
                    break None;
                }
            },
        }
    };
    let is_over = !matches!(interruption, Interruption::Abandon(_));
    let outcome = finish(ended, (&lines, &order), script.clone(), interrupted, is_over).await;
    // What was cut on a task of its own is gone by now.
    let statuses = run.statuses();
    drop(run);
    Outcome { statuses, ..outcome }
}

async fn polled<W: Conforming>(case: Case<W>, times: usize) -> Outcome {
    let Case { script, workflow, input, .. } = case;
    let (start, lines, order) = (Instant::now(), Lines::new(), Order::default());
    let workflow = workflow.observed_by(Trace { lines: lines.clone(), script: script.clone(), order: order.clone() });
    let mut run = Box::pin(workflow.run_with(input));
    drop(workflow);
    let mut left = times;
    let ended = std::future::poll_fn(|context| {
        if left == 0 {
            return std::task::Poll::Ready(None);
        }
        left -= 1;
        let polled = run.as_mut().poll(context).map(Some);
        if left == 0 && polled.is_pending() {
            return std::task::Poll::Ready(None);
        }
        polled
    });
    let ended = timeout_at(start + NEVER, ended).await.unwrap_or_else(|_| {
        lines.end("it never ends");
        None
    });
    drop(run);
    finish(ended, (&lines, &order), script, None, true).await
}

async fn finish<T: std::fmt::Debug>(
    ended: Option<Result<T, Failure>>,
    (lines, order): (&Lines, &Order),
    script: Script,
    interrupted: Option<usize>,
    is_over: bool,
) -> Outcome {
    match &ended {
        Some(Ok(output)) => lines.end(&format!("{output:?}")),
        Some(Err(failure)) => lines.end(&told(failure)),
        None => {}
    }
    let mut leaks = Vec::new();
    if is_over {
        // What runs elsewhere ends at its next await.
        for _ in 0..100 {
            if Handle::current().metrics().num_alive_tasks() == 0 {
                break;
            }
            yield_now().await;
        }
        let tasks = Handle::current().metrics().num_alive_tasks();
        if tasks > 0 {
            leaks.push(format!("{tasks} tasks run on"));
        }
    }
    let failure = ended.as_ref().and_then(|ended| ended.as_ref().err().cloned());
    Outcome {
        trace: lines.text(),
        ended: ended.is_some(),
        failure,
        script,
        interrupted,
        wrong: order.wrong(),
        leaks,
        statuses: None,
    }
}

/// With everything gone that should be gone.
fn settle(outcome: &mut Outcome, script: &Script) {
    // This one and the outcome's own. A blocking call ends in its own time, on its own thread.
    for _ in 0..1000 {
        if script.holders() <= 2 {
            break;
        }
        thread::sleep(Duration::from_millis(1));
    }
    let live = script.live();
    if !live.is_empty() {
        outcome.leaks.push(format!("still under way: {}", live.join(", ")));
    }
    for (pool, missing) in script.missing_permits() {
        outcome.leaks.push(format!("{missing} permits of {pool} are missing"));
    }
    let holders = script.holders() - 2;
    if holders > 0 {
        outcome.leaks.push(format!("{holders} stages, outputs or undos are still held"));
    }
}

//! A run that crashes at one of its commits, and goes on from what is on its store.

use crate::{
    Case, Conforming,
    case::Outside,
    checks::Verdict,
    order::Order,
    play::runtime,
    store::{failed, signalled},
    trace::{Lines, Trace, told},
};
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep_until};
use workflow_durable_tests::{Crash, CrashingStore};
use workflow_runtime::{
    Failure, WorkflowExt,
    engine::{Engine, EngineError},
    store::MemoryStore,
};

/// Longer than any case takes.
const NEVER: Duration = Duration::from_hours(1500 * 24);

/// The result of a run that crashed.
pub struct Resumed {
    /// All that was told, of both processes.
    pub trace: String,
    /// The last line.
    pub end: String,
    /// Whether the run reached its crash.
    pub crashed: bool,
    /// Broken rules that hold whatever the trace.
    pub wrong: Vec<String>,
}

/// Plays a case with a crash.
pub fn crashing<W: Conforming>(make: fn() -> Case<W>, crash: Crash, idle_timeout: Duration) -> Resumed {
    let case = make();
    let script = case.script.clone();
    let runtime = runtime();
    let mut resumed = runtime.block_on(played(make, case, crash, idle_timeout));
    drop(runtime);
    for effect in script.effects() {
        // Once more where it was cut before that was on disk.
        if effect.undone > 1 + usize::from(resumed.crashed) {
            resumed.wrong.push(format!("{} was undone {} times", effect.place, effect.undone));
        }
    }
    resumed
}

/// A crash before and after each commit: the same end, no stage that has completed runs again, and no undo either.
///
/// # Errors
/// At which commit it does not hold, what, and the trace.
pub fn crashed_at_each_commit<W: Conforming>(make: fn() -> Case<W>) -> Verdict {
    let whole = crashing(make, Crash::Never, Duration::MAX);
    // Some have places that their names do not tell apart.
    let alike = repeated(&whole.trace).is_some();
    let ends: Vec<String> = make().interrupted.iter().chain([&&*whole.end]).map(|end| unattempted(end)).collect();
    let mut others = Vec::new();
    for kind in [Crash::Before as fn(u64) -> Crash, Crash::After] {
        for commit in 0.. {
            for idle_timeout in [Duration::MAX, Duration::ZERO] {
                let crash = kind(commit);
                let resumed = crashing(make, crash, idle_timeout);
                let wrong = |why: String| format!("{crash:?}, lingering {idle_timeout:?}: {why}\n{}", resumed.trace);
                let end = unattempted(&resumed.end);
                if !ends.contains(&end) {
                    // All ends are told, with the first crash that leads to each.
                    if !others.iter().any(|(other, _)| *other == end) {
                        let why = wrong(format!("it ended with '{}' instead of '{}'", resumed.end, whole.end));
                        others.push((end, why));
                    }
                    continue;
                }
                if let Some(why) = resumed.wrong.first() {
                    return Err(wrong(why.clone()));
                }
                if let (Some(why), false) = (repeated(&resumed.trace), alike) {
                    return Err(wrong(why));
                }
            }
            if !crashing(make, kind(commit), Duration::MAX).crashed {
                break;
            }
        }
    }
    let others: Vec<String> = others.into_iter().map(|(_, why)| why).collect();
    if others.is_empty() { Ok(()) } else { Err(others.join("\n")) }
}

/// Without the number of attempts: those that were interrupted count.
fn unattempted(end: &str) -> String {
    let words: Vec<&str> = end.split(' ').collect();
    let mut kept = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if words[at] == "after" && words.get(at + 2).is_some_and(|word| word.starts_with("attempts")) {
            if words[at + 2].ends_with(':') {
                kept.push(":");
            }
            at += 3;
        } else {
            kept.push(words[at]);
            at += 1;
        }
    }
    kept.join(" ").replace(" :", ":")
}

/// Returns the stage that ran once more after it had completed.
fn repeated(trace: &str) -> Option<String> {
    let mut completed = Vec::new();
    for line in trace.lines() {
        let mut words = line.splitn(3, ' ');
        let (Some(_), Some(place), Some(what)) = (words.next(), words.next(), words.next()) else { continue };
        match what {
            "completed" | "undone" => {
                if completed.contains(&(place, what)) {
                    return Some(format!("{place} is {what} twice"));
                }
                completed.push((place, what));
            }
            "started" | "enabled" if completed.contains(&(place, "completed")) => {
                return Some(format!("{place} has completed, and starts again"));
            }
            _ => {}
        }
    }
    None
}

async fn played<W: Conforming>(make: fn() -> Case<W>, case: Case<W>, crash: Crash, idle_timeout: Duration) -> Resumed {
    let Case { script, workflow, mut outside, .. } = case;
    outside.sort_by_key(|(at, _)| *at);
    let times: Vec<Duration> = outside.iter().map(|(at, _)| *at).collect();
    drop(outside);
    let (start, lines) = (Instant::now(), Lines::new());
    // The system's clock stands still with tokio's: each process begins where the one before ended.
    let system = SystemTime::now();
    let workflow =
        workflow.observed_by(Trace { lines: lines.clone(), script: script.clone(), order: Order::default() });
    let disk = MemoryStore::new();
    let store = CrashingStore::new(disk.clone(), crash);
    let mut engine = engine(store.clone(), &workflow, idle_timeout, system).await;
    let (mut sent, mut crashed) = (0, false);
    let ended = loop {
        let ended = tokio::select! {
            biased;
            () = store.crashed(), if !crashed => {
                crashed = true;
                lines.outside("crash");
                script.crash();
                engine.abandon().await;
                script.resume();
                let store = CrashingStore::new(disk.clone(), Crash::Never);
                engine = self::engine(store, &workflow, idle_timeout, system + start.elapsed()).await;
                continue;
            }
            ended = process(&engine, make, (start, &times, &mut sent), &lines) => ended,
        };
        break ended;
    };
    let end = match &ended {
        Some(Ok(output)) => format!("{output:?}"),
        Some(Err(failure)) => told(failure),
        None => "it never ends".to_owned(),
    };
    lines.end(&end);
    engine.abandon().await;
    Resumed { trace: lines.text(), end, crashed, wrong: Vec::new() }
}

async fn engine<W: Conforming>(
    store: CrashingStore,
    workflow: &W,
    idle_timeout: Duration,
    system: SystemTime,
) -> Engine {
    let builder =
        Engine::builder().store(store).idle_timeout(idle_timeout).starting_at(system).workflow(workflow.clone());
    builder.start().await.expect("a store in memory can be read")
}

/// A process: starts the run, or goes on with it, and sends what has not been sent.
async fn process<W: Conforming>(
    engine: &Engine,
    make: fn() -> Case<W>,
    (start, times, sent): (Instant, &[Duration], &mut usize),
    lines: &Lines,
) -> Option<Result<W::Output, Failure>> {
    let run = engine.start_with::<W>("case", make().input).await.expect("a store in memory takes everything");
    loop {
        let next = times.get(*sent).copied();
        tokio::select! {
            biased;
            ended = run.result() => return Some(failed(ended)),
            () = sleep_until(start + next.unwrap_or(NEVER)) => {}
        }
        next?;
        let mut outside = make().outside;
        outside.sort_by_key(|(at, _)| *at);
        match outside.swap_remove(*sent).1 {
            Outside::Signal(signal) => {
                // Sent once more if it is unknown whether the signal was taken.
                let taken = signalled(run.signal_once(sent.to_string(), signal).await);
                lines.outside(&match taken {
                    Ok(()) => "signal".to_owned(),
                    Err(why) => format!("signal: {why:?}"),
                });
            }
            Outside::Cancel => {
                match run.cancel().await {
                    Ok(()) | Err(EngineError::Ended { .. }) => {}
                    Err(error) => panic!("a store in memory takes everything: {error}"),
                }
                lines.outside("cancel");
            }
        }
        *sent += 1;
    }
}

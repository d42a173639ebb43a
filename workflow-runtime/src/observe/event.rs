//! Events of a run, as observers receive them.

use crate::failure::Failure;
use std::{
    fmt::{self, Write},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;
use workflow_graph::Graph;

/// An observer, which receives every event of a run: see [`Event`].
///
/// An observer is attached to a workflow value, `Name::new(services).observed_by(observer)`, which its later clones
/// share. `run` and `start` both report to it. Several may be attached; each event goes to all of them, in the order in
/// which they were.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use workflow_runtime::{observe::{Event, Observer}, workflow};
///
/// #[derive(Default)]
/// struct Lines(Mutex<Vec<String>>);
///
/// impl Observer for Lines {
///     fn event(&self, event: &Event<'_>) {
///         self.0.lock().unwrap().push(format!("{} {}", event.stage.unwrap_or("-"), event.kind));
///     }
/// }
///
/// workflow! {
///     workflow Double(number: u32) -> u32 {
///         stage doubled: u32 = number * 2;
///         doubled
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let lines = Arc::new(Lines::default());
/// let double = Double::new().observed_by(Arc::clone(&lines));
/// assert_eq!(double.run(21).await.unwrap(), 42);
/// let lines = lines.0.lock().unwrap();
/// assert_eq!(*lines, [
///     "- started",
///     "doubled enabled",
///     "doubled attempt 1 started",
///     "doubled completed",
///     "- ended",
/// ]);
/// # }
/// ```
pub trait Observer: Send + Sync + 'static {
    /// Takes note of one event.
    ///
    /// The task that runs the stage calls it, and waits for it: long work belongs elsewhere. A run's own task reports
    /// its events in the order in which they happen. Stages with a task of their own (`#[spawn]`) report theirs from
    /// there, possibly at the same time.
    ///
    /// # Panics
    /// A panic in it is dropped: the run goes on.
    fn event(&self, event: &Event<'_>);
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn event(&self, event: &Event<'_>) {
        (**self).event(event);
    }
}

/// One event of a run.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Event<'a> {
    /// The workflow's name, as written.
    pub workflow: &'static str,
    /// Graph of the workflow.
    pub graph: &'static Graph<'static>,
    /// The stage's name, as written; none: the workflow itself, or what stands in its tail.
    pub stage: Option<&'static str>,
    /// The stage's number: its place in [`Graph::stages`](crate::graph::Graph::stages).
    pub index: Option<u32>,
    /// Rounds and items of the stage, from the outside in. Each has the number of the stage whose `loop`, `for`, `race
    /// for` or `quorum for` it is (`u32::MAX` in the workflow's tail), and a number of its own, from 0. A block that is
    /// tried again is there too, from its second attempt, which is number 1.
    pub places: &'a [(u32, u32)],
    /// Id of the run, as [`StageContext::instance`](crate::StageContext::instance) returns it.
    pub instance: &'a str,
    /// Time of the event by tokio's clock: exact if that is paused.
    pub at: Instant,
    /// Kind of the event.
    pub kind: EventKind<'a>,
}

/// The kind of an event.
///
/// A stage is [`Enabled`](Self::Enabled) first, and comes to exactly one end: [`Completed`](Self::Completed),
/// [`Skipped`](Self::Skipped), [`Failed`](Self::Failed) or [`Cancelled`](Self::Cancelled). Its attempts lie between. A
/// run is [`Started`](Self::Started) first and [`Ended`](Self::Ended) last; one whose future is dropped ends with
/// [`Cancelled`](Self::Cancelled) instead. A cancelled stage on a task of its own (`#[spawn]`) reports its end at its
/// next await, which may be after that.
///
/// On a store these rules hold for all that one process does with the instance, however often it leaves the memory, is
/// rewound or is tried again. In a later process the run is [`Resumed`](Self::Resumed) first. Recorded events are not
/// reported again there. A stage that was running is enabled once more, with the attempt that goes on. A stage that had
/// ended may still be undone.
///
/// `{}` gives it in a few words, without durations and the failures' sources.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum EventKind<'a> {
    /// The run has started.
    Started,
    /// The run goes on: an earlier process has begun it, or it was parked.
    Resumed,
    /// The run can't go on without a person: it is parked.
    Parked {
        /// The stage that it can't go on with, as written, if it is known.
        stage: Option<&'a str>,
        /// Why.
        reason: &'a str,
    },
    /// All that the stage waits for has ended.
    Enabled,
    /// An attempt of the stage has started. A value from a `#[cache]` and a stage that is skipped make none.
    AttemptStarted {
        /// Number of the attempt, counted from 1.
        attempt: u32,
    },
    /// An attempt of the stage has failed.
    AttemptFailed {
        /// Number of the attempt, counted from 1.
        attempt: u32,
        /// Why. It has no source where a `#[catch]` takes the stage's own error.
        failure: &'a Failure,
        /// Wait before the next attempt of the stage. `None`: there is no further one.
        delay: Option<Duration>,
    },
    /// The stage gave its output.
    Completed,
    /// The stage's `#[when]` did not hold, or what its `#[until]` names came before it had started.
    Skipped,
    /// The stage was running when its scope ended early, or the run was dropped. A stage with an `#[undo]` may still
    /// end after that, and is then undone.
    Cancelled,
    /// The stage failed for good, or something inside it that nothing there absorbed.
    Failed {
        /// Why.
        failure: &'a Failure,
    },
    /// A choice has been made.
    Decided {
        /// Label of the choice: an `if`'s condition or `else`, a `match`'s pattern, a `select`'s head, as the
        /// [graph](crate::graph::Scope::label) labels them; the number of a winner, from 1; `break`, `continue`,
        /// `fallback`.
        arm: &'a str,
    },
    /// A signal was taken by the wait of this stage.
    Signalled {
        /// Name of the signal, as written.
        signal: &'static str,
    },
    /// The stage's effect is about to be undone.
    Undoing,
    /// The stage's effect has been undone.
    Undone,
    /// The stage's effect could not be undone.
    UndoFailed {
        /// Why.
        failure: &'a Failure,
    },
    /// The run has ended, all undos included.
    Ended {
        /// How.
        outcome: Result<(), &'a Failure>,
    },
}

/// Returns a stage's name with the numbers of the rounds and items around it: `each[3]`.
pub(crate) fn title(name: &str, places: &[(u32, u32)]) -> String {
    let mut title = name.to_owned();
    for (_, number) in places {
        let _ = write!(title, "[{number}]");
    }
    title
}

impl fmt::Display for EventKind<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => formatter.write_str("started"),
            Self::Resumed => formatter.write_str("goes on"),
            Self::Parked { reason, .. } => write!(formatter, "parked: {reason}"),
            Self::Enabled => formatter.write_str("enabled"),
            Self::AttemptStarted { attempt } => write!(formatter, "attempt {attempt} started"),
            Self::AttemptFailed { attempt, .. } => write!(formatter, "attempt {attempt} failed"),
            Self::Completed => formatter.write_str("completed"),
            Self::Skipped => formatter.write_str("skipped"),
            Self::Cancelled => formatter.write_str("cancelled"),
            Self::Failed { .. } | Self::Ended { outcome: Err(_) } => formatter.write_str("failed"),
            Self::Decided { arm } => write!(formatter, "decided: {arm}"),
            Self::Signalled { signal } => write!(formatter, "got signal {signal}"),
            Self::Undoing => formatter.write_str("undoing"),
            Self::Undone => formatter.write_str("undone"),
            Self::UndoFailed { .. } => formatter.write_str("could not be undone"),
            Self::Ended { outcome: Ok(()) } => formatter.write_str("ended"),
        }
    }
}

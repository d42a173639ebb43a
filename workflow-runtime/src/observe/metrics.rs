//! Runs as numbers, for whatever listens to the `metrics` crate.

use super::event::{Event, EventKind, Observer};
use crate::{failure::FailureKind, sync::lock};
use ::metrics::Unit;
use ::metrics::counter;
use ::metrics::describe_counter;
use ::metrics::describe_histogram;
use ::metrics::histogram;
use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard},
};
use tokio::time::Instant;

/// Counts runs, stages and attempts, and measures how long they take, with the [`metrics`](::metrics) crate. Needs the
/// feature `metrics`.
///
/// | name | kind | labels |
/// | --- | --- | --- |
/// | `workflow_runs_started_total` | counter | `workflow` |
/// | `workflow_runs_resumed_total` | counter | `workflow` |
/// | `workflow_runs_parked_total` | counter | `workflow` |
/// | `workflow_runs_ended_total` | counter | `workflow`, `outcome`: `completed`, `failed`, `cancelled` |
/// | `workflow_run_duration_seconds` | histogram | `workflow`, `outcome` |
/// | `workflow_stages_started_total` | counter | `workflow`, `stage` |
/// | `workflow_stages_completed_total` | counter | `workflow`, `stage` |
/// | `workflow_stages_failed_total` | counter | `workflow`, `stage`, `kind`: a [`FailureKind`] |
/// | `workflow_stages_skipped_total` | counter | `workflow`, `stage` |
/// | `workflow_stages_cancelled_total` | counter | `workflow`, `stage` |
/// | `workflow_stages_retried_total` | counter | `workflow`, `stage` |
/// | `workflow_stages_undone_total` | counter | `workflow`, `stage` |
/// | `workflow_undos_failed_total` | counter | `workflow`, `stage` |
/// | `workflow_stage_duration_seconds` | histogram | `workflow`, `stage`, `outcome`: `completed`, `failed`, `cancelled` |
/// | `workflow_attempt_duration_seconds` | histogram | `workflow`, `stage`, `outcome` |
///
/// A stage is started when all it waits for has ended; a skipped one has started, too. A failed stage fails those
/// around it, which count as well. Retried counts the attempts after the first. A run on a store that an earlier
/// process began counts as resumed here, and so does one that goes on after it was parked. Its duration counts from
/// then on.
///
/// Each event that counts takes a lock, a look at a map, and the recorder's own time.
///
/// ```
/// use workflow_runtime::{observe::Metrics, workflow};
///
/// workflow! {
///     workflow Double(number: u32) -> u32 {
///         stage doubled: u32 = number * 2;
///         doubled
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let double = Double::new().observed_by(Metrics::new());
/// double.run(21).await.unwrap(); // Whatever recorder is installed has counted it.
/// # }
/// ```
#[derive(Default)]
pub struct Metrics {
    /// Starts of the running runs, stages and attempts.
    starts: Mutex<HashMap<String, MeasuredRun>>,
}

#[derive(Default)]
struct MeasuredRun {
    started: Option<Instant>,
    stages: HashMap<StageKey, Stage>,
    /// Whether the run has ended. Stages still running then are on tasks of their own.
    is_over: bool,
}

type StageKey = (u32, Vec<(u32, u32)>);

struct Stage {
    enabled: Instant,
    attempt: Option<Instant>,
}

impl Metrics {
    /// Creates an observer for the recorder that is installed by the time of each event. The recorder that is installed
    /// now receives the descriptions of the metrics.
    #[must_use]
    pub fn new() -> Self {
        describe_counter!("workflow_runs_started_total", "Runs that have started");
        describe_counter!("workflow_runs_resumed_total", "Runs that go on from a store");
        describe_counter!("workflow_runs_parked_total", "Runs that can't go on without a person");
        describe_counter!("workflow_runs_ended_total", "Runs that have ended, by outcome");
        describe_histogram!("workflow_run_duration_seconds", Unit::Seconds, "How long runs took");
        describe_counter!("workflow_stages_started_total", "Stages for which all they wait for has ended");
        describe_counter!("workflow_stages_completed_total", "Stages that gave their output");
        describe_counter!("workflow_stages_failed_total", "Stages that failed for good, by kind of failure");
        describe_counter!("workflow_stages_skipped_total", "Stages whose condition did not hold");
        describe_counter!("workflow_stages_cancelled_total", "Stages that were cut while under way");
        describe_counter!("workflow_stages_retried_total", "Attempts of stages after their first");
        describe_counter!("workflow_stages_undone_total", "Stages that have been undone");
        describe_counter!("workflow_undos_failed_total", "Stages that could not be undone");
        describe_histogram!("workflow_stage_duration_seconds", Unit::Seconds, "How long stages took, waits included");
        describe_histogram!("workflow_attempt_duration_seconds", Unit::Seconds, "How long attempts of stages took");
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, MeasuredRun>> {
        lock(&self.starts)
    }

    fn of_run(&self, event: &Event<'_>) {
        let workflow = event.workflow;
        let outcome = match event.kind {
            EventKind::Started => {
                self.lock().entry(event.instance.to_owned()).or_default().started = Some(event.at);
                counter!("workflow_runs_started_total", "workflow" => workflow).increment(1);
                return;
            }
            EventKind::Resumed => {
                self.lock().entry(event.instance.to_owned()).or_default().started.get_or_insert(event.at);
                counter!("workflow_runs_resumed_total", "workflow" => workflow).increment(1);
                return;
            }
            EventKind::Parked { .. } => {
                counter!("workflow_runs_parked_total", "workflow" => workflow).increment(1);
                return;
            }
            EventKind::Ended { outcome: Ok(()) } => "completed",
            EventKind::Ended { outcome: Err(failure) } if failure.kind() != FailureKind::Cancelled => "failed",
            EventKind::Ended { .. } | EventKind::Cancelled => "cancelled",
            _ => return,
        };
        let started = {
            let mut runs = self.lock();
            let started = runs.get_mut(event.instance).and_then(|run| {
                run.is_over = true;
                run.started
            });
            if runs.get(event.instance).is_some_and(|run| run.stages.is_empty()) {
                runs.remove(event.instance);
            }
            started
        };
        counter!("workflow_runs_ended_total", "workflow" => workflow, "outcome" => outcome).increment(1);
        if let Some(started) = started {
            histogram!("workflow_run_duration_seconds", "workflow" => workflow, "outcome" => outcome)
                .record(event.at.duration_since(started));
        }
    }

    fn of_stage(&self, stage: &'static str, event: &Event<'_>) {
        let workflow = event.workflow;
        let count = |name: &'static str| counter!(name, "workflow" => workflow, "stage" => stage).increment(1);
        match event.kind {
            EventKind::Enabled => {
                self.begin(event);
                count("workflow_stages_started_total");
            }
            EventKind::AttemptStarted { attempt } => {
                if attempt > 1 {
                    count("workflow_stages_retried_total");
                }
                self.with(event, |stage| stage.attempt = Some(event.at));
            }
            EventKind::AttemptFailed { .. } => self.end_attempt(stage, event, "failed"),
            EventKind::Completed => {
                count("workflow_stages_completed_total");
                self.end(stage, event, "completed");
            }
            EventKind::Failed { failure } => {
                let kind = format!("{:?}", failure.kind());
                counter!("workflow_stages_failed_total", "workflow" => workflow, "stage" => stage, "kind" => kind)
                    .increment(1);
                self.end(stage, event, "failed");
            }
            EventKind::Cancelled => {
                count("workflow_stages_cancelled_total");
                self.end(stage, event, "cancelled");
            }
            EventKind::Skipped => {
                count("workflow_stages_skipped_total");
                self.take(event);
            }
            EventKind::Undone => count("workflow_stages_undone_total"),
            EventKind::UndoFailed { .. } => count("workflow_undos_failed_total"),
            _ => {}
        }
    }

    fn end(&self, stage: &'static str, event: &Event<'_>, outcome: &'static str) {
        self.end_attempt(stage, event, outcome);
        if let Some(Stage { enabled, .. }) = self.take(event) {
            let workflow = event.workflow;
            histogram!("workflow_stage_duration_seconds", "workflow" => workflow, "stage" => stage, "outcome" => outcome)
                .record(event.at.duration_since(enabled));
        }
    }

    fn end_attempt(&self, stage: &'static str, event: &Event<'_>, outcome: &'static str) {
        let workflow = event.workflow;
        if let Some(start) = self.with(event, |stage| stage.attempt.take()).flatten() {
            histogram!("workflow_attempt_duration_seconds", "workflow" => workflow, "stage" => stage, "outcome" => outcome)
                .record(event.at.duration_since(start));
        }
    }

    fn begin(&self, event: &Event<'_>) {
        if let Some(run) = self.lock().get_mut(event.instance) {
            run.stages.insert(place(event), Stage { enabled: event.at, attempt: None });
        }
    }

    fn with<R>(&self, event: &Event<'_>, change: impl FnOnce(&mut Stage) -> R) -> Option<R> {
        self.lock().get_mut(event.instance)?.stages.get_mut(&place(event)).map(change)
    }

    fn take(&self, event: &Event<'_>) -> Option<Stage> {
        let mut runs = self.lock();
        let run = runs.get_mut(event.instance)?;
        let stage = run.stages.remove(&place(event));
        if run.is_over && run.stages.is_empty() {
            runs.remove(event.instance);
        }
        stage
    }
}

fn place(event: &Event<'_>) -> StageKey {
    (event.index.unwrap_or(u32::MAX), event.places.to_vec())
}

impl Observer for Metrics {
    fn event(&self, event: &Event<'_>) {
        match event.stage {
            None => self.of_run(event),
            Some(stage) => self.of_stage(stage, event),
        }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metrics").field("runs", &self.lock().len()).finish_non_exhaustive()
    }
}

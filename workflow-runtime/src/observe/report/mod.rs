//! Reports of runs: where their time went.

pub(crate) mod analysis;
pub(crate) mod record;
pub(crate) mod table;
pub(crate) mod timeline;

use super::event::{Event, EventKind, Observer};
use crate::sync::lock;
use analysis::{Step, parallelism, steps};
use record::RunRecord;
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

/// Collects the outcomes of runs, and shows them as a table or as a picture.
///
/// Clones share what they collect. It keeps a record of every stage of every run, some hundred bytes each, until
/// [`clear`](Self::clear); it can be read while runs are running.
///
/// ```
/// use std::time::Duration;
/// use workflow_runtime::{observe::Report, workflow};
///
/// workflow! {
///     workflow Dinner() {
///         stage soup = tokio::time::sleep(Duration::from_millis(30));
///         stage salad = tokio::time::sleep(Duration::from_millis(10));
///         #[after(soup, salad)]
///         stage served = tokio::time::sleep(Duration::from_millis(10));
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// let report = Report::new();
/// Dinner::new().observed_by(report.clone()).run().await.unwrap();
///
/// let path: Vec<String> = report.critical_path().into_iter().map(|step| step.stage).collect();
/// assert_eq!(path, ["soup", "served"]);
/// assert_eq!(report.parallelism(), Some(1.25)); // 50 ms of work in 40 ms.
/// println!("{}", report.to_table());
/// std::fs::write(std::env::temp_dir().join("dinner.svg"), report.to_svg()).unwrap();
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Report {
    collected: Arc<Mutex<Collected>>,
}

/// The runs in the order in which they started, and the run of each instance that may still report an event.
#[derive(Default)]
struct Collected {
    runs: Vec<RunRecord>,
    by_instance: HashMap<String, usize>,
}

impl Report {
    /// Creates a report without runs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets all runs. Later events of those that are still running are dropped.
    pub fn clear(&self) {
        *self.lock() = Collected::default();
    }

    /// Returns the report as text, a block a workflow. A block shows how the workflow's runs ended, with a line a
    /// stage. The line has the stage's runs and attempts, its ends, its time in attempts, its longest run, and its
    /// waits between attempts. It ends with the failures by stage and kind, and the path that the time of the longest
    /// run went through.
    #[must_use]
    pub fn to_table(&self) -> String {
        table::write(&self.lock().runs)
    }

    /// Returns the report as an SVG image, from left to right: a block a run, a row for each run of a stage, a bar for
    /// each attempt. Bars on the path that the run's time went through are outlined; a pointer that rests on one shows
    /// its times.
    ///
    /// The image needs nothing else: no scripts, no fonts. It follows the reader's choice of light or dark.
    #[must_use]
    pub fn to_svg(&self) -> String {
        timeline::write(&self.lock().runs)
    }

    /// Returns the stages that the time of the longest run went through, the first first: each started when the one
    /// before had ended. Time between two of them is one of waiting: for a signal, for the next attempt of a block.
    #[must_use]
    pub fn critical_path(&self) -> Vec<Step> {
        let collected = self.lock();
        let Some(run) = collected.runs.iter().max_by_key(|run| run.time()) else { return Vec::new() };
        steps(run)
    }

    /// Returns how much work ran side by side: the time that attempts of innermost stages took together, over the time
    /// that the runs took. `None` if the runs took no time.
    #[must_use]
    pub fn parallelism(&self) -> Option<f64> {
        parallelism(self.lock().runs.iter())
    }

    fn lock(&self) -> MutexGuard<'_, Collected> {
        lock(&self.collected)
    }
}

impl Observer for Report {
    fn event(&self, event: &Event<'_>) {
        let mut collected = self.lock();
        let Collected { runs, by_instance } = &mut *collected;
        let is_new = match event.kind {
            EventKind::Started => true,
            EventKind::Resumed => !by_instance.contains_key(event.instance),
            _ => false,
        };
        if is_new {
            by_instance.insert(event.instance.to_owned(), runs.len());
            runs.push(RunRecord::new(event));
        }
        if let Some(&index) = by_instance.get(event.instance) {
            let run = &mut runs[index];
            run.take(event);
            // A stage on a task of its own may report its end after the run's.
            if run.end.is_some() && run.open == 0 {
                by_instance.remove(event.instance);
            }
        }
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let collected = self.lock();
        let (runs, under_way) = (collected.runs.len(), collected.by_instance.len());
        formatter.debug_struct("Report").field("runs", &runs).field("under_way", &under_way).finish_non_exhaustive()
    }
}

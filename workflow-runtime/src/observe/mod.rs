//! Observing runs: every event, with its time.
//!
//! An [`Observer`] is attached to a workflow value and receives every [`Event`] of all its runs. Without one, a run
//! checks one flag a stage, and nothing else of this is there.
//!
//! | observer | what it does |
//! | --- | --- |
//! | [`Report`] | collects where the time went: a table, a timeline as SVG, the critical path, the parallelism |
//! | [`Progress`] | shows what runs do, on a terminal or as lines |
//! | `Metrics` | counts and measures with the `metrics` crate; feature `metrics` |
//!
//! ```
//! use workflow_runtime::{observe::Report, workflow};
//!
//! workflow! {
//!     workflow Tea() {
//!         stage water = sleep(30ms);
//!         #[after(water)]
//!         stage leaves = sleep(10ms);
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
//! let report = Report::new();
//! Tea::new().observed_by(report.clone()).run().await.unwrap();
//! assert!(report.to_table().contains("water"));
//! # }
//! ```
//!
//! Beside observers, runs report to `tracing`, if a subscriber is enabled for the target `workflow`:
//!
//! | span | level | fields |
//! | --- | --- | --- |
//! | `workflow`, a run | `INFO` | `name`; `instance`, on a store and where there are observers; `outcome`: `completed`, `failed`, `cancelled` |
//! | `stage`, a stage | `DEBUG` | `name`; `attempt`, where no policy makes attempts; `outcome`: `completed`, `failed`, `panicked`, `skipped`, `cancelled` |
//! | `attempt`, each attempt that a policy makes | `DEBUG` | `attempt` |
//!
//! An engine also reports each instance, in a line with `instance` and `workflow`. At level `INFO` it reports the
//! start, going on after a crash, completion, failure, cancellation, and each undone stage. At level `WARN` it reports
//! that the instance is parked, with `stage` and `reason`, and that a stage could not be undone.

pub(crate) mod event;
#[cfg(feature = "metrics")]
mod metrics;
pub(crate) mod observers;
mod progress;
mod report;

pub use event::{Event, EventKind, Observer};
#[cfg(feature = "metrics")]
pub use metrics::Metrics;
#[doc(hidden)]
pub use observers::Observers;
pub use progress::Progress;
pub use report::{Report, analysis::Step};

//! Observing runs: every event, with its time.
//!
//! An [`Observer`] is attached to a workflow value and is told every [`Event`] of all its runs. Without one, a run
//! checks one flag a stage, and nothing else of this is there.
//!
//! | observer | what it does |
//! | --- | --- |
//! | [`Report`] | collects where the time went: a table, a timeline as SVG, the critical path, the parallelism |
//! | [`Progress`] | shows what runs do, on a terminal or as lines |
//! | `Metrics` | counts and measures with the `metrics` crate; feature `metrics` |
//!
//! Beside observers, runs tell `tracing`, where somebody listens to the target `workflow`: a span `workflow` a run, at
//! level `INFO`, with `name` and `outcome`, and a span `stage` a stage, at level `DEBUG`, with `name`, `attempt` and
//! `outcome`.

mod event;
#[cfg(feature = "metrics")]
mod metrics;
mod path;
mod progress;
mod record;
mod report;
mod table;
mod tell;
mod time;
mod timeline;

pub use event::{Event, EventKind, Observer};
#[cfg(feature = "metrics")]
pub use metrics::Metrics;
pub use progress::Progress;
pub use report::{Report, Step};
#[doc(hidden)]
pub use tell::Observers;
pub(crate) use tell::{Observation, Sight, Trying, own_failure};

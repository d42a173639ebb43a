//! Typed, compile-time checked workflows for async Rust services: in memory, or durable on a store.
//!
//! [`workflow!`] takes *stages* and the values that each of them needs. The compiler checks the graph
//! and turns it into one future. Stages that do not depend on each other run concurrently.
//!
//! # Examples
//!
//! ```
//! use workflow_runtime::workflow;
//!
//! async fn fetch(city: &str) -> Result<i32, std::io::Error> {
//!     Ok(i32::try_from(city.len()).unwrap_or(0)) // A real one asks a server.
//! }
//!
//! workflow! {
//!     /// Compares two cities.
//!     workflow Warmer(here: String, there: String) -> String {
//!         // Nothing connects these two stages, so they run at the same time.
//!         stage ours: i32 = fetch(here);
//!         stage theirs: i32 = fetch(there);
//!         match ours.cmp(theirs) {
//!             std::cmp::Ordering::Less => there.clone(),
//!             _ => here.clone(),
//!         }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), workflow_runtime::Failure> {
//! let warmer = Warmer::new().run("Rome".to_owned(), "Palermo".to_owned()).await?;
//! assert_eq!(warmer, "Palermo");
//! # Ok(()) }
//! ```
//!
//! # Where to go
//!
//! | item | is |
//! | --- | --- |
//! | [`workflow!`] | the language, in short; the book in `docs/` has it at length |
//! | [`Handle`], [`SignalError`] | a started run: its output, state, signals and cancellation |
//! | [`Failure`], [`FailureKind`], [`QuorumError`] | why a run ended without its output |
//! | [`StageState`], [`ItemStates`], [`StageStatus`], [`OutputRef`] | the state of each stage of a run |
//! | [`StageContext`] | the type of `ctx`: workflow, stage, attempt, idempotency key |
//! | [`graph`] | each workflow as static data, and its pictures |
//! | [`observe`] | events, reports, timelines, progress, metrics |
//! | `engine`, `store` | durable workflows: the engine that runs them, and its stores; feature `durable` |
//! | [`policy`], [`Pool`] | retry, timeout, deadline, breaker, pool and cache, usable in any async code |
//! | [`Workflow`], [`WorkflowExt`] | the traits for code that takes any workflow |
//!
//! # Runtimes
//!
//! The future of `run` can be polled on any executor. `start`, `#[spawn]`, `#[blocking]` and timers
//! (`#[timeout]`, `#[deadline]`, waits of `#[retry]`, `sleep`) need a tokio runtime.
//!
//! # Features
//!
//! | feature, off by default | brings | needs |
//! | --- | --- | --- |
//! | `durable` | `engine` and `store`: workflows that survive their process, a store in memory, the trait for others | `workflow-store`, serde, `serde_json` |
//! | `sqlite` | `durable`, and `store::SqliteStore`: the store in one file | `workflow-sqlite` with SQLite itself |
//! | `metrics` | `observe::Metrics`: counters and histograms of runs | metrics |
#![forbid(unsafe_code)]

// So that the macro's paths hold in this crate's own documentation and tests.
extern crate self as workflow_runtime;

#[cfg(feature = "durable")]
#[doc(hidden)]
pub mod durable;
#[cfg(feature = "durable")]
pub mod engine;
mod expression;
mod failure;
mod future;
mod handle;
#[cfg(feature = "durable")]
mod journal;
mod launch;
pub mod observe;
mod output;
pub mod policy;
mod run;
mod scope;
mod signal;
mod stage;
mod stage_id;
#[cfg(feature = "durable")]
pub mod store;
mod sync;
mod undo;
mod workflow;

pub use failure::{BoxError, Failure, FailureKind, QuorumError};
pub use handle::Handle;
pub use launch::WorkflowExt;
pub use output::{
    shared::OutputRef,
    state::{ItemStates, StageState, StageStatus},
};
pub use policy::Pool;
pub use run::context::StageContext;
pub use signal::error::SignalError;
pub use workflow::{UnknownStage, Workflow};
pub use workflow_graph as graph;

#[doc(hidden)]
pub mod __private;

/// A workflow, written inline.
///
/// ```
/// # use workflow_runtime::workflow;
/// # struct Clock(u32);
/// # async fn read(name: &str) -> Result<String, std::io::Error> { Ok(name.to_owned()) }
/// # fn stamp(clock: &Clock, text: &str) -> String { format!("{text}@{}", clock.0) }
/// workflow! {
///     /// Reads a few files, and stamps what they hold.
///     workflow Stamped(names: Vec<String>) -> String // Inputs: what each run is given. The output.
///     with clock: Clock // Services: what the workflow itself holds.
///     {
///         // A stage: a name, a type, and what gives it. It starts when all that it names has ended.
///         stage texts: Vec<String> = for name in names { read(name) };
///
///         // A plain value, evaluated when first needed.
///         let joined: String = texts.join(",");
///
///         stage stamped: String = stamp(clock, joined);
///
///         // The tail: the workflow's output. A bare name hands over the value itself.
///         stamped
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let stamped = Stamped::new(Clock(7)).run(vec!["a".into(), "b".into()]).await.unwrap();
/// assert_eq!(stamped, "a,b@7");
/// # }
/// ```
///
/// # The language
///
/// Names of stages, inputs, services, `let`s, signals and loop states are shared references in every expression. The
/// expression of a stage declared as `T` gives a `T`, a `Result<T, E>` with `E: Into<BoxError>`, or a future of either.
/// There is no `.await` and no `?` to write.
///
/// | on the right of a stage, in an arm, in a tail | meaning |
/// | --- | --- |
/// | an expression | as above |
/// | `{ items… tail }` | a nested graph |
/// | `seq { items… tail }` | one whose stages also run in the order written |
/// | `if … { } else { }`, `match … { }` | one branch runs |
/// | `loop state: S = first { }`, `loop { }` | rounds, each of which ends in `break value` or `continue state` |
/// | `for pattern in items { }` | a run for each item, concurrent; a `Vec` in the items' order |
/// | `race { a, b }`, `race for pattern in items { }` | the first to succeed; the others are dropped |
/// | `quorum(n) { a, b, c }`, `quorum(n) for …` | the first `n` to succeed; a `Vec` in order of success |
/// | `select { head => node, … }` | the first head to end decides, the others are withdrawn: `name: T = node`, `signal name`, `stage name`, `sleep(d)`, each also with `if condition` |
/// | `sleep(d)`, `sleep_until(t)` | a timer |
/// | `return value` | the workflow ends now |
/// | `fail reason` | the stage around it fails |
///
/// A `signal name: T;` beside the stages is a value that comes from outside, through
/// [`Handle::signal`](crate::Handle::signal).
///
/// | attribute | meaning |
/// | --- | --- |
/// | `#[after(a, b)]` | starts when these stages have ended too |
/// | `#[when(condition)]`, `#[when(let pattern = value)]` | runs only then; the stage is declared as an `Option` |
/// | `#[lazy]` | runs only when something asks for it |
/// | `#[concurrency(n)]` | on a `for`: at most `n` items at once; 32 unless told |
/// | `#[max(n)]`, `#[max(n, else = node)]` | on a `loop`: at most `n` rounds |
/// | `#[retry(n)]`, `#[retry(n, fixed(d))]`, `#[retry(n, exponential(d..d))]`, also with `jitter = none`, `if = path` | up to `n` more attempts; never after a panic or a `fail` |
/// | `#[timeout(d)]`, `#[deadline(d)]` | how long each attempt, all of them together may take; `#[deadline]` on the workflow: the run |
/// | `#[fallback(node)]` | what gives the value when all attempts have failed; it may name `failure` |
/// | `#[catch]` | a failure is a value: the stage is declared as `Result<T, Failure>`, or with its own error; on a `for`, for each item |
/// | `#[tolerate(n)]`, `#[tolerate(5%)]` | on a `for` with `#[catch]`: it fails once more have failed |
/// | `#[undo(expression)]`, with `retry(..)`, `timeout(d)`, `on = attempt` | reverses the stage when the run fails or is cancelled after it |
/// | `#[until(name)]` | when that stage or signal ends first, this one is cut and gives `None` |
/// | `#[breaker(failures = n, cooldown = d)]` | leaves alone for a while what keeps failing |
/// | `#[acquire(pool)]`, `#[acquire(pool, n)]` | permits of a [`Pool`](crate::Pool) for the time of each attempt |
/// | `#[cache(key = expression, ttl = d)]` | uses the value for the same key again |
/// | `#[accept(condition)]` | on a signal: else the sender gets `Refused` |
/// | `#[spawn]`, `#[blocking]` | on a tokio task of its own; on a thread that may block |
/// | `#[version(n)]` | on the workflow: shown in its graph |
/// | docs, `#[cfg]`, `#[allow]` and other lints | as in Rust |
///
/// A duration is a literal (`20ms`, `30s`, `2min`, `1h`, `3d`) or an expression. Outermost first, they wrap each other
/// in this order: `when`, `until`, `cache`, `fallback` or `catch`, `deadline`, `retry`, `breaker`, `acquire`,
/// `timeout`. On the workflow, all but `when`, `until` and `deadline` hold for every stage that has none of its own.
/// The parts of each policy lie in [`policy`](crate::policy).
///
/// # What it makes
///
/// For a `workflow Name`, with its visibility:
///
/// - `Name`: `Name::new(services…)`, `run(inputs…)`, which gives a future, `start(inputs…)`, which gives a
///   [`Handle`](crate::Handle), and `Name::GRAPH`, a [`Graph`](crate::graph::Graph). Cloning it costs a reference
///   count. Its page in your documentation shows the picture of its graph.
/// - `NameStage`: an enum of its stages. `Display` and `FromStr` use the names as written.
/// - `NameState`: a field for each stage, as [`Handle::state`](crate::Handle::state) shows it.
/// - `NameSignal`: an enum of its signals, if it has any, which [`Handle::signal`](crate::Handle::signal) takes.
///
/// # Cancellation
///
/// Dropping the future of `run` drops all running stages, and undoes nothing. [`Handle::cancel`](crate::Handle::cancel)
/// drops it too, lets stages with an undo finish, and runs the undos. A stage on a task of its own ends at its next
/// await; a `#[blocking]` call runs to its end, and its result is dropped.
///
/// # Panics
///
/// A panic in a stage is a [`Failure`](crate::Failure) of kind [`Panic`](crate::FailureKind::Panic), and is never
/// retried.
#[macro_export]
macro_rules! workflow {
    ($($tokens:tt)*) => { $crate::__private::__workflow! { [$crate] $($tokens)* } };
}

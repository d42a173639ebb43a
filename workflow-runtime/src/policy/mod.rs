//! Policies for stages: retries, time limits, circuit breakers, pools and caches.
//!
//! Each is an ordinary type, usable without a workflow. A stage of a workflow has them as attributes.
//!
//! | attribute | here | what it does |
//! | --- | --- | --- |
//! | `#[retry]` | [`Retry`], [`Retries`], [`retrying`] | tries again what failed, after a wait |
//! | `#[timeout]` | [`timeout`], [`TimedOut`] | how long one attempt may take |
//! | `#[deadline]` | [`Deadline`], [`DeadlinePassed`] | how long all attempts and waits may take together |
//! | `#[breaker]` | [`Breaker`], [`Permit`], [`BreakerOpen`] | leaves alone for a while what keeps failing |
//! | `#[acquire]` | [`Pool`], [`acquire_all`], [`PoolTooSmall`] | bounds what goes on at once |
//! | `#[cache]` | [`Cache`], [`Cached`], [`Turn`] | reuses a value for the same key |
//!
//! # Examples
//!
//! ```
//! use std::{future::pending, time::Duration};
//! use workflow_runtime::policy::timeout;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
//! assert!(timeout(Duration::from_secs(1), pending::<()>()).await.is_err());
//! # }
//! ```
//!
//! # What holds for all of them
//!
//! *Time* is tokio's: under `tokio::time::pause` all of it is exact to the millisecond. On the real clock a timer fires
//! up to a millisecond late, never early. Whatever waits for time panics outside a tokio runtime whose time is enabled.
//!
//! *Cancellation* is a dropped future or guard. It leaks nothing: a permit goes back, a place in a queue is given up, a
//! breaker's probe and a cache's turn go to the next caller.
//!
//! *Panics* of the code they guard pass through and are seen as a cancellation; none of these types is poisoned by one.

pub(crate) mod attempts;
mod breaker;
pub(crate) mod budget;
mod cache;
mod deadline;
pub(crate) mod duration;
pub(crate) mod limit;
mod pool;
mod retry;
mod retrying;
mod timeout;

pub use breaker::{Breaker, BreakerOpen, BreakerState, Permit};
pub use cache::{Cache, Cached, Turn};
pub use deadline::{Deadline, DeadlinePassed, Within};
pub(crate) use duration::DisplayDuration;
pub use pool::{Pool, PoolPermit, PoolPermits, PoolTooSmall, acquire_all};
pub use retry::{Jitter, Next, Retries, Retry, Rule, Wait};
pub use retrying::{GivenUp, retrying, retrying_with};
pub use timeout::{TimedOut, Timeout, timeout};

//! How each is measured: as many instances in flight as there are to be, each of which starts another when it has
//! ended.

use std::{
    error::Error,
    future::Future,
    process,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// So long new instances are started.
const TIME: Duration = Duration::from_secs(2);
/// Time after which unfinished instances are no longer awaited.
const LIMIT: Duration = Duration::from_secs(8);
/// Bytes that each stage gives.
const PAYLOAD: usize = 200;

/// Stages that ran since the program started.
static RAN: AtomicU64 = AtomicU64::new(0);
/// Instances that were started, by which each has an id of its own.
static STARTED: AtomicU64 = AtomicU64::new(0);

pub type Failed = Box<dyn Error + Send + Sync>;

/// Returns the output of each of the five stages, in all crates.
#[must_use]
pub fn give(before: &str) -> String {
    RAN.fetch_add(1, Ordering::Relaxed);
    before.to_owned()
}

/// An instance that is to be.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its own, also on a server that has those of earlier runs.
    pub id: String,
    /// Input of the first stage: the id, filled up to the length of each stage's output.
    pub input: String,
}

impl Instance {
    fn next(since: Instant) -> Self {
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let id = format!("order-{}-{:x}-{number}", process::id(), since.elapsed().subsec_nanos());
        let mut input = format!("{id} ");
        input.extend(std::iter::repeat_n('x', PAYLOAD - input.len()));
        Self { id, input }
    }
}

/// The measured rate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rate {
    /// Instances that ended, a second.
    pub instances: f64,
    /// Stages that ran, a second.
    pub stages: f64,
}

/// `run` starts an instance, and ends when the instance has.
///
/// # Errors
///
/// The first of an instance.
pub async fn measure<F, R>(in_flight: u64, run: F) -> Result<Rate, Failed>
where
    F: Fn(Instance) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), Failed>> + Send,
{
    let run = Arc::new(run);
    let ended = Arc::new(AtomicU64::new(0));
    let before = RAN.load(Ordering::Relaxed);
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..in_flight {
        let (run, ended) = (Arc::clone(&run), Arc::clone(&ended));
        tasks.spawn(async move {
            while started.elapsed() < TIME {
                run(Instance::next(started)).await?;
                ended.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, Failed>(())
        });
    }
    let all = async {
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok::<_, Failed>(())
    };
    if let Ok(all) = tokio::time::timeout(LIMIT, all).await {
        all?;
    }
    let seconds = started.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss, reason = "counts of some seconds' work")]
    let rate = |count: u64| count as f64 / seconds;
    Ok(Rate { instances: rate(ended.load(Ordering::Relaxed)), stages: rate(RAN.load(Ordering::Relaxed) - before) })
}

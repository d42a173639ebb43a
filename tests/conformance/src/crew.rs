//! Work that is running outside of the workflow, and ends there.

use std::{
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};
use workflow_runtime::StageContext;

/// Workers outside of the workflow. Clones share them. Two requests with one idempotency key get the same work, so that
/// a host may ask again after a crash.
#[derive(Debug, Clone, Default)]
pub struct Crew(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    all: Mutex<Vec<Work>>,
    begun: Notify,
}

#[derive(Debug)]
struct Work {
    key: String,
    milliseconds: u64,
    end: Instant,
    /// The key of the stage that has received its end.
    told: Option<String>,
}

impl Crew {
    fn lock(&self) -> MutexGuard<'_, Vec<Work>> {
        self.0.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins work that takes this number of milliseconds.
    pub fn begin(&self, ctx: &StageContext, milliseconds: u64) {
        let (key, end) = (ctx.idempotency_key(), Instant::now() + Duration::from_millis(milliseconds));
        let mut all = self.lock();
        if all.iter().all(|work| work.key != key) {
            all.push(Work { key, milliseconds, end, told: None });
        }
        drop(all);
        self.0.begun.notify_waiters();
    }

    /// Waits for the next end that no stage has received, and returns the duration of that work.
    pub async fn next(&self, ctx: &StageContext) -> u64 {
        let key = ctx.idempotency_key();
        loop {
            let begun = self.0.begun.notified();
            let end = match self.told(&key) {
                Ok(milliseconds) => return milliseconds,
                Err(end) => end,
            };
            let ended = async {
                match end {
                    Some(end) => sleep_until(end).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = begun => {}
                () = ended => {}
            }
        }
    }

    /// Or when the next end is, if any.
    fn told(&self, key: &str) -> Result<u64, Option<Instant>> {
        let mut all = self.lock();
        if let Some(work) = all.iter().find(|work| work.told.as_deref() == Some(key)) {
            return Ok(work.milliseconds);
        }
        match all.iter_mut().filter(|work| work.told.is_none()).min_by_key(|work| work.end) {
            Some(work) if work.end <= Instant::now() => {
                work.told = Some(key.to_owned());
                Ok(work.milliseconds)
            }
            next => Err(next.map(|work| work.end)),
        }
    }
}

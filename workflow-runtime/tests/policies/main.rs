//! The policies alone, on tokio's clock: exact to the millisecond where time is paused.

mod breaker;
mod cache;
mod limits;
mod pool;
mod retrying;

use std::time::Duration;
use tokio::time::Instant;

const fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// A clock that counts from here.
#[derive(Clone, Copy)]
struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn milliseconds(self) -> u128 {
        self.0.elapsed().as_millis()
    }
}

/// Lets everything that can run do so.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

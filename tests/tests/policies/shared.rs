//! Breakers, pools and caches, which runs share.

use super::Service;
use std::time::Duration;
use tokio::time::Instant;
use workflow_runtime::{Failure, FailureKind, Pool, workflow};

workflow! {
    workflow Broken() -> u32 with service: Service {
        #[breaker(failures = 2, cooldown = 1s)]
        stage called: u32 = service.call();
        called
    }
    workflow Pooled(seats: Pool) -> usize with desks: Pool {
        #[acquire(desks)]
        #[acquire(seats, 2)]
        stage one: usize = held(desks, seats);
        #[acquire(seats, 2)]
        #[acquire(desks)]
        #[timeout(20ms)]
        stage two: usize = held(desks, seats);
        #[catch]
        #[acquire(desks, 9)]
        stage never: Result<usize, Failure> = held(desks, seats);
        one + two + usize::from(never.is_err())
    }
    workflow Cached(key: String) -> u32 with service: Service {
        #[cache(key = key.clone(), ttl = 1s)]
        stage called: u32 = service.call();
        called
    }
}

async fn held(desks: &Pool, seats: &Pool) -> usize {
    let held = desks.size() - desks.available() + seats.size() - seats.available();
    tokio::time::sleep(Duration::from_millis(15)).await;
    held
}

#[tokio::test(start_paused = true)]
async fn a_breaker_is_shared() {
    let broken = Broken::new(Service { flaky: 2, ..Service::default() });
    assert_eq!(broken.run().await.unwrap_err().kind(), FailureKind::Error);
    assert_eq!(broken.clone().run().await.unwrap_err().kind(), FailureKind::Error);
    assert_eq!(broken.run().await.unwrap_err().kind(), FailureKind::BreakerOpen);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(broken.run().await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn permits_are_taken_together() {
    let start = Instant::now();
    assert_eq!(Pooled::new(Pool::new(1)).run(Pool::new(2)).await.unwrap(), 3 + 3 + 1);
    assert_eq!(start.elapsed().as_millis(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_value_is_reused() {
    let cached = Cached::new(Service::default());
    let (one, two) = tokio::join!(cached.run("a".into()), cached.run("a".into()));
    assert_eq!((one.unwrap(), two.unwrap()), (1, 1));
    assert_eq!(cached.run("b".into()).await.unwrap(), 2);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(cached.run("a".into()).await.unwrap(), 3);
}

//! `#[timeout]`, `#[deadline]`: their errors, what they cut, and times that no clock can tell.

use super::{Problem, Service};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::time::Instant;
use workflow_runtime::{FailureKind, workflow};

workflow! {
    #[retry(2)]
    workflow Defaults() -> u32 with service: Service {
        #[deadline(25ms)]
        #[timeout(10ms)]
        stage called: u32 = service.call();
        called
    }
    #[deadline(2s)]
    workflow Bounded() {
        #[timeout(500ms)]
        #[fallback(sleep(Duration::from_secs(3_600)))]
        stage long = sleep(Duration::from_secs(60));
    }
    workflow WaitsUntilThen(time: Duration) -> u32 with service: Arc<Service> {
        #[retry(5, fixed(500ms))]
        #[deadline(*time)]
        stage called: u32 = service.gone();
        called
    }
}

#[tokio::test(start_paused = true)]
async fn deadlines() {
    let start = Instant::now();
    let slow = Service { takes: Duration::from_secs(2), ..Service::default() };
    let failure = Defaults::new(slow).run().await.unwrap_err();
    assert_eq!((failure.attempts(), failure.kind()), (3, FailureKind::Deadline));
    assert_eq!(start.elapsed().as_millis(), 25);
}

#[tokio::test(start_paused = true)]
async fn a_run_has_a_deadline() {
    let start = Instant::now();
    let failure = Bounded::new().run().await.unwrap_err();
    assert_eq!((failure.stage(), failure.kind()), (None, FailureKind::Deadline));
    assert_eq!(start.elapsed().as_millis(), 2_000);
}

/// A stage and [`retrying`](workflow_runtime::policy::retrying) share their loop, and so this rule.
#[tokio::test(start_paused = true)]
async fn a_wait_that_ends_with_the_deadline_has_no_time_left_for_an_attempt() {
    for (deadline, attempts) in [(999, 2), (1_000, 2), (1_001, 3)] {
        let (start, service) = (Instant::now(), Arc::new(Service::default()));
        let failure = WaitsUntilThen::new(Arc::clone(&service)).run(Duration::from_millis(deadline)).await.unwrap_err();
        assert_eq!((failure.attempts(), failure.kind()), (attempts, FailureKind::Deadline), "{deadline} ms");
        assert_eq!(service.calls.load(Relaxed), attempts, "{deadline} ms");
        assert_eq!(start.elapsed().as_millis(), u128::from(deadline));
    }
}

workflow! {
    // Its head decides at once.
    #[allow(deprecated)]
    workflow Endless(time: Duration) -> u32 with service: Service {
        #[timeout(*time)]
        #[deadline(*time)]
        #[retry(1, fixed(*time))]
        #[breaker(failures = 9, cooldown = *time)]
        #[cache(key = 1, ttl = *time)]
        stage called: u32 = service.call();
        stage waited: u32 = select {
            _slept: () = sleep(*time) => 0,
            at_once: u32 = 1 => *at_once,
        };
        called + waited
    }
    workflow WaitsForEver(time: Duration) -> u32 with service: Service {
        #[retry(1, fixed(*time))]
        stage called: u32 = service.gone();
        called
    }
    workflow WaitsLong(time: Duration) -> u32 with service: Service {
        #[retry(1, exponential(*time..*time), jitter = none, if = of_any_kind)]
        stage called: u32 = service.gone();
        called
    }
    workflow OpensForEver(time: Duration) -> u32 with service: Service {
        #[breaker(failures = 1, cooldown = *time)]
        stage called: u32 = service.gone();
        called
    }
    #[deadline(Duration::MAX)]
    workflow AnyTime() -> u32 {
        #[timeout(Duration::MAX)]
        #[fallback(2)]
        signal come: u32;
        stage got: u32 = come + 0;
        got
    }
}

fn of_any_kind(_: &Problem) -> bool {
    true
}

#[tokio::test(start_paused = true)]
async fn no_time_is_too_long() {
    for time in
        [Duration::MAX, Duration::from_secs(u64::MAX), Duration::from_secs(u64::MAX / 2), Duration::from_secs(1 << 60)]
    {
        assert_eq!(Endless::new(Service::default()).run(time).await.unwrap(), 2, "{time:?}");
        let a_day = Duration::from_hours(24);
        let waits = tokio::time::timeout(a_day, WaitsForEver::new(Service::default()).run(time));
        assert!(waits.await.is_err(), "{time:?}: it waits still");
        let waits = tokio::time::timeout(a_day, WaitsLong::new(Service::default()).run(time));
        assert!(waits.await.is_err(), "{time:?}: it waits still");
        let opens = OpensForEver::new(Service::default());
        assert_eq!(opens.run(time).await.unwrap_err().kind(), FailureKind::Error);
        assert_eq!(opens.run(time).await.unwrap_err().kind(), FailureKind::BreakerOpen);
    }
    let run = AnyTime::new().start();
    run.signal(AnyTimeSignal::Come(3)).unwrap();
    assert_eq!(run.await.unwrap(), 3);
}

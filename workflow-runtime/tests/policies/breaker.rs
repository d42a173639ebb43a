use super::milliseconds;
use std::{
    sync::{Arc, Barrier},
    thread,
    time::Duration,
};
use tokio::time::{Instant, advance, sleep_until};
use workflow_runtime::policy::{Breaker, BreakerState, Permit};

const COOLDOWN: Duration = milliseconds(1_000);

fn permit(breaker: &Breaker) -> Permit {
    breaker.try_acquire().expect("it lets it through")
}

fn opened(failures: u32) -> Breaker {
    let breaker = Breaker::new(failures, COOLDOWN);
    for _ in 0..failures {
        permit(&breaker).fail();
    }
    breaker
}

#[tokio::test(start_paused = true)]
async fn it_opens_after_so_many_failures_in_a_row() {
    for failures in 1..10 {
        let breaker = Breaker::new(failures, COOLDOWN);
        for _ in 1..failures {
            permit(&breaker).fail();
            assert_eq!(breaker.state(), BreakerState::Closed);
        }
        permit(&breaker).fail();
        assert_eq!(breaker.state(), BreakerState::Open);
        assert!(breaker.try_acquire().is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_starts_the_count_anew_and_a_cancelled_attempt_does_not() {
    let breaker = Breaker::new(3, COOLDOWN);
    for _ in 0..10 {
        permit(&breaker).fail();
        permit(&breaker).fail();
        permit(&breaker).succeed();
    }
    permit(&breaker).fail();
    permit(&breaker).fail();
    drop(permit(&breaker));
    assert_eq!(breaker.state(), BreakerState::Closed);
    permit(&breaker).fail();
    assert_eq!(breaker.state(), BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn it_fails_fast_until_the_cooldown_is_over_to_the_millisecond() {
    let now = Instant::now();
    let breaker = opened(2);
    let refused = breaker.try_acquire().unwrap_err();
    assert_eq!((refused.until(), refused.remaining()), (now + COOLDOWN, COOLDOWN));
    advance(milliseconds(999)).await;
    let refused = breaker.try_acquire().unwrap_err();
    assert_eq!((refused.until(), refused.remaining()), (now + COOLDOWN, milliseconds(1)));
    assert_eq!(refused.to_string(), "circuit breaker is open for another 1ms");
    advance(milliseconds(1)).await;
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    drop(permit(&breaker));
}

#[tokio::test(start_paused = true)]
async fn one_probe_whose_success_closes_it() {
    let breaker = opened(2);
    advance(COOLDOWN).await;
    let probe = permit(&breaker);
    let refused = breaker.try_acquire().unwrap_err();
    assert_eq!(refused.remaining(), Duration::ZERO);
    assert_eq!(refused.to_string(), "circuit breaker is open until the attempt that probes it has ended");
    advance(10 * COOLDOWN).await;
    assert!(breaker.try_acquire().is_err(), "a long probe is still the only one");
    probe.succeed();
    assert_eq!(breaker.state(), BreakerState::Closed);
    permit(&breaker).fail();
    assert_eq!(breaker.state(), BreakerState::Closed, "the count began anew");
}

#[tokio::test(start_paused = true)]
async fn one_probe_whose_failure_opens_it_for_a_whole_cooldown() {
    let breaker = opened(5);
    advance(COOLDOWN).await;
    let probe = permit(&breaker);
    advance(milliseconds(300)).await;
    probe.fail();
    let refused = breaker.try_acquire().unwrap_err();
    assert_eq!(refused.remaining(), COOLDOWN);
    sleep_until(refused.until()).await;
    permit(&breaker).succeed();
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_probe_frees_its_place() {
    let breaker = opened(1);
    advance(COOLDOWN).await;
    for _ in 0..3 {
        let probe = permit(&breaker);
        assert!(breaker.try_acquire().is_err());
        drop(probe);
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
    }
    permit(&breaker).succeed();
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_panics_frees_its_place() {
    let breaker = opened(1);
    advance(COOLDOWN).await;
    let shared = breaker.clone();
    let panicked = tokio::spawn(async move {
        let _probe = permit(&shared);
        panic!("on purpose");
    });
    assert!(panicked.await.is_err());
    permit(&breaker).succeed();
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn what_was_begun_before_says_nothing_any_more() {
    let breaker = Breaker::new(1, COOLDOWN);
    let early: Vec<Permit> = (0..6).map(|_| permit(&breaker)).collect();
    let mut early = early.into_iter();
    let mut next = || early.next().unwrap();

    permit(&breaker).fail();
    next().succeed();
    assert_eq!(breaker.state(), BreakerState::Open, "a late success does not close it");
    advance(milliseconds(500)).await;
    next().fail();
    assert_eq!(breaker.try_acquire().unwrap_err().remaining(), milliseconds(500), "nor does a late failure prolong it");

    advance(milliseconds(500)).await;
    let probe = permit(&breaker);
    next().succeed();
    next().fail();
    drop(next());
    assert!(breaker.try_acquire().is_err(), "the probe is still the only one");
    probe.succeed();
    next().fail();
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn clones_are_one_breaker_and_others_are_others() {
    let breaker = Breaker::new(1, COOLDOWN);
    let other = Breaker::new(1, COOLDOWN);
    let permit = permit(&breaker.clone());
    tokio::spawn(async { permit.fail() }).await.unwrap();
    assert_eq!(breaker.state(), BreakerState::Open);
    assert_eq!(other.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_cooldown_that_no_clock_can_tell() {
    let breaker = Breaker::new(1, Duration::MAX);
    permit(&breaker).fail();
    advance(Duration::from_hours(20 * 365 * 24)).await;
    assert_eq!(breaker.state(), BreakerState::Open);
}

/// Without a cooldown the breaker is half-open as soon as it has failed: the first caller probes, and never two at
/// once.
#[test]
fn many_threads_one_probe() {
    const THREADS: usize = 8;
    for _ in 0..200 {
        let breaker = Breaker::new(1, Duration::ZERO);
        permit(&breaker).fail();
        let barrier = Arc::new(Barrier::new(THREADS));
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let (breaker, barrier) = (breaker.clone(), Arc::clone(&barrier));
                thread::spawn(move || {
                    barrier.wait();
                    let probe = breaker.try_acquire();
                    barrier.wait();
                    probe.map(Permit::succeed).is_ok()
                })
            })
            .collect();
        let probes = threads.into_iter().map(|thread| thread.join().unwrap()).filter(|probed| *probed).count();
        assert_eq!(probes, 1);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }
}

/// Concurrent runs: the breaker opens whichever run failed, and no attempt is let through after that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_share_one_count() {
    let breaker = Breaker::new(100, Duration::from_hours(1));
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let breaker = breaker.clone();
            tokio::spawn(async move {
                let mut failed = 0;
                while let Ok(permit) = breaker.try_acquire() {
                    permit.fail();
                    failed += 1;
                    tokio::task::yield_now().await;
                }
                failed
            })
        })
        .collect();
    let mut failed = 0;
    for task in tasks {
        failed += task.await.unwrap();
    }
    // Up to seven others may have been let through when the hundredth failed.
    assert!((100..108).contains(&failed), "{failed}");
}

#[test]
#[should_panic(expected = "at least one failure")]
fn a_breaker_without_failures_is_refused() {
    let _ = Breaker::new(0, COOLDOWN);
}

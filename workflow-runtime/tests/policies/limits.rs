use super::{Clock, milliseconds};
use std::{
    future::{pending, ready},
    time::Duration,
};
use tokio::time::{Instant, advance, sleep};
use workflow_runtime::policy::{Deadline, DeadlinePassed, TimedOut, timeout};

#[tokio::test(start_paused = true)]
async fn a_timeout_comes_at_its_instant() {
    let clock = Clock::start();
    let after = milliseconds(1_500);
    assert_eq!(timeout(after, pending::<()>()).await, Err(TimedOut { after }));
    assert_eq!(clock.milliseconds(), 1_500);
    assert_eq!(timeout(after, sleep(milliseconds(1_499))).await, Ok(()));
    assert_eq!(clock.milliseconds(), 2_999);
}

#[tokio::test(start_paused = true)]
async fn a_value_is_never_thrown_away_for_the_clock() {
    assert_eq!(timeout(Duration::ZERO, ready(1)).await, Ok(1));
    assert_eq!(Deadline::after(Duration::ZERO).within(ready(1)).await, Ok(1));
    assert_eq!(timeout(milliseconds(5), sleep(milliseconds(5))).await, Ok(()), "both end in the same poll");
}

#[tokio::test(start_paused = true)]
async fn a_time_no_clock_can_tell_is_no_limit() {
    assert_eq!(timeout(Duration::MAX, sleep(milliseconds(7))).await, Ok(()));
    let deadline = Deadline::after(Duration::MAX);
    assert_eq!(deadline.within(sleep(milliseconds(7))).await, Ok(()));
    assert!(!deadline.has_passed());
    assert_eq!(deadline.error().after, Duration::MAX);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_one_for_all() {
    let clock = Clock::start();
    let deadline = Deadline::after(milliseconds(100));
    assert_eq!(deadline.within(sleep(milliseconds(60))).await, Ok(()));
    assert_eq!(deadline.remaining(), milliseconds(40));
    assert!(!deadline.has_passed());
    let passed = DeadlinePassed { after: milliseconds(100) };
    assert_eq!(deadline.within(sleep(milliseconds(60))).await, Err(passed));
    assert_eq!(clock.milliseconds(), 100);
    assert!(deadline.has_passed());
    assert_eq!(deadline.remaining(), Duration::ZERO);
    assert_eq!(deadline.within(pending::<()>()).await, Err(passed));
    assert_eq!(clock.milliseconds(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_may_have_begun_before() {
    let started = Instant::now();
    advance(milliseconds(30)).await;
    let deadline = Deadline::since(started, milliseconds(100));
    assert_eq!(deadline.remaining(), milliseconds(70));
    assert_eq!(deadline.at(), started + milliseconds(100));
}

#[test]
fn the_errors_say_how_long() {
    assert_eq!(TimedOut { after: milliseconds(1_500) }.to_string(), "timed out after 1.5s");
    assert_eq!(DeadlinePassed { after: milliseconds(250) }.to_string(), "deadline of 250ms passed");
}

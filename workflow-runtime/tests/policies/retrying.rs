use super::{Clock, milliseconds};
use std::{
    cell::{Cell, RefCell},
    error::Error,
    fmt,
    future::pending,
    time::Duration,
};
use tokio::time::sleep;
use workflow_runtime::policy::{
    Deadline, DeadlinePassed, GivenUp, Jitter, Next, Retries, Retry, Rule, TimedOut, Wait, retrying, retrying_with,
    timeout,
};

#[derive(Debug, Clone, PartialEq)]
enum Trouble {
    Own(u32),
    Late(TimedOut),
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

impl Error for Trouble {}

fn one(retry: Retry) -> Retries<Trouble, 1> {
    Retries::new([Rule::always(retry)])
}

/// When each attempt was begun, and what came of it all; every attempt fails at once.
async fn failing<const N: usize>(
    retries: Retries<Trouble, N>,
    deadline: Option<Duration>,
) -> (Vec<u128>, GivenUp<Trouble>, u128) {
    let clock = Clock::start();
    let begun = RefCell::new(Vec::new());
    let ended = retrying(retries, deadline.map(Deadline::after), async |attempt| {
        begun.borrow_mut().push(clock.milliseconds());
        Err::<(), _>(Trouble::Own(attempt))
    });
    let given_up = ended.await.unwrap_err();
    (begun.into_inner(), given_up, clock.milliseconds())
}

#[tokio::test(start_paused = true)]
async fn so_many_further_attempts_and_no_more() {
    for further in 1..20 {
        let (begun, given_up, at) = failing(one(Retry::new(further)), None).await;
        assert_eq!(begun, vec![0; further as usize + 1]);
        assert_eq!(given_up, GivenUp::Spent { attempts: further + 1, error: Trouble::Own(further + 1) });
        assert_eq!(at, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn fixed_waits_are_exact() {
    let (begun, _, at) = failing(one(Retry::new(3).with_wait(Wait::Fixed(milliseconds(250)))), None).await;
    assert_eq!(begun, [0, 250, 500, 750]);
    assert_eq!(at, 750);
}

#[tokio::test(start_paused = true)]
async fn exponential_waits_double_up_to_the_cap() {
    let wait = Wait::Exponential { first: milliseconds(200), last: milliseconds(1_000) };
    let (begun, ..) = failing(one(Retry::new(5).with_wait(wait).jitter(Jitter::None)), None).await;
    assert_eq!(begun, [0, 200, 600, 1_400, 2_400, 3_400]);
}

#[tokio::test(start_paused = true)]
async fn a_jitter_stays_within_the_capped_wait() {
    let wait = Wait::Exponential { first: milliseconds(200), last: milliseconds(1_000) };
    let mut shortest = [u128::MAX; 5];
    let mut longest = [0; 5];
    for seed in 0..1_000 {
        let (begun, ..) = failing(one(Retry::new(5).with_wait(wait)).seeded(seed), None).await;
        for (further, both) in begun.windows(2).enumerate() {
            let waited = both[1] - both[0];
            shortest[further] = shortest[further].min(waited);
            longest[further] = longest[further].max(waited);
        }
    }
    for (further, cap) in [200, 400, 800, 1_000, 1_000].into_iter().enumerate() {
        assert!(longest[further] <= cap && longest[further] > cap * 95 / 100, "{longest:?}");
        assert!(shortest[further] < cap * 5 / 100, "{shortest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_matching_rule_counts() {
    let retries = Retries::new([
        Rule::when(Retry::new(1).with_wait(Wait::Fixed(milliseconds(10))), |error| matches!(error, Trouble::Own(2))),
        Rule::always(Retry::new(4).with_wait(Wait::Fixed(milliseconds(1_000)))),
    ]);
    let (begun, given_up, _) = failing(retries, None).await;
    assert_eq!(begun, [0, 1_000, 1_010, 2_010, 3_010, 4_010]);
    assert_eq!(given_up.attempts(), 6);
}

#[tokio::test(start_paused = true)]
async fn what_no_rule_is_for_is_not_tried_again() {
    let own = Retries::new([Rule::when(Retry::new(5), |error| matches!(error, Trouble::Late(_)))]);
    assert_eq!(failing(own, None).await.1.attempts(), 1);
    assert_eq!(failing(Retries::new([]), None).await.1.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_that_of_each_attempt() {
    let clock = Clock::start();
    let after = milliseconds(100);
    let ended: Result<(), _> =
        retrying(one(Retry::new(2).with_wait(Wait::Fixed(milliseconds(50)))), None, async |_| {
            timeout(after, pending()).await.map_err(Trouble::Late)
        })
        .await;
    assert_eq!(ended, Err(GivenUp::Spent { attempts: 3, error: Trouble::Late(TimedOut { after }) }));
    assert_eq!(clock.milliseconds(), 400);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_cuts_a_wait_short() {
    let every = |wait| one(Retry::new(100).with_wait(Wait::Fixed(milliseconds(wait))));
    let given_up = |attempts, after| GivenUp::Deadline {
        attempts,
        passed: DeadlinePassed { after: milliseconds(after) },
        last: Some(Trouble::Own(attempts)),
    };
    // The fourth would begin at 1,200.
    assert_eq!(failing(every(400), Some(milliseconds(1_000))).await, (vec![0, 400, 800], given_up(3, 1_000), 1_000));
    // A wait that ends with the deadline has no time left for an attempt; one that ends a millisecond before has.
    assert_eq!(failing(every(500), Some(milliseconds(1_000))).await, (vec![0, 500], given_up(2, 1_000), 1_000));
    assert_eq!(failing(every(500), Some(milliseconds(1_001))).await, (vec![0, 500, 1_000], given_up(3, 1_001), 1_001));
    // A wait that no clock can tell.
    let forever = one(Retry::new(1).with_wait(Wait::Fixed(Duration::MAX)));
    assert_eq!(failing(forever, Some(milliseconds(70))).await, (vec![0], given_up(1, 70), 70));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_cuts_an_attempt_short() {
    let clock = Clock::start();
    let deadline = Deadline::after(milliseconds(250));
    let ended: Result<(), _> = retrying(one(Retry::new(5)), Some(deadline), async |attempt| {
        sleep(milliseconds(100)).await;
        Err(Trouble::Own(attempt))
    })
    .await;
    let last = Some(Trouble::Own(2));
    assert_eq!(ended, Err(GivenUp::Deadline { attempts: 3, passed: deadline.error(), last }));
    assert_eq!(clock.milliseconds(), 250);
}

#[tokio::test(start_paused = true)]
async fn rules_that_are_spent_do_not_wait_for_the_deadline() {
    let (_, given_up, at) = failing(one(Retry::new(2)), Some(milliseconds(1_000))).await;
    assert_eq!((given_up.attempts(), at), (3, 0));
    assert!(matches!(given_up, GivenUp::Spent { .. }));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_begun_after_the_deadline() {
    let (begun, given_up, at) = failing(one(Retry::new(2)), Some(Duration::ZERO)).await;
    assert_eq!((begun, at), (vec![], 0));
    let passed = DeadlinePassed { after: Duration::ZERO };
    assert_eq!(given_up, GivenUp::Deadline { attempts: 0, passed, last: None });
}

#[tokio::test]
async fn attempts_that_never_yield_stop_at_the_deadline_too() {
    let deadline = Deadline::after(milliseconds(20));
    let ended: Result<(), _> =
        retrying(one(Retry::new(u32::MAX)), Some(deadline), async |attempt| Err(Trouble::Own(attempt))).await;
    assert!(matches!(ended, Err(GivenUp::Deadline { .. })));
}

#[tokio::test]
async fn attempts_at_once_give_way_to_others() {
    let other = tokio::spawn(async {});
    let ran = Cell::new(false);
    let ended: Result<(), _> = retrying(one(Retry::new(10_000)), None, async |attempt| {
        ran.set(ran.get() || other.is_finished());
        Err(Trouble::Own(attempt))
    })
    .await;
    assert_eq!(ended.unwrap_err().attempts(), 10_001);
    assert!(ran.get());
}

#[tokio::test(start_paused = true)]
async fn each_failure_is_told_before_its_wait() {
    let clock = Clock::start();
    let mut told = Vec::new();
    let retries = one(Retry::new(1).with_wait(Wait::Fixed(milliseconds(30))));
    let ended = retrying_with(
        retries,
        None,
        async |attempt| Err::<(), _>(Trouble::Own(attempt)),
        |attempt, error, next| told.push((clock.milliseconds(), attempt, error.clone(), next)),
    );
    assert!(ended.await.is_err());
    assert_eq!(told, [(0, 1, Trouble::Own(1), Next::After(milliseconds(30))), (30, 2, Trouble::Own(2), Next::Spent)]);
}

#[tokio::test(start_paused = true)]
async fn dropping_it_drops_the_attempt() {
    struct Dropped<'a>(&'a Cell<u32>);
    impl Drop for Dropped<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    let dropped = Cell::new(0);
    let forever = retrying(one(Retry::new(3)), None, async |_| {
        let _dropped = Dropped(&dropped);
        pending::<Result<(), Trouble>>().await
    });
    assert!(timeout(milliseconds(5), forever).await.is_err());
    assert_eq!(dropped.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn its_future_can_go_to_another_task() {
    let attempt = async |attempt| if attempt < 4 { Err(Trouble::Own(attempt)) } else { Ok(attempt) };
    let deadline = Some(Deadline::after(milliseconds(10_000)));
    let retries = one(Retry::new(3).with_wait(Wait::Fixed(milliseconds(5))));
    assert_eq!(tokio::spawn(retrying(retries, deadline, attempt)).await.unwrap(), Ok(4));
}

#[test]
fn the_errors_say_how_often() {
    let spent = GivenUp::Spent { attempts: 1, error: Trouble::Own(1) };
    assert_eq!(spent.to_string(), "failed after 1 attempt");
    assert_eq!(spent.source().unwrap().to_string(), "Own(1)");
    let passed = DeadlinePassed { after: milliseconds(1_000) };
    let late = GivenUp::Deadline { attempts: 3, passed, last: Some(Trouble::Own(2)) };
    assert_eq!(late.to_string(), "deadline of 1s passed after 3 attempts");
    assert_eq!(late.source().unwrap().to_string(), "Own(2)");
    assert_eq!(late.into_last(), Some(Trouble::Own(2)));
}

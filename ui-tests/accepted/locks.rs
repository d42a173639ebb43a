//! A lock at every place where an expression stands, and `ctx`. (`tests/tests/locks.rs` runs them.)
#![allow(
    missing_docs,
    clippy::unused_async,
    clippy::large_futures,
    clippy::trivially_copy_pass_by_ref,
    clippy::significant_drop_in_scrutinee
)]
use std::{
    sync::{Arc, Mutex, MutexGuard, RwLock},
    time::{Duration, SystemTime},
};
use workflow_runtime::{Failure, Pool, StageContext, workflow};

#[derive(Default)]
pub struct Log {
    counted: Mutex<u64>,
    all: Mutex<Vec<u64>>,
    name: RwLock<String>,
}

fn named(_: &StageContext, of: &mut MutexGuard<'_, u64>) -> u64 {
    **of
}

fn more(of: &mut u64) -> u64 {
    *of += 1;
    *of
}

async fn later(number: u64) -> u64 {
    tokio::task::yield_now().await;
    number
}

fn known(_: &Failure) -> bool {
    true
}

fn of_guard(guard: &u64) -> u64 {
    *guard
}

workflow! {
    pub workflow Stages(number: u64) -> u64 with log: Arc<Log> {
        stage plain: u64 = *log.counted.lock().unwrap() + number;
        stage asynchronous: u64 = later(*log.counted.lock().unwrap() + plain);
        stage with_context: u64 = named(ctx, &mut log.counted.lock().unwrap());
        stage unasked = log.all.lock().unwrap().push(*asynchronous);
        let value: u64 = *log.counted.lock().unwrap() + with_context;
        stage of_value: u64 = *value + *log.counted.lock().unwrap();
        #[spawn]
        stage spawned: u64 = more(&mut log.counted.lock().unwrap()) + u64::from(ctx.attempt());
        #[blocking]
        stage blocked: u64 = more(&mut log.counted.lock().unwrap()) + u64::from(ctx.attempt());
        #[catch]
        stage caught: Result<u64, String> = Ok::<u64, String>(*log.counted.lock().unwrap());
        #[retry(1, if = known)]
        stage tried: u64 = { stage inside: u64 = *log.counted.lock().unwrap(); inside };
        #[retry(1, if = words)]
        stage tried_itself: u64 = Ok::<u64, String>(*log.counted.lock().unwrap());
        stage in_order = seq {
            stage first = log.all.lock().unwrap().clear();
            stage second = log.all.lock().unwrap().push(u64::from(ctx.attempt()));
        };
        of_value + spawned + blocked + caught.as_ref().map_or(0, |own| *own) + tried + tried_itself + *log.counted.lock().unwrap()
    }
    pub workflow Policies(number: u64) -> u64 with log: Arc<Log>, pool: Pool {
        #[retry(of_guard(&log.counted.lock().unwrap()) as u32 + ctx.attempt(), fixed(Duration::from_millis(*log.counted.lock().unwrap() + u64::from(ctx.attempt()))))]
        #[timeout(Duration::from_secs(*log.counted.lock().unwrap() + 30))]
        #[deadline(Duration::from_secs(*log.counted.lock().unwrap() + 3_000))]
        #[fallback(*log.counted.lock().unwrap() + u64::from(ctx.attempt()))]
        stage tried: u64 = Ok::<u64, String>(*log.counted.lock().unwrap());
        #[breaker(failures = *log.counted.lock().unwrap() + 1, cooldown = Duration::from_secs(*log.counted.lock().unwrap() + 1))]
        stage broken: u64 = *log.counted.lock().unwrap() + tried;
        #[cache(key = *log.counted.lock().unwrap() + u64::from(ctx.attempt()), ttl = Duration::from_secs(*log.counted.lock().unwrap() + 1))]
        stage cached: u64 = *log.counted.lock().unwrap() + broken;
        #[acquire(pool, *log.counted.lock().unwrap() + u64::from(ctx.attempt()))]
        stage permitted: u64 = *log.counted.lock().unwrap() + cached;
        #[undo(log.all.lock().unwrap().push(3))]
        stage undone: u64 = *log.counted.lock().unwrap() + permitted;
        #[undo(log.all.lock().unwrap().push(*named_by_undo + u64::from(ctx.attempt())), retry(*log.counted.lock().unwrap() as u32 + 1, fixed(Duration::from_secs(*log.counted.lock().unwrap() + 1))), timeout(Duration::from_secs(*log.counted.lock().unwrap() + 1)))]
        stage named_by_undo: u64 = more(&mut log.counted.lock().unwrap()) + undone;
        #[undo(log.all.lock().unwrap().push(u64::from(ctx.attempt())), on = attempt)]
        stage from_attempt: u64 = *log.counted.lock().unwrap() + named_by_undo;
        #[when(*log.counted.lock().unwrap() + u64::from(ctx.attempt()) < 9 + number)]
        stage maybe: Option<u64> = *log.counted.lock().unwrap() + from_attempt;
        #[when(let Some(first_one) = log.all.lock().unwrap().first().copied())]
        stage found: Option<u64> = *first_one + *log.counted.lock().unwrap();
        maybe.unwrap_or(0) + found.unwrap_or(0) + *log.counted.lock().unwrap()
    }
    pub workflow Nodes(number: u64) -> u64 with log: Arc<Log> {
        stage branch: u64 = if *log.counted.lock().unwrap() + u64::from(ctx.attempt()) > 3 {
            *log.counted.lock().unwrap() + u64::from(ctx.attempt())
        } else if let Some(first) = log.all.lock().unwrap().first().copied() && *first > *log.counted.lock().unwrap() {
            *log.counted.lock().unwrap() + first
        } else {
            later(*log.counted.lock().unwrap())
        };
        stage matched: u64 = match log.all.lock().unwrap().first().copied() {
            Some(first) if *first > *log.counted.lock().unwrap() + u64::from(ctx.attempt()) => *log.counted.lock().unwrap() + first,
            Some(_) => 1,
            None => later(*log.counted.lock().unwrap() + u64::from(ctx.attempt())),
        };
        #[max(*log.counted.lock().unwrap() + 9 + u64::from(ctx.attempt()), else = *log.counted.lock().unwrap() + *round)]
        stage looped: u64 = loop round: u64 = *log.counted.lock().unwrap() + u64::from(ctx.attempt()) {
            stage one_more: u64 = more(&mut log.counted.lock().unwrap()) + round;
            if *one_more > *log.counted.lock().unwrap() + 20 {
                break *log.counted.lock().unwrap() + u64::from(ctx.attempt())
            } else {
                continue *log.counted.lock().unwrap() + one_more + u64::from(ctx.attempt())
            }
        };
        #[concurrency(*log.counted.lock().unwrap() + u64::from(ctx.attempt()))]
        stage items: Vec<u64> = for item in log.all.lock().unwrap().clone() { later(*log.counted.lock().unwrap() + item) };
        #[tolerate(*log.counted.lock().unwrap() + u64::from(ctx.attempt()))]
        #[catch]
        stage some: Vec<Result<u64, Failure>> = for item in log.all.lock().unwrap().iter().copied().collect::<Vec<_>>() {
            *log.counted.lock().unwrap() + *item
        };
        stage raced: u64 = race { *log.counted.lock().unwrap(), later(*log.counted.lock().unwrap() + u64::from(ctx.attempt())) };
        stage raced_for: u64 = race for item in vec![*log.counted.lock().unwrap()] { *log.counted.lock().unwrap() + item };
        stage two: Vec<u64> = quorum(u64::from(*log.counted.lock().unwrap() > 0) + 1) {
            *log.counted.lock().unwrap(), later(*log.counted.lock().unwrap()), *log.counted.lock().unwrap() + u64::from(ctx.attempt())
        };
        stage slept = sleep(Duration::from_millis(*log.counted.lock().unwrap() + u64::from(ctx.attempt())));
        stage slept_until = sleep_until(SystemTime::now() + Duration::from_millis(*log.counted.lock().unwrap() + u64::from(ctx.attempt())));
        stage selected: u64 = select {
            head: u64 = *log.counted.lock().unwrap() + u64::from(ctx.attempt()) => *log.counted.lock().unwrap() + head,
            sleep(Duration::from_secs(*log.counted.lock().unwrap() + u64::from(ctx.attempt()))) => *log.counted.lock().unwrap(),
            other: u64 = later(*log.counted.lock().unwrap()) if *log.counted.lock().unwrap() > 0 => *other,
        };
        branch + matched + looped + items.len() as u64 + some.len() as u64 + raced + raced_for + two.len() as u64 + selected + number
    }
    pub workflow Ends(number: u64) -> u64 with log: Arc<Log> {
        #[timeout(Duration::from_millis(*log.counted.lock().unwrap() + 1))]
        #[fallback(*log.counted.lock().unwrap() + 7)]
        #[accept(*answer > *LIMIT.lock().unwrap())]
        signal answer: u64;
        stage asked: u64 = *log.counted.lock().unwrap() + answer;
        stage ended: u64 = match *asked {
            0 => fail log.name.read().unwrap().clone() + ctx.stage(),
            1 => return *log.counted.lock().unwrap() + u64::from(ctx.attempt()),
            _ => *log.counted.lock().unwrap() + number,
        };
        *log.counted.lock().unwrap() + ended
    }
    #[deadline(Duration::from_secs(*log.counted.lock().unwrap() + 60))]
    pub workflow Whole() -> u64 with log: Arc<Log> {
        stage a: u64 = *log.counted.lock().unwrap();
        a + *log.counted.lock().unwrap()
    }
    #[retry(*log.counted.lock().unwrap() as u32 + 1)]
    #[timeout(Duration::from_secs(*log.counted.lock().unwrap() + 60))]
    pub workflow OfAll() -> u64 with log: Arc<Log> {
        stage a: u64 = *log.counted.lock().unwrap();
        stage b: u64 = *log.counted.lock().unwrap() + a;
        b
    }
}

static LIMIT: Mutex<u64> = Mutex::new(0);

#[allow(clippy::ptr_arg, reason = "the type of its error")]
fn words(_: &String) -> bool {
    true
}

fn main() {}

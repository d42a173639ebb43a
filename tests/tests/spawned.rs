//! Tasks in tasks: what a `#[spawn]` stage names, from however far outside, lives as long as the task.
#![deny(warnings)]
#![allow(
    clippy::large_futures,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    clippy::let_underscore_untyped,
    reason = "what users write is not the point here"
)]
use std::sync::Mutex;
use workflow_runtime::workflow;

/// Notes what was called.
#[derive(Default)]
pub struct Log(Mutex<Vec<u64>>);

async fn work(log: &Log, number: &u64) -> u64 {
    tokio::task::yield_now().await;
    log.0.lock().unwrap().push(*number);
    number + 1
}

workflow! {
    workflow InTasks(first: u64) -> u64 with log: Log {
        #[spawn]
        stage outer: u64 = {
            #[spawn]
            stage inner: u64 = work(log, first);
            inner
        };
        outer
    }
    workflow OfTheInside(first: u64) -> u64 with log: Log {
        #[spawn]
        stage outer: u64 = {
            stage plain: u64 = work(log, first);
            #[spawn]
            stage inner: u64 = work(log, plain);
            #[blocking]
            stage blocked: u64 = plain + first;
            inner + blocked
        };
        outer
    }
    workflow ThroughALet(first: u64) -> u64 with log: Log {
        stage before: u64 = work(log, first);
        let twice: u64 = *before * 2;
        let more: u64 = *twice + *first;
        #[spawn]
        stage task: u64 = work(log, more);
        #[spawn]
        stage block: u64 = {
            let inside: u64 = *more + *task;
            #[spawn]
            stage deep: u64 = work(log, inside);
            let after: u64 = *deep + *more;
            *after
        };
        *block
    }
    workflow OfARound(first: u64) -> u64 with log: Log {
        #[max(5)]
        stage looped: u64 = loop state: u64 = *first {
            let next: u64 = *state + 1;
            #[spawn]
            stage task: u64 = work(log, next);
            if *task > 5 { break task } else { continue task }
        };
        #[spawn]
        stage other: u64 = loop turn: u64 = *looped {
            #[spawn]
            stage again: u64 = work(log, turn);
            if *again > 9 { break *again } else { continue *again }
        };
        *other
    }
    workflow OfAnItem(first: u64) -> u64 with log: Log {
        stage items: Vec<u64> = for item in 0..*first {
            #[spawn]
            stage task: u64 = work(log, item);
            stage nested: Vec<u64> = for other in 0..*item {
                let sum: u64 = *other + *item + *task;
                #[spawn]
                stage both: u64 = work(log, sum);
                both
            };
            task + nested.iter().sum::<u64>()
        };
        items.iter().sum::<u64>()
    }
    workflow AfterAFork(first: u64) -> u64 with log: Log {
        stage a: u64 = work(log, first);
        stage b: u64 = { stage b1: u64 = work(log, first); stage b2: u64 = *b1; b2 };
        stage c: u64 = *first;
        stage d: u64 = work(log, c);
        #[spawn]
        stage task: u64 = work(log, a);
        #[blocking]
        stage pool: u64 = a + b + d;
        task + pool
    }
    workflow InATail(first: u64) -> u64 with log: Log {
        // An N, for the driver.
        stage a: u64 = work(log, first);
        stage b: u64 = work(log, first);
        stage c: u64 = *a;
        stage d: u64 = a + b;
        let sum: u64 = *a + *c + *d;
        match *first {
            1 => {
                #[spawn]
                stage task: u64 = work(log, sum);
                task
            }
            _ => work(log, sum),
        }
    }
    workflow OfABranch(first: u64) -> u64 with log: Log {
        stage chosen: u64 = match (*first, "x") {
            (0, _) => 0,
            (one, text) if *one < 5 => {
                let bound: u64 = text.len() as u64;
                #[spawn]
                stage task: u64 = work(log, first);
                task + bound
            }
            _ => { #[spawn] stage large: u64 = { stage larger: u64 = work(log, first); larger }; large },
        };
        #[when(*chosen > 1)]
        #[spawn]
        stage maybe: Option<u64> = work(log, chosen);
        #[lazy]
        stage lazy: u64 = work(log, chosen);
        #[spawn]
        stage asks: u64 = if *first > 0 { *lazy } else { 0 };
        chosen + maybe.unwrap_or(0) + asks
    }
}

#[tokio::test]
async fn tasks_in_tasks() {
    macro_rules! gives {
        ($($Workflow:ident: $first:expr => $output:expr,)*) => { $(
            assert_eq!($Workflow::new(Log::default()).run($first).await.unwrap(), $output, stringify!($Workflow));
            assert_eq!($Workflow::new(Log::default()).start($first).await.unwrap(), $output, stringify!($Workflow));
        )* };
    }
    gives! {
        InTasks: 1 => 2,
        OfTheInside: 1 => 3 + 3,
        // before 2, twice 4, more 5, task 6, inside 11, deep 12
        ThroughALet: 1 => 17,
        OfARound: 1 => 10,
        // task = item + 1; for each other below item: other + 2 * item + 2
        OfAnItem: 3 => (1) + (2 + 4) + (3 + 6 + 7),
        AfterAFork: 1 => 3 + 6,
        InATail: 1 => 2 + 2 + 4 + 1,
        InATail: 2 => 3 + 3 + 6 + 1,
        OfABranch: 0 => 0,
        OfABranch: 3 => 5 + 6 + 6,
        OfABranch: 7 => 8 + 9 + 9,
    }
}

async fn never_answers() -> u64 {
    std::future::pending().await
}

fn noted(log: &Log, number: u64) -> u64 {
    log.0.lock().unwrap().push(number);
    number
}

workflow! {
    workflow ShutDown() -> u64 with log: std::sync::Arc<Log> {
        #[fallback(noted(log, 1))]
        #[retry(3)]
        #[breaker(failures = 1, cooldown = 1h)]
        #[spawn]
        stage falls_back: u64 = never_answers();
        #[catch]
        #[spawn]
        stage caught: Result<u64, workflow_runtime::Failure> = never_answers();
        stage told: u64 = noted(log, u64::from(caught.is_err()));
        stage raced: u64 = race {
            { #[spawn] stage member: u64 = never_answers(); member },
            { #[spawn] stage other: u64 = never_answers(); other },
        };
        stage blocked: u64 = {
            #[undo(log.0.lock().unwrap().extend([2]))]
            stage done: u64 = 5;
            #[spawn]
            #[after(done)]
            stage then: u64 = never_answers();
            then
        };
        falls_back + told + raced + blocked
    }
}

#[test]
fn nothing_takes_the_shutdown_of_a_runtime_for_a_failure() {
    use std::{
        pin::pin,
        task::{Context, Waker},
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let log = std::sync::Arc::<Log>::default();
    let workflow = ShutDown::new(std::sync::Arc::clone(&log));
    let mut context = Context::from_waker(Waker::noop());
    let mut run = pin!(workflow.run());
    let entered = runtime.enter();
    assert!(run.as_mut().poll(&mut context).is_pending());
    drop(entered);
    // All its tasks are cancelled now.
    drop(runtime);
    for _ in 0..3 {
        assert!(run.as_mut().poll(&mut context).is_pending());
    }
    assert!(log.0.lock().unwrap().is_empty());
}

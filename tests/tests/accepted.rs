//! Pairs and forms that are right as they stand: policies beside each other, wide numbers, open ranges, parentheses.
#![deny(warnings)]
#![allow(
    clippy::large_futures,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    clippy::let_underscore_untyped,
    reason = "what users write is not the point here"
)]
use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};
use workflow_runtime::{Failure, workflow};

type Log = Arc<Mutex<Vec<u64>>>;

async fn fallible(number: &u64) -> Result<u64, io::Error> {
    if *number > 100 { Err(io::Error::other("too much")) } else { Ok(*number) }
}

async fn undo_it(log: &Log, number: u64) {
    log.lock().unwrap().push(number);
}

workflow! {
    workflow UndoneCache(start: u64, fails: bool) -> u64 with log: Log, calls: Arc<AtomicU64> {
        #[undo(undo_it(log, *kept))]
        #[cache(key = *start, ttl = 1h)]
        stage kept: u64 = async { calls.fetch_add(1, Ordering::Relaxed); *start };
        if *fails { fail format!("after {kept}") } else { *kept }
    }
}

workflow! {
    #[breaker(failures = 3_000_000_000, cooldown = 1s)]
    workflow UndoneBreaker(start: u64) -> u64 with log: Log {
        #[undo(undo_it(log, *inner))]
        #[breaker(failures = 1, cooldown = 1h)]
        stage inner: u64 = fallible(start);
        #[undo(undo_it(log, *block))]
        stage block: u64 = {
            #[cache(key = *start)]
            stage cached: u64 = fallible(start);
            #[breaker(failures = 1, cooldown = 1h)]
            stage guarded: u64 = fallible(cached);
            guarded + 1
        };
        #[spawn]
        stage task: u64 = {
            #[cache(key = *start)]
            stage of_task: u64 = fallible(start);
            *of_task
        };
        if *start == 7 { fail "seven" } else { inner + block + task }
    }
}

workflow! {
    workflow Optional(start: u64, runs: bool) -> String {
        #[when(*runs)]
        #[catch]
        stage all: Option<Result<u64, Failure>> = fallible(start);
        #[when(*runs)]
        #[catch]
        #[retry(2)]
        stage own: Option<Result<u64, io::Error>> = fallible(start);
        stage later = sleep(1h);
        #[until(later)]
        #[catch]
        stage block: Option<Result<u64, Failure>> = { stage inner: u64 = fallible(start); *inner };
        let shown: String = match (all, own) {
            (Some(Ok(all)), Some(Ok(own))) => format!("{all} {own}"),
            (Some(Err(all)), Some(Err(own))) => format!("{} {own}", all.attempts()),
            _ => "skipped".to_owned(),
        };
        format!("{shown} {}", block.is_some())
    }
}

workflow! {
    workflow Wide(start: u64) -> u64 {
        #[retry(3_000_000_000)]
        stage many: u64 = fallible(start);
        #[max(3_000_000_000)]
        stage rounds: u64 = loop n: u64 = 0 { if *n > 3 { break *n } else { continue n + 1 } };
        many + rounds
    }
}

workflow! {
    workflow Open(start: u64) -> u64 {
        #[concurrency(1)]
        stage all: Vec<u64> = for k in 0_u64.. { if k > start { return k + 10 } else { *k } };
        all.len() as u64
    }
}

mod constants {
    #[allow(non_upper_case_globals)]
    pub(crate) const limit: u64 = 4;
    #[allow(non_upper_case_globals)]
    pub(crate) const stage: u64 = 5;
    #[allow(non_upper_case_globals)]
    pub(crate) const text: u64 = 6;
    #[allow(non_upper_case_globals)]
    pub(crate) static most: u64 = 7;

    fn doubled(number: u64) -> u64 {
        number * 2
    }

    workflow_runtime::workflow! {
        pub(crate) workflow Limits(given: u64) -> u64 with extra: u64 {
            stage limit: u64 = *given + 1;
            let text: u64 = *limit + *extra;
            stage most: u64 = *text * 2;
            stage doubled: u64 = doubled(*most);
            signal named: u64;
            *doubled + *named
        }
    }
}

struct Doc {
    round: u64,
}

workflow! {
    workflow Parentheses(start: u64) -> u64 {
        stage with: Doc = loop doc: Doc = (Doc { round: *start }) {
            if doc.round > 3 { break doc } else { continue Doc { round: doc.round + 1 } }
        };
        stage matched: u64 = match (Doc { round: *start }) { Doc { round } => *round };
        stage each: Vec<u64> = for Doc { round } in [Doc { round: *start }] { *round };
        with.round + matched + each[0]
    }
}

workflow! {
    #[deadline(2d)]
    workflow Booking(people: u64, list: Vec<u64>) -> Vec<u64> with add: u64 {
        signal agreed: bool;
        #[lazy]
        stage dear: u64 = fallible(people);
        stage price: u64 = if *agreed { people * 10 + *dear + *add } else { 1 };
        stage last: u64 = *price;
        if *last > 30 { list } else { vec![*last] }
    }
}

workflow! {
    #[deadline(std::time::Duration::from_secs(*seconds + *more))]
    workflow Within(seconds: u64, text: String) -> String with more: u64 {
        stage slept = sleep(std::time::Duration::from_secs(*seconds));
        #[after(slept)]
        stage waits = sleep(std::time::Duration::from_millis(1500));
        text
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_stands_beside_signals_and_lazy_stages() {
    let run = Booking::new(1).start(3, vec![1, 2]);
    run.signal(BookingSignal::Agreed(true)).unwrap();
    assert_eq!(run.await.unwrap(), [1, 2]);
    let run = Booking::new(1).start(3, vec![1, 2]);
    run.signal(BookingSignal::Agreed(false)).unwrap();
    assert_eq!(run.await.unwrap(), [1]);
    assert!(Booking::new(1).start(3, vec![]).await.unwrap_err().to_string().contains("deadline"));
    assert_eq!(Within::new(2).run(3, "x".to_owned()).await.unwrap(), "x");
    assert!(Within::new(1).run(3, "x".to_owned()).await.is_err());
}

#[tokio::test]
async fn an_undo_stands_beside_a_cache() {
    let (log, calls) = (Log::default(), Arc::new(AtomicU64::new(0)));
    let workflow = UndoneCache::new(Arc::clone(&log), Arc::clone(&calls));
    assert!(workflow.run(3, true).await.is_err());
    assert_eq!(*log.lock().unwrap(), [3]);
    // A hit has nothing to undo.
    assert!(workflow.run(3, true).await.is_err());
    assert_eq!((log.lock().unwrap().len(), calls.load(Ordering::Relaxed)), (1, 1));
    assert_eq!(workflow.run(3, false).await.unwrap(), 3);
}

#[tokio::test]
async fn an_undo_stands_beside_a_breaker() {
    let log = Log::default();
    let workflow = UndoneBreaker::new(Arc::clone(&log));
    assert_eq!(workflow.run(1).await.unwrap(), 1 + 2 + 1);
    assert!(workflow.run(7).await.is_err());
    let mut undone = log.lock().unwrap().clone();
    undone.sort_unstable();
    assert_eq!(undone, [7, 8]);
    assert!(workflow.run(101).await.is_err());
    // Open: what would succeed does not start.
    let failure = workflow.run(1).await.unwrap_err();
    assert!(failure.to_string().contains("breaker"), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn what_may_be_skipped_may_be_caught() {
    assert_eq!(Optional::new().run(3, true).await.unwrap(), "3 3 true");
    assert!(Optional::new().run(3, false).await.unwrap().starts_with("skipped"));
    assert!(Optional::new().run(101, true).await.unwrap().starts_with("1 too much"));
}

#[tokio::test]
async fn numbers_ranges_and_parentheses_are_as_in_rust() {
    assert_eq!(Wide::new().run(3).await.unwrap(), 7);
    assert_eq!(Open::new().run(5).await.unwrap(), 16);
    assert_eq!(Parentheses::new().run(2).await.unwrap(), 4 + 2 + 2);
}

#[tokio::test]
async fn names_of_the_workflow_hide_constants() {
    let run = constants::Limits::new(constants::limit + constants::stage).start(constants::text + constants::most);
    run.signal(constants::LimitsSignal::Named(1)).unwrap();
    assert_eq!(run.await.unwrap(), 4 * (14 + 9) + 1);
    assert_eq!("most".parse(), Ok(constants::LimitsStage::Most));
}

workflow! {
    workflow Wraps<T: Clone + Send + Sync + 'static = u32, const N: usize = 2>(value: T) -> Vec<T> {
        stage copies: Vec<T> = vec![value.clone(); N];
        copies
    }
}

/// A type with the defaults of the parameters.
async fn copies_of(workflow: &Wraps, value: u32) -> Vec<u32> {
    workflow.run(value).await.unwrap()
}

#[tokio::test]
async fn parameters_have_their_defaults() {
    assert_eq!(copies_of(&Wraps::new(), 7).await, [7, 7]);
    assert_eq!(Wraps::<&str, 1>::new().run("one").await.unwrap(), ["one"]);
}

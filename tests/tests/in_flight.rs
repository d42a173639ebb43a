//! Stages with an undo whose scope is rolled back before they have ended.
#![allow(
    clippy::large_futures,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    reason = "what users write, and how large it gets here, is not the point"
)]
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use workflow_runtime::{Failure, Pool, workflow};

/// A log of events, in order.
#[derive(Clone, Default)]
struct Journal(Arc<Mutex<Vec<String>>>);
impl Journal {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
    async fn book(&self, what: &str, seconds: u64) -> String {
        self.note(format!("book {what}"));
        sleep(Duration::from_secs(seconds)).await;
        self.note(format!("booked {what}"));
        what.to_owned()
    }
    async fn fails(&self, what: &str, seconds: u64) -> Result<String, String> {
        self.note(format!("try {what}"));
        sleep(Duration::from_secs(seconds)).await;
        Err(format!("no {what}"))
    }
    fn cancel(&self, what: &str) {
        self.note(format!("cancel {what}"));
    }
}

/// Returns the stage that failed after five seconds, the stages in doubt, and the seconds after which the run was over.
fn told(failure: &Failure, start: Instant) -> (Option<&'static str>, &[&'static str], u64) {
    (failure.stage(), failure.in_doubt(), start.elapsed().as_secs())
}

/// Names what is not to go unnoticed.
fn all<T>(_: T) {}

workflow! {
    workflow Limited() with journal: Journal {
        #[undo(journal.cancel(long))]
        #[timeout(2min)]
        stage long: String = journal.book("long", 60);
        #[undo(journal.cancel("short"))]
        #[timeout(20s)]
        #[retry(5, fixed(1s))]
        stage short: String = journal.book("short", 60);
        #[undo(journal.cancel("bounded"))]
        #[deadline(10s)]
        stage bounded: String = journal.book("bounded", 60);
        #[undo(journal.cancel("endless"))]
        stage endless: String = journal.book("endless", 600);
        stage bad: String = journal.fails("bad", 5);
        stage _all = all((long, short, bounded, endless, bad));
    }
    workflow Retried() with journal: Journal {
        #[undo(journal.cancel("waits"))]
        #[retry(5, fixed(1min))]
        stage waits: String = journal.fails("waits", 1);
        #[undo(journal.cancel("fails"))]
        #[retry(5, fixed(1min))]
        #[fallback(journal.book("fallback", 0))]
        stage fails: String = journal.fails("fails", 7);
        #[undo(journal.cancel(falls))]
        #[fallback(journal.book("falling", 8))]
        stage falls: String = journal.fails("falls", 1);
        #[undo(journal.cancel("covered"), on = attempt)]
        #[retry(5, fixed(1min))]
        stage covered: String = journal.fails("covered", 1);
        stage bad: String = journal.fails("bad", 5);
        stage _all = all((waits, fails, falls, covered, bad));
    }
    workflow Waits(skip: bool) with journal: Journal, pool: Pool {
        signal never: String;
        #[acquire(pool)]
        stage holds: String = journal.book("holds", 600);
        #[undo(journal.cancel("pooled"))]
        #[acquire(pool)]
        #[timeout(1min)]
        stage pooled: String = journal.book("pooled", 1);
        #[undo(journal.cancel("armed"), on = attempt)]
        #[acquire(pool)]
        stage armed: String = journal.book("armed", 1);
        #[undo(journal.cancel("signalled"), on = attempt)]
        stage signalled: String = journal.book(never, 1);
        #[undo(journal.cancel("skipped"), on = attempt)]
        #[when(!*skip)]
        stage skipped: Option<String> = journal.book("skipped", 1);
        #[undo(journal.cancel("sleeps"))]
        stage sleeps = sleep(10min);
        stage bad: String = journal.fails("bad", 5);
        stage _all = all((holds, pooled, armed, signalled, skipped, sleeps, bad));
    }
}

#[tokio::test(start_paused = true)]
async fn it_may_finish_within_its_own_timeout() {
    let (journal, start) = (Journal::default(), Instant::now());
    let failure = Limited::new(journal.clone()).run().await.unwrap_err();
    assert_eq!(told(&failure, start), (Some("bad"), ["bounded", "short", "endless"].as_slice(), 60));
    let expected = ["book long", "book short", "book bounded", "book endless", "try bad", "booked long", "cancel long"];
    assert_eq!(journal.take(), expected);
    assert_eq!(failure.undo_failures().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn it_is_not_tried_again_and_falls_back_on_nothing_new() {
    let (journal, start) = (Journal::default(), Instant::now());
    let failure = Retried::new(journal.clone()).run().await.unwrap_err();
    assert_eq!(told(&failure, start), (Some("bad"), [].as_slice(), 9));
    let expected = [
        "try waits",
        "try fails",
        "try falls",
        "try covered",
        "try bad",
        "book falling",
        "booked falling",
        "cancel falling",
        "cancel covered",
    ];
    assert_eq!(journal.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn what_only_waits_is_cut_at_once() {
    let (journal, start) = (Journal::default(), Instant::now());
    let failure = Waits::new(journal.clone(), Pool::new(1)).run(true).await.unwrap_err();
    assert_eq!(told(&failure, start), (Some("bad"), [].as_slice(), 5));
    assert_eq!(journal.take(), ["book holds", "try bad"]);
}

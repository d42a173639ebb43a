//! Workflows that are run in a stage of another one: where the stage is cut, what they did is undone.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::large_futures,
    clippy::unused_async,
    clippy::let_underscore_untyped,
    reason = "what users write is not the point here"
)]
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use workflow_runtime::{Failure, FailureKind, observe::Report, workflow};

/// A log of events, in order.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

async fn act(log: &Log, what: &str, milliseconds: u64) -> u32 {
    sleep(Duration::from_millis(milliseconds)).await;
    log.note(what);
    1
}

/// Takes its time, so that what does not wait for it comes before its end.
async fn undo(log: &Log, what: &str) {
    sleep(Duration::from_millis(5)).await;
    log.note(format!("undo {what}"));
}

async fn undo_fails(log: &Log, what: &str) -> Result<(), String> {
    undo(log, what).await;
    Err(format!("{what} stays"))
}

async fn late(milliseconds: u64) -> Result<u32, String> {
    sleep(Duration::from_millis(milliseconds)).await;
    Err("late".into())
}

async fn nap(milliseconds: u64) -> u32 {
    sleep(Duration::from_millis(milliseconds)).await;
    0
}

workflow! {
    /// One stage is done, one is running, and then the workflow waits.
    workflow Booking() -> u32 with log: Log {
        #[undo(undo(log, "room"))]
        stage room: u32 = act(log, "room", 1);
        #[after(room)]
        #[undo(undo(log, "car"))]
        stage car: u32 = act(log, "car", 30);
        #[after(car)]
        stage rest = sleep(1h);
        room + car
    }
    workflow Stubborn() -> u32 with log: Log {
        #[undo(undo_fails(log, "seat"))]
        stage seat: u32 = act(log, "seat", 1);
        #[after(seat)]
        #[undo(undo(log, "forever"))]
        stage forever: u32 = act(log, "forever", 1_000_000);
        seat + forever
    }
    /// Has no undo of its own.
    workflow Around() -> u32 with booking: Booking {
        stage inner: u32 = booking.run();
        inner
    }
    /// Has, and one inside.
    workflow Trip() -> u32 with log: Log, booking: Booking {
        #[undo(undo(log, "ticket"))]
        stage ticket: u32 = act(log, "ticket", 1);
        #[after(ticket)]
        stage inner: u32 = booking.run();
        inner
    }
    workflow Siblings() -> u32 with log: Log, booking: Booking {
        #[undo(undo(log, "first"))]
        stage first: u32 = act(log, "first", 1);
        #[after(first)]
        stage booked: u32 = booking.run();
        #[after(first)]
        stage bad: u32 = late(10);
        booked + bad
    }
    workflow PlainSiblings() -> u32 with trip: Trip {
        stage booked: u32 = trip.run();
        stage bad: u32 = late(10);
        booked + bad
    }
    workflow Deep() -> u32 with around: Around {
        stage booked: u32 = async { around.run().await };
        stage bad: u32 = late(10);
        booked + bad
    }
    workflow Raced() -> u32 with log: Log, booking: Booking {
        stage won: u32 = race { booking.run(), act(log, "quick", 10) };
        stage next: u32 = act(log, "next", *won as u64);
        next
    }
    workflow Withdrawn() -> u32 with log: Log, booking: Booking {
        stage won: u32 = select { booked: u32 = booking.run() => *booked, sleep(10ms) => act(log, "next", 0) };
        won
    }
    workflow Until() -> u32 with log: Log, booking: Booking {
        stage stop: u32 = act(log, "stop", 10);
        #[until(stop)]
        stage booked: Option<u32> = booking.run();
        stage next: u32 = act(log, "next", booked.unwrap_or(0) as u64);
        next + stop
    }
    workflow Retried() -> u32 with log: Log, booking: Booking {
        #[retry(1)]
        #[timeout(10ms)]
        #[fallback(act(log, "fallback", 0))]
        stage booked: u32 = booking.run();
        booked
    }
    workflow Caught() -> u32 with log: Log, booking: Booking {
        #[catch]
        stage both: Result<u32, Failure> = {
            stage booked: u32 = booking.run();
            stage bad: u32 = late(10);
            booked + bad
        };
        stage next: u32 = act(log, "next", u64::from(both.is_err()));
        next
    }
    workflow Returns() -> u32 with booking: Booking {
        stage booked: u32 = booking.run();
        stage quick: u32 = { stage napped: u32 = nap(50); if *napped == 0 { return *napped } else { 1 } };
        booked + quick
    }
    workflow Told() -> u32 with stubborn: Stubborn {
        stage booked: u32 = stubborn.run();
        stage bad: u32 = late(10);
        booked + bad
    }
    workflow ToldLater() -> u32 with stubborn: Stubborn {
        stage won: u32 = race { stubborn.run(), nap(10) };
        stage bad: u32 = if *won == 0 { fail "in the end" } else { 0 };
        bad
    }
    workflow Spawned() -> u32 with log: Log, booking: Booking {
        #[undo(undo(log, "first"))]
        stage first: u32 = act(log, "first", 1);
        #[after(first)]
        #[spawn]
        stage booked: u32 = { stage raced: u32 = race { booking.run(), nap(10) }; stage again: u32 = booking.run(); *raced + *again };
        #[after(first)]
        stage bad: u32 = late(100);
        booked + bad
    }
    /// Ends with what it has done.
    workflow Bought() -> u32 with log: Log {
        #[undo(undo(log, "bought"))]
        stage bought: u32 = act(log, "bought", 1);
        bought
    }
    workflow Buys() -> u32 with log: Log, bought: Bought {
        #[undo(undo(log, "before"))]
        stage before: u32 = act(log, "before", 1);
        #[after(before)]
        stage inner: u32 = bought.run();
        stage dropped: u32 = async { bought.run().await };
        #[after(inner, dropped)]
        stage ends: u32 = late(10);
        ends
    }
    workflow Forever() -> u32 with booking: Booking {
        stage booked: u32 = booking.run();
        booked
    }
    workflow Dropping() -> u32 with log: Log, booking: Booking {
        stage chosen: u32 = async {
            tokio::select! { booked = booking.run() => booked.unwrap_or(0), napped = nap(50) => napped }
        };
        stage next: u32 = act(log, "next", *chosen as u64);
        next
    }
}

fn booking() -> (Log, Booking) {
    let log = Log::default();
    (log.clone(), Booking::new(log))
}

/// The effects of the booking when it is cancelled after 10 ms: the running stage ends, and then both are undone.
const BOOKED: [&str; 4] = ["room", "car", "undo car", "undo room"];

fn then(before: &[&str], what: &[&str], after: &[&str]) -> Vec<String> {
    before.iter().chain(what).chain(after).map(|&what| what.to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn where_a_sibling_fails() {
    let ((log, booking), start) = (booking(), Instant::now());
    let failure = Siblings::new(log.clone(), booking.clone()).run().await.unwrap_err();
    assert_eq!((failure.stage(), failure.undo_failures().len()), (Some("bad"), 0));
    assert_eq!(log.take(), then(&["first"], &BOOKED, &["undo first"]));
    assert_eq!(start.elapsed().as_millis(), 32 + 15);
    let trip = Trip::new(log.clone(), booking.clone());
    let failure = PlainSiblings::new(trip).run().await.unwrap_err();
    assert_eq!(failure.stage(), Some("bad"));
    assert_eq!(log.take(), then(&["ticket"], &BOOKED, &["undo ticket"]));
    Deep::new(Around::new(booking)).run().await.unwrap_err();
    assert_eq!(log.take(), BOOKED);
}

#[tokio::test(start_paused = true)]
async fn where_another_wins() {
    let (log, booking) = booking();
    Raced::new(log.clone(), booking.clone()).run().await.unwrap();
    let after_quick = |after| then(&["room", "quick"], &BOOKED[1..], after);
    assert_eq!(log.take(), after_quick(&["next"]));
    Withdrawn::new(log.clone(), booking.clone()).run().await.unwrap();
    assert_eq!(log.take(), then(&[], &BOOKED, &["next"]));
    Until::new(log.clone(), booking).run().await.unwrap();
    assert_eq!(log.take(), then(&["room", "stop"], &BOOKED[1..], &["next"]));
}

#[tokio::test(start_paused = true)]
async fn where_an_attempt_is_cut_or_a_failure_absorbed() {
    let (log, booking) = booking();
    Retried::new(log.clone(), booking.clone()).run().await.unwrap();
    assert_eq!(log.take(), [then(&[], &BOOKED, &[]), then(&[], &BOOKED, &["fallback"])].concat());
    Caught::new(log.clone(), booking).run().await.unwrap();
    assert_eq!(log.take(), then(&[], &BOOKED, &["next"]));
}

#[tokio::test(start_paused = true)]
async fn where_its_stage_has_a_task_of_its_own() {
    let (log, booking) = booking();
    Spawned::new(log.clone(), booking).run().await.unwrap_err();
    let mut all = log.take();
    assert_eq!(all.pop().as_deref(), Some("undo first"));
    all.sort();
    let twice = |what: &'static str| [what, what];
    assert_eq!(all[..3], ["car", "car", "first"]);
    assert_eq!(all[3..], [twice("room"), twice("undo car"), twice("undo room")].concat());
}

#[tokio::test(start_paused = true)]
async fn where_the_run_around_it_is_cancelled() {
    let (log, booking) = booking();
    for observed in [false, true] {
        let run = match observed {
            false => Forever::new(booking.clone()).start(),
            true => Forever::new(booking.clone().observed_by(Report::new())).start(),
        };
        sleep(Duration::from_millis(10)).await;
        run.cancel();
        assert_eq!(run.await.unwrap_err().kind(), FailureKind::Cancelled);
        assert_eq!(log.take(), BOOKED);
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_run_around_it_has_its_output_or_is_dropped_nothing_is() {
    let (log, booking) = booking();
    assert_eq!(Returns::new(booking.clone()).run().await.unwrap(), 0);
    assert_eq!(log.take(), ["room", "car"]);
    let run = Siblings::new(log.clone(), booking.clone()).run();
    assert!(tokio::time::timeout(Duration::from_millis(5), run).await.is_err());
    let run = Booking::new(log.clone()).run();
    assert!(tokio::time::timeout(Duration::from_millis(5), run).await.is_err());
    sleep(Duration::from_mins(1)).await;
    assert_eq!(log.take(), ["first", "room", "room"]);
}

#[tokio::test(start_paused = true)]
async fn where_a_stage_drops_it_itself() {
    let (log, booking) = booking();
    Dropping::new(log.clone(), booking).run().await.unwrap();
    let mut all = log.take();
    assert_eq!(all[..2], ["room", "car"]);
    all.sort();
    assert_eq!(all, ["car", "next", "room", "undo car", "undo room"]);
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_undone_is_told() {
    let log = Log::default();
    let stubborn = Stubborn::new(log.clone());
    let failure = Told::new(stubborn.clone()).run().await.unwrap_err();
    assert_eq!((failure.stage(), failure.in_doubt()), (Some("bad"), &["forever"][..]));
    assert_eq!(failure.undo_failures().len(), 1);
    assert!(format!("{failure:#}").contains("seat stays"), "{failure:#}");
    let failure = ToldLater::new(stubborn).run().await.unwrap_err();
    assert_eq!((failure.stage(), failure.in_doubt()), (Some("bad"), &["forever"][..]));
    assert!(format!("{failure:#}").contains("seat stays"), "{failure:#}");
    assert_eq!(log.take(), ["seat", "undo seat", "seat", "undo seat"]);
}

#[tokio::test(start_paused = true)]
async fn what_has_its_output_is_not_undone_whatever_becomes_of_the_run_around_it() {
    let log = Log::default();
    let bought = Bought::new(log.clone());
    let failure = Buys::new(log.clone(), bought.clone()).run().await.unwrap_err();
    assert_eq!(failure.stage(), Some("ends"));
    assert_eq!(log.take(), ["before", "bought", "bought", "undo before"]);
    let started = Buys::new(log.clone(), bought).start();
    started.await.unwrap_err();
    assert_eq!(log.take(), ["before", "bought", "bought", "undo before"]);
}

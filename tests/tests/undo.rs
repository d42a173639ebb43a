//! Compensation: what has been done is undone, the last first.
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
use workflow_runtime::{Failure, FailureKind, StageContext, workflow};

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
    async fn book(&self, what: &str, takes: u64) -> Result<String, String> {
        self.note(format!("book {what}"));
        tokio::time::sleep(Duration::from_millis(takes)).await;
        self.note(format!("booked {what}"));
        Ok(what.to_owned())
    }
    async fn fails(&self, after: u64) -> Result<u32, String> {
        tokio::time::sleep(Duration::from_millis(after)).await;
        Err("no".into())
    }
    async fn panics(&self, after: u64) -> u32 {
        tokio::time::sleep(Duration::from_millis(after)).await;
        panic!("at the disco")
    }
    async fn cancel(&self, what: &String) {
        self.note(format!("cancel {what}"));
    }
    fn broken(&self, what: &String) -> Result<(), String> {
        self.note(format!("broken {what}"));
        Err(format!("{what} stays"))
    }
}

fn counted(journal: &Journal, ctx: &StageContext) -> Result<(), String> {
    journal.note(format!("{} {}", ctx.stage(), ctx.attempt()));
    if ctx.attempt() == 3 { Ok(()) } else { Err("not yet".into()) }
}

workflow! {
    workflow Trip(fail_at: u64) -> String with journal: Journal {
        #[undo(journal.cancel(flight))]
        stage flight: String = journal.book("flight", 10);
        #[undo(journal.cancel(hotel))]
        stage hotel: String = journal.book("hotel", 20);
        #[undo(journal.broken(car), retry(1))]
        stage car: String = journal.book("car", 1);
        #[after(flight, hotel)]
        stage pay: u32 = journal.fails(*fail_at);
        format!("{flight} {hotel} {car} {pay}")
    }
    workflow InFlight() -> String with journal: Journal {
        #[undo(journal.cancel(slow))]
        stage slow: String = journal.book("slow", 1_000);
        #[undo(journal.cancel(endless))]
        stage endless: String = journal.book("endless", 1_000_000);
        stage cut: String = journal.book("cut", 1_000);
        stage bad: u32 = journal.fails(5);
        format!("{slow}{endless}{cut}{bad}")
    }
    workflow Absorbed() -> (String, u32) with journal: Journal {
        #[undo(journal.cancel(outer))]
        stage outer: String = journal.book("outer", 1);
        #[retry(1)]
        #[fallback(7)]
        #[after(outer)]
        stage block: u32 = {
            #[undo(journal.cancel(inner))]
            stage inner: String = journal.book("inner", 1);
            #[after(inner)]
            stage bad: u32 = journal.fails(1);
            bad
        };
        #[after(block)]
        stage won: String = race {
            {
                #[undo(journal.cancel(winner))]
                stage winner: String = journal.book("winner", 5);
                winner.clone()
            },
            {
                #[undo(journal.cancel(loser))]
                stage loser: String = journal.book("loser", 1);
                #[after(loser)]
                stage never: u32 = journal.fails(1_000);
                format!("{loser}{never}")
            },
        };
        (won.clone(), *block)
    }
    workflow Loops(fail: bool) -> u32 with journal: Journal {
        #[max(5)]
        stage rounds: u32 = loop count: u32 = 0 {
            let name: String = format!("round {count}");
            #[undo(journal.cancel(booked))]
            stage booked: String = journal.book(name, 1);
            if *count == 2 { break count } else { continue count + u32::from(!booked.is_empty()) }
        };
        stage items: Vec<String> = for item in ["a", "b"] {
            #[undo(journal.note(format!("drop {item} {}", failure.stage().unwrap_or("none"))))]
            stage each: String = journal.book(item, 1);
            each.clone()
        };
        #[after(items)]
        stage last: u32 = if *fail { fail "told to" } else { *rounds };
        last
    }
    workflow Counted() -> u32 with journal: Journal {
        #[undo(counted(journal, ctx), retry(2))]
        stage one: String = journal.book("one", 1);
        #[after(one)]
        stage bad: u32 = journal.fails(1);
        bad + u32::from(one.is_empty())
    }
    workflow Panicking() -> String with journal: Journal {
        #[undo(journal.cancel(slow))]
        stage slow: String = journal.book("slow", 1_000);
        #[undo(journal.note("never"))]
        stage bad: u32 = journal.panics(5);
        format!("{slow}{bad}")
    }
    workflow HandsOn() -> String with journal: Journal {
        #[undo(journal.note("undone"))]
        stage outer: String = match 1 {
            1 => {
                #[undo(journal.note("undone inside"))]
                stage inner: String = journal.book("inner", 1);
                inner
            },
            _ => String::new(),
        };
        outer
    }
    workflow Moves() -> String with journal: Journal {
        #[undo(journal.cancel(only))]
        stage only: String = journal.book("only", 1);
        only
    }
}

#[tokio::test(start_paused = true)]
async fn undone_in_reverse_order_of_completion() {
    let journal = Journal::default();
    let failure: Failure = Trip::new(journal.clone()).run(5).await.unwrap_err();
    assert_eq!((failure.stage(), failure.kind()), (Some("pay"), FailureKind::Error));
    let noted = journal.take();
    assert_eq!(noted[6..], ["cancel hotel", "cancel flight", "broken car", "broken car"]);
    assert_eq!(failure.undo_failures().len(), 1);
    assert_eq!((failure.undo_failures()[0].stage(), failure.undo_failures()[0].attempts()), (Some("car"), 2));
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_may_finish() {
    let journal = Journal::default();
    let failure = InFlight::new(journal.clone()).run().await.unwrap_err();
    assert_eq!(failure.stage(), Some("bad"));
    assert_eq!(failure.in_doubt(), ["endless"]);
    assert_eq!(journal.take(), ["book slow", "book endless", "book cut", "booked slow", "cancel slow"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_thrown_away_is_undone_first() {
    let journal = Journal::default();
    let (won, block) = Absorbed::new(journal.clone()).run().await.unwrap();
    assert_eq!((won.as_str(), block), ("winner", 7));
    let expected = [
        "book outer",
        "booked outer",
        "book inner",
        "booked inner",
        "cancel inner",
        "book inner",
        "booked inner",
        "cancel inner",
        "book winner",
        "book loser",
        "booked loser",
        "booked winner",
        "cancel loser",
    ];
    assert_eq!(journal.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn rounds_and_items() {
    let journal = Journal::default();
    let failure = Loops::new(journal.clone()).run(true).await.unwrap_err();
    assert_eq!(format!("{failure:#}"), "stage 'last' of workflow 'Loops' failed: told to");
    let noted = journal.take();
    assert_eq!(
        noted[noted.len() - 5..],
        ["cancel round 2", "cancel round 1", "drop b last", "drop a last", "cancel round 0"]
    );
    assert_eq!(Loops::new(journal.clone()).run(false).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_is_undone() {
    let journal = Journal::default();
    let run = InFlight::new(journal.clone()).start();
    tokio::time::sleep(Duration::from_millis(2)).await;
    run.cancel();
    let failure = run.await.unwrap_err();
    assert_eq!((failure.kind(), failure.in_doubt()), (FailureKind::Cancelled, ["endless"].as_slice()));
    assert_eq!(journal.take().last().unwrap(), "cancel slow");
}

#[tokio::test(start_paused = true)]
async fn the_tail_is_handed_over() {
    let journal = Journal::default();
    assert_eq!(Moves::new(journal.clone()).run().await.unwrap(), "only");
    assert_eq!(Moves::new(journal.clone()).start().await.unwrap(), "only");
    assert_eq!(Arc::strong_count(&journal.0), 1);
    drop(Trip::new(journal.clone()).run(1));
}

#[tokio::test(start_paused = true)]
async fn an_undo_knows_which_attempt_it_is() {
    let journal = Journal::default();
    let failure = Counted::new(journal.clone()).run().await.unwrap_err();
    assert_eq!(failure.undo_failures().len(), 0);
    assert_eq!(journal.take()[2..], ["one 1", "one 2", "one 3"]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_beside_it_cuts_nothing_that_can_be_undone() {
    let journal = Journal::default();
    let failure = Panicking::new(journal.clone()).run().await.unwrap_err();
    assert_eq!((failure.kind(), failure.stage()), (FailureKind::Panic, Some("bad")));
    assert_eq!(failure.in_doubt().len(), 0);
    assert_eq!(journal.take(), ["book slow", "booked slow", "cancel slow"]);
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_does_not_name_the_output_does_not_keep_it() {
    assert_eq!(HandsOn::new(Journal::default()).run().await.unwrap(), "inner");
}

workflow! {
    workflow LeftBehind(fail: bool) -> String with journal: Journal {
        stage won: String = race {
            { stage winner: String = journal.book("winner", 5); winner },
            {
                #[undo(journal.broken(loser))]
                stage loser: String = journal.book("loser", 1);
                #[after(loser)]
                stage never: u32 = journal.fails(1_000);
                format!("{loser}{never}")
            },
        };
        #[after(won)]
        #[fallback("absorbed".to_owned())]
        stage chosen: String = {
            stage inner: String = select {
                sleep(5ms) => journal.book("after the timer", 1),
                head: String = {
                    #[undo(journal.broken(withdrawn))]
                    stage withdrawn: String = journal.book("withdrawn", 1);
                    #[after(withdrawn)]
                    stage waits = sleep(1h);
                    withdrawn.clone()
                } => head.clone(),
            };
            stage bad: u32 = if inner.is_empty() { 1 } else { fail "the block" };
            format!("{inner} {bad}")
        };
        stage last: String = if *fail { fail "told to" } else { format!("{won}, {chosen}") };
        last
    }
}

#[tokio::test(start_paused = true)]
async fn a_loser_that_can_t_be_undone_loses_all_the_same() {
    let journal = Journal::default();
    assert_eq!(LeftBehind::new(journal.clone()).run(false).await.unwrap(), "winner, absorbed");
    assert_eq!(journal.take().iter().filter(|line| line.starts_with("broken")).count(), 2);
    let failure = LeftBehind::new(journal.clone()).run(true).await.unwrap_err();
    let not_undone = ["loser", "withdrawn"]
        .map(|stage| format!("; not undone: stage '{stage}' of workflow 'LeftBehind' failed: {stage} stays"));
    assert_eq!(
        format!("{failure:#}"),
        format!("stage 'last' of workflow 'LeftBehind' failed: told to{}", not_undone.concat())
    );
    let left: Vec<String> = failure.undo_failures().iter().map(|undo| format!("{undo:#}")).collect();
    let expected =
        ["loser", "withdrawn"].map(|stage| format!("stage '{stage}' of workflow 'LeftBehind' failed: {stage} stays"));
    assert_eq!(left, expected);
}

async fn within(millis: u64) -> u32 {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    1
}

async fn fails_after(millis: u64) -> Result<u32, &'static str> {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    Err("planned")
}

workflow! {
    workflow CutQuorum() {
        stage most: Vec<u32> = quorum(2) {
            {
                #[undo(async { Err::<(), &str>("it sticks") })]
                stage kept: u32 = 1;
                #[after(kept)]
                stage broken: u32 = fails_after(1);
                *broken
            },
            within(50),
            within(60),
        };
        stage _breaks: u32 = fails_after(5);
        #[after(most, _breaks)]
        stage last = {};
    }
    workflow WonRace() {
        stage first: u32 = race {
            {
                #[undo(async { Err::<(), &str>("it sticks") })]
                stage kept: u32 = 1;
                #[after(kept)]
                stage broken: u32 = fails_after(1);
                *broken
            },
            within(50),
        };
        #[after(first)]
        stage _breaks: u32 = fails_after(5);
    }
    workflow LostRace() {
        stage first: u32 = race {
            {
                #[undo(async { Err::<(), &str>("it sticks") })]
                stage kept: u32 = 1;
                #[after(kept)]
                stage broken: u32 = fails_after(1);
                *broken
            },
            fails_after(5),
        };
        #[after(first)]
        stage last = {};
    }
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_undone_of_a_member_is_told_once_however_its_race_ends() {
    let sticks = "stage 'kept' of workflow";
    for (failure, stage) in [
        (CutQuorum::new().run().await.unwrap_err(), "_breaks"),
        (WonRace::new().run().await.unwrap_err(), "_breaks"),
        (LostRace::new().run().await.unwrap_err(), "first"),
    ] {
        assert_eq!(failure.stage(), Some(stage));
        assert_eq!(format!("{failure:#}").matches(sticks).count(), 1, "{failure:#}");
    }
}

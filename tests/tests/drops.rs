//! A panic in the `Drop` of what is cut does not replace the failure that it is cut for.
#![allow(
    clippy::large_futures,
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    reason = "what users write, and how large it gets here, is not the point"
)]
use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};
use workflow_runtime::{Failure, FailureKind, workflow};

/// How many were dropped.
#[derive(Clone, Default)]
struct Dropped(Arc<AtomicU32>);

struct Fragile(Dropped);
impl Drop for Fragile {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Relaxed);
        panic!("broke while dropped");
    }
}

impl Dropped {
    /// Holds something fragile for ever.
    async fn holds(&self) -> u32 {
        let _held = Fragile(self.clone());
        std::future::pending().await
    }
    async fn fails(&self) -> Result<u32, &'static str> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Err("the first failure")
    }
    fn count(&self) -> u32 {
        self.0.swap(0, Relaxed)
    }
}

workflow! {
    workflow Joined() -> u32 with dropped: Dropped {
        stage one: u32 = dropped.holds();
        stage bad: u32 = dropped.fails();
        stage two: u32 = dropped.holds();
        one + two + bad
    }
    workflow Driven() -> u32 with dropped: Dropped {
        stage a: u32 = async { 1 };
        stage b: u32 = async { 1 };
        stage one: u32 = async { let held: u32 = dropped.holds().await; held + a };
        stage two: u32 = async { let held: u32 = dropped.holds().await; held + a + b };
        stage bad: u32 = async { dropped.fails().await.map(|value| value + b) };
        one + two + bad
    }
    workflow Items() -> usize with dropped: Dropped {
        stage items: Vec<u32> = for item in 0..3u32 {
            stage one: u32 = if *item == 1 { dropped.fails() } else { dropped.holds() };
            one
        };
        items.len()
    }
    workflow Quorum() -> usize with dropped: Dropped {
        #[catch]
        stage reached: Result<Vec<u32>, Failure> = quorum(3) { dropped.holds(), dropped.fails(), dropped.holds() };
        match reached { Ok(values) => values.len(), Err(why) => fail why }
    }
    workflow Selected() -> u32 with dropped: Dropped {
        stage selected: u32 = select {
            one: u32 = dropped.holds() => *one,
            two: u32 = dropped.holds() => *two,
            bad: u32 = dropped.fails() => *bad,
        };
        selected
    }
    workflow Late() -> u32 with dropped: Dropped {
        #[retry(1)]
        #[timeout(1s)]
        stage late: u32 = dropped.holds();
        late
    }
    #[deadline(1s)]
    workflow LateRun() -> u32 with dropped: Dropped {
        #[undo(dropped.0.store(100, Relaxed))]
        stage done: u32 = 1;
        stage late: u32 = dropped.holds();
        done + late
    }
    workflow Race() -> u32 with dropped: Dropped {
        stage won: u32 = race { dropped.holds(), async { 1 }, dropped.holds() };
        won
    }
}

macro_rules! fails {
    ($($workflow:ident: $kind:ident $count:literal $text:literal;)*) => { $({
        let dropped = Dropped::default();
        let failure = $workflow::new(dropped.clone()).run().await.unwrap_err();
        assert_eq!((failure.kind(), format!("{failure:#}").as_str()), (FailureKind::$kind, $text));
        assert_eq!(dropped.count(), $count, stringify!($workflow));
        let dropped = Dropped::default();
        let failure = $workflow::new(dropped.clone()).start().await.unwrap_err();
        assert_eq!((failure.kind(), dropped.count()), (FailureKind::$kind, $count), "{}", stringify!($workflow));
    })* };
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_is_told() {
    fails! {
        Joined: Error 2 "stage 'bad' of workflow 'Joined' failed: the first failure";
        Driven: Error 2 "stage 'bad' of workflow 'Driven' failed: the first failure";
        Items: Error 2 "stage 'one' of workflow 'Items' failed: the first failure";
        Quorum: QuorumFailed 2 "stage 'reached' of workflow 'Quorum' did not reach its quorum: needed 3 of 3, 1 failed: stage 'reached' of workflow 'Quorum' failed: the first failure";
        Selected: Error 2 "stage 'selected' of workflow 'Selected' failed: the first failure";
        Late: Timeout 2 "stage 'late' of workflow 'Late' timed out after 2 attempts: it took longer than 1s";
        LateRun: Deadline 100 "workflow 'LateRun' passed its deadline: the whole run took longer than 1s";
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_is_undone_all_the_same() {
    let dropped = Dropped::default();
    let run = LateRun::new(dropped.clone()).start();
    tokio::time::sleep(Duration::from_millis(10)).await;
    run.cancel();
    assert_eq!((run.await.unwrap_err().kind(), dropped.count()), (FailureKind::Cancelled, 100));
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_failure_it_is_one() {
    let dropped = Dropped::default();
    let failure = Race::new(dropped.clone()).run().await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.source().unwrap().to_string().as_str()),
        (FailureKind::Panic, "broke while dropped")
    );
    assert_eq!(dropped.count(), 1);
}

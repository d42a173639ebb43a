//! The state of a run that a handle shows while the run goes on.
#![deny(warnings)]
use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
    task::{Poll, Waker},
};
use tokio::task::yield_now;
use workflow_runtime::{Handle, OutputRef, StageStatus, workflow};

/// Gates by number: a stage waits until its gate is opened.
#[derive(Clone, Default)]
struct Gates(Arc<Mutex<(Vec<u32>, Vec<Waker>)>>);

impl Gates {
    async fn pass(&self, gate: u32) -> u32 {
        poll_fn(|context| {
            let mut gates = self.0.lock().unwrap();
            if gates.0.contains(&gate) {
                return Poll::Ready(gate);
            }
            gates.1.push(context.waker().clone());
            Poll::Pending
        })
        .await
    }
    fn open(&self, gate: u32) {
        let mut gates = self.0.lock().unwrap();
        gates.0.push(gate);
        std::mem::take(&mut gates.1).into_iter().for_each(Waker::wake);
    }
}

/// Lets the run go as far as it can.
async fn settle() {
    for _ in 0..50 {
        yield_now().await;
    }
}

async fn checked(gates: &Gates, gate: u32) -> Result<u32, &'static str> {
    if gates.pass(gate).await == 99 { Err("gate 99") } else { Ok(gate) }
}

workflow! {
    workflow Seen(number: u32) -> String with gates: Gates {
        stage first: u32 = gates.pass(1);
        stage second: u32 = gates.pass(first + 1);
        stage beside: u32 = gates.pass(3);
        #[when(*number > 5)]
        stage maybe: Option<u32> = gates.pass(4);
        stage taken: u32 = if *number > 5 {
            stage large: u32 = gates.pass(5);
            large
        } else {
            stage small: u32 = gates.pass(6);
            small
        };
        stage text: String = format!("{second} {beside} {maybe:?} {taken}");
        text
    }
}

#[tokio::test]
async fn statuses_and_outputs() {
    let gates = Gates::default();
    let handle = Seen::new(gates.clone()).start(1);
    assert_eq!(handle.state().first.status(), StageStatus::Waiting);
    settle().await;
    let state = handle.state();
    assert_eq!((state.first.status(), state.first.get().as_deref()), (StageStatus::Running, None));
    assert_eq!(state.second.status(), StageStatus::Waiting);
    assert_eq!(state.beside.status(), StageStatus::Running);
    assert_eq!((state.maybe.status(), state.maybe.get().as_deref()), (StageStatus::Skipped, Some(&None)));
    assert_eq!((state.taken.status(), state.small.status(), state.large.status()), {
        (StageStatus::Running, StageStatus::Running, StageStatus::Waiting)
    });
    gates.open(1);
    settle().await;
    assert_eq!((state.first.status(), state.first.get().as_deref()), (StageStatus::Completed, Some(&1)));
    assert_eq!(state.second.status(), StageStatus::Running);
    assert!(!handle.is_finished());
    for gate in [2, 3, 6] {
        gates.open(gate);
    }
    settle().await;
    assert!(handle.is_finished());
    assert_eq!(state.small.status(), StageStatus::Completed);
    assert_eq!(state.taken.get().as_deref(), Some(&6));
    // The value was moved to the tail.
    assert_eq!((state.text.status(), state.text.get().as_deref()), (StageStatus::Completed, None));
    assert_eq!(format!("{:?}", state.text), "Completed");
    assert_eq!(handle.await.unwrap(), "2 3 None 6");
}

workflow! {
    workflow Fails(gate: u32) -> u32 with gates: Gates {
        stage fine: u32 = gates.pass(1);
        stage waits: u32 = gates.pass(2);
        stage fails: u32 = checked(gates, *gate);
        stage outer: u32 = { stage inner: u32 = checked(gates, *gate + 1); inner };
        stage after: u32 = fine + waits + fails + outer;
        *after
    }
}

#[tokio::test]
async fn failed_and_cancelled() {
    let gates = Gates::default();
    let mut handle = Fails::new(gates.clone()).start(99);
    gates.open(1);
    settle().await;
    gates.open(99);
    (&mut handle).await.unwrap_err();
    let state = handle.state();
    assert_eq!(state.fine.get().as_deref(), Some(&1));
    assert_eq!(state.waits.status(), StageStatus::Cancelled);
    assert_eq!(state.fails.status(), StageStatus::Failed);
    assert_eq!((state.outer.status(), state.inner.status()), (StageStatus::Cancelled, StageStatus::Cancelled));
    assert_eq!(state.after.status(), StageStatus::Waiting);

    let mut handle = Fails::new(gates.clone()).start(98);
    (&mut handle).await.unwrap_err();
    let state = handle.state();
    assert_eq!((state.outer.status(), state.inner.status()), (StageStatus::Failed, StageStatus::Failed));
    assert_eq!(state.fails.status(), StageStatus::Cancelled);
}

workflow! {
    workflow Rounds(until: u32) -> u32 with gates: Gates {
        #[max(9)]
        stage looped: u32 = loop round: u32 = 0 {
            stage next: u32 = gates.pass(round + 1);
            stage later: u32 = gates.pass(100 + *next);
            if *later >= 100 + *until { break *next } else { continue next }
        };
        looped
    }
}

#[tokio::test]
async fn the_current_round() {
    let gates = Gates::default();
    let handle = Rounds::new(gates.clone()).start(3);
    let state = handle.state();
    assert_eq!(state.looped.round(), 0);
    settle().await;
    for round in 1..=3 {
        assert_eq!((state.looped.round(), state.looped.status()), (round, StageStatus::Running));
        assert_eq!((state.next.status(), state.next.get().as_deref()), (StageStatus::Running, None));
        gates.open(round);
        settle().await;
        assert_eq!((state.next.get().as_deref(), state.later.status()), (Some(&round), StageStatus::Running));
        gates.open(100 + round);
        settle().await;
    }
    assert_eq!(handle.await.unwrap(), 3);
}

workflow! {
    workflow Items(items: Vec<u32>) -> Vec<Vec<u32>> with gates: Gates {
        #[concurrency(2)]
        stage all: Vec<Vec<u32>> = for item in items {
            stage entered: u32 = gates.pass(*item);
            stage inner: Vec<u32> = for other in 0..*entered {
                stage deep: u32 = gates.pass(100 * entered + *other);
                deep
            };
            inner
        };
        all
    }
}

#[tokio::test]
async fn items_and_items_of_items() {
    let gates = Gates::default();
    let handle = Items::new(gates.clone()).start(vec![1, 2, 3]);
    let state = handle.state();
    assert!(state.entered.is_empty());
    settle().await;
    // Only as many as run at once.
    assert_eq!((state.entered.len(), state.deep.len()), (2, 0));
    gates.open(2);
    settle().await;
    assert_eq!(state.entered.get(1).unwrap().get().as_deref(), Some(&2));
    assert_eq!(state.entered.get(0).unwrap().status(), StageStatus::Running);
    let second = state.deep.get(1).unwrap();
    assert_eq!((second.len(), second.get(1).unwrap().status()), (2, StageStatus::Running));
    assert!(state.deep.get(0).is_some_and(|first| first.is_empty()));
    for gate in [200, 201] {
        gates.open(gate);
    }
    settle().await;
    assert_eq!(second.get(0).unwrap().status(), StageStatus::Completed);
    // The end of the second item made room for the third.
    assert_eq!(state.entered.len(), 3);
    assert!(state.entered.get(3).is_none());
    for gate in [1, 3, 100, 300, 301, 302] {
        gates.open(gate);
    }
    settle().await;
    let statuses: Vec<StageStatus> = state.entered.to_vec().iter().map(workflow_runtime::StageState::status).collect();
    assert_eq!(statuses, [StageStatus::Completed; 3]);
    assert_eq!(handle.await.unwrap(), [vec![100], vec![200, 201], vec![300, 301, 302]]);
}

workflow! {
    workflow Lends(number: u32) -> String with gates: Gates {
        stage lent: String = number.to_string();
        stage gate: u32 = gates.pass(1);
        #[after(gate)]
        stage _end = ();
        lent
    }
    workflow LendsInside(number: u32) -> usize with gates: Gates {
        stage taken: String = {
            stage inside: String = number.to_string();
            stage gate: u32 = gates.pass(1);
            #[after(gate)]
            stage _end = ();
            inside
        };
        taken.len()
    }
}

async fn lent<W: workflow_runtime::Workflow>(
    gates: &Gates,
    handle: &Handle<W>,
    get: impl Fn(&Handle<W>) -> Option<OutputRef<String>>,
) {
    settle().await;
    let loan = get(handle).expect("it has been made");
    let second = loan.clone();
    assert_eq!((&**loan, &**second), ("7", "7"));
    gates.open(1);
    settle().await;
    assert!(!handle.is_finished(), "the value is lent");
    assert!(get(handle).is_none(), "and lent to nobody else");
    drop(loan);
    settle().await;
    assert!(!handle.is_finished(), "twice");
    // From another thread: that, too, wakes the run.
    std::thread::spawn(move || drop(second)).join().unwrap();
    settle().await;
    assert!(handle.is_finished());
}

#[tokio::test]
async fn a_loan_delays_the_hand_over_until_it_is_dropped() {
    let gates = Gates::default();
    let handle = Lends::new(gates.clone()).start(7);
    lent(&gates, &handle, |handle| handle.state().lent.get()).await;
    assert_eq!(handle.await.unwrap(), "7");

    let gates = Gates::default();
    let handle = LendsInside::new(gates.clone()).start(7);
    lent(&gates, &handle, |handle| handle.state().inside.get()).await;
    assert_eq!(handle.await.unwrap(), 1);
}

#[tokio::test]
async fn a_loan_outlives_its_run() {
    let gates = Gates::default();
    let handle = Seen::new(gates.clone()).start(1);
    for gate in [1, 2, 3, 6] {
        gates.open(gate);
    }
    settle().await;
    let loan = handle.state().second.get().unwrap();
    handle.await.unwrap();
    assert_eq!(*loan, 2);
}

workflow! {
    workflow Plain(number: u32) -> u32 with gate: std::sync::Mutex<std::sync::mpsc::Receiver<u32>> {
        stage computed: u32 = gate.lock().unwrap().recv();
        #[lazy]
        stage unasked: u32 = *computed;
        #[lazy]
        stage asked: u32 = *computed;
        stage asks: u32 = if *number > 9 { *unasked } else { *asked };
        asks
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_plain_function_is_seen_while_it_computes() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut handle = Plain::new(Mutex::new(receiver)).start(1);
    // On this test's own thread; the run keeps its worker busy.
    while handle.state().computed.status() == StageStatus::Waiting {
        std::thread::yield_now();
    }
    assert_eq!(handle.state().computed.status(), StageStatus::Running);
    sender.send(4).unwrap();
    assert_eq!((&mut handle).await.unwrap(), 4);
    assert_eq!(handle.state().asked.status(), StageStatus::Completed);
}

#[tokio::test]
async fn a_lazy_stage_that_nothing_asked_for_was_skipped() {
    let (sender, receiver) = std::sync::mpsc::channel();
    sender.send(4).unwrap();
    let mut handle = Plain::new(Mutex::new(receiver)).start(1);
    (&mut handle).await.unwrap();
    assert_eq!(handle.state().unasked.status(), StageStatus::Skipped);
}

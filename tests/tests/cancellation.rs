//! Cancelled work is dropped at once: losers, siblings of a failed stage, runs whose caller has gone.
#![deny(warnings)]
use std::{
    future::{Future, pending},
    pin::Pin,
    task::{Context, Poll, Waker},
};
use tokio::task::yield_now;
use workflow_runtime::{FailureKind, StageStatus, workflow};
use workflow_tests::guards::{Guard, Live, hold};

async fn hold_then_fail(live: &Live, polls: u32) -> Result<u32, &'static str> {
    hold(live, polls, 0).await;
    Err("as told")
}
async fn hold_then_panic(live: &Live, number: u32) -> u32 {
    hold(live, 3, number).await;
    panic!("as told")
}
async fn make(live: &Live, polls: u32, number: u32) -> Guard {
    let guard = live.guard(number);
    for _ in 0..polls {
        yield_now().await;
    }
    guard
}
async fn forever(live: &Live) -> u32 {
    let _guard = live.guard(0);
    pending().await
}

workflow! {
    workflow Racing(inputs: Vec<u32>) -> (usize, usize, usize, usize, usize) with live: Live {
        stage listed: u32 = race { forever(live), hold(live, 3, 7), forever(live), async { forever(live).await } };
        stage after_listed: usize = (listed, live.now()).1;
        #[after(after_listed)]
        stage nested: u32 = race {
            { stage n1: u32 = forever(live); stage n2: u32 = forever(live); stage n3: u32 = hold(live, 1, *n1); n2 + n3 },
            { stage all: Vec<u32> = for inner in inputs { hold(live, *inner + 100, 1) }; all.len() as u32 },
            match *listed { 7 => hold(live, 2, 7), _ => 0 },
        };
        stage after_nested: usize = (nested, live.now()).1;
        #[after(after_nested)]
        stage each: u32 = race for number in inputs { hold(live, *number, *number) };
        stage after_each: usize = (each, live.now()).1;
        #[after(after_each)]
        stage some: Vec<u32> = quorum(2) { forever(live), hold(live, 3, 1), forever(live), hold(live, 1, 2), forever(live) };
        stage after_some: usize = (some, live.now()).1;
        #[after(after_some)]
        stage many: Vec<u32> = quorum(3) for item in inputs { hold(live, *item, *item) };
        stage after_many: usize = (many, live.now()).1;
        (*after_listed, *after_nested, *after_each, *after_some, *after_many)
    }
}

#[tokio::test]
async fn losers_are_dropped_before_the_winner_s_value_goes_on() {
    let live = Live::default();
    let racing = Racing::new(live.clone());
    assert_eq!(racing.run(vec![9, 5, 2, 6, 7]).await.unwrap(), (0, 0, 0, 0, 0));
    assert!(live.ever() > 20);
    let mut handle = racing.start(vec![9, 5, 2, 6, 7]);
    assert_eq!((&mut handle).await.unwrap(), (0, 0, 0, 0, 0));
    assert_eq!(handle.state().n1.status(), StageStatus::Cancelled);
    assert_eq!(handle.state().n3.status(), StageStatus::Waiting);
}

workflow! {
    workflow SpawnedRacers(number: u32) -> u32 with live: Live {
        stage winner: u32 = race {
            { #[spawn] stage slow: u32 = forever(live); slow },
            { #[spawn] stage quick: u32 = hold(live, 3, *number); quick },
            { #[spawn] stage block: u32 = { stage inner: u32 = forever(live); inner }; block },
        };
        winner
    }
}

#[tokio::test]
async fn losing_tasks_are_aborted() {
    let live = Live::default();
    assert_eq!(SpawnedRacers::new(live.clone()).run(4).await.unwrap(), 4);
    live.gone().await;
}

workflow! {
    workflow FailingJoin(number: u32) -> u32 with live: Live {
        stage a: u32 = forever(live);
        stage b: u32 = hold_then_fail(live, 3);
        stage c: u32 = hold(live, 99, *number);
        stage d: u32 = { stage inner: u32 = forever(live); inner };
        a + b + c + d
    }
    workflow FailingGraph(number: u32) -> u32 with live: Live {
        stage a: u32 = hold(live, 2, *number);
        stage b: u32 = hold(live, 9, *number);
        stage c: u32 = hold_then_fail(live, *a);
        stage d: u32 = hold(live, *a + *b, 1);
        stage e: u32 = forever(live);
        c + d + e
    }
    workflow FailingItems(number: u32) -> usize with live: Live {
        stage items: Vec<u32> = for item in 0..*number + 4 {
            stage held: u32 = hold(live, 50 - *item, *item);
            stage failing: u32 = async { if *item == 3 { hold_then_fail(live, 1).await } else { forever(live).await; Ok(0) } };
            held + failing
        };
        items.len()
    }
    workflow FailingDeep(number: u32) -> u32 with live: Live {
        stage outer: u32 = forever(live);
        stage block: u32 = {
            stage waits: u32 = forever(live);
            stage looped: u32 = loop round: u32 = 0 {
                stage next: u32 = hold(live, 2, *round);
                #[when(*next == 3)]
                stage dead: Option<u32> = hold_then_fail(live, 2);
                stage meanwhile: u32 = hold(live, 3, *number);
                if dead.is_some() { break *meanwhile } else { continue *next + 1 }
            };
            waits + looped
        };
        outer + block
    }
    workflow FailingPanic(number: u32) -> u32 with live: Live {
        stage a: u32 = forever(live);
        stage b: u32 = hold_then_panic(live, *number);
        stage c: u32 = { stage inner: u32 = forever(live); inner };
        a + b + c
    }
}

#[tokio::test]
async fn the_first_failure_drops_its_siblings() {
    let live = Live::default();
    let failures = [
        FailingJoin::new(live.clone()).run(1).await.unwrap_err(),
        FailingGraph::new(live.clone()).run(1).await.unwrap_err(),
        FailingDeep::new(live.clone()).run(1).await.unwrap_err(),
    ];
    assert_eq!(live.now(), 0);
    assert!(failures.iter().all(|failure| failure.kind() == FailureKind::Error));
    assert_eq!(failures.map(|failure| failure.stage().unwrap()), ["b", "c", "dead"]);

    let failure = FailingItems::new(live.clone()).run(10).await.unwrap_err();
    assert_eq!((failure.stage(), live.now()), (Some("failing"), 0));
    let failure = FailingPanic::new(live.clone()).run(10).await.unwrap_err();
    assert_eq!((failure.stage(), live.now()), (Some("b"), 0));

    let mut handle = FailingItems::new(live.clone()).start(10);
    (&mut handle).await.unwrap_err();
    assert_eq!(live.now(), 0);
    let state = handle.state();
    assert_eq!(state.items.status(), StageStatus::Failed);
    assert_eq!(state.failing.get(3).unwrap().status(), StageStatus::Failed);
    assert_eq!(state.held.get(0).unwrap().status(), StageStatus::Cancelled);
}

workflow! {
    workflow Returning(number: u32) -> u32 with live: Live {
        stage a: u32 = forever(live);
        stage b: u32 = for_ever(live, a);
        stage c: u32 = { stage c1: u32 = forever(live); stage c2: u32 = hold(live, 2, 1); c1 + c2 };
        stage short: u32 = match *number {
            0 => { stage held: u32 = hold(live, 3, 5); return *held + 1 },
            other => hold(live, 3, *other),
        };
        #[spawn]
        stage elsewhere: u32 = { stage there: u32 = hold(live, 3, 1); if *number == 1 { return *there } else { there } };
        stage raced: u32 = race { forever(live), if *short == 2 { return 22 } else { hold(live, 2, 1) } };
        stage items: Vec<u32> = for item in 0..40u32 {
            if *item == 35 && *raced == 1 { return hold(live, 1, 35) } else { hold(live, 100, *item) }
        };
        a + b + c + elsewhere + items.len() as u32
    }
}
async fn for_ever(live: &Live, _: &u32) -> u32 {
    forever(live).await
}

#[tokio::test]
async fn a_return_cancels_what_still_runs() {
    let live = Live::default();
    let returning = Returning::new(live.clone());
    for (number, output) in [(0, 6), (1, 1), (2, 22), (3, 35)] {
        assert_eq!(returning.run(number).await.unwrap(), output);
        live.gone().await;
        assert_eq!(returning.start(number).await.unwrap(), output);
        live.gone().await;
    }
}

workflow! {
    /// Values that live only where they are needed.
    workflow Lifetimes(number: u32) -> Vec<usize> with live: Live {
        stage chosen: u32 = if *number > 0 {
            stage only_here: Guard = make(live, 1, 1);
            stage and_here: Guard = make(live, 1, only_here.1 + 1);
            and_here.1
        } else {
            0
        };
        stage after_chosen: usize = (chosen, live.now()).1;
        #[after(after_chosen)]
        stage looped: u32 = loop state: Guard = make(live, 1, 0) {
            stage extra: Guard = make(live, 1, state.1 + 1);
            #[after(extra)]
            stage alive: usize = live.now();
            // This round's two, and none of the rounds before.
            if *alive != 2 { fail "a round before leaked" } else if extra.1 > 4 { break extra.1 } else { continue extra }
        };
        stage after_looped: usize = (looped, live.now()).1;
        #[after(after_looped)]
        #[concurrency(2)]
        stage items: Vec<Guard> = for item in 0..5u32 {
            stage used: Guard = make(live, 1, *item);
            stage result: Guard = make(live, 1, used.1);
            result
        };
        stage after_items: usize = (items, live.now()).1;
        (after_chosen, after_looped, after_items, items.len()).listed()
    }
}
trait Listed {
    fn listed(self) -> Vec<usize>;
}
impl Listed for (&usize, &usize, &usize, usize) {
    fn listed(self) -> Vec<usize> {
        vec![*self.0, *self.1, *self.2, self.3]
    }
}

#[tokio::test]
async fn a_value_lives_as_long_as_its_scope() {
    let live = Live::default();
    for number in [0, 1] {
        assert_eq!(Lifetimes::new(live.clone()).run(number).await.unwrap(), [0, 0, 5, 5]);
        assert_eq!(live.now(), 0);
    }
}

/// Gives no second of itself.
#[derive(Debug, PartialEq)]
struct Unique(String);
fn unique(text: &str) -> Unique {
    Unique(text.to_owned())
}
async fn joined(first: &Unique, second: &Unique) -> Unique {
    yield_now().await;
    Unique(format!("{}{}", first.0, second.0))
}

workflow! {
    /// Every way in which a value moves on; none of the types is `Clone`.
    workflow Moves(input: Unique, other: Unique, which: u32) -> (Unique, Vec<Unique>, Option<Unique>) {
        stage block: Unique = { stage b1: Unique = unique("b"); b1 };
        stage two: Unique = { stage b2: Unique = joined(block, input); stage b3: Unique = joined(b2, b2); b3 };
        stage from_let: Unique = { let bound: Unique = unique("l"); stage seen: usize = bound.0.len(); #[after(seen)] stage _s = (); bound };
        stage graph: Unique = {
            stage g1: Unique = unique("1");
            stage g2: Unique = joined(g1, input);
            stage g3: Unique = joined(other, input);
            stage g4: Unique = joined(g2, g3);
            stage g5: Unique = joined(g3, g4);
            stage _g6: Unique = joined(g2, g5);
            g5
        };
        stage choice: Unique = match *which {
            0 => { stage c1: Unique = unique("zero"); c1 },
            1 => if *which == 1 { stage c2: Unique = unique("one"); c2 } else { unique("never") },
            2 => { stage c3: Unique = joined(block, two); return (unique("short"), Vec::new(), Some(unique(&c3.0))) },
            _ => race { { stage c4: Unique = unique("raced"); c4 }, { stage c5: Unique = pending::<Unique>(); c5 } },
        };
        #[max(4)]
        stage looped: Unique = loop state: Unique = joined(block, block) {
            stage next: Unique = joined(state, block);
            match next.0.len() {
                3 => continue next,
                4 => continue joined(next, block),
                6 => break state,
                _ => break next,
            }
        };
        stage spent: Unique = {
            #[max(2, else = last)]
            stage rounds: Unique = loop last: Unique = unique("s") {
                stage more: Unique = joined(last, last);
                if more.0.len() > 99 { break more } else { continue more }
            };
            rounds
        };
        stage list: Vec<Unique> = for number in 0..3u32 { stage made: Unique = unique(&number.to_string()); made };
        stage quorate: Vec<Unique> = quorum(1) for number_again in 0..3u32 { stage made_again: Unique = unique(&number_again.to_string()); made_again };
        #[when(*which == 0)]
        stage optional: Option<Unique> = { stage o1: Unique = unique("o"); o1 };
        #[spawn]
        stage spawned: Unique = { stage s1: Unique = joined(looped, spent); s1 };
        stage texts: String = [block, two, from_let, graph, choice, looped, spent, spawned].map(|one| one.0.as_str()).join(" ");
        stage all: (Unique, Vec<Unique>, Option<Unique>) = {
            stage output: (Unique, Vec<Unique>, Option<Unique>) =
                (unique(texts), list.iter().chain(quorate).map(|one| unique(&one.0)).collect::<Vec<_>>(), optional.as_ref().map(|one| unique(&one.0)));
            output
        };
        all
    }
    workflow Through(input: Unique) -> Unique { input }
    workflow Lent(input: Unique) -> Unique {
        #[spawn]
        stage length: usize = input.0.len();
        #[after(length)]
        stage _done = ();
        input
    }
}

#[tokio::test]
async fn values_move_on_without_a_clone() {
    for which in [0, 1, 2, 3] {
        let output = Moves::new().run(unique("i"), unique("o"), which).await.unwrap();
        assert_eq!(Moves::new().start(unique("i"), unique("o"), which).await.unwrap(), output);
        if which == 2 {
            assert_eq!(output, (unique("short"), vec![], Some(unique("bbibi"))));
            continue;
        }
        let choice = ["zero", "one", "", "raced"][which as usize];
        assert_eq!(output.0.0, format!("b bibi l oi1ioi {choice} bbbbb ssss bbbbbssss"));
        assert_eq!(output.1, ["0", "1", "2", "0"].map(unique));
        assert_eq!(output.2, (which == 0).then(|| unique("o")));
    }
    assert_eq!(Through::new().run(unique("t")).await.unwrap(), unique("t"));
    assert_eq!(Through::new().start(unique("t")).await.unwrap(), unique("t"));
    assert_eq!(Lent::new().run(unique("t")).await.unwrap(), unique("t"));
    assert_eq!(Lent::new().start(unique("t")).await.unwrap(), unique("t"));
}

workflow! {
    workflow Untouched(number: u32) -> u32 with live: Live { stage made: u32 = hold(live, 0, *number); made }
}

#[tokio::test]
async fn a_run_costs_nothing_until_polled() {
    let live = Live::default();
    drop(Untouched::new(live.clone()).run(1));
    assert_eq!(live.ever(), 0);
}

workflow! {
    workflow Graph(number: u32) -> u32 with live: Live {
        stage n1: Guard = make(live, 1, *number);
        stage n2: Guard = make(live, 2, n1.1);
        stage n3: Guard = make(live, 1, n1.1);
        stage n4: Guard = make(live, 3, 4);
        stage n5: Guard = make(live, 1, n3.1 + n4.1);
        stage n6: Guard = make(live, 1, n2.1 + n3.1);
        #[lazy]
        stage asked: Guard = make(live, 2, n5.1);
        #[lazy]
        stage _unasked: Guard = make(live, 2, n5.1);
        stage asking: u32 = asked.1;
        n5.1 + n6.1 + asking
    }
    workflow Chain(number: u32) -> Guard with live: Live {
        stage c1: Guard = make(live, 1, *number);
        stage c2: Guard = make(live, 1, c1.1);
        stage c3: Guard = make(live, 2, c2.1);
        c3
    }
    workflow Fork(number: u32) -> u32 with live: Live {
        stage f0: Guard = make(live, 1, *number);
        stage f1: Guard = make(live, 1, f0.1);
        stage f2: Guard = make(live, 3, f0.1);
        stage f3: Guard = make(live, 2, f0.1);
        stage f4: Guard = make(live, 1, f1.1 + f2.1 + f3.1);
        f4.1
    }
    workflow Rounds(number: u32) -> Guard with live: Live {
        loop state: Guard = make(live, 1, *number) {
            stage next: Guard = make(live, 2, state.1 + 1);
            stage beside: Guard = make(live, 1, state.1);
            if next.1 > beside.1 + *number { break next } else if next.1 > 4 { break state } else { continue next }
        }
    }
    workflow Items(number: u32) -> Vec<Vec<Guard>> with live: Live {
        #[concurrency(3)]
        for item in 0..*number + 4 {
            stage inner: Guard = make(live, *item, *item);
            stage nested: Vec<Guard> = for other in 0..*item { make(live, *other, inner.1) };
            nested
        }
    }
    workflow Races(number: u32) -> Vec<Guard> with live: Live {
        stage winner: Guard = race { make(live, 4, 1), make(live, 2, 2), { stage r: Guard = make(live, 3, *number); r } };
        stage members: Vec<Guard> = quorum(2) for member in 0..6u32 { stage m: Guard = make(live, *member, winner.1); m };
        members
    }
    workflow Arms(number: u32) -> Guard with live: Live {
        stage arm: Guard = match make_now(live, *number) {
            Guard(_, 0) => make(live, 1, 0),
            Guard(_, large) if *large > 3 => { stage deep: Guard = make(live, 2, *large); deep },
            Guard(_, small) => if *small == 1 { make(live, 1, 1) } else { return make(live, 3, 2) },
        };
        let made: Guard = make_now(live, arm.1);
        stage seen: u32 = made.1;
        #[when(*seen > 0)]
        stage maybe: Option<Guard> = make(live, 2, *seen);
        stage _end = async { hold(live, 1, maybe.as_ref().map_or(0, |guard| guard.1)).await; };
        arm
    }
    workflow Ordered(number: u32) -> Guard with live: Live {
        stage all: Guard = seq {
            stage s1: Guard = make(live, 1, *number);
            stage s2: Guard = make(live, 1, 2);
            stage _s3: Guard = make(live, 1, s1.1 + s2.1);
            s2
        };
        all
    }
    workflow Spawned(number: u32) -> u32 with live: Live {
        stage before: Guard = make(live, 1, *number);
        #[spawn]
        stage task: Guard = make(live, 2, before.1);
        #[spawn]
        stage block: Guard = { stage inside: Guard = make(live, 1, before.1); inside };
        task.1 + block.1
    }
    workflow Fails(number: u32) -> u32 with live: Live {
        stage one: Guard = make(live, 3, *number);
        stage raced: u32 = race { hold_then_fail(live, 1), hold_then_fail(live, 3) };
        stage two: u32 = hold_then_fail(live, one.1 + *raced);
        two
    }
}

fn make_now(live: &Live, number: u32) -> Guard {
    live.guard(number)
}

/// Polls `run` at most `polls` times.
async fn polled<T>(run: &mut Pin<Box<impl Future<Output = T>>>, polls: usize) -> Option<T> {
    for _ in 0..polls {
        // Each poll as the runtime would have it, with whatever woke it.
        let once = std::future::poll_fn(|context| match run.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => Poll::Ready(None),
        });
        if let Some(output) = once.await {
            return Some(output);
        }
        // Lets the tasks that it has spawned go on.
        yield_now().await;
    }
    None
}

async fn dropped_after_each_poll<T, F: Future<Output = T>>(live: &Live, run: impl Fn() -> F) -> usize {
    for polls in 0.. {
        let mut future = Box::pin(run());
        let ended = polled(&mut future, polls).await.is_some();
        drop(future);
        live.gone().await;
        if ended {
            return polls;
        }
        assert!(polls < 1_000, "it never ends");
    }
    unreachable!()
}

#[tokio::test]
async fn dropped_after_any_poll_nothing_is_left() {
    let live = Live::default();
    for number in [1, 2, 4] {
        let mut polls = Vec::new();
        macro_rules! each {
            ($($Workflow:ident)*) => { $({
                let workflow = $Workflow::new(live.clone());
                polls.push(dropped_after_each_poll(&live, || workflow.run(number)).await);
            })* };
        }
        each!(Graph Chain Fork Rounds Items Races Arms Ordered Spawned Fails Lifetimes FailingGraph FailingItems FailingDeep FailingPanic);
        assert!(polls.iter().all(|&polls| polls > 1), "{polls:?}");
    }
    assert!(live.ever() > 1_000);
}

#[tokio::test]
async fn polled_by_a_waker_that_does_nothing_it_still_only_waits() {
    // A run that is polled without having been woken does not go wrong.
    let live = Live::default();
    let mut run = Box::pin(Graph::new(live.clone()).run(1));
    let mut context = Context::from_waker(Waker::noop());
    let mut polls = 0;
    while run.as_mut().poll(&mut context).is_pending() {
        polls += 1;
        assert!(polls < 1_000);
        yield_now().await;
    }
    drop(run);
    assert_eq!(live.now(), 0);
}

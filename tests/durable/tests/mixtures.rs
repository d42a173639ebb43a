//! Mixtures of constructs on a store whose commits take time.

use std::time::Duration;
use workflow_durable_tests::{SlowStore, World};
use workflow_runtime::{
    engine::{Engine, InstanceHandle},
    store::MemoryStore,
    workflow,
};

type Error = Box<dyn std::error::Error>;

async fn book(world: &World, what: &str, millis: u64) -> u32 {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    world.happen(format!("book {what}"));
    1
}

fn release(world: &World, what: &str) {
    world.happen(format!("release {what}"));
}

/// An engine on a store whose commits take ten milliseconds; an instance that waits leaves memory at once.
macro_rules! engine {
    ($workflow:expr) => {{
        let store = SlowStore::new(MemoryStore::new(), Duration::from_millis(10));
        Engine::builder().store(store).workflow($workflow).idle_timeout(Duration::ZERO).start().await?
    }};
}

/// Gives what has happened once an instance has waited, was loaded again and has failed; what goes on was not undone
/// before.
macro_rules! effects_after_a_wait {
    ($workflow:ident) => {{
        let world = World::default();
        let engine = engine!($workflow::new(world.clone()));
        let run = engine.start::<$workflow>("one", ()).await?;
        tokio::time::sleep(Duration::from_mins(90)).await;
        let before = world.effects();
        assert!(before.iter().filter(|effect| effect.starts_with("release")).count() <= 1, "{before:?}");
        let _ = run.result().await;
        world.effects()
    }};
}

workflow! {
    #[durable]
    workflow Rooms(later: u64) -> u32
    with world: World
    {
        stage room: u32 = race {
            { #[undo(release(world, "a"))] stage a: u32 = book(world, "a", 5); *a },
            { #[undo(release(world, "b"))] stage b: u32 = book(world, "b", *later); *b },
        };
        #[after(room)]
        stage rest = sleep(1h);
        // Loaded once more before it fails.
        #[after(rest)]
        stage again = sleep(1h);
        #[after(again)]
        stage bad: u32 = if *room == 1 { fail "planned" } else { 0 };
        *bad
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_loser_did_is_undone() -> Result<(), Error> {
    for later in 0..40 {
        let world = World::default();
        let engine = engine!(Rooms::new(world.clone()));
        let run = engine.start::<Rooms>("one", 5 + later).await?;
        tokio::time::sleep(Duration::from_mins(90)).await;
        let effects = world.effects();
        assert!(effects == ["book a"] || effects == ["book a", "book b", "release b"], "{later} ms later: {effects:?}");
        let _ = run.result().await;
        assert_eq!(world.effects()[effects.len()..], ["release a"], "{later} ms later");
    }
    Ok(())
}

workflow! {
    #[durable]
    workflow Most() -> u32
    with world: World
    {
        stage most: Vec<u32> = quorum(2) {
            { #[undo(release(world, "a"))] stage a: u32 = book(world, "a", 5); *a },
            { #[undo(release(world, "b"))] stage b: u32 = book(world, "b", 5); *b },
            { #[undo(release(world, "c"))] stage c: u32 = book(world, "c", 5); *c },
        };
        #[after(most)]
        stage rest = sleep(1h);
        // Loaded once more before it fails.
        #[after(rest)]
        stage again = sleep(1h);
        #[after(again)]
        stage bad: u32 = if most.len() == 2 { fail "planned" } else { 0 };
        *bad
    }
}

#[tokio::test(start_paused = true)]
async fn what_members_did_is_undone_after_a_wait() -> Result<(), Error> {
    assert_eq!(effects_after_a_wait!(Most), ["book a", "book b", "book c", "release c", "release b", "release a"]);
    Ok(())
}

workflow! {
    #[durable]
    workflow MostOf() -> u32
    with world: World
    {
        stage most: Vec<u32> = quorum(2) for name in ["a".to_owned(), "b".to_owned(), "c".to_owned()] {
            #[undo(release(world, name))] stage a: u32 = book(world, name, 5);
            *a
        };
        #[after(most)]
        stage rest = sleep(1h);
        // Loaded once more before it fails.
        #[after(rest)]
        stage again = sleep(1h);
        #[after(again)]
        stage bad: u32 = if most.len() == 2 { fail "planned" } else { 0 };
        *bad
    }
}

#[tokio::test(start_paused = true)]
async fn what_members_for_items_did_is_undone_after_a_wait() -> Result<(), Error> {
    assert_eq!(effects_after_a_wait!(MostOf), ["book a", "book b", "book c", "release c", "release b", "release a"]);
    Ok(())
}

workflow! {
    #[durable]
    workflow Head() -> u32
    with world: World
    {
        stage got: u32 = select {
            x: u32 = { #[undo(release(world, "x"))] stage a: u32 = book(world, "x", 5); *a } => *x,
            y: u32 = { #[undo(release(world, "y"))] stage b: u32 = book(world, "y", 5); *b } => *y,
        };
        #[after(got)]
        stage rest = sleep(1h);
        // Loaded once more before it fails.
        #[after(rest)]
        stage again = sleep(1h);
        #[after(again)]
        stage bad: u32 = if *got == 1 { fail "planned" } else { 0 };
        *bad
    }
}

#[tokio::test(start_paused = true)]
async fn what_heads_did_is_undone_after_a_wait() -> Result<(), Error> {
    assert_eq!(effects_after_a_wait!(Head), ["book x", "book y", "release y", "release x"]);
    Ok(())
}

workflow! {
    #[durable]
    workflow Cut() -> u32
    with world: World
    {
        stage room: Option<u32> = select {
            x: u32 = { #[undo(release(world, "x"))] stage a: u32 = book(world, "x", 5); *a } => Some(*x),
            sleep(7ms) => None,
        };
        #[undo(release(world, "late"))] stage late: u32 = book(world, "late", 5);
        #[until(late)]
        stage inner: Option<u32> = { #[undo(release(world, "i"))] stage i: u32 = book(world, "i", 8); *i };
        room.unwrap_or(0) + *late + inner.unwrap_or(0)
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_withdrawn_is_undone() -> Result<(), Error> {
    let world = World::default();
    let engine = engine!(Cut::new(world.clone()));
    let run = engine.start::<Cut>("one", ()).await?;
    let result = run.result().await?;
    let effects = world.effects();
    for (what, counted) in
        [("x", effects.contains(&"release x".to_owned())), ("i", effects.contains(&"release i".to_owned()))]
    {
        println!("{what} {counted}");
    }
    // Whatever was decided, the value and the effects tell the same.
    let expected = 3 - effects.iter().filter(|effect| effect.starts_with("release")).count();
    assert_eq!(result as usize, expected, "{effects:?}");
    Ok(())
}

workflow! {
    #[durable]
    workflow Cancelled() -> u32
    with world: World
    {
        #[undo(release(world, "first"))] stage first: u32 = book(world, "first", 0);
        #[undo(release(world, "a"))] stage a: u32 = book(world, "a", *first as u64 * 5);
        #[after(a)] stage rest = sleep(1h);
        #[after(rest)] stage end: u32 = *a;
        *end
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_done_is_undone_whenever_it_is_cancelled() -> Result<(), Error> {
    for millis in 0..60 {
        let world = World::default();
        let engine = engine!(Cancelled::new(world.clone()));
        let run = engine.start::<Cancelled>("one", ()).await?;
        tokio::time::sleep(Duration::from_millis(millis)).await;
        run.cancel().await?;
        let _ = run.result().await;
        let mut effects = world.effects();
        let undone: Vec<String> = effects.extract_if(.., |effect| effect.starts_with("release")).collect();
        let mut expected: Vec<String> = effects.iter().map(|effect| effect.replace("book", "release")).collect();
        expected.reverse();
        assert_eq!(undone, expected, "cancelled after {millis} ms");
    }
    Ok(())
}

workflow! {
    #[durable]
    workflow Batch() -> Vec<u64> {
        loop so_far: Vec<u64> = vec![] {
            signal item: u64;
            stage step: Option<u64> = select {
                signal item => Some(*item),
                sleep(5ms) => None,
            };
            match step {
                Some(one) => if so_far.len() == 19 { break pushed(so_far, *one) } else { continue pushed(so_far, *one) },
                None => continue so_far.clone(),
            }
        }
    }
}

fn pushed(before: &[u64], item: u64) -> Vec<u64> {
    before.iter().copied().chain([item]).collect()
}

#[tokio::test(start_paused = true)]
async fn each_signal_arrives_beside_a_short_timer() -> Result<(), Error> {
    for takes in [1, 3, 4, 5, 6, 10] {
        let store = SlowStore::new(MemoryStore::new(), Duration::from_millis(takes));
        let engine = Engine::builder().store(store).workflow(Batch::new()).idle_timeout(Duration::ZERO).start().await?;
        let run: InstanceHandle<Batch> = engine.start("one", ()).await?;
        for item in 0..20 {
            tokio::time::sleep(Duration::from_millis(item % 7)).await;
            run.signal(BatchSignal::Item(item)).await?;
        }
        let got = tokio::time::timeout(Duration::from_hours(1), run.result()).await??;
        assert_eq!(got, (0..20).collect::<Vec<u64>>(), "commits take {takes} ms");
    }
    Ok(())
}

workflow! {
    #[durable]
    workflow Slow() -> u32 with world: World {
        stage first: u32 = select {
            slow: u32 = { #[undo(release(world, "slow"))] stage far: u32 = book_for_ever(world); *far } => *slow,
            sleep(1h) => {
                stage rest = sleep(1h);
                #[after(rest)] stage again = sleep(1h);
                #[after(again)] stage given: u32 = 7;
                *given
            },
        };
        stage bad: u32 = if *first == 7 { fail "planned" } else { 0 };
        *bad
    }
}

async fn book_for_ever(world: &World) -> u32 {
    world.happen("book slow");
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn what_was_given_up_in_doubt_does_not_begin_once_more_when_the_instance_is_loaded_again() -> Result<(), Error> {
    let world = World::default();
    let engine = engine!(Slow::new(world.clone()));
    let run = engine.start::<Slow>("one", ()).await?;
    let failure = run.result().await.err().map(|error| format!("{error:#}")).unwrap_or_default();
    assert!(failure.ends_with("planned; in doubt: far"), "{failure}");
    assert_eq!(world.effects(), ["book slow"]);
    Ok(())
}

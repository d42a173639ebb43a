//! A new build goes on with what an old one left: what it has no place for is told, and never lost or done twice.

use std::time::Duration;
use workflow_durable_tests::World;
use workflow_runtime::{
    BoxError,
    engine::{Engine, EngineError, InstanceHandle},
    store::MemoryStore,
    workflow,
};

type Error = Box<dyn std::error::Error>;

fn log(world: &World, what: &str) -> u32 {
    world.happen(what);
    1
}

fn undo(world: &World, what: &str) {
    world.happen(what);
}

async fn nap(world: &World, what: &str, millis: u64) -> Result<u32, BoxError> {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    world.happen(what);
    Ok(1)
}

/// Runs an instance of the first build for a minute, then of the second one; gives how it ends there.
macro_rules! upgraded {
    ($world:expr, $before:path, $after:path, $then:expr) => {{
        let store = MemoryStore::new();
        {
            let engine =
                Engine::builder().store(store.clone()).workflow(<$before>::new($world.clone())).start().await?;
            engine.start::<$before>("one", 1).await?;
            tokio::time::sleep(Duration::from_mins(1)).await;
            engine.shutdown().await?;
        }
        let engine = Engine::builder().store(store.clone()).workflow(<$after>::new($world.clone())).start().await?;
        let run = engine.find::<$after>("one").await?;
        $then(run).await
    }};
}

fn parked<T: std::fmt::Debug>(ended: Result<T, EngineError>) -> String {
    match ended {
        Err(EngineError::Parked { reason, .. }) => reason,
        other => panic!("it is not parked: {other:?}"),
    }
}

mod removed {
    use super::{World, log, undo, workflow};
    pub(super) mod before {
        use super::*;
        workflow! {
            #[durable]
            pub workflow Removed(n: u32) -> u32 with world: World {
                #[undo(undo(world, "undo a"))] stage a: u32 = log(world, "do a");
                #[after(a)] stage rest = sleep(1d);
                #[after(rest)] stage end: u32 = *n;
                *end
            }
        }
    }
    pub(super) mod after {
        use super::*;
        workflow! {
            #[durable]
            pub workflow Removed(n: u32) -> u32 with world: World {
                stage rest = sleep(1d);
                #[after(rest)] stage end: u32 = *n + log(world, "end");
                *end
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_removed_stage_that_would_have_to_be_undone_parks() -> Result<(), Error> {
    let world = World::default();
    let ended = upgraded!(world, removed::before::Removed, removed::after::Removed, async |run: InstanceHandle<
        removed::after::Removed,
    >| {
        let cancelled = run.cancel().await;
        (cancelled, run.result().await)
    });
    let why = "'a' was done and would have to be undone, but its workflow no longer says how";
    assert_eq!(parked(ended.1), why);
    assert_eq!(parked(ended.0), why);
    assert_eq!(world.effects(), ["do a"]);
    Ok(())
}

mod condition {
    use super::{World, log, undo, workflow};
    pub(super) mod before {
        use super::*;
        workflow! {
            #[durable]
            pub workflow Conditional(n: u32) -> u32 with world: World {
                #[when(*n > 0)]
                stage a: Option<u32> = {
                    #[undo(undo(world, "refund"))] stage charge: u32 = log(world, "charge");
                    #[after(charge)] stage rest = sleep(1h);
                    #[after(rest)] stage end: u32 = *charge;
                    *end
                };
                stage bad: u32 = if a.is_some() { fail "planned" } else { 0 };
                *bad
            }
        }
    }
    pub(super) mod after {
        use super::*;
        workflow! {
            #[durable]
            pub workflow Conditional(n: u32) -> u32 with world: World {
                #[when(*n > 100)]
                stage a: Option<u32> = {
                    #[undo(undo(world, "refund"))] stage charge: u32 = log(world, "charge");
                    #[after(charge)] stage rest = sleep(1h);
                    #[after(rest)] stage end: u32 = *charge;
                    *end
                };
                stage bad: u32 = if a.is_none() { fail "planned" } else { 0 };
                *bad
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_holds_no_longer_parks_what_was_begun_under_it() -> Result<(), Error> {
    let world = World::default();
    let ended =
        upgraded!(world, condition::before::Conditional, condition::after::Conditional, async |run: InstanceHandle<
            condition::after::Conditional,
        >| run.result().await);
    let why = parked(ended);
    assert!(why.ends_with("is on record, and 'a' would end without it"), "{why}");
    assert_eq!(world.effects(), ["charge"]);
    Ok(())
}

mod swapped {
    use super::{World, nap, workflow};
    pub(super) mod before {
        use super::*;
        workflow! {
            #[durable]
            pub workflow Swapped(n: u32) -> Vec<u32> with world: World {
                stage both: Vec<u32> = quorum(2) { nap(world, "a", 1), nap(world, "b", *n as u64 * 100_000) };
                both
            }
        }
    }
    pub(super) mod after {
        use super::*;
        workflow! {
            #[durable]
            pub workflow Swapped(n: u32) -> Vec<u32> with world: World {
                stage both: Vec<u32> = quorum(2) { nap(world, "b", *n as u64 * 100_000), nap(world, "a", 1) };
                both
            }
        }
    }
    pub(super) mod other {
        use super::*;
        workflow! {
            #[durable]
            pub workflow Swapped(n: u32) -> Vec<u32> with world: World {
                stage both: Vec<u32> = quorum(2) { nap(world, "b", *n as u64 * 100_000), nap(world, "c", 1) };
                both
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn members_are_known_by_what_they_are() -> Result<(), Error> {
    let world = World::default();
    let ended = upgraded!(world, swapped::before::Swapped, swapped::after::Swapped, async |run: InstanceHandle<
        swapped::after::Swapped,
    >| run.result().await);
    assert_eq!(ended?, [1, 1]);
    assert_eq!(world.effects(), ["a", "b"]);

    let world = World::default();
    let ended = upgraded!(world, swapped::before::Swapped, swapped::other::Swapped, async |run: InstanceHandle<
        swapped::other::Swapped,
    >| run.result().await);
    let why = parked(ended);
    assert!(
        why.starts_with("'both/:member-") && why.ends_with("is on record, and 'both' has no such member any more"),
        "{why}"
    );
    assert_eq!(world.effects(), ["a"]);
    Ok(())
}

mod moved {
    use super::{World, log, workflow};
    pub(super) mod before {
        use super::*;
        workflow! {
            #[durable]
            pub workflow Moved(n: u32) -> u32 with world: World {
                stage a: u32 = log(world, "a");
                stage rest = sleep(1h);
                #[after(rest)] stage end: u32 = *a + *n;
                *end
            }
        }
    }
    pub(super) mod after {
        use super::*;
        workflow! {
            #[durable]
            pub workflow Moved(n: u32) -> u32 with world: World {
                stage block: u32 = { stage a: u32 = log(world, "a"); *a };
                stage rest = sleep(1h);
                #[after(rest)] stage end: u32 = *block + *n;
                *end
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_completed_stage_that_was_moved_does_not_run_once_more() -> Result<(), Error> {
    let world = World::default();
    let ended = upgraded!(world, moved::before::Moved, moved::after::Moved, async |run: InstanceHandle<
        moved::after::Moved,
    >| run.result().await);
    assert_eq!(parked(ended), "'block/a' is on record as 'a', where its workflow no longer has it");
    assert_eq!(world.effects(), ["a"]);
    Ok(())
}

mod beside {
    use super::{World, log, workflow};
    pub(super) mod before {
        use super::*;
        workflow! {
            #[durable]
            pub workflow Beside(n: u32) -> u32 with world: World {
                stage rest = sleep(1d);
                #[after(rest)] stage end: u32 = *n + log(world, "end");
                *end
            }
        }
    }
    pub(super) mod after {
        use super::*;
        workflow! {
            #[durable]
            pub workflow Beside(n: u32) -> u32 with world: World {
                stage urgent: u32 = log(world, "urgent");
                stage rest = sleep(1d);
                #[after(rest)] stage end: u32 = *n + log(world, "end") + *urgent;
                *end
            }
        }
    }
    pub(super) mod shorter {
        use super::*;
        workflow! {
            #[durable]
            pub workflow Beside(n: u32) -> u32 with world: World {
                stage rest = sleep(1h);
                #[after(rest)] stage end: u32 = *n + log(world, "end");
                *end
            }
        }
    }
    pub(super) mod broken {
        use super::*;
        workflow! {
            #[durable]
            pub workflow Beside(n: String) -> u32 with world: World {
                stage rest = sleep(1d);
                #[after(rest)] stage end: u32 = n.len() as u32 + log(world, "end");
                *end
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_is_new_beside_a_wait_begins_when_the_engine_starts() -> Result<(), Error> {
    let world = World::default();
    let early = upgraded!(world, beside::before::Beside, beside::after::Beside, async |run: InstanceHandle<
        beside::after::Beside,
    >| {
        tokio::time::sleep(Duration::from_hours(2)).await;
        let early = world.effects();
        run.result().await.map(|result| (early, result))
    });
    assert_eq!(early?, (vec!["urgent".to_owned()], 3));
    assert_eq!(world.effects(), ["urgent", "end"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_shorter_in_the_new_build_ends_earlier() -> Result<(), Error> {
    let (world, begun) = (World::default(), tokio::time::Instant::now());
    let ended = upgraded!(world, beside::before::Beside, beside::shorter::Beside, async |run: InstanceHandle<
        beside::shorter::Beside,
    >| { run.result().await });
    assert_eq!(ended?, 2);
    assert_eq!(begun.elapsed().as_secs() / 60, 60, "an hour from its beginning");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_can_not_go_on_is_parked_when_the_engine_starts() -> Result<(), Error> {
    let world = World::default();
    let begun = tokio::time::Instant::now();
    let ended = upgraded!(world, beside::before::Beside, beside::broken::Beside, async |run: InstanceHandle<
        beside::broken::Beside,
    >| { run.result().await });
    let why = parked(ended);
    assert!(why.starts_with("its input can't be read: "), "{why}");
    assert!(begun.elapsed() < Duration::from_mins(2), "not when its timer fires");
    Ok(())
}

workflow! {
    #[durable]
    workflow Asks(n: u32) -> u32 with world: World {
        #[lazy]
        stage asked: u32 = {
            #[when(*n > 0)] stage some: Option<u32> = { stage inner: u32 = log(world, "inner"); *inner };
            some.unwrap_or(0)
        };
        stage asks: u32 = if *n == 1 { stage found: u32 = *asked + 1; *found } else { 0 };
        #[after(asks)]
        stage rest = sleep(1h);
        #[after(rest)]
        stage end: u32 = *asks + log(world, "end");
        *end
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_completed_stage_has_asked_for_need_not_be_asked_for_again() -> Result<(), Error> {
    let world = World::default();
    let store = MemoryStore::new();
    let engine =
        Engine::builder().store(store).workflow(Asks::new(world.clone())).idle_timeout(Duration::ZERO).start().await?;
    let run = engine.start::<Asks>("one", 1).await?;
    assert_eq!(run.result().await?, 3);
    assert_eq!(world.effects(), ["inner", "end"]);
    Ok(())
}

//! A new build goes on with what an old one left: what it has no place for is told, and never lost or done twice.

use std::time::Duration;
use workflow_durable_tests::World;
use workflow_runtime::{
    BoxError,
    engine::{Engine, EngineError},
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
    let ended = upgraded!(
        world,
        removed::before::Removed,
        removed::after::Removed,
        async |run: workflow_runtime::engine::Run<removed::after::Removed>| {
            let cancelled = run.cancel().await;
            (cancelled, run.result().await)
        }
    );
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
    let ended = upgraded!(
        world,
        condition::before::Conditional,
        condition::after::Conditional,
        async |run: workflow_runtime::engine::Run<condition::after::Conditional>| run.result().await
    );
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
    let ended = upgraded!(
        world,
        swapped::before::Swapped,
        swapped::after::Swapped,
        async |run: workflow_runtime::engine::Run<swapped::after::Swapped>| run.result().await
    );
    assert_eq!(ended?, [1, 1]);
    assert_eq!(world.effects(), ["a", "b"]);

    let world = World::default();
    let ended = upgraded!(
        world,
        swapped::before::Swapped,
        swapped::other::Swapped,
        async |run: workflow_runtime::engine::Run<swapped::other::Swapped>| run.result().await
    );
    let why = parked(ended);
    assert!(why.starts_with("'both/:member-") && why.ends_with("would be decided without it"), "{why}");
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
    let ended =
        upgraded!(world, moved::before::Moved, moved::after::Moved, async |run: workflow_runtime::engine::Run<
            moved::after::Moved,
        >| run.result().await);
    assert_eq!(parked(ended), "'block/a' is on record as 'a', where its workflow no longer has it");
    assert_eq!(world.effects(), ["a"]);
    Ok(())
}

//! Values that can't be stored are refused with a message, and their effect is not run again.

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::Error as _};
use std::time::Duration;
use workflow_durable_tests::World;
use workflow_runtime::{
    StageContext,
    engine::{Durable, Engine, EngineError},
    store::{InstanceStatus, MemoryStore},
    workflow,
};

type Error = Box<dyn std::error::Error>;

async fn engine<W: Durable>(workflow: W, store: &MemoryStore) -> Result<Engine, EngineError> {
    Engine::builder().store(store.clone()).workflow(workflow).idle_timeout(Duration::ZERO).start().await
}

/// Serialized as a number, and deserialized from a text.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "String")]
struct Unreadable(u32);

impl Serialize for Unreadable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

impl TryFrom<String> for Unreadable {
    type Error = std::num::ParseIntError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

/// Refuses to be serialized.
#[derive(Debug, Clone, Default, Deserialize)]
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("it is a secret"))
    }
}

/// Loses its number when serialized.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Forgetful {
    #[serde(skip_deserializing)]
    number: u32,
}

/// A number that an older build could not read.
#[derive(Debug, Clone)]
struct Readable(u32);

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u32::deserialize(deserializer).map(Self)
    }
}

impl Serialize for Readable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0)
    }
}

fn does<T>(world: &World, ctx: &StageContext, value: T) -> T {
    world.happen(ctx.idempotency_key());
    value
}

mod new {
    use super::{Readable, World, does};
    use workflow_runtime::workflow;

    workflow! {
        #[durable]
        pub(super) workflow Reading() -> u32 with world: World {
            stage odd: Readable = does(world, ctx, Readable(1));
            stage rest = sleep(1h);
            #[after(rest)]
            stage last: u32 = odd.0 + 1;
            last
        }
    }
}

workflow! {
    #[durable]
    workflow Reading() -> u32 with world: World {
        stage odd: Unreadable = does(world, ctx, Unreadable(7));
        stage rest = sleep(1h);
        #[after(rest)]
        stage last: u32 = odd.0 + 1;
        last
    }

    #[durable]
    workflow Writing() -> u32 with world: World {
        stage odd: Unwritable = does(world, ctx, Unwritable);
        stage rest = sleep(1h);
        #[after(rest, odd)]
        stage last: u32 = 1;
        last
    }

    #[durable]
    workflow Forgetting() -> u32 with world: World {
        stage odd: Forgetful = does(world, ctx, Forgetful { number: 7 });
        stage rest = sleep(1h);
        #[after(rest)]
        stage last: u32 = odd.number;
        last
    }

    /// Values in places other than a stage's output, one after the other.
    #[durable]
    workflow Parts(which: u32) -> u32 with world: World {
        stage part: u32 = match *which {
            0 => {
                stage won: Unwritable = race { does(world, ctx, Unwritable), { stage late = sleep(1h); #[after(late)] stage none: Unwritable = Unwritable; none.clone() } };
                #[after(won)]
                stage after_race: u32 = 1;
                *after_race
            }
            1 => {
                stage most: Vec<Forgetful> = quorum(2) { { does(world, ctx, Forgetful { number: 7 }) }, { Forgetful::default() } };
                most[0].number
            }
            2 => select {
                head: Unreadable = does(world, ctx, Unreadable(7)) => head.0,
                sleep(1h) => 2,
            },
            3 => {
                stage rounds: u32 = loop state: Unreadable = does(world, ctx, Unreadable(7)) {
                    stage round: u32 = state.0;
                    if *round > 0 { break *round } else { continue Unreadable(1) }
                };
                *rounds
            }
            _ => 4,
        };
        stage rest = sleep(1h);
        #[after(rest)]
        stage last: u32 = *part;
        last
    }

    #[durable]
    workflow Taking(odd: Option<Unreadable>) -> u32 {
        signal go: Forgetful;
        stage last: u32 = odd.as_ref().map_or(0, |one| one.0) + go.number;
        last
    }

    #[durable]
    workflow Giving() -> Forgetful {
        Forgetful { number: 7 }
    }
}

/// Why it is parked.
async fn parked<W: Durable>(engine: &Engine, id: &str) -> Result<String, Error> {
    let run = engine.find::<W>(id).await?;
    match run.result().await.err() {
        Some(EngineError::Parked { reason, .. }) => Ok(reason),
        other => Err(format!("it is not parked: {other:?}").into()),
    }
}

#[tokio::test(start_paused = true)]
async fn what_can_not_be_read_again_parks_at_once_until_a_build_reads_it() -> Result<(), Error> {
    let (world, store) = (World::default(), MemoryStore::new());
    let reason = "what 'odd' gave can't be stored: it can't be read again: invalid type: integer `7`, expected a string at byte 1";
    let old = engine(Reading::new(world.clone()), &store).await?;
    let run = old.start::<Reading>("i", ()).await?;
    assert_eq!(parked::<Reading>(&old, "i").await?, reason);
    old.shutdown().await?;

    // The instance goes on after a rewind of another stage, and repeats no effect.
    let again = engine(Reading::new(world.clone()), &store).await?;
    let run = {
        drop(run);
        again.find::<Reading>("i").await?
    };
    run.rewind(ReadingStage::Rest).await?;
    let reason = "what is stored of 'odd' can't be read: invalid type: integer `7`, expected a string at byte 1";
    assert_eq!(parked::<Reading>(&again, "i").await?, reason);
    assert_eq!(world.effects(), ["i/odd"]);
    again.shutdown().await?;

    let new = engine(new::Reading::new(world.clone()), &store).await?;
    let run = new.find::<new::Reading>("i").await?;
    run.rewind(new::ReadingStage::Rest).await?;
    assert_eq!(run.result().await?, 8);
    assert_eq!(world.effects(), ["i/odd"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_can_not_be_written_parks_until_its_stage_is_taken_back() -> Result<(), Error> {
    let (world, store) = (World::default(), MemoryStore::new());
    let reason = "what 'odd' gave can't be stored: it is a secret";
    let first = engine(Writing::new(world.clone()), &store).await?;
    first.start::<Writing>("i", ()).await?;
    assert_eq!(parked::<Writing>(&first, "i").await?, reason);
    first.shutdown().await?;

    let second = engine(Writing::new(world.clone()), &store).await?;
    let run = second.find::<Writing>("i").await?;
    assert_eq!(run.status().await?, InstanceStatus::Parked);
    run.rewind(WritingStage::Rest).await?;
    assert_eq!(parked::<Writing>(&second, "i").await?, reason);
    assert_eq!(world.effects(), ["i/odd"]);

    run.rewind(WritingStage::Odd).await?;
    assert_eq!(parked::<Writing>(&second, "i").await?, reason);
    assert_eq!(world.effects(), ["i/odd", "i/odd~1"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_would_come_back_as_another_value_parks() -> Result<(), Error> {
    let (world, store) = (World::default(), MemoryStore::new());
    let engine = engine(Forgetting::new(world.clone()), &store).await?;
    let run = engine.start::<Forgetting>("i", ()).await?;
    let reason = "what 'odd' gave can't be stored: its `Serialize` and `Deserialize` do not agree: it comes back as another value";
    assert_eq!(parked::<Forgetting>(&engine, "i").await?, reason);
    run.rewind(ForgettingStage::Rest).await?;
    assert_eq!(parked::<Forgetting>(&engine, "i").await?, reason);
    assert_eq!(world.effects(), ["i/odd"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn parts_of_a_stage_are_refused_too_and_do_nothing_twice() -> Result<(), Error> {
    let reasons = [
        "what 'part/won/:won-4b6ffea9' gave can't be stored: it is a secret",
        "what 'part/most/:member-d6c90bb4' gave can't be stored: its `Serialize` and `Deserialize` do not agree: it comes back as another value",
        "what 'part/:head-head' gave can't be stored: it can't be read again: invalid type: integer `7`, expected a string at byte 1",
        "the state of 'part/rounds' can't be stored: it can't be read again: invalid type: integer `7`, expected a string at byte 1",
    ];
    for (which, reason) in (0..).zip(reasons) {
        let (world, store) = (World::default(), MemoryStore::new());
        let engine = engine(Parts::new(world.clone()), &store).await?;
        let run = engine.start::<Parts>("i", which).await?;
        let first = parked::<Parts>(&engine, "i").await.map_err(|error| format!("{which}: {error}"))?;
        assert_eq!(first, reason);
        assert_eq!(world.effects().len(), 1, "{which}");
        run.rewind(PartsStage::Rest).await?;
        parked::<Parts>(&engine, "i").await.map_err(|error| format!("{which}, taken back: {error}"))?;
        assert_eq!(world.effects().len(), 1, "{which}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn inputs_and_signals_are_refused_where_they_are_given() -> Result<(), Error> {
    let engine = engine(Taking::new(), &MemoryStore::new()).await?;
    let refused = engine.start::<Taking>("i", Some(Unreadable(7))).await.unwrap_err();
    let expected = "instance 'i': its input can't be stored: it can't be read again: invalid type: integer `7`, expected a string at byte 1";
    assert_eq!(refused.to_string(), expected);
    assert!(matches!(engine.find::<Taking>("i").await, Err(EngineError::NotFound { .. })), "there is none");
    let run = engine.start::<Taking>("i", None).await?;
    let refused = run.signal(TakingSignal::Go(Forgetful { number: 7 })).await.unwrap_err();
    let expected = "instance 'i': the signal can't be stored: its `Serialize` and `Deserialize` do not agree: it comes back as another value";
    assert_eq!(refused.to_string(), expected);
    run.signal(TakingSignal::Go(Forgetful { number: 0 })).await?;
    assert_eq!(run.result().await?, 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_output_that_would_be_another_one_parks_the_instance() -> Result<(), Error> {
    let engine = engine(Giving::new(), &MemoryStore::new()).await?;
    engine.start::<Giving>("i", ()).await?;
    let reason =
        "its output can't be stored: its `Serialize` and `Deserialize` do not agree: it comes back as another value";
    assert_eq!(parked::<Giving>(&engine, "i").await?, reason);
    Ok(())
}

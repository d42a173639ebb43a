//! Imports for the workflows of the batch.
#![allow(unused_imports)]

pub(crate) use crate::{subject::Typed, value::Value, world::World};
pub(crate) use std::time::Duration;
pub(crate) use workflow_runtime::{Failure, Pool, Workflow, workflow};

workflow! {
    /// The workflow that a stage runs: a call, one with an undo, and a rest during which it may be cut.
    pub workflow Child(leaf: u32, place: u64) -> Value with world: World {
        stage first: Value = world.act(ctx, *leaf, *place, Value::new());
        #[undo(world.undo(ctx))]
        #[after(first)]
        stage second: Value = world.act(ctx, *leaf + 1, *place, Value::new());
        #[after(second)]
        stage rest = sleep(Duration::from_millis(*place % 4));
        Value::new().and(first).and(second).and(rest)
    }
}

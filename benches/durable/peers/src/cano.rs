//! cano: states and their tasks, with its checkpoint store; a workflow for each instance, since the id is the
//! workflow's.
//!
//! A checkpoint is the state that begins. A task's output is recorded only if the task can be compensated, so both are
//! measured: values in cano's own store, which is in memory, and recorded values.

use crate::harness::{Failed, Rate, give, measure};
use cano::{RedbCheckpointStore, prelude::*};
use std::{path::PathBuf, sync::Arc};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Stage(u8),
    End,
}

impl State {
    fn after(number: u8) -> TaskResult<Self> {
        TaskResult::Single(if number < 4 { Self::Stage(number + 1) } else { Self::End })
    }
}

fn gives(number: u8, resources: &Resources) -> Result<String, CanoError> {
    let values = resources.get::<MemoryStore, _>("values")?;
    let given = give(&values.get::<String>("value")?);
    values.put("value", given.clone())?;
    let _ = number;
    Ok(given)
}

#[derive(Clone)]
struct Step(u8);

#[task(state = State)]
impl Step {
    fn config(&self) -> TaskConfig {
        TaskConfig::minimal()
    }

    async fn run(&self, resources: &Resources) -> Result<TaskResult<State>, CanoError> {
        gives(self.0, resources)?;
        Ok(State::after(self.0))
    }
}

struct Recorded(u8);

#[saga::task(state = State)]
impl Recorded {
    type Output = String;

    fn config(&self) -> TaskConfig {
        TaskConfig::minimal()
    }

    async fn run(&self, resources: &Resources) -> Result<(TaskResult<State>, String), CanoError> {
        Ok((State::after(self.0), gives(self.0, resources)?))
    }

    async fn compensate(&self, _: &Resources, _: String) -> Result<(), CanoError> {
        Ok(())
    }
}

pub(crate) const SYNC: &str = "redb, Durability::Immediate, a commit for each row";

pub(crate) async fn rate(folder: PathBuf, in_flight: u64) -> Result<Rate, Failed> {
    through(folder, in_flight, |workflow, number| workflow.register(State::Stage(number), Step(number))).await
}

pub(crate) async fn recorded(folder: PathBuf, in_flight: u64) -> Result<Rate, Failed> {
    through(folder, in_flight, |workflow, number| {
        workflow.register_with_compensation(State::Stage(number), Recorded(number))
    })
    .await
}

async fn through(
    folder: PathBuf,
    in_flight: u64,
    register: fn(Workflow<State>, u8) -> Workflow<State>,
) -> Result<Rate, Failed> {
    let store = Arc::new(RedbCheckpointStore::new(folder.join("cano.redb"))?);
    measure(in_flight, move |instance| {
        let store = Arc::clone(&store);
        async move {
            let values = MemoryStore::new();
            values.put("value", instance.input)?;
            let workflow = (0..5).fold(Workflow::new(Resources::new().insert("values", values)), register);
            let workflow =
                workflow.add_exit_state(State::End).with_checkpoint_store(store).with_workflow_id(instance.id);
            workflow.orchestrate(State::Stage(0), CancellationToken::disabled()).await?;
            Ok(())
        }
    })
    .await
}

//! cano: states and the tasks of each; a workflow is built once, values lie in a store. A graph that is no sequence of
//! states it can't express: a state's tasks all have ended before the next state begins.

use crate::{Run, Shape};
use cano::prelude::*;
use std::sync::Arc;
use workflow_benches::steps::{step, step_all};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Stage(usize),
    End,
}

/// Reads the numbers that it needs, writes its own.
#[derive(Clone)]
struct Step {
    number: usize,
    needs: &'static [usize],
    then: State,
}

fn key(number: usize) -> String {
    format!("s{number}")
}

#[task(state = State)]
impl Step {
    fn config(&self) -> TaskConfig {
        TaskConfig::minimal()
    }

    async fn run(&self, resources: &Resources) -> Result<TaskResult<State>, CanoError> {
        let store = resources.get::<MemoryStore, _>("store")?;
        let given = self.needs.iter().map(|&need| store.get::<u64>(&key(need))).collect::<Result<Vec<_>, _>>()?;
        let number = match &*given {
            [] => step(&1).await,
            [one] => step(one).await,
            many => step_all(&many.iter().collect::<Vec<_>>()).await,
        };
        store.put(&key(self.number), number)?;
        Ok(TaskResult::Single(self.then.clone()))
    }
}

pub(crate) fn run(shape: Shape) -> Option<Run> {
    let needs = shape.needs();
    let store = MemoryStore::new();
    let mut workflow = Workflow::new(Resources::new().insert("store", store.clone()));
    let mut number = 0;
    if let Shape::Random100 = shape {
        return None;
    }
    while number < needs.len() {
        let together = (number..needs.len()).take_while(|&other| needs[other] == needs[number]).count();
        let next = number + together;
        let then = if next < needs.len() { State::Stage(next) } else { State::End };
        let tasks = (number..next).map(|number| Step { number, needs: needs[number], then: then.clone() });
        let mut tasks: Vec<Step> = tasks.collect();
        workflow = match (tasks.pop(), tasks.is_empty()) {
            (Some(only), true) => workflow.register(State::Stage(number), only),
            (last, _) => {
                tasks.extend(last);
                let join = JoinConfig::new(JoinStrategy::All, then.clone());
                workflow.register_split(State::Stage(number), tasks, join)
            }
        };
        number = next;
    }
    let workflow = Arc::new(workflow.add_exit_state(State::End));
    let last = key(needs.len() - 1);
    Some(Box::new(move || {
        let (workflow, store, last) = (Arc::clone(&workflow), store.clone(), last.clone());
        Box::pin(async move {
            let ended = workflow.orchestrate(State::Stage(0), CancellationToken::disabled()).await;
            ended.unwrap_or_else(|error| panic!("{error}"));
            store.get::<u64>(&last).unwrap_or_else(|error| panic!("{error}"))
        })
    }))
}

//! graph-flow: tasks that follow one another, and some that run side by side within one; values lie in a session's
//! context, as JSON. What is no sequence of such it can't express.

use crate::{Run, Shape};
use ::graph_flow::{
    Context, ExecutionStatus, FlowRunner, GraphBuilder, InMemorySessionStorage, NextAction, Session, SessionStorage,
    Task, TaskResult, fanout::FanOutTask,
};
use async_trait::async_trait;
use std::sync::Arc;
use workflow_benches::steps::{step, step_all};

/// Reads the numbers that it needs, writes its own.
struct Step {
    id: String,
    needs: &'static [usize],
    next: NextAction,
}

fn key(number: usize) -> String {
    format!("s{number}")
}

#[async_trait]
impl Task for Step {
    fn id(&self) -> &str {
        &self.id
    }

    async fn run(&self, context: Context) -> ::graph_flow::Result<TaskResult> {
        let given: Vec<u64> = self.needs.iter().filter_map(|&need| context.get(&key(need))).collect();
        let number = match &*given {
            [] => step(&1).await,
            [one] => step(one).await,
            many => step_all(&many.iter().collect::<Vec<_>>()).await,
        };
        context.set(self.id.clone(), number)?;
        Ok(TaskResult::new(None, self.next.clone()))
    }
}

pub(crate) fn run(shape: Shape) -> Option<Run> {
    if let Shape::Random100 = shape {
        return None;
    }
    let needs = shape.needs();
    let mut graph = GraphBuilder::new("shape");
    let mut before: Option<String> = None;
    let mut number = 0;
    while number < needs.len() {
        let together = (number..needs.len()).take_while(|&other| needs[other] == needs[number]).count();
        let next = number + together;
        let action = if next < needs.len() { NextAction::ContinueAndExecute } else { NextAction::End };
        let step = |number: usize| Arc::new(Step { id: key(number), needs: needs[number], next: action.clone() });
        let task: Arc<dyn Task> = match together {
            1 => step(number),
            _ => {
                let children = (number..next).map(|number| step(number) as _).collect();
                FanOutTask::new(format!("fan{number}"), children).with_next_action(action.clone())
            }
        };
        let id = task.id().to_owned();
        graph = graph.add_task(task);
        if let Some(before) = before.replace(id.clone()) {
            graph = graph.add_edge(before, id);
        }
        number = next;
    }
    let graph = Arc::new(graph.build().unwrap_or_else(|error| panic!("{error}")));
    let storage = Arc::new(InMemorySessionStorage::new());
    let runner = Arc::new(FlowRunner::new(graph, Arc::clone(&storage) as Arc<dyn SessionStorage>));
    let last = key(needs.len() - 1);
    Some(Box::new(move || {
        let (runner, storage, last) = (Arc::clone(&runner), Arc::clone(&storage), last.clone());
        Box::pin(async move { whole(&runner, &*storage, &last).await.unwrap_or_else(|error| panic!("{error}")) })
    }))
}

/// A session for each run, which is dropped after it.
async fn whole(runner: &FlowRunner, storage: &dyn SessionStorage, last: &str) -> ::graph_flow::Result<u64> {
    let session = Session::new_from_task("run".to_owned(), "s0");
    let context = session.context.clone();
    storage.save(session).await?;
    let ended = runner.run("run").await?;
    assert!(matches!(ended.status, ExecutionStatus::Completed), "{:?}", ended.status);
    storage.delete("run").await?;
    Ok(context.get(last).unwrap_or_default())
}

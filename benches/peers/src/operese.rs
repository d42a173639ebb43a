//! operese-dagx: a graph is built for each run, and given away to it.

use crate::{Run, Shape};
use operese_dagx::{DagRunner, TaskHandle, task};
use workflow_benches::steps::{step, step_all};

struct Start;
#[task]
impl Start {
    async fn run() -> u64 {
        step(&1).await
    }
}

struct One;
#[task]
impl One {
    async fn run(a: &u64) -> u64 {
        step(a).await
    }
}

struct Two;
#[task]
impl Two {
    async fn run(a: &u64, b: &u64) -> u64 {
        step_all(&[a, b]).await
    }
}

struct Three;
#[task]
impl Three {
    async fn run(a: &u64, b: &u64, c: &u64) -> u64 {
        step_all(&[a, b, c]).await
    }
}

struct Five;
#[task]
impl Five {
    async fn run(a: &u64, b: &u64, c: &u64, d: &u64, e: &u64) -> u64 {
        step_all(&[a, b, c, d, e]).await
    }
}

pub(crate) fn run(shape: Shape) -> Option<Run> {
    Some(Box::new(move || Box::pin(whole(shape.needs()))))
}

async fn whole(needs: &[&[usize]]) -> u64 {
    let mut dag = DagRunner::new();
    let mut tasks: Vec<TaskHandle<u64>> = Vec::new();
    let mut named = vec![false; needs.len()];
    for needs in needs {
        needs.iter().for_each(|&need| named[need] = true);
        let needs: Vec<&TaskHandle<u64>> = needs.iter().map(|&need| &tasks[need]).collect();
        let task = add(&mut dag, &needs);
        tasks.push(task);
    }
    let run = dag.run(|task| async move { tokio::spawn(task).await.unwrap_or_else(|error| panic!("{error}")) });
    let mut output = run.await.unwrap_or_else(|error| panic!("{error}"));
    let ends = named.into_iter().zip(tasks).filter(|(named, _)| !*named);
    ends.map(|(_, task)| output.get(task)).fold(0, u64::wrapping_add)
}

fn add(dag: &mut DagRunner, needs: &[&TaskHandle<u64>]) -> TaskHandle<u64> {
    match *needs {
        [] => dag.add_task(Start),
        [a] => dag.add_task(One).depends_on(a),
        [a, b] => dag.add_task(Two).depends_on((a, b)),
        [a, b, c] => dag.add_task(Three).depends_on((a, b, c)),
        [a, b, c, d, e] => dag.add_task(Five).depends_on((a, b, c, d, e)),
        _ => {
            let halves: Vec<TaskHandle<u64>> = needs.chunks(5).map(|half| add(dag, half)).collect();
            add(dag, &halves.iter().collect::<Vec<_>>())
        }
    }
}

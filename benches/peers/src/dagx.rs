//! dagx: a graph is built for each run. A task takes at most eight others, so that the end of 1→10→1 is three tasks.

use crate::{Run, Shape};
use dagx::{DagRunner, TaskHandle, task_fn};
use workflow_benches::steps::{step, step_all};

pub(crate) fn run(shape: Shape) -> Option<Run> {
    Some(Box::new(move || Box::pin(whole(shape.needs()))))
}

async fn whole(needs: &[&[usize]]) -> u64 {
    let dag = DagRunner::new();
    let mut tasks: Vec<TaskHandle<u64>> = Vec::new();
    let mut named = vec![false; needs.len()];
    for needs in needs {
        needs.iter().for_each(|&need| named[need] = true);
        let needs: Vec<&TaskHandle<u64>> = needs.iter().map(|&need| &tasks[need]).collect();
        let task = add(&dag, &needs);
        tasks.push(task);
    }
    dag.run(|task| {
        tokio::spawn(task);
    })
    .await
    .unwrap_or_else(|error| panic!("{error}"));
    let ends = named.iter().zip(&tasks).filter(|(named, _)| !**named);
    ends.map(|(_, task)| dag.get(task).unwrap_or_else(|error| panic!("{error}"))).fold(0, u64::wrapping_add)
}

fn add(dag: &DagRunner, needs: &[&TaskHandle<u64>]) -> TaskHandle<u64> {
    match *needs {
        [] => dag.add_task(task_fn(|(): ()| async { step(&1).await })).into(),
        [a] => dag.add_task(task_fn(|a: u64| async move { step(&a).await })).depends_on(a),
        [a, b] => {
            dag.add_task(task_fn(|(a, b): (u64, u64)| async move { step_all(&[&a, &b]).await })).depends_on((a, b))
        }
        [a, b, c] => dag
            .add_task(task_fn(|(a, b, c): (u64, u64, u64)| async move { step_all(&[&a, &b, &c]).await }))
            .depends_on((a, b, c)),
        [a, b, c, d, e] => dag
            .add_task(task_fn(|(a, b, c, d, e): (u64, u64, u64, u64, u64)| async move {
                step_all(&[&a, &b, &c, &d, &e]).await
            }))
            .depends_on((a, b, c, d, e)),
        _ => {
            let halves: Vec<TaskHandle<u64>> = needs.chunks(5).map(|half| add(dag, half)).collect();
            add(dag, &halves.iter().collect::<Vec<_>>())
        }
    }
}

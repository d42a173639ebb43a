//! async_dag: a graph is built for each run. Its futures are not `Send`, so that it runs where it is polled.

use crate::{Run, Shape};
use async_dag::Graph;
use workflow_benches::steps::{step, step_all};

pub(crate) fn run(shape: Shape) -> Option<Run> {
    Some(Box::new(move || Box::pin(whole(shape.needs()))))
}

async fn whole(needs: &[&[usize]]) -> u64 {
    let mut graph = Graph::new();
    let mut tasks = Vec::new();
    let mut named = vec![false; needs.len()];
    for needs in needs {
        needs.iter().for_each(|&need| named[need] = true);
        let task = match needs.len() {
            0 => graph.add_task(|| async { step(&1).await }),
            1 => graph.add_task(|a: u64| async move { step(&a).await }),
            2 => graph.add_task(|a: u64, b: u64| async move { step_all(&[&a, &b]).await }),
            3 => graph.add_task(|a: u64, b: u64, c: u64| async move { step_all(&[&a, &b, &c]).await }),
            10 => graph.add_task(
                |a: u64, b: u64, c: u64, d: u64, e: u64, f: u64, g: u64, h: u64, i: u64, j: u64| async move {
                    step_all(&[&a, &b, &c, &d, &e, &f, &g, &h, &i, &j]).await
                },
            ),
            other => panic!("no shape has a stage that needs {other}"),
        };
        for (&need, index) in needs.iter().zip(0..) {
            graph.update_dependency(tasks[need], task, index).unwrap_or_else(|error| panic!("{error:?}"));
        }
        tasks.push(task);
    }
    graph.run().await;
    let ends = named.iter().zip(&tasks).filter(|(named, _)| !**named);
    ends.filter_map(|(_, &task)| graph.get_value::<u64>(task)).fold(0, u64::wrapping_add)
}

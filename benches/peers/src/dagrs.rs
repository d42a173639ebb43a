//! dagrs: a graph is built for each run; values go through channels.

use crate::{Run, Shape};
use dagrs::{
    Action, Content, DefaultNode, EnvVar, Graph, InChannels, Node, NodeTable, OutChannels, Output, async_trait,
};
use std::sync::Arc;
use workflow_benches::steps::{step, step_all};

struct Step;

#[async_trait::async_trait]
impl Action for Step {
    async fn run(&self, input: &mut InChannels, output: &mut OutChannels, _: Arc<EnvVar>) -> Output {
        let given = input.map(|content| content.ok().and_then(|content| content.into_inner::<u64>())).await;
        let given: Vec<Arc<u64>> = given.into_iter().flatten().collect();
        let number = match &*given {
            [] => step(&1).await,
            [one] => step(one).await,
            many => step_all(&many.iter().map(|number| &**number).collect::<Vec<_>>()).await,
        };
        output.broadcast(Content::new(number)).await;
        Output::Out(Some(Content::new(number)))
    }
}

pub(crate) fn run(shape: Shape) -> Option<Run> {
    Some(Box::new(move || Box::pin(whole(shape.needs()))))
}

async fn whole(needs: &[&[usize]]) -> u64 {
    let mut table = NodeTable::new();
    let mut graph = Graph::new();
    let mut ids = Vec::new();
    for number in 0..needs.len() {
        let node = DefaultNode::with_action(number.to_string(), Step, &mut table);
        ids.push(node.id());
        graph.add_node(node).unwrap_or_else(|error| panic!("{error}"));
    }
    let mut ends = Vec::new();
    for (number, &id) in ids.iter().enumerate() {
        let then: Vec<_> =
            ids.iter().zip(needs).filter(|(_, needs)| needs.contains(&number)).map(|(&then, _)| then).collect();
        if then.is_empty() {
            ends.push(id);
        } else {
            graph.add_edge(id, then).unwrap_or_else(|error| panic!("{error}"));
        }
    }
    graph.set_env(EnvVar::new(table));
    graph.async_start().await.unwrap_or_else(|error| panic!("{error}"));
    let results = graph.get_results::<u64>();
    let number = |id| results.get(id).cloned().flatten();
    ends.iter().filter_map(number).fold(0, |sum, number| sum.wrapping_add(*number))
}

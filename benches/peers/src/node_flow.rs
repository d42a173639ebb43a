//! node-flow: a flow is built once, as a type. What is no nest of sequences and joins it can't express.

use crate::{Run, Shape};
use node_flow::{
    context::{Fork, Join},
    flows::{ParallelFlow, SequentialFlow},
    node::{Node, NodeOutput},
};
use workflow_benches::steps::{step, step_all};

#[derive(Clone)]
struct Step;

struct Context;

impl Fork for Context {
    fn fork(&self) -> Self {
        Self
    }
}

impl Join for Context {
    fn join(&mut self, _: Box<[Self]>) {}
}

impl<C: Send> Node<u64, NodeOutput<u64>, (), C> for Step {
    async fn run(&mut self, input: u64, _: &mut C) -> Result<NodeOutput<u64>, ()> {
        Ok(NodeOutput::Ok(step(&input).await))
    }
}

/// The last stage: it is what joins.
async fn last<const COUNT: usize>(outputs: [NodeOutput<u64>; COUNT]) -> Result<NodeOutput<u64>, ()> {
    let numbers = outputs.map(|output| match output {
        NodeOutput::Ok(number) => number,
        NodeOutput::SoftFail => 0,
    });
    Ok(NodeOutput::Ok(step_all(&numbers.each_ref()[..]).await))
}

macro_rules! run {
    ($flow:expr) => {{
        let flow = $flow;
        Box::new(move || {
            let mut flow = flow.clone();
            Box::pin(async move {
                match flow.run(1, &mut Context).await {
                    Ok(NodeOutput::Ok(number)) => number,
                    _ => panic!("no step fails"),
                }
            })
        })
    }};
}

pub(crate) fn run(shape: Shape) -> Option<Run> {
    let chain = SequentialFlow::<u64, u64, (), Context>::builder();
    let join = ParallelFlow::<u64, u64, (), Context>::builder();
    Some(match shape {
        Shape::Chain10 => run!(
            chain
                .add_node(Step)
                .add_node(Step)
                .add_node(Step)
                .add_node(Step)
                .add_node(Step)
                .add_node(Step)
                .add_node(Step)
                .add_node(Step)
                .add_node(Step)
                .add_node(Step)
                .build()
        ),
        Shape::Diamond => run!(
            chain
                .add_node(Step)
                .add_node(
                    join.add_node(Step).add_node(Step).build(async |((a,), b), _: &mut Context| last([a, b]).await)
                )
                .build()
        ),
        Shape::Fan10 => run!(
            chain
                .add_node(Step)
                .add_node(
                    join.add_node(Step)
                        .add_node(Step)
                        .add_node(Step)
                        .add_node(Step)
                        .add_node(Step)
                        .add_node(Step)
                        .add_node(Step)
                        .add_node(Step)
                        .add_node(Step)
                        .add_node(Step)
                        .build(async |((((((((((a,), b), c), d), e), f), g), h), i), j), _: &mut Context| {
                            last([a, b, c, d, e, f, g, h, i, j]).await
                        })
                )
                .build()
        ),
        Shape::Random100 => return None,
    })
}

//! node-flow: a flow is built once, as a type. What is no nest of sequences and joins it can't express.

use crate::{Run, Shape};
use node_flow::{
    context::{Fork, Join},
    flows::{ParallelFlow, SequentialFlow},
    node::{Node, NodeOutput},
};
use workflow_benches::steps::step;

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

fn sum(outputs: &[NodeOutput<u64>]) -> Result<NodeOutput<u64>, ()> {
    let number = |output: &NodeOutput<u64>| match output {
        NodeOutput::Ok(number) => *number,
        NodeOutput::SoftFail => 0,
    };
    Ok(NodeOutput::Ok(outputs.iter().map(number).fold(0, u64::wrapping_add)))
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
                .add_node(join.add_node(Step).add_node(Step).build(async |((a,), b), _: &mut Context| sum(&[a, b])))
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
                            sum(&[a, b, c, d, e, f, g, h, i, j])
                        })
                )
                .build()
        ),
        Shape::Random100 => return None,
    })
}

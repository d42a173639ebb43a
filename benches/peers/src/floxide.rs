//! floxide: nodes and edges, as a type; one node runs at a time. A node takes one value, so that what needs several
//! counts by hand what has come in: a sum can, but the random graph can't be told apart so.

use crate::{Run, Shape};
use ::floxide::{FloxideError, Node, SharedState, SplitNode, Transition, Workflow, WorkflowCtx, workflow};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use workflow_benches::steps::{step, step_all};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Arrived {
    numbers: SharedState<Vec<u64>>,
    expected: usize,
}

impl Arrived {
    fn expecting(expected: usize) -> WorkflowCtx<Self> {
        WorkflowCtx::new(Self { numbers: SharedState::new(Vec::new()), expected })
    }
}

#[derive(Clone, Debug)]
struct Step;

#[async_trait]
impl Node<Arrived> for Step {
    type Input = u64;
    type Output = u64;

    async fn process(&self, _: &Arrived, input: u64) -> Result<Transition<u64>, FloxideError> {
        Ok(Transition::Next(step(&input).await))
    }
}

#[derive(Clone, Debug)]
struct Sum;

#[async_trait]
impl Node<Arrived> for Sum {
    type Input = u64;
    type Output = u64;

    async fn process(&self, arrived: &Arrived, input: u64) -> Result<Transition<u64>, FloxideError> {
        let mut numbers = arrived.numbers.get().await;
        numbers.push(input);
        if numbers.len() < arrived.expected {
            return Ok(Transition::Hold);
        }
        Ok(Transition::Next(step_all(&numbers.iter().collect::<Vec<_>>()).await))
    }
}

workflow! {
    struct Chain10 {
        s0: Step, s1: Step, s2: Step, s3: Step, s4: Step, s5: Step, s6: Step, s7: Step, s8: Step, s9: Step,
    }
    context = Arrived;
    start = s0;
    edges {
        s0 => { [s1] };
        s1 => { [s2] };
        s2 => { [s3] };
        s3 => { [s4] };
        s4 => { [s5] };
        s5 => { [s6] };
        s6 => { [s7] };
        s7 => { [s8] };
        s8 => { [s9] };
        s9 => { [] };
    }
}

type Split = SplitNode<u64, u64, fn(u64) -> Vec<u64>>;

workflow! {
    struct Fanned {
        first: Step,
        split: Split,
        middle: Step,
        sum: Sum,
    }
    context = Arrived;
    start = first;
    edges {
        first => { [split] };
        split => { [middle] };
        middle => { [sum] };
        sum => { [] };
    }
}

fn fanned(split: fn(u64) -> Vec<u64>, expected: usize) -> Run {
    Box::new(move || {
        let workflow = Fanned { first: Step, split: SplitNode::new(split), middle: Step, sum: Sum };
        Box::pin(async move {
            let ended = workflow.run(&Arrived::expecting(expected), 1).await;
            ended.unwrap_or_else(|error| panic!("{error}"))
        })
    })
}

pub(crate) fn run(shape: Shape) -> Option<Run> {
    Some(match shape {
        Shape::Chain10 => Box::new(|| {
            let workflow = Chain10 {
                s0: Step,
                s1: Step,
                s2: Step,
                s3: Step,
                s4: Step,
                s5: Step,
                s6: Step,
                s7: Step,
                s8: Step,
                s9: Step,
            };
            Box::pin(async move {
                let ended = workflow.run(&Arrived::expecting(1), 1).await;
                ended.unwrap_or_else(|error| panic!("{error}"))
            })
        }),
        Shape::Diamond => fanned(|number| vec![number; 2], 2),
        Shape::Fan10 => fanned(|number| vec![number; 10], 10),
        Shape::Random100 => return None,
    })
}

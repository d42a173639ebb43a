//! sayiir: a chain of tasks, some of which are branches and their join; a value is encoded from each to the next. `run`
//! doesn't give the last one, so that its task keeps it.

use crate::{Run, Shape};
use sayiir_core::{error::BuildErrors, task::BranchOutputs};
use sayiir_runtime::prelude::*;
use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use workflow_benches::steps::{step, step_all};

type Whole = Workflow<JsonCodec, u64, ()>;

fn context() -> WorkflowContext<JsonCodec, ()> {
    WorkflowContext::new("shape", Arc::new(JsonCodec), Arc::new(()))
}

macro_rules! chain {
    ($($name:literal)*) => { WorkflowBuilder::new(context())$(.then($name, |before: u64| async move { Ok(step(&before).await) }))* }
}

fn chain(kept: Arc<AtomicU64>) -> Result<Whole, BuildErrors> {
    chain!["s0" "s1" "s2" "s3" "s4" "s5" "s6" "s7" "s8"]
        .then("s9", move |before: u64| {
            let kept = Arc::clone(&kept);
            async move {
                let number = step(&before).await;
                kept.store(number, Relaxed);
                Ok(number)
            }
        })
        .build()
}

fn fan(names: &'static [&'static str], kept: Arc<AtomicU64>) -> Result<Whole, BuildErrors> {
    chain!["first"]
        .branches(|branches| {
            for name in names {
                branches.add(name, |before: u64| async move { Ok(step(&before).await) });
            }
        })
        .join("last", move |outputs: BranchOutputs<JsonCodec>| {
            let kept = Arc::clone(&kept);
            async move {
                let numbers = names.iter().map(|name| outputs.get_by_id(name)).collect::<Result<Vec<u64>, _>>()?;
                let number = step_all(&numbers.iter().collect::<Vec<_>>()).await;
                kept.store(number, Relaxed);
                Ok(number)
            }
        })
        .build()
}

pub(crate) fn run(shape: Shape) -> Option<Run> {
    let kept = Arc::new(AtomicU64::new(0));
    let workflow = match shape {
        Shape::Chain10 => chain(Arc::clone(&kept)),
        Shape::Diamond => fan(&["left", "right"], Arc::clone(&kept)),
        Shape::Fan10 => fan(&["b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9"], Arc::clone(&kept)),
        Shape::Random100 => return None,
    };
    let workflow = Rc::new(workflow.unwrap_or_else(|errors| panic!("{errors}")));
    Some(Box::new(move || {
        let (workflow, kept) = (Rc::clone(&workflow), Arc::clone(&kept));
        Box::pin(async move {
            match InProcessRunner.run(&workflow, 1).await {
                Ok(WorkflowStatus::Completed) => kept.load(Relaxed),
                other => panic!("{other:?}"),
            }
        })
    }))
}

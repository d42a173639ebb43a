//! orka: steps in the order they are named, on shared data; what runs side by side is one pipeline over many items. The
//! random graph has no such order of layers whose stages are alike.

use crate::{Run, Shape};
use ::orka::{FanOut, prelude::*};
use std::sync::Arc;
use workflow_benches::steps::{step, step_all};

#[derive(Clone, Debug, Default)]
struct Numbers {
    number: u64,
    fanned: Vec<u64>,
}

type Steps = Pipeline<Numbers, OrkaError>;

const CHAIN: [&str; 10] = ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9"];

async fn one(context: ContextData<Numbers>) -> Result<PipelineControl, OrkaError> {
    let before = context.read().number;
    let number = step(&before).await;
    context.write().number = number;
    Ok(PipelineControl::Continue)
}

fn chain() -> Steps {
    let mut pipeline = Steps::new(CHAIN);
    for name in CHAIN {
        pipeline.on_root(name, one);
    }
    pipeline
}

fn fan(width: usize) -> Steps {
    let mut branch = Steps::new(["middle"]);
    branch.on_root("middle", one);
    let branch = Arc::new(branch);
    let mut pipeline = Steps::new(["first", "middle", "last"]);
    pipeline
        .on_root("first", one)
        .on_root("middle", move |context| {
            let branch = Arc::clone(&branch);
            async move {
                let number = context.read().number;
                let items = vec![Numbers { number, fanned: Vec::new() }; width];
                let results = FanOut::new(branch).run(items).await;
                let fanned = results.cloned_oks().into_iter().map(|numbers| numbers.number).collect();
                context.write().fanned = fanned;
                results.into_control()
            }
        })
        .on_root("last", |context| async move {
            let fanned = context.read().fanned.clone();
            let number = step_all(&fanned.iter().collect::<Vec<_>>()).await;
            context.write().number = number;
            Ok(PipelineControl::Continue)
        });
    pipeline
}

pub(crate) fn run(shape: Shape) -> Option<Run> {
    let pipeline = match shape {
        Shape::Chain10 => chain(),
        Shape::Diamond => fan(2),
        Shape::Fan10 => fan(10),
        Shape::Random100 => return None,
    };
    let orka = Arc::new(Orka::<OrkaError>::new());
    orka.register_pipeline(pipeline).unwrap_or_else(|error| panic!("{error}"));
    Some(Box::new(move || {
        let orka = Arc::clone(&orka);
        Box::pin(async move {
            let context = ContextData::new(Numbers { number: 1, fanned: Vec::new() });
            let ended = orka.run(context.clone()).await.unwrap_or_else(|error| panic!("{error}"));
            assert!(matches!(ended, PipelineResult::Completed), "{ended:?}");
            context.with_ref(|numbers| numbers.number)
        })
    }))
}

//! The project's own macro.

use crate::{Run, Shape};
use workflow_benches::{chain_10, diamond, fan_10, random_100};

macro_rules! run {
    ($module:ident) => {{
        let workflow = $module::Shape::new();
        Box::new(move || {
            let workflow = workflow.clone();
            Box::pin(async move { workflow.run(1).await.unwrap_or_else(|failure| panic!("{failure}")) })
        })
    }};
}

pub(crate) fn run(shape: Shape) -> Option<Run> {
    Some(match shape {
        Shape::Chain10 => run!(chain_10),
        Shape::Diamond => run!(diamond),
        Shape::Fan10 => run!(fan_10),
        Shape::Random100 => run!(random_100),
    })
}

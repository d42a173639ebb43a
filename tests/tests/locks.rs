//! A lock may stand wherever an expression does: no temporary of one expression is held while another is evaluated.
#![allow(missing_docs, clippy::pedantic, clippy::large_futures, reason = "what users write is not the point here")]

#[path = "../../ui-tests/accepted/locks.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is a program of its own, too")]
mod accepted;

use accepted::{Ends, Nodes, OfAll, Policies, Stages, Whole};
use std::sync::Arc;
use workflow_runtime::Pool;

macro_rules! runs {
    ($($name:ident $run:expr;)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let _: u64 = $run.await.unwrap();
        }
    )*};
}
runs! {
    stages Stages::new(Arc::default()).run(1);
    policies Policies::new(Arc::default(), Pool::new(99)).run(1);
    nodes Nodes::new(Arc::default()).run(1);
    ends Ends::new(Arc::default()).run(1);
    the_whole Whole::new(Arc::default()).run();
    of_all OfAll::new(Arc::default()).run();
}

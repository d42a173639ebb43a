//! A new build goes on with taking stages back.

use std::time::Duration;
use workflow_upgrade_tests::{Ledger, leave};

mod old {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: u32 = ledger.acts(ctx);
            #[after(a)] stage late = sleep(5h);
            #[after(late)] stage end: u32 = *a + *n;
            *end
        }
    }
}

mod new {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: u32 = ledger.acts(ctx);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(a)] stage new: u32 = ledger.acts(ctx);
            #[after(a)] stage late = sleep(5h);
            #[after(late)] stage end: u32 = *a + *n + *new;
            *end
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_is_added_while_others_are_taken_back_runs_once() {
    let ledger = Ledger::default();
    let left = leave(old::Order::new(ledger.clone()), 1, 90).await;
    let (engine, run) = left.deploy(old::Order::new(ledger.clone()), &ledger).await;
    run.rewind(old::OrderStage::A).await.unwrap_or_else(|error| panic!("{error}"));
    tokio::time::sleep(Duration::from_mins(30)).await;
    engine.shutdown().await.unwrap_or_else(|error| panic!("{error}"));
    let story = left.goes_on(new::Order::new(ledger.clone()), &ledger).await;
    assert_eq!(story, "a | undo a | undo a a~1 new~1 gives 3");
}

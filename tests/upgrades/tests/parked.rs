//! Remedies for an instance that a new build has parked.

use workflow_upgrade_tests::{Ledger, Left, leave, told};

mod old {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            #[undo(ledger.reverses(ctx))]
            stage a: u32 = ledger.acts(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = *a + *n + ledger.acts(ctx);
            *end
        }
    }
}

mod new {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            #[undo(ledger.reverses(ctx))]
            stage a: String = ledger.acts(ctx).to_string();
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = a.len() as u32 + *n + ledger.acts(ctx);
            *end
        }
    }
}

const REASON: &str =
    "parks: what is stored of 'a' can't be read: invalid type: integer `1`, expected a string at byte 1";

/// An instance that the new build has parked.
async fn parked(ledger: &Ledger) -> Left {
    let left = leave(old::Order::new(ledger.clone()), 1, 30).await;
    assert_eq!(left.goes_on(new::Order::new(ledger.clone()), ledger).await, format!("a | {REASON}"));
    left
}

#[tokio::test(start_paused = true)]
async fn it_stays_parked_until_a_later_stage_is_rewound_with_the_old_build() {
    let ledger = Ledger::default();
    let left = parked(&ledger).await;
    let (engine, run) = left.deploy(old::Order::new(ledger.clone()), &ledger).await;
    assert_eq!(told(run.result().await), REASON);
    run.rewind(old::OrderStage::End).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(told(run.result().await), "gives 3");
    engine.shutdown().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(ledger.story(), "a | | end~1");
}

#[tokio::test(start_paused = true)]
async fn the_old_build_cancels_it_and_undoes_what_was_done() {
    let ledger = Ledger::default();
    let left = parked(&ledger).await;
    let (engine, run) = left.deploy(old::Order::new(ledger.clone()), &ledger).await;
    run.cancel().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(told(run.result().await), "fails: workflow 'Order' was cancelled");
    engine.shutdown().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(ledger.story(), "a | | undo a");
}

#[tokio::test(start_paused = true)]
async fn the_new_build_takes_the_stage_back_and_runs_it_again_under_a_new_key() {
    let ledger = Ledger::default();
    let left = parked(&ledger).await;
    let (engine, run) = left.deploy(new::Order::new(ledger.clone()), &ledger).await;
    run.rewind(new::OrderStage::A).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(told(run.result().await), "gives 3");
    engine.shutdown().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(ledger.story(), "a | | a~1 end~1");
}

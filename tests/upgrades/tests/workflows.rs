//! A workflow that has another name in a new build.

use workflow_upgrade_tests::{Ledger, builds::undone, leave, told};

mod renamed {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Payment(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: u32 = ledger.takes_an_hour(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
            *end
        }
    }
}

mod was {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        #[was(Order)]
        pub workflow Payment(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: u32 = ledger.takes_an_hour(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
            *end
        }
    }
}

/// Tests, one a line, of a workflow that was `Order` and is `Payment`.
macro_rules! renamed {
    ($($name:ident: old($input:expr) at $minute:literal => $new:ident, $story:expr;)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let ledger = Ledger::default();
            let left = leave(undone::Order::new(ledger.clone()), $input, $minute).await;
            let (engine, run) = left.try_deploy($new::Payment::new(ledger.clone()), &ledger).await;
            let ended = match run {
                Ok(run) => told(run.result().await),
                Err(error) => error.to_string(),
            };
            engine.shutdown().await.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(format!("{} {ended}", ledger.story()), $story);
        }
    )*};
}

renamed! {
    was_before: old(1) at 30 => was, "| a end/:then gives 1";
    was_under_way: old(1) at 90 => was, "a | a end/:then gives 1";
    was_completed: old(1) at 150 => was, "a | end/:then gives 1";
    was_undone: old(0) at 210 => was, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";

    was_ended: old(1) at 300 => was, "a end/:then | gives 1";

    renamed_before: old(1) at 30 => renamed, "| instance 'i' already exists, with another workflow";
    renamed_under_way: old(1) at 90 => renamed, "a | instance 'i' already exists, with another workflow";
    renamed_completed: old(1) at 150 => renamed, "a | instance 'i' already exists, with another workflow";
    renamed_undone: old(0) at 210 => renamed, "a undo a | instance 'i' already exists, with another workflow";

    renamed_ended: old(1) at 300 => renamed, "a end/:then | instance 'i' already exists, with another workflow";
}

#[tokio::test(start_paused = true)]
async fn the_old_build_takes_up_again_what_had_no_workflow() {
    let ledger = Ledger::default();
    let left = leave(undone::Order::new(ledger.clone()), 1, 150).await;
    let (engine, _) = left.try_deploy(renamed::Payment::new(ledger.clone()), &ledger).await;
    tokio::time::sleep(std::time::Duration::from_hours(1)).await;
    engine.shutdown().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(left.goes_on(undone::Order::new(ledger.clone()), &ledger).await, "a | | end/:then gives 1");
}

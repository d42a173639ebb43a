//! A deploy that renamed a stage with `#[was]` is taken back: an older build goes on.

use std::time::Duration;
use workflow_upgrade_tests::{Ledger, leave};

mod old {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage a: u32 = ledger.acts(ctx);
            #[after(a)] stage late = sleep(5h);
            #[after(late)] stage end: u32 = ledger.acts(ctx);
            *a + *n + *end
        }
    }
}

mod new {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            #[was(a)] stage b: u32 = ledger.acts(ctx);
            #[after(b)] stage late = sleep(5h);
            #[after(late)] stage end: u32 = ledger.acts(ctx);
            *b + *n + *end
        }
    }
}

/// The old build, with the way back.
mod back {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            #[was(b)] stage a: u32 = ledger.acts(ctx);
            #[after(a)] stage late = sleep(5h);
            #[after(late)] stage end: u32 = ledger.acts(ctx);
            *a + *n + *end
        }
    }
}

/// The old build, where the stage has an undo.
mod old_with_undo {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            #[undo(ledger.reverses(ctx))]
            stage a: u32 = ledger.acts(ctx);
            #[after(a)] stage late = sleep(5h);
            #[after(late)] stage end: u32 = ledger.acts(ctx);
            *a + *n + *end
        }
    }
}

mod new_with_undo {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            #[undo(ledger.reverses(ctx))]
            #[was(a)] stage b: u32 = ledger.acts(ctx);
            #[after(b)] stage late = sleep(5h);
            #[after(late)] stage end: u32 = ledger.acts(ctx);
            *b + *n + *end
        }
    }
}

/// Tells the story of an instance that the first build starts, the second one resumes, and the third one ends.
macro_rules! story {
    ($first:ident, $second:ident, $third:ident) => {{
        let ledger = Ledger::default();
        let left = leave($first::Order::new(ledger.clone()), 1, 30).await;
        let (engine, _) = left.deploy($second::Order::new(ledger.clone()), &ledger).await;
        tokio::time::sleep(Duration::from_mins(30)).await;
        engine.shutdown().await.unwrap_or_else(|error| panic!("{error}"));
        left.goes_on($third::Order::new(ledger.clone()), &ledger).await
    }};
}

#[tokio::test(start_paused = true)]
async fn without_was_the_stage_runs_again_under_its_old_key() {
    assert_eq!(story!(old, new, old), "a | | a end gives 3");
}

#[tokio::test(start_paused = true)]
async fn with_was_the_old_build_goes_on() {
    assert_eq!(story!(old, new, back), "a | | end gives 3");
}

#[tokio::test(start_paused = true)]
async fn with_an_undo_it_parks() {
    assert_eq!(
        story!(old_with_undo, new_with_undo, old_with_undo),
        "a | | parks: 'b' was done and would have to be undone, but its workflow no longer says how"
    );
}

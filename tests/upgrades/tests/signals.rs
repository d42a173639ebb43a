//! Signals that a new build adds, removes, renames, moves or changes.

use std::time::Duration;
use workflow_upgrade_tests::{Ledger, leave};

mod old {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] signal go: u32;
            #[undo(ledger.reverses(ctx))]
            stage a: u32 = *go + ledger.acts(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod added {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] signal go: u32;
            #[timeout(9h)] #[fallback(5)]
            signal more: u32;
            #[undo(ledger.reverses(ctx))]
            stage a: u32 = *go + ledger.acts(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a + *more } else { fail "planned" };
            *end
        }
    }
}

mod removed {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses(ctx))]
            #[after(early)] stage a: u32 = ledger.acts(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod renamed {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[timeout(9h)] #[fallback(5)]
            #[after(early)] signal start: u32;
            #[undo(ledger.reverses(ctx))]
            stage a: u32 = *start + ledger.acts(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod was {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[was(go)]
            #[timeout(9h)] #[fallback(5)]
            #[after(early)] signal start: u32;
            #[undo(ledger.reverses(ctx))]
            stage a: u32 = *start + ledger.acts(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod broken {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[timeout(9h)] #[fallback("none".to_owned())]
            #[after(early)] signal go: String;
            #[undo(ledger.reverses(ctx))]
            stage a: u32 = go.len() as u32 + ledger.acts(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod block {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = {
                signal go: u32;
                stage took: u32 = *go + ledger.acts(ctx);
                #[after(took)] stage rest = sleep(1h);
                #[after(rest)] stage gives: u32 = *took;
                *gives
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod outside {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[timeout(9h)] #[fallback(5)]
            signal go: u32;
            #[after(early)] stage a: u32 = {
                stage took: u32 = *go + ledger.acts(ctx);
                #[after(took)] stage rest = sleep(1h);
                #[after(rest)] stage gives: u32 = *took;
                *gives
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a + *go } else { fail "planned" };
            *end
        }
    }
}

/// Tests, one a line. The signal is sent with the start, or not at all.
macro_rules! signalled {
    ($($name:ident: $old:ident($input:expr) $sent:ident, at $minute:literal => $new:ident, $story:expr;)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let ledger = Ledger::default();
            let left = leave($old::Order::new(ledger.clone()), $input, 0).await;
            let (engine, run) = left.deploy($old::Order::new(ledger.clone()), &ledger).await;
            if stringify!($sent) == "sent" {
                run.signal($old::OrderSignal::Go(3)).await.unwrap_or_else(|error| panic!("{error}"));
            }
            tokio::time::sleep(Duration::from_mins($minute)).await;
            engine.shutdown().await.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(left.goes_on($new::Order::new(ledger.clone()), &ledger).await, $story);
        }
    )*};
}

signalled! {
    added_before: old(1) not_sent, at 90 => added, "| | waits";
    added_waits: old(1) sent, at 30 => added, "| | a gives 9";
    added_completed: old(1) sent, at 90 => added, "| a | gives 9";
    added_undone: old(0) sent, at 90 => added, "| a | undo a fails: stage 'end' of workflow 'Order' failed: planned";

    removed_before: old(1) not_sent, at 90 => removed, "| | a gives 1";
    removed_waits: old(1) sent, at 30 => removed, "| | parks: it was sent the signal 'go', which its workflow no longer has";
    removed_completed: old(1) sent, at 90 => removed, "| a | gives 4";
    removed_undone: old(0) sent, at 90 => removed, "| a | undo a fails: stage 'end' of workflow 'Order' failed: planned";

    renamed_before: old(1) not_sent, at 90 => renamed, "| | a gives 6";
    renamed_waits: old(1) sent, at 30 => renamed, "| | parks: it was sent the signal 'go', which its workflow no longer has";
    renamed_completed: old(1) sent, at 90 => renamed, "| a | gives 4";
    renamed_undone: old(0) sent, at 90 => renamed, "| a | undo a fails: stage 'end' of workflow 'Order' failed: planned";

    was_before: old(1) not_sent, at 90 => was, "| | a gives 6";
    was_waits: old(1) sent, at 30 => was, "| | a gives 4";
    was_completed: old(1) sent, at 90 => was, "| a | gives 4";
    was_undone: old(0) sent, at 90 => was, "| a | undo a fails: stage 'end' of workflow 'Order' failed: planned";

    broken_before: old(1) not_sent, at 90 => broken, "| | a gives 5";
    broken_waits: old(1) sent, at 30 => broken, "| | parks: signal 'go' that was sent to it can't be read: invalid type: integer `3`, expected a string at byte 1";
    broken_completed: old(1) sent, at 90 => broken, "| a | parks: what is stored of ':signal-go' can't be read: invalid type: integer `3`, expected a string at byte 1";
    broken_undone: old(0) sent, at 90 => broken, "| a | parks: what is stored of ':signal-go' can't be read: invalid type: integer `3`, expected a string at byte 1";

    out_of_block_before: block(1) not_sent, at 90 => outside, "| | took gives 11";
    out_of_block_waits: block(1) sent, at 30 => outside, "| | took gives 7";
    out_of_block_completed: block(1) sent, at 90 => outside, "| took | parks: ':signal-go' is on record as 'a/:signal-go', where its workflow no longer has it";
    out_of_completed_block: block(1) sent, at 150 => outside, "| took | parks: ':signal-go' was taken in 'a', where its workflow no longer has it";

    into_block_before: outside(1) not_sent, at 90 => block, "| | waits";
    into_block_waits: outside(1) sent, at 30 => block, "| | took gives 4";
    into_block_completed: outside(1) sent, at 90 => block, "| took | parks: 'a/:signal-go' is on record as ':signal-go', where its workflow no longer has it";
}

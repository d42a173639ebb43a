//! Timers, policies and undos that a new build changes.

use workflow_runtime::StageContext;
use workflow_upgrade_tests::{
    Ledger,
    builds::{plain, undone},
    cells,
};

/// Succeeds at the given attempt.
fn succeeds(ledger: &Ledger, ctx: &StageContext, attempt: u32) -> Result<u32, String> {
    _ = ledger.acts_at(ctx);
    if ctx.attempt() >= attempt { Ok(attempt) } else { Err("not yet".to_owned()) }
}

mod waits {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a = sleep(1h);
            #[undo(ledger.reverses(ctx))]
            #[after(a)] stage b: u32 = ledger.acts_at(ctx);
            #[after(b)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
            *end
        }
    }
}

mod shorter {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a = sleep(10min);
            #[undo(ledger.reverses(ctx))]
            #[after(a)] stage b: u32 = ledger.acts_at(ctx);
            #[after(b)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
            *end
        }
    }
}

mod longer {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a = sleep(5h);
            #[undo(ledger.reverses(ctx))]
            #[after(a)] stage b: u32 = ledger.acts_at(ctx);
            #[after(b)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
            *end
        }
    }
}

mod computed {
    use super::*;
    use std::time::Duration;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a = sleep(Duration::from_mins(5) * (*n + 1));
            #[undo(ledger.reverses(ctx))]
            #[after(a)] stage b: u32 = ledger.acts_at(ctx);
            #[after(b)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
            *end
        }
    }
}

mod retried {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[retry(3, fixed(1h))]
            #[deadline(10h)]
            #[after(early)] stage a: u32 = succeeds(ledger, ctx, *n);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if true { *a } else { fail "planned" };
            *end
        }
    }
}

mod retried_less {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[retry(1, fixed(1min))]
            #[deadline(10h)]
            #[after(early)] stage a: u32 = succeeds(ledger, ctx, *n);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if true { *a } else { fail "planned" };
            *end
        }
    }
}

mod shorter_deadline {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[retry(3, fixed(20min))]
            #[deadline(70min)]
            #[after(early)] stage a: u32 = succeeds(ledger, ctx, *n);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if true { *a } else { fail "planned" };
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
                stage one: u32 = ledger.acts(ctx);
                #[after(one)] stage two: u32 = ledger.takes_an_hour(ctx);
                *one + *two
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod retried_block {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[retry(2)]
            #[fallback(7)]
            #[after(early)] stage a: u32 = {
                stage one: u32 = ledger.acts(ctx);
                #[after(one)] stage two: u32 = ledger.takes_an_hour(ctx);
                *one + *two
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod other_undo {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.note("reversed otherwise"))]
            #[after(early)] stage a: u32 = ledger.takes_an_hour(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
            *end
        }
    }
}

mod armed {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx), on = attempt)]
            #[after(early)] stage a: u32 = ledger.takes_an_hour(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
            *end
        }
    }
}

cells! {
    shorter_before: waits(1) at 30 => shorter, "| b@70 end/:then gives 1";
    shorter_under_way: waits(1) at 90 => shorter, "| b@90 end/:then gives 1";
    shorter_completed: waits(1) at 150 => shorter, "b@120 | end/:then gives 1";
    shorter_undone: waits(0) at 150 => shorter, "b@120 | undo b fails: stage 'end' of workflow 'Order' failed: planned";

    longer_before: waits(1) at 30 => longer, "| b@360 end/:then gives 1";
    longer_under_way: waits(1) at 90 => longer, "| b@360 end/:then gives 1";
    longer_completed: waits(1) at 150 => longer, "b@120 | end/:then gives 1";
    longer_undone: waits(0) at 150 => longer, "b@120 | undo b fails: stage 'end' of workflow 'Order' failed: planned";

    computed_under_way: waits(1) at 90 => computed, "| b@120 end/:then gives 1";

    retries_before: retried(3) at 30 => retried_less, "| a@60 a@61 fails: stage 'a' of workflow 'Order' failed after 2 attempts: not yet";
    retries_under_way: retried(4) at 150 => retried_less, "a@60 a@120 | a@180 fails: stage 'a' of workflow 'Order' failed after 3 attempts: not yet";
    retries_completed: retried(1) at 90 => retried_less, "a@60 | gives 1";
    deadline_before: retried(9) at 30 => shorter_deadline, "| a@60 a@80 a@100 a@120 fails: stage 'a' of workflow 'Order' failed after 4 attempts: not yet";
    deadline_under_way: retried(4) at 150 => shorter_deadline, "a@60 a@120 | a@180 a@200 gives 4";
    deadline_passes: shorter_deadline(9) at 90 => retried, "a@60 a@80 | a@100 a@130 fails: stage 'a' of workflow 'Order' passed its deadline after 3 attempts: all its attempts together took longer than 70min";
    deadline_completed: retried(1) at 90 => shorter_deadline, "a@60 | gives 1";

    absorbs_before: block(1) at 30 => retried_block, "| one two gives 2";
    absorbs_under_way: block(1) at 90 => retried_block, "one two | two gives 2";
    absorbs_completed: block(1) at 150 => retried_block, "one two | gives 2";
    absorbs_no_more: retried_block(1) at 90 => block, "one two | two gives 2";

    undo_added_before: plain(1) at 30 => undone, "| a end/:then gives 1";
    undo_added_under_way: plain(1) at 90 => undone, "a | a end/:then gives 1";
    undo_added_completed: plain(1) at 150 => undone, "a | end/:then gives 1";
    undo_added_undone: plain(0) at 150 => undone, "a | undo a fails: stage 'end' of workflow 'Order' failed: planned";

    undo_removed_before: undone(1) at 30 => plain, "| a end/:then gives 1";
    undo_removed_under_way: undone(1) at 90 => plain, "a | a end/:then gives 1";
    undo_removed_completed: undone(1) at 150 => plain, "a | parks: 'a' was done and would have to be undone, but its workflow no longer says how";
    undo_removed_undone: undone(0) at 210 => plain, "a undo a | parks: 'a' was done and would have to be undone, but its workflow no longer says how";

    undo_changed_before: undone(1) at 30 => other_undo, "| a end/:then gives 1";
    undo_changed_under_way: undone(1) at 90 => other_undo, "a | a end/:then gives 1";
    undo_changed_completed: undone(1) at 150 => other_undo, "a | end/:then gives 1";
    undo_changed_undone: undone(0) at 150 => other_undo, "a | reversed otherwise fails: stage 'end' of workflow 'Order' failed: planned";

    armed_before: undone(1) at 30 => armed, "| a end/:then gives 1";
    armed_under_way: undone(1) at 90 => armed, "a | a end/:then gives 1";
    armed_completed: undone(1) at 150 => armed, "a | end/:then gives 1";
    armed_undone: undone(0) at 210 => armed, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";

    armed_no_more_before: armed(1) at 30 => undone, "| a end/:then gives 1";
    armed_no_more_under_way: armed(1) at 90 => undone, "a | a end/:then gives 1";
    armed_no_more_completed: armed(1) at 150 => undone, "a | end/:then gives 1";
    armed_no_more_undone: armed(0) at 210 => undone, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";
}

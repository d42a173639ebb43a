//! Conditions that a new build words otherwise, around a block that has something to undo.

use workflow_upgrade_tests::{Ledger, cells};

mod held {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = {
                #[when(*n < 2)]
                stage inner: Option<u32> = {
                    #[undo(ledger.reverses(ctx))] stage low: u32 = ledger.acts(ctx);
                    #[after(low)] stage rest = sleep(1h);
                    #[after(rest)] stage all: u32 = *low;
                    *all
                };
                inner.unwrap_or(5)
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod held_reworded {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = {
                #[when(*n > 2 && *n < 5)]
                stage inner: Option<u32> = {
                    #[undo(ledger.reverses(ctx))] stage low: u32 = ledger.acts(ctx);
                    #[after(low)] stage rest = sleep(1h);
                    #[after(rest)] stage all: u32 = *low;
                    *all
                };
                inner.unwrap_or(5)
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod matched {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = {
                #[when(let Some(m) = n.checked_add(1))]
                stage inner: Option<u32> = {
                    #[undo(ledger.reverses(ctx))] stage low: u32 = ledger.acts(ctx);
                    #[after(low)] stage rest = sleep(1h);
                    #[after(rest)] stage all: u32 = *low + m - m;
                    *all
                };
                inner.unwrap_or(5)
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod matched_reworded {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = {
                #[when(let Some(m) = n.checked_sub(2))]
                stage inner: Option<u32> = {
                    #[undo(ledger.reverses(ctx))] stage low: u32 = ledger.acts(ctx);
                    #[after(low)] stage rest = sleep(1h);
                    #[after(rest)] stage all: u32 = *low + m - m;
                    *all
                };
                inner.unwrap_or(5)
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod branch {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = if *n < 2 {
                #[undo(ledger.reverses(ctx))] stage low: u32 = ledger.acts(ctx);
                #[after(low)] stage rest = sleep(1h);
                #[after(rest)] stage all: u32 = *low;
                *all
            } else {
                5
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod branch_reworded {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = if *n > 2 {
                #[undo(ledger.reverses(ctx))] stage low: u32 = ledger.acts(ctx);
                #[after(low)] stage rest = sleep(1h);
                #[after(rest)] stage all: u32 = *low;
                *all
            } else {
                5
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

cells! {
    held_before: held(1) at 30 => held_reworded, "| gives 5";
    held_under_way: held(1) at 90 => held_reworded, "low | parks: 'a/inner/:value-76157887' is on record, and 'a/inner' would end without it";
    held_completed: held(1) at 150 => held_reworded, "low | gives 1";
    held_undone: held(0) at 150 => held_reworded, "low | undo low fails: stage 'end' of workflow 'Order' failed: planned";
    held_being_undone: held(0) at 210 => held_reworded, "low undo low | fails: stage 'end' of workflow 'Order' failed: planned";

    matched_before: matched(1) at 30 => matched_reworded, "| gives 5";
    matched_under_way: matched(1) at 90 => matched_reworded, "low | parks: 'a/inner/low' is on record, and 'a/inner' would end without it";
    matched_completed: matched(1) at 150 => matched_reworded, "low | gives 1";
    matched_undone: matched(0) at 150 => matched_reworded, "low | parks: 'a/inner/low' was done and would have to be undone, but its workflow no longer comes to it";

    branch_before: branch(1) at 30 => branch_reworded, "| gives 5";
    branch_under_way: branch(1) at 90 => branch_reworded, "low | parks: 'a/:choice-76157887' is on record, and 'a/:choice-1ce61b5d' would be decided without it";
    branch_completed: branch(1) at 150 => branch_reworded, "low | gives 1";
    branch_undone: branch(0) at 150 => branch_reworded, "low | parks: 'a/low' was done and would have to be undone, but its workflow no longer comes to it";
}

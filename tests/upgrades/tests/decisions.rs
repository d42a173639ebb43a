//! Decisions that a new build takes otherwise: branches, conditions, `let`s.

use workflow_upgrade_tests::{Ledger, builds::when, cells};

mod arms {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = match *n {
                0 | 1 => {
                    #[undo(ledger.reverses_in_an_hour(ctx))] stage low: u32 = ledger.takes_an_hour(ctx);
                    *low
                }
                _ => 5,
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod plain_arms {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = match *n {
                0 | 1 => {
                    stage low: u32 = ledger.takes_an_hour(ctx);
                    *low
                }
                _ => 5,
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod arm_added {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = match *n {
                7 => 7,
                0 | 1 => {
                    #[undo(ledger.reverses_in_an_hour(ctx))] stage low: u32 = ledger.takes_an_hour(ctx);
                    *low
                }
                _ => 5,
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod arm_removed {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with _ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = match *n {
                9 => 9,
                _ => 5,
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod arm_reworded {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = match *n {
                0..2 => {
                    #[undo(ledger.reverses_in_an_hour(ctx))] stage low: u32 = ledger.takes_an_hour(ctx);
                    *low
                }
                _ => 5,
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
            #[after(early)] stage a: u32 = match n + 0 {
                0 | 1 => {
                    #[undo(ledger.reverses_in_an_hour(ctx))] stage low: u32 = ledger.takes_an_hour(ctx);
                    *low
                }
                _ => 5,
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod condition {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[when(*n < 2)]
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: Option<u32> = ledger.takes_an_hour(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.unwrap_or(5) } else { fail "planned" };
            *end
        }
    }
}

mod value {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            let price: u32 = *n + 1;
            #[after(early)] stage a: u32 = { stage b: u32 = ledger.takes_an_hour(ctx); *b + *price };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a + *price } else { fail "planned" };
            *end
        }
    }
}

mod value_changed {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            let price: u32 = *n + 2;
            #[after(early)] stage a: u32 = { stage b: u32 = ledger.takes_an_hour(ctx); *b + *price };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a + *price } else { fail "planned" };
            *end
        }
    }
}

cells! {
    arm_added_before: arms(1) at 30 => arm_added, "| low gives 1";
    arm_added_under_way: arms(1) at 90 => arm_added, "low | low gives 1";
    arm_added_completed: arms(1) at 150 => arm_added, "low | gives 1";
    arm_added_undone: arms(0) at 210 => arm_added, "low undo low | undo low fails: stage 'end' of workflow 'Order' failed: planned";

    arm_removed_before: arms(1) at 30 => arm_removed, "| gives 5";
    arm_removed_under_way: plain_arms(1) at 90 => arm_removed, "low | parks: 'a/:choice-63decfa9' was decided as '0 | 1' before, and would be '_' now";
    arm_removed_completed: plain_arms(1) at 150 => arm_removed, "low | gives 1";
    arm_removed_undone: arms(0) at 210 => arm_removed, "low undo low | parks: 'a/low' was done and would have to be undone, but its workflow no longer says how";
    arm_not_taken_removed: arms(7) at 90 => arm_removed, "| gives 5";

    arm_reworded_before: arms(1) at 30 => arm_reworded, "| low gives 1";
    arm_reworded_under_way: arms(1) at 90 => arm_reworded, "low | parks: 'a/:choice-63decfa9' was decided as '0 | 1' before, and would be '0..2' now";
    arm_reworded_completed: plain_arms(1) at 150 => arm_reworded, "low | gives 1";
    arm_reworded_undone: arms(0) at 210 => arm_reworded, "low undo low | parks: 'a/:choice-63decfa9' was decided as '0 | 1' before, and would be '0..2' now";

    matched_reworded_before: arms(1) at 30 => matched_reworded, "| low gives 1";
    matched_reworded_under_way: arms(1) at 90 => matched_reworded, "low | parks: 'a/:choice-63decfa9' is on record, and 'a/:choice-66948c68-2' would be decided without it";
    matched_reworded_completed: plain_arms(1) at 150 => matched_reworded, "low | gives 1";
    matched_reworded_undone: arms(0) at 210 => matched_reworded, "low undo low | parks: 'a/low' was done and would have to be undone, but its workflow no longer comes to it";

    condition_before: condition(1) at 30 => when, "| gives 5";
    condition_under_way: condition(1) at 90 => when, "a | parks: 'a/:value-76157887' is on record, and 'a' would end without it";
    condition_completed: condition(1) at 150 => when, "a | gives 1";
    condition_undone: condition(0) at 210 => when, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";
    condition_did_not_hold: condition(5) at 90 => when, "| gives 5";

    value_before: value(1) at 30 => value_changed, "| b gives 7";
    value_under_way: value(1) at 90 => value_changed, "b | b gives 7";
    value_completed: value(1) at 150 => value_changed, "b | parks: `let price` is no longer what it was when it was first evaluated";
}

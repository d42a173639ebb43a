//! Stages that a new build adds, removes, renames or moves.

use workflow_upgrade_tests::{
    Ledger,
    builds::{plain, undone},
    cells,
};

mod added {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage new: u32 = ledger.acts(ctx);
            #[after(new)] stage calm: u32 = ledger.acts(ctx);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(calm)] stage a: u32 = ledger.takes_an_hour(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
            *end
        }
    }
}

mod added_beside {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage new: u32 = ledger.acts(ctx);
            #[after(early)] stage calm: u32 = ledger.acts(ctx);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: u32 = ledger.takes_an_hour(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *new + *calm } else { fail "planned" };
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

            #[after(early)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
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
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage b: u32 = ledger.takes_an_hour(ctx);
            #[after(b)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
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
            #[was(a)]
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage b: u32 = ledger.takes_an_hour(ctx);
            #[after(b)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
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
            #[after(early)] stage block: u32 = {
                #[undo(ledger.reverses_in_an_hour(ctx))]
                stage a: u32 = ledger.takes_an_hour(ctx);
                *a
            };
            #[after(block)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
            *end
        }
    }
}

mod plain_block {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage block: u32 = {
                stage a: u32 = ledger.acts(ctx);
                #[after(a)] stage rest = sleep(1h);
                #[after(rest)] stage gives: u32 = *a;
                *gives
            };
            #[after(block)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
            *end
        }
    }
}

mod longer_block {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage block: u32 = {
                #[undo(ledger.reverses_in_an_hour(ctx))]
                stage new: u32 = ledger.acts(ctx);
                #[undo(ledger.reverses_in_an_hour(ctx))]
                stage a: u32 = ledger.takes_an_hour(ctx);
                *a + *new
            };
            #[after(block)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
            *end
        }
    }
}

mod rounds {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[max(3)]
            #[after(early)] stage rounds: u32 = loop so_far: u32 = 0 {
                #[undo(ledger.reverses_in_an_hour(ctx))]
                stage a: u32 = ledger.takes_an_hour(ctx);
                if so_far + *a > 1 { break *so_far } else { continue so_far + *a }
            };
            #[after(rounds)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
            *end
        }
    }
}

mod reordered {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
            #[after(early)] stage late = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(end)] stage a: u32 = ledger.takes_an_hour(ctx);
            stage early = sleep(1h);
            *end + *a
        }
    }
}

cells! {
    added_before: undone(1) at 30 => added, "| new calm a end/:then gives 1";
    added_under_way: undone(1) at 90 => added, "a | new calm a end/:then gives 1";
    added_completed: undone(1) at 150 => added, "a | new calm end/:then gives 1";
    added_undone: undone(0) at 210 => added_beside, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";
    added_before_undone: undone(0) at 210 => added, "a undo a | parks: 'a' was done and would have to be undone, but its workflow no longer comes to it";

    added_inside_before: block(1) at 30 => longer_block, "| new a end/:then gives 1";
    added_inside_under_way: block(1) at 90 => longer_block, "a | new a end/:then gives 1";
    added_inside_completed: block(1) at 150 => longer_block, "a | end/:then gives 1";
    added_inside_undone: block(0) at 210 => longer_block, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";

    removed_before: undone(1) at 30 => removed, "| end/:then gives 1";
    removed_under_way: undone(1) at 90 => removed, "a | end/:then gives 1";
    removed_completed: plain(1) at 150 => removed, "a | end/:then gives 1";
    removed_undone: undone(0) at 210 => removed, "a undo a | parks: 'a' was done and would have to be undone, but its workflow no longer says how";
    removed_with_undo: undone(1) at 150 => removed, "a | parks: 'a' was done and would have to be undone, but its workflow no longer says how";

    renamed_before: undone(1) at 30 => renamed, "| b end/:then gives 1";
    renamed_under_way: undone(1) at 90 => renamed, "a | b end/:then gives 1";
    renamed_completed: plain(1) at 150 => renamed, "a | b end/:then gives 1";
    renamed_with_undo: undone(1) at 150 => renamed, "a | parks: 'a' was done and would have to be undone, but its workflow no longer says how";
    renamed_undone: undone(0) at 210 => renamed, "a undo a | parks: 'a' was done and would have to be undone, but its workflow no longer says how";

    was_before: undone(1) at 30 => was, "| a end/:then gives 1";
    was_under_way: undone(1) at 90 => was, "a | a end/:then gives 1";
    was_completed: undone(1) at 150 => was, "a | end/:then gives 1";
    was_undone: undone(0) at 210 => was, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";
    was_fails: undone(0) at 150 => was, "a | undo a fails: stage 'end' of workflow 'Order' failed: planned";

    into_block_before: undone(1) at 30 => block, "| a end/:then gives 1";
    into_block_under_way: undone(1) at 90 => block, "a | a end/:then gives 1";
    into_block_completed: undone(1) at 150 => block, "a | parks: 'block/a' is on record as 'a', where its workflow no longer has it";
    into_block_undone: undone(0) at 210 => block, "a undo a | parks: 'block/a' is on record as 'a', where its workflow no longer has it";

    out_of_block_before: block(1) at 30 => undone, "| a end/:then gives 1";
    out_of_block_under_way: block(1) at 90 => undone, "a | a end/:then gives 1";
    out_of_block_completed: block(1) at 150 => undone, "a | parks: 'a' is on record as 'block/a', where its workflow no longer has it";
    out_of_block_undone: block(0) at 210 => undone, "a undo a | parks: 'a' is on record as 'block/a', where its workflow no longer has it";
    out_of_plain_block: plain_block(1) at 90 => plain, "a | parks: 'a' is on record as 'block/a', where its workflow no longer has it";
    out_of_completed_block: plain_block(1) at 150 => plain, "a | parks: 'a' was done as a part of 'block', where its workflow no longer has it";

    into_loop_before: undone(1) at 30 => rounds, "| rounds[0]/a rounds[1]/a end/:then gives 1";
    into_loop_under_way: undone(1) at 90 => rounds, "a | rounds[0]/a rounds[1]/a end/:then gives 1";
    into_loop_completed: undone(1) at 150 => rounds, "a | parks: 'rounds/0/a' is on record as 'a', where its workflow no longer has it";
    into_loop_undone: undone(0) at 210 => rounds, "a undo a | parks: 'a' was done and would have to be undone, but its workflow no longer comes to it";

    out_of_loop_before: rounds(1) at 30 => undone, "| a end/:then gives 1";
    out_of_loop_under_way: rounds(1) at 90 => undone, "rounds[0]/a | a end/:then gives 1";
    out_of_loop_completed: rounds(1) at 210 => undone, "rounds[0]/a rounds[1]/a | parks: 'a' is on record as 'rounds/0/a', where its workflow no longer has it";
    out_of_loop_undone: rounds(0) at 270 => undone, "rounds[0]/a rounds[1]/a undo rounds[1]/a | parks: 'a' is on record as 'rounds/0/a', where its workflow no longer has it";

    reordered_before: undone(1) at 30 => reordered, "| end/:then a gives 2";
    reordered_under_way: undone(1) at 90 => reordered, "a | end/:then a gives 2";
    reordered_completed: undone(1) at 150 => reordered, "a | end/:then gives 2";
    reordered_undone: undone(0) at 210 => reordered, "a undo a | parks: 'a' was done and would have to be undone, but its workflow no longer comes to it";
}

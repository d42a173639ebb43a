//! Loops and fan-outs that a new build runs otherwise.

use workflow_upgrade_tests::{Ledger, cells};

/// Two rounds of an hour.
mod rounds {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[max(5)]
            #[after(early)] stage a: u32 = loop sum: u32 = 0 {
                #[undo(ledger.reverses(ctx))]
                stage step: u32 = ledger.acts(ctx);
                #[after(step)] stage rest = sleep(1h);
                #[after(rest)] stage next: u32 = *sum + *step;
                if *next > 1 { break *next } else { continue *next }
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod plain_rounds {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[max(5)]
            #[after(early)] stage a: u32 = loop sum: u32 = 0 {
                stage step: u32 = ledger.acts(ctx);
                #[after(step)] stage rest = sleep(1h);
                #[after(rest)] stage next: u32 = *sum + *step;
                if *next > 1 { break *next } else { continue *next }
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod longer_rounds {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[max(5)]
            #[after(early)] stage a: u32 = loop sum: u32 = 0 {
                #[undo(ledger.reverses(ctx))]
                stage more: u32 = ledger.acts(ctx);
                #[undo(ledger.reverses(ctx))]
                stage step: u32 = ledger.acts(ctx);
                #[after(step)] stage rest = sleep(1h);
                #[after(rest, more)] stage next: u32 = *sum + *step;
                if *next > 1 { break *next } else { continue *next }
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod longer_plain_rounds {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[max(5)]
            #[after(early)] stage a: u32 = loop sum: u32 = 0 {
                stage more: u32 = ledger.acts(ctx);
                stage step: u32 = ledger.acts(ctx);
                #[after(step)] stage rest = sleep(1h);
                #[after(rest, more)] stage next: u32 = *sum + *step;
                if *next > 1 { break *next } else { continue *next }
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod other_state {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[max(5)]
            #[after(early)] stage a: u32 = loop sum: String = String::new() {
                stage step: u32 = ledger.acts(ctx);
                #[after(step)] stage rest = sleep(1h);
                #[after(rest)] stage next: String = format!("{sum}{step}");
                if next.len() > 1 { break next.len() as u32 } else { continue next.clone() }
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod fewer_rounds {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[max(1)]
            #[after(early)] stage a: u32 = loop sum: u32 = 0 {
                #[undo(ledger.reverses(ctx))]
                stage step: u32 = ledger.acts(ctx);
                #[after(step)] stage rest = sleep(1h);
                #[after(rest)] stage next: u32 = *sum + *step;
                if *next > 1 { break *next } else { continue *next }
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod fewer_plain_rounds {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[max(1)]
            #[after(early)] stage a: u32 = loop sum: u32 = 0 {
                stage step: u32 = ledger.acts(ctx);
                #[after(step)] stage rest = sleep(1h);
                #[after(rest)] stage next: u32 = *sum + *step;
                if *next > 1 { break *next } else { continue *next }
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod once {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = ledger.takes_an_hour(ctx);
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
                stage step: u32 = ledger.acts(ctx);
                *step
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

/// Two items, one after the other, of an hour each.
mod items {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[concurrency(1)]
            #[after(early)] stage a: Vec<u32> = for item in [1_u32, 2] {
                #[undo(ledger.reverses(ctx))]
                stage step: u32 = ledger.acts(ctx);
                #[after(step)] stage rest = sleep(1h);
                #[after(rest)] stage next: u32 = *step + item;
                *next
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.iter().sum::<u32>() } else { fail "planned" };
            *end
        }
    }
}

mod plain_items {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[concurrency(1)]
            #[after(early)] stage a: Vec<u32> = for item in [1_u32, 2] {
                stage step: u32 = ledger.acts(ctx);
                #[after(step)] stage rest = sleep(1h);
                #[after(rest)] stage next: u32 = *step + item;
                *next
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.iter().sum::<u32>() } else { fail "planned" };
            *end
        }
    }
}

mod item_added {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[concurrency(1)]
            #[after(early)] stage a: Vec<u32> = for item in [1_u32, 2, 3] {
                #[undo(ledger.reverses(ctx))]
                stage step: u32 = ledger.acts(ctx);
                #[after(step)] stage rest = sleep(1h);
                #[after(rest)] stage next: u32 = *step + item;
                *next
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.iter().sum::<u32>() } else { fail "planned" };
            *end
        }
    }
}

mod item_added_plain {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[concurrency(1)]
            #[after(early)] stage a: Vec<u32> = for item in [1_u32, 2, 3] {
                stage step: u32 = ledger.acts(ctx);
                #[after(step)] stage rest = sleep(1h);
                #[after(rest)] stage next: u32 = *step + item;
                *next
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.iter().sum::<u32>() } else { fail "planned" };
            *end
        }
    }
}

mod item_removed {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[concurrency(1)]
            #[after(early)] stage a: Vec<u32> = for item in [2_u32] {
                #[undo(ledger.reverses(ctx))]
                stage step: u32 = ledger.acts(ctx);
                #[after(step)] stage rest = sleep(1h);
                #[after(rest)] stage next: u32 = *step + item;
                *next
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.iter().sum::<u32>() } else { fail "planned" };
            *end
        }
    }
}

mod item_removed_plain {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[concurrency(1)]
            #[after(early)] stage a: Vec<u32> = for item in [2_u32] {
                stage step: u32 = ledger.acts(ctx);
                #[after(step)] stage rest = sleep(1h);
                #[after(rest)] stage next: u32 = *step + item;
                *next
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.iter().sum::<u32>() } else { fail "planned" };
            *end
        }
    }
}

mod items_reordered {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[concurrency(1)]
            #[after(early)] stage a: Vec<u32> = for item in [2_u32, 1] {
                #[undo(ledger.reverses(ctx))]
                stage step: u32 = ledger.acts(ctx);
                #[after(step)] stage rest = sleep(1h);
                #[after(rest)] stage next: u32 = *step + item;
                *next
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.iter().sum::<u32>() } else { fail "planned" };
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
            #[max(5)]
            #[after(early)] stage a: u32 = loop sum: u32 = 0 {
                stage part: u32 = if *n < 5 {
                    #[undo(ledger.reverses(ctx))] stage step: u32 = ledger.acts(ctx);
                    *step
                } else {
                    7
                };
                #[after(part)] stage rest = sleep(1h);
                #[after(rest)] stage next: u32 = *sum + *part;
                if *next > 1 { break *next } else { continue *next }
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
            #[max(5)]
            #[after(early)] stage a: u32 = loop sum: u32 = 0 {
                stage part: u32 = if *n > 5 {
                    #[undo(ledger.reverses(ctx))] stage step: u32 = ledger.acts(ctx);
                    *step
                } else {
                    7
                };
                #[after(part)] stage rest = sleep(1h);
                #[after(rest)] stage next: u32 = *sum + *part;
                if *next > 1 { break *next } else { continue *next }
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

cells! {
    longer_before: rounds(1) at 30 => longer_rounds, "| a[0]/more a[0]/step a[1]/more a[1]/step gives 2";
    longer_under_way: plain_rounds(1) at 150 => longer_plain_rounds, "a[0]/step a[1]/step | a[1]/more gives 2";
    longer_completed: plain_rounds(1) at 210 => longer_plain_rounds, "a[0]/step a[1]/step | gives 2";
    longer_undone: rounds(0) at 210 => longer_rounds, "a[0]/step a[1]/step | undo a[1]/step undo a[0]/step fails: stage 'end' of workflow 'Order' failed: planned";
    longer_with_undo: rounds(1) at 150 => longer_rounds, "a[0]/step a[1]/step | a[1]/more gives 2";

    condition_before: branch(1) at 30 => branch_reworded, "| gives 7";
    condition_under_way: branch(1) at 70 => branch_reworded, "a[0]/step | parks: 'a/0/part/step/:reversible' is on record, and 'a' would end without it";
    condition_completed: branch(1) at 210 => branch_reworded, "a[0]/step a[1]/step | gives 2";
    condition_undone: branch(0) at 210 => branch_reworded, "a[0]/step a[1]/step | parks: 'a/0/part/step' was done and would have to be undone, but its workflow no longer comes to it";

    undo_in_loop_before: plain_rounds(1) at 30 => rounds, "| a[0]/step a[1]/step gives 2";
    undo_in_loop_under_way: plain_rounds(1) at 150 => rounds, "a[0]/step a[1]/step | gives 2";
    undo_in_loop_completed: plain_rounds(1) at 210 => rounds, "a[0]/step a[1]/step | gives 2";
    undo_in_loop_undone: plain_rounds(0) at 210 => rounds, "a[0]/step a[1]/step | fails: stage 'end' of workflow 'Order' failed: planned";

    state_before: plain_rounds(1) at 30 => other_state, "| a[0]/step a[1]/step gives 2";
    state_under_way: plain_rounds(1) at 150 => other_state, "a[0]/step a[1]/step | parks: what is stored of 'a/1/:state' can't be read: invalid type: integer `1`, expected a string at byte 1";
    state_completed: plain_rounds(1) at 210 => other_state, "a[0]/step a[1]/step | gives 2";
    state_undone: rounds(0) at 210 => other_state, "a[0]/step a[1]/step | parks: 'a/0/step' was done and would have to be undone, but its workflow no longer says how";

    fewer_before: rounds(1) at 30 => fewer_rounds, "| a[0]/step undo a[0]/step fails: stage 'a' of workflow 'Order' exceeded its limit of rounds: no `break` in 1 rounds";
    fewer_under_way: plain_rounds(1) at 150 => fewer_plain_rounds, "a[0]/step a[1]/step | fails: stage 'a' of workflow 'Order' exceeded its limit of rounds: no `break` in 1 rounds";
    fewer_completed: plain_rounds(1) at 210 => fewer_plain_rounds, "a[0]/step a[1]/step | gives 2";
    fewer_undone: rounds(0) at 210 => fewer_rounds, "a[0]/step a[1]/step | parks: 'a/1/step' was done and would have to be undone, but its workflow no longer comes to it";
    fewer_with_undo: rounds(1) at 150 => fewer_rounds, "a[0]/step a[1]/step | parks: 'a/1/step' was done and would have to be undone, but its workflow no longer comes to it";

    of_loop_before: rounds(1) at 30 => once, "| a gives 1";
    of_loop_under_way: plain_rounds(1) at 150 => once, "a[0]/step a[1]/step | parks: 'a/:round' is on record, and 'a' would begin without it";
    of_loop_to_block: plain_rounds(1) at 150 => block, "a[0]/step a[1]/step | parks: 'a/step' is on record as 'a/1/step', where its workflow no longer has it";
    of_loop_completed: plain_rounds(1) at 210 => once, "a[0]/step a[1]/step | gives 2";
    of_loop_undone: rounds(0) at 210 => once, "a[0]/step a[1]/step | parks: 'a/0/step' was done and would have to be undone, but its workflow no longer says how";

    to_loop_before: once(1) at 30 => rounds, "| a[0]/step a[1]/step gives 2";
    to_loop_under_way: once(1) at 90 => rounds, "a | a[0]/step a[1]/step gives 2";
    to_loop_completed: once(1) at 150 => rounds, "a | gives 1";
    to_loop_undone: once(0) at 150 => rounds, "a | fails: stage 'end' of workflow 'Order' failed: planned";

    item_added_before: items(1) at 30 => item_added, "| a[0]/step a[1]/step a[2]/step gives 9";
    item_added_under_way: plain_items(1) at 150 => item_added_plain, "a[0]/step a[1]/step | parks: 'a/:items' are no longer those that it began with";
    item_added_completed: plain_items(1) at 210 => item_added_plain, "a[0]/step a[1]/step | gives 5";
    item_added_undone: items(0) at 210 => item_added, "a[0]/step a[1]/step | parks: 'a/:items' are no longer those that it began with";

    item_removed_before: items(1) at 30 => item_removed, "| a[0]/step gives 3";
    item_removed_under_way: plain_items(1) at 150 => item_removed_plain, "a[0]/step a[1]/step | parks: 'a/:items' are no longer those that it began with";
    item_removed_completed: plain_items(1) at 210 => item_removed_plain, "a[0]/step a[1]/step | gives 5";
    item_removed_undone: items(0) at 210 => item_removed, "a[0]/step a[1]/step | parks: 'a/:items' are no longer those that it began with";

    reordered_before: items(1) at 30 => items_reordered, "| a[0]/step a[1]/step gives 5";
    reordered_under_way: items(1) at 90 => items_reordered, "a[0]/step | a[1]/step gives 5";
    reordered_completed: items(1) at 210 => items_reordered, "a[0]/step a[1]/step | gives 5";
    reordered_undone: items(0) at 210 => items_reordered, "a[0]/step a[1]/step | undo a[1]/step undo a[0]/step fails: stage 'end' of workflow 'Order' failed: planned";
}

//! Decisions that a new build takes otherwise: branches, conditions, members, heads, `let`s.

use workflow_upgrade_tests::{Ledger, cells};

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

mod condition_reworded {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[when(*n > 2)]
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: Option<u32> = ledger.takes_an_hour(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.unwrap_or(5) } else { fail "planned" };
            *end
        }
    }
}

mod members {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage both: Vec<u32> = quorum(2) {
                { #[undo(ledger.reverses(ctx))] stage one: u32 = ledger.acts(ctx); *one },
                { #[undo(ledger.reverses(ctx))] stage two: u32 = ledger.takes_an_hour(ctx); *two },
            };
            #[after(both)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { both.len() as u32 } else { fail "planned" };
            *end
        }
    }
}

mod member_added {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage both: Vec<u32> = quorum(2) {
                { #[undo(ledger.reverses(ctx))] stage three: u32 = ledger.takes_an_hour(ctx); *three },
                { #[undo(ledger.reverses(ctx))] stage two: u32 = ledger.takes_an_hour(ctx); *two },
                { #[undo(ledger.reverses(ctx))] stage one: u32 = ledger.acts(ctx); *one },
            };
            #[after(both)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { both.len() as u32 } else { fail "planned" };
            *end
        }
    }
}

mod plain_members {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage both: Vec<u32> = quorum(2) {
                ledger.one(ctx),
                ledger.takes_an_hour(ctx),
            };
            #[after(both)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { both.len() as u32 } else { fail "planned" };
            *end
        }
    }
}

mod member_removed {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage both: Vec<u32> = quorum(2) {
                ledger.takes_an_hour(ctx),
                ledger.three(ctx),
            };
            #[after(both)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { both.len() as u32 } else { fail "planned" };
            *end
        }
    }
}

mod racers {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = race {
                {
                    #[undo(ledger.reverses(ctx))] stage one: u32 = ledger.acts(ctx);
                    #[after(one)] stage one_rests = sleep(1h);
                    #[after(one_rests)] stage one_gives: u32 = *one;
                    *one_gives
                },
                {
                    #[undo(ledger.reverses(ctx))] stage two: u32 = ledger.acts(ctx);
                    #[after(two)] stage two_rests = sleep(3h);
                    #[after(two_rests)] stage two_gives: u32 = *two;
                    *two_gives
                },
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod racer_added {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = race {
                {
                    #[undo(ledger.reverses(ctx))] stage three: u32 = ledger.acts(ctx);
                    #[after(three)] stage three_rests = sleep(5h);
                    #[after(three_rests)] stage three_gives: u32 = *three;
                    *three_gives
                },
                {
                    #[undo(ledger.reverses(ctx))] stage two: u32 = ledger.acts(ctx);
                    #[after(two)] stage two_rests = sleep(3h);
                    #[after(two_rests)] stage two_gives: u32 = *two;
                    *two_gives
                },
                {
                    #[undo(ledger.reverses(ctx))] stage one: u32 = ledger.acts(ctx);
                    #[after(one)] stage one_rests = sleep(1h);
                    #[after(one_rests)] stage one_gives: u32 = *one;
                    *one_gives
                },
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod plain_racers {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = race {
                {
                    stage one: u32 = ledger.acts(ctx);
                    #[after(one)] stage one_rests = sleep(1h);
                    #[after(one_rests)] stage one_gives: u32 = *one;
                    *one_gives
                },
                {
                    stage two: u32 = ledger.acts(ctx);
                    #[after(two)] stage two_rests = sleep(3h);
                    #[after(two_rests)] stage two_gives: u32 = *two;
                    *two_gives
                },
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod racer_removed {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = race {
                {
                    stage two: u32 = ledger.acts(ctx);
                    #[after(two)] stage two_rests = sleep(3h);
                    #[after(two_rests)] stage two_gives: u32 = *two;
                    *two_gives
                },
                {
                    stage three: u32 = ledger.acts(ctx);
                    #[after(three)] stage three_rests = sleep(5h);
                    #[after(three_rests)] stage three_gives: u32 = *three;
                    *three_gives
                },
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod heads {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = select {
                asked: u32 = {
                    #[undo(ledger.reverses(ctx))] stage asks: u32 = ledger.acts(ctx);
                    #[after(asks)] stage rest = sleep(1h);
                    #[after(rest)] stage answered: u32 = *asks;
                    *answered
                } => {
                    stage then = sleep(1h);
                    #[after(then)] stage more: u32 = asked + 1;
                    *more
                },
                sleep(9h) => 5,
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod plain_heads {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = select {
                asked: u32 = {
                    stage asks: u32 = ledger.acts(ctx);
                    #[after(asks)] stage rest = sleep(1h);
                    #[after(rest)] stage answered: u32 = *asks;
                    *answered
                } => {
                    stage then = sleep(1h);
                    #[after(then)] stage more: u32 = asked + 1;
                    *more
                },
                sleep(9h) => 5,
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod head_added {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = select {
                sleep(9h) => 5,
                new: u32 = {
                    #[undo(ledger.reverses(ctx))] stage news: u32 = ledger.takes_an_hour(ctx);
                    *news
                } => *new,
                asked: u32 = {
                    #[undo(ledger.reverses(ctx))] stage asks: u32 = ledger.acts(ctx);
                    #[after(asks)] stage rest = sleep(1h);
                    #[after(rest)] stage answered: u32 = *asks;
                    *answered
                } => {
                    stage then = sleep(1h);
                    #[after(then)] stage more: u32 = asked + 1;
                    *more
                },
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod head_removed {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = select {
                new: u32 = {
                    #[undo(ledger.reverses(ctx))] stage news: u32 = ledger.takes_an_hour(ctx);
                    *news
                } => *new,
                sleep(9h) => 5,
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
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

    condition_before: condition(1) at 30 => condition_reworded, "| gives 5";
    condition_under_way: condition(1) at 90 => condition_reworded, "a | parks: 'a/:value-76157887' is on record, and 'a' would end without it";
    condition_completed: condition(1) at 150 => condition_reworded, "a | gives 1";
    condition_undone: condition(0) at 210 => condition_reworded, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";
    condition_did_not_hold: condition(5) at 90 => condition_reworded, "| gives 5";

    member_added_before: members(1) at 30 => member_added, "| three two one undo two gives 2";
    member_added_under_way: members(1) at 90 => member_added, "one two | three two undo two gives 2";
    member_added_completed: members(1) at 150 => member_added, "one two | gives 2";
    member_added_fails: members(0) at 150 => member_added, "one two | undo two undo one fails: stage 'end' of workflow 'Order' failed: planned";

    member_removed_before: plain_members(1) at 30 => member_removed, "| both/:member-c4484809 both/:member-ea252032 gives 2";
    member_removed_under_way: plain_members(1) at 90 => member_removed, "both/:member-34089f9a both/:member-c4484809 | parks: 'both/:member-34089f9a' is on record, and 'both' has no such member any more";
    member_removed_completed: plain_members(1) at 150 => member_removed, "both/:member-34089f9a both/:member-c4484809 | gives 2";
    member_removed_undone: members(0) at 150 => member_removed, "one two | parks: 'both/one' was done and would have to be undone, but its workflow no longer says how";

    racer_added_before: racers(1) at 30 => racer_added, "| three two one undo two undo three gives 1";
    racer_added_under_way: racers(1) at 90 => racer_added, "one two | three undo three undo two gives 1";
    racer_added_completed: racers(1) at 150 => racer_added, "one two undo two | gives 1";
    racer_added_fails: racers(0) at 150 => racer_added, "one two undo two | undo one fails: stage 'end' of workflow 'Order' failed: planned";

    racer_removed_before: plain_racers(1) at 30 => racer_removed, "| two three gives 1";
    racer_removed_under_way: plain_racers(1) at 90 => racer_removed, "one two | three gives 1";
    racer_removed_completed: plain_racers(1) at 150 => racer_removed, "one two | gives 1";
    racer_removed_undone: racers(0) at 90 => racer_removed, "one two | parks: 'a/one' was done and would have to be undone, but its workflow no longer says how";

    head_added_before: heads(1) at 30 => head_added, "| news asks undo asks gives 1";
    head_added_under_way: heads(1) at 90 => head_added, "asks | news gives 2";
    head_added_decided: heads(1) at 150 => head_added, "asks | gives 2";
    head_added_completed: heads(1) at 210 => head_added, "asks | gives 2";
    head_added_fails: heads(0) at 210 => head_added, "asks | undo asks fails: stage 'end' of workflow 'Order' failed: planned";

    head_removed_before: plain_heads(1) at 30 => head_removed, "| news gives 1";
    head_removed_under_way: plain_heads(1) at 90 => head_removed, "asks | news gives 1";
    head_removed_completed: plain_heads(1) at 210 => head_removed, "asks | gives 2";
    head_removed_decided: plain_heads(1) at 150 => head_removed, "asks | parks: 'a/:choice-11c2662d' was decided by 'asked', which is no head any more";
    head_removed_undone: heads(0) at 90 => head_removed, "asks | parks: 'a/asks' was done and would have to be undone, but its workflow no longer says how";

    value_before: value(1) at 30 => value_changed, "| b gives 7";
    value_under_way: value(1) at 90 => value_changed, "b | b gives 7";
    value_completed: value(1) at 150 => value_changed, "b | parks: `let price` is no longer what it was when it was first evaluated";
}

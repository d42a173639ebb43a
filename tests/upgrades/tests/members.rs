//! Members, racers and heads that a new build adds or takes away.

use workflow_upgrade_tests::{Ledger, cells};

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

cells! {
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
}

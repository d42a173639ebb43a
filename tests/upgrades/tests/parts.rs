//! Stages that a new build adds to one part of several: to a member, a racer, a head, an attempt, an item.

use workflow_upgrade_tests::{Ledger, cells};

/// Fails until something was undone, or never.
fn fails_first(ledger: &Ledger, fails: bool) -> Result<u32, String> {
    if fails && !ledger.story().contains("undo") { Err("bad".to_owned()) } else { Ok(1) }
}

/// A member that gives, fails or waits, and another one.
mod member {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: Vec<u32> = quorum(1) {
                {
                    #[undo(ledger.reverses_in_an_hour(ctx))] stage one: u32 = ledger.acts(ctx);
                    #[after(one)] stage rest = sleep(1h);
                    #[after(rest)] stage gives: u32 = if *n > 1 { fail "bad" } else { *one };
                    *gives
                },
                { stage long = sleep(4h); #[after(long)] stage other: u32 = 5; *other },
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.iter().sum::<u32>() } else { fail "planned" };
            *end
        }
    }
}

mod member_longer {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: Vec<u32> = quorum(1) {
                {
                    #[undo(ledger.reverses_in_an_hour(ctx))] stage new: u32 = ledger.acts(ctx);
                    #[undo(ledger.reverses_in_an_hour(ctx))] stage one: u32 = ledger.acts(ctx);
                    #[after(one)] stage rest = sleep(1h);
                    #[after(rest)] stage gives: u32 = if *n > 1 { fail "bad" } else { *one };
                    *gives + *new
                },
                { stage long = sleep(4h); #[after(long)] stage other: u32 = 5; *other },
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.iter().sum::<u32>() } else { fail "planned" };
            *end
        }
    }
}

/// A member that fails, with nothing to undo.
mod failing {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: Vec<u32> = quorum(1) {
                {
                    stage gives: u32 = if *n > 1 { fail "bad" } else { 1 };
                    #[after(gives)] #[undo(ledger.reverses(ctx))] stage one: u32 = ledger.acts(ctx);
                    *one
                },
                { stage long = sleep(4h); #[after(long)] stage other: u32 = 5; *other },
            };
            stage end: u32 = a.iter().sum::<u32>();
            *end
        }
    }
}

mod failing_longer {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: Vec<u32> = quorum(1) {
                {
                    #[undo(ledger.reverses(ctx))] stage new: u32 = ledger.acts(ctx);
                    stage gives: u32 = if *n > 1 { fail "bad" } else { 1 };
                    #[after(gives)] #[undo(ledger.reverses(ctx))] stage one: u32 = ledger.acts(ctx);
                    *one + *new
                },
                { stage long = sleep(4h); #[after(long)] stage other: u32 = 5; *other },
            };
            stage end: u32 = a.iter().sum::<u32>();
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
                { stage one: u32 = ledger.takes_an_hour(ctx); *one },
                {
                    #[undo(ledger.reverses_in_an_hour(ctx))] stage two: u32 = ledger.acts(ctx);
                    #[after(two)] stage rest = sleep(5h);
                    #[after(rest)] stage gives: u32 = *two;
                    *gives
                },
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod racers_longer {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = race {
                { stage one: u32 = ledger.takes_an_hour(ctx); *one },
                {
                    #[undo(ledger.reverses_in_an_hour(ctx))] stage new: u32 = ledger.acts(ctx);
                    #[undo(ledger.reverses_in_an_hour(ctx))] stage two: u32 = ledger.acts(ctx);
                    #[after(two)] stage rest = sleep(5h);
                    #[after(rest)] stage gives: u32 = *two + *new;
                    *gives
                },
                { #[undo(ledger.reverses_in_an_hour(ctx))] stage three: u32 = ledger.takes_an_hour(ctx); *three },
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

/// An attempt that fails after its effect, and another one an hour later.
mod attempts {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[retry(1, fixed(1h))]
            #[after(early)] stage a: u32 = {
                #[undo(ledger.reverses_in_an_hour(ctx))] stage one: u32 = ledger.acts(ctx);
                #[after(one)] stage gives: u32 = fails_first(ledger, *n > 1);
                *gives + *one
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod attempts_longer {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[retry(1, fixed(1h))]
            #[after(early)] stage a: u32 = {
                #[undo(ledger.reverses_in_an_hour(ctx))] stage new: u32 = ledger.acts(ctx);
                #[undo(ledger.reverses_in_an_hour(ctx))] stage one: u32 = ledger.acts(ctx);
                #[after(one)] stage gives: u32 = fails_first(ledger, *n > 1);
                *gives + *one + *new
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

/// A block that is cut at 100 minutes.
mod cut {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            stage stop = sleep(100min);
            #[until(stop)]
            #[after(early)] stage a: Option<u32> = {
                #[undo(ledger.reverses_in_an_hour(ctx))] stage one: u32 = ledger.acts(ctx);
                #[after(one)] stage rest = sleep(1h);
                #[after(rest)] stage gives: u32 = *one;
                *gives
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.unwrap_or(5) } else { fail "planned" };
            *end
        }
    }
}

mod cut_longer {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            stage stop = sleep(100min);
            #[until(stop)]
            #[after(early)] stage a: Option<u32> = {
                #[undo(ledger.reverses_in_an_hour(ctx))] stage new: u32 = ledger.acts(ctx);
                #[undo(ledger.reverses_in_an_hour(ctx))] stage one: u32 = ledger.acts(ctx);
                #[after(one)] stage rest = sleep(1h);
                #[after(rest)] stage gives: u32 = *one;
                *gives + *new
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.unwrap_or(5) } else { fail "planned" };
            *end
        }
    }
}

cells! {
    member_before: member(1) at 30 => member_longer, "| new one gives 2";
    member_under_way: member(1) at 90 => member_longer, "one | new gives 2";
    member_fails: member(2) at 150 => member_longer, "one undo one | undo one gives 5";
    member_failed: member(2) at 210 => member_longer, "one undo one | gives 5";
    member_failed_idle: failing(2) at 90 => failing_longer, "| gives 5";
    member_completed: member(1) at 150 => member_longer, "one | gives 1";
    member_undone: member(0) at 210 => member_longer, "one undo one | undo one fails: stage 'end' of workflow 'Order' failed: planned";

    racer_before: racers(1) at 30 => racers_longer, "| one new two three undo three undo two undo new gives 1";
    racer_under_way: racers(1) at 90 => racers_longer, "one two | new three one undo three undo new undo two gives 1";
    racer_lost: racers(1) at 150 => racers_longer, "one two undo two | undo two gives 1";
    racer_completed: racers(1) at 210 => racers_longer, "one two undo two | gives 1";
    racer_undone: racers(0) at 210 => racers_longer, "one two undo two | fails: stage 'end' of workflow 'Order' failed: planned";

    cut_before: cut(1) at 30 => cut_longer, "| new one undo one undo new gives 5";
    cut_under_way: cut(1) at 90 => cut_longer, "one | new undo new undo one gives 5";
    cut_undone: cut(1) at 130 => cut_longer, "one undo one | undo one gives 5";
    cut_completed: cut(1) at 170 => cut_longer, "one undo one | gives 5";

    attempt_before: attempts(1) at 30 => attempts_longer, "| new one gives 3";
    attempt_fails: attempts(2) at 90 => attempts_longer, "one undo one | undo one a[1]/new a[1]/one gives 3";
    attempt_failed: attempts(2) at 150 => attempts_longer, "one undo one | a[1]/new a[1]/one gives 3";
    attempt_completed: attempts(1) at 90 => attempts_longer, "one | gives 2";
    attempt_undone: attempts(0) at 150 => attempts_longer, "one undo one | undo one fails: stage 'end' of workflow 'Order' failed: planned";
}

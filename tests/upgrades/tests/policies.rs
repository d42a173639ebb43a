//! Policies of stages that a new build adds or removes.

use std::time::{Duration, SystemTime};
use workflow_upgrade_tests::{Ledger, builds::when, cells};

/// Returns the moment `minutes` minutes after the beginning.
fn moment(minutes: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(24) + Duration::from_mins(minutes)
}

/// Succeeds unless the input is 5.
fn succeeds(ledger: &Ledger, n: u32) -> Result<u32, String> {
    ledger.note("tries");
    if n == 5 { Err("bad".to_owned()) } else { Ok(1) }
}

mod eager {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: u32 = ledger.takes_an_hour(ctx);
            #[after(early)] stage mid = sleep(1h);
            #[after(mid)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 1 { *a } else { 5 };
            #[after(end)] stage more = sleep(1h);
            #[after(more)] stage last: u32 = if *n > 0 { *end } else { fail "planned" };
            *last
        }
    }
}

mod lazy {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[lazy]
            #[after(early)] stage a: u32 = ledger.takes_an_hour(ctx);
            #[after(early)] stage mid = sleep(1h);
            #[after(mid)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 1 { *a } else { 5 };
            #[after(end)] stage more = sleep(1h);
            #[after(more)] stage last: u32 = if *n > 0 { *end } else { fail "planned" };
            *last
        }
    }
}

mod endless {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            stage stop = sleep(100min);
            #[after(early)] stage a: u32 = {
                #[undo(ledger.reverses_in_an_hour(ctx))] stage one: u32 = ledger.acts(ctx);
                #[after(one)] stage rest = sleep(1h);
                #[after(rest)] stage gives: u32 = ledger.acts(ctx) + *one;
                *gives
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod until {
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
                #[after(rest)] stage gives: u32 = ledger.acts(ctx) + *one;
                *gives
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.unwrap_or(5) } else { fail "planned" };
            *end
        }
    }
}

mod until_other {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            stage stop = sleep(100min);
            stage other = sleep(100h);
            #[until(other)]
            #[after(early)] stage a: Option<u32> = {
                #[undo(ledger.reverses_in_an_hour(ctx))] stage one: u32 = ledger.acts(ctx);
                #[after(one)] stage rest = sleep(1h);
                #[after(rest)] stage gives: u32 = ledger.acts(ctx) + *one;
                *gives
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.unwrap_or(5) } else { fail "planned" };
            *end
        }
    }
}

mod always {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: u32 = ledger.takes_an_hour(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod fails {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = {
                #[undo(ledger.reverses_in_an_hour(ctx))] stage one: u32 = ledger.acts(ctx);
                #[after(one)] stage rest = sleep(1h);
                #[after(rest)] stage gives: u32 = succeeds(ledger, *n);
                *gives + *one
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod falls_back {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[fallback(7)]
            #[after(early)] stage a: u32 = {
                #[undo(ledger.reverses_in_an_hour(ctx))] stage one: u32 = ledger.acts(ctx);
                #[after(one)] stage rest = sleep(1h);
                #[after(rest)] stage gives: u32 = succeeds(ledger, *n);
                *gives + *one
            };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod own_error {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage first = ledger.note("first");
            #[after(first)] stage rest = sleep(1h);
            #[after(rest)] stage a: u32 = succeeds(ledger, *n);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod catches {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage first = ledger.note("first");
            #[after(first)] stage rest = sleep(1h);
            #[catch]
            #[after(rest)] stage a: Result<u32, String> = succeeds(ledger, *n);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a.as_ref().unwrap_or(&7) } else { fail "planned" };
            *end
        }
    }
}

mod breaker {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[breaker(failures = 1, cooldown = 1h)]
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: u32 = ledger.takes_an_hour(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod cache {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[cache(key = *n)]
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: u32 = ledger.takes_an_hour(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod bounded {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        #[deadline(150min)]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: u32 = ledger.takes_an_hour(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod bounded_longer {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        #[deadline(9h)]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: u32 = ledger.takes_an_hour(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { *a } else { fail "planned" };
            *end
        }
    }
}

mod no_sleep {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: u32 = ledger.acts_at(ctx);
            #[after(a)] stage b: u32 = ledger.acts_at(ctx);
            #[after(b)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts_at(ctx) } else { fail "planned" };
            *end
        }
    }
}

mod with_sleep {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: u32 = ledger.acts_at(ctx);
            #[after(a)] stage pause = sleep(1h);
            #[after(pause)] stage b: u32 = ledger.acts_at(ctx);
            #[after(b)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts_at(ctx) } else { fail "planned" };
            *end
        }
    }
}

mod with_moment {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: u32 = ledger.acts_at(ctx);
            #[after(a)] stage pause = sleep_until(moment(150));
            #[after(pause)] stage b: u32 = ledger.acts_at(ctx);
            #[after(b)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts_at(ctx) } else { fail "planned" };
            *end
        }
    }
}

cells! {
    lazy_before: eager(1) at 30 => lazy, "| gives 5";
    lazy_asked_for: eager(2) at 30 => lazy, "| a gives 1";
    lazy_under_way: eager(1) at 90 => lazy, "a | gives 5";
    lazy_asked_for_under_way: eager(2) at 90 => lazy, "a | a gives 1";
    lazy_completed: eager(2) at 150 => lazy, "a | gives 1";
    lazy_undone: eager(0) at 270 => lazy, "a undo a | undo a fails: stage 'last' of workflow 'Order' failed: planned";

    eager_before: lazy(1) at 30 => eager, "| a gives 5";
    eager_under_way: lazy(2) at 190 => eager, "a | a gives 1";
    eager_completed: lazy(2) at 270 => eager, "a | gives 1";
    eager_not_asked_for: lazy(1) at 190 => eager, "| a gives 5";
    eager_undone: lazy(0) at 270 => eager, "| fails: stage 'last' of workflow 'Order' failed: planned";

    until_before: endless(1) at 30 => until, "| one undo one gives 5";
    until_under_way: endless(1) at 90 => until, "one | undo one gives 5";
    until_completed: endless(1) at 170 => until, "one gives | gives 2";
    until_undone: endless(0) at 210 => until, "one gives undo one | undo one fails: stage 'end' of workflow 'Order' failed: planned";
    no_until_before: until(1) at 30 => endless, "| one gives gives 2";
    no_until_under_way: until(1) at 90 => endless, "one | gives gives 2";
    no_until_completed: until(1) at 170 => endless, "one undo one | parks: what is stored of 'a' can't be read: invalid type: unit value, expected u32 at byte 4";
    no_until_given: until_other(1) at 150 => endless, "one gives | gives 2";
    no_until_undone: until_other(0) at 210 => endless, "one gives undo one | undo one fails: stage 'end' of workflow 'Order' failed: planned";
    until_passed: endless(1) at 110 => until, "one | undo one gives 5";
    no_until_cut: until(1) at 130 => endless, "one undo one | parks: 'a/:until' is on record, and 'a/gives' would begin without it";
    until_reworded_before: until(1) at 30 => until_other, "| one gives gives 2";
    until_reworded_under_way: until(1) at 90 => until_other, "one | gives gives 2";
    until_reworded_cut: until(1) at 130 => until_other, "one undo one | undo one gives 5";
    until_reworded_completed: until(1) at 170 => until_other, "one undo one | gives 5";
    until_reworded_undone: until_other(0) at 210 => until, "one gives undo one | undo one fails: stage 'end' of workflow 'Order' failed: planned";

    when_before: always(1) at 30 => when, "| gives 5";
    when_under_way: always(3) at 90 => when, "a | a gives 1";
    when_completed: always(3) at 150 => when, "a | gives 1";
    when_undone: always(0) at 210 => when, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";
    no_when_before: when(1) at 30 => always, "| a gives 1";
    no_when_under_way: when(3) at 90 => always, "a | parks: 'a/:value-1ce61b5d' is on record, and 'a' would begin without it";
    no_when_completed: when(3) at 150 => always, "a | gives 1";
    no_when_undone: when(0) at 210 => always, "| fails: stage 'end' of workflow 'Order' failed: planned";
    when_not_under_way: always(1) at 90 => when, "a | gives 5";
    when_skipped: when(1) at 90 => always, "| parks: what is stored of 'a' can't be read: invalid type: unit value, expected u32 at byte 4";

    catch_before: own_error(5) at 30 => catches, "| first tries gives 7";
    catch_under_way: own_error(5) at 90 => catches, "first | tries gives 7";
    catch_completed: own_error(1) at 150 => catches, "first tries | parks: what is stored of 'a' can't be read: expected `{`, found `1` at byte 0";
    catch_fails: own_error(5) at 150 => catches, "first tries undo first | undo first fails: stage 'a' of workflow 'Order' failed: bad";
    catch_undone: own_error(0) at 210 => catches, "first tries undo first | parks: what is stored of 'a' can't be read: expected `{`, found `1` at byte 0";
    no_catch_before: catches(5) at 30 => own_error, "| first tries undo first fails: stage 'a' of workflow 'Order' failed: bad";
    no_catch_under_way: catches(5) at 90 => own_error, "first | tries undo first fails: stage 'a' of workflow 'Order' failed: bad";
    no_catch_completed: catches(1) at 150 => own_error, "first tries | parks: what is stored of 'a' can't be read: invalid type: map, expected u32 at byte 1";
    no_catch_caught: catches(5) at 150 => own_error, "first tries | parks: what is stored of 'a' can't be read: invalid type: map, expected u32 at byte 1";
    no_catch_undone: catches(0) at 210 => own_error, "first tries undo first | parks: what is stored of 'a' can't be read: invalid type: map, expected u32 at byte 1";

    fallback_fails: fails(5) at 150 => falls_back, "one tries undo one | undo one fails: stage 'gives' of workflow 'Order' failed: bad";
    no_fallback_fails: falls_back(5) at 150 => fails, "one tries undo one | undo one fails: stage 'gives' of workflow 'Order' failed: bad";
    no_fallback_fallen: falls_back(5) at 210 => fails, "one tries undo one | gives 7";

    breaker_before: always(1) at 30 => breaker, "| a gives 1";
    breaker_under_way: always(1) at 90 => breaker, "a | a gives 1";
    breaker_completed: always(1) at 150 => breaker, "a | gives 1";
    breaker_undone: always(0) at 210 => breaker, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";
    no_breaker_before: breaker(1) at 30 => always, "| a gives 1";
    no_breaker_under_way: breaker(1) at 90 => always, "a | a gives 1";
    no_breaker_completed: breaker(1) at 150 => always, "a | gives 1";
    no_breaker_undone: breaker(0) at 210 => always, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";
    cache_before: always(1) at 30 => cache, "| a gives 1";
    cache_under_way: always(1) at 90 => cache, "a | a gives 1";
    cache_completed: always(1) at 150 => cache, "a | gives 1";
    cache_undone: always(0) at 210 => cache, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";
    no_cache_before: cache(1) at 30 => always, "| a gives 1";
    no_cache_under_way: cache(1) at 90 => always, "a | a gives 1";
    no_cache_completed: cache(1) at 150 => always, "a | gives 1";
    no_cache_undone: cache(0) at 210 => always, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";

    bounded_before: always(1) at 30 => bounded, "| a undo a fails: workflow 'Order' passed its deadline: the whole run took longer than 150min";
    bounded_under_way: always(1) at 90 => bounded, "a | a gives 1";
    bounded_completed: always(1) at 130 => bounded, "a | gives 1";
    unbounded_before: bounded(1) at 30 => always, "| a gives 1";
    unbounded_under_way: bounded(1) at 90 => always, "a | a gives 1";
    unbounded_completed: bounded(1) at 130 => always, "a | gives 1";
    bounded_longer_before: bounded(1) at 30 => bounded_longer, "| a undo a fails: workflow 'Order' passed its deadline: the whole run took longer than 150min";
    bounded_longer_under_way: bounded(1) at 90 => bounded_longer, "a | a undo a fails: workflow 'Order' passed its deadline: the whole run took longer than 150min";
    bounded_longer_completed: bounded(1) at 130 => bounded_longer, "a | undo a fails: workflow 'Order' passed its deadline: the whole run took longer than 150min";
    bounded_undone: always(0) at 210 => bounded, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";
    unbounded_undone: bounded(1) at 170 => always, "a undo a | undo a fails: workflow 'Order' passed its deadline: the whole run took longer than 150min";
    bounded_longer_undone: bounded(1) at 170 => bounded_longer, "a undo a | undo a fails: workflow 'Order' passed its deadline: the whole run took longer than 150min";

    sleep_before: no_sleep(1) at 30 => with_sleep, "| a@60 b@120 end/:then@180 gives 1";
    sleep_completed: no_sleep(1) at 110 => with_sleep, "a@60 b@60 | end/:then@170 gives 1";
    no_sleep_before: with_sleep(1) at 30 => no_sleep, "| a@60 b@60 end/:then@120 gives 1";
    no_sleep_under_way: with_sleep(1) at 90 => no_sleep, "a@60 | b@90 end/:then@150 gives 1";
    no_sleep_completed: with_sleep(1) at 160 => no_sleep, "a@60 b@120 | end/:then@180 gives 1";
    moment_before: with_sleep(1) at 30 => with_moment, "| a@60 b@150 end/:then@210 gives 1";
    moment_under_way: with_sleep(1) at 90 => with_moment, "a@60 | b@120 end/:then@180 gives 1";
    moment_completed: with_sleep(1) at 160 => with_moment, "a@60 b@120 | end/:then@180 gives 1";
    no_moment_before: with_moment(1) at 30 => with_sleep, "| a@60 b@120 end/:then@180 gives 1";
    no_moment_under_way: with_moment(1) at 90 => with_sleep, "a@60 | b@150 end/:then@210 gives 1";
    no_moment_completed: with_moment(1) at 160 => with_sleep, "a@60 b@150 | end/:then@210 gives 1";
    sleep_undone: no_sleep(0) at 150 => with_sleep, "a@60 b@60 undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";
}

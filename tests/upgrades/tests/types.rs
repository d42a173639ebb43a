//! Types that a new build changes, and the workflow itself.

use serde::{Deserialize, Serialize};
use workflow_runtime::StageContext;
use workflow_upgrade_tests::{Ledger, cells};

/// An output of the old build.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Price {
    cents: u32,
}

/// The output with one more field, which has a default.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Widened {
    cents: u32,
    #[serde(default)]
    currency: u32,
}

/// The output with one more field, which has no default.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Broken {
    cents: u32,
    currency: u32,
}

async fn priced(ledger: &Ledger, ctx: &StageContext) -> Price {
    Price { cents: ledger.takes_an_hour(ctx).await }
}

mod old {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: Price = priced(ledger, ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.cents } else { fail "planned" };
            *end
        }
    }
}

mod widened {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: Widened = Widened { cents: ledger.acts(ctx), currency: 2 };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.cents * 10 + a.currency } else { fail "planned" };
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
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: Broken = Broken { cents: ledger.acts(ctx), currency: 2 };
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.cents * 10 + a.currency } else { fail "planned" };
            *end
        }
    }
}

mod output {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32) -> String with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: Price = priced(ledger, ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.cents } else { fail "planned" };
            end.to_string()
        }
    }
}

mod input_widened {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u64) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: Price = priced(ledger, ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.cents } else { fail "planned" };
            *end
        }
    }
}

mod input_broken {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: String) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: Price = priced(ledger, ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if !n.is_empty() { a.cents } else { fail "planned" };
            *end
        }
    }
}

mod input_added {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        pub workflow Order(n: u32, more: Option<u32>) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: Price = priced(ledger, ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.cents + more.unwrap_or(0) } else { fail "planned" };
            *end
        }
    }
}

mod versioned {
    use super::*;
    workflow_runtime::workflow! {
        #[durable]
        #[version(2)]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: Price = priced(ledger, ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { a.cents } else { fail "planned" };
            *end
        }
    }
}

cells! {
    widened_before: old(1) at 30 => widened, "| a gives 12";
    widened_under_way: old(1) at 90 => widened, "a | a gives 12";
    widened_completed: old(1) at 150 => widened, "a | gives 10";
    widened_undone: old(0) at 210 => widened, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";

    broken_before: old(1) at 30 => broken, "| a gives 12";
    broken_under_way: old(1) at 90 => broken, "a | a gives 12";
    broken_completed: old(1) at 150 => broken, "a | parks: what is stored of 'a' can't be read: missing field `currency` at byte 11";
    broken_undone: old(0) at 210 => broken, "a undo a | parks: what is stored of 'a' can't be read: missing field `currency` at byte 11";

    output_before: old(1) at 30 => output, "| a gives \"1\"";
    output_under_way: old(1) at 90 => output, "a | a gives \"1\"";
    output_completed: old(1) at 150 => output, "a | gives \"1\"";
    output_undone: old(0) at 210 => output, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";

    input_widened_before: old(1) at 30 => input_widened, "| a gives 1";
    input_widened_under_way: old(1) at 90 => input_widened, "a | a gives 1";
    input_widened_completed: old(1) at 150 => input_widened, "a | gives 1";
    input_widened_undone: old(0) at 210 => input_widened, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";

    input_broken_before: old(1) at 30 => input_broken, "| parks: its input can't be read: invalid type: integer `1`, expected a string at byte 1";
    input_broken_under_way: old(1) at 90 => input_broken, "a | parks: its input can't be read: invalid type: integer `1`, expected a string at byte 1";
    input_broken_completed: old(1) at 150 => input_broken, "a | parks: its input can't be read: invalid type: integer `1`, expected a string at byte 1";
    input_broken_undone: old(0) at 210 => input_broken, "a undo a | parks: its input can't be read: invalid type: integer `0`, expected a string at byte 1";

    input_added_before: old(1) at 30 => input_added, "| parks: its input can't be read: 1 inputs are stored, and the workflow takes 2";
    input_added_under_way: old(1) at 90 => input_added, "a | parks: its input can't be read: 1 inputs are stored, and the workflow takes 2";
    input_added_completed: old(1) at 150 => input_added, "a | parks: its input can't be read: 1 inputs are stored, and the workflow takes 2";
    input_added_undone: old(0) at 210 => input_added, "a undo a | parks: its input can't be read: 1 inputs are stored, and the workflow takes 2";

    version_before: old(1) at 30 => versioned, "| a gives 1";
    version_under_way: old(1) at 90 => versioned, "a | a gives 1";
    version_completed: old(1) at 150 => versioned, "a | gives 1";
    version_undone: old(0) at 210 => versioned, "a undo a | undo a fails: stage 'end' of workflow 'Order' failed: planned";

    output_ended: old(1) at 300 => output, "a | instance 'i': its output can't be read: invalid type: integer `1`, expected a string at byte 1";
    broken_ended: old(1) at 300 => broken, "a | gives 1";
    input_broken_ended: old(1) at 300 => input_broken, "a | gives 1";
}

//! Builds of the workflow `Order` from which several tests start.

/// With a stage that is undone.
pub mod undone {
    use crate::Ledger;
    workflow_runtime::workflow! {
        /// An hour, a stage, an hour, and the end, which `0` makes fail.
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[undo(ledger.reverses_in_an_hour(ctx))]
            #[after(early)] stage a: u32 = ledger.takes_an_hour(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
            *end
        }
    }
}

/// A stage without an undo, else as in [`undone`].
pub mod plain {
    use crate::Ledger;
    workflow_runtime::workflow! {
        /// An hour, a stage, an hour, and the end, which `0` makes fail.
        #[durable]
        pub workflow Order(n: u32) -> u32 with ledger: Ledger {
            stage early = sleep(1h);
            #[after(early)] stage a: u32 = ledger.takes_an_hour(ctx);
            #[after(a)] stage late = sleep(1h);
            #[after(late)] stage end: u32 = if *n > 0 { ledger.acts(ctx) } else { fail "planned" };
            *end
        }
    }
}

/// With a stage that is undone, and is skipped up to `2`.
pub mod when {
    use crate::Ledger;
    workflow_runtime::workflow! {
        /// An hour, a stage, an hour, and the end, which `0` makes fail.
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

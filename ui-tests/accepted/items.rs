//! Attributes of a workflow's type, and names that others in scope have too.
#![deny(warnings)]

mod old {
    use workflow_runtime::workflow;

    workflow! {
        /// Kept for those who have it.
        #[must_use]
        #[doc(hidden)]
        #[deprecated(note = "use the other one")]
        pub workflow Old(start: u64) -> u64 with add: u64 {
            #[retry(2)]
            stage a: u64 = async { start.checked_add(*add).ok_or("too much") };
            signal go: u64;
            stage b: u64 = go + a;
            *b
        }
    }
}

fn main() {
    #[allow(deprecated)]
    let old = old::Old::new(1);
    drop(old);
}

//! Conformance suite: the tests that every store has to pass. The author of a store calls them from
//! a test of their own.
//!
//! ```
//! use workflow_store::{MemoryStore, StoreError, conformance};
//!
//! /// The place of a store in memory. For a store on disk this would be a folder.
//! struct Memory(MemoryStore);
//!
//! impl conformance::Location for Memory {
//!     type Store = MemoryStore;
//!
//!     async fn open(&self) -> Result<MemoryStore, StoreError> {
//!         Ok(self.0.clone())
//!     }
//!
//!     async fn crash(self, store: MemoryStore) -> Self {
//!         Self(store.snapshot())
//!     }
//! }
//!
//! # #[tokio::main] async fn main() {
//! // In a test: #[tokio::test(flavor = "multi_thread")].
//! conformance::all(|| Memory(MemoryStore::new())).await;
//! # }
//! ```
//!
//! The suite can't bring about a full disk, a damaged or read-only file, or a process that is
//! killed while it commits. Tests of those are up to the author of the store.

mod batches;
mod concurrency;
mod due;
mod durability;
mod edge_cases;
mod fixtures;
mod instances;
mod listing;
mod location;
mod signals;

pub use location::Location;

use std::thread;

/// Declares the cases. The name of each is a module and a function in it.
macro_rules! cases {
    ($($module:ident :: $case:ident,)*) => {
        /// The names of all cases, from which a harness can make one test each.
        pub const CASES: &[&str] = &[$(concat!(stringify!($module), "::", stringify!($case))),*];

        /// Runs one of the [`CASES`] at a place without a store. Needs a tokio runtime.
        ///
        /// # Panics
        /// If the store does something else than [`Store`](crate::Store) says, or if there is no
        /// such case.
        ///
        /// # Cancel safety
        /// Not cancel safe: dropping the future ends the case, and its place may keep files.
        pub async fn case<P: Location>(name: &str, location: P) {
            let _reporter = FailureReporter(name);
            $(
                if name == concat!(stringify!($module), "::", stringify!($case)) {
                    // Boxed, since a store may have large futures.
                    return Box::pin($module::$case(location)).await;
                }
            )*
            panic!("there is no case '{name}'");
        }
    };
}

cases! {
    instances::are_found_as_created,
    instances::have_unique_ids,
    instances::are_missing_if_unknown,
    instances::have_keys_that_are_never_reused,
    instances::are_deleted_whole,
    instances::can_be_created_anew_after_deletion,
    batches::put_replace_and_remove,
    batches::remove_within_a_prefix,
    batches::apply_changes_in_order,
    batches::apply_nothing_after_a_delete,
    batches::set_status_and_outcome,
    batches::clear,
    batches::may_be_empty,
    batches::of_an_instance_are_applied_in_order,
    batches::are_read_whole,
    batches::are_written_whole_if_the_future_is_dropped,
    batches::fail_alone,
    signals::wait_in_order_of_arrival,
    signals::are_consumed_by_number,
    signals::are_kept_once,
    signals::are_kept_once_after_a_clear,
    signals::never_have_a_number_twice,
    listing::is_in_order_of_keys,
    listing::is_filtered_by_status,
    listing::comes_in_pages,
    listing::has_running_instances_whole,
    due::is_sorted_by_time,
    due::has_the_time_of_the_next_instance,
    due::has_only_instances_that_wait_for_a_timer,
    due::reaches_from_the_first_moment_to_the_last,
    edge_cases::names,
    edge_cases::numbers,
    edge_cases::large_payloads,
    concurrency::many_instances,
    concurrency::one_instance,
    concurrency::one_id,
    durability::after_close,
    durability::after_drop,
    durability::after_a_crash,
    durability::interruptions_are_counted,
    durability::one_engine_at_a_time,
    durability::instances_carry_the_interruptions,
    durability::calls_after_close_fail,
    durability::close_waits_for_earlier_calls,
}

/// Runs all [`CASES`], one after the other, each at a new place. Needs a tokio runtime, best with
/// several threads.
///
/// # Panics
/// If the store does something else than [`Store`](crate::Store) says. The name of the case is
/// printed.
///
/// # Cancel safety
/// Not cancel safe: dropping the future ends the case that runs, and its place may keep files.
pub async fn all<P: Location>(mut location: impl FnMut() -> P) {
    for name in CASES {
        case(name, location()).await;
    }
}

/// A guard that prints the name of the case if the case panics.
struct FailureReporter<'name>(&'name str);

impl Drop for FailureReporter<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the store fails the case '{}' of its conformance suite", self.0);
        }
    }
}

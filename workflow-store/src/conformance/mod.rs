//! What every store has to do, as tests that another store's author calls from one of their own.
//!
//! ```
//! use workflow_store::{MemoryStore, StoreError, conformance};
//!
//! /// Where a store lies. For one on disk this would be a folder.
//! struct Memory(MemoryStore);
//!
//! impl conformance::Place for Memory {
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
//! What no suite can bring about for every store is up to its author: a full disk, a file that is damaged or may not be written, a
//! process that is killed while it commits.

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

pub use location::Place;

use std::thread;

/// The cases, by name: each of them a module and a function there.
macro_rules! cases {
    ($($module:ident :: $case:ident,)*) => {
        /// The names of all cases, for a test of its own for each.
        pub const CASES: &[&str] = &[$(concat!(stringify!($module), "::", stringify!($case))),*];

        /// Runs one of the [`CASES`] at a place where nothing is stored yet. Needs a tokio runtime.
        ///
        /// # Panics
        /// Where the store does something else than [`Store`](crate::Store) says; and where there is no such case.
        pub async fn case<P: Place>(name: &str, place: P) {
            let _told = Told(name);
            $(
                if name == concat!(stringify!($module), "::", stringify!($case)) {
                    // Boxed: what is to be tested may have large futures.
                    return Box::pin($module::$case(place)).await;
                }
            )*
            panic!("there is no case '{name}'");
        }
    };
}

cases! {
    instances::is_what_it_was_made_as,
    instances::is_made_once,
    instances::unknown_ones_are_missing,
    instances::has_a_key_of_its_own,
    instances::is_deleted_with_all_of_it,
    instances::is_made_anew_after_it_was_deleted,
    batches::puts_replaces_and_removes,
    batches::removes_what_is_within,
    batches::applies_changes_in_their_order,
    batches::applies_nothing_after_a_delete,
    batches::sets_status_and_outcome,
    batches::clears,
    batches::may_be_empty,
    batches::of_an_instance_are_applied_in_order,
    batches::are_read_whole,
    batches::are_not_taken_back_by_who_does_not_wait,
    batches::that_fail_fail_alone,
    signals::wait_in_order_of_arrival,
    signals::are_taken_by_number,
    signals::are_kept_once,
    signals::are_kept_once_after_all_else_has_gone,
    signals::never_have_a_number_twice,
    listing::is_in_order_of_keys,
    listing::is_of_the_statuses_asked_for,
    listing::comes_in_pages,
    listing::has_running_ones_whole,
    due::is_the_earliest_first,
    due::tells_when_the_next_one_is_due,
    due::are_only_those_that_wait_for_a_timer,
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
    durability::what_is_written_tells_the_interruptions,
    durability::nothing_is_asked_after_close,
    durability::close_waits_for_what_was_asked,
}

/// Runs all [`CASES`], one after the other, each at a place of its own. Needs a tokio runtime, best with several threads.
///
/// # Panics
/// Where the store does something else than [`Store`](crate::Store) says. The case's name is printed.
pub async fn all<P: Place>(mut place: impl FnMut() -> P) {
    for name in CASES {
        case(name, place()).await;
    }
}

/// Tells in which case it was, where one fails.
struct Told<'name>(&'name str);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the store fails the case '{}' of its conformance suite", self.0);
        }
    }
}

//! Places of the stores under test.

use crate::{error::StoreError, store::Store};

/// The place of a store, at which the suite opens it again and again.
pub trait Location: Send + Sync + Sized + 'static {
    /// The type of the store.
    type Store: Store;

    /// Opens the store at this place. The first call creates an empty store.
    fn open(&self) -> impl Future<Output = Result<Self::Store, StoreError>> + Send;

    /// Returns what is left if the process that has `store` open ends now, without a warning. No
    /// call is pending at this moment. The suite does not use `store` afterwards, not even to close
    /// it.
    fn crash(self, store: Self::Store) -> impl Future<Output = Self> + Send;
}

//! Where the stores under test lie.

use crate::{error::StoreError, store::Store};

/// Where a store lies, so that it can be opened again.
pub trait Place: Send + Sync + Sized + 'static {
    /// The store.
    type Store: Store;

    /// Opens the store that lies here; an empty one the first time.
    fn open(&self) -> impl Future<Output = Result<Self::Store, StoreError>> + Send;

    /// What is left where the process that has `store` open ends now, without a warning. Nothing is under way at this moment.
    /// Nobody asks the store for anything afterwards, not even to close.
    fn crash(self, store: Self::Store) -> impl Future<Output = Self> + Send;
}

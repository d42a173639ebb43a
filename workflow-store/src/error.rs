//! Errors of stores.

use crate::instance::InstanceKey;
use std::{error::Error, fmt, sync::Arc};

/// An error of a store. The text names the call that failed and the place of the store.
#[derive(Debug, Clone)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: Arc<str>,
    instance: Option<InstanceKey>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The kind of a [`StoreError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// An instance with this id exists.
    AlreadyExists,
    /// No such instance exists.
    NotFound,
    /// The stored data is damaged, or the file is no store.
    Damaged,
    /// No room is left to write. The store goes on once there is room.
    Full,
    /// The batch, the instance or the signal is larger than the store can ever hold.
    TooLarge,
    /// The store is read-only.
    ReadOnly,
    /// Another process or another engine has the store.
    Locked,
    /// The store is closed.
    Closed,
    /// The files of the store were removed, moved or replaced while it was open.
    Gone,
    /// The write-ahead log, which holds the last commits, is not beside the file of the store.
    LogLost,
    /// A newer version of the program created the store.
    UnsupportedVersion,
    /// Any other error.
    Other,
}

impl StoreErrorKind {
    /// Returns whether the same call fails for the same reason as long as this store is open.
    ///
    /// Other errors may pass: a disk gets room, a lock is released, a device is mounted again. The
    /// caller may repeat the call after a pause.
    ///
    /// ```
    /// use workflow_store::StoreErrorKind;
    ///
    /// assert!(StoreErrorKind::TooLarge.is_permanent());
    /// assert!(!StoreErrorKind::Full.is_permanent());
    /// ```
    #[must_use]
    pub const fn is_permanent(self) -> bool {
        match self {
            Self::AlreadyExists
            | Self::NotFound
            | Self::Damaged
            | Self::TooLarge
            | Self::Closed
            | Self::Gone
            | Self::LogLost
            | Self::UnsupportedVersion => true,
            Self::Full | Self::ReadOnly | Self::Locked | Self::Other => false,
        }
    }
}

impl StoreError {
    /// Creates an error. The message names the call that failed and the place of the store.
    ///
    /// ```
    /// use workflow_store::{StoreError, StoreErrorKind};
    ///
    /// let error = StoreError::new(StoreErrorKind::Full, "no room left in 'payments.db'");
    /// assert_eq!(error.kind(), StoreErrorKind::Full);
    /// assert_eq!(error.to_string(), "no room left in 'payments.db'");
    /// ```
    pub fn new(kind: StoreErrorKind, message: impl Into<Arc<str>>) -> Self {
        Self { kind, message: message.into(), instance: None, source: None }
    }

    /// Creates the error for a key without an instance.
    #[must_use]
    pub fn not_found(key: InstanceKey) -> Self {
        Self::new(StoreErrorKind::NotFound, format!("no instance has the key {}", key.0)).with_instance(key)
    }

    /// Creates the error for an id that is taken.
    #[must_use]
    pub fn already_exists(id: &str) -> Self {
        Self::new(StoreErrorKind::AlreadyExists, format!("instance '{id}' already exists"))
    }

    /// Creates the error for a store on which an engine runs. `store` names the store in the
    /// message.
    ///
    /// ```
    /// let error = workflow_store::StoreError::in_use("the store 'payments.db'");
    /// assert_eq!(error.to_string(), "the store 'payments.db' has an engine already: shut that down first");
    /// ```
    #[must_use]
    pub fn in_use(store: &str) -> Self {
        Self::new(StoreErrorKind::Locked, format!("{store} has an engine already: shut that down first"))
    }

    /// Adds the instance that the error is about.
    #[must_use]
    pub fn with_instance(mut self, instance: InstanceKey) -> Self {
        self.instance = Some(instance);
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Returns whether the same call fails for the same reason as long as this store is open. See
    /// [`StoreErrorKind::is_permanent`].
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.kind.is_permanent()
    }

    /// Returns the instance that the error is about, if it is about one.
    #[must_use]
    pub fn instance(&self) -> Option<InstanceKey> {
        self.instance
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

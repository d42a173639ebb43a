//! Why a store could not do what it was asked.

use crate::instance::InstanceKey;
use std::{error::Error, fmt, sync::Arc};

/// Why a store could not do what it was asked. Its text names what was asked, and where the store lies.
#[derive(Debug, Clone)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: Arc<str>,
    instance: Option<InstanceKey>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// What kind of error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// There is an instance with this id already.
    Exists,
    /// There is no such instance.
    Missing,
    /// What is stored can't be read: it is damaged, or not a store at all.
    Damaged,
    /// There is no room left to write. Once there is, the store goes on.
    Full,
    /// The batch, the instance or the signal is larger than the store can keep, however much room it has.
    TooLarge,
    /// It may be read, but not written.
    ReadOnly,
    /// Another process or another engine has it.
    Locked,
    /// It was closed.
    Closed,
    /// Its files were removed, moved or replaced while it was open.
    Gone,
    /// The log that holds what was committed last is not beside it.
    LogLost,
    /// A newer version of this crate made it.
    Newer,
    /// Anything else.
    Other,
}

impl StoreErrorKind {
    /// Returns whether the same call fails for the same reason as long as this store is open.
    ///
    /// Everything else may pass: a disk gets room, a lock is released, a device is mounted again. The caller may ask again
    /// after a pause.
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
            Self::Exists
            | Self::Missing
            | Self::Damaged
            | Self::TooLarge
            | Self::Closed
            | Self::Gone
            | Self::LogLost
            | Self::Newer => true,
            Self::Full | Self::ReadOnly | Self::Locked | Self::Other => false,
        }
    }
}

impl StoreError {
    /// An error in the store's own words: what, and where.
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

    /// There is no instance with this key.
    #[must_use]
    pub fn missing(key: InstanceKey) -> Self {
        Self::new(StoreErrorKind::Missing, format!("there is no instance with the key {}", key.0)).of(key)
    }

    /// There is an instance with this id already.
    #[must_use]
    pub fn exists(id: &str) -> Self {
        Self::new(StoreErrorKind::Exists, format!("there is an instance with the id '{id}' already"))
    }

    /// An engine has begun on the store, and has not ended.
    ///
    /// ```
    /// let error = workflow_store::StoreError::in_use("the store 'payments.db'");
    /// assert_eq!(error.to_string(), "the store 'payments.db' has an engine already: shut that down first");
    /// ```
    #[must_use]
    pub fn in_use(store: &str) -> Self {
        Self::new(StoreErrorKind::Locked, format!("{store} has an engine already: shut that down first"))
    }

    /// With the instance that it is about.
    #[must_use]
    pub fn of(mut self, instance: InstanceKey) -> Self {
        self.instance = Some(instance);
        self
    }

    /// With what it comes from.
    #[must_use]
    pub fn from_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// What kind of error.
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

    /// The instance that it is about, where it is about one.
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

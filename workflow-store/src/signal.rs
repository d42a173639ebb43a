//! Signals: values from outside that wait in a store until an instance consumes them.

/// A signal to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSignal {
    /// The name of the signal, as the workflow declares it.
    pub name: String,
    /// The encoded value.
    pub payload: Vec<u8>,
    /// A key that the sender chooses. The store keeps one signal for each key of an instance.
    pub once: Option<String>,
}

/// A stored signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSignal {
    /// The number of the signal within its instance, in order of arrival. The store never uses a
    /// number twice.
    pub number: i64,
    /// The name of the signal, as the workflow declares it.
    pub name: String,
    /// The encoded value.
    pub payload: Vec<u8>,
}

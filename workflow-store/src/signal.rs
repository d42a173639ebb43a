//! Signals that wait in a store.

/// A signal that arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSignal {
    /// Which of the workflow's signals.
    pub name: String,
    /// Its value, encoded.
    pub payload: Vec<u8>,
    /// The sender's own key.
    pub once: Option<String>,
}

/// A signal that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSignal {
    /// In order of arrival, within its instance; no two signals of an instance ever have the same.
    pub number: i64,
    /// Which of the workflow's signals.
    pub name: String,
    /// Its value, encoded.
    pub payload: Vec<u8>,
}

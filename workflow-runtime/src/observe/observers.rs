//! The observers of a workflow value.

use super::event::Observer;
use std::sync::Arc;

/// The observers of a workflow value.
#[derive(Clone, Default)]
pub struct Observers(pub(crate) Option<Arc<Vec<Arc<dyn Observer>>>>);

impl Observers {
    /// Returns no observers.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Adds an observer.
    #[must_use]
    pub fn and(self, observer: impl Observer) -> Self {
        let mut all = self.0.unwrap_or_default();
        Arc::make_mut(&mut all).push(Arc::new(observer));
        Self(Some(all))
    }

    #[inline]
    pub(crate) fn are_any(&self) -> bool {
        self.0.is_some()
    }
}

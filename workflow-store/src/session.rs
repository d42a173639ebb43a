//! Sessions of engines on a store, of which there is one at a time.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// The right to run an engine on a store. One engine has it at a time. Clones share the right.
///
/// A store keeps one, and shares it with its clones. [`Store::begin`](crate::Store::begin) takes
/// the [`Claim`].
///
/// ```
/// use workflow_store::Exclusive;
///
/// let exclusive = Exclusive::default();
/// let claim = exclusive.claim().expect("no engine has it");
/// assert!(exclusive.clone().claim().is_none());
/// drop(claim);
/// assert!(exclusive.claim().is_some());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Exclusive {
    claimed: Arc<AtomicBool>,
}

impl Exclusive {
    /// Takes the right. Returns `None` if an engine has it. Dropping the claim gives the right
    /// back.
    #[must_use]
    pub fn claim(&self) -> Option<Claim> {
        let was_claimed = self.claimed.swap(true, Ordering::AcqRel);
        (!was_claimed).then(|| Claim { claimed: Arc::clone(&self.claimed) })
    }
}

/// The right to run an engine on a store, as one engine holds it. Dropping the claim gives the
/// right back.
#[derive(Debug)]
pub struct Claim {
    claimed: Arc<AtomicBool>,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claimed.store(false, Ordering::Release);
    }
}

/// The session of an engine on a store. No other engine can begin on the store until the session is
/// dropped.
#[derive(Debug)]
pub struct Session {
    interruptions: u64,
    claim: Claim,
}

impl Session {
    /// Creates a session on a store on which `interruptions` earlier sessions ended without
    /// [`close`](crate::Store::close).
    #[must_use]
    pub const fn new(interruptions: u64, claim: Claim) -> Self {
        Self { interruptions, claim }
    }

    /// Returns the number of earlier sessions that ended without [`close`](crate::Store::close).
    #[must_use]
    pub const fn interruptions(&self) -> u64 {
        self.interruptions
    }

    /// Ends the session, so that another engine can begin.
    pub fn end(self) {
        drop(self.claim);
    }
}

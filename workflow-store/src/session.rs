//! One engine at a time on a store.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// The right to run an engine on a store, which one engine has at a time. Clones share it.
///
/// A store keeps one, and shares it with its clones. [`Store::begin`](crate::Store::begin) takes the [`Claim`].
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
    /// Takes the right, unless an engine has it. Dropping the claim gives it back.
    #[must_use]
    pub fn claim(&self) -> Option<Claim> {
        let was_claimed = self.claimed.swap(true, Ordering::AcqRel);
        (!was_claimed).then(|| Claim { claimed: Arc::clone(&self.claimed) })
    }
}

/// The right to run an engine on a store, taken. Dropping it gives it back.
#[derive(Debug)]
pub struct Claim {
    claimed: Arc<AtomicBool>,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claimed.store(false, Ordering::Release);
    }
}

/// An engine's session on a store. No other engine can begin on the store until the session is dropped.
#[derive(Debug)]
pub struct Session {
    interruptions: u64,
    claim: Claim,
}

impl Session {
    /// Makes a session that begins after so many sessions that were not closed.
    #[must_use]
    pub const fn new(interruptions: u64, claim: Claim) -> Self {
        Self { interruptions, claim }
    }

    /// Returns how many earlier sessions have ended without [`close`](crate::Store::close).
    #[must_use]
    pub const fn interruptions(&self) -> u64 {
        self.interruptions
    }

    /// Ends the session: another engine may begin.
    pub fn end(self) {
        drop(self.claim);
    }
}

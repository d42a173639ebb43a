//! Helpers of the tests of durable workflows: effects that outlive an engine, and ways to crash one.

mod crash;
mod failing;
mod over;
mod slow;

pub use crash::{Crash, CrashingStore};
pub use failing::FailingStore;
pub use slow::SlowStore;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use workflow_runtime::StageContext;

/// A record of effects outside of the process, which no crash takes back.
#[derive(Clone, Default)]
pub struct World {
    effects: Arc<Mutex<Vec<String>>>,
}

impl World {
    /// Something happens.
    pub fn happen(&self, what: impl Into<String>) {
        self.effects.lock().unwrap_or_else(PoisonError::into_inner).push(what.into());
    }

    /// Records that a stage's effect is undone.
    pub fn undo(&self, ctx: &StageContext) {
        self.happen(format!("undoes {}", ctx.undone_key().unwrap_or_default()));
    }

    /// All that happened, in order.
    #[must_use]
    pub fn effects(&self) -> Vec<String> {
        self.effects.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All that happened since this was last asked, in order.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.effects.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How often each thing happened.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for effect in self.effects() {
            *counts.entry(effect).or_default() += 1;
        }
        counts
    }
}

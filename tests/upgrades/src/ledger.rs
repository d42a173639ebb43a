//! A ledger of effects outside the engine.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use workflow_runtime::StageContext;

/// A list of all that took effect, in order, over all builds of a program.
#[derive(Clone)]
pub struct Ledger {
    effects: Arc<Mutex<Vec<String>>>,
    begun: Instant,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { effects: Arc::default(), begun: Instant::now() }
    }
}

impl Ledger {
    /// Notes an effect.
    pub fn note(&self, what: &str) {
        self.effects.lock().unwrap_or_else(PoisonError::into_inner).push(what.to_owned());
    }

    /// Takes effect under the stage's key, and gives one.
    #[must_use]
    pub fn acts(&self, ctx: &StageContext) -> u32 {
        self.note(short(&ctx.idempotency_key()));
        1
    }

    /// One member of several, known by its words.
    #[must_use]
    pub fn one(&self, ctx: &StageContext) -> u32 {
        self.acts(ctx)
    }

    /// Another one.
    #[must_use]
    pub fn three(&self, ctx: &StageContext) -> u32 {
        self.acts(ctx)
    }

    /// Takes effect under the stage's key, and notes the minute.
    #[must_use]
    pub fn acts_at(&self, ctx: &StageContext) -> u32 {
        self.note(&format!("{}@{}", short(&ctx.idempotency_key()), self.begun.elapsed().as_secs() / 60));
        1
    }

    /// Takes effect under the stage's key, and gives one after an hour.
    #[must_use]
    pub async fn takes_an_hour(&self, ctx: &StageContext) -> u32 {
        let one = self.acts(ctx);
        tokio::time::sleep(Duration::from_hours(1)).await;
        one
    }

    /// Reverses what the stage did.
    pub fn reverses(&self, ctx: &StageContext) {
        self.note(&format!("undo {}", short(&ctx.undone_key().unwrap_or_default())));
    }

    /// Reverses what the stage did, which is over after an hour.
    pub async fn reverses_in_an_hour(&self, ctx: &StageContext) {
        self.reverses(ctx);
        tokio::time::sleep(Duration::from_hours(1)).await;
    }

    /// Returns all that took effect.
    #[must_use]
    pub fn story(&self) -> String {
        self.effects.lock().unwrap_or_else(PoisonError::into_inner).join(" ")
    }
}

/// Returns a key without the id of the instance.
fn short(key: &str) -> &str {
    key.strip_prefix("i/").unwrap_or(key)
}

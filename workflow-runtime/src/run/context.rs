//! The context of a stage, which its code sees as `ctx`.

use super::frame::Frame;
use crate::stage_id::StageId;
use std::{
    fmt,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::Notify;

/// The context of a stage's expression, `ctx`: its place in the run, and whether the run still waits for it.
///
/// ```
/// use workflow_runtime::{StageContext, workflow};
///
/// async fn charge(ctx: &StageContext, amount: &u32) -> String {
///     format!("{amount} charged by {} with key {}", ctx.stage(), ctx.idempotency_key())
/// }
///
/// workflow! {
///     workflow Charge(amount: u32) -> String {
///         stage receipt: String = charge(ctx, amount);
///         receipt
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// assert!(Charge::new().run(5).await.unwrap().starts_with("5 charged by receipt with key "));
/// # }
/// ```
///
/// Cloning costs a reference count.
#[derive(Clone)]
pub struct StageContext {
    shared: Arc<ContextInner>,
}

struct ContextInner {
    workflow: &'static str,
    stage: &'static str,
    instance: Arc<str>,
    /// The key of its stage.
    key: String,
    /// Added to that: its place among the stage's expressions, or in the stage's undo.
    place: String,
    /// Whether the context is that of the stage's undo.
    reverses: bool,
    attempt: u32,
    cancelled: AtomicBool,
    cancellation: Notify,
}

impl StageContext {
    /// Returns the workflow's name, as written.
    #[must_use]
    pub fn workflow(&self) -> &'static str {
        self.shared.workflow
    }

    /// Returns the stage's name, as written; empty in the workflow's own tail.
    #[must_use]
    pub fn stage(&self) -> &'static str {
        self.shared.stage
    }

    /// Returns the id of the running instance: in memory, a random identifier of 32 hexadecimal digits.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.shared.instance
    }

    /// Returns the number of the attempt, counted from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.shared.attempt
    }

    /// Returns a key for systems that drop repeated requests. It is the same for all attempts of this expression, in
    /// this round or for this item, of this instance, and for nothing else. The stage's undo has a key of its own. So
    /// has each expression in the stage that is not its own: an arm, a member of a race, a fallback.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        format!("{}{}", self.shared.key, self.shared.place)
    }

    /// Returns the key that the stage had, in its undo: it tells other systems what is to be undone. `None` outside of
    /// undos.
    #[must_use]
    pub fn undone_key(&self) -> Option<String> {
        self.shared.reverses.then(|| self.shared.key.clone())
    }

    /// Whether the run has stopped waiting for this stage. A long `#[blocking]` call should look at it, because it
    /// can't be dropped.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.shared.cancelled.load(Ordering::Acquire)
    }

    /// Waits until the run stops waiting for this stage.
    ///
    /// Dropping the future has no effect.
    pub async fn cancelled(&self) {
        let notified = self.shared.cancellation.notified();
        let mut notified = std::pin::pin!(notified);
        notified.as_mut().enable();
        if !self.is_cancelled() {
            notified.await;
        }
    }
}

impl fmt::Debug for StageContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StageContext")
            .field("workflow", &self.workflow())
            .field("stage", &self.stage())
            .field("idempotency_key", &self.idempotency_key())
            .field("attempt", &self.attempt())
            .finish_non_exhaustive()
    }
}

/// Lies in the stage's future: when that is dropped, the stage is cancelled.
pub struct ContextGuard(StageContext);

impl Frame<'_> {
    /// Returns the `ctx` of a stage. `site`: the key of the expression, empty for the stage's own.
    #[must_use]
    pub fn context(self, stage: StageId, site: &str) -> ContextGuard {
        ContextGuard::new(self, stage, site)
    }
}

impl ContextGuard {
    pub(crate) fn new(frame: Frame<'_>, stage: StageId, site: &str) -> Self {
        let (core, places) = (frame.core(), frame.places());
        let attempt = frame.attempt_at(stage, site);
        let (key, place) = core.key_of(&places, (stage, site));
        Self(StageContext {
            shared: Arc::new(ContextInner {
                workflow: core.graph().name,
                stage: core.stage_name(stage).unwrap_or_default(),
                instance: Arc::clone(core.instance()),
                key,
                place,
                reverses: core.reverses(),
                attempt,
                cancelled: AtomicBool::new(false),
                cancellation: Notify::new(),
            }),
        })
    }
}

impl Deref for ContextGuard {
    type Target = StageContext;
    fn deref(&self) -> &StageContext {
        &self.0
    }
}

impl Drop for ContextGuard {
    fn drop(&mut self) {
        self.0.shared.cancelled.store(true, Ordering::Release);
        self.0.shared.cancellation.notify_waiters();
    }
}

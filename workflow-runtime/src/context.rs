//! What a stage may ask: `ctx`.

use crate::run::Core;
use std::{
    fmt,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::Notify;

/// What a stage's expression sees as `ctx`: where it is, and whether anybody still waits for it.
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
    shared: Arc<Shared>,
}

struct Shared {
    workflow: &'static str,
    stage: &'static str,
    instance: Arc<str>,
    path: String,
    /// It is that of the stage's undo.
    reverses: bool,
    attempt: u32,
    cancelled: AtomicBool,
    cancellation: Notify,
}

impl StageContext {
    /// The workflow's name, as written.
    #[must_use]
    pub fn workflow(&self) -> &'static str {
        self.shared.workflow
    }

    /// The stage's name, as written; empty in the workflow's own tail.
    #[must_use]
    pub fn stage(&self) -> &'static str {
        self.shared.stage
    }

    /// The running instance: in memory, a random identifier of 32 hexadecimal digits.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.shared.instance
    }

    /// Which attempt this is, counted from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.shared.attempt
    }

    /// A key that is the same for all attempts of this stage, in this round or for this item, of this instance, and for
    /// nothing else: for systems that drop what they have already done. The stage's undo has a key of its own.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        let undo = if self.shared.reverses { "/undo" } else { "" };
        format!("{}/{}{undo}", self.shared.instance, self.shared.path)
    }

    /// In an undo: the key that its stage had, to tell others what is to be undone.
    #[must_use]
    pub fn undone_key(&self) -> Option<String> {
        self.shared.reverses.then(|| format!("{}/{}", self.shared.instance, self.shared.path))
    }

    /// Nobody waits for this stage any more. Worth a look in a long `#[blocking]` call, which can't be cut.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.shared.cancelled.load(Ordering::Acquire)
    }

    /// Ends when nobody waits for this stage any more.
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

impl ContextGuard {
    pub(crate) fn new(core: &Core, stage: u32, places: &[(u32, u32)], attempt: u32) -> Self {
        let name = |stage| core.stage_name(stage).unwrap_or_default();
        let mut path = String::new();
        for (around, index) in places {
            path.extend([name(*around), "[", &index.to_string(), "]/"]);
        }
        path += name(stage);
        #[cfg(feature = "durable")]
        if let Some(journal) = core.journal() {
            let outer = places.first().map_or(stage, |(around, _)| *around);
            let times = crate::durable::times_rewound(journal, core, outer);
            if times > 0 {
                path.extend(["~", &times.to_string()]);
            }
        }
        Self(StageContext {
            shared: Arc::new(Shared {
                workflow: core.graph().name,
                stage: name(stage),
                instance: Arc::clone(core.instance()),
                path,
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

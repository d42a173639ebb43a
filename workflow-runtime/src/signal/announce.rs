//! A stage's output, announced to what waits for the stage without depending on it.

use crate::{
    failure::exit::Exit,
    future::{map::then, wake_list::WakeList},
    output::{
        shared::{OutputRef, OwnedOrShared},
        visibility::IntoHeld,
    },
    sync::lock,
};
use std::{
    future::{Future, poll_fn},
    sync::{Mutex, MutexGuard},
    task::Poll,
};

/// An output that others may wait for without depending on it.
pub struct Published<T> {
    shared: Mutex<Announcement<T>>,
}

impl<T> Published<T> {
    /// Creates an output that is not there yet.
    #[must_use]
    pub fn new() -> Self {
        Self { shared: Mutex::new(Announcement { output: None, waiting: WakeList::new() }) }
    }

    fn lock(&self) -> MutexGuard<'_, Announcement<T>> {
        lock(&self.shared)
    }

    /// Returns a reference to the output, once the stage has ended.
    pub async fn get(&self) -> OutputRef<T> {
        poll_fn(|context| {
            let mut shared = self.lock();
            if let Some(output) = &shared.output {
                return Poll::Ready(output.lend());
            }
            shared.waiting.register(context);
            Poll::Pending
        })
        .await
    }

    /// Removes the value before it is moved: no wait needs it any more.
    pub fn forget(&self) {
        let output = self.lock().output.take();
        drop(output);
    }
}

impl<T> Default for Published<T> {
    fn default() -> Self {
        Self::new()
    }
}

struct Announcement<T> {
    output: Option<OutputRef<T>>,
    waiting: WakeList,
}

/// Runs a stage and publishes its output to the waits that name it.
///
/// # Errors
/// The stage's.
pub fn announcing<T, H: IntoHeld<T>, F: Future<Output = Result<H, Exit>>>(
    announced: &Published<T>,
    run: F,
) -> impl Future<Output = Result<OwnedOrShared<T>, Exit>> + use<'_, T, H, F> {
    then(run, |ended: Result<H, Exit>| {
        let held = ended?.into_held().shared();
        let waiting = {
            let mut shared = announced.lock();
            shared.output = Some(held.lend());
            shared.waiting.take()
        };
        waiting.wake();
        Ok(held)
    })
}

/// Runs a stage, and then notifies the signals to which its end matters: signals inside of it, which no stage requests
/// any more, and signals that come `#[after]` it.
///
/// # Errors
/// The stage's.
pub fn publish_on_completion<T, F: Future<Output = Result<T, Exit>>, G: FnOnce()>(
    run: F,
    tell: G,
) -> impl Future<Output = Result<T, Exit>> + use<T, F, G> {
    then(run, |ended| {
        tell();
        ended
    })
}

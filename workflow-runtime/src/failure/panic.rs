//! Caught panics. Where something is dropped because of a failure, a panic of its `Drop` does not replace that failure.

use std::{
    any::Any,
    error::Error,
    fmt, mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};
#[cfg(feature = "durable")]
use std::{pin::Pin, task::Poll};

/// The message of a panic, as an error.
#[derive(Debug)]
pub(crate) struct Panicked(String);

impl Panicked {
    /// Reads what a panic said, and drops it: a panic of that drop goes no further.
    pub(crate) fn of(payload: PanicPayload) -> Self {
        let panicked = Self::new(&*payload);
        discard(payload);
        panicked
    }

    pub(crate) fn new(payload: &(dyn std::any::Any + Send)) -> Self {
        let said = payload.downcast_ref::<&str>().map(ToString::to_string);
        let said = said.or_else(|| payload.downcast_ref::<String>().cloned());
        Self(said.unwrap_or_else(|| "a panic without a message".to_owned()))
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for Panicked {}

/// The payload of a caught panic.
pub(crate) type PanicPayload = Box<dyn Any + Send>;

/// Drops a value and discards a panic of its destructor: the failure that is there already goes on. The panic hook
/// still runs.
#[cold]
pub(crate) fn drop_quietly(drop: impl FnOnce()) {
    if let Some(payload) = try_to(drop) {
        discard(payload);
    }
}

/// Drops what a panic said. Should that drop panic in turn, its panic ends here, and what it said is leaked.
#[cold]
pub(crate) fn discard(payload: PanicPayload) {
    if let Some(further) = try_to(|| drop(payload)) {
        mem::forget(further);
    }
}

/// Drops all values, also after one has panicked. `resume_panic`: the first panic goes on afterwards.
pub(crate) fn drop_all(each: impl Iterator<Item = impl FnOnce()>, resume_panic: bool) {
    let mut first = None;
    for drop in each {
        match (try_to(drop), &first) {
            (Some(payload), None) if resume_panic => first = Some(payload),
            (Some(payload), _) => discard(payload),
            (None, _) => {}
        }
    }
    if let Some(payload) = first {
        resume_unwind(payload);
    }
}

fn try_to(drop: impl FnOnce()) -> Option<PanicPayload> {
    catch_unwind(AssertUnwindSafe(drop)).err()
}

/// Returns a future of the output of `run`, or of the payload of its panic.
#[cfg(feature = "durable")]
pub(crate) fn catch_panics<F: Future + Unpin>(mut run: F) -> impl Future<Output = Result<F::Output, PanicPayload>> {
    std::future::poll_fn(move |context| match catch_unwind(AssertUnwindSafe(|| Pin::new(&mut run).poll(context))) {
        Ok(polled) => polled.map(Ok),
        Err(payload) => Poll::Ready(Err(payload)),
    })
}

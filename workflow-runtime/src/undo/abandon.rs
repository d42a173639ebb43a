//! A run that is dropped before its end: where another run is polled around it, that one undoes what it did.

use super::{rollback_record::RolledBack, scope::unwind_and_report};
use crate::{
    failure::FailureKind,
    run::{
        children::{self, HAS_LEFT, LEFT, POLLED, Rollback},
        state::RunState,
    },
    stage_id::StageId,
};
use std::sync::atomic::AtomicU32;

impl Drop for RunState {
    #[inline]
    fn drop(&mut self) {
        if self.owns_log && self.rare().is_some() {
            self.left();
        }
    }
}

impl RunState {
    #[cold]
    #[inline(never)]
    fn left(&mut self) {
        let undoes = self.log().is_some_and(|log| log.holds_something()) || self.has_children_left();
        if undoes && children::is_inside() && !self.is_suspended() {
            // The run around it undoes what it did.
            let mut core = Self::with(self.graph, std::mem::take(&mut self.rare));
            core.current = AtomicU32::new(self.current().0);
            (core.traced, core.observed, core.tracked) = (self.traced, self.observed, self.tracked);
            return leave(core);
        }
        // Running attempts in a log hold on to it: the drop of a run drops them.
        if let Some(log) = self.log() {
            log.close();
        }
        self.emit_dropped();
    }
}

/// Leaves behind what a run that is dropped has to undo.
pub(crate) fn leave(core: RunState) {
    let rollback: Rollback = Box::pin(async move {
        let failure = core.failure(StageId::BODY, FailureKind::Cancelled, None);
        let failure = unwind_and_report(&core, failure, &RolledBack::in_memory()).await;
        core.emit_ended::<()>(&Err(failure.clone()));
        failure
    });
    let polled = POLLED.get();
    let _ = LEFT.try_with(|left| left.borrow_mut().push((polled & !HAS_LEFT, rollback)));
    POLLED.set(polled | HAS_LEFT);
}

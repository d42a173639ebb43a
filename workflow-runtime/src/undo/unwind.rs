//! Unwinding a log: running stages end, then everything is undone, the last first.

use super::rollback_record::RolledBack;
use crate::{
    failure::{Failure, UndoReport, exit::Exit, panic::drop_quietly},
    observe::event::EventKind,
    run::{
        nested,
        state::RunState,
        turn::turn,
        undo_log::{PendingAttempt, RunningUndo, UndoEntry, UndoLog, UndoState},
    },
    stage_id::StageId,
    sync::lock,
};
use std::{future::poll_fn, mem, task::Poll};

impl UndoLog {
    /// Lets running stages end, then undoes everything, the last first. If this future is dropped before its end, the
    /// remaining entries go back into the log, for the next rollback of the scope.
    pub(crate) async fn unwind(&self, core: &RunState, failure: Failure, thrown: &RolledBack) -> Failure {
        self.unwind_only(core, failure, thrown, |_| true).await
    }

    /// Undoes only the stages for which `is_taken` holds.
    pub(crate) async fn unwind_only(
        &self,
        core: &RunState,
        failure: Failure,
        thrown: &RolledBack,
        is_taken: impl Fn(StageId) -> bool + Sync,
    ) -> Failure {
        // What was run inside of the stages that are cut ends first.
        let failure = failure.with_undone(Box::pin(nested::undone(core)).await);
        let mut unwinding = Unwinding { log: self, left: UndoState::default() };
        unwinding.finish_in_flight(core, &is_taken).await;
        let failure = failure.with_undone(Box::pin(nested::undone(core)).await);
        thrown.landed();
        let left = &mut unwinding.left;
        left.entries.retain(|undo| is_taken(undo.stage));
        left.entries.sort_by_key(UndoEntry::order);
        let earlier = left.undone.failures.len();
        loop {
            if left.begun.is_empty() {
                let Some(UndoEntry { stage, places, record, run, .. }) = left.entries.pop() else { break };
                if let Some(before) = record.before() {
                    core.emit_recorded_undo(stage, &places, &before);
                    left.undone.failures.extend(before.err());
                    continue;
                }
                core.emit_at(stage, &places, EventKind::Undoing);
                left.begun.push(RunningUndo { stage, places, run: record.recording(run(failure.clone())) });
            }
            let ended = poll_fn(|context| {
                let Some(undo) = left.begun.last_mut() else { return Poll::Ready(Ok(())) };
                core.frame().at(undo.stage);
                core.catch(|| undo.run.as_mut().poll(context))
            })
            .await;
            let Some(RunningUndo { stage, places, .. }) = left.begun.pop() else { break };
            if let Err(Exit::Failed(failure)) = ended {
                core.emit_at(stage, &places, EventKind::UndoFailed { failure: &failure });
                left.undone.failures.push(failure);
            } else {
                core.emit_at(stage, &places, EventKind::Undone);
            }
            turn(core, 1).await;
        }
        let UndoReport { mut failures, in_doubt } = mem::take(&mut left.undone);
        let later = failures.split_off(earlier.min(failures.len()));
        failure.with_undone(UndoReport { failures: later, in_doubt }).with_undone_before(failures)
    }
}

impl PendingAttempt {
    /// Reports the stage as in doubt: its effect may or may not have happened.
    fn doubt(&self, core: &RunState, in_doubt: &mut Vec<&'static str>) {
        if let Some(name) = core.stage_name(self.stage) {
            if let Some(record) = &self.record {
                record.in_doubt(name);
            }
            in_doubt.push(name);
        }
    }
}

/// A scope that is being undone.
struct Unwinding<'a> {
    log: &'a UndoLog,
    left: UndoState,
}

impl Unwinding<'_> {
    async fn finish_in_flight(&mut self, core: &RunState, is_taken: &(dyn Fn(StageId) -> bool + Sync)) {
        let Self { log, left } = self;
        // A stage that ends may have left another one running.
        loop {
            left.append(mem::take(&mut *lock(&log.content)));
            // A stage that is not rewound goes on by itself. The stages that it leaves running are next.
            let others: Vec<PendingAttempt> = left.in_flight.extract_if(.., |one| !is_taken(one.stage)).collect();
            if !others.is_empty() {
                drop_quietly(|| drop(others));
                continue;
            }
            let UndoState { entries, in_flight, undone, .. } = left;
            if in_flight.is_empty() {
                return;
            }
            // Stages with a timeout of their own end by it.
            let limit = in_flight.iter().filter_map(|one| one.grace.limit()).max();
            let mut end = limit.map(|limit| Box::pin(tokio::time::sleep(limit)));
            let _guard = limit.and_then(|_| core.resident_guard());
            let in_doubt = &mut undone.in_doubt;
            poll_fn(|context| {
                in_flight.retain_mut(|one| match core.catch(|| one.run.as_mut().poll(context)) {
                    Poll::Pending => true,
                    Poll::Ready(ended) => {
                        match ended {
                            Ok(undo) => entries.extend(undo),
                            Err(Exit::Failed(failure)) if failure.is_late() => one.doubt(core, in_doubt),
                            Err(_) => {}
                        }
                        false
                    }
                });
                if end.as_mut().is_some_and(|end| end.as_mut().poll(context).is_ready()) {
                    end = None;
                    for one in in_flight.extract_if(.., |one| one.grace.limit().is_some()) {
                        one.doubt(core, in_doubt);
                        drop_quietly(|| drop(one));
                    }
                }
                if in_flight.is_empty() { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
    }
}

impl Drop for Unwinding<'_> {
    fn drop(&mut self) {
        self.log.take(mem::take(&mut self.left));
    }
}

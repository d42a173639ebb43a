//! A recorded wait for a signal.

use super::queue::SignalQueue;
use crate::{
    failure::exit::Exit,
    journal::{
        failure::StoredFailure,
        log::{Journal, LAST, UNRECORDED},
        payload::{Payload, WrittenValue},
        record::{RecordKind, decode_record, encode_record},
        restore::restore_until,
        timer::due,
    },
    run::frame::Frame,
    stage_id::StageId,
};
use std::{future::Future, sync::Arc};
use tokio::time::Instant;
use workflow_store::Change;

/// The record of the signal that a scope takes.
pub(crate) struct KeptSignal<'a, T> {
    frame: Frame<'a>,
    journal: &'a Arc<Journal>,
    stage: StageId,
    name: &'static str,
    payload: Payload<T>,
    falls_back: bool,
}

impl<'a, T> KeptSignal<'a, T> {
    /// Returns the record of a wait, in a durable run.
    pub(crate) fn new(
        frame: Frame<'a>,
        stage: StageId,
        name: &'static str,
        payload: Payload<T>,
        falls_back: bool,
    ) -> Option<Self> {
        frame.journal().map(|journal| Self { frame, journal, stage, name, payload, falls_back })
    }

    fn path(&self) -> String {
        self.frame.path_within(self.stage, &format!("signal-{}", self.name))
    }

    /// Returns whether the scope has taken one.
    pub(crate) fn has_taken(&self) -> bool {
        self.journal.has(&self.path(), &[RecordKind::Signal])
    }

    /// Returns the recorded value, or the next one that arrives, or that of `late`. The delay is reported first.
    pub(crate) async fn get<F: Future<Output = Result<T, Exit>>>(
        &self,
        queue: &SignalQueue<T>,
        limit: Option<Instant>,
        (waiting, waiter): (Frame<'_>, StageId),
        is_late: impl FnOnce(),
        late: impl FnOnce() -> F,
    ) -> Result<T, Exit> {
        let journal = self.journal;
        let (path, name) = (self.path(), self.name);
        // Once it is late it stays so, whatever arrives before the fallback has ended.
        let missed = limit.and_then(|_| journal.record(&late_of(&path)));
        if let Some(record) = journal.record(&path) {
            return match self.payload.recall(&record) {
                Ok(value) => {
                    journal.mark_restored();
                    Ok(value)
                }
                Err(error) => journal.undecodable(&path, error).await,
            };
        }
        if let Some(record) = &missed {
            is_late();
            if record.kind == RecordKind::Failed as u8 {
                let failure = match decode_record::<StoredFailure>(record) {
                    Ok(failure) => failure.restore(),
                    Err(error) => return journal.undecodable(&late_of(&path), error).await,
                };
                journal.hold_failure(record.order).await;
                journal.mark_restored();
                return Err(failure.into());
            }
            journal.mark_restored();
            let value = self.fallen_back(&path, late).await?;
            self.enter(path, &value, Vec::new()).await;
            return Ok(value);
        }
        journal.park_if_taken_elsewhere(&path).await;
        let limit = match limit {
            None => None,
            Some(at) => {
                let left = at.saturating_duration_since(Instant::now());
                Some(due(journal, format!("{path}-due"), || journal.now().after(left)).await)
            }
        };
        // No signal is taken while a record is not restored yet.
        journal.await_turn(UNRECORDED).await;
        let taken = {
            let _listening = journal.listening();
            match limit {
                None => Some(queue.take().await),
                Some(at) => journal.by(at, queue.take()).await,
            }
        };
        let Some((number, value)) = taken else {
            is_late();
            journal.put(late_of(&path), RecordKind::Due, encode_record(&journal.now().as_millis()));
            let value = self.fallen_back(&path, late).await?;
            self.enter(path, &value, Vec::new()).await;
            return Ok(value);
        };
        // In the poll in which it is taken: the wait is over then, as in memory.
        self.enter(path, &value, vec![Change::ConsumeSignal { number }]).await;
        waiting.signalled(waiter, name);
        Ok(value)
    }

    /// Records the value.
    async fn enter(&self, path: String, value: &T, taken: Vec<Change>) {
        let written =
            WrittenValue::new(self.payload.encode(value), RecordKind::Signal, &|| format!("signal '{}'", self.name));
        self.journal.enter([(path.into(), written.kind, written.bytes)], None, taken);
        self.journal.park_if_refused(written.refused).await;
    }

    /// Runs `late`. A fallback's failure is recorded, since all stages that wait for the signal get it.
    async fn fallen_back<F: Future<Output = Result<T, Exit>>>(
        &self,
        path: &str,
        late: impl FnOnce() -> F,
    ) -> Result<T, Exit> {
        let ended = late().await;
        if let (Err(Exit::Failed(failure)), true) = (&ended, self.falls_back) {
            self.journal.put(late_of(path), RecordKind::Failed, encode_record(&StoredFailure::of(failure)));
        }
        ended
    }

    /// Returns the order of the last record of a fallback that may have to be undone, if it has begun.
    pub(crate) fn last_of_fallback(&self) -> Option<u64> {
        if !self.journal.is_restoring() {
            return None;
        }
        let path = self.path();
        let missed = self.journal.record(&late_of(&path))?;
        match self.journal.record(&path) {
            Some(value) => Some(value.order),
            None if missed.kind == RecordKind::Failed as u8 => Some(missed.order),
            None => Some(LAST),
        }
    }
}

/// Returns the path of the record that a signal was late. If the fallback failed, the record holds the failure.
fn late_of(path: &str) -> String {
    format!("{path}-late")
}

/// Restores the records of `run` in a durable run.
pub(crate) async fn catch_up(frame: Frame<'_>, order: u64, run: impl Future<Output = ()>) {
    if let Some(journal) = frame.journal() {
        restore_until(journal, order, run).await;
    }
}

//! A wait for a signal, on record.

use super::{
    Journal, Payload, due,
    payload::{Kind, Written},
};
use crate::{failure::Stop, run::Cx, signal::SignalQueue, store::Change};
use std::{future::Future, sync::Arc};
use tokio::time::Instant;

/// Where what a scope takes of a signal is on record.
pub(crate) struct KeptSignal<'a, T> {
    cx: Cx<'a>,
    journal: &'a Arc<Journal>,
    stage: u32,
    name: &'static str,
    payload: Payload<T>,
}

impl<'a, T> KeptSignal<'a, T> {
    /// In memory: nowhere.
    pub(crate) fn new(cx: Cx<'a>, stage: u32, name: &'static str, payload: Payload<T>) -> Option<Self> {
        cx.journal().map(|journal| Self { cx, journal, stage, name, payload })
    }

    fn path(&self) -> String {
        self.cx.path_within(self.stage, &format!("signal-{}", self.name))
    }

    /// Returns whether the scope has taken one.
    pub(crate) fn has_taken(&self) -> bool {
        self.journal.has(&self.path(), &[Kind::Signal])
    }

    /// The value on record, or the next one that arrives, or what `late` gives.
    pub(crate) async fn get<F: Future<Output = Result<T, Stop>>>(
        &self,
        queue: &SignalQueue<T>,
        limit: Option<Instant>,
        (waiting, waiter): (Cx<'_>, u32),
        late: impl FnOnce() -> F,
    ) -> Result<T, Stop> {
        let journal = self.journal;
        let (path, name) = (self.path(), self.name);
        if let Some(record) = journal.record(&path) {
            return match self.payload.recall(&record) {
                Ok(value) => {
                    journal.recalled();
                    Ok(value)
                }
                Err(error) => journal.undecodable(&path, error).await,
            };
        }
        let limit = match limit {
            None => None,
            Some(at) => {
                let left = at.saturating_duration_since(Instant::now());
                Some(due(journal, format!("{path}-due"), || journal.now().after(left)).await)
            }
        };
        // None is taken while something on record has not been taken up.
        journal.hold(super::journal::FRESH).await;
        let taken = {
            let _listening = journal.listening();
            match limit {
                None => Some(queue.take().await),
                Some(at) => journal.by(at, queue.take()).await,
            }
        };
        let (value, taken) = match taken {
            Some((number, value)) => (value, vec![Change::Take { number }]),
            None => (late().await?, Vec::new()),
        };
        let arrived = !taken.is_empty();
        // In the poll in which it is taken: the wait is over then, as in memory.
        let written = Written::new(self.payload.encode(&value), Kind::Signal, || format!("signal '{name}'"));
        journal.enter(vec![(path.into(), written.kind, written.bytes)], None, taken);
        journal.unless_refused(written.refused).await;
        if arrived {
            waiting.signalled(waiter, name);
        }
        Ok(value)
    }
}

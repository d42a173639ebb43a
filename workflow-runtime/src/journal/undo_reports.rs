//! Reports of failed undos, and of stages in doubt, that outlive the part of the run that they belong to.

use super::{
    failure::StoredUndone,
    log::Journal,
    path::{NOT_UNDONE, within},
    record::{RecordKind, decode_record, encode_record},
};
use crate::failure::{Failure, UndoReport};
use std::{iter, sync::Arc};
use workflow_store::Record;

impl Journal {
    /// Records a report of undos that failed while the run goes on. A `key` is recorded once.
    pub(crate) fn not_undone(&self, key: &str, undone: &UndoReport) {
        if let Some((path, kind, payload)) = self.doubt(key, undone) {
            self.put(path, kind, payload);
        }
    }

    /// Records the failures of undos in a stage that no report within the stage has. `name` tells the report from others
    /// of the stage.
    pub(crate) fn undos_failed(&self, stage: &str, name: &str, failures: Vec<Failure>) {
        let failures = self.not_reported(stage, failures);
        if failures.is_empty() {
            return;
        }
        let key = within(stage, name);
        // A stage that runs again may report further ones.
        let mut keys = iter::once(key.clone()).chain((2..).map(|times| format!("{key}-{times}")));
        let Some(key) = keys.find(|key| !self.is_in_doubt(key)) else { return };
        self.not_undone(&key, &UndoReport { failures, in_doubt: Vec::new() });
    }

    /// Returns the failures of undos within a path that have no record.
    fn not_reported(&self, path: &str, mut failures: Vec<Failure>) -> Vec<Failure> {
        let mut reported: Vec<String> = {
            let (content, path) = (self.lock(), format!("{NOT_UNDONE}{path}"));
            let records = content.within(&path).filter_map(|path| content.records.get(path));
            let reports = records.filter_map(|record| decode_record::<StoredUndone>(record).ok());
            reports.flat_map(|report| report.restore().failures).map(|failure| format!("{failure:#}")).collect()
        };
        failures.retain(|failure| match reported.iter().position(|before| *before == format!("{failure:#}")) {
            Some(place) => {
                reported.swap_remove(place);
                false
            }
            None => true,
        });
        failures
    }

    /// Returns whether a report on undoing the stage at a path is recorded.
    pub(crate) fn is_in_doubt(&self, path: &str) -> bool {
        self.lock().records.contains_key(&*format!("{NOT_UNDONE}{path}"))
    }

    /// Returns the record of such a report, if there is none yet.
    pub(crate) fn doubt(&self, key: &str, undone: &UndoReport) -> Option<(Arc<str>, RecordKind, Vec<u8>)> {
        let path: Arc<str> = format!("{NOT_UNDONE}{key}").into();
        self.record(&path).is_none().then(|| (path, RecordKind::NotUndone, encode_record(&StoredUndone::of(undone))))
    }

    /// Returns all recorded reports, in order.
    pub(crate) fn all_not_undone(&self) -> UndoReport {
        let mut records: Vec<Record> = {
            let content = self.lock();
            let found = content.records.iter().filter(|(path, _)| path.starts_with(NOT_UNDONE));
            found.map(|(_, record)| record.clone()).collect()
        };
        records.sort_by_key(|record| record.order);
        let mut all = UndoReport::default();
        for record in records {
            match decode_record::<StoredUndone>(&record) {
                Ok(stored) => {
                    let mut undone = stored.restore();
                    all.failures.append(&mut undone.failures);
                    all.in_doubt.append(&mut undone.in_doubt);
                }
                Err(error) => self.park_now(format!("what is stored of failed undos can't be read: {error}")),
            }
        }
        all
    }
}

//! Queries, which the reader threads answer. A row whose checksum does not match is never returned.

use crate::{
    checksum::Checksum,
    error::into_store_error,
    row::{self, InstanceRow, SELECT_INSTANCES, record, signal, timestamp},
    scan::Scan,
    schema, statement,
};
use rusqlite::{Connection, Statement, ToSql, params};
use std::{path::Path, sync::Arc};
use workflow_store::{
    Due, Instance, InstanceKey, InstanceStatus, Loaded, Record, StoreError, StoreErrorKind, StoredSignal, Timestamp,
};

/// The statements of a reader, each prepared once.
pub(crate) struct Reader<'connection> {
    path: Arc<Path>,
    /// The error that kept the current transaction from beginning.
    begin_error: Option<StoreError>,
    begin: Statement<'connection>,
    end: Statement<'connection>,
    key_of_id: Statement<'connection>,
    instance: Statement<'connection>,
    records: Statement<'connection>,
    signals: Statement<'connection>,
    keys: Statement<'connection>,
    keys_with_status: Vec<(InstanceStatus, Statement<'connection>)>,
    due: Statement<'connection>,
    scan: Scan<'connection>,
}

/// The records and signals of an instance.
type Parts = (Vec<(String, Record)>, Vec<StoredSignal>);

impl<'connection> Reader<'connection> {
    pub(crate) fn new(connection: &'connection Connection, path: Arc<Path>) -> rusqlite::Result<Self> {
        let prepare = |sql: &str| statement::prepare(connection, sql);
        let keys_with_status = |status: InstanceStatus| {
            // The condition repeats that of the index, because SQLite does not derive the one from
            // the other.
            let number = schema::status_number(status);
            let indexed = if status == InstanceStatus::Completed { "" } else { "AND status <> 3" };
            let sql = format!(
                "SELECT key FROM instances WHERE status = {number} {indexed} AND key > ?1 ORDER BY key LIMIT ?2"
            );
            Ok((status, prepare(&sql)?))
        };
        let instance = format!("{SELECT_INSTANCES} WHERE key = ?1");
        Ok(Self {
            path,
            begin_error: None,
            begin: prepare("BEGIN")?,
            end: prepare("COMMIT")?,
            key_of_id: prepare("SELECT key FROM instances WHERE id = ?1")?,
            instance: prepare(&instance)?,
            records: prepare(
                "SELECT path, place, kind, payload, checksum FROM records WHERE instance = ?1 ORDER BY path",
            )?,
            signals: prepare(
                "SELECT number, name, payload, checksum FROM signals WHERE instance = ?1 ORDER BY number",
            )?,
            keys: prepare("SELECT key FROM instances WHERE key > ?1 ORDER BY key LIMIT ?2")?,
            keys_with_status: InstanceStatus::ALL.into_iter().map(keys_with_status).collect::<rusqlite::Result<_>>()?,
            due: prepare(
                "SELECT key, wake_at FROM instances WHERE status = 1 AND wake_at IS NOT NULL ORDER BY wake_at, key LIMIT ?1",
            )?,
            scan: Scan::new(connection)?,
        })
    }

    /// Runs several queries in one transaction, which is the largest cost of a small query. Each
    /// sees all writes that completed before the caller asked.
    pub(crate) fn transaction(&mut self, queries: impl FnOnce(&mut Self)) {
        let begun = self.begin.execute([]);
        self.begin_error = begun.err().map(|error| into_store_error(error, "read", &self.path));
        queries(self);
        // The transaction has written nothing, so an error at its end does not matter.
        let _ = self.end.execute([]);
    }

    pub(crate) fn find(&mut self, id: &str) -> Result<Option<Instance>, StoreError> {
        self.in_transaction(|reader| {
            let keys = reader.select_keys(|reader| &mut reader.key_of_id, params![id], "find an instance")?;
            let Some(&key) = keys.first() else { return Ok(None) };
            let found = reader.instance(key)?;
            if found.instance.id != id {
                return Err(damaged(key, &found.instance.id, "its id does not match the index of ids"));
            }
            Ok(Some(found.instance))
        })
    }

    pub(crate) fn load(&mut self, key: InstanceKey) -> Result<Loaded, StoreError> {
        self.in_transaction(|reader| reader.loaded(key))
    }

    pub(crate) fn running(&mut self, after: Option<InstanceKey>, limit: usize) -> Result<Vec<Loaded>, StoreError> {
        let (after, limit) = page_bounds(after, limit);
        self.in_transaction(|reader| {
            if let Ok(Some(page)) = reader.scan.running(after, limit) {
                return Ok(page);
            }
            // An instance is damaged: reading one after the other tells which.
            let running = reader.keys_with_status.iter().position(|(status, _)| *status == InstanceStatus::Running);
            let Some(running) = running else { return Ok(Vec::new()) };
            let bounds = params![after, limit];
            let keys =
                reader.select_keys(|reader| &mut reader.keys_with_status[running].1, bounds, "list instances")?;
            until_damaged(keys, |key| reader.loaded(key))
        })
    }

    pub(crate) fn list(
        &mut self,
        after: Option<InstanceKey>,
        limit: usize,
        statuses: &[InstanceStatus],
    ) -> Result<Vec<Instance>, StoreError> {
        let (after, rows) = page_bounds(after, limit);
        let bounds = params![after, rows];
        self.in_transaction(|reader| {
            let mut keys = Vec::new();
            if statuses.is_empty() {
                keys = reader.select_keys(|reader| &mut reader.keys, bounds, "list instances")?;
            }
            for index in 0..reader.keys_with_status.len() {
                if statuses.contains(&reader.keys_with_status[index].0) {
                    let found =
                        reader.select_keys(|reader| &mut reader.keys_with_status[index].1, bounds, "list instances")?;
                    keys.extend(found);
                }
            }
            keys.sort_unstable();
            keys.truncate(limit);
            until_damaged(keys, |key| reader.instance(key).map(|row| row.instance))
        })
    }

    pub(crate) fn due(&mut self, now: Timestamp, limit: usize) -> Result<Due, StoreError> {
        self.in_transaction(|reader| {
            // One row more than the limit: the next instance.
            let rows = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
            let waiting = reader.waiting(now, rows)?;
            let mut due = Due::default();
            for (key, at) in waiting {
                due.next = Some(at);
                if at > now || due.instances.len() == limit {
                    return Ok(due);
                }
                match reader.instance(key) {
                    Ok(row) => due.instances.push(row.instance),
                    Err(error) if due.instances.is_empty() => return Err(error),
                    Err(_) => return Ok(due),
                }
            }
            due.next = None;
            Ok(due)
        })
    }

    /// Runs a query, unless the current transaction could not begin.
    fn in_transaction<T>(&mut self, query: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match &self.begin_error {
            Some(error) => Err(error.clone()),
            None => query(self),
        }
    }

    /// Returns the keys in the rows of a statement.
    fn select_keys(
        &mut self,
        statement: impl FnOnce(&mut Self) -> &mut Statement<'connection>,
        parameters: &[&dyn ToSql],
        action: &str,
    ) -> Result<Vec<InstanceKey>, StoreError> {
        let path = self.path.clone();
        let keys = statement(self).query_map(parameters, |row| row.get(0).map(InstanceKey));
        keys.and_then(Iterator::collect).map_err(|error| into_store_error(error, action, &path))
    }

    /// Returns waiting instances in the order in which they are due, up to the first that is due
    /// after `now`.
    fn waiting(&mut self, now: Timestamp, limit: i64) -> Result<Vec<(InstanceKey, Timestamp)>, StoreError> {
        let mut read = || {
            let mut waiting = Vec::new();
            let mut rows = self.due.query([limit])?;
            while let Some(row) = rows.next()? {
                let at = timestamp(row, 1)?;
                waiting.push((InstanceKey(row.get(0)?), at));
                if at > now {
                    break;
                }
            }
            Ok(waiting)
        };
        read().map_err(|error| into_store_error(error, "read the instances that are due", &self.path))
    }

    /// Returns the instance with everything stored about it.
    fn loaded(&mut self, key: InstanceKey) -> Result<Loaded, StoreError> {
        let InstanceRow { instance, parts, sum, .. } = self.instance(key)?;
        let mut found = (0_i64, 0_u32);
        let mut count = |checksum: u32| found = (found.0 + 1, found.1.wrapping_add(checksum));
        let (records, signals) = self.parts(&instance, &mut count)?;
        if found.0 != parts {
            let what = format!("it has {} records and signals instead of {parts}", found.0);
            return Err(damaged(key, &instance.id, &what));
        }
        if found.1 != sum {
            return Err(damaged(key, &instance.id, "its records and signals are not those that were written"));
        }
        Ok(Loaded { instance, records, signals })
    }

    /// Returns the row of the instance.
    fn instance(&mut self, key: InstanceKey) -> Result<InstanceRow, StoreError> {
        let path = self.path.clone();
        let into_error = |error| {
            into_store_error(error, &format!("read the instance with the key {}", key.0), &path).with_instance(key)
        };
        let mut rows = self.instance.query([key.0]).map_err(into_error)?;
        let Some(row) = rows.next().map_err(into_error)? else { return Err(StoreError::not_found(key)) };
        let decoded = row::instance(row).map_err(into_error)?;
        decoded.map_err(|(id, what)| damaged(key, &id, what))
    }

    /// Returns the records and signals of the instance. Calls `count` with the checksum of each.
    fn parts(&mut self, instance: &Instance, count: &mut impl FnMut(u32)) -> Result<Parts, StoreError> {
        let Instance { key, id, .. } = instance;
        let path = self.path.clone();
        let into_error =
            |error| into_store_error(error, &format!("read the instance '{id}'"), &path).with_instance(*key);

        let mut records = Vec::new();
        let mut rows = self.records.query([key.0]).map_err(into_error)?;
        while let Some(row) = rows.next().map_err(into_error)? {
            let (path, record, checksum) = record(row).map_err(into_error)?;
            if Checksum::record(*key, &path, &record) != checksum {
                return Err(damaged(*key, id, &format!("its record '{path}' does not match the checksum")));
            }
            count(checksum);
            records.push((path, record));
        }

        let mut signals = Vec::new();
        let mut rows = self.signals.query([key.0]).map_err(into_error)?;
        while let Some(row) = rows.next().map_err(into_error)? {
            let (signal, checksum) = signal(row).map_err(into_error)?;
            let StoredSignal { number, name, payload } = &signal;
            if Checksum::signal(name, payload).and(*number).with(key.0) != checksum {
                return Err(damaged(*key, id, &format!("its signal '{name}' does not match the checksum")));
            }
            count(checksum);
            signals.push(signal);
        }
        Ok((records, signals))
    }
}

/// Returns the bounds of a page for a statement: the key after which it begins, and the number of
/// rows.
fn page_bounds(after: Option<InstanceKey>, limit: usize) -> (i64, i64) {
    (after.map_or(i64::MIN, |after| after.0), i64::try_from(limit).unwrap_or(i64::MAX))
}

/// Reads one key after the other, up to the first that is damaged. The next page begins with that
/// key, and is its error.
fn until_damaged<T>(
    keys: Vec<InstanceKey>,
    mut read: impl FnMut(InstanceKey) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        match read(key) {
            Ok(value) => found.push(value),
            Err(error) if found.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(found)
}

fn damaged(key: InstanceKey, id: &str, what: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Damaged, format!("the instance '{id}' (key {}) is damaged: {what}", key.0))
        .with_instance(key)
}

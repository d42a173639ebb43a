//! How rows become what was asked for, on the threads of the readers. Nothing is handed out that its checksum does not fit.

use crate::{
    checksum::Checksum,
    error::fault,
    row::{INSTANCES, Tallied, instance, record, signal, timestamp},
    scan::Page,
    schema, statement,
};
use rusqlite::{Connection, Statement, params};
use std::{path::Path, sync::Arc};
use workflow_store::{
    Due, Instance, InstanceKey, Loaded, Record, Status, StoreError, StoreErrorKind, StoredSignal, Timestamp,
};

/// A reader's statements, each prepared once.
pub(crate) struct Reader<'connection> {
    path: Arc<Path>,
    /// Why there is no transaction, where there is none.
    refused: Option<StoreError>,
    begin: Statement<'connection>,
    end: Statement<'connection>,
    find: Statement<'connection>,
    instance: Statement<'connection>,
    records: Statement<'connection>,
    signals: Statement<'connection>,
    all: Statement<'connection>,
    with_status: Vec<(Status, Statement<'connection>)>,
    due: Statement<'connection>,
    pub(crate) page: Page<'connection>,
}

type Parts = (Vec<(String, Record)>, Vec<StoredSignal>);

pub(crate) type Found<T> = Result<T, StoreError>;

impl<'connection> Reader<'connection> {
    pub(crate) fn new(connection: &'connection Connection, path: Arc<Path>) -> rusqlite::Result<Self> {
        let prepare = |sql: &str| statement::prepare(connection, sql);
        let with_status = |status: Status| {
            // As in the index's condition, which SQLite does not conclude from the other.
            let number = schema::status_number(status);
            let indexed = if status == Status::Completed { "" } else { "AND status <> 3" };
            let sql = format!(
                "SELECT key FROM instances WHERE status = {number} {indexed} AND key > ?1 ORDER BY key LIMIT ?2"
            );
            Ok((status, prepare(&sql)?))
        };
        let instance = format!("{INSTANCES} WHERE key = ?1");
        Ok(Self {
            path,
            refused: None,
            begin: prepare("BEGIN")?,
            end: prepare("COMMIT")?,
            find: prepare("SELECT key FROM instances WHERE id = ?1")?,
            instance: prepare(&instance)?,
            records: prepare(
                "SELECT path, place, kind, payload, checksum FROM records WHERE instance = ?1 ORDER BY path",
            )?,
            signals: prepare(
                "SELECT number, name, payload, checksum FROM signals WHERE instance = ?1 ORDER BY number",
            )?,
            all: prepare("SELECT key FROM instances WHERE key > ?1 ORDER BY key LIMIT ?2")?,
            with_status: Status::ALL.into_iter().map(with_status).collect::<rusqlite::Result<_>>()?,
            due: prepare(
                "SELECT key, wake_at FROM instances WHERE status = 1 AND wake_at IS NOT NULL ORDER BY wake_at, key LIMIT ?1",
            )?,
            page: Page::new(connection)?,
        })
    }

    /// Answers several queries in one transaction, which is what costs most of a small one. Each sees what was written before it was
    /// asked, and nothing that comes meanwhile.
    pub(crate) fn together(&mut self, queries: impl FnOnce(&mut Self)) {
        let begun = self.begin.execute([]);
        self.refused = begun.err().map(|error| fault(error, "read", &self.path));
        queries(self);
        // It has written nothing: it is over, however it ends.
        let _ = self.end.execute([]);
    }

    pub(crate) fn find(&mut self, id: &str) -> Found<Option<Instance>> {
        self.at_one_moment(|reader| {
            let keys = reader.keys(|reader| &mut reader.find, params![id], "find an instance")?;
            let Some(&key) = keys.first() else { return Ok(None) };
            let found = reader.instance(key)?;
            if found.instance.id != id {
                return Err(damaged(key, &found.instance.id, "its id is not the one that it is found by"));
            }
            Ok(Some(found.instance))
        })
    }

    pub(crate) fn load(&mut self, key: InstanceKey) -> Found<Loaded> {
        self.at_one_moment(|reader| reader.loaded(key))
    }

    fn loaded(&mut self, key: InstanceKey) -> Found<Loaded> {
        let Tallied { instance, parts, sum, .. } = self.instance(key)?;
        let mut found = (0_i64, 0_u32);
        let mut count = |checksum: u32| found = (found.0 + 1, found.1.wrapping_add(checksum));
        let (records, signals) = self.parts(&instance, &mut count)?;
        if found != (parts, sum) {
            let found = found.0;
            let what = format!("it has {found} records and signals of {parts}, or not those that were stored");
            return Err(damaged(key, &instance.id, &what));
        }
        Ok(Loaded { instance, records, signals })
    }

    pub(crate) fn running(&mut self, after: Option<InstanceKey>, limit: usize) -> Found<Vec<Loaded>> {
        let page = (after.map_or(i64::MIN, |after| after.0), i64::try_from(limit).unwrap_or(i64::MAX));
        self.at_one_moment(|reader| {
            // Where something is wrong with that, it is found out of which instance.
            if let Ok(Some(page)) = reader.page.running(page) {
                return Ok(page);
            }
            let index = reader.with_status.iter().position(|(status, _)| *status == Status::Running);
            let Some(index) = index else { return Ok(Vec::new()) };
            let page = params![page.0, page.1];
            let keys = reader.keys(|reader| &mut reader.with_status[index].1, page, "list instances")?;
            let mut found = Vec::with_capacity(keys.len());
            for key in keys {
                match reader.loaded(key) {
                    Ok(loaded) => found.push(loaded),
                    Err(error) if found.is_empty() => return Err(error),
                    Err(_) => break, // The next page begins with it, and tells.
                }
            }
            Ok(found)
        })
    }

    pub(crate) fn list(
        &mut self,
        after: Option<InstanceKey>,
        limit: usize,
        statuses: &[Status],
    ) -> Found<Vec<Instance>> {
        let page = (after.map_or(i64::MIN, |after| after.0), i64::try_from(limit).unwrap_or(i64::MAX));
        let page = params![page.0, page.1];
        self.at_one_moment(|reader| {
            let mut keys = Vec::new();
            if statuses.is_empty() {
                keys = reader.keys(|reader| &mut reader.all, page, "list instances")?;
            }
            for index in 0..reader.with_status.len() {
                if statuses.contains(&reader.with_status[index].0) {
                    keys.extend(reader.keys(|reader| &mut reader.with_status[index].1, page, "list instances")?);
                }
            }
            keys.sort_unstable();
            keys.truncate(limit);
            let mut found = Vec::with_capacity(keys.len());
            for key in keys {
                match reader.instance(key) {
                    Ok(tallied) => found.push(tallied.instance),
                    Err(error) if found.is_empty() => return Err(error),
                    Err(_) => break, // The next page begins with it, and tells.
                }
            }
            Ok(found)
        })
    }

    pub(crate) fn due(&mut self, now: Timestamp, limit: usize) -> Found<Due> {
        self.at_one_moment(|reader| {
            // One more than is wanted: the next one.
            let rows = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
            let waiting = reader.waiting(now, rows)?;
            let mut due = Due::default();
            for (key, at) in waiting {
                due.next = Some(at);
                if at > now || due.instances.len() == limit {
                    return Ok(due);
                }
                match reader.instance(key) {
                    Ok(tallied) => due.instances.push(tallied.instance),
                    Err(error) if due.instances.is_empty() => return Err(error),
                    Err(_) => return Ok(due),
                }
            }
            due.next = None;
            Ok(due)
        })
    }

    /// Within a transaction, so that all of it is of one moment.
    fn at_one_moment<T>(&mut self, read: impl FnOnce(&mut Self) -> Found<T>) -> Found<T> {
        match &self.refused {
            Some(error) => Err(error.clone()),
            None => read(self),
        }
    }

    fn keys(
        &mut self,
        statement: impl FnOnce(&mut Self) -> &mut Statement<'connection>,
        asked: &[&dyn rusqlite::ToSql],
        doing: &str,
    ) -> Found<Vec<InstanceKey>> {
        let path = self.path.clone();
        let keys = statement(self).query_map(asked, |row| row.get(0).map(InstanceKey));
        keys.and_then(Iterator::collect).map_err(|error| fault(error, doing, &path))
    }

    /// Waiting instances in the order in which they are due, as far as one after `now`.
    fn waiting(&mut self, now: Timestamp, limit: i64) -> Found<Vec<(InstanceKey, Timestamp)>> {
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
        read().map_err(|error| fault(error, "see what is due", &self.path))
    }

    /// The instance's row; a fault of its own where a part of it is not what was stored.
    fn instance(&mut self, key: InstanceKey) -> Found<Tallied> {
        let path = self.path.clone();
        let told = |error| fault(error, &format!("read the instance with the key {}", key.0), &path).of(key);
        let mut rows = self.instance.query([key.0]).map_err(told)?;
        let Some(row) = rows.next().map_err(told)? else { return Err(StoreError::missing(key)) };
        let checked = instance(row).map_err(told)?;
        checked.map_err(|(id, what)| damaged(key, &id, what))
    }

    /// The instance's records and signals.
    fn parts(&mut self, instance: &Instance, count: &mut impl FnMut(u32)) -> Found<Parts> {
        let Instance { key, id, .. } = instance;
        let path = self.path.clone();
        let told = |error| fault(error, &format!("read the instance '{id}'"), &path).of(*key);

        let mut records = Vec::new();
        let mut rows = self.records.query([key.0]).map_err(told)?;
        while let Some(row) = rows.next().map_err(told)? {
            let (path, record, checksum) = record(row).map_err(told)?;
            if Checksum::record(*key, &path, &record) != checksum {
                return Err(damaged(*key, id, &format!("its record '{path}' is not what was stored")));
            }
            count(checksum);
            records.push((path, record));
        }

        let mut signals = Vec::new();
        let mut rows = self.signals.query([key.0]).map_err(told)?;
        while let Some(row) = rows.next().map_err(told)? {
            let (signal, checksum) = signal(row).map_err(told)?;
            let StoredSignal { number, name, payload } = &signal;
            if Checksum::signal(name, payload).and(*number).with(key.0) != checksum {
                return Err(damaged(*key, id, &format!("its signal '{name}' is not what was stored")));
            }
            count(checksum);
            signals.push(signal);
        }
        Ok((records, signals))
    }
}

fn damaged(key: InstanceKey, id: &str, what: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Damaged, format!("the instance '{id}' (key {}) is damaged: {what}", key.0)).of(key)
}

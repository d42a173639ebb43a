//! Scan of running instances with everything stored about them. Reads each table once, in the order
//! of keys.

use crate::{
    checksum::Checksum,
    row::{InstanceRow, SELECT_INSTANCES, instance, record, signal},
    statement,
};
use rusqlite::{Connection, Row, Statement, params};
use workflow_store::{Loaded, StoredSignal};

/// The statements of the scan, each prepared once.
pub(crate) struct Scan<'connection> {
    instances: Statement<'connection>,
    records: Statement<'connection>,
    signals: Statement<'connection>,
}

/// An instance whose records and signals are being read.
struct PartialInstance {
    loaded: Loaded,
    /// The number of records and signals that were not read yet, and the sum of their checksums.
    missing: (i64, u32),
}

/// A value, or `None` if a row does not match its checksum.
type Verified<T> = rusqlite::Result<Option<T>>;

impl<'connection> Scan<'connection> {
    pub(crate) fn new(connection: &'connection Connection) -> rusqlite::Result<Self> {
        let prepare = |sql: &str| statement::prepare(connection, sql);
        // The condition repeats that of the index, because SQLite does not derive the one from the
        // other.
        let running = "status = 0 AND status <> 3";
        // `CROSS JOIN` makes SQLite visit the instances first, and look up the parts of each.
        let parts = |columns: &str, table: &str, order: &str| {
            prepare(&format!(
                "SELECT {columns}, instance FROM instances CROSS JOIN {table} ON instance = key
                 WHERE {running} AND key BETWEEN ?1 AND ?2 ORDER BY key, {order}"
            ))
        };
        Ok(Self {
            instances: prepare(&format!("{SELECT_INSTANCES} WHERE {running} AND key > ?1 ORDER BY key LIMIT ?2"))?,
            records: parts("path, place, kind, payload, checksum", "records", "path")?,
            signals: parts("number, name, payload, checksum", "signals", "number")?,
        })
    }

    /// Returns at most `limit` running instances after the key `after`. Has to run within a
    /// transaction.
    ///
    /// Returns `None` if one of them is damaged. The caller then reads one after the other to find
    /// out which.
    pub(crate) fn running(&mut self, after: i64, limit: i64) -> Verified<Vec<Loaded>> {
        let (mut page, mut have_signals) = (Vec::new(), false);
        let mut rows = self.instances.query(params![after, limit])?;
        while let Some(row) = rows.next()? {
            let Ok(InstanceRow { instance, parts, sum, last_signal }) = instance(row)? else { return Ok(None) };
            have_signals |= last_signal > 0;
            let records = Vec::with_capacity(usize::try_from(parts).unwrap_or_default().min(64));
            let loaded = Loaded { instance, records, signals: Vec::new() };
            page.push(PartialInstance { loaded, missing: (parts, sum) });
        }
        drop(rows);

        let is_sound = add_rows(&mut self.records, &mut page, 5, |row, partial| {
            let (path, record, checksum) = record(row)?;
            let is_sound = Checksum::record(partial.loaded.instance.key, &path, &record) == checksum;
            partial.loaded.records.push((path, record));
            Ok(is_sound.then_some(checksum))
        })?;
        let is_sound = is_sound
            && (!have_signals
                || add_rows(&mut self.signals, &mut page, 4, |row, partial| {
                    let (signal, checksum) = signal(row)?;
                    let StoredSignal { number, name, payload } = &signal;
                    let key = partial.loaded.instance.key;
                    let is_sound = Checksum::signal(name, payload).and(*number).with(key.0) == checksum;
                    partial.loaded.signals.push(signal);
                    Ok(is_sound.then_some(checksum))
                })?);
        let is_sound = is_sound && page.iter().all(|partial| partial.missing == (0, 0));
        Ok(is_sound.then(|| page.into_iter().map(|partial| partial.loaded).collect()))
    }
}

/// Adds the rows of a table to the instances of a page. The column `instance` holds the key of the
/// instance of a row. Returns whether all rows match their checksums.
fn add_rows(
    statement: &mut Statement<'_>,
    page: &mut [PartialInstance],
    instance: usize,
    mut add: impl FnMut(&Row<'_>, &mut PartialInstance) -> Verified<u32>,
) -> rusqlite::Result<bool> {
    let key = |partial: &PartialInstance| partial.loaded.instance.key.0;
    let Some((first, last)) = page.first().map(key).zip(page.last().map(key)) else { return Ok(true) };
    let mut rows = statement.query([first, last])?;
    let mut page = page.iter_mut();
    let mut partial = page.next();
    while let Some(row) = rows.next()? {
        let instance: i64 = row.get(instance)?;
        while partial.as_ref().is_some_and(|partial| key(partial) < instance) {
            partial = page.next();
        }
        let Some(partial) = partial.as_mut().filter(|partial| key(partial) == instance) else { return Ok(false) };
        let Some(checksum) = add(row, partial)? else { return Ok(false) };
        partial.missing = (partial.missing.0 - 1, partial.missing.1.wrapping_sub(checksum));
    }
    Ok(true)
}

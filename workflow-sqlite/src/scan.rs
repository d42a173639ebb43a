//! Many running instances at once, with all that is stored of them: each table is read once, in the order of keys.

use crate::{
    checksum::Checksum,
    row::{INSTANCES, Tallied, instance, record, signal},
    statement,
};
use rusqlite::{Connection, Row, Statement, params};
use workflow_store::{Loaded, StoredSignal};

/// The statements of it.
pub(crate) struct Page<'connection> {
    instances: Statement<'connection>,
    records: Statement<'connection>,
    signals: Statement<'connection>,
}

/// An instance, and what it is said to have of parts that were not found yet.
struct Part {
    loaded: Loaded,
    missing: (i64, u32),
}

/// Nothing, where a part is not what was stored.
type Sound<T> = rusqlite::Result<Option<T>>;

impl<'connection> Page<'connection> {
    pub(crate) fn new(connection: &'connection Connection) -> rusqlite::Result<Self> {
        let prepare = |sql: &str| statement::prepare(connection, sql);
        // As in the index's condition, which SQLite does not conclude from the other.
        let running = "status = 0 AND status <> 3";
        // The instances lead, and the parts of each are sought.
        let parts = |columns: &str, table: &str, order: &str| {
            prepare(&format!(
                "SELECT {columns}, instance FROM instances CROSS JOIN {table} ON instance = key
                 WHERE {running} AND key BETWEEN ?1 AND ?2 ORDER BY key, {order}"
            ))
        };
        Ok(Self {
            instances: prepare(&format!("{INSTANCES} WHERE {running} AND key > ?1 ORDER BY key LIMIT ?2"))?,
            records: parts("path, place, kind, payload, checksum", "records", "path")?,
            signals: parts("number, name, payload, checksum", "signals", "number")?,
        })
    }

    /// Running instances after that key, so many at most. Called within a transaction. Nothing, where one of them can't be
    /// read: who asks reads one after the other then, and finds out which.
    pub(crate) fn running(&mut self, (after, limit): (i64, i64)) -> Sound<Vec<Loaded>> {
        let (mut page, mut have_signals) = (Vec::new(), false);
        let mut rows = self.instances.query(params![after, limit])?;
        while let Some(row) = rows.next()? {
            let Ok(Tallied { instance, parts, sum, last_signal }) = instance(row)? else { return Ok(None) };
            have_signals |= last_signal > 0;
            let records = Vec::with_capacity(usize::try_from(parts).unwrap_or_default().min(64));
            let loaded = Loaded { instance, records, signals: Vec::new() };
            page.push(Part { loaded, missing: (parts, sum) });
        }
        drop(rows);

        let is_sound = add(&mut self.records, &mut page, 5, |row, part| {
            let (path, record, checksum) = record(row)?;
            let is_sound = Checksum::record(part.loaded.instance.key, &path, &record) == checksum;
            part.loaded.records.push((path, record));
            Ok(is_sound.then_some(checksum))
        })?;
        let is_sound = is_sound
            && (!have_signals
                || add(&mut self.signals, &mut page, 4, |row, part| {
                    let (signal, checksum) = signal(row)?;
                    let StoredSignal { number, name, payload } = &signal;
                    let key = part.loaded.instance.key;
                    let is_sound = Checksum::signal(name, payload).and(*number).with(key.0) == checksum;
                    part.loaded.signals.push(signal);
                    Ok(is_sound.then_some(checksum))
                })?);
        let is_sound = is_sound && page.iter().all(|part| part.missing == (0, 0));
        Ok(is_sound.then(|| page.into_iter().map(|part| part.loaded).collect()))
    }
}

/// Adds the rows of a table to the instances of a page; `instance` is the column that says to which. Gives whether all of them
/// are what was stored.
fn add(
    statement: &mut Statement<'_>,
    page: &mut [Part],
    instance: usize,
    mut add: impl FnMut(&Row<'_>, &mut Part) -> Sound<u32>,
) -> rusqlite::Result<bool> {
    let keys =
        page.first().map(|part| part.loaded.instance.key.0).zip(page.last().map(|part| part.loaded.instance.key.0));
    let Some((first, last)) = keys else { return Ok(true) };
    let mut rows = statement.query([first, last])?;
    let mut page = page.iter_mut();
    let mut part = page.next();
    while let Some(row) = rows.next()? {
        let key: i64 = row.get(instance)?;
        while part.as_ref().is_some_and(|part| part.loaded.instance.key.0 < key) {
            part = page.next();
        }
        let Some(part) = part.as_mut().filter(|part| part.loaded.instance.key.0 == key) else { return Ok(false) };
        let Some(checksum) = add(row, part)? else { return Ok(false) };
        part.missing = (part.missing.0 - 1, part.missing.1.wrapping_sub(checksum));
    }
    Ok(true)
}

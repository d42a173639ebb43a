//! The statements of the writer, which turn commands into rows within the writer's transaction.

use crate::{
    checksum::Checksum,
    command::{Checksums, CommitBatch, CreateInstance, StoreSignal},
    row,
    schema::status_number,
    statement,
    tally::{StoredTally, Tally, TallyCache},
};
use rusqlite::{Connection, Error, OptionalExtension, Statement, ToSql, params};
use std::slice;
use workflow_store::{
    Change, InstanceKey, InstanceStatus, Record, StoreError, StoreErrorKind, Timestamp, prefix_range,
};

/// The result of a command. The outer error ends the transaction. The inner one is a refusal,
/// before which nothing was written.
pub(crate) type CommandResult<T> = Result<Result<T, StoreError>, Error>;

/// The new status and outcome of an instance, as a batch sets them.
#[derive(Default)]
struct StatusUpdate<'batch> {
    /// The status, and the time at which an engine has to wake the instance.
    status: Option<(InstanceStatus, Option<Timestamp>)>,
    outcome: Option<&'batch [u8]>,
}

/// The statements of the writer, each prepared once.
pub(crate) struct Applier<'connection> {
    connection: &'connection Connection,
    /// The last key that an instance was given, even if that instance is deleted.
    last_key: i64,
    /// The number of sessions that ended without `close`, and whether a session is open.
    engines: (i64, bool),
    /// The tallies of running instances.
    tallies: TallyCache,
    update_engines: Statement<'connection>,
    insert_instance: Statement<'connection>,
    insert_input: Statement<'connection>,
    select_tally: Statement<'connection>,
    update_tally: Statement<'connection>,
    update_instance: Statement<'connection>,
    insert_record: Statement<'connection>,
    update_record: Statement<'connection>,
    select_record_checksum: Statement<'connection>,
    delete_record: Statement<'connection>,
    delete_records_within: Statement<'connection>,
    delete_records: Statement<'connection>,
    insert_once: Statement<'connection>,
    insert_signal: Statement<'connection>,
    delete_signal: Statement<'connection>,
    delete_signals: Statement<'connection>,
    /// Statements for the tables `once`, `inputs` and `instances`.
    delete_instance: [Statement<'connection>; 3],
}

impl<'connection> Applier<'connection> {
    pub(crate) fn new(connection: &'connection Connection) -> rusqlite::Result<Self> {
        let prepare = |sql: &str| statement::prepare(connection, sql);
        Ok(Self {
            connection,
            last_key: last_key(connection)?,
            engines: row::engines(connection)?.unwrap_or_default(),
            tallies: TallyCache::default(),
            update_engines: prepare("UPDATE engines SET interruptions = ?1, begun = ?2, checksum = ?3")?,
            insert_instance: prepare(
                "INSERT INTO instances (key, id, workflow, version, created_at, made_checksum, status, standing_checksum,
                     parts, sum, last_signal, tally_checksum, outcome_checksum, outcome, interruptions)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, 0, 0, 0, ?8, ?9, x'', ?10) ON CONFLICT (id) DO NOTHING",
            )?,
            insert_input: prepare("INSERT INTO inputs (instance, input) VALUES (?1, ?2)")?,
            select_tally: prepare(
                "SELECT parts, sum, last_signal, interruptions, tally_checksum FROM instances WHERE key = ?1",
            )?,
            update_tally: prepare(
                "UPDATE instances SET parts = ?2, sum = ?3, last_signal = ?4, interruptions = ?5, tally_checksum = ?6
                 WHERE key = ?1",
            )?,
            update_instance: prepare(
                "UPDATE instances SET parts = ?2, sum = ?3, last_signal = ?4, interruptions = ?5, tally_checksum = ?6,
                     status = ?7, wake_at = ?8, standing_checksum = ?9,
                     outcome = coalesce(?10, outcome), outcome_checksum = coalesce(?11, outcome_checksum)
                 WHERE key = ?1",
            )?,
            insert_record: prepare(
                "INSERT INTO records (instance, path, place, kind, checksum, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO NOTHING",
            )?,
            update_record: prepare(
                "UPDATE records SET place = ?3, kind = ?4, checksum = ?5, payload = ?6 WHERE instance = ?1 AND path = ?2",
            )?,
            select_record_checksum: prepare("SELECT checksum FROM records WHERE instance = ?1 AND path = ?2")?,
            delete_record: prepare("DELETE FROM records WHERE instance = ?1 AND path = ?2 RETURNING checksum")?,
            delete_records_within: prepare(
                "DELETE FROM records WHERE instance = ?1 AND path >= ?2 AND path < ?3 RETURNING checksum",
            )?,
            delete_records: prepare("DELETE FROM records WHERE instance = ?1")?,
            insert_once: prepare("INSERT INTO once (instance, key) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?,
            insert_signal: prepare(
                "INSERT INTO signals (instance, number, name, checksum, payload) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?,
            delete_signal: prepare("DELETE FROM signals WHERE instance = ?1 AND number = ?2 RETURNING checksum")?,
            delete_signals: prepare("DELETE FROM signals WHERE instance = ?1")?,
            delete_instance: [
                prepare("DELETE FROM once WHERE instance = ?1")?,
                prepare("DELETE FROM inputs WHERE instance = ?1")?,
                prepare("DELETE FROM instances WHERE key = ?1")?,
            ],
        })
    }

    /// Reads the counters again after a transaction was rolled back.
    pub(crate) fn reload_counters(&mut self) -> rusqlite::Result<()> {
        self.tallies.clear();
        self.last_key = last_key(self.connection)?;
        self.engines = row::engines(self.connection)?.unwrap_or(self.engines);
        Ok(())
    }

    /// Returns the size limit of the file if it can never hold `bytes` more bytes beside the tables
    /// and the input of the instance.
    pub(crate) fn limit_below(&self, bytes: usize, instance: Option<InstanceKey>) -> rusqlite::Result<Option<i64>> {
        let number = |pragma| self.connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        let (page, pages) = (number("page_size")?, number("max_page_count")?);
        // The first page of each table and index, and that of the schema itself.
        let roots = "SELECT count(*) + 1 FROM sqlite_schema WHERE rootpage > 0";
        let roots: i64 = self.connection.query_row(roots, [], |row| row.get(0))?;
        let input = "SELECT length(input) FROM inputs WHERE instance = ?1";
        let input = self.connection.query_row(input, [instance.map(|key| key.0)], |row| row.get::<_, i64>(0));
        let input = input.optional()?.unwrap_or_default();
        let least = i64::try_from(bytes).unwrap_or(i64::MAX).saturating_add(input).saturating_add(roots * page);
        Ok(Some(pages * page).filter(|&limit| least > limit))
    }

    /// Opens a session. Returns the number of sessions that ended without `close`.
    pub(crate) fn begin_session(&mut self) -> CommandResult<u64> {
        let (interruptions, is_open) = self.engines;
        self.set_engines(interruptions + i64::from(is_open), true)?;
        Ok(Ok(self.engines.0.cast_unsigned()))
    }

    /// Ends the session, if one is open.
    pub(crate) fn end_session(&mut self) -> rusqlite::Result<()> {
        let (interruptions, is_open) = self.engines;
        if is_open { self.set_engines(interruptions, false) } else { Ok(()) }
    }

    fn set_engines(&mut self, interruptions: i64, is_open: bool) -> rusqlite::Result<()> {
        self.update_engines.execute(params![interruptions, is_open, Checksum::engines(interruptions, is_open)])?;
        self.engines = (interruptions, is_open);
        Ok(())
    }

    pub(crate) fn create_instance(&mut self, command: &CreateInstance) -> CommandResult<InstanceKey> {
        let CreateInstance { new, checksum } = command;
        let key = InstanceKey(self.last_key + 1);
        let stored = StoredTally::new(Tally { interruptions: self.engines.0, ..Tally::default() }, key);
        let inserted = self.insert_instance.execute(params![
            key.0,
            new.id,
            new.workflow,
            new.version,
            new.created_at.as_millis().cast_signed(),
            checksum.clone().with(key.0),
            Checksum::standing(key, status_number(InstanceStatus::Running), None),
            stored.checksum,
            Checksum::outcome(key, &[]),
            stored.tally.interruptions,
        ])?;
        if inserted == 0 {
            return Ok(Err(StoreError::already_exists(&new.id)));
        }
        self.last_key = key.0;
        self.insert_input.execute(params![key.0, new.input])?;
        self.tallies.insert(key, stored);
        Ok(Ok(key))
    }

    pub(crate) fn commit_batch(&mut self, CommitBatch { batch, checksums }: &CommitBatch) -> CommandResult<()> {
        let key = batch.instance;
        let before = match self.tally(key, batch.changes.iter().any(changes_tally))? {
            Ok(stored) => stored,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let (mut tally, mut update) = (before.tally, StatusUpdate::default());
        let checksums = match checksums {
            Checksums::One(checksum) => slice::from_ref(checksum),
            Checksums::Many(checksums) => checksums.as_slice(),
        };
        for (change, &checksum) in batch.changes.iter().zip(checksums) {
            match change {
                Change::Put { path, record } => self.put(key, path, record, checksum, &mut tally)?,
                Change::Remove { path } => {
                    if let Some(checksum) = first_column(&mut self.delete_record, params![key.0, path])? {
                        tally.remove(checksum);
                    }
                }
                Change::RemoveWithin { prefix } => self.remove_within(key, prefix, &mut tally)?,
                Change::Status { status, wake_at, outcome } => {
                    update.status = Some((*status, *wake_at));
                    update.outcome = outcome.as_deref().or(update.outcome);
                }
                Change::ConsumeSignal { number } => {
                    if let Some(checksum) = first_column(&mut self.delete_signal, params![key.0, number])? {
                        tally.remove(checksum);
                    }
                }
                Change::Clear => {
                    self.clear(key, tally.last_signal > 0)?;
                    tally = Tally { last_signal: tally.last_signal, ..Tally::default() };
                }
                Change::Delete => {
                    self.delete(key)?;
                    return Ok(Ok(()));
                }
            }
        }
        self.update_row(key, before, tally, &update)?;
        Ok(Ok(()))
    }

    /// Writes the row of the instance, in one statement, since that is the largest cost of a
    /// commit.
    fn update_row(
        &mut self,
        key: InstanceKey,
        before: StoredTally,
        mut tally: Tally,
        update: &StatusUpdate<'_>,
    ) -> rusqlite::Result<()> {
        // A damaged tally stays damaged, so that the next reader finds it.
        let mut stored = StoredTally { tally, ..before };
        if before.is_sound {
            tally.interruptions = self.engines.0;
            stored = StoredTally::new(tally, key);
        }
        let Some((status, wake_at)) = update.status else {
            return if tally == before.tally { Ok(()) } else { self.set_tally(key, stored) };
        };
        if status == InstanceStatus::Running {
            self.tallies.insert(key, stored);
        } else {
            self.tallies.remove(key);
        }
        let status = status_number(status);
        let written = self.update_instance.execute(params![
            key.0,
            tally.parts,
            tally.sum,
            tally.last_signal,
            tally.interruptions,
            stored.checksum,
            status,
            wake_at.map(|at| at.as_millis().cast_signed()),
            Checksum::standing(key, status, wake_at),
            update.outcome,
            update.outcome.map(|outcome| Checksum::outcome(key, outcome)),
        ])?;
        is_written(written)
    }

    pub(crate) fn store_signal(&mut self, command: &StoreSignal) -> CommandResult<Option<i64>> {
        let StoreSignal { instance, signal, checksum } = command;
        let mut tally = match self.tally(*instance, true)? {
            Ok(stored) => stored.tally,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Some(once) = &signal.once
            && self.insert_once.execute(params![instance.0, once])? == 0
        {
            return Ok(Ok(None));
        }
        tally.last_signal += 1;
        let number = tally.last_signal;
        let checksum = checksum.clone().and(number).with(instance.0);
        self.insert_signal.execute(params![instance.0, number, signal.name, checksum, signal.payload])?;
        tally.add(checksum);
        self.set_tally(*instance, StoredTally::new(tally, *instance))?;
        Ok(Ok(Some(number)))
    }

    /// Returns the tally of the instance. Refuses a missing instance, and a damaged tally that is
    /// `to_change`, since the change would hide the damage.
    fn tally(&mut self, key: InstanceKey, to_change: bool) -> CommandResult<StoredTally> {
        if let Some(stored) = self.tallies.get(key) {
            return Ok(Ok(stored));
        }
        let found = self.select_tally.query_row([key.0], |row| {
            let (parts, sum, last_signal, interruptions) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok((Tally { parts, sum, last_signal, interruptions }, row.get::<_, u32>(4)?))
        });
        let Some((tally, checksum)) = found.optional()? else { return Ok(Err(StoreError::not_found(key))) };
        let stored = StoredTally { tally, checksum, is_sound: tally.checksum(key) == checksum };
        if to_change && !stored.is_sound {
            let message = format!("could not change the instance with the key {}: its row is damaged", key.0);
            return Ok(Err(StoreError::new(StoreErrorKind::Damaged, message).with_instance(key)));
        }
        Ok(Ok(stored))
    }

    fn set_tally(&mut self, key: InstanceKey, stored: StoredTally) -> rusqlite::Result<()> {
        let Tally { parts, sum, last_signal, interruptions } = stored.tally;
        let row = params![key.0, parts, sum, last_signal, interruptions, stored.checksum];
        let written = self.update_tally.execute(row)?;
        self.tallies.insert(key, stored);
        is_written(written)
    }

    fn put(
        &mut self,
        key: InstanceKey,
        path: &str,
        record: &Record,
        checksum: u32,
        tally: &mut Tally,
    ) -> rusqlite::Result<()> {
        let row = params![key.0, path, record.order.cast_signed(), record.kind, checksum, record.payload];
        if self.insert_record.execute(row)? == 0 {
            let replaced: u32 = self.select_record_checksum.query_row(params![key.0, path], |row| row.get(0))?;
            tally.remove(replaced);
            self.update_record.execute(row)?;
        }
        tally.add(checksum);
        Ok(())
    }

    fn remove_within(&mut self, key: InstanceKey, prefix: &str, tally: &mut Tally) -> rusqlite::Result<()> {
        let range = prefix_range(prefix);
        let mut removed = self.delete_records_within.query(params![key.0, range.start, range.end])?;
        while let Some(row) = removed.next()? {
            tally.remove(row.get(0)?);
        }
        Ok(())
    }

    fn clear(&mut self, key: InstanceKey, had_signals: bool) -> rusqlite::Result<()> {
        self.delete_records.execute([key.0])?;
        if had_signals {
            self.delete_signals.execute([key.0])?;
        }
        Ok(())
    }

    fn delete(&mut self, key: InstanceKey) -> rusqlite::Result<()> {
        self.tallies.remove(key);
        self.clear(key, true)?;
        for statement in &mut self.delete_instance {
            statement.execute([key.0])?;
        }
        Ok(())
    }
}

/// Refuses an update of an instance whose row is gone, though its tally is in memory.
fn is_written(rows: usize) -> rusqlite::Result<()> {
    if rows == 1 { Ok(()) } else { Err(Error::QueryReturnedNoRows) }
}

/// Returns whether a change adds or removes a record or a signal, so that the tally changes.
fn changes_tally(change: &Change) -> bool {
    match change {
        Change::Put { .. }
        | Change::Remove { .. }
        | Change::RemoveWithin { .. }
        | Change::ConsumeSignal { .. }
        | Change::Clear => true,
        Change::Status { .. } | Change::Delete => false,
    }
}

/// Reads the last key that an instance was given, even if that instance is deleted.
fn last_key(connection: &Connection) -> rusqlite::Result<i64> {
    let query = "SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'instances'), 0),
                            coalesce((SELECT max(key) FROM instances), 0))";
    connection.query_row(query, [], |row| row.get(0))
}

/// Runs a statement to its end. Returns the first column of the first row, if there is one.
fn first_column(statement: &mut Statement<'_>, row: &[&dyn ToSql]) -> rusqlite::Result<Option<u32>> {
    let mut rows = statement.query(row)?;
    let first = rows.next()?.map(|row| row.get(0)).transpose()?;
    while rows.next()?.is_some() {}
    Ok(first)
}

//! How what is asked becomes rows. All of it happens on the writer's thread, within its transaction.

use crate::{
    checksum::Checksum,
    command::{Checksums, SummedBatch, SummedInstance, SummedSignal},
    row,
    schema::status_number,
    statement,
    tally::{Tally, Told},
};
use rusqlite::{Connection, Error, OptionalExtension, Statement, ToSql, params};
use std::slice;
use workflow_store::{Change, InstanceKey, Record, Status, StoreError, StoreErrorKind, Timestamp, within};

/// What was refused before anything of it was written; or the error that ends the transaction.
pub(crate) type Applied<T> = Result<Result<T, StoreError>, Error>;

/// What becomes of an instance's row.
#[derive(Default)]
struct Standing<'batch> {
    /// Its status, and when it is to be woken.
    status: Option<(Status, Option<Timestamp>)>,
    outcome: Option<&'batch [u8]>,
}

/// The writer's statements, each prepared once.
pub(crate) struct Applier<'connection> {
    connection: &'connection Connection,
    /// The last key that was given away, also to an instance that is deleted.
    last_key: i64,
    /// How many engines have not come to their end, and whether one is under way.
    engines: (i64, bool),
    set_engines: Statement<'connection>,
    create: Statement<'connection>,
    input: Statement<'connection>,
    tally: Statement<'connection>,
    set_tally: Statement<'connection>,
    put: Statement<'connection>,
    put_again: Statement<'connection>,
    there: Statement<'connection>,
    remove: Statement<'connection>,
    remove_within: Statement<'connection>,
    set_all: Statement<'connection>,
    once: Statement<'connection>,
    signal: Statement<'connection>,
    take: Statement<'connection>,
    clear_records: Statement<'connection>,
    clear_signals: Statement<'connection>,
    delete: [Statement<'connection>; 3],
}

impl<'connection> Applier<'connection> {
    pub(crate) fn new(connection: &'connection Connection) -> rusqlite::Result<Self> {
        let prepare = |sql: &str| statement::prepare(connection, sql);
        Ok(Self {
            connection,
            last_key: last_key(connection)?,
            engines: row::engines(connection)?.unwrap_or_default(),
            set_engines: prepare("UPDATE engines SET interruptions = ?1, begun = ?2, checksum = ?3")?,
            create: prepare(
                "INSERT INTO instances (key, id, workflow, version, created_at, made_checksum, status, standing_checksum,
                     parts, sum, last_signal, tally_checksum, outcome_checksum, outcome, interruptions)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, 0, 0, 0, ?8, ?9, x'', ?10) ON CONFLICT (id) DO NOTHING",
            )?,
            input: prepare("INSERT INTO inputs (instance, input) VALUES (?1, ?2)")?,
            tally: prepare("SELECT parts, sum, last_signal, interruptions, tally_checksum FROM instances WHERE key = ?1")?,
            set_tally: prepare(
                "UPDATE instances SET parts = ?2, sum = ?3, last_signal = ?4, interruptions = ?5, tally_checksum = ?6
                 WHERE key = ?1",
            )?,
            put: prepare(
                "INSERT INTO records (instance, path, place, kind, checksum, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO NOTHING",
            )?,
            put_again: prepare(
                "UPDATE records SET place = ?3, kind = ?4, checksum = ?5, payload = ?6 WHERE instance = ?1 AND path = ?2",
            )?,
            there: prepare("SELECT checksum FROM records WHERE instance = ?1 AND path = ?2")?,
            remove: prepare("DELETE FROM records WHERE instance = ?1 AND path = ?2 RETURNING checksum")?,
            remove_within: prepare(
                "DELETE FROM records WHERE instance = ?1 AND path >= ?2 AND path < ?3 RETURNING checksum",
            )?,
            set_all: prepare(
                "UPDATE instances SET parts = ?2, sum = ?3, last_signal = ?4, interruptions = ?5, tally_checksum = ?6,
                     status = ?7, wake_at = ?8, standing_checksum = ?9,
                     outcome = coalesce(?10, outcome), outcome_checksum = coalesce(?11, outcome_checksum)
                 WHERE key = ?1",
            )?,
            once: prepare("INSERT INTO once (instance, key) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?,
            signal: prepare("INSERT INTO signals (instance, number, name, checksum, payload) VALUES (?1, ?2, ?3, ?4, ?5)")?,
            take: prepare("DELETE FROM signals WHERE instance = ?1 AND number = ?2 RETURNING checksum")?,
            clear_records: prepare("DELETE FROM records WHERE instance = ?1")?,
            clear_signals: prepare("DELETE FROM signals WHERE instance = ?1")?,
            delete: [
                prepare("DELETE FROM once WHERE instance = ?1")?,
                prepare("DELETE FROM inputs WHERE instance = ?1")?,
                prepare("DELETE FROM instances WHERE key = ?1")?,
            ],
        })
    }

    /// After what was applied has been rolled back.
    pub(crate) fn rolled_back(&mut self) -> rusqlite::Result<()> {
        self.last_key = last_key(self.connection)?;
        self.engines = row::engines(self.connection)?.unwrap_or(self.engines);
        Ok(())
    }

    /// Returns how large the file may become, if so many more bytes can't ever lie in it beside the tables and the input of
    /// the instance.
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

    pub(crate) fn begin(&mut self) -> Applied<u64> {
        let (interruptions, begun) = self.engines;
        self.set_engines(interruptions + i64::from(begun), true)?;
        Ok(Ok(self.engines.0.cast_unsigned()))
    }

    /// The engine that has begun has come to its end.
    pub(crate) fn rest(&mut self) -> rusqlite::Result<()> {
        let (interruptions, begun) = self.engines;
        if begun { self.set_engines(interruptions, false) } else { Ok(()) }
    }

    fn set_engines(&mut self, interruptions: i64, begun: bool) -> rusqlite::Result<()> {
        self.set_engines.execute(params![interruptions, begun, Checksum::engines(interruptions, begun)])?;
        self.engines = (interruptions, begun);
        Ok(())
    }

    pub(crate) fn create(&mut self, SummedInstance { new, checksum }: &SummedInstance) -> Applied<InstanceKey> {
        let key = InstanceKey(self.last_key + 1);
        let tally = Tally { interruptions: self.engines.0, ..Tally::default() };
        let made = self.create.execute(params![
            key.0,
            new.id,
            new.workflow,
            new.version,
            new.created_at.as_millis().cast_signed(),
            checksum.clone().with(key.0),
            Checksum::standing(key, status_number(Status::Running), None),
            tally.checksum(key),
            Checksum::outcome(key, &[]),
            tally.interruptions,
        ])?;
        if made == 0 {
            return Ok(Err(StoreError::exists(&new.id)));
        }
        self.last_key = key.0;
        self.input.execute(params![key.0, new.input])?;
        Ok(Ok(key))
    }

    pub(crate) fn commit(&mut self, SummedBatch { batch, checksums }: &SummedBatch) -> Applied<()> {
        let key = batch.instance;
        let before = match self.tally(key, batch.changes.iter().any(changes_parts))? {
            Ok(told) => told,
            Err(refused) => return Ok(Err(refused)),
        };
        let (mut tally, mut standing) = (before.tally, Standing::default());
        let checksums = match checksums {
            Checksums::One(checksum) => slice::from_ref(checksum),
            Checksums::Many(checksums) => checksums.as_slice(),
        };
        for (change, &checksum) in batch.changes.iter().zip(checksums) {
            match change {
                Change::Put { path, record } => self.put(key, path, record, checksum, &mut tally)?,
                Change::Remove { path } => {
                    if let Some(checksum) = first(&mut self.remove, params![key.0, path])? {
                        tally.remove(checksum);
                    }
                }
                Change::RemoveWithin { prefix } => self.remove_within(key, prefix, &mut tally)?,
                Change::Status { status, wake_at, outcome } => {
                    standing.status = Some((*status, *wake_at));
                    standing.outcome = outcome.as_deref().or(standing.outcome);
                }
                Change::Take { number } => {
                    if let Some(checksum) = first(&mut self.take, params![key.0, number])? {
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
        self.set(key, before, tally, &standing)?;
        Ok(Ok(()))
    }

    /// The instance's row, in one write: it is what costs most of a commit.
    fn set(
        &mut self,
        key: InstanceKey,
        before: Told,
        mut tally: Tally,
        standing: &Standing<'_>,
    ) -> rusqlite::Result<()> {
        let mut checksum = before.checksum;
        // What is damaged stays so, and is found by who reads it.
        if before.sound {
            tally.interruptions = self.engines.0;
            checksum = tally.checksum(key);
        }
        let Some((status, wake_at)) = standing.status else {
            return if tally == before.tally { Ok(()) } else { self.set_tally(key, tally) };
        };
        let status = status_number(status);
        self.set_all.execute(params![
            key.0,
            tally.parts,
            tally.sum,
            tally.last_signal,
            tally.interruptions,
            checksum,
            status,
            wake_at.map(|at| at.as_millis().cast_signed()),
            Checksum::standing(key, status, wake_at),
            standing.outcome,
            standing.outcome.map(|outcome| Checksum::outcome(key, outcome)),
        ])?;
        Ok(())
    }

    pub(crate) fn signal(&mut self, arrived: &SummedSignal) -> Applied<Option<i64>> {
        let SummedSignal { instance, signal, checksum } = arrived;
        let mut tally = match self.tally(*instance, true)? {
            Ok(told) => told.tally,
            Err(refused) => return Ok(Err(refused)),
        };
        if let Some(once) = &signal.once
            && self.once.execute(params![instance.0, once])? == 0
        {
            return Ok(Ok(None));
        }
        tally.last_signal += 1;
        let number = tally.last_signal;
        let checksum = checksum.clone().and(number).with(instance.0);
        self.signal.execute(params![instance.0, number, signal.name, checksum, signal.payload])?;
        tally.add(checksum);
        self.set_tally(*instance, tally)?;
        Ok(Ok(Some(number)))
    }

    /// What the instance's parts come to. Refused where there is no such instance, and where its tally is damaged, if it is
    /// to be changed: the damage would be covered up.
    fn tally(&mut self, key: InstanceKey, to_change: bool) -> Applied<Told> {
        let found = self.tally.query_row([key.0], |row| {
            let (parts, sum, last_signal, interruptions) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok((Tally { parts, sum, last_signal, interruptions }, row.get::<_, u32>(4)?))
        });
        let Some((tally, checksum)) = found.optional()? else { return Ok(Err(StoreError::missing(key))) };
        let told = Told { tally, checksum, sound: tally.checksum(key) == checksum };
        if to_change && !told.sound {
            let message = format!("nothing can be added to the instance with the key {}: its row is damaged", key.0);
            return Ok(Err(StoreError::new(StoreErrorKind::Damaged, message).of(key)));
        }
        Ok(Ok(told))
    }

    fn set_tally(&mut self, key: InstanceKey, tally: Tally) -> rusqlite::Result<()> {
        let Tally { parts, sum, last_signal, interruptions } = tally;
        self.set_tally.execute(params![key.0, parts, sum, last_signal, interruptions, tally.checksum(key)])?;
        Ok(())
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
        if self.put.execute(row)? == 0 {
            let there: u32 = self.there.query_row(params![key.0, path], |row| row.get(0))?;
            tally.remove(there);
            self.put_again.execute(row)?;
        }
        tally.add(checksum);
        Ok(())
    }

    fn remove_within(&mut self, key: InstanceKey, prefix: &str, tally: &mut Tally) -> rusqlite::Result<()> {
        let range = within(prefix);
        let mut removed = self.remove_within.query(params![key.0, range.start, range.end])?;
        while let Some(row) = removed.next()? {
            tally.remove(row.get(0)?);
        }
        Ok(())
    }

    fn clear(&mut self, key: InstanceKey, had_signals: bool) -> rusqlite::Result<()> {
        self.clear_records.execute([key.0])?;
        if had_signals {
            self.clear_signals.execute([key.0])?;
        }
        Ok(())
    }

    fn delete(&mut self, key: InstanceKey) -> rusqlite::Result<()> {
        self.clear(key, true)?;
        for statement in &mut self.delete {
            statement.execute([key.0])?;
        }
        Ok(())
    }
}

/// It adds or removes a record or a signal, so that what they come to changes.
fn changes_parts(change: &Change) -> bool {
    match change {
        Change::Put { .. }
        | Change::Remove { .. }
        | Change::RemoveWithin { .. }
        | Change::Take { .. }
        | Change::Clear => true,
        Change::Status { .. } | Change::Delete => false,
    }
}

fn last_key(connection: &Connection) -> rusqlite::Result<i64> {
    let given_away = "SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'instances'), 0),
                                 coalesce((SELECT max(key) FROM instances), 0))";
    connection.query_row(given_away, [], |row| row.get(0))
}

/// The first column of the row that a statement gives, where it gives one. The statement is then run to its end.
fn first(statement: &mut Statement<'_>, row: &[&dyn ToSql]) -> rusqlite::Result<Option<u32>> {
    let mut rows = statement.query(row)?;
    let found = rows.next()?.map(|row| row.get(0)).transpose()?;
    while rows.next()?.is_some() {}
    Ok(found)
}

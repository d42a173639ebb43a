//! Decoding of rows.

use crate::{checksum::Checksum, schema};
use rusqlite::{Connection, OptionalExtension, Row};
use workflow_store::{Instance, InstanceKey, Record, StoredSignal, Timestamp};

/// The row of an instance: the instance, and the tally that its records and signals have to match.
pub(crate) struct InstanceRow {
    pub(crate) instance: Instance,
    pub(crate) parts: i64,
    pub(crate) sum: u32,
    pub(crate) last_signal: i64,
}

/// Decodes the timestamp in a column.
pub(crate) fn timestamp(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get::<_, i64>(column).map(|millis| Timestamp::from_millis(millis.cast_unsigned()))
}

/// The query whose rows [`instance`] decodes, without a condition.
pub(crate) const SELECT_INSTANCES: &str =
    "SELECT key, id, workflow, version, input, created_at, status, outcome, wake_at, made_checksum,
        standing_checksum, outcome_checksum, parts, sum, last_signal, tally_checksum, interruptions
    FROM instances LEFT JOIN inputs ON instance = key";

/// Decodes a row of [`SELECT_INSTANCES`], and verifies its checksums. If a part is damaged, returns
/// the id of the instance and a message.
pub(crate) fn instance(row: &Row<'_>) -> rusqlite::Result<Result<InstanceRow, (String, &'static str)>> {
    let key = InstanceKey(row.get(0)?);
    let id: String = row.get(1)?;
    let Some(input) = row.get::<_, Option<Vec<u8>>>(4)? else { return Ok(Err((id, "its input is missing"))) };
    let workflow: String = row.get(2)?;
    let version = row.get(3)?;
    let created_at = timestamp(row, 5)?;
    let status = row.get(6)?;
    let outcome: Vec<u8> = row.get(7)?;
    let wake_at = row.get::<_, Option<i64>>(8)?.map(|millis| Timestamp::from_millis(millis.cast_unsigned()));
    let (parts, sum, last_signal, interruptions) = (row.get(12)?, row.get(13)?, row.get(14)?, row.get::<_, i64>(16)?);

    let made = Checksum::made(&id, &workflow, version, created_at, &input).with(key.0);
    let standing = Checksum::standing(key, status, wake_at);
    let tally = Checksum::tally(key, parts, sum, last_signal, interruptions);
    let checks = [
        (made, 9, "its input, id or workflow does not match the checksum"),
        (standing, 10, "its status does not match the checksum"),
        (Checksum::outcome(key, &outcome), 11, "its outcome does not match the checksum"),
        (tally, 15, "its counts of records and signals do not match the checksum"),
    ];
    for (checksum, column, what) in checks {
        if row.get::<_, u32>(column)? != checksum {
            return Ok(Err((id, what)));
        }
    }
    let Some(status) = schema::status_of(status) else { return Ok(Err((id, "its status is unknown"))) };
    let interruptions = interruptions.cast_unsigned();
    let instance = Instance { key, id, workflow, version, input, created_at, status, outcome, wake_at, interruptions };
    Ok(Ok(InstanceRow { instance, parts, sum, last_signal }))
}

/// Decodes a record, with its path and its checksum.
pub(crate) fn record(row: &Row<'_>) -> rusqlite::Result<(String, Record, u32)> {
    let order = row.get::<_, i64>(1)?.cast_unsigned();
    Ok((row.get(0)?, Record { order, kind: row.get(2)?, payload: row.get(3)? }, row.get(4)?))
}

/// Decodes a signal, with its checksum.
pub(crate) fn signal(row: &Row<'_>) -> rusqlite::Result<(StoredSignal, u32)> {
    Ok((StoredSignal { number: row.get(0)?, name: row.get(1)?, payload: row.get(2)? }, row.get(3)?))
}

/// Reads the number of sessions that ended without `close`, and whether a session is open. Returns
/// `None` if the row is missing or does not match its checksum.
pub(crate) fn engines(connection: &Connection) -> rusqlite::Result<Option<(i64, bool)>> {
    let row = connection.query_row("SELECT interruptions, begun, checksum FROM engines", [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?, row.get::<_, u32>(2)?))
    });
    let row = row.optional()?;
    Ok(row
        .filter(|&(count, begun, sum)| Checksum::engines(count, begun) == sum)
        .map(|(count, begun, _)| (count, begun)))
}

//! The tables of the file, and its version.

use crate::checksum::Checksum;
use workflow_store::InstanceStatus;

/// The application id in the header of the file, by which programs recognise a store: "wkfl".
pub(crate) const APPLICATION: u32 = 0x776B_666C;

/// The version of the schema, in the header of the file. Each change of [`TABLES`] counts it up.
pub(crate) const VERSION: u32 = 2;

/// The first version with the table `log`.
pub(crate) const FIRST_WITH_LOG: i64 = 2;

/// The tables and indexes, by name.
///
/// - The row of an instance is small, since each commit writes it. The input lies in a table of its
///   own.
/// - `parts`, `sum`, `last_signal` and `interruptions` are the tally of an instance (see the module
///   `tally`).
/// - `engines` has one row. `interruptions` is the number of sessions that ended without `close`.
///   `begun` says whether a session is open, or was open when its process ended.
/// - `log` has one row: the session that has the store open, or had it last, and the salt of the
///   log that the file needs (see the module `wal`).
/// - `status` is a [`status_number`].
/// - `place` is [`Record::order`](workflow_store::Record::order).
pub(crate) const TABLES: [(&str, &str); 9] = [
    (
        "instances",
        "CREATE TABLE instances (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    workflow TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    made_checksum INTEGER NOT NULL,
    status INTEGER NOT NULL,
    wake_at INTEGER,
    standing_checksum INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    sum INTEGER NOT NULL,
    last_signal INTEGER NOT NULL,
    interruptions INTEGER NOT NULL,
    tally_checksum INTEGER NOT NULL,
    outcome_checksum INTEGER NOT NULL,
    outcome BLOB NOT NULL
) STRICT",
    ),
    ("instances_by_status", "CREATE INDEX instances_by_status ON instances (status) WHERE status <> 3"),
    ("instances_due", "CREATE INDEX instances_due ON instances (wake_at) WHERE status = 1 AND wake_at IS NOT NULL"),
    (
        "inputs",
        "CREATE TABLE inputs (
    instance INTEGER PRIMARY KEY,
    input BLOB NOT NULL
) STRICT",
    ),
    (
        "records",
        "CREATE TABLE records (
    instance INTEGER NOT NULL,
    path TEXT NOT NULL,
    place INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (instance, path)
) STRICT, WITHOUT ROWID",
    ),
    (
        "signals",
        "CREATE TABLE signals (
    instance INTEGER NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (instance, number)
) STRICT, WITHOUT ROWID",
    ),
    (
        "once",
        "CREATE TABLE once (
    instance INTEGER NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (instance, key)
) STRICT, WITHOUT ROWID",
    ),
    (
        "engines",
        "CREATE TABLE engines (
    interruptions INTEGER NOT NULL,
    begun INTEGER NOT NULL,
    checksum INTEGER NOT NULL
) STRICT",
    ),
    ("log", LOG),
];

const LOG: &str = "CREATE TABLE log (
    session INTEGER NOT NULL,
    salt INTEGER,
    checksum INTEGER NOT NULL
) STRICT";

/// Returns the statements that insert the first rows.
pub(crate) fn first_rows() -> String {
    format!(
        "INSERT INTO engines (interruptions, begun, checksum) VALUES (0, 0, {}); {}",
        Checksum::engines(0, false),
        first_mark()
    )
}

/// Returns the statement that inserts the first row of the table `log`.
fn first_mark() -> String {
    format!("INSERT INTO log (session, salt, checksum) VALUES (0, NULL, {})", Checksum::log(0, None))
}

/// Returns the statements that turn a store of the first version into one of the second.
pub(crate) fn upgrade_to_second() -> String {
    format!("BEGIN IMMEDIATE; {LOG}; {}; PRAGMA user_version = 2; COMMIT;", first_mark())
}

/// Returns the number of a status in the file. The conditions of the indexes contain it too.
pub(crate) fn status_number(status: InstanceStatus) -> i64 {
    i64::from(status.number())
}

/// Returns the status with this number.
pub(crate) fn status_of(number: i64) -> Option<InstanceStatus> {
    InstanceStatus::ALL.into_iter().find(|&status| status_number(status) == number)
}

//! What lies in the file.

use crate::checksum::Checksum;
use workflow_store::Status;

/// In the file's header, so that nobody takes it for something else: "wkfl".
pub(crate) const APPLICATION: u32 = 0x776B_666C;

/// The schema's version, in the file's header. It counts up with each change of [`TABLES`].
pub(crate) const VERSION: u32 = 2;

/// The first version with the table `log`.
pub(crate) const FIRST_WITH_LOG: i64 = 2;

/// Each table and index, by its name.
///
/// - An instance's row is small, since each commit writes it: its input lies elsewhere.
/// - `parts`, `sum` and `last_signal` tell how many records and signals it has and what their checksums add up to, so that one
///   that has gone is missed; `interruptions`, under which of them it was last written to.
/// - `engines` has one row: how many engines have not come to their end, and whether one is under way (or was, when its process
///   ended).
/// - `log` has one row: the session that has the store open, or had it last, and the salt of the log that the file needs (see
///   the module `wal`).
/// - Numbers of a status: [`status_number`].
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

/// What the tables begin with.
pub(crate) fn first_rows() -> String {
    format!(
        "INSERT INTO engines (interruptions, begun, checksum) VALUES (0, 0, {}); {}",
        Checksum::engines(0, false),
        first_mark()
    )
}

fn first_mark() -> String {
    format!("INSERT INTO log (session, salt, checksum) VALUES (0, NULL, {})", Checksum::log(0, None))
}

/// Returns what makes a store of the first version one of the second.
pub(crate) fn second() -> String {
    format!("BEGIN IMMEDIATE; {LOG}; {}; PRAGMA user_version = 2; COMMIT;", first_mark())
}

/// A status as the file has it, and as the conditions of the indexes have it.
pub(crate) fn status_number(status: Status) -> i64 {
    i64::from(status.number())
}

/// The status with this number.
pub(crate) fn status_of(number: i64) -> Option<Status> {
    Status::ALL.into_iter().find(|&status| status_number(status) == number)
}

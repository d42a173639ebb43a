//! Prepared statements.

use rusqlite::{Connection, PrepFlags, Statement};

/// Prepares a statement that is kept as long as its connection.
pub(crate) fn prepare<'connection>(
    connection: &'connection Connection,
    sql: &str,
) -> rusqlite::Result<Statement<'connection>> {
    connection.prepare_with_flags(sql, PrepFlags::SQLITE_PREPARE_PERSISTENT)
}

//! The write-ahead log beside a store, and how the store's own file tells that it lacks its log.
//!
//! What is committed lies in the log until a checkpoint moves it into the store's own file. Without its log the file is a store
//! of an earlier time, and nothing in SQLite tells so. Therefore each checkpoint *seals* the file, in three steps:
//!
//! 1. A commit writes into the table `log` which log is needed: the salt of its header.
//! 2. The checkpoint moves everything into the file, with that mark.
//! 3. A commit, which goes into the log alone, removes the mark.
//!
//! So the file itself says that it needs its log, and what a reader of the store sees says that it needs none. A backup that
//! reads the store is therefore complete, and so is a file into which another program has moved all of the log. A copy of the
//! file alone is not.
//!
//! A backup that happens to read the store between the first and the third step is told from the file by its schema cookie, which
//! SQLite changes in a backup and in `VACUUM INTO`, and which the mark repeats.

use crate::{
    checksum::Checksum,
    error::system,
    files::{Watched, beside},
    schema,
};
use rusqlite::{Connection, Error, OpenFlags, params};
use std::{
    ffi::OsString,
    fmt::Write,
    fs::{self, File},
    io::{self, Read},
    path::Path,
    sync::{Arc, atomic::AtomicU32},
    time::Duration,
};
use workflow_store::{StoreError, StoreErrorKind};

/// How long SQLite waits for a foreign program that has locked the file for a moment.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// How long a checkpoint waits for readers. Writers wait meanwhile.
const CHECKPOINT_PATIENCE: Duration = Duration::from_millis(50);

/// How often a log may begin anew after the file was sealed. Each time SQLite counts up its first salt.
const RESTARTS: u32 = 16;

/// The log of an open store.
pub(crate) struct Log {
    /// How many pages it holds.
    pub(crate) pages: Arc<AtomicU32>,
    /// The file says that it needs this log.
    pub(crate) sealed: bool,
    pub(crate) files: Watched,
}

/// Fails if the store needs its log, and the one beside it is not that. Nothing is changed, and nothing is made.
pub(crate) fn check(path: &Path) -> Result<(), StoreError> {
    // What can't be read so is repaired by its log, or refused by whatever reads it next.
    let Ok(Some(needed)) = needed(path) else { return Ok(()) };
    let beside = beside(path, "-wal");
    let why = match salt(&beside) {
        Ok(Some(salt)) if salt.wrapping_sub(needed) <= RESTARTS => return Ok(()),
        Ok(Some(_)) => "is the log of another store, or of another time",
        Ok(None) => "is damaged at its beginning",
        Err(error) if error.kind() == io::ErrorKind::NotFound => "is gone",
        Err(error) => return Err(system(error, "read the log of the store,", &beside)),
    };
    let message = format!(
        "'{path}' lacks what was committed last: its log '{path}-wal' {why}; put that back beside it, or open the store with \
         SqliteOptions::accept_lost_log to go on without",
        path = path.display()
    );
    Err(StoreError::new(StoreErrorKind::LogLost, message))
}

/// Moves a log that is not the store's out of its way, to `PATH-wal-lost`.
pub(crate) fn set_aside(path: &Path) -> Result<(), StoreError> {
    match fs::rename(beside(path, "-wal"), beside(path, "-wal-lost")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(system(error, "move away the log of the store", &beside(path, "-wal")))
        }
        _ => Ok(()),
    }
}

/// Returns the salt of the log that the file needs, as the file alone tells it.
fn needed(path: &Path) -> rusqlite::Result<Option<u32>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let file = Connection::open_with_flags(immutable(path), flags)?;
    let number = |pragma| file.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    if number("application_id")? != i64::from(schema::APPLICATION) || number("user_version")? < schema::FIRST_WITH_LOG {
        return Ok(None);
    }
    let (session, salt) = mark(&file)?;
    Ok(salt.filter(|_| number("schema_version").is_ok_and(|cookie| cookie == session)))
}

/// Returns what makes SQLite read the file alone, without its log, and leave no trace.
fn immutable(path: &Path) -> OsString {
    let mut uri = String::from("file:");
    if !path.as_os_str().as_encoded_bytes().starts_with(b"/") {
        uri.push('/');
    }
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'\\' if cfg!(windows) => uri.push('/'),
            byte if byte.is_ascii_alphanumeric() || b"/._-:".contains(&byte) => uri.push(char::from(byte)),
            byte => _ = write!(uri, "%{byte:02X}"),
        }
    }
    uri.push_str("?immutable=1");
    uri.into()
}

/// Returns the session that has marked the store, and the salt of the log that is needed, if one is.
///
/// # Errors
/// Whatever SQLite says; also where the row is not what was written.
pub(crate) fn mark(connection: &Connection) -> rusqlite::Result<(i64, Option<u32>)> {
    connection.query_row("SELECT session, salt, checksum FROM log", [], |row| {
        let (session, salt) = (row.get(0)?, row.get(1)?);
        match Checksum::log(session, salt) == row.get::<_, u32>(2)? {
            true => Ok((session, salt)),
            false => Err(Error::IntegralValueOutOfRange(2, session)),
        }
    })
}

/// Begins a session, and seals the file unless another program reads the store. Returns whether the file is sealed.
pub(crate) fn begin(connection: &Connection, path: &Path) -> rusqlite::Result<bool> {
    let session = i64::from(fastrand::i32(1..));
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let checksum = Checksum::log(session, None);
    let begun = connection
        .execute("UPDATE log SET session = ?1, salt = NULL, checksum = ?2", params![session, checksum])
        .and_then(|_| connection.execute_batch(&format!("PRAGMA schema_version = {session}; COMMIT")));
    if let Err(error) = begun {
        if !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK")?;
        }
        return Err(error);
    }
    seal(connection, path)
}

/// Moves everything from the log into the file, which then says that it needs its log. Returns whether it does: not if another
/// program reads what was there before.
pub(crate) fn seal(connection: &Connection, path: &Path) -> rusqlite::Result<bool> {
    // Without a log: it was removed, which whatever is written next is told.
    let Ok(Some(salt)) = salt(&beside(path, "-wal")) else { return Ok(false) };
    connection.busy_timeout(CHECKPOINT_PATIENCE)?;
    // The checkpoint itself flushes the log and the file, and the next commit flushes what removes the mark.
    connection.execute_batch("PRAGMA synchronous = NORMAL")?;
    let sealed = set_mark(connection, Some(salt)).and_then(|()| {
        connection
            .query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| Ok(row.get::<_, i64>(1)? == row.get::<_, i64>(2)?))
    });
    let unmarked = set_mark(connection, None);
    connection.execute_batch("PRAGMA synchronous = FULL")?;
    connection.busy_timeout(PATIENCE)?;
    unmarked.and(sealed)
}

/// Marks the store, or removes the mark.
pub(crate) fn set_mark(connection: &Connection, salt: Option<u32>) -> rusqlite::Result<()> {
    let (session, before) = mark(connection)?;
    if before != salt {
        let checksum = Checksum::log(session, salt);
        connection.execute("UPDATE log SET salt = ?1, checksum = ?2", params![salt, checksum])?;
    }
    Ok(())
}

/// Returns the first salt of a log, which SQLite counts up whenever the log begins anew. `None` if its header is damaged.
fn salt(log: &Path) -> io::Result<Option<u32>> {
    let mut header = Vec::new();
    File::open(log)?.take(32).read_to_end(&mut header)?;
    Ok(salt_of(&header))
}

/// The header of a log: eight numbers. The first is the magic number, which tells how the checksum reads the others; the fifth
/// the first salt; the last two the checksum over those before.
fn salt_of(header: &[u8]) -> Option<u32> {
    let (words, []) = header.as_chunks::<4>() else { return None };
    let words: [[u8; 4]; 8] = words.try_into().ok()?;
    let magic = u32::from_be_bytes(words[0]);
    let read = match magic {
        0x377f_0682 => u32::from_le_bytes,
        0x377f_0683 => u32::from_be_bytes,
        _ => return None,
    };
    let (mut first, mut second) = (0_u32, 0_u32);
    for pair in words[..6].chunks_exact(2) {
        first = first.wrapping_add(read(pair[0])).wrapping_add(second);
        second = second.wrapping_add(read(pair[1])).wrapping_add(first);
    }
    let is_whole = [first, second] == [words[6], words[7]].map(u32::from_be_bytes);
    is_whole.then(|| u32::from_be_bytes(words[4]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn the_salt_is_counted_up_when_the_log_begins_anew() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("odd name?#%.db");
        let connection = Connection::open(&path)?;
        connection.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE numbers (number INTEGER)")?;
        let salt = || salt(&beside(&path, "-wal"));
        let first = salt()?.ok_or("there is a header")?;
        for round in 1..4 {
            connection.execute_batch("PRAGMA wal_checkpoint(RESTART); INSERT INTO numbers VALUES (1)")?;
            assert_eq!(salt()?, Some(first.wrapping_add(round)));
        }
        let header = fs::read(beside(&path, "-wal"))?;
        for at in 0..32 {
            let mut damaged = header[..32].to_vec();
            damaged[at] ^= 1;
            assert_eq!(salt_of(&damaged), None, "byte {at}");
        }
        assert_eq!(salt_of(&header[..31]), None);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let alone = Connection::open_with_flags(immutable(&path), flags)?;
        let seen: i64 = alone.query_row("SELECT count(*) FROM numbers", [], |row| row.get(0))?;
        assert_eq!(seen, 2, "what the log holds is not seen");
        Ok(())
    }
}

//! The write-ahead log (WAL) beside a store, and the mark by which a file that lacks its log is
//! recognised.
//!
//! Commits lie in the log until a checkpoint moves them into the file of the store. The file
//! without its log is a store of an earlier time, which SQLite can't notice. Each checkpoint
//! therefore *seals* the file, in three steps:
//!
//! 1. A commit writes into the table `log` which log the file needs: the salt in the header of that
//!    log.
//! 2. The checkpoint moves everything into the file, with that mark.
//! 3. A commit, which goes into the log alone, removes the mark.
//!
//! The file itself then says that it needs its log. A reader of the store, who sees the log too,
//! finds no mark. A backup that reads the store is therefore complete, and so is a file into which
//! another program has moved the whole log. A copy of the file alone is not complete.
//!
//! A backup may read the store between the first and the third step. The schema cookie tells such a
//! backup from the file: SQLite changes the cookie in a backup and in `VACUUM INTO`, and the mark
//! repeats it.

use crate::{checksum::Checksum, error::system_error, file_watch::FileWatch, files::beside, schema};
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

/// The time for which SQLite waits for another program that has locked the file for a moment.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// The time for which a checkpoint waits for readers. Writers wait meanwhile.
const CHECKPOINT_BUSY_TIMEOUT: Duration = Duration::from_millis(50);

/// The number of times that a log may restart after the file was sealed. Each time SQLite counts up
/// its first salt.
const MAX_RESTARTS: u32 = 16;

/// The log of an open store.
pub(crate) struct Log {
    /// The number of pages in the log.
    pub(crate) pages: Arc<AtomicU32>,
    /// Whether the file is sealed: it says that it needs this log.
    pub(crate) is_sealed: bool,
    pub(crate) files: FileWatch,
}

/// Checks that the log beside the store is the one that the store needs, if it needs one. Changes
/// and creates nothing.
///
/// # Errors
/// `LogLost` if the log is missing or another one.
pub(crate) fn check(path: &Path) -> Result<(), StoreError> {
    // A file that can't be read alone is repaired by its log, or refused by the next step of
    // opening.
    let Ok(Some(needed)) = needed_salt(path) else { return Ok(()) };
    let beside = beside(path, "-wal");
    let why = match header_salt(&beside) {
        Ok(Some(salt)) if salt.wrapping_sub(needed) <= MAX_RESTARTS => return Ok(()),
        Ok(Some(_)) => "belongs to another store or to another time",
        Ok(None) => "has a corrupt header",
        Err(error) if error.kind() == io::ErrorKind::NotFound => "is missing",
        Err(error) => return Err(system_error(error, "read the log of the store,", &beside)),
    };
    let message = format!(
        "'{path}' lacks its last commits: the log '{path}-wal' {why}; put the log back beside it, or open the store with \
         SqliteOptions::accept_lost_log to go on without",
        path = path.display()
    );
    Err(StoreError::new(StoreErrorKind::LogLost, message))
}

/// Moves a log of another store out of the way, to `PATH-wal-lost`.
pub(crate) fn set_aside(path: &Path) -> Result<(), StoreError> {
    match fs::rename(beside(path, "-wal"), beside(path, "-wal-lost")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(system_error(error, "move away the log of the store", &beside(path, "-wal")))
        }
        _ => Ok(()),
    }
}

/// Returns the salt of the log that the file needs, according to the file alone.
fn needed_salt(path: &Path) -> rusqlite::Result<Option<u32>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let file = Connection::open_with_flags(immutable_uri(path), flags)?;
    let number = |pragma| file.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    if number("application_id")? != i64::from(schema::APPLICATION) || number("user_version")? < schema::FIRST_WITH_LOG {
        return Ok(None);
    }
    let (session, salt) = mark(&file)?;
    Ok(salt.filter(|_| number("schema_version").is_ok_and(|cookie| cookie == session)))
}

/// Returns the URI with which SQLite reads the file alone, without its log, and leaves no trace.
fn immutable_uri(path: &Path) -> OsString {
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

/// Reads the mark: the session that wrote it, and the salt of the log that the file needs, if it
/// needs one.
///
/// # Errors
/// The error of SQLite. `IntegralValueOutOfRange` if the row does not match its checksum.
pub(crate) fn mark(connection: &Connection) -> rusqlite::Result<(i64, Option<u32>)> {
    connection.query_row("SELECT session, salt, checksum FROM log", [], |row| {
        let (session, salt) = (row.get(0)?, row.get(1)?);
        match Checksum::log(session, salt) == row.get::<_, u32>(2)? {
            true => Ok((session, salt)),
            false => Err(Error::IntegralValueOutOfRange(2, session)),
        }
    })
}

/// Begins a session, and seals the file unless another program reads the store. Returns whether the
/// file is sealed.
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

/// Seals the file: moves everything from the log into it, and marks it. Returns whether that
/// succeeded. It does not while another program reads an earlier state.
pub(crate) fn seal(connection: &Connection, path: &Path) -> rusqlite::Result<bool> {
    // A log that is missing was removed. The next write reports that.
    let Ok(Some(salt)) = header_salt(&beside(path, "-wal")) else { return Ok(false) };
    connection.busy_timeout(CHECKPOINT_BUSY_TIMEOUT)?;
    // The checkpoint flushes the log and the file, and the next commit flushes the removal of the
    // mark.
    connection.execute_batch("PRAGMA synchronous = NORMAL")?;
    let sealed = set_mark(connection, Some(salt)).and_then(|()| {
        connection
            .query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| Ok(row.get::<_, i64>(1)? == row.get::<_, i64>(2)?))
    });
    let unmarked = set_mark(connection, None);
    connection.execute_batch("PRAGMA synchronous = FULL")?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
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

/// Returns the first salt of a log, which SQLite counts up whenever the log restarts. Returns
/// `None` if the header is corrupt.
fn header_salt(log: &Path) -> io::Result<Option<u32>> {
    let mut header = Vec::new();
    File::open(log)?.take(32).read_to_end(&mut header)?;
    Ok(parse_salt(&header))
}

/// Parses the header of a log: eight numbers. The first is the magic number, which says in which
/// byte order the checksum reads the others. The fifth is the first salt. The last two are the
/// checksum of the others.
fn parse_salt(header: &[u8]) -> Option<u32> {
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
    let is_sound = [first, second] == [words[6], words[7]].map(u32::from_be_bytes);
    is_sound.then(|| u32::from_be_bytes(words[4]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn the_salt_is_counted_up_when_the_log_restarts() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("odd name?#%.db");
        let connection = Connection::open(&path)?;
        connection.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE numbers (number INTEGER)")?;
        let salt = || header_salt(&beside(&path, "-wal"));
        let first = salt()?.ok_or("there is a header")?;
        for round in 1..4 {
            connection.execute_batch("PRAGMA wal_checkpoint(RESTART); INSERT INTO numbers VALUES (1)")?;
            assert_eq!(salt()?, Some(first.wrapping_add(round)));
        }
        let header = fs::read(beside(&path, "-wal"))?;
        for at in 0..32 {
            let mut damaged = header[..32].to_vec();
            damaged[at] ^= 1;
            assert_eq!(parse_salt(&damaged), None, "byte {at}");
        }
        assert_eq!(parse_salt(&header[..31]), None);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let alone = Connection::open_with_flags(immutable_uri(&path), flags)?;
        let seen: i64 = alone.query_row("SELECT count(*) FROM numbers", [], |row| row.get(0))?;
        assert_eq!(seen, 2, "the content of the log is not seen");
        Ok(())
    }
}

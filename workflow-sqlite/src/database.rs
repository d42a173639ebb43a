//! Opening of the database of a store: probes the file, creates or upgrades the tables, and
//! verifies them.

use crate::{
    error::{damaged, into_store_error, system_error},
    file_watch::FileWatch,
    files::{self, FileLock, PathClaim, beside},
    options::SqliteOptions,
    row, schema,
    wal::{self, BUSY_TIMEOUT, Log},
};
use rusqlite::{Connection, OpenFlags, hooks::Wal};
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};
use workflow_store::{StoreError, StoreErrorKind};

/// The content of the lock file. It tells a person what the file is, and the next opening that a
/// store was here: an emptied file does not pass for a new one.
const LOCK_TEXT: &[u8] = b"Locked while the store beside it is open. May be removed together with the store.\n";

/// The database of an open store.
pub(crate) struct Database {
    pub(crate) writer: Connection,
    pub(crate) readers: Vec<Connection>,
    /// The lock, held as long as the store is open.
    pub(crate) lock: FileLock,
    pub(crate) log: Log,
}

/// Opens the store at an [`absolute`](files::absolute) path, or creates an empty one there.
pub(crate) fn open(path: &Path, options: &SqliteOptions) -> Result<Database, StoreError> {
    let claim = PathClaim::new(path)?;
    probe(path)?; // Before a lock file is created beside a file that is no store.
    let (mut lock, had_store) = claim.lock(options.mode)?;
    let found = probe(path)?;
    let is_new = found != Found::Store;
    if found == Found::Nothing && had_store {
        return Err(damaged("is empty or missing, although its '-lock' file says that a store was here", path));
    }
    if !is_new && let Err(lost) = wal::check(path) {
        if !options.accept_lost_log || lost.kind() != StoreErrorKind::LogLost {
            return Err(lost);
        }
        wal::set_aside(path)?;
        tracing::warn!(target: "workflow", store = %path.display(), "the store is opened without its last commits");
    }

    let into_error = |error| into_store_error(error, "open the store", path);
    if found == Found::Nothing && !path.exists() {
        files::create(path, options.mode).map_err(|error| system_error(error, "open the store", path))?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut writer = Connection::open_with_flags(path, flags).map_err(|error| open_error(error, path))?;
    writer.busy_timeout(BUSY_TIMEOUT).map_err(into_error)?;
    if writer.is_readonly("main").map_err(into_error)? {
        let message = format!("could not open the store '{}': the file is read-only", path.display());
        return Err(StoreError::new(StoreErrorKind::ReadOnly, message));
    }
    if is_new {
        create_tables(&writer).map_err(|error| into_store_error(error, "create a store", path))?;
    }
    identify(&writer, path)?;
    configure(&writer, options).map_err(into_error)?;
    verify(&writer, path)?;
    if !had_store {
        let marked = lock.file.write_all(LOCK_TEXT).and_then(|()| lock.file.sync_all());
        marked.map_err(|error| system_error(error, "write", &beside(path, "-lock")))?;
    }
    let pages = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&pages);
    let count = move |_: &mut Wal, pages: i32| {
        counter.store(pages.cast_unsigned(), Relaxed);
        Ok(())
    };
    writer.wal_hook(Some(count)).map_err(into_error)?;
    let is_sealed = wal::begin(&writer, path).map_err(into_error)?;

    let readers = (0..options.readers).map(|_| open_reader(path)).collect::<rusqlite::Result<_>>();
    let readers = readers.map_err(into_error)?;
    Ok(Database { writer, readers, lock, log: Log { pages, is_sealed, files: FileWatch::new(path) } })
}

fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(path, flags)?;
    reader.busy_timeout(BUSY_TIMEOUT)?;
    reader.execute_batch("PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;")?;
    Ok(reader)
}

/// The content of a path at which a store is opened.
#[derive(PartialEq)]
enum Found {
    Nothing,
    /// A store whose creation broke off. SQLite rolls it back.
    Unfinished,
    Store,
}

/// Reads the header of the file before SQLite does, which would take some broken files for new
/// ones.
fn probe(path: &Path) -> Result<Found, StoreError> {
    let size = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let message = format!("could not open the store '{}': it is a folder", path.display());
            return Err(StoreError::new(StoreErrorKind::Other, message));
        }
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(system_error(error, "open the store", path)),
    };
    let has_content = |suffix| fs::metadata(beside(path, suffix)).is_ok_and(|metadata| metadata.len() > 0);
    if size == 0 {
        return match has_content("-wal") {
            true => Err(damaged("is empty or missing, although its '-wal' file holds commits", path)),
            false => Ok(Found::Nothing),
        };
    }
    if has_content("-journal") {
        return Ok(Found::Unfinished);
    }

    let mut header = Vec::new();
    let read = File::open(path).and_then(|file| file.take(100).read_to_end(&mut header));
    read.map_err(|error| system_error(error, "read the store", path))?;
    // Bytes 18 and 19 are the versions of the format. With others SQLite would not write the file,
    // or ignore the log.
    if header.len() < 100 || !header.starts_with(b"SQLite format 3\0") || !matches!(header[18..20], [1, 1] | [2, 2]) {
        return Err(damaged("is not a workflow store, or its header is corrupt", path));
    }
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65536,
        page => u64::from(page),
    };
    let pages = u64::from(u32::from_be_bytes([header[28], header[29], header[30], header[31]]));
    // With a log beside it, the store may be larger than the part that was written to the file.
    if pages * page > size && !has_content("-wal") {
        return Err(damaged(&format!("is truncated: it has {size} bytes of {}", pages * page), path));
    }
    Ok(Found::Store)
}

/// Returns the error for a file that SQLite could not open. SQLite gives no reason, so the system
/// is asked.
fn open_error(error: rusqlite::Error, path: &Path) -> StoreError {
    match File::options().read(true).append(true).create(true).open(path) {
        Err(refusal) => system_error(refusal, "open the store", path),
        Ok(_) => into_store_error(error, "open the store", path),
    }
}

/// Creates all tables in one transaction.
fn create_tables(writer: &Connection) -> rusqlite::Result<()> {
    let tables = schema::TABLES.map(|(_, sql)| sql).join(";\n");
    let is_empty: bool = writer.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))?;
    if !is_empty {
        return Ok(()); // The creation was finished after all, or the file is no store: `identify` finds out.
    }
    writer.execute_batch(&format!(
        "BEGIN EXCLUSIVE;
         PRAGMA application_id = {};
         PRAGMA user_version = {};
         {tables};
         {};
         COMMIT;",
        schema::APPLICATION,
        schema::VERSION,
        schema::first_rows(),
    ))
}

/// Checks that the file is a store of a known version. Upgrades an older one to the current
/// version.
fn identify(writer: &Connection, path: &Path) -> Result<(), StoreError> {
    let number = |pragma| {
        let number = writer.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        number.map_err(|error| into_store_error(error, "open the store", path))
    };
    if number("application_id")? != i64::from(schema::APPLICATION) {
        return Err(damaged("is a database, but not a workflow store", path));
    }
    match number("user_version")? {
        version if version == i64::from(schema::VERSION) => Ok(()),
        1 => writer
            .execute_batch(&schema::upgrade_to_second())
            .map_err(|error| into_store_error(error, "upgrade the tables", path)),
        version if version > i64::from(schema::VERSION) => {
            let known = schema::VERSION;
            let message = format!(
                "could not open the store '{}': a newer program created it (its version is {version}, this program knows {known})",
                path.display()
            );
            Err(StoreError::new(StoreErrorKind::UnsupportedVersion, message))
        }
        version => Err(damaged(&format!("has version {version}, which does not exist"), path)),
    }
}

/// Configures SQLite for the store.
fn configure(writer: &Connection, options: &SqliteOptions) -> rusqlite::Result<()> {
    writer.pragma_update_and_check(None, "journal_mode", "wal", |row| {
        let mode: String = row.get(0)?;
        match mode.as_str() {
            "wal" => Ok(()),
            _ => Err(rusqlite::Error::InvalidQuery),
        }
    })?;
    writer.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA cell_size_check = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;",
    )?;
    if let Some(bytes) = options.max_bytes {
        let page: u64 = writer.pragma_query_value(None, "page_size", |row| row.get::<_, u32>(0).map(u64::from))?;
        let pages = i64::try_from(bytes / page).unwrap_or(i64::MAX).clamp(1, 0xffff_fffe);
        writer.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    }
    Ok(())
}

/// Verifies that the tables are those of this version, that the indexes lead to all instances, and
/// the checksums of the tables `engines` and `log`.
fn verify(writer: &Connection, path: &Path) -> Result<(), StoreError> {
    let into_error = |error| into_store_error(error, "open the store", path);
    let mut statement = writer
        .prepare(
            "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'sqlite_sequence' ORDER BY name",
        )
        .map_err(into_error)?;
    let found = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    let found: Vec<(String, String)> = found.and_then(Iterator::collect).map_err(into_error)?;
    let mut tables = schema::TABLES;
    tables.sort_unstable();
    if !found.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).eq(tables) {
        return Err(damaged("has other tables than a store of this version", path));
    }
    let mut statement = writer.prepare("PRAGMA integrity_check(instances)").map_err(into_error)?;
    let findings = statement.query_map([], |row| row.get::<_, String>(0));
    let findings: Vec<String> = findings.and_then(Iterator::collect).map_err(into_error)?;
    match findings.as_slice() {
        [ok] if ok == "ok" => {}
        findings => return Err(damaged(&format!("is damaged: {}", findings.join("; ")), path)),
    }
    if row::engines(writer).map_err(into_error)?.is_none() {
        return Err(damaged("is damaged: the count of interruptions does not match its checksum", path));
    }
    wal::mark(writer).map(drop).map_err(into_error)
}

//! What has to hold before a file is used as a store.

use crate::{
    error::{damaged, fault, system},
    files::{self, Lock, Opening, Watched, beside},
    options::SqliteOptions,
    row, schema,
    wal::{self, Log, PATIENCE},
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

/// What tells people what the file beside the store is; and that there has been a store, so that an emptied file is not
/// taken for a new one.
const LOCK_TEXT: &[u8] = b"Locked while the store beside it is open. May be removed together with the store.\n";

/// A store that was found to be one, and is ours.
pub(crate) struct Opened {
    pub(crate) writer: Connection,
    pub(crate) readers: Vec<Connection>,
    /// Held as long as the store is open.
    pub(crate) lock: Lock,
    pub(crate) log: Log,
}

/// Opens the store at an [`absolute`] path, or makes an empty one there.
pub(crate) fn open(path: &Path, options: &SqliteOptions) -> Result<Opened, StoreError> {
    let opening = Opening::of(path)?;
    look(path)?; // Before anything is made beside what is no store.
    let (mut lock, had_store) = opening.lock(options.mode)?;
    let found = look(path)?;
    let new = found != Found::Something;
    if found == Found::Nothing && had_store {
        return Err(damaged("is empty or gone, although a store was there; its '-lock' file tells so", path));
    }
    if !new && let Err(lost) = wal::check(path) {
        if !options.accept_lost_log || lost.kind() != StoreErrorKind::LogLost {
            return Err(lost);
        }
        wal::set_aside(path)?;
        tracing::warn!(target: "workflow", store = %path.display(), "the store is opened without what was committed last");
    }

    let told = |error| fault(error, "open the store", path);
    if found == Found::Nothing && !path.exists() {
        files::make(path, options.mode).map_err(|error| system(error, "open the store", path))?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut writer = Connection::open_with_flags(path, flags).map_err(|error| unopened(error, path))?;
    writer.busy_timeout(PATIENCE).map_err(told)?;
    if writer.is_readonly("main").map_err(told)? {
        let message = format!("could not open the store '{}': it may not be written", path.display());
        return Err(StoreError::new(StoreErrorKind::ReadOnly, message));
    }
    if new {
        make(&writer).map_err(|error| fault(error, "make a store", path))?;
    }
    identify(&writer, path)?;
    prepare(&writer, options).map_err(told)?;
    compare(&writer, path)?;
    if !had_store {
        let marked = lock.file.write_all(LOCK_TEXT).and_then(|()| lock.file.sync_all());
        marked.map_err(|error| system(error, "write", &beside(path, "-lock")))?;
    }
    let pages = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&pages);
    let count = move |_: &mut Wal, pages: i32| {
        counted.store(pages.cast_unsigned(), Relaxed);
        Ok(())
    };
    writer.wal_hook(Some(count)).map_err(told)?;
    let sealed = wal::begin(&writer, path).map_err(told)?;

    let reader = |_| {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(path, flags)?;
        reader.busy_timeout(PATIENCE)?;
        reader.execute_batch("PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;")?;
        Ok(reader)
    };
    let readers = (0..options.readers).map(reader).collect::<rusqlite::Result<_>>().map_err(told)?;
    Ok(Opened { writer, readers, lock, log: Log { pages, sealed, files: Watched::of(path) } })
}

#[derive(PartialEq)]
enum Found {
    Nothing,
    /// It was being made when that broke off, and SQLite will take back what there is.
    Unfinished,
    Something,
}

/// Looks at the file as it lies there, before SQLite does: it would take some of what is broken for something new.
fn look(path: &Path) -> Result<Found, StoreError> {
    let size = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let message = format!("could not open the store '{}': it is a folder", path.display());
            return Err(StoreError::new(StoreErrorKind::Other, message));
        }
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(system(error, "open the store", path)),
    };
    let holds_something = |suffix| fs::metadata(beside(path, suffix)).is_ok_and(|metadata| metadata.len() > 0);
    if size == 0 {
        return match holds_something("-wal") {
            true => Err(damaged("is empty or gone, although its '-wal' file holds what was committed", path)),
            false => Ok(Found::Nothing),
        };
    }
    if holds_something("-journal") {
        return Ok(Found::Unfinished);
    }

    let mut header = Vec::new();
    let read = File::open(path).and_then(|file| file.take(100).read_to_end(&mut header));
    read.map_err(|error| system(error, "read the store", path))?;
    // The versions of the format: SQLite would not write a file with others, or forget the log.
    if header.len() < 100 || !header.starts_with(b"SQLite format 3\0") || !matches!(header[18..20], [1, 1] | [2, 2]) {
        return Err(damaged("is not a store, or its beginning is damaged", path));
    }
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65536,
        page => u64::from(page),
    };
    let pages = u64::from(u32::from_be_bytes([header[28], header[29], header[30], header[31]]));
    // With a log beside it, it may have grown further than it was written.
    if pages * page > size && !holds_something("-wal") {
        return Err(damaged(&format!("is truncated: it has {size} bytes of {}", pages * page), path));
    }
    Ok(Found::Something)
}

/// SQLite does not say why it could not open a file; the system does.
fn unopened(error: rusqlite::Error, path: &Path) -> StoreError {
    match File::options().read(true).append(true).create(true).open(path) {
        Err(refused) => system(refused, "open the store", path),
        Ok(_) => fault(error, "open the store", path),
    }
}

/// Makes the tables, all or none, before the first one is asked for.
fn make(writer: &Connection) -> rusqlite::Result<()> {
    let tables = schema::TABLES.map(|(_, sql)| sql).join(";\n");
    let empty: bool = writer.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))?;
    if !empty {
        return Ok(()); // It was finished after all, or is something else: it will be identified.
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

/// Checks that it is a store of a version that is known here. An older one becomes one of this version.
fn identify(writer: &Connection, path: &Path) -> Result<(), StoreError> {
    let number = |pragma| {
        let number = writer.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        number.map_err(|error| fault(error, "open the store", path))
    };
    if number("application_id")? != i64::from(schema::APPLICATION) {
        return Err(damaged("is a database, but not a store of workflows", path));
    }
    match number("user_version")? {
        version if version == i64::from(schema::VERSION) => Ok(()),
        1 => writer.execute_batch(&schema::second()).map_err(|error| fault(error, "renew the tables", path)),
        version if version > i64::from(schema::VERSION) => {
            let known = schema::VERSION;
            let message = format!(
                "could not open the store '{}': a newer program made it (its version is {version}, this program knows {known})",
                path.display()
            );
            Err(StoreError::new(StoreErrorKind::Newer, message))
        }
        version => Err(damaged(&format!("says that its version is {version}, which there never was"), path)),
    }
}

/// How SQLite is to work on it.
fn prepare(writer: &Connection, options: &SqliteOptions) -> rusqlite::Result<()> {
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

/// Its tables are those that this version makes, and what leads to instances leads to all of them.
fn compare(writer: &Connection, path: &Path) -> Result<(), StoreError> {
    let told = |error| fault(error, "open the store", path);
    let mut statement = writer
        .prepare(
            "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'sqlite_sequence' ORDER BY name",
        )
        .map_err(told)?;
    let found = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    let found: Vec<(String, String)> = found.and_then(Iterator::collect).map_err(told)?;
    let mut tables = schema::TABLES;
    tables.sort_unstable();
    if !found.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).eq(tables) {
        return Err(damaged("has other tables than a store of this version", path));
    }
    let mut statement = writer.prepare("PRAGMA integrity_check(instances)").map_err(told)?;
    let said = statement.query_map([], |row| row.get::<_, String>(0));
    let said: Vec<String> = said.and_then(Iterator::collect).map_err(told)?;
    match said.as_slice() {
        [fine] if fine == "ok" => {}
        said => return Err(damaged(&format!("is damaged: {}", said.join("; ")), path)),
    }
    match row::engines(writer).map_err(told)? {
        Some(_) => {}
        None => return Err(damaged("is damaged: how often instances were interrupted is not what was stored", path)),
    }
    wal::mark(writer).map(drop).map_err(told)
}

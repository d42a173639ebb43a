//! Conversion of the errors of SQLite and of the system into errors of a store.

use rusqlite::{Error, ErrorCode, ffi};
use std::{io, path::Path};
use workflow_store::{StoreError, StoreErrorKind};

/// Converts an error of SQLite. `action` says what failed, as in "commit to the instance with the
/// key 7".
pub(crate) fn into_store_error(error: Error, action: &str, path: &Path) -> StoreError {
    let meaning = sqlite_meaning(&error);
    with_meaning(error, meaning, &format!("could not {action} in '{}'", path.display()))
}

/// Creates the error for a damaged file. `what` follows the path in the message.
pub(crate) fn damaged(what: &str, path: &Path) -> StoreError {
    StoreError::new(StoreErrorKind::Damaged, format!("'{}' {what}", path.display()))
}

/// Converts an error of the system about a file. `action` says what failed, and the path follows
/// it.
pub(crate) fn system_error(error: io::Error, action: &str, path: &Path) -> StoreError {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let meaning = match error.kind() {
        PermissionDenied => (StoreErrorKind::ReadOnly, Some("permission denied")),
        ReadOnlyFilesystem => (StoreErrorKind::ReadOnly, Some("the file system is read-only")),
        StorageFull | QuotaExceeded => (StoreErrorKind::Full, Some("no space is left")),
        _ => (StoreErrorKind::Other, None),
    };
    with_meaning(error, meaning, &format!("could not {action} '{}'", path.display()))
}

/// Creates an error of this kind and reason. Without a reason the message ends in the text of the
/// error, which is then no source, so that it is not printed twice.
fn with_meaning(
    error: impl std::error::Error + Send + Sync + 'static,
    (kind, reason): (StoreErrorKind, Option<&str>),
    message: &str,
) -> StoreError {
    match reason {
        Some(reason) => StoreError::new(kind, format!("{message}: {reason}")).with_source(error),
        None => StoreError::new(kind, format!("{message}: {error}")),
    }
}

/// Returns the kind of an error of SQLite, and the reason in an operator's words.
fn sqlite_meaning(error: &Error) -> (StoreErrorKind, Option<&'static str>) {
    let failure = match error {
        Error::SqliteFailure(failure, _) => failure,
        // A column holds a value that the store never writes there.
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::Utf8Error(..)
        | Error::InvalidColumnType(..) => return (StoreErrorKind::Damaged, Some("the stored data is damaged")),
        // The statements are correct, so the tables must be others.
        Error::SqlInputError { .. } => return (StoreErrorKind::Damaged, None),
        _ => return (StoreErrorKind::Other, None),
    };
    match (failure.code, failure.extended_code) {
        (ErrorCode::DiskFull, _) => (StoreErrorKind::Full, Some("no space is left")),
        (ErrorCode::ReadOnly, _) => (StoreErrorKind::ReadOnly, Some("the file is read-only")),
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => {
            (StoreErrorKind::Locked, Some("another process has locked the database"))
        }
        (ErrorCode::NotADatabase, _) => {
            (StoreErrorKind::Damaged, Some("not a workflow store, or the header is corrupt"))
        }
        (ErrorCode::DatabaseCorrupt, _)
        | (_, ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_CORRUPTFS | ffi::SQLITE_IOERR_DATA) => {
            (StoreErrorKind::Damaged, Some("the file is damaged"))
        }
        // Only a damaged file can violate a constraint.
        (ErrorCode::ConstraintViolation, _) => {
            (StoreErrorKind::Damaged, Some("integrity check failed: a constraint is violated"))
        }
        (ErrorCode::Unknown, _) => (StoreErrorKind::Damaged, None),
        (ErrorCode::TooBig, _) => (StoreErrorKind::TooLarge, Some("larger than a store can hold (a gigabyte)")),
        _ => (StoreErrorKind::Other, None),
    }
}

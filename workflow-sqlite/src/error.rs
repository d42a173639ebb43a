//! SQLite's errors, in a user's words.

use rusqlite::{Error, ErrorCode, ffi};
use std::{io, path::Path};
use workflow_store::{StoreError, StoreErrorKind};

/// What it means that SQLite could not do what it was asked: `doing` says what that was, "commit to instance 7".
pub(crate) fn fault(error: Error, doing: &str, path: &Path) -> StoreError {
    let (kind, why) = meaning(&error);
    told(error, (kind, why), &format!("could not {doing} in '{}'", path.display()))
}

/// The file's own damage.
pub(crate) fn damaged(what: &str, path: &Path) -> StoreError {
    StoreError::new(StoreErrorKind::Damaged, format!("'{}' {what}", path.display()))
}

/// What the system says of a file beside or under the store.
pub(crate) fn system(error: io::Error, doing: &str, path: &Path) -> StoreError {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let (kind, why) = match error.kind() {
        PermissionDenied => (StoreErrorKind::ReadOnly, Some("its permissions do not allow it")),
        ReadOnlyFilesystem => (StoreErrorKind::ReadOnly, Some("it may not be written")),
        StorageFull | QuotaExceeded => (StoreErrorKind::Full, Some("there is no room left")),
        _ => (StoreErrorKind::Other, None),
    };
    told(error, (kind, why), &format!("could not {doing} '{}'", path.display()))
}

/// With the error's own words where nothing says more. Those are not told once more as its source.
fn told(
    error: impl std::error::Error + Send + Sync + 'static,
    (kind, why): (StoreErrorKind, Option<&str>),
    what: &str,
) -> StoreError {
    match why {
        Some(why) => StoreError::new(kind, format!("{what}: {why}")).from_source(error),
        None => StoreError::new(kind, format!("{what}: {error}")),
    }
}

fn meaning(error: &Error) -> (StoreErrorKind, Option<&'static str>) {
    let failure = match error {
        Error::SqliteFailure(failure, _) => failure,
        // A column holds what was never written there.
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::Utf8Error(..)
        | Error::InvalidColumnType(..) => return (StoreErrorKind::Damaged, Some("what is stored there is damaged")),
        // Nothing is wrong with a statement, unless the tables are not those it was written for.
        Error::SqlInputError { .. } => return (StoreErrorKind::Damaged, None),
        _ => return (StoreErrorKind::Other, None),
    };
    match (failure.code, failure.extended_code) {
        (ErrorCode::DiskFull, _) => (StoreErrorKind::Full, Some("there is no room left")),
        (ErrorCode::ReadOnly, _) => (StoreErrorKind::ReadOnly, Some("it may not be written")),
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => {
            (StoreErrorKind::Locked, Some("another process is at it"))
        }
        (ErrorCode::NotADatabase, _) => {
            (StoreErrorKind::Damaged, Some("it is not a store, or its beginning is damaged"))
        }
        (ErrorCode::DatabaseCorrupt, _)
        | (_, ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_CORRUPTFS | ffi::SQLITE_IOERR_DATA) => {
            (StoreErrorKind::Damaged, Some("the file is damaged"))
        }
        // No constraint can fail that the file itself did not break.
        (ErrorCode::ConstraintViolation, _) => (StoreErrorKind::Damaged, Some("what is stored contradicts itself")),
        (ErrorCode::Unknown, _) => (StoreErrorKind::Damaged, None),
        (ErrorCode::TooBig, _) => (StoreErrorKind::TooLarge, Some("it is larger than a store can keep (a gigabyte)")),
        _ => (StoreErrorKind::Other, None),
    }
}

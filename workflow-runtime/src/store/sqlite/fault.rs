//! SQLite's errors, in a user's words.

use crate::store::{StoreError, StoreErrorKind};
use rusqlite::{Error, ErrorCode, ffi};
use std::{io, path::Path};

/// What it means that SQLite could not do what it was asked: `doing` says what that was, "commit to instance 7".
pub(super) fn fault(error: Error, doing: &str, path: &Path) -> StoreError {
    let (kind, why) = meaning(&error);
    let why = why.map_or_else(|| error.to_string(), str::to_owned);
    StoreError::new(kind, format!("could not {doing} in '{}': {why}", path.display())).from_source(error)
}

/// The file's own damage.
pub(super) fn damaged(what: &str, path: &Path) -> StoreError {
    StoreError::new(StoreErrorKind::Damaged, format!("'{}' {what}", path.display()))
}

/// What the system says of a file beside or under the store.
pub(super) fn system(error: io::Error, doing: &str, path: &Path) -> StoreError {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let (kind, why) = match error.kind() {
        PermissionDenied => (StoreErrorKind::ReadOnly, "its permissions do not allow it".to_owned()),
        ReadOnlyFilesystem => (StoreErrorKind::ReadOnly, "it may not be written".to_owned()),
        StorageFull | QuotaExceeded => (StoreErrorKind::Full, "there is no room left".to_owned()),
        _ => (StoreErrorKind::Other, error.to_string()),
    };
    StoreError::new(kind, format!("could not {doing} '{}': {why}", path.display())).from_source(error)
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

//! The records of one durable instance: encoding, commits, restoring, and when the instance may leave memory.

pub(crate) mod before_user_code;
pub(crate) mod codec;
pub(crate) mod crashes;
pub(crate) mod delivery;
pub(crate) mod failure;
pub(crate) mod fingerprint;
pub(crate) mod homes;
pub(crate) mod keys;
pub(crate) mod log;
pub(crate) mod outbox;
pub(crate) mod parking;
pub(crate) mod path;
pub(crate) mod payload;
pub(crate) mod placement;
pub(crate) mod record;
pub(crate) mod residency;
pub(crate) mod restore;
pub(crate) mod timer;
pub(crate) mod undo_reports;

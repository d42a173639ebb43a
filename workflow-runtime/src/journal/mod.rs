//! The records of one durable instance: encoding, commits, restoring, and when the instance may leave memory.

pub(crate) mod codec;
pub(crate) mod crashes;
pub(crate) mod fingerprint;
pub(crate) mod homes;
pub(crate) mod keys;
pub(crate) mod log;
pub(crate) mod outbox;
pub(crate) mod payload;

//! Row checksums (CRC-32), verified on every read.

use crc32fast::Hasher;
use workflow_store::{InstanceKey, Record, Timestamp};

/// A checksum over the content of a row. A key or number that is not known at first comes last.
#[derive(Debug, Clone)]
pub(crate) struct Checksum(Hasher);

impl Checksum {
    /// Begins the checksum of a row. `sort` is the number of the sort of rows, so that no row
    /// passes for one of another sort.
    fn of(sort: u64) -> Self {
        Self(Hasher::new()).number(sort)
    }

    fn number(mut self, number: u64) -> Self {
        self.0.update(&number.to_le_bytes());
        self
    }

    /// Adds bytes and their length, so that no byte can move from one column to the next.
    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// Begins the checksum of the constant part of an instance. The key is to be added.
    pub(crate) fn made(id: &str, workflow: &str, version: u32, created_at: Timestamp, input: &[u8]) -> Self {
        let text = Self::of(1).bytes(id.as_bytes()).bytes(workflow.as_bytes());
        text.number(u64::from(version)).number(created_at.as_millis()).bytes(input)
    }

    /// Returns the checksum of a record.
    pub(crate) fn record(instance: InstanceKey, path: &str, record: &Record) -> u32 {
        let Record { order, kind, payload } = record;
        let position = Self::of(2).bytes(path.as_bytes()).number(*order).number(u64::from(*kind));
        position.bytes(payload).with(instance.0)
    }

    /// Begins the checksum of a signal. The number and the key of the instance are to be added.
    pub(crate) fn signal(name: &str, payload: &[u8]) -> Self {
        Self::of(3).bytes(name.as_bytes()).bytes(payload)
    }

    /// Returns the checksum of the status of an instance.
    pub(crate) fn standing(instance: InstanceKey, status: i64, wake_at: Option<Timestamp>) -> u32 {
        let standing = Self::of(4).number(status.cast_unsigned()).number(u64::from(wake_at.is_some()));
        standing.number(wake_at.unwrap_or_default().as_millis()).with(instance.0)
    }

    /// Returns the checksum of the outcome of an instance.
    pub(crate) fn outcome(instance: InstanceKey, outcome: &[u8]) -> u32 {
        Self::of(5).bytes(outcome).with(instance.0)
    }

    /// Returns the checksum of the tally of an instance.
    pub(crate) fn tally(instance: InstanceKey, parts: i64, sum: u32, last_signal: i64, interruptions: i64) -> u32 {
        let tally = Self::of(6).number(parts.cast_unsigned()).number(u64::from(sum));
        tally.number(last_signal.cast_unsigned()).number(interruptions.cast_unsigned()).with(instance.0)
    }

    /// Returns the checksum of the row of the table `engines`.
    pub(crate) fn engines(interruptions: i64, begun: bool) -> u32 {
        Self::of(7).number(interruptions.cast_unsigned()).with(i64::from(begun))
    }

    /// Returns the checksum of the row of the table `log`.
    pub(crate) fn log(session: i64, salt: Option<u32>) -> u32 {
        let marked = Self::of(8).number(session.cast_unsigned()).number(u64::from(salt.is_some()));
        marked.with(i64::from(salt.unwrap_or_default()))
    }

    /// Adds a key or number that was not known before.
    pub(crate) fn and(self, number: i64) -> Self {
        self.number(number.cast_unsigned())
    }

    /// Adds the last key or number, and returns the checksum.
    pub(crate) fn with(self, number: i64) -> u32 {
        self.and(number).0.finalize()
    }
}

//! Tallies: how many records and signals an instance has, and the sum of their checksums.

use crate::checksum::Checksum;
use std::collections::HashMap;
use workflow_store::InstanceKey;

/// The tally of an instance. A record or signal that goes missing no longer fits it.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) struct Tally {
    /// The number of records and signals.
    pub(crate) parts: i64,
    /// The sum of the checksums of all records and signals.
    pub(crate) sum: u32,
    /// The number of the last signal that arrived.
    pub(crate) last_signal: i64,
    /// The number of interruptions when the instance was last written to.
    pub(crate) interruptions: i64,
}

impl Tally {
    /// Counts a record or signal that is added.
    pub(crate) fn add(&mut self, checksum: u32) {
        self.parts += 1;
        self.sum = self.sum.wrapping_add(checksum);
    }

    /// Counts a record or signal that is removed.
    pub(crate) fn remove(&mut self, checksum: u32) {
        self.parts -= 1;
        self.sum = self.sum.wrapping_sub(checksum);
    }

    /// Returns the checksum of the tally itself.
    pub(crate) fn checksum(self, instance: InstanceKey) -> u32 {
        Checksum::tally(instance, self.parts, self.sum, self.last_signal, self.interruptions)
    }
}

/// A tally as the row of an instance has it.
#[derive(Clone, Copy)]
pub(crate) struct StoredTally {
    pub(crate) tally: Tally,
    pub(crate) checksum: u32,
    /// Whether the tally matches its checksum.
    pub(crate) is_sound: bool,
}

impl StoredTally {
    /// Returns the stored form of a sound tally.
    pub(crate) fn new(tally: Tally, instance: InstanceKey) -> Self {
        Self { tally, checksum: tally.checksum(instance), is_sound: true }
    }
}

/// The tallies that the writer has in memory, so that it does not read them again at each commit. No other process
/// writes to the file meanwhile.
#[derive(Default)]
pub(crate) struct TallyCache(HashMap<InstanceKey, StoredTally>);

impl TallyCache {
    /// The limit of the cache's entries, some megabyte of them.
    const CAPACITY: usize = 16_384;

    pub(crate) fn get(&self, instance: InstanceKey) -> Option<StoredTally> {
        self.0.get(&instance).copied()
    }

    /// Keeps the tally of a row. A damaged one is read each time.
    pub(crate) fn insert(&mut self, instance: InstanceKey, stored: StoredTally) {
        if !stored.is_sound {
            return;
        }
        // Reading some again costs less than an order of last uses.
        if self.0.len() >= Self::CAPACITY {
            self.0.clear();
        }
        self.0.insert(instance, stored);
    }

    pub(crate) fn remove(&mut self, instance: InstanceKey) {
        self.0.remove(&instance);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

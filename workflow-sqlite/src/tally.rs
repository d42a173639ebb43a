//! What an instance's records and signals come to.

use crate::checksum::Checksum;
use workflow_store::InstanceKey;

/// What an instance's records and signals come to.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) parts: i64,
    pub(crate) sum: u32,
    pub(crate) last_signal: i64,
    pub(crate) interruptions: i64,
}

impl Tally {
    pub(crate) fn add(&mut self, checksum: u32) {
        self.parts += 1;
        self.sum = self.sum.wrapping_add(checksum);
    }

    pub(crate) fn remove(&mut self, checksum: u32) {
        self.parts -= 1;
        self.sum = self.sum.wrapping_sub(checksum);
    }

    pub(crate) fn checksum(self, instance: InstanceKey) -> u32 {
        Checksum::tally(instance, self.parts, self.sum, self.last_signal, self.interruptions)
    }
}

/// What an instance's row says of its parts.
#[derive(Clone, Copy)]
pub(crate) struct Told {
    pub(crate) tally: Tally,
    pub(crate) checksum: u32,
    /// They fit each other.
    pub(crate) sound: bool,
}

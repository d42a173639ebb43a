//! Commands to the writer. The thread of the caller computes their checksums, so that the writer
//! does not have to.

use crate::checksum::Checksum;
use workflow_store::{Batch, Change, InstanceKey, NewInstance, NewSignal};

/// The command to open a session of an engine.
pub(crate) struct BeginSession;

/// The command to create an instance.
pub(crate) struct CreateInstance {
    pub(crate) new: NewInstance,
    /// The checksum as far as it is known without the key.
    pub(crate) checksum: Checksum,
}

impl CreateInstance {
    pub(crate) fn new(new: NewInstance) -> Self {
        let checksum = Checksum::made(&new.id, &new.workflow, new.version, new.created_at, &new.input);
        Self { new, checksum }
    }
}

/// The command to commit a batch, with a checksum for each change. A change that writes no record
/// has 0.
pub(crate) struct CommitBatch {
    pub(crate) batch: Batch,
    pub(crate) checksums: Checksums,
}

/// The checksums of the changes of a batch. Most batches have one change, for which nothing is
/// allocated.
pub(crate) enum Checksums {
    One(u32),
    Many(Vec<u32>),
}

impl CommitBatch {
    pub(crate) fn new(batch: Batch) -> Self {
        let checksum = |change: &Change| match change {
            Change::Put { path, record } => Checksum::record(batch.instance, path, record),
            _ => 0,
        };
        let checksums = match batch.changes.as_slice() {
            [change] => Checksums::One(checksum(change)),
            changes => Checksums::Many(changes.iter().map(checksum).collect()),
        };
        Self { batch, checksums }
    }
}

/// The command to store a signal.
pub(crate) struct StoreSignal {
    pub(crate) instance: InstanceKey,
    pub(crate) signal: NewSignal,
    /// The checksum as far as it is known without the key and the number.
    pub(crate) checksum: Checksum,
}

impl StoreSignal {
    pub(crate) fn new(instance: InstanceKey, signal: NewSignal) -> Self {
        let checksum = Checksum::signal(&signal.name, &signal.payload);
        Self { instance, signal, checksum }
    }
}

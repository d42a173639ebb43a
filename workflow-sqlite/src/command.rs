//! What the writer is asked for, with the checksums that are computed before.

use crate::checksum::Checksum;
use workflow_store::{Batch, Change, InstanceKey, NewInstance, NewSignal};

/// An engine begins.
pub(crate) struct Begin;

/// A batch with the checksum of each of its changes that has one: they are taken on the thread of who asks, not on the writer's.
pub(crate) struct SummedBatch {
    pub(crate) batch: Batch,
    pub(crate) checksums: Checksums,
}

/// Of each change. Most batches have one.
pub(crate) enum Checksums {
    One(u32),
    Many(Vec<u32>),
}

impl SummedBatch {
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

/// An instance to be made, with what its checksum is begun with.
pub(crate) struct SummedInstance {
    pub(crate) new: NewInstance,
    pub(crate) checksum: Checksum,
}

impl SummedInstance {
    pub(crate) fn new(new: NewInstance) -> Self {
        let checksum = Checksum::made(&new.id, &new.workflow, new.version, new.created_at, &new.input);
        Self { new, checksum }
    }
}

/// A signal, with what its checksum is begun with.
pub(crate) struct SummedSignal {
    pub(crate) instance: InstanceKey,
    pub(crate) signal: NewSignal,
    pub(crate) checksum: Checksum,
}

impl SummedSignal {
    pub(crate) fn new(instance: InstanceKey, signal: NewSignal) -> Self {
        let checksum = Checksum::signal(&signal.name, &signal.payload);
        Self { instance, signal, checksum }
    }
}

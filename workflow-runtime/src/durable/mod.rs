//! What makes a run durable: the hooks that generated code calls in a `#[durable]` workflow. In memory, each of them is one
//! look at whether there is a journal.

mod choices;
mod journal;
mod kept;
mod many;
mod payload;
mod signal;
mod undone;
mod waits;
mod workflow;

pub(crate) use journal::{Busy, Clock, Halt, Journal, STUCK};
pub(crate) use payload::{Kind, StoredFailure, fingerprint, own};

pub(crate) use signal::KeptSignal;
pub(crate) use undone::UndoRecord;

pub use choices::{
    OnRecord, Recall, Recalls, RecallsAgain, RecallsReference, RecallsValue, chosen, condition, on_record, recall,
    recalls,
};
pub use kept::{Keeps, absorbed_kept, armed, busy, fresh, kept};
pub use many::{
    first_kept, kept_head, kept_item, kept_member, next_round, recognised, recognised_again, resumed_round, select_kept,
};
pub use payload::{Payload, Stored, stored, stored_of};
pub(crate) use waits::{attempted, between, due};
pub use waits::{sleep_kept, sleep_until_kept};
pub use workflow::{Delivered, Durable, deliver, join, split};

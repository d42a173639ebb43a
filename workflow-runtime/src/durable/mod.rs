//! What makes a run durable: the hooks that generated code calls in a `#[durable]` workflow. In memory, each of them is one
//! look at whether there is a journal.

mod choices;
mod codec;
mod contests;
mod homes;
mod interruptions;
mod journal;
mod kept;
mod keys;
mod lets;
mod many;
mod outbox;
mod payload;
mod place;
mod prints;
mod rewind;
mod signal;
mod task;
mod thrown;
mod undone;
mod waits;
mod workflow;

pub(crate) use codec::{CodecError, Sequences, canonical};
pub(crate) use contests::winners_renamed;
pub(crate) use homes::missing;
pub(crate) use interruptions::{Cuts, Suspects};
pub(crate) use journal::{Busy, Halt, Journal, RESTED, STUCK};
pub(crate) use kept::{catch_up, lost_undo};
pub(crate) use keys::{Former, KEYS, Keys, renamed};
pub(crate) use payload::{Kind, StoredFailure, StoredUndone, own};

pub(crate) use place::{Begun, begun, is_in_place, key_of, placed_run};
pub(crate) use rewind::{REWIND, asked_for, rewound, times_rewound};
pub(crate) use signal::KeptSignal;
pub(crate) use task::task_part;
pub(crate) use thrown::{LANDED, THROWN, Thrown};
pub(crate) use undone::UndoRecord;

pub use choices::{
    OnRecord, Recall, Recalls, RecallsAgain, RecallsReference, RecallsValue, chosen, condition, on_record, recall,
    recalls,
};
pub use contests::{
    HeadLabel, contender_log, ends, first_kept, has_decided, has_ended, has_won, kept_each, kept_head, kept_member,
    select_kept, until_kept, until_recorded,
};
pub use kept::{
    Keeps, Part, absorbed_kept, armed, begins, busy, failed_before, found_in_cache, fresh, has_begun, kept, noting,
    part,
};
pub use lets::{Evaluated, EvaluatedAgain, EvaluatedOnce};
pub use many::{
    Recognised, Recognising, RoundEnd, item_part, kept_item, next_round, recognised, recognised_again, recognising,
    resumed_round, round,
};
pub use payload::{Payload, Stored, stored, stored_of};
pub use place::{Evaluating, Placed, evaluates, placed};
pub use prints::{Print, PrintForm};
pub(crate) use waits::{attempted, between, deadline, deadline_due, due};
pub use waits::{sleep_kept, sleep_until_kept};
pub use workflow::{Delivered, Durable, deliver, join, split};

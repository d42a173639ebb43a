//! Hooks that make a run durable: generated code calls them in a `#[durable]` workflow. In memory, each of them is one
//! look at whether there is a journal.

pub(crate) mod checkpoint;
mod choices;
pub(crate) mod items;
mod lets;
pub(crate) mod loops;
pub(crate) mod race;
mod recorded_place;
pub(crate) mod rewind;
pub(crate) mod select;
pub(crate) mod sleep;
pub(crate) mod until;
pub(crate) mod upgrade;
pub(crate) mod workflow;

pub use crate::{
    journal::{
        fingerprint::{Fingerprint, PrintForm},
        payload::{Payload, Stored, stored, stored_of},
    },
    run::place::{Evaluating, Placed, evaluates, placed},
};
pub use checkpoint::{
    Part, absorbed_kept, armed, await_restored, before_user_code, busy, checkpoint, failed_before, found_in_cache,
    has_begun, noting, part,
};
pub use choices::{
    OnRecord, Recall, Recalls, RecallsAgain, RecallsReference, RecallsValue, condition, has_held, on_record, recall,
    recalls, record_choice,
};
pub use items::{
    FingerprintedItems, IdentifiedItem, fingerprinted, in_recorded_order, in_recorded_order_again, item_part, kept_item,
};
pub use lets::{Evaluated, EvaluatedAgain, EvaluatedOnce};
pub use loops::{RoundEnd, next_round, resumed_round, round};
pub use race::{contender_log, ends, first_kept, has_decided, has_ended, has_won, kept_each, kept_member};
pub use recorded_place::Retention;
pub use select::{HeadLabel, kept_head, select_kept};
pub use sleep::{sleep_kept, sleep_until_kept};
pub use until::{until_kept, until_recorded};
pub use workflow::{Delivered, Durable, deliver, join, split};

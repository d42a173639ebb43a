//! What generated code calls. Not for users: it changes without notice.
//!
//! Generated code names nothing but this module, by absolute path.

#[cfg(feature = "durable")]
pub use crate::durable;
pub use crate::{
    expression::{
        by_ref::{Show, Shown, reference},
        coerce::{diverging, evaluated, given, handed, item_again, nothing, taken},
        count::{count, times},
        discard::{ViaFuture, ViaFutureOfResult, ViaResult, ViaValue, kind_of},
        hint::{List, Of, Optional, of, of_any, of_caught, of_caught_in, of_list, of_list_in, of_optional, value},
        reason::{GiveReason, Why},
        result::{failed_with, typed},
    },
    failure::{BoxError, Failure, exit::Stop},
    future::either::{Either, left, right},
    graph::{
        Edge, EdgeKind, Graph, Policy, Scope, ScopeKind, Signal as GraphSignal, Stage, StageKind, Value as GraphValue,
    },
    handle::Handle,
    observe::{event::Observer, observers::Observers},
    output::{
        shared::{Held, Loan},
        slot::{Filling, Slot, fill},
        state::{ItemStates, Seen, StageState, States, debug_states, watched},
        visibility::{Made, View},
    },
    policy::{Cached, Jitter, Retry, Wait, acquire_all},
    run::{
        context::ContextGuard,
        frame::{Cx, Detached, Place},
        grace::Grace,
        root::Returned,
        state::TAIL,
        tail::{reversed, unasked, unnamed, unnamed_of},
        turn::{Turn, turn_of_rounds},
    },
    scope::{
        driver::{Demands, Drive, Erased, LazySlot, Pieces, Started, drive, erased},
        for_each::{Member, Tolerance, each, each_tolerant, first, member, members, winner},
        join::{join2, join3, join4, join5, join6, join7, join8},
    },
    signal::{
        fallback::Fallback,
        wait::{
            Announced, Arrived, SignalError, SignalQueue, SignalWait, Until, announcing, head, never, select,
            signal_head, telling, until,
        },
    },
    stage::{
        driven::{Getter, of_slot, place, settling, start_stage, starting},
        guards::{Shared, breaking, cached, permits, pool},
        in_place::{begin, governed, leaf, leaf_alone, of_cell, staged},
        retry::{
            Attempted, Settings, absorbed, absorbed_in_flight, apart, attempts, attempts_judged, attempts_where,
            every_failure, limited, or_failure, own_error, sleep, told, untold, within,
        },
        task::{blocking, blocking_own, spawn},
    },
    undo::{
        attempt::in_flight,
        compensable::{protected, protected_from_attempt},
        scope::{falls_back, undo_losers, undoing},
    },
    workflow::{UnknownStage, Workflow, run, start, unknown_stage},
};
pub use core::{clone::Clone, marker::PhantomData, option::Option, result::Result};
pub use std::{
    boxed::Box,
    sync::{Arc, OnceLock},
    time::Duration,
    vec::Vec,
};
#[cfg(not(feature = "durable"))]
pub use workflow_macros::__workflow;
#[cfg(feature = "durable")]
pub use workflow_macros::__workflow_durable as __workflow;

/// What most stages have.
pub const NO_POLICIES: &[Policy<'static>] = &[];

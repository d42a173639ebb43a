//! The names that generated code calls. Not for users: they change without notice.
//!
//! Generated code names nothing but this module, by absolute path.

#[cfg(feature = "durable")]
pub use crate::durable;
pub use crate::{
    expression::{
        by_ref::{Show, Shown, reference},
        coerce::{diverging, evaluated, expect_type, expect_unit, given, item_again, taken},
        count::{count, times},
        discard::{ViaFuture, ViaFutureOfResult, ViaResult, ViaValue, kind_of},
        hint::{List, Of, Optional, of, of_any, of_caught, of_caught_in, of_list, of_list_in, of_optional, value},
        reason::{GiveReason, Why},
        result::{failed_with, fallible_expression},
    },
    failure::{BoxError, Failure, exit::Stop},
    future::either::{Either, left, right},
    graph::{
        Awaited, Edge, EdgeKind, Graph, Policy, Scope, ScopeKind, Signal as GraphSignal, Stage, StageKind,
        Value as GraphValue, Wait as GraphWait, WaitKind,
    },
    handle::Handle,
    launch::{run, start},
    observe::{event::Observer, observers::Observers},
    output::{
        shared::{Held, OutputRef},
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
        tail::{body_expression, declared_expression, undo_expression, untyped_body},
        turn::{Turn, turn_of_rounds},
    },
    scope::{
        driver::{Drive, drive},
        for_each::{Tolerance, each, each_tolerant},
        join::{join2, join3, join4, join5, join6, join7, join8},
        lazy::{Demands, LazySlot},
        quorum::{Member, first, member, members, winner},
        schedule::Pieces,
        select::{head, select, signal_head},
        until::{Until, never, until},
    },
    signal::{
        announce::{Announced, announcing, telling},
        error::SignalError,
        fallback::Fallback,
        queue::SignalQueue,
        wait::{Arrived, SignalWait},
    },
    stage::{
        catch::{absorbed, absorbed_in_flight, every_failure, or_failure, own_error},
        driven::{Erased, Getter, Started, erased, of_slot, place, settling, start_stage, starting},
        guards::{Shared, breaking, cached, permits, pool},
        in_place::{begin, governed, lone_stage_expression, of_cell, stage_expression, staged},
        retry::{Attempted, Settings, apart, attempts, attempts_judged, attempts_where, told, untold},
        task::{blocking, blocking_own, spawn},
        timeout::{limited, sleep, within},
    },
    undo::{
        attempt::in_flight,
        compensable::{protected, protected_from_attempt},
        scope::{falls_back, undo_losers, undoing},
    },
    workflow::{UnknownStage, Workflow, unknown_stage},
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

/// Attributes of a stage without attributes, as most stages are.
pub const NO_POLICIES: &[Policy<'static>] = &[];

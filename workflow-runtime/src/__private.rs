//! The names that generated code calls. Not for users: they change without notice.
//!
//! Generated code names nothing but this module, by absolute path.

#[cfg(feature = "durable")]
pub use crate::durable;
pub use crate::{
    expression::{
        by_ref::{ByRef, Show, ShowFuture, reference},
        coerce::{ascribe, evaluated, expect_type, expect_unit, hides, into_value, never_returns, reborrow_item},
        count::{count, times},
        discard::{ViaFuture, ViaFutureOfResult, ViaResult, ViaValue, type_tag},
        hint::{
            List, Optional, TypeHint, of, of_any, of_caught, of_caught_in, of_list, of_list_in, of_optional, value,
        },
        reason::{FailReason, GiveReason},
        result::{failed_with, fallible_expression},
    },
    failure::{BoxError, Failure, exit::Exit},
    future::either::{Either, left, right},
    handle::Handle,
    launch::{run, start},
    observe::{event::Observer, observers::Observers},
    output::{
        shared::{OutputRef, OwnedOrShared},
        slot::{FillSlot, Slot, fill},
        state::{ItemStates, StageState, StateEntry, States, debug_states, typed_cell},
        visibility::{StageOutput, Visibility},
    },
    policy::{Cached, Jitter, Retry, Wait, acquire_all},
    run::{
        context::ContextGuard,
        frame::{Frame, OwnedFrame, PathSegment},
        grace::GracePeriod,
        root::ReturnSlot,
        tail::{body_expression, declared_expression, undo_expression, untyped_body},
        turn::{YieldTurn, turn_of_rounds},
    },
    scope::{
        driver::{Driver, drive},
        for_each::{Tolerance, each, each_tolerant},
        join::{join2, join3, join4, join5, join6, join7, join8},
        lazy::{LazyRequests, LazySlot},
        quorum::{Member, first, member, members, race_result},
        schedule::Schedule,
        select::{head, select, signal_head},
        until::{Until, never, until},
    },
    signal::{
        announce::{Published, announcing, publish_on_completion},
        error::SignalError,
        fallback::Fallback,
        queue::SignalQueue,
        wait::{Arrived, SignalWait},
    },
    stage::{
        catch::{catch, catch_in_flight, every_failure, or_failure, own_error},
        driven::{Erased, LetRef, Start, await_output, erased, of_slot, output_slot, start_stage, starting},
        guards::{SharedPolicies, cache_key, cached, permits, pool, with_breaker},
        in_place::{begin, lone_stage_expression, of_cell, stage_expression, stage_with_policies, staged},
        retry::{
            RetryRule, StagePolicies, boxed_attempt, keep_source, omit_source, retry, retry_if_error, retry_if_failure,
        },
        task::{blocking, blocking_own, spawn},
        timeout::{sleep, with_deadline, with_timeout},
    },
    stage_id::StageId,
    undo::{
        attempt::in_flight,
        compensable::{compensable, compensable_from_attempt},
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
pub use workflow_graph::{
    Awaited, Edge, EdgeKind, Graph, Policy, Scope, ScopeKind, Signal as GraphSignal, Stage, StageKind,
    Value as GraphValue, Wait as GraphWait, WaitKind,
};
#[cfg(not(feature = "durable"))]
pub use workflow_macros::__workflow;
#[cfg(feature = "durable")]
pub use workflow_macros::__workflow_durable as __workflow;

/// Attributes of a stage without attributes, as most stages are.
pub const NO_POLICIES: &[Policy<'static>] = &[];

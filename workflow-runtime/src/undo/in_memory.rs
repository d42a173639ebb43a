//! Nothing is on record of a run in memory.

use super::{UndoLog, next_order};
use crate::{
    failure::{Failure, exit::Stop},
    future::boxed::Owned,
    run::state::{Core, Cx},
};
use std::{future::Future, pin::Pin};

/// What is on record of an undo, in a durable run.
pub(crate) struct UndoRecord;

#[allow(clippy::unused_self, reason = "nothing is on record of a run in memory")]
impl UndoRecord {
    pub(crate) const fn of(_: Cx<'_>, _: u32) -> Self {
        Self
    }

    pub(crate) fn order(&self) -> u64 {
        next_order()
    }

    pub(crate) fn armed(&self, order: u64) -> u64 {
        order
    }

    pub(crate) fn before(&self, _: &Core) -> Option<Result<(), Failure>> {
        None
    }

    pub(crate) fn recording(self, run: Owned<Result<(), Stop>>) -> Owned<Result<(), Stop>> {
        run
    }

    pub(crate) fn in_doubt(&self, _: &'static str) {}
}

/// What is on record of a scope that was thrown away, in a durable run.
pub(crate) struct Thrown;

#[allow(clippy::unused_self, clippy::unused_async, reason = "nothing is on record of a run in memory")]
impl Thrown {
    pub(crate) const fn in_memory() -> Self {
        Self
    }

    pub(crate) const fn of(_: Cx<'_>, _: (u32, &str)) -> Self {
        Self
    }

    pub(crate) const fn losers(_: Cx<'_>, _: u32, _: &str) -> Self {
        Self
    }

    pub(crate) const fn landed(&self) {}

    pub(crate) async fn before<F: Future>(&self, _: Pin<&mut F>) -> Option<Failure> {
        None
    }

    pub(crate) async fn note(&self, _: &Failure, _: &UndoLog) {}
}

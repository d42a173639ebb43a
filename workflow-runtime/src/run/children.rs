//! Rollbacks of runs that are cut inside another one, until that one has run them.

use crate::{
    failure::{Failure, UndoReport},
    future::boxed::BoxFuture,
    sync::lock,
};
use std::{
    cell::{Cell, RefCell},
    mem,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

/// The rollback of a nested run that was dropped. Returns its failure.
pub(crate) type Rollback = BoxFuture<'static, Failure>;

thread_local! {
    /// The address of the run that is polled now, and whether something was left behind in it; 0 where none is.
    pub(crate) static POLLED: Cell<usize> = const { Cell::new(0) };
    /// Rollbacks of dropped runs, each with the address of the run that was polled at the time.
    pub(crate) static LEFT: RefCell<Vec<(usize, Rollback)>> = const { RefCell::new(Vec::new()) };
}

/// Bit that no address of a run has set.
pub(crate) const HAS_LEFT: usize = 1;

pub(crate) fn left_in(address: usize) -> Vec<Rollback> {
    let take = |left: &RefCell<Vec<(usize, Rollback)>>| {
        let mine = left.borrow_mut().extract_if(.., |(at, _)| *at == address).collect::<Vec<_>>();
        mine.into_iter().map(|(_, rollback)| rollback).collect()
    };
    LEFT.try_with(take).unwrap_or_default()
}

/// Returns whether a run that is dropped now is dropped inside another one.
pub(crate) fn is_inside() -> bool {
    POLLED.get() != 0
}

/// Rollbacks of runs that were dropped inside a run, and that no stage has awaited yet.
#[derive(Default)]
pub(crate) struct Children {
    is_any: AtomicBool,
    left: Mutex<Vec<Rollback>>,
    /// Report of undos that failed while the run went on.
    pub(crate) undone: Mutex<UndoReport>,
}

impl Children {
    pub(crate) fn add(&self, mut more: Vec<Rollback>) {
        if !more.is_empty() {
            lock(&self.left).append(&mut more);
            self.is_any.store(true, Relaxed);
        }
    }

    pub(crate) fn take(&self) -> Vec<Rollback> {
        self.is_any.store(false, Relaxed);
        mem::take(&mut *lock(&self.left))
    }

    /// Returns whether something waits to be undone.
    pub(crate) fn are_left(&self) -> bool {
        self.is_any.load(Relaxed)
    }

    /// Returns what could not be undone before.
    pub(crate) fn undone_before(&self) -> UndoReport {
        mem::take(&mut *lock(&self.undone))
    }
}

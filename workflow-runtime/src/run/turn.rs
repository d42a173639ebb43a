//! Taking turns: work that is always ready gives way to other tasks, timers and deadlines now and then.
//!
//! The run counts its units of work itself, and gives way after as many as tokio gives a task in one poll. It gives way
//! sooner if something else in the task has used up tokio's cooperative budget. It takes nothing of that budget: a
//! timer or a channel beside what is always ready would find none left, in each poll anew.

use super::{frame::Frame, state::RunState};
use crate::policy::budget::UNITS_TOGETHER;
use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll},
};
use tokio::task::{coop, yield_now};

/// Returns whether the budget is spent after these units of work, so that the run yields to others.
pub(crate) fn is_over(core: &RunState, units: u32) -> bool {
    #[cfg(feature = "durable")]
    if core.journal().is_some_and(|journal| journal.is_restoring()) {
        // Records are restored in one go: their number is the bound.
        return false;
    }
    let has_spent = core.has_spent(units);
    // Outside of tokio there is always some left.
    has_spent || !coop::has_budget_remaining()
}

/// Has the task polled again after others have had their turn.
pub(crate) fn give_way(core: &RunState, context: &mut Context<'_>) {
    #[cfg(feature = "durable")]
    if core.journal().is_some() {
        // The engine looks at whether the run has woken itself, and gives way then.
        return context.waker().wake_by_ref();
    }
    let _ = core;
    // As tokio does it: what has given way before is not kept waiting by what gives way now.
    let _: Poll<()> = pin!(yield_now()).poll(context);
}

/// Yields to others, if these units of work have spent the budget.
#[must_use]
pub(crate) fn turn(core: &RunState, units: u32) -> YieldTurn<'_> {
    YieldTurn { core, units }
}

/// Gives way to others, if it is time for it, after a number of rounds of a loop.
#[must_use]
pub fn turn_of_rounds(frame: Frame<'_>) -> YieldTurn<'_> {
    turn(frame.core(), UNITS_TOGETHER)
}

/// The future that gives way once, or not at all.
pub struct YieldTurn<'a> {
    core: &'a RunState,
    /// Zero: it has given way.
    units: u32,
}

impl Future for YieldTurn<'_> {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let units = std::mem::take(&mut self.units);
        if units == 0 || !is_over(self.core, units) {
            return Poll::Ready(());
        }
        give_way(self.core, context);
        Poll::Pending
    }
}

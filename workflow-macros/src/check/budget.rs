//! Durations under a deadline fit into it: timeouts, the waits of retries.
//!
//! Only what is written at one place is compared: a default of the workflow may be too long for one stage and right for
//! the others.

use super::{counts::literal, durations::written};
use crate::{
    diagnostics::{Diagnostics, messages},
    syntax::{Attributes, Duration, ParsedRetry, ParsedWait, PolicyKind},
};
use proc_macro2::Span;

/// A deadline, where it is written as a literal.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    pub(super) nanoseconds: u128,
    span: Span,
    of_workflow: bool,
}

impl Deadline {
    pub(super) fn of_workflow(attributes: &Attributes) -> Option<Self> {
        Self::find(attributes, true)
    }

    fn find(attributes: &Attributes, of_workflow: bool) -> Option<Self> {
        attributes.policies.iter().find_map(|policy| match &policy.kind {
            PolicyKind::Deadline(limit) => {
                let (nanoseconds, span) = written(limit)?;
                // A deadline of 0s, before which nothing ends, is reported by another check.
                (nanoseconds > 0).then_some(Self { nanoseconds, span, of_workflow })
            }
            _ => None,
        })
    }

    /// Returns the deadline in words, with its line.
    pub(super) fn called(self) -> String {
        messages::deadline(self.nanoseconds, self.span, self.of_workflow)
    }
}

/// `run`: the workflow's deadline.
pub(super) fn check(attributes: &Attributes, run: Option<Deadline>, diagnostics: &Diagnostics) {
    let own = Deadline::find(attributes, false);
    // The shorter one counts.
    let Some(deadline) = own.into_iter().chain(run).min_by_key(|deadline| deadline.nanoseconds) else { return };
    let longer = |limit: &Duration| written(limit).filter(|(nanoseconds, _)| *nanoseconds > deadline.nanoseconds);
    for policy in &attributes.policies {
        match &policy.kind {
            PolicyKind::Timeout(limit) | PolicyKind::Deadline(limit) => {
                if let Some((nanoseconds, span)) = longer(limit) {
                    let message = messages::after_deadline(&policy.name.to_string(), nanoseconds, &deadline.called());
                    diagnostics.error(span, message);
                }
            }
            PolicyKind::Retry(retry) => fits(retry, deadline, diagnostics),
            _ => {}
        }
    }
}

fn fits(retry: &ParsedRetry, deadline: Deadline, diagnostics: &Diagnostics) {
    let (Some((more, span)), Some(waits)) = (literal(&retry.more), KnownWaits::of(retry)) else { return };
    let needed = waits.sum(more);
    if needed <= deadline.nanoseconds {
        return;
    }
    // The largest number whose waits fit: they grow with it.
    let (mut fitting, mut too_many) = (0, more);
    while too_many - fitting > 1 {
        let middle = u128::midpoint(fitting, too_many);
        if waits.sum(middle) <= deadline.nanoseconds { fitting = middle } else { too_many = middle }
    }
    diagnostics.error(span, messages::retries_after_deadline(more, needed, fitting, &deadline.called()));
}

/// Waits that are known exactly: with a full jitter each may be nothing.
enum KnownWaits {
    Fixed(u128),
    Exponential { first: u128, last: u128 },
}

impl KnownWaits {
    fn of(retry: &ParsedRetry) -> Option<Self> {
        match &retry.wait {
            ParsedWait::Fixed(wait) => Some(Self::Fixed(written(wait)?.0)),
            ParsedWait::Exponential { first, last } if !retry.jitter => {
                let (first, last) = (written(first)?.0, written(last)?.0);
                // Else it has been reported.
                (0 < first && first < last).then_some(Self::Exponential { first, last })
            }
            _ => None,
        }
    }

    /// Returns the sum of the first `count` waits.
    fn sum(&self, count: u128) -> u128 {
        match *self {
            Self::Fixed(wait) => wait.saturating_mul(count),
            Self::Exponential { first, last } => {
                let (mut sum, mut wait, mut left) = (0_u128, first, count);
                while left > 0 && wait < last {
                    sum = sum.saturating_add(wait);
                    wait = wait.saturating_mul(2);
                    left -= 1;
                }
                sum.saturating_add(last.saturating_mul(left))
            }
        }
    }
}

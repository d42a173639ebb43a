//! Durations under a deadline, or in a stage with a timeout, fit into it: timeouts, the waits of retries.
//!
//! Only what is written at one place is compared: a default of the workflow may be too long for one stage and right for
//! the others.

use super::{counts::literal, durations::written};
use crate::diagnostics::numbers;
use proc_macro2::Span;
use workflow_syntax::{Attributes, Duration, ParsedRetry, ParsedWait, PolicyKind, diagnostics::Diagnostics};

/// A limit of what runs under it, where it is written as a literal.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    pub(super) nanoseconds: u128,
    span: Span,
    /// The kind of limit, in words.
    what: &'static str,
    /// Whether a wait for a further attempt that ends with the limit is cut: the deadline of the stage itself cuts it.
    cuts_waits: bool,
}

const DEADLINE_OF_WORKFLOW: &str = "the workflow's deadline";
const DEADLINE: &str = "the deadline";
const TIMEOUT: &str = "the timeout";

impl Limit {
    pub(super) fn of_workflow(attributes: &Attributes) -> Option<Self> {
        Self::deadline(attributes, DEADLINE_OF_WORKFLOW)
    }

    fn deadline(attributes: &Attributes, what: &'static str) -> Option<Self> {
        attributes.policies.iter().find_map(|policy| match &policy.kind {
            PolicyKind::Deadline(limit) => Self::new(limit, what),
            _ => None,
        })
    }

    fn new(limit: &Duration, what: &'static str) -> Option<Self> {
        let (nanoseconds, span) = written(limit)?;
        // A deadline of 0s, before which nothing ends, is reported by another check.
        (nanoseconds > 0).then_some(Self { nanoseconds, span, what, cuts_waits: false })
    }

    /// Returns the shortest limit of what is in a stage with these attributes. `around` is the limit of the stage itself.
    pub(super) fn shortest(around: Option<Self>, attributes: &Attributes) -> Option<Self> {
        let own = attributes.policies.iter().filter_map(|policy| match &policy.kind {
            PolicyKind::Deadline(limit) => Self::new(limit, DEADLINE),
            PolicyKind::Timeout(limit) => Self::new(limit, TIMEOUT),
            _ => None,
        });
        own.chain(around).min_by_key(|limit| limit.nanoseconds)
    }

    /// Returns the limit in words, with its line.
    pub(super) fn called(self) -> String {
        numbers::limit(self.what, self.nanoseconds, self.span)
    }
}

/// `around`: the shortest limit of what is around the stage.
pub(super) fn check(attributes: &Attributes, around: Option<Limit>, diagnostics: &Diagnostics) {
    let own = Limit::deadline(attributes, DEADLINE).map(|limit| Limit { cuts_waits: true, ..limit });
    // The shorter one counts.
    let Some(limit) = own.into_iter().chain(around).min_by_key(|limit| limit.nanoseconds) else { return };
    let longer = |own: &Duration| written(own).filter(|(nanoseconds, _)| *nanoseconds > limit.nanoseconds);
    for policy in &attributes.policies {
        match &policy.kind {
            PolicyKind::Timeout(own) | PolicyKind::Deadline(own) => {
                if let Some((nanoseconds, span)) = longer(own) {
                    let message = numbers::after_deadline(&policy.name.to_string(), nanoseconds, &limit.called());
                    diagnostics.error(span, message);
                }
            }
            PolicyKind::Retry(retry) => fits(retry, limit, diagnostics),
            _ => {}
        }
    }
}

fn fits(retry: &ParsedRetry, limit: Limit, diagnostics: &Diagnostics) {
    let (Some((more, span)), Some(waits)) = (literal(&retry.more), KnownWaits::of(retry)) else { return };
    let fits = |more| {
        let needed = waits.sum(more);
        needed < limit.nanoseconds || needed == limit.nanoseconds && !limit.cuts_waits
    };
    if fits(more) {
        return;
    }
    // The largest number whose waits fit: they grow with it.
    let (mut fitting, mut too_many) = (0, more);
    while too_many - fitting > 1 {
        let middle = u128::midpoint(fitting, too_many);
        if fits(middle) { fitting = middle } else { too_many = middle }
    }
    let needed = waits.sum(more);
    let ends_with = needed == limit.nanoseconds;
    diagnostics.error(span, numbers::retries_after_deadline(more, (needed, ends_with), fitting, &limit.called()));
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

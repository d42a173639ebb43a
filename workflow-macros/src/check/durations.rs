//! Durations and numbers of a policy that can't be meant: nothing where something is waited for, a range that goes
//! nowhere, a retry that no error reaches.

use super::counts::literal;
use crate::{diagnostics::numbers, resolve::text};
use proc_macro2::Span;
use std::collections::{HashMap, hash_map::Entry};
use syn::Expr;
use workflow_syntax::{
    Attributes, Duration, ParsedRetry, ParsedTolerance, ParsedWait, Policy, PolicyKind, diagnostics::Diagnostics,
};

/// The policies of one place, each for itself.
pub(super) fn check(attributes: &Attributes, diagnostics: &Diagnostics) {
    let check = DurationCheck { diagnostics };
    for policy in &attributes.policies {
        check.policy(policy);
    }
    let retries = attributes.policies.iter().filter_map(|policy| match &policy.kind {
        PolicyKind::Retry(retry) => Some((policy.name.span(), &**retry)),
        _ => None,
    });
    check.in_turn(retries);
}

struct DurationCheck<'d> {
    diagnostics: &'d Diagnostics,
}

impl DurationCheck<'_> {
    fn policy(&self, policy: &Policy) {
        match &policy.kind {
            PolicyKind::Retry(retry) => self.retry(retry),
            PolicyKind::Timeout(limit) => self.not_zero(limit, numbers::TIMEOUT_ZERO),
            PolicyKind::Deadline(limit) => self.not_zero(limit, numbers::DEADLINE_ZERO),
            PolicyKind::Undo(undo) => {
                undo.retries.iter().for_each(|retry| self.retry(retry));
                self.in_turn(undo.retries.iter().map(|retry| (span_of(&retry.more), retry)));
                if let Some(limit) = &undo.timeout {
                    self.not_zero(limit, numbers::TIMEOUT_ZERO);
                }
            }
            PolicyKind::Breaker { failures, cooldown } => {
                self.at_least_one(failures, numbers::BREAKER_OF_NONE);
                self.not_zero(cooldown, numbers::COOLDOWN_ZERO);
            }
            PolicyKind::Acquire { permits: Some(permits), .. } => self.at_least_one(permits, numbers::PERMITS_ZERO),
            PolicyKind::Cache { ttl: Some(ttl), .. } => self.not_zero(ttl, numbers::TTL_ZERO),
            PolicyKind::Tolerate(ParsedTolerance::Percent(part)) => {
                if let Some((100.., span)) = literal(part) {
                    self.diagnostics.error(span, numbers::TOLERATES_ALL);
                }
            }
            _ => {}
        }
    }

    fn retry(&self, retry: &ParsedRetry) {
        self.at_least_one(&retry.more, numbers::RETRY_ZERO);
        match &retry.wait {
            ParsedWait::None => {}
            ParsedWait::Fixed(wait) => self.not_zero(wait, numbers::WAIT_ZERO),
            ParsedWait::Exponential { first, last } => {
                let (Some((first, span)), Some((last, _))) = (written(first), written(last)) else {
                    return self.not_zero(first, numbers::FIRST_WAIT_ZERO);
                };
                if first >= last {
                    self.diagnostics.error(span, numbers::range_of_waits(first, last));
                } else if first == 0 {
                    self.diagnostics.error(span, numbers::FIRST_WAIT_ZERO);
                }
            }
        }
    }

    /// The first whose `if` holds counts: behind one without an `if` none ever does.
    fn in_turn<'r>(&self, retries: impl Iterator<Item = (Span, &'r ParsedRetry)>) {
        let mut takes_all: Option<Span> = None;
        let mut conditions: HashMap<String, Span> = HashMap::new();
        for (span, retry) in retries {
            if let Some(first) = takes_all {
                self.diagnostics.error(span, numbers::retry_never_counts(first));
                continue;
            }
            let Some(condition) = &retry.only_if else {
                takes_all = Some(span);
                continue;
            };
            match conditions.entry(text(condition)) {
                Entry::Occupied(first) => {
                    self.diagnostics.error(span, numbers::retry_of_one_condition(*first.get()));
                }
                Entry::Vacant(entry) => _ = entry.insert(span),
            }
        }
    }

    fn not_zero(&self, duration: &Duration, message: &str) {
        if let Some((0, span)) = written(duration) {
            self.diagnostics.error(span, message);
        }
    }

    fn at_least_one(&self, number: &Expr, message: &str) {
        if let Some((0, span)) = literal(number) {
            self.diagnostics.error(span, message);
        }
    }
}

/// The nanoseconds, where they are written as a literal.
pub(super) fn written(duration: &Duration) -> Option<(u128, Span)> {
    match duration {
        Duration::Literal { nanoseconds, span } => Some((*nanoseconds, *span)),
        Duration::Expression(_) => None,
    }
}

/// Returns where an expression starts.
pub(super) fn span_of(expr: &Expr) -> Span {
    syn::spanned::Spanned::span(expr)
}

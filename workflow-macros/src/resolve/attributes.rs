//! Attributes, as the model has them.

use super::lower::{At, Lowering};
use crate::model::{Acquire, Breaker, Cache, Policies, Retry, Time, Undo, Wait};
use workflow_graph::ScopeKind;
use workflow_syntax::{self as syntax, PolicyKind};

impl<'s> Lowering<'s, '_> {
    /// A stage's own policies, and the workflow's of each kind that it has none of. `around`: it contains other stages.
    pub(crate) fn policies(&mut self, at: At, own: &'s [syntax::Policy], around: bool) -> Policies<'s> {
        let mut policies = Policies::default();
        for policy in own {
            self.policy(at, policy, &mut policies);
        }
        let all = &self.model.workflow.attributes.policies;
        // Both absorb failures: whichever a stage has itself, it is meant instead of the workflow's.
        let absorbs = |kind: &PolicyKind| matches!(kind, PolicyKind::Fallback(_) | PolicyKind::Catch);
        let meant_instead = |own: &syntax::Policy, policy: &syntax::Policy| {
            own.name == policy.name || (absorbs(&own.kind) && absorbs(&policy.kind))
        };
        for policy in all.iter().filter(|policy| !own.iter().any(|own| meant_instead(own, policy))) {
            match policy.kind {
                // A workflow's deadline is that of the whole run; `#[until]` there has been reported as misplaced.
                PolicyKind::Deadline(_) | PolicyKind::Until(_) => {}
                // Attempts of attempts would multiply, and permits of one pool would wait for each other.
                PolicyKind::Retry(_) | PolicyKind::Acquire { .. } if around => {}
                _ => self.policy(at, policy, &mut policies),
            }
        }
        policies
    }

    fn policy(&mut self, at: At, policy: &'s syntax::Policy, policies: &mut Policies<'s>) {
        match &policy.kind {
            PolicyKind::Retry(retry) => {
                let retry = self.retry(at, retry);
                policies.retries.push(retry);
            }
            PolicyKind::Timeout(duration) => policies.timeout = Some(self.time(at, duration)),
            PolicyKind::Deadline(duration) => policies.deadline = Some(self.time(at, duration)),
            PolicyKind::Fallback(node) => {
                policies.fallback = Some(self.own_scope(at, ScopeKind::Fallback, "fallback".to_owned(), node));
            }
            PolicyKind::Breaker { failures, cooldown } => {
                let (failures, cooldown) = (self.code(at, failures), self.time(at, cooldown));
                policies.breaker = Some(Breaker { failures, cooldown, place: self.model.shared });
                self.model.shared += 1;
            }
            PolicyKind::Acquire { pool, permits } => {
                let pool = self.code(at, pool);
                let permits = permits.as_ref().map(|permits| self.code(at, permits));
                policies.pools.push(Acquire { pool, permits });
            }
            PolicyKind::Cache { key, ttl } => {
                let key = self.code(at, key);
                let time_to_live = ttl.as_ref().map(|ttl| self.time(at, ttl));
                policies.cache = Some(Cache { key, time_to_live, place: self.model.shared });
                self.model.shared += 1;
            }
            PolicyKind::Until(name) => policies.until = Some(name),
            PolicyKind::Catch => policies.catch = Some(policy.name.span()),
            _ => {}
        }
    }

    pub(crate) fn undo(&mut self, at: At, policies: &'s [syntax::Policy]) -> Option<Undo<'s>> {
        let undo = policies.iter().find_map(|policy| match &policy.kind {
            PolicyKind::Undo(undo) => Some(&**undo),
            _ => None,
        })?;
        let first = self.model.codes.len();
        let lowered = Undo {
            action: self.code(at, &undo.action),
            retries: undo.retries.iter().map(|retry| self.retry(at, retry)).collect(),
            timeout: undo.timeout.as_ref().map(|timeout| self.time(at, timeout)),
            on_attempt: undo.on_attempt,
            replays: Vec::new(),
        };
        for code in &mut self.model.codes[first..] {
            code.undoes = at.around;
        }
        self.model.compensates = true;
        let mut scope = Some(at.scope);
        while let Some(id) = scope {
            self.model.scopes[id].compensates = true;
            scope = self.model.scopes[id].parent;
        }
        Some(lowered)
    }

    fn retry(&mut self, at: At, retry: &'s syntax::ParsedRetry) -> Retry<'s> {
        let wait = match &retry.wait {
            syntax::ParsedWait::None => Wait::None,
            syntax::ParsedWait::Fixed(duration) => Wait::Fixed(self.time(at, duration)),
            syntax::ParsedWait::Exponential { first, last } => {
                Wait::Exponential { first: self.time(at, first), last: self.time(at, last) }
            }
        };
        Retry { more: self.code(at, &retry.more), wait, jitter: retry.jitter, only_if: retry.only_if.as_ref() }
    }

    pub(crate) fn time(&mut self, at: At, duration: &'s syntax::Duration) -> Time {
        match duration {
            syntax::Duration::Literal { nanoseconds, .. } => Time::Nanoseconds(*nanoseconds),
            syntax::Duration::Expression(expr) => Time::Code(self.code(at, expr)),
        }
    }
}

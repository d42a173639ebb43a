//! Sites: keys of the unnamed expressions of a stage, made of the names and words around them. A stage's own
//! expression, and the tail of a block, a round or an item, have an empty one.

use crate::model::{
    CodeId, For, HeadKind, Members, Model, Node, NodeKind, Policies, Retry, ScopeId, StageId, Time, Tolerance, Undo,
    Wait, When,
};
use proc_macro2::Ident;
use std::collections::{HashMap, HashSet};
use syn::ext::IdentExt;
use workflow_syntax::text;

pub(super) fn resolve(model: &mut Model<'_>) {
    let mut walk = SiteWalk { model, found: vec![String::new(); model.codes.len()], seen: HashSet::new() };
    for stage in 0..model.stages.len() {
        walk.stage(stage);
    }
    for signal in 0..model.signals.len() {
        walk.signal(signal);
    }
    if let Some(tail) = &model.scopes[0].tail {
        walk.node(tail, "");
    }
    walk.time(model.deadline.as_ref(), "workflow-deadline");
    let found = walk.found;
    for (code, site) in model.codes.iter_mut().zip(found) {
        code.site = site;
    }
}

struct SiteWalk<'m, 's> {
    model: &'m Model<'s>,
    found: Vec<String>,
    /// The sites of each stage, and of its undo.
    seen: HashSet<(Option<StageId>, bool, String)>,
}

/// A site within another.
fn inside(site: &str, part: &str) -> String {
    if site.is_empty() { part.to_owned() } else { format!("{site}.{part}") }
}

/// Returns the part, with its number if it is one of several.
fn numbered(part: &str, index: usize) -> String {
    if index == 0 { part.to_owned() } else { format!("{part}-{}", index + 1) }
}

fn bare(name: &Ident) -> String {
    name.unraw().to_string()
}

/// The first stage of a race's member, or its words.
fn member_name(model: &Model<'_>, member: ScopeId) -> String {
    if let Some(stage) = model.stages.iter().find(|stage| model.within(stage.scope, member)) {
        return bare(&stage.syntax.name);
    }
    let words = model.codes.iter().filter(|code| model.within(code.scope, member));
    let words: Vec<String> = words.map(|code| super::lower::text(code.expr)).collect();
    format!("{:08x}", text::hash(&words.join(" ")))
}

impl SiteWalk<'_, '_> {
    fn code(&mut self, code: CodeId, site: &str) {
        let model = &self.model.codes[code];
        let of = |site: &str| (model.around, model.undoes.is_some(), site.to_owned());
        let mut count = 0;
        let mut own = site.to_owned();
        // Expressions that differ only by their order get a number.
        while !self.seen.insert(of(&own)) {
            count += 1;
            own = if site.is_empty() { format!("and-{}", count + 1) } else { numbered(site, count) };
        }
        self.found[code] = own;
    }

    fn time(&mut self, time: Option<&Time>, site: &str) {
        if let Some(Time::Code(code)) = time {
            self.code(*code, site);
        }
    }

    fn stage(&mut self, stage: StageId) {
        let model = self.model;
        let stage = &model.stages[stage];
        match stage.when {
            Some(When::Holds(code) | When::Matches { value: code, .. }) => self.code(code, "when"),
            None => {}
        }
        // The node first: its own expression has the stage's own place.
        self.node(&stage.node, "");
        let Policies { retries, timeout, deadline, fallback, breaker, pools, cache, undo, catch: _, until: _ } =
            &stage.policies;
        self.retries(retries);
        self.time(timeout.as_ref(), "timeout");
        self.time(deadline.as_ref(), "deadline");
        if let Some(scope) = fallback {
            self.scope(*scope, "fallback");
        }
        if let Some(breaker) = breaker {
            self.code(breaker.failures, "breaker");
            self.time(Some(&breaker.cooldown), "cooldown");
        }
        for pool in pools {
            self.code(pool.pool, "pool");
            if let Some(permits) = pool.permits {
                self.code(permits, "permits");
            }
        }
        if let Some(cache) = cache {
            self.code(cache.key, "cache");
            self.time(cache.time_to_live.as_ref(), "ttl");
        }
        if let Some(Undo { action, retries, timeout, .. }) = undo {
            self.code(*action, "");
            self.retries(retries);
            self.time(timeout.as_ref(), "timeout");
        }
    }

    fn retries(&mut self, retries: &[Retry<'_>]) {
        for retry in retries {
            self.code(retry.more, "retry");
            match &retry.wait {
                Wait::None => {}
                Wait::Fixed(time) => self.time(Some(time), "wait"),
                Wait::Exponential { first, last } => {
                    self.time(Some(first), "wait");
                    self.time(Some(last), "longest-wait");
                }
            }
        }
    }

    fn signal(&mut self, signal: usize) {
        let model = self.model;
        let signal = &model.signals[signal];
        let site = format!("signal-{}", bare(&signal.syntax.name));
        self.time(signal.timeout.as_ref(), &inside(&site, "timeout"));
        if let Some(scope) = signal.fallback {
            self.scope(scope, &inside(&site, "fallback"));
        }
    }

    /// Names the expressions of a scope's tail. Its stages and signals are named by themselves.
    fn scope(&mut self, scope: ScopeId, site: &str) {
        let model = self.model;
        if let Some(tail) = &model.scopes[scope].tail {
            self.node(tail, site);
        }
    }

    fn node(&mut self, node: &Node<'_>, site: &str) {
        match &node.kind {
            NodeKind::Expression(code) => self.code(*code, site),
            NodeKind::Scope(scope) => self.scope(*scope, site),
            NodeKind::If(branches) => {
                for (index, branch) in branches.iter().enumerate() {
                    let words = |code: CodeId| text::hash(&super::lower::text(self.model.codes[code].expr));
                    let part = match branch.condition {
                        None => "else".to_owned(),
                        Some(_) if index == 0 => "then".to_owned(),
                        Some(code) => format!("if-{:08x}", words(code)),
                    };
                    if let Some(condition) = branch.condition {
                        let part = if index == 0 { "if".to_owned() } else { format!("{part}.if") };
                        self.code(condition, &inside(site, &part));
                    }
                    self.scope(branch.scope, &inside(site, &part));
                }
            }
            NodeKind::Match { scrutinee, arms } => {
                self.code(*scrutinee, &inside(site, "match"));
                for arm in arms {
                    let words = text::hash(&self.model.scopes[arm.scope].label);
                    let site = inside(site, &format!("arm-{words:08x}"));
                    if let Some(guard) = arm.guard {
                        self.code(guard, &inside(&site, "guard"));
                    }
                    self.scope(arm.scope, &site);
                }
            }
            NodeKind::Loop(looping) => {
                if let Some(initial) = &looping.initial {
                    self.node(initial, &inside(site, "start"));
                }
                if let Some(max) = looping.max {
                    self.code(max, &inside(site, "max"));
                }
                if let Some(scope) = looping.otherwise {
                    self.scope(scope, &inside(site, "max-else"));
                }
                self.scope(looping.round, site);
            }
            NodeKind::For(each) => self.each(each, site),
            NodeKind::Members { needed, members } => {
                if let Some(needed) = needed {
                    self.code(*needed, &inside(site, "quorum"));
                }
                match members {
                    Members::For(each) => self.each(each, site),
                    Members::Listed(scopes) => {
                        let mut seen = HashMap::new();
                        for &scope in scopes {
                            let part = format!("member-{}", member_name(self.model, scope));
                            let count = seen.entry(part.clone()).or_insert(0_usize);
                            let part = numbered(&part, *count);
                            *count += 1;
                            self.scope(scope, &inside(site, &part));
                        }
                    }
                }
            }
            NodeKind::Select(heads) => {
                for head in heads {
                    let part = match &head.kind {
                        HeadKind::Node { name, scope, .. } => {
                            let part = format!("head-{}", bare(&self.model.names[*name].ident));
                            self.scope(*scope, &inside(site, &part));
                            part
                        }
                        HeadKind::Signal(name) => format!("head-signal-{}", bare(name)),
                        HeadKind::Stage(name) => format!("head-stage-{}", bare(name)),
                        HeadKind::Sleep(time) => {
                            self.time(Some(time), &inside(site, "head-sleep.time"));
                            "head-sleep".to_owned()
                        }
                    };
                    let site = inside(site, &part);
                    if let Some(guard) = head.guard {
                        self.code(guard, &inside(&site, "guard"));
                    }
                    self.scope(head.scope, &inside(&site, "then"));
                }
            }
            NodeKind::Sleep(time) => self.time(Some(time), &inside(site, "sleep")),
            NodeKind::SleepUntil(code) => self.code(*code, &inside(site, "sleep")),
            NodeKind::Return(Some(code)) => self.code(*code, &inside(site, "return")),
            NodeKind::Fail(code) => self.code(*code, &inside(site, "fail")),
            NodeKind::Break(Some(node)) => self.node(node, &inside(site, "break")),
            NodeKind::Continue(Some(node)) => self.node(node, &inside(site, "continue")),
            NodeKind::Return(None) | NodeKind::Break(None) | NodeKind::Continue(None) | NodeKind::Error => {}
        }
    }

    fn each(&mut self, each: &For<'_>, site: &str) {
        self.code(each.items, &inside(site, "items"));
        if let Some(code) = each.concurrency {
            self.code(code, &inside(site, "concurrency"));
        }
        match each.tolerate {
            Some(Tolerance::Count(code) | Tolerance::Percent(code)) => self.code(code, &inside(site, "tolerate")),
            None => {}
        }
        self.scope(each.body, site);
    }
}

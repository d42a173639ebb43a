//! Numbers every stage, scope and expression, and declares every name.

use crate::{
    diagnostics::messages,
    model::{
        Arm, Binds, Branch, Code, CodeId, For, Head, HeadKind, Let, Loop, Members, Model, Name, NameId, NameKind, Node,
        NodeKind, Policies, Scope, ScopeId, Signal, Stage, StageId, Tolerance, When,
    },
};
use proc_macro2::{Ident, Span};
use quote::ToTokens;
use std::collections::{HashMap, HashSet};
use syn::{Expr, spanned::Spanned};
use workflow_graph::{ScopeKind, StageKind};
use workflow_syntax::{
    self as syntax, PolicyKind,
    diagnostics::{Diagnostics, parse_messages},
};

const RESERVED: [&str; 2] = ["ctx", "failure"];

pub(super) fn lower<'s>(workflow: &'s syntax::Workflow, diagnostics: &Diagnostics) -> Model<'s> {
    let model = Model {
        workflow,
        names: Vec::new(),
        by_name: HashMap::new(),
        declared_twice: HashMap::new(),
        bound_in: crate::bound_names::BoundNames::default(),
        called: HashSet::new(),
        unknown: HashSet::new(),
        stages: Vec::new(),
        lets: Vec::new(),
        signals: Vec::new(),
        scopes: Vec::new(),
        codes: Vec::new(),
        edges: Vec::new(),
        returns: false,
        durable: workflow.attributes.policies.iter().any(|policy| matches!(policy.kind, PolicyKind::Durable)),
        compensates: false,
        deadline: None,
        shared: 0,
        has_gaps: false,
    };
    let mut lowering = Lowering { model, diagnostics };
    let body = lowering.scope(None, None, ScopeKind::Workflow, String::new(), workflow.body.close);
    for (index, input) in workflow.inputs.iter().enumerate() {
        lowering.declare(&input.name, NameKind::Input(index), body);
    }
    for (index, service) in workflow.services.iter().enumerate() {
        lowering.declare(&service.name, NameKind::Service(index), body);
    }
    for policy in &workflow.attributes.policies {
        if let PolicyKind::Deadline(limit) = &policy.kind {
            let limit = lowering.time(At { scope: body, around: None }, limit);
            lowering.model.deadline = Some(limit);
        }
    }
    lowering.block(body, None, &workflow.body);
    lowering.model
}

pub(crate) struct Lowering<'s, 'd> {
    pub(crate) model: Model<'s>,
    diagnostics: &'d Diagnostics,
}

/// The place of a node.
#[derive(Clone, Copy)]
pub(crate) struct At {
    pub(crate) scope: ScopeId,
    pub(crate) around: Option<StageId>,
}

impl<'s> Lowering<'s, '_> {
    fn declare(&mut self, ident: &Ident, kind: NameKind, scope: ScopeId) -> NameId {
        let id = self.model.names.len();
        let text = ident.to_string();
        if RESERVED.contains(&text.as_str()) {
            self.diagnostics.error(ident.span(), messages::reserved(&text));
        } else if let Some(&first) = self.model.by_name.get(&text) {
            let span = self.model.names[first].ident.span();
            self.diagnostics.error(ident.span(), parse_messages::declared_twice(&text, span));
            self.model.declared_twice.entry(text).or_insert_with(|| vec![first]).push(id);
        } else {
            self.model.by_name.insert(text, id);
        }
        self.model.names.push(Name { ident: ident.clone(), kind, scope, used: false, lent: false });
        id
    }

    fn scope(
        &mut self,
        parent: Option<ScopeId>,
        around: Option<StageId>,
        kind: ScopeKind,
        label: String,
        close: Span,
    ) -> ScopeId {
        self.model.scopes.push(Scope {
            parent,
            around,
            kind,
            label,
            stages: Vec::new(),
            lets: Vec::new(),
            signals: Vec::new(),
            awaits: None,
            tail: None,
            close,
            binds: None,
            compensates: false,
            lends_item: false,
            state: None,
            needs: Vec::new(),
            let_needs: Vec::new(),
        });
        self.model.scopes.len() - 1
    }

    fn nested(&mut self, at: At, kind: ScopeKind, label: String, close: Span) -> ScopeId {
        self.scope(Some(at.scope), at.around, kind, label, close)
    }

    pub(crate) fn code(&mut self, at: At, expr: &'s Expr) -> CodeId {
        self.model.codes.push(Code {
            expr,
            scope: at.scope,
            around: at.around,
            of_let: None,
            uses: Vec::new(),
            spans: Vec::new(),
            context: false,
            lent: false,
            undoes: None,
            site: String::new(),
        });
        self.model.codes.len() - 1
    }

    fn block(&mut self, scope: ScopeId, around: Option<StageId>, block: &'s syntax::Block) {
        for item in &block.items {
            match item {
                syntax::Item::Stage(stage) => self.stage(scope, stage),
                syntax::Item::Let(binding) => self.binding(scope, around, binding),
                syntax::Item::Signal(signal) => {
                    self.signal(scope, around, signal);
                }
            }
        }
        if let Some(tail) = &block.tail {
            self.model.scopes[scope].tail = Some(self.node(At { scope, around }, tail, &[]));
        }
    }

    fn signal(&mut self, scope: ScopeId, around: Option<StageId>, syntax: &'s syntax::ParsedSignal) {
        let index = self.model.signals.len();
        self.declare(&syntax.name, NameKind::Signal(index), scope);
        self.model.scopes[scope].signals.push(index);
        self.model.signals.push(Signal {
            syntax,
            scope,
            timeout: None,
            fallback: None,
            accept: None,
            after: Vec::new(),
            consumers: Vec::new(),
        });
        let at = At { scope, around };
        for policy in &syntax.attributes.policies {
            match &policy.kind {
                PolicyKind::Timeout(duration) => self.model.signals[index].timeout = Some(self.time(at, duration)),
                PolicyKind::Fallback(node) => {
                    let scope = self.own_scope(at, ScopeKind::Fallback, "too late".to_owned(), node);
                    self.model.signals[index].fallback = Some(scope);
                }
                PolicyKind::Accept(condition) => self.model.signals[index].accept = Some(condition),
                PolicyKind::After(names) => self.model.signals[index].after.extend(names),
                _ => {}
            }
        }
    }

    fn select(&mut self, at: At, heads: &'s [syntax::ParsedHead]) -> NodeKind<'s> {
        let heads = heads.iter().map(|head| {
            let guard = head.guard.as_ref().map(|guard| self.code(at, guard));
            let (kind, label) = match &head.kind {
                syntax::ParsedHeadKind::Node { name, ty, node } => {
                    let scope = self.own_scope(at, ScopeKind::Head, name.to_string(), node);
                    (HeadKind::Node { name: 0, ty, scope }, format!("{name} =>"))
                }
                syntax::ParsedHeadKind::Signal(name) => (HeadKind::Signal(name), format!("signal {name} =>")),
                syntax::ParsedHeadKind::Stage(name) => (HeadKind::Stage(name), format!("stage {name} =>")),
                syntax::ParsedHeadKind::Sleep(time) => (HeadKind::Sleep(self.time(at, time)), "sleep =>".to_owned()),
            };
            // The name of a head is seen by its node, so the scope comes first.
            let scope = self.nested(at, ScopeKind::Branch, label, head.node.span);
            let kind = match (kind, &head.kind) {
                (HeadKind::Node { ty, scope: own, .. }, syntax::ParsedHeadKind::Node { name, .. }) => {
                    HeadKind::Node { name: self.declare(name, NameKind::Head(scope), scope), ty, scope: own }
                }
                (kind, _) => kind,
            };
            if let HeadKind::Stage(name) = &kind {
                self.model.scopes[scope].awaits = Some(name);
            }
            self.fill(scope, at.around, &head.node);
            Head { kind, guard, span: head_span(&head.kind), scope }
        });
        NodeKind::Select(heads.collect())
    }

    /// A node that has its scope already.
    fn fill(&mut self, scope: ScopeId, around: Option<StageId>, node: &'s syntax::ParsedNode) {
        if let syntax::ParsedNodeKind::Block(block) = &node.kind {
            self.block(scope, around, block);
        } else {
            let tail = self.node(At { scope, around }, node, &[]);
            self.model.scopes[scope].tail = Some(tail);
        }
    }

    fn stage(&mut self, scope: ScopeId, syntax: &'s syntax::ParsedStage) {
        let id = self.model.stages.len();
        let name = self.declare(&syntax.name, NameKind::Stage(id), scope);
        let local = self.model.scopes[scope].stages.len();
        self.model.scopes[scope].stages.push(id);
        let policies = &syntax.attributes.policies;
        let has = |wanted: fn(&PolicyKind) -> bool| policies.iter().any(|policy| wanted(&policy.kind));
        self.model.stages.push(Stage {
            syntax,
            name,
            scope,
            kind: kind(&syntax.node),
            node: Node { span: syntax.node.span, kind: NodeKind::Error },
            codes: 0..0,
            when: None,
            lazy: has(|kind| matches!(kind, PolicyKind::Lazy)),
            spawn: has(|kind| matches!(kind, PolicyKind::Spawn)),
            blocking: has(|kind| matches!(kind, PolicyKind::Blocking)),
            policies: Policies::default(),
            announced: false,
            replays: Vec::new(),
            local,
        });
        let at = At { scope, around: Some(id) };
        // Not among the stage's own expressions: it runs when the stage is long over.
        self.model.stages[id].policies.undo = self.undo(at, policies);
        let first = self.model.codes.len();
        for policy in policies {
            if let PolicyKind::When(condition) = &policy.kind {
                let when = match condition {
                    syntax::Condition::Holds(condition) => When::Holds(self.code(at, condition)),
                    syntax::Condition::Matches { pattern, value } => {
                        When::Matches { pattern, value: self.code(at, value) }
                    }
                };
                self.model.stages[id].when = Some(when);
            }
        }
        let undo = self.model.stages[id].policies.undo.take();
        let mut all = self.policies(at, policies, super::has_stages::has_stages(&syntax.node));
        // On a `for` it is each item's failure that is caught.
        if matches!(syntax.node.kind, syntax::ParsedNodeKind::For(_)) {
            all.catch = None;
        }
        self.model.stages[id].policies = Policies { undo, ..all };
        let node = self.node(at, &syntax.node, policies);
        self.model.stages[id].node = node;
        self.model.stages[id].codes = first..self.model.codes.len();
    }

    fn binding(&mut self, scope: ScopeId, around: Option<StageId>, syntax: &'s syntax::ParsedLet) {
        let id = self.model.lets.len();
        let name = self.declare(&syntax.name, NameKind::Let(id), scope);
        let value = self.code(At { scope, around }, &syntax.value);
        self.model.codes[value].of_let = Some(id);
        self.model.lets.push(Let { syntax, name, scope, value });
        self.model.scopes[scope].lets.push(id);
    }

    /// `policies` are those of the stage whose node this is: an unnamed `for` or `loop` has its own.
    fn node(&mut self, at: At, node: &'s syntax::ParsedNode, policies: &'s [syntax::Policy]) -> Node<'s> {
        let policies = if policies.is_empty() { &node.attributes.policies } else { policies };
        let kind = match &node.kind {
            syntax::ParsedNodeKind::Expression(expr) => NodeKind::Expression(self.code(at, expr)),
            syntax::ParsedNodeKind::Block(block) => self.scoped(at, ScopeKind::Block, String::new(), block),
            syntax::ParsedNodeKind::Seq(block) => self.scoped(at, ScopeKind::Seq, String::new(), block),
            syntax::ParsedNodeKind::If(syntax) => {
                let mut branches = Vec::new();
                self.branches(at, syntax, &mut branches);
                NodeKind::If(branches)
            }
            syntax::ParsedNodeKind::Match(syntax) => self.matching(at, syntax),
            syntax::ParsedNodeKind::Loop(syntax) => self.looping(at, syntax, policies),
            syntax::ParsedNodeKind::For(syntax) => NodeKind::For(self.each(at, syntax, policies)),
            syntax::ParsedNodeKind::Race(members) => {
                NodeKind::Members { needed: None, members: self.members(at, members) }
            }
            syntax::ParsedNodeKind::Quorum(needed, members) => {
                let needed = Some(self.code(at, needed));
                NodeKind::Members { needed, members: self.members(at, members) }
            }
            syntax::ParsedNodeKind::Return(value) => {
                self.model.returns = true;
                NodeKind::Return(value.as_ref().map(|value| self.code(at, value)))
            }
            syntax::ParsedNodeKind::Fail(reason) => NodeKind::Fail(self.code(at, reason)),
            syntax::ParsedNodeKind::Break(value) => {
                NodeKind::Break(value.as_ref().map(|value| Box::new(self.node(at, value, &[]))))
            }
            syntax::ParsedNodeKind::Continue(value) => {
                NodeKind::Continue(value.as_ref().map(|value| Box::new(self.node(at, value, &[]))))
            }
            syntax::ParsedNodeKind::Select(heads) => self.select(at, heads),
            syntax::ParsedNodeKind::Sleep(duration) => NodeKind::Sleep(self.time(at, duration)),
            syntax::ParsedNodeKind::SleepUntil(time) => NodeKind::SleepUntil(self.code(at, time)),
            syntax::ParsedNodeKind::Error => NodeKind::Error,
        };
        Node { span: node.span, kind }
    }

    fn scoped(&mut self, at: At, kind: ScopeKind, label: String, block: &'s syntax::Block) -> NodeKind<'s> {
        NodeKind::Scope(self.block_scope(at, kind, label, block))
    }

    fn block_scope(&mut self, at: At, kind: ScopeKind, label: String, block: &'s syntax::Block) -> ScopeId {
        let scope = self.nested(at, kind, label, block.close);
        self.block(scope, at.around, block);
        scope
    }

    /// A scope of its own for an arm or a member: its block's, if it is one.
    pub(crate) fn own_scope(
        &mut self,
        at: At,
        kind: ScopeKind,
        label: String,
        node: &'s syntax::ParsedNode,
    ) -> ScopeId {
        if let syntax::ParsedNodeKind::Block(block) = &node.kind {
            return self.block_scope(at, kind, label, block);
        }
        let scope = self.nested(at, kind, label, node.span);
        let tail = self.node(At { scope, around: at.around }, node, &[]);
        self.model.scopes[scope].tail = Some(tail);
        scope
    }

    fn branches(&mut self, at: At, syntax: &'s syntax::If, branches: &mut Vec<Branch>) {
        let condition = self.code(at, &syntax.condition);
        let label = text(&syntax.condition);
        let scope = self.block_scope(at, ScopeKind::Branch, label, &syntax.then);
        self.model.scopes[scope].binds = Some(Binds::Condition { code: condition });
        branches.push(Branch { condition: Some(condition), scope });
        match &syntax.otherwise {
            Some(syntax::Else::If(next)) => self.branches(at, next, branches),
            Some(syntax::Else::Block(block)) => {
                let scope = self.block_scope(at, ScopeKind::Branch, "else".to_owned(), block);
                branches.push(Branch { condition: None, scope });
            }
            None => {}
        }
    }

    fn matching(&mut self, at: At, syntax: &'s syntax::Match) -> NodeKind<'s> {
        let scrutinee = self.code(at, &syntax.scrutinee);
        let arms = syntax
            .arms
            .iter()
            .map(|arm| {
                let mut label = text(&arm.pattern);
                if let Some(guard) = &arm.guard {
                    label = format!("{label} if {}", text(guard));
                }
                let scope = self.own_scope(at, ScopeKind::Arm, label, &arm.node);
                self.model.scopes[scope].binds = Some(Binds::Scrutinee { pattern: &arm.pattern, value: scrutinee });
                let guard = arm.guard.as_ref().map(|guard| self.code(At { scope, around: at.around }, guard));
                Arm { syntax: arm, guard, scope }
            })
            .collect();
        NodeKind::Match { scrutinee, arms }
    }

    fn looping(&mut self, at: At, syntax: &'s syntax::ParsedLoop, policies: &'s [syntax::Policy]) -> NodeKind<'s> {
        let initial = syntax.state.as_ref().map(|state| self.node(at, &state.initial, &[]));
        let round = self.nested(at, ScopeKind::Round, String::new(), syntax.body.close);
        if let Some(state) = &syntax.state {
            self.model.scopes[round].state = Some(&state.ty);
            self.declare(&state.name, NameKind::LoopState(round), round);
        }
        self.block(round, at.around, &syntax.body);
        let inside = At { scope: round, around: at.around };
        let mut max = None;
        let mut otherwise = None;
        for policy in policies {
            if let PolicyKind::Max { rounds, otherwise: node } = &policy.kind {
                max = Some(self.code(at, rounds));
                otherwise = node
                    .as_ref()
                    .map(|node| self.own_scope(inside, ScopeKind::Branch, "after the last round".to_owned(), node));
            }
        }
        NodeKind::Loop(Box::new(Loop { syntax, initial, round, max, otherwise }))
    }

    fn each(&mut self, at: At, syntax: &'s syntax::ParsedFor, policies: &'s [syntax::Policy]) -> For<'s> {
        let items = self.code(at, &syntax.items);
        let concurrency = policies.iter().find_map(|policy| match &policy.kind {
            PolicyKind::Concurrency(limit) => Some(self.code(at, limit)),
            _ => None,
        });
        let body = self.block_scope(at, ScopeKind::Item, text(&syntax.pattern), &syntax.body);
        self.model.scopes[body].binds = Some(Binds::Item { pattern: &syntax.pattern, items });
        let catch = policies.iter().any(|policy| matches!(policy.kind, PolicyKind::Catch));
        let tolerate = policies.iter().find_map(|policy| match &policy.kind {
            PolicyKind::Tolerate(syntax::ParsedTolerance::Count(count)) => Some(Tolerance::Count(self.code(at, count))),
            PolicyKind::Tolerate(syntax::ParsedTolerance::Percent(part)) => {
                Some(Tolerance::Percent(self.code(at, part)))
            }
            _ => None,
        });
        For { pattern: &syntax.pattern, items, body, concurrency, catch, tolerate }
    }

    fn members(&mut self, at: At, members: &'s syntax::ParsedMembers) -> Members<'s> {
        match members {
            syntax::ParsedMembers::For(syntax) => Members::For(Box::new(self.each(at, syntax, &[]))),
            syntax::ParsedMembers::Listed(nodes) => {
                let member = |(index, node)| self.own_scope(at, ScopeKind::Member, format!("{}", index + 1), node);
                Members::Listed(nodes.iter().enumerate().map(member).collect())
            }
        }
    }
}

/// The token that says what a head waits for.
fn head_span(head: &syntax::ParsedHeadKind) -> Span {
    match head {
        syntax::ParsedHeadKind::Node { name, .. }
        | syntax::ParsedHeadKind::Signal(name)
        | syntax::ParsedHeadKind::Stage(name) => name.span(),
        syntax::ParsedHeadKind::Sleep(syntax::Duration::Literal { span, .. }) => *span,
        syntax::ParsedHeadKind::Sleep(syntax::Duration::Expression(expr)) => expr.span(),
    }
}

pub(crate) fn kind(node: &syntax::ParsedNode) -> StageKind {
    match &node.kind {
        syntax::ParsedNodeKind::Block(_) => StageKind::Block,
        syntax::ParsedNodeKind::Seq(_) => StageKind::Seq,
        syntax::ParsedNodeKind::If(_) => StageKind::If,
        syntax::ParsedNodeKind::Match(_) => StageKind::Match,
        syntax::ParsedNodeKind::Loop(_) => StageKind::Loop,
        syntax::ParsedNodeKind::For(_) => StageKind::For,
        syntax::ParsedNodeKind::Race(_) => StageKind::Race,
        syntax::ParsedNodeKind::Quorum(..) => StageKind::Quorum,
        syntax::ParsedNodeKind::Select(_) => StageKind::Select,
        syntax::ParsedNodeKind::Sleep(_) | syntax::ParsedNodeKind::SleepUntil(_) => StageKind::Sleep,
        syntax::ParsedNodeKind::Return(_) => StageKind::Return,
        syntax::ParsedNodeKind::Fail(_) => StageKind::Fail,
        syntax::ParsedNodeKind::Expression(_)
        | syntax::ParsedNodeKind::Break(_)
        | syntax::ParsedNodeKind::Continue(_)
        | syntax::ParsedNodeKind::Error => StageKind::Expression,
    }
}

/// Tokens as a person would write them.
pub(crate) fn text(tokens: &impl ToTokens) -> String {
    workflow_syntax::text::of_tokens(tokens.to_token_stream())
}

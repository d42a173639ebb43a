//! The resolved workflow: dense numbers for stages, scopes as a tree, edges as adjacency lists, every name resolved.

use crate::bound_names::{Binder, BoundNames};
use proc_macro2::{Ident, Span};
use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};
use syn::{Expr, Pat, Type};
use workflow_graph::{EdgeKind, ScopeKind, StageKind};
use workflow_syntax as syntax;

pub(crate) type StageId = usize;
pub(crate) type ScopeId = usize;
pub(crate) type LetId = usize;
pub(crate) type NameId = usize;
pub(crate) type CodeId = usize;

/// One workflow, resolved.
pub(crate) struct Model<'s> {
    pub(crate) workflow: &'s syntax::Workflow,
    pub(crate) names: Vec<Name>,
    pub(crate) by_name: HashMap<String, NameId>,
    /// All declarations of each name that is declared twice, which is an error already: `by_name` has the first.
    pub(crate) declared_twice: HashMap<String, Vec<NameId>>,
    /// Names that patterns bind.
    pub(crate) bound_in: BoundNames,
    /// Names that are called as functions.
    pub(crate) called: HashSet<String>,
    /// Names in expressions that neither the workflow nor a pattern declares: a name of the crate's, or a typo.
    pub(crate) unknown: HashSet<String>,
    /// Stages in the order written: a stage stands before those nested in it.
    pub(crate) stages: Vec<Stage<'s>>,
    pub(crate) lets: Vec<Let<'s>>,
    pub(crate) signals: Vec<Signal<'s>>,
    /// The workflow's body first; a scope stands before those nested in it.
    pub(crate) scopes: Vec<Scope<'s>>,
    /// Every expression.
    pub(crate) codes: Vec<Code<'s>>,
    /// Edges as written, for pictures: which stage waits for which.
    pub(crate) edges: Vec<Edge>,
    /// Whether there is a `return` somewhere.
    pub(crate) returns: bool,
    /// Whether there is an `#[undo]` somewhere.
    pub(crate) compensates: bool,
    /// Whether the workflow can run on a store.
    pub(crate) durable: bool,
    /// Time that a whole run may take.
    pub(crate) deadline: Option<Time>,
    /// Number of breakers and caches that all runs of a workflow value share.
    pub(crate) shared: usize,
    /// Whether a name that is not found may be one whose declaration has a mistake.
    pub(crate) has_gaps: bool,
}

/// A meaning that an identifier in an expression may have.
pub(crate) struct Name {
    pub(crate) ident: Ident,
    pub(crate) kind: NameKind,
    /// Scope in which the name can be seen, nested scopes included.
    pub(crate) scope: ScopeId,
    /// Whether some expression names it.
    pub(crate) used: bool,
    /// A task of its own uses it, so that it must be lent.
    pub(crate) lent: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NameKind {
    Input(usize),
    Service(usize),
    Stage(StageId),
    Let(LetId),
    Signal(usize),
    /// The state of the loop whose round this is.
    LoopState(ScopeId),
    /// The value of a `select`'s head, in the scope of its node.
    Head(ScopeId),
}

pub(crate) struct Stage<'s> {
    pub(crate) syntax: &'s syntax::ParsedStage,
    pub(crate) name: NameId,
    pub(crate) scope: ScopeId,
    pub(crate) kind: StageKind,
    pub(crate) node: Node<'s>,
    /// All expressions inside it.
    pub(crate) codes: Range<CodeId>,
    pub(crate) when: Option<When<'s>>,
    pub(crate) lazy: bool,
    pub(crate) spawn: bool,
    pub(crate) blocking: bool,
    /// Policies of the stage: its own attributes, and the workflow's where it has none.
    pub(crate) policies: Policies<'s>,
    /// Whether a wait names the stage, without a dependency on it.
    pub(crate) announced: bool,
    /// Patterns around the stage that its own task matches again, from the outside in.
    pub(crate) replays: Vec<Rebind<'s>>,
    /// Place in its scope's list.
    pub(crate) local: usize,
}

/// The policies of a stage.
#[derive(Default)]
pub(crate) struct Policies<'s> {
    pub(crate) retries: Vec<Retry<'s>>,
    pub(crate) timeout: Option<Time>,
    pub(crate) deadline: Option<Time>,
    pub(crate) fallback: Option<ScopeId>,
    /// Span of the `#[catch]`.
    pub(crate) catch: Option<Span>,
    pub(crate) undo: Option<Undo<'s>>,
    /// Name of the signal or stage that ends the stage.
    pub(crate) until: Option<&'s Ident>,
    pub(crate) breaker: Option<Breaker>,
    pub(crate) pools: Vec<Acquire>,
    pub(crate) cache: Option<Cache>,
}

/// A circuit breaker that all runs of a workflow value share. `place`: where it lies in what they share.
pub(crate) struct Breaker {
    pub(crate) failures: CodeId,
    pub(crate) cooldown: Time,
    pub(crate) place: usize,
}

/// Permits of a pool.
pub(crate) struct Acquire {
    pub(crate) pool: CodeId,
    pub(crate) permits: Option<CodeId>,
}

/// A cache that all runs of a workflow value share.
pub(crate) struct Cache {
    pub(crate) key: CodeId,
    pub(crate) time_to_live: Option<Time>,
    pub(crate) place: usize,
}

/// The action that reverses a stage.
pub(crate) struct Undo<'s> {
    pub(crate) action: CodeId,
    pub(crate) retries: Vec<Retry<'s>>,
    pub(crate) timeout: Option<Time>,
    pub(crate) on_attempt: bool,
    /// Patterns around the stage that the action matches again.
    pub(crate) replays: Vec<Rebind<'s>>,
}

impl Policies<'_> {
    /// Whether the stage runs as if it had no policies.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { retries, timeout, deadline, fallback, catch, undo, until, breaker, pools, cache } = self;
        retries.is_empty()
            && pools.is_empty()
            && timeout.is_none()
            && deadline.is_none()
            && fallback.is_none()
            && catch.is_none()
            && undo.is_none()
            && until.is_none()
            && breaker.is_none()
            && cache.is_none()
    }
}

pub(crate) struct Retry<'s> {
    pub(crate) more: CodeId,
    pub(crate) wait: Wait,
    pub(crate) jitter: bool,
    pub(crate) only_if: Option<&'s syn::Path>,
}

pub(crate) enum Wait {
    None,
    Fixed(Time),
    Exponential { first: Time, last: Time },
}

/// A duration.
pub(crate) enum Time {
    Nanoseconds(u128),
    Code(CodeId),
}

pub(crate) enum When<'s> {
    Holds(CodeId),
    Matches { pattern: &'s Pat, value: CodeId },
}

pub(crate) struct Let<'s> {
    pub(crate) syntax: &'s syntax::ParsedLet,
    pub(crate) name: NameId,
    pub(crate) scope: ScopeId,
    pub(crate) value: CodeId,
}

pub(crate) struct Signal<'s> {
    pub(crate) syntax: &'s syntax::ParsedSignal,
    pub(crate) scope: ScopeId,
    pub(crate) timeout: Option<Time>,
    pub(crate) fallback: Option<ScopeId>,
    pub(crate) accept: Option<&'s Expr>,
    /// Stages that must have ended before any stage waits for the signal.
    pub(crate) after: Vec<&'s Ident>,
    /// One of the workflow's own block: the stages of that block that may ask for it, where none is sure to.
    pub(crate) consumers: Vec<StageId>,
}

pub(crate) struct Scope<'s> {
    pub(crate) parent: Option<ScopeId>,
    /// The innermost stage whose node this is a part of.
    pub(crate) around: Option<StageId>,
    pub(crate) kind: ScopeKind,
    pub(crate) label: String,
    pub(crate) stages: Vec<StageId>,
    pub(crate) lets: Vec<LetId>,
    pub(crate) signals: Vec<usize>,
    /// The node of a `select`'s head `stage name`: it sees that stage without depending on it.
    pub(crate) awaits: Option<&'s Ident>,
    pub(crate) tail: Option<Node<'s>>,
    /// Place where its tail would stand.
    pub(crate) close: Span,
    /// The pattern whose names are seen here.
    pub(crate) binds: Option<Binds<'s>>,
    /// Whether some stage inside has an undo.
    pub(crate) compensates: bool,
    /// A task inside borrows from the item.
    pub(crate) lends_item: bool,
    /// The type of the loop's state, in a round.
    pub(crate) state: Option<&'s Type>,
    /// Dependencies in this scope of each of its stages, by local number.
    pub(crate) needs: Vec<Vec<Need>>,
    /// Dependencies in this scope of each of its lets, in their order.
    pub(crate) let_needs: Vec<Vec<Need>>,
}

/// The source of the names of a scope's pattern.
pub(crate) enum Binds<'s> {
    Item {
        pattern: &'s Pat,
        items: CodeId,
    },
    Scrutinee {
        pattern: &'s Pat,
        value: CodeId,
    },
    /// An `if` with `let`s.
    Condition {
        code: CodeId,
    },
}

/// A pattern that a task of its own matches again.
pub(crate) struct Rebind<'s> {
    pub(crate) source: Source<'s>,
    pub(crate) binder: Binder,
    /// Names that the matched expression mentions.
    pub(crate) names: Vec<NameId>,
    /// Names bound by the pattern that the task uses.
    pub(crate) bindings: Vec<Ident>,
    /// Whether the pattern binds other names too.
    pub(crate) binds_more: bool,
}

/// The value that a pattern is matched against. `again`: its expression is evaluated again; else the item or scrutinee
/// is lent.
#[derive(Clone, Copy)]
pub(crate) enum Source<'s> {
    Item { pattern: &'s Pat, scope: ScopeId, code: CodeId, again: bool },
    Scrutinee { pattern: &'s Pat, code: CodeId, again: bool },
    Condition { code: CodeId },
}

/// One thing that a stage or a let of the same scope waits for.
#[derive(Clone, Copy)]
pub(crate) struct Need {
    pub(crate) on: Local,
    pub(crate) kind: EdgeKind,
    /// Span of the name that makes it wait.
    pub(crate) span: Span,
}

/// A stage or a let, by its place in its scope's list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Local {
    Stage(usize),
    Let(usize),
}

/// An expression and what it names.
pub(crate) struct Code<'s> {
    pub(crate) expr: &'s Expr,
    pub(crate) scope: ScopeId,
    /// The innermost stage that it is a part of.
    pub(crate) around: Option<StageId>,
    pub(crate) of_let: Option<LetId>,
    /// Each once, in the order named.
    pub(crate) uses: Vec<NameId>,
    /// Place where each of them is first named.
    pub(crate) spans: Vec<Span>,
    /// Whether the expression names `ctx`.
    pub(crate) context: bool,
    /// A scrutinee that a task inside borrows from.
    pub(crate) lent: bool,
    /// The stage that this expression undoes: it may name that stage's output, and waits for nothing.
    pub(crate) undoes: Option<StageId>,
    /// Key of the expression within its stage. Empty for the stage's own expression.
    pub(crate) site: String,
}

pub(crate) struct Edge {
    pub(crate) from: StageId,
    pub(crate) to: StageId,
    pub(crate) kind: EdgeKind,
}

/// The right side of a stage, an arm or a tail.
pub(crate) struct Node<'s> {
    pub(crate) span: Span,
    pub(crate) kind: NodeKind<'s>,
}

pub(crate) enum NodeKind<'s> {
    Expression(CodeId),
    /// `{ .. }` and `seq { .. }`
    Scope(ScopeId),
    If(Vec<Branch>),
    Match {
        scrutinee: CodeId,
        arms: Vec<Arm<'s>>,
    },
    Loop(Box<Loop<'s>>),
    For(For<'s>),
    /// A `race` is a quorum of one, whose value is no list.
    Members {
        needed: Option<CodeId>,
        members: Members<'s>,
    },
    Select(Vec<Head<'s>>),
    Sleep(Time),
    SleepUntil(CodeId),
    Return(Option<CodeId>),
    Fail(CodeId),
    Break(Option<Box<Node<'s>>>),
    Continue(Option<Box<Node<'s>>>),
    /// Did not parse, or is not available: its error has been reported.
    Error,
}

/// `if C { .. }`; without a condition: `else { .. }`.
pub(crate) struct Branch {
    pub(crate) condition: Option<CodeId>,
    pub(crate) scope: ScopeId,
}

pub(crate) struct Arm<'s> {
    pub(crate) syntax: &'s syntax::ParsedArm,
    pub(crate) guard: Option<CodeId>,
    pub(crate) scope: ScopeId,
}

/// One head of a `select`.
pub(crate) struct Head<'s> {
    pub(crate) kind: HeadKind<'s>,
    pub(crate) guard: Option<CodeId>,
    /// Span of the value that the head waits for.
    pub(crate) span: Span,
    /// Scope that runs if the head decides the `select`.
    pub(crate) scope: ScopeId,
}

pub(crate) enum HeadKind<'s> {
    Node { name: NameId, ty: &'s Type, scope: ScopeId },
    Signal(&'s Ident),
    Stage(&'s Ident),
    Sleep(Time),
}

pub(crate) struct Loop<'s> {
    pub(crate) syntax: &'s syntax::ParsedLoop,
    pub(crate) initial: Option<Node<'s>>,
    pub(crate) round: ScopeId,
    pub(crate) max: Option<CodeId>,
    pub(crate) otherwise: Option<ScopeId>,
}

pub(crate) struct For<'s> {
    pub(crate) pattern: &'s Pat,
    pub(crate) items: CodeId,
    pub(crate) body: ScopeId,
    pub(crate) concurrency: Option<CodeId>,
    /// An item's failure is a value: the item gives a `Result<T, Failure>`.
    pub(crate) catch: bool,
    pub(crate) tolerate: Option<Tolerance>,
}

/// The number of items that may fail.
pub(crate) enum Tolerance {
    Count(CodeId),
    Percent(CodeId),
}

pub(crate) enum Members<'s> {
    Listed(Vec<ScopeId>),
    For(Box<For<'s>>),
}

impl Model<'_> {
    /// Whether `inner` is `outer` or nested in it.
    pub(crate) fn within(&self, mut inner: ScopeId, outer: ScopeId) -> bool {
        loop {
            if inner == outer {
                return true;
            }
            match self.scopes[inner].parent {
                Some(parent) => inner = parent,
                None => return false,
            }
        }
    }

    /// Returns a stage and all stages around it, from the inside out.
    pub(crate) fn enclosing(&self, stage: Option<StageId>) -> impl Iterator<Item = StageId> {
        std::iter::successors(stage, |&stage| self.scopes[self.stages[stage].scope].around)
    }

    /// The stage of scope `outer` that code in `inner`, a part of stage `around`, lies in; none: its tail.
    pub(crate) fn stage_of(&self, outer: ScopeId, inner: ScopeId, around: Option<StageId>) -> Option<StageId> {
        if inner == outer {
            return around.filter(|&stage| self.stages[stage].scope == outer);
        }
        let mut scope = inner;
        while let Some(parent) = self.scopes[scope].parent {
            if parent == outer {
                return self.scopes[scope].around.filter(|&stage| self.stages[stage].scope == outer);
            }
            scope = parent;
        }
        None
    }

    /// The stage of that name.
    pub(crate) fn stage_named(&self, name: &Ident) -> Option<StageId> {
        match self.names[*self.by_name.get(&name.to_string())?].kind {
            NameKind::Stage(stage) => Some(stage),
            _ => None,
        }
    }

    /// The signal of that name.
    pub(crate) fn signal_named(&self, name: &Ident) -> Option<usize> {
        match self.names[*self.by_name.get(&name.to_string())?].kind {
            NameKind::Signal(signal) => Some(signal),
            _ => None,
        }
    }

    /// Whether code in `scope` sees that stage because a `select` around it has waited for it.
    pub(crate) fn is_awaited(&self, scope: ScopeId, stage: StageId) -> bool {
        let mut next = Some(scope);
        while let Some(scope) = next {
            if self.scopes[scope].awaits.is_some_and(|name| *name == self.stages[stage].syntax.name) {
                return true;
            }
            next = self.scopes[scope].parent;
        }
        false
    }

    /// The scopes of `for` bodies around `scope`, from the outside in.
    pub(crate) fn items_around(&self, scope: ScopeId) -> Vec<ScopeId> {
        let mut found = Vec::new();
        let mut next = Some(scope);
        while let Some(scope) = next {
            if self.scopes[scope].kind == ScopeKind::Item {
                found.push(scope);
            }
            next = self.scopes[scope].parent;
        }
        found.reverse();
        found
    }
}

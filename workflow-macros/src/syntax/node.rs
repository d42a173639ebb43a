//! What may stand on the right of a stage, in an arm, in a tail.

use super::{
    attribute::{Attributes, Duration},
    item::Block,
};
use proc_macro2::{Ident, Span};
use syn::{Expr, Pat, Type};

pub(crate) struct Node {
    /// Those before an unnamed `for` or `loop` (an arm, a tail); a stage's own stand on the stage.
    pub(crate) attributes: Attributes,
    /// The whole node as well as the tokens tell; at the least its first token.
    pub(crate) span: Span,
    pub(crate) kind: NodeKind,
}

pub(crate) enum NodeKind {
    /// Any Rust expression.
    Expression(Expr),
    /// `{ .. }`
    Block(Block),
    /// `seq { .. }`
    Seq(Block),
    If(If),
    Match(Match),
    Loop(Box<Loop>),
    For(Box<For>),
    /// `race { .. }`, `race for .. in .. { .. }`
    Race(Members),
    /// `quorum(n) { .. }`, `quorum(n) for .. in .. { .. }`
    Quorum(Expr, Members),
    /// `select { HEAD => NODE, .. }`
    Select(Vec<Head>),
    /// `sleep(D)`
    Sleep(Duration),
    /// `sleep_until(T)`
    SleepUntil(Expr),
    /// `return EXPR`: the workflow's output; none: `()`.
    Return(Option<Expr>),
    /// `fail EXPR`
    Fail(Expr),
    /// `break NODE`
    Break(Option<Box<Node>>),
    /// `continue NODE`
    Continue(Option<Box<Node>>),
    /// Something that did not parse: its error has been told, no check says more of it.
    Error,
}

/// `if C { .. } else ..`
pub(crate) struct If {
    /// With `let` patterns and chains, as rustc takes it: `Expr::Let` inside `&&`.
    pub(crate) condition: Expr,
    pub(crate) then: Block,
    pub(crate) otherwise: Option<Else>,
}

pub(crate) enum Else {
    Block(Block),
    If(Box<If>),
}

/// `match EXPR { PAT if G => NODE, .. }`
pub(crate) struct Match {
    pub(crate) scrutinee: Expr,
    pub(crate) arms: Vec<Arm>,
    /// The braces around the arms.
    pub(crate) braces: Span,
}

pub(crate) struct Arm {
    /// `#[cfg]`, `#[allow]` of the arm, and those of a `for` or `loop` that is its node are split: the latter lie in `node.attributes`.
    pub(crate) attributes: Attributes,
    pub(crate) pattern: Pat,
    pub(crate) guard: Option<Expr>,
    pub(crate) node: Node,
}

/// `loop NAME: S = NODE { .. }`, `loop { .. }`
pub(crate) struct Loop {
    pub(crate) keyword: Span,
    pub(crate) state: Option<LoopState>,
    pub(crate) body: Block,
}

pub(crate) struct LoopState {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) initial: Node,
}

/// `for PAT in EXPR { .. }`
pub(crate) struct For {
    #[allow(dead_code, reason = "a place to point at")]
    pub(crate) keyword: Span,
    pub(crate) pattern: Pat,
    pub(crate) items: Expr,
    pub(crate) body: Block,
}

/// Who takes part in a `race` or `quorum`.
pub(crate) enum Members {
    /// `{ NODE, .. }`
    Listed(Vec<Node>),
    /// `for PAT in EXPR { .. }`
    For(Box<For>),
}

/// One head of a `select`, with what follows it.
pub(crate) struct Head {
    pub(crate) attributes: Attributes,
    pub(crate) kind: HeadKind,
    /// `if C`
    pub(crate) guard: Option<Expr>,
    pub(crate) node: Node,
}

pub(crate) enum HeadKind {
    /// `name: T = NODE`
    Node { name: Ident, ty: Type, node: Box<Node> },
    /// `signal name`
    Signal(Ident),
    /// `stage name`
    Stage(Ident),
    /// `sleep(D)`
    Sleep(Duration),
}

//! The syntax tree: blocks and their items, nodes, attributes. Each may hold any of the others.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Attribute, Expr, Pat, Path, Type};

pub struct ParsedNode {
    /// Attributes before an unnamed `for` or `loop` (an arm, a tail). A stage's own attributes stand on the stage.
    pub attributes: Attributes,
    /// Span of the whole node as far as the tokens show; at the least its first token.
    pub span: Span,
    pub kind: ParsedNodeKind,
}

pub enum ParsedNodeKind {
    /// Any Rust expression.
    Expression(Expr),
    /// `{ .. }`
    Block(Block),
    /// `seq { .. }`
    Seq(Block),
    If(If),
    Match(Match),
    Loop(Box<ParsedLoop>),
    For(Box<ParsedFor>),
    /// `race { .. }`, `race for .. in .. { .. }`
    Race(ParsedMembers),
    /// `quorum(n) { .. }`, `quorum(n) for .. in .. { .. }`
    Quorum(Expr, ParsedMembers),
    /// `select { HEAD => NODE, .. }`
    Select(Vec<ParsedHead>),
    /// `sleep(D)`
    Sleep(Duration),
    /// `sleep_until(T)`
    SleepUntil(Expr),
    /// `return EXPR`: the workflow's output; none: `()`.
    Return(Option<Expr>),
    /// `fail EXPR`
    Fail(Expr),
    /// `break NODE`
    Break(Option<Box<ParsedNode>>),
    /// `continue NODE`
    Continue(Option<Box<ParsedNode>>),
    /// A node that did not parse: its error has been reported, no check says more of it.
    Error,
}

/// `if C { .. } else ..`
pub struct If {
    /// Condition with `let` patterns and chains, as rustc takes it: `Expr::Let` inside `&&`.
    pub condition: Expr,
    pub then: Block,
    pub otherwise: Option<Else>,
}

pub enum Else {
    Block(Block),
    If(Box<If>),
}

/// `match EXPR { PAT if G => NODE, .. }`
pub struct Match {
    pub scrutinee: Expr,
    pub arms: Vec<ParsedArm>,
    /// The braces around the arms.
    pub braces: Span,
}

pub struct ParsedArm {
    /// `#[cfg]`, `#[allow]` of the arm, and those of a `for` or `loop` that is its node are split: the latter lie in
    /// `node.attributes`.
    pub attributes: Attributes,
    pub pattern: Pat,
    pub guard: Option<Expr>,
    pub node: ParsedNode,
}

/// `loop NAME: S = NODE { .. }`, `loop { .. }`
pub struct ParsedLoop {
    pub keyword: Span,
    pub state: Option<LoopState>,
    pub body: Block,
}

pub struct LoopState {
    pub name: Ident,
    pub ty: Type,
    pub initial: ParsedNode,
}

/// `for PAT in EXPR { .. }`
pub struct ParsedFor {
    #[allow(dead_code, reason = "a place to point at")]
    pub keyword: Span,
    pub pattern: Pat,
    pub items: Expr,
    pub body: Block,
}

/// The members of a `race` or `quorum`.
pub enum ParsedMembers {
    /// `{ NODE, .. }`
    Listed(Vec<ParsedNode>),
    /// `for PAT in EXPR { .. }`
    For(Box<ParsedFor>),
}

/// One head of a `select`, with what follows it.
pub struct ParsedHead {
    pub attributes: Attributes,
    pub kind: ParsedHeadKind,
    /// `if C`
    pub guard: Option<Expr>,
    pub node: ParsedNode,
}

pub enum ParsedHeadKind {
    /// `name: T = NODE`
    Node { name: Ident, ty: Type, node: Box<ParsedNode> },
    /// `signal name`
    Signal(Ident),
    /// `stage name`
    Stage(Ident),
    /// `sleep(D)`
    Sleep(Duration),
}

/// `{ items.. tail }`
pub struct Block {
    pub items: Vec<Item>,
    /// Tail of the block. `None`: the block's value is `()`.
    pub tail: Option<Box<ParsedNode>>,
    /// Span from its opening brace to its closing one.
    #[allow(dead_code, reason = "a place to point at")]
    pub span: Span,
    /// Span of its closing brace alone, where a missing tail is reported.
    pub close: Span,
}

/// One item of a block, in the order written.
#[allow(clippy::large_enum_variant, reason = "a tree is read once and dropped: a box would save nothing")]
pub enum Item {
    Stage(ParsedStage),
    Let(ParsedLet),
    Signal(ParsedSignal),
}

/// `stage name: T = NODE;`
pub struct ParsedStage {
    pub attributes: Attributes,
    /// The word `stage`.
    pub keyword: Span,
    pub name: Ident,
    /// Declared type. `None`: `()`.
    pub ty: Option<Type>,
    pub node: ParsedNode,
}

/// `let name: T = EXPR;`
pub struct ParsedLet {
    pub attributes: Attributes,
    #[allow(dead_code, reason = "a place to point at")]
    pub keyword: Span,
    pub name: Ident,
    pub ty: Type,
    pub value: Expr,
}

/// `signal name: T;`
pub struct ParsedSignal {
    pub attributes: Attributes,
    #[allow(dead_code, reason = "a place to point at")]
    pub keyword: Span,
    pub name: Ident,
    pub ty: Type,
}

/// All attributes of one place, sorted by who reads them.
#[derive(Default)]
pub struct Attributes {
    /// Doc comments, passed on as they are.
    pub docs: Vec<Attribute>,
    /// `#[cfg(..)]`
    pub cfgs: Vec<Attribute>,
    /// `#[allow]`, `#[expect]`, `#[warn]`, `#[deny]`, passed on as they are.
    pub lints: Vec<Attribute>,
    /// `#[must_use]` and `#[deprecated]` of a workflow, passed on to its type.
    pub passed: Vec<Attribute>,
    /// The language's own, in the order written.
    pub policies: Vec<Policy>,
}

/// One attribute of the language.
pub struct Policy {
    /// Name of the attribute, as written: its errors stand there.
    pub name: Ident,
    /// The tokens in the attribute's parentheses, for the graph. Empty without parentheses.
    pub arguments: TokenStream,
    pub kind: PolicyKind,
}

pub enum PolicyKind {
    /// `#[after(a, b)]`
    After(Vec<Ident>),
    /// `#[when(C)]`
    When(Condition),
    Lazy,
    /// `#[max(n)]`, `#[max(n, else = NODE)]`
    Max {
        rounds: Expr,
        otherwise: Option<Box<ParsedNode>>,
    },
    /// `#[concurrency(n)]`
    Concurrency(Expr),
    /// `#[version(n)]`
    Version(u64),
    Spawn,
    Blocking,
    Durable,
    /// `#[was(old_name)]`
    #[allow(dead_code, reason = "durable workflows come later")]
    Was(Ident),
    Retry(Box<ParsedRetry>),
    Timeout(Duration),
    Deadline(Duration),
    Fallback(Box<ParsedNode>),
    Catch,
    Tolerate(ParsedTolerance),
    /// `#[until(a)]`
    Until(Ident),
    /// `#[accept(EXPR)]`
    Accept(Expr),
    Undo(Box<ParsedUndo>),
    /// `#[breaker(failures = n, cooldown = D)]`
    Breaker {
        failures: Expr,
        cooldown: Duration,
    },
    /// `#[acquire(EXPR)]`, `#[acquire(EXPR, n)]`
    Acquire {
        pool: Expr,
        permits: Option<Expr>,
    },
    /// `#[cache(key = EXPR, ttl = D)]`
    Cache {
        key: Expr,
        ttl: Option<Duration>,
    },
}

/// The condition of a `#[when]`.
#[allow(clippy::large_enum_variant, reason = "a tree is read once and dropped: a box would save nothing")]
pub enum Condition {
    Holds(Expr),
    /// `let PAT = EXPR`
    Matches {
        pattern: Pat,
        value: Expr,
    },
}

/// `#[retry(n, WAIT, jitter = none, if = path)]`
pub struct ParsedRetry {
    pub more: Expr,
    pub wait: ParsedWait,
    /// False: `jitter = none`.
    pub jitter: bool,
    pub only_if: Option<Path>,
}

#[allow(clippy::large_enum_variant, reason = "a tree is read once and dropped: a box would save nothing")]
pub enum ParsedWait {
    None,
    Fixed(Duration),
    Exponential { first: Duration, last: Duration },
}

/// `#[tolerate(n)]`, `#[tolerate(5%)]`
pub enum ParsedTolerance {
    Count(Expr),
    Percent(Expr),
}

/// `#[undo(EXPR, retry(..), timeout(D), on = attempt)]`
pub struct ParsedUndo {
    pub action: Expr,
    pub retries: Vec<ParsedRetry>,
    pub timeout: Option<Duration>,
    /// `on = attempt`
    pub on_attempt: bool,
}

/// `200ms`, or any expression of type `std::time::Duration`.
#[allow(clippy::large_enum_variant, reason = "a tree is read once and dropped: a box would save nothing")]
pub enum Duration {
    /// Nanoseconds, and where the literal stands.
    Literal {
        nanoseconds: u128,
        #[allow(dead_code, reason = "a place to point at")]
        span: Span,
    },
    Expression(Expr),
}

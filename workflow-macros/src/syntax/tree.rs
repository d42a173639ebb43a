//! The syntax tree: blocks and their items, nodes, attributes. Each may hold any of the others.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Attribute, Expr, Pat, Path, Type};

pub(crate) struct ParsedNode {
    /// Attributes before an unnamed `for` or `loop` (an arm, a tail). A stage's own attributes stand on the stage.
    pub(crate) attributes: Attributes,
    /// Span of the whole node as far as the tokens show; at the least its first token.
    pub(crate) span: Span,
    pub(crate) kind: ParsedNodeKind,
}

pub(crate) enum ParsedNodeKind {
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
pub(crate) struct If {
    /// Condition with `let` patterns and chains, as rustc takes it: `Expr::Let` inside `&&`.
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
    pub(crate) arms: Vec<ParsedArm>,
    /// The braces around the arms.
    pub(crate) braces: Span,
}

pub(crate) struct ParsedArm {
    /// `#[cfg]`, `#[allow]` of the arm, and those of a `for` or `loop` that is its node are split: the latter lie in
    /// `node.attributes`.
    pub(crate) attributes: Attributes,
    pub(crate) pattern: Pat,
    pub(crate) guard: Option<Expr>,
    pub(crate) node: ParsedNode,
}

/// `loop NAME: S = NODE { .. }`, `loop { .. }`
pub(crate) struct ParsedLoop {
    pub(crate) keyword: Span,
    pub(crate) state: Option<LoopState>,
    pub(crate) body: Block,
}

pub(crate) struct LoopState {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) initial: ParsedNode,
}

/// `for PAT in EXPR { .. }`
pub(crate) struct ParsedFor {
    #[allow(dead_code, reason = "a place to point at")]
    pub(crate) keyword: Span,
    pub(crate) pattern: Pat,
    pub(crate) items: Expr,
    pub(crate) body: Block,
}

/// The members of a `race` or `quorum`.
pub(crate) enum ParsedMembers {
    /// `{ NODE, .. }`
    Listed(Vec<ParsedNode>),
    /// `for PAT in EXPR { .. }`
    For(Box<ParsedFor>),
}

/// One head of a `select`, with what follows it.
pub(crate) struct ParsedHead {
    pub(crate) attributes: Attributes,
    pub(crate) kind: ParsedHeadKind,
    /// `if C`
    pub(crate) guard: Option<Expr>,
    pub(crate) node: ParsedNode,
}

pub(crate) enum ParsedHeadKind {
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
pub(crate) struct Block {
    pub(crate) items: Vec<Item>,
    /// Tail of the block. `None`: the block's value is `()`.
    pub(crate) tail: Option<Box<ParsedNode>>,
    /// Span from its opening brace to its closing one.
    #[allow(dead_code, reason = "a place to point at")]
    pub(crate) span: Span,
    /// Span of its closing brace alone, where a missing tail is reported.
    pub(crate) close: Span,
}

/// One item of a block, in the order written.
#[allow(clippy::large_enum_variant, reason = "a tree is read once and dropped: a box would save nothing")]
pub(crate) enum Item {
    Stage(ParsedStage),
    Let(ParsedLet),
    Signal(ParsedSignal),
}

/// `stage name: T = NODE;`
pub(crate) struct ParsedStage {
    pub(crate) attributes: Attributes,
    /// The word `stage`.
    pub(crate) keyword: Span,
    pub(crate) name: Ident,
    /// Declared type. `None`: `()`.
    pub(crate) ty: Option<Type>,
    pub(crate) node: ParsedNode,
}

/// `let name: T = EXPR;`
pub(crate) struct ParsedLet {
    pub(crate) attributes: Attributes,
    #[allow(dead_code, reason = "a place to point at")]
    pub(crate) keyword: Span,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) value: Expr,
}

/// `signal name: T;`
pub(crate) struct ParsedSignal {
    pub(crate) attributes: Attributes,
    #[allow(dead_code, reason = "a place to point at")]
    pub(crate) keyword: Span,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

/// All attributes of one place, sorted by who reads them.
#[derive(Default)]
pub(crate) struct Attributes {
    /// Doc comments, passed on as they are.
    pub(crate) docs: Vec<Attribute>,
    /// `#[cfg(..)]`
    pub(crate) cfgs: Vec<Attribute>,
    /// `#[allow]`, `#[expect]`, `#[warn]`, `#[deny]`, passed on as they are.
    pub(crate) lints: Vec<Attribute>,
    /// The language's own, in the order written.
    pub(crate) policies: Vec<Policy>,
}

/// One attribute of the language.
pub(crate) struct Policy {
    /// Name of the attribute, as written: its errors stand there.
    pub(crate) name: Ident,
    /// The tokens in the attribute's parentheses, for the graph. Empty without parentheses.
    pub(crate) arguments: TokenStream,
    pub(crate) kind: PolicyKind,
}

pub(crate) enum PolicyKind {
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
pub(crate) enum Condition {
    Holds(Expr),
    /// `let PAT = EXPR`
    Matches {
        pattern: Pat,
        value: Expr,
    },
}

/// `#[retry(n, WAIT, jitter = none, if = path)]`
pub(crate) struct ParsedRetry {
    pub(crate) more: Expr,
    pub(crate) wait: ParsedWait,
    /// False: `jitter = none`.
    pub(crate) jitter: bool,
    pub(crate) only_if: Option<Path>,
}

#[allow(clippy::large_enum_variant, reason = "a tree is read once and dropped: a box would save nothing")]
pub(crate) enum ParsedWait {
    None,
    Fixed(Duration),
    Exponential { first: Duration, last: Duration },
}

/// `#[tolerate(n)]`, `#[tolerate(5%)]`
pub(crate) enum ParsedTolerance {
    Count(Expr),
    Percent(Expr),
}

/// `#[undo(EXPR, retry(..), timeout(D), on = attempt)]`
pub(crate) struct ParsedUndo {
    pub(crate) action: Expr,
    pub(crate) retries: Vec<ParsedRetry>,
    pub(crate) timeout: Option<Duration>,
    /// `on = attempt`
    pub(crate) on_attempt: bool,
}

/// `200ms`, or any expression of type `std::time::Duration`.
#[allow(clippy::large_enum_variant, reason = "a tree is read once and dropped: a box would save nothing")]
pub(crate) enum Duration {
    /// Nanoseconds, and where the literal stands.
    Literal {
        nanoseconds: u128,
        #[allow(dead_code, reason = "a place to point at")]
        span: Span,
    },
    Expression(Expr),
}

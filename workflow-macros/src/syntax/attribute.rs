//! Attributes: how a stage runs.

use super::node::Node;
use proc_macro2::{Ident, Span, TokenStream};
use syn::{Attribute, Expr, Pat, Path};

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
    /// Its name, as written: where its errors stand.
    pub(crate) name: Ident,
    /// What stands in its parentheses, for the graph; empty without any.
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
        otherwise: Option<Box<Node>>,
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
    Retry(Box<Retry>),
    Timeout(Duration),
    Deadline(Duration),
    Fallback(Box<Node>),
    Catch,
    Tolerate(Tolerance),
    /// `#[until(a)]`
    Until(Ident),
    /// `#[accept(EXPR)]`
    Accept(Expr),
    Undo(Box<Undo>),
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

/// What `#[when]` asks.
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
pub(crate) struct Retry {
    pub(crate) more: Expr,
    pub(crate) wait: Wait,
    /// False: `jitter = none`.
    pub(crate) jitter: bool,
    pub(crate) only_if: Option<Path>,
}

#[allow(clippy::large_enum_variant, reason = "a tree is read once and dropped: a box would save nothing")]
pub(crate) enum Wait {
    None,
    Fixed(Duration),
    Exponential { first: Duration, last: Duration },
}

/// `#[tolerate(n)]`, `#[tolerate(5%)]`
pub(crate) enum Tolerance {
    Count(Expr),
    Percent(Expr),
}

/// `#[undo(EXPR, retry(..), timeout(D), on = attempt)]`
pub(crate) struct Undo {
    pub(crate) action: Expr,
    pub(crate) retries: Vec<Retry>,
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

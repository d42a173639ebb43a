//! A workflow's graph, as plain data.
//!
//! The macro emits one [`Graph`] for each workflow as a `static`: nothing is parsed, built or allocated at start-up.

/// A workflow's graph: its stages, the scopes they live in, and the edges between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Graph<'a> {
    /// The workflow's name, as written.
    pub name: &'a str,
    /// `#[version(n)]`; 0 unless told.
    pub version: u64,
    /// The workflow's doc comment, lines joined by `\n`; empty without one.
    pub docs: &'a str,
    /// The source file, as the compiler names it; empty where the graph was made by hand.
    pub file: &'a str,
    /// Inputs of the workflow, in the order written.
    pub inputs: &'a [Value<'a>],
    /// Services with which the workflow is created.
    pub services: &'a [Value<'a>],
    /// Signals that the workflow waits for while it runs.
    pub signals: &'a [Signal<'a>],
    /// The type of what it gives.
    pub output: &'a str,
    /// Every stage, nested ones included, in the order written: a stage's index is its identity.
    pub stages: &'a [Stage<'a>],
    /// Every scope, the workflow's own body first; a scope stands before those nested in it.
    pub scopes: &'a [Scope<'a>],
    /// All edges: which stage must have ended before which may start. A stage around others has the edges of what it
    /// holds, since nothing in it starts before the whole does. Both ends of an edge may lie in different scopes.
    pub edges: &'a [Edge],
    /// The waits of parts of stages that have started already, and of tails.
    pub waits: &'a [Wait],
}

/// A name with a type: an input, a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value<'a> {
    /// Name, as written.
    pub name: &'a str,
    /// Type, as written, white space normalised.
    pub type_name: &'a str,
}

/// A value that arrives from outside while the workflow runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal<'a> {
    /// Name, as written; unique in the workflow.
    pub name: &'a str,
    /// Type, as written, white space normalised.
    pub type_name: &'a str,
    /// The scope that declares it: an index into [`Graph::scopes`].
    pub scope: u32,
    /// `#[after(..)]`: stages that must have ended before anything waits for it. Indices into [`Graph::stages`].
    pub after: &'a [u32],
}

/// One stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage<'a> {
    /// Name, as written; unique in the workflow.
    pub name: &'a str,
    /// The declared type; `()` without one.
    pub type_name: &'a str,
    /// Doc comment; empty without one.
    pub docs: &'a str,
    /// The line of its name in [`Graph::file`].
    pub line: u32,
    /// Scope that the stage lives in: an index into [`Graph::scopes`].
    pub scope: u32,
    /// Construct on the right side of the stage.
    pub kind: StageKind,
    /// Attributes other than docs, `cfg` and lints, in the order written.
    pub policies: &'a [Policy<'a>],
}

/// The construct on the right side of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StageKind {
    /// A Rust expression.
    Expression,
    /// `{ .. }`
    Block,
    /// `seq { .. }`
    Seq,
    /// `if .. { .. } else { .. }`
    If,
    /// `match .. { .. }`
    Match,
    /// `loop .. { .. }`
    Loop,
    /// `for .. in .. { .. }`
    For,
    /// `race { .. }`
    Race,
    /// `quorum(n) { .. }`
    Quorum,
    /// `select { .. }`
    Select,
    /// `sleep(..)` or `sleep_until(..)`
    Sleep,
    /// `return ..`
    Return,
    /// `fail ..`
    Fail,
}

/// An attribute of a stage: `retry`, `5, exponential(200ms..30s)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy<'a> {
    /// `retry`
    pub name: &'a str,
    /// Text in the attribute's parentheses, with white space normalised. Empty without parentheses.
    pub arguments: &'a str,
}

/// A nested graph: the workflow's own body, an arm, a round, an item, a racer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The stage whose node this scope is a part of; none for the workflow's body and for what stands in its tail.
    pub stage: Option<u32>,
    /// The scope around it; none for the workflow's body.
    pub parent: Option<u32>,
    /// Construct to which the scope belongs.
    pub kind: ScopeKind,
    /// A few words for a picture: an arm's pattern, an `if`'s condition; empty where the kind says it all.
    pub label: &'a str,
}

/// The construct to which a scope belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScopeKind {
    /// The workflow's own body.
    Workflow,
    /// `{ .. }`
    Block,
    /// `seq { .. }`
    Seq,
    /// The branch of an `if` whose condition holds, or its `else`; what runs when a head of a `select` decides; what
    /// runs after the last round of a loop.
    Branch,
    /// An arm of a `match`.
    Arm,
    /// A round of a `loop`.
    Round,
    /// An item of a `for`, `race for` or `quorum for`.
    Item,
    /// A member of a `race` or `quorum`.
    Member,
    /// The node of a `select`'s head `name: T = ..`.
    Head,
    /// A `#[fallback(..)]`.
    Fallback,
}

/// `to` starts only when `from` has ended. Indices into [`Graph::stages`].
///
/// An edge of kind [`Lazy`](EdgeKind::Lazy) may say less: a part of `to` asks for `from` if it comes to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Edge {
    /// Stage that must have ended.
    pub from: u32,
    /// Stage that waits.
    pub to: u32,
    /// Why.
    pub kind: EdgeKind,
}

/// The reason why one stage waits for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EdgeKind {
    /// The waiting stage uses the other's output.
    Data,
    /// `#[after(..)]`
    After,
    /// The order of a `seq`.
    Sequence,
    /// The stage, or a part of it, asks for a `#[lazy]` stage: [`Graph::waits`] tells which. Where its own expression
    /// does, it starts only when the other has ended.
    Lazy,
}

/// One thing that is waited for without an edge: the stage it is a part of has started already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wait {
    /// The stage or signal that is waited for.
    pub on: Awaited,
    /// Why.
    pub kind: WaitKind,
    /// The innermost stage that waits: an index into [`Graph::stages`]; none for the workflow's tail.
    pub stage: Option<u32>,
    /// Place of the wait, an index into [`Graph::scopes`]. The scope that the stage lives in: the stage's own
    /// expression or attribute. A scope nested in the stage: the tail of that scope, or the whole scope where `kind`
    /// says so.
    pub scope: u32,
}

/// A thing that something waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Awaited {
    /// The end of a stage: an index into [`Graph::stages`].
    Stage(u32),
    /// A signal: an index into [`Graph::signals`].
    Signal(u32),
    /// The end of a scope: an index into [`Graph::scopes`].
    Scope(u32),
}

/// The reason of a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitKind {
    /// The expression there names a signal.
    Named,
    /// The expression there names a `#[lazy]` stage, and so asks for it.
    Lazy,
    /// A guard of an arm: the whole scope waits.
    Guard,
    /// A head of a `select`: the whole scope runs when it decides.
    Head,
    /// `#[until(..)]`: it cuts the stage.
    Until,
    /// The `#[fallback(..)]` of a signal that came too late: the whole scope runs in its place.
    Late,
}

impl Graph<'_> {
    /// Finds the stage with a name.
    ///
    /// Cost: one pass over the stages.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<(u32, &Stage<'_>)> {
        (0..).zip(self.stages).find(|(_, stage)| stage.name == name)
    }
}

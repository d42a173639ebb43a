//! The places to which each attribute belongs.

use workflow_syntax::{ParsedNodeKind, Policy, PolicyKind};

/// The place of an attribute.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Workflow,
    Input,
    Service,
    Let,
    Signal,
    Stage(&'a ParsedNodeKind),
    /// An arm, a member, a tail, what a `break` gives.
    Unnamed(&'a ParsedNodeKind),
    /// A whole arm or head, its pattern included.
    Arm,
}

/// Whether it may stand there, or why not.
pub(super) enum Verdict {
    Fits,
    /// The attribute does not belong on such a place, but there.
    Misplaced(&'static str),
    /// The attribute belongs on a stage, but not on one whose node is of this kind.
    WrongNode(&'static str),
}

impl Place<'_> {
    /// Returns the place with its article.
    pub(super) fn called(self) -> &'static str {
        match self {
            Place::Workflow => "a workflow",
            Place::Input => "an input",
            Place::Service => "a service",
            Place::Let => "a `let`",
            Place::Signal => "a signal",
            Place::Stage(_) => "a stage",
            Place::Unnamed(ParsedNodeKind::Loop(_)) => "an unnamed `loop`",
            Place::Unnamed(ParsedNodeKind::For(_)) => "an unnamed `for`",
            Place::Unnamed(_) => "a node without a name",
            Place::Arm => "an arm",
        }
    }

    fn node(self) -> Option<&'static str> {
        match self {
            Place::Stage(node) | Place::Unnamed(node) => Some(construct(node)),
            _ => None,
        }
    }
}

/// Returns the word for a node's construct. Empty for a node that did not parse and so may be any construct.
fn construct(node: &ParsedNodeKind) -> &'static str {
    match node {
        ParsedNodeKind::Expression(_) => "expression",
        ParsedNodeKind::Loop(_) => "loop",
        ParsedNodeKind::For(_) => "for",
        ParsedNodeKind::Error => "",
        _ => "other",
    }
}

pub(super) fn verdict(kind: &PolicyKind, place: Place<'_>) -> Verdict {
    match kind {
        PolicyKind::Max { .. } => on_node(place, "loop", "before a `loop`, whose rounds it bounds"),
        PolicyKind::Concurrency(_) => match place {
            Place::Stage(ParsedNodeKind::Race(_) | ParsedNodeKind::Quorum(..)) => {
                Verdict::WrongNode("before a plain `for`: those of a `race` or `quorum` all run at once")
            }
            _ => on_node(place, "for", "before a `for`, whose items it bounds"),
        },
        PolicyKind::Tolerate(_) => on_node(place, "for", "before a `for` with `#[catch]`"),
        PolicyKind::Blocking => match place {
            Place::Stage(ParsedNodeKind::Expression(_) | ParsedNodeKind::Error) => Verdict::Fits,
            Place::Stage(_) => Verdict::WrongNode("on a stage that is one expression"),
            _ => Verdict::Misplaced("on a stage"),
        },
        PolicyKind::Version(_) | PolicyKind::Durable => match place {
            Place::Workflow => Verdict::Fits,
            _ => Verdict::Misplaced("on a workflow"),
        },
        PolicyKind::When(_) | PolicyKind::Lazy | PolicyKind::Spawn | PolicyKind::Undo(_) | PolicyKind::Until(_) => {
            on_stage(place)
        }
        PolicyKind::After(_) => match place {
            Place::Signal => Verdict::Fits,
            other => on_stage(other),
        },
        PolicyKind::Accept(_) => match place {
            Place::Signal => Verdict::Fits,
            _ => Verdict::Misplaced("on a signal"),
        },
        PolicyKind::Was(_) => match place {
            Place::Let | Place::Unnamed(_) | Place::Arm => Verdict::Misplaced("on what has a name and is kept"),
            _ => Verdict::Fits,
        },
        PolicyKind::Timeout(_) | PolicyKind::Fallback(_) => match place {
            Place::Signal => Verdict::Fits,
            other => by_default(other),
        },
        PolicyKind::Catch => match place {
            Place::Unnamed(ParsedNodeKind::For(_)) => Verdict::Fits,
            other => by_default(other),
        },
        PolicyKind::Retry(retry) => match place {
            Place::Stage(ParsedNodeKind::Return(_) | ParsedNodeKind::Fail(_)) => {
                Verdict::WrongNode("on one that may succeed: `return` and `fail` are final")
            }
            Place::Stage(ParsedNodeKind::Sleep(_) | ParsedNodeKind::SleepUntil(_)) if retry.only_if.is_some() => {
                Verdict::WrongNode("on one that gives an error for its `if` to look at, which a sleep never does")
            }
            other => by_default(other),
        },
        PolicyKind::Deadline(_)
        | PolicyKind::Breaker { .. }
        | PolicyKind::Acquire { .. }
        | PolicyKind::Cache { .. } => by_default(place),
    }
}

fn on_stage(place: Place<'_>) -> Verdict {
    match place {
        Place::Stage(_) => Verdict::Fits,
        _ => Verdict::Misplaced("on a stage"),
    }
}

/// One on the workflow is for all stages that have none.
fn by_default(place: Place<'_>) -> Verdict {
    match place {
        Place::Workflow => Verdict::Fits,
        other => on_stage(other),
    }
}

fn on_node(place: Place<'_>, wanted: &str, belongs: &'static str) -> Verdict {
    match place.node() {
        Some(found) if found.is_empty() || found == wanted => Verdict::Fits,
        Some(_) if matches!(place, Place::Stage(_)) => Verdict::WrongNode(belongs),
        _ => Verdict::Misplaced(belongs),
    }
}

/// Whether a stage with this attribute still ends as its node does: none that absorbs what the node ends with.
pub(super) fn keeps_ends(policy: &Policy) -> bool {
    !matches!(policy.kind, PolicyKind::Fallback(_) | PolicyKind::Catch | PolicyKind::Until(_))
}

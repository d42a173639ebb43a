//! The constructs that the batch combines.

/// A construct.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Workflow,
    Call,
    Block,
    Seq,
    If,
    Match,
    Loop,
    SignalLoop,
    For,
    Race,
    RaceFor,
    Quorum,
    QuorumFor,
    Select,
    Retry,
    Timeout,
    Deadline,
    Fallback,
    Catch,
    Tolerate,
    When,
    Until,
    Lazy,
    Spawn,
    Acquire,
    Undo,
    UndoOnAttempt,
    Signal,
    SignalTimeout,
    Sleep,
    SleepUntil,
    Child,
    Cache,
    Return,
    Fail,
}

/// Constructs that hold others.
pub const BLOCK_KINDS: &[Kind] = &[
    Kind::Block,
    Kind::Seq,
    Kind::If,
    Kind::Match,
    Kind::Loop,
    Kind::For,
    Kind::Race,
    Kind::RaceFor,
    Kind::Quorum,
    Kind::QuorumFor,
    Kind::Select,
    Kind::Retry,
    Kind::Timeout,
    Kind::Deadline,
    Kind::Fallback,
    Kind::Catch,
    Kind::Tolerate,
    Kind::When,
    Kind::Until,
];

/// Constructs that may stand in each of them.
pub const STAGE_KINDS: &[Kind] = &[
    Kind::Call,
    Kind::Block,
    Kind::Seq,
    Kind::If,
    Kind::Match,
    Kind::Loop,
    Kind::SignalLoop,
    Kind::For,
    Kind::Race,
    Kind::RaceFor,
    Kind::Quorum,
    Kind::QuorumFor,
    Kind::Select,
    Kind::Retry,
    Kind::Timeout,
    Kind::Deadline,
    Kind::Fallback,
    Kind::Catch,
    Kind::Tolerate,
    Kind::When,
    Kind::Until,
    Kind::Lazy,
    Kind::Spawn,
    Kind::Acquire,
    Kind::Undo,
    Kind::UndoOnAttempt,
    Kind::Signal,
    Kind::SignalTimeout,
    Kind::Sleep,
    Kind::SleepUntil,
    Kind::Child,
    Kind::Cache,
    Kind::Return,
    Kind::Fail,
];

/// Says whether the language lets a construct stand directly in another one. Signals are not declared for items; what
/// an `#[until]` names runs beside its stage, and so not before it in a `seq`.
#[must_use]
pub fn may_stand_in(inside: Kind, around: Kind) -> bool {
    let items = matches!(around, Kind::For | Kind::Tolerate | Kind::RaceFor | Kind::QuorumFor);
    match inside {
        Kind::Signal | Kind::SignalTimeout | Kind::SignalLoop => !items,
        Kind::Until => around != Kind::Seq,
        _ => true,
    }
}

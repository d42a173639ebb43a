//! Random workflows: what each consists of, and its source in two builds.

mod kinds;
mod make;
pub mod numbers;
mod print;

#[allow(unused_imports)]
pub use kinds::{BLOCK_KINDS, Kind, STAGE_KINDS, may_stand_in};
#[allow(unused_imports)]
pub use print::renamed;

use std::collections::BTreeMap;

/// One of the two builds of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// The first build.
    One,
    /// The build that comes after it: it has one stage more, another order, other names, shorter timers.
    Two,
}

impl Version {
    /// Returns the beginning of its modules' names.
    #[must_use]
    pub fn module(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Two => "two",
        }
    }
}

/// One workflow of the batch.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its place in the batch.
    pub number: u32,
    /// Its own body.
    pub body: Block,
    /// Its signals, in the order of their numbers.
    pub signals: Vec<Signal>,
    /// Its leaves, by their numbers.
    pub leaves: Vec<Leaf>,
    /// Which construct stands directly in which other, and how often.
    pub pairs: BTreeMap<(Kind, Kind), u32>,
}

/// A graph of stages.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// Its signals, by number.
    pub signals: Vec<u32>,
    /// Its stages.
    pub stages: Vec<Stage>,
}

/// One stage.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its name in the first build.
    pub name: String,
    /// Node of the stage.
    pub node: Node,
    /// Names of stages in `#[after]`.
    pub after: Vec<String>,
    /// How it runs.
    pub policy: Policy,
    /// A branch asks for it; no tail names it.
    pub lazy: bool,
}

/// The attributes of a stage.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// `#[retry]`: how often, and the pause in milliseconds.
    pub retry: Option<(u32, u32)>,
    /// `#[timeout]` in milliseconds.
    pub timeout: Option<u32>,
    /// `#[deadline]` in milliseconds.
    pub deadline: Option<u32>,
    /// `#[fallback]`
    pub fallback: Option<Box<Node>>,
    /// `#[catch]`
    pub catch: bool,
    /// `#[tolerate]`
    pub tolerate: Option<u32>,
    /// `#[when]`: the number of the condition.
    pub when: Option<u32>,
    /// `#[until]`: a sibling's name.
    pub until: Option<String>,
    /// `#[undo]`
    pub undo: Undo,
    /// `#[spawn]`
    pub spawn: bool,
    /// `#[acquire]`
    pub acquire: bool,
    /// `#[cache]`
    pub cache: bool,
    /// `#[concurrency]`
    pub concurrency: Option<u32>,
}

/// Which undo a stage has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Undo {
    /// None.
    #[default]
    None,
    /// Of what it gave.
    Output,
    /// Armed before the first attempt.
    Attempt,
}

/// The right side of a stage.
#[derive(Debug, Clone)]
pub enum Node {
    /// A call of user code: the leaf's number, names that it reads.
    Leaf(u32, Vec<String>),
    /// A call of user code that takes a signal's value: the leaf's number, the signal's.
    Take(u32, u32),
    /// `{ … }`
    Block(Block),
    /// `seq { … }`
    Seq(Block),
    /// `if`: the number of the condition.
    If(u32, Box<Node>, Box<Node>),
    /// `match`: the number of the scrutinee.
    Match(u32, Vec<Node>),
    /// `loop` with a state: the number of the condition, whether `#[max]` gives a value.
    Loop(u32, Block, bool),
    /// `for`: the number of the items, the body.
    For(u32, Box<Node>),
    /// `race`
    Race(Vec<Node>),
    /// `race for`
    RaceFor(u32, Box<Node>),
    /// `quorum(2)`
    Quorum(Vec<Node>),
    /// `quorum(2) for`
    QuorumFor(u32, Box<Node>),
    /// `select`
    Select(Vec<(Head, Node)>),
    /// `sleep` in milliseconds.
    Sleep(u32),
    /// `sleep_until` this number of milliseconds later.
    SleepUntil(u32),
    /// A run of another workflow: its leaf's number.
    Child(u32),
    /// `fail`
    Fail,
    /// `return` with a leaf's value.
    Return,
    /// The output of a lazy stage.
    Lazy(String),
}

/// The wait of a `select`'s head.
#[derive(Debug, Clone)]
pub enum Head {
    /// `name: T = NODE`
    Node(String, Node),
    /// `signal name`
    Signal(u32),
    /// `stage name`
    Stage(String),
    /// `sleep` in milliseconds.
    Sleep(u32),
}

/// A signal of a workflow.
#[derive(Debug, Clone)]
pub struct Signal {
    /// Its name.
    pub name: String,
    /// `#[timeout]` in milliseconds, with a `#[fallback]`.
    pub timeout: Option<u32>,
    /// Each value that is taken goes to user code, unless the workflow ends before.
    pub strict: bool,
}

/// A place of user code.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The stage around it.
    pub stage: String,
    /// The numbers of the scopes around it, from the outside in.
    pub scopes: Vec<u32>,
    /// Its stage's undo.
    pub undo: Undo,
    /// Its stage, or one around it, pauses before it tries again.
    pub paused: bool,
    /// Something may cut it without a reason in the outside world: a timeout, an `until`, a deadline around it.
    pub timed: bool,
    /// Whether the call runs on a task of its own.
    pub spawned: bool,
    /// Says whether a workflow that a stage runs has it: after a crash that workflow begins anew.
    pub child: bool,
    /// The signal whose value the call takes.
    pub takes: Option<u32>,
    /// Only the second build has it.
    pub added: bool,
    /// A failure of it is absorbed by nothing but the workflow's end.
    pub exposed: bool,
    /// Says whether a `#[catch]` around it makes a value of what goes wrong: user code is told by that value.
    pub caught: bool,
    /// Milliseconds of a sleep between the call and an earlier leaf, and the number of that leaf.
    pub slept: Option<(u32, u32)>,
}

/// Makes every `parts`th of the first `count` workflows, from number `part` on.
#[must_use]
pub fn part(count: u32, part: u32, parts: u32) -> Vec<Plan> {
    batch(count).into_iter().filter(|plan| plan.number % parts == part).collect()
}

/// Makes the first `count` workflows.
#[must_use]
pub fn batch(count: u32) -> Vec<Plan> {
    let mut pairs = BTreeMap::new();
    (0..count).map(|number| make::plan(number, &mut pairs)).collect()
}

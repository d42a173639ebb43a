//! Makes a workflow out of numbers: of what may stand in a place, that which has stood there least often.

use super::{
    Block, Head, Kind, Leaf, Node, Plan, Policy, STAGE_KINDS, Signal, Stage, Undo, may_stand_in,
    numbers::{Numbers, scatter},
};
use std::collections::BTreeMap;

/// How many leaves a workflow may have before only small constructs are added.
const LEAVES: usize = 10;
/// How deep constructs stand in one another.
const DEEPEST: usize = 4;

/// The surroundings of a stage that is generated.
#[derive(Clone)]
struct Around {
    kind: Kind,
    depth: usize,
    scopes: Vec<u32>,
    timed: bool,
    paused: bool,
    exposed: bool,
    strict: bool,
    items: bool,
    caught: bool,
    stage: String,
}

struct Maker<'a> {
    numbers: Numbers,
    plan: Plan,
    pairs: &'a mut BTreeMap<(Kind, Kind), u32>,
    names: u32,
    scopes: u32,
    choices: u32,
}

/// Makes the workflow with that number. `pairs` counts what stands in what over the whole batch.
pub(super) fn plan(number: u32, pairs: &mut BTreeMap<(Kind, Kind), u32>) -> Plan {
    let plan = Plan { number, body: Block::default(), signals: Vec::new(), leaves: Vec::new(), pairs: BTreeMap::new() };
    let numbers = Numbers::new(scatter(u64::from(number), 0xBA7C));
    let mut maker = Maker { numbers, plan, pairs, names: 0, scopes: 0, choices: 0 };
    let around = Around {
        kind: Kind::Workflow,
        depth: 0,
        scopes: vec![0],
        timed: false,
        paused: false,
        exposed: true,
        strict: true,
        items: false,
        caught: false,
        stage: String::new(),
    };
    let stages = 2 + usize::try_from(maker.numbers.below(2)).expect("small");
    let mut body = maker.block(&around, stages);
    if maker.plan.signals.is_empty() {
        maker.stage(Kind::SignalLoop, &around, &mut body);
    }
    // Something at the end that may fail, after all the others.
    let after = body.stages.iter().filter(|stage| !stage.lazy).map(|stage| stage.name.clone()).collect();
    let mut last = maker.call(&around, Policy::default());
    last.after = after;
    body.stages.push(last);
    maker.plan.body = body;
    let name = maker.name();
    let added = maker.leaf(&Around { stage: name, ..around }, &Policy::default());
    maker.plan.leaves[added as usize].added = true;
    maker.plan
}

impl Maker<'_> {
    fn name(&mut self) -> String {
        self.names += 1;
        format!("s{}", self.names)
    }

    fn choice(&mut self) -> u32 {
        self.choices += 1;
        self.choices
    }

    fn millis(&mut self) -> u32 {
        *self.numbers.one(&[2, 3, 5, 8, 12, 30, 2_500])
    }

    fn leaf(&mut self, around: &Around, policy: &Policy) -> u32 {
        let number = u32::try_from(self.plan.leaves.len()).expect("few");
        self.plan.leaves.push(Leaf {
            stage: around.stage.clone(),
            scopes: around.scopes.clone(),
            undo: policy.undo,
            paused: around.paused || policy.retry.is_some_and(|(_, pause)| pause > 0),
            timed: around.timed || policy.timeout.is_some() || policy.deadline.is_some() || policy.until.is_some(),
            spawned: policy.spawn,
            child: false,
            takes: None,
            added: false,
            exposed: around.exposed,
            caught: around.caught,
            slept: None,
        });
        number
    }

    /// A stage that calls user code.
    fn call(&mut self, around: &Around, policy: Policy) -> Stage {
        let name = self.name();
        let leaf = self.leaf(&Around { stage: name.clone(), ..around.clone() }, &policy);
        Stage { name, node: Node::Leaf(leaf, Vec::new()), after: Vec::new(), policy, lazy: false }
    }

    fn inside(&mut self, around: &Around, kind: Kind, stage: &str) -> Around {
        self.scopes += 1;
        let mut scopes = around.scopes.clone();
        scopes.push(self.scopes);
        let absorbs = matches!(
            kind,
            Kind::Fallback | Kind::Catch | Kind::Tolerate | Kind::Race | Kind::RaceFor | Kind::Quorum | Kind::QuorumFor
        );
        let keeps = matches!(kind, Kind::Block | Kind::Seq | Kind::If | Kind::Match | Kind::Loop | Kind::When);
        let timed = matches!(kind, Kind::Timeout | Kind::Deadline | Kind::Until);
        let items = matches!(kind, Kind::For | Kind::Tolerate | Kind::RaceFor | Kind::QuorumFor);
        Around {
            kind,
            depth: around.depth + 1,
            scopes,
            timed: around.timed || timed,
            paused: around.paused,
            exposed: around.exposed && !absorbs,
            strict: around.strict && keeps,
            items: around.items || items,
            caught: around.caught || matches!(kind, Kind::Catch | Kind::Tolerate),
            stage: stage.to_owned(),
        }
    }

    fn pick(&mut self, around: &Around) -> Kind {
        use Kind::{
            Acquire, Cache, Call, Child, Signal, SignalLoop, SignalTimeout, Sleep, SleepUntil, Spawn, Undo,
            UndoOnAttempt,
        };
        let small = around.depth >= DEEPEST || self.plan.leaves.len() >= LEAVES;
        let allowed: Vec<Kind> = STAGE_KINDS
            .iter()
            .copied()
            .filter(|kind| {
                let is_small =
                    matches!(kind, Call | Undo | UndoOnAttempt | Sleep | SleepUntil | Signal | Spawn | Acquire);
                !small || is_small || matches!(kind, Child | Cache)
            })
            .filter(|kind| !around.items || !matches!(kind, Signal | SignalTimeout | SignalLoop))
            .filter(|&kind| may_stand_in(kind, around.kind))
            .collect();
        if self.numbers.chance(25) {
            return *self.numbers.one(&[Undo, Undo, Call]);
        }
        let count = |kind: &Kind| self.pairs.get(&(around.kind, *kind)).copied().unwrap_or_default();
        let least = allowed.iter().map(count).min().unwrap_or_default();
        let rarest: Vec<Kind> = allowed.iter().copied().filter(|kind| count(kind) == least).collect();
        *self.numbers.one(&rarest)
    }

    fn block(&mut self, around: &Around, stages: usize) -> Block {
        let mut block = Block::default();
        for _ in 0..stages {
            let kind = self.pick(around);
            *self.pairs.entry((around.kind, kind)).or_default() += 1;
            *self.plan.pairs.entry((around.kind, kind)).or_default() += 1;
            let before: Vec<String> =
                block.stages.iter().filter(|stage| !stage.lazy).map(|stage| stage.name.clone()).collect();
            let first = block.stages.len();
            self.stage(kind, around, &mut block);
            // An edge to one before, now and then.
            if !before.is_empty() && self.numbers.chance(40) && block.stages.len() > first {
                let on = self.numbers.one(&before).clone();
                let stage = &mut block.stages[first];
                match &mut stage.node {
                    Node::Leaf(_, reads) if stage.after.is_empty() && !stage.policy.cache => reads.push(on),
                    _ if !stage.after.contains(&on) && !stage.lazy => stage.after.push(on),
                    _ => {}
                }
            }
        }
        block
    }

    /// A block of one or two stages, directly in a construct.
    fn body(&mut self, around: &Around, kind: Kind, stage: &str) -> Block {
        let inside = self.inside(around, kind, stage);
        let stages = 1 + usize::from(self.numbers.chance(45) && self.plan.leaves.len() < LEAVES);
        self.block(&inside, stages)
    }

    /// A member of a fan-out, an arm, a head.
    fn member(&mut self, around: &Around, kind: Kind, stage: &str) -> Node {
        if self.numbers.chance(15) {
            let inside = self.inside(around, kind, stage);
            return Node::Leaf(self.leaf(&inside, &Policy::default()), Vec::new());
        }
        Node::Block(self.body(around, kind, stage))
    }

    fn signal(&mut self, around: &Around, timeout: Option<u32>, block: &mut Block) -> u32 {
        let number = u32::try_from(self.plan.signals.len()).expect("few");
        let name = format!("g{number}");
        self.plan.signals.push(Signal { name, timeout, strict: around.strict });
        block.signals.push(number);
        number
    }

    fn take(&mut self, around: &Around, signal: u32, stage: &str) -> Node {
        let leaf = self.leaf(&Around { stage: stage.to_owned(), ..around.clone() }, &Policy::default());
        self.plan.leaves[leaf as usize].takes = Some(signal);
        Node::Take(leaf, signal)
    }

    #[allow(clippy::too_many_lines)]
    fn stage(&mut self, kind: Kind, around: &Around, block: &mut Block) {
        use Kind as K;
        let mut policy = Policy::default();
        let name = self.name();
        let node = match kind {
            K::Call | K::Workflow => return block.stages.push(self.call(around, policy)),
            K::Spawn => return block.stages.push(self.call(around, Policy { spawn: true, ..policy })),
            K::Cache => return block.stages.push(self.call(around, Policy { cache: true, ..policy })),
            K::Child => {
                let inside = self.inside(around, kind, &name);
                let leaf = self.leaf(&inside, &policy);
                let undone = self.leaf(&inside, &Policy { undo: Undo::Output, ..Policy::default() });
                for leaf in [leaf, undone] {
                    self.plan.leaves[leaf as usize].child = true;
                }
                Node::Child(leaf)
            }
            K::Acquire => return block.stages.push(self.call(around, Policy { acquire: true, ..policy })),
            K::Undo | K::UndoOnAttempt => {
                policy.undo = if kind == K::Undo { Undo::Output } else { Undo::Attempt };
                policy.retry = self.numbers.chance(25).then_some((2, 3));
                return block.stages.push(self.call(around, policy));
            }
            K::Block => Node::Block(self.body(around, kind, &name)),
            K::Seq => {
                let inside = self.inside(around, kind, &name);
                Node::Seq(self.block(&inside, 2))
            }
            K::If => {
                let choice = self.choice();
                let then = self.member(around, kind, &name);
                Node::If(choice, Box::new(then), Box::new(self.member(around, kind, &name)))
            }
            K::Match => {
                let choice = self.choice();
                Node::Match(choice, (0..3).map(|_| self.member(around, kind, &name)).collect())
            }
            K::Loop => Node::Loop(self.choice(), self.body(around, kind, &name), self.numbers.chance(30)),
            K::SignalLoop => {
                let inside = self.inside(around, K::Loop, &name);
                let mut body = Block::default();
                let signal = self.signal(&inside, None, &mut body);
                let step = self.name();
                let taken = self.take(&inside, signal, &step);
                let heads =
                    vec![(Head::Signal(signal), taken), (Head::Sleep(self.millis()), Node::Block(Block::default()))];
                let node = Node::Select(heads);
                body.stages.push(Stage { name: step, node, after: Vec::new(), policy: Policy::default(), lazy: false });
                Node::Loop(self.choice(), body, false)
            }
            K::For => {
                policy.concurrency = self.numbers.chance(40).then_some(2);
                Node::For(self.choice(), Box::new(self.member(around, kind, &name)))
            }
            K::Tolerate => {
                policy.catch = true;
                policy.tolerate = self.numbers.chance(60).then_some(1);
                Node::For(self.choice(), Box::new(self.member(around, kind, &name)))
            }
            K::Race => Node::Race((0..2).map(|_| self.member(around, kind, &name)).collect()),
            K::RaceFor => Node::RaceFor(self.choice(), Box::new(self.member(around, kind, &name))),
            K::Quorum => Node::Quorum((0..3).map(|_| self.member(around, kind, &name)).collect()),
            K::QuorumFor => Node::QuorumFor(self.choice(), Box::new(self.member(around, kind, &name))),
            K::Select => {
                let head = format!("{}h", self.name());
                let work = self.member(around, kind, &name);
                let arm = self.member(around, kind, &name);
                let mut heads = vec![(Head::Node(head, work), arm)];
                let ended = block.stages.iter().rfind(|stage| !stage.lazy).map(|stage| stage.name.clone());
                if let Some(outer) = ended.filter(|_| self.numbers.chance(40)) {
                    heads.push((Head::Stage(outer), self.member(around, kind, &name)));
                }
                if !around.items && self.numbers.chance(40) {
                    let signal = self.signal(around, None, block);
                    let inside = self.inside(around, kind, &name);
                    let taken = self.take(&inside, signal, &name);
                    heads.push((Head::Signal(signal), taken));
                }
                if self.numbers.chance(60) {
                    heads.push((Head::Sleep(self.millis()), self.member(around, kind, &name)));
                }
                if heads.len() == 1 {
                    heads.push((Head::Sleep(self.millis()), self.member(around, kind, &name)));
                }
                Node::Select(heads)
            }
            K::Retry => {
                let pause = *self.numbers.one(&[0, 3]);
                policy.retry = Some((2, pause));
                let around = Around { paused: around.paused || pause > 0, ..around.clone() };
                Node::Block(self.body(&around, kind, &name))
            }
            K::Timeout => {
                policy.timeout = Some(self.millis());
                Node::Block(self.body(around, kind, &name))
            }
            K::Deadline => {
                policy.deadline = Some(self.millis());
                Node::Block(self.body(around, kind, &name))
            }
            K::Fallback => {
                let node = Node::Block(self.body(around, kind, &name));
                let inside = self.inside(around, kind, &name);
                let leaf = self.leaf(&inside, &Policy::default());
                policy.fallback = Some(Box::new(Node::Leaf(leaf, Vec::new())));
                node
            }
            K::Catch => {
                policy.catch = true;
                Node::Block(self.body(around, kind, &name))
            }
            K::When => {
                policy.when = Some(self.choice());
                Node::Block(self.body(around, kind, &name))
            }
            K::Until => {
                let stop = self.name();
                let node = Node::Sleep(self.millis());
                block.stages.push(Stage {
                    name: stop.clone(),
                    node,
                    after: Vec::new(),
                    policy: Policy::default(),
                    lazy: false,
                });
                policy.until = Some(stop);
                Node::Block(self.body(around, kind, &name))
            }
            K::Lazy => {
                let lazy = self.name();
                let node = Node::Block(self.body(around, kind, &lazy));
                let policy = Policy::default();
                block.stages.push(Stage { name: lazy.clone(), node, after: Vec::new(), policy, lazy: true });
                let inside = self.inside(around, kind, &name);
                let other = Node::Leaf(self.leaf(&inside, &Policy::default()), Vec::new());
                Node::If(self.choice(), Box::new(Node::Lazy(lazy)), Box::new(other))
            }
            K::Signal | K::SignalTimeout => {
                let timeout = (kind == K::SignalTimeout).then(|| self.millis());
                let signal = self.signal(around, timeout, block);
                self.take(around, signal, &name)
            }
            K::Sleep | K::SleepUntil => {
                let before = self.call(around, Policy::default());
                let millis = self.millis();
                let (first, mut after) = (self.plan.leaves.len() - 1, self.call(around, Policy::default()));
                let leaf = self.plan.leaves.last_mut().expect("there is one");
                leaf.slept = Some((millis, u32::try_from(first).expect("few")));
                after.after.push(name.clone());
                let on = vec![before.name.clone()];
                block.stages.push(before);
                let node = if kind == K::Sleep { Node::Sleep(millis) } else { Node::SleepUntil(millis) };
                block.stages.push(Stage { name, node, after: on, policy, lazy: false });
                return block.stages.push(after);
            }
            K::Return | K::Fail => {
                let inside = self.inside(around, kind, &name);
                let other = Node::Leaf(self.leaf(&inside, &Policy::default()), Vec::new());
                let end = if kind == K::Return { Node::Return } else { Node::Fail };
                Node::If(1_000 + self.choice(), Box::new(end), Box::new(other))
            }
        };
        block.stages.push(Stage { name, node, after: Vec::new(), policy, lazy: false });
    }
}

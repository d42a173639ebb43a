//! Random workflows: their source, what they give, and which orders of events they allow.
mod order;
mod source;
mod value;

use super::numbers::Numbers;
use std::collections::HashMap;

/// The function of every stage: mixes its inputs with `salt`, which differs for each stage.
#[must_use]
pub fn mix(salt: u64, inputs: &[u64]) -> u64 {
    inputs
        .iter()
        .fold(salt ^ 0xCBF2_9CE4_8422_2325, |hash, input| (hash.rotate_left(7) ^ input).wrapping_mul(0x0100_0000_01B3))
}

/// One workflow, of which everything is known.
pub struct Random {
    /// `Random0` and so on.
    pub name: String,
    body: Scope,
    scopes: Vec<Order>,
}

/// The order of one scope: which leaf waits for which, as sets of leaves.
struct Order {
    /// How many rounds and items are around it.
    depth: usize,
    stages: Vec<Ordered>,
}

struct Ordered {
    leaves: Vec<u64>,
    /// Positions in `stages`.
    on: Vec<usize>,
}

/// Something that a stage has done, in the order in which it happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Which leaf.
    pub leaf: u64,
    /// In which rounds and items, from the outside in.
    pub path: Vec<u64>,
}

struct Scope {
    in_order: bool,
    items: Vec<Item>,
    tail: Tail,
}

enum Item {
    Stage(Stage),
    Let { name: String, salt: u64, inputs: Vec<Input> },
}

struct Stage {
    name: String,
    after: Vec<String>,
    lazy: bool,
    spawn: bool,
    node: Node,
}

enum Tail {
    /// The value itself.
    Name(String),
    Mixed(u64, Vec<Input>),
    Node(Box<Node>),
}

enum Node {
    Leaf(Leaf),
    Block(Box<Scope>),
    If { on: Input, then: Box<Scope>, otherwise: Box<Scope> },
    Match { on: Input, arms: Vec<Node> },
    Loop { state: String, rounds: u64, first: Input, body: Box<Scope> },
    For { list: String, item: String, items: Vec<u64>, concurrency: usize, body: Box<Scope> },
    When { name: String, on: Input, node: Box<Node> },
    Race(Vec<Leaf>),
    Quorum { name: String, needed: usize, members: Vec<Leaf> },
    Return(Input),
}

#[derive(Clone)]
struct Leaf {
    id: u64,
    salt: u64,
    form: usize,
    path: String,
    inputs: Vec<Input>,
}

#[derive(Clone)]
enum Input {
    Value(String),
    State(String),
}

impl Input {
    fn name(&self) -> &str {
        match self {
            Self::Value(name) | Self::State(name) => name,
        }
    }
    fn reference(&self) -> String {
        match self {
            Self::Value(name) => name.clone(),
            Self::State(name) => format!("&{name}.value"),
        }
    }
    fn number(&self) -> String {
        match self {
            Self::Value(name) => format!("*{name}"),
            Self::State(name) => format!("{name}.value"),
        }
    }
}

/// The surroundings of the place where an item is generated.
#[derive(Clone, Default)]
struct Around {
    names: Vec<Input>,
    lazies: Vec<Input>,
    path: Vec<String>,
    nested: usize,
    /// How many of the last names are bound by this scope's own loop or `for`.
    fresh: usize,
    /// Within a race or after one: what may be cancelled must not return.
    may_return: bool,
}

struct Maker {
    numbers: Numbers,
    next: u64,
    returned: bool,
}

impl Random {
    /// The one of that number.
    #[must_use]
    pub fn new(number: u64) -> Self {
        let mut maker = Maker { numbers: Numbers::new(number + 17), next: 0, returned: false };
        let names = vec![Input::Value("first".to_owned()), Input::Value("second".to_owned())];
        let around = Around { names, fresh: 2, may_return: number.is_multiple_of(5), ..Around::default() };
        let size = if number.is_multiple_of(9) { 20 } else { 4 + maker.numbers.below(4) };
        let body = maker.scope(&around, size, false);
        let mut scopes = Vec::new();
        order::order(&body, 0, &mut scopes);
        Self { name: format!("Random{number}"), body, scopes }
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        name.strip_prefix("Random")?.parse().ok().map(Self::new)
    }

    /// A file with the first `count` of them, and `all_random!(do)`, which calls a macro with all their names.
    #[must_use]
    pub fn file(count: u64, source: impl Fn(&Self) -> String) -> String {
        let random: Vec<Self> = (0..count).map(Self::new).collect();
        let sources: String = random.iter().map(source).collect();
        let names: Vec<&str> = random.iter().map(|random| random.name.as_str()).collect();
        let names = names.join(" ");
        format!("workflow! {{\n{sources}}}\nmacro_rules! all_random {{ ($do:ident) => {{ $do!({names}) }}; }}\n")
    }

    /// As it is written.
    #[must_use]
    pub fn source(&self) -> String {
        let (name, body) = (&self.name, source::body(&self.body));
        format!(
            "    /// Made by the machine.\n    pub workflow {name}(first: u64, second: u64) -> u64 with log: Log {body}\n"
        )
    }

    /// Returns the workflow's source for a store.
    #[must_use]
    pub fn durable_source(&self) -> String {
        format!("    #[durable]\n{}", self.source())
    }

    /// Returns the workflow's output, by plain evaluation.
    #[must_use]
    pub fn evaluate(&self, first: u64, second: u64) -> u64 {
        let mut known = HashMap::from([("first".to_owned(), first), ("second".to_owned(), second)]);
        match value::run_scope(&self.body, &mut known) {
            Ok(output) | Err(output) => output,
        }
    }

    /// The first two events that stand in an order which the graph does not allow.
    #[must_use]
    pub fn misordered(&self, events: &[Event]) -> Option<(Event, Event)> {
        for scope in &self.scopes {
            let mut instances: Vec<&[u64]> = Vec::new();
            for event in events.iter().filter(|event| event.path.len() >= scope.depth) {
                let prefix = &event.path[..scope.depth];
                if !instances.contains(&prefix) {
                    instances.push(prefix);
                }
            }
            for prefix in instances {
                let inside =
                    |leaves: &[u64], event: &&Event| leaves.contains(&event.leaf) && event.path.starts_with(prefix);
                for stage in &scope.stages {
                    let Some(start) = events.iter().position(|event| inside(&stage.leaves, &event)) else { continue };
                    for &on in &stage.on {
                        let late = events[start..].iter().find(|event| inside(&scope.stages[on].leaves, event));
                        if let Some(late) = late {
                            return Some((events[start].clone(), late.clone()));
                        }
                    }
                }
            }
        }
        None
    }
}

impl Maker {
    fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn name(&mut self, prefix: &str) -> String {
        format!("{prefix}{}", self.id())
    }

    fn one_in(&mut self, of: usize) -> bool {
        self.numbers.below(of) == 0
    }

    fn input(&mut self, around: &Around) -> Input {
        // Mostly one of the last: chains as well as fans.
        let count = around.names.len();
        let near = count.min(4);
        let at = if self.one_in(3) { self.numbers.below(count) } else { count - 1 - self.numbers.below(near) };
        around.names[at].clone()
    }

    fn inputs(&mut self, around: &Around) -> Vec<Input> {
        let count = 1 + self.numbers.below(3);
        (0..count).map(|_| self.input(around)).collect()
    }

    fn leaf(&mut self, around: &Around) -> Leaf {
        let mut inputs = self.inputs(around);
        if !around.lazies.is_empty() && self.one_in(3) {
            let at = self.numbers.below(around.lazies.len());
            inputs.push(around.lazies[at].clone());
        }
        self.leaf_of(around, inputs)
    }

    fn members(&mut self, around: &Around) -> Vec<Leaf> {
        let around = Around { lazies: Vec::new(), ..around.clone() };
        let first = self.leaf(&around);
        let count = 1 + self.numbers.below(3);
        let others: Vec<Leaf> =
            (0..count).map(|_| Leaf { id: self.id(), form: self.numbers.below(5), ..first.clone() }).collect();
        std::iter::once(first).chain(others).collect()
    }

    fn scope(&mut self, around: &Around, size: usize, in_order: bool) -> Scope {
        let mut around = around.clone();
        let outer = around.names.len();
        let mut items = Vec::new();
        let mut siblings: Vec<String> = Vec::new();
        for _ in 0..size {
            if self.one_in(8) {
                let (name, inputs) = (self.name("l"), self.inputs(&around));
                around.names.push(Input::Value(name.clone()));
                items.push(Item::Let { name, salt: self.id(), inputs });
                continue;
            }
            let lazy = !in_order && self.one_in(9);
            let after = if siblings.is_empty() || lazy || !self.one_in(4) {
                Vec::new()
            } else {
                vec![siblings[self.numbers.below(siblings.len())].clone()]
            };
            let spawn = !lazy && self.one_in(12);
            let within = Around { may_return: around.may_return && !lazy && !spawn, fresh: 0, ..around.clone() };
            let node = if lazy || around.nested > 1 { Node::Leaf(self.leaf(&within)) } else { self.node(&within) };
            let name = self.name("s");
            if lazy {
                around.lazies.push(Input::Value(name.clone()));
            } else {
                around.names.push(Input::Value(name.clone()));
                siblings.push(name.clone());
            }
            items.push(Item::Stage(Stage { name, after, lazy, spawn, node }));
        }
        let inputs = Self::unnamed(&mut items, &around.names[outer - around.fresh..]);
        let tail = match self.numbers.below(4) {
            0 | 1 => {
                let node = Node::Leaf(self.leaf_of(&around, inputs));
                let tail_is_name = self.one_in(2) || around.nested > 1;
                let name = self.name(if tail_is_name { "s" } else { "_s" });
                let tail = if tail_is_name {
                    Tail::Name(name.clone())
                } else {
                    let within = Around { lazies: Vec::new(), may_return: false, fresh: 0, ..around.clone() };
                    Tail::Node(Box::new(self.node(&within)))
                };
                items.push(Item::Stage(Stage { name, after: Vec::new(), lazy: false, spawn: false, node }));
                tail
            }
            _ => Tail::Mixed(self.id(), inputs),
        };
        Scope { in_order, items, tail }
    }

    /// Returns the names that nothing in the scope uses, so that its tail can use them: warnings would fail the build.
    /// A lazy stage that nothing requests would never run, so it is made eager.
    fn unnamed(items: &mut [Item], names: &[Input]) -> Vec<Input> {
        let mut inside = order::Inside::default();
        for item in &*items {
            match item {
                Item::Let { inputs, .. } => inside.inputs(inputs),
                Item::Stage(stage) => inside.node(&stage.node),
            }
        }
        let mut unnamed: Vec<Input> =
            names.iter().filter(|name| !inside.names.iter().any(|named| named == name.name())).cloned().collect();
        for item in items {
            if let Item::Stage(stage) = item
                && stage.lazy
                && !inside.names.contains(&stage.name)
            {
                stage.lazy = false;
                unnamed.push(Input::Value(stage.name.clone()));
            }
        }
        unnamed
    }

    fn leaf_of(&mut self, around: &Around, inputs: Vec<Input>) -> Leaf {
        let id = self.id();
        Leaf { id, salt: id, form: self.numbers.below(5), path: around.path.join(", "), inputs }
    }

    fn small(&mut self, around: &Around, in_order: bool) -> Scope {
        let size = 1 + self.numbers.below(3);
        let around = Around { nested: around.nested + 1, ..around.clone() };
        self.scope(&around, size, in_order)
    }

    fn node(&mut self, around: &Around) -> Node {
        match self.numbers.below(20) {
            0 | 1 => Node::Block(Box::new(self.small(around, false))),
            2 => Node::Block(Box::new(self.small(around, true))),
            3 | 4 => {
                let on = self.input(around);
                Node::If {
                    on,
                    then: Box::new(self.small(around, false)),
                    otherwise: Box::new(self.small(around, false)),
                }
            }
            5 | 6 => {
                let on = self.input(around);
                let mut arms = vec![
                    Node::Leaf(self.leaf(around)),
                    Node::Block(Box::new(self.small(around, false))),
                    Node::Leaf(self.leaf(around)),
                ];
                if around.may_return && !self.returned {
                    self.returned = true;
                    arms[0] = Node::Return(self.input(around));
                }
                Node::Match { on, arms }
            }
            7 | 8 => {
                let state = self.name("t");
                let first = self.input(around);
                let mut inside = around.clone();
                inside.names.push(Input::State(state.clone()));
                inside.path.push(format!("{state}.round"));
                inside.fresh = 1;
                let rounds = 1 + self.numbers.below(3) as u64;
                Node::Loop { state, rounds, first, body: Box::new(self.small(&inside, false)) }
            }
            9 | 10 => {
                let (list, item) = (self.name("f"), self.name("i"));
                let mut inside = around.clone();
                inside.names.push(Input::Value(item.clone()));
                inside.path.push(format!("*{item}"));
                inside.fresh = 1;
                let items = (0..self.numbers.below(5) as u64).map(|at| at * 3 + 1).collect();
                let concurrency = 1 + self.numbers.below(4);
                Node::For { list, item, items, concurrency, body: Box::new(self.small(&inside, false)) }
            }
            11 => {
                let (name, on) = (self.name("w"), self.input(around));
                let around = Around { nested: around.nested + 1, ..around.clone() };
                let node = if self.one_in(2) {
                    Node::Leaf(self.leaf(&around))
                } else {
                    Node::Block(Box::new(self.small(&around, false)))
                };
                Node::When { name, on, node: Box::new(node) }
            }
            12 => Node::Race(self.members(around)),
            13 => {
                let members = self.members(around);
                let needed = 1 + self.numbers.below(members.len());
                Node::Quorum { name: self.name("q"), needed, members }
            }
            _ => Node::Leaf(self.leaf(around)),
        }
    }
}

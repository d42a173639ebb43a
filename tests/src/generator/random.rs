//! Random workflows: their source, what they give, and which orders of events they allow.
use super::numbers::Numbers;
use std::collections::HashMap;
use std::fmt::Write as _;

/// What every stage does with its inputs; `salt` is its own.
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

/// Of one scope: who waits for whom, as sets of leaves.
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

/// What stands around the place where something is generated.
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
        order(&body, 0, &mut scopes);
        Self { name: format!("Random{number}"), body, scopes }
    }

    /// As it is written.
    #[must_use]
    pub fn source(&self) -> String {
        let mut writer = Writer { text: String::new(), numbers: Numbers::new(3) };
        writer.scope(&self.body, 2);
        let name = &self.name;
        format!(
            "    /// Made by the machine.\n    pub workflow {name}(first: u64, second: u64) -> u64 with log: Log {}\n",
            writer.text
        )
    }

    /// What it gives.
    #[must_use]
    pub fn evaluate(&self, first: u64, second: u64) -> u64 {
        let mut known = HashMap::from([("first".to_owned(), first), ("second".to_owned(), second)]);
        match run_scope(&self.body, &mut known) {
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

    /// What nothing in the scope names, so that somebody does: warnings would stand in the way. A lazy stage that nothing
    /// asks for could never run.
    fn unnamed(items: &mut [Item], names: &[Input]) -> Vec<Input> {
        let mut inside = Inside::default();
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

// Source.

struct Writer {
    text: String,
    numbers: Numbers,
}

impl Writer {
    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.text, "{}{text}", "    ".repeat(indent));
    }

    /// From the opening brace to the closing one.
    fn scope(&mut self, scope: &Scope, indent: usize) {
        self.text += "{\n";
        let mut order: Vec<&Item> = scope.items.iter().collect();
        if !scope.in_order {
            // A graph may be written in any order.
            for last in (1..order.len()).rev() {
                order.swap(last, self.numbers.below(last + 1));
            }
        }
        for item in order {
            match item {
                Item::Let { name, salt, inputs } => {
                    self.line(indent, &format!("let {name}: u64 = mix({salt}, &[{}]);", numbers(inputs)));
                }
                Item::Stage(stage) => self.stage(stage, indent),
            }
        }
        let _ = write!(self.text, "{}", "    ".repeat(indent));
        match &scope.tail {
            Tail::Name(name) => self.text += name,
            Tail::Mixed(salt, inputs) => {
                let _ = write!(self.text, "mix({salt}, &[{}])", numbers(inputs));
            }
            Tail::Node(node) => self.node(node, indent),
        }
        let _ = write!(self.text, "\n{}}}", "    ".repeat(indent - 1));
    }

    fn stage(&mut self, stage: &Stage, indent: usize) {
        if !stage.after.is_empty() {
            self.line(indent, &format!("#[after({})]", stage.after.join(", ")));
        }
        if stage.lazy {
            self.line(indent, "#[lazy]");
        }
        if stage.spawn {
            self.line(indent, "#[spawn]");
        }
        if let Node::Loop { rounds, .. } = &stage.node {
            self.line(indent, &format!("#[max({})]", rounds + 1));
        }
        let _ = write!(self.text, "{}stage {}: u64 = ", "    ".repeat(indent), stage.name);
        self.node(&stage.node, indent);
        self.text += ";\n";
    }

    fn node(&mut self, node: &Node, indent: usize) {
        match node {
            Node::Leaf(leaf) => self.text += &leaf_text(leaf),
            Node::Block(scope) => {
                if scope.in_order {
                    self.text += "seq ";
                }
                self.scope(scope, indent + 1);
            }
            Node::If { on, then, otherwise } => {
                let _ = write!(self.text, "if {} % 2 == 0 ", on.number());
                self.scope(then, indent + 1);
                self.text += " else ";
                self.scope(otherwise, indent + 1);
            }
            Node::Match { on, arms } => {
                let _ = writeln!(self.text, "match {} % 3 {{", on.number());
                for (at, arm) in arms.iter().enumerate() {
                    let pattern = if at + 1 == arms.len() { "_".to_owned() } else { at.to_string() };
                    let _ = write!(self.text, "{}{pattern} => ", "    ".repeat(indent + 1));
                    self.node(arm, indent + 1);
                    self.text += ",\n";
                }
                let _ = write!(self.text, "{}}}", "    ".repeat(indent));
            }
            Node::Loop { state, rounds, first, body } => {
                // The body as a block stage of its own, so that any tail will do.
                let _ = write!(
                    self.text,
                    "loop {state}: Turn = turn(0, {}) {{\n{}",
                    first.number(),
                    "    ".repeat(indent + 1)
                );
                let _ = write!(self.text, "stage {state}_made: u64 = ");
                self.scope(body, indent + 2);
                let _ = write!(
                    self.text,
                    ";\n{0}if {state}.round + 1 == {rounds} {{ break {state}_made }} \
                     else {{ continue turn({state}.round + 1, *{state}_made) }}\n{1}}}",
                    "    ".repeat(indent + 1),
                    "    ".repeat(indent)
                );
            }
            Node::For { list, item, items, concurrency, body } => {
                let items: Vec<String> = items.iter().map(|item| format!("{item}u64")).collect();
                let _ = write!(
                    self.text,
                    "{{\n{0}#[concurrency({concurrency})]\n{0}stage {list}: Vec<u64> = for {item} in Vec::<u64>::from([{1}]) ",
                    "    ".repeat(indent + 1),
                    items.join(", ")
                );
                self.scope(body, indent + 2);
                let _ =
                    write!(self.text, ";\n{}mix(0, {list})\n{}}}", "    ".repeat(indent + 1), "    ".repeat(indent));
            }
            Node::When { name, on, node } => {
                let _ = write!(
                    self.text,
                    "{{\n{0}#[when({1} % 4 < 2)]\n{0}stage {name}: Option<u64> = ",
                    "    ".repeat(indent + 1),
                    on.number()
                );
                self.node(node, indent + 1);
                let _ = write!(
                    self.text,
                    ";\n{}{name}.unwrap_or(9)\n{}}}",
                    "    ".repeat(indent + 1),
                    "    ".repeat(indent)
                );
            }
            Node::Race(members) => {
                let members: Vec<String> = members.iter().map(leaf_text).collect();
                let _ = write!(self.text, "race {{ {} }}", members.join(", "));
            }
            Node::Quorum { name, needed, members } => {
                let members: Vec<String> = members.iter().map(leaf_text).collect();
                let _ = write!(
                    self.text,
                    "{{ stage {name}: Vec<u64> = quorum({needed}) {{ {} }}; mix(1, {name}) }}",
                    members.join(", ")
                );
            }
            Node::Return(input) => {
                let _ = write!(self.text, "return {}", input.number());
            }
        }
    }
}

fn numbers(inputs: &[Input]) -> String {
    inputs.iter().map(Input::number).collect::<Vec<_>>().join(", ")
}

fn leaf_text(leaf: &Leaf) -> String {
    let Leaf { id, salt, form, path, inputs } = leaf;
    let inputs = inputs.iter().map(Input::reference).collect::<Vec<_>>().join(", ");
    let function = ["plain", "fallible", "later", "later_fallible", "much_later"][*form];
    format!("{function}(log, {id}, {salt}, [{path}], [{inputs}])")
}

// Value. `Err`: the whole workflow has returned.

fn values(inputs: &[Input], known: &HashMap<String, u64>) -> Vec<u64> {
    inputs.iter().map(|input| known[input.name()]).collect()
}

fn run_scope(scope: &Scope, known: &mut HashMap<String, u64>) -> Result<u64, u64> {
    for item in &scope.items {
        let (name, value) = match item {
            Item::Let { name, salt, inputs } => (name, mix(*salt, &values(inputs, known))),
            Item::Stage(stage) => (&stage.name, run_node(&stage.node, known)?),
        };
        known.insert(name.clone(), value);
    }
    match &scope.tail {
        Tail::Name(name) => Ok(known[name]),
        Tail::Mixed(salt, inputs) => Ok(mix(*salt, &values(inputs, known))),
        Tail::Node(node) => run_node(node, known),
    }
}

fn run_node(node: &Node, known: &mut HashMap<String, u64>) -> Result<u64, u64> {
    let leaf = |leaf: &Leaf, known: &HashMap<String, u64>| mix(leaf.salt, &values(&leaf.inputs, known));
    Ok(match node {
        Node::Leaf(one) => leaf(one, known),
        Node::Block(scope) => run_scope(scope, known)?,
        Node::If { on, then, otherwise } => {
            run_scope(if known[on.name()].is_multiple_of(2) { then } else { otherwise }, known)?
        }
        Node::Match { on, arms } => {
            let arm = usize::try_from(known[on.name()] % 3).unwrap_or(2);
            run_node(&arms[arm], known)?
        }
        Node::Loop { state, rounds, first, body } => {
            let mut value = known[first.name()];
            for _ in 0..*rounds {
                known.insert(state.clone(), value);
                value = run_scope(body, known)?;
            }
            value
        }
        Node::For { item, items, body, .. } => {
            let mut list = Vec::new();
            for &value in items {
                known.insert(item.clone(), value);
                list.push(run_scope(body, known)?);
            }
            mix(0, &list)
        }
        Node::When { on, node, .. } => {
            if known[on.name()] % 4 < 2 {
                run_node(node, known)?
            } else {
                9
            }
        }
        Node::Race(members) => leaf(&members[0], known),
        Node::Quorum { needed, members, .. } => mix(1, &vec![leaf(&members[0], known); *needed]),
        Node::Return(input) => return Err(known[input.name()]),
    })
}

// Order.

/// Everything inside a node: its leaves, and the names that stand in it.
#[derive(Default)]
struct Inside {
    leaves: Vec<u64>,
    names: Vec<String>,
}

impl Inside {
    fn inputs(&mut self, inputs: &[Input]) {
        self.names.extend(inputs.iter().map(|input| input.name().to_owned()));
    }
    fn leaf(&mut self, leaf: &Leaf) {
        self.leaves.push(leaf.id);
        self.inputs(&leaf.inputs);
    }
    fn scope(&mut self, scope: &Scope) {
        for item in &scope.items {
            match item {
                Item::Let { inputs, .. } => self.inputs(inputs),
                Item::Stage(stage) => self.node(&stage.node),
            }
        }
        match &scope.tail {
            Tail::Name(name) => self.names.push(name.clone()),
            Tail::Mixed(_, inputs) => self.inputs(inputs),
            Tail::Node(node) => self.node(node),
        }
    }
    fn node(&mut self, node: &Node) {
        match node {
            Node::Leaf(leaf) => self.leaf(leaf),
            Node::Block(scope) => self.scope(scope),
            Node::If { on, then, otherwise } => {
                self.names.push(on.name().to_owned());
                self.scope(then);
                self.scope(otherwise);
            }
            Node::Match { on, arms } => {
                self.names.push(on.name().to_owned());
                for arm in arms {
                    self.node(arm);
                }
            }
            Node::Loop { first: on, body, .. } => {
                self.names.push(on.name().to_owned());
                self.scope(body);
            }
            Node::For { body, .. } => self.scope(body),
            Node::When { on, node, .. } => {
                self.names.push(on.name().to_owned());
                self.node(node);
            }
            Node::Race(members) | Node::Quorum { members, .. } => {
                for leaf in members {
                    self.leaf(leaf);
                }
            }
            Node::Return(input) => self.names.push(input.name().to_owned()),
        }
    }
}

fn order(scope: &Scope, depth: usize, scopes: &mut Vec<Order>) {
    let mut lets: HashMap<&str, Vec<String>> = HashMap::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut stages: Vec<Ordered> = Vec::new();
    for item in &scope.items {
        match item {
            Item::Let { name, inputs, .. } => {
                // Through the `let`s that it names.
                let named = inputs
                    .iter()
                    .flat_map(|input| lets.get(input.name()).cloned().unwrap_or_else(|| vec![input.name().to_owned()]));
                let named = named.collect();
                lets.insert(name, named);
            }
            Item::Stage(stage) => {
                let mut inside = Inside::default();
                inside.node(&stage.node);
                inside.names.extend(stage.after.iter().cloned());
                let named = inside
                    .names
                    .iter()
                    .flat_map(|name| lets.get(name.as_str()).cloned().unwrap_or_else(|| vec![name.clone()]));
                let mut on: Vec<usize> = named.filter_map(|name| places.get(name.as_str()).copied()).collect();
                if scope.in_order {
                    on.extend(0..stages.len());
                }
                if stage.lazy {
                    // Whoever names it asks for it, whenever it comes to that.
                    lets.insert(&stage.name, Vec::new());
                } else {
                    places.insert(&stage.name, stages.len());
                }
                stages.push(Ordered { leaves: inside.leaves, on });
                order_in(&stage.node, depth, scopes);
            }
        }
    }
    // Its tail starts when all its stages have ended.
    if let Tail::Node(node) = &scope.tail {
        let mut inside = Inside::default();
        inside.node(node);
        let on = (0..stages.len()).collect();
        stages.push(Ordered { leaves: inside.leaves, on });
        order_in(node, depth, scopes);
    }
    scopes.push(Order { depth, stages });
}

fn order_in(node: &Node, depth: usize, scopes: &mut Vec<Order>) {
    match node {
        Node::Block(scope) => order(scope, depth, scopes),
        Node::If { then, otherwise, .. } => {
            order(then, depth, scopes);
            order(otherwise, depth, scopes);
        }
        Node::Match { arms, .. } => {
            for arm in arms {
                order_in(arm, depth, scopes);
            }
        }
        Node::Loop { body, .. } | Node::For { body, .. } => order(body, depth + 1, scopes),
        Node::When { node, .. } => order_in(node, depth, scopes),
        Node::Leaf(_) | Node::Race(_) | Node::Quorum { .. } | Node::Return(_) => {}
    }
}

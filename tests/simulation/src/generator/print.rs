//! The source of a workflow, as Rust's compiler reads it.

use super::{Block, Head, Node, Plan, Stage, Undo, Version};
use std::fmt::Write as _;

/// The surroundings of a node that is printed.
#[derive(Clone, Default)]
struct Around {
    /// Numbers that tell this place from others of the same leaf.
    at: Vec<String>,
    depth: usize,
}

struct Printer<'a> {
    plan: &'a Plan,
    version: Version,
    text: String,
}

impl Plan {
    /// Returns the name of the workflow.
    #[must_use]
    pub fn name(&self) -> String {
        format!("W{}", self.number)
    }

    /// Returns whether the second build has the opposite conditions in `#[when]`: where one was decided, the instance
    /// parks.
    #[must_use]
    pub fn turns(&self) -> bool {
        self.number % 4 == 3
    }

    /// Returns the workflow's source, and what the driver needs of it.
    #[must_use]
    pub fn source(&self, version: Version) -> String {
        let (name, number) = (self.name(), self.number);
        let mut source = self.workflow(version);
        let mut arms = String::new();
        for (at, signal) in (0u32..).zip(&self.signals) {
            let variant = signal.name.to_uppercase();
            let _ = writeln!(arms, "        {at} => Some({name}Signal::{variant}(value)),");
        }
        let value = if self.signals.is_empty() { "_value" } else { "value" };
        let signal =
            if self.signals.is_empty() { format!("<{name} as Workflow>::Signal") } else { format!("{name}Signal") };
        let _ = write!(
            source,
            "fn signal_{number}(at: u32, {value}: u64) -> Option<{signal}> {{\n    match at {{\n{arms}        _ => None,\n    }}\n}}\n\
             pub(crate) static SUBJECT_{number}: Typed<{name}> = Typed {{ new: |world, pool| {name}::new(world.clone(), pool, Child::new(world)), stage: |name| name.parse().ok(), signal: signal_{number} }};\n\n"
        );
        source
    }

    /// Returns the workflow alone.
    #[must_use]
    pub fn workflow(&self, version: Version) -> String {
        let mut printer = Printer { plan: self, version, text: String::new() };
        let _ = write!(
            printer.text,
            "workflow! {{\n    #[durable]\n    pub workflow {}() -> Value with world: World, pool: Pool, child: Child {{\n",
            self.name()
        );
        let around = Around { at: Vec::new(), depth: 2 };
        let mut names = printer.items(&self.body, &around, false);
        if version == Version::Two {
            let added = self.leaves.iter().position(|leaf| leaf.added).unwrap_or_default();
            printer.line(2, &format!("stage added: Value = world.act(ctx, {added}, 0, Value::new());"));
            names.push("added".to_owned());
        }
        printer.line(2, &merged(&names));
        printer.text += "    }\n}\n";
        printer.text
    }
}

/// Returns the name that a stage of the first build has in that one.
#[must_use]
pub fn renamed(name: &str, version: Version) -> String {
    match version {
        Version::Two if name.ends_with('3') => format!("{name}_b"),
        _ => name.to_owned(),
    }
}

fn merged(names: &[String]) -> String {
    names.iter().fold("Value::new()".to_owned(), |text, name| format!("{text}.and({name})"))
}

impl Printer<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.text, "{}{text}", "    ".repeat(depth));
    }

    fn millis(&self, millis: u32) -> String {
        match self.version {
            Version::Two => format!("{}us", millis * 500),
            Version::One => format!("{millis}ms"),
        }
    }

    fn named(&self, name: &str) -> String {
        renamed(name, self.version)
    }

    /// Writes a block's items; gives the names that its tail has to hold.
    fn items(&mut self, block: &Block, around: &Around, in_order: bool) -> Vec<String> {
        for &number in &block.signals {
            let signal = &self.plan.signals[number as usize];
            let name = signal.name.clone();
            if let Some(timeout) = signal.timeout {
                self.line(around.depth, &format!("#[timeout({timeout}ms)]"));
                self.line(around.depth, "#[fallback(0)]");
            }
            self.line(around.depth, &format!("signal {name}: u64;"));
        }
        let reversed = self.version == Version::Two && !in_order;
        let stages: Vec<&Stage> =
            if reversed { block.stages.iter().rev().collect() } else { block.stages.iter().collect() };
        for stage in stages {
            self.stage(stage, around);
        }
        block.stages.iter().filter(|stage| !stage.lazy).map(|stage| self.named(&stage.name)).collect()
    }

    fn stage(&mut self, stage: &Stage, around: &Around) {
        let depth = around.depth;
        let policy = &stage.policy;
        let name = self.named(&stage.name);
        if name != stage.name {
            self.line(depth, &format!("#[was({})]", stage.name));
        }
        if !stage.after.is_empty() {
            let after: Vec<String> = stage.after.iter().map(|name| self.named(name)).collect();
            self.line(depth, &format!("#[after({})]", after.join(", ")));
        }
        match policy.retry {
            Some((times, 0)) => self.line(depth, &format!("#[retry({times})]")),
            Some((times, pause)) => self.line(depth, &format!("#[retry({times}, fixed({pause}ms))]")),
            None => {}
        }
        for (attribute, millis) in [("timeout", policy.timeout), ("deadline", policy.deadline)] {
            if let Some(millis) = millis {
                // As an expression: the macro refuses a literal that a shorter limit around makes pointless.
                self.line(depth, &format!("#[{attribute}(Duration::from_millis({millis}))]"));
            }
        }
        if policy.cache {
            self.line(depth, &format!("#[cache(key = ({}) % 2)]", place(around)));
        }
        if let Some(fallback) = &policy.fallback {
            let node = self.inline(fallback, around);
            self.line(depth, &format!("#[fallback({node})]"));
        }
        for (attribute, holds) in [
            ("catch", policy.catch),
            ("spawn", policy.spawn),
            ("acquire(pool)", policy.acquire),
            ("lazy", stage.lazy),
            ("undo(world.undo(ctx))", policy.undo == Undo::Output),
            ("undo(world.undo(ctx), on = attempt)", policy.undo == Undo::Attempt),
        ] {
            if holds {
                self.line(depth, &format!("#[{attribute}]"));
            }
        }
        for (attribute, count) in [("tolerate", policy.tolerate), ("concurrency", policy.concurrency)] {
            if let Some(count) = count {
                self.line(depth, &format!("#[{attribute}({count})]"));
            }
        }
        if let Some(choice) = policy.when {
            let turned = if self.version == Version::Two && self.plan.turns() { "!" } else { "" };
            self.line(depth, &format!("#[when({turned}world.choice({choice}))]"));
        }
        if let Some(until) = &policy.until {
            let until = self.named(until);
            self.line(depth, &format!("#[until({until})]"));
        }
        if let Node::Loop(_, _, max) = &stage.node {
            let state = format!("st_{}", stage.name);
            self.line(
                depth,
                &if *max { format!("#[max(2, else = Value::new().and({state}))]") } else { "#[max(99)]".to_owned() },
            );
        }
        let of_type = type_of(stage);
        let node = match &stage.node {
            Node::Loop(choice, body, _) => self.repeated(&format!("st_{}", stage.name), *choice, body, around),
            node => self.inline(node, around),
        };
        self.line(depth, &format!("stage {name}: {of_type} = {node};"));
    }

    /// Writes what `write` does elsewhere, and gives it.
    fn apart(&mut self, write: impl FnOnce(&mut Self)) -> String {
        let before = std::mem::take(&mut self.text);
        write(self);
        std::mem::replace(&mut self.text, before)
    }

    fn repeated(&mut self, state: &str, choice: u32, body: &Block, around: &Around) -> String {
        let mut inside = Around { depth: around.depth + 1, ..around.clone() };
        inside.at.push(format!("{state}.n"));
        let text = self.apart(|printer| {
            let names = printer.items(body, &inside, false);
            let merged = merged(&names);
            printer.line(inside.depth, &format!(
                "if world.again({choice}, {state}) {{ continue {merged}.and({state}).after({state}) }} else {{ break {merged}.and({state}) }}"
            ));
        });
        format!("loop {state}: Value = Value::new() {{\n{text}{}}}", "    ".repeat(around.depth))
    }

    fn braced(&mut self, block: &Block, around: &Around, in_order: bool) -> String {
        let inside = Around { depth: around.depth + 1, ..around.clone() };
        let text = self.apart(|printer| {
            let names = printer.items(block, &inside, in_order);
            printer.line(inside.depth, &merged(&names));
        });
        format!("{{\n{text}{}}}", "    ".repeat(around.depth))
    }

    fn listed(&mut self, around: &Around, members: impl IntoIterator<Item = (String, Node)>) -> String {
        let inside = Around { depth: around.depth + 1, ..around.clone() };
        let text = self.apart(|printer| {
            for (before, member) in members {
                let node = printer.inline(&member, &inside);
                printer.line(inside.depth, &format!("{before}{node},"));
            }
        });
        format!("{{\n{text}{}}}", "    ".repeat(around.depth))
    }

    fn each(&mut self, keyword: &str, choice: u32, body: &Node, around: &Around) -> String {
        // Of the places around, so that both builds call it the same: a member that is one expression is known by its words.
        let item = format!("item{}", around.at.len());
        let mut inside = around.clone();
        inside.at.push(format!("*{item}"));
        let node = match body {
            Node::Block(block) => self.braced(block, &inside, false),
            node => format!("{{ {} }}", self.inline(node, &inside)),
        };
        format!("{keyword} {item} in world.items({choice}) {node}")
    }

    fn inline(&mut self, node: &Node, around: &Around) -> String {
        let place = place(around);
        let plain = |members: &[Node]| members.iter().map(|node| (String::new(), node.clone())).collect::<Vec<_>>();
        match node {
            Node::Leaf(leaf, reads) => {
                let reads: Vec<String> = reads.iter().map(|name| self.named(name)).collect();
                format!("world.act(ctx, {leaf}, {place}, {})", merged(&reads))
            }
            Node::Take(leaf, signal) => {
                let name = &self.plan.signals[*signal as usize].name;
                format!("world.take(ctx, {leaf}, {place}, {name})")
            }
            Node::Block(block) => self.braced(block, around, false),
            Node::Seq(block) => format!("seq {}", self.braced(block, around, true)),
            Node::If(choice, then, other) => {
                let (then, other) = (self.block_of(then, around), self.block_of(other, around));
                format!("if world.choice({choice}) {then} else {other}")
            }
            Node::Match(choice, arms) => {
                let patterns = ["0 => ", "many if *many > 1 => ", "_ => "];
                let arms = patterns.iter().zip(arms).map(|(pattern, node)| ((*pattern).to_owned(), node.clone()));
                format!("match world.number({choice}) {}", self.listed(around, arms.collect::<Vec<_>>()))
            }
            Node::Loop(..) => unreachable!("a loop is a stage's"),
            Node::For(choice, body) => self.each("for", *choice, body, around),
            Node::RaceFor(choice, body) => self.each("race for", *choice, body, around),
            Node::QuorumFor(choice, body) => self.each("quorum(2) for", *choice, body, around),
            Node::Race(members) => format!("race {}", self.listed(around, plain(members))),
            Node::Quorum(members) => format!("quorum(2) {}", self.listed(around, plain(members))),
            Node::Select(heads) => {
                let mut members = Vec::new();
                for (head, node) in heads {
                    let inside = Around { depth: around.depth + 1, ..around.clone() };
                    let (before, node) = match head {
                        Head::Node(name, work) => {
                            (format!("{name}: Value = {} => ", self.inline(work, &inside)), with(node.clone(), name))
                        }
                        Head::Signal(signal) => {
                            (format!("signal {} => ", self.plan.signals[*signal as usize].name), node.clone())
                        }
                        Head::Stage(name) => (format!("stage {} => ", self.named(name)), node.clone()),
                        Head::Sleep(millis) => (format!("sleep({}) => ", self.millis(*millis)), node.clone()),
                    };
                    members.push((before, node));
                }
                format!("select {}", self.listed(around, members))
            }
            Node::Sleep(millis) => format!("sleep({})", self.millis(*millis)),
            Node::SleepUntil(millis) => format!("sleep_until(world.in_millis({millis}))"),
            Node::Child(leaf) => format!("child.run({leaf}, {place})"),
            Node::Fail => "fail \"planned\"".to_owned(),
            Node::Return => "return Value::returned()".to_owned(),
            Node::Lazy(name) => format!("Value::new().and({})", self.named(name)),
        }
    }

    fn block_of(&mut self, node: &Node, around: &Around) -> String {
        match node {
            Node::Block(block) => self.braced(block, around, false),
            node => format!("{{ {} }}", self.inline(node, around)),
        }
    }
}

/// A number that tells a place from others of the same leaf.
fn place(around: &Around) -> String {
    around.at.iter().fold("0_u64".to_owned(), |text, at| format!("({text}) * 8 + {at} + 1"))
}

/// Adds a head's value to the inputs of its node.
fn with(node: Node, head: &str) -> Node {
    match node {
        Node::Leaf(leaf, mut reads) => {
            reads.push(head.to_owned());
            Node::Leaf(leaf, reads)
        }
        Node::Block(mut block) => {
            let node = Node::Lazy(head.to_owned());
            let name = format!("with_{head}");
            block.stages.push(Stage { name, node, after: Vec::new(), policy: super::Policy::default(), lazy: false });
            Node::Block(block)
        }
        node => node,
    }
}

fn type_of(stage: &Stage) -> String {
    let policy = &stage.policy;
    let one = if policy.catch { "Result<Value, Failure>" } else { "Value" };
    let base = match &stage.node {
        Node::For(..) => format!("Vec<{one}>"),
        Node::Quorum(_) | Node::QuorumFor(..) => "Vec<Value>".to_owned(),
        Node::Sleep(_) | Node::SleepUntil(_) => "()".to_owned(),
        _ => one.to_owned(),
    };
    if policy.when.is_some() || policy.until.is_some() { format!("Option<{base}>") } else { base }
}

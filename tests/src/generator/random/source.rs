//! The source of a random workflow.

use super::{super::numbers::Numbers, Input, Item, Leaf, Node, Scope, Stage, Tail};
use std::fmt::Write as _;

/// From the opening brace of the workflow to the closing one.
pub(super) fn body(scope: &Scope) -> String {
    let mut writer = Writer { text: String::new(), numbers: Numbers::new(3) };
    writer.scope(scope, 2);
    writer.text
}

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

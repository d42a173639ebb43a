//! The crates that are compiled: one graph, as plain functions alone, as a workflow of them, and awaited by hand.

use crate::peers::Peer;
use std::fmt::Write as _;

/// Which graph.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// Each stage needs the one before it; all outputs are numbers.
    Chain,
    /// Layers of ten stages, each of which needs one to three of the layer before; outputs are structs of eight types,
    /// and a third of the stages may fail.
    Layered,
}

/// How it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// The stages' functions, without a caller.
    Functions,
    /// The functions, and an `async fn` that awaits them one after the other.
    ByHand,
    /// The functions, and a workflow.
    Workflow,
    /// The functions, and a workflow of another crate.
    Peer(Peer),
}

impl Shape {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Layered => "layered",
        }
    }
}

impl Form {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Functions => "functions",
            Self::ByHand => "by_hand",
            Self::Workflow => "workflow",
            Self::Peer(peer) => peer.name(),
        }
    }
}

/// One crate.
#[derive(Clone, Copy)]
pub(crate) struct Subject {
    pub(crate) shape: Shape,
    pub(crate) form: Form,
    pub(crate) stages: usize,
}

const TYPES: [&str; 8] = ["Order", "Quote", "Invoice", "Parcel", "Claim", "Ticket", "Ledger", "Notice"];
const WIDTH: usize = 10;

impl Subject {
    pub(crate) fn package(self) -> String {
        format!("{}-{}-{}", self.shape.name(), self.stages, self.form.name().replace('_', "-"))
    }

    pub(crate) fn manifest(self, runtime: &str) -> String {
        let package = self.package();
        let dependencies = match self.form {
            Form::Peer(peer) => peer.dependencies().to_owned(),
            _ => format!("workflow-runtime = {{ path = \"{runtime}\" }}\n"),
        };
        manifest(&package, &dependencies)
    }

    /// Returns the source. `edited`: one stage's expression is written otherwise, as during work on the crate.
    pub(crate) fn source(self, edited: bool) -> String {
        let nodes = match self.shape {
            Shape::Chain => chain(self.stages),
            Shape::Layered => layered(self.stages),
        };
        let mut source = String::from("//! Made by `workflow-benches`.\n#![allow(clippy::all)]\n");
        source += PRELUDE;
        for node in &nodes {
            source += &node.function;
        }
        let edited = edited.then_some(self.stages / 2);
        let calls = nodes.iter().enumerate().map(|(number, node)| match edited == Some(number) {
            true => (node, node.edited.as_str()),
            false => (node, node.call.as_str()),
        });
        match self.form {
            Form::Functions => {}
            Form::Peer(peer) => source += &peer.source(self.stages),
            Form::ByHand => {
                source += "pub async fn by_hand(services: &Services, seed: &u64) -> Result<u64, Trouble> {\n";
                for (node, call) in calls {
                    let (name, ty, after) = (&node.name, &node.ty, node.settled);
                    let _ = writeln!(source, "    let {name}: &{ty} = &{call}{after};");
                }
                source += "    Ok(*last)\n}\n";
                source += "pub fn run(services: &'static Services) -> std::pin::Pin<Box<dyn Future<Output = Result<u64, Trouble>> + Send>> {\n    Box::pin(by_hand(services, &1))\n}\n";
            }
            Form::Workflow => {
                source += "workflow_runtime::workflow! {\n    pub workflow Subject(seed: u64) -> u64 with services: Services {\n";
                for (node, call) in calls {
                    let _ = writeln!(source, "        stage {}: {} = {call};", node.name, node.ty);
                }
                source += "        *last\n    }\n}\n";
                source += "pub fn run(services: Services) -> std::pin::Pin<Box<dyn Future<Output = Result<u64, workflow_runtime::Failure>> + Send>> {\n    Box::pin(Subject::new(services).run(1))\n}\n";
            }
        }
        source
    }
}

/// A package that belongs to no workspace.
pub(crate) fn manifest(package: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{package}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}\n[workspace]\n"
    )
}

const PRELUDE: &str = r"
#[derive(Debug, Default)]
pub struct Services { pub calls: std::sync::atomic::AtomicU64 }
#[derive(Debug)]
pub struct Trouble(pub &'static str);
impl std::fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { formatter.write_str(self.0) }
}
impl std::error::Error for Trouble {}
impl Services {
    pub fn called(&self) -> u64 { self.calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) }
}
pub trait Numbered: Sync { fn number(&self) -> u64; }
impl Numbered for u64 { fn number(&self) -> u64 { *self } }
macro_rules! documents { ($($name:ident)*) => { $(
    #[derive(Clone, Debug)]
    pub struct $name { pub number: u64, pub notes: Vec<String> }
    impl $name {
        pub fn new(number: u64, from: &[&dyn Numbered]) -> Self {
            let number = from.iter().map(|document| document.number()).fold(number, u64::wrapping_add);
            Self { number, notes: Vec::new() }
        }
    }
    impl Numbered for $name { fn number(&self) -> u64 { self.number } }
)* } }
documents! { Order Quote Invoice Parcel Claim Ticket Ledger Notice }
pub fn total(documents: &[&dyn Numbered]) -> u64 { documents.iter().map(|document| document.number()).fold(0, u64::wrapping_add) }
";

struct Node {
    name: String,
    ty: &'static str,
    function: String,
    call: String,
    edited: String,
    /// The suffix that turns the call into its value, by hand.
    settled: &'static str,
}

fn chain(stages: usize) -> Vec<Node> {
    let node = |number: usize| {
        let before = if number == 0 { "seed".to_owned() } else { format!("s{}", number - 1) };
        Node {
            name: if number + 1 == stages { "last".to_owned() } else { format!("s{number}") },
            ty: "u64",
            function: format!("pub async fn step_{number}(before: &u64) -> u64 {{ before.wrapping_add({number}) }}\n"),
            call: format!("step_{number}({before})"),
            edited: format!("crate::step_{number}({before})"),
            settled: ".await",
        }
    };
    (0..stages).map(node).collect()
}

fn layered(stages: usize) -> Vec<Node> {
    let mut random = Random(stages as u64 + 1);
    let mut nodes = Vec::new();
    let mut named = vec![false; stages];
    for number in 0..stages - 1 {
        let layer = number / WIDTH;
        let mut needs = Vec::new();
        if layer > 0 {
            for _ in 0..=random.below(3) {
                let need = (layer - 1) * WIDTH + random.below(WIDTH);
                if !needs.contains(&need) {
                    named[need] = true;
                    needs.push(need);
                }
            }
        }
        nodes.push(layered_node(number, &needs));
    }
    let ends: Vec<String> = (0..stages - 1).filter(|&end| !named[end]).map(|end| format!("s{end}")).collect();
    let call = format!("total(&[{}])", ends.join(", "));
    let edited = call.clone();
    nodes.push(Node { name: "last".to_owned(), ty: "u64", function: String::new(), call, edited, settled: "" });
    nodes
}

fn layered_node(number: usize, needs: &[usize]) -> Node {
    let ty = TYPES[number % TYPES.len()];
    let parameter = |need: &usize| format!("s{need}: &{}", TYPES[need % TYPES.len()]);
    let (parameters, arguments): (Vec<String>, Vec<String>) = match needs {
        [] => (vec!["seed: &u64".to_owned()], vec!["seed".to_owned()]),
        _ => needs.iter().map(|need| (parameter(need), format!("s{need}"))).unzip(),
    };
    let (parameters, arguments) = (parameters.join(", "), arguments.join(", "));
    let new = format!("{ty}::new(services.called(), &[{arguments}])");
    let (function, settled) = match number % 3 {
        0 => (format!("pub async fn step_{number}(services: &Services, {parameters}) -> {ty} {{ {new} }}\n"), ".await"),
        1 => (
            format!(
                "pub async fn step_{number}(services: &Services, {parameters}) -> Result<{ty}, Trouble> {{\n    \
                 if services.called() == u64::MAX {{ return Err(Trouble(\"too many\")) }}\n    Ok({new})\n}}\n"
            ),
            ".await?",
        ),
        _ => (format!("pub fn step_{number}(services: &Services, {parameters}) -> {ty} {{ {new} }}\n"), ""),
    };
    Node {
        name: format!("s{number}"),
        ty,
        function,
        call: format!("step_{number}(services, {arguments})"),
        edited: format!("crate::step_{number}(services, {arguments})"),
        settled,
    }
}

/// A generator that gives every machine the same numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

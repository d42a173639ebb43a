//! The chain written with other crates, as their own documentation does it, to measure their users' compilers.

use std::fmt::Write as _;

/// A crate that others write workflows with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Peer {
    NodeFlow,
    Dagx,
    Floxide,
    PipelineDsl,
}

impl Peer {
    pub(crate) const ALL: [Self; 4] = [Self::NodeFlow, Self::Dagx, Self::Floxide, Self::PipelineDsl];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NodeFlow => "node-flow",
            Self::Dagx => "dagx",
            Self::Floxide => "floxide",
            Self::PipelineDsl => "pipeline-dsl",
        }
    }

    /// The versions that were measured, and what their macros' code names.
    pub(crate) fn dependencies(self) -> &'static str {
        match self {
            Self::NodeFlow => "node-flow = \"=0.2.1\"\n",
            Self::Dagx => "dagx = \"=0.3.1\"\ntokio = { version = \"1\", features = [\"rt\"] }\n",
            Self::Floxide => {
                "floxide = \"=3.2.2\"\nasync-trait = \"0.1\"\nserde = \"1\"\ntracing = \"0.1\"\nuuid = { version = \"1\", features = [\"v4\"] }\n"
            }
            Self::PipelineDsl => "pipeline-dsl = \"=0.9.1\"\n",
        }
    }

    /// To be written below the stages' functions, of which there is `async fn step_N(before: &u64) -> u64` for each.
    pub(crate) fn source(self, stages: usize) -> String {
        match self {
            Self::NodeFlow => node_flow(stages),
            Self::Dagx => dagx(stages),
            Self::Floxide => floxide(stages),
            Self::PipelineDsl => pipeline_dsl(stages),
        }
    }
}

fn node_flow(stages: usize) -> String {
    let mut source = String::from(
        "use node_flow::{flows::SequentialFlow, node::{Node, NodeOutput}};\npub struct Context;\n\
         macro_rules! nodes { ($($name:ident $step:ident;)*) => { $(\n    #[derive(Clone)] pub struct $name;\n    \
         impl<C: Send> Node<u64, NodeOutput<u64>, (), C> for $name {\n        \
         async fn run(&mut self, input: u64, _: &mut C) -> Result<NodeOutput<u64>, ()> { Ok(NodeOutput::Ok($step(&input).await)) }\n    }\n)* } }\nnodes! {\n",
    );
    for number in 0..stages {
        let _ = writeln!(source, "    Node{number} step_{number};");
    }
    source += "}\npub fn run() -> std::pin::Pin<Box<dyn Future<Output = Result<NodeOutput<u64>, ()>> + Send>> {\n    \
               Box::pin(async {\n        let mut flow = SequentialFlow::<u64, u64, (), Context>::builder()";
    for number in 0..stages {
        let _ = write!(source, ".add_node(Node{number})");
    }
    source += ".build();\n        flow.run(1, &mut Context).await\n    })\n}\n";
    source
}

fn dagx(stages: usize) -> String {
    let mut source = String::from(
        "use dagx::{DagRunner, TaskHandle, task_fn};\npub async fn whole() -> u64 {\n    let dag = DagRunner::new();\n    \
         let s0: TaskHandle<u64> = dag.add_task(task_fn(|(): ()| async { step_0(&1).await })).into();\n",
    );
    for number in 1..stages {
        let before = number - 1;
        let _ = writeln!(
            source,
            "    let s{number} = dag.add_task(task_fn(|before: u64| async move {{ step_{number}(&before).await }})).depends_on(&s{before});"
        );
    }
    let _ = writeln!(
        source,
        "    dag.run(|task| {{ tokio::spawn(task); }}).await.unwrap();\n    dag.get(&s{}).unwrap()\n}}",
        stages - 1
    );
    source += "pub fn run() -> std::pin::Pin<Box<dyn Future<Output = u64>>> { Box::pin(whole()) }\n";
    source
}

fn floxide(stages: usize) -> String {
    let mut source = String::from(
        "use floxide::{FloxideError, Node, Transition, Workflow, WorkflowCtx, workflow};\n\
         macro_rules! nodes { ($($name:ident $step:ident;)*) => { $(\n    #[derive(Clone, Debug)] pub struct $name;\n    \
         #[async_trait::async_trait]\n    impl Node<()> for $name {\n        type Input = u64;\n        type Output = u64;\n        \
         async fn process(&self, _: &(), input: u64) -> Result<Transition<u64>, FloxideError> { Ok(Transition::Next($step(&input).await)) }\n    }\n)* } }\nnodes! {\n",
    );
    for number in 0..stages {
        let _ = writeln!(source, "    Node{number} step_{number};");
    }
    source += "}\nworkflow! {\n    pub struct Subject {\n";
    for number in 0..stages {
        let _ = writeln!(source, "        s{number}: Node{number},");
    }
    source += "    }\n    context = ();\n    start = s0;\n    edges {\n";
    for number in 1..stages {
        let _ = writeln!(source, "        s{} => {{ [s{number}] }};", number - 1);
    }
    let _ = writeln!(source, "        s{} => {{ [] }};\n    }}\n}}", stages - 1);
    source += "pub fn run(subject: &'static Subject, context: &'static WorkflowCtx<()>) -> std::pin::Pin<Box<dyn Future<Output = Result<u64, FloxideError>>>> {\n    \
               Box::pin(subject.run(context, 1))\n}\n";
    source
}

/// Its stages are plain functions that write a slot; the last one writes to what the caller has.
fn pipeline_dsl(stages: usize) -> String {
    let mut source = String::from(
        "use pipeline_dsl::Value;\npub struct Out(pub u64);\n#[pipeline_dsl::pipeline(name = \"Subject\", args = \"seed\", context = \"out\")]\nmod subject {\n    \
         use super::*;\n    use pipeline_dsl::stage;\n    \
         #[stage]\n    pub fn stage_0(seed: &u64, s0: &mut Value<u64>) { s0.set(seed.wrapping_add(0)); }\n",
    );
    for number in 1..stages {
        let before = number - 1;
        let (slot, written) = match number + 1 == stages {
            true => ("out: &mut Out".to_owned(), format!("out.0 = s{before}.get()?.wrapping_add({number})")),
            false => (
                format!("s{number}: &mut Value<u64>"),
                format!("s{number}.set(s{before}.get()?.wrapping_add({number}))"),
            ),
        };
        let _ = writeln!(
            source,
            "    #[stage]\n    pub fn stage_{number}(s{before}: &Value<u64>, {slot}) -> Result<(), pipeline_dsl::Error> {{ {written}; Ok(()) }}"
        );
    }
    source += "}\n";
    source
}

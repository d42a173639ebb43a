//! Random nests of stages against a naive model: who waits for whom, what is a cycle, what can be seen.

use super::resolve;
use crate::{check, model::Local};
use proptest::prelude::*;
use std::collections::BTreeSet;
use workflow_syntax::{self as syntax, diagnostics::Diagnostics};

/// A stage: what it names, or the stages nested in it.
#[derive(Debug, Clone)]
enum Plan {
    Leaf(Vec<usize>),
    Block(Vec<Plan>),
}

fn plan() -> impl Strategy<Value = Vec<Plan>> {
    let leaf = prop::collection::vec(0..12usize, 0..3).prop_map(Plan::Leaf);
    let stage = leaf.prop_recursive(3, 12, 4, |inner| prop::collection::vec(inner, 1..4).prop_map(Plan::Block));
    prop::collection::vec(stage, 1..5)
}

/// A stage as the naive model knows it: its block (the stages around it, from the outside in) and what it names.
struct Known {
    around: Vec<usize>,
    names: Vec<usize>,
}

/// Numbers the stages in the order written, and writes them down.
#[allow(clippy::format_push_string, clippy::format_collect, reason = "a source is put together")]
fn write(plans: &[Plan], around: &[usize], known: &mut Vec<Known>, source: &mut String) {
    for plan in plans {
        let id = known.len();
        known.push(Known { around: around.to_vec(), names: Vec::new() });
        match plan {
            Plan::Leaf(names) => {
                known[id].names.clone_from(names);
                let sum: String = names.iter().map(|name| format!(" + *s{name}")).collect();
                *source += &format!("stage s{id}: u32 = 0{sum}; ");
            }
            Plan::Block(inner) => {
                *source += &format!("stage s{id}: u32 = {{ ");
                write(inner, &[around, &[id]].concat(), known, source);
                *source += "0 }; ";
            }
        }
    }
}

struct Naive {
    /// `(block, waits, on)`: stage `waits` of that block waits for stage `on` of it.
    needs: BTreeSet<(Vec<usize>, usize, usize)>,
    /// `(stage, name)`: a name that can't be seen from there.
    outside: BTreeSet<(usize, usize)>,
}

fn naive(known: &[Known]) -> Naive {
    let mut naive = Naive { needs: BTreeSet::new(), outside: BTreeSet::new() };
    for (id, stage) in known.iter().enumerate() {
        for &name in stage.names.iter().filter(|&&name| name < known.len()) {
            let block = &known[name].around;
            if stage.around.starts_with(block) {
                let waits = stage.around.get(block.len()).copied().unwrap_or(id);
                naive.needs.insert((block.clone(), waits, name));
            } else {
                naive.outside.insert((id, name));
            }
        }
    }
    naive
}

/// Returns the number of groups of stages that wait for each other: one for each stage that reaches itself, known by
/// its smallest member.
fn cycles(naive: &Naive, count: usize) -> usize {
    let mut reaches = vec![vec![false; count]; count];
    for &(_, waits, on) in &naive.needs {
        reaches[waits][on] = true;
    }
    for middle in 0..count {
        for from in 0..count {
            for to in 0..count {
                reaches[from][to] |= reaches[from][middle] && reaches[middle][to];
            }
        }
    }
    let group = |stage: usize| (0..count).find(|&other| reaches[stage][other] && reaches[other][stage]);
    (0..count).filter_map(group).collect::<BTreeSet<_>>().len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn agrees_with_a_naive_model(plans in plan()) {
        let (mut known, mut source) = (Vec::new(), String::new());
        write(&plans, &[], &mut known, &mut source);
        let naive = naive(&known);
        let diagnostics = Diagnostics::new();
        let source = format!("workflow Test() -> u32 {{ {source} 0 }}");
        let workflows = syntax::parse(source.parse().expect("tokens"), &diagnostics);
        let model = resolve(&workflows.workflows[0], &diagnostics);
        let mut needs = BTreeSet::new();
        for scope in &model.scopes {
            for (local, waits) in scope.needs.iter().enumerate() {
                let stage = scope.stages[local];
                for need in waits {
                    let Local::Stage(on) = need.on else { continue };
                    needs.insert((known[stage].around.clone(), stage, scope.stages[on]));
                }
            }
        }
        check::check(&model, true, &diagnostics);
        let told = diagnostics.finish();
        let count = |words: &str| told.iter().filter(|one| one.error.to_string().contains(words)).count();
        prop_assert_eq!(&needs, &naive.needs, "{}", source);
        prop_assert_eq!(count("can't be seen from here"), naive.outside.len(), "{}", source);
        prop_assert_eq!(count("a cycle"), cycles(&naive, known.len()), "{}", source);
    }
}

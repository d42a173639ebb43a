//! Cycles: neither a stage nor a `let` waits for itself.

use crate::{
    diagnostics::messages,
    model::{Local, Model, Need, Scope},
};
use proc_macro2::{Ident, Span};
use std::collections::VecDeque;
use workflow_syntax::diagnostics::{Diagnostics, order_written};

pub(super) fn check(model: &Model<'_>, diagnostics: &Diagnostics) {
    for scope in &model.scopes {
        let graph = Graph::new(model, scope);
        for cycle in graph.cycles() {
            let (message, last) = describe(&graph, &cycle);
            diagnostics.error(last.span, message);
        }
    }
}

/// Stages first, then `let`s.
struct Graph<'m> {
    names: Vec<&'m Ident>,
    needs: Vec<&'m [Need]>,
    stages: usize,
}

impl<'m> Graph<'m> {
    fn new(model: &'m Model<'_>, scope: &'m Scope<'_>) -> Self {
        let stages = scope.stages.iter().map(|&stage| &model.names[model.stages[stage].name].ident);
        let lets = scope.lets.iter().map(|&binding| &model.names[model.lets[binding].name].ident);
        Self {
            names: stages.chain(lets).collect(),
            needs: scope.needs.iter().chain(&scope.let_needs).map(Vec::as_slice).collect(),
            stages: scope.stages.len(),
        }
    }

    fn place(&self, local: Local) -> usize {
        match local {
            Local::Stage(stage) => stage,
            Local::Let(binding) => self.stages + binding,
        }
    }

    /// One cycle for each group whose members all wait for each other: from the member written first, each with the
    /// need by which the next one waits for it.
    fn cycles(&self) -> Vec<Vec<(usize, Need)>> {
        let group = self.groups();
        let mut told = vec![false; self.names.len()];
        let mut cycles = Vec::new();
        for start in self.in_the_order_written() {
            if !std::mem::replace(&mut told[group[start]], true)
                && let Some(cycle) = self.way_back(start, &group)
            {
                cycles.push(cycle);
            }
        }
        cycles
    }

    fn in_the_order_written(&self) -> Vec<usize> {
        let spans: Vec<Span> = self.names.iter().map(|name| name.span()).collect();
        order_written(&spans)
    }

    /// The shortest cycle through `start`, if it is on any.
    fn way_back(&self, start: usize, group: &[usize]) -> Option<Vec<(usize, Need)>> {
        // How each place was reached: whose need it is, and which.
        let mut reached: Vec<Option<(usize, Need)>> = vec![None; self.names.len()];
        let mut queue = VecDeque::from([start]);
        while let Some(place) = queue.pop_front() {
            for need in self.needs[place] {
                let on = self.place(need.on);
                if group[on] != group[start] || reached[on].is_some() {
                    continue;
                }
                reached[on] = Some((place, *need));
                if on == start {
                    return Some(Self::path(start, &reached));
                }
                queue.push_back(on);
            }
        }
        None
    }

    /// Returns the path from `start` along those that wait: the one that `start` itself waits for comes last.
    fn path(start: usize, reached: &[Option<(usize, Need)>]) -> Vec<(usize, Need)> {
        let mut path = Vec::new();
        let mut place = start;
        while let Some((waiting, need)) = reached[place] {
            path.push((place, need));
            place = waiting;
            if place == start {
                break;
            }
        }
        path
    }

    /// Tarjan's strongly connected components, without recursion: for each place the number of its component.
    fn groups(&self) -> Vec<usize> {
        let count = self.names.len();
        let (mut order, mut low) = (vec![usize::MAX; count], vec![0; count]);
        let (mut group, mut groups) = (vec![usize::MAX; count], 0);
        let (mut stack, mut next) = (Vec::new(), 0);
        for root in 0..count {
            let mut walk = Vec::new();
            if order[root] == usize::MAX {
                walk.push((root, 0));
            }
            while let Some((place, need)) = walk.pop() {
                if need == 0 {
                    (order[place], low[place]) = (next, next);
                    next += 1;
                    stack.push(place);
                }
                if let Some(on) = self.needs[place].get(need).map(|need| self.place(need.on)) {
                    walk.push((place, need + 1));
                    if order[on] == usize::MAX {
                        walk.push((on, 0));
                    } else if group[on] == usize::MAX {
                        low[place] = low[place].min(order[on]);
                    }
                    continue;
                }
                if let Some(&(waiting, _)) = walk.last() {
                    low[waiting] = low[waiting].min(low[place]);
                }
                if low[place] == order[place] {
                    while let Some(member) = stack.pop() {
                        group[member] = groups;
                        if member == place {
                            break;
                        }
                    }
                    groups += 1;
                }
            }
        }
        group
    }
}

/// Returns the message for a cycle, and the edge that it points at.
fn describe(graph: &Graph<'_>, cycle: &[(usize, Need)]) -> (String, Need) {
    let names: Vec<String> = cycle.iter().map(|(place, _)| graph.names[*place].to_string()).collect();
    let edges = cycle.iter().enumerate().map(|(at, (_, need))| {
        let waiting = &names[(at + 1) % names.len()];
        messages::edge(waiting, &names[at], need.kind, need.span)
    });
    let last = cycle[cycle.len() - 1].1;
    let message = if let [name] = names.as_slice() {
        messages::waits_for_itself(name, last.kind)
    } else {
        messages::cycle(&names, &edges.collect::<Vec<_>>())
    };
    (message, last)
}

//! From a graph alone, and from when stages ended, follows when each stage starts.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};
use tokio::time::Instant;
use workflow_runtime::{
    graph::{Awaited, EdgeKind, Graph, ScopeKind, WaitKind},
    observe::{Event, EventKind, Observer},
};

/// A stage, by its number, with the rounds and items around it.
type Place = (u32, Vec<(u32, u32)>);

/// When each stage of one run started and ended.
#[derive(Default)]
struct Times {
    started: Option<Instant>,
    enabled: BTreeMap<Place, Instant>,
    ended: BTreeMap<Place, Instant>,
    /// Its first attempt.
    attempted: BTreeMap<Place, Instant>,
    /// By the stage that took it.
    signalled: BTreeMap<(Place, &'static str), Instant>,
}

/// Notes when stages start and end.
#[derive(Default)]
pub(crate) struct Clock(Mutex<Times>);

impl Observer for Clock {
    fn event(&self, event: &Event<'_>) {
        let mut times = self.0.lock().unwrap();
        let Some(index) = event.index else {
            times.started.get_or_insert(event.at);
            return;
        };
        let place = (index, event.places.to_vec());
        match event.kind {
            EventKind::Enabled => _ = times.enabled.insert(place, event.at),
            EventKind::Completed | EventKind::Skipped | EventKind::Failed { .. } | EventKind::Cancelled => {
                times.ended.insert(place, event.at);
            }
            EventKind::AttemptStarted { .. } => _ = times.attempted.entry(place).or_insert(event.at),
            EventKind::Signalled { signal } => _ = times.signalled.insert((place, signal), event.at),
            _ => {}
        }
    }
}

/// Works out from a graph when stages start.
struct Expected<'a> {
    graph: &'a Graph<'static>,
    times: &'a Times,
}

impl Expected<'_> {
    /// The differences, in words.
    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (place, &at) in &self.times.enabled {
            let begins: BTreeSet<Instant> = match self.asked(place) {
                // Within what a timer has begun.
                None if self.is_late(place.0) => continue,
                None => [self.scope_begins(self.stage(place.0).scope, &place.1)].into_iter().flatten().collect(),
                Some(asked) => asked,
            };
            let needs: Vec<Instant> = self.needs(place).into_iter().chain(self.own_lazy(place)).collect();
            let expected = begins.into_iter().map(|begins| needs.iter().copied().fold(begins, Instant::max));
            self.compare("starts", place, at, &expected.collect(), &mut wrong);
            // A stage that names a signal begins no attempt without it; a task waits within its first.
            let signals = self.own_signals(place);
            let attempted =
                self.times.attempted.get(place).filter(|_| !signals.is_empty() && !self.has(place.0, "spawn"));
            if let Some(&attempted) = attempted {
                let expected = signals.into_iter().fold(at, Instant::max);
                self.compare("begins its first attempt", place, attempted, &[expected].into(), &mut wrong);
            }
        }
        wrong
    }

    fn compare(&self, does: &str, place: &Place, at: Instant, expected: &BTreeSet<Instant>, wrong: &mut Vec<String>) {
        if !expected.contains(&at) {
            let ms = |at: Instant| at.duration_since(self.times.started.unwrap()).as_millis();
            let expected: Vec<u128> = expected.iter().copied().map(ms).collect();
            wrong.push(format!("{}{:?} {does} at {}, not at {expected:?}", self.stage(place.0).name, place.1, ms(at)));
        }
    }

    fn stage(&self, stage: u32) -> &workflow_runtime::graph::Stage<'static> {
        &self.graph.stages[stage as usize]
    }

    /// Whether the stage stands in the fallback of a signal, or in what a head of a `select` leads to that is no stage
    /// and no signal.
    fn is_late(&self, stage: u32) -> bool {
        let mut scope = Some(self.stage(stage).scope);
        while let Some(at) = scope {
            let known = &self.graph.scopes[at as usize];
            let is_timed = known.kind == ScopeKind::Fallback || known.label == "sleep =>";
            let heads = self.graph.waits.iter().filter(|wait| wait.kind == WaitKind::Head && wait.scope == at);
            if is_timed || heads.into_iter().any(|wait| matches!(wait.on, Awaited::Scope(_))) {
                return true;
            }
            scope = known.parent;
        }
        false
    }

    /// When what a stage is made of begins.
    fn begins(&self, place: &Place) -> Option<Instant> {
        let enabled = self.times.enabled.get(place).copied()?;
        // A task is enabled, asks for all that it needs, and then begins.
        let needs = self.lazy(place).into_iter().chain(self.own_signals(place)).filter(|_| self.has(place.0, "spawn"));
        Some(needs.fold(enabled, Instant::max))
    }

    /// When the stages ended that an edge says are waited for.
    fn needs(&self, (stage, places): &Place) -> Vec<Instant> {
        let edges = self.graph.edges.iter().filter(|edge| edge.to == *stage && edge.kind != EdgeKind::Lazy);
        edges
            .map(|edge| self.ended(edge.from, places).unwrap_or_else(|| panic!("{edge:?} is of none that has ended")))
            .collect()
    }

    /// When the `#[lazy]` stages had ended that its own expression names.
    fn own_lazy(&self, place: &Place) -> Vec<Instant> {
        if self.has(place.0, "spawn") { Vec::new() } else { self.lazy(place) }
    }

    fn lazy(&self, (stage, places): &Place) -> Vec<Instant> {
        let ended = self.own_waits(*stage).filter_map(|(on, kind)| match (on, kind) {
            (Awaited::Stage(lazy), WaitKind::Lazy) => self.ended(lazy, places),
            _ => None,
        });
        ended.collect()
    }

    /// When the signals had come that its own expression names.
    fn own_signals(&self, place: &Place) -> Vec<Instant> {
        let came = self.own_waits(place.0).filter_map(|(on, kind)| match (on, kind) {
            (Awaited::Signal(signal), WaitKind::Named) => {
                self.times.signalled.get(&(place.clone(), self.graph.signals[signal as usize].name)).copied()
            }
            _ => None,
        });
        came.collect()
    }

    fn own_waits(&self, stage: u32) -> impl Iterator<Item = (Awaited, WaitKind)> {
        let own = self.stage(stage).scope;
        let waits = self.graph.waits.iter().filter(move |wait| wait.stage == Some(stage) && wait.scope == own);
        waits.map(|wait| (wait.on, wait.kind))
    }

    fn ended(&self, from: u32, places: &[(u32, u32)]) -> Option<Instant> {
        let mut around = (0..=places.len()).map(|count| (from, places[..count].to_vec()));
        around.find_map(|place| self.times.ended.get(&place).copied())
    }

    /// Returns when a `#[lazy]` stage may have been requested. `None`: it is not lazy.
    fn asked(&self, (stage, places): &Place) -> Option<BTreeSet<Instant>> {
        let asks = self.graph.waits.iter().filter(|wait| wait.on == Awaited::Stage(*stage));
        self.has(*stage, "lazy").then(|| {
            let mut asked = BTreeSet::new();
            for wait in asks.filter(|wait| wait.kind == WaitKind::Lazy) {
                let asking = wait.stage.unwrap();
                let enabled =
                    self.times.enabled.keys().filter(|(at, inner)| *at == asking && inner.starts_with(places));
                for place in enabled {
                    if self.stage(asking).scope == wait.scope {
                        // The stage requests it when everything else that it waits for is there.
                        let begins = self.scope_begins(wait.scope, &place.1);
                        asked.extend(begins.map(|begins| self.needs(place).into_iter().fold(begins, Instant::max)));
                    } else {
                        asked.extend(self.tail_begins(wait.scope, &place.1));
                    }
                }
            }
            asked
        })
    }

    /// When a scope begins, in the rounds and items given; none: that is not known.
    fn scope_begins(&self, scope: u32, places: &[(u32, u32)]) -> Option<Instant> {
        let known = &self.graph.scopes[scope as usize];
        let head = self.graph.waits.iter().find(|wait| wait.kind == WaitKind::Head && wait.scope == scope);
        if let Some(head) = head {
            return match (head.on, head.stage) {
                (Awaited::Stage(on), _) => self.ended(on, places),
                (Awaited::Signal(on), Some(stage)) => {
                    let name = self.graph.signals[on as usize].name;
                    self.times.signalled.get(&((stage, places.to_vec()), name)).copied()
                }
                _ => None,
            };
        }
        let Some(parent) = known.parent else { return self.times.started };
        let repeats = matches!(known.kind, ScopeKind::Round | ScopeKind::Item);
        let (outer, own) = if repeats { places.split_at(places.len() - 1) } else { (places, &[][..]) };
        match (known.kind, own) {
            // The round before has ended.
            (ScopeKind::Round, [(stage, round @ 1..)]) => {
                self.tail_begins(scope, &[outer, &[(*stage, round - 1)]].concat())
            }
            (ScopeKind::Item, [(_, item)]) if known.stage.is_some_and(|stage| *item >= self.concurrency(stage)) => {
                // An item's tail may take time, which no event tells: what starts first in it started with it.
                let inside = self.times.enabled.iter().filter(|((_, inner), _)| inner.starts_with(places));
                inside.map(|(_, &at)| at).min()
            }
            _ => match known.stage {
                Some(stage) if self.stage(stage).scope == parent => self.begins(&(stage, outer.to_vec())),
                _ => self.tail_begins(parent, outer),
            },
        }
    }

    /// When all stages of a scope have ended.
    fn tail_begins(&self, scope: u32, places: &[(u32, u32)]) -> Option<Instant> {
        let begins = self.scope_begins(scope, places)?;
        let stages = (0..).zip(self.graph.stages).filter(|(_, stage)| stage.scope == scope);
        let ended = stages.filter_map(|(stage, _)| self.times.ended.get(&(stage, places.to_vec())));
        Some(ended.copied().fold(begins, Instant::max))
    }

    fn has(&self, stage: u32, policy: &str) -> bool {
        self.stage(stage).policies.iter().any(|other| other.name == policy)
    }

    fn concurrency(&self, stage: u32) -> u32 {
        let policies = self.stage(stage).policies;
        let limit = policies.iter().find(|policy| policy.name == "concurrency");
        limit.map_or(u32::MAX, |limit| limit.arguments.parse().unwrap())
    }
}

/// Each stage of the one run that the clock has seen started when the graph says.
pub(crate) fn assert_told(clock: &Clock, graph: &'static Graph<'static>, what: &str) {
    let times = std::mem::take(&mut *clock.0.lock().unwrap());
    assert!(!times.enabled.is_empty(), "{what}");
    let wrong = Expected { graph, times: &times }.wrong();
    assert!(wrong.is_empty(), "{what}: {wrong:#?}\n{:#?}", graph.edges);
}

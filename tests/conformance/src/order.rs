//! Rules for the events of every run, whatever its case: they respect the graph.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};
use workflow_runtime::{
    graph::{EdgeKind, Graph},
    observe::{Event, EventKind},
};

/// A stage with the rounds, items and further attempts around it.
type Place = (u32, Vec<(u32, u32)>);

/// Looks at the events of one run, in order. Clones share what they saw.
#[derive(Clone, Default)]
pub(crate) struct Order(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    waits: Option<Waits>,
    /// Enabled, and has not come to its end.
    live: HashSet<Place>,
    ended: HashSet<Place>,
    is_over: bool,
    wrong: Vec<String>,
}

impl Order {
    pub(crate) fn event(&self, event: &Event<'_>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.event(event.graph, event.index.map(|stage| (stage, event.places.to_vec())), &event.kind);
    }

    /// Returns the broken rules.
    pub(crate) fn wrong(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).wrong.clone()
    }
}

impl Seen {
    /// `place` is none for the run itself.
    fn event(&mut self, graph: &Graph<'_>, place: Option<Place>, kind: &EventKind<'_>) {
        let Some(place) = place else {
            if let EventKind::Ended { .. } = kind {
                self.is_over = true;
                for place in self.live.iter().filter(|place| !is_on_a_task(graph, place.0)) {
                    self.wrong.push(format!("{} is under way when the run ends", title(graph, place)));
                }
            }
            return;
        };
        match kind {
            EventKind::Enabled => self.enabled(graph, &place),
            EventKind::Completed => {
                self.holds_nothing(graph, &place);
                self.end(graph, place);
            }
            EventKind::Skipped | EventKind::Cancelled | EventKind::Failed { .. } => self.end(graph, place),
            EventKind::AttemptStarted { .. } if !self.live.contains(&place) => {
                self.wrong.push(format!("an attempt of {} starts, which is not under way", title(graph, &place)));
            }
            EventKind::Undoing if self.is_over => {
                self.wrong.push(format!("{} is undone after the end of the run", title(graph, &place)));
            }
            _ => {}
        }
    }

    fn enabled(&mut self, graph: &Graph<'_>, place: &Place) {
        if self.is_over {
            self.wrong.push(format!("{} starts after the end of the run", title(graph, place)));
        }
        for &on in self.waits.get_or_insert_with(|| Waits::of(graph)).of_stage(place.0) {
            // The other stands in a block around this one, or in the same.
            let mut around = (0..=place.1.len()).map(|count| (on, place.1[..count].to_vec()));
            if !around.any(|other| self.ended.contains(&other)) {
                let other = graph.stages[on as usize].name;
                self.wrong.push(format!("{} starts before {other} has ended", title(graph, place)));
            }
        }
        if self.ended.contains(place) || !self.live.insert(place.clone()) {
            self.wrong.push(format!("{} starts twice", title(graph, place)));
        }
    }

    fn end(&mut self, graph: &Graph<'_>, place: Place) {
        if !self.live.remove(&place) {
            self.wrong.push(format!("{} comes to an end, but is not under way", title(graph, &place)));
        }
        self.ended.insert(place);
    }

    /// A block has ended when all its stages have.
    fn holds_nothing(&mut self, graph: &Graph<'_>, place: &Place) {
        for inner in &self.live {
            let is_inside = stages_around(graph, inner.0).any(|around| around == place.0);
            if is_inside && inner.1.starts_with(&place.1) {
                self.wrong.push(format!("{} is under way when {} completes", title(graph, inner), title(graph, place)));
            }
        }
    }
}

/// Which stages each stage waits for before it starts.
struct Waits(HashMap<u32, Vec<u32>>);

impl Waits {
    fn of(graph: &Graph<'_>) -> Self {
        let mut waits: HashMap<u32, Vec<u32>> = HashMap::new();
        // What asks for a `#[lazy]` stage may have started.
        for edge in graph.edges.iter().filter(|edge| edge.kind != EdgeKind::Lazy) {
            waits.entry(edge.to).or_default().push(edge.from);
        }
        Self(waits)
    }

    fn of_stage(&self, stage: u32) -> &[u32] {
        self.0.get(&stage).map_or(&[], Vec::as_slice)
    }
}

/// The scopes that a stage stands in, from the inside out.
fn scopes_around<'a>(graph: &'a Graph<'_>, stage: u32) -> impl Iterator<Item = u32> + 'a {
    let inner = graph.stages[stage as usize].scope;
    std::iter::successors(Some(inner), |&scope| graph.scopes[scope as usize].parent)
}

/// The stages that a stage stands in, from the inside out.
fn stages_around<'a>(graph: &'a Graph<'_>, stage: u32) -> impl Iterator<Item = u32> + 'a {
    scopes_around(graph, stage).filter_map(|scope| graph.scopes[scope as usize].stage)
}

/// Whether the stage is on a task. A dropped task is gone at its next await, which may be after the end of the run.
fn is_on_a_task(graph: &Graph<'_>, stage: u32) -> bool {
    let spawns = |stage: u32| graph.stages[stage as usize].policies.iter().any(|policy| policy.name == "spawn");
    spawns(stage) || stages_around(graph, stage).any(spawns)
}

fn title(graph: &Graph<'_>, (stage, places): &Place) -> String {
    let numbers = places.iter().flat_map(|(_, number)| ["[".to_owned(), number.to_string(), "]".to_owned()]);
    [graph.stages[*stage as usize].name.to_owned()].into_iter().chain(numbers).collect()
}

#[cfg(test)]
mod tests {
    use super::Seen;
    use workflow_runtime::{observe::EventKind, workflow};

    workflow! {
        workflow Nested() -> Vec<u32> {
            stage first: u32 = 1;
            stage second: Vec<u32> = for number in 0..2 {
                stage inner: u32 = first + number;
                stage next: u32 = inner + 1;
                *next
            };
            second
        }
    }

    /// Returns the rules that the events break. An event: a stage's name, its item if any, and its kind.
    fn wrong(events: &[(&str, Option<u32>, EventKind<'_>)]) -> Vec<String> {
        let mut seen = Seen::default();
        for (name, item, kind) in events {
            let stage = Nested::GRAPH.stage(name).map(|(stage, _)| stage);
            let places: Vec<(u32, u32)> = item.iter().map(|&item| (1, item)).collect();
            seen.event(Nested::GRAPH, stage.map(|stage| (stage, places)), kind);
        }
        seen.wrong
    }

    #[test]
    fn each_rule_is_seen_to() {
        let (on, done, cut) = (EventKind::Enabled, EventKind::Completed, EventKind::Cancelled);
        let over = EventKind::Ended { outcome: Ok(()) };
        let again = EventKind::AttemptStarted { attempt: 2 };
        let first = [("first", None, on), ("first", None, done), ("second", None, on)];
        let item = [("inner", Some(0), on), ("inner", Some(0), done), ("next", Some(0), on)];
        let end = [("next", Some(0), cut), ("second", None, done), ("-", None, over)];
        assert_eq!(wrong(&[first, item, end].concat()), [""; 0]);

        assert_eq!(wrong(&[("second", None, on)]), ["second starts before first has ended"]);
        let early = [("inner", Some(1), on), ("next", Some(0), on)];
        assert_eq!(wrong(&[&first[..], &item[..1], &early].concat()), ["next[0] starts before inner has ended"]);
        let twice = [("inner", Some(0), on), ("inner", Some(0), on)];
        assert_eq!(wrong(&[&first[..], &twice].concat()), ["inner[0] starts twice"]);
        assert_eq!(wrong(&[&first[..2], &first[..1]].concat()), ["first starts twice"]);
        assert_eq!(wrong(&[&first[..2], &[first[1]]].concat()), ["first comes to an end, but is not under way"]);
        let late = [("first", None, again)];
        assert_eq!(wrong(&[&first[..2], &late].concat()), ["an attempt of first starts, which is not under way"]);
        assert_eq!(
            wrong(&[&first[..], &item[..1], &end[1..2]].concat()),
            ["inner[0] is under way when second completes"]
        );
        assert_eq!(wrong(&[first[0], end[2]]), ["first is under way when the run ends"]);
        assert_eq!(wrong(&[end[2], first[0]]), ["first starts after the end of the run"]);
        let undoing = ("first", None, EventKind::Undoing);
        assert_eq!(wrong(&[end[2], undoing]), ["first is undone after the end of the run"]);
    }
}

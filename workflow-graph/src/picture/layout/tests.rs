//! Rules of every layout: nodes keep clear of each other, and of lines that lead elsewhere.

use super::{Frame, Layout, Size, lay_out};
use crate::picture::outline::{BODY, Outline};
use crate::{Awaited, Edge, EdgeKind, Graph, Scope, ScopeKind, Signal, Stage, StageKind, Wait, WaitKind};

const STAGE: Stage<'_> =
    Stage { name: "stage", type_name: "()", docs: "", line: 0, scope: 0, kind: StageKind::Block, policies: &[] };
const SCOPE: Scope<'_> = Scope { stage: None, parent: None, kind: ScopeKind::Workflow, label: "" };

/// Stages in random scopes, each joined with some before it.
fn check(seed: u64) {
    let mut state = seed;
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % limit
    };
    let index = |number: usize| u32::try_from(number).unwrap();
    let (mut stages, mut scopes, mut edges) = (Vec::new(), vec![SCOPE], Vec::new());
    for stage in 0..5 + below(40) {
        let scope = below(scopes.len());
        stages.push(Stage { scope: index(scope), ..STAGE });
        if below(4) == 0 {
            scopes.push(Scope { stage: Some(index(stage)), parent: Some(index(scope)), ..SCOPE });
        }
        for _ in 0..below(4).min(stage) {
            edges.push(Edge { from: index(below(stage)), to: index(stage), kind: EdgeKind::Data });
        }
    }
    let mut waits = Vec::new();
    for _ in 0..below(8) {
        let kind = [WaitKind::Named, WaitKind::Lazy, WaitKind::Until][below(3)];
        let on = [Awaited::Stage(index(below(stages.len()))), Awaited::Signal(0)][below(2)];
        let (stage, scope) = (below(stages.len()), below(scopes.len()));
        waits.push(Wait { on, kind, stage: Some(index(stage)), scope: index(scope) });
    }
    let after = [index(below(stages.len()))];
    let signal = Signal { name: "signal", type_name: "()", scope: index(below(scopes.len())), after: &after };
    let graph = Graph {
        name: "Random",
        version: 0,
        docs: "",
        file: "",
        inputs: &[],
        services: &[],
        signals: &[signal],
        output: "()",
        stages: &stages,
        scopes: &scopes,
        edges: &edges,
        waits: &waits,
    };
    let outline = Outline::new(&graph);
    let mut size = |_| Size { width: number(30 + below(150)), height: number(20 + below(40)) };
    let sizes: Vec<Size> = outline.items.iter().map(&mut size).collect();
    let layout = lay_out(&outline, &sizes);
    assert_clear(&outline, &layout);
}

fn assert_clear(outline: &Outline<'_>, layout: &Layout) {
    for item in 1..outline.items.len() {
        let parent = outline.items[item].parent;
        let (frame, outer) = (&layout.frames[item], &layout.frames[parent]);
        assert!(holds(outer, frame), "{item} leaves {parent}");
        for &other in outline.items[parent].children.iter().filter(|&&other| other > item) {
            assert!(!meet(frame, &layout.frames[other]), "{item} and {other} overlap");
        }
    }
    for item in (1..outline.items.len()).filter(|&item| item != BODY && !outline.is_group(item)) {
        let frame = &layout.frames[item];
        for pair in layout.routes.iter().flat_map(|route| route.points.windows(2)) {
            // A curve keeps within the corners of its two points.
            let (x, y) = (pair[0].x.min(pair[1].x), pair[0].y.min(pair[1].y));
            let (width, height) = ((pair[0].x - pair[1].x).abs(), (pair[0].y - pair[1].y).abs());
            assert!(!meet(frame, &Frame { x, y, width, height }), "a line runs through {item}");
        }
    }
}

fn holds(outer: &Frame, frame: &Frame) -> bool {
    frame.x >= outer.x
        && frame.y >= outer.y
        && frame.x + frame.width <= outer.x + outer.width
        && frame.y + frame.height <= outer.y + outer.height
}

fn meet(a: &Frame, b: &Frame) -> bool {
    const TOUCH: f64 = 0.01;
    a.x + a.width > b.x + TOUCH
        && b.x + b.width > a.x + TOUCH
        && a.y + a.height > b.y + TOUCH
        && b.y + b.height > a.y + TOUCH
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(0.0, f64::from)
}

#[test]
fn nothing_is_in_the_way() {
    for seed in 0..500 {
        check(seed);
    }
}

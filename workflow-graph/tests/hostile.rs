//! Graphs that no macro makes: every picture stays well-formed, and nothing panics or hangs.

mod samples;

use samples::{Lcg, Sketch};
use workflow_graph::{
    Awaited, Edge, EdgeKind, Graph, Policy, Scope, ScopeKind, Signal, Stage, StageKind, Value, Wait, WaitKind,
};

const STAGES: [StageKind; 13] = [
    StageKind::Expression,
    StageKind::Block,
    StageKind::Seq,
    StageKind::If,
    StageKind::Match,
    StageKind::Loop,
    StageKind::For,
    StageKind::Race,
    StageKind::Quorum,
    StageKind::Select,
    StageKind::Sleep,
    StageKind::Return,
    StageKind::Fail,
];
const SCOPES: [ScopeKind; 7] = [
    ScopeKind::Workflow,
    ScopeKind::Block,
    ScopeKind::Arm,
    ScopeKind::Round,
    ScopeKind::Member,
    ScopeKind::Head,
    ScopeKind::Fallback,
];
const WAITS: [WaitKind; 6] =
    [WaitKind::Named, WaitKind::Lazy, WaitKind::Guard, WaitKind::Head, WaitKind::Until, WaitKind::Late];
const EDGES: [EdgeKind; 4] = [EdgeKind::Data, EdgeKind::After, EdgeKind::Sequence, EdgeKind::Lazy];
const WORDS: [&str; 12] = [
    "",
    " ",
    "end",
    "subgraph",
    "a\"b'c`d",
    "<b>&amp;]]>-->",
    "{[(|)]}",
    "%%{init: {}}%%\n\n\n#;:",
    "\\\"\\n\u{0}\u{7}",
    "\u{ffff}\u{202e}名前\u{1f600}",
    "</title></svg><script>",
    "name",
];

fn pick<T: Copy>(random: &mut Lcg, from: &[T]) -> T {
    from[random.below(u32::try_from(from.len()).unwrap()) as usize]
}

/// Nothing in it need fit.
fn scribble(seed: u64) -> Graph<'static> {
    let mut random = Lcg(seed);
    let size = 1 + random.below(30);
    // Now and then an index is out of range.
    let index = |random: &mut Lcg| match random.below(20) {
        0 => u32::MAX,
        _ => random.below(size + 1),
    };
    let mut stages = Vec::new();
    for _ in 0..random.below(size + 1) {
        let policies = vec![
            Policy { name: pick(&mut random, &WORDS), arguments: pick(&mut random, &WORDS) };
            random.below(5) as usize
        ];
        stages.push(Stage {
            name: pick(&mut random, &WORDS),
            type_name: pick(&mut random, &WORDS),
            docs: pick(&mut random, &WORDS),
            line: 0,
            scope: index(&mut random),
            kind: pick(&mut random, &STAGES),
            policies: policies.leak(),
        });
    }
    let mut scopes = Vec::new();
    for _ in 0..random.below(size) {
        scopes.push(Scope {
            stage: Some(index(&mut random)).filter(|_| random.below(3) > 0),
            parent: Some(index(&mut random)).filter(|_| random.below(5) > 0),
            kind: pick(&mut random, &SCOPES),
            label: pick(&mut random, &WORDS),
        });
    }
    let mut edges = Vec::new();
    for _ in 0..random.below(3 * size) {
        edges.push(Edge { from: index(&mut random), to: index(&mut random), kind: pick(&mut random, &EDGES) });
    }
    let mut signals = Vec::new();
    for _ in 0..random.below(4) {
        let after: Vec<u32> = (0..random.below(6)).map(|_| index(&mut random)).collect();
        signals.push(Signal {
            name: pick(&mut random, &WORDS),
            type_name: pick(&mut random, &WORDS),
            scope: index(&mut random),
            after: after.leak(),
        });
    }
    let mut waits = Vec::new();
    for _ in 0..random.below(2 * size) {
        let on = index(&mut random);
        waits.push(Wait {
            on: pick(&mut random, &[Awaited::Stage(on), Awaited::Signal(on), Awaited::Scope(on)]),
            kind: pick(&mut random, &WAITS),
            stage: Some(index(&mut random)).filter(|_| random.below(4) > 0),
            scope: index(&mut random),
        });
    }
    let values = vec![Value { name: pick(&mut random, &WORDS), type_name: pick(&mut random, &WORDS) }; 2];
    Graph {
        name: pick(&mut random, &WORDS),
        version: 1,
        docs: pick(&mut random, &WORDS),
        file: "",
        inputs: values.leak(),
        services: &[],
        signals: signals.leak(),
        output: pick(&mut random, &WORDS),
        stages: stages.leak(),
        scopes: scopes.leak(),
        edges: edges.leak(),
        waits: waits.leak(),
    }
}

/// Tags open and close in pairs, text holds no markup, and attributes are quoted.
fn assert_well_formed(svg: &str) {
    assert!(svg.starts_with("<svg xmlns"), "{svg}");
    assert!(!svg.contains(" id="), "an id may meet another on the same page");
    assert!(svg.lines().all(|line| !line.trim().is_empty()), "a blank line ends raw HTML in Markdown:\n{svg}");
    assert!(svg.chars().all(|c| c == '\n' || !c.is_control()), "{svg:?}");
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    let mut open: Vec<&str> = Vec::new();
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        assert_references(&rest[..start]);
        let length = rest[start..].find('>').unwrap_or_else(|| panic!("a tag does not end: {rest}"));
        let tag = &rest[start + 1..start + length];
        rest = &rest[start + length + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "in\n{svg}");
            continue;
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        assert!(!tag.contains('<'), "{tag}");
        assert_references(tag);
        if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap_or_default());
        }
    }
    assert!(open.is_empty(), "{open:?} stay open");
    assert_eq!(rest.trim(), "");
}

fn assert_references(text: &str) {
    for (place, _) in text.match_indices('&') {
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#10;"];
        assert!(known.iter().any(|reference| text[place..].starts_with(reference)), "{text}");
    }
}

/// Quotes and braces come in pairs, outside of strings and HTML labels.
fn assert_dot(dot: &str) {
    let (mut depth, mut in_string, mut angles) = (0_i32, false, 0_i32);
    let mut characters = dot.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' if in_string => assert!(matches!(characters.next(), Some('"' | '\\' | 'n')), "{dot}"),
            '"' if angles == 0 => in_string = !in_string,
            _ if in_string => assert_ne!(c, '\n', "{dot}"),
            '<' => angles += 1,
            '>' if angles > 0 => angles -= 1,
            '{' if angles == 0 => depth += 1,
            '}' if angles == 0 => depth -= 1,
            _ => {}
        }
    }
    assert!(depth == 0 && !in_string && angles == 0, "{dot}");
}

/// Each line is one of the few that the renderer writes, and no label leaves its quotes.
fn assert_mermaid(chart: &str) {
    let mut lines = chart.lines();
    assert_eq!(lines.next(), Some("flowchart TB"));
    let mut depth = 0_i32;
    for line in lines.map(str::trim_start) {
        if line == "end" {
            depth -= 1;
        } else if line.starts_with("subgraph ") {
            depth += 1;
        } else {
            let known = line.starts_with('n')
                || ["class ", "classDef ", "linkStyle "].iter().any(|word| line.starts_with(word));
            assert!(known, "{line}");
        }
        assert!(matches!(line.matches('"').count(), 0 | 2), "{line}");
        if let Some(label) = line.split('"').nth(1) {
            assert!(!label.is_empty(), "{line}");
            assert!(!label.contains(['`', '%', '\\', '$', '&']), "{line}");
        }
    }
    assert_eq!(depth, 0, "{chart}");
}

fn assert_all(graph: &Graph<'_>) {
    assert_well_formed(&graph.to_svg());
    assert_dot(&graph.to_dot());
    assert_mermaid(&graph.to_mermaid());
    let markdown = graph.to_rustdoc();
    if let Some(picture) = markdown.find("<div") {
        assert!(!markdown[picture..].contains("\n\n"));
    }
}

#[test]
fn samples_are_well_formed() {
    for (_, graph) in samples::all() {
        assert_all(&graph);
    }
}

#[test]
fn whatever_the_data() {
    for seed in 0..1_000 {
        assert_all(&scribble(seed));
    }
}

#[test]
fn cycles_of_every_kind() {
    let mut sketch = Sketch::new("Knot", &[], "()");
    let stages: Vec<u32> = (0..6).map(|stage| sketch.stage(stage, "loop_", StageKind::Block, &[])).collect();
    for &stage in &stages {
        // Each stage lives in a scope of the next.
        let next = (stage + 1) % 6;
        sketch.scopes.push(Scope { stage: Some(next), parent: Some(next), kind: ScopeKind::Block, label: "" });
        sketch.data(&[(stage, next), (next, stage), (stage, stage)]);
    }
    assert_all(&sketch.graph());
}

#[test]
fn deeper_than_any_stack() {
    let mut sketch = Sketch::new("Deep", &[], "()");
    let mut scope = 0;
    for level in 0..20_000 {
        let stage = sketch.stage(scope, "level", StageKind::Block, &[]);
        scope = sketch.scope(Some(stage), scope, ScopeKind::Block, "");
        if level > 1 {
            sketch.data(&[(level / 2, stage)]);
        }
    }
    assert_mermaid(&sketch.graph().to_mermaid());
}

#[test]
fn deep_and_drawn() {
    let mut sketch = Sketch::new("Deep", &[], "()");
    let mut scope = 0;
    for level in 0..500 {
        let source = sketch.call(0, "source");
        let stage = sketch.stage(scope, "level", StageKind::Block, &[]);
        scope = sketch.scope(Some(stage), scope, ScopeKind::Block, "");
        sketch.data(&[(source, stage), (level, stage)]);
    }
    assert_all(&sketch.graph());
}

#[test]
fn large_ones_end() {
    for graph in [samples::long_haul(2_000, 1), samples::layered(40, 50, 1), samples::fan(2_000)] {
        assert_all(&graph);
    }
    let mut random = Lcg(5);
    let mut sketch = Sketch::new("Dense", &[], "()");
    for stage in 0..2_000 {
        sketch.call(0, &format!("stage_{stage}"));
    }
    for stage in 1..2_000 {
        sketch.data(&[(stage - 1, stage), (random.below(stage), stage), (random.below(stage), stage)]);
    }
    assert_all(&sketch.graph());
}

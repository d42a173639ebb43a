//! Many stages, and deep ones: pictures that can be read.

mod samples;

use samples::Sketch;
use workflow_graph::{Graph, ScopeKind, StageKind};

/// The width of the image.
fn width(graph: &Graph<'_>) -> u32 {
    let svg = graph.to_svg();
    let (_, width) = svg.split_once("width=\"").unwrap();
    width.split('"').next().unwrap().parse().unwrap()
}

fn independent(stages: u32) -> Graph<'static> {
    let mut sketch = Sketch::new("Independent", &[("seed", "u64")], "()");
    for stage in 0..stages {
        sketch.call(0, &format!("stage_{stage}"));
    }
    sketch.graph()
}

/// Links as Mermaid counts them.
fn links(chart: &str) -> usize {
    chart.lines().filter(|line| [" --", " ==", " -."].iter().any(|arrow| line.contains(arrow))).count()
}

#[test]
fn those_that_wait_for_the_same_share_their_lines_and_stand_in_rows() {
    assert!(width(&independent(60)) < 1_500, "{}", width(&independent(60)));
    assert!(width(&samples::fan(100)) < 1_800, "{}", width(&samples::fan(100)));
    let chart = independent(251).to_mermaid();
    assert_eq!(links(&chart), 2, "{chart}");
    assert!(chart.contains("[\"stage_250\"]"));
    // A few stand side by side, as ever.
    assert_eq!(links(&independent(5).to_mermaid()), 10);
}

#[test]
fn wide_layers_wrap() {
    let mut sketch = Sketch::new("Pairs", &[], "()");
    for pair in 0..60 {
        let first = sketch.call(0, &format!("first_{pair}"));
        let second = sketch.call(0, &format!("second_{pair}"));
        sketch.data(&[(first, second)]);
    }
    let graph = sketch.graph();
    assert!(width(&graph) < 4_000, "{}", width(&graph));
}

#[test]
fn mermaid_gets_no_more_pale_arrows_than_it_draws() {
    let mut sketch = Sketch::new("Pairs", &[], "()");
    for pair in 0..200 {
        let first = sketch.call(0, &format!("first_{pair}"));
        let second = sketch.call(0, &format!("second_{pair}"));
        sketch.data(&[(first, second)]);
    }
    let chart = sketch.graph().to_mermaid();
    assert_eq!(links(&chart), 200);
    assert!(!chart.contains("opacity"));
    // What the picture adds looks like no data.
    let chart = samples::diamond().to_mermaid();
    assert!(chart.contains("linkStyle 4,5 opacity:0.4"), "{chart}");
}

#[test]
fn a_frame_says_that_deeper_nesting_is_drawn_flat() {
    let nested = |levels: u32| {
        let mut sketch = Sketch::new("Deep", &[], "()");
        let mut scope = 0;
        for level in 0..levels {
            let stage = sketch.stage(scope, &format!("level_{level}"), StageKind::Block, &[]);
            scope = sketch.scope(Some(stage), scope, ScopeKind::Block, "");
        }
        sketch.call(scope, "innermost");
        sketch.graph()
    };
    for drawn in [nested(30).to_svg(), nested(30).to_mermaid(), nested(30).to_dot()] {
        assert_eq!(drawn.matches("deeper nesting is drawn flat").count(), 1);
    }
    assert!(!nested(20).to_svg().contains("drawn flat"));
}

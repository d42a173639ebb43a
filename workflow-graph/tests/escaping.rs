//! Text that means something to a format arrives as text.

mod samples;

use samples::Sketch;
use workflow_graph::{Graph, ScopeKind, StageKind};

fn labelled(label: &'static str) -> Graph<'static> {
    let mut sketch = Sketch::new("Escaping", &[], "()");
    let stage = sketch.stage(0, "choice", StageKind::Match, &[]);
    sketch.scope(Some(stage), 0, ScopeKind::Arm, label);
    sketch.scope(Some(stage), 0, ScopeKind::Arm, "_");
    sketch.graph()
}

#[test]
fn mermaid() {
    let chart = |label| labelled(label).to_mermaid();
    assert!(chart("\"a\" < b & c").contains("(\"#quot;a#quot; #lt; b #amp; c\")"));
    assert!(chart("`md` 100% #1").contains("(\"#96;md#96; 100#37; #35;1\")"));
    assert!(chart("style::Of").contains("(\"style#58;#58;Of\")"));
    assert!(chart("a\n\n  b").contains("(\"a b\")"));
}

#[test]
fn dot() {
    let dot = |label| labelled(label).to_dot();
    assert!(dot(r#"C:\n "x""#).contains(r#"label="C:\\n \"x\"""#));
    assert!(dot("&lt; <b>").contains("label=\"&amp;lt; <b>\""));
}

#[test]
fn svg() {
    let svg = labelled("</text> & \"q\" 'r' \u{0}\u{ffff}").to_svg();
    assert!(svg.contains(">&lt;/text&gt; &amp; &quot;q&quot; &#39;r&#39;</text>"), "{svg}");
}

#[test]
fn empty_policies_leave_no_empty_line() {
    let mut sketch = Sketch::new("Empty", &[], "()");
    sketch.stage(0, "stage", StageKind::Expression, &[("", ""), ("\u{ffff}", "")]);
    let graph = sketch.graph();
    assert!(graph.to_dot().contains("label=\"stage\""));
    assert!(graph.to_mermaid().contains("[\"stage\"]"));
}

#[test]
fn long_labels_are_cut() {
    let label: &'static str = String::leak("名".repeat(10_000));
    let graph = labelled(label);
    for drawn in [graph.to_mermaid(), graph.to_dot(), graph.to_svg()] {
        assert!(drawn.contains(&format!("{}…", "名".repeat(39))));
        assert!(drawn.len() < 10_000);
    }
}

#[test]
fn rustdoc_draws_small_graphs_only() {
    let small = samples::fan(78).to_rustdoc();
    assert!(small.starts_with("\nA workflow of 80 stages.\n\n<div"));
    assert!(small.contains("<svg") && small.ends_with("</svg>\n</div>\n"));
    let large = samples::fan(79).to_rustdoc();
    assert_eq!(large, "\nA graph of 81 stages and 158 edges: `Fan::GRAPH.to_svg()` draws it.\n");
}

#[test]
fn a_file_has_a_text_color_of_its_own() {
    let graph = samples::signals();
    let (inline, file) = (graph.to_svg(), graph.to_svg_file());
    // In a page its colour is the page's; a style in there would be that of all of the page.
    assert!(inline.contains("currentColor") && !inline.contains("<style"));
    let (first, rest) = file.split_once('\n').unwrap();
    let (style, rest) = rest.split_once('\n').unwrap();
    assert_eq!(format!("{first}\n{rest}"), inline);
    assert!(style.starts_with("<style>svg{color:#1f2328}"), "{style}");
    assert!(style.contains("@media(prefers-color-scheme:dark){svg{color:#e6edf3}}"), "{style}");
}

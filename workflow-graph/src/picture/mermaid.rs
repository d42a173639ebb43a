//! Mermaid's flowcharts.

use std::fmt::Write;

use super::caption::Caption;
use super::outline::{BODY, Content, Link, LinkKind, Outline};
use crate::Graph;

/// Links that Mermaid draws, at most.
const MOST: usize = 500;

impl Graph<'_> {
    /// Returns the workflow as a [Mermaid](https://mermaid.js.org) flowchart, which GitHub, GitLab and many editors
    /// draw.
    ///
    /// A stage made of nested stages is a `subgraph`; an arrow to its border is one to all that stands in it. Data is a
    /// solid arrow, the order of a `seq` a thick one. `#[after]` is a dashed arrow, a request for a `#[lazy]` stage a
    /// dotted one. Arrows from the inputs and to a tail are pale. A line that ends in a circle leads from a signal, or
    /// from a stage, to what waits for it in the midst of a stage. A line that ends in a cross leads to the stage that
    /// it cuts. A signal is a flag.
    ///
    /// Mermaid itself refuses more than 500 edges unless its setting `maxEdges` says otherwise. The pale ones are left
    /// out where they would be too many.
    ///
    /// Cost: linear in the graph. Never panics: what is inconsistent in a graph made by hand is left out.
    ///
    /// ```
    /// # use workflow_graph::{Edge, EdgeKind, Graph, Scope, ScopeKind, Stage, StageKind};
    /// # const FETCH: Stage = Stage { name: "fetch", type_name: "Page", docs: "", line: 1, scope: 0,
    /// #     kind: StageKind::Expression, policies: &[] };
    /// # const GRAPH: Graph = Graph { name: "Crawl", version: 0, docs: "", file: "", inputs: &[], services: &[],
    /// #     signals: &[], output: "()", stages: &[FETCH, Stage { name: "store", ..FETCH }],
    /// #     scopes: &[Scope { stage: None, parent: None, kind: ScopeKind::Workflow, label: "" }],
    /// #     edges: &[Edge { from: 0, to: 1, kind: EdgeKind::Data }], waits: &[] };
    /// let chart = GRAPH.to_mermaid();
    /// assert!(chart.starts_with("flowchart TB\n"));
    /// assert!(chart.contains("n1[\"fetch\"]"));
    /// assert!(chart.contains("n1 --> n2"));
    /// ```
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let outline = Outline::new(self);
        let mut chart = String::from("flowchart TB\n");
        write_items(&mut chart, self, &outline);
        write_links(&mut chart, &outline);
        chart
    }
}

fn write_items(chart: &mut String, graph: &Graph<'_>, outline: &Outline<'_>) {
    let mut arms = Vec::new();
    // None closes a group.
    let mut steps: Vec<Option<usize>> = outline.items[BODY].children.iter().rev().copied().map(Some).collect();
    let mut depth = 1;
    while let Some(step) = steps.pop() {
        let Some(index) = step else {
            depth -= 1;
            indent(chart, depth);
            chart.push_str("end\n");
            continue;
        };
        let item = &outline.items[index];
        let label = label(&Caption::new(graph, item));
        indent(chart, depth);
        if outline.is_group(index) {
            let _ = writeln!(chart, "subgraph n{index}[\"{label}\"]");
            depth += 1;
            steps.push(None);
            steps.extend(item.children.iter().rev().copied().map(Some));
            continue;
        }
        let _ = match item.content {
            Content::Body | Content::Bundle | Content::Stage(..) => writeln!(chart, "n{index}[\"{label}\"]"),
            Content::Scope(_) => {
                arms.push(format!("n{index}"));
                writeln!(chart, "n{index}(\"{label}\")")
            }
            Content::Start | Content::End => writeln!(chart, "n{index}([\"{label}\"])"),
            Content::Signal(_) => writeln!(chart, "n{index}>\"{label}\"]"),
            Content::Junction => writeln!(chart, "n{index}((\" \"))"),
        };
    }
    if !arms.is_empty() {
        let _ = writeln!(chart, "    classDef arm stroke-dasharray:3 3\n    class {} arm", arms.join(","));
    }
}

fn write_links(chart: &mut String, outline: &Outline<'_>) {
    let is_own = |link: &&Link| link.kind != LinkKind::Flow;
    let links: Vec<Link> = match outline.links.len() {
        0..=MOST => outline.links.clone(),
        _ => outline.links.iter().filter(is_own).copied().collect(),
    };
    for link in &links {
        let arrow = match link.kind {
            LinkKind::Data | LinkKind::Flow => "-->",
            LinkKind::Wait => "--o",
            LinkKind::Until => "--x",
            LinkKind::Sequence => "==>",
            LinkKind::After | LinkKind::Lazy => "-.->",
        };
        let _ = writeln!(chart, "    n{} {arrow} n{}", link.from, link.to);
    }
    // Mermaid has one broken line only; the styles tell a dashed from a dotted one.
    let styles = [
        (LinkKind::After, "stroke-dasharray:7 4"),
        (LinkKind::Lazy, "stroke-dasharray:2 4"),
        (LinkKind::Flow, "opacity:0.4"),
    ];
    for (kind, style) in styles {
        let links = links.iter().enumerate().filter(|(_, link)| link.kind == kind);
        let numbers: Vec<String> = links.map(|(number, _)| number.to_string()).collect();
        if !numbers.is_empty() {
            let _ = writeln!(chart, "    linkStyle {} {style}", numbers.join(","));
        }
    }
}

fn indent(chart: &mut String, depth: usize) {
    chart.extend(std::iter::repeat_n("    ", depth));
}

fn label(caption: &Caption) -> String {
    let mut label = escape(&caption.title);
    for detail in &caption.details {
        let _ = write!(label, "<br/><small>{}</small>", escape(detail));
    }
    if label.is_empty() {
        label.push(' ');
    }
    label
}

/// Mermaid reads labels as HTML, with a `#` where HTML has the `&` of an entity, and some of them as Markdown,
/// as formulas or, wherever they stand, as directives.
fn escape(text: &str) -> String {
    // Mermaid looks for `style…:…#…;` in the whole source and takes the last `;` away.
    let is_style = text.contains("style") || text.contains("classDef");
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("#quot;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '&' => escaped.push_str("#amp;"),
            '#' | '`' | '%' | '\\' | '$' | '*' | '~' => {
                let _ = write!(escaped, "#{};", u32::from(c));
            }
            ':' if is_style => escaped.push_str("#58;"),
            c => escaped.push(c),
        }
    }
    escaped
}

//! Graphviz's language.

use std::fmt::Write;

use super::caption::Caption;
use super::outline::{BODY, Content, Link, LinkKind, Outline};
use super::text::{line, xml};
use crate::Graph;

impl Graph<'_> {
    /// Returns the workflow in DOT, the language of [Graphviz](https://graphviz.org): `dot -Tsvg`.
    ///
    /// A stage made of nested stages is a `cluster`. Data is a solid arrow, the order of a `seq` a bold one. `#[after]`
    /// is a dashed arrow, a request for a `#[lazy]` stage a dotted one. An arrow to a cluster's border leads to all
    /// that stands in the cluster. A hollow arrow leads from a signal (a broad arrow itself), or from a stage, to what
    /// waits for it in the midst of a stage. An arrow that ends in a bar leads to the stage that it cuts. Types and
    /// docs are tooltips.
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
    /// #     edges: &[Edge { from: 0, to: 1, kind: EdgeKind::After }], waits: &[] };
    /// let dot = GRAPH.to_dot();
    /// assert!(dot.starts_with("digraph \"Crawl\" {\n"));
    /// assert!(dot.contains("n1 -> n2 [style=dashed]"));
    /// ```
    #[must_use]
    pub fn to_dot(&self) -> String {
        let outline = Outline::new(self);
        let mut dot = format!("digraph \"{}\" {{\n", escape(&line(self.name, 80)));
        dot.push_str("    graph [compound=true, fontname=\"monospace\", fontsize=12, style=rounded]\n");
        dot.push_str("    node [shape=box, style=rounded, fontname=\"monospace\", fontsize=12]\n");
        write_items(&mut dot, self, &outline);
        write_links(&mut dot, &outline);
        dot.push_str("}\n");
        dot
    }
}

fn write_items(dot: &mut String, graph: &Graph<'_>, outline: &Outline<'_>) {
    // None closes a group.
    let mut steps: Vec<Option<usize>> = outline.items[BODY].children.iter().rev().copied().map(Some).collect();
    let mut depth = 1;
    while let Some(step) = steps.pop() {
        let Some(index) = step else {
            depth -= 1;
            indent(dot, depth);
            dot.push_str("}\n");
            continue;
        };
        let item = &outline.items[index];
        let caption = Caption::new(graph, item);
        let tooltip = escape(&caption.hover);
        let label = label(&caption, outline.is_group(index));
        indent(dot, depth);
        if outline.is_group(index) {
            let _ = writeln!(dot, "subgraph cluster_n{index} {{");
            depth += 1;
            indent(dot, depth);
            let style = if matches!(item.content, Content::Bundle) { "; color=gray80" } else { "" };
            let _ = writeln!(dot, "label={label}; labeljust=l; tooltip=\"{tooltip}\"{style}");
            steps.push(None);
            steps.extend(item.children.iter().rev().copied().map(Some));
            continue;
        }
        let shape = match item.content {
            Content::Body | Content::Bundle | Content::Stage(..) => "",
            Content::Scope(_) => ", style=\"rounded,dashed\", fontsize=10",
            Content::Start | Content::End => ", shape=oval, style=solid",
            Content::Signal(_) => ", shape=cds, style=solid",
            Content::Junction => ", shape=point",
        };
        let _ = writeln!(dot, "n{index} [label={label}, tooltip=\"{tooltip}\"{shape}]");
    }
}

fn write_links(dot: &mut String, outline: &Outline<'_>) {
    let (entered, left) = outline.linked();
    for &Link { from, to, kind } in &outline.links {
        // DOT's edges join nodes only: take one inside, and cut the line at the group's border.
        let (tail, head) = (node(outline, from, &left, false), node(outline, to, &entered, true));
        let mut attributes: Vec<String> = match kind {
            LinkKind::Data => Vec::new(),
            LinkKind::Sequence => vec!["style=bold".to_owned()],
            LinkKind::After => vec!["style=dashed".to_owned()],
            LinkKind::Lazy => vec!["style=dotted".to_owned()],
            LinkKind::Wait => vec!["arrowhead=empty".to_owned()],
            LinkKind::Until => vec!["arrowhead=tee".to_owned()],
            LinkKind::Flow => vec!["color=gray50".to_owned()],
        };
        if tail != from {
            attributes.push(format!("ltail=cluster_n{from}"));
        }
        if head != to {
            attributes.push(format!("lhead=cluster_n{to}"));
        }
        let _ = match &*attributes.join(", ") {
            "" => writeln!(dot, "    n{tail} -> n{head}"),
            attributes => writeln!(dot, "    n{tail} -> n{head} [{attributes}]"),
        };
    }
}

/// A node in the item, at its upper or its lower end.
fn node(outline: &Outline<'_>, item: usize, linked: &[bool], upper: bool) -> usize {
    let mut node = item;
    while outline.is_group(node) {
        let children = &outline.items[node].children;
        let is_signal = |child: usize| matches!(outline.items[child].content, Content::Signal(_));
        let free = |child: &&usize| !linked[**child] && !is_signal(**child);
        let found = if upper { children.iter().find(free) } else { children.iter().rev().find(free) };
        node = found.copied().unwrap_or(children[0]);
    }
    node
}

fn indent(dot: &mut String, depth: usize) {
    dot.extend(std::iter::repeat_n("    ", depth));
}

fn label(caption: &Caption, is_group: bool) -> String {
    if caption.details.is_empty() {
        return format!("\"{}\"", escape(&caption.title));
    }
    // A break aligns the line that it ends.
    let end = if is_group { "<BR ALIGN=\"LEFT\"/>" } else { "<BR/>" };
    let mut label = format!("<{}{end}", xml(&caption.title));
    for (number, detail) in caption.details.iter().enumerate() {
        let end = if is_group || number + 1 < caption.details.len() { end } else { "" };
        let _ = write!(label, "<FONT POINT-SIZE=\"9\">{}</FONT>{end}", xml(detail));
    }
    label.push('>');
    label
}

/// Escapes text for a string in quotes. Graphviz reads HTML's entities there, too.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '&' => escaped.push_str("&amp;"),
            c => escaped.push(c),
        }
    }
    escaped
}

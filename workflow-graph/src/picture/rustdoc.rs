//! The picture and text in a workflow's own documentation.

use super::text::line;
use crate::Graph;

/// More stages than that are no picture but a pattern.
const STAGES: usize = 80;

impl Graph<'_> {
    /// Returns Markdown to end the workflow's own doc comment with: the picture of [`to_svg`](Self::to_svg), which
    /// scrolls if it is wider than the page. For more than 80 stages, it is a line that says how to draw the picture.
    /// The text starts with a blank line, so that the block before it has ended. A workflow without docs gets a first
    /// sentence, since rustdoc's lists would otherwise show a piece of the picture in its place.
    ///
    /// Cost: that of `to_svg` for up to 80 stages, else next to nothing. Never panics.
    ///
    /// ```
    /// # use workflow_graph::{Graph, Scope, ScopeKind};
    /// # const GRAPH: Graph = Graph { name: "Crawl", version: 0, docs: "Crawls.", file: "", inputs: &[],
    /// #     services: &[], signals: &[], output: "()", stages: &[], scopes: &[], edges: &[], waits: &[] };
    /// let markdown = GRAPH.to_rustdoc();
    /// assert!(markdown.starts_with("\n<div"));
    /// assert!(markdown.contains("\n<svg"));
    /// ```
    #[must_use]
    pub fn to_rustdoc(&self) -> String {
        let stages = match self.stages.len() {
            1 => "1 stage".to_owned(),
            count => format!("{count} stages"),
        };
        if self.stages.len() > STAGES {
            let name = line(self.name, 80).replace('`', "");
            return format!(
                "\nA graph of {stages} and {} edges: `{name}::GRAPH.to_svg()` draws it.\n",
                self.edges.len()
            );
        }
        let summary = if self.docs.trim().is_empty() { format!("\nA workflow of {stages}.\n") } else { String::new() };
        // A `div` starts raw HTML wherever it stands, an `svg` only after a blank line.
        format!("{summary}\n<div style=\"overflow-x:auto\">\n{}</div>\n", self.to_svg())
    }
}

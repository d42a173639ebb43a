//! What a workflow's own documentation shows.

use super::text::line;
use crate::Graph;

/// More stages than that are no picture but a pattern.
const STAGES: usize = 80;

impl Graph<'_> {
    /// Markdown for the workflow's own doc comment: the picture of [`to_svg`](Self::to_svg), which scrolls where it is
    /// wider than the page; for more than 80 stages a line that says how to draw it.
    ///
    /// Cost: that of `to_svg` for up to 80 stages, else next to nothing. Never panics.
    ///
    /// ```
    /// # use workflow_graph::{Graph, Scope, ScopeKind};
    /// # const GRAPH: Graph = Graph { name: "Crawl", version: 0, docs: "", file: "", inputs: &[], services: &[],
    /// #     signals: &[], output: "()", stages: &[], scopes: &[], edges: &[] };
    /// let markdown = GRAPH.to_rustdoc();
    /// assert!(markdown.contains("\n<svg"));
    /// assert!(!markdown.contains("\n\n"));
    /// ```
    #[must_use]
    pub fn to_rustdoc(&self) -> String {
        if self.stages.len() <= STAGES {
            // A `div` starts raw HTML wherever it stands, an `svg` only after a blank line.
            return format!("<div style=\"overflow-x:auto\">\n{}</div>\n", self.to_svg());
        }
        let name = line(self.name, 80).replace('`', "");
        let (stages, edges) = (self.stages.len(), self.edges.len());
        format!("A graph of {stages} stages and {edges} edges: `{name}::GRAPH.to_svg()` draws it.\n")
    }
}
